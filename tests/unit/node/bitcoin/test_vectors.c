/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every known answer of tests/unit/node/bitcoin/vectors.json, against the module that gives it. */
#include "tests/unit/node/wire_test.h"

#include <stdio.h>

#include "data/lib/cidr.h"
#include "node/bitcoin/fields.h"
#include "node/bitcoin/frame.h"
#include "node/bitcoin/message.h"
#include "node/bitcoin/outgoing.h"

#define BTC_VECTORS	"tests/unit/node/bitcoin/vectors.json"
#define PAYLOAD_MAX	(1 << 17)

static uint8_t payload[PAYLOAD_MAX];

static size_t
unhex(uint8_t *out, const char *digits)
{
	size_t n = 0;

	for (unsigned v; sscanf(digits + 2 * n, "%2x", &v) == 1; n++) {
		assert_true(n < PAYLOAD_MAX);
		out[n] = (uint8_t)v;
	}
	return n;
}

/* The vector's bytes in payload; returns how many. */
static size_t
bytes_of(json_t *v)
{
	size_t n = unhex(payload, string_of(v, "hex"));
	json_t *repeat = json_object_get(v, "repeat");
	int times = repeat == NULL ? 0 : (int)json_integer_value(json_array_get(repeat, 1));

	for (int i = 0; i < times; i++) {
		const char *digits = json_string_value(json_array_get(repeat, 0));

		assert_true(n + strlen(digits) / 2 < PAYLOAD_MAX);
		n += unhex(payload + n, digits);
	}
	return n;
}

/* Calls check on every vector of a kind; there must be n of them. */
static void
each_of(const char *kind, size_t n, void (*check)(json_t *v, json_t *expect))
{
	json_error_t err;
	json_t *all = json_load_file(BTC_VECTORS, 0, &err), *v;
	size_t i, seen = 0;

	if (all == NULL)
		fail_msg(BTC_VECTORS ":%d: %s", err.line, err.text);
	json_array_foreach(json_object_get(all, "vectors"), i, v) {
		if (strcmp(string_of(v, "kind"), kind) != 0)
			continue;
		print_message("%s\n", string_of(v, "name"));
		check(v, json_object_get(v, "expect"));
		seen++;
	}
	assert_int_equal(seen, n);
	json_decref(all);
}

static const struct btc_network *
network_of(json_t *v)
{
	for (int i = 0; i < BTC_MEMBERS; i++) {
		if (strcmp(btc_networks[i].name, string_of(v, "network")) == 0)
			return &btc_networks[i];
	}
	fail_msg("no network %s", string_of(v, "network"));
	return NULL;
}

/* ---- frames ------------------------------------------------------------------- */

static const char *
status_name(enum btc_frame_result r)
{
	static const char *const name[] = {
		[BTC_FRAME_MORE] = "need-more", [BTC_FRAME_MESSAGE] = "message", [BTC_FRAME_SKIPPED] = "message",
		[BTC_FRAME_BAD_COMMAND] = "bad-command", [BTC_FRAME_BAD_CHECKSUM] = "bad-checksum",
		[BTC_FRAME_OVERSIZE] = "oversize", [BTC_FRAME_BAD_MAGIC] = "bad-magic",
		[BTC_FRAME_TOO_LONG] = "too-long", [BTC_FRAME_NO_MEMORY] = "no memory",
	};

	return name[r];
}

/* The first message of the vector's bytes, handed over in pieces of `cut` bytes. */
static void
check_frame_cut(json_t *v, json_t *expect, size_t n, size_t cut)
{
	struct btc_frame f;
	struct btc_message m;
	enum btc_frame_result r = BTC_FRAME_MORE;
	json_t *rest = json_object_get(expect, "rest"), *hex_payload = json_object_get(expect, "payload");
	size_t left = 0, at = 0;

	btc_frame_init(&f, network_of(v));
	while (r == BTC_FRAME_MORE && at < n) {
		const uint8_t *p = payload + at;
		size_t piece = cut < n - at ? cut : n - at;

		left = piece;
		r = btc_frame_next(&f, &p, &left, &m);
		at += piece;
		assert_true(r != BTC_FRAME_MORE || left == 0);
	}
	assert_string_equal(status_name(r), string_of(expect, "status"));
	if (json_object_get(expect, "command") != NULL) {
		assert_string_equal(m.command, string_of(expect, "command"));
		assert_int_equal(m.length, int_of(expect, "length"));
	}
	if (rest != NULL)
		assert_int_equal(left + (n - at), json_integer_value(rest));
	if (hex_payload != NULL && m.length > 0) {
		uint8_t want[64];

		assert_int_equal(unhex(want, json_string_value(hex_payload)), m.length);
		assert_memory_equal(m.payload, want, m.length);
	}
	btc_frame_clear(&f);
}

