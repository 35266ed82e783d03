/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crawler/frontier.h"

#define NOW	INT64_C(1274400000)

static const uint8_t key[16] = "sixteen bytes!!";

static struct endpoint
nth(uint32_t i)
{
	return endpoint_ipv4(0x3a000000 + i / 3, (uint16_t)(1000 + i % 3));
}

/* Visits everybody on the list with the same success. */
static size_t
visit_all(struct frontier *f)
{
	size_t n = 0;
	node_id i;

	while ((i = frontier_first(f, NODE_QUEUED)) != NO_NODE) {
		frontier_move(f, i, NODE_DIALLING);
		frontier_move(f, i, NODE_TALKING);
		frontier_move(f, i, NODE_DONE);
		n++;
	}
	return n;
}

static void
the_list_is_claims_named_and_lately_verified(void **state)
{
	struct frontier *f = frontier_new(1000, key);

	(void)state;
	assert_int_equal(frontier_claim(f, nth(1), true), CLAIM_FRESH);
	assert_int_equal(frontier_claim(f, nth(1), true), CLAIM_KNOWN);
	frontier_name(f, nth(2));
	frontier_verify(f, nth(3), NOW);
	frontier_verify(f, nth(4), NOW - 7200);
	assert_int_equal(frontier_size(f), 4);
	assert_int_equal(frontier_next(f, NOW - 3600, false), 3);
	assert_int_equal(frontier_size(f), 3);		/* the stale one is forgotten */
	assert_int_equal(visit_all(f), 3);

	/* Claims last one round, verification as long as it is fresh, names for ever. */
	assert_int_equal(frontier_next(f, NOW - 3600, false), 2);
	assert_int_equal(visit_all(f), 2);
	assert_int_equal(frontier_next(f, NOW + 1, false), 1);
	frontier_free(f);
}

static void
each_node_is_visited_once_a_round(void **state)
{
	struct frontier *f = frontier_new(100000, key);

	(void)state;
	for (uint32_t i = 0; i < 50000; i++)
		assert_int_equal(frontier_claim(f, nth(i), true), CLAIM_FRESH);
	for (uint32_t i = 0; i < 50000; i++)
		assert_int_equal(frontier_claim(f, nth(i), true), CLAIM_KNOWN);
	assert_int_equal(frontier_next(f, NOW, false), 50000);
	for (uint32_t i = 0; i < 50000; i += 2)
		frontier_claim(f, nth(i), true);		/* for the next round, not this */
	assert_int_equal(frontier_count(f, NODE_QUEUED), 50000);
	assert_int_equal(visit_all(f), 50000);
	assert_int_equal(frontier_claimed(f), 25000);
	assert_int_equal(frontier_next(f, NOW, false), 25000);
	frontier_free(f);
}

static void
a_budget_keeps_fresh_claims_out_but_not_known_ones(void **state)
{
	struct frontier *f = frontier_new(1000, key);

	(void)state;
	assert_int_equal(frontier_claim(f, nth(1), false), CLAIM_DROPPED);
	assert_int_equal(frontier_claim(f, nth(1), true), CLAIM_FRESH);
	assert_int_equal(frontier_claim(f, nth(1), false), CLAIM_KNOWN);
	frontier_next(f, NOW, false);
	visit_all(f);
	assert_int_equal(frontier_claim(f, nth(1), false), CLAIM_KNOWN);
	assert_int_equal(frontier_next(f, NOW, false), 1);
	frontier_free(f);
}

static void
the_list_is_shuffled(void **state)
{
	struct frontier *f = frontier_new(100000, key);
	uint32_t in_order = 0, last = 0;
	node_id i;

	(void)state;
	for (uint32_t k = 0; k < 3000; k++)
		frontier_claim(f, nth(k * 3), true);
	frontier_next(f, NOW, false);
	while ((i = frontier_first(f, NODE_QUEUED)) != NO_NODE) {
		uint32_t ip = frontier_endpoint(f, i).ip;

		in_order += ip > last;
		last = ip;
		frontier_move(f, i, NODE_DONE);
	}
	assert_in_range(in_order, 1300, 1700);
	frontier_free(f);
}

