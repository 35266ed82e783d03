/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "crawler/net/timer_wheel.h"

struct item {
	struct timer	t;
	int64_t		due, fired;
	int		times;
};
struct seen { int64_t now; int n; struct timer_wheel *again; struct timer *unset; };

static void
note(struct timer *t, void *arg)
{
	struct item *i = (struct item *)(void *)t;
	struct seen *s = arg;

	i->fired = s->now;
	i->times++;
	s->n++;
	if (s->again != NULL)
		timer_wheel_set(s->again, t, s->now + 100);
	if (s->unset != NULL)
		timer_wheel_unset(s->unset);
}

static void
every_timer_fires_once_never_early_and_a_slot_late_at_most(void **state)
{
	static struct item item[2000];
	struct timer_wheel *w = malloc(sizeof(*w));
	struct seen seen = { 0 };

	(void)state;
	timer_wheel_init(w, 777);
	srand(1);
	for (size_t i = 0; i < 2000; i++) {
		item[i].due = 777 + rand() % 60000;	/* several turns of the wheel */
		timer_wheel_set(w, &item[i].t, item[i].due);
	}
	for (seen.now = 777; seen.now < 61000; seen.now += 3)
		timer_wheel_turn(w, seen.now, note, &seen);
	for (size_t i = 0; i < 2000; i++) {
		assert_int_equal(item[i].times, 1);
		assert_in_range(item[i].fired, item[i].due, item[i].due + TIMERS_SLOT_MS + 3);
	}
	free(w);
}

static void
a_long_pause_loses_nobody(void **state)
{
	static struct item item[300];
	struct timer_wheel *w = malloc(sizeof(*w));
	struct seen seen = { .now = 10000000 };

	(void)state;
	timer_wheel_init(w, 0);
	for (int i = 0; i < 300; i++)
		timer_wheel_set(w, &item[i].t, i * 1000);
	timer_wheel_turn(w, seen.now, note, &seen);
	assert_int_equal(seen.n, 300);
	free(w);
}

static void
moved_unset_and_never_are_respected(void **state)
{
	static struct item a, b, c;
	struct timer_wheel *w = malloc(sizeof(*w));
	struct seen seen = { .now = 5000 };

	(void)state;
	timer_wheel_init(w, 0);
	timer_wheel_set(w, &a.t, 100);
	timer_wheel_set(w, &a.t, 4000);
	timer_wheel_set(w, &b.t, 100);
	timer_wheel_unset(&b.t);
	timer_wheel_unset(&b.t);
	timer_wheel_set(w, &c.t, INT64_MAX);
	timer_wheel_turn(w, 3000, note, &seen);
	assert_int_equal(seen.n, 0);
	timer_wheel_turn(w, 5000, note, &seen);
	assert_int_equal(a.times, 1);
	assert_int_equal(seen.n, 1);
	timer_wheel_set(w, &a.t, 10);		/* long past: next turn */
	timer_wheel_turn(w, 5010, note, &seen);
	assert_int_equal(a.times, 2);
	free(w);
}

static void
a_callback_may_set_its_own_and_unset_another(void **state)
{
	static struct item a, b;
	struct timer_wheel *w = malloc(sizeof(*w));
	struct seen seen = { .again = w };

	(void)state;
	timer_wheel_init(w, 0);
	timer_wheel_set(w, &a.t, 50);
	for (seen.now = 0; seen.now <= 1000; seen.now += 10)
		timer_wheel_turn(w, seen.now, note, &seen);
	assert_in_range(a.times, 8, 10);
	timer_wheel_unset(&a.t);
	seen = (struct seen){ .now = 3000, .unset = &b.t };
	timer_wheel_set(w, &a.t, 2000);
	timer_wheel_set(w, &b.t, 2000);
	timer_wheel_turn(w, 3000, note, &seen);
	assert_int_equal(b.times, 0);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_timer_fires_once_never_early_and_a_slot_late_at_most),
		cmocka_unit_test(a_long_pause_loses_nobody),
		cmocka_unit_test(moved_unset_and_never_are_respected),
		cmocka_unit_test(a_callback_may_set_its_own_and_unset_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
