/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Knows what the sensor is and what it sent, so that it does not take itself for a flood.
 *
 * A sensor makes nodes up by announcing itself in many ways: a crawler that told each peer
 * another port once made 84,000.  What it announced stands in its own record of its runs;
 * who is named in bogus keys is up to whoever made them, and proves nothing.
 *
 * Its addresses, its port and when it was started come from the runs that crawl
 * recorded: those it was told (--own-address), and those of its interfaces that are
 * neither loopback nor special-purpose (a private one is everybody's).  Behind an
 * address translation nobody tells it the outer one.  Nothing is concluded here;
 * analysis/incidents/attribution.h compares.
 */
#ifndef KANSOKU_ANALYSIS_ROUNDS_SELFCHECK_H
#define KANSOKU_ANALYSIS_ROUNDS_SELFCHECK_H

#include <stdbool.h>

#include "data/lib/array.h"
#include "data/store/rows.h"

struct self {
	ARRAY_OF(struct endpoint) address;	/* port 0 */
	ARRAY_OF(int64_t) start;	/* UTC ms: when crawl was started, ascending */
	ARRAY_OF(uint16_t) announced;	/* ports that we announced, each once; 0 is one, too */
};

/* From the runs of this database.  0, or -1 with a complaint made. */
int	 selfcheck_load(struct self *, struct store *);
void	 selfcheck_free(struct self *);
/* Is it an address of the sensor, whatever the port? */
bool	 selfcheck_has(const struct self *, struct endpoint);
/* Is it a port that the sensor announced, that others could dial? */
bool	 selfcheck_announced(const struct self *, uint16_t port);
/* The last start at or before a time, UTC ms; UNKNOWN: there was none. */
int64_t	 selfcheck_started(const struct self *, int64_t ms);

#endif
