/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/evidence/verbs.h"
#include "data/format/canonical.h"
#include "data/store/translog.h"
#include "data/store/rows.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "tests/winny_records.h"

#define ROUNDS	6
#define KEYS	40	/* a round */
#define T0	INT64_C(1274400000000)

static char folder[64];

static char *
in_folder(char buf[128], const char *name)
{
	snprintf(buf, 128, "%s/%s", folder, name);
	return buf;
}

/* ---- a small overlay ---- */

static struct observation
key(uint32_t round, int i)
{
	static const uint8_t raw[] = { 1, 2, 3 };
	struct observation o = { .round = round, .t_ms = T0 + i / 5 };

	o.peer = endpoint_ipv4(0x0a000001 + (uint32_t)i % 4, 7743);
	set_winny_key(&o, (struct winny_key){
		.source = endpoint_ipv4(0xcb007100 + (uint32_t)i % 17, 1000),
		.hash = { (uint8_t)(i % 9) }, .size = 1000 + i % 9, .name = text_of("file name"),
		.trip = text_of(i % 3 == 0 ? "trip" : ""), .ttl = 1400 - i, .blocks = i,
		.mtime = i % 2 ? T0 / 1000 : UNKNOWN, .ignore = 0, .version = 5, .downstream = 1,
		.bbs = { .ip = i % 11 == 0 ? 7 : 0 }, .bbs_trip = text_of(i % 11 == 0 ? "bbs" : ""),
		.raw = { raw, i % 4 == 0 ? 3 : 0 },
	});
	return o;
}

static struct observation
other(uint32_t round, int i)
{
	static const struct endpoint via[] = { { .ip = 11, .port = 1 }, { .ip = 12, .port = 2 } };
	struct observation o = { .round = round, .t_ms = T0 + i,
		.peer = endpoint_ipv4(0x0a000001 + (uint32_t)i % 4, 7743) };

	if (i % 3 == 0)
		set_winny_neighbour(&o, (struct winny_neighbour){
			endpoint_ipv4(0xcb007200 + (uint32_t)i, 5), 120, 0,
			{ text_of("a"), text_of(""), text_of("c") } });
	else if (i % 3 == 1)
		set_winny_query(&o, (struct winny_query){ via, 2, text_of("words"), text_of(""), i });
	else
		set_winny_contact(&o, (struct winny_contact){ o.peer, i % 2,
			i % 4 == 0 ? OUT_OK : OUT_TIMEOUT, UNKNOWN, 12710, UNKNOWN, 0 });
	return o;
}

static struct observation
line(uint32_t round, bool ended)
{
	struct observation o = { .type = OBS_ROUND, .round = round, .t_ms = T0 };

	o.run = (struct obs_round){ text_of("s1"), text_of("winny"), T0 + round,
		ended ? T0 + round + 9 : UNKNOWN, 30, 20, 0, UNKNOWN, UNKNOWN };
	return o;
}

static void
add(struct store *s, struct observation o)
{
	if (store_add(s, &o) != 0)
		fail_msg("round %u, %s: %s", o.round, observation_type_name[o.type], store_error(s));
}

/* Rounds 1 to ROUNDS, the last one never completed; reopened in the midst of round 3. */
static void
make(const char *path)
{
	struct store *s = store_open(path, STORE_CREATE);

	assert_non_null(s);
	assert_true(store_begin_run(s, "0", "{\"a\":1}") > 0);
	for (uint32_t r = 1; r <= ROUNDS; r++) {
		add(s, line(r, false));
		for (int i = 0; i < KEYS; i++) {
			add(s, key(r, i));
			if (i % 3 == 0)
				add(s, other(r, i / 3));
			if (r == 3 && i == KEYS / 2) {
				store_close(s);
				assert_non_null(s = store_open(path, STORE_WRITE));
			}
		}
		assert_int_equal(store_round_facts(s, r, &(struct round_facts){ 77, 1, -3 }), 0);
		if (r < ROUNDS)
			add(s, line(r, true));
	}
	store_close(s);
}

/* ---- checking ---- */

