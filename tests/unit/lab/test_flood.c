/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key tables and floods: rates, addresses, timers, and who holds what. */
#include "tests/unit/lab/worlds.h"

#include <math.h>

#define NODES	"[world]\nnodes = 1000\nseed = 5\n"
#define FLOOD	"[flood.1]\nstart = 1h\nend = 5h\nrate = 20%\n"

static struct world *
flooded(const char *more)
{
	char ini[1024];

	snprintf(ini, sizeof(ini), "%s%s", NODES STILL FLOOD, more);
	return world_of(ini);
}

static void
assert_near(double got, double want, double by)
{
	if (fabs(got - want) > by)
		fail_msg("%g is not within %g of %g", got, by, want);
}

/* ---- tables ------------------------------------------------------------------------- */

static void
own_files_lead_a_table_and_are_fresh(void **state)
{
	struct world *w = world_of(NODES);
	const struct world_key *k;
	struct world_node node;
	size_t n;

	(void)state;
	for (uint32_t slot = 0; slot < 300; slot++) {
		if (!world_node(w, slot, 9000, &node))
			continue;
		k = world_keys(w, slot, 9000, &n);
		assert_true(n <= world_key_count(w, slot, 9000));
		assert_true(n + 5 >= world_key_count(w, slot, 9000));
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(k[i].own, i < node.files);
			assert_true(i == 0 || k[i].serial > k[i - 1].serial);
			assert_true(k[i].ttl >= 1 && k[i].ttl <= 1599);
			assert_true(k[i].name_len > 5 && k[i].version >= 4 && k[i].version <= 5);
			assert_true(k[i].size > 0 && k[i].size < UINT32_C(1) << 31);
			if (k[i].own) {
				assert_true(k[i].ttl >= 1500);
				assert_int_equal(endpoint_compare(k[i].source, node.public), 0);
			}
		}
	}
	world_free(w);
}

static void
a_window_is_a_part_of_the_table(void **state)
{
	struct world *w = world_of(NODES);
	static struct world_key all[400];
	const struct world_key *k;
	size_t n, m, at = 0;

	(void)state;
	k = world_keys(w, 7, 50000, &n);
	assert_true(n > 100 && n < 400);
	memcpy(all, k, n * sizeof(*k));
	for (uint32_t from = 0; from < world_key_count(w, 7, 50000); from += 13) {
		k = world_key_window(w, 7, 50000, from, from + 13, &m);
		assert_memory_equal(k, &all[at], m * sizeof(*k));
		at += m;
	}
	assert_int_equal(at, n);
	world_free(w);
}

static void
a_genuine_key_names_a_holder_that_was_online(void **state)
{
	struct world *w = world_of(NODES);
	double t = 2 * DAY;
	unsigned checked = 0;

	(void)state;
	for (uint32_t slot = 0; slot < 60; slot++) {
		size_t n;
		const struct world_key *k = world_keys(w, slot, t, &n);

		for (size_t i = 0; i < n; i++) {
			bool was = false;
			uint32_t source;

			assert_int_equal(k[i].bogus, 0);
			assert_true(address_find(w, k[i].source, &source));
			for (double age = 0; !was && age <= 1800; age += WORLD_STEP_S)
				was = population_online(w, source, t - age) && endpoint_compare(
				    address_public(w, source, t - age), k[i].source) == 0;
			assert_true((was || k[i].own) && population_holds(w, source));
			checked++;
		}
	}
	assert_true(checked > 5000);
	world_free(w);
}

static void
timers_of_relayed_keys_fall_with_the_clock(void **state)
{
	struct world *w = world_of(NODES STILL);
	struct world_key before, after;
	unsigned same = 0;

	(void)state;
	for (uint32_t j = 0; j < 120; j++) {
		assert_true(relay_entry(w, 3, 10000, j, &before));
		assert_true(relay_entry(w, 3, 10100, j, &after));
		if (memcmp(before.hash, after.hash, 16) == 0 &&
		    endpoint_compare(before.source, after.source) == 0) {
			assert_true(before.ttl - after.ttl >= 98 && before.ttl - after.ttl <= 101);
			same++;
		}
	}
	assert_true(same > 80);
	world_free(w);
}

