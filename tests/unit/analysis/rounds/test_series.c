/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every series of a round against a count by hand, through the store and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "analysis/analyze.h"
#include "bounds.h"
#include "analysis/rounds/stats.h"
#include "tests/unit/analysis/store.h"
#include "tests/winny_records.h"

#define ROUNDS	60
#define RELAY	0x3a000001	/* 58.0.0.1 and on: relays */
#define HOLDER	0x3b000001	/* 59.0.0.1 and on: sources */
#define NEAR(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static struct series_row row[ROUNDS + 1];

static int
make_clean(void **state)
{
	memset(row, 0, sizeof(row));
	return make_store(state);
}

static int64_t
start_of(uint32_t round)
{
	return 14750 * DAY_MS + round * 30 * MINUTE_MS;	/* May 2010 */
}

static void
key(struct store *s, uint32_t round, uint32_t relay, uint32_t ip, uint16_t port, uint8_t hash)
{
	struct observation o = { .round = round, .t_ms = start_of(round) + 1000,
	    .peer = endpoint_ipv4(RELAY + relay, 7743) };

	set_winny_key(&o, (struct winny_key){ .source = endpoint_ipv4(ip, port), .hash = { hash },
	    .size = 7, .ttl = 1500, .version = 5, .blocks = 1, .mtime = 5, .downstream = 1 });
	assert_int_equal(store_add(s, &o), 0);
}

static void
neighbour(struct store *s, uint32_t round, uint32_t ip)
{
	struct observation o = { .round = round, .t_ms = start_of(round) + 2000,
	    .peer = endpoint_ipv4(RELAY, 7743) };

	set_winny_neighbour(&o, (struct winny_neighbour){ .node = endpoint_ipv4(ip, 80), .speed = 120 });
	assert_int_equal(store_add(s, &o), 0);
}

static void
contact(struct store *s, uint32_t round, uint32_t ip, enum outcome outcome)
{
	struct observation o = { .round = round, .t_ms = start_of(round) + 3000 };

	set_winny_contact(&o, (struct winny_contact){ .node = endpoint_ipv4(ip, 7743), .outcome = outcome,
	    .command = UNKNOWN, .version = UNKNOWN, .speed = UNKNOWN, .port0 = UNKNOWN });
	assert_int_equal(store_add(s, &o), 0);
}

static void
finish_at(struct store *s, uint32_t round, int64_t end_ms)
{
	struct observation o = { .type = OBS_ROUND, .round = round, .t_ms = start_of(round) };

	o.run = (struct obs_round){ .start_ms = start_of(round), .end_ms = end_ms, .tried = UNKNOWN,
	    .reached = UNKNOWN };
	assert_int_equal(store_add(s, &o), 0);
	assert_int_equal(store_commit(s), 0);
}

static void
finish(struct store *s, uint32_t round)
{
	finish_at(s, round, start_of(round + 1) - 1000);
}

static int
keep(const struct series_row *r, void *arg)
{
	(void)arg;
	if (r->round <= ROUNDS)
		row[r->round] = *r;
	return 0;
}

static void
analyse(struct store *s)
{
	struct analysis a;

	assert_int_equal(analyze(&a, s, INT64_MIN, INT64_MAX, ANALYSIS_MEMORY), 0);
	analysis_free(&a);
	assert_int_equal(results_series(s, INT64_MIN, INT64_MAX, keep, NULL), 0);
}