struct answer {
	uint32_t	first;		/* round of the first thing told; 0: none named */
	int64_t		told;
	char		what[256];
};

static void
listen(uint32_t round, const char *what, void *arg)
{
	struct answer *a = arg;

	if (a->told++ == 0)
		snprintf(a->what, sizeof(a->what), "%s", what);
	if (a->first == 0)
		a->first = round;
}

static struct answer
check(const char *path)
{
	struct store *s = store_open(path, STORE_READ);
	struct answer a = { 0, 0, "" };

	assert_non_null(s);
	if (translog_check(s, listen, &a) != a.told)
		fail_msg("%s", store_error(s));
	store_close(s);
	return a;
}

static void
copy(const char *from, const char *to)
{
	sqlite3 *a, *b;
	sqlite3_backup *backup;
	char side[160];

	for (const char *const *e = (const char *const[]){ "", "-wal", "-shm", NULL }; *e; e++) {
		snprintf(side, sizeof(side), "%s%s", to, *e);
		unlink(side);
	}
	assert_int_equal(sqlite3_open(from, &a), SQLITE_OK);
	assert_int_equal(sqlite3_open(to, &b), SQLITE_OK);
	assert_non_null(backup = sqlite3_backup_init(b, "main", a, "main"));
	sqlite3_backup_step(backup, -1);
	assert_int_equal(sqlite3_backup_finish(backup), SQLITE_OK);
	sqlite3_close(a);
	sqlite3_close(b);
}

