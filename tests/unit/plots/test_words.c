/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Widths and lines of text, windows and how times are said, memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "data/lib/utctime.h"
#include "plots/arena.h"
#include "plots/source.h"
#include "plots/font_metrics.h"
#include "plots/window.h"

enum { JST = 540 };

static int64_t
at(const char *text)
{
	int64_t ms;

	assert_true(utctime_parse(&ms, text));
	return ms;
}

/* ---- type ---------------------------------------------------------------------- */

static void
widths_are_helvetica_s(void **state)
{
	(void)state;
	assert_true(font_width("0", 100, false) > 55.5 && font_width("0", 100, false) < 55.7);
	assert_true(font_width("W", 10, true) > font_width("i", 10, true) * 3);
	assert_true(font_width("\xe8\xa6\xb3\xe6\xb8\xac", 10, false) == 20);	/* two kanji */
	assert_true(font_width("", 10, false) == 0);
}

static void
broken_utf8_is_counted_and_never_overrun(void **state)
{
	static const char *const broken[] = { "\xe8", "\xe8\xa6", "\xff\xfe", "\xf0\x9f",
	    "a\xc0" };

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char *copy = strdup(broken[i]);		/* exact size: an overrun is seen */

		assert_true(font_width(copy, 10, false) > 0);
		free(copy);
	}
}

static void
lines_are_broken_at_blanks_and_cut_at_the_end(void **state)
{
	struct arena a = { NULL };
	char **l = font_wrap(&a, "one two three four", 10, false, 40, 9);

	(void)state;
	for (size_t i = 0; l[i] != NULL; i++)
		assert_true(font_width(l[i], 10, false) <= 40);
	assert_string_equal(l[0], "one two");
	l = font_wrap(&a, "one two three four", 10, false, 40, 1);
	assert_string_equal(l[0], "one two...");
	assert_null(l[1]);
	l = font_wrap(&a, "unbreakable", 10, false, 5, 3);
	assert_string_equal(l[0], "unbreakable");
	assert_null(font_wrap(&a, "  ", 10, false, 5, 3)[0]);
	arena_free(&a);
}

static void
memory_is_zeroed_aligned_and_apart(void **state)
{
	struct arena a = { NULL };

	(void)state;
	for (size_t n = 1; n < 200000; n = n * 3 + 1) {
		char *p = arena_take(&a, n, 1), *q = arena_take(&a, 1, n);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 1, n);
		assert_int_equal(q[0], 0);
	}
	assert_string_equal(arena_copy(&a, NULL), "");
	arena_free(&a);
	assert_null(a.blocks);
}

/* ---- how times are said ------------------------------------------------------------ */

static void
times_are_said_in_their_zone(void **state)
{
	int64_t t = at("2010-07-02T21:05:07Z");
	char b[FORMAT_TEXT];

	(void)state;
	assert_string_equal(format_zone(b, JST), "JST (UTC+09:00)");
	assert_string_equal(format_zone(b, 0), "UTC");
	assert_string_equal(format_zone(b, -330), "UTC-05:30");
	assert_string_equal(format_time(b, t, JST), "2010-07-03 06:05");
	assert_string_equal(format_fully(b, t, 0, 60000), "2010-07-02 21:05:07");
	assert_string_equal(format_short(b, t, JST, 60000), "06:05:07");
	assert_string_equal(format_short(b, t, JST, 20 * HOUR_MS), "06:05");
	assert_string_equal(format_short(b, t, JST, 60 * DAY_MS), "07-03 06:05");
	assert_string_equal(format_short(b, t, JST, 400 * DAY_MS), "2010-07-03");
	assert_string_equal(format_date(b, t, JST, true), "3 July 2010, 06:05");
	assert_string_equal(format_date(b, t, 0, false), "2 July 2010");
	assert_string_equal(format_span(b, 1000), "about 1 second");
	assert_string_equal(format_span(b, 25 * MINUTE_MS), "about 25 minutes");
	assert_string_equal(format_span(b, 3 * DAY_MS), "about 3 days");
}

