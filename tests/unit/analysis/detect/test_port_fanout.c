/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which addresses have more ports than any household has nodes, and which only seem to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/detect/port_fanout.h"
#include "tests/unit/analysis/toy.h"

#define HOST	UINT32_C(0x85460a01)	/* 133.70.10.1 */
#define ORDINARY 200

static struct toy toy;
static struct port_fanout f;

/* One more named node of this address; it was a source in so many rounds, or shook hands. */
static struct member *
name(uint32_t ip, uint16_t port, uint32_t sourced, uint32_t verified)
{
	uint32_t id = toy_node(&toy, ip, port);
	struct member *m = &toy.members.m.p[id];

	*toy_add(&toy.named) = (struct named){ id, SEEN_NEIGHBOUR };
	m->now.first_round = 1;
	m->now.sourced = sourced;
	m->now.verified = verified;
	return m;
}

static int
open_world(void **state)
{
	(void)state;
	toy_open(&toy, 1);
	memset(&f, 0, sizeof(f));
	toy_begin(&toy);
	for (uint32_t i = 0; i < ORDINARY; i++)
		name(UINT32_C(0x3a580000) + i, 7743, 20, 1);
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	port_fanout_free(&f);
	toy_close(&toy);
	return 0;
}

static void
find(void)
{
	toy_end(&toy);
	assert_int_equal(port_fanout_find(&f, &toy.members, &toy.window), 0);
}

static void
a_household_is_none(void **state)
{
	const struct member *m = NULL;

	(void)state;
	for (uint16_t port = 1; port <= 15; port++)
		m = name(HOST, port, 0, 0);
	find();
	assert_int_equal(port_fanout_host(&f, endpoint_ipv4(HOST, 0))->phantoms, 15);
	assert_false(port_fanout_host(&f, endpoint_ipv4(HOST, 0))->flooded);
	assert_false(port_fanout_has(&f, m));
	assert_true(f.phantom_share == 15.0 / (15 + ORDINARY));
}

static void
ports_that_never_spoke_are_phantoms(void **state)
{
	const struct member *phantom = NULL, *spoke, *stayed, *other;

	(void)state;
	for (uint16_t port = 1; port <= 30; port++)
		phantom = name(HOST, port, port % 4, 0);
	spoke = name(HOST, 100, 0, 1);
	stayed = name(HOST, 101, 4, 0);
	other = name(HOST + 1, 1, 0, 0);
	find();
	assert_int_equal(port_fanout_host(&f, endpoint_ipv4(HOST, 0))->ports, 32);
	assert_int_equal(port_fanout_host(&f, endpoint_ipv4(HOST, 0))->phantoms, 30);
	assert_true(port_fanout_host(&f, endpoint_ipv4(HOST, 0))->flooded);
	assert_true(port_fanout_has(&f, phantom));
	assert_false(port_fanout_has(&f, spoke));
	assert_false(port_fanout_has(&f, stayed));
	assert_false(port_fanout_has(&f, other));
	/* The flooded address does not make phantoms look usual. */
	assert_true(f.phantom_share == 1.0 / (1 + ORDINARY));
}

/* A carrier's address, shared by real nodes: a third of its ports answer. */
static void
an_address_that_real_nodes_share_is_none(void **state)
{
	const struct member *m = NULL;

	(void)state;
	for (uint16_t port = 1; port <= 40; port++)
		m = name(HOST, port, 0, 0);
	for (uint16_t port = 101; port <= 120; port++)
		name(HOST, port, 10, 1);
	find();
	assert_int_equal(port_fanout_host(&f, endpoint_ipv4(HOST, 0))->phantoms, 40);
	assert_false(port_fanout_host(&f, endpoint_ipv4(HOST, 0))->flooded);
	assert_false(port_fanout_has(&f, m));
}

/* Where twenty addresses have ten phantoms each, less than four times as many are nothing. */
static void
what_is_usual_raises_the_threshold(void **state)
{
	(void)state;
	for (uint32_t k = 0; k < 20; k++)
		for (uint16_t port = 1; port <= 10; port++)
			name(HOST + 16 + k, port, 0, 0);
	for (uint16_t port = 1; port <= 39; port++)
		name(HOST, port, 0, 0);
	for (uint16_t port = 1; port <= 41; port++)
		name(HOST + 1, port, 0, 0);
	find();
	assert_true(f.usual == 10 && f.threshold == 40);
	assert_false(port_fanout_host(&f, endpoint_ipv4(HOST, 0))->flooded);
	assert_true(port_fanout_host(&f, endpoint_ipv4(HOST + 1, 0))->flooded);
}

static void
who_is_not_in_sight_does_not_count(void **state)
{
	struct member *m;

	(void)state;
	for (uint16_t port = 1; port <= 30; port++)
		name(HOST, port, 0, 0)->now.first_round = 0;
	m = &toy.members.m.p[toy_node(&toy, HOST, 999)];
	find();
	assert_null(port_fanout_host(&f, endpoint_ipv4(HOST, 0)));
	assert_false(port_fanout_has(&f, m));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_household_is_none, open_world, close_world),
		cmocka_unit_test_setup_teardown(ports_that_never_spoke_are_phantoms, open_world, close_world),
		cmocka_unit_test_setup_teardown(an_address_that_real_nodes_share_is_none, open_world,
		    close_world),
		cmocka_unit_test_setup_teardown(what_is_usual_raises_the_threshold, open_world, close_world),
		cmocka_unit_test_setup_teardown(who_is_not_in_sight_does_not_count, open_world, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
