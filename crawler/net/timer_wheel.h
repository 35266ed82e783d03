/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Deadlines of many links on lists: a hashed timing wheel.
 *
 * Adding and removing cost the same however many there are, and one event of
 * the loop drives all of them.  A timer fires at most one slot (TIMERS_SLOT_MS)
 * late and never early.  Time is monotonic ms, passed in.
 */
#ifndef KANSOKU_CRAWLER_NET_TIMER_WHEEL_H
#define KANSOKU_CRAWLER_NET_TIMER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define TIMERS_SLOT_MS	8
#define TIMERS_SLOTS	1024	/* a turn is 8.2 s; later deadlines wait a turn more */

/* Embedded in what it times; zeros are "not set". */
struct timer {
	struct timer	*prev, *next;
	int64_t		 due_ms;
};

struct timer_wheel {
	struct timer	 slot[TIMERS_SLOTS];	/* heads of rings */
	int64_t		 turn;			/* next slot to look at, since time 0 */
};

void	 timer_wheel_init(struct timer_wheel *, int64_t now_ms);
/* Sets, or moves, a timer.  INT64_MAX: never, that is, unset. */
void	 timer_wheel_set(struct timer_wheel *, struct timer *, int64_t due_ms);
void	 timer_wheel_unset(struct timer *);		/* fine when not set */
/* Unsets each timer that is due and calls fn with it; fn may set and unset any timer. */
void	 timer_wheel_turn(struct timer_wheel *, int64_t now_ms, void (*fn)(struct timer *, void *), void *);

#endif
