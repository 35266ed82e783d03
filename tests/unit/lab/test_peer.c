/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One link of a lab node: protocol sections 2, 3 and 4.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lab/answer.h"
#include "tests/unit/lab/caller.h"

/* Sends one framed block under the caller's key. */
static void
log_block(struct caller *c, uint8_t code, const void *payload, size_t len)
{
	static uint8_t buf[300000];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	answer_block(&w, code, (struct text){ payload, len });
	assert_false(w.bad);
	link_cipher_apply(&c->out.link, buf, buf, (size_t)(w.p - buf));
	caller_writes(c, buf, (size_t)(w.p - buf));
}

/* Sends raw bytes under the caller's key. */
static void
log_raw(struct caller *c, const void *bytes, size_t len)
{
	uint8_t buf[64];

	link_cipher_apply(&c->out.link, buf, bytes, len);
	caller_writes(c, buf, len);
}

/* ---- what the node says first ----------------------------------------------- */

static void
the_greeting_is_97_0_1_2_3_a_write_each(void **state)
{
	static const uint8_t order[] = { 97, 0, 1, 2, 3 };
	struct caller *c = caller_new(2, PEER_ACCEPTED);
	struct message m;

	(void)state;
	caller_reads(c);
	assert_int_equal(c->writes, sizeof(order));
	assert_int_equal(c->first_write, 11);	/* the first segment of a genuine node */
	assert_int_equal(c->nblocks, sizeof(order));
	for (size_t i = 0; i < sizeof(order); i++)
		assert_int_equal(c->block[i].code, order[i]);
	assert_true(caller_last(c, CMD_HEADER, &m));
	assert_int_equal(m.header.version, 12710);
	assert_true(caller_last(c, CMD_SPEED, &m));
	assert_int_equal(m.speed, 120);
	assert_true(caller_last(c, CMD_LINK_TYPE, &m));
	assert_int_equal(m.link_type.type | m.link_type.port0 | m.link_type.test | m.link_type.bbs, 0);
	caller_free(c);
}

static void
a_node_writes_its_public_endpoint(void **state)
{
	struct caller *c = caller_new(2, PEER_ACCEPTED);
	struct message m;

	(void)state;
	assert_true(caller_last(c, CMD_SELF, &m));
	assert_int_equal(m.self.ip, world.node[2].public.ip);
	assert_int_equal(m.self.port, world.node[2].public.port);
	assert_int_equal(m.self.words[0].len, 5);
	assert_memory_equal(m.self.words[0].p, "music", 5);
	caller_free(c);
}

static void
a_test_link_says_so(void **state)
{
	struct caller *c = caller_new(0, PEER_TEST);
	struct message m;

	(void)state;
	assert_true(caller_last(c, CMD_LINK_TYPE, &m));
	assert_int_equal(m.link_type.type, 1);
	assert_int_equal(m.link_type.test, 1);
	assert_int_equal(m.link_type.bbs, 0);
	caller_free(c);
}

/* ---- what it takes ------------------------------------------------------------ */

