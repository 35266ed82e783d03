/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Timers for very many links: a hashed wheel of intrusive lists, one turn every
 * TIMER_WHEEL_SLOTS ticks.  Setting and unsetting cost the same however many there
 * are, and nothing is allocated; a timer further away than a turn is looked at once
 * a turn.
 *
 * The wheel has no clock and is no thread: the caller says what tick it is.  A tick
 * is a real millisecond in the crawler and in the lab.
 */
#ifndef KANSOKU_DATA_LIB_TIMER_WHEEL_H
#define KANSOKU_DATA_LIB_TIMER_WHEEL_H

#include <stddef.h>
#include <stdint.h>

#define TIMER_WHEEL_SLOTS	4096	/* a power of two */
#define TIMER_NEVER		INT64_MAX

/* Part of what waits; zeroed, it is not set. */
struct timer {
	struct timer	*next, **link;	/* link: what points here; NULL: not set */
	int64_t		 due;
};

struct timer_wheel {
	struct timer	*slot[TIMER_WHEEL_SLOTS];
	int64_t		 now;		/* ticks up to here have been run */
	size_t		 set;		/* timers that wait */
};

void	 timer_wheel_init(struct timer_wheel *, int64_t now);
/* Sets or moves a timer; one that is past due fires at the next tick.
 * TIMER_NEVER unsets it. */
void	 timer_wheel_set(struct timer_wheel *, struct timer *, int64_t due);
void	 timer_wheel_unset(struct timer_wheel *, struct timer *);	/* fine when not set */
/* No timer is due before this tick, at most a turn away; TIMER_NEVER when none is set. */
int64_t	 timer_wheel_due(const struct timer_wheel *);
/*
 * Unsets each timer that is due up to now, tick by tick, and calls fn with it: never
 * early, and late only as far as the caller is.  fn may set and unset any timer, its
 * own too; what it sets for the past fires in the next call.
 */
void	 timer_wheel_advance(struct timer_wheel *, int64_t now, void (*fn)(struct timer *, void *),
	    void *arg);

#endif
