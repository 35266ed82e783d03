/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts of the judgement, on a toy overlay whose truth is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/rounds/stats.h"
#include "tests/unit/analysis/toy.h"

#define PAST	112	/* quiet rounds that teach what is usual ... */
#define BLOCK	14	/* ... so many at a time */

static struct toy toy;
static struct classification j;
static struct baseline past;

static void
classify_now(void)
{
	classification_free(&j);
	assert_int_equal(classify(&j, &toy.members, &toy.window, &toy.space, &past,
	    (struct standing){ .level = 0 }), 0);
}

static void
begin(uint64_t seed)
{
	toy_open(&toy, seed);
	past = (struct baseline){ .rounds = 0 };
	memset(&j, 0, sizeof(j));
	toy_play(&toy, PAST, 0);
	while (toy.window.open < PAST) {
		classify_now();
		toy_settle(&toy, &j, &past, BLOCK);
	}
}

static void
end(void)
{
	classification_free(&j);
	toy_close(&toy);
}

static const struct newcomer *
newcomer(size_t i)
{
	return &j.newcomers.newcomer.p[i];
}

static double
p_of(size_t i)
{
	return j.model.opinion.p[i].p;
}

static bool
is_made_up(size_t i)
{
	return toy.bogus[newcomer(i)->member];
}

struct outcome_of { double made_up, caught, wronged, genuine, expected, variance; };

static struct outcome_of
outcome(void)
{
	struct outcome_of o = { 0 };

	for (size_t i = 0; i < j.newcomers.newcomer.n; i++) {
		bool said = classify_verdict(&j, i) == VERDICT_BOGUS;

		o.made_up += is_made_up(i);
		o.genuine += !is_made_up(i);
		o.caught += said && is_made_up(i);
		o.wronged += said && !is_made_up(i);
		o.expected += p_of(i);
		o.variance += p_of(i) * (1 - p_of(i));
	}
	return o;
}

static size_t
rounds_on(void)
{
	size_t n = 0;

	for (size_t i = 0; i < j.newcomers.per_round.n; i++)
		n += j.level[i] > 0;
	return n;
}

static void
quiet_rounds_hold_no_flood(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct outcome_of o;

		begin(seed);
		assert_true(baseline_is_ripe(&past));
		assert_true(baseline_is_sound(&past));
		toy_play(&toy, 60, 0);
		classify_now();
		o = outcome();
		assert_int_equal(rounds_on(), 0);
		assert_true(o.caught + o.wronged == 0 && o.expected < 1);
		end();
	}
}

static void
a_flood_is_dated_and_its_sources_are_told(void **state)
{
	(void)state;
	for (uint64_t seed = 4; seed <= 6; seed++) {
		struct outcome_of o;

		begin(seed);
		toy_play(&toy, 20, 0);
		toy_play(&toy, 15, 12);
		toy_play(&toy, 20, 0);
		classify_now();
		o = outcome();
		assert_true(rounds_on() >= 14 && rounds_on() <= 17);
		assert_true(j.level[18] == 0 && j.level[20] > 0 && j.level[34] > 0 && j.level[37] == 0);
		assert_true(o.made_up == 180);
		assert_true(o.caught >= 0.98 * o.made_up && o.wronged == 0);
		end();
	}
}

/* The sum of the probabilities is the size, for floods of any strength. */
static void
the_mixture_recovers_a_known_share(void **state)
{
	static const unsigned rate[] = { 2, 5, 20, 80, 300 };

	(void)state;
	for (size_t i = 0; i < sizeof(rate) / sizeof(rate[0]); i++) {
		struct outcome_of o;
		double half;

		begin(10 + i);
		toy_play(&toy, 20, 0);
		toy_play(&toy, 30, rate[i]);
		classify_now();
		o = outcome();
		half = Z95 * sqrt(o.variance) + 0.01 * o.expected + 0.5;
		assert_true(fabs(o.expected - o.made_up) <= half);
		end();
	}
}

