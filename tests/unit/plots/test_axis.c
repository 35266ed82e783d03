/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "data/lib/utctime.h"
#include "plots/axis.h"

enum { JST = 540 };

static int64_t
at(const char *text)
{
	int64_t ms;

	assert_true(utctime_parse(&ms, text));
	return ms;
}

static const struct tick *
first_major(const struct axis *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->tick[i].major)
			return &a->tick[i];
	return NULL;
}

static size_t
count(const struct axis *a, bool major)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += a->tick[i].major == major;
	return n;
}

/* ---- numbers ---------------------------------------------------------------- */

static void
numbers_are_said_as_people_read_them(void **state)
{
	static const struct { double v; enum unit unit; const char *text; } cases[] = {
		{ 0, UNIT_COUNT, "0" }, { 7, UNIT_COUNT, "7" }, { 999, UNIT_COUNT, "999" },
		{ 1000, UNIT_COUNT, "1,000" }, { 304088, UNIT_COUNT, "304,088" },
		{ 9999999, UNIT_COUNT, "9,999,999" }, { 12345678, UNIT_COUNT, "12.3 M" },
		{ 999.9e6, UNIT_COUNT, "1.0 G" }, { 5e12, UNIT_COUNT, "5.0 T" },
		{ 1e18, UNIT_COUNT, "1.0e+18" }, { 1e300, UNIT_COUNT, "1.0e+300" },
		{ 3.41, UNIT_COUNT, "3.41" }, { 0.001, UNIT_COUNT, "0" },
		{ 1e-9, UNIT_RATIO, "0" }, { 0.5, UNIT_RATIO, "0.50" },
		{ -12, UNIT_COUNT, "-12" },
		{ 49.6, UNIT_PERCENT, "49.6 %" }, { 0, UNIT_PERCENT, "0 %" },
		{ 0.42, UNIT_PERCENT, "0.42 %" }, { 100, UNIT_PERCENT, "100 %" },
		{ NAN, UNIT_COUNT, "-" }, { NAN, UNIT_PERCENT, "-" },
		{ INFINITY, UNIT_COUNT, "1.0e+300" },
	};
	char buf[NUMBER_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(number_format(buf, cases[i].v, cases[i].unit),
		    cases[i].text);
}

/* ---- linear --------------------------------------------------------------------- */

static void
linear_begins_at_zero_and_holds_the_greatest(void **state)
{
	static const double most[] = { 1, 3, 7.2, 59, 304088, 1e6, 1e18, 1e299 };
	struct axis a;

	(void)state;
	for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		axis_linear(&a, most[i], 326, UNIT_COUNT);
		assert_true(a.lo == 0 && a.hi >= most[i] * (1 - 1e-9) &&
		    a.hi <= most[i] * 2.6 + 1);
		assert_true(a.n >= 2 && a.n <= 14);
		assert_true(a.tick[0].at == 0);
	}
}

static void
linear_survives_what_is_no_number(void **state)
{
	static const double most[] = { NAN, INFINITY, -INFINITY, -5, 0 };
	struct axis a;

	(void)state;
	for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		axis_linear(&a, most[i], 326, UNIT_COUNT);
		assert_true(isfinite(a.hi) && a.hi > a.lo && a.n >= 2);
	}
	axis_linear(&a, NAN, 0, UNIT_PERCENT);
	assert_true(a.hi == 100);
}

static void
a_count_has_whole_steps(void **state)
{
	struct axis a;

	(void)state;
	axis_linear(&a, 4.1, 326, UNIT_COUNT);
	for (size_t i = 0; i < a.n; i++)
		assert_true(a.tick[i].at == floor(a.tick[i].at));
}

static void
a_percentage_stops_at_a_hundred(void **state)
{
	struct axis a;

	(void)state;
	axis_linear(&a, 98, 122, UNIT_PERCENT);
	assert_true(a.hi == 100);
	assert_string_equal(a.tick[0].label, "0 %");
	for (double most = 100; most < 1e20; most *= 3) {
		axis_linear(&a, most, 326, UNIT_PERCENT);
		assert_true(a.hi == 100 && a.tick[a.n - 1].at == 100);
	}
	axis_linear(&a, 0.03, 122, UNIT_PERCENT);
	assert_true(a.hi < 0.05);
}

/* ---- logarithmic -------------------------------------------------------------------- */

static void
log_has_decades_and_minor_ticks(void **state)
{
	struct axis a;

	(void)state;
	axis_log(&a, 468000, 336);
	assert_true(a.lo == 1 && a.hi == 1e6);
	assert_int_equal(count(&a, true), 7);
	assert_int_equal(count(&a, false), 6 * 8);
	axis_log(&a, 1e300, 336);
	assert_true(a.hi >= 1e299 && count(&a, true) < 20);
	axis_log(&a, NAN, 336);
	assert_true(a.hi == 10);
}

