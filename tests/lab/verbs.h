/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of kansoku-lab, by the overlay that they play.  Each returns an exit_status. */
#ifndef KANSOKU_TESTS_LAB_VERBS_H
#define KANSOKU_TESTS_LAB_VERBS_H

int	winny_serve(int argc, char **argv);
int	winny_simulate(int argc, char **argv);
int	mainline_serve(int argc, char **argv);
int	mainline_simulate(int argc, char **argv);
int	bitcoin_simulate(int argc, char **argv);

/* What all of them say of --overlay, which main.c has looked at before. */
#define OVERLAY_OPTION(into) \
	{ "overlay", OPT_TEXT, (into), "NAME", "what overlay it is: winny, mainline, bitcoin (winny)", 0, 0, NULL, false }

#endif
