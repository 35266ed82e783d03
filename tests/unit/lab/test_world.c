/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The population: who is online, where, and what the numbers come to. */
#include "tests/unit/lab/worlds.h"

#include <math.h>

static const char home[] = "[world]\nnodes = 2000\nseed = 11\n";
static const char still[] = "[world]\nnodes = 2000\n" STILL;

static uint32_t
count_online(const struct world *w, double t)
{
	struct world_node n;
	uint32_t online = 0;

	for (uint32_t slot = 0; slot < world_slots(w); slot++)
		online += world_node(w, slot, t, &n);
	return online;
}

static double
mean_online(const struct world *w, double from, double until, double step)
{
	double sum = 0;
	unsigned n = 0;

	for (double t = from; t < until; t += step, n++)
		sum += count_online(w, t);
	return sum / n;
}

static void
assert_near(double got, double want, double by)
{
	if (fabs(got - want) > by)
		fail_msg("%g is not within %g of %g", got, by, want);
}

/* ---- as a function ------------------------------------------------------------------ */

static void
the_same_question_has_the_same_answer(void **state)
{
	struct world *a = world_of(home), *b = world_of(home);
	struct world_node m, n;

	(void)state;
	for (uint32_t slot = world_slots(a); slot-- > 0;) {	/* b is asked in another order */
		uint32_t other = world_slots(a) - 1 - slot;
		bool on = world_node(a, slot, 40000, &m);

		world_node(b, other, 90000, &n);
		assert_int_equal(world_node(b, slot, 40000, &n), on);
		if (on)
			assert_memory_equal(&m, &n, sizeof(m));
	}
	world_free(a);
	world_free(b);
}

static void
another_seed_is_another_world(void **state)
{
	char *why;
	struct world *a = load_text(home, 1, &why), *b = load_text(home, 2, &why);
	struct world_node m, n;
	unsigned same = 0;

	(void)state;
	for (uint32_t slot = 0; slot < 500; slot++)
		same += world_node(a, slot, 0, &m) && world_node(b, slot, 0, &n) &&
		    m.public.ip == n.public.ip;
	assert_int_equal(same, 0);
	world_free(a);
	world_free(b);
}

static void
nothing_changes_within_a_step(void **state)
{
	struct world *w = world_of(home);
	struct world_node m, n;

	(void)state;
	for (uint32_t slot = 0; slot < 1000; slot++) {
		double t = 7 * WORLD_STEP_S * (slot % 50);
		bool on = world_node(w, slot, t, &m);

		assert_int_equal(world_node(w, slot, t + WORLD_STEP_S - 0.01, &n), on);
		if (on)
			assert_memory_equal(&m, &n, sizeof(m));
	}
	world_free(w);
}

/* ---- addresses ------------------------------------------------------------------------ */

static void
both_addresses_lead_to_each_other(void **state)
{
	struct world *w = world_of(home);
	struct endpoint lab, public;
	struct world_node n;

	(void)state;
	for (uint32_t slot = 0; slot < world_slots(w); slot++) {
		if (!world_node(w, slot, 12345, &n))
			continue;
		assert_true(world_public(w, n.lab, &public));
		assert_int_equal(endpoint_compare(public, n.public), 0);
		assert_true(world_lab(w, n.public, &lab));
		assert_int_equal(endpoint_compare(lab, n.lab), 0);
	}
	world_free(w);
}

static void
world_at_is_the_inverse_of_world_node(void **state)
{
	struct world *w = world_of(home);
	struct world_node n;
	uint32_t who;
	unsigned tried = 0;

	(void)state;
	for (uint32_t slot = 0; slot < world_slots(w); slot++) {
		if (!world_node(w, slot, 5000, &n))
			continue;
		assert_true(world_at(w, n.lab, 5000, &who));
		assert_int_equal(who, slot);
		/* A day later, another node or nobody has it, or the same one still. */
		if (world_at(w, n.lab, 5000 + DAY, &who)) {
			assert_true(world_node(w, who, 5000 + DAY, &n));
			tried++;
		}
	}
	assert_true(tried > 50);
	world_free(w);
}

static int
by_address(const void *a, const void *b)
{
	return endpoint_compare(*(const struct endpoint *)a, *(const struct endpoint *)b);
}

