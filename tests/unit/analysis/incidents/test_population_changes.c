/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "analysis/incidents/population_changes.h"
#include "data/lib/utctime.h"

#define ROUNDS_A_DAY	48
#define DAYS		20
#define N		(ROUNDS_A_DAY * DAYS)

static struct series_row series[N];

/* Twenty days with a wave of the day, a wave of the week and a little noise. */
static void
calm(void)
{
	uint32_t dice = 1;

	memset(series, 0, sizeof(series));
	for (size_t i = 0; i < N; i++) {
		double day = (double)i / ROUNDS_A_DAY;
		double noise = (double)((dice = dice * 1664525 + 1013904223) >> 16) / 65536 - 0.5;
		bool weekend = (int)day % 7 >= 5;

		series[i].round = (uint32_t)i + 1;
		series[i].start_ms = (int64_t)i * 30 * MINUTE_MS;
		series[i].end_ms = series[i].start_ms + 25 * MINUTE_MS;
		series[i].complete = true;
		series[i].tried = series[i].reached = 100;
		series[i].instant_clean = 5000 * (1 + 0.15 * sin(day * 6.2832)) *
		    (weekend ? 1.08 : 1) * (1 + 0.02 * noise);
	}
}

static void
scale(size_t from, size_t to, double by)
{
	for (size_t i = from; i < to; i++)
		series[i].instant_clean *= by;
}

static void
waves_are_no_change(void **state)
{
	struct change c[4];

	(void)state;
	calm();
	assert_int_equal(population_changes_find(series, N, c, 4), 0);
}

static void
a_gap_is_an_outage_with_its_length(void **state)
{
	static struct series_row gap[N - 10];
	struct change c[4];

	(void)state;
	calm();
	memcpy(gap, series, 300 * sizeof(*gap));
	memcpy(gap + 300, series + 310, (N - 310) * sizeof(*gap));
	assert_int_equal(population_changes_find(gap, N - 10, c, 4), 1);
	assert_int_equal(c[0].kind, INC_OUTAGE);
	assert_int_equal(gap[c[0].from].round, 300);
	assert_int_equal(gap[c[0].to].round, 311);
	assert_true(c[0].size == 10);
}

static void
rounds_that_reached_nobody_are_an_outage(void **state)
{
	struct change c[4];

	(void)state;
	calm();
	for (size_t i = 500; i < 506; i++)
		series[i].reached = 0;
	assert_int_equal(population_changes_find(series, N, c, 4), 1);
	assert_int_equal(c[0].kind, INC_OUTAGE);
	assert_int_equal(c[0].from, 499);
	assert_int_equal(c[0].to, 506);
}

static void
a_lasting_fall_is_a_step_where_it_began(void **state)
{
	struct change c[4];

	(void)state;
	calm();
	scale(480, N, 0.9);
	assert_int_equal(population_changes_find(series, N, c, 4), 1);
	assert_int_equal(c[0].kind, INC_POPULATION_STEP);
	assert_in_range(c[0].from, 480 - 24, 480 + 24);
	assert_true(c[0].size < -0.05 && c[0].size > -0.15);
}

/* What was not stored or not visited is not gone, and what one peer was cut of counts nowhere. */
static void
rounds_that_were_cut_short_are_no_fall(void **state)
{
	static const enum round_cut cut_short[] = { CUT_TIME, CUT_DIALS, CUT_ROUND, CUT_DATABASE, CUT_DISK };
	static const enum round_cut of_some[] = { CUT_PEER, CUT_NET, CUT_INBOUND, CUT_TEXT };
	struct change c[4];

	(void)state;
	for (size_t k = 0; k < sizeof(cut_short) / sizeof(cut_short[0]); k++) {
		calm();
		scale(480, N, 0.5);
		for (size_t i = 480; i < N; i++)
			series[i].cut = 1u << cut_short[k];
		assert_int_equal(population_changes_find(series, N, c, 4), 0);
	}
	for (size_t k = 0; k < sizeof(of_some) / sizeof(of_some[0]); k++) {
		calm();
		scale(480, N, 0.9);
		for (size_t i = 480; i < N; i++)
			series[i].cut = 1u << of_some[k];
		assert_int_equal(population_changes_find(series, N, c, 4), 1);
		assert_int_equal(c[0].kind, INC_POPULATION_STEP);
	}
}

static void
a_holiday_is_no_step_neither_way(void **state)
{
	struct change c[4];

	(void)state;
	calm();
	scale(10 * ROUNDS_A_DAY, 13 * ROUNDS_A_DAY, 1.2);
	assert_int_equal(population_changes_find(series, N, c, 4), 0);
}

static void
a_few_rounds_are_too_few_to_say(void **state)
{
	struct change c[4];

	(void)state;
	calm();
	scale(3, 6, 0.2);
	assert_int_equal(population_changes_find(series, 6, c, 4), 0);
	assert_int_equal(population_changes_find(series, 0, c, 4), 0);
}

/* Two rounds a week: there is no day to take the middle of, and a gap is a gap. */
static void
rounds_days_apart_have_no_steps(void **state)
{
	struct change c[4];

	(void)state;
	calm();
	for (size_t i = 0; i < N; i++)
		series[i].start_ms = (int64_t)(i + 9 * (i >= 700)) * 84 * HOUR_MS;
	scale(480, N, 0.5);
	assert_int_equal(population_changes_find(series, N, c, 4), 1);
	assert_int_equal(c[0].kind, INC_OUTAGE);
	assert_int_equal(c[0].to, 700);
}

/* Days of which less than half was measured say nothing; others are as good as whole ones. */
static void
a_step_is_found_across_rounds_that_failed(void **state)
{
	struct change c[4];

	(void)state;
	calm();
	scale(480, N, 0.9);
	for (size_t i = 0; i < N; i += 5)
		series[i].instant_clean = NAN;
	assert_int_equal(population_changes_find(series, N, c, 4), 1);
	assert_int_equal(c[0].kind, INC_POPULATION_STEP);
	assert_in_range(c[0].from, 480 - ROUNDS_A_DAY, 480 + ROUNDS_A_DAY);
	for (size_t i = 500; i < 500 + ROUNDS_A_DAY; i++)
		series[i].instant_clean = NAN;
	assert_int_equal(population_changes_find(series, 500 + 5 * ROUNDS_A_DAY, c, 4), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waves_are_no_change),
		cmocka_unit_test(a_gap_is_an_outage_with_its_length),
		cmocka_unit_test(rounds_that_reached_nobody_are_an_outage),
		cmocka_unit_test(a_lasting_fall_is_a_step_where_it_began),
		cmocka_unit_test(rounds_that_were_cut_short_are_no_fall),
		cmocka_unit_test(a_holiday_is_no_step_neither_way),
		cmocka_unit_test(rounds_days_apart_have_no_steps),
		cmocka_unit_test(a_step_is_found_across_rounds_that_failed),
		cmocka_unit_test(a_few_rounds_are_too_few_to_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
