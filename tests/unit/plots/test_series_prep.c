/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "plots/series_prep.h"

enum { N = 100000, COLUMNS = 1000 };

/* A series of n points a second apart. */
static struct series {
	int64_t		t[N];
	double		v[N];
	uint8_t		cut[N];
	size_t		keep[N];
	struct run	runs[N];
} s;

static void
fill(size_t n)
{
	memset(&s, 0, sizeof(s));
	for (size_t i = 0; i < n; i++) {
		s.t[i] = (int64_t)i * 1000;
		s.v[i] = sin((double)i / 500) * 100 + 200;
	}
}

static struct span
whole(size_t n)
{
	return (struct span){ 0, (int64_t)(n > 1 ? n - 1 : 1) * 1000 };
}

static size_t
kept(size_t nruns)
{
	size_t n = 0;

	for (size_t i = 0; i < nruns; i++)
		n += s.runs[i].n;
	return n;
}

/* ---- thinning ------------------------------------------------------------------ */

static void
thinning_keeps_every_spike(void **state)
{
	size_t nruns;

	(void)state;
	for (size_t at = 1; at < N; at += 7919) {
		bool up = false, down = false;

		fill(N);
		s.v[at] = 1e6;
		s.v[N - at] = -5;
		nruns = series_prep_runs(s.t, s.v, s.cut, N, whole(N), COLUMNS, s.keep, s.runs);
		for (size_t i = 0; i < kept(nruns); i++) {
			up = up || s.keep[i] == at;
			down = down || s.keep[i] == N - at;
		}
		assert_true(up && down);
	}
}

static void
thinning_is_bounded_and_keeps_order(void **state)
{
	size_t nruns;

	(void)state;
	fill(N);
	nruns = series_prep_runs(s.t, s.v, s.cut, N, whole(N), COLUMNS, s.keep, s.runs);
	assert_int_equal(nruns, 1);
	assert_true(kept(nruns) <= 4 * (COLUMNS + 1));
	assert_int_equal(s.keep[0], 0);
	assert_int_equal(s.keep[kept(nruns) - 1], N - 1);
	for (size_t i = 1; i < kept(nruns); i++)
		assert_true(s.keep[i] > s.keep[i - 1]);
}

static void
few_points_are_all_kept(void **state)
{
	(void)state;
	fill(2 * COLUMNS);
	assert_int_equal(series_prep_runs(s.t, s.v, s.cut, 2 * COLUMNS, whole(2 * COLUMNS),
	    COLUMNS, s.keep, s.runs), 1);
	assert_int_equal(s.runs[0].n, 2 * COLUMNS);
}

/* ---- cuts ------------------------------------------------------------------------- */

static void
not_measured_cuts_the_line(void **state)
{
	(void)state;
	fill(9);
	s.v[0] = s.v[4] = s.v[5] = NAN;
	s.v[7] = INFINITY;
	assert_int_equal(series_prep_runs(s.t, s.v, s.cut, 9, whole(9), COLUMNS, s.keep,
	    s.runs), 3);
	assert_int_equal(s.runs[0].n, 3);
	assert_int_equal(s.runs[1].n, 1);
	assert_int_equal(s.runs[2].n, 1);
	assert_int_equal(s.keep[s.runs[1].first], 6);
}

static void
a_mark_cuts_the_line_before_its_point(void **state)
{
	(void)state;
	fill(6);
	s.cut[3] = 1;
	assert_int_equal(series_prep_runs(s.t, s.v, s.cut, 6, whole(6), COLUMNS, s.keep,
	    s.runs), 2);
	assert_int_equal(s.runs[0].n, 3);
	assert_int_equal(s.keep[s.runs[1].first], 3);
}

static void
cuts_survive_thinning(void **state)
{
	size_t nruns;

	(void)state;
	fill(N);
	for (size_t i = 40000; i < 50000; i++)
		s.v[i] = NAN;
	nruns = series_prep_runs(s.t, s.v, s.cut, N, whole(N), COLUMNS, s.keep, s.runs);
	assert_int_equal(nruns, 2);
	assert_int_equal(s.keep[s.runs[0].first + s.runs[0].n - 1], 39999);
	assert_int_equal(s.keep[s.runs[1].first], 50000);
}

static void
nothing_gives_nothing(void **state)
{
	(void)state;
	fill(5);
	assert_int_equal(series_prep_runs(s.t, s.v, s.cut, 0, whole(5), COLUMNS, s.keep,
	    s.runs), 0);
	for (size_t i = 0; i < 5; i++)
		s.v[i] = NAN;
	assert_int_equal(series_prep_runs(s.t, s.v, s.cut, 5, whole(5), COLUMNS, s.keep,
	    s.runs), 0);
	fill(5);
	assert_int_equal(series_prep_runs(s.t, s.v, s.cut, 5, (struct span){ 9000, 9999 },
	    COLUMNS, s.keep, s.runs), 0);
	assert_int_equal(series_prep_runs(s.t, s.v, s.cut, 1, (struct span){ 0, 0 }, 0, s.keep,
	    s.runs), 1);
}

/* ---- gaps ---------------------------------------------------------------------------- */

enum { STEP = 1500 };
static int64_t start[64], end[64];
static uint8_t ok[64], cut[64];
static struct span gaps[66];

/* Rounds of 1,400 ms that begin every 1,500; those named are left out. */
static size_t
rounds(size_t n, size_t skip_from, size_t skip_to)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (i >= skip_from && i < skip_to)
			continue;
		start[k] = (int64_t)i * STEP;
		end[k] = start[k] + 1400;
		ok[k++] = 1;
	}
	return k;
}

