/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A text file line by line, in bounded memory.  Lines are borrowed until the
 * next call and may be changed; they have neither LF nor NUL at the end.
 */
#ifndef KANSOKU_DATA_LIB_LINES_H
#define KANSOKU_DATA_LIB_LINES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct lines {
	FILE	*f;
	char	*buf;
	size_t	 at, end;	/* what is read and not yet handed out */
	size_t	 max;		/* bytes of the longest line */
	int64_t	 number;	/* of the line handed out last, from 1 */
};

enum lines_result { LINES_END, LINES_LINE, LINES_TOO_LONG, LINES_ERROR };

/* -1 without memory.  The stream stays the caller's. */
int	 lines_start(struct lines *, FILE *, size_t max);
/* A line that is too long is passed over; LINES_ERROR has errno. */
enum lines_result lines_next(struct lines *, char **line, size_t *len);
void	 lines_free(struct lines *);

#endif
