/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole conversations with the dialog, by script, in both directions. */
#include "tests/unit/node/winny/talk.h"

#include <math.h>

#include "node/winny/limits.h"

static struct talk t;

/* ---- the handshake ----------------------------------------------------------------- */

static void
it_greets_block_by_block_and_waits_for_the_peers_speed(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	talk_open(&t, &c);
	assert_int_equal(t.writes, 2);
	assert_said(&t, "97 0");
	peer_greets(&t);
	assert_said(&t, "97 0");
	peer_introduces(&t, 120);
	assert_int_equal(t.writes, 5);
	assert_said(&t, "97 0 1 2 3");
	assert_int_equal(t.state, DIALOG_OPEN);
	assert_string_equal(winny.why(t.d), "");
	talk_close(&t);
}

static void
with_a_fixed_speed_it_waits_for_nothing(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	c.speed = 300;
	c.port0 = true;
	talk_open(&t, &c);
	assert_int_equal(t.writes, 5);
	assert_said(&t, "97 0 1 2 3");
	assert_true(t.speed == 300.0f);
	assert_int_equal(t.type.port0, 1);
	assert_int_equal(t.type.type + t.type.test + t.type.bbs, 0);
	assert_int_equal(endpoint_compare(t.self, c.self), 0);
	handshake(&t);
	assert_said(&t, "97 0 1 2 3");
	talk_close(&t);
}

/* 0 would have us dropped after 20 seconds, and a varying number would be a lie. */
static void
without_a_port_it_names_one_that_is_always_the_same(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	c.port0 = true;
	c.self = endpoint_ipv4(0, 0);
	for (int i = 0; i < 3; i++) {
		c.speed = 100 + i;
		talk_open(&t, &c);
		assert_int_equal(t.self.port, 31907);
		talk_close(&t);
	}
	c.self.port = 7000;
	talk_open(&t, &c);
	assert_int_equal(t.self.port, 7000);
	talk_close(&t);
}

static struct bytes said_bytes;

static void
keep_bytes(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	memcpy(said_bytes.b + said_bytes.n, p, n);
	said_bytes.n += n;
}

/* The words that a vector announces, in wire bytes: from its own cmd 3 block. */
static void
read_vector(json_t *v, struct dialog_config *c, struct bytes *stream)
{
	json_t *d = json_object_get(v, "decoded");
	static struct bytes self;
	char node[ENDPOINT_TEXT];
	size_t at = 17;

	*stream = hex_of(v, "ciphertext_hex");
	self = hex_of(json_array_get(json_object_get(v, "blocks"), 4), "plaintext_hex");
	snprintf(node, sizeof(node), "%s:%d", string_of(d, "ip"), (int)int_of(d, "port"));
	assert_true(endpoint_parse(&c->self, node));
	c->speed = (int32_t)int_of(d, "speed");
	c->port0 = int_of(d, "port0");
	memcpy(c->random, stream->b, PREAMBLE_LEN);
	for (size_t i = 0; i < 3; i++) {
		c->words[i] = (struct text){ self.b + at, self.b[14 + i] };
		at += c->words[i].len;
	}
}

/* Not the second vector: it is a test link with a host name, which we never open. */
static void
the_same_seed_gives_the_bytes_of_the_vectors(void **state)
{
	const struct dialog_sink sink = { keep_bytes, find, NULL };
	json_t *all = vectors(), *v;
	size_t i, seen = 0;

	(void)state;
	json_array_foreach(json_object_get(all, "vectors"), i, v) {
		struct dialog_config c = usual_config();
		struct bytes stream;
		struct dialog *d;

		if (strcmp(string_of(v, "kind"), "handshake") != 0 ||
		    int_of(json_object_get(v, "decoded"), "conn_test"))
			continue;
		read_vector(v, &c, &stream);
		said_bytes.n = 0;
		d = winny.open(&c, &sink, 0);
		assert_true(said_bytes.n > 54 && said_bytes.n <= stream.n);
		assert_memory_equal(said_bytes.b, stream.b, said_bytes.n);
		winny.close(d);
		seen++;
	}
	assert_int_equal(seen, 2);
	json_decref(all);
}

