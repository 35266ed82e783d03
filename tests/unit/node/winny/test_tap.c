/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a tap makes of a direction with and without holes, however it is cut up. */
#include <stdio.h>

#include "tests/unit/node/wire_test.h"

#include "node/winny/link_cipher.h"
#include "node/winny/dialog.h"
#include "node/winny/limits.h"
#include "node/winny/outgoing.h"
#include "node/winny/resync.h"
#include "node/winny/tap.h"
#include "tests/lab/answer.h"

#define STREAM_MAX	600000
#define HEADER_END	36

static const struct endpoint from = { .ip = 0xc6336401, .port = 4000 };
static const struct endpoint to = { .ip = 0xcb007101, .port = 5000 };

/* A direction under construction: in clear, and where each block begins. */
static struct {
	uint8_t	plain[STREAM_MAX], wire[STREAM_MAX];
	size_t	n;
	size_t	block[64], nblocks;
} s;

static struct wire_out
more(void)
{
	s.block[s.nblocks++] = s.n;
	return wire_out_of(s.plain + s.n, STREAM_MAX - s.n);
}

static void
done(const struct wire_out *w)
{
	assert_false(w->bad);
	s.n = (size_t)(w->p - s.plain);
}

static void
add_raw(uint8_t code, size_t n)
{
	struct wire_out w = more();

	wire_put_u32(&w, (uint32_t)n + 1);
	wire_put_u8(&w, code);
	for (size_t i = 0; i < n; i++)
		wire_put_u8(&w, (uint8_t)(i * 167 + i / 256));
	done(&w);
}

static void
add_node(uint32_t ip)
{
	struct other_node node = { .ip = ip, .port = 7000, .speed = 100 };
	struct wire_out w = more();

	answer_node(&w, &node);
	done(&w);
}

static void
add_keys(unsigned n, bool reply)
{
	struct query q = { .reply = reply, .spread = reply, .downstream = 1, .words = text(reply ? "" : "x") };
	uint8_t name[KEY_NAME_MAX];
	static const uint8_t hash[16] = { 1 };
	struct answer_query a;
	struct wire_out w = more();

	answer_query_begin(&a, &w, &q, NULL);
	for (unsigned i = 0; i < n; i++) {
		struct key k = { .source = endpoint_ipv4(0xc6120000 + i, 6000), .size = 1000, .hash = hash,
			.ttl = 1500, .blocks = 1, .version = 1 };

		answer_name(&k, name, text("a name of a file"));
		answer_query_key(&a, &k);
	}
	answer_query_end(&a);
	done(&w);
}

static void
add_self(int32_t port)
{
	struct self_info self = { .ip = from.ip, .port = port };
	struct wire_out w = more();

	outgoing_self(&w, &self);
	done(&w);
}

static void
begin(const char *version)
{
	struct wire_out w;

	s.n = s.nblocks = 0;
	memcpy(s.plain, (const uint8_t[]){ 1, 2, 0xd2, 0x46, 0xad, 0x10 }, PREAMBLE_LEN);
	s.n = PREAMBLE_LEN;
	w = more();
	outgoing_filler(&w);
	done(&w);
	w = more();
	outgoing_header(&w, 12710, text(version));
	done(&w);
}

static void
encrypt(void)
{
	struct link_cipher c;

	link_cipher_start(&c, s.plain);
	memcpy(s.wire, s.plain, PREAMBLE_LEN);
	link_cipher_apply(&c, s.wire + PREAMBLE_LEN, s.plain + PREAMBLE_LEN, HEADER_END - PREAMBLE_LEN);
	link_cipher_rekey(&c);
	link_cipher_apply(&c, s.wire + HEADER_END, s.plain + HEADER_END, s.n - HEADER_END);
}

/* The usual direction: handshake, six nodes, two answers of keys, a search, a file block, a goodbye. */
static void
usual(void)
{
	struct link_type type = { .port0 = 0 };
	struct wire_out w;

	begin("Winny Ver2.0b7.1");
	assert_int_equal(s.n, HEADER_END);
	w = more();
	outgoing_speed(&w, 120);
	done(&w);
	w = more();
	outgoing_link_type(&w, &type);
	done(&w);
	add_self(4711);
	for (uint32_t i = 0; i < 6; i++)
		add_node(0xc0000201 + i);
	add_keys(30, true);
	add_keys(5, false);
	add_raw(CMD_FILE_BLOCK, 3000);
	add_keys(10, true);
	w = more();
	outgoing_farewell(&w);
	done(&w);
	encrypt();
}

/* ---- one play ----------------------------------------------------------------------- */

struct heard {
	uint64_t	n[OBS_NTYPE], passing;
	struct tap_state state;
};

static void
found(void *arg, const struct observation *o, bool in_passing)
{
	struct heard *h = arg;

	h->n[o->type] += !in_passing;
	h->passing += in_passing;
}

