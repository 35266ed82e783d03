/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crawler/net/dial.h"
#include "crawler/net/scope.h"

static struct endpoint
ep(const char *text)
{
	struct endpoint e;

	assert_true(endpoint_parse(&e, text));
	return e;
}

static enum scope_verdict
judge(const struct scope *s, const char *text)
{
	struct endpoint to = { .ip = 0, .port = 0 };
	enum scope_verdict v = scope_judge(s, ep(text), &to);

	/* A target exists only where dialling is allowed. */
	assert_int_equal(v == SCOPE_DIAL, to.port != 0);
	return v;
}

static void
open_scope(struct scope *s, const char *block)
{
	assert_int_equal(scope_init(s), 0);
	if (block != NULL)
		assert_null(scope_add(s, block));
	assert_null(scope_set_ports(s, "1-65535"));
}

static void
nothing_is_dialled_without_a_scope(void **state)
{
	struct scope s;

	(void)state;
	open_scope(&s, NULL);
	scope_seal(&s);
	assert_int_equal(judge(&s, "8.8.8.8:1000"), SCOPE_OUTSIDE);
	assert_int_equal(judge(&s, "127.0.0.1:1000"), SCOPE_SPECIAL);
	scope_free(&s);
}

static void
well_known_ports_are_other_services(void **state)
{
	static const char *const wrong[] = { "", ",", "0", "80,", "1024-80", "65536", "80;90", " 80", "-1", "x" };
	struct scope s;

	(void)state;
	assert_int_equal(scope_init(&s), 0);
	assert_null(scope_add(&s, "58.0.0.0/15"));
	scope_seal(&s);
	assert_int_equal(judge(&s, "58.0.0.1:25"), SCOPE_PORT);
	assert_int_equal(judge(&s, "58.0.0.1:1023"), SCOPE_PORT);
	assert_int_equal(judge(&s, "58.0.0.1:1024"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "8.8.8.8:25"), SCOPE_OUTSIDE);
	scope_allow_port(&s, 80);
	assert_int_equal(judge(&s, "58.0.0.1:80"), SCOPE_DIAL);
	assert_null(scope_set_ports(&s, "443,8000-8003"));
	assert_int_equal(judge(&s, "58.0.0.1:80"), SCOPE_PORT);
	assert_int_equal(judge(&s, "58.0.0.1:443"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "58.0.0.1:7999"), SCOPE_PORT);
	assert_int_equal(judge(&s, "58.0.0.1:8003"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "58.0.0.1:8004"), SCOPE_PORT);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_non_null(scope_set_ports(&s, wrong[i]));
	scope_free(&s);
}

static void
the_scope_ends_where_it_says(void **state)
{
	struct scope s;

	(void)state;
	open_scope(&s, "58.0.0.0/15");
	scope_seal(&s);
	assert_int_equal(judge(&s, "57.255.255.255:1"), SCOPE_OUTSIDE);
	assert_int_equal(judge(&s, "58.0.0.0:1"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "58.1.255.255:65535"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "58.2.0.0:1"), SCOPE_OUTSIDE);
	assert_int_equal(judge(&s, "58.1.0.0:0"), SCOPE_NO_PORT);
	scope_free(&s);
}

