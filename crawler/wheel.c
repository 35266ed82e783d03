/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/wheel.h"

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
wheel_init(struct wheel *w, int64_t now_ms)
{
	for (int i = 0; i < WHEEL_SLOTS; i++)
		ring_init(&w->slot[i]);
	w->turn = now_ms / WHEEL_SLOT_MS;
}

void
wheel_unset(struct timer *t)
{
	if (t->next == NULL)
		return;
	t->prev->next = t->next;
	t->next->prev = t->prev;
	t->prev = t->next = NULL;
}

void
wheel_set(struct wheel *w, struct timer *t, int64_t due_ms)
{
	int64_t turn;

	wheel_unset(t);
	if (due_ms == INT64_MAX)
		return;
	/* The slot that ends after it is due: never early. */
	turn = due_ms / WHEEL_SLOT_MS + 1;
	if (turn < w->turn)
		turn = w->turn;
	t->due_ms = due_ms;
	ring_append(&w->slot[turn % WHEEL_SLOTS], t);
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
wheel_turn(struct wheel *w, int64_t now_ms, void (*fn)(struct timer *, void *), void *arg)
{
	int64_t end = now_ms / WHEEL_SLOT_MS;
	struct timer ring, *t;

	if (end - w->turn >= WHEEL_SLOTS)	/* each slot once is enough */
		w->turn = end - WHEEL_SLOTS + 1;
	while (w->turn <= end) {
		/* Timers that fn sets anew go behind the slot, not into the ring. */
		ring_move(&ring, &w->slot[w->turn++ % WHEEL_SLOTS]);
		while ((t = ring.next) != &ring) {
			int64_t due = t->due_ms;

			wheel_unset(t);
			if (due <= now_ms)
				fn(t, arg);
			else
				wheel_set(w, t, due);
		}
	}
}
