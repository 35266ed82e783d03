/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a lab node does about all its links: spreads, places, farewells, searches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/winny/key.h"
#include "node/winny/message.h"
#include "tests/lab/answer.h"
#include "tests/unit/lab/caller.h"

#define UP	240	/* a speed that makes the caller upstream of 120 */
#define DOWN	60

static void
ask(struct caller *c)
{
	outgoing_ask(&c->out);
}

static struct caller *
meets_reachable(uint32_t slot, float speed, int32_t port)
{
	struct caller *c = caller_meets(slot, speed, port);

	c->peer.reachable = true;
	c->peer.host->uptime_at_zero = 0;	/* so that windows are known */
	return c;
}

static void
free_all(struct caller **c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		caller_free(c[i]);
}

/* ---- spreads (5.1, 5.2) ------------------------------------------------------- */

static void
a_link_must_be_older_than_5_s(void **state)
{
	struct caller *c = meets_reachable(0, UP, 4000);

	(void)state;
	stage->now = 5000;
	ask(c);
	assert_int_equal(caller_got(c, CMD_QUERY, 0), 0);
	stage->now = 5001;
	ask(c);
	assert_int_equal(caller_got(c, CMD_QUERY, 0), 1);
	caller_free(c);
}

static void
an_answer_goes_to_every_link_of_that_direction(void **state)
{
	struct caller *c[] = {
		meets_reachable(0, UP, 4000), meets_reachable(0, UP, 4001),
		meets_reachable(0, DOWN, 4002), meets_reachable(0, DOWN, 4003),
		meets_reachable(1, UP, 4004),
	};
	static const size_t after_up[] = { 1, 1, 0, 0, 0 }, after_down[] = { 1, 1, 1, 1, 0 };

	(void)state;
	stage->now = 6000;
	ask(c[0]);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(caller_got(c[i], CMD_QUERY, 0), after_up[i]);
	ask(c[3]);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(caller_got(c[i], CMD_QUERY, 0), after_down[i]);
	free_all(c, 5);
}

static size_t
count_via(const struct query *q, struct endpoint *last)
{
	struct wire via = q->via;
	size_t n = 0;

	while (query_via(last, &via))
		n++;
	return n;
}

static void
upward_a_node_names_itself_as_via_downward_nobody(void **state)
{
	struct caller *up = meets_reachable(3, UP, 4000), *down = meets_reachable(3, DOWN, 4001);
	struct endpoint via = { .ip = 0, .port = 0 };
	struct message m;

	(void)state;
	stage->now = 6000;
	ask(up);
	ask(down);
	assert_true(caller_last(up, CMD_QUERY, &m));
	assert_true(m.query.spread && !m.query.reply && !m.query.downstream);
	assert_int_equal(count_via(&m.query, &via), 1);
	assert_int_equal(endpoint_compare(via, world.node[3].public), 0);
	assert_int_equal(m.query.nkeys, 600);
	assert_int_equal(m.query.words.len, 0);
	assert_true(caller_last(down, CMD_QUERY, &m));
	assert_true(m.query.spread && !m.query.reply && m.query.downstream);
	assert_int_equal(count_via(&m.query, &via), 0);
	assert_int_equal(m.query.nkeys, 41);
	caller_free(up);
	caller_free(down);
}

static void
the_keys_are_those_of_the_world(void **state)
{
	struct caller *c = meets_reachable(0, UP, 4000);
	uint8_t name[KEY_NAME_MAX];
	uint32_t before = 0, order;
	struct message m;
	struct key k;
	size_t n = 0;

	(void)state;
	stage->now = 6000;
	ask(c);
	assert_true(caller_last(c, CMD_QUERY, &m));
	while (key_next(&k, &m.query.keys)) {
		const struct world_key *from = &world.key[k.size];

		assert_int_equal(key_open(&k, name), k.size % 256 == 0 ? KEY_NO_HASH : KEY_OK);
		assert_int_equal(endpoint_compare(k.source, from->source), 0);
		assert_memory_equal(k.hash, from->hash, 16);
		assert_int_equal(k.ttl, 1500);
		assert_int_equal(k.blocks, from->blocks);
		assert_int_equal(k.version, 5);
		if (k.size % 256 != 0)
			assert_memory_equal(name, "file.bin", 8);
		memcpy(&order, k.hash, 4);
		assert_true(order >= before);
		before = order;
		n++;
	}
	assert_int_equal(n, m.query.nkeys);
	assert_int_equal(stage->stats.keys, n);
	caller_free(c);
}

static void
a_node_without_keys_answers_all_the_same(void **state)
{
	struct caller *c = meets_reachable(0, UP, 4000);
	struct message m;

	(void)state;
	world.nkeys = 0;
	stage->now = 6000;
	ask(c);
	assert_true(caller_last(c, CMD_QUERY, &m));
	assert_int_equal(m.query.nkeys, 0);
	caller_free(c);
}

