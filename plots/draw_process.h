/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pictures drawn, each in a process of its own, because libplot may end the
 * process that calls it.  A picture that fails leaves its old files alone.
 */
#ifndef KANSOKU_PLOTS_DRAW_PROCESS_H
#define KANSOKU_PLOTS_DRAW_PROCESS_H

#include "plots/charts.h"

enum picture_state {
	PICTURE_NONE,		/* nothing to show */
	PICTURE_DRAWN,
	PICTURE_FAILED,		/* and nothing of an earlier run is there */
	PICTURE_OLD,		/* failed; an earlier run's files stand */
};

enum { PICTURE_STEM = 96, PICTURE_TITLE = 200, PICTURE_ABOUT = 1000 };

struct picture {
	const struct chart *chart;
	struct request	request;
	/* The stem of STEM.svg, STEM-narrow.svg, STEM.png and STEM.csv. */
	char		stem[PICTURE_STEM];
	bool		svg, png;
	/* Set by draw_process_run: */
	enum picture_state state;
	double		width, height, narrow_width, narrow_height;
	char		title[PICTURE_TITLE], about[PICTURE_ABOUT];
};

/* Draws all into the directory, some at a time.  Returns how many failed. */
size_t	draw_process_run(struct picture *, size_t n, const char *directory);

#endif