static void
assert_all_different(struct endpoint *e, size_t n)
{
	qsort(e, n, sizeof(*e), by_address);
	for (size_t i = 1; i < n; i++)
		assert_true(endpoint_compare(e[i - 1], e[i]) < 0);
}

static void
no_two_places_are_alike_and_all_are_dialable(void **state)
{
	enum { MOST = 200000 };
	struct world *w = world_of("[world]\nnodes = 400\n[churn]\naddresses = 16\n"
	    "[event.1]\nkind = renumber\nstart = 2d\npool = 1\nblocks = 153.120-130\n");
	struct endpoint *lab = calloc(MOST, sizeof(*lab)), *public = calloc(MOST, sizeof(*public));
	const uint16_t *ports;
	size_t n = 0, nports = world_ports(w, &ports);

	(void)state;
	for (uint32_t slot = 0; slot < world_slots(w); slot++)
		for (uint32_t i = 0; n < MOST && world_place(w, slot, i, &lab[n], &public[n]); i++, n++) {
			assert_true(lab[n].ip >= 0x7f000002 && lab[n].ip < 0x7fffffff);
			assert_true(lab[n].port >= ports[0] && lab[n].port <= ports[nports - 1]);
			assert_true(public[n].port >= 1024 && public[n].port <= 32767);
			assert_true((public[n].ip & 255) != 0 && (public[n].ip & 255) != 255);
		}
	assert_true(n > 8 * world_slots(w) && n < MOST);
	assert_all_different(lab, n);
	assert_all_different(public, n);
	free(lab);
	free(public);
	world_free(w);
}

static void
a_node_is_always_at_one_of_its_places(void **state)
{
	struct world *w = world_of("[world]\nnodes = 300\n[churn]\naddresses = 20\n"
	    "[event.1]\nkind = renumber\nstart = 2d\npool = 1\nblocks = 153.120-130\n");
	struct endpoint lab, public;
	struct world_node n;

	(void)state;
	for (uint32_t slot = 0; slot < world_slots(w); slot++)
		for (double t = 0; t < 5 * DAY; t += 7 * HOUR) {
			bool found = false;

			if (!world_node(w, slot, t, &n))
				continue;
			for (uint32_t i = 0; !found && world_place(w, slot, i, &lab, &public); i++)
				found = endpoint_compare(public, n.public) == 0 &&
				    endpoint_compare(lab, n.lab) == 0;
			assert_true(found);
		}
	world_free(w);
}

static void
strangers_have_no_place_on_loopback(void **state)
{
	struct world *w = world_of(home);
	const struct endpoint strange[] = {
		endpoint_ipv4(0x08080808, 4000), endpoint_ipv4(0x7f000001, 7743),
		endpoint_ipv4(0x7fffffff, 7743), endpoint_ipv4(0, 0),
		endpoint_ipv4(0x7e000001, 1), endpoint_ipv4(0xffffffff, 65535),
	};
	struct endpoint e;

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
		assert_false(world_lab(w, strange[i], &e));
		assert_false(world_public(w, strange[i], &e));
	}
	world_free(w);
}

static void
a_node_that_moves_keeps_its_port_and_provider(void **state)
{
	struct world *w = world_of(home);
	struct world_node first, n;
	unsigned moved = 0;

	(void)state;
	for (uint32_t slot = 0; slot < 500; slot++) {
		double t = 0;

		while (!world_node(w, slot, t, &first) && t < 5 * DAY)
			t += HOUR;
		for (; t < 10 * DAY; t += 3 * HOUR)
			if (world_node(w, slot, t, &n)) {
				uint32_t a, b, index;

				assert_int_equal(n.public.port, first.public.port);
				assert_true(pools_find_public(w, n.public.ip, &a, &index));
				assert_true(pools_find_public(w, first.public.ip, &b, &index));
				assert_int_equal(a, b);
				moved += n.public.ip != first.public.ip;
			}
	}
	assert_true(moved > 1000);
	world_free(w);
}

