/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Falls of the share of dials that succeed, where neither the sensor nor its
 * newcomers explain them: addresses go on being named though nobody is there
 * (observation: S6).  Like population changes they are found in the finished series alone.
 *
 * A drop is raised in the first round in which all of this holds:
 *  - reachability: the logarithm of reached/tried lies below that of the same hour
 *    of the days before, by a CUSUM (E. S. Page, Biometrika 41 (1954) 100-115) of
 *    residuals in units of their usual size;
 *  - persistence: instant over the day's count, both clean, lies above it by
 *    another: sources stay that used to leave.  Brief visitors, a renumbering and
 *    a population that shrinks do the opposite; dials that fail do nothing to it;
 *  - the success fell by DROP_LEAST at least, on average, since the first CUSUM left
 *    zero, which dates the start, and that is a whole day or more: the numbers of
 *    one day hang together (people, sessions), and a bad night looks like a drop;
 *  - nodes that we met in one round were met in the next as often as ever: their
 *    share fell by less than a fifth of that.  So it is not the sensor's trouble.
 * Rounds in which made-up newcomers are more than DROP_FLOOD of the sources do not
 * count: their flood explains them.  Who was not dialled, or where nobody is met
 * twice, is not judged.  It ends when half of the fall is made up for six rounds.
 */
#ifndef KANSOKU_ANALYSIS_INCIDENTS_REACHABILITY_DROPS_H
#define KANSOKU_ANALYSIS_INCIDENTS_REACHABILITY_DROPS_H

#include "data/store/results.h"

/* Incident numbers of drops begin here; see CHANGE_ID. */
#define DROP_ID		20001
#define DROP_LIMIT	15.0	/* of the CUSUMs, in usual residuals beyond the first in each round */
#define DROP_LEAST	0.08	/* fall of the success, as a share of itself */
#define DROP_FLOOD	0.02

struct drop {
	size_t	from, to, worst;	/* rows: first, last that was low, lowest */
	bool	open;			/* not known to be over */
	double	fall;			/* as a share, 0 to 1 */
	double	success, persistence;	/* the CUSUMs when it was raised */
	double	meeting;		/* fall of the share met again, as a part of fall */
	double	dead, low, high;	/* sources named in a round that nobody answers for, beyond
					 * the usual: mean, and 95 % interval by Wilson's */
};

/*
 * Drops in rows that ascend in time, `day` rounds a day.  Returns how many were
 * written to out, at most max; (size_t)-1 without memory.
 */
size_t	 reachability_drops_find(const struct series_row *, size_t n, size_t day, struct drop *out,
	    size_t max);

/* Writes them as incidents.  In a transaction; 0, or -1 with a reason in store_error. */
int	 reachability_drops_write(struct store *, const struct series_row *, size_t n,
	    size_t day);

#endif
