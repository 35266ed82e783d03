/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who came back under another address, and what cannot be told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/analysis/toy.h"

static struct toy toy;
static struct newcomers newcomers;

static int
open_world(void **state)
{
	(void)state;
	toy_open(&toy, 1);
	memset(&newcomers, 0, sizeof(newcomers));
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	newcomers_free(&newcomers);
	toy_close(&toy);
	return 0;
}

static uint32_t
offers(uint32_t ip, uint16_t port, uint64_t hash)
{
	uint32_t node = toy_node(&toy, ip, port);

	toy_key(&toy, node, hash, 1000);
	return node;
}

/* One round of the past: those in it are no newcomers any more. */
static void
settle_round(void)
{
	toy_end(&toy);
	members_settle(&toy.members, toy.window.round.p[toy.window.open++]);
}

static void
find(void)
{
	members_replay(&toy.members, toy.window.round.p, toy.window.round.n, toy.window.open);
	assert_int_equal(newcomers_find(&newcomers, &toy.members, &toy.window, &toy.space), 0);
}

static const struct newcomer *
newcomer_of(uint32_t node)
{
	for (size_t i = 0; i < newcomers.newcomer.n; i++) {
		const struct newcomer *x = &newcomers.newcomer.p[i];

		if (x->member == node)
			return x;
	}
	fail_msg("node %u is no newcomer", node);
	return NULL;
}

static int
moved(uint32_t node)
{
	return newcomer_of(node)->cell[FAM_MOVED];
}

static void
a_port_and_a_file_tell_who_moved(void **state)
{
	uint32_t both, port_only, file_only, neighbour;

	(void)state;
	toy_begin(&toy);
	offers(0x3a580101, 5000, 11);
	offers(0x3a580102, 5001, 12);
	settle_round();
	toy_begin(&toy);
	both = offers(0x3a580201, 5000, 11);
	port_only = offers(0x3a580202, 5001, 99);
	file_only = offers(0x3a580203, 6000, 11);
	neighbour = offers(0x3a580101, 6001, 11);	/* another node behind the same address */
	toy_end(&toy);
	find();
	assert_int_equal(moved(both), CELL_MOVED);
	assert_int_equal(moved(port_only), CELL_PORT_KNOWN);
	assert_int_equal(moved(file_only), CELL_NEW);
	assert_int_equal(moved(neighbour), CELL_NEW);
	assert_int_equal(newcomer_of(port_only)->context[FAM_MOVED] / 4, 0);	/* nobody else has it */
	assert_int_equal(newcomer_of(both)->context[FAM_MOVED] / 4, 1);
}

static void
the_other_address_must_have_been_before(void **state)
{
	uint32_t one, other, later, again;

	(void)state;
	toy_begin(&toy);
	one = offers(0x3a580101, 7000, 21);
	other = offers(0x3a580102, 7000, 21);
	toy_end(&toy);
	toy_begin(&toy);
	later = offers(0x3a580103, 7000, 21);
	again = offers(0x3a580101, 7001, 21);
	toy_key(&toy, one, 21, 1000);
	toy_end(&toy);
	find();
	assert_int_equal(moved(one), CELL_NEW);
	assert_int_equal(moved(other), CELL_NEW);
	assert_int_equal(moved(later), CELL_MOVED);	/* newcomers of the last round count */
	assert_int_equal(moved(again), CELL_NEW);
}

static void
made_up_sources_vouch_for_nobody(void **state)
{
	uint32_t made_up, next;

	(void)state;
	toy_begin(&toy);
	made_up = offers(0x3a580101, 5002, 31);
	settle_round();
	toy.members.m.p[made_up].settled.probability = 0.99f;
	toy_begin(&toy);
	next = offers(0x3a580102, 5002, 31);
	toy_end(&toy);
	find();
	assert_int_equal(moved(next), CELL_NEW);
}

static void
popular_ports_and_hot_hashes_are_apart(void **state)
{
	uint32_t popular, rare = 0, known;

	(void)state;
	toy_begin(&toy);
	for (uint32_t i = 0; i < 2; i++) {
		known = offers(0x3a580101 + i, 7743, 41 + i);
		toy.members.m.p[known].settled.verified = 3;
	}
	settle_round();
	toy_begin(&toy);
	popular = offers(0x3a580201, 7743, 41);
	for (uint32_t i = 0; i < HOT_NEWCOMERS; i++)
		rare = offers(0x3a580301 + i, (uint16_t)(9000 + i), 50);
	toy_end(&toy);
	find();
	assert_int_equal(moved(popular), CELL_MOVED);
	assert_int_equal(newcomer_of(popular)->context[FAM_MOVED], 4 + 1);
	assert_int_equal(newcomer_of(rare)->cell[FAM_HASH], CELL_HOT);
	assert_int_equal(newcomer_of(rare)->context[FAM_MOVED], 8);
}

int
main(void)
{
#define CASE(f)	cmocka_unit_test_setup_teardown(f, open_world, close_world)
	const struct CMUnitTest tests[] = {
		CASE(a_port_and_a_file_tell_who_moved),
		CASE(the_other_address_must_have_been_before),
		CASE(made_up_sources_vouch_for_nobody),
		CASE(popular_ports_and_hot_hashes_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