static void
a_renumbering_moves_a_whole_pool_and_nobody_else(void **state)
{
	struct world *w = world_of("[world]\nnodes = 2000\n" STILL
	    "[event.1]\nkind = renumber\nstart = 10h\nramp = 3h\npool = 3\nblocks = 153.120-183\n");
	struct world_node before, after;
	unsigned moved = 0;

	(void)state;
	for (uint32_t slot = 0; slot < world_slots(w); slot++) {
		assert_true(world_node(w, slot, 9.9 * HOUR, &before));
		assert_true(world_node(w, slot, 13.2 * HOUR, &after));
		assert_int_equal(pools_segment(w, slot)->pool == 2, before.public.ip != after.public.ip);
		if (before.public.ip != after.public.ip) {
			assert_int_equal(after.public.ip >> 24, 153);
			moved++;
		}
	}
	assert_true(moved > 100 && moved < 300);	/* weight 3^-0.9 of all */
	world_free(w);
}

static void
silent_is_what_the_kernel_will_compute(void **state)
{
	struct world *w = world_of("[world]\nnodes = 5000\n[population]\nsilent = 10%\nport0 = 4%\n");
	struct silent s = world_silence(w);
	unsigned all = 0, silent = 0, port0 = 0;
	struct world_node n;

	(void)state;
	for (uint32_t slot = 0; slot < world_slots(w); slot++) {
		if (!world_node(w, slot, DAY, &n))
			continue;
		assert_int_equal(n.silent, silent_holds(&s, n.lab.ip));
		assert_true(n.silent || !n.port0);
		all++;
		silent += n.silent;
		port0 += n.port0;
	}
	assert_near((double)silent / all, 0.14, 0.015);
	assert_near((double)port0 / all, 0.04, 0.01);
	world_free(w);
}

/* ---- numbers ---------------------------------------------------------------------------- */

static void
a_still_world_has_everybody_online_always(void **state)
{
	struct world *w = world_of(still);

	(void)state;
	assert_int_equal(world_slots(w), 2000);
	for (double t = 0; t < 3 * DAY; t += DAY / 3)
		assert_int_equal(count_online(w, t), 2000);
	world_free(w);
}

static void
as_many_are_online_as_asked_for(void **state)
{
	struct world *w = world_of("[world]\nnodes = 2000\n[churn]\ndecline = 0\n");

	(void)state;
	assert_near(mean_online(w, 0, 7 * DAY, HOUR), 2000, 60);
	world_free(w);
}

static void
nights_and_weekends_are_busier(void **state)
{
	struct world *w = world_of("[world]\nnodes = 4000\nstart = 2010-05-17T00:00:00+09:00\n"
	    "[churn]\nday_wave = 15%\nweek_wave = 8%\nalways_on = 0\ndecline = 0\n");
	double night = 0, day = 0;

	(void)state;
	for (int d = 0; d < 7; d++) {
		night += count_online(w, d * DAY + 22.5 * HOUR);
		day += count_online(w, d * DAY + 10.5 * HOUR);
	}
	assert_near(night / day, 1.15 / 0.85, 0.05);
	/* Monday is day 0 there: Saturday and Sunday against Tuesday and Wednesday. */
	assert_near(mean_online(w, 5 * DAY, 7 * DAY, HOUR) / mean_online(w, DAY, 3 * DAY, HOUR),
	    1.072 / 0.943, 0.04);
	world_free(w);
}

static void
steps_and_holidays_have_their_size(void **state)
{
	struct world *w = world_of("[world]\nnodes = 4000\n[churn]\nday_wave = 0\nweek_wave = 0\n"
	    "decline = 0\n[event.1]\nkind = step\nstart = 4d\nsize = 10%\nramp = 0\n"
	    "[event.2]\nkind = holiday\nstart = 8d\nend = 10d\nsize = 20%\nramp = 0\n");
	double before = mean_online(w, 2 * DAY, 4 * DAY, HOUR);

	(void)state;
	assert_near(mean_online(w, 4 * DAY, 8 * DAY, HOUR) / before, 0.9, 0.02);
	assert_near(mean_online(w, 8 * DAY, 10 * DAY, HOUR) / before, 1.08, 0.025);
	assert_near(mean_online(w, 10 * DAY, 12 * DAY, HOUR) / before, 0.9, 0.02);
	world_free(w);
}

