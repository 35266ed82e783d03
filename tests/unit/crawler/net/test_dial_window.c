/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many links at once: by time and answers up, by trouble down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crawler/net/dial_window.h"

static void
dial_and_end(struct dial_window *p, bool answered, int64_t now_ms)
{
	dial_window_ended(p, dial_window_dialled(p), answered, now_ms);
}

/* An answer a millisecond until the window is as wide as it may be. */
static int64_t
widen(struct dial_window *p)
{
	int64_t t = 0;

	while (p->window < p->max)
		dial_and_end(p, true, ++t);
	return t;
}

static void
the_window_doubles_while_answers_come_and_stops_at_its_limit(void **state)
{
	struct dial_window p;
	double start;

	(void)state;
	dial_window_init(&p, 20000, 0);
	start = p.window;
	assert_int_equal(dial_window_room(&p, 0, 0), (uint32_t)start);
	for (int i = 0; i < 10; i++)
		dial_and_end(&p, false, 1000);
	assert_true(p.window == start);
	/* A long silence counts as one doubling, not as many. */
	dial_and_end(&p, true, 60000);
	assert_true(p.window == 2 * start);
	dial_window_init(&p, 20000, 0);
	assert_in_range(widen(&p), 500, 600);
	assert_int_equal(dial_window_room(&p, 0, 0), 20000);
	assert_int_equal(dial_window_room(&p, 19990, 0), 10);
	assert_int_equal(dial_window_room(&p, 30000, 0), 0);
}

static void
a_local_error_shrinks_the_window_and_holds_back(void **state)
{
	struct dial_window p;
	int64_t t;

	(void)state;
	dial_window_init(&p, 10000, 0);
	t = widen(&p);
	dial_window_local_error(&p, t);
	assert_true(p.window == 7500);
	assert_int_equal(dial_window_room(&p, 0, t + 1), 0);
	dial_window_local_error(&p, t + 1);		/* the same burst counts once */
	assert_true(p.window == 7500);
	assert_int_equal(dial_window_room(&p, 0, t + 1000), 7500);
	/* From then on it grows with care. */
	dial_and_end(&p, true, t + 200);
	assert_in_range((uint32_t)p.window, 7500, 8200);
	/* Without end it does not stop for good. */
	for (t = 10000; t < 10000000; t += 10000)
		dial_window_local_error(&p, t);
	assert_true(p.window >= 1);
	assert_true(dial_window_room(&p, 0, 20000000) >= 1);
}

/* A network that stays as it is: silence lasts 300 steps of 10 ms, an answer one. */
static uint32_t
dials_in_30_s(unsigned silent_of_20)
{
	static uint32_t waiting[301][40000], n[301];
	struct dial_window p;
	uint32_t open = 0, dials = 0;

	memset(n, 0, sizeof(n));
	dial_window_init(&p, 20000, 0);
	for (unsigned t = 0; t < 3000; t++) {
		unsigned now = t % 301, soon = (t + 1) % 301, late = (t + 300) % 301;

		for (uint32_t i = 0; i < n[now]; i++)
			dial_window_ended(&p, waiting[now][i] >> 1, waiting[now][i] & 1, t * 10);
		open -= n[now];
		n[now] = 0;
		for (uint32_t room = dial_window_room(&p, open, t * 10); room > 0; room--, open++) {
			bool silent = ++dials * 7 % 20 < silent_of_20;
			unsigned when = silent ? late : soon;

			waiting[when][n[when]++] = dial_window_dialled(&p) << 1 | !silent;
		}
	}
	assert_int_equal(p.cuts, 0);
	assert_int_equal((uint32_t)p.window, 20000);
	return dials;
}

static void
silent_nodes_do_not_keep_it_small(void **state)
{
	(void)state;
	/* 3000 / 300 generations of 20,000 silent nodes, and who answers between them. */
	assert_true(dials_in_30_s(12) > 200000 / 0.60 * 0.85);
	assert_true(dials_in_30_s(17) > 200000 / 0.85 * 0.75);
}

static void
a_fall_of_the_answers_is_taken_for_our_own_doing(void **state)
{
	struct dial_window p;
	int64_t t;

	(void)state;
	dial_window_init(&p, 20000, 0);
	t = widen(&p);
	for (int i = 0; i < 20000; i++)		/* the cohorts of a wide window are larger */
		dial_and_end(&p, true, t);
	for (int i = 0; i < 3 * 1250; i++)	/* three cohorts of the window's sixteenth */
		dial_and_end(&p, i % 2, t);
	assert_in_range(p.cuts, 1, 2);
	assert_true(p.window < 20000);
	/* In a new round half of the answers may be all there are. */
	dial_window_new_round(&p);
	for (int i = 0; i < 40000; i++)
		dial_and_end(&p, i % 2, ++t);
	assert_in_range(p.cuts, 1, 2);
	assert_int_equal(p.window, 20000);
}

static void
who_takes_for_ever_does_not_stop_the_judging(void **state)
{
	struct dial_window p;

	(void)state;
	dial_window_init(&p, 600, 0);
	for (int i = 0; i < 400 * 512; i++) {
		uint32_t cohort = dial_window_dialled(&p);

		if (i % 512 != 0)	/* one of each cohort never ends */
			dial_window_ended(&p, cohort, true, i);
	}
	assert_true(p.share > 0.99);
	for (int i = 0; i < 400 * 512; i++) {
		uint32_t cohort = dial_window_dialled(&p);

		if (i % 512 != 0)
			dial_window_ended(&p, cohort, false, i);
	}
	assert_true(p.share < 0.01);
	assert_true(p.cuts > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_doubles_while_answers_come_and_stops_at_its_limit),
		cmocka_unit_test(a_local_error_shrinks_the_window_and_holds_back),
		cmocka_unit_test(silent_nodes_do_not_keep_it_small),
		cmocka_unit_test(a_fall_of_the_answers_is_taken_for_our_own_doing),
		cmocka_unit_test(who_takes_for_ever_does_not_stop_the_judging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
