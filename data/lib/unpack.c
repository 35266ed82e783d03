/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE	65536	/* packed bytes that are read at once */

struct unpack {
	struct archive	*a;
	int		 fd;
	size_t		 first;		/* bytes of room that were read before; 0: handed out */
	char		 why[160];
	char		 room[];	/* AT_ONCE bytes, or the first if they are more */
};

bool
unpack_is_packed(const char *first, size_t n)
{
	return n >= 4 && (memcmp(first, "\x1f\x8b\x08", 3) == 0 ||
	    memcmp(first, "\x28\xb5\x2f\xfd", 4) == 0);
}

static la_ssize_t
give(struct archive *a, void *arg, const void **bytes)
{
	struct unpack *u = arg;
	ssize_t n = (ssize_t)u->first;

	*bytes = u->room;
	u->first = 0;
	while (n == 0 && (n = read(u->fd, u->room, AT_ONCE)) == -1 && errno == EINTR)
		n = 0;
	if (n == -1)
		archive_set_error(a, errno, "%s", strerror(errno));
	return n;
}

struct unpack *
unpack_open(int fd, const char *first, size_t n)
{
	struct unpack *u = calloc(1, sizeof(*u) + (n > AT_ONCE ? n : AT_ONCE));
	struct archive_entry *entry;

	if (u == NULL || (u->a = archive_read_new()) == NULL) {
		free(u);
		return NULL;
	}
	u->fd = fd;
	u->first = n;
	memcpy(u->room, first, n);
	if (archive_read_support_filter_gzip(u->a) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(u->a) != ARCHIVE_OK ||
	    archive_read_support_format_raw(u->a) != ARCHIVE_OK ||
	    archive_read_open(u->a, u, NULL, give, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(u->a, &entry) != ARCHIVE_OK)
		snprintf(u->why, sizeof(u->why), "%s", archive_error_string(u->a) != NULL ?
		    archive_error_string(u->a) : "cannot be unpacked");
	return u;
}

ssize_t
unpack_read(struct unpack *u, void *buf, size_t n)
{
	la_ssize_t got = u->why[0] != '\0' ? -1 : archive_read_data(u->a, buf, n);

	if (got >= 0)
		return got;
	if (u->why[0] == '\0')
		snprintf(u->why, sizeof(u->why), "%s", archive_error_string(u->a));
	return -1;
}

const char *
unpack_why(const struct unpack *u)
{
	return u->why;
}

void
unpack_close(struct unpack *u)
{
	if (u == NULL)
		return;
	archive_read_free(u->a);
	free(u);
}
