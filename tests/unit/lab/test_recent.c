/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distinct endpoints of a round and of a day, against the plain way to count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/lib/prng.h"
#include "tests/lab/recent.h"

#define DAY	7	/* rounds */
#define ROUNDS	60
#define NODES	300

static void
counts_agree_with_plain_counting(void **state)
{
	static uint32_t last[NODES];
	struct recent *r = recent_new(DAY);
	uint64_t x = 1;

	(void)state;
	for (uint32_t round = 3; round < ROUNDS; round += round % 10 == 5 ? 4 : 1) {
		uint32_t in_round = 0, in_day = 0;

		recent_begin(r, round);
		for (unsigned i = 0; i < 100; i++) {
			uint32_t n = prng_below(&x, NODES);
			struct endpoint e = { .ip = n % 2 ? 1000 : 2000, .port = (uint16_t)n };

			assert_int_equal(recent_note(r, RECENT_SEEN_KEYS, e), last[n] != round);
			last[n] = round;
		}
		for (uint32_t n = 0; n < NODES; n++) {
			in_round += last[n] == round;
			in_day += last[n] > 0 && last[n] + DAY > round;
		}
		assert_int_equal(recent_in_round(r, RECENT_SEEN_KEYS), in_round);
		assert_int_equal(recent_in_day(r, RECENT_SEEN_KEYS), in_day);
		assert_int_equal(recent_in_day(r, RECENT_SEEN_ALL), 0);
	}
	recent_free(r);
}

static void
a_long_silence_forgets_everything(void **state)
{
	struct recent *r = recent_new(DAY);

	(void)state;
	recent_begin(r, 1);
	assert_int_equal(recent_note(r, RECENT_ONLINE, endpoint_ipv4(0, 0)), 1);
	recent_begin(r, DAY);
	assert_int_equal(recent_in_day(r, RECENT_ONLINE), 1);
	recent_begin(r, 1000000000);
	assert_int_equal(recent_in_day(r, RECENT_ONLINE), 0);
	assert_int_equal(recent_note(r, RECENT_ONLINE, endpoint_ipv4(0, 0)), 1);
	assert_int_equal(recent_in_day(r, RECENT_ONLINE), 1);
	recent_free(r);
}

static void
a_hundred_thousand_endpoints_fit(void **state)
{
	struct recent *r = recent_new(DAY);

	(void)state;
	recent_begin(r, 1);
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < 100000; i++)
			assert_int_equal(recent_note(r, RECENT_LISTED,
			    endpoint_ipv4(i * 40503u, (uint16_t)i)), pass == 0);
	assert_int_equal(recent_in_round(r, RECENT_LISTED), 100000);
	recent_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_agree_with_plain_counting),
		cmocka_unit_test(a_long_silence_forgets_everything),
		cmocka_unit_test(a_hundred_thousand_endpoints_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
