/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku plot: becomes kansoku-plot, which is a program of its own because the
 * library that draws may end its process, and because no X11 library belongs
 * into a program that listens to strangers.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/lib/cli.h"
#include "data/lib/log.h"
#include "data/store/verbs.h"

#define PROGRAM "kansoku-plot"

/* The one that was built or installed with this program; the path has the next. */
static void
become_neighbour(char **argv)
{
	char self[PATH_MAX], path[PATH_MAX + sizeof(PROGRAM)];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return;
	self[n] = '\0';
	snprintf(path, sizeof(path), "%s/%s", dirname(self), PROGRAM);
	execv(path, argv);
}

int
verb_plot(int argc, char **argv)
{
	char name[] = PROGRAM;

	(void)argc;
	argv[0] = name;
	become_neighbour(argv);
	execvp(PROGRAM, argv);
	log_error("%s cannot be run: %s; it belongs beside kansoku or on the path", PROGRAM,
	    strerror(errno));
	return EXIT_FAILED;
}
