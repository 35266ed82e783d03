/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts of the formulas: published examples, limits, and what must not happen. */
#include <math.h>
#include <stdbool.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/rounds/stats.h"

#define NEAR(a, b, tolerance)	assert_true(fabs((a) - (b)) <= (tolerance))

static void
wilson_agrees_with_published_values(void **state)
{
	struct interval i = stats_wilson(81, 263, Z95);

	(void)state;
	/* R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3. */
	NEAR(i.low, 0.2553, 5e-5);
	NEAR(i.high, 0.3662, 5e-5);
	i = stats_wilson(15, 148, Z95);
	NEAR(i.low, 0.0624, 5e-5);
	NEAR(i.high, 0.1605, 5e-5);
	i = stats_wilson(0, 20, Z95);
	NEAR(i.low, 0, 0);
	NEAR(i.high, 0.1611, 5e-5);
	i = stats_wilson(1, 29, Z95);
	NEAR(i.low, 0.0061, 5e-5);
	NEAR(i.high, 0.1718, 5e-5);
}

static void
nothing_tried_is_not_zero(void **state)
{
	(void)state;
	assert_true(isnan(stats_wilson(0, 0, Z95).low));
	assert_true(isnan(stats_wilson(3, 2, Z95).high));
	assert_true(isnan(stats_chapman(0, 10, 0).estimate));
	assert_true(isnan(stats_median(NULL, 0)));
	assert_true(isnan(stats_binomial_surprise(1, 0, 0.5)));
}

static void
chapman_counts_what_was_seen_at_least(void **state)
{
	struct population p = stats_chapman(200, 150, 60);

	(void)state;
	NEAR(p.estimate, 201.0 * 151 / 61 - 1, 1e-9);
	assert_true(p.interval.low > 290 && p.interval.low < p.estimate);
	assert_true(p.interval.high > p.estimate && p.interval.high < 700);
	NEAR(p.coverage, 150 / p.estimate, 1e-12);
	/* both lists are the same: nothing is left to guess */
	p = stats_chapman(100, 100, 100);
	NEAR(p.estimate, 100, 1e-9);
	NEAR(p.interval.low, 100, 1e-9);
	NEAR(p.interval.high, 100, 1e-9);
	assert_true(isnan(stats_chapman(10, 10, 11).estimate));
}

/* A thousand nodes, each met with chance 0.4 in each of two rounds: how often is N inside? */
static void
chapman_covers_a_population_that_is_known(void **state)
{
	uint64_t dice = 2010;
	double sum = 0;
	int inside = 0;

	(void)state;
	for (int trial = 0; trial < 1000; trial++) {
		double n1 = 0, n2 = 0, m = 0;
		struct population p;

		for (int node = 0; node < 1000; node++) {
			bool a, b;

			dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
			a = dice >> 32 < 0.4 * 4294967296.0;
			dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
			b = dice >> 32 < 0.4 * 4294967296.0;
			n1 += a;
			n2 += b;
			m += a && b;
		}
		p = stats_chapman(n1, n2, m);
		inside += p.interval.low <= 1000 && 1000 <= p.interval.high;
		sum += p.estimate;
	}
	assert_in_range(inside, 930, 970);
	NEAR(sum / 1000, 1000, 5);
}

static void
surprises_are_tail_probabilities(void **state)
{
	(void)state;
	NEAR(stats_binomial_surprise(10, 10, 0.1), 10, 1e-9);
	NEAR(stats_binomial_surprise(0, 10, 0.1), 0, 0);
}

static void
logarithms_do_not_overflow(void **state)
{
	(void)state;
	NEAR(stats_log_mix(0.25, 0), 0, 1e-12);
	NEAR(stats_log_mix(0.5, 2000), 2000 + log(0.5), 1e-9);
	NEAR(stats_log_mix(0.5, -2000), log(0.5), 1e-12);
	NEAR(stats_log_mix(1, -7), -7, 0);
	NEAR(stats_log_mix(0, 7), 0, 0);
}

static void
a_median_does_not_need_order(void **state)
{
	double v[] = { 9, 1, 5, 3, 7 };

	(void)state;
	NEAR(stats_median(v, 5), 5, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wilson_agrees_with_published_values),
		cmocka_unit_test(nothing_tried_is_not_zero),
		cmocka_unit_test(chapman_counts_what_was_seen_at_least),
		cmocka_unit_test(chapman_covers_a_population_that_is_known),
		cmocka_unit_test(surprises_are_tail_probabilities),
		cmocka_unit_test(logarithms_do_not_overflow),
		cmocka_unit_test(a_median_does_not_need_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