static void
newcomers_come_and_go(void **state)
{
	struct world *w = world_of("[world]\nnodes = 4000\n[churn]\nday_wave = 0\nweek_wave = 0\n"
	    "decline = 0\n[event.1]\nkind = new-isp\nstart = 3d\nsize = 10%\nramp = 6h\n"
	    "blocks = 111.64-79\nend = 6d\n");
	double before = mean_online(w, DAY, 3 * DAY, HOUR);
	struct world_node n;
	unsigned there = 0;

	(void)state;
	assert_near(mean_online(w, 4 * DAY, 6 * DAY, HOUR) / before, 1.1, 0.03);
	assert_near(mean_online(w, 7 * DAY, 9 * DAY, HOUR) / before, 1, 0.02);
	for (uint32_t slot = 0; slot < world_slots(w); slot++)
		if (world_node(w, slot, 5 * DAY, &n) && n.public.ip >> 20 == 0x6f4)
			there++;
	assert_near(there, 400, 60);
	world_free(w);
}

static void
foreign_and_shared_addresses_have_their_share(void **state)
{
	struct world *w = world_of("[world]\nnodes = 20000\n" STILL);
	struct world_node n, last = { .slot = UINT32_MAX };
	unsigned shared = 0, foreign = 0;
	uint32_t area, index;

	(void)state;
	for (uint32_t slot = 0; slot < world_slots(w); slot++) {
		assert_true(world_node(w, slot, 0, &n));
		assert_true(pools_find_public(w, n.public.ip, &area, &index));
		foreign += w->pool[w->area[area].pool].foreign;
		if (n.public.ip == last.public.ip) {
			shared++;
			assert_int_not_equal(n.public.port, last.public.port);
			assert_int_not_equal(n.lab.port, last.lab.port);
		}
		last = n;
	}
	assert_near(foreign, 180, 2);
	assert_near(shared, 400, 80);
	world_free(w);
}

static void
nodes_have_sensible_traits(void **state)
{
	struct world *w = world_of("[world]\nnodes = 10000\n[churn]\nsession = 0\n");
	double files = 0, holders = 0, slow = 0, all = 0;
	struct world_node n;

	(void)state;
	for (uint32_t slot = 0; slot < world_slots(w); slot++) {
		if (!world_node(w, slot, 0, &n))
			continue;
		all++;
		assert_true(n.speed >= 40 && n.speed <= 2000);
		assert_true(n.rtt_ms >= 8 && n.rtt_ms < 1000);
		assert_true(n.files <= 400 && strlen(n.words[0]) > 0);
		slow += n.speed < 150;
		holders += n.files > 0;
		files += n.files;
	}
	assert_near(holders / all, 0.9, 0.01);
	assert_near(files / holders, 25, 1);
	assert_true(slow / all > 0.3 && slow / all < 0.6);
	world_free(w);
}

static void
two_hundred_thousand_nodes_fit(void **state)
{
	struct world *w = world_of("[world]\nnodes = 200000\n[population]\nsilent = 10%\n");
	struct endpoint lab;
	struct world_node n;
	unsigned online = 0;

	(void)state;
	assert_true(world_slots(w) > 450000);
	for (uint32_t slot = 0; slot < world_slots(w); slot += 97)
		if (world_node(w, slot, 0, &n)) {
			assert_true(world_lab(w, n.public, &lab));
			assert_int_equal(endpoint_compare(lab, n.lab), 0);
			online++;
		}
	assert_true(online > 1800);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_question_has_the_same_answer),
		cmocka_unit_test(another_seed_is_another_world),
		cmocka_unit_test(nothing_changes_within_a_step),
		cmocka_unit_test(both_addresses_lead_to_each_other),
		cmocka_unit_test(world_at_is_the_inverse_of_world_node),
		cmocka_unit_test(no_two_places_are_alike_and_all_are_dialable),
		cmocka_unit_test(a_node_is_always_at_one_of_its_places),
		cmocka_unit_test(strangers_have_no_place_on_loopback),
		cmocka_unit_test(a_node_that_moves_keeps_its_port_and_provider),
		cmocka_unit_test(a_renumbering_moves_a_whole_pool_and_nobody_else),
		cmocka_unit_test(silent_is_what_the_kernel_will_compute),
		cmocka_unit_test(a_still_world_has_everybody_online_always),
		cmocka_unit_test(as_many_are_online_as_asked_for),
		cmocka_unit_test(nights_and_weekends_are_busier),
		cmocka_unit_test(steps_and_holidays_have_their_size),
		cmocka_unit_test(newcomers_come_and_go),
		cmocka_unit_test(foreign_and_shared_addresses_have_their_share),
		cmocka_unit_test(nodes_have_sensible_traits),
		cmocka_unit_test(two_hundred_thousand_nodes_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
