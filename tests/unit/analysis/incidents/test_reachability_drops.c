/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When fewer dials succeed, and it is neither the sensor nor who is new. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "analysis/incidents/population_changes.h"
#include "analysis/incidents/reachability_drops.h"
#include "data/lib/utctime.h"
#include "tests/unit/analysis/store.h"

#define DAY	57
#define DAYS	10
#define N	(DAY * DAYS)
#define FROM	(5 * DAY + 20)
#define TO	(7 * DAY + 20)

static struct series_row series[N];
static struct drop found[4];

static double
noise(uint32_t *dice)
{
	*dice = *dice * 1664525 + 1013904223;
	return ((double)(*dice >> 16) / 65536 - 0.5) * 0.04;
}

/* Ten days with a wave of the day; three of four dials succeed, nine of ten are met again. */
static void
calm(uint32_t dice)
{
	memset(series, 0, sizeof(series));
	for (size_t i = 0; i < N; i++) {
		struct series_row *r = &series[i];

		r->round = (uint32_t)i + 1;
		r->complete = true;
		r->start_ms = (int64_t)i * DAY_MS / DAY;
		r->end_ms = r->start_ms + 20 * MINUTE_MS;
		r->instant = r->instant_clean = 1000 * (1 + 0.15 * sin((double)i / DAY * 6.2832) + noise(&dice));
		r->day_keys_clean = 3500;
		r->tried = 800;
		r->reached = 600 * (1 + noise(&dice));
		r->verified = r->verified_before = 600;
		r->verified_again = 540 * (1 + noise(&dice));
	}
}

/* What happens in rounds [FROM, TO): factors, and bogus newcomers as a share. */
struct scene { const char *what; double reached, instant, day, again, flood; size_t drops; };

static void
play(const struct scene *s)
{
	for (size_t i = FROM; i < TO; i++) {
		series[i].reached *= s->reached;
		series[i].instant *= s->instant;
		series[i].instant_clean *= s->instant;
		series[i].day_keys_clean *= s->day;
		series[i].verified_again *= s->again;
		series[i].flood = s->flood * series[i].instant;
	}
}

static void
only_the_dead_that_stay_named_are_a_drop(void **state)
{
	static const struct scene scene[] = {
		{ "nothing", 1, 1, 1, 1, 0, 0 },
		{ "the dead stay named", 0.87, 1.15, 1.02, 1, 0, 1 },
		{ "dials fail at the sensor's end", 0.7, 1, 1, 0.7, 0, 0 },
		{ "... while sources stay longer", 0.7, 1.15, 1, 0.7, 0, 0 },
		{ "fewer dials succeed, sources as ever", 0.8, 1, 1, 1, 0, 0 },
		{ "brief visitors who cannot be reached", 0.85, 1.1, 1.4, 1, 0, 0 },
		{ "sources stay longer and answer", 1, 1.2, 1, 1, 0, 0 },
		{ "a fall too small to mention", 0.97, 1.15, 1, 1, 0, 0 },
		{ "some are met again no more", 0.87, 1.15, 1, 0.95, 0, 0 },
		{ "a flood of made-up sources explains it", 0.87, 1.15, 1, 1, 0.1, 0 },
		{ "nobody is met twice", 0.87, 1.15, 1, NAN, 0, 0 },
	};

	(void)state;
	for (uint32_t seed = 1; seed <= 5; seed++) {
		for (size_t k = 0; k < sizeof(scene) / sizeof(scene[0]); k++) {
			size_t n;

			calm(seed);
			play(&scene[k]);
			n = reachability_drops_find(series, N, DAY, found, 4);
			if (n != scene[k].drops)
				print_error("%s, seed %u: %zu drops\n", scene[k].what, seed, n);
			assert_int_equal(n, scene[k].drops);
		}
	}
}