/* First and last address of each special block, and the neighbours outside. */
static void
special_ranges_are_refused_to_the_address(void **state)
{
	static const struct { const char *in[2], *out[2]; } block[] = {
		{ { "0.0.0.0:9", "0.255.255.255:9" }, { NULL, "1.0.0.0:9" } },
		{ { "10.0.0.0:9", "10.255.255.255:9" }, { "9.255.255.255:9", "11.0.0.0:9" } },
		{ { "100.64.0.0:9", "100.127.255.255:9" }, { "100.63.255.255:9", "100.128.0.0:9" } },
		{ { "127.0.0.0:9", "127.255.255.255:9" }, { "126.255.255.255:9", "128.0.0.0:9" } },
		{ { "169.254.0.0:9", "169.254.255.255:9" }, { "169.253.255.255:9", "169.255.0.0:9" } },
		{ { "172.16.0.0:9", "172.31.255.255:9" }, { "172.15.255.255:9", "172.32.0.0:9" } },
		{ { "192.0.0.0:9", "192.0.0.255:9" }, { "191.255.255.255:9", "192.0.1.0:9" } },
		{ { "192.0.2.0:9", "192.0.2.255:9" }, { "192.0.1.255:9", "192.0.3.0:9" } },
		{ { "192.31.196.0:9", "192.31.196.255:9" }, { "192.31.195.255:9", "192.31.197.0:9" } },
		{ { "192.52.193.0:9", "192.52.193.255:9" }, { "192.52.192.255:9", "192.52.194.0:9" } },
		{ { "192.88.99.0:9", "192.88.99.255:9" }, { "192.88.98.255:9", "192.88.100.0:9" } },
		{ { "192.168.0.0:9", "192.168.255.255:9" }, { "192.167.255.255:9", "192.169.0.0:9" } },
		{ { "192.175.48.0:9", "192.175.48.255:9" }, { "192.175.47.255:9", "192.175.49.0:9" } },
		{ { "198.18.0.0:9", "198.19.255.255:9" }, { "198.17.255.255:9", "198.20.0.0:9" } },
		{ { "198.51.100.0:9", "198.51.100.255:9" }, { "198.51.99.255:9", "198.51.101.0:9" } },
		{ { "203.0.113.0:9", "203.0.113.255:9" }, { "203.0.112.255:9", "203.0.114.0:9" } },
		{ { "224.0.0.0:9", "255.255.255.255:9" }, { "223.255.255.255:9", NULL } },
	};
	struct scope s;

	(void)state;
	open_scope(&s, "0.0.0.0/0");
	scope_seal(&s);
	assert_int_equal(s.special.n, 18 + 14);	/* IPv4, IPv6 */
	for (size_t i = 0; i < sizeof(block) / sizeof(block[0]); i++)
		for (int k = 0; k < 2; k++) {
			assert_int_equal(judge(&s, block[i].in[k]), SCOPE_SPECIAL);
			if (block[i].out[k] != NULL)
				assert_int_equal(judge(&s, block[i].out[k]), SCOPE_DIAL);
		}
	scope_free(&s);
}

static void
loopback_must_be_named(void **state)
{
	struct scope s;

	(void)state;
	open_scope(&s, "0.0.0.0/0");
	assert_false(s.loopback);
	assert_null(scope_add(&s, "127.8.0.0/16"));
	assert_true(s.loopback);
	assert_false(s.only_loopback);
	scope_seal(&s);
	assert_int_equal(judge(&s, "127.8.0.1:9"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "8.8.8.8:9"), SCOPE_DIAL);
	scope_free(&s);

	open_scope(&s, "127.8.0.0/16");
	assert_true(s.only_loopback);
	scope_seal(&s);
	assert_int_equal(judge(&s, "127.8.255.255:9"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "127.9.0.0:9"), SCOPE_OUTSIDE);
	scope_free(&s);
}

static void
a_scope_inside_a_special_range_is_a_mistake(void **state)
{
	struct scope s;

	(void)state;
	open_scope(&s, NULL);
	assert_non_null(scope_add(&s, "10.0.0.0/8"));
	assert_non_null(scope_add(&s, "192.168.7.0/24"));
	assert_non_null(scope_add(&s, "239.1.1.1"));
	assert_non_null(scope_add(&s, "300.0.0.0/8"));
	assert_int_equal(s.blocks, 0);
	scope_free(&s);
}

static void
who_opted_out_and_ourselves_are_left_alone(void **state)
{
	struct scope s;
	struct cidr c;

	(void)state;
	open_scope(&s, "58.0.0.0/8");
	assert_null(cidr_parse(&c, "58.7.0.0/16"));
	assert_int_equal(cidr_set_add(&s.opt_out, c), 0);
	assert_int_equal(scope_add_own(&s, ip_of_ipv4(0x3a010203)), 0);	/* 58.1.2.3 */
	scope_seal(&s);
	assert_int_equal(judge(&s, "58.6.255.255:9"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "58.7.0.0:9"), SCOPE_OPT_OUT);
	assert_int_equal(judge(&s, "58.7.255.255:9"), SCOPE_OPT_OUT);
	assert_int_equal(judge(&s, "58.8.0.0:9"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "58.1.2.3:9"), SCOPE_OWN);
	assert_int_equal(judge(&s, "58.1.2.4:9"), SCOPE_DIAL);
	scope_free(&s);
}

