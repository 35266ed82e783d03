/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Timers for very many links: a hashed wheel of intrusive lists, one turn every
 * WHEEL_SLOTS ticks.  Setting and clearing cost nothing to speak of; a timer
 * further away than a turn is looked at once a turn.
 *
 * It has no clock: the caller says what tick it is.  A tick is the caller's
 * choice (the lab: a real millisecond).
 */
#ifndef KANSOKU_TESTS_LAB_TIMER_WHEEL_H
#define KANSOKU_TESTS_LAB_TIMER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define WHEEL_SLOTS	4096	/* a power of two */
#define WHEEL_NEVER	INT64_MAX

/* Part of the thing that waits; zeroed, it is not set. */
struct timer {
	struct timer	*next, **link;	/* link: what points here; NULL: not set */
	int64_t		 due;
};

struct wheel {
	struct timer	*slot[WHEEL_SLOTS];
	int64_t		 now;		/* ticks up to here have been run */
	uint64_t	 set;		/* timers that wait */
};

void	 wheel_init(struct wheel *, int64_t now);
/* Sets or moves a timer; one that is past due runs at the next wheel_run.
 * WHEEL_NEVER clears it. */
void	 wheel_set(struct wheel *, struct timer *, int64_t due);
void	 wheel_clear(struct wheel *, struct timer *);
/* No timer is due before this tick; WHEEL_NEVER when none is set. */
int64_t	 wheel_due(const struct wheel *);
/*
 * Takes out every timer due up to now, tick by tick, and calls fn for each.  fn
 * may set and clear any timer, its own too; what it sets for the past runs in
 * the next call.
 */
void	 wheel_run(struct wheel *, int64_t now,
	    void (*fn)(struct timer *, void *arg), void *arg);

#endif