static void
no_gap_where_rounds_follow_each_other(void **state)
{
	size_t n = rounds(40, 0, 0);

	(void)state;
	assert_int_equal(series_prep_gaps(start, end, ok, n, (struct span){ 0, end[n - 1] },
	    cut, gaps), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(cut[i], 0);
}

static void
an_outage_is_a_gap_from_end_to_start(void **state)
{
	size_t n = rounds(40, 10, 20);

	(void)state;
	assert_int_equal(series_prep_gaps(start, end, ok, n, (struct span){ 0, end[n - 1] },
	    cut, gaps), 1);
	assert_int_equal(gaps[0].from_ms, 9 * STEP + 1400);
	assert_int_equal(gaps[0].to_ms, 20 * STEP);
	assert_int_equal(cut[10], 1);
	assert_int_equal(cut[9], 0);
	assert_int_equal(cut[11], 0);
}

static void
one_late_round_is_no_gap(void **state)
{
	size_t n = rounds(40, 10, 11);

	(void)state;
	assert_int_equal(series_prep_gaps(start, end, ok, n, (struct span){ 0, end[n - 1] },
	    cut, gaps), 0);
}

static void
an_unfinished_round_is_a_gap(void **state)
{
	size_t n = rounds(40, 0, 0);

	(void)state;
	ok[10] = 0;
	assert_int_equal(series_prep_gaps(start, end, ok, n, (struct span){ 0, end[n - 1] },
	    cut, gaps), 1);
	assert_int_equal(gaps[0].from_ms, end[9]);
	assert_int_equal(gaps[0].to_ms, start[11]);
	assert_int_equal(cut[11], 1);
}

static void
the_window_before_and_after_is_a_gap(void **state)
{
	size_t n = rounds(40, 0, 0);
	struct span w = { -20 * STEP, end[n - 1] + 20 * STEP };

	(void)state;
	assert_int_equal(series_prep_gaps(start, end, ok, n, w, cut, gaps), 2);
	assert_int_equal(gaps[0].from_ms, w.from_ms);
	assert_int_equal(gaps[0].to_ms, start[0]);
	assert_int_equal(gaps[1].from_ms, end[n - 1]);
	assert_int_equal(gaps[1].to_ms, w.to_ms);
	assert_int_equal(cut[0], 0);
}

static void
nothing_measured_is_one_gap(void **state)
{
	size_t n = rounds(5, 0, 0);
	struct span w = { 0, 9000 };

	(void)state;
	memset(ok, 0, sizeof(ok));
	assert_int_equal(series_prep_gaps(start, end, ok, n, w, cut, gaps), 1);
	assert_int_equal(gaps[0].to_ms - gaps[0].from_ms, 9000);
	assert_int_equal(series_prep_gaps(start, end, ok, 0, w, cut, gaps), 1);
}

static void
coverage_counts_what_was_measured(void **state)
{
	size_t n = rounds(40, 10, 20);
	double share[64];

	(void)state;
	series_prep_coverage(start, end, ok, n, 10 * STEP, share);
	assert_true(fabs(share[0] - 1400.0 / (10 * STEP)) < 1e-9);	/* itself */
	assert_true(fabs(share[4] - (1400.0 + 4 * STEP) / (10 * STEP)) < 1e-9);
	assert_true(fabs(share[10] - 1400.0 / (10 * STEP)) < 1e-9);	/* behind the outage */
	assert_true(share[n - 1] == 1);
	ok[n - 1] = 0;
	series_prep_coverage(start, end, ok, n, 10 * STEP, share);
	assert_true(fabs(share[n - 1] - 0.9) < 1e-9);
	series_prep_coverage(start, end, ok, 0, 10 * STEP, share);
}

/* ---- statistics ----------------------------------------------------------------------- */

static void
summaries_skip_what_was_not_measured(void **state)
{
	const double v[] = { NAN, 4, 2, NAN, 6, INFINITY, NAN };
	struct summary sum = series_prep_summary(v, 7);

	(void)state;
	assert_int_equal(sum.n, 3);
	assert_true(sum.last == 6 && sum.min == 2 && sum.max == 6 && sum.mean == 4);
	sum = series_prep_summary(v, 1);
	assert_true(isnan(sum.last) && isnan(sum.mean) && sum.n == 0);
	sum = series_prep_summary((const double[]){ 1e308, 1e308, 1e308 }, 3);
	assert_true(sum.mean == 1e308);
}

static void
the_usual_step_is_the_median(void **state)
{
	const int64_t t[] = { 0, 10, 20, 30, 1000, 1010 };

	(void)state;
	assert_int_equal(series_prep_usual_step(t, 6), 10);
	assert_int_equal(series_prep_usual_step(t, 1), 0);
	assert_int_equal(series_prep_usual_step(t, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thinning_keeps_every_spike),
		cmocka_unit_test(thinning_is_bounded_and_keeps_order),
		cmocka_unit_test(few_points_are_all_kept),
		cmocka_unit_test(not_measured_cuts_the_line),
		cmocka_unit_test(a_mark_cuts_the_line_before_its_point),
		cmocka_unit_test(cuts_survive_thinning),
		cmocka_unit_test(nothing_gives_nothing),
		cmocka_unit_test(no_gap_where_rounds_follow_each_other),
		cmocka_unit_test(an_outage_is_a_gap_from_end_to_start),
		cmocka_unit_test(one_late_round_is_no_gap),
		cmocka_unit_test(an_unfinished_round_is_a_gap),
		cmocka_unit_test(the_window_before_and_after_is_a_gap),
		cmocka_unit_test(nothing_measured_is_one_gap),
		cmocka_unit_test(coverage_counts_what_was_measured),
		cmocka_unit_test(summaries_skip_what_was_not_measured),
		cmocka_unit_test(the_usual_step_is_the_median),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