/* ---- time --------------------------------------------------------------------------- */

static void
sixty_days_have_mondays_of_their_own_zone(void **state)
{
	struct axis a;
	struct civil c;

	(void)state;
	axis_time(&a, at("2010-05-05T00:00:00+09:00"), at("2010-07-04T00:00:00+09:00"), JST,
	    1092);
	assert_string_equal(first_major(&a)->label, "May 10");
	for (size_t i = 0; i < a.n; i++) {
		utctime_civil(&c, (int64_t)a.tick[i].at + JST * MINUTE_MS);
		assert_int_equal(c.hour * 60 + c.minute, 0);
		if (a.tick[i].major)
			assert_int_equal(c.weekday, 1);
	}
	assert_int_equal(count(&a, true), 8);
	assert_int_equal(count(&a, false), 61);
}

static void
a_day_has_hours_and_says_the_date_at_midnight(void **state)
{
	struct axis a;
	bool midnight = false;

	(void)state;
	axis_time(&a, at("2010-07-02T15:00:00+09:00"), at("2010-07-03T15:00:00+09:00"), JST,
	    1092);
	assert_string_equal(first_major(&a)->label, "16:00");
	for (size_t i = 0; i < a.n; i++)
		midnight = midnight || strcmp(a.tick[i].label, "Jul 3") == 0;
	assert_true(midnight);
}

static void
a_demo_of_minutes_has_seconds(void **state)
{
	struct axis a;

	(void)state;
	axis_time(&a, at("2010-07-02T15:00:01Z"), at("2010-07-02T15:01:20Z"), 0, 1092);
	assert_string_equal(first_major(&a)->label, "15:00:10");
	assert_in_range(count(&a, true), 4, 14);
}

static void
a_year_has_months_on_the_first(void **state)
{
	struct axis a;
	struct civil c;

	(void)state;
	axis_time(&a, at("2009-06-05T00:00:00Z"), at("2010-07-10T00:00:00Z"), 0, 1092);
	assert_string_equal(first_major(&a)->label, "Jul 2009");
	assert_int_equal(count(&a, true), 13);
	for (size_t i = 0; i < a.n; i++) {
		utctime_civil(&c, (int64_t)a.tick[i].at);
		if (a.tick[i].major)
			assert_int_equal(c.day, 1);
	}
}

/* For spans from nothing to centuries: some ticks, inside, labels with room, ascending. */
static void
every_span_has_ticks_with_room(void **state)
{
	int64_t from = at("2010-05-05T03:04:05Z");
	struct axis a;

	(void)state;
	for (double span = 1; span < 6e12; span *= 1.7)
		for (double pixels = 346; pixels < 1200; pixels += 373) {
			const struct tick *last = NULL;

			axis_time(&a, from, from + (int64_t)span, JST, pixels);
			assert_true(a.hi > a.lo && a.n < AXIS_TICKS);
			for (size_t i = 0; i < a.n; i++) {
				assert_true(a.tick[i].at >= a.lo && a.tick[i].at <= a.hi);
				if (!a.tick[i].major)
					continue;
				assert_true(a.tick[i].label[0] != '\0');
				if (last != NULL)
					assert_true((a.tick[i].at - last->at) * pixels / (a.hi - a.lo) > 40);
				last = &a.tick[i];
			}
		}
}

static void
places_are_clamped_to_the_axis(void **state)
{
	struct axis a;

	(void)state;
	axis_linear(&a, 96, 326, UNIT_COUNT);
	assert_true(axis_place(&a, 50, 300, 100) == 200);
	assert_true(axis_place(&a, 1e300, 300, 100) == 100);
	assert_true(axis_place(&a, -1e300, 300, 100) == 300);
	assert_true(axis_place(&a, INFINITY, 300, 100) == 100);
	assert_true(axis_place(&a, NAN, 300, 100) == 300);
	axis_log(&a, 1000, 300);
	assert_true(fabs(axis_place(&a, 10, 0, 300) - 100) < 1e-9);
	assert_true(axis_place(&a, 0, 0, 300) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_said_as_people_read_them),
		cmocka_unit_test(linear_begins_at_zero_and_holds_the_greatest),
		cmocka_unit_test(linear_survives_what_is_no_number),
		cmocka_unit_test(a_count_has_whole_steps),
		cmocka_unit_test(a_percentage_stops_at_a_hundred),
		cmocka_unit_test(log_has_decades_and_minor_ticks),
		cmocka_unit_test(sixty_days_have_mondays_of_their_own_zone),
		cmocka_unit_test(a_day_has_hours_and_says_the_date_at_midnight),
		cmocka_unit_test(a_demo_of_minutes_has_seconds),
		cmocka_unit_test(a_year_has_months_on_the_first),
		cmocka_unit_test(every_span_has_ticks_with_room),
		cmocka_unit_test(places_are_clamped_to_the_axis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