/* ---- windows --------------------------------------------------------------------------- */

static struct source
data_of(double days)
{
	struct source s = { .until_ms = UNKNOWN };
	int64_t end = at("2010-07-03T00:00:00Z");
	struct series_row r = { .round = 1, .complete = true };

	r.start_ms = end - (int64_t)(days * DAY_MS);
	r.end_ms = r.start_ms + MINUTE_MS;
	source_add_row(&s, &r);
	r.round = 2;
	r.start_ms = end - MINUTE_MS;
	r.end_ms = end;
	source_add_row(&s, &r);
	source_settle(&s);
	return s;
}

static void
a_span_ends_at_the_present_and_fits_the_data(void **state)
{
	struct source s = data_of(3);
	struct window w;

	(void)state;
	assert_true(window_parse(&w, "24h", &s, JST));
	assert_string_equal(w.name, "24h");
	assert_string_equal(w.title, "last 24 hours");
	assert_int_equal(w.span.to_ms, s.until_ms);
	assert_int_equal(w.span.to_ms - w.span.from_ms, DAY_MS);
	assert_true(window_parse(&w, "60d", &s, JST));
	assert_int_equal(w.span.from_ms, s.row[0].start_ms);
	source_free(&s);
}

static void
a_range_is_taken_as_asked(void **state)
{
	struct source s = data_of(3);
	struct window w;

	(void)state;
	assert_true(window_parse(&w, "2010-05-21/2010-07-03", &s, JST));
	assert_string_equal(w.name, "20100521-20100703");
	assert_string_equal(w.title, "2010-05-21 to 2010-07-03");
	assert_int_equal(w.span.from_ms, at("2010-05-21T00:00:00+09:00"));
	assert_true(window_parse(&w, "2010-07-01T03:00:00Z/2010-07-01T04:30:00Z", &s, JST));
	assert_string_equal(w.name, "20100701T120000-20100701T133000");
	assert_int_equal(w.span.to_ms - w.span.from_ms, 90 * MINUTE_MS);
	source_free(&s);
}

static void
what_is_no_window_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "/", "5", "5x", "-5d", "0d", "1e9d", "24 h", "2010-05-21", "2010-05-21/",
		    "/2010-05-21",
		"2010-05-21/2010-05-21", "2010-07-03/2010-05-21", "2010-02-30/2010-05-21",
		    "../../etc/passwd",
		"24h/7d", "99999999999d", "0x18h", "+24h", "2010-05-21/2010-07-03/2010-07-04",
		"2010-05-21T00:00:00Z/2010-05-21T00:00:00.5Z",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct source s = data_of(3);
	struct window w;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(window_parse(&w, wrong[i], &s, JST));
	source_free(&s);
}

static void
unasked_windows_follow_the_data(void **state)
{
	static const struct { double days; size_t n; } cases[] = {
		{ 0.001, 1 }, { 0.9, 1 }, { 3, 2 }, { 20, 3 }, { 60, 3 }, { 100, 4 },
		{ 900, 4 },
	};
	struct window w[4];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct source s = data_of(cases[i].days);

		assert_int_equal(window_defaults(w, &s), cases[i].n);
		assert_string_equal(w[0].name, "24h");
		source_free(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths_are_helvetica_s),
		cmocka_unit_test(broken_utf8_is_counted_and_never_overrun),
		cmocka_unit_test(lines_are_broken_at_blanks_and_cut_at_the_end),
		cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(times_are_said_in_their_zone),
		cmocka_unit_test(a_span_ends_at_the_present_and_fits_the_data),
		cmocka_unit_test(a_range_is_taken_as_asked),
		cmocka_unit_test(what_is_no_window_is_refused),
		cmocka_unit_test(unasked_windows_follow_the_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