static void
check_frame(json_t *v, json_t *expect)
{
	size_t n = bytes_of(v);

	for (size_t cut = 1; cut <= n; cut++)
		check_frame_cut(v, expect, n, cut);
}

/* ---- version -------------------------------------------------------------------- */

static void
check_services(uint64_t services, json_t *want)
{
	char buf[BTC_SERVICES_TEXT];

	assert_text(btc_services_text(buf, services), json_string_value(want));
}

static void
check_endpoint(struct endpoint e, const char *address, json_int_t port)
{
	char buf[ENDPOINT_TEXT];

	assert_string_equal(address_format(buf, e), address);
	assert_int_equal(e.port, port);
}

static void
check_sloppy(int sloppy, json_t *want)
{
	size_t n = 0;
	const char *name;

	for (int bit = 1; (name = btc_sloppy_name(bit)) != NULL; bit <<= 1) {
		if (sloppy & bit)
			assert_string_equal(name, json_string_value(json_array_get(want, n++)));
	}
	assert_int_equal(n, json_array_size(want));
}

static void
check_version(json_t *v, json_t *expect)
{
	size_t n = bytes_of(v);
	struct btc_version x;
	const char *why = btc_version_read(&x, payload, n);
	json_t *you = json_object_get(expect, "you"), *relay = json_object_get(expect, "relay");
	uint8_t nonce[8];

	if (!int_of(expect, "ok")) {
		assert_string_equal(why, string_of(expect, "why"));
		return;
	}
	assert_null(why);
	assert_int_equal(x.protocol, int_of(expect, "protocol"));
	check_services(x.services, json_object_get(expect, "services"));
	assert_int_equal(x.time, int_of(expect, "time"));
	check_endpoint(x.you, json_string_value(json_array_get(you, 1)),
	    json_integer_value(json_array_get(you, 2)));
	assert_int_equal(unhex(nonce, string_of(expect, "nonce")), 8);
	assert_memory_equal(x.nonce, nonce, 8);
	assert_text(x.agent, string_of(expect, "agent"));
	assert_int_equal(x.height, int_of(expect, "height"));
	assert_int_equal(x.relay, json_is_null(relay) ? UNKNOWN : json_integer_value(relay));
	check_sloppy(x.sloppy, json_object_get(expect, "sloppy"));
	/* Cut anywhere before its relay byte, it is bad or lacks no more than that. */
	for (size_t k = 0; k < n; k++)
		assert_true(btc_version_read(&x, payload, k) != NULL || k + 2 >= n);
}

/* ---- addr and addrv2 --------------------------------------------------------------- */

static void
check_entries(json_t *v, json_t *expect)
{
	size_t n = bytes_of(v), i;
	struct btc_entries s;
	struct btc_entry e;
	const char *why = btc_entries_open(&s, strcmp(string_of(v, "kind"), "addrv2") == 0, payload, n);
	json_t *row;

	if (!int_of(expect, "ok")) {
		assert_non_null(why);
		assert_string_equal(why, string_of(expect, "why"));
		assert_false(btc_entries_next(&s, &e));
		return;
	}
	assert_null(why);
	check_sloppy(s.sloppy, json_object_get(expect, "sloppy"));
	json_array_foreach(json_object_get(expect, "entries"), i, row) {
		assert_true(btc_entries_next(&s, &e));
		assert_int_equal(e.time, json_integer_value(json_array_get(row, 0)));
		check_services(e.services, json_array_get(row, 1));
		assert_string_equal(e.network, json_string_value(json_array_get(row, 2)));
		check_endpoint(e.node, json_string_value(json_array_get(row, 3)),
		    json_integer_value(json_array_get(row, 4)));
	}
	assert_false(btc_entries_next(&s, &e));
}

