/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer to command 10: window, cap, order, rewriting (protocol 5.2, 6.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lab/spread.h"

#define N 15000

static struct world_key table[N];
static struct spread_key out[SPREAD_MAX];

static int
fill(void **state)
{
	(void)state;
	memset(table, 0, sizeof(table));
	srand(3);
	for (uint32_t i = 0; i < N; i++) {
		table[i].serial = 1234567 + i;
		table[i].source = endpoint_ipv4(0x0a000000 + i, 4000);
		table[i].blocks = 100;
		for (int b = 0; b < 16; b++)
			table[i].hash[b] = (uint8_t)rand();
	}
	return 0;
}

/* The answer of a node of that speed to such a peer, as a whole. */
struct answer {
	int32_t		own, peer;
	uint32_t	uptime;
	struct spread_ask ask;
};

static struct answer
asked(int32_t own, int32_t peer, uint32_t uptime, bool upward)
{
	return (struct answer){ own, peer, uptime,
	    { .upward = upward, .self = endpoint_ipv4(0x01020304, 77) } };
}

static size_t
pick(const struct answer *a, struct spread_key *to)
{
	static struct world_key window[N];
	uint32_t steps = spread_steps(a->own, a->peer, a->ask.upward), from, end;
	size_t n = 0;

	spread_window(a->uptime, steps, N, &from, &end);
	for (size_t i = 0; i < N; i++)
		if (table[i].serial % N >= from && table[i].serial % N < end)
			window[n++] = table[i];
	return spread_pick(window, n, steps, &a->ask, to);
}

static void
steps_follow_the_slower_side(void **state)
{
	static const struct { int32_t own, peer; bool up; uint32_t steps; } cases[] = {
		{ 120, 120, false, 3 }, { 120, 4000, false, 3 }, { 4000, 120, false, 3 },
		{ 120, 240, true, 10 }, { 39, 240, true, 1 }, { 40, 240, true, 10 },
		{ 39, 39, false, 1 }, { 0, 100, false, 1 }, { 79, 100, false, 1 },
		{ 400, 600, true, 10 }, { 440, 600, true, 11 },
		{ 9000, 9000, true, 100 }, { 9000, 9000, false, 100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(spread_steps(cases[i].own, cases[i].peer, cases[i].up),
		    cases[i].steps);
}

static void
typical_maxima_are_41_81_180_600(void **state)
{
	static const struct { int32_t speed; bool up; size_t keys; } cases[] = {
		{ 40, false, 41 }, { 80, false, 81 }, { 120, false, 180 }, { 120, true, 600 },
	};
	struct answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = asked(cases[i].speed, cases[i].speed, 60, cases[i].up);
		assert_int_equal(pick(&a, out), cases[i].keys);
	}
}

static void
answers_ascend_by_the_first_four_hash_bytes(void **state)
{
	struct answer a = asked(120, 240, 600, true);
	size_t n = pick(&a, out);
	uint32_t before = 0, now;

	(void)state;
	assert_int_equal(n, 600);
	for (size_t i = 0; i < n; i++) {
		memcpy(&now, out[i].key->hash, 4);	/* tests run on little-endian machines */
		assert_true(now >= before);
		before = now;
	}
}

static size_t
mark(bool seen[N], uint32_t uptime)
{
	struct answer a = asked(120, 240, uptime, true);
	size_t n = pick(&a, out);

	for (size_t i = 0; i < n; i++)
		seen[out[i].key->serial - 1234567] = true;
	return n;
}

static void
a_sweep_of_windows_30_s_apart_shows_every_key_once(void **state)
{
	bool seen[N] = { false };
	size_t total = 0;

	(void)state;
	for (uint32_t u = 0; u < N / (2 * 10); u += 30)
		total += mark(seen, u);
	assert_int_equal(total, N);
	for (size_t i = 0; i < N; i++)
		assert_true(seen[i]);
}

static void
the_window_is_cut_at_the_end_of_the_table(void **state)
{
	uint32_t from, to;

	(void)state;
	spread_window(745, 10, N, &from, &to);		/* 14900.. */
	assert_int_equal(from, 14900);
	assert_int_equal(to, N);
	spread_window(59999, 100, 7, &from, &to);
	assert_true(from < 7);
	assert_int_equal(to, 7);
}

static void
the_same_second_gives_the_same_keys(void **state)
{
	static struct spread_key again[SPREAD_MAX];
	struct answer a = asked(80, 100, 4711, false);
	size_t n = pick(&a, out);

	(void)state;
	assert_int_equal(n, 81);
	assert_int_equal(pick(&a, again), n);
	assert_memory_equal(out, again, n * sizeof(out[0]));
}

static size_t
rewritten(size_t n)
{
	size_t hits = 0;

	for (size_t i = 0; i < n; i++)
		hits += out[i].source.ip == 0x01020304;
	return hits;
}

static void
relays_name_themselves_downward_only(void **state)
{
	struct answer a = asked(4000, 4000, 0, false);
	size_t n;

	(void)state;
	a.ask.rewrite = 0.04;
	a.ask.seed = 99;
	n = pick(&a, out);
	assert_int_equal(n, 6000);
	assert_in_range(rewritten(n), 190, 290);	/* 240 +- 3.3 sigma */
	a.ask.upward = true;
	assert_int_equal(rewritten(pick(&a, out)), 0);
	a.ask.upward = false;
	for (size_t i = 0; i < N; i++)
		table[i].own = 1;
	assert_int_equal(rewritten(pick(&a, out)), 0);
}

static void
a_port_0_node_spreads_only_its_own(void **state)
{
	/* 1234572 mod 15000 is 4572, where 762 s of uptime begin a window. */
	struct answer a = asked(120, 120, 762, false);

	(void)state;
	table[5].own = 1;
	assert_int_equal(pick(&a, out), 180);
	a.ask.port0 = true;
	assert_int_equal(pick(&a, out), 1);
	assert_int_equal(out[0].key->serial, table[5].serial);
	assert_int_equal(spread_pick(table, 0, 3, &a.ask, out), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_follow_the_slower_side),
		cmocka_unit_test_setup(typical_maxima_are_41_81_180_600, fill),
		cmocka_unit_test_setup(answers_ascend_by_the_first_four_hash_bytes, fill),
		cmocka_unit_test_setup(a_sweep_of_windows_30_s_apart_shows_every_key_once, fill),
		cmocka_unit_test(the_window_is_cut_at_the_end_of_the_table),
		cmocka_unit_test_setup(the_same_second_gives_the_same_keys, fill),
		cmocka_unit_test_setup(relays_name_themselves_downward_only, fill),
		cmocka_unit_test_setup(a_port_0_node_spreads_only_its_own, fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
