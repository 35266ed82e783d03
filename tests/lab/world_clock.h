/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * World time against the clock on the wall: world ms = real ms * scale, both
 * counted from the start.  Every timer of the lab goes through here, which is
 * all that --time-scale means.
 */
#ifndef KANSOKU_TESTS_LAB_WORLD_CLOCK_H
#define KANSOKU_TESTS_LAB_WORLD_CLOCK_H

#include <stdint.h>

struct pace {
	int64_t	start_us;	/* by the monotonic clock */
	double	scale;		/* world seconds in a real one, > 0 */
};

void	pace_start(struct pace *, double scale);
int64_t	pace_real(const struct pace *);			/* ms since the start */
int64_t	pace_world(const struct pace *);		/* world ms since the start */
/* The first real ms at which that world time has come; INT64_MAX stays so. */
int64_t	pace_when(const struct pace *, int64_t world_ms);
/* How long a world span takes, to the nearest real ms. */
int64_t	pace_span(const struct pace *, int64_t world_ms);

#endif
