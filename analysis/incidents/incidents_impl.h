/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of incidents_feed: incidents.c counts the sources of a flood, deliverers.c
 * counts who brought them.  No other file includes it.
 */
#ifndef KANSOKU_ANALYSIS_INCIDENTS_INCIDENTS_IMPL_H
#define KANSOKU_ANALYSIS_INCIDENTS_INCIDENTS_IMPL_H

#include "analysis/incidents/incidents.h"

/* Classified rounds on their way into incidents. */
struct feed {
	struct incidents *in;
	const struct classification *j;
	const struct members *ms;
	const struct window *w;
	const struct address_space *space;
	const struct self *self;
	const double	*instant;
	struct assignment *to;
	uint8_t		*kind;		/* by newcomer: enum incident_kind */
	double		 full_level;	/* timer that counts as full, seconds */
	double		 weight;	/* sources that each one of the sample stands for */
	const struct round_digest *d;	/* of the round at hand */
	size_t		 round;		/* which open one that is */
};

/* The incident that the verdict on a node belongs to; 0: none. */
int64_t	 incidents_incident_of(const struct feed *, uint32_t node);
/* Counts what each peer delivered of each incident in the round at hand; -1 without memory. */
int	 incidents_deliveries(struct feed *);

#endif