/* ---- what we send ------------------------------------------------------------------------ */

static uint8_t sent[BTC_OUTGOING];
static size_t nsent;

static void
on_send(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	assert_true(n <= sizeof(sent));
	memcpy(sent, p, n);
	nsent = n;
}

static void
check_encode(json_t *v, json_t *expect)
{
	const struct btc_outgoing out = { network_of(v), on_send, NULL };
	json_t *args = json_object_get(v, "args");
	const char *message = string_of(args, "message");
	size_t n = bytes_of(v);
	uint8_t nonce[8] = { 0 };

	(void)expect;
	nsent = 0;
	if (json_object_get(args, "nonce") != NULL)
		assert_int_equal(unhex(nonce, string_of(args, "nonce")), 8);
	if (strcmp(message, "version") == 0) {
		json_t *you = json_object_get(args, "you");
		struct endpoint e;
		char text[ENDPOINT_TEXT];

		snprintf(text, sizeof(text), "%s:%d", json_string_value(json_array_get(you, 1)),
		    (int)json_integer_value(json_array_get(you, 2)));
		assert_null(endpoint_read(&e, text));
		btc_send_version(&out, int_of(args, "time"), e, nonce,
		    (struct text){ (const uint8_t *)string_of(args, "agent"), strlen(string_of(args, "agent")) });
	} else if (strcmp(message, "sendaddrv2") == 0)
		btc_send_sendaddrv2(&out);
	else if (strcmp(message, "verack") == 0)
		btc_send_verack(&out);
	else if (strcmp(message, "getaddr") == 0)
		btc_send_getaddr(&out);
	else
		btc_send_pong(&out, nonce);
	assert_int_equal(nsent, n);
	assert_memory_equal(sent, payload, n);
}

/* ---- addresses ---------------------------------------------------------------------------- */

static void
check_text(json_t *v, json_t *expect)
{
	bool onion = strcmp(string_of(v, "network"), "torv3") == 0;
	struct endpoint e;
	size_t n = bytes_of(v);

	assert_true(endpoint_of_bytes(&e, onion ? NET_TORV3 : NET_I2P, payload, n, 0));
	check_endpoint(e, string_of(expect, "text"), 0);
}

/* The blocks of the overlay's table, as a set. */
static struct cidr_set
unrelayed(void)
{
	const char *p = btc_fields[BITCOIN_MAIN].unrelayed;
	struct cidr_set s = { 0 };
	struct cidr c;

	for (; p != NULL; p = strchr(p, '\n') != NULL ? strchr(p, '\n') + 1 : NULL) {
		char block[CIDR_TEXT];
		size_t n = strcspn(p, ",\n");

		if (*p == '#' || n == 0 || n >= sizeof(block) || strncmp(p, "block", 5) == 0)
			continue;
		memcpy(block, p, n);
		block[n] = '\0';
		assert_null(cidr_parse(&c, block));
		assert_int_equal(cidr_set_add(&s, c), 0);
	}
	cidr_set_seal(&s);
	return s;
}

static void
check_routable(json_t *v, json_t *expect)
{
	struct cidr_set s = unrelayed();
	struct cidr c;

	assert_null(cidr_parse(&c, string_of(v, "address")));
	assert_int_equal(!cidr_set_contains(&s, &c.base), int_of(expect, "routable"));
	cidr_set_free(&s);
}

#define PASS(test, kind, n, check)	\
	static void test(void **state) { (void)state; each_of(kind, n, check); }

PASS(frame_vectors_pass, "frame", 16, check_frame)
PASS(version_vectors_pass, "version", 7, check_version)
PASS(addr_vectors_pass, "addr", 13, check_entries)
PASS(addrv2_vectors_pass, "addrv2", 22, check_entries)
PASS(encode_vectors_pass, "encode", 10, check_encode)
PASS(text_vectors_pass, "text", 2, check_text)
PASS(routable_vectors_pass, "routable", 17, check_routable)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_vectors_pass),
		cmocka_unit_test(version_vectors_pass),
		cmocka_unit_test(addr_vectors_pass),
		cmocka_unit_test(addrv2_vectors_pass),
		cmocka_unit_test(encode_vectors_pass),
		cmocka_unit_test(text_vectors_pass),
		cmocka_unit_test(routable_vectors_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