static void
the_fastest_nodes_build_no_block_beyond_their_room(void **state)
{
	struct caller *c;
	struct message m;

	(void)state;
	for (size_t i = 0; i < FIX_KEYS; i++) {
		world.key[i].name_len = 255;
		memset(world.key[i].name, 'a', 255);
	}
	world.node[0].speed = 4000;
	c = meets_reachable(0, 4000, 4000);
	stage->now = 6000;
	ask(c);
	assert_true(caller_last(c, CMD_QUERY, &m));
	assert_in_range(m.query.nkeys, 400, 417);	/* of 900; 314 bytes each */
	caller_free(c);
}

static void
relays_rewrite_downward_as_often_as_told(void **state)
{
	struct caller *c;
	struct message m;
	struct key k;

	(void)state;
	stage->rewrite = 1;
	c = meets_reachable(0, DOWN, 4000);
	stage->now = 6000;
	ask(c);
	assert_true(caller_last(c, CMD_QUERY, &m));
	assert_true(m.query.nkeys > 0);
	while (key_next(&k, &m.query.keys))
		assert_int_equal(endpoint_compare(k.source, world.node[0].public), 0);
	caller_free(c);
}

static void
a_conditional_request_is_answered_with_its_words(void **state)
{
	struct caller *c = meets_reachable(0, UP, 4000);
	struct conditional cond = { .words = { (const uint8_t *)"song", 4 }, .id = 5 };
	uint8_t buf[300];
	struct wire_out w = wire_out_of(buf, sizeof(buf));
	struct message m;

	(void)state;
	stage->now = 6000;
	answer_conditional(&w, &cond);
	link_cipher_apply(&c->out.link, buf, buf, (size_t)(w.p - buf));
	caller_writes(c, buf, (size_t)(w.p - buf));
	assert_true(caller_last(c, CMD_QUERY, &m));
	assert_true(m.query.spread);
	assert_int_equal(m.query.words.len, 4);
	assert_int_equal(m.query.nkeys, 600);	/* the words filter nothing */
	caller_free(c);
}

/* ---- places (4.1-1, 4.2) ------------------------------------------------------------ */

static void
the_least_alike_of_six_is_asked_to_go_each_second(void **state)
{
	struct caller *c[6];
	struct introduction in = introduction_of(DOWN, 0);

	(void)state;
	for (int i = 0; i < 6; i++) {
		c[i] = caller_new(0, PEER_ACCEPTED);
		in.self.port = 4000 + i;
		in.self.words[0] = (struct text){ (const uint8_t *)"music", i == 3 ? 1 : 5 };
		caller_greets(c[i], &in);
		c[i]->peer.reachable = true;
	}
	pass(c, 6, 1);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(caller_got(c[i], CMD_CLOSE, 0), i == 3);
		assert_int_equal(caller_got(c[i], CMD_NODE, 0), i == 3 ? 31 : 0);
		assert_int_equal(c[i]->peer.leave, STAY);
	}
	pass(c, 6, 3);
	assert_int_equal(caller_got(c[3], CMD_CLOSE, 0), 4);
	free_all(c, 6);
}

static void
of_seven_one_is_cut_and_then_one_is_asked(void **state)
{
	struct caller *c[7];
	size_t cut = 0, asked = 0;

	(void)state;
	for (int i = 0; i < 7; i++)
		c[i] = meets_reachable(0, DOWN, 4000 + i);
	for (size_t second = 0; second < 2; second++) {
		pass(c, 7, 1);
		cut = asked = 0;
		for (int i = 0; i < 7; i++) {
			cut += c[i]->peer.leave == LEAVE_EVICTED;
			asked += caller_got(c[i], CMD_CLOSE, 0);
		}
		assert_int_equal(cut, 1);
		assert_int_equal(asked, second);
	}
	assert_int_equal(c[6]->peer.leave, LEAVE_EVICTED);	/* the youngest of equals */
	free_all(c, 7);
}

static void
five_downstream_and_three_upstream_may_stay(void **state)
{
	struct caller *c[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		c[i] = meets_reachable(0, i < 3 ? UP : DOWN, 4000 + i);
	pass(c, 8, 9);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(c[i]->peer.leave, STAY);
		assert_int_equal(caller_got(c[i], CMD_CLOSE, 0), 0);
	}
	free_all(c, 8);
}