static void
after_an_outage_the_old_list_is_kept(void **state)
{
	struct frontier *f = frontier_new(1000, key);

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		frontier_claim(f, nth(i), true);
	assert_int_equal(frontier_next(f, NOW, false), 10);
	visit_all(f);
	frontier_claim(f, nth(3), true);
	frontier_claim(f, nth(11), true);
	assert_int_equal(frontier_next(f, NOW, true), 11);
	visit_all(f);
	assert_int_equal(frontier_next(f, NOW, true), 11);
	assert_int_equal(frontier_next(f, NOW, false), 0);
	frontier_free(f);
}

static void
a_late_node_is_remembered_as_late_for_its_round(void **state)
{
	struct frontier *f = frontier_new(1000, key);
	node_id i;

	(void)state;
	frontier_name(f, nth(1));
	frontier_next(f, NOW, false);
	i = frontier_first(f, NODE_QUEUED);
	assert_false(frontier_verified(f, i));
	frontier_verify(f, nth(1), NOW);
	assert_true(frontier_verified(f, i));
	frontier_move(f, i, NODE_DIALLING);
	assert_false(frontier_was_late(f, i));
	frontier_move(f, i, NODE_LATE);
	frontier_move(f, i, NODE_HELD);
	frontier_move(f, i, NODE_LATE);
	frontier_move(f, i, NODE_DIALLING);
	assert_true(frontier_was_late(f, i));
	frontier_move(f, i, NODE_DONE);
	assert_int_equal(frontier_first(f, NODE_DONE), i);
	frontier_next(f, NOW, false);
	assert_false(frontier_was_late(f, frontier_first(f, NODE_QUEUED)));
	frontier_free(f);
}

static void
an_exclusion_is_news_once(void **state)
{
	struct frontier *f = frontier_new(1000, key);
	node_id i;

	(void)state;
	frontier_name(f, nth(1));
	frontier_next(f, NOW, false);
	i = frontier_first(f, NODE_QUEUED);
	assert_false(frontier_exclude(f, i, false));
	assert_true(frontier_exclude(f, i, true));
	visit_all(f);
	frontier_next(f, NOW, false);
	i = frontier_first(f, NODE_QUEUED);
	assert_false(frontier_exclude(f, i, true));
	assert_true(frontier_exclude(f, i, false));
	frontier_free(f);
}

