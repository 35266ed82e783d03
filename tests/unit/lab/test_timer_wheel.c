/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Timers fire once, in time, and may change the wheel while they do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/lab/timer_wheel.h"

#define N 3000

static struct wheel wheel;
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
	wheel_init(&wheel, 1000);
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
		wheel_set(&wheel, &timer[i], 1001 + rand() % 20000);
	for (int64_t now = 1001; now <= 21001; now++)
		wheel_run(&wheel, now, note, NULL);
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
		wheel_set(&wheel, &timer[i], 1001 + rand() % 50000);
	for (int64_t due; (due = wheel_due(&wheel)) != WHEEL_NEVER; )
		wheel_run(&wheel, due, note, NULL);
	for (int i = 0; i < 50; i++)
		assert_int_equal(fired_at[i], timer[i].due);
}

static void
a_long_sleep_loses_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < N; i++)
		wheel_set(&wheel, &timer[i], 1001 + i * 13);
	wheel_set(&wheel, &timer[0], 1000000);
	wheel_run(&wheel, 900000, note, NULL);
	assert_int_equal(fired[0], 0);
	for (int i = 1; i < N; i++)
		assert_int_equal(fired[i], 1);
}

static void
cleared_timers_stay_quiet_and_moved_ones_move(void **state)
{
	(void)state;
	wheel_set(&wheel, &timer[0], 1010);
	wheel_set(&wheel, &timer[1], 1010);
	wheel_set(&wheel, &timer[1], 1020);
	wheel_set(&wheel, &timer[2], 1010);
	wheel_set(&wheel, &timer[2], WHEEL_NEVER);
	wheel_clear(&wheel, &timer[0]);
	wheel_clear(&wheel, &timer[0]);
	wheel_run(&wheel, 1015, note, NULL);
	assert_int_equal(fired[0] + fired[1] + fired[2], 0);
	wheel_run(&wheel, 1020, note, NULL);
	assert_int_equal(fired[1], 1);
	assert_int_equal(wheel_due(&wheel), WHEEL_NEVER);
}

static void
the_past_is_due_at_once(void **state)
{
	(void)state;
	wheel_set(&wheel, &timer[0], 3);
	assert_int_equal(wheel_due(&wheel), 1001);
	wheel_run(&wheel, 1001, note, NULL);
	assert_int_equal(fired[0], 1);
}

/* The first to fire takes the second out and sets itself and the third again. */
static void
meddle(struct timer *t, void *arg)
{
	int i = (int)(t - timer);

	note(t, arg);
	if (fired[0] + fired[1] == 1)
		wheel_clear(&wheel, &timer[1 - i]);
	if (fired[i] < 3)
		wheel_set(&wheel, t, wheel.now);
	wheel_set(&wheel, &timer[2], 5000);
}

static void
a_callback_may_change_the_wheel(void **state)
{
	(void)state;
	wheel_set(&wheel, &timer[0], 1005);
	wheel_set(&wheel, &timer[1], 1005);
	for (int64_t now = 1001; now < 1100; now++)
		wheel_run(&wheel, now, meddle, NULL);
	assert_true((fired[0] == 3 && fired[1] == 0) || (fired[0] == 0 && fired[1] == 3));
	assert_int_equal(wheel.set, 1);
	assert_int_equal(timer[2].due, 5000);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
