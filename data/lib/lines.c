/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/lib/log.h"
#include "data/lib/unpack.h"

int
lines_open(struct lines *l, const char *path, size_t max)
{
	bool is_stdin = strcmp(path, "-") == 0;

	*l = (struct lines){ .name = is_stdin ? "standard input" : path, .max = max };
	l->owned = true;
	l->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (l->fd == -1)
		l->why = os_error();
	else if ((l->buf = malloc(max + LINES_SPARE)) == NULL)
		l->why = memory_missing();
	l->broken = l->why != NULL;
	if (!l->broken)
		return 0;
	lines_close(l);
	return -1;
}

void
lines_over(struct lines *l, const char *name, int fd, char *buf, size_t size)
{
	*l = (struct lines){ .name = name, .fd = fd, .buf = buf, .max = size - LINES_SPARE };
}

void
lines_close(struct lines *l)
{
	if (l->owned && l->fd > STDIN_FILENO)
		close(l->fd);
	unpack_close(l->unpack);
	l->unpack = NULL;
	if (l->owned)
		free(l->buf);
	l->fd = -1;
	l->buf = NULL;
}

/* Reads on behind what is left, which moves to the front; a NUL stands behind it all. */
static bool
read_more(struct lines *l)
{
	size_t room;
	ssize_t n;

	memmove(l->buf, l->buf + l->at, l->end - l->at);
	l->end -= l->at;
	l->at = 0;
	room = l->max + LINES_SPARE - 1 - l->end;
	do {
		n = l->unpack != NULL ? unpack_read(l->unpack, l->buf + l->end, room) :
		    read(l->fd, l->buf + l->end, room);
	} while (n == -1 && l->unpack == NULL && errno == EINTR);
	if (n == -1) {
		l->why = l->unpack != NULL ? unpack_why(l->unpack) : os_error();
		l->broken = true;
	}
	l->end += n > 0 ? (size_t)n : 0;
	l->taken += n > 0 ? n : 0;
	if (l->most > 0 && l->taken > l->most) {
		snprintf(l->text, sizeof(l->text), "longer than %" PRId64 " MiB, or without an end", l->most >> 20);
		l->why = l->text;
		l->broken = true;
	}
	l->buf[l->end] = '\0';
	return n > 0;
}

/* The mark that the first bytes may be. */
static void
read_mark(struct lines *l)
{
	while (l->end < 4 && read_more(l))
		;
	if (l->owned && unpack_is_packed(l->buf, l->end)) {
		if ((l->unpack = unpack_open(l->fd, l->buf, l->end)) == NULL) {
			l->why = memory_missing();
			l->broken = true;
			return;
		}
		l->end = 0;
		while (l->end < 3 && read_more(l))
			;
	}
	if (l->end >= 3 && memcmp(l->buf, "\xef\xbb\xbf", 3) == 0)
		l->at = 3;
	if (l->end >= 2 && (memcmp(l->buf, "\xff\xfe", 2) == 0 ||
	    memcmp(l->buf, "\xfe\xff", 2) == 0)) {
		l->why = "this is UTF-16; save it as UTF-8";
		l->broken = true;
	}
}

/* Passes over the rest of a refused line, and the LF of a CRLF. */
static void
skip_rest(struct lines *l)
{
	while (l->in_bad_line) {
		l->at += strcspn(l->buf + l->at, "\r\n");
		if (l->at < l->end) {
			l->in_bad_line = l->buf[l->at] == '\0';
			l->after_cr = l->buf[l->at++] == '\r';
		} else if (!read_more(l)) {
			l->in_bad_line = false;
		}
	}
	if (l->after_cr && l->at == l->end)
		read_more(l);
	if (l->after_cr && l->buf[l->at] == '\n')
		l->at++;
	l->after_cr = false;
}

static enum lines_result
refuse(struct lines *l, size_t n, const char *why)
{
	l->at += n;
	l->in_bad_line = true;
	l->why = why;
	return LINES_BAD;
}

enum lines_result
lines_next(struct lines *l, char **line, size_t *len)
{
	size_t n = 0;

	l->number++;
	if (l->number == 1)
		read_mark(l);
	skip_rest(l);
	while (!l->broken) {
		n += strcspn(l->buf + l->at + n, "\r\n");
		if (l->at + n < l->end || n > l->max || !read_more(l))
			break;
	}
	if (l->broken)
		return LINES_ERROR;
	if (n > l->max) {
		snprintf(l->text, sizeof(l->text),
		    "the line is longer than %zu bytes, too long", l->max);
		return refuse(l, n, l->text);
	}
	if (l->at + n < l->end && l->buf[l->at + n] == '\0')
		return refuse(l, n + 1, "a zero byte is in the line; want plain text, UTF-8");
	if (n == 0 && l->at == l->end)
		return LINES_END;
	*line = l->buf + l->at;
	*len = n;
	l->at += n;
	if (l->at < l->end) {
		l->after_cr = l->buf[l->at] == '\r';
		l->buf[l->at++] = '\0';
	}
	return LINES_LINE;
}

void
lines_complain(const struct lines *l)
{
	if (l->broken)
		log_error("%s: %s", l->name, l->why);
	else
		log_error("%s:%" PRId64 ": %s", l->name, l->number, l->why);
}

char *
lines_inih(char *line, int size, void *arg)
{
	struct lines *l = arg;
	size_t len;
	char *p;

	if (l->why != NULL || lines_next(l, &p, &len) != LINES_LINE)
		return NULL;
	snprintf(line, (size_t)size, "%s\n", p + strspn(p, " \t"));
	return line;
}
