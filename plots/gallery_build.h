/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run: the pictures of a database and the pages that show them, in one
 * directory, the index last.
 */
#ifndef KANSOKU_PLOTS_GALLERY_BUILD_H
#define KANSOKU_PLOTS_GALLERY_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "data/lib/cli.h"

struct gallery_options {
	const char	*db, *out;		/* database and directory */
	int64_t		 sensor;		/* whose pictures; data/store/sensors.h */
	const char	*const *windows;	/* as given; see window_parse */
	size_t		 nwindows;		/* 0: those that the data fill */
	int64_t		 until_ms;		/* the pictures' present; UNKNOWN: at the end */
	int64_t		 made_ms;		/* when the pages are made, by the clock */
	int		 offset_minutes;	/* time zone of the charts */
	bool		 svg, png;
	bool		 addresses;		/* name delivering peers in full */
};
enum { GALLERY_WINDOWS = 16 };

/* EXIT_DONE, EXIT_FAILED, EXIT_NOTHING, or EXIT_MISUSED for a window that is none. */
int	gallery_build(const struct gallery_options *);

#endif