/* Address i by which others may know us; 0: none. */
static uint32_t
own(const struct scope *s, size_t i)
{
	struct ip ip;

	if (!scope_own_address(s, i, &ip))
		return 0;
	assert_int_equal(ip.family, 4);
	return (uint32_t)ip.byte[0] << 24 | (uint32_t)ip.byte[1] << 16 | (uint32_t)ip.byte[2] << 8 |
	    ip.byte[3];
}

static void
we_are_known_by_ordinary_addresses_only(void **state)
{
	static const uint32_t added[] = { 0x3a010204, 0xc0a80101, 0x3a010203, 0x7f000001, 0x0a000001,
	    0x3a010203, 0xdb010203 };
	struct scope s;

	(void)state;
	open_scope(&s, "58.0.0.0/8");
	for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++)
		assert_int_equal(scope_add_own(&s, ip_of_ipv4(added[i])), 0);
	scope_seal(&s);
	assert_int_equal(own(&s, 0), 0x3a010203);
	assert_int_equal(own(&s, 1), 0x3a010204);
	assert_int_equal(own(&s, 2), 0xdb010203);
	assert_int_equal(own(&s, 3), 0);
	scope_free(&s);
}

static void
ipv6_is_judged_by_the_same_rules(void **state)
{
	struct scope s;
	struct cidr c;

	(void)state;
	open_scope(&s, "2a01::/16");
	assert_non_null(scope_add(&s, "fe80::/10"));
	assert_non_null(scope_add(&s, "2001:db8::/32"));
	assert_null(cidr_parse(&c, "2a01:7::/32"));
	assert_int_equal(cidr_set_add(&s.opt_out, c), 0);
	assert_null(cidr_parse(&c, "2a01:1::5"));
	assert_int_equal(scope_add_own(&s, c.base), 0);
	scope_seal(&s);
	assert_int_equal(judge(&s, "[2a01::1]:9"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "[2a02::1]:9"), SCOPE_OUTSIDE);
	assert_int_equal(judge(&s, "[2a01:7:ffff::1]:9"), SCOPE_OPT_OUT);
	assert_int_equal(judge(&s, "[2a01:1::5]:9"), SCOPE_OWN);
	assert_int_equal(judge(&s, "[::1]:9"), SCOPE_SPECIAL);
	assert_int_equal(judge(&s, "[2001:db8::1]:9"), SCOPE_SPECIAL);
	assert_int_equal(judge(&s, "[ff02::1]:9"), SCOPE_SPECIAL);
	assert_int_equal(judge(&s, "58.1.2.3:9"), SCOPE_OUTSIDE);
	assert_int_equal(judge(&s, "[2a01::1]:0"), SCOPE_NO_PORT);
	assert_false(s.only_loopback);
	scope_free(&s);
}

static void
other_networks_are_never_dialled(void **state)
{
	struct scope s;

	(void)state;
	open_scope(&s, "::/0");
	scope_seal(&s);
	assert_int_equal(judge(&s, "[2a01::1]:9"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "58.1.2.3:9"), SCOPE_OUTSIDE);	/* IPv4 is asked for by itself */
	assert_int_equal(judge(&s, "[fc12::1]:9"), SCOPE_OUTSIDE);
	assert_int_equal(judge(&s, "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:9"),
	    SCOPE_OUTSIDE);
	assert_int_equal(judge(&s, "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p:9"),
	    SCOPE_OUTSIDE);
	scope_free(&s);
}

static void
loopback_of_ipv6_is_a_lab_too(void **state)
{
	struct scope s;

	(void)state;
	open_scope(&s, "::1");
	assert_null(scope_add(&s, "127.0.0.0/8"));
	scope_seal(&s);
	assert_true(s.only_loopback);
	assert_int_equal(judge(&s, "[::1]:9"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "[::2]:9"), SCOPE_OUTSIDE);
	scope_free(&s);
}