static void
who_spoke_to_us_is_no_phantom(void **state)
{
	size_t spoke = 0;

	(void)state;
	begin(20);
	toy_play(&toy, 20, 0);
	for (size_t r = 0; r < 15; r++) {
		toy_begin(&toy);
		toy_genuine_keys(&toy);
		for (unsigned k = 0; k < 12; k++) {
			uint32_t node = toy_made_up(&toy);

			toy_key(&toy, node, UINT64_C(1) << 40 | node, 1490);
			/* Odd as it looks, every third of them answers when called. */
			if (k % 3 == 0)
				*toy_add(&toy.visit) = (struct visit){ node, OUT_OK, false, false };
		}
		toy_end(&toy);
	}
	classify_now();
	assert_true(rounds_on() > 0);
	for (size_t i = 0; i < j.newcomers.newcomer.n; i++) {
		if (!newcomer(i)->verified || !is_made_up(i))
			continue;
		spoke++;
		assert_true(p_of(i) == 0);
	}
	assert_true(spoke == 15 * 4);
	end();
}

/* Sources from within genuine networks, each named in three rounds running. */
static void
sources_that_return_three_times_are_counted(void **state)
{
	uint32_t live[2][40] = { { 0 } };
	double size = 0, expected = 0;

	(void)state;
	begin(30);
	toy_play(&toy, 25, 0);
	for (size_t r = 0; r < 30; r++) {
		toy_begin(&toy);
		toy_genuine_keys(&toy);
		for (unsigned k = 0; k < 40; k++) {
			uint32_t node = toy_genuine(&toy);

			toy.bogus[node] = true;
			toy_key(&toy, node, 1 + toy_random(&toy, 3000), 1490);
			for (unsigned age = 0; age < 2; age++)
				if (live[age][k] != 0)
					toy_key(&toy, live[age][k], 1 + toy_random(&toy, 3000), 1490);
			live[1][k] = live[0][k];
			live[0][k] = node;
		}
		toy_end(&toy);
	}
	toy_play(&toy, 20, 0);
	classify_now();
	for (size_t i = 0; i < j.newcomers.newcomer.n; i++) {
		size += is_made_up(i);
		expected += p_of(i);
	}
	assert_true(size == 1200);
	assert_true(rounds_on() >= 29 && rounds_on() <= 32);
	assert_true(fabs(expected / size - 1) < 0.05);
	end();
}

/* Eleven rounds in all: what is usual is supposed, and lives with a missed round are. */
static void
without_a_baseline_few_are_wronged(void **state)
{
	double genuine = 0, wronged = 0;

	(void)state;
	for (uint64_t seed = 50; seed < 58; seed++) {
		struct outcome_of o;

		toy_open(&toy, seed);
		past = (struct baseline){ .rounds = 0 };
		memset(&j, 0, sizeof(j));
		toy_play(&toy, 4, 0);
		toy_play(&toy, 4, 80);
		toy_play(&toy, 3, 0);
		classify_now();
		o = outcome();
		assert_false(baseline_is_ripe(&past));
		assert_true(o.caught >= 0.97 * o.made_up);
		genuine += o.genuine;
		wronged += o.wronged;
		end();
	}
	assert_true(wronged <= 0.0005 * genuine);
}

static size_t
floods(void)
{
	size_t n = 0;

	for (size_t i = 0; i < j.episode.n; i++)
		n += j.episode.p[i].accepted;
	return n;
}

/* What stands in key tables for a while after a strong flood's end, or before it spreads. */
static void
a_strong_flood_has_its_edges(void **state)
{
	(void)state;
	for (uint64_t seed = 31; seed <= 33; seed++) {
		begin(seed);
		toy_play(&toy, 20, 0);
		toy_play(&toy, 3, 2);
		toy_play(&toy, 8, 100);
		toy_play(&toy, 3, 2);
		toy_play(&toy, 20, 0);
		classify_now();
		assert_int_equal(floods(), 1);
		for (size_t i = 23; i < 31; i++)
			assert_int_equal(j.level[i], j.level[25]);
		assert_true(j.level[18] == 0 && j.level[36] == 0);
		end();
	}
}

