/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/timer_wheel.h"

#include <string.h>

void
timer_wheel_init(struct timer_wheel *w, int64_t now)
{
	memset(w, 0, sizeof(*w));
	w->now = now;
}

static struct timer **
slot_of(struct timer_wheel *w, int64_t tick)
{
	return &w->slot[(uint64_t)tick % TIMER_WHEEL_SLOTS];
}

static void
list_push(struct timer **head, struct timer *t)
{
	t->next = *head;
	t->link = head;
	if (t->next != NULL)
		t->next->link = &t->next;
	*head = t;
}

static void
list_remove(struct timer *t)
{
	*t->link = t->next;
	if (t->next != NULL)
		t->next->link = t->link;
	t->next = NULL;
	t->link = NULL;
}

void
timer_wheel_set(struct timer_wheel *w, struct timer *t, int64_t due)
{
	timer_wheel_unset(w, t);
	if (due == TIMER_NEVER)
		return;
	t->due = due > w->now ? due : w->now + 1;
	list_push(slot_of(w, t->due), t);
	w->set++;
}

void
timer_wheel_unset(struct timer_wheel *w, struct timer *t)
{
	if (t->link == NULL)
		return;
	list_remove(t);
	w->set--;
}

int64_t
timer_wheel_due(const struct timer_wheel *w)
{
	if (w->set == 0)
		return TIMER_NEVER;
	for (int64_t tick = w->now + 1; tick < w->now + TIMER_WHEEL_SLOTS; tick++)
		if (w->slot[(uint64_t)tick % TIMER_WHEEL_SLOTS] != NULL)
			return tick;
	return w->now + TIMER_WHEEL_SLOTS;
}

/* The timers of a slot that are due go to a list of their own first: fn may change the slot. */
static void
run_slot(struct timer_wheel *w, struct timer *t, void (*fn)(struct timer *, void *), void *arg)
{
	struct timer *due = NULL, *next;

	for (; t != NULL; t = next) {
		next = t->next;
		if (t->due > w->now)
			continue;
		list_remove(t);
		list_push(&due, t);	/* turns the order round: first set, first fired */
	}
	while ((t = due) != NULL) {
		timer_wheel_unset(w, t);
		fn(t, arg);
	}
}

void
timer_wheel_advance(struct timer_wheel *w, int64_t now, void (*fn)(struct timer *, void *),
    void *arg)
{
	int64_t from = w->now + 1;

	if (now <= w->now)
		return;
	if (now - w->now > TIMER_WHEEL_SLOTS)
		from = now - TIMER_WHEEL_SLOTS + 1;	/* a full turn visits all */
	w->now = now;
	for (int64_t tick = from; tick <= now; tick++)
		run_slot(w, *slot_of(w, tick), fn, arg);
}
