/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "crawler/net/rate.h"

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
	assert_int_equal(quota_open(q, 7, 1, true), QUOTA_OK);
	assert_int_equal(quota_open(q, 7, 1, true), QUOTA_OK);
	assert_int_equal(quota_open(q, 7, 1, true), QUOTA_LATER);
	assert_int_equal(quota_open(q, 8, 1, true), QUOTA_OK);
	quota_close(q, 7);
	assert_int_equal(quota_open(q, 7, 1, true), QUOTA_OK);
	/* The burst is ten; then one a second. */
	for (int i = 3; i < 10; i++) {
		quota_close(q, 7);
		assert_int_equal(quota_open(q, 7, 1, true), QUOTA_OK);
	}
	quota_close(q, 7);
	assert_int_equal(quota_open(q, 7, 1, true), QUOTA_LATER);
	for (int i = 10; i < 20; i++) {
		assert_int_equal(quota_open(q, 7, (i - 9) * 1000 + 1, true), QUOTA_OK);
		quota_close(q, 7);
	}
	assert_int_equal(quota_open(q, 7, 60000, true), QUOTA_SPENT);
	quota_reset(q);
	assert_int_equal(quota_open(q, 7, 60000, true), QUOTA_OK);
	quota_free(q);
}

static void
who_is_first_does_not_wait_behind_the_others(void **state)
{
	struct quota *q = quota_new(&(struct quota_limits){ .open = 2, .keys = 10 });

	(void)state;
	assert_int_equal(quota_open(q, 7, 1, false), QUOTA_OK);
	quota_wait(q, 7, 1);
	assert_int_equal(quota_open(q, 7, 1, false), QUOTA_LATER);
	assert_int_equal(quota_open(q, 8, 1, false), QUOTA_OK);
	quota_wait(q, 7, -1);
	assert_int_equal(quota_open(q, 7, 1, true), QUOTA_OK);
	quota_wait(q, 7, -1);		/* nobody waits: nothing happens */
	quota_close(q, 7);
	assert_int_equal(quota_open(q, 7, 1, false), QUOTA_OK);
	quota_free(q);
}

static void
many_keys_are_kept_apart_and_forgotten_with_the_round(void **state)
{
	struct quota *q = quota_new(&(struct quota_limits){ .open = 1, .keys = 50000 });

	(void)state;
	for (uint32_t k = 0; k < 50000; k++)
		assert_int_equal(quota_open(q, k * 256, 1, true), QUOTA_OK);
	for (uint32_t k = 0; k < 50000; k++)
		assert_int_equal(quota_open(q, k * 256, 1, true), QUOTA_LATER);
	assert_int_equal(quota_open(q, 77, 1, true), QUOTA_LATER);	/* the table is full */
	for (uint32_t k = 1; k < 50000; k++)
		quota_close(q, k * 256);
	quota_reset(q);
	assert_int_equal(quota_open(q, 0, 2, true), QUOTA_LATER);
	assert_int_equal(quota_open(q, 77, 2, true), QUOTA_OK);
	/* One was left, so that there is room for all others but it, and no more. */
	for (uint32_t k = 1; k < 49999; k++)
		assert_int_equal(quota_open(q, k * 256, 2, true), QUOTA_OK);
	assert_int_equal(quota_open(q, 49999 * 256, 2, true), QUOTA_LATER);
	quota_close(q, 12345);		/* never opened: nothing happens */
	quota_free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_gives_its_burst_and_then_its_rate),
		cmocka_unit_test(in_any_span_no_more_than_burst_and_rate_leave),
		cmocka_unit_test(rate_zero_is_no_limit),
		cmocka_unit_test(a_key_has_places_a_rate_and_a_total),
		cmocka_unit_test(who_is_first_does_not_wait_behind_the_others),
		cmocka_unit_test(many_keys_are_kept_apart_and_forgotten_with_the_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
