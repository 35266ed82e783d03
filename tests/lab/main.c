/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lab's front door: one table of verbs, and one of the overlays that it can play. */
#include <stdio.h>
#include <string.h>

#include "data/lib/cli.h"
#include "data/lib/log.h"
#include "tests/lab/verbs.h"

/* The first is meant where none is named. */
static const struct lab_overlay {
	const char	*name;
	int		(*serve)(int argc, char **argv);
	int		(*simulate)(int argc, char **argv);
} overlays[] = {
	{ "winny", winny_serve, winny_simulate },
	{ "mainline", mainline_serve, mainline_simulate },
	{ "bitcoin", NULL, bitcoin_simulate },	/* on paper alone */
};
#define OVERLAYS	(sizeof(overlays) / sizeof(overlays[0]))

/* The overlay that --overlay names, whose own options are read by its verb; NULL after a complaint. */
static const struct lab_overlay *
overlay_asked(int argc, char **argv)
{
	static const char option[] = "--overlay";
	const size_t n = sizeof(option) - 1;
	const char *name = NULL;
	char known[128];
	size_t at = 0;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strncmp(argv[i], option, n) == 0 && argv[i][n] == '=')
			name = argv[i] + n + 1;
		else if (strcmp(argv[i], option) == 0 && i + 1 < argc)
			name = argv[i + 1];
	if (name == NULL)
		return &overlays[0];
	for (size_t i = 0; i < OVERLAYS; i++) {
		if (strcmp(overlays[i].name, name) == 0)
			return &overlays[i];
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s", i > 0 ? ", " : "",
		    overlays[i].name);
	}
	log_error("--overlay %s: the lab plays no such overlay; there are %s", name, known);
	return NULL;
}

static int
serve(int argc, char **argv)
{
	const struct lab_overlay *o = overlay_asked(argc, argv);

	if (o != NULL && o->serve == NULL)
		log_error("--overlay %s: the lab plays it on paper alone; use simulate", o->name);
	return o != NULL && o->serve != NULL ? o->serve(argc, argv) : EXIT_MISUSED;
}

static int
simulate(int argc, char **argv)
{
	const struct lab_overlay *o = overlay_asked(argc, argv);

	return o != NULL ? o->simulate(argc, argv) : EXIT_MISUSED;
}

static const struct verb verbs[] = {
	{ "serve", "play a world over sockets on 127.0.0.0/8", serve, NULL },
	{ "simulate", "write what a sensor would see of a world, without sockets", simulate, NULL },
	{ NULL, NULL, NULL, NULL }
};

int
main(int argc, char **argv)
{
	return cli_main("kansoku-lab", "Simulated overlays on 127.0.0.0/8, for tests and training.",
	    verbs, argc, argv);
}