static void
one_round_is_counted_by_hand(void **state)
{
	struct store *s = *state;

	for (uint16_t i = 0; i < 8; i++)
		key(s, 1, i % 2, HOLDER + i, 7743, 1);	/* eight sources of one file */
	key(s, 1, 0, HOLDER, 7743, 2);			/* the first has another file */
	key(s, 1, 1, HOLDER, 7743, 2);			/* said by the other relay as well */
	key(s, 1, 0, HOLDER, 8000, 3);			/* and two more ports */
	key(s, 1, 0, HOLDER, 8001, 3);
	key(s, 1, 0, 0x0a000001, 7743, 4);		/* 10.0.0.1 cannot be */
	neighbour(s, 1, HOLDER + 40);
	neighbour(s, 1, HOLDER + 41);
	for (uint32_t i = 0; i < 4; i++)
		contact(s, 1, HOLDER + i, i == 3 ? OUT_REFUSED : OUT_OK);
	contact(s, 1, HOLDER + 4, OUT_EXCLUDED);
	finish(s, 1);
	analyse(s);
	assert_true(row[1].complete && row[1].instant == 11 && row[1].day_keys == 11);
	assert_true(row[1].day_all == 13 && row[1].day_addresses == 11);
	assert_true(row[1].max_ports == 3 && row[1].max_sources == 8);
	NEAR(row[1].impossible_share, 1.0 / 11, 1e-12);
	assert_true(row[1].one_shot_share == 1);
	assert_true(row[1].records_keys == 13 && row[1].records_neighbours == 2);
	assert_true(row[1].records_queries == 0);
	assert_true(row[1].tried == 4 && row[1].reached == 3);
	NEAR(row[1].success_low, stats_wilson(3, 4, Z95).low, 1e-12);
	NEAR(row[1].success_high, stats_wilson(3, 4, Z95).high, 1e-12);
	/* three dialled, and the two relays, who spoke with us */
	assert_true(row[1].verified == 5 && isnan(row[1].verified_before));
	assert_true(row[1].top_share == 1);
	/* one impossible address makes no flood */
	NEAR(row[1].flood, 0, 0.1);
	NEAR(row[1].instant_clean, 11 - row[1].flood, 1e-12);
}

static void
the_largest_ten_relays_have_their_share(void **state)
{
	struct store *s = *state;

	/* Ten relays with two keys each, twenty with one. */
	for (uint32_t i = 0; i < 30; i++) {
		key(s, 1, i, HOLDER + i, 7743, (uint8_t)i);
		if (i < 10)
			key(s, 1, i, HOLDER + 50 + i, 7743, (uint8_t)i);
	}
	finish(s, 1);
	analyse(s);
	NEAR(row[1].top_share, 0.5, 1e-12);
}

static void
a_day_is_24_hours_and_forgets(void **state)
{
	struct store *s = *state;

	key(s, 1, 0, HOLDER, 7743, 1);
	key(s, 1, 0, HOLDER + 1, 7743, 1);
	finish(s, 1);
	for (uint32_t r = 2; r <= ROUNDS; r++) {
		key(s, r, 0, HOLDER, 7743, 1);
		finish(s, r);
	}
	analyse(s);
	/* 48 rounds of half an hour: the last that the day of round 1 still touches is 48 */
	assert_true(row[48].instant == 1 && row[48].day_keys == 2 && row[48].max_sources == 2);
	assert_true(row[49].day_keys == 1 && row[49].max_sources == 1 && row[49].day_all == 1);
	NEAR(row[48].one_shot_share, 0.5, 1e-12);
	assert_true(row[49].one_shot_share == 0 && row[ROUNDS].day_addresses == 1);
	assert_true(row[2].verified == 1 && row[2].verified_again == 1 && row[2].verified_before == 1);
}

static void
what_was_not_measured_is_not_zero(void **state)
{
	struct store *s = *state;

	key(s, 1, 0, HOLDER, 7743, 1);
	finish(s, 1);
	key(s, 2, 0, HOLDER, 7743, 1);	/* broken off */
	assert_int_equal(store_commit(s), 0);
	key(s, 3, 0, HOLDER, 7743, 1);
	finish(s, 3);
	finish(s, 4);			/* nobody said anything */
	analyse(s);
	assert_true(isnan(row[1].tried) && isnan(row[1].success_low));
	assert_true(!row[2].complete && isnan(row[2].instant) && isnan(row[2].day_keys));
	assert_true(isnan(row[2].max_ports) && isnan(row[2].flood));
	assert_true(row[3].instant == 1 && row[3].verified_before == 1);
	assert_true(row[4].instant == 0 && isnan(row[4].impossible_share) && isnan(row[4].top_share));
	assert_true(row[4].day_keys == 1);
}