static void
few_files_have_many_sources(void **state)
{
	struct world *w = world_of(NODES);
	unsigned first = 0, tenth = 0, all = 0;

	(void)state;
	for (uint32_t slot = 0; slot < world_slots(w); slot++)
		for (uint32_t i = 0; i < population_files(w, slot); i++, all++) {
			uint32_t file = catalogue_held(w, slot, i, 0);

			assert_true(file < w->file.population.catalogue);
			first += file == 0;
			tenth += file == 9;
		}
	assert_true(first > all / 100);
	assert_near((double)first / tenth, pow(10, 0.9), 4);
	world_free(w);
}

static void
a_popular_file_spreads_within_its_hours(void **state)
{
	struct world *w = world_of(NODES STILL "[event.1]\nkind = popular\nstart = 1d\nsize = 30%\n"
	    "ramp = 4h\n");
	const double at[] = { 1 * DAY - 1, 1 * DAY + 2 * HOUR, 1 * DAY + 5 * HOUR };
	const double share[] = { 0, 0.15, 0.30 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		unsigned holders = 0;

		for (uint32_t slot = 0; slot < world_slots(w); slot++) {
			bool holds = false;

			for (uint32_t f = 0; f < 60 && !holds; f++)
				holds = catalogue_held(w, slot, f, at[i]) == w->file.population.catalogue;
			holders += holds;
		}
		assert_near(holders / 1000.0, share[i], 0.05);
	}
	world_free(w);
}

/* ---- when floods announce ------------------------------------------------------------- */

static void
a_flood_announces_at_its_rate_and_only_then(void **state)
{
	struct world *w = flooded("");
	const struct flood *f = &w->flood[0];

	(void)state;
	assert_true(flood_announced(f, HOUR) == 0);
	assert_near(flood_announced(f, HOUR + 1500), 200, 1e-6);
	assert_near(flood_announced(f, 9 * HOUR), 200 * 4 * HOUR / 1500, 1e-6);
	assert_false(flood_on(f, HOUR - 1));
	assert_true(flood_on(f, HOUR));
	assert_false(flood_on(f, 5 * HOUR));
	for (double n = 0; n < 1900; n += 100)
		assert_near(flood_announced(f, flood_born(f, n)), n, 1e-6);
	world_free(w);
}

static void
an_intermittent_flood_rests(void **state)
{
	struct world *w = world_of(NODES "[flood.1]\nstart = 1d\nend = 100d\nrate = 2%\n"
	    "on = 12h-48h\noff = 6h-48h\n");
	const struct flood *f = &w->flood[0];
	double on = 0;

	(void)state;
	assert_true(f->nburst > 25 && f->nburst < 110);
	for (size_t i = 0; i < f->nburst; i++) {
		double length = f->burst[i].until - f->burst[i].from;

		on += length;
		assert_true(length >= 12 * HOUR || i + 1 == f->nburst);
		assert_true(length <= 48 * HOUR && f->burst[i].until <= 100 * DAY);
		if (i > 0)
			assert_true(f->burst[i].from - f->burst[i - 1].until >= 6 * HOUR);
	}
	assert_near(flood_announced(f, 200 * DAY), on * 20 / 1500, 1e-3);
	world_free(w);
}

static void
nothing_is_bogus_before_and_long_after(void **state)
{
	struct world *w = flooded("");
	const double quiet[] = { 0, HOUR - 1, 5 * HOUR + 1700 };
	size_t n;

	(void)state;
	for (int i = 0; i < 3; i++)
		for (uint32_t slot = 0; slot < world_slots(w); slot += 9) {
			const struct world_key *k = world_keys(w, slot, quiet[i], &n);

			for (size_t j = 0; j < n; j++)
				assert_int_equal(k[j].bogus, 0);
		}
	world_free(w);
}

/* The mean share of bogus keys among relayed ones at t, of ordinary relays. */
static double
bogus_share(struct world *w, double t)
{
	double bogus = 0, all = 0;

	for (uint32_t slot = 0; slot < 600; slot++) {
		const struct gate *g = flood_gate(w, 0, t);
		bool near = g->host == slot;

		for (uint32_t i = 0; i < g->n; i++)
			near |= g->slot[i] == slot;
		for (uint32_t j = 0; j < 120 && !near; j++) {
			struct world_key k;

			if (relay_entry(w, slot, t, j, &k)) {
				all++;
				bogus += k.bogus > 0;
			}
		}
	}
	return bogus / all;
}

