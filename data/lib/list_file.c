/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/list_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "data/lib/lines.h"
#include "data/lib/log.h"

#define LINE_MAX_BYTES	1024	/* an entry is under 100 bytes */

/* Cuts the comment and the blanks around what is left; returns that. */
static char *
trim(char *line)
{
	size_t n;

	line[strcspn(line, "#\r")] = '\0';
	line += strspn(line, " \t");
	for (n = strlen(line); n > 0 && strchr(" \t", line[n - 1]) != NULL; n--)
		line[n - 1] = '\0';
	return line;
}

static int
each(const char *path, struct lines *in, int (*fn)(char *, unsigned, void *), void *arg)
{
	char text[LINE_MAX_BYTES + 1], *line;
	size_t len;
	int status = 0;

	while (status == 0)
		switch (lines_next(in, &line, &len)) {
		case LINES_END:
			return 0;
		case LINES_LINE:
			memcpy(text, line, len);	/* lines do not end in NUL */
			text[len] = '\0';
			if (*(line = trim(text)) != '\0')
				status = fn(line, (unsigned)in->number, arg);
			break;
		case LINES_TOO_LONG:
			log_error("%s:%u: the line is too long", path, (unsigned)in->number);
			return -1;
		case LINES_ERROR:
			log_error("%s: %s", path, os_error());
			return -1;
		}
	return status;
}

int
listfile_each(const char *path, int (*fn)(char *, unsigned, void *), void *arg)
{
	FILE *f = fopen(path, "re");
	struct lines in;
	int status;

	if (f == NULL) {
		log_error("%s: %s", path, os_error());
		return -1;
	}
	if (lines_start(&in, f, LINE_MAX_BYTES) != 0) {
		log_error("%s", memory_missing());
		fclose(f);
		return -1;
	}
	status = each(path, &in, fn, arg);
	lines_free(&in);
	fclose(f);
	return status;
}
