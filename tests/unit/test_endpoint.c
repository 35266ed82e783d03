/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "observation.h"

static void
text_goes_both_ways(void **state)
{
	static const char *const good[] = {
		"0.0.0.0:0", "127.0.0.1:4504", "203.0.113.9:21045", "255.255.255.255:65535",
	};
	char buf[ENDPOINT_TEXT];
	struct endpoint e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(endpoint_parse(&e, good[i]));
		assert_string_equal(endpoint_format(buf, e), good[i]);
	}
}

static void
what_is_no_endpoint_is_refused(void **state)
{
	static const char *const bad[] = {
		"", ":", "1.2.3.4", "1.2.3.4:", ":80", "1.2.3:80", "1.2.3.4.5:80", "256.2.3.4:80",
		"1.2.3.4:65536", "1.2.3.4:080", "1.2.3.4:+80", "1.2.3.4:80 ", " 1.2.3.4:80",
		"1.2.3.4:123456", "host:80", "[::1]:80", "1.2.3.4:80:90",
	};
	struct endpoint e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (endpoint_parse(&e, bad[i]))
			fail_msg("accepted %s", bad[i]);
}

static void
order_is_by_address_then_port(void **state)
{
	struct endpoint a = endpoint_ipv4(0x01020304, 9), b = endpoint_ipv4(0x01020304, 10),
	    c = endpoint_ipv4(0x81020304, 1);

	(void)state;
	assert_true(endpoint_compare(a, b) < 0);
	assert_true(endpoint_compare(c, b) > 0);
	assert_int_equal(endpoint_compare(b, b), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_both_ways),
		cmocka_unit_test(what_is_no_endpoint_is_refused),
		cmocka_unit_test(order_is_by_address_then_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