/* The lines of a vector's words and host name. */
static const char *
words_told(json_t *d)
{
	static char told[1024];
	const char *ddns = string_of(d, "ddns");
	json_t *word;
	size_t i;

	told[0] = '\0';
	json_array_foreach(json_object_get(d, "cluster"), i, word)
		if (json_string_length(word) > 0)
			sprintf(told + strlen(told), " cluster word=%s", json_string_value(word));
	if (ddns[0] != '\0')
		sprintf(told + strlen(told), " host name=%s", ddns);
	return told;
}

static void
check_accepts(json_t *v)
{
	json_t *d = json_object_get(v, "decoded");
	struct bytes stream = hex_of(v, "ciphertext_hex");

	for (size_t cut = 0; cut <= stream.n; cut++) {
		struct dialog_config c = usual_config();
		struct dialog_peer p;
		const char *told;

		talk_open(&t, &c);
		give(&t, stream.b, cut);
		give(&t, stream.b + cut, stream.n - cut);
		assert_int_equal(t.state, DIALOG_OPEN);
		p = peer_of(&t);
		assert_true(p.handshaken);
		assert_int_equal(contact_of(&t, WINNY_CONTACT_VERSION), int_of(d, "version"));
		assert_int_equal(contact_of(&t, WINNY_CONTACT_SPEED), int_of(d, "speed"));
		assert_int_equal(contact_of(&t, WINNY_CONTACT_PORT0), int_of(d, "port0"));
		assert_int_equal(p.undialable, int_of(d, "port0"));
		assert_int_equal(p.test_link, int_of(d, "conn_test"));
		assert_int_equal(p.announced.port, int_of(d, "port"));
		told = described(&t);
		if (strncmp(told, " behind a NAT as=", 17) == 0)
			told = told + 17 + strcspn(told + 17, " ");
		assert_string_equal(told, words_told(d));
		assert_int_equal(p.neighbours, strcmp(string_of(v, "id"), "pub-handshake-1") == 0);
		talk_close(&t);
	}
}

static void
it_accepts_the_vectors_cut_anywhere(void **state)
{
	(void)state;
	each_vector("handshake", 3, check_accepts);
}

static void
the_order_of_the_introduction_is_free(void **state)
{
	struct dialog_config c = usual_config();
	const struct self_info self = { .ip = 0x0a000001, .port = 40000 };
	const struct link_type type = { .port0 = 1 };

	(void)state;
	talk_open(&t, &c);
	peer_greets(&t);
	SAY(&t, answer_bbs_port(w, 8001));
	SAY(&t, outgoing_self(w, &self));
	assert_said(&t, "97 0 1 2 3");		/* no speed to fit to: the default */
	assert_true(t.speed == 120.0f);
	SAY(&t, outgoing_link_type(w, &type));
	SAY(&t, outgoing_speed(w, 64));
	assert_said(&t, "97 0 1 2 3");
	assert_int_equal(contact_of(&t, WINNY_CONTACT_SPEED), 64);
	assert_int_equal(contact_of(&t, WINNY_CONTACT_PORT0), 1);
	assert_true(peer_of(&t).undialable);
	assert_int_equal(peer_of(&t).announced.port, 40000);
	assert_int_equal(peer_of(&t).announced.ip, c.peer.ip);
	assert_string_equal(described(&t), " behind a NAT as=10.0.0.1:40000");
	talk_close(&t);
}

static void
what_it_says_of_itself_first_counts(void **state)
{
	const struct self_info other = { .ip = 1, .port = 9, .words = { text("x") } };
	struct dialog_config c = usual_config();

	(void)state;
	talk_open(&t, &c);
	handshake(&t);
	SAY(&t, outgoing_self(w, &other));
	SAY(&t, outgoing_speed(w, 999));
	assert_int_equal(t.state, DIALOG_OPEN);
	assert_int_equal(peer_of(&t).announced.port, 7743);
	assert_int_equal(contact_of(&t, WINNY_CONTACT_SPEED), 120);
	assert_string_equal(described(&t), " cluster word=music cluster word=test");
	talk_close(&t);
}