static void
our_own_listener_is_not_dialled_on_loopback(void **state)
{
	struct scope s;

	(void)state;
	open_scope(&s, "127.0.0.0/8");
	assert_int_equal(scope_add_own(&s, ip_of_ipv4(0x7f000001)), 0);
	s.listener = ep("127.0.0.1:7743");
	scope_seal(&s);
	assert_int_equal(judge(&s, "127.0.0.1:7743"), SCOPE_OWN);
	assert_int_equal(judge(&s, "127.0.0.1:7744"), SCOPE_DIAL);
	assert_int_equal(judge(&s, "127.0.0.2:7743"), SCOPE_DIAL);
	scope_free(&s);
}

static char *
write_map(char path[], const char *text)
{
	int fd = mkstemp(path);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return path;
}

static void
with_a_lab_map_only_its_loopback_addresses_are_dialled(void **state)
{
	char path[] = "/tmp/kansoku-scope-XXXXXX";
	struct endpoint to;
	struct scope s;
	uint32_t public;

	(void)state;
	write_map(path, "127.1.2.3:4000 58.20.3.4:21045\n127.1.2.4:4000 10.1.1.1:77\n"
	    "127.1.2.5:4000\t58.20.3.5:0\n");
	open_scope(&s, NULL);
	assert_int_equal(scope_use_map(&s, path), 0);
	scope_seal(&s);
	assert_true(s.only_loopback);
	assert_int_equal(scope_judge(&s, ep("58.20.3.4:21045"), &to), SCOPE_DIAL);
	assert_int_equal(endpoint_compare(to, ep("127.1.2.3:4000")), 0);
	assert_int_equal(judge(&s, "58.20.3.4:21046"), SCOPE_NOWHERE);
	assert_int_equal(judge(&s, "58.20.3.9:21045"), SCOPE_NOWHERE);
	/* The public address is judged as outside a lab. */
	assert_int_equal(judge(&s, "10.1.1.1:77"), SCOPE_SPECIAL);
	assert_int_equal(judge(&s, "127.1.2.3:4000"), SCOPE_SPECIAL);
	assert_int_equal(judge(&s, "58.20.3.5:0"), SCOPE_NO_PORT);
	/* Callers are translated too. */
	assert_int_equal(scope_judge_caller(&s, 0x7f010203, &public), SCOPE_DIAL);
	assert_int_equal(public, ep("58.20.3.4:1").ip);
	assert_int_equal(scope_judge_caller(&s, 0x7f010203 + 9, &public), SCOPE_NOWHERE);
	assert_int_equal(scope_judge_caller(&s, 0x3a140304, &public), SCOPE_OUTSIDE);
	scope_free(&s);
	unlink(path);
}

static void
a_lab_map_refuses_another_scope(void **state)
{
	struct scope s;

	(void)state;
	open_scope(&s, "58.0.0.0/8");
	assert_int_equal(scope_use_map(&s, "/nonexistent/map"), -1);
	scope_free(&s);
}

static void
a_dial_outside_opens_no_socket(void **state)
{
	struct scope s;
	struct dialled d;
	int before, after;

	(void)state;
	open_scope(&s, "127.8.0.0/16");
	scope_seal(&s);
	before = dup(0);
	d = dial(&s, ep("127.9.0.1:9"));
	after = dup(0);
	assert_int_equal(d.verdict, SCOPE_OUTSIDE);
	assert_int_equal(d.fd, -1);
	assert_int_equal(after, before + 1);
	close(before);
	close(after);
	scope_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_dialled_without_a_scope),
		cmocka_unit_test(well_known_ports_are_other_services),
		cmocka_unit_test(the_scope_ends_where_it_says),
		cmocka_unit_test(special_ranges_are_refused_to_the_address),
		cmocka_unit_test(loopback_must_be_named),
		cmocka_unit_test(a_scope_inside_a_special_range_is_a_mistake),
		cmocka_unit_test(who_opted_out_and_ourselves_are_left_alone),
		cmocka_unit_test(we_are_known_by_ordinary_addresses_only),
		cmocka_unit_test(ipv6_is_judged_by_the_same_rules),
		cmocka_unit_test(other_networks_are_never_dialled),
		cmocka_unit_test(loopback_of_ipv6_is_a_lab_too),
		cmocka_unit_test(our_own_listener_is_not_dialled_on_loopback),
		cmocka_unit_test(with_a_lab_map_only_its_loopback_addresses_are_dialled),
		cmocka_unit_test(a_lab_map_refuses_another_scope),
		cmocka_unit_test(a_dial_outside_opens_no_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
