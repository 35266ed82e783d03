/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packed seen rows say exactly what the rows said; prune and a writer do not disturb each other. */
#include "tests/unit/data/store/store_fixture.h"

#include "data/store/seen_pack.h"

#define NODES	400

/* A node is there for runs of rounds, a few are there once. */
static int
bits_of(unsigned round, unsigned node)
{
	unsigned phase = (round * 7 + node * 13) % 64;

	if (node % 10 == 0)
		return round == node % PACK_ROUNDS ? 4 : 0;
	return phase < node % 60 ? 1 + (int)(node + round / 20) % 31 : 0;
}

static void
write_rows(struct store *s)
{
	query_do(s, Q_BEGIN, "");
	for (unsigned round = 1; round <= PACK_ROUNDS; round++) {
		for (unsigned node = 1; node <= NODES; node++) {
			int bits = bits_of(round - 1, node);

			if (bits != 0)
				assert_int_equal(query_do(s, Q_SEEN_ADD, "iii", (int64_t)round,
				    (int64_t)node * 1000, (int64_t)bits), 0);
		}
	}
	query_do(s, Q_COMMIT, "");
}

struct expected { unsigned round, node; };

static int
expect(const struct seen_row *r, void *arg)
{
	struct expected *e = arg;

	while (++e->node <= NODES && bits_of(e->round - 1, e->node) == 0)
		;
	assert_int_equal(r->round, e->round);
	assert_int_equal(r->node, (int64_t)e->node * 1000);
	assert_int_equal(r->bits, bits_of(e->round - 1, e->node));
	return 0;
}

static void
expect_all(struct store *s)
{
	for (unsigned round = 1; round <= PACK_ROUNDS; round++) {
		struct expected e = { round, 0 };

		assert_int_equal(rows_seen(s, round, expect, &e), 0);
		while (++e.node <= NODES)
			assert_int_equal(bits_of(round - 1, e.node), 0);
	}
}

static void
pack_all(struct store *s)
{
	uint32_t round[PACK_ROUNDS];

	for (unsigned i = 0; i < PACK_ROUNDS; i++)
		round[i] = i + 1;
	query_do(s, Q_BEGIN, "");
	assert_int_equal(seen_pack(s, round, PACK_ROUNDS), 0);
	query_do(s, Q_COMMIT, "");
}

static void
a_pack_says_what_the_rows_said(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	write_rows(s);
	expect_all(s);
	pack_all(s);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM seen"), 0);
	expect_all(s);
	store_close(s);
}

static int
ignore(const struct seen_row *r, void *arg)
{
	(void)arg;
	assert_true(r->node > 0 && r->bits > 0 && r->bits < 32);
	return 0;
}

/* Every truncation and every changed byte: an error or other rows, never more. */
static void
a_damaged_pack_is_read_without_harm(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	int64_t len, refused_n = 0;

	(void)state;
	write_rows(s);
	pack_all(s);
	len = ask_db(s, "SELECT length(runs) FROM seen_pack");
	sqlite3_exec(s->db, "CREATE TEMP TABLE whole AS SELECT runs FROM seen_pack", NULL, NULL, NULL);
	for (int64_t i = 1; i < 300 && i < len; i++) {
		char change[128];

		snprintf(change, sizeof(change), "UPDATE seen_pack SET runs ="
		    " CAST(substr(whole.runs, 1, %d) || %s AS BLOB) FROM whole", (int)i,
		    i % 2 ? "''" : "x'ffffffffffffffff'");
		assert_int_equal(sqlite3_exec(s->db, change, NULL, NULL, NULL), SQLITE_OK);
		refused_n += rows_seen(s, 1, ignore, NULL) != 0;
	}
	assert_true(refused_n > 200);
	assert_non_null(strstr(store_error(s), "is damaged: pack 1"));
	store_close(s);
}

static void
hide_everybody(struct store *s)
{
	assert_int_equal(sqlite3_exec(s->db, "UPDATE node SET address = -1 - id, port = id;"
	    "UPDATE file SET name = 't'; UPDATE claim SET word1 = 't'", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(query_do(s, Q_EPOCH_NEXT, ""), 0);
}

/* Between two rounds of a crawl prune took the addresses; the crawl remembers none of their ids. */
static void
a_crawl_goes_on_after_prune(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add(s, round_line(1, false));
	add(s, key(1, 2000, 1, 2, 3));
	add(s, neighbour(1, 1, 4));
	add(s, round_line(1, true));
	hide_everybody(s);
	add(s, round_line(2, false));
	add(s, key(2, 3000, 1, 2, 3));
	add(s, neighbour(2, 1, 4));
	add(s, round_line(2, true));
	assert_int_equal(ask_db(s, "SELECT count(*) FROM node WHERE address < 0"), 3);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM node WHERE address >= 0"), 3);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM key_seen WHERE round = 2"
	    " AND peer IN (SELECT id FROM node WHERE address >= 0)"
	    " AND source IN (SELECT id FROM node WHERE address >= 0)"
	    " AND file IN (SELECT id FROM file WHERE name = 'file 3')"), 1);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM neighbour AS n JOIN claim AS c ON c.id = n.claim"
	    " WHERE n.round = 2 AND c.word1 = 'a'"), 1);
	store_close(s);
}

static void
what_was_added_meanwhile_is_refused(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add(s, round_line(1, false));
	add(s, key(1, 2000, 1, 2, 3));
	assert_int_equal(store_commit(s), 0);
	add(s, key(1, 2000, 1, 2, 4));
	hide_everybody(s);
	assert_int_equal(store_commit(s), -1);
	assert_non_null(strstr(store_error(s), "was pruned while something was added"));
	assert_int_equal(ask_db(s, "SELECT count(*) FROM sighting"), 1);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_pack_says_what_the_rows_said),
		STORE_TEST(a_damaged_pack_is_read_without_harm),
		STORE_TEST(a_crawl_goes_on_after_prune),
		STORE_TEST(what_was_added_meanwhile_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
