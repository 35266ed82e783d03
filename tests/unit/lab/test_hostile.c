/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hostile nodes do what their kind says, and only to whoever calls them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/winny/key.h"
#include "node/winny/message.h"
#include "tests/lab/hostile.h"
#include "tests/lab/worldfile.h"
#include "tests/unit/lab/caller.h"

static struct caller *
calls(enum hostile_kind kind)
{
	world.hostile = (int)kind;
	return caller_new(0, PEER_ACCEPTED);
}

/* Shakes hands as one upstream, waits until it may ask, and asks. */
static struct caller *
asks(enum hostile_kind kind)
{
	struct caller *c;

	world.hostile = (int)kind;
	c = caller_meets(0, 240, 4000);
	c->peer.reachable = true;
	pass(&c, 1, 6);
	outgoing_ask(&c->out);
	return c;
}

static void
no_kind_is_a_genuine_node(void **state)
{
	(void)state;
	assert_ptr_equal(role_of(-1), &role_genuine);
	assert_ptr_equal(role_of(NHOSTILE), &role_genuine);
	for (int kind = 0; kind < NHOSTILE; kind++) {
		assert_ptr_not_equal(role_of(kind), &role_genuine);
		assert_non_null(role_of(kind)->open);
		assert_non_null(role_of(kind)->input);
	}
}

static void
the_mute_say_nothing_and_stay(void **state)
{
	struct caller *c = asks(HOSTILE_MUTE);

	(void)state;
	pass(&c, 1, 4000);
	assert_int_equal(c->nsent, 0);
	assert_int_equal(c->peer.leave, STAY);
	caller_free(c);
}

static void
a_drip_is_a_greeting_at_a_byte_a_second(void **state)
{
	struct caller *c = calls(HOSTILE_DRIP);

	(void)state;
	pass(&c, 1, 10);
	assert_int_equal(c->nsent, 10);
	pass(&c, 1, 200);
	assert_int_equal(caller_got(c, CMD_SELF, 0), 1);
	assert_int_equal(c->nblocks, 5);
	caller_free(c);
}

static void
the_truncated_hang_up_within_the_greeting(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		struct caller *c = calls(HOSTILE_TRUNCATED);

		assert_in_range(c->nsent, 0, c->peer.nstash - 1);
		pass(&c, 1, 1);
		assert_int_equal(c->peer.leave, LEAVE_TRICK);
		caller_free(c);
	}
}

static void
resets_come_at_four_stages(void **state)
{
	unsigned before = 0, within = 0, after = 0, later = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct caller *c = calls(HOSTILE_RESET);

		before += c->peer.leave != STAY && c->nsent == 0;
		within += c->peer.leave != STAY && c->nsent > 0 && c->nsent < c->peer.nstash;
		after += c->peer.leave != STAY && c->nsent == c->peer.nstash;
		if (c->peer.leave == STAY) {
			peer_input(&c->peer, (const uint8_t *)"hello there", 11);
			later++;
		}
		assert_int_equal(c->peer.leave, LEAVE_TRICK);
		assert_true(c->peer.rst);
		caller_free(c);
	}
	assert_true(before > 5 && within > 5 && after > 5 && later > 5);
}

static void
garbage_is_no_handshake(void **state)
{
	struct caller *c = calls(HOSTILE_GARBAGE);

	(void)state;
	caller_reads(c);
	assert_int_equal(c->nsent, 512);
	assert_int_equal(caller_got(c, CMD_HEADER, 0), 0);
	caller_free(c);
}