/* Few sources beside those of the burst that follows, but for hours. */
static void
a_long_drip_is_no_edge(void **state)
{
	size_t end_of_drip;

	(void)state;
	begin(34);
	toy_play(&toy, 20, 0);
	toy_play(&toy, 30, 3);
	toy_play(&toy, 15, 150);
	toy_play(&toy, 20, 0);
	classify_now();
	assert_int_equal(floods(), 2);
	/* And when all but the last of it is behind the rounds at hand. */
	end_of_drip = PAST + 20 + 26;
	while (toy.window.open < end_of_drip) {
		classify_now();
		toy_settle(&toy, &j, &past, end_of_drip - toy.window.open < BLOCK ?
		    end_of_drip - toy.window.open : BLOCK);
	}
	classification_free(&j);
	assert_int_equal(classify(&j, &toy.members, &toy.window, &toy.space, &past,
	    (struct standing){ .level = 2 }), 0);
	assert_true(j.level[0] > 0 && j.level[0] < j.level[8]);
	assert_int_equal(floods(), 2);
	end();
}

/* A provider moves a fifth of all nodes to addresses of its own: port and file stay. */
static void
a_renumbering_is_no_flood(void **state)
{
	(void)state;
	for (uint64_t seed = 70; seed < 73; seed++) {
		begin(seed);
		toy_play(&toy, 20, 0);
		for (uint32_t r = 0; r < 8; r++) {
			toy_begin(&toy);
			for (uint32_t i = 0; i < TOY_ONLINE; i++) {
				bool moves = i >= TOY_PEERS && i < TOY_PEERS + TOY_ONLINE / 5;

				if (moves && r > 0 && i % 7 == r - 1)
					toy.online[i] = toy_node(&toy,
					    UINT32_C(0x99780000) | toy_random(&toy, 1 << 18),
					    toy.members.m.p[toy.online[i]].endpoint.port);
				toy_key(&toy, toy.online[i], moves ? 5000 + i : 1 + toy_random(&toy, 3000),
				    (uint16_t)(100 + toy_random(&toy, 1400)));
			}
			toy_end(&toy);
		}
		toy_play(&toy, 20, 0);
		classify_now();
		assert_int_equal(rounds_on(), 0);
		end();
	}
}

/* For hours four in ten come and go with each round. */
static void
a_churn_storm_is_no_flood(void **state)
{
	(void)state;
	for (uint64_t seed = 80; seed < 83; seed++) {
		begin(seed);
		toy_play(&toy, 20, 0);
		for (size_t r = 0; r < 12; r++) {
			for (size_t i = TOY_PEERS; i < TOY_ONLINE; i++)
				if (toy_random(&toy, 10) < 4)
					toy.online[i] = toy_genuine(&toy);
			toy_play(&toy, 1, 0);
		}
		toy_play(&toy, 20, 0);
		classify_now();
		assert_int_equal(rounds_on(), 0);
		end();
	}
}

/* Where few nodes are visited: many of its sources in one round and few in the next. */
static void
a_flood_met_by_luck_is_one(void **state)
{
	static const unsigned met[] = { 40, 1, 60, 0, 2, 50, 1, 30, 2, 0 };

	(void)state;
	for (uint64_t seed = 90; seed < 93; seed++) {
		struct outcome_of o;

		begin(seed);
		toy_play(&toy, 20, 0);
		for (size_t i = 0; i < 30; i++)
			toy_play(&toy, 1, met[i % 10]);
		toy_play(&toy, 20, 0);
		classify_now();
		o = outcome();
		assert_true(o.made_up == 3 * 186);
		assert_true(fabs(o.expected / o.made_up - 1) < 0.03);
		assert_true(o.caught >= 0.97 * o.made_up && o.wronged == 0);
		end();
	}
}

