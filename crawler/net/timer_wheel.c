/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/timer_wheel.h"

#include <stddef.h>

static void
ring_init(struct timer *head)
{
	head->prev = head->next = head;
}

static void
ring_append(struct timer *head, struct timer *t)
{
	t->prev = head->prev;
	t->next = head;
	head->prev->next = t;
	head->prev = t;
}

void
timer_wheel_init(struct timer_wheel *w, int64_t now_ms)
{
	for (int i = 0; i < TIMERS_SLOTS; i++)
		ring_init(&w->slot[i]);
	w->turn = now_ms / TIMERS_SLOT_MS;
}

void
timer_wheel_unset(struct timer *t)
{
	if (t->next == NULL)
		return;
	t->prev->next = t->next;
	t->next->prev = t->prev;
	t->prev = t->next = NULL;
}

void
timer_wheel_set(struct timer_wheel *w, struct timer *t, int64_t due_ms)
{
	int64_t turn;

	timer_wheel_unset(t);
	if (due_ms == INT64_MAX)
		return;
	/* The slot that ends after it is due: never early. */
	turn = due_ms / TIMERS_SLOT_MS + 1;
	if (turn < w->turn)
		turn = w->turn;
	t->due_ms = due_ms;
	ring_append(&w->slot[turn % TIMERS_SLOTS], t);
}

/* Moves a whole ring to another head. */
static void
ring_move(struct timer *to, struct timer *from)
{
	ring_init(to);
	if (from->next == from)
		return;
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	ring_init(from);
}

void
timer_wheel_turn(struct timer_wheel *w, int64_t now_ms, void (*fn)(struct timer *, void *), void *arg)
{
	int64_t end = now_ms / TIMERS_SLOT_MS;
	struct timer ring, *t;

	if (end - w->turn >= TIMERS_SLOTS)	/* each slot once is enough */
		w->turn = end - TIMERS_SLOTS + 1;
	while (w->turn <= end) {
		/* Timers that fn sets anew go behind the slot, not into the ring. */
		ring_move(&ring, &w->slot[w->turn++ % TIMERS_SLOTS]);
		while ((t = ring.next) != &ring) {
			int64_t due = t->due_ms;

			timer_wheel_unset(t);
			if (due <= now_ms)
				fn(t, arg);
			else
				timer_wheel_set(w, t, due);
		}
	}
}