static void
words_are_cut_at_nul_blank_and_127_bytes(void **state)
{
	struct dialog_config c = usual_config();
	uint8_t payload[12 + 200 + 5 + 3] = { 203, 0, 113, 7, 0x3f, 0x1e, 0, 0, 4, 200, 5, 3 };
	char word[128] = "", told[256];

	(void)state;
	memcpy(payload + 12, "ab\0c", 4);
	memset(payload + 16, 'x', 200);
	memcpy(payload + 216, "a bc", 4);
	talk_open(&t, &c);
	peer_greets(&t);
	SAY(&t, answer_block(w, CMD_SELF, (struct text){ payload, sizeof(payload) + 4 - 4 }));
	assert_int_equal(t.state, DIALOG_BROKEN);	/* the last word runs past the block */
	talk_close(&t);
	payload[10] = 1;
	payload[11] = 3;
	talk_open(&t, &c);
	peer_greets(&t);
	SAY(&t, answer_block(w, CMD_SELF, (struct text){ payload, sizeof(payload) }));
	memset(word, 'x', 127);
	snprintf(told, sizeof(told), " cluster word=%s cluster word=a host name=ab", word);
	assert_string_equal(described(&t), told);
	talk_close(&t);
}

/* ---- speed --------------------------------------------------------------------------- */

static float
answer_to(float speed, bool port0)
{
	struct dialog_config c = usual_config();
	float ours;

	c.port0 = port0;
	talk_open(&t, &c);
	peer_greets(&t);
	peer_introduces(&t, speed);
	ours = t.speed;
	assert_int_equal(t.state, DIALOG_OPEN);
	assert_said(&t, "97 0 1 2 3");
	talk_close(&t);
	return ours;
}

/* As a node of that speed sees it, by whatever fraction it really is faster. */
static void
fitted_speeds_make_us_upstream_within_the_limit(void **state)
{
	(void)state;
	for (float own = 1; own <= LIMIT_SPEED; own = own < 40 ? own + 0.25f : own * 1.01f) {
		int told = (int)own, ours = (int)answer_to((float)told, false);

		assert_true((double)ours / own > 1.5 && (double)ours / told <= 19.9);
		assert_true((int)answer_to(own, false) == ours);
	}
}

static void
without_a_port_we_are_slower_than_the_peer(void **state)
{
	(void)state;
	for (int own = 2; own <= 5000; own++) {
		int ours = (int)answer_to((float)own, true);

		assert_true(ours < own && own <= 19.9 * ours);
	}
	assert_true(answer_to(1, true) == 1.0f);
}

