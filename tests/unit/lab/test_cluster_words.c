/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Correlation of cluster words (protocol 4.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lab/cluster_words.h"

#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B50 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C50 "cccccccccccccccccccccccccccccccccccccccccccccccccc"

static void
likeness_is_the_length_of_what_is_contained(void **state)
{
	static const struct { const char *a[3], *b[3]; uint32_t alike; } cases[] = {
		{ { "music", "", "" }, { "music", "", "" }, 5 },
		{ { "music", "", "" }, { "classical music", "", "" }, 5 },
		{ { "classical music", "", "" }, { "music", "film", "" }, 5 },
		{ { "music", "film", "" }, { "film", "music", "" }, 9 },
		{ { "music", "", "" }, { "Music", "", "" }, 0 },
		{ { "m", "", "" }, { "m", "", "" }, 0 },
		{ { "", "music", "" }, { "music", "", "" }, 0 },
		{ { "music", "", "film" }, { "film", "", "" }, 0 },
		{ { "mu", "music", "" }, { "music", "", "" }, 2 },
		{ { "", "", "" }, { "", "", "" }, 0 },
		{ { A50, B50, C50 }, { A50, B50, C50 }, 100 },
		{ { A50, B50, "" }, { A50, "", "" }, 50 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(cluster_words_alike(cases[i].a, cases[i].b), cases[i].alike);
		assert_int_equal(cluster_words_alike(cases[i].b, cases[i].a), cases[i].alike);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(likeness_is_the_length_of_what_is_contained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
