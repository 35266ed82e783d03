/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/timer_wheel.h"

#include <string.h>

void
wheel_init(struct wheel *w, int64_t now)
{
	memset(w, 0, sizeof(*w));
	w->now = now;
}

static struct timer **
slot_of(struct wheel *w, int64_t tick)
{
	return &w->slot[(uint64_t)tick % WHEEL_SLOTS];
}

static void
push(struct timer **head, struct timer *t)
{
	t->next = *head;
	t->link = head;
	if (t->next != NULL)
		t->next->link = &t->next;
	*head = t;
}

static void
unlink_timer(struct timer *t)
{
	*t->link = t->next;
	if (t->next != NULL)
		t->next->link = t->link;
	t->next = NULL;
	t->link = NULL;
}

void
wheel_set(struct wheel *w, struct timer *t, int64_t due)
{
	wheel_clear(w, t);
	if (due == WHEEL_NEVER)
		return;
	t->due = due > w->now ? due : w->now + 1;
	push(slot_of(w, t->due), t);
	w->set++;
}

void
wheel_clear(struct wheel *w, struct timer *t)
{
	if (t->link == NULL)
		return;
	unlink_timer(t);
	w->set--;
}

int64_t
wheel_due(const struct wheel *w)
{
	if (w->set == 0)
		return WHEEL_NEVER;
	for (int64_t tick = w->now + 1; tick < w->now + WHEEL_SLOTS; tick++)
		if (w->slot[(uint64_t)tick % WHEEL_SLOTS] != NULL)
			return tick;
	return w->now + WHEEL_SLOTS;
}

/* Moves what is due of a slot to a list of its own, so fn may change the slot. */
static void
take_due(struct timer **slot, struct timer **due, int64_t now)
{
	struct timer *next;

	for (struct timer *t = *slot; t != NULL; t = next) {
		next = t->next;
		if (t->due > now)
			continue;
		unlink_timer(t);
		push(due, t);
	}
}

static void
run_slot(struct wheel *w, struct timer **slot,
    void (*fn)(struct timer *, void *), void *arg)
{
	struct timer *due = NULL, *t;

	take_due(slot, &due, w->now);
	while ((t = due) != NULL) {
		wheel_clear(w, t);
		fn(t, arg);
	}
}

void
wheel_run(struct wheel *w, int64_t now, void (*fn)(struct timer *, void *), void *arg)
{
	int64_t from = w->now + 1;

	if (now <= w->now)
		return;
	if (now - w->now > WHEEL_SLOTS)
		from = now - WHEEL_SLOTS + 1;	/* a full turn visits all */
	w->now = now;
	for (int64_t tick = from; tick <= now; tick++)
		run_slot(w, slot_of(w, tick), fn, arg);
}
