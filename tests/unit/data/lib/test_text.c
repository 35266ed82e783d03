/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "data/lib/text.h"
#include "data/lib/utf8.h"
#include "tests/fuzz/fuzz.h"

static struct text
bytes(const char *s, size_t n)
{
	return (struct text){ (const uint8_t *)s, n };
}
#define T(literal) bytes(literal, sizeof(literal) - 1)

/* What a door writes to a stream, as a string to free. */
static char *
through(void (*door)(FILE *, struct text), struct text t)
{
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	assert_non_null(f);
	door(f, t);
	fclose(f);
	return out;
}

static void
assert_door(void (*door)(FILE *, struct text), struct text t, const char *expected)
{
	char *out = through(door, t);

	assert_string_equal(out, expected);
	free(out);
}

static void
vis_lets_no_control_through(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(text_vis(out, sizeof(out), T("a\x1b[2J\n")), "a\\x1b[2J\\x0a");
	assert_string_equal(text_vis(out, sizeof(out), T("\0\x7f\\")), "\\x00\\x7f\\x5c");
	assert_string_equal(text_line(out, sizeof(out), T("\\x1b a\x1b\\")), "\\x1b a\\x1b\\");
	assert_string_equal(text_vis(out, sizeof(out), T("\xc2\x9b" "2J")), "\\u{9b}2J");
	assert_string_equal(text_vis(out, sizeof(out), T("exe.\xe2\x80\xae" "gpj")), "exe.\\u{202e}gpj");
	assert_string_equal(text_vis(out, sizeof(out), T("\xe6\x97\xa5 ok")), "\xe6\x97\xa5 ok");
}

static void
vis_shows_bytes_that_are_no_text(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(text_vis(out, sizeof(out), T("\xff" "a\xc0\xaf")), "\\xffa\\xc0\\xaf");
	assert_string_equal(text_vis(out, sizeof(out), T("\xed\xa0\x80")), "\\xed\\xa0\\x80");
	assert_string_equal(text_vis(out, sizeof(out), T("\xf4\x8f\xbe\x81")), "\\x81");
	assert_string_equal(text_vis(out, sizeof(out), T("\xe6\x97")), "\\xe6\\x97");
}

static void
vis_cuts_on_a_character(void **state)
{
	char out[8];

	(void)state;
	assert_string_equal(text_vis(out, 6, T("ab\xe6\x97\xa5" "c")), "ab\xe6\x97\xa5");
	assert_string_equal(text_vis(out, 5, T("ab\xe6\x97\xa5" "c")), "ab");
	assert_string_equal(text_vis(out, 5, T("a\x01" "b")), "a");
	assert_string_equal(text_vis(out, 1, T("ab")), "");
	out[0] = 'x';
	text_vis(out, 0, T("ab"));
	assert_int_equal(out[0], 'x');
}

static void
csv_quotes_what_must_be_quoted(void **state)
{
	(void)state;
	assert_door(text_csv, T("plain"), "plain");
	assert_door(text_csv, T(""), "");
	assert_door(text_csv, T("a,b"), "\"a,b\"");
	assert_door(text_csv, T("say \"x\""), "\"say \"\"x\"\"\"");
	assert_door(text_csv, T("a\r\nb"), "\"a\\x0d\\x0ab\"");
	assert_door(text_csv, T("a\x1b" "b\xe2\x80\xae"), "a\\x1bb\\u{202e}");
}

static void
csv_disarms_every_formula(void **state)
{
	static const char *const evil[] = { "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx",
		"  =cmd|' /C calc'!A0", "\xef\xbc\x9d" "1", "\xef\xbc\x8b" "1",
		"\xef\xbc\x8d" "1", "\xef\xbc\xa0" "x", "\xe3\x80\x80=1", "\xc2\xa0=1" };

	(void)state;
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		char *out = through(text_csv, text_of(evil[i]));

		assert_int_equal(out[out[0] == '"' ? 1 : 0], '\'');
		free(out);
	}
	assert_door(text_csv, T("a=1"), "a=1");
	assert_door(text_csv, T("1-2"), "1-2");
}

static void
json_keeps_the_exact_text(void **state)
{
	(void)state;
	assert_door(text_json, T("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\n\\u0001\"");
	assert_door(text_json, T("\xe6\x97\xa5\xf0\x9f\x92\xa9"), "\"\xe6\x97\xa5\xf0\x9f\x92\xa9\"");
	assert_door(text_json, T("\xe2\x80\xae\xc2\x9b\x7f"), "\"\\u202e\\u009b\\u007f\"");
	assert_door(text_json, T("\xff"), "\"\xf4\x8f\xbf\xbf\"");
	assert_door(text_json, T("a\0b"), "\"a\\u0000b\"");
}

/* Whatever the bytes: valid UTF-8, no control, the announced room is enough, both doors agree. */
static void
json_of_any_bytes_is_well_formed(void **state)
{
	uint8_t in[64];
	char put[TEXT_JSON_ROOM(sizeof(in))];
	uint32_t x = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)round % sizeof(in);

		for (size_t i = 0; i < n; i++) {
			x = x * 1664525u + 1013904223u;
			in[i] = (uint8_t)(x >> 24);
		}
		size_t len = (size_t)(text_json_put(put, (struct text){ in, n }) - put);
		char *out = through(text_json, (struct text){ in, n });

		assert_true(len <= TEXT_JSON_ROOM(n));
		assert_int_equal(strlen(out), len);
		assert_memory_equal(out, put, len);
		assert_true(utf8_valid((const uint8_t *)put, len));
		for (size_t i = 0; i < len; i++)
			assert_true((uint8_t)put[i] >= 0x20 && put[i] != 0x7f);
		free(out);
	}
}

static void
xml_escapes_markup_and_drops_controls(void **state)
{
	(void)state;
	assert_door(text_xml, T("<a b=\"c\">&'"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
	assert_door(text_xml, T("a\x01\x1b\xe2\x80\xae\xc2\x85" "b\nc"), "ab c");
	assert_door(text_xml, T("\xff\xef\xbf\xbf\xe6\x97\xa5"),
	    "\xef\xbf\xbd\xef\xbf\xbd\xe6\x97\xa5");
}

static void
hex_is_lower_case(void **state)
{
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	(void)state;
	text_hex(f, (const uint8_t *)"\x00\xAb\xff", 3);
	fclose(f);
	assert_string_equal(out, "00abff");
	free(out);
}

static void
utf8_goes_both_ways(void **state)
{
	uint8_t b[UTF8_MAX];
	uint32_t c;

	(void)state;
	for (uint32_t i = 0; i <= 0x10ffff; i++) {
		size_t n = utf8_put(b, i);

		if (i >= 0xd800 && i <= 0xdfff) {
			assert_int_equal(utf8_get(&c, b, n), 0);
			continue;
		}
		assert_int_equal(utf8_get(&c, b, n), n);
		assert_int_equal(c, i);
		assert_int_equal(utf8_get(&c, b, n - 1), 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(vis_lets_no_control_through),
		cmocka_unit_test(vis_shows_bytes_that_are_no_text),
		cmocka_unit_test(vis_cuts_on_a_character),
		cmocka_unit_test(csv_quotes_what_must_be_quoted),
		cmocka_unit_test(csv_disarms_every_formula),
		cmocka_unit_test(json_keeps_the_exact_text),
		cmocka_unit_test(json_of_any_bytes_is_well_formed),
		cmocka_unit_test(xml_escapes_markup_and_drops_controls),
		cmocka_unit_test(hex_is_lower_case),
		cmocka_unit_test(utf8_goes_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