static void
absurd_speeds_get_a_sane_answer(void **state)
{
	static const struct { float said; int32_t kept; float ours; } absurd[] = {
		{ 0, 0, 120 }, { 0.5f, 0, 120 }, { -0.0f, 0, 120 }, { -1, UNKNOWN, 120 },
		{ -1e30f, UNKNOWN, 120 }, { 1e30f, INT32_MAX, 5.0f * LIMIT_SPEED },
		{ 2147483648.0f, INT32_MAX, 5.0f * LIMIT_SPEED },
		{ 100001, 100001, 5.0f * LIMIT_SPEED },
		{ (float)INFINITY, INT32_MAX, 5.0f * LIMIT_SPEED },
		{ (float)-INFINITY, UNKNOWN, 120 }, { (float)NAN, UNKNOWN, 120 },
		{ 1.4e-45f, 0, 120 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		struct dialog_config c = usual_config();

		assert_true(answer_to(absurd[i].said, false) == absurd[i].ours);
		talk_open(&t, &c);
		peer_greets(&t);
		peer_introduces(&t, absurd[i].said);
		assert_int_equal(contact_of(&t, WINNY_CONTACT_SPEED), absurd[i].kept);
		talk_close(&t);
	}
}

/* ---- windows --------------------------------------------------------------------------- */

static void
it_asks_at_age_and_by_the_window_and_leaves(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	talk_open(&t, &c);
	t.now += 300;
	handshake(&t);
	assert_true(winny.due(t.d) == 1000000 + 6000);
	t.state = winny.tick(t.d, 1000000 + 5999);
	assert_said(&t, "97 0 1 2 3");
	until_due(&t);
	assert_said(&t, "97 0 1 2 3 10");
	t.now += 500;
	peer_spreads(&t);
	assert_int_equal(peer_of(&t).windows, 1);
	assert_true(winny.due(t.d) == 1000000 + 6000 + 30000);
	until_due(&t);
	assert_said(&t, "97 0 1 2 3 10 10");
	peer_spreads(&t);
	assert_said(&t, "97 0 1 2 3 10 10 31");
	assert_ended(&t, DIALOG_DONE, "every window");
	assert_int_equal(peer_of(&t).windows, 2);
	assert_int_equal(winny.tick(t.d, t.now + 1000000), DIALOG_DONE);
	peer_spreads(&t);
	assert_said(&t, "97 0 1 2 3 10 10 31");
	talk_close(&t);
}

static void
patience_ends_after_the_last_request(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	talk_open(&t, &c);
	handshake(&t);
	until_due(&t);
	until_due(&t);		/* the first answer never came: ask again all the same */
	assert_said(&t, "97 0 1 2 3 10 10");
	assert_true(winny.due(t.d) == 1000000 + 6000 + 30000 + 15000);
	until_due(&t);
	assert_said(&t, "97 0 1 2 3 10 10 31");
	assert_ended(&t, DIALOG_DONE, "did not come");
	assert_int_equal(peer_of(&t).windows, 0);
	talk_close(&t);
}

static void
only_a_spread_after_a_request_is_an_answer(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	talk_open(&t, &c);
	handshake(&t);
	peer_spreads(&t);	/* a sibling asked */
	assert_int_equal(peer_of(&t).windows, 0);
	until_due(&t);
	peer_query(&t, (struct query){ .reply = 1 }, NULL, NULL, 0);
	peer_query(&t, (struct query){ .id = 9 }, NULL, NULL, 0);
	peer_query(&t, (struct query){ .spread = 1, .bbs = 1 }, NULL, NULL, 0);
	assert_int_equal(peer_of(&t).windows, 0);
	peer_spreads(&t);
	peer_spreads(&t);
	assert_int_equal(peer_of(&t).windows, 1);
	talk_close(&t);
}

static void
a_census_leaves_when_the_handshake_is_over(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	c.windows = 0;
	talk_open(&t, &c);
	peer_greets(&t);
	assert_said(&t, "97 0");
	peer_introduces(&t, 120);
	assert_said(&t, "97 0 1 2 3 31");
	assert_ended(&t, DIALOG_DONE, "handshake");
	assert_true(peer_of(&t).handshaken);
	talk_close(&t);
}

static void
never_is_far_enough(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	c.speed = 100;
	c.handshake_ms = c.age_ms = INT64_MAX;
	talk_open(&t, &c);
	assert_true(winny.due(t.d) == INT64_MAX);
	handshake(&t);
	assert_true(winny.due(t.d) == INT64_MAX);
	assert_int_equal(t.state, DIALOG_OPEN);
	talk_close(&t);
}

/* ---- how it ends ------------------------------------------------------------------------ */

/* All blocks count, those that say nothing too, and those of the handshake. */
static void
blocks_are_counted_however_they_are_cut_up(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	c.blocks_max = 20;
	for (size_t step = 1; step <= 64; step *= 4) {
		uint8_t empty[15 * 4] = { 0 };

		talk_open(&t, &c);
		handshake(&t);
		link_cipher_apply(&t.peer, empty, empty, sizeof(empty));
		for (size_t at = 0; at < sizeof(empty); at += step)
			give(&t, empty + at, step < sizeof(empty) - at ? step : sizeof(empty) - at);
		assert_int_equal(t.state, DIALOG_OPEN);
		peer_spreads(&t);
		assert_ended(&t, DIALOG_BROKEN, "more blocks");
		assert_true(peer_of(&t).handshaken);
		talk_close(&t);
	}
}

static void
each_close_command_ends_the_link(void **state)
{
	static const uint8_t closes[] = { 31, 32, 33, 34, 35, 37 };

	(void)state;
	for (size_t i = 0; i < sizeof(closes); i++) {
		for (int late = 0; late < 2; late++) {
			struct dialog_config c = usual_config();

			talk_open(&t, &c);
			if (late)
				handshake(&t);
			else
				give(&t, peer_preamble, PREAMBLE_LEN);
			peer_bare(&t, closes[i]);
			assert_ended(&t, DIALOG_DROPPED, "the peer");
			assert_int_equal(contact_of(&t, WINNY_CONTACT_COMMAND), closes[i]);
			assert_int_equal(peer_of(&t).farewell, closes[i]);
			assert_int_equal(peer_of(&t).handshaken, late);
			assert_said(&t, late ? "97 0 1 2 3" : "97 0");
			talk_close(&t);
		}
	}
}

static void
breaches_of_the_protocol_end_the_link(void **state)
{
	static const struct { uint8_t code; const char *payload, *why; } breaches[] = {
		{ 36, "", "unknown" }, { 14, "", "unknown" }, { 200, "00", "unknown" },
		{ 10, "00", "payload" }, { 16, "00", "payload" }, { 1, "000000", "past the block" },
		{ 3, "cb0071073f1e000000000001", "past the block" },
		{ 13, "000100000000000000000000000000000000000000" "0300", "past the block" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++) {
		struct dialog_config c = usual_config();
		struct bytes payload = hex(breaches[i].payload);

		talk_open(&t, &c);
		handshake(&t);
		SAY(&t, answer_block(w, breaches[i].code, (struct text){ payload.b, payload.n }));
		assert_ended(&t, DIALOG_BROKEN, breaches[i].why);
		assert_int_equal(contact_of(&t, WINNY_CONTACT_COMMAND), UNKNOWN);
		assert_int_equal(peer_of(&t).farewell, UNKNOWN);
		assert_said(&t, "97 0 1 2 3");
		talk_close(&t);
	}
}

static void
a_second_header_and_one_that_is_none_are_breaches(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	talk_open(&t, &c);
	peer_greets(&t);
	peer_header(&t, 12710, "Winny Ver2.0b1  ");
	assert_ended(&t, DIALOG_BROKEN, "second");
	talk_close(&t);

	talk_open(&t, &c);
	give(&t, peer_preamble, PREAMBLE_LEN);
	peer_header(&t, 12900, "Winny Ver2.0b1  ");
	assert_ended(&t, DIALOG_BROKEN, "header");
	assert_int_equal(contact_of(&t, WINNY_CONTACT_VERSION), 12900);
	talk_close(&t);

	talk_open(&t, &c);
	give(&t, peer_preamble, PREAMBLE_LEN);
	peer_spreads(&t);
	assert_ended(&t, DIALOG_BROKEN, "before the protocol header");
	talk_close(&t);
}

static void
long_and_negative_blocks_end_the_link_at_their_length(void **state)
{
	static const uint32_t len[] = { LIMIT_BLOCK + 1, 0xffffffff, 0x80000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		struct dialog_config c = usual_config();

		talk_open(&t, &c);
		handshake(&t);
		SAY(&t, wire_put_u32(w, len[i]));
		assert_ended(&t, DIALOG_BROKEN, "longer");
		talk_close(&t);
	}
}

static void
a_peer_without_a_port_is_a_breach(void **state)
{
	static const int32_t port[] = { 0, -1, 65536, INT32_MIN };

	(void)state;
	for (size_t i = 0; i < sizeof(port) / sizeof(port[0]); i++) {
		struct dialog_config c = usual_config();
		const struct self_info self = { .ip = 1, .port = port[i] };

		talk_open(&t, &c);
		peer_greets(&t);
		SAY(&t, outgoing_self(w, &self));
		assert_ended(&t, DIALOG_BROKEN, "port");
		assert_false(peer_of(&t).handshaken);
		talk_close(&t);
	}
}

static void
a_handshake_has_until_its_deadline(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	talk_open(&t, &c);
	peer_greets(&t);
	assert_true(winny.due(t.d) == t.now + 10000);
	until_due(&t);
	assert_said(&t, "97 0 1 2 3");		/* no speed to fit to: the peer may wait for ours */
	assert_true(t.speed == 120.0f);
	assert_true(winny.due(t.d) == t.now + 10000);
	until_due(&t);
	assert_ended(&t, DIALOG_BROKEN, "not over in time");
	assert_said(&t, "97 0 1 2 3");
	talk_close(&t);

	talk_open(&t, &c);
	t.now += 19999;
	handshake(&t);
	assert_int_equal(t.state, DIALOG_OPEN);
	talk_close(&t);

	talk_open(&t, &c);	/* bytes that come after the deadline are late */
	t.now += 20000;
	handshake(&t);
	assert_ended(&t, DIALOG_BROKEN, "not over in time");
	talk_close(&t);
}

/* Two sensors, each waiting for the other's speed: bytes go to the other's queue. */
struct mailbox {
	uint8_t	bytes[4096];
	size_t	n;
};

static void
post(void *arg, const uint8_t *p, size_t n)
{
	struct mailbox *m = arg;

	assert_true(n <= sizeof(m->bytes) - m->n);
	memcpy(m->bytes + m->n, p, n);
	m->n += n;
}

static void
two_sensors_do_not_wait_for_each_other_for_ever(void **state)
{
	struct mailbox box[2] = { { .n = 0 }, { .n = 0 } };
	struct dialog *d[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct dialog_sink sink = { post, find, &box[i] };
		struct dialog_config c = usual_config();

		c.inbound = i == 1;
		d[i] = winny.open(&c, &sink, 0);
	}
	for (int64_t now = 0; now <= 10000; now += 10000) {
		for (int i = 0; i < 2; i++)
			winny.tick(d[i], now);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(winny.input(d[i], now, box[!i].bytes, box[!i].n), DIALOG_OPEN);
			box[!i].n = 0;
		}
	}
	for (int i = 0; i < 2; i++) {
		struct dialog_peer p;

		winny.peer(d[i], &p);
		assert_true(p.handshaken);
		winny.close(d[i]);
	}
}

static void
it_says_goodbye_when_told_to_stop(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	talk_open(&t, &c);
	winny.leave(t.d);
	t.state = winny.tick(t.d, t.now);
	assert_said(&t, "97 0 31");
	assert_ended(&t, DIALOG_DONE, "told to stop");
	winny.leave(t.d);
	assert_said(&t, "97 0 31");
	talk_close(&t);
	winny.close(NULL);
}

static void
fillers_and_empty_blocks_are_nothing(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	talk_open(&t, &c);
	peer_greets(&t);
	for (uint8_t code = 96; code < 100; code++)
		peer_bare(&t, code);
	for (int i = 0; i < 1000; i++)
		SAY(&t, wire_put_u32(w, 0));
	peer_bare(&t, 10);
	peer_bare(&t, 16);
	peer_introduces(&t, 120);
	assert_int_equal(t.state, DIALOG_OPEN);
	assert_string_equal(t.found, "");
	talk_close(&t);
}

/* ---- other kinds of links ------------------------------------------------------------------ */

static void
peer_says_type(struct link_type type)
{
	const struct self_info self = { .ip = 0xcb007107, .port = 7743 };

	peer_greets(&t);
	SAY(&t, outgoing_speed(w, 120));
	SAY(&t, outgoing_link_type(w, &type));
	SAY(&t, outgoing_self(w, &self));
}

static void
a_test_link_is_held_and_not_spoken_to(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	c.inbound = true;
	c.peer.port = 0;
	for (int early = 0; early < 2; early++) {
		talk_open(&t, &c);
		peer_says_type((struct link_type){ .type = 1, .test = 1 });
		assert_int_equal(t.state, DIALOG_OPEN);
		assert_int_equal(peer_of(&t).test_link, 1);
		assert_int_equal(peer_of(&t).announced.port, 7743);
		assert_true(winny.due(t.d) == t.now + LIMIT_TEST_LINK_MS);
		if (early) {
			winny.leave(t.d);
			t.state = winny.tick(t.d, t.now);
			assert_ended(&t, DIALOG_DONE, "told to stop");
		} else {
			until_due(&t);
			assert_ended(&t, DIALOG_DONE, "tests our port");
		}
		assert_said(&t, "97 0 1 2 3");
		talk_close(&t);
	}
}

static void
a_link_of_no_use_ends_with_a_goodbye(void **state)
{
	static const struct link_type useless[] = { { .type = 1 }, { .type = 2 }, { .bbs = 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		struct dialog_config c = usual_config();

		c.inbound = true;
		talk_open(&t, &c);
		peer_says_type(useless[i]);
		assert_said(&t, "97 0 1 2 3 31");
		assert_ended(&t, DIALOG_DONE, "nothing to hear");
		assert_true(peer_of(&t).handshaken);
		talk_close(&t);
	}
}

static void
an_inbound_search_link_is_asked_like_any_other(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	c.inbound = true;
	c.peer.port = 0;
	talk_open(&t, &c);
	assert_int_equal(peer_of(&t).announced.port, 0);
	handshake(&t);
	assert_int_equal(peer_of(&t).announced.port, 7743);
	until_due(&t);
	peer_spreads(&t);
	assert_said(&t, "97 0 1 2 3 10");
	assert_int_equal(peer_of(&t).windows, 1);
	talk_close(&t);
}

/* ---- chunks ---------------------------------------------------------------------------------- */

static void
hold_a_long_conversation(void)
{
	static const uint8_t hash[16] = { 7 };
	uint8_t cipher[KEY_NAME_MAX];
	const struct endpoint via[2] = { endpoint_ipv4(0xcb007107, 7743),
		endpoint_ipv4(0xc6336417, 9338) };
	const struct other_node n = { .ip = 0xc6336417, .port = 9338, .speed = 120,
		.words = { text("a"), text(""), text("b") } };
	struct key k = { .source = via[1], .hash = hash, .size = 1000, .ttl = 1500, .version = 5 };

	answer_name(&k, cipher, text("some name"));
	t.hold = true;
	handshake(&t);
	SAY(&t, answer_node(w, &n));
	SAY(&t, wire_put_u32(w, 0));
	peer_query(&t, (struct query){ .spread = 1 }, NULL, &k, 1);
	peer_query(&t, (struct query){ .nvia = 2, .words = text("w"), .id = 5 }, via, NULL, 0);
	peer_query(&t, (struct query){ .spread = 1, .downstream = 1 }, NULL, &k, 1);
	peer_query(&t, (struct query){ .spread = 1, .downstream = 1 }, NULL, &k, 1);
	peer_bare(&t, 33);
	peer_spreads(&t);
	t.hold = false;
}

/* At a time when a request is due, so that time and bytes meet. */
static void
how_bytes_are_cut_makes_no_difference(void **state)
{
	struct dialog_config c = usual_config();
	static char found[sizeof(t.found)];
	size_t whole = 0;

	(void)state;
	c.windows = 1;
	for (size_t cut = 0; whole == 0 || cut <= whole; cut++) {
		for (size_t step = 1; step <= 3; step++) {
			talk_open(&t, &c);
			hold_a_long_conversation();
			t.now += 6000;
			whole = t.nheld;
			give(&t, t.held, cut);
			for (size_t at = cut; at < whole && t.state == DIALOG_OPEN; at += step)
				give(&t, t.held + at, step < whole - at ? step : whole - at);
			if (cut == 0 && step == 1)
				strcpy(found, t.found);
			assert_string_equal(t.found, found);
			assert_said(&t, "97 0 1 2 3 10 31");
			assert_ended(&t, DIALOG_DONE, "every window");
			talk_close(&t);
		}
	}
	assert_true(whole > 200);
}

/* The request is due when the answer comes: it goes out before the bytes are read. */
static void
what_is_due_is_done_before_the_bytes(void **state)
{
	struct dialog_config c = usual_config();

	(void)state;
	for (size_t size = 1; size < 64; size += 62) {
		talk_open(&t, &c);
		handshake(&t);
		t.hold = true;
		peer_spreads(&t);
		t.hold = false;
		t.now += 6000;
		for (size_t at = 0; at < t.nheld; at += size)
			give(&t, t.held + at, size < t.nheld - at ? size : t.nheld - at);
		assert_said(&t, "97 0 1 2 3 10");
		assert_int_equal(peer_of(&t).windows, 1);
		talk_close(&t);
	}
}

/* ---- manners ----------------------------------------------------------------------------------- */

/* Hundreds of random peers: nothing but the seven commands is ever heard. */
static void
it_sends_only_97_0_1_2_3_10_and_31(void **state)
{
	(void)state;
	srand(5);
	for (int round = 0; round < 2000; round++) {
		struct dialog_config c = usual_config();

		c.speed = rand() % 2 * 100;
		c.port0 = rand() % 2;
		c.inbound = rand() % 2;
		c.windows = rand() % 4;
		talk_open(&t, &c);
		if (rand() % 8 != 0)
			handshake(&t);
		for (int i = 0; i < 20 && t.state == DIALOG_OPEN; i++) {
			uint8_t junk[64];

			for (size_t k = 0; k < sizeof(junk); k++)
				junk[k] = (uint8_t)rand();
			t.now += rand() % 20000;
			t.state = winny.tick(t.d, t.now);
			if (rand() % 2)
				peer_spreads(&t);
			else
				SAY(&t, answer_block(w, (uint8_t)(rand() % 40),
				    (struct text){ junk, (size_t)(rand() % 64) }));
		}
		winny.leave(t.d);
		for (size_t i = 0; i < t.nsaid; i++)
			assert_true(command_find(t.said[i])->ours);
		talk_close(&t);
	}
}

static void
nothing_is_answered_and_no_search_forwarded(void **state)
{
	struct dialog_config c = usual_config();
	const struct endpoint via = { .ip = 0xcb007107, .port = 7743 };

	(void)state;
	talk_open(&t, &c);
	handshake(&t);
	peer_bare(&t, 10);
	peer_query(&t, (struct query){ .nvia = 1, .words = text("w") }, &via, NULL, 0);
	peer_query(&t, (struct query){ .nvia = 1, .downstream = 1 }, &via, NULL, 0);
	SAY(&t, answer_conditional(w, &(struct conditional){ .words = text("w") }));
	SAY(&t, answer_block(w, 11, (struct text){ (uint8_t[32]){ 0 }, 32 }));
	SAY(&t, answer_block(w, 22, (struct text){ (uint8_t[8]){ 0 }, 8 }));
	assert_said(&t, "97 0 1 2 3");
	assert_int_equal(t.state, DIALOG_OPEN);
	talk_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_greets_block_by_block_and_waits_for_the_peers_speed),
		cmocka_unit_test(with_a_fixed_speed_it_waits_for_nothing),
		cmocka_unit_test(without_a_port_it_names_one_that_is_always_the_same),
		cmocka_unit_test(the_same_seed_gives_the_bytes_of_the_vectors),
		cmocka_unit_test(it_accepts_the_vectors_cut_anywhere),
		cmocka_unit_test(the_order_of_the_introduction_is_free),
		cmocka_unit_test(what_it_says_of_itself_first_counts),
		cmocka_unit_test(words_are_cut_at_nul_blank_and_127_bytes),
		cmocka_unit_test(fitted_speeds_make_us_upstream_within_the_limit),
		cmocka_unit_test(without_a_port_we_are_slower_than_the_peer),
		cmocka_unit_test(absurd_speeds_get_a_sane_answer),
		cmocka_unit_test(it_asks_at_age_and_by_the_window_and_leaves),
		cmocka_unit_test(patience_ends_after_the_last_request),
		cmocka_unit_test(only_a_spread_after_a_request_is_an_answer),
		cmocka_unit_test(a_census_leaves_when_the_handshake_is_over),
		cmocka_unit_test(never_is_far_enough),
		cmocka_unit_test(blocks_are_counted_however_they_are_cut_up),
		cmocka_unit_test(each_close_command_ends_the_link),
		cmocka_unit_test(breaches_of_the_protocol_end_the_link),
		cmocka_unit_test(a_second_header_and_one_that_is_none_are_breaches),
		cmocka_unit_test(long_and_negative_blocks_end_the_link_at_their_length),
		cmocka_unit_test(a_peer_without_a_port_is_a_breach),
		cmocka_unit_test(a_handshake_has_until_its_deadline),
		cmocka_unit_test(two_sensors_do_not_wait_for_each_other_for_ever),
		cmocka_unit_test(it_says_goodbye_when_told_to_stop),
		cmocka_unit_test(fillers_and_empty_blocks_are_nothing),
		cmocka_unit_test(a_test_link_is_held_and_not_spoken_to),
		cmocka_unit_test(a_link_of_no_use_ends_with_a_goodbye),
		cmocka_unit_test(an_inbound_search_link_is_asked_like_any_other),
		cmocka_unit_test(how_bytes_are_cut_makes_no_difference),
		cmocka_unit_test(what_is_due_is_done_before_the_bytes),
		cmocka_unit_test(it_sends_only_97_0_1_2_3_10_and_31),
		cmocka_unit_test(nothing_is_answered_and_no_search_forwarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
