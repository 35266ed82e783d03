/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who delivered an incident, ranked, and what may be said of the first.
 *
 * The peer that handed over a key is all that a flooder cannot forge.  A relay
 * with many bogus keys is usually innocent all the same, so one is called a
 * probable injector only if independent methods agree over at least three
 * rounds (observation: E1, the share of what it delivers, and E2, fresh timers,
 * or E5, that it dialled us), it stands out from all others, and it is not an
 * ordinary node that shares files.  Otherwise the source is not determined.
 */
#ifndef KANSOKU_ANALYSIS_BLAME_H
#define KANSOKU_ANALYSIS_BLAME_H

#include "analysis/incidents.h"

#define BLAMED_MAX	20	/* peers that are kept of an incident */

struct blame {
	struct delivering_row	row[BLAMED_MAX];
	size_t			n;
	bool			injector;	/* the first is a probable one */
	int			roving;		/* 1, 0, or UNKNOWN */
	double			outlier;	/* share of the first to the median peer's */
};

/* self: our own address, if it is known (else 0). */
void	 blame(struct blame *, const struct incident *, const struct members *,
	    struct endpoint self);

#endif
