/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Timers fire once, in time, and may change the wheel while they do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data/lib/timer_wheel.h"

#define N 3000

static struct timer_wheel wheel;
static struct timer timer[N];
static int fired[N];
static int64_t fired_at[N];

static void
note(struct timer *t, void *arg)
{
	(void)arg;
	fired[t - timer]++;
	fired_at[t - timer] = wheel.now;
}

static int
fresh(void **state)
{
	(void)state;
	timer_wheel_init(&wheel, 1000);
	for (int i = 0; i < N; i++) {
		timer[i] = (struct timer){ 0 };
		fired[i] = 0;
		fired_at[i] = 0;
	}
	return 0;
}

static void
each_timer_fires_once_at_its_tick(void **state)
{
	(void)state;
	srand(7);
	for (int i = 0; i < N; i++)
		timer_wheel_set(&wheel, &timer[i], 1001 + rand() % 20000);
	for (int64_t now = 1001; now <= 21001; now++)
		timer_wheel_advance(&wheel, now, note, NULL);
	for (int i = 0; i < N; i++) {
		assert_int_equal(fired[i], 1);
		assert_int_equal(fired_at[i], timer[i].due);
	}
	assert_int_equal(wheel.set, 0);
}

static void
due_is_never_late(void **state)
{
	(void)state;
	srand(8);
	for (int i = 0; i < 50; i++)
		timer_wheel_set(&wheel, &timer[i], 1001 + rand() % 50000);
	for (int64_t due; (due = timer_wheel_due(&wheel)) != TIMER_NEVER; )
		timer_wheel_advance(&wheel, due, note, NULL);
	for (int i = 0; i < 50; i++)
		assert_int_equal(fired_at[i], timer[i].due);
}

static void
a_long_sleep_loses_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < N; i++)
		timer_wheel_set(&wheel, &timer[i], 1001 + i * 13);
	timer_wheel_set(&wheel, &timer[0], 1000000);
	timer_wheel_advance(&wheel, 900000, note, NULL);
	assert_int_equal(fired[0], 0);
	for (int i = 1; i < N; i++)
		assert_int_equal(fired[i], 1);
}

static void
cleared_timers_stay_quiet_and_moved_ones_move(void **state)
{
	(void)state;
	timer_wheel_set(&wheel, &timer[0], 1010);
	timer_wheel_set(&wheel, &timer[1], 1010);
	timer_wheel_set(&wheel, &timer[1], 1020);
	timer_wheel_set(&wheel, &timer[2], 1010);
	timer_wheel_set(&wheel, &timer[2], TIMER_NEVER);
	timer_wheel_unset(&wheel, &timer[0]);
	timer_wheel_unset(&wheel, &timer[0]);
	timer_wheel_advance(&wheel, 1015, note, NULL);
	assert_int_equal(fired[0] + fired[1] + fired[2], 0);
	timer_wheel_advance(&wheel, 1020, note, NULL);
	assert_int_equal(fired[1], 1);
	assert_int_equal(timer_wheel_due(&wheel), TIMER_NEVER);
}

static void
the_past_is_due_at_once(void **state)
{
	(void)state;
	timer_wheel_set(&wheel, &timer[0], 3);
	assert_int_equal(timer_wheel_due(&wheel), 1001);
	timer_wheel_advance(&wheel, 1001, note, NULL);
	assert_int_equal(fired[0], 1);
}

/* The first to fire takes the second out and sets itself and the third again. */
static void
meddle(struct timer *t, void *arg)
{
	int i = (int)(t - timer);

	note(t, arg);
	if (fired[0] + fired[1] == 1)
		timer_wheel_unset(&wheel, &timer[1 - i]);
	if (fired[i] < 3)
		timer_wheel_set(&wheel, t, wheel.now);
	timer_wheel_set(&wheel, &timer[2], 5000);
}

static void
a_callback_may_change_the_wheel(void **state)
{
	(void)state;
	timer_wheel_set(&wheel, &timer[0], 1005);
	timer_wheel_set(&wheel, &timer[1], 1005);
	for (int64_t now = 1001; now < 1100; now++)
		timer_wheel_advance(&wheel, now, meddle, NULL);
	assert_true((fired[0] == 3 && fired[1] == 0) || (fired[0] == 0 && fired[1] == 3));
	assert_int_equal(wheel.set, 1);
	assert_int_equal(timer[2].due, 5000);
}

/* ---- a caller that comes every few ticks, as the crawler does ---- */

struct item {
	struct timer	t;
	int64_t		due, fired;
	int		times;
};
struct seen { int64_t now; int n; struct timer_wheel *again, *wheel; struct timer *unset; };

static void
note_item(struct timer *t, void *arg)
{
	struct item *i = (struct item *)(void *)t;
	struct seen *s = arg;

	i->fired = s->now;
	i->times++;
	s->n++;
	if (s->again != NULL)
		timer_wheel_set(s->again, t, s->now + 100);
	if (s->unset != NULL)
		timer_wheel_unset(s->wheel, s->unset);
}

static void
every_timer_fires_once_never_early_and_no_later_than_its_caller(void **state)
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
		timer_wheel_advance(w, seen.now, note_item, &seen);
	for (size_t i = 0; i < 2000; i++) {
		assert_int_equal(item[i].times, 1);
		assert_in_range(item[i].fired, item[i].due, item[i].due + 3);
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
	timer_wheel_advance(w, seen.now, note_item, &seen);
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
	timer_wheel_unset(w, &b.t);
	timer_wheel_unset(w, &b.t);
	timer_wheel_set(w, &c.t, INT64_MAX);
	timer_wheel_advance(w, 3000, note_item, &seen);
	assert_int_equal(seen.n, 0);
	timer_wheel_advance(w, 5000, note_item, &seen);
	assert_int_equal(a.times, 1);
	assert_int_equal(seen.n, 1);
	timer_wheel_set(w, &a.t, 10);		/* long past: next turn */
	timer_wheel_advance(w, 5010, note_item, &seen);
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
		timer_wheel_advance(w, seen.now, note_item, &seen);
	assert_in_range(a.times, 8, 10);
	timer_wheel_unset(w, &a.t);
	seen = (struct seen){ .now = 3000, .wheel = w, .unset = &b.t };
	timer_wheel_set(w, &a.t, 2000);
	timer_wheel_set(w, &b.t, 2000);
	timer_wheel_advance(w, 3000, note_item, &seen);
	assert_int_equal(b.times, 0);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_timer_fires_once_at_its_tick, fresh),
		cmocka_unit_test_setup(due_is_never_late, fresh),
		cmocka_unit_test_setup(a_long_sleep_loses_nothing, fresh),
		cmocka_unit_test_setup(cleared_timers_stay_quiet_and_moved_ones_move, fresh),
		cmocka_unit_test_setup(the_past_is_due_at_once, fresh),
		cmocka_unit_test_setup(a_callback_may_change_the_wheel, fresh),
		cmocka_unit_test(every_timer_fires_once_never_early_and_no_later_than_its_caller),
		cmocka_unit_test(a_long_pause_loses_nobody),
		cmocka_unit_test(moved_unset_and_never_are_respected),
		cmocka_unit_test(a_callback_may_set_its_own_and_unset_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
