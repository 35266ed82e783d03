/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "observation.h"

/* Names whose text other programs gave: Bitcoin Core for Tor, I2P and CJDNS. */
#define ONION	"25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion"
#define ONION2	"tf4wch47og572andnjnmv7xqwe44pkbp4jjinxuf6esgye3wyfzxhzqd.onion"
#define I2P	"3esimcwbarodnjcmg7hew264b5wwbjxya3fakhzragdwkpcdhn6q.b32.i2p"

static const struct {
	const char	*text;
	enum network	 net;
	const char	*packed;	/* BIP 155 number, address, port */
} known[] = {
	{ "0.0.0.0:0", NET_IPV4, "01" "00000000" "0000" },
	{ "127.0.0.1:4504", NET_IPV4, "01" "7f000001" "1198" },
	{ "203.0.113.9:21045", NET_IPV4, "01" "cb007109" "5235" },
	{ "255.255.255.255:65535", NET_IPV4, "01" "ffffffff" "ffff" },
	{ "[::]:0", NET_IPV6, "02" "00000000000000000000000000000000" "0000" },
	{ "[::1]:80", NET_IPV6, "02" "00000000000000000000000000000001" "0050" },
	{ "[2001:db8::9]:65535", NET_IPV6, "02" "20010db8000000000000000000000009" "ffff" },
	{ "[fd00::1]:8333", NET_IPV6, "02" "fd000000000000000000000000000001" "208d" },
	{ ONION ":8333", NET_TORV3,
	    "04" "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" "208d" },
	{ ONION2 ":0", NET_TORV3,
	    "04" "9979611f9f71bbfd01a36a5acafef0b139c7a82fe25286de85f1246c1376c173" "0000" },
	{ I2P ":0", NET_I2P,
	    "05" "d924860ac1045c36a44c37ce4b6bdc0f6d60a6f806ca051f310187653c433b7d" "0000" },
	{ "[fc8b:b82a:2c0c:af4b:fb1f:2a4c:60eb:127a]:8333", NET_CJDNS,
	    "06" "fc8bb82a2c0caf4bfb1f2a4c60eb127a" "208d" },
};
#define KNOWN	(sizeof(known) / sizeof(known[0]))

static struct endpoint
parsed(const char *text)
{
	struct endpoint e;
	const char *why = endpoint_read(&e, text);

	if (why != NULL)
		fail_msg("%s: %s", text, why);
	return e;
}

static void
text_goes_both_ways(void **state)
{
	char buf[ENDPOINT_TEXT], address[ENDPOINT_TEXT];

	(void)state;
	for (size_t i = 0; i < KNOWN; i++) {
		struct endpoint e = parsed(known[i].text);
		size_t bracketed = known[i].text[0] == '[', n;

		assert_int_equal(e.net, known[i].net);
		assert_string_equal(endpoint_format(buf, e), known[i].text);
		n = strlen(address_format(address, e));
		assert_int_equal(strncmp(address, known[i].text + bracketed, n), 0);
		assert_int_equal(known[i].text[bracketed + n], bracketed ? ']' : ':');
		assert_int_equal(endpoint_is_nobody(e), i == 0);
	}
	/* Upper case and other ways to write the same are read, and printed in one form. */
	assert_string_equal(endpoint_format(buf,
	    parsed("25NJQAMCWEFLPVKL73J4SZAHHIHOC4XT3KTCGJNPAINGR5YHKENL5SID.ONION:1")), ONION ":1");
	assert_string_equal(endpoint_format(buf, parsed("[2001:DB8:0:0:0:0:0:9]:1")), "[2001:db8::9]:1");
}

static void
bytes_go_both_ways(void **state)
{
	uint8_t want[ENDPOINT_PACKED], bytes[ENDPOINT_PACKED], alone[ADDRESS_MAX];

	(void)state;
	for (size_t i = 0; i < KNOWN; i++) {
		struct endpoint e = parsed(known[i].text), back;
		size_t len, n;

		sodium_hex2bin(want, sizeof(want), known[i].packed, strlen(known[i].packed), NULL, &len, NULL);
		assert_int_equal(endpoint_pack(bytes, e), len);
		assert_memory_equal(bytes, want, len);
		assert_int_equal(endpoint_unpack(&back, bytes, len), len);
		assert_int_equal(endpoint_compare(back, e), 0);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(endpoint_unpack(&back, bytes, cut), 0);
		n = address_bytes(e, alone);
		assert_int_equal(n, network_length(e.net));
		assert_memory_equal(alone, want + 1, n);
		assert_true(endpoint_of_bytes(&back, e.net, alone, n, e.port));
		assert_int_equal(endpoint_compare(back, e), 0);
		assert_false(endpoint_of_bytes(&back, e.net, alone, n - 1, e.port));
		assert_false(endpoint_of_bytes(&back, e.net, alone, 0, e.port));
	}
	for (int number = 0; number < 256; number++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[0] = (uint8_t)number;
		bytes[1] = number == 6 ? 0xfc : number == 7 ? 3 : 0;
		assert_int_equal(endpoint_unpack(&(struct endpoint){ .port = 0 }, bytes, sizeof(bytes)) > 0,
		    number == 1 || number == 2 || (number >= 4 && number <= 7));
	}
}

