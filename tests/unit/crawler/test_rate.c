/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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
the_window_grows_with_answers_and_stops_at_its_limit(void **state)
{
	struct pace p;
	double start;

	(void)state;
	pace_init(&p, 1000);
	start = p.window;
	assert_int_equal(pace_room(&p, 0, 0), (uint32_t)start);
	for (int i = 0; i < 10; i++)
		pace_ended(&p, false);
	assert_true(p.window == start);
	for (int i = 0; i < 10000; i++)
		pace_ended(&p, true);
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
		pace_ended(&p, true);
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

static void
mostly_silent_nodes_do_not_keep_it_small(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 20000);
	for (int i = 0; i < 25000; i++)
		pace_ended(&p, i % 5 < 2);	/* 60 % silent throughout */
	assert_int_equal(p.cuts, 0);
	assert_int_equal(pace_room(&p, 0, 0), 20000);
}

static void
a_fall_of_the_answers_is_taken_for_our_own_doing(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 20000);
	for (int i = 0; i < 20000; i++)
		pace_ended(&p, true);
	for (int i = 0; i < 512; i++)
		pace_ended(&p, i % 2);
	assert_int_equal(p.cuts, 1);
	assert_true(p.window < 20000);
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
		cmocka_unit_test(mostly_silent_nodes_do_not_keep_it_small),
		cmocka_unit_test(a_fall_of_the_answers_is_taken_for_our_own_doing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