/* Decoys bound slope and offset, and what is said of ratios never grows. */
static void
probabilities_are_tempered(void **state)
{
	(void)state;
	begin(95);
	toy_play(&toy, 40, 0);
	toy_play(&toy, 15, 12);
	classify_now();
	assert_true(j.decoys.n > 200);
	assert_true(j.model.slope > 0.3 && j.model.slope <= 1 && j.model.offset <= 0);
	assert_true(classify_standing(&j, 50).decoys.n == j.decoys.n);
	assert_true(classify_standing(&j, 10).decoys.n == 0);
	end();
}

static void
verdicts_follow_probabilities(void **state)
{
	static const struct { float p; enum verdict is; } said[] = {
		{ 0.2f, VERDICT_GENUINE }, { 0.6f, VERDICT_UNDETERMINED }, { 0.89f, VERDICT_UNDETERMINED },
		{ 0.91f, VERDICT_PROBABLY_BOGUS }, { 0.9999f, VERDICT_BOGUS },
	};

	(void)state;
	begin(96);
	toy_play(&toy, 20, 0);
	toy_play(&toy, 15, 12);
	classify_now();
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		j.model.opinion.p[0].p = said[i].p;
		assert_int_equal(classify_verdict(&j, 0), said[i].is);
	}
	end();
}

/* As long as it is new it is taken seriously; a day later it would have grown. */
static void
a_handful_of_sources_is_no_flood_a_day_later(void **state)
{
	(void)state;
	begin(60);
	toy_play(&toy, 20, 0);
	toy_play(&toy, 3, 2);
	toy_play(&toy, 3, 0);
	classify_now();
	assert_int_equal(floods(), 1);
	toy_play(&toy, 60, 0);
	classify_now();
	assert_int_equal(floods(), 0);
	end();
}

/* Four sources are no flood of a day, but they may well be the end of one. */
static void
the_rest_of_a_flood_is_of_it(void **state)
{
	size_t most = PAST + 20 + 26;

	(void)state;
	begin(62);
	toy_play(&toy, 20, 0);
	toy_play(&toy, 30, 1);
	toy_play(&toy, 70, 0);
	classify_now();
	assert_int_equal(floods(), 1);
	while (toy.window.open < most) {
		classify_now();
		toy_settle(&toy, &j, &past, most - toy.window.open < BLOCK ? most - toy.window.open : BLOCK);
	}
	classify_now();
	assert_int_equal(floods(), 0);
	classification_free(&j);
	assert_int_equal(classify(&j, &toy.members, &toy.window, &toy.space, &past,
	    (struct standing){ .level = 2 }), 0);
	assert_int_equal(floods(), 1);
	assert_int_equal(j.level[30], 0);
	end();
}

/* What was believed is not doubted again when the calm rounds before it are settled. */
static void
a_flood_that_began_ahead_is_remembered(void **state)
{
	struct standing now;
	uint32_t first;

	(void)state;
	begin(61);
	toy_play(&toy, 20, 0);
	first = toy.window.round.p[toy.window.round.n - 1]->round + 1;
	toy_play(&toy, 40, 4);
	classify_now();
	now = classify_standing(&j, 5);
	assert_int_equal(now.level, 0);
	assert_in_range(now.ahead, first, first + 1);
	assert_int_equal(classify_standing(&j, 30).ahead, 0);
	assert_true(classify_standing(&j, 30).level > 0);
	end();
}

static void
nothing_and_next_to_nothing_are_judged(void **state)
{
	(void)state;
	toy_open(&toy, 40);
	past = (struct baseline){ .rounds = 0 };
	memset(&j, 0, sizeof(j));
	classify_now();				/* no round */
	assert_int_equal(j.newcomers.newcomer.n, 0);
	toy_begin(&toy);
	toy_end(&toy);
	classify_now();				/* one, and nobody in it */
	assert_int_equal(rounds_on(), 0);
	toy_play(&toy, 1, 0);
	classify_now();				/* everybody is new */
	assert_int_equal(rounds_on(), 0);
	toy.window.round.p[1]->complete = false;
	classify_now();				/* not measured */
	assert_int_equal(rounds_on(), 0);
	mixture_teach(&j.model, &past, toy.window.round.n);
	assert_true(baseline_is_sound(&past) && !baseline_is_ripe(&past));
	end();
}