static void
an_illegal_move_stops_the_program(void **state)
{
	struct frontier *f = frontier_new(1000, key);
	int status;
	pid_t child;

	(void)state;
	frontier_name(f, nth(1));
	frontier_next(f, NOW, false);
	if ((child = fork()) == 0) {
		close(STDERR_FILENO);
		frontier_move(f, frontier_first(f, NODE_QUEUED), NODE_TALKING);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	frontier_free(f);
}

/* Visits everybody; how many of them are verified? */
static size_t
visit_and_count_verified(struct frontier *f)
{
	size_t verified = 0;
	node_id i;

	while ((i = frontier_first(f, NODE_QUEUED)) != NO_NODE) {
		verified += frontier_verified(f, i);
		frontier_move(f, i, NODE_DONE);
	}
	return verified;
}

static void
a_flood_is_sampled_and_the_verified_stay(void **state)
{
	struct frontier *f = frontier_new(20000, key);

	(void)state;
	for (uint32_t k = 0; k < 5000; k++)
		frontier_verify(f, nth(k), NOW);
	for (uint32_t k = 5000; k < 1000000; k++)
		frontier_claim(f, nth(k), true);
	assert_in_range(frontier_size(f), 5000 + 5000, 20000);
	assert_int_equal(frontier_sampling(f), 128);	/* 995,000 / 128 fits beside 5,000 */
	assert_in_range(frontier_next(f, NOW, false), 10000, 20000);
	assert_int_equal(visit_and_count_verified(f), 5000);
	frontier_free(f);
}

static void
the_sample_is_the_same_whatever_the_order(void **state)
{
	struct frontier *f = frontier_new(1000, key), *g = frontier_new(1000, key);

	(void)state;
	for (uint32_t k = 0; k < 100000; k++) {
		frontier_claim(f, nth(k), true);
		frontier_claim(g, nth(99999 - k), true);
	}
	assert_int_equal(frontier_sampling(f), frontier_sampling(g));
	assert_int_equal(frontier_size(f), frontier_size(g));
	for (uint32_t k = 0; k < 100000; k++)
		frontier_claim(g, nth(k), true);
	assert_int_equal(frontier_size(f), frontier_size(g));
	frontier_free(f);
	frontier_free(g);
}

static void
the_sample_widens_when_the_flood_is_over(void **state)
{
	struct frontier *f = frontier_new(1000, key);

	(void)state;
	for (uint32_t k = 0; k < 100000; k++)
		frontier_claim(f, nth(k), true);
	assert_true(frontier_sampling(f) > 100);
	frontier_next(f, NOW, false);
	visit_all(f);
	for (int round = 0; round < 10; round++) {
		for (uint32_t k = 0; k < 100; k++)
			frontier_claim(f, nth(k), true);
		frontier_next(f, NOW, false);
		visit_all(f);
	}
	assert_int_equal(frontier_sampling(f), 1);
	frontier_free(f);
}

static void
a_known_node_stays_under_its_share_of_memory(void **state)
{
	size_t room = frontier_room_for(64 << 20);
	struct frontier *f = frontier_new(room, key);

	(void)state;
	for (uint32_t k = 0; k < 3 * 1000 * 1000; k++)
		frontier_claim(f, nth(k), true);
	assert_true(frontier_bytes(f) <= 64 << 20);
	assert_true(frontier_bytes(f) / frontier_size(f) < 160);
	frontier_free(f);
}

/* 57 rounds of 88,000 addresses that nobody ever saw before, beside 50,000 nodes. */
static void
a_day_of_flood_stays_inside_its_memory(void **state)
{
	const size_t bytes = 4 << 20;
	struct frontier *f = frontier_new(frontier_room_for(bytes), key);
	uint32_t bogus = 50000;

	(void)state;
	for (int round = 0; round < 57; round++) {
		for (uint32_t k = 0; k < 50000; k++)
			frontier_verify(f, nth(k), NOW + round);
		for (uint32_t end = bogus + 88000; bogus < end; bogus++)
			frontier_claim(f, nth(bogus), true);
		assert_true(frontier_bytes(f) <= bytes);
		assert_in_range(frontier_next(f, NOW + round, false), 50000, frontier_room_for(bytes));
		assert_int_equal(visit_and_count_verified(f), 50000);
	}
	assert_true(bogus > 5 * 1000 * 1000);
	assert_true(frontier_sampling(f) > 1);
	frontier_free(f);
}

static void
leads_join_the_round_under_way(void **state)
{
	struct frontier *f = frontier_new(1000, key);
	node_id i;

	(void)state;
	frontier_name(f, nth(1));
	assert_int_equal(frontier_next(f, NOW, false), 1);
	assert_int_equal(frontier_lead(f, nth(2), false), CLAIM_DROPPED);
	assert_int_equal(frontier_lead(f, nth(2), true), CLAIM_FRESH);
	assert_int_equal(frontier_lead(f, nth(2), true), CLAIM_KNOWN);
	assert_int_equal(frontier_lead(f, nth(1), true), CLAIM_KNOWN);
	assert_int_equal(frontier_count(f, NODE_QUEUED), 2);
	/* Known from elsewhere, and not on this list: it joins. */
	assert_int_equal(frontier_claim(f, nth(3), true), CLAIM_FRESH);
	assert_int_equal(frontier_lead(f, nth(3), false), CLAIM_FRESH);
	assert_int_equal(visit_all(f), 3);
	assert_int_equal(frontier_lead(f, nth(2), true), CLAIM_KNOWN);	/* once a round */
	/* Who told of whom, by halves. */
	frontier_told(f, nth(2), 0);
	frontier_told(f, nth(3), 0);
	frontier_told(f, nth(3), 1);
	frontier_told(f, nth(99), 1);
	i = frontier_first(f, NODE_DONE);
	assert_int_equal(frontier_told_by(f, i), 0);
	assert_int_equal(frontier_told_by(f, i = frontier_after(f, i)), 1);
	assert_int_equal(frontier_told_by(f, frontier_after(f, i)), 3);
	frontier_verify(f, nth(2), NOW);
	assert_int_equal(frontier_verified_s(f, i), NOW);
	/* The next list has who is named, claimed or verified, and nobody was told of yet. */
	assert_int_equal(frontier_next(f, NOW, false), 3);
	for (i = frontier_first(f, NODE_QUEUED); i != NO_NODE; i = frontier_after(f, i))
		assert_int_equal(frontier_told_by(f, i), 0);
	frontier_free(f);
}

/* ---- few ports of an address; the verified first ---- */

static struct endpoint
port_of_one(uint32_t port)
{
	return endpoint_ipv4(0x3b010203, (uint16_t)port);
}

static void
however_many_ports_are_claimed_few_are_on_the_list(void **state)
{
	struct frontier *f = frontier_new(10000, key);
	static uint8_t allowed[8192];
	uint16_t first[4];

	(void)state;
	memset(allowed + 128, 0xff, sizeof(allowed) - 128);
	frontier_limit_ports(f, 4, allowed);
	for (int round = 0; round < 3; round++) {
		int k = 0;

		for (uint32_t port = 1; port <= 2000; port++)
			frontier_claim(f, port_of_one(port), true);
		frontier_claim(f, nth(7), true);
		assert_int_equal(frontier_next(f, NOW, false), 5);
		assert_int_equal(frontier_left_out(f), 1996);
		for (node_id i = frontier_first(f, NODE_QUEUED); i != NO_NODE; i = frontier_after(f, i)) {
			struct endpoint e = frontier_endpoint(f, i);
			bool again = round == 0;

			if (e.ip != port_of_one(0).ip)
				continue;
			assert_true(e.port >= 1024);	/* who may be dialled goes before who may not */
			for (int j = 0; round > 0 && j < 4; j++)
				again |= first[j] == e.port;
			assert_true(again);	/* the same from round to round */
			if (round == 0)
				first[k++] = e.port;
		}
		assert_int_equal(visit_all(f), 5);
	}
	frontier_free(f);
}

static void
who_answered_is_not_crowded_out(void **state)
{
	struct frontier *f = frontier_new(10000, key);
	bool met[6] = { false };

	(void)state;
	frontier_limit_ports(f, 4, NULL);
	frontier_verify(f, port_of_one(7743), NOW);
	for (uint32_t port = 1; port <= 500; port++)
		frontier_claim(f, port_of_one(port), true);
	assert_int_equal(frontier_next(f, NOW, false), 4);
	assert_true(frontier_first_class(f, frontier_first(f, NODE_QUEUED)));
	assert_int_equal(visit_and_count_verified(f), 1);
	/* What the operator named is no claim. */
	for (uint32_t port = 1; port <= 9; port++)
		frontier_name(f, port_of_one(port));
	assert_int_equal(frontier_next(f, NOW + 1, false), 9);
	visit_all(f);
	frontier_free(f);
	/* Six that answer behind one address have their turns one after the other. */
	f = frontier_new(10000, key);
	frontier_limit_ports(f, 4, NULL);
	for (int round = 0; round < 60; round++) {
		for (uint32_t port = 0; round == 0 && port < 6; port++)
			frontier_verify(f, port_of_one(5000 + port), NOW);
		assert_int_equal(frontier_next(f, NOW, false), 4);
		assert_int_equal(frontier_size(f), 6);
		for (node_id i = frontier_first(f, NODE_QUEUED); i != NO_NODE; i = frontier_after(f, i))
			met[frontier_endpoint(f, i).port - 5000] = true;
		visit_all(f);
	}
	for (int i = 0; i < 6; i++)
		assert_true(met[i]);
	frontier_free(f);
}

static void
of_ipv6_a_64_is_one_address(void **state)
{
	struct frontier *f = frontier_new(10000, key);
	char text[ENDPOINT_TEXT];
	struct endpoint e;

	(void)state;
	frontier_limit_ports(f, 4, NULL);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "[2001:470:1:2::%x]:8333", i + 1);
		assert_true(endpoint_parse(&e, text));
		frontier_claim(f, e, true);
		snprintf(text, sizeof(text), "[2001:470:1:%x::1]:8333", i + 16);
		assert_true(endpoint_parse(&e, text));
		frontier_claim(f, e, true);
	}
	assert_int_equal(frontier_next(f, NOW, false), 104);
	frontier_free(f);
}

