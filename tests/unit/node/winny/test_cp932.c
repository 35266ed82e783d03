/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every byte string becomes valid UTF-8 and comes back, but for known pairs. */
#include "tests/unit/node/wire_test.h"

#include "node/winny/cp932.h"
#include "tests/unit/node/winny/cp932_back.h"

/* To UTF-8 and back again into `again`; returns how many bytes came back. */
static size_t
there_and_back(uint8_t *again, const uint8_t *in, size_t n)
{
	uint8_t utf8[CP932_UTF8_MAX(1024)];
	size_t len = cp932_to_utf8(cp932(), utf8, in, n), back = 0;

	assert_true(n <= 1024 && len <= CP932_UTF8_MAX(n));
	assert_true(cp932_back(again, &back, utf8, len));
	return back;
}

static void
assert_becomes(const char *bytes, size_t n, const char *utf8)
{
	uint8_t out[CP932_UTF8_MAX(64)];

	assert_text((struct text){ out, cp932_to_utf8(cp932(), out, (const uint8_t *)bytes, n) },
	    utf8);
}

static void
iconv_knows_cp932_here(void **state)
{
	(void)state;
	assert_true(cp932_complete(cp932()));
}

static void
text_of_each_kind_converts(void **state)
{
	(void)state;
	assert_becomes("", 0, "");
	assert_becomes("plain ASCII ~\\", 14, "plain ASCII ~\\");
	assert_becomes("\x8a\xcf\x91\xaa", 4, "観測");
	assert_becomes("\xbb\xdd\xcc\xdf\xd9\x87\x40", 7, "ｻﾝﾌﾟﾙ①");
	assert_becomes("\x95\x5c", 2, "表");		/* second byte is a backslash */
	assert_becomes("\xfb\xfc", 2, "髙");
	assert_becomes("\xf0\x40", 2, "\xee\x80\x80");	/* user-defined: U+E000 */
}

static void
what_does_not_convert_is_kept_byte_by_byte(void **state)
{
	(void)state;
	assert_becomes("\xff", 1, "\xf4\x8f\xbf\xbf");			/* U+10FFFF */
	assert_becomes("\x80", 1, "\xf4\x8f\xbe\x80");			/* U+10FF80 */
	assert_becomes("a\x81", 2, "a\xf4\x8f\xbe\x81");		/* cut in the middle */
	assert_becomes("\x81.", 2, "\xf4\x8f\xbe\x81.");		/* second byte below 40 */
	assert_becomes("\x81\xff", 2, "\xf4\x8f\xbe\x81\xf4\x8f\xbf\xbf");
	assert_becomes("\x81\xad@", 3, "\xf4\x8f\xbe\x81ｭ@");		/* no such pair */
}

static void
every_single_byte_comes_back(void **state)
{
	(void)state;
	for (int b = 0; b < 256; b++) {
		const uint8_t in = (uint8_t)b;
		uint8_t out[4];

		assert_int_equal(there_and_back(out, &in, 1), 1);
		assert_int_equal(out[0], b);
	}
}

/* All pairs: back as they were, or as the other pair of the same character. */
static void
every_pair_comes_back_but_398_that_have_a_twin(void **state)
{
	uint8_t out[8], again[8];
	int twins = 0;

	(void)state;
	for (int pair = 0; pair < 65536; pair++) {
		const uint8_t in[2] = { (uint8_t)(pair >> 8), (uint8_t)pair };

		assert_int_equal(there_and_back(out, in, 2), 2);
		if (memcmp(in, out, 2) == 0)
			continue;
		twins++;
		assert_int_equal(there_and_back(again, out, 2), 2);
		assert_memory_equal(again, out, 2);
	}
	assert_int_equal(twins, 398);
}

/* Do these pairs mean the same character? */
static bool
are_twins(const uint8_t *a, const uint8_t *b)
{
	uint8_t ua[8], ub[8];
	size_t na = cp932_to_utf8(cp932(), ua, a, 2), nb = cp932_to_utf8(cp932(), ub, b, 2);

	return na == nb && na <= 3 && memcmp(ua, ub, na) == 0;
}

static void
random_bytes_come_back_but_for_twins(void **state)
{
	uint8_t in[256], out[1024];

	(void)state;
	srand(11);
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)rand() % sizeof(in);

		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)(rand() % 256);
		assert_int_equal(there_and_back(out, in, n), n);
		for (size_t i = 0; i < n; i++)
			assert_true(in[i] == out[i] || are_twins(in + i, out + i) ||
			    (i > 0 && are_twins(in + i - 1, out + i - 1)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iconv_knows_cp932_here),
		cmocka_unit_test(text_of_each_kind_converts),
		cmocka_unit_test(what_does_not_convert_is_kept_byte_by_byte),
		cmocka_unit_test(every_single_byte_comes_back),
		cmocka_unit_test(every_pair_comes_back_but_398_that_have_a_twin),
		cmocka_unit_test(random_bytes_come_back_but_for_twins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
