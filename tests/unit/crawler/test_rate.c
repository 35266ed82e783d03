/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "crawler/pace.h"
#include "crawler/rate.h"

static unsigned
drain(struct bucket *b, int64_t now)
{
	unsigned n = 0;

	while (bucket_take(b, now))
		n++;
	return n;
}

static void
a_bucket_gives_its_burst_and_then_its_rate(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 200, 20, 1000);
	assert_int_equal(drain(&b, 1000), 20);
	assert_int_equal(bucket_wait(&b, 1000), 5);
	assert_false(bucket_take(&b, 1004));
	assert_true(bucket_take(&b, 1005));
	assert_int_equal(drain(&b, 1055), 10);
	/* Idle time is saved up to the burst only; time running back gives nothing. */
	assert_int_equal(drain(&b, 900000), 20);
	assert_int_equal(drain(&b, 100), 0);
}

static void
in_any_span_no_more_than_burst_and_rate_leave(void **state)
{
	struct bucket b;
	unsigned n = 0;

	(void)state;
	bucket_init(&b, 50, 5, 0);
	for (int64_t t = 0; t < 60000; t += 7)
		n += drain(&b, t);
	assert_in_range(n, 3000, 3005);
}

static void
rate_zero_is_no_limit(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 0, 0, 5);
	for (int i = 0; i < 100000; i++)
		assert_true(bucket_take(&b, 5));
	assert_int_equal(bucket_wait(&b, 5), 0);
}

static void
a_key_has_places_a_rate_and_a_total(void **state)
{
	struct quota *q = quota_new(&(struct quota_limits){
		.open = 2, .per_minute = 60, .total = 20, .keys = 1000 });

	(void)state;
	assert_int_equal(quota_open(q, 7, 1), QUOTA_OK);
	assert_int_equal(quota_open(q, 7, 1), QUOTA_OK);
	assert_int_equal(quota_open(q, 7, 1), QUOTA_LATER);
	assert_int_equal(quota_open(q, 8, 1), QUOTA_OK);
	quota_close(q, 7);
	assert_int_equal(quota_open(q, 7, 1), QUOTA_OK);
	/* The burst is ten; then one a second. */
	for (int i = 3; i < 10; i++) {
		quota_close(q, 7);
		assert_int_equal(quota_open(q, 7, 1), QUOTA_OK);
	}
	quota_close(q, 7);
	assert_int_equal(quota_open(q, 7, 1), QUOTA_LATER);
	for (int i = 10; i < 20; i++) {
		assert_int_equal(quota_open(q, 7, (i - 9) * 1000 + 1), QUOTA_OK);
		quota_close(q, 7);
	}
	assert_int_equal(quota_open(q, 7, 60000), QUOTA_SPENT);
	quota_reset(q);
	assert_int_equal(quota_open(q, 7, 60000), QUOTA_OK);
	quota_free(q);
}

static void
many_keys_are_kept_apart_and_forgotten_with_the_round(void **state)
{
	struct quota *q = quota_new(&(struct quota_limits){ .open = 1, .keys = 50000 });

	(void)state;
	for (uint32_t k = 0; k < 50000; k++)
		assert_int_equal(quota_open(q, k * 256, 1), QUOTA_OK);
	for (uint32_t k = 0; k < 50000; k++)
		assert_int_equal(quota_open(q, k * 256, 1), QUOTA_LATER);
	assert_int_equal(quota_open(q, 77, 1), QUOTA_LATER);	/* the table is full */
	for (uint32_t k = 1; k < 50000; k++)
		quota_close(q, k * 256);
	quota_reset(q);
	assert_int_equal(quota_keys(q), 1);
	assert_int_equal(quota_open(q, 0, 2), QUOTA_LATER);
	assert_int_equal(quota_open(q, 77, 2), QUOTA_OK);
	quota_close(q, 12345);		/* never opened: nothing happens */
	quota_free(q);
}

static void
dial_and_end(struct pace *p, bool answered)
{
	pace_ended(p, pace_dialled(p), answered);
}

static void
the_window_grows_with_answers_and_stops_at_its_limit(void **state)
{
	struct pace p;
	double start;

	(void)state;
	pace_init(&p, 1000);
	start = p.window;
	assert_int_equal(pace_room(&p, 0, 0), (uint32_t)start);
	for (int i = 0; i < 10; i++)
		dial_and_end(&p, false);
	assert_true(p.window == start);
	for (int i = 0; i < 10000; i++)
		dial_and_end(&p, true);
	assert_int_equal(pace_room(&p, 0, 0), 1000);
	assert_int_equal(pace_room(&p, 990, 0), 10);
	assert_int_equal(pace_room(&p, 2000, 0), 0);
}

