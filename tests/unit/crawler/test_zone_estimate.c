/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The estimate of a zone's nodes against zones whose truth is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "crawler/zone_estimate.h"
#include "data/lib/prng.h"

/* One of so many in a million. */
static bool
chance(uint64_t *state, double p)
{
	return prng_below(state, 1000000) < p * 1e6;
}

/*
 * A zone of n nodes, each told of by some of 16 nodes; a datagram is lost with this
 * chance, so that a question with its answer fails more often.
 */
static struct zone_tally
crawl(uint64_t seed, int n, double loss, double told)
{
	double fail = 1 - (1 - loss) * (1 - loss);
	struct zone_tally t = { 0 };
	uint64_t state = seed;

	for (int i = 0; i < n; i++) {
		int by = 0;

		for (int k = 0; k < 16; k++)
			by |= chance(&state, told) << (k & 1);
		if (by == 0)
			continue;
		if (!chance(&state, fail))
			t.first++;
		else if (!chance(&state, fail))
			t.second++;
		else
			continue;
		t.half[0] += by & 1;
		t.half[1] += by >> 1;
		t.both += by == 3;
	}
	return t;
}

static void
the_truth_is_inside_the_interval(void **state)
{
	static const double loss[] = { 0, 0.05, 0.2 }, told[] = { 1, 0.1 };

	(void)state;
	for (size_t l = 0; l < 3; l++)
		for (size_t k = 0; k < 2; k++) {
			int inside = 0;

			for (uint64_t seed = 1; seed <= 20; seed++) {
				struct zone_tally t = crawl(seed * 7919, 4000, loss[l], told[k]);
				struct zone_estimate e;

				zone_estimate(&e, &t, 8);
				assert_true(e.known && e.low <= e.nodes && e.nodes <= e.high);
				assert_true(fabs(e.all - e.nodes * 256) < 1e-6 * e.all);
				assert_true(e.all_high - e.all_low > 256 * (e.high - e.low));
				inside += e.low <= 4000 && 4000 <= e.high;
			}
			assert_in_range(inside, 18, 20);
		}
}

static void
too_little_says_nothing(void **state)
{
	struct zone_estimate e;

	(void)state;
	zone_estimate(&e, &(struct zone_tally){ 0 }, 8);
	assert_false(e.known);
	zone_estimate(&e, &(struct zone_tally){ .first = 2, .second = 3 }, 8);
	assert_false(e.known);
	/* Nobody told of: the operator named him. */
	zone_estimate(&e, &(struct zone_tally){ .first = 1 }, 0);
	assert_true(e.known && e.nodes == 1 && e.low == 1 && e.high == 1 && e.all == 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_truth_is_inside_the_interval),
		cmocka_unit_test(too_little_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