static void
lengths_are_as_named(void **state)
{
	static const struct { enum hostile_kind kind; enum frame_result ends; size_t fillers; } cases[] = {
		{ HOSTILE_LONGEST, FRAME_MORE, 2 }, { HOSTILE_TOO_LONG, FRAME_TOO_LONG, 1 },
		{ HOSTILE_NEGATIVE, FRAME_TOO_LONG, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct caller *c = calls(cases[i].kind);

		assert_int_equal(caller_got(c, CMD_FILLER, 0), cases[i].fillers);
		assert_int_equal(c->result, cases[i].ends);
		if (cases[i].ends == FRAME_MORE)
			assert_int_equal(c->block[c->nblocks - 1].len, LIMIT_BLOCK - 1);
		caller_free(c);
	}
}

static void
zeros_do_not_end(void **state)
{
	struct caller *c = calls(HOSTILE_ZEROS);

	(void)state;
	pass(&c, 1, 10);
	caller_reads(c);
	assert_int_equal(c->result, FRAME_MORE);
	assert_int_equal(c->nblocks, 5);
	assert_int_equal(c->empty, 10 * 1024);
	caller_free(c);
}

static void
single_blocks_follow_the_greeting(void **state)
{
	static const struct { enum hostile_kind kind; uint8_t code; size_t n; } cases[] = {
		{ HOSTILE_SECOND_HEADER, CMD_HEADER, 2 }, { HOSTILE_UNKNOWN, 200, 1 },
		{ HOSTILE_STAYS, CMD_SELF, 1 }, { HOSTILE_HALF_CLOSE, CMD_SELF, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct caller *c = calls(cases[i].kind);

		caller_reads(c);
		assert_true(c->nblocks >= 5);
		if (cases[i].kind != HOSTILE_SECOND_HEADER)	/* whose key we would reset */
			assert_int_equal(caller_got(c, cases[i].code, 0), cases[i].n);
		assert_int_equal(half_closed, cases[i].kind == HOSTILE_HALF_CLOSE);
		caller_free(c);
	}
}

static void
ten_thousand_nodes_are_named(void **state)
{
	struct caller *c = calls(HOSTILE_NODES);
	struct block b;
	struct frame in;
	const uint8_t *p = c->sent;
	size_t n, nodes = 0;

	(void)state;
	pass(&c, 1, 10);
	frame_init(&in);
	n = c->nsent;
	while (frame_next(&in, &p, &n, &b) == FRAME_BLOCK) {
		if (b.code == CMD_HEADER)
			frame_rekey(&in);
		nodes += b.code == CMD_NODE;
	}
	frame_clear(&in);
	assert_int_equal(nodes, 10000);
	caller_free(c);
}

static void
an_echo_is_what_was_said(void **state)
{
	struct caller *c = calls(HOSTILE_ECHO);
	struct introduction in = introduction_of(240, 4000);

	(void)state;
	assert_int_equal(c->nsent, 0);
	caller_greets(c, &in);
	assert_memory_equal(c->sent, fixture_preamble, PREAMBLE_LEN);
	assert_int_equal(caller_got(c, CMD_SELF, 0), 1);
	caller_free(c);
}

static void
the_endless_go_on_after_one_request(void **state)
{
	struct caller *c = asks(HOSTILE_ENDLESS);

	(void)state;
	for (size_t i = 0; i < 20; i++)
		world.key[i].name_len = 8;
	world.nkeys = 20;
	pass(&c, 1, 30);
	assert_int_equal(caller_got(c, CMD_QUERY, 0), 30);
	caller_free(c);
}

static void
a_liar_announces_the_port_of_a_neighbour(void **state)
{
	struct caller *c = asks(HOSTILE_PORT_LIAR);
	struct message m;

	(void)state;
	assert_true(caller_last(c, CMD_SELF, &m));
	assert_int_equal(m.self.port, c->peer.host->node.public.port + 1);
	assert_true(caller_last(c, CMD_QUERY, &m) && m.query.nkeys >= 100);
	caller_free(c);
}

static void
a_miscounted_answer_promises_65535_keys(void **state)
{
	struct caller *c = asks(HOSTILE_MISCOUNT);
	struct message m;

	(void)state;
	assert_int_equal(caller_got(c, CMD_QUERY, 0), 1);
	assert_false(caller_last(c, CMD_QUERY, &m));	/* the decoder refuses it */
	caller_free(c);
}

/* The only answer, whole; how many of its keys a genuine node would keep. */
static size_t
keepable(struct caller *c, struct message *m, uint16_t *all)
{
	uint8_t name[KEY_NAME_MAX];
	size_t kept = 0;
	struct key k;
	struct wire keys;

	assert_true(caller_last(c, CMD_QUERY, m));
	*all = m->query.nkeys;
	keys = m->query.keys;
	while (key_next(&k, &keys))
		kept += key_open(&k, name) == KEY_OK;
	return kept;
}

static void
special_sources_are_well_formed(void **state)
{
	struct caller *c = asks(HOSTILE_SPECIAL);
	struct message m;
	uint16_t all;

	(void)state;
	assert_int_equal(keepable(c, &m, &all), 14);
	assert_int_equal(all, 14);
	caller_free(c);
}

static void
an_impostor_names_its_caller(void **state)
{
	struct caller *c = asks(HOSTILE_IMPOSTOR);
	struct message m;
	struct key k;
	uint16_t all;

	(void)state;
	assert_int_equal(keepable(c, &m, &all), 5);
	while (key_next(&k, &m.query.keys))
		assert_int_equal(endpoint_compare(k.source, c->peer.seen), 0);
	caller_free(c);
}

/* Its answer comes under another node's name; every other key is that node's, of no file. */
static void
a_framer_speaks_for_a_neighbour_that_holds_files(void **state)
{
	struct endpoint who = world.node[5].public, via;
	struct caller *c;
	struct message m;
	unsigned named = 0;
	struct key k;
	uint16_t all;

	(void)state;
	world.node[3].files = world.node[4].files = world.node[5].files = 9;
	world.node[3].silent = world.node[4].port0 = 1;
	c = asks(HOSTILE_FRAMING);
	assert_int_equal(keepable(c, &m, &all), 40);
	assert_int_equal(m.query.nvia, 1);
	assert_true(query_via(&via, &m.query.via));
	assert_int_equal(endpoint_compare(via, who), 0);
	while (key_next(&k, &m.query.keys)) {
		named += endpoint_compare(k.source, who) == 0;
		assert_int_equal(k.ttl, 1500);
		assert_int_not_equal(k.source.port, 0);
	}
	assert_int_equal(named, 20);
	caller_free(c);
}

static void
names_are_nasty_and_checked(void **state)
{
	struct caller *c = asks(HOSTILE_NAMES);
	struct message m;
	uint16_t all;

	(void)state;
	/* All but "@SUM(A1)", which begins as a failed decryption does, and one of a byte. */
	assert_int_equal(keepable(c, &m, &all), 19);
	assert_int_equal(all, 21);
	caller_free(c);
}

static void
an_answer_trickles_at_a_byte_a_second(void **state)
{
	struct caller *c = asks(HOSTILE_TRICKLE);
	size_t before = c->nsent;

	(void)state;
	pass(&c, 1, 10);
	assert_in_range(c->nsent - before, 9, 11);
	assert_int_equal(caller_got(c, CMD_QUERY, 0), 0);
	pass(&c, 1, 1000);
	assert_int_equal(caller_got(c, CMD_QUERY, 0), 1);
	caller_free(c);
}

static void
an_answer_is_cut_short_by_a_reset(void **state)
{
	struct caller *c = asks(HOSTILE_CUT);

	(void)state;
	assert_int_equal(c->peer.leave, LEAVE_TRICK);
	assert_true(c->peer.rst);
	assert_int_equal(caller_got(c, CMD_QUERY, 0), 0);
	assert_int_equal(c->result, FRAME_MORE);
	caller_free(c);
}

static void
a_caller_is_called_ten_thousand_times(void **state)
{
	struct caller *c = asks(HOSTILE_CALLS);

	(void)state;
	pass(&c, 1, 250);
	assert_int_equal(called, 10000);
	assert_int_equal(called_port, 4000);
	caller_free(c);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_kind_is_a_genuine_node),
		T(the_mute_say_nothing_and_stay),
		T(a_drip_is_a_greeting_at_a_byte_a_second),
		T(the_truncated_hang_up_within_the_greeting),
		T(resets_come_at_four_stages),
		T(garbage_is_no_handshake),
		T(lengths_are_as_named),
		T(zeros_do_not_end),
		T(single_blocks_follow_the_greeting),
		T(ten_thousand_nodes_are_named),
		T(an_echo_is_what_was_said),
		T(the_endless_go_on_after_one_request),
		T(a_liar_announces_the_port_of_a_neighbour),
		T(a_miscounted_answer_promises_65535_keys),
		T(special_sources_are_well_formed),
		T(an_impostor_names_its_caller),
		T(a_framer_speaks_for_a_neighbour_that_holds_files),
		T(names_are_nasty_and_checked),
		T(an_answer_trickles_at_a_byte_a_second),
		T(an_answer_is_cut_short_by_a_reset),
		T(a_caller_is_called_ten_thousand_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