static void
a_drop_is_dated_and_sized(void **state)
{
	static const struct scene dead = { "", 0.87, 1.15, 1, 1, 0, 1 };

	(void)state;
	calm(7);
	play(&dead);
	assert_int_equal(reachability_drops_find(series, N, DAY, found, 4), 1);
	assert_in_range(found[0].from, FROM - 2, FROM + 2);
	assert_in_range(found[0].to, TO - 2, TO + 2);
	assert_false(found[0].open);
	assert_true(fabs(found[0].fall - 0.13) < 0.01);
	assert_true(found[0].low < found[0].dead && found[0].dead < found[0].high);
	assert_true(fabs(found[0].dead - 0.13 * 1150) < 15);
	assert_true(found[0].worst >= found[0].from && found[0].worst <= found[0].to);
}

/* A chronic fall stays one drop, and does not become what is usual. */
static void
a_drop_that_lasts_is_open(void **state)
{
	static const struct scene dead = { "", 0.87, 1.15, 1, 1, 0, 1 };

	(void)state;
	calm(8);
	play(&dead);
	assert_int_equal(reachability_drops_find(series, TO, DAY, found, 4), 1);
	assert_true(found[0].open);
	assert_int_equal(found[0].to, TO - 1);
	assert_true(fabs(found[0].fall - 0.13) < 0.01);
}

static void
a_drop_is_seen_after_a_day(void **state)
{
	static const struct scene dead = { "", 0.87, 1.15, 1, 1, 0, 1 };

	(void)state;
	calm(9);
	play(&dead);
	assert_int_equal(reachability_drops_find(series, FROM + DAY - 5, DAY, found, 4), 0);
	assert_int_equal(reachability_drops_find(series, FROM + DAY + 5, DAY, found, 4), 1);
}

static int
count_tests(const struct test_row *t, void *arg)
{
	assert_true(t->threshold > 0 && isfinite(t->statistic));
	++*(int *)arg;
	return 0;
}

static int
keep_drop(const struct incident_row *row, void *arg)
{
	assert_int_equal(row->kind, INC_REACHABILITY_DROP);
	assert_int_equal(row->id, DROP_ID);
	assert_non_null(strstr(row->summary, "fewer dials"));
	*(struct incident_row *)arg = *row;
	return 0;
}

/* From the stored series to the stored incident, and written anew it is the same one. */
static void
a_drop_is_written_once(void **state)
{
	static const struct scene dead = { "", 0.87, 1.15, 1, 1, 0, 1 };

	calm(10);
	play(&dead);
	assert_int_equal(results_begin(*state), 0);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(results_put_series(*state, &series[i]), 0);
	for (int again = 0; again < 2; again++) {
		struct incident_row row = { 0 };
		int tests = 0;

		assert_int_equal(population_changes_write(*state), 0);
		assert_int_equal(results_incidents(*state, keep_drop, &row), 0);
		assert_in_range(row.first_round, FROM - 1, FROM + 3);
		assert_int_equal(row.end_ms, series[row.last_round - 1].end_ms);
		assert_true(row.bogus > 0 && row.severity == 2);
		assert_int_equal(results_tests(*state, row.id, count_tests, &tests), 0);
		assert_int_equal(tests, 4);
	}
	assert_int_equal(results_commit(*state), 0);
}

static void
too_little_is_not_judged(void **state)
{
	(void)state;
	calm(1);
	assert_int_equal(reachability_drops_find(series, 0, DAY, found, 4), 0);
	assert_int_equal(reachability_drops_find(series, 3, 0, found, 4), 0);
	assert_int_equal(reachability_drops_find(series, 2 * DAY, DAY, found, 4), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_dead_that_stay_named_are_a_drop),
		cmocka_unit_test(a_drop_is_dated_and_sized),
		cmocka_unit_test(a_drop_that_lasts_is_open),
		cmocka_unit_test(a_drop_is_seen_after_a_day),
		cmocka_unit_test_setup_teardown(a_drop_is_written_once, make_store, drop_store),
		cmocka_unit_test(too_little_is_not_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