static void
the_verified_are_first_and_come_back_to_the_head(void **state)
{
	struct frontier *f = frontier_new(10000, key);
	node_id i;

	(void)state;
	for (uint32_t k = 0; k < 300; k++)
		if (k % 3 == 0)
			frontier_verify(f, nth(k), NOW);
		else
			frontier_claim(f, nth(k), true);
	assert_int_equal(frontier_next(f, NOW, false), 300);
	i = frontier_first(f, NODE_QUEUED);
	for (int k = 0; k < 300; k++, i = frontier_after(f, i))
		assert_int_equal(frontier_verified(f, i), k < 100);
	i = frontier_first(f, NODE_QUEUED);
	frontier_move(f, i, NODE_HELD);
	frontier_move(f, i, NODE_QUEUED);
	assert_int_equal(frontier_first(f, NODE_QUEUED), i);
	frontier_free(f);
}

static void
who_is_cut_off_is_not_forgotten_if_verified(void **state)
{
	struct frontier *f = frontier_new(10000, key);
	node_id late, i;

	(void)state;
	for (uint32_t k = 0; k < 30; k++)
		if (k < 10)
			frontier_verify(f, nth(k), NOW);
		else
			frontier_claim(f, nth(k), true);
	assert_int_equal(frontier_next(f, NOW, false), 30);
	for (int k = 0; k < 4; k++) {
		i = frontier_first(f, NODE_QUEUED);
		frontier_move(f, i, NODE_DIALLING);
		frontier_move(f, i, k == 0 ? NODE_LATE : NODE_DONE);
	}
	late = frontier_first(f, NODE_LATE);
	frontier_move(f, late, NODE_HELD);
	frontier_move(f, frontier_first(f, NODE_QUEUED), NODE_HELD);
	assert_int_equal(frontier_cut(f), 26);
	assert_int_equal(frontier_first(f, NODE_LATE), late);	/* it was dialled once */
	frontier_move(f, late, NODE_DONE);
	/* Hours later only those that had no turn are still on the list. */
	assert_int_equal(frontier_next(f, NOW + 9999, false), 6);
	frontier_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_is_claims_named_and_lately_verified),
		cmocka_unit_test(leads_join_the_round_under_way),
		cmocka_unit_test(each_node_is_visited_once_a_round),
		cmocka_unit_test(a_budget_keeps_fresh_claims_out_but_not_known_ones),
		cmocka_unit_test(the_list_is_shuffled),
		cmocka_unit_test(after_an_outage_the_old_list_is_kept),
		cmocka_unit_test(a_late_node_is_remembered_as_late_for_its_round),
		cmocka_unit_test(an_exclusion_is_news_once),
		cmocka_unit_test(an_illegal_move_stops_the_program),
		cmocka_unit_test(a_flood_is_sampled_and_the_verified_stay),
		cmocka_unit_test(the_sample_is_the_same_whatever_the_order),
		cmocka_unit_test(the_sample_widens_when_the_flood_is_over),
		cmocka_unit_test(a_day_of_flood_stays_inside_its_memory),
		cmocka_unit_test(a_known_node_stays_under_its_share_of_memory),
		cmocka_unit_test(however_many_ports_are_claimed_few_are_on_the_list),
		cmocka_unit_test(who_answered_is_not_crowded_out),
		cmocka_unit_test(of_ipv6_a_64_is_one_address),
		cmocka_unit_test(the_verified_are_first_and_come_back_to_the_head),
		cmocka_unit_test(who_is_cut_off_is_not_forgotten_if_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
