/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Node strings go both ways; node files name nodes, or say why they do not. */
#include "tests/unit/node/wire_test.h"

#include "node/winny/nodestr.h"

static void
text_goes_both_ways(void **state)
{
	char all[NODESTR_TEXT], code[NODESTR_CODE], out[NODESTR_TEXT];

	(void)state;
	for (int port = 1; port <= 65535; port += 7) {	/* every checksum, zero too */
		snprintf(all, sizeof(all), "node-1.example.jp:%d", port);
		assert_null(nodestr_encode(code, all));
		assert_null(nodestr_decode(out, code));
		assert_string_equal(out, all);
		for (char *c = code + 1; *c != '\0'; c++)
			*c = *c >= 'a' ? (char)(*c - 32) : *c;
		assert_null(nodestr_decode(out, code));
		assert_string_equal(out, all);
	}
}

static void
the_longest_text_fits_and_one_more_does_not(void **state)
{
	char longest[NODESTR_TEXT + 1], code[NODESTR_CODE], out[NODESTR_TEXT];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	strcpy(longest + NODESTR_TEXT - 3, ":1");
	assert_null(nodestr_encode(code, longest));
	assert_int_equal(strlen(code), NODESTR_CODE - 1);
	assert_null(nodestr_decode(out, code));
	assert_string_equal(out, longest);
	memset(longest, 'a', sizeof(longest));
	strcpy(longest + NODESTR_TEXT - 2, ":1");
	assert_non_null(nodestr_encode(code, longest));
	assert_string_equal(code, "");
}

static void
what_is_no_text_is_not_encoded(void **state)
{
	static const char *const bad[] = {
		"", ":", "host", "host:", ":80", "host:0", "host:65536", "host:080000", "host:+1",
		"host:1 ", "ho st:1", "h\xc3\xb6st:1", "a:b:1", "[::1]:80", "a\x1b[2J:1", "host:99999999999",
	};
	char code[NODESTR_CODE];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (nodestr_encode(code, bad[i]) == NULL)
			fail_msg("encoded \"%s\"", bad[i]);
}

static void
what_is_no_string_is_not_decoded(void **state)
{
	static const char *const bad[] = {
		"", "@", "@2", "@2a", "2af7546a98930f18ec721f30eeb18771b2", "@2af", "@zz00",
		"@2af7546a98930f18ec721f30eeb18771b2 ", "@2af7546a98930f18ec721f30eeb18771b",
		"@2af7546a98930f18ec721f30eeb18771b3", "@2bf7546a98930f18ec721f30eeb18771b2",
		"@2a f7546a98930f18ec721f30eeb18771b2", "@2af7546a98930f18ec721f30eeb18771b2\n",
	};
	char out[NODESTR_TEXT], endless[4096] = "@";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (nodestr_decode(out, bad[i]) == NULL)
			fail_msg("decoded \"%s\" to \"%s\"", bad[i], out);
		assert_string_equal(out, "");
	}
	memset(endless + 1, 'a', sizeof(endless) - 2);
	endless[sizeof(endless) - 1] = '\0';
	assert_non_null(nodestr_decode(out, endless));
}

static void
a_string_that_hides_other_bytes_is_refused(void **state)
{
	/* "a\0b:1", "a\nb:1", "ab1" and "a:1\0" under their right checksums. */
	static const char *const hidden[] = {
		"@2ef238fdf339", "@3871788f30c6", "@f4a70415", "@cc5f9ece3e",
	};
	char out[NODESTR_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		assert_non_null(nodestr_decode(out, hidden[i]));
		assert_string_equal(out, "");
	}
}

static void
lines_of_a_node_file(void **state)
{
	static const struct { const char *line, *node; bool blank; } lines[] = {
		{ "@2af7546a98930f18ec721f30eeb18771b2", "203.0.113.7:7743", false },
		{ "@2af7546a98930f18ec721f30eeb18771b2\r", "203.0.113.7:7743", false },
		{ "@2af7546a98930f18ec721f30eeb18771b2 \r\n", "203.0.113.7:7743", false },
		{ "127.0.0.1:4504", "127.0.0.1:4504", false },
		{ "127.0.0.1:4504 ", "127.0.0.1:4504", false },
		{ "127.0.0.1:04504", NULL, false }, { "127.0.0.01:4504", NULL, false },
		{ "127.0.0.1:4504\tx", NULL, false },
		{ "", NULL, true }, { "   ", NULL, true }, { "a:1", NULL, true }, { "\r\n", NULL, true },
		{ "# a list of mine", NULL, true },
		{ "127.0.0.1:0", NULL, false }, { "127.0.0.1:65536", NULL, false },
		{ "127.0.0.1", NULL, false }, { "127.0.0.1:4504  ", NULL, false },
		{ "node.example.jp:22739", NULL, false }, { "127.0.0.256:4504", NULL, false },
		{ "@09e04d0f98fb68904e81dafae3674d23b2b9f49857bf", NULL, false },	/* a host name */
		{ "[2001:db8::1]:4504", NULL, false },		/* of networks that the overlay has not */
		{ "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:4504", NULL, false },
		{ "udhdrtrcetjm5sxzskjyr5ztpeszydbh4dpl3pl4utgqqw2v4jna.b32.i2p:4504", NULL, false },
		{ "@2af7546b98930f18ec721f30eeb18771b2", NULL, false },
	};
	char buf[ENDPOINT_TEXT], endless[4096];
	struct endpoint e;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		bool named = nodestr_line(&e, lines[i].line, &why);

		if (named != (lines[i].node != NULL))
			fail_msg("\"%s\": %s", lines[i].line, why);
		if (named)
			assert_string_equal(endpoint_format(buf, e), lines[i].node);
		assert_int_equal(why == NULL, named || lines[i].blank);
	}
	memset(endless, '1', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	assert_false(nodestr_line(&e, endless, &why));
	assert_non_null(why);
}

/* The reason is the real one, and the verb and a file take and refuse the same. */
static void
both_readers_say_the_same(void **state)
{
	static const struct { const char *name, *why; } names[] = {
		{ "@2af7546a98930f18ec721f30eeb18771b2\r", NULL }, { "203.0.113.7:7743\r\n", NULL },
		{ "1.1.1.1:07743", "a port has no leading zeros" },
		{ "8.8.4.4:7743\tx", "a blank or a control character is in it" },
		{ "8.8.4.4 :7743", "a blank or a control character is in it" },
		{ "[2001:db8::1]:80", "an IPv6 address; this overlay has IPv4 alone" },
		{ "01.1.1.1:7743", "a dotted address has four numbers, 0 to 255, without leading zeros" },
		{ "1.1.1:7743", "a dotted address has four numbers, 0 to 255, without leading zeros" },
		{ "1.1.1.1:65536", "a port is 1 to 65535" }, { "1.1.1.1", "no colon; host:port is expected" },
	};
	char out[NODESTR_CODE];
	struct endpoint e;
	const char *why, *want;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		want = names[i].why != NULL ? names[i].why : "";
		why = nodestr_convert(out, names[i].name);
		assert_string_equal(why != NULL ? why : "", want);
		nodestr_line(&e, names[i].name, &why);
		assert_string_equal(why != NULL ? why : "", want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_both_ways),
		cmocka_unit_test(both_readers_say_the_same),
		cmocka_unit_test(the_longest_text_fits_and_one_more_does_not),
		cmocka_unit_test(what_is_no_text_is_not_encoded),
		cmocka_unit_test(what_is_no_string_is_not_decoded),
		cmocka_unit_test(a_string_that_hides_other_bytes_is_refused),
		cmocka_unit_test(lines_of_a_node_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