static void
the_fourth_upstream_is_cut(void **state)
{
	struct caller *c[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		c[i] = meets_reachable(0, UP, 4000 + i);
	pass(c, 4, 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(c[i]->peer.leave, i == 3 ? LEAVE_EVICTED : STAY);
	free_all(c, 4);
}

static void
the_third_port_0_link_is_asked_to_go(void **state)
{
	struct caller *c[3];
	struct introduction in = introduction_of(DOWN, 0);
	size_t asked = 0;

	(void)state;
	in.type.port0 = 1;
	for (int i = 0; i < 3; i++) {
		c[i] = caller_new(0, PEER_ACCEPTED);
		in.self.port = 4000 + i;
		caller_greets(c[i], &in);
	}
	pass(c, 3, 1);
	for (int i = 0; i < 3; i++)
		asked += caller_got(c[i], CMD_CLOSE, 0);
	assert_int_equal(asked, 1);
	free_all(c, 3);
}

static void
a_crowded_node_evicts_strangers_and_keeps_its_like(void **state)
{
	struct caller *stranger, *friend, *up;
	struct introduction in = introduction_of(DOWN, 4001);

	(void)state;
	stage->crowded = 1;
	stranger = meets_reachable(0, DOWN, 4000);
	pass(&stranger, 1, 1);
	assert_int_equal(caller_got(stranger, CMD_CLOSE, 0), 1);
	assert_int_equal(caller_got(stranger, CMD_NODE, 0), 31);
	caller_free(stranger);
	friend = caller_new(1, PEER_ACCEPTED);
	for (int i = 0; i < 2; i++)
		in.self.words[i] = (struct text){ (const uint8_t *)world.node[1].words[i],
		    strlen(world.node[1].words[i]) };
	caller_greets(friend, &in);
	friend->peer.host->others_alike = 9;	/* music and film */
	pass(&friend, 1, 3);
	assert_int_equal(caller_got(friend, CMD_CLOSE, 0), 0);
	caller_free(friend);
	up = meets_reachable(2, UP, 4002);
	pass(&up, 1, 1);
	assert_int_equal(up->peer.leave, LEAVE_EVICTED);
	caller_free(up);
}

static void
a_node_is_full_beyond_ten_down_or_four_up(void **state)
{
	struct caller *c[16];
	struct lab_node *h = lab_node_at(stage, world.node[0].lab);

	(void)state;
	for (int i = 0; i < 11; i++) {
		assert_false(lab_node_full(h));
		c[i] = caller_new(0, PEER_ACCEPTED);	/* downstream until they say more */
	}
	assert_true(lab_node_full(h));
	free_all(c, 11);
	h = lab_node_at(stage, world.node[0].lab);
	for (int i = 0; i < 5; i++) {
		assert_false(lab_node_full(h));
		c[i] = meets_reachable(0, UP, 4000 + i);
	}
	assert_true(lab_node_full(h));
	free_all(c, 5);
}

/* ---- farewell (5.3) -------------------------------------------------------------------- */

static void
a_list_names_those_alike_first_and_never_the_addressee(void **state)
{
	struct caller *c = caller_new(0, PEER_ACCEPTED);
	struct introduction in = introduction_of(5000, world.node[9].public.port);
	struct message m;

	(void)state;
	for (int i = 0; i < FIX_NODES; i++)
		strcpy(world.node[i].words[0], i >= 30 ? "anime" : "music");
	world.node[31].port0 = 1;
	c->peer.real = world.node[9].lab;
	in.self.port = world.node[9].lab.port;
	in.self.words[0] = (struct text){ (const uint8_t *)"anime", 5 };
	caller_greets(c, &in);
	assert_int_equal(caller_got(c, CMD_NODE, 0), 31);
	for (size_t i = 5, nth = 0; nth < 31; i++, nth++) {
		assert_int_equal(message_decode(&m, CMD_NODE,
		    (struct text){ c->block[i].payload, c->block[i].len }), MESSAGE_OK);
		assert_int_equal(m.node.ip >= world.node[30].public.ip, nth < 9);
		assert_int_not_equal(m.node.ip, world.node[9].public.ip);
		assert_int_not_equal(m.node.ip, world.node[31].public.ip);
		assert_int_equal(m.node.speed, 120);
		assert_int_equal(m.node.bbs_port, 0);
	}
	caller_free(c);
}

static void
phantoms_and_links_are_named_too(void **state)
{
	struct caller *other = meets_reachable(0, UP, 4444), *c;
	struct message m;
	size_t phantoms = 0, links = 0;

	(void)state;
	world.nphantoms = 7;
	c = caller_meets(0, 5000, 4000);
	for (size_t i = (caller_reads(c), 0); i < c->nblocks; i++) {
		if (c->block[i].code != CMD_NODE)
			continue;
		message_decode(&m, CMD_NODE,
		    (struct text){ c->block[i].payload, c->block[i].len });
		phantoms += m.node.ip == 0xcb007101;
		links += m.node.port == 4444;
	}
	assert_int_equal(phantoms, 7);
	assert_int_equal(links, 1);
	caller_free(c);
	caller_free(other);
}

/* ---- searches ------------------------------------------------------------------------------ */

static void
searches_travel_by_direction_and_name_who_passed_them(void **state)
{
	struct caller *up = meets_reachable(0, UP, 4000), *down = meets_reachable(0, DOWN, 4001);
	struct endpoint last;
	struct message m;

	(void)state;
	for (int i = 0; i < 40; i++) {
		lab_node_search(&up->peer);
		lab_node_search(&down->peer);
	}
	assert_int_equal(caller_got(up, CMD_QUERY, 0), 40);
	assert_int_equal(caller_got(up, CMD_CONDITIONAL, 0), 0);
	assert_in_range(caller_got(down, CMD_CONDITIONAL, 0), 3, 20);
	assert_int_equal(caller_got(down, CMD_QUERY, 0) + caller_got(down, CMD_CONDITIONAL, 0), 40);
	assert_true(caller_last(up, CMD_QUERY, &m));
	assert_false(m.query.spread || m.query.reply || m.query.downstream);
	assert_in_range(count_via(&m.query, &last), 1, 5);
	assert_int_equal(endpoint_compare(last, world.node[0].public), 0);
	assert_true(caller_last(down, CMD_QUERY, &m));
	assert_true(m.query.downstream && !m.query.spread);
	caller_free(up);
	caller_free(down);
}

static void
searches_come_now_and_then_when_wanted(void **state)
{
	struct caller *c = meets_reachable(0, UP, 4000);
	size_t n;

	(void)state;
	caller_free(c);
	stage->search_every = 20000;
	c = meets_reachable(0, UP, 4000);
	pass(&c, 1, 200);
	n = caller_got(c, CMD_QUERY, 0);
	assert_in_range(n, 6, 20);
	caller_free(c);
	stage->search_every = 0;
	c = meets_reachable(0, UP, 4000);
	pass(&c, 1, 200);
	assert_int_equal(caller_got(c, CMD_QUERY, 0), 0);
	caller_free(c);
}

/* ---- hosts ------------------------------------------------------------------------------------ */

static void
a_host_lives_as_long_as_its_links(void **state)
{
	struct caller *a = caller_new(5, PEER_ACCEPTED), *b = caller_new(5, PEER_ACCEPTED);

	(void)state;
	assert_ptr_equal(a->peer.host, b->peer.host);
	assert_non_null(stage->host[5]);
	caller_free(a);
	assert_non_null(stage->host[5]);
	caller_free(b);
	assert_null(stage->host[5]);
	assert_null(lab_node_at(stage, endpoint_ipv4(0x7f7f7f7f, 1)));
}

static void
port_0_nodes_cannot_be_called(void **state)
{
	(void)state;
	world.node[4].port0 = 1;
	assert_null(lab_node_at(stage, world.node[4].lab));
}

static void
next_is_a_multiple_of_the_uptime(void **state)
{
	struct caller *c = caller_new(5, PEER_ACCEPTED);
	struct lab_node *h = c->peer.host;

	(void)state;
	for (int i = 0; i < 50; i++) {
		int64_t next = lab_node_next(h, 30000);

		assert_in_range(next - stage->now, 1, 30000);
		assert_int_equal((lab_node_uptime(h) + next - stage->now) % 30000, 0);
		stage->now += 7001;
	}
	caller_free(c);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_link_must_be_older_than_5_s),
		T(an_answer_goes_to_every_link_of_that_direction),
		T(upward_a_node_names_itself_as_via_downward_nobody),
		T(the_keys_are_those_of_the_world),
		T(a_node_without_keys_answers_all_the_same),
		T(the_fastest_nodes_build_no_block_beyond_their_room),
		T(relays_rewrite_downward_as_often_as_told),
		T(a_conditional_request_is_answered_with_its_words),
		T(the_least_alike_of_six_is_asked_to_go_each_second),
		T(of_seven_one_is_cut_and_then_one_is_asked),
		T(five_downstream_and_three_upstream_may_stay),
		T(the_fourth_upstream_is_cut),
		T(the_third_port_0_link_is_asked_to_go),
		T(a_crowded_node_evicts_strangers_and_keeps_its_like),
		T(a_node_is_full_beyond_ten_down_or_four_up),
		T(a_list_names_those_alike_first_and_never_the_addressee),
		T(phantoms_and_links_are_named_too),
		T(searches_travel_by_direction_and_name_who_passed_them),
		T(searches_come_now_and_then_when_wanted),
		T(a_host_lives_as_long_as_its_links),
		T(port_0_nodes_cannot_be_called),
		T(next_is_a_multiple_of_the_uptime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