/* Bytes [hole, hole + missing) are not in the capture; the rest comes in pieces. */
static struct heard
play(size_t piece, size_t hole, size_t missing)
{
	const struct tap_config c = { .from = from, .to = to, .client = true };
	struct heard h = { { 0 }, 0, { .level = TAP_NONE } };
	const struct tap_sink sink = { found, &h };
	struct tap *t = winny.tap_open(&c, &sink);

	assert_non_null(t);
	for (size_t at = 0; at < s.n;) {
		size_t end = at + piece < s.n ? at + piece : s.n;

		if (at == hole && missing > 0) {
			winny.tap_gap(t, missing);
			at += missing;
			continue;
		}
		if (at < hole && end > hole)
			end = hole;
		winny.tap_input(t, s.wire + at, end - at);
		at = end;
	}
	winny.tap_end(t);
	winny.tap_state(t, &h.state);
	assert_true(winny.tap_bytes(t) > 0);
	winny.tap_close(t);
	return h;
}

static void
a_whole_direction_is_read_in_pieces_of_any_size(void **state)
{
	static const size_t size[] = { 1, 3, 11, 36, 500, STREAM_MAX };

	(void)state;
	usual();
	for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		struct heard h = play(size[i], SIZE_MAX, 0);

		assert_int_equal(h.state.level, TAP_HANDSHAKE);
		assert_int_equal(h.state.bytes, s.n);
		assert_int_equal(h.state.unread, 0);
		assert_int_equal(h.state.lost_blocks, 0);
		assert_int_equal(h.state.transfers, 1);
		assert_int_equal(h.state.peer.keys, 40);
		assert_int_equal(h.n[OBS_KEY], 40);
		assert_int_equal(h.passing, 5);
		assert_int_equal(h.n[OBS_NEIGHBOUR], 6);
		assert_int_equal(h.n[OBS_QUERY], 1);
		assert_int_equal(h.state.peer.announced.port, 4711);
		assert_int_equal(h.state.claims.port, 4711);
		assert_int_equal(h.state.peer.farewell, CMD_CLOSE);
		assert_int_equal(h.state.peer.contact[0].number, 12710);
	}
}

/* A hole anywhere behind the first block costs what it touches, and invents nothing. */
static void
a_hole_costs_the_blocks_that_it_touches(void **state)
{
	static const size_t missing[] = { 1, 4, 60, 400 };

	(void)state;
	usual();
	for (size_t m = 0; m < sizeof(missing) / sizeof(missing[0]); m++) {
		for (size_t hole = 11; hole + missing[m] < s.n - 1600; hole += 7) {
			struct heard h = play(97, hole, missing[m]);
			struct heard again = play(STREAM_MAX, hole, missing[m]);

			assert_memory_equal(h.n, again.n, sizeof(h.n));
			assert_int_equal(h.state.unread, again.state.unread);
			assert_int_equal(h.state.bytes, s.n);
			assert_true(h.state.lost_blocks >= 1);
			assert_true(h.state.unread >= missing[m]);
			assert_true(h.n[OBS_KEY] <= 40 && h.n[OBS_NEIGHBOUR] <= 6);
			/* Ten keys stand behind all of these holes. */
			assert_true(h.n[OBS_KEY] >= 10);
			if (hole > 1200 && hole + missing[m] < 1600)
				assert_int_equal(h.n[OBS_NEIGHBOUR], 6);
		}
	}
}

static void
a_hole_in_the_header_is_passed_by_its_length(void **state)
{
	struct heard h;

	(void)state;
	usual();
	h = play(5, 11, 25);
	assert_int_equal(h.state.level, TAP_HANDSHAKE);
	assert_int_equal(h.state.peer.keys, 40);
	assert_int_equal(h.state.unread, 25);
	assert_int_equal(h.state.peer.contact[0].number, UNKNOWN);
	/* One that goes on into the next block: that one is lost, too. */
	h = play(5, 20, 20);
	assert_int_equal(h.state.peer.keys, 40);
	/* With a header of another length the guess fails, and nothing is made up. */
	begin("Winny Ver2.0b7.1 of somebody");
	add_self(4711);
	encrypt();
	h = play(5, 20, 8);
	assert_int_equal(h.n[OBS_KEY] + h.n[OBS_NEIGHBOUR], 0);
	assert_int_equal(h.state.level, TAP_FIRST_BLOCK);
}

static void
noise_behind_the_first_block_is_not_read(void **state)
{
	struct heard h;

	(void)state;
	begin("Winny Ver2.0b7.1");
	s.n = 11;
	s.nblocks = 1;
	add_raw(CMD_NODE, 300);
	encrypt();
	h = play(STREAM_MAX, SIZE_MAX, 0);
	assert_int_equal(h.state.level, TAP_FIRST_BLOCK);
	assert_int_equal(h.state.unread, s.n - 11);

	begin("BitTorrent proto");	/* another program's header */
	add_self(4711);
	encrypt();
	assert_int_equal(play(7, SIZE_MAX, 0).state.level, TAP_FIRST_BLOCK);

	begin("Winny Ver2.0b7.1");
	add_self(0);			/* no port */
	add_node(1);
	encrypt();
	h = play(7, SIZE_MAX, 0);
	assert_int_equal(h.state.level, TAP_HEADER);
	assert_int_equal(h.n[OBS_NEIGHBOUR], 0);
}

