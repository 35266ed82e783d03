/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/say.h"

/* Cuts the comment and the blanks around what is left; returns that. */
static char *
trim(char *line)
{
	size_t n;

	line[strcspn(line, "#\r\n")] = '\0';
	line += strspn(line, " \t");
	for (n = strlen(line); n > 0 && strchr(" \t", line[n - 1]) != NULL; n--)
		line[n - 1] = '\0';
	return line;
}

int
lines_each(const char *path, int (*fn)(char *, unsigned, void *), void *arg)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, *text;
	size_t room = 0;
	int status = 0;

	if (f == NULL) {
		complain("%s: %s", path, strerror(errno));
		return -1;
	}
	errno = 0;
	for (unsigned number = 1; status == 0 && getline(&line, &room, f) != -1; number++)
		if (*(text = trim(line)) != '\0')
			status = fn(text, number, arg);
	if (status == 0 && !feof(f)) {
		complain("%s: %s", path, strerror(errno));
		status = -1;
	}
	free(line);
	fclose(f);
	return status;
}
