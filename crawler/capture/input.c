/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/input.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK	65536

/* How compressed files begin; what begins otherwise is read as it is. */
static const struct {
	uint8_t	n, magic[6];
} compressed[] = {
	{ 2, { 0x1f, 0x8b } },
	{ 4, { 0x28, 0xb5, 0x2f, 0xfd } },
	{ 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
	{ 4, { 0x04, 0x22, 0x4d, 0x18 } },
	{ 3, { 'B', 'Z', 'h' } },
};

struct unpacked {
	struct archive	*a;
	int		 fd;
};

static ssize_t
read_unpacked(void *cookie, char *buf, size_t n)
{
	struct unpacked *u = cookie;
	ssize_t got = archive_read_data(u->a, buf, n);

	if (got >= 0)
		return got;
	errno = EBADMSG;
	return -1;
}

static int
close_unpacked(void *cookie)
{
	struct unpacked *u = cookie;

	archive_read_free(u->a);
	close(u->fd);
	free(u);
	return 0;
}

static bool
begin_unpacking(struct archive *a, int fd)
{
	struct archive_entry *entry;

	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_raw(a);
	return archive_read_open_fd(a, fd, BLOCK) == ARCHIVE_OK &&
	    archive_read_next_header(a, &entry) == ARCHIVE_OK;
}

static FILE *
unpack(int fd, char why[INPUT_WHY])
{
	const cookie_io_functions_t calls = { .read = read_unpacked, .close = close_unpacked };
	struct unpacked *u = calloc(1, sizeof(*u));
	FILE *f = NULL;

	if (u == NULL || (u->a = archive_read_new()) == NULL)
		snprintf(why, INPUT_WHY, "out of memory");
	else if (!begin_unpacking(u->a, fd))
		snprintf(why, INPUT_WHY, "cannot be unpacked: %s", archive_error_string(u->a));
	else if ((f = fopencookie(u, "r", calls)) == NULL)
		snprintf(why, INPUT_WHY, "%s", strerror(errno));
	if (f != NULL) {
		u->fd = fd;
		return f;
	}
	if (u != NULL && u->a != NULL)
		archive_read_free(u->a);
	free(u);
	close(fd);
	return NULL;
}

static bool
is_compressed(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < sizeof(compressed) / sizeof(compressed[0]); i++)
		if (n >= compressed[i].n && memcmp(p, compressed[i].magic, compressed[i].n) == 0)
			return true;
	return false;
}

/* What cannot be read twice goes the other way: libarchive looks ahead by itself. */
FILE *
input_open(const char *path, char why[INPUT_WHY])
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t first[6];
	ssize_t n;
	FILE *f;

	if (fd == -1 || fstat(fd, &st) == -1) {
		snprintf(why, INPUT_WHY, "%s", strerror(errno));
		if (fd != -1)
			close(fd);
		return NULL;
	}
	if (!S_ISREG(st.st_mode))
		return unpack(fd, why);
	if ((n = pread(fd, first, sizeof(first), lseek(fd, 0, SEEK_CUR))) > 0 &&
	    is_compressed(first, (size_t)n))
		return unpack(fd, why);
	if ((f = fdopen(fd, "rb")) == NULL) {
		snprintf(why, INPUT_WHY, "%s", strerror(errno));
		close(fd);
		return NULL;
	}
	setvbuf(f, NULL, _IOFBF, BLOCK);
	return f;
}
