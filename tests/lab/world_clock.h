/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * World time against the clock on the wall: world ms = real ms * scale, both
 * counted from the start.  Every timer of the lab goes through here, which is
 * all that --time-scale means.
 */
#ifndef KANSOKU_TESTS_LAB_WORLD_CLOCK_H
#define KANSOKU_TESTS_LAB_WORLD_CLOCK_H

#include <stdint.h>

struct world_clock {
	int64_t	start_us;	/* by the monotonic clock */
	double	scale;		/* world seconds in a real one, > 0 */
};

void	world_clock_start(struct world_clock *, double scale);
int64_t	world_clock_real(const struct world_clock *);			/* ms since the start */
int64_t	world_clock_world(const struct world_clock *);		/* world ms since the start */
/* The first real ms at which that world time has come; INT64_MAX stays so. */
int64_t	world_clock_when(const struct world_clock *, int64_t world_ms);
/* How long a world span takes, to the nearest real ms. */
int64_t	world_clock_span(const struct world_clock *, int64_t world_ms);

#endif
