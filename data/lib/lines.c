/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/lines.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int
lines_start(struct lines *l, FILE *f, size_t max)
{
	*l = (struct lines){ .f = f, .max = max };
	l->buf = malloc(max + 1);
	return l->buf == NULL ? -1 : 0;
}

void
lines_free(struct lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

/* Reads on behind what is left, which moves to the front.  False at the end of the file. */
static bool
more(struct lines *l)
{
	size_t n;

	memmove(l->buf, l->buf + l->at, l->end - l->at);
	l->end -= l->at;
	l->at = 0;
	n = fread(l->buf + l->end, 1, l->max + 1 - l->end, l->f);
	l->end += n;
	return n > 0;
}

/* Drops everything up to the next LF. */
static enum lines_result
pass_over(struct lines *l)
{
	char *lf;

	do {
		l->at = l->end;
		if (!more(l))
			return ferror(l->f) ? LINES_ERROR : LINES_TOO_LONG;
	} while ((lf = memchr(l->buf, '\n', l->end)) == NULL);
	l->at = (size_t)(lf - l->buf) + 1;
	return LINES_TOO_LONG;
}

enum lines_result
lines_next(struct lines *l, char **line, size_t *len)
{
	size_t searched = 0;
	char *lf;

	errno = 0;
	l->number++;
	*line = l->buf + l->at;
	while ((lf = memchr(*line + searched, '\n', l->end - l->at - searched)) == NULL) {
		searched = l->end - l->at;
		if (searched > l->max)
			return pass_over(l);
		if (!more(l))
			break;
		*line = l->buf;
	}
	if (ferror(l->f))
		return LINES_ERROR;
	*line = l->buf + l->at;
	*len = lf != NULL ? (size_t)(lf - *line) : l->end - l->at;
	if (lf == NULL && *len == 0)
		return LINES_END;
	l->at += *len + (lf != NULL);
	return LINES_LINE;
}