/* Rounds with newcomers, one broken off, one whose clock ran ahead by a day. */
static void
varied_round(struct store *s, uint32_t r)
{
	for (uint32_t k = 0; k < 3 + r % 4; k++)
		key(s, r, k % 3, HOLDER + r * k % 17, (uint16_t)(80 + r % 3), (uint8_t)(k * r % 7));
	neighbour(s, r, HOLDER + 100 + r % 5);
	contact(s, r, HOLDER + r % 2, r % 3 == 0 ? OUT_REFUSED : OUT_OK);
	if (r == 20)
		assert_int_equal(store_commit(s), 0);
	else
		finish_at(s, r, start_of(r + 1) - 1000 + (r == 52 ? DAY_MS : 0));
}

static bool
same_row(const struct series_row *x, const struct series_row *y)
{
	const double *v = &x->tried, *w = &y->tried;

	for (; v <= &x->verified_before; v++, w++)
		if (*v != *w && !(isnan(*v) && isnan(*w)))
			return false;
	return x->round == y->round && x->complete == y->complete;
}

static void
round_by_round_counts_as_all_at_once(void **state)
{
	static struct series_row one_by_one[ROUNDS + 1];
	struct analysis a;

	for (uint32_t r = 1; r <= ROUNDS; r++) {
		varied_round(*state, r);
		assert_int_equal(analyze(&a, *state, INT64_MIN, INT64_MAX, ANALYSIS_MEMORY), 0);
		assert_true(a.fresh == (r == 1));
		analysis_free(&a);
	}
	analyse(*state);
	memcpy(one_by_one, row, sizeof(row));
	assert_int_equal(analyze(&a, *state, INT64_MIN, INT64_MAX - 1, ANALYSIS_MEMORY), 0);
	assert_true(a.fresh);
	analysis_free(&a);
	assert_int_equal(results_series(*state, INT64_MIN, INT64_MAX, keep, NULL), 0);
	for (uint32_t r = 1; r <= ROUNDS; r++)
		assert_true(same_row(&one_by_one[r], &row[r]));
}

static int
keep_round(const struct round_row *r, void *arg)
{
	((struct round_row *)arg)[r->id] = *r;
	return 0;
}

/* What prune leaves of a round says nothing of addresses: it is not counted from that. */
static void
a_pruned_round_is_not_counted_from_what_is_left(void **state)
{
	struct round_row round[4] = { { .id = 0 } };
	sqlite3 *db;

	for (uint32_t r = 1; r <= 3; r++) {
		key(*state, r, 0, HOLDER + r, 7743, 1);
		finish(*state, r);
	}
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE round SET pruned_ms = 1 WHERE id = 1;"
	    "INSERT INTO aged (round, hidden_ms) VALUES (2, 1)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(rows_rounds(*state, 1, 0, keep_round, round), 0);
	for (uint32_t r = 1; r <= 3; r++) {
		struct round_digest *d = round_digest_read_named(*state, &round[r]);
		struct round_digest_reader reader = { .store = *state };
		struct round_digest *all = round_digest_read(&reader, &round[r]);

		assert_true(d != NULL && all != NULL && d->complete == all->complete);
		assert_true(d->complete == (r == 3) && d->named.n == (r == 3 ? 1 : 0));
		round_digest_free(d);
		round_digest_free(all);
		round_digest_reader_free(&reader);
	}
}

int
main(void)
{
#define ON_STORE(f)	cmocka_unit_test_setup_teardown(f, make_clean, drop_store)
	const struct CMUnitTest tests[] = {
		ON_STORE(one_round_is_counted_by_hand),
		ON_STORE(the_largest_ten_relays_have_their_share),
		ON_STORE(a_day_is_24_hours_and_forgets),
		ON_STORE(what_was_not_measured_is_not_zero),
		ON_STORE(round_by_round_counts_as_all_at_once),
		ON_STORE(a_pruned_round_is_not_counted_from_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
