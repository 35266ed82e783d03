/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is the sensor well?  How old its newest round is by the clock, its reach against
 * the usual, what is not analysed yet, what is open, and the room that is left; and
 * what of that a monitor is to be told, by the conventions of Nagios.
 */
#ifndef KANSOKU_DATA_STORE_HEALTH_H
#define KANSOKU_DATA_STORE_HEALTH_H

#include "data/store/store.h"

enum health_level { HEALTH_OK, HEALTH_WARNING, HEALTH_CRITICAL, HEALTH_UNKNOWN };
extern const char *const health_level_name[];	/* "OK", ... */

/* Of the sensor that the store works for; counts of what there is none of are 0. */
struct health {
	int64_t	round;			/* the newest complete one; 0: none */
	int64_t	end_ms, age_ms;		/* when it ended, and how long ago by the clock; UNKNOWN */
	uint32_t cut;			/* 1 << enum round_cut, of the newest round, complete or not */
	int64_t	period_ms;		/* usual time between starts: the median of 50; UNKNOWN */
	double	reach, usual_reach;	/* reached of tried, of it and of the 49 before; NAN */
	int64_t	analysed_round;		/* 0: none */
	int64_t	not_analysed;		/* complete rounds behind it */
	int64_t	open_incidents, overdue_cases;
};

#define HEALTH_PERIODS	5	/* a newest round that is older by the clock is stale, */
#define HEALTH_YOUNGEST	(INT64_C(3600) * 1000)	/* but never one that is younger than this, in ms */
#define HEALTH_NO_PERIOD (INT64_C(86400) * 1000)	/* and where no period is known, this is old */
#define HEALTH_FREE	INT64_C(1000000000)	/* bytes that should be free on the disk */
#define HEALTH_FREE_LEAST INT64_C(100000000)	/* below this rounds get lost */
#define HEALTH_REACH	0.5	/* of the usual: below, the line or the list is bad */
#define HEALTH_BEHIND_MS (INT64_C(36) * 3600 * 1000)	/* of rounds that should be analysed by then */

/* 0, or -1 with a reason in store_error. */
int	 health_read(struct store *, struct health *, int64_t now_ms);
/* Older than stale_ms; 0: than HEALTH_PERIODS, UNKNOWN: never. */
bool	 health_is_stale(const struct health *, int64_t stale_ms);
/* Writes why, as parts of a sentence joined by ", ", where it is not HEALTH_OK. */
enum health_level health_judge(const struct health *, int64_t free_bytes, int64_t stale_ms,
	    char *why, size_t size);

#endif