/* fc00::/8 is CJDNS, 200::/7 Yggdrasil, and nothing else is: text could not tell them apart. */
static void
an_address_is_of_one_network_alone(void **state)
{
	uint8_t bytes[ENDPOINT_PACKED] = { 2, 0xfc };
	struct endpoint e;

	(void)state;
	assert_false(endpoint_of_bytes(&e, NET_IPV6, bytes + 1, 16, 1));
	assert_int_equal(endpoint_unpack(&e, bytes, 19), 0);
	bytes[0] = 6;
	assert_true(endpoint_of_bytes(&e, NET_CJDNS, bytes + 1, 16, 1));
	assert_int_equal(endpoint_unpack(&e, bytes, 19), 19);
	bytes[1] = 0xfd;
	assert_false(endpoint_of_bytes(&e, NET_CJDNS, bytes + 1, 16, 1));
	assert_int_equal(endpoint_unpack(&e, bytes, 19), 0);
	for (bytes[1] = 1; bytes[1] < 5; bytes[1]++) {
		bool is = bytes[1] == 2 || bytes[1] == 3;

		assert_int_equal(endpoint_of_bytes(&e, NET_YGGDRASIL, bytes + 1, 16, 1), is);
		assert_int_equal(endpoint_of_bytes(&e, NET_IPV6, bytes + 1, 16, 1), !is);
	}
}

static void
networks_have_lengths_and_numbers(void **state)
{
	static const int length[NET_N] = { 4, 16, 32, 32, 16, 16 }, number[NET_N] = { 1, 2, 4, 5, 6, 7 };

	(void)state;
	for (int net = 0; net < NET_N; net++) {
		assert_int_equal(network_length(net), length[net]);
		assert_int_equal(network_number(net), number[net]);
		assert_int_equal(network_of_number(number[net]), net);
	}
	assert_int_equal(network_length(-1), 0);
	assert_int_equal(network_length(NET_N), 0);
	assert_int_equal(network_number(NET_N), -1);
	assert_int_equal(network_of_number(3), -1);	/* Tor of version 2 is gone */
}

static void
what_is_no_endpoint_is_refused(void **state)
{
	static const char *const bad[] = {
		"", ":", "1.2.3.4", "1.2.3.4:", ":80", "1.2.3:80", "1.2.3.4.5:80", "256.2.3.4:80",
		"1.2.3.4:65536", "1.2.3.4:080", "1.2.3.4:+80", "1.2.3.4:80 ", " 1.2.3.4:80",
		"1.2.3.4:123456", "host:80", "1.2.3.4:80:90",
		"::1:80", "[::1]", "[::1]:", "[::1:80", "[]:80", "[", "[:", "]:80", "[1.2.3.4]:80",
		"[::1]:65536", "[::g]:80", "[::1%lo]:80", "[::1] :80", "[[::1]]:80",
		/* a wrong checksum, too short, a digit that is none, version 4, version 2 */
		"35njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion:80",
		"5njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion:80",
		"15njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion:80",
		"aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp2sxye.onion:80",
		"expyuzz4wqqyqhjn.onion:80", ".onion:80", ONION,
		/* too long, too short, bits that are left over */
		"a" I2P ":80", "esimcwbarodnjcmg7hew264b5wwbjxya3fakhzragdwkpcdhn6q.b32.i2p:80",
		"3esimcwbarodnjcmg7hew264b5wwbjxya3fakhzragdwkpcdhn6r.b32.i2p:80", ".b32.i2p:80",
		"[" ONION "]:80",
		"000000000000000000000000000000000000000000000000000000000000000000000000000000000:80",
	};
	struct endpoint e = endpoint_ipv4(7, 7);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = endpoint_read(&e, bad[i]);

		if (why == NULL || why[0] == '\0')
			fail_msg("accepted %s", bad[i]);
		assert_false(endpoint_parse(&e, bad[i]));
	}
	assert_int_equal(endpoint_compare(e, endpoint_ipv4(7, 7)), 0);
}

static void
order_is_by_network_then_address_then_port(void **state)
{
	static const char *const ascending[] = {
		"1.2.3.4:9", "1.2.3.4:10", "129.2.3.4:1", "[::1]:9", "[::1]:10", "[8000::]:1",
		ONION2 ":9", ONION2 ":10", ONION ":1", I2P ":1", I2P ":2", "[fc00::1]:1", "[fc00::2]:0",
	};
	const size_t n = sizeof(ascending) / sizeof(ascending[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			int order = endpoint_compare(parsed(ascending[i]), parsed(ascending[k]));

			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
}

static void
an_address_needs_no_port(void **state)
{
	static const struct { const char *text, *whole; } good[] = {
		{ "1.2.3.4", "1.2.3.4:0" }, { "2001:db8::1", "[2001:db8::1]:0" },
		{ "[2001:db8::1]", "[2001:db8::1]:0" }, { I2P, I2P ":0" },
	};
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4:5", "1.2.3.4 ", "[1.2.3.4]", "[::1", "x.onion" };
	struct endpoint e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_null(address_read(&e, good[i].text));
		assert_int_equal(endpoint_compare(e, parsed(good[i].whole)), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(address_read(&e, bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_both_ways),
		cmocka_unit_test(bytes_go_both_ways),
		cmocka_unit_test(an_address_is_of_one_network_alone),
		cmocka_unit_test(networks_have_lengths_and_numbers),
		cmocka_unit_test(what_is_no_endpoint_is_refused),
		cmocka_unit_test(an_address_needs_no_port),
		cmocka_unit_test(order_is_by_network_then_address_then_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
