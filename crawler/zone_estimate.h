/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many nodes of the measured part of the id space there were, out of those that
 * answered.  Two things were missed: who was asked and whose datagrams were lost both
 * times (a removal estimate by who answered at the first and at the second try, Seber
 * and Le Cren 1967), and who was never told of (capture and recapture, Chapman 1951,
 * by two halves of those who tell).  Nodes that answer nobody are no part of it.
 */
#ifndef KANSOKU_CRAWLER_ZONE_ESTIMATE_H
#define KANSOKU_CRAWLER_ZONE_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

struct zone_tally {
	uint64_t	first, second;		/* answered at the first try, at the second */
	uint64_t	half[2], both;		/* of these, told of by nodes of one half, the other, both */
};

struct zone_estimate {
	bool		known;			/* else there is too little to say anything */
	double		nodes, low, high;	/* of the zone; an interval of 95 % */
	/* The same of all of the id space, if the zone is 1 in 2^bits of it; the interval is
	 * wider by what a sample of so many nodes may be off. */
	double		all, all_low, all_high;
};

void	 zone_estimate(struct zone_estimate *, const struct zone_tally *, int bits);

#endif
