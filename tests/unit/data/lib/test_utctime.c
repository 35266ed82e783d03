/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "data/lib/utctime.h"

static void
known_instants_have_their_text(void **state)
{
	static const struct { int64_t ms; const char *text; } known[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 1274400000123, "2010-05-21T00:00:00.123Z" },
		{ 4102444799999, "2099-12-31T23:59:59.999Z" },
	};
	char buf[WHEN_TEXT];
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_string_equal(utctime_format(buf, known[i].ms), known[i].text);
		assert_true(utctime_parse(&ms, known[i].text));
		assert_int_equal(ms, known[i].ms);
	}
}

/* The C library's calendar is the second opinion, day by day over 300 years. */
static void
agrees_with_the_c_library(void **state)
{
	(void)state;
	for (int64_t day = -60000; day < 60000; day += 7) {
		time_t t = (time_t)(day * 86400 + 12345);
		struct civil c;
		struct tm tm;

		gmtime_r(&t, &tm);
		utctime_civil(&c, (int64_t)t * 1000);
		assert_int_equal(c.year, tm.tm_year + 1900);
		assert_int_equal(c.month, tm.tm_mon + 1);
		assert_int_equal(c.day, tm.tm_mday);
		assert_int_equal(c.weekday, tm.tm_wday);
		assert_int_equal(utctime_from_civil(c.year, c.month, c.day, c.hour, c.minute,
		    c.second, c.ms), (int64_t)t * 1000);
	}
}

static void
offsets_and_fractions_are_understood(void **state)
{
	int64_t ms;

	(void)state;
	assert_true(utctime_parse(&ms, "2010-05-21T12:00:00+09:00"));
	assert_int_equal(ms, 1274410800000);
	assert_true(utctime_parse(&ms, "2010-05-21T03:00:00.5Z"));
	assert_int_equal(ms, 1274410800500);
	assert_true(utctime_parse(&ms, "2010-05-21T03:00:00.123999999Z"));
	assert_int_equal(ms, 1274410800123);
	assert_true(utctime_parse(&ms, "2010-05-21"));
	assert_int_equal(ms, 1274400000000);
}

static void
impossible_times_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "2010", "2010-13-01", "2010-00-01", "2010-02-29", "1900-02-29", "2010-05-32",
		"2010-05-21T", "2010-05-21T24:00:00Z", "2010-05-21T03:60:00Z",
		"2010-05-21T03:00:60Z", "2010-05-21T03:00:00", "2010-05-21T03:00:00.Z",
		"2010-05-21T03:00:00Zx", "2010-05-21T03:00:00+9:00", "2010-05-21T03:00:00+24:00",
		"0000-01-01", " 2010-05-21", "2010-5-21", "20100521",
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (utctime_parse(&ms, bad[i]))
			fail_msg("accepted %s", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_instants_have_their_text),
		cmocka_unit_test(agrees_with_the_c_library),
		cmocka_unit_test(offsets_and_fractions_are_understood),
		cmocka_unit_test(impossible_times_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
