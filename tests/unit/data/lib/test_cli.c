/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "data/lib/cli.h"

/* A verb with an option of each kind, and what one command line made of it. */
static struct {
	bool flag;
	const char *text;
	struct text_list list;
	int64_t whole, span, time;
	double real;
	int choice;
} got;

static const char *const colours[] = { "red", "blue", NULL };
static const struct option_spec options[] = {
	{ "flag", OPT_FLAG, &got.flag, NULL, "a flag", 0, 0, NULL, false },
	{ "text", OPT_TEXT, &got.text, "TEXT", "a text", 0, 0, NULL, false },
	{ "list", OPT_LIST, &got.list, "ITEM", "a list", 0, 0, NULL, false },
	{ "whole", OPT_INT, &got.whole, "N", "a number", 1, 10, NULL, false },
	{ "real", OPT_REAL, &got.real, "X", "a number", 0, 1, NULL, false },
	{ "span", OPT_SPAN, &got.span, "SPAN", "a span", 1000, 3600000, NULL, false },
	{ "time", OPT_TIME, &got.time, "TIME", "a time", 0, 0, NULL, false },
	{ "choice", OPT_CHOICE, &got.choice, "COLOUR", "a colour", 0, 0, colours, false },
	{ "must", OPT_TEXT, &got.text, "TEXT", "needed", 0, 0, NULL, true },
	{ NULL, OPT_FLAG, NULL, NULL, NULL, 0, 0, NULL, false }
};
static const struct usage usage = { "test", "FILE...", "A test.", 0, 2, options };

#define WORDS	12

/* Parses the words (ends with NULL) after a verb; the first operand's index or -1. */
static int
parse(const char *const *words, char **argv, int *argc, int *status)
{
	static char pool[WORDS + 4][32];

	free(got.list.item);
	memset(&got, 0, sizeof(got));
	argv[0] = strcpy(pool[0], "test");
	for (*argc = 1; words[*argc - 1] != NULL; ++*argc)
		argv[*argc] = strncpy(pool[*argc], words[*argc - 1], 31);
	argv[*argc] = NULL;
	return cli_options(&usage, *argc, argv, status);
}

static void
every_kind_is_read(void **state)
{
	static const char *const words[] = { "one", "--flag", "--list=a", "--whole", "7",
	    "two", "--list", "b", "--span", "30m", "--choice=blue", "--must=x", NULL };
	char *argv[WORDS + 4];
	int argc, status, first;

	(void)state;
	first = parse(words, argv, &argc, &status);
	assert_int_equal(status, EXIT_DONE);
	assert_int_equal(argc - first, 2);
	assert_string_equal(argv[first], "one");
	assert_string_equal(argv[first + 1], "two");
	assert_true(got.flag);
	assert_int_equal(got.list.n, 2);
	assert_string_equal(got.list.item[1], "b");
	assert_int_equal(got.whole, 7);
	assert_int_equal(got.span, 30 * 60 * 1000);
	assert_int_equal(got.choice, 1);
	free(got.list.item);
	got.list.item = NULL;
}

static void
wrong_words_are_misuse(void **state)
{
	static const char *const bad[][4] = {
		{ "--nope", NULL }, { "-x", NULL }, { "--whole", "0", NULL }, { "--whole", "11", NULL },
		{ "--whole", "x", NULL }, { "--whole", "3x", NULL }, { "--whole", "", NULL },
		{ "--whole", "99999999999999999999", NULL }, { "--whole", NULL }, { "--real", "nan", NULL },
		{ "--real", "2", NULL }, { "--span", "30", NULL }, { "--span", "2h", NULL },
		{ "--span", "-1m", NULL }, { "--span", "m", NULL }, { "--time", "yesterday", NULL },
		{ "--choice", "green", NULL }, { "--flag=yes", NULL }, { "--text", "", NULL },
		{ "--flag", "--flag", NULL }, { "--must", NULL }, { "a", "b", "c", NULL }, { "a", NULL },
	};
	char *argv[WORDS];
	int argc, status;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i], argv, &argc, &status), -1);
		assert_int_equal(status, EXIT_MISUSED);
	}
}

static void
two_dashes_end_the_options(void **state)
{
	static const char *const words[] = { "--must=x", "--", "--flag", NULL };
	char *argv[WORDS];
	int argc, status, first;

	(void)state;
	first = parse(words, argv, &argc, &status);
	assert_int_equal(status, EXIT_DONE);
	assert_string_equal(argv[first], "--flag");
	assert_false(got.flag);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read),
		cmocka_unit_test(wrong_words_are_misuse),
		cmocka_unit_test(two_dashes_end_the_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
