/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/lib/cidr.h"

static struct cidr
block(const char *text)
{
	struct cidr c;

	assert_null(cidr_parse(&c, text));
	return c;
}

static uint32_t
ipv4(struct cidr c)
{
	const uint8_t *p = c.base.byte;

	assert_int_equal(c.base.family, 4);
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool
contains(struct cidr c, uint32_t v)
{
	struct ip ip = ip_of_ipv4(v);

	return cidr_contains(&c, &ip);
}

static bool
within(struct cidr inner, struct cidr outer)
{
	return cidr_within(&inner, &outer);
}

static bool
set_contains(const struct cidr_set *s, uint32_t v)
{
	struct ip ip = ip_of_ipv4(v);

	return cidr_set_contains(s, &ip);
}

static void
blocks_and_addresses_are_read(void **state)
{
	static const struct { const char *text; uint32_t base; unsigned bits; } good[] = {
		{ "0.0.0.0/0", 0, 0 },
		{ "127.0.0.0/8", 0x7f000000, 8 },
		{ "198.18.0.0/15", 0xc6120000, 15 },
		{ "1.2.3.4/32", 0x01020304, 32 },
		{ "255.255.255.255", 0xffffffff, 32 },
	};
	char text[CIDR_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct cidr c = block(good[i].text);

		assert_int_equal(ipv4(c), good[i].base);
		assert_int_equal(c.bits, good[i].bits);
		assert_null(cidr_parse(&c, cidr_format(text, c)));
		assert_int_equal(ipv4(c), good[i].base);
	}
}

static void
anything_else_is_refused_and_leaves_the_block_alone(void **state)
{
	static const char *const bad[] = {
		"", "/8", "10/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08",
		"10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/8/8", "10.0.0.0/+8", "10.0.0.0/888",
		"10.0.0.1/8", "1.2.3.4.5", "1.2.3.256", "example.org", "::1/129",
		"2001:db8::1/64", "2001:db8::/-1", "2001:db8::/064", "fe80::1%lo", "::g", "1:2:3:4:5:6:7:8:9",
		"1111111111111111111111111111111111/8",
	};
	struct cidr c = { { 4, { 42 } }, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(cidr_parse(&c, bad[i]));
		assert_int_equal(c.base.byte[0], 42);
		assert_int_equal(c.bits, 7);
	}
}

static void
a_block_ends_where_it_says(void **state)
{
	struct cidr c = block("192.0.2.64/26");

	(void)state;
	assert_false(contains(c, 0xc000023f));
	assert_true(contains(c, 0xc0000240));
	assert_true(contains(c, 0xc000027f));
	assert_false(contains(c, 0xc0000280));
	assert_true(contains(block("0.0.0.0/0"), 0xffffffff));
	assert_true(contains(block("0.0.0.0/0"), 0));
	assert_true(within(c, block("192.0.2.0/24")));
	assert_true(within(c, c));
	assert_false(within(block("192.0.2.0/24"), c));
}

static void
a_set_holds_exactly_its_blocks(void **state)
{
	static const char *const text[] = {
		"10.1.0.0/16", "192.0.2.1", "10.0.0.0/8", "255.255.255.255", "0.0.0.0/32",
		"192.0.2.1", "10.1.2.0/24", "192.0.2.2/31",
	};
	static const struct { uint32_t ip; bool in; } asked[] = {
		{ 0, true }, { 1, false }, { 0x09ffffff, false }, { 0x0a000000, true },
		{ 0x0affffff, true }, { 0x0b000000, false }, { 0xc0000200, false },
		{ 0xc0000201, true }, { 0xc0000202, true }, { 0xc0000203, true },
		{ 0xc0000204, false }, { 0xfffffffe, false }, { 0xffffffff, true },
	};
	struct cidr_set s = { 0 };

	(void)state;
	assert_false(set_contains(&s, 0));
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		assert_int_equal(cidr_set_add(&s, block(text[i])), 0);
	cidr_set_seal(&s);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		assert_int_equal(set_contains(&s, asked[i].ip), asked[i].in);
	cidr_set_free(&s);
}

static void
ipv6_blocks_are_read_and_apart_from_ipv4(void **state)
{
	static const struct { const char *text, *same; unsigned bits; } good[] = {
		{ "::/0", "::/0", 0 }, { "2001:DB8::/32", "2001:db8::/32", 32 },
		{ "2001:db8:0:0::1", "2001:db8::1/128", 128 }, { "fe80::/10", "fe80::/10", 10 },
	};
	char text[CIDR_TEXT];
	struct cidr c, ten = block("10.0.0.0/8"), doc = block("2001:db8::/33");
	struct ip ip = block("2001:db8:7fff::1").base;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		c = block(good[i].text);
		assert_int_equal(c.bits, good[i].bits);
		assert_string_equal(cidr_format(text, c), good[i].same);
	}
	assert_true(cidr_contains(&doc, &ip));
	ip = block("2001:db8:8000::").base;
	assert_false(cidr_contains(&doc, &ip));
	assert_false(within(ten, block("::/0")));	/* IPv4 is no part of IPv6 */
	assert_false(within(ten, doc));
	assert_false(within(doc, block("0.0.0.0/0")));
}

static int
read_text(struct cidr_set *s, const char *text)
{
	char path[] = "/tmp/kansoku-cidr-XXXXXX";
	int fd = mkstemp(path), status;
	FILE *f = fdopen(fd, "w");

	fputs(text, f);
	fclose(f);
	status = cidr_set_read(s, path);
	unlink(path);
	return status;
}

static void
a_file_may_have_comments_and_no_bad_line(void **state)
{
	struct cidr_set s = { 0 };

	(void)state;
	assert_int_equal(read_text(&s, "# asked 2010-07-01\n\n  192.0.2.7 # by mail\r\n10.0.0.0/8"), 0);
	assert_int_equal(s.n, 2);
	cidr_set_seal(&s);
	assert_true(set_contains(&s, 0xc0000207));
	assert_int_equal(read_text(&s, "192.0.2.8\n192.0.2.9/3x\n"), -1);
	assert_int_equal(cidr_set_read(&s, "/nonexistent/opt-out"), -1);
	cidr_set_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_and_addresses_are_read),
		cmocka_unit_test(anything_else_is_refused_and_leaves_the_block_alone),
		cmocka_unit_test(a_block_ends_where_it_says),
		cmocka_unit_test(ipv6_blocks_are_read_and_apart_from_ipv4),
		cmocka_unit_test(a_set_holds_exactly_its_blocks),
		cmocka_unit_test(a_file_may_have_comments_and_no_bad_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