static void
bogus_sources_get_the_share_of_as_many_nodes(void **state)
{
	struct world *w = flooded("addresses = public\n");

	(void)state;
	assert_near(bogus_share(w, 3 * HOUR), 200.0 / 1200, 0.01);
	/* Half a life after its start it has reached half of its share, more or less. */
	assert_near(bogus_share(w, HOUR + 750), 0.5 * 200.0 / 1200, 0.04);
	world_free(w);
}

/* ---- what they name -------------------------------------------------------------------- */

static double
share_of_sources(const char *more, bool (*is)(const struct world *, struct endpoint))
{
	struct world *w = flooded(more);
	double hits = 0;

	for (uint64_t i = 0; i < 1900; i++)
		hits += is(w, flood_source(w, 0, i));
	world_free(w);
	return hits / 1900;
}

static bool
impossible(const struct world *w, struct endpoint e)
{
	(void)w;
	return flood_special(e.ip);
}

static bool
in_japan(const struct world *w, struct endpoint e)
{
	for (uint32_t i = 0; i < w->njapan; i++)
		if (w->japan[i] == e.ip >> 16)
			return true;
	return false;
}

static bool
likely_port(const struct world *w, struct endpoint e)
{
	(void)w;
	return e.port >= 1024 && e.port <= 32766;
}

static bool
at_a_node(const struct world *w, struct endpoint e)
{
	uint32_t slot;

	return address_find(w, e, &slot);
}

static bool
beside_a_node(const struct world *w, struct endpoint e)
{
	uint32_t area, index;

	return pools_find_public(w, e.ip, &area, &index);
}

static void
each_variant_draws_its_addresses(void **state)
{
	(void)state;
	/* The impossible share of IPv4 is 13.80 %. */
	assert_near(share_of_sources("variant = V1\n", impossible), 0.138, 0.025);
	assert_near(share_of_sources("variant = V1\n", likely_port), 31743.0 / 65535, 0.04);
	assert_true(share_of_sources("variant = V2\n", impossible) == 0);
	assert_true(share_of_sources("variant = V3\n", in_japan) == 1);
	assert_true(share_of_sources("variant = V4\n", beside_a_node) == 1);
	assert_true(share_of_sources("variant = V4\n", at_a_node) == 0);
	assert_true(share_of_sources("variant = V6\n", at_a_node) == 1);
	assert_true(share_of_sources("variant = evasive\n", impossible) == 0);
	assert_true(share_of_sources("variant = evasive\n", likely_port) == 1);
	assert_true(share_of_sources("variant = V1\n", at_a_node) == 0);
}

static int
by_address(const void *a, const void *b)
{
	return endpoint_compare(*(const struct endpoint *)a, *(const struct endpoint *)b);
}

static void
a_fan_of_ports_never_repeats_one(void **state)
{
	enum { N = 3 * 28233 };
	struct world *w = flooded("variant = V5\n");
	struct endpoint *e = calloc(N, sizeof(*e));
	unsigned addresses = 1;

	(void)state;
	for (uint64_t i = 0; i < N; i++) {
		e[i] = flood_source(w, 0, i);
		assert_true(e[i].port >= 32768 && e[i].port <= 61000);
		assert_false(beside_a_node(w, e[i]));
	}
	qsort(e, N, sizeof(*e), by_address);
	for (size_t i = 1; i < N; i++) {
		assert_true(endpoint_compare(e[i - 1], e[i]) < 0);
		addresses += e[i].ip != e[i - 1].ip;
	}
	assert_int_equal(addresses, 3);
	free(e);
	world_free(w);
}

static void
phantoms_come_in_command_4_and_never_in_keys(void **state)
{
	struct world *w = flooded("variant = V5\n");
	struct endpoint phantom[31];
	struct world_node node[31];
	size_t n, phantoms = 0, nodes = 0;

	(void)state;
	for (uint32_t slot = 0; slot < 200; slot++) {
		phantoms += world_phantoms(w, slot, 4 * HOUR, phantom, 31);
		nodes += world_neighbours(w, slot, 4 * HOUR, node, 31);
		world_keys(w, slot, 4 * HOUR, &n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(w->table[i].bogus, 0);
		assert_int_equal(world_phantoms(w, slot, HOUR - 1, phantom, 31), 0);
	}
	/* Three hours of 200 a round against a thousand nodes. */
	assert_near((double)phantoms / (double)(phantoms + nodes), 1440.0 / 2440, 0.03);
	world_free(w);
}

static void
hashes_are_few_real_or_new(void **state)
{
	struct { const char *more; unsigned kinds; } cases[] = {
		{ "hash = fresh\n", 200 }, { "hash = wrong\nhashes = 5\n", 5 },
		{ "hash = target\nhashes = 3\n", 3 },
	};

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct world *w = flooded(cases[c].more);
		struct world_key k[200];
		unsigned kinds = 0;

		for (unsigned i = 0; i < 200; i++) {
			unsigned j = 0;

			memset(&k[i], 0, sizeof(k[i]));
			flood_key(w, 0, i, &k[i]);
			assert_int_equal(k[i].bogus, 1);
			while (memcmp(k[j].hash, k[i].hash, 16) != 0)
				j++;
			kinds += j == i;
		}
		assert_int_equal(kinds, cases[c].kinds);
		world_free(w);
	}
}