static void
versions_are_accepted_as_in_the_rule(void **state)
{
	static const struct { int32_t version; const char *text; bool ok; } cases[] = {
		{ 12710, "Winny Ver2.0b1  ", true }, { 12660, "Winny Ver2.0b1  ", true },
		{ 12899, "Winny Ver2.0b1  ", true }, { 20000, "Winny Ver2.0b1  ", true },
		{ 20999, "Winny Ver2.0b9xx", true }, { 12659, "Winny Ver2.0b1  ", false },
		{ 12900, "Winny Ver2.0b1  ", false }, { 19999, "Winny Ver2.0b1  ", false },
		{ 21000, "Winny Ver2.0b1  ", false }, { -1, "Winny Ver2.0b1  ", false },
		{ 12710, "Winny Ver3.0b1  ", false }, { 12710, "winny ver2.0b1  ", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct caller *c = caller_new(0, PEER_ACCEPTED);
		uint8_t buf[128];
		struct wire_out w = wire_out_of(buf, sizeof(buf));

		wire_put(&w, fixture_preamble, PREAMBLE_LEN);
		outgoing_header(&w, cases[i].version,
		    (struct text){ (const uint8_t *)cases[i].text, 16 });
		link_cipher_start(&c->out.link, fixture_preamble);
		link_cipher_apply(&c->out.link, buf + PREAMBLE_LEN, buf + PREAMBLE_LEN,
		    (size_t)(w.p - buf) - PREAMBLE_LEN);
		caller_writes(c, buf, (size_t)(w.p - buf));
		assert_int_equal(c->peer.leave, cases[i].ok ? STAY : LEAVE_HEADER);
		caller_free(c);
	}
}

static void
keep(void *arg, const uint8_t *bytes, size_t n)
{
	struct caller *c = arg;

	memcpy(c->sent + c->nsent, bytes, n);
	c->nsent += n;
}

static void
a_handshake_may_come_in_any_pieces_after_the_preamble(void **state)
{
	static struct caller script;
	struct introduction i = introduction_of(240, 4000);

	(void)state;
	script = (struct caller){ .out = { .send = keep, .arg = &script } };
	outgoing_greet(&script.out, fixture_preamble, &i);
	for (size_t step = 1; step < script.nsent; step++) {
		struct caller *c = caller_new(0, PEER_ACCEPTED);
		size_t at = PREAMBLE_LEN;

		peer_input(&c->peer, script.sent, at);
		for (; at < script.nsent; at += step)
			peer_input(&c->peer, script.sent + at,
			    script.nsent - at < step ? script.nsent - at : step);
		assert_true(c->peer.complete);
		assert_int_equal(c->peer.speed, 240);
		assert_int_equal(c->peer.seen.port, 4000);
		caller_free(c);
	}
}

static void
a_first_read_of_less_than_the_preamble_ends_it(void **state)
{
	struct caller *c = caller_new(0, PEER_ACCEPTED);

	(void)state;
	caller_writes(c, fixture_preamble, 5);
	assert_int_equal(c->peer.leave, LEAVE_PREAMBLE);
	caller_free(c);
}

static void
unknown_and_misshapen_commands_end_it(void **state)
{
	static const struct { uint8_t code; size_t len; enum leave leave; } cases[] = {
		{ 0x60, 0, STAY }, { 0x61, 9, STAY }, { 0x62, 0, STAY }, { 0x63, 0, STAY },
		{ 6, 0, LEAVE_COMMAND }, { 14, 0, LEAVE_COMMAND }, { 30, 0, LEAVE_COMMAND },
		{ 36, 0, LEAVE_COMMAND }, { 38, 0, LEAVE_COMMAND }, { 255, 3, LEAVE_COMMAND },
		{ 10, 0, STAY }, { 10, 1, LEAVE_COMMAND }, { 16, 0, STAY }, { 16, 1, LEAVE_COMMAND },
		{ 3, 10, LEAVE_COMMAND }, { 4, 18, LEAVE_COMMAND }, { 4, 20, STAY },
		{ 11, 30, LEAVE_COMMAND }, { 11, 32, STAY }, { 21, 7, LEAVE_COMMAND },
		{ 31, 0, LEFT }, { 32, 0, STAY }, { 33, 0, LEFT }, { 34, 0, LEFT },
		{ 35, 0, LEFT }, { 37, 0, LEFT },
	};
	static const uint8_t zeros[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct caller *c = caller_meets(0, 240, 4000);

		log_block(c, cases[i].code, zeros, cases[i].len);
		if (c->peer.leave != cases[i].leave)
			fail_msg("command %u with %zu bytes: %s", cases[i].code, cases[i].len,
			    leave_text(c->peer.leave));
		caller_free(c);
	}
}

static void
lengths_are_taken_as_a_node_takes_them(void **state)
{
	static const uint8_t empty[4] = { 0 }, negative[4] = { 0xff, 0xff, 0xff, 0xff };
	static const uint8_t overflows[4] = { 0xfc, 0xff, 0xff, 0x7f }, huge[4] = { 0, 0, 0, 0x7f };
	static const uint8_t over[4] = { 0x00, 0x00, 0x02, 0x00 };	/* 131072 */
	static uint8_t bulk[131071];
	struct caller *c = caller_meets(0, 240, 4000);

	(void)state;
	log_raw(c, empty, 4);
	log_block(c, 97, bulk, 131070);
	assert_int_equal(c->peer.leave, STAY);
	log_raw(c, over, 4);
	caller_writes(c, bulk, sizeof(bulk));
	assert_int_equal(c->peer.leave, STAY);
	caller_writes(c, bulk, 1);
	assert_int_equal(c->peer.leave, LEAVE_LENGTH);
	caller_free(c);

	c = caller_meets(0, 240, 4000);
	log_raw(c, negative, 4);
	assert_int_equal(c->peer.leave, LEAVE_LENGTH);
	caller_free(c);

	c = caller_meets(0, 240, 4000);
	log_raw(c, overflows, 4);
	assert_int_equal(c->peer.leave, LEAVE_LENGTH);
	caller_free(c);

	c = caller_meets(0, 240, 4000);
	log_raw(c, huge, 4);
	for (size_t n = 0; n + sizeof(bulk) < 4 * 1024 * 1024; n += sizeof(bulk))
		caller_writes(c, bulk, sizeof(bulk));
	assert_int_equal(c->peer.leave, STAY);
	caller_writes(c, bulk, sizeof(bulk));
	assert_int_equal(c->peer.leave, LEAVE_LENGTH);
	caller_free(c);
}

static void
a_second_header_restarts_the_same_key(void **state)
{
	struct caller *c = caller_meets(0, 240, 4000);
	uint8_t buf[32];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	(void)state;
	outgoing_header(&w, 12710, (struct text){ (const uint8_t *)OUTGOING_TEXT, 16 });
	log_raw(c, buf, (size_t)(w.p - buf));
	link_cipher_rekey(&c->out.link);
	log_block(c, 97, NULL, 0);
	assert_int_equal(c->peer.leave, STAY);
	log_block(c, 31, NULL, 0);
	assert_int_equal(c->peer.leave, LEFT);
	caller_free(c);
}

/* ---- 4.1-5: what it thinks of its peer --------------------------------------------- */

static void
a_twin_is_refused(void **state)
{
	static const struct { float speed; int32_t port; const char *word; enum leave leave; } cases[] = {
		{ 120.9f, 5000, "film", LEAVE_TWIN }, { 121, 5000, "film", STAY },
		{ 120, 5001, "film", STAY }, { 120, 5000, "films", STAY },
		{ 120, 5000, "film noir", LEAVE_TWIN },	/* words end at the first space */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct caller *c = caller_new(0, PEER_ACCEPTED);
		struct introduction in = introduction_of(cases[i].speed, cases[i].port);

		in.self.words[0] = (struct text){ (const uint8_t *)"music", 5 };
		in.self.words[1] = (struct text){ (const uint8_t *)cases[i].word,
		    strlen(cases[i].word) };
		caller_greets(c, &in);
		assert_int_equal(c->peer.leave, cases[i].leave);
		caller_free(c);
	}
}

static void
speeds_out_of_ratio_get_nodes_and_a_farewell(void **state)
{
	static const struct { float speed; bool welcome; } cases[] = {
		{ 2388, true }, { 2389, false }, { 7, true }, { 6, false }, { 0, false },
		{ -5, false }, { 1e30f, false }, { 120, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct caller *c = caller_meets(0, cases[i].speed, 4000);

		caller_reads(c);
		assert_int_equal(c->peer.complete, cases[i].welcome);
		assert_int_equal(caller_got(c, CMD_NODE, 0), cases[i].welcome ? 0 : 31);
		assert_int_equal(caller_got(c, CMD_CLOSE, 0), !cases[i].welcome);
		assert_int_equal(c->peer.leave, STAY);	/* the peer is expected to go */
		if (!cases[i].welcome)
			assert_int_equal(c->block[c->nblocks - 1].code, CMD_CLOSE);
		caller_free(c);
	}
}

static void
a_missing_speed_counts_as_too_slow(void **state)
{
	struct caller *c = caller_new(0, PEER_ACCEPTED);
	uint8_t buf[64];
	struct wire_out w = wire_out_of(buf, sizeof(buf));
	struct self_info self = { .ip = 1, .port = 4000 };

	(void)state;
	outgoing_greet(&c->out, fixture_preamble, NULL);
	outgoing_self(&w, &self);
	log_raw(c, buf, (size_t)(w.p - buf));
	assert_int_equal(caller_got(c, CMD_CLOSE, 0), 1);
	caller_free(c);
}

static void
the_refused_get_no_keys_and_no_second_list(void **state)
{
	struct caller *c = caller_meets(0, 5000, 4000);
	struct caller *all[] = { c };

	(void)state;
	pass(all, 1, 40);
	log_block(c, CMD_REQUEST, NULL, 0);
	assert_int_equal(caller_got(c, CMD_QUERY, 0), 0);
	assert_int_equal(caller_got(c, CMD_CLOSE, 0), 1);
	assert_int_equal(c->peer.leave, STAY);
	pass(all, 1, 300);
	assert_int_equal(c->peer.leave, LEAVE_IDLE);
	caller_free(c);
}

static void
direction_follows_speed_then_who_dialled(void **state)
{
	static const struct { enum peer_kind kind; float speed; bool p0, own0, up; } cases[] = {
		{ PEER_ACCEPTED, 181, false, false, true },	/* 1.508 */
		{ PEER_ACCEPTED, 180, false, false, false },	/* 1.5 exactly: in between */
		{ PEER_ACCEPTED, 120, false, false, false },
		{ PEER_ACCEPTED, 80, false, false, false },
		{ PEER_DIALLED, 120, false, false, true },
		{ PEER_DIALLED, 180, false, false, true },
		{ PEER_DIALLED, 80, false, false, true },
		{ PEER_DIALLED, 79, false, false, false },	/* 0.658 */
		{ PEER_DIALLED, 119, true, false, false },
		{ PEER_DIALLED, 20, false, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct introduction in = introduction_of(cases[i].speed, 4000);
		struct caller *c = caller_new(0, cases[i].kind);

		c->peer.host->node.port0 = cases[i].own0;
		in.type.port0 = cases[i].p0;
		caller_greets(c, &in);
		if (c->peer.upstream != cases[i].up)
			fail_msg("case %zu", i);
		caller_free(c);
	}
}

static void
transfer_and_bbs_links_are_not_kept(void **state)
{
	static const struct { struct link_type t; enum leave leave; size_t limit; } cases[] = {
		{ { 0, 0, 0, 0 }, STAY, 0 }, { { 1, 0, 0, 0 }, LEAVE_KIND, 1 },
		{ { 2, 0, 0, 0 }, LEAVE_KIND, 0 }, { { 0, 0, 0, 1 }, LEAVE_KIND, 0 },
		{ { 1, 0, 1, 0 }, STAY, 0 }, { { 0, 0, 7, 0 }, STAY, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct caller *c = caller_new(0, PEER_ACCEPTED);
		struct introduction in = introduction_of(240, 4000);

		in.type = cases[i].t;
		caller_greets(c, &in);
		assert_int_equal(c->peer.leave, cases[i].leave);
		assert_int_equal(caller_got(c, CMD_CLOSE_LIMIT, 0), cases[i].limit);
		caller_free(c);
	}
}

static void
the_sensor_keeps_its_address_and_lab_nodes_get_their_public_one(void **state)
{
	struct caller *c = caller_meets(0, 240, 4000);
	struct introduction in = introduction_of(240, 7743);

	(void)state;
	assert_int_equal(c->peer.seen.ip, 0x7f000001);
	assert_false(c->peer.nat);
	caller_free(c);
	c = caller_new(0, PEER_ACCEPTED);
	c->peer.real = world.node[7].lab;
	caller_greets(c, &in);
	assert_int_equal(c->peer.seen.ip, world.node[7].public.ip);
	assert_int_equal(c->peer.seen.port, world.node[7].public.port);
	assert_true(c->peer.nat);	/* it said 127.0.0.1 of itself */
	caller_free(c);
}

/* ---- 4.1-5c, -9: can the announced port be reached? ---------------------------------- */

static void
the_announced_port_is_called_back(void **state)
{
	static const struct { enum peer_kind kind; struct link_type t; unsigned calls; } cases[] = {
		{ PEER_ACCEPTED, { 0, 0, 0, 0 }, 1 }, { PEER_ACCEPTED, { 0, 1, 0, 0 }, 0 },
		{ PEER_ACCEPTED, { 1, 0, 1, 0 }, 0 }, { PEER_DIALLED, { 0, 0, 0, 0 }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct caller *c = caller_new(0, cases[i].kind);
		struct introduction in = introduction_of(100, 4321);

		called_back = 0;
		in.type = cases[i].t;
		caller_greets(c, &in);
		assert_int_equal(called_back, cases[i].calls);
		if (called_back > 0)
			assert_int_equal(called_port, 4321);
		caller_free(c);
	}
}

static void
a_port_that_cannot_be_reached_gets_33_after_30_s(void **state)
{
	struct caller *c = caller_meets(0, 240, 4321), *all[] = { c };

	(void)state;
	pass(all, 1, 30);
	assert_int_equal(caller_got(c, CMD_CLOSE_PORT, 0), 0);
	pass(all, 1, 1);
	assert_int_equal(caller_got(c, CMD_CLOSE_PORT, 0), 1);
	assert_int_equal(c->peer.leave, STAY);
	pass(all, 1, 1);
	assert_int_equal(c->peer.leave, LEAVE_BAD_PORT);
	caller_free(c);
}

static void
a_test_that_holds_two_seconds_is_passed(void **state)
{
	struct caller *c = caller_meets(0, 240, 4321);
	struct caller *test = caller_new(0, PEER_TEST), *all[] = { c, test };

	(void)state;
	c->peer.partner = &test->peer;
	test->peer.partner = &c->peer;
	pass(all, 2, 1);
	assert_false(c->peer.reachable);
	pass(all, 2, 1);
	assert_true(c->peer.reachable);
	assert_int_equal(test->peer.leave, LEAVE_TESTED);
	caller_free(test);
	pass(all, 1, 60);
	assert_int_equal(c->peer.leave, STAY);
	assert_int_equal(caller_got(c, CMD_CLOSE_PORT, 0), 0);
	caller_free(c);
}

static void
a_test_ends_with_the_link_it_tests(void **state)
{
	struct caller *c = caller_meets(0, 240, 4321);
	struct caller *test = caller_new(0, PEER_TEST);

	(void)state;
	c->peer.partner = &test->peer;
	test->peer.partner = &c->peer;
	caller_free(c);
	assert_null(test->peer.partner);
	assert_int_equal(test->peer.leave, LEAVE_TESTED);
	caller_free(test);
}

/* ---- 4.1-6..11: what time does ------------------------------------------------------- */

static void
port_0_peers_must_be_slower(void **state)
{
	static const struct { float speed; bool own0; enum leave leave; } cases[] = {
		{ 119, false, STAY }, { 120, false, LEAVE_PORT0 }, { 300, false, LEAVE_PORT0 },
		{ 60, true, LEAVE_PORT0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct caller *c = caller_new(0, PEER_ACCEPTED), *all[] = { c };
		struct introduction in = introduction_of(cases[i].speed, 4000);

		in.type.port0 = 1;
		c->peer.host->node.port0 = cases[i].own0;
		caller_greets(c, &in);
		pass(all, 1, 1);
		assert_int_equal(c->peer.leave, STAY);
		pass(all, 1, 1);
		assert_int_equal(c->peer.leave, cases[i].leave);
		caller_free(c);
	}
}

static void
the_younger_of_two_alike_goes_at_10_s(void **state)
{
	struct caller *old = caller_meets(0, 240, 4000), *young, *other, *all[3];

	(void)state;
	old->peer.reachable = true;
	pass(&old, 1, 20);
	young = caller_meets(0, 240, 4000);
	other = caller_meets(0, 240, 4001);
	all[0] = old;
	all[1] = young;
	all[2] = other;
	pass(all, 3, 9);
	assert_int_equal(young->peer.leave, STAY);
	pass(all, 3, 1);
	assert_int_equal(young->peer.leave, LEAVE_DUPLICATE);
	assert_int_equal(old->peer.leave, STAY);
	assert_int_equal(other->peer.leave, STAY);
	for (int i = 0; i < 3; i++)
		caller_free(all[i]);
}

static void
twenty_seconds_for_a_handshake(void **state)
{
	struct caller *silent = caller_new(0, PEER_ACCEPTED), *half = caller_new(1, PEER_ACCEPTED);
	struct caller *zero = caller_meets(2, 240, 0), *far = caller_meets(3, 240, 70000);
	struct caller *all[] = { silent, half, zero, far };

	(void)state;
	outgoing_greet(&half->out, fixture_preamble, NULL);
	pass(all, 4, 20);
	for (int i = 0; i < 4; i++)
		assert_int_equal(all[i]->peer.leave, STAY);
	pass(all, 4, 1);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(all[i]->peer.leave, LEAVE_SLOW);
		caller_free(all[i]);
	}
}

static void
a_node_asks_for_keys_every_30_s(void **state)
{
	struct caller *c = caller_meets(0, 240, 4000), *all[] = { c };

	(void)state;
	c->peer.reachable = true;
	pass(all, 1, 5);
	assert_int_equal(caller_got(c, CMD_REQUEST, 0), 0);
	pass(all, 1, 300);
	assert_in_range(caller_got(c, CMD_REQUEST, 0), 10, 11);
	assert_int_equal(c->peer.leave, STAY);	/* its own asking keeps it from idling */
	caller_free(c);
}

static void
links_are_torn_down_every_hour_of_uptime(void **state)
{
	struct caller *c = caller_meets(0, 240, 4000), *p0 = caller_new(0, PEER_ACCEPTED);
	struct caller *all[] = { c, p0 };
	struct introduction in = introduction_of(60, 4001);

	(void)state;
	in.type.port0 = 1;
	caller_greets(p0, &in);
	c->peer.reachable = true;
	pass(all, 2, 3600);
	assert_int_equal(c->peer.leave, LEAVE_HOURLY);
	assert_int_equal(p0->peer.leave, STAY);
	caller_free(c);
	caller_free(p0);
}

static void
links_end_when_their_node_goes_offline_or_moves(void **state)
{
	struct caller *c = caller_meets(0, 240, 4000), *d = caller_meets(1, 240, 4000);
	struct caller *all[] = { c, d };

	(void)state;
	c->peer.reachable = d->peer.reachable = true;
	world.offline[0] = true;
	world.node[1].lab.ip++;
	pass(all, 2, 31);
	assert_int_equal(c->peer.leave, LEAVE_GONE);
	assert_int_equal(d->peer.leave, LEAVE_GONE);
	assert_null(lab_node_at(stage, world.node[0].lab));
	caller_free(c);
	caller_free(d);
}

static void
due_is_when_the_next_thing_happens(void **state)
{
	struct caller *c = caller_new(0, PEER_ACCEPTED);

	(void)state;
	assert_int_equal(peer_due(&c->peer), 20001);
	stage->now = 20000;
	peer_tick(&c->peer);
	assert_int_equal(c->peer.leave, STAY);
	stage->now = 20001;
	peer_tick(&c->peer);
	assert_int_equal(c->peer.leave, LEAVE_SLOW);
	assert_int_equal(peer_due(&c->peer), 0);
	caller_free(c);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_greeting_is_97_0_1_2_3_a_write_each),
		T(a_node_writes_its_public_endpoint),
		T(a_test_link_says_so),
		T(versions_are_accepted_as_in_the_rule),
		T(a_handshake_may_come_in_any_pieces_after_the_preamble),
		T(a_first_read_of_less_than_the_preamble_ends_it),
		T(unknown_and_misshapen_commands_end_it),
		T(lengths_are_taken_as_a_node_takes_them),
		T(a_second_header_restarts_the_same_key),
		T(a_twin_is_refused),
		T(speeds_out_of_ratio_get_nodes_and_a_farewell),
		T(a_missing_speed_counts_as_too_slow),
		T(the_refused_get_no_keys_and_no_second_list),
		T(direction_follows_speed_then_who_dialled),
		T(transfer_and_bbs_links_are_not_kept),
		T(the_sensor_keeps_its_address_and_lab_nodes_get_their_public_one),
		T(the_announced_port_is_called_back),
		T(a_port_that_cannot_be_reached_gets_33_after_30_s),
		T(a_test_that_holds_two_seconds_is_passed),
		T(a_test_ends_with_the_link_it_tests),
		T(port_0_peers_must_be_slower),
		T(the_younger_of_two_alike_goes_at_10_s),
		T(twenty_seconds_for_a_handshake),
		T(a_node_asks_for_keys_every_30_s),
		T(links_are_torn_down_every_hour_of_uptime),
		T(links_end_when_their_node_goes_offline_or_moves),
		T(due_is_when_the_next_thing_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