static int64_t
ask(sqlite3 *db, const char *text)
{
	sqlite3_stmt *st;
	int64_t v = -1;

	if (sqlite3_prepare_v2(db, text, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	if (sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

/* ---- tests ---- */

static void
what_was_stored_matches_the_log(void **state)
{
	char path[128];
	struct answer a = check(in_folder(path, "good"));

	(void)state;
	if (a.told != 0)
		fail_msg("round %u: %s", a.first, a.what);
}

static int
count_entry(const struct translog_entry *e, void *arg)
{
	int *n = arg;

	assert_int_equal(e->seq, ++*n);
	return 0;
}

/* One entry for each complete round, and one for what a reopened round had by then. */
static void
every_round_that_ended_is_in_the_chain(void **state)
{
	char path[128];
	struct store *s = store_open(in_folder(path, "good"), STORE_READ);
	int n = 0;

	(void)state;
	assert_int_equal(translog_chain(s, count_entry, &n), 0);
	assert_int_equal(n, ROUNDS - 1 + 1);
	store_close(s);
}

/* Tables of observations, and how to find the round of a row of theirs. */
static const struct {
	const char	*name, *id, *round;
} tables[] = {
	{ "round", "id", "id" },
	{ "delivery", "id", "round" },
	{ "sighting", "id", "(SELECT d.round FROM delivery AS d WHERE d.first <= sighting.id"
	    " AND sighting.id < d.first + d.n)" },
	{ "raw_record", "sighting", "(SELECT d.round FROM delivery AS d WHERE d.first <= sighting"
	    " AND sighting < d.first + d.n)" },
	{ "neighbour", "id", "round" },
	{ "query", "id", "round" },
	{ "contact", "id", "round" },
	{ "seen", "node", "round" },
	{ "node", "id", "0" },
	{ "file", "id", "0" },
	{ "advert", "id", "0" },
	{ "claim", "id", "0" },
};
#define NTABLES	(sizeof(tables) / sizeof(tables[0]))

static unsigned
dice(unsigned n)
{
	return (unsigned)random() % n;
}

/* Changes one column of one row; false if this happened to change nothing. */
static bool
alter(sqlite3 *db, size_t t, int64_t row)
{
	char text[1024], column[64];
	sqlite3_stmt *st;
	int n;

	snprintf(text, sizeof(text), "SELECT * FROM %s LIMIT 1", tables[t].name);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
	n = sqlite3_column_count(st);
	snprintf(column, sizeof(column), "%s", sqlite3_column_name(st, (int)dice((unsigned)n)));
	sqlite3_finalize(st);
	/* No facts: when it was pruned, and a row's number as long as the order stays. */
	if (strcmp(column, "pruned_ms") == 0 || strcmp(column, "id") == 0)
		return false;
	/* Facts that the round's record (data/format/canonical.h) does not hold yet. */
	if (strcmp(column, "sampling") == 0 || strcmp(column, "origin") == 0)
		return false;
	snprintf(text, sizeof(text), "UPDATE OR IGNORE %s SET %s = CASE typeof(%s)"
	    " WHEN 'text' THEN %s || 'x' WHEN 'blob' THEN randomblob(length(%s))"
	    " WHEN 'null' THEN 7 WHEN 'integer' THEN CASE WHEN '%s' IN ('complete', 'inbound',"
	    " 'downstream') THEN 1 - %s ELSE %s + %u END END WHERE %s = %lld", tables[t].name,
	    column, column, column, column, column, column, column, 1 + dice(9), tables[t].id,
	    (long long)row);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
		snprintf(text, sizeof(text), "UPDATE OR IGNORE %s SET %s = 'x' WHERE %s = %lld",
		    tables[t].name, column, tables[t].id, (long long)row);	/* NULL text */
		sqlite3_exec(db, text, NULL, NULL, NULL);
	}
	return sqlite3_changes(db) > 0;
}

/* A copy of a row with the next number. */
static bool
insert(sqlite3 *db, size_t t, int64_t row)
{
	char text[512];

	snprintf(text, sizeof(text), "CREATE TEMP TABLE one AS SELECT * FROM %s WHERE %s = %lld;"
	    "UPDATE one SET %s = 1 + (SELECT max(%s) FROM %s);"
	    "INSERT OR IGNORE INTO %s SELECT * FROM one", tables[t].name, tables[t].id,
	    (long long)row, tables[t].id, tables[t].id, tables[t].name, tables[t].name);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
		return sqlite3_changes(db) > 0;
	/* nodes are unique by address */
	return sqlite3_exec(db, "INSERT INTO node SELECT max(id) + 1, 99, 99 FROM node", NULL, NULL,
	    NULL) == SQLITE_OK;
}

static bool
delete(sqlite3 *db, size_t t, int64_t row)
{
	char text[256];

	snprintf(text, sizeof(text), "DELETE FROM %s WHERE %s = %lld", tables[t].name, tables[t].id,
	    (long long)row);
	return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK && sqlite3_changes(db) > 0;
}

/* One random change by hand; the round it touches in *round, 0 if that is not one. */
static bool
tamper(const char *path, int64_t *round, char *how)
{
	static bool (*const hand[])(sqlite3 *, size_t, int64_t) = { alter, delete, insert };
	size_t t = dice(NTABLES), h = dice(3);
	char text[512];
	int64_t row;
	sqlite3 *db;
	bool done;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	snprintf(text, sizeof(text), "SELECT %s FROM %s ORDER BY random() LIMIT 1", tables[t].id,
	    tables[t].name);
	row = ask(db, text);
	snprintf(text, sizeof(text), "SELECT %s FROM %s WHERE %s = %lld", tables[t].round,
	    tables[t].name, tables[t].id, (long long)row);
	*round = strcmp(tables[t].name, "seen") == 0 ? 0 : ask(db, text);
	if (h == 2 && (t == 0 || t == 2 || t == 3))	/* the new row is of another round, or none */
		*round = 0;
	done = hand[h](db, t, row);
	sprintf(how, "%zu of row %lld of %s", h, (long long)row, tables[t].name);
	sqlite3_close(db);
	return done;
}

/* 300 of 300: altered, deleted or inserted, in any table, each one is found. */
static void
every_change_by_hand_is_found(void **state)
{
	char good[128], bad[128], how[128];

	(void)state;
	in_folder(good, "good");
	in_folder(bad, "bad");
	srandom(20100521);
	for (int done = 0; done < 300;) {
		int64_t round;
		struct answer a;

		copy(good, bad);
		if (!tamper(bad, &round, how))
			continue;
		done++;
		a = check(bad);
		if (a.told == 0)
			fail_msg("not found: %s", how);
		if (round != 0 && a.first != (uint32_t)round)
			fail_msg("%s, of round %d; told of round %u: %s", how, (int)round, a.first,
			    a.what);
	}
}

static void
a_rewritten_chain_is_found(void **state)
{
	static const char *const change[] = {
		"UPDATE log_chain SET start_ms = start_ms + 1 WHERE seq = 2",
		"UPDATE log_chain SET head = zeroblob(32) WHERE seq = 1",
		"DELETE FROM log_chain WHERE seq = 6",
		"DELETE FROM log_chain WHERE seq = 2",
		"UPDATE log_round SET secret = randomblob(32) WHERE round = 4",
		"UPDATE log_round SET parts = (SELECT parts FROM log_round WHERE round = 1) WHERE round = 2",
		"UPDATE log_round SET sensor = 'other' WHERE round = 5",
		"DELETE FROM log_round WHERE round = 6",
	};
	char good[128], bad[128];

	(void)state;
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		sqlite3 *db;

		copy(in_folder(good, "good"), in_folder(bad, "bad"));
		assert_int_equal(sqlite3_open(bad, &db), SQLITE_OK);
		assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL), 0);
		assert_int_equal(sqlite3_exec(db, change[i], NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_changes(db), 1);
		sqlite3_close(db);
		assert_true(check(bad).told > 0);
	}
}

/* An honest mistake in the sqlite3 shell is stopped there. */
static void
the_chain_cannot_be_edited_by_mistake(void **state)
{
	char path[128];
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(in_folder(path, "good"), &db), SQLITE_OK);
	assert_int_not_equal(sqlite3_exec(db, "DELETE FROM log_chain", NULL, NULL, NULL), SQLITE_OK);
	assert_int_not_equal(sqlite3_exec(db, "UPDATE log_chain SET round = 1", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
}

/* ---- leaves and proofs ---- */

struct gathered {
	uint8_t		*hashes;
	size_t		 n;
	uint8_t		 root[MERKLE_HASH];
};

static int
gather(const struct translog_leaf *l, void *arg)
{
	struct gathered *g = arg;

	if (l->tree != OBS_KEY)
		return 0;
	assert_int_equal(l->index, g->n);
	g->hashes = realloc(g->hashes, (g->n + 1) * MERKLE_HASH);
	memcpy(g->hashes + g->n++ * MERKLE_HASH, l->hash, MERKLE_HASH);
	return 0;
}

static int
last_root(const struct translog_entry *e, void *arg)
{
	struct gathered *g = arg;

	if (e->round == 3)
		memcpy(g->root, translog_part_root(e->parts, OBS_KEY), MERKLE_HASH);
	return 0;
}

static void
a_key_is_proved_to_be_in_the_chain(void **state)
{
	char path[128];
	struct store *s = store_open(in_folder(path, "good"), STORE_READ);
	struct gathered g = { 0 };
	struct merkle_tree *t;
	struct merkle_proof p;

	(void)state;
	assert_int_equal(translog_chain(s, last_root, &g), 0);
	assert_int_equal(translog_leaves(s, 3, gather, &g), 0);
	assert_int_equal(g.n, KEYS);
	assert_non_null(t = merkle_tree_new(g.hashes, g.n));
	merkle_tree_prove(t, 29, &p);
	assert_true(merkle_check(&p, g.hashes + 29 * MERKLE_HASH, g.root));
	merkle_tree_free(t);
	free(g.hashes);
	store_close(s);
}

static void
rounds_mixed_in_one_import_match_too(void **state)
{
	char path[128];
	struct store *s = store_open(in_folder(path, "mixed"), STORE_CREATE);

	(void)state;
	store_hold(s, true);
	for (int i = 0; i < 200; i++) {
		add(s, key(1 + (uint32_t)i % 3, i / 3));
		add(s, other(1 + (uint32_t)(i + 1) % 3, i / 3));
		if (i == 100) {
			assert_int_equal(store_commit(s), 0);
			store_hold(s, true);
		}
	}
	for (uint32_t r = 3; r > 0; r--)
		add(s, line(r, true));
	assert_int_equal(store_commit(s), 0);
	store_close(s);
	assert_int_equal(check(path).told, 0);
}

static void
what_was_rolled_back_is_not_in_the_log(void **state)
{
	char path[128];
	struct store *s = store_open(in_folder(path, "undone"), STORE_CREATE);

	(void)state;
	for (int i = 0; i < 10; i++)
		add(s, key(1, i));
	assert_int_equal(store_commit(s), 0);
	store_hold(s, true);
	for (int i = 10; i < 20; i++)
		add(s, key(1, i));
	store_rollback(s);
	for (int i = 20; i < 30; i++)
		add(s, key(1, i));
	add(s, line(1, true));
	store_close(s);
	assert_int_equal(check(path).told, 0);
}

static void
hidden_names_match_too(void **state)
{
	char path[128];
	struct store *s = store_open(in_folder(path, "hidden"), STORE_CREATE);

	(void)state;
	assert_int_equal(store_hide_names(s), 0);
	for (int i = 0; i < 30; i++) {
		add(s, key(1, i));
		add(s, other(1, i));
	}
	add(s, line(1, true));
	store_close(s);
	assert_int_equal(check(path).told, 0);
}

/* The words of a command, which the verb may move about. */
static int
prune(const char *path, const char *how)
{
	char words[4][128];
	char *argv[5] = { words[0], words[1], words[2], words[3], NULL };

	snprintf(words[0], 128, "prune");
	snprintf(words[1], 128, "--db=%s", path);
	snprintf(words[2], 128, "%s", how);
	snprintf(words[3], 128, "-q");
	return verb_prune(4, argv);
}

/* First the raw bytes go, then the records; what is left is still checked. */
static void
pruned_rounds_still_match(void **state)
{
	static const char *const change[] = {
		"UPDATE seen SET bits = bits + 1 WHERE round = 2 AND node ="
		    " (SELECT min(node) FROM seen WHERE round = 2)",
		"DELETE FROM seen WHERE round = 2 AND node ="
		    " (SELECT min(node) FROM seen WHERE round = 2)",
		"UPDATE round SET tried = 7 WHERE id = 2",
		"UPDATE log_leaf SET hashes = randomblob(length(hashes)) WHERE round = 2 AND tree = 1",
		"DELETE FROM log_leaf WHERE round = 2 AND tree = 4",
		"INSERT INTO contact (round, t_ms, node, inbound, outcome) VALUES (2, 1, 1, 0, 0)",
	};
	char good[128], pruned[128], bad[128];
	sqlite3 *db;

	(void)state;
	copy(in_folder(good, "good"), in_folder(pruned, "pruned"));
	assert_int_equal(prune(pruned, "--raw-bytes=30d"), 0);
	assert_int_equal(check(pruned).told, 0);
	copy(pruned, in_folder(bad, "bad"));
	assert_int_equal(sqlite3_open(bad, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM log_raw WHERE sighting = (SELECT first FROM"
	    " delivery WHERE round = 4 LIMIT 1)", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_changes(db), 1);
	sqlite3_close(db);
	assert_int_equal(check(bad).first, 4);

	assert_int_equal(prune(pruned, "--pseudonymous=30d"), 0);
	assert_int_equal(check(pruned).told, 0);
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		copy(pruned, bad);
		assert_int_equal(sqlite3_open(bad, &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, change[i], NULL, NULL, NULL), SQLITE_OK);
		assert_true(sqlite3_changes(db) > 0);
		sqlite3_close(db);
		assert_int_equal(check(bad).first, 2);
	}
}

/* Nothing about a pruned round's records can be tried out: the secret is gone. */
static void
pruning_forgets_the_secret(void **state)
{
	char path[128];
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(in_folder(path, "pruned"), &db), SQLITE_OK);
	assert_int_equal(ask(db, "SELECT max(length(secret)) FROM log_round"), MERKLE_SALT);
	assert_int_equal(ask(db, "SELECT count(*) FROM log_raw"), 0);
	assert_true(ask(db, "SELECT count(*) FROM log_leaf") > 0);
	sqlite3_close(db);
}

static int
setup(void **state)
{
	char path[128];

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/evlog.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	make(in_folder(path, "good"));
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

/* ---- where it comes from, and how many fields it had ---- */

static void
sql_on(const char *path, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
print_told(uint32_t round, const char *what, void *arg)
{
	(void)arg;
	printf("round %u: %s\n", round, what);
}

static int
count_of_fields(const struct translog_leaf *l, void *arg)
{
	struct canonical_read read;
	size_t *n = arg;

	if (l->tree != OBS_KEY)
		return 0;
	assert_true(canonical_read_key(&read, &winny_fields, l->record, l->len));
	assert_false(value_is_said(&winny_fields.of[OBS_KEY].field[winny_fields.of[OBS_KEY].n - 1],
	    read.o.value[winny_fields.of[OBS_KEY].n - 1]));
	++*n;
	return 0;
}

/* A round that was begun when the overlay had a field less goes on with as many. */
static void
a_driver_may_grow(void **state)
{
	char path[128], text[160];
	struct store *s = store_open(in_folder(path, "grown"), STORE_CREATE);
	size_t n = 0;

	(void)state;
	add(s, line(1, false));
	add(s, other(1, 2));
	store_close(s);
	snprintf(text, sizeof(text), "UPDATE log_round SET fields = x'ff%02xffffff'",
	    winny_fields.of[OBS_KEY].n - 1);
	sql_on(path, text);
	s = store_open(path, STORE_WRITE);
	for (int i = 0; i < KEYS; i++)
		add(s, key(1, i));
	add(s, line(1, true));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(translog_check(s, print_told, NULL), 0);
	assert_int_equal(translog_leaves(s, 1, count_of_fields, &n), 0);
	assert_int_equal(n, KEYS);
	store_close(s);
	sql_on(path, "UPDATE log_round SET fields = x'ffffffffff'");
	s = store_open(path, STORE_READ);
	assert_int_equal(translog_check(s, print_told, NULL), 1);
	store_close(s);
}

/* The log says how a round came here, and a round is of one origin. */
static void
a_round_has_one_origin_and_the_log_has_it(void **state)
{
	static const enum origin of[] = { ORIGIN_CRAWLED, ORIGIN_IMPORTED };
	char path[128];
	struct store *s = store_open(in_folder(path, "origins"), STORE_CREATE);
	struct observation o = key(2, 1);

	(void)state;
	for (uint32_t r = 1; r <= 2; r++) {
		struct canonical keep = { 0 };
		struct canonical_round d;
		struct translog_leaf leaf;

		store_set_origin(s, of[r - 1]);
		add(s, key(r, 1));
		assert_int_equal(store_commit(s), 0);
		assert_int_equal(translog_own_leaf(s, r, &leaf, &keep), 0);
		assert_true(canonical_read_round(&d, leaf.record, leaf.len));
		assert_int_equal(d.origin, of[r - 1]);
		free(keep.p);
	}
	store_set_origin(s, ORIGIN_CRAWLED);
	add(s, key(1, 2));
	assert_int_equal(store_add(s, &o), -1);
	assert_non_null(strstr(store_error(s), "nothing that was crawled can be added"));
	store_close(s);
	sql_on(path, "UPDATE round SET origin = 0");
	s = store_open(path, STORE_READ);
	assert_int_equal(translog_check(s, print_told, NULL), 1);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_stored_matches_the_log),
		cmocka_unit_test(every_round_that_ended_is_in_the_chain),
		cmocka_unit_test(every_change_by_hand_is_found),
		cmocka_unit_test(a_rewritten_chain_is_found),
		cmocka_unit_test(the_chain_cannot_be_edited_by_mistake),
		cmocka_unit_test(a_key_is_proved_to_be_in_the_chain),
		cmocka_unit_test(rounds_mixed_in_one_import_match_too),
		cmocka_unit_test(what_was_rolled_back_is_not_in_the_log),
		cmocka_unit_test(hidden_names_match_too),
		cmocka_unit_test(pruned_rounds_still_match),
		cmocka_unit_test(pruning_forgets_the_secret),
		cmocka_unit_test(a_driver_may_grow),
		cmocka_unit_test(a_round_has_one_origin_and_the_log_has_it),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
