/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes that are no floods, told apart from them: outages of the sensor and
 * steps of the population.
 *
 * Both follow from the finished series alone, so they are found anew at each
 * run, from all rounds, and come out the same however the rounds arrived.
 * A step is looked for in the cleaned count: five days each of which lies above
 * (or below) each of the eight days before.  Neither the day's wave nor a weekend
 * nor a holiday of three days does that.  So it takes five days after it to see one.
 */
#ifndef KANSOKU_ANALYSIS_INCIDENTS_POPULATION_CHANGES_H
#define KANSOKU_ANALYSIS_INCIDENTS_POPULATION_CHANGES_H

#include "data/store/results.h"

/* Incident numbers of changes begin here; floods count from 1. */
#define CHANGE_ID	10001

struct change {
	enum incident_kind kind;	/* INC_OUTAGE or INC_POPULATION_STEP */
	size_t	from, to;	/* rows: the last before an outage and the first after it;
				 * the first and last of a step's first day */
	double	size;		/* missed rounds; or the step as a share, -0.1 is a tenth less */
	double	statistic, threshold;	/* the test that found it */
};

/*
 * Finds what changed in rows that ascend in time, in order of time.  Returns how many
 * were written to out, at most max; (size_t)-1 without memory.
 */
size_t	 population_changes_find(const struct series_row *, size_t n, struct change *out,
	    size_t max);

/* Reads the series that is stored and writes the changes, and the drops of
 * analysis/incidents/reachability_drops.h, as incidents.  In a transaction; 0, or -1 with a
 * reason in store_error. */
int	 population_changes_write(struct store *);

#endif
