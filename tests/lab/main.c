/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lab's front door: one table of verbs. */
#include "data/lib/cli.h"
#include "tests/lab/verbs.h"

static const struct verb verbs[] = {
	{ "serve", "play a world over sockets on 127.0.0.0/8", lab_serve, NULL },
	{ "simulate", "write what a sensor would see of a world, without sockets", lab_simulate, NULL },
	{ NULL, NULL, NULL, NULL }
};

int
main(int argc, char **argv)
{
	return cli_main("kansoku-lab", "A simulated overlay on 127.0.0.0/8, for tests and training.",
	    verbs, argc, argv);
}