static void
a_second_header_or_a_length_beyond_all_ends_the_reading(void **state)
{
	struct wire_out w;
	struct heard h;

	(void)state;
	begin("Winny Ver2.0b7.1");
	add_self(4711);
	w = more();
	outgoing_header(&w, 12710, text("Winny Ver2.0b7.1"));
	done(&w);
	add_node(1);
	encrypt();
	h = play(STREAM_MAX, SIZE_MAX, 0);
	assert_int_equal(h.n[OBS_NEIGHBOUR], 0);

	begin("Winny Ver2.0b7.1");
	w = more();
	wire_put_u32(&w, LIMIT_BLOCK + 1);
	done(&w);
	add_node(1);
	encrypt();
	h = play(STREAM_MAX, SIZE_MAX, 0);
	assert_int_equal(h.n[OBS_NEIGHBOUR], 0);
	assert_int_equal(h.state.bytes, s.n);
}

static void
empty_blocks_are_read(void **state)
{
	struct wire_out w;

	(void)state;
	begin("Winny Ver2.0b7.1");
	w = more();
	wire_put_u32(&w, 0);
	done(&w);
	add_self(4711);
	encrypt();
	assert_int_equal(play(3, SIZE_MAX, 0).state.unread, 0);
}

static void
memory_is_bounded_while_nothing_is_found(void **state)
{
	const struct tap_config c = { .from = from, .to = to };
	struct heard h = { { 0 }, 0, { .level = TAP_NONE } };
	const struct tap_sink sink = { found, &h };
	struct tap *t = winny.tap_open(&c, &sink);
	uint8_t junk[60000];

	(void)state;
	usual();
	winny.tap_input(t, s.wire, 100);
	winny.tap_gap(t, 1000);
	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = (uint8_t)(i * 31 + i / 253);
	for (int i = 0; i < 60; i++) {
		winny.tap_input(t, junk, sizeof(junk));
		assert_true(winny.tap_bytes(t) < 2u << 20);
	}
	winny.tap_give_up(t);
	assert_true(winny.tap_bytes(t) < 4096);
	winny.tap_input(t, junk, 100);
	winny.tap_gap(t, 100);
	winny.tap_state(t, &h.state);
	assert_int_equal(h.state.bytes, 100 + 1000 + 60 * sizeof(junk) + 200);
	winny.tap_close(t);
	winny.tap_close(NULL);
}

/* Holes cost keystream: who has more of them than bytes is not worth it. */
static void
endless_holes_end_the_reading(void **state)
{
	const struct tap_config c = { .from = from, .to = to };
	struct heard h = { { 0 }, 0, { .level = TAP_NONE } };
	const struct tap_sink sink = { found, &h };
	struct tap *t = winny.tap_open(&c, &sink);

	(void)state;
	usual();
	winny.tap_input(t, s.wire, 40);
	for (int i = 0; i < 1000; i++)
		winny.tap_gap(t, 16u << 20);
	winny.tap_state(t, &h.state);
	assert_int_equal(h.state.bytes, 40 + ((uint64_t)1000 << 24));
	winny.tap_close(t);
	/* And one before anything was recognised. */
	t = winny.tap_open(&c, &sink);
	winny.tap_gap(t, 5);
	winny.tap_input(t, s.wire, 40);
	winny.tap_state(t, &h.state);
	assert_int_equal(h.state.unread, 45);
	winny.tap_close(t);
}

static void
first_bytes_are_recognised_by_the_key_rule(void **state)
{
	struct link_cipher c;
	uint8_t b[RECOGNISE_MAX] = { 9, 9 };

	(void)state;
	for (unsigned i = 0; i < 3 * 256; i++) {
		/* Seeds with zeros at each place: the key ends before the first. */
		uint8_t seed[4] = { 7, 8, 9, 10 };

		seed[i % 4] = (uint8_t)(i / 3);
		memcpy(b + 2, seed, 4);
		link_cipher_start(&c, b);
		memcpy(b + PREAMBLE_LEN, (const uint8_t[]){ 1, 0, 0, 0, CMD_FILLER }, 5);
		link_cipher_apply(&c, b + PREAMBLE_LEN, b + PREAMBLE_LEN, 5);
		assert_int_equal(winny.recognise(b, RECOGNISE_MAX), OURS);
		assert_int_equal(winny.recognise(b, RECOGNISE_MAX - 1), NOT_YET);
		b[10] ^= 1;
		assert_int_equal(winny.recognise(b, RECOGNISE_MAX), NOT_OURS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_direction_is_read_in_pieces_of_any_size),
		cmocka_unit_test(a_hole_costs_the_blocks_that_it_touches),
		cmocka_unit_test(a_hole_in_the_header_is_passed_by_its_length),
		cmocka_unit_test(noise_behind_the_first_block_is_not_read),
		cmocka_unit_test(a_second_header_or_a_length_beyond_all_ends_the_reading),
		cmocka_unit_test(empty_blocks_are_read),
		cmocka_unit_test(memory_is_bounded_while_nothing_is_found),
		cmocka_unit_test(endless_holes_end_the_reading),
		cmocka_unit_test(first_bytes_are_recognised_by_the_key_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
