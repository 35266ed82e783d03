/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules by which a datagram is refused, read, or read and flagged (PROTOCOL.md 2). */
#include "tests/unit/node/wire_test.h"

#include "node/mainline/krpc.h"
#include "node/mainline/panel.h"
#include "node/mainline/node_id.h"

#define ID	"2:id20:mnopqrstuvwxyz123456"

static struct krpc m;

static const char *
read_it(const char *s)
{
	return krpc_read(&m, (const uint8_t *)s, strlen(s));
}

static void
assert_bad(const char *s, const char *why)
{
	const char *got = read_it(s);

	if (got == NULL || strcmp(got, why) != 0)
		fail_msg("%s: \"%s\", want \"%s\"", s, got != NULL ? got : "read", why);
}

static void
assert_read(const char *s, unsigned sloppy)
{
	const char *bad = read_it(s);

	if (bad != NULL || m.sloppy != sloppy)
		fail_msg("%s: %s, sloppy %u, want %u", s, bad != NULL ? bad : "read", m.sloppy, sloppy);
}

static void
what_cannot_be_read_is_refused(void **state)
{
	static const struct { const char *bytes, *why; } bad[] = {
		{ "", "no dictionary" }, { "i1e", "no dictionary" }, { "le", "no dictionary" },
		{ "d", "truncated" }, { "d1:", "truncated" }, { "d1", "truncated" },
		{ "di1e1:te", "a key that is no string" }, { "dlee", "a key that is no string" },
		{ "d1:te", "no value" }, { "d1:txe", "no value" },
		{ "d1:ti+1ee", "not a number" }, { "d1:tiee", "not a number" }, { "d1:ti-ee", "not a number" },
		{ "d1:ti1xee", "not a number" }, { "d1:t1x", "not a number" },
		{ "d1:ti-9223372036854775809ee", "number out of range" },
		{ "d1:t99999999999999999999:e", "number out of range" },
		{ "d1:t9:e", "truncated" }, { "d1:ti1", "truncated" }, { "d1:t2:aa1:y1:r1:rd" ID "e", "truncated" },
		{ "d1:rd" ID "e1:y1:re", "no transaction id" },
		{ "d1:rd" ID "e1:ti7e1:y1:re", "no transaction id" },
		{ "d1:rd" ID "e1:t1:a1:y1:xe", "neither query, answer nor error" },
		{ "d1:rd" ID "e1:t1:a1:y0:e", "neither query, answer nor error" },
		{ "d1:rd" ID "e1:t1:a1:y2:rre", "neither query, answer nor error" },
		{ "d1:rd" ID "e1:t1:a1:yi1ee", "neither query, answer nor error" },
		{ "d1:rd" ID "e1:t1:ae", "neither query, answer nor error" },
		{ "d1:t1:a1:y1:re", "no answer in the answer" },
		{ "d1:r3:abc1:t1:a1:y1:re", "no answer in the answer" },
		{ "d1:rle1:t1:a1:y1:re", "no answer in the answer" },
		{ "d1:q4:ping1:t1:a1:y1:qe", "no arguments in the query" },
		{ "d1:ad" ID "e1:t1:a1:y1:qe", "a query without a name" },
		{ "d1:rde1:t1:a1:y1:re", "no id of 20 bytes" },
		{ "d1:rd2:id21:mnopqrstuvwxyz1234567e1:t1:a1:y1:re", "no id of 20 bytes" },
		{ "d1:rd2:idi20ee1:t1:a1:y1:re", "no id of 20 bytes" },
		{ "d1:rd2:idlee1:t1:a1:y1:re", "no id of 20 bytes" },
		/* y decides: the arguments of a query do not make an answer */
		{ "d1:ad" ID "e1:q4:ping1:t1:a1:y1:re", "no answer in the answer" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_bad(bad[i].bytes, bad[i].why);
}

static void
what_can_be_read_is_flagged(void **state)
{
	static const struct { const char *bytes; unsigned sloppy; } good[] = {
		{ "d1:rd" ID "e1:t1:a1:y1:re", 0 },
		{ "d1:rd" ID "e1:t0:1:y1:re", 0 },
		{ "d1:rd" ID "e1:t1:a1:y1:reX", SLOPPY_TRAILING },
		{ "d1:t1:a1:rd" ID "e1:y1:re", SLOPPY_ORDER },
		{ "d1:rd" ID "e1:t1:a1:t1:b1:y1:re", SLOPPY_DOUBLED },
		{ "d1:rd" ID "e1:t1:a1:y1:r1:t1:be", SLOPPY_DOUBLED | SLOPPY_ORDER },
		{ "d1:rd" ID "e1:t01:a1:y1:re", SLOPPY_NUMBER },
		{ "d1:rd" ID "3:numi-0ee1:t1:a1:y1:re", SLOPPY_NUMBER },
		{ "d1:rd" ID "3:numi007ee1:t1:a1:y1:re", SLOPPY_NUMBER },
		{ "d1:rd" ID "3:numi0ee1:t1:a1:y1:re", 0 },
		{ "d1:rd" ID "3:numi-9223372036854775808ee1:t1:a1:y1:re", 0 },
		{ "d1:rd" ID "5:nodes3:abce1:t1:a1:y1:re", SLOPPY_NODES },
		{ "d1:rd" ID "5:nodesi3ee1:t1:a1:y1:re", 0 },
		{ "d1:rd" ID "5:nodeslee1:t1:a1:y1:re", 0 },
		{ "d1:rd" ID "7:samples3:abce1:t1:a1:y1:re", SLOPPY_SAMPLES },
		{ "d1:rd" ID "7:samples0:e1:t1:a1:y1:re", 0 },
		{ "d1:rd" ID "6:values3:abce1:t1:a1:y1:re", SLOPPY_VALUES },
		{ "d1:rd" ID "6:valuesi1ee1:t1:a1:y1:re", SLOPPY_VALUES },
		{ "d1:rd" ID "6:valuesdee1:t1:a1:y1:re", SLOPPY_VALUES },
		{ "d1:rd" ID "6:valuesl6:abcdefee1:t1:a1:y1:re", 0 },
		{ "d1:rd" ID "6:valuesli1e6:abcdefee1:t1:a1:y1:re", SLOPPY_VALUE },
		{ "d1:rd" ID "6:valueslle6:abcdefee1:t1:a1:y1:re", SLOPPY_VALUE },
		{ "d1:t1:a1:y1:ee", 0 },
		{ "d1:eli7e2:noe1:t1:a1:y1:ee", 0 },
		{ "d1:el2:noe1:rd3:abcdee1:t1:a1:y1:ee", 0 },
		{ "d1:e2:no1:t1:a1:y1:ee", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_read(good[i].bytes, good[i].sloppy);
}

static void
the_first_of_a_doubled_key_counts(void **state)
{
	(void)state;
	assert_read("d1:rd" ID "3:numi1e3:numi2ee1:rd2:id20:aaaaaaaaaaaaaaaaaaaae1:t1:a1:t1:b1:y1:re", SLOPPY_DOUBLED);
	assert_int_equal(m.body.num, 1);
	assert_text(m.t, "a");
	assert_text(m.body.id, "mnopqrstuvwxyz123456");
	/* also where something of the wrong type came first */
	assert_bad("d1:ri1e1:rd" ID "e1:t1:a1:y1:re", "no answer in the answer");
}

static void
errors_have_a_code_or_none(void **state)
{
	(void)state;
	assert_read("d1:eli203e3:bade1:rd" ID "e1:t1:a1:y1:ee", 0);
	assert_int_equal(m.code, 203);
	assert_text(m.message, "bad");
	assert_read("d1:el3:badi203ee1:t1:a1:y1:ee", 0);
	assert_int_equal(m.code, UNKNOWN);
	assert_read("d1:eli204elee1:t1:a1:y1:ee", 0);
	assert_int_equal(m.code, 204);
	assert_int_equal(m.message.len, 0);
	assert_read("d1:elli5eeli6eee1:t1:a1:y1:ee", 0);
	assert_int_equal(m.code, UNKNOWN);
}

/* 32 containers are read, 33 are not, whatever they are. */
static void
depth_is_bounded(void **state)
{
	char s[200];

	(void)state;
	for (int inner = 31; inner <= 32; inner++) {
		int n = sprintf(s, "d1:rd" ID "e1:t1:a1:x");

		for (int i = 0; i < inner; i++)
			s[n++] = 'l';
		for (int i = 0; i < inner; i++)
			s[n++] = 'e';
		strcpy(s + n, "1:y1:re");
		if (inner == 31)
			assert_read(s, 0);
		else
			assert_bad(s, "too deep");
	}
}

static void
values_of_both_families_are_walked(void **state)
{
	struct endpoint e;
	char text[ENDPOINT_TEXT];
	size_t at = 0;

	(void)state;
	assert_read("d1:rd" ID "6:valuesl2:xxli1ee6:abcdef18:ABCDEFGHIJKLMNOPQR6:ghijkli5eee1:t1:a1:y1:re", SLOPPY_VALUE);
	assert_true(krpc_value(&m.body, &at, &e));
	assert_string_equal(endpoint_format(text, e), "97.98.99.100:25958");
	assert_true(krpc_value(&m.body, &at, &e));
	assert_int_equal(e.net, NET_IPV6);
	assert_true(krpc_value(&m.body, &at, &e));
	assert_string_equal(endpoint_format(text, e), "103.104.105.106:27500");
	assert_false(krpc_value(&m.body, &at, &e));
	/* an address of fc00::/8 is kept, as what the contract calls it */
	at = 0;
	assert_null(krpc_read(&m, (const uint8_t *)"d1:rd" ID "6:valuesl18:\xfc" "BCDEFGHIJKLMNOPQRee1:t1:a1:y1:re",
	    strlen("d1:rd" ID "6:valuesl18:XBCDEFGHIJKLMNOPQRee1:t1:a1:y1:re")));
	assert_true(krpc_value(&m.body, &at, &e));
	assert_int_equal(e.net, NET_CJDNS);
}

static void
versions_are_four_bytes(void **state)
{
	(void)state;
	assert_int_equal(krpc_version(text("lt\x0d\x10")), 0x6c740d10);
	assert_int_equal(krpc_version(text("lt")), UNKNOWN);
	assert_int_equal(krpc_version((struct text){ NULL, 0 }), UNKNOWN);
}

static void
ids_are_drawn_within_a_zone(void **state)
{
	const uint8_t prefix[NODE_ID] = { 0xab, 0xcd, 0xef }, random[NODE_ID] = { 0x11, 0x22, 0x33, 0x44 };
	uint8_t id[NODE_ID];

	(void)state;
	node_id_within(id, prefix, 0, random);
	assert_memory_equal(id, random, NODE_ID);
	node_id_within(id, prefix, 12, random);
	assert_int_equal(id[0], 0xab);
	assert_int_equal(id[1], 0xc2);
	assert_int_equal(id[2], 0x33);
	node_id_within(id, prefix, NODE_ID_BITS, random);
	assert_memory_equal(id, prefix, NODE_ID);
	assert_int_equal(node_id_shared_bits(prefix, prefix), NODE_ID_BITS);
}

/* A panel of one in four has a quarter of the hashes; each is in it for all nodes or for none. */
static void
a_panel_is_a_share_of_all(void **state)
{
	static const uint8_t secret[16] = { 1 }, other[16] = { 2 };
	uint8_t hash[NODE_ID] = { 0 }, sample[20 * NODE_ID] = { 0 };
	const uint8_t *chosen[LIMIT_ASKED];
	int in = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		hash[0] = (uint8_t)i;
		hash[1] = (uint8_t)(i >> 8);
		in += panel_has(secret, 4, hash);
		assert_true(panel_has(secret, 1, hash));
		assert_false(panel_has(secret, 0, hash));
	}
	assert_in_range(in, 880, 1120);
	for (int i = 0; i < 20; i++)
		sample[i * NODE_ID] = (uint8_t)(i / 2);	/* each twice */
	assert_int_equal(panel_choose(secret, 1, secret, (struct text){ sample, sizeof(sample) }, chosen), LIMIT_ASKED);
	for (int i = 0; i < LIMIT_ASKED; i++)
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(chosen[i], chosen[j], NODE_ID);
	hash[0] = chosen[0][0];
	hash[1] = 0;
	assert_int_equal(panel_choose(secret, 1, other, (struct text){ sample, sizeof(sample) }, chosen), LIMIT_ASKED);
	assert_memory_not_equal(chosen[0], hash, NODE_ID);	/* another visit asks for others first */
	assert_int_equal(panel_choose(secret, 1, other, (struct text){ sample, 2 * NODE_ID }, chosen), 1);
	assert_int_equal(panel_choose(secret, 0, other, (struct text){ sample, sizeof(sample) }, chosen), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_read_is_refused),
		cmocka_unit_test(what_can_be_read_is_flagged),
		cmocka_unit_test(the_first_of_a_doubled_key_counts),
		cmocka_unit_test(errors_have_a_code_or_none),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(values_of_both_families_are_walked),
		cmocka_unit_test(versions_are_four_bytes),
		cmocka_unit_test(ids_are_drawn_within_a_zone),
		cmocka_unit_test(a_panel_is_a_share_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
