/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/list_file.h"

#include <string.h>

#include "bounds.h"
#include "data/lib/lines.h"

#define LINE_MAX_BYTES	1024	/* an entry is under 100 bytes */

/* Cuts the comment and the blanks around what is left; returns that. */
static char *
trim(char *line)
{
	size_t n;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t");
	for (n = strlen(line); n > 0 && strchr(" \t", line[n - 1]) != NULL; n--)
		line[n - 1] = '\0';
	return line;
}

int
listfile_each(const char *path, int (*fn)(char *, unsigned, void *), void *arg)
{
	enum lines_result got = LINES_ERROR;
	struct lines in;
	char *line;
	size_t len;
	int status = 0;

	if (lines_open(&in, path, LINE_MAX_BYTES) == 0) {
		in.most = LIST_BYTES_MAX;
		while (status == 0 && (got = lines_next(&in, &line, &len)) == LINES_LINE)
			if (*(line = trim(line)) != '\0')
				status = fn(line, (unsigned)in.number, arg);
	}
	if (got == LINES_ERROR || got == LINES_BAD) {
		lines_complain(&in);
		status = -1;
	}
	lines_close(&in);
	return status;
}
