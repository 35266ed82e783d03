/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "data/lib/lines.h"

static void
assert_lines(const char *text, size_t len, size_t max, const char *expected)
{
	char buf[256] = "", *line;
	FILE *f = fmemopen((char *)(uintptr_t)text, len, "r");
	struct lines l;
	enum lines_result got;
	size_t n;

	assert_non_null(f);
	assert_int_equal(lines_start(&l, f, max), 0);
	while ((got = lines_next(&l, &line, &n)) != LINES_END) {
		assert_int_not_equal(got, LINES_ERROR);
		if (got == LINES_TOO_LONG)
			strcat(buf, "!");
		else
			strncat(buf, line, n);
		strcat(buf, "|");
	}
	lines_free(&l);
	fclose(f);
	assert_string_equal(buf, expected);
}
#define LINES(text, max, expected) assert_lines(text, sizeof(text) - 1, max, expected)

static void
lines_come_one_by_one(void **state)
{
	(void)state;
	LINES("a\nbc\n\nd", 10, "a|bc||d|");
	LINES("a\n", 10, "a|");
	LINES("\n", 10, "|");
	LINES("abcde\nfghij\nk\n", 5, "abcde|fghij|k|");
}

static void
a_line_too_long_is_passed_over(void **state)
{
	(void)state;
	LINES("abcdef\nx\n", 5, "!|x|");
	LINES("x\nabcdefghijklmnopqrstuvwxyz\ny\n", 5, "x|!|y|");
	LINES("abcdefghijklmnopqrstuvwxyz", 5, "!|");
	LINES("abcdef", 5, "!|");
	LINES("abcde", 5, "abcde|");
}

static void
a_folder_is_an_error(void **state)
{
	FILE *f = fopen("/tmp", "r");
	struct lines l;
	char *line;
	size_t n;

	(void)state;
	assert_non_null(f);
	assert_int_equal(lines_start(&l, f, 100), 0);
	assert_int_equal(lines_next(&l, &line, &n), LINES_ERROR);
	assert_int_equal(errno, EISDIR);
	lines_free(&l);
	fclose(f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_one_by_one),
		cmocka_unit_test(a_line_too_long_is_passed_over),
		cmocka_unit_test(a_folder_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