static void
timers_follow_the_setting(void **state)
{
	struct { const char *ttl; int low, high; } cases[] = {
		{ "full", 1000, 1100 }, { "random", 1, 1599 }, { "equal", 1500, 1500 }, { "low", 20, 300 },
	};

	(void)state;
	for (size_t c = 0; c < 4; c++) {
		char more[32];
		struct world *w;

		snprintf(more, sizeof(more), "ttl = %s\n", cases[c].ttl);
		w = flooded(more);
		for (uint64_t i = 0; i < 2000; i++) {
			int ttl = flood_ttl(&w->flood[0], 500, prng_mix(i));

			assert_true(ttl >= cases[c].low && ttl <= cases[c].high);
		}
		assert_int_equal(flood_ttl(&w->flood[0], 1e6, 1) >= 1, 1);
		world_free(w);
	}
}

/* ---- who delivers them -------------------------------------------------------------------- */

static void
a_fixed_injector_is_a_node_full_of_fresh_bogus_keys(void **state)
{
	struct world *w = flooded("injector = fixed\ninjector_files = 4\n");
	uint32_t slot = w->flood[0].injector;
	struct world_node node;
	unsigned bogus = 0, full = 0;
	size_t n;

	(void)state;
	assert_true(world_node(w, slot, 3 * HOUR, &node));
	assert_int_equal(node.injector, 1);
	assert_int_equal(node.silent, 0);
	assert_int_equal(node.files, 4);
	world_keys(w, slot, 3 * HOUR, &n);
	for (size_t i = 0; i < n; i++) {
		bogus += w->table[i].bogus > 0;
		full += w->table[i].bogus > 0 && w->table[i].ttl >= 1410;
	}
	assert_true(full > 100 && bogus - full <= 5);	/* of 120 */
	world_keys(w, slot, 30 * MINUTE, &n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(w->table[i].bogus, 0);
	world_free(w);
}

static void
its_neighbours_have_full_timers_and_name_it(void **state)
{
	struct world *w = flooded("injector = fixed\n");
	const struct gate *g = flood_gate(w, 0, 3 * HOUR);
	struct world_node list[31];

	(void)state;
	assert_int_equal(g->n, 6);
	assert_int_equal(g->host, w->flood[0].injector);
	for (uint32_t i = 0; i < g->n; i++) {
		unsigned full = 0;
		size_t n;

		assert_true(world_neighbours(w, g->slot[i], 3 * HOUR, list, 31) > 0);
		assert_int_equal(list[0].slot, g->host);
		world_keys(w, g->slot[i], 3 * HOUR, &n);
		for (size_t j = 0; j < n; j++)
			full += w->table[j].bogus > 0 && w->table[j].ttl >= 1410;
		assert_true(full > 30);	/* 200 alive against a table of 120 */
	}
	assert_true(world_neighbours(w, g->host, 3 * HOUR, list, 31) >= g->n);
	for (uint32_t i = 0; i < g->n; i++)
		assert_int_equal(list[i].slot, g->slot[i]);
	world_free(w);
}

static void
a_roving_injector_is_another_node_each_round(void **state)
{
	struct world *w = flooded("injector = roving\n");
	uint32_t last = UINT32_MAX;
	struct world_node node;

	(void)state;
	assert_int_equal(flood_gate(w, 0, 1000)->host, UINT32_MAX);
	for (double t = 4500; t < 5 * HOUR - 1500; t += 1500) {
		uint32_t host = flood_gate(w, 0, t)->host;

		assert_true(host < w->base_slots && host != last);
		assert_true(world_node(w, host, t, &node));
		assert_int_equal(node.injector, 1);
		last = host;
	}
	world_free(w);
}

/* The innocent node's table is an injector's, but for what it would have dropped. */
static void
a_framing_injector_looks_innocent_and_another_node_guilty(void **state)
{
	struct world *w = flooded("injector = framing\ncopies = 1\n");
	unsigned bogus = 0, full = 0, unrelayed = 0, tables = 0;
	struct world_node node, innocent;
	size_t n;

	(void)state;
	assert_true(world_node(w, w->flood[0].injector, 3 * HOUR, &node));
	assert_int_equal(node.injector, 1);
	world_keys(w, node.slot, 3 * HOUR, &n);
	for (size_t i = 0; i < n; i++)
		bogus += w->table[i].bogus > 0;
	assert_true(bogus > 0 && bogus < 60);	/* of 120: a sixth of all sources is bogus */
	assert_true(w->flood[0].framed < w->base_slots);
	assert_true(population_holds(w, w->flood[0].framed));
	assert_true(address_answers(w, w->flood[0].framed));
	for (double t = 1.5 * HOUR; t < 5 * HOUR; t += 600, tables++) {
		assert_true(world_node(w, w->flood[0].framed, t, &innocent));
		assert_int_equal(innocent.injector, 0);
		world_keys(w, innocent.slot, t, &n);
		for (size_t i = 0; i < n; i++) {
			full += w->table[i].bogus > 0 && w->table[i].ttl >= 1410;
			unrelayed += w->table[i].source.ip >> 24 == 127 ||
			    w->table[i].source.ip >> 24 == 192;
		}
	}
	assert_true(full > 100 * tables);
	assert_int_equal(unrelayed, 0);
	world_free(w);
}

static void
an_unreachable_injector_is_no_node(void **state)
{
	struct world *w = flooded("injector = unreachable\n");
	struct world_node node;

	(void)state;
	assert_int_equal(world_slots(w), 1000);
	for (uint32_t slot = 0; slot < 1000; slot++) {
		assert_true(world_node(w, slot, 3 * HOUR, &node));
		assert_int_equal(node.injector, 0);
	}
	world_free(w);
}

static void
a_repeated_source_lives_for_its_rounds(void **state)
{
	struct world *w = flooded("variant = evasive\nrepeat = 3\nttl = full\n");
	const struct flood *f = &w->flood[0];
	unsigned of_repeat[3] = { 0, 0, 0 };
	uint64_t which;

	(void)state;
	for (uint64_t i = 0; i < 900; i++) {
		double age;

		assert_true(flood_which(w, f, 4 * HOUR, prng_mix(i), &which));
		age = 4 * HOUR - flood_born(f, (double)which);
		assert_true(age >= 0 && age < 3000 + 8);
		of_repeat[(int)(age / 1500)]++;
	}
	for (int i = 0; i < 3; i++)
		assert_near(of_repeat[i], 300, 60);
	assert_true(flood_span(w, f) == 4500);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_files_lead_a_table_and_are_fresh),
		cmocka_unit_test(a_window_is_a_part_of_the_table),
		cmocka_unit_test(a_genuine_key_names_a_holder_that_was_online),
		cmocka_unit_test(timers_of_relayed_keys_fall_with_the_clock),
		cmocka_unit_test(few_files_have_many_sources),
		cmocka_unit_test(a_popular_file_spreads_within_its_hours),
		cmocka_unit_test(a_flood_announces_at_its_rate_and_only_then),
		cmocka_unit_test(an_intermittent_flood_rests),
		cmocka_unit_test(nothing_is_bogus_before_and_long_after),
		cmocka_unit_test(bogus_sources_get_the_share_of_as_many_nodes),
		cmocka_unit_test(each_variant_draws_its_addresses),
		cmocka_unit_test(a_fan_of_ports_never_repeats_one),
		cmocka_unit_test(phantoms_come_in_command_4_and_never_in_keys),
		cmocka_unit_test(hashes_are_few_real_or_new),
		cmocka_unit_test(timers_follow_the_setting),
		cmocka_unit_test(a_fixed_injector_is_a_node_full_of_fresh_bogus_keys),
		cmocka_unit_test(its_neighbours_have_full_timers_and_name_it),
		cmocka_unit_test(a_roving_injector_is_another_node_each_round),
		cmocka_unit_test(a_framing_injector_looks_innocent_and_another_node_guilty),
		cmocka_unit_test(an_unreachable_injector_is_no_node),
		cmocka_unit_test(a_repeated_source_lives_for_its_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