static void
a_local_error_shrinks_the_window_and_holds_back(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 10000);
	for (int i = 0; i < 20000; i++)
		dial_and_end(&p, true);
	pace_local_error(&p, 500);
	assert_true(p.window == 7500);
	assert_int_equal(pace_room(&p, 0, 501), 0);
	pace_local_error(&p, 501);		/* the same burst counts once */
	assert_true(p.window == 7500);
	assert_int_equal(pace_room(&p, 0, 10000), 7500);
	/* Without end it does not stop for good. */
	for (int64_t t = 10000; t < 10000000; t += 10000)
		pace_local_error(&p, t);
	assert_true(p.window >= 1);
	assert_true(pace_room(&p, 0, 20000000) >= 1);
}

/* A network that stays as it is: 60 % silent for 300 steps, answers after one. */
static void
silent_nodes_do_not_keep_it_small(void **state)
{
	static uint32_t waiting[301][40000], n[301];
	struct pace p;
	uint32_t open = 0, dials = 0;

	(void)state;
	memset(n, 0, sizeof(n));
	pace_init(&p, 20000);
	for (unsigned t = 0; t < 3000; t++) {
		unsigned now = t % 301, soon = (t + 1) % 301, late = (t + 300) % 301;

		for (uint32_t i = 0; i < n[now]; i++)
			pace_ended(&p, waiting[now][i] >> 1, waiting[now][i] & 1);
		open -= n[now];
		n[now] = 0;
		for (uint32_t room = pace_room(&p, open, t); room > 0; room--, open++) {
			bool silent = ++dials % 5 < 3;
			unsigned when = silent ? late : soon;

			waiting[when][n[when]++] = pace_dialled(&p) << 1 | !silent;
		}
	}
	assert_int_equal(p.cuts, 0);
	assert_int_equal((uint32_t)p.window, 20000);
	assert_true(dials > 200000 * 9 / 10);	/* 3000 / 300 x 20,000, and the answered ones */
}

static void
a_fall_of_the_answers_is_taken_for_our_own_doing(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 20000);
	for (int i = 0; i < 40000; i++)
		dial_and_end(&p, true);
	for (int i = 0; i < 3 * 1250; i++)	/* three cohorts of the window's sixteenth */
		dial_and_end(&p, i % 2);
	assert_in_range(p.cuts, 1, 2);
	assert_true(p.window < 20000);
	/* In a new round half of the answers may be all there are. */
	pace_new_round(&p);
	for (int i = 0; i < 40000; i++)
		dial_and_end(&p, i % 2);
	assert_in_range(p.cuts, 1, 2);
	assert_int_equal(p.window, 20000);
}

static void
who_takes_for_ever_does_not_stop_the_judging(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 600);
	for (int i = 0; i < 400 * 512; i++) {
		uint32_t cohort = pace_dialled(&p);

		if (i % 512 != 0)	/* one of each cohort never ends */
			pace_ended(&p, cohort, true);
	}
	assert_true(p.share > 0.99);
	for (int i = 0; i < 400 * 512; i++) {
		uint32_t cohort = pace_dialled(&p);

		if (i % 512 != 0)
			pace_ended(&p, cohort, false);
	}
	assert_true(p.share < 0.01);
	assert_true(p.cuts > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_gives_its_burst_and_then_its_rate),
		cmocka_unit_test(in_any_span_no_more_than_burst_and_rate_leave),
		cmocka_unit_test(rate_zero_is_no_limit),
		cmocka_unit_test(a_key_has_places_a_rate_and_a_total),
		cmocka_unit_test(many_keys_are_kept_apart_and_forgotten_with_the_round),
		cmocka_unit_test(the_window_grows_with_answers_and_stops_at_its_limit),
		cmocka_unit_test(a_local_error_shrinks_the_window_and_holds_back),
		cmocka_unit_test(silent_nodes_do_not_keep_it_small),
		cmocka_unit_test(a_fall_of_the_answers_is_taken_for_our_own_doing),
		cmocka_unit_test(who_takes_for_ever_does_not_stop_the_judging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