static void
a_baseline_that_is_none_is_refused(void **state)
{
	struct baseline b = { .rounds = 0 };

	(void)state;
	assert_true(baseline_is_sound(&b));
	b.genuine[FAM_PORT].n[3] = NAN;
	assert_false(baseline_is_sound(&b));
	b.genuine[FAM_PORT].n[3] = -1;
	assert_false(baseline_is_sound(&b));
	b.genuine[FAM_PORT].n[3] = 0;
	b.rounds = NAN;
	assert_false(baseline_is_sound(&b));
}

/* As it comes back from bytes; NAN rounds: refused. */
static struct baseline
unpacked(struct text bytes)
{
	struct baseline b = { .rounds = 0 };
	struct pack p = pack_reader(bytes);

	baseline_pack(&p, &b);
	if (!pack_is_read(&p))
		b.rounds = NAN;
	return b;
}

static void
a_baseline_comes_back_whole_or_not_at_all(void **state)
{
	static struct baseline b = { .from_ms = 5, .to_ms = 7, .newcomers = 60.5, .rounds = 48 };
	struct baseline back;
	struct pack p = { 0 };
	struct text bytes;
	uint8_t *changed;

	(void)state;
	b.genuine[FAM_PORT].n[3] = 0.1;
	b.lasting.n[CELLS_MAX - 1] = 1e9;
	baseline_pack(&p, &b);
	bytes = pack_text(&p);
	back = unpacked(bytes);
	assert_memory_equal(&back, &b, sizeof(b));
	for (size_t len = 0; len < bytes.len; len += len < 40 ? 1 : 97)
		assert_true(isnan(unpacked((struct text){ bytes.p, len }).rounds));
	changed = malloc(bytes.len + 1);
	assert_non_null(changed);
	memcpy(changed, bytes.p, bytes.len);
	changed[bytes.len] = 0;			/* a byte too many */
	assert_true(isnan(unpacked((struct text){ changed, bytes.len + 1 }).rounds));
	changed[0]++;				/* another version */
	assert_true(isnan(unpacked((struct text){ changed, bytes.len }).rounds));
	changed[0]--;
	memset(changed + bytes.len - 8, 0xff, 8);	/* no number */
	assert_true(isnan(unpacked((struct text){ changed, bytes.len }).rounds));
	free(changed);
	array_free(&p.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_rounds_hold_no_flood),
		cmocka_unit_test(a_flood_is_dated_and_its_sources_are_told),
		cmocka_unit_test(the_mixture_recovers_a_known_share),
		cmocka_unit_test(who_spoke_to_us_is_no_phantom),
		cmocka_unit_test(sources_that_return_three_times_are_counted),
		cmocka_unit_test(without_a_baseline_few_are_wronged),
		cmocka_unit_test(a_strong_flood_has_its_edges),
		cmocka_unit_test(a_long_drip_is_no_edge),
		cmocka_unit_test(a_renumbering_is_no_flood),
		cmocka_unit_test(a_churn_storm_is_no_flood),
		cmocka_unit_test(a_flood_met_by_luck_is_one),
		cmocka_unit_test(probabilities_are_tempered),
		cmocka_unit_test(verdicts_follow_probabilities),
		cmocka_unit_test(a_handful_of_sources_is_no_flood_a_day_later),
		cmocka_unit_test(the_rest_of_a_flood_is_of_it),
		cmocka_unit_test(a_flood_that_began_ahead_is_remembered),
		cmocka_unit_test(nothing_and_next_to_nothing_are_judged),
		cmocka_unit_test(a_baseline_that_is_none_is_refused),
		cmocka_unit_test(a_baseline_comes_back_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
