/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the analysis found, as rows: written, read, deleted. */
#include "data/store/results.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/array.h"
#include "data/store/rows.h"
#include "data/store/row_map.h"
#include "data/store/sensors.h"

/* ---- statements ---- */

enum { /* flat */
	R_SERIES_PUT, R_SERIES_ALL, R_SERIES_FROM, R_SERIES_CLEAN, R_SERIES_DROP,
	R_VERDICT_PUT, R_VERDICT_ALL, R_VERDICT_ONE, R_VERDICT_DROP, R_VERDICT_FORGET,
	R_INCIDENT_PUT, R_INCIDENT_ALL, R_INCIDENT_DROP, R_INCIDENT_GONE, R_ANALYSED,
	R_TEST_PUT, R_TEST_ALL, R_TEST_DROP,
	R_PEER_PUT, R_PEER_ALL, R_PEER_DROP, R_STATE_PUT, R_STATE_GET, R_STATE_DROP,
	R_STATE_FORGET, R_DIGEST_PUT, R_DIGEST_ALL, R_DIGEST_DROP, R_N
};
_Static_assert(R_N <= GUEST_STATEMENTS, "the handle has room for the statements of the results");

#define INCIDENT_COLUMNS \
	"id, kind, first_round, last_round, peak_round, start_ms, end_ms, peak_ms, rounds, severity," \
	" bogus, bogus_low, bogus_high, channels, injector, roving, summary, quiet, last_ms," \
	" sampling"

static const char *const results_text[R_N] = { /* flat */
	[R_SERIES_PUT] =
	    "INSERT OR REPLACE INTO series VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
	    " ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27,"
	    " ?28, ?29, ?30, ?31)",
	[R_SERIES_ALL] =
	    "SELECT s.*, r.cut FROM series AS s LEFT JOIN round AS r ON r.id = s.round"
	    " WHERE s.round >= ?1 AND s.round <= ?2"
	    " AND coalesce(s.end_ms, s.start_ms, 0) >= ?3 AND coalesce(s.end_ms, s.start_ms, 0) < ?4"
	    " ORDER BY s.round",
	[R_SERIES_FROM] =
	    "SELECT s.*, r.cut FROM series AS s LEFT JOIN round AS r ON r.id = s.round"
	    " WHERE s.round >= ?1 AND s.round <= ?2 ORDER BY s.round",
	[R_SERIES_CLEAN] =
	    "SELECT s.round, s.start_ms, s.end_ms, s.complete, s.tried, s.reached, instant, instant_clean,"
	    " day_keys_clean, flood, verified_again, verified_before, r.cut FROM series AS s"
	    " LEFT JOIN round AS r ON r.id = s.round WHERE s.round >= ?1 AND s.round <= ?2 ORDER BY s.round",
	[R_SERIES_DROP] = "DELETE FROM series WHERE round >= ?1 AND round <= ?2",
	[R_VERDICT_PUT] =
	    "INSERT OR REPLACE INTO verdict VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
	    " ?12, ?13, ?14, ?15)",
	[R_VERDICT_ALL] =
	    "SELECT v.*, n.address, n.port FROM verdict AS v"
	    " CROSS JOIN node AS n ON n.id = (v.node & 4294967295)"
	    " WHERE v.node >= ?1 AND v.node <= ?2 ORDER BY v.node",
	[R_VERDICT_ONE] =
	    "SELECT v.*, n.address, n.port FROM verdict AS v"
	    " CROSS JOIN node AS n ON n.id = (v.node & 4294967295) WHERE v.node = ?1",
	[R_VERDICT_DROP] = "DELETE FROM verdict WHERE node >= ?1 AND node <= ?2",
	[R_VERDICT_FORGET] = "UPDATE verdict SET memory = NULL WHERE node >= ?1 AND node <= ?2",
	[R_INCIDENT_PUT] =
	    "INSERT OR REPLACE INTO incident (" INCIDENT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
	    " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
	[R_INCIDENT_ALL] =
	    "SELECT i.*, coalesce((SELECT s.kind <> i.kind OR s.start_ms IS NOT i.start_ms"
	    " OR (s.injector AND NOT i.injector) OR (s.end_ms IS NOT NULL AND (s.end_ms IS NOT i.end_ms"
	    " OR s.rounds <> i.rounds OR coalesce(s.bogus < i.bogus_low OR s.bogus > i.bogus_high, 0)))"
	    " FROM stated AS s WHERE s.incident = i.id ORDER BY s.id DESC LIMIT 1), 0)"
	    " FROM (SELECT " INCIDENT_COLUMNS " FROM incident WHERE id >= ?1 AND id <= ?2) AS i"
	    " ORDER BY start_ms, id",
	[R_INCIDENT_GONE] =
	    "SELECT incident, kind, start_ms, end_ms, rounds, bogus, injector, max(id) FROM stated"
	    " WHERE incident >= ?1 AND incident <= ?2 AND incident NOT IN (SELECT id FROM incident)"
	    " GROUP BY incident ORDER BY incident",
	[R_ANALYSED] =
	    "SELECT count(*), count(*) - count(s.round) FROM round AS r LEFT JOIN series AS s"
	    " ON s.round = r.id WHERE r.complete AND r.id >= ?1 AND r.id <= ?2",
	[R_INCIDENT_DROP] = "DELETE FROM incident WHERE id >= ?1 AND id <= ?2",
	[R_TEST_PUT] =
	    "INSERT INTO incident_test SELECT ?1, coalesce(max(position), 0) + 1, ?2, ?3, ?4, ?5"
	    " FROM incident_test WHERE incident = ?1",
	[R_TEST_ALL] =
	    "SELECT incident, name, family, statistic, threshold FROM incident_test"
	    " WHERE incident = ?1 ORDER BY position",
	[R_TEST_DROP] = "DELETE FROM incident_test WHERE incident >= ?1 AND incident <= ?2",
	[R_PEER_PUT] =
	    "INSERT OR REPLACE INTO incident_peer VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[R_PEER_ALL] =
	    "SELECT p.*, n.address, n.port FROM incident_peer AS p CROSS JOIN node AS n ON n.id = p.peer"
	    " WHERE p.incident = ?1 ORDER BY p.rank",
	[R_PEER_DROP] = "DELETE FROM incident_peer WHERE incident >= ?1 AND incident <= ?2",
	[R_STATE_PUT] =
	    "INSERT INTO analysis_state (sensor, part, value, name) VALUES (?1, ?2, ?3, ?4)",
	[R_STATE_GET] =
	    "SELECT value FROM analysis_state WHERE sensor = ?1 AND name = ?2 ORDER BY part",
	[R_STATE_FORGET] = "DELETE FROM analysis_state WHERE sensor = ?1 AND name = ?2",
	[R_STATE_DROP] = "DELETE FROM analysis_state WHERE sensor >= ?1 AND sensor <= ?2",
	[R_DIGEST_PUT] = "INSERT INTO analysis_round (round, part, digest) VALUES (?1, ?2, ?3)",
	[R_DIGEST_ALL] =
	    "SELECT round, digest FROM analysis_round WHERE round >= ?1 AND round <= ?2"
	    " ORDER BY round, part",
	[R_DIGEST_DROP] = "DELETE FROM analysis_round WHERE round >= ?1 AND round <= ?2",
};

static sqlite3_stmt *
prepared(struct store *s, int r)
{
	return statement(s, &s->guest[r], results_text[r]);
}

/* A walk's own statement, so that walks may nest. */
static sqlite3_stmt *
walk(struct store *s, int r)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(s->db, results_text[r], -1, &st, NULL) != SQLITE_OK)
		store_fail_db(s);
	return st;
}

static int
run(struct store *s, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	if (rc != SQLITE_DONE)
		store_fail_db(s);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define S(m, k)		{ offsetof(struct series_row, m), k }
static const struct column_map series_fields[] = {
	S(round, IS_UINT32), S(start_ms, IS_KNOWN64), S(end_ms, IS_KNOWN64), S(complete, IS_BOOL),
	S(tried, IS_REAL), S(reached, IS_REAL), S(success_low, IS_REAL), S(success_high, IS_REAL),
	S(instant, IS_REAL), S(day_keys, IS_REAL), S(day_all, IS_REAL),
	S(instant_clean, IS_REAL), S(day_keys_clean, IS_REAL), S(day_all_clean, IS_REAL),
	S(day_addresses, IS_REAL), S(impossible_share, IS_REAL), S(new16_share, IS_REAL),
	S(one_shot_share, IS_REAL), S(max_ports, IS_REAL), S(max_sources, IS_REAL),
	S(top_share, IS_REAL), S(records_keys, IS_REAL), S(records_neighbours, IS_REAL),
	S(records_queries, IS_REAL), S(flood, IS_REAL), S(flood_low, IS_REAL),
	S(flood_high, IS_REAL), S(verified, IS_REAL), S(verified_again, IS_REAL),
	S(verified_before, IS_REAL), S(sampling, IS_REAL),
};
static const struct column_map clean_fields[] = {
	S(round, IS_UINT32), S(start_ms, IS_KNOWN64), S(end_ms, IS_KNOWN64), S(complete, IS_BOOL),
	S(tried, IS_REAL), S(reached, IS_REAL), S(instant, IS_REAL), S(instant_clean, IS_REAL),
	S(day_keys_clean, IS_REAL), S(flood, IS_REAL),
	S(verified_again, IS_REAL), S(verified_before, IS_REAL),
};
#undef S
#define V(m, k)		{ offsetof(struct verdict_row, m), k }
static const struct column_map verdict_fields[] = {
	V(node, IS_INT64), V(first_round, IS_UINT32), V(last_round, IS_UINT32),
	V(first_ms, IS_KNOWN64), V(last_ms, IS_KNOWN64), V(rounds, IS_INT64), V(keys, IS_INT64),
	V(relays, IS_INT64), V(contact, IS_KNOWN_INT), V(probability, IS_REAL),
	V(verdict, IS_INT), V(flags, IS_UINT32), V(incident, IS_INT64),
};
#undef V
#define I(m, k)		{ offsetof(struct incident_row, m), k }
static const struct column_map incident_fields[] = {
	I(id, IS_INT64), I(kind, IS_INT), I(first_round, IS_UINT32), I(last_round, IS_UINT32),
	I(peak_round, IS_UINT32), I(start_ms, IS_KNOWN64), I(end_ms, IS_KNOWN64),
	I(peak_ms, IS_KNOWN64), I(rounds, IS_INT64), I(severity, IS_INT), I(bogus, IS_REAL),
	I(bogus_low, IS_REAL), I(bogus_high, IS_REAL), I(channels, IS_UINT32),
	I(injector, IS_BOOL), I(roving, IS_KNOWN_INT), I(summary, IS_TEXT), I(quiet, IS_INT64),
	I(last_ms, IS_KNOWN64), I(sampling, IS_UINT32),
};
#undef I
#define T(m, k)		{ offsetof(struct test_row, m), k }
static const struct column_map test_fields[] = {
	T(incident, IS_INT64), T(name, IS_TEXT), T(family, IS_TEXT), T(statistic, IS_REAL),
	T(threshold, IS_REAL),
};
#undef T
#define D(m, k)		{ offsetof(struct delivering_row, m), k }
static const struct column_map delivering_fields[] = {
	D(incident, IS_INT64), D(rank, IS_INT), D(peer, IS_INT64), D(share, IS_REAL),
	D(ratio, IS_REAL), D(full_timer_share, IS_REAL), D(first_seen_share, IS_REAL),
	D(keys, IS_INT64), D(rounds, IS_INT64), D(label, IS_TEXT),
};
#undef D
_Static_assert(sizeof(enum verdict) == sizeof(int) && sizeof(unsigned) == sizeof(uint32_t),
    "enums and flags are read and written as plain numbers");

/* ---- writing ---- */

static int
put(struct store *s, int r, const struct column_map *f, size_t n, const void *row)
{
	sqlite3_stmt *st = prepared(s, r);

	if (st == NULL || struct_bind(s, st, f, n, row) != 0)
		return -1;
	return run(s, st);
}

/* Runs a DELETE of what lies in from..to. */
static int
drop(struct store *s, int r, int64_t from, int64_t to)
{
	sqlite3_stmt *st = prepared(s, r);

	if (st == NULL)
		return -1;
	if (sqlite3_bind_int64(st, 1, from) != SQLITE_OK ||
	    sqlite3_bind_int64(st, 2, to) != SQLITE_OK)
		return store_fail_db(s);
	return run(s, st);
}

int64_t
results_incident_base(const struct store *s)
{
	return s->sensor * INCIDENTS;
}

int
results_select(struct store *s, int64_t incident)
{
	return sensors_switch(s, incident / INCIDENTS);
}

int
results_begin(struct store *s)
{
	return store_begin(s, 10000) == 0 ? 0 : store_fail_db(s);
}

int
results_commit(struct store *s)
{
	return store_end(s);
}

void
results_rollback(struct store *s)
{
	store_undo(s);
}

/* Everything that is the sensor's by a key of 32 bits. */
static int
drop_all(struct store *s, int r)
{
	return drop(s, r, scoped_first(s), scoped_last(s));
}

int
results_clear(struct store *s)
{
	if (drop_all(s, R_SERIES_DROP) != 0 || drop_all(s, R_VERDICT_DROP) != 0 ||
	    drop_all(s, R_DIGEST_DROP) != 0 || drop(s, R_STATE_DROP, s->sensor, s->sensor) != 0)
		return -1;
	return results_delete_incidents(s, results_incident_base(s));
}

int
results_forget_memories(struct store *s)
{
	return drop_all(s, R_VERDICT_FORGET) != 0 || drop_all(s, R_DIGEST_DROP) != 0 ? -1 : 0;
}

int
results_put_series(struct store *s, const struct series_row *row)
{
	sqlite3_stmt *st = prepared(s, R_SERIES_PUT);

	if (st == NULL || struct_bind(s, st, series_fields, COUNT(series_fields), row) != 0)
		return -1;
	if (sqlite3_bind_int64(st, 1, scoped_key(s, row->round)) != SQLITE_OK)
		return store_fail_db(s);
	return run(s, st);
}

int
results_delete_series(struct store *s, uint32_t from_round)
{
	return drop(s, R_SERIES_DROP, scoped_key(s, from_round), scoped_last(s));
}

static int
bind_bytes(sqlite3_stmt *st, int i, const void *p, size_t len)
{
	return len == 0 ? sqlite3_bind_null(st, i)
	    : sqlite3_bind_blob64(st, i, p, len, SQLITE_STATIC);
}

int
results_put_verdict(struct store *s, const struct verdict_row *row, struct text memory)
{
	sqlite3_stmt *st = prepared(s, R_VERDICT_PUT);

	if (st == NULL || struct_bind(s, st, verdict_fields, COUNT(verdict_fields), row) != 0)
		return -1;
	if (sqlite3_bind_int64(st, 1, scoped_key(s, (uint32_t)row->node)) != SQLITE_OK ||
	    bind_bytes(st, 14, row->evidence, row->judged ? sizeof(row->evidence) : 0) != SQLITE_OK ||
	    bind_bytes(st, 15, memory.p, memory.len) != SQLITE_OK)
		return store_fail_db(s);
	return run(s, st);
}

int
results_put_incident(struct store *s, const struct incident_row *row)
{
	if (drop(s, R_TEST_DROP, row->id, row->id) != 0 ||
	    drop(s, R_PEER_DROP, row->id, row->id) != 0)
		return -1;
	return put(s, R_INCIDENT_PUT, incident_fields, COUNT(incident_fields), row);
}

int
results_put_test(struct store *s, const struct test_row *row)
{
	return put(s, R_TEST_PUT, test_fields, COUNT(test_fields), row);
}

int
results_put_delivering(struct store *s, const struct delivering_row *row)
{
	return put(s, R_PEER_PUT, delivering_fields, COUNT(delivering_fields), row);
}

int
results_delete_incidents(struct store *s, int64_t from_id)
{
	int64_t last = results_incident_base(s) + INCIDENTS - 1;

	if (drop(s, R_TEST_DROP, from_id, last) != 0 || drop(s, R_PEER_DROP, from_id, last) != 0)
		return -1;
	return drop(s, R_INCIDENT_DROP, from_id, last);
}

/* Adds the bytes in parts of which each is a row: key, part and bytes are its first columns. */
static int
put_parts(struct store *s, int r, int64_t key, const char *name, struct text bytes)
{
	size_t at = 0;

	for (int64_t part = 0; part == 0 || at < bytes.len; part++) {
		size_t len = bytes.len - at < CHUNK_BYTES ? bytes.len - at : CHUNK_BYTES;
		const void *p = len == 0 ? (const void *)"" : bytes.p + at;
		sqlite3_stmt *st = prepared(s, r);

		if (st == NULL)
			return -1;
		if (sqlite3_bind_int64(st, 1, key) != SQLITE_OK ||
		    sqlite3_bind_int64(st, 2, part) != SQLITE_OK ||
		    sqlite3_bind_blob64(st, 3, p, len, SQLITE_STATIC) != SQLITE_OK ||
		    (name != NULL && sqlite3_bind_text(st, 4, name, -1, SQLITE_STATIC) != SQLITE_OK))
			return store_fail_db(s);
		if (run(s, st) != 0)
			return -1;
		at += len;
	}
	return 0;
}

/* Binds the sensor and a name of its state. */
static sqlite3_stmt *
of_state(struct store *s, int r, const char *name)
{
	sqlite3_stmt *st = prepared(s, r);

	if (st != NULL && (sqlite3_bind_int64(st, 1, s->sensor) != SQLITE_OK ||
	    sqlite3_bind_text(st, 2, name, -1, SQLITE_STATIC) != SQLITE_OK)) {
		store_fail_db(s);
		return NULL;
	}
	return st;
}

int
results_state_put(struct store *s, const char *name, struct text value)
{
	sqlite3_stmt *forget = of_state(s, R_STATE_FORGET, name);

	if (forget == NULL || run(s, forget) != 0)
		return -1;
	return put_parts(s, R_STATE_PUT, s->sensor, name, value);
}

int
results_digest_put(struct store *s, uint32_t round, struct text digest)
{
	int64_t key = scoped_key(s, round);

	return drop(s, R_DIGEST_DROP, key, key) != 0 ? -1
	    : put_parts(s, R_DIGEST_PUT, key, NULL, digest);
}

int
results_digest_drop(struct store *s, uint32_t before_round)
{
	return drop(s, R_DIGEST_DROP, scoped_first(s), scoped_key(s, before_round) - 1);
}

/* ---- reading ---- */

typedef int (*row_fn)(sqlite3_stmt *, void *);

/* Walks st, which is finalized, calling fn for each row. */
static int
each(struct store *s, sqlite3_stmt *st, row_fn fn, void *arg)
{
	int rc, answer = 0;

	if (st == NULL)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW && answer == 0)
		answer = fn(st, arg);
	if (answer == 0 && rc != SQLITE_DONE)
		answer = store_fail_db(s);
	sqlite3_finalize(st);
	return answer;
}

/* Walks what lies in from..to. */
static int
each_in(struct store *s, int r, int64_t from, int64_t to, row_fn fn, void *arg)
{
	sqlite3_stmt *st = walk(s, r);

	if (st != NULL && (sqlite3_bind_int64(st, 1, from) != SQLITE_OK ||
	    sqlite3_bind_int64(st, 2, to) != SQLITE_OK)) {
		sqlite3_finalize(st);
		return store_fail_db(s);
	}
	return each(s, st, fn, arg);
}

static int
each_of(struct store *s, int r, int64_t key, row_fn fn, void *arg)
{
	sqlite3_stmt *st = walk(s, r);

	if (st != NULL && sqlite3_bind_int64(st, 1, key) != SQLITE_OK) {
		sqlite3_finalize(st);
		return store_fail_db(s);
	}
	return each(s, st, fn, arg);
}

/* A caller's function behind a walk's: one of them, as the walk knows. */
struct caller {
	int	(*series)(const struct series_row *, void *);
	int	(*verdict)(const struct verdict_row *, void *);
	int	(*memory)(const struct verdict_row *, struct text, void *);
	int	(*incident)(const struct incident_row *, void *);
	int	(*test)(const struct test_row *, void *);
	int	(*delivering)(const struct delivering_row *, void *);
	void	*arg;
};

static int
give_series(sqlite3_stmt *st, void *p)
{
	struct caller *c = p;
	struct series_row row;

	struct_read(st, series_fields, COUNT(series_fields), &row);
	row.cut = (uint32_t)sqlite3_column_int64(st, COUNT(series_fields));
	return c->series(&row, c->arg);
}

int
results_series(struct store *s, int64_t from_ms, int64_t to_ms,
    int (*fn)(const struct series_row *, void *), void *arg)
{
	struct caller c = { .series = fn, .arg = arg };
	sqlite3_stmt *st = walk(s, R_SERIES_ALL);

	if (st != NULL && (sqlite3_bind_int64(st, 1, scoped_first(s)) != SQLITE_OK ||
	    sqlite3_bind_int64(st, 2, scoped_last(s)) != SQLITE_OK ||
	    sqlite3_bind_int64(st, 3, from_ms) != SQLITE_OK ||
	    sqlite3_bind_int64(st, 4, to_ms) != SQLITE_OK)) {
		sqlite3_finalize(st);
		return store_fail_db(s);
	}
	return each(s, st, give_series, &c);
}

int
results_series_from(struct store *s, uint32_t round, int (*fn)(const struct series_row *, void *),
    void *arg)
{
	struct caller c = { .series = fn, .arg = arg };

	return each_in(s, R_SERIES_FROM, scoped_key(s, round), scoped_last(s), give_series, &c);
}

static int
give_clean_counts(sqlite3_stmt *st, void *p)
{
	struct caller *c = p;
	struct series_row row = { 0 };

	struct_read(st, clean_fields, COUNT(clean_fields), &row);
	row.cut = (uint32_t)sqlite3_column_int64(st, COUNT(clean_fields));
	return c->series(&row, c->arg);
}

int
results_clean_counts(struct store *s, int (*fn)(const struct series_row *, void *), void *arg)
{
	struct caller c = { .series = fn, .arg = arg };

	return each_in(s, R_SERIES_CLEAN, scoped_first(s), scoped_last(s), give_clean_counts, &c);
}

static void
read_evidence(struct verdict_row *row, struct text bytes)
{
	row->judged = bytes.len == sizeof(row->evidence);
	for (size_t i = 0; i < EVIDENCE_N; i++)
		row->evidence[i] = NAN;
	if (row->judged)
		memcpy(row->evidence, bytes.p, bytes.len);
}

static void
read_verdict(sqlite3_stmt *st, struct verdict_row *row)
{
	struct_read(st, verdict_fields, COUNT(verdict_fields), row);
	row->node = scoped_number(row->node);
	read_evidence(row, column_blob(st, 13));
	row->endpoint = column_endpoint(st, 15);
	if (row->verdict >= VERDICT_N)
		row->verdict = VERDICT_UNDETERMINED;
}

static int
give_verdict(sqlite3_stmt *st, void *p)
{
	struct caller *c = p;
	struct verdict_row row;

	read_verdict(st, &row);
	return c->verdict != NULL ? c->verdict(&row, c->arg)
	    : c->memory(&row, column_blob(st, 14), c->arg);
}

int
results_verdicts(struct store *s, int (*fn)(const struct verdict_row *, void *), void *arg)
{
	struct caller c = { .verdict = fn, .arg = arg };

	return each_in(s, R_VERDICT_ALL, scoped_first(s), scoped_last(s), give_verdict, &c);
}

int
results_memory(struct store *s, int64_t node,
    int (*fn)(const struct verdict_row *, struct text memory, void *), void *arg)
{
	struct caller c = { .memory = fn, .arg = arg };
	sqlite3_stmt *st = prepared(s, R_VERDICT_ONE);
	int rc, answer = 1;

	if (st == NULL)
		return -1;
	if (sqlite3_bind_int64(st, 1, scoped_key(s, (uint32_t)node)) != SQLITE_OK)
		return store_fail_db(s);
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		answer = give_verdict(st, &c);
	else if (rc != SQLITE_DONE)
		answer = store_fail_db(s);
	sqlite3_reset(st);
	return answer;
}

static int
give_incident(sqlite3_stmt *st, void *p)
{
	struct caller *c = p;
	struct incident_row row = { .withdrawn = false };

	struct_read(st, incident_fields, COUNT(incident_fields), &row);
	row.revised = sqlite3_column_int(st, COUNT(incident_fields)) != 0;
	if ((unsigned)row.kind >= INC_NKIND)
		return 0;
	return c->incident(&row, c->arg);
}

int
results_incidents(struct store *s, int (*fn)(const struct incident_row *, void *), void *arg)
{
	struct caller c = { .incident = fn, .arg = arg };
	int64_t first = results_incident_base(s);

	return each_in(s, R_INCIDENT_ALL, first, first + INCIDENTS - 1, give_incident, &c);
}

static int
give_test(sqlite3_stmt *st, void *p)
{
	struct caller *c = p;
	struct test_row row;

	struct_read(st, test_fields, COUNT(test_fields), &row);
	return c->test(&row, c->arg);
}

static int
give_gone(sqlite3_stmt *st, void *p)
{
	struct caller *c = p;
	struct incident_row row = { .id = sqlite3_column_int64(st, 0),
		.kind = (enum incident_kind)sqlite3_column_int(st, 1), .start_ms = column_time(st, 2),
		.end_ms = column_time(st, 3), .rounds = sqlite3_column_int64(st, 4),
		.bogus = sqlite3_column_double(st, 5), .injector = sqlite3_column_int(st, 6) != 0,
		.roving = UNKNOWN, .summary = "", .peak_ms = UNKNOWN, .last_ms = UNKNOWN };

	return (unsigned)row.kind < INC_NKIND ? c->incident(&row, c->arg) : 0;
}

int
results_withdrawn(struct store *s, int (*fn)(const struct incident_row *, void *), void *arg)
{
	struct caller c = { .incident = fn, .arg = arg };
	int64_t first = results_incident_base(s);

	return each_in(s, R_INCIDENT_GONE, first, first + INCIDENTS - 1, give_gone, &c);
}

static int
give_analysed(sqlite3_stmt *st, void *p)
{
	int64_t *n = p;

	n[0] = sqlite3_column_int64(st, 0);
	n[1] = sqlite3_column_int64(st, 1);
	return 0;
}

int
results_analysed(struct store *s, int64_t *complete, int64_t *missing)
{
	int64_t n[2] = { 0, 0 };
	int bad = each_in(s, R_ANALYSED, scoped_first(s), scoped_last(s), give_analysed, n);

	*complete = n[0];
	*missing = n[1];
	return bad;
}

int
results_tests(struct store *s, int64_t incident, int (*fn)(const struct test_row *, void *), void *arg)
{
	struct caller c = { .test = fn, .arg = arg };

	return each_of(s, R_TEST_ALL, incident, give_test, &c);
}

static const char *
known_label(const char *label)
{
	for (size_t i = 0; i < DELIVERED_N; i++) {
		if (strcmp(label, delivered_name[i]) == 0)
			return delivered_name[i];
	}
	return delivered_name[DELIVERED_BY];
}

static int
give_delivering(sqlite3_stmt *st, void *p)
{
	struct caller *c = p;
	struct delivering_row row;

	struct_read(st, delivering_fields, COUNT(delivering_fields), &row);
	row.label = known_label(row.label);
	row.endpoint = column_endpoint(st, 10);
	return c->delivering(&row, c->arg);
}

int
results_delivering(struct store *s, int64_t incident,
    int (*fn)(const struct delivering_row *, void *), void *arg)
{
	struct caller c = { .delivering = fn, .arg = arg };

	return each_of(s, R_PEER_ALL, incident, give_delivering, &c);
}

/* The bytes of parts that are read one after the other. */
struct parts { ARRAY_OF(uint8_t) bytes; };

static int
add_part(struct parts *p, struct text part)
{
	size_t n = p->bytes.n;

	if (array_reach(&p->bytes, n + part.len) != 0)
		return -1;
	if (part.len > 0)
		memcpy(&p->bytes.p[n], part.p, part.len);
	return 0;
}

static struct text
all_parts(const struct parts *p)
{
	return (struct text){ p->bytes.p, p->bytes.n };
}

int
results_state_get(struct store *s, const char *name, int (*fn)(struct text, void *), void *arg)
{
	sqlite3_stmt *st = of_state(s, R_STATE_GET, name);
	struct parts parts = { 0 };
	int rc, answer = 1;

	if (st == NULL)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW && answer >= 0)
		answer = add_part(&parts, column_blob(st, 0)) == 0 ? 0 : store_fail(s, "out of memory");
	if (answer >= 0 && rc != SQLITE_DONE)
		answer = store_fail_db(s);
	sqlite3_reset(st);
	if (answer == 0)
		answer = fn(all_parts(&parts), arg);
	array_free(&parts.bytes);
	return answer;
}

/* Digests on their way to the caller, who gets each when all of its parts were read. */
struct digest_walk {
	struct store	*s;
	int		(*fn)(uint32_t, struct text, void *);
	void		*arg;
	struct parts	 parts;
	int64_t		 round;		/* 0: none yet */
};

static int
give_whole_digest(struct digest_walk *w)
{
	return w->round == 0 ? 0 : w->fn(scoped_number(w->round), all_parts(&w->parts), w->arg);
}

static int
take_digest_part(sqlite3_stmt *st, void *arg)
{
	struct digest_walk *w = arg;
	int64_t round = sqlite3_column_int64(st, 0);
	int answer = round == w->round ? 0 : give_whole_digest(w);

	if (round != w->round)
		w->parts.bytes.n = 0;
	w->round = round;
	if (answer == 0 && add_part(&w->parts, column_blob(st, 1)) != 0)
		return store_fail(w->s, "out of memory");
	return answer;
}

int
results_digest_each(struct store *s, int (*fn)(uint32_t round, struct text, void *), void *arg)
{
	struct digest_walk w = { .s = s, .fn = fn, .arg = arg };
	int answer = each_in(s, R_DIGEST_ALL, scoped_first(s), scoped_last(s), take_digest_part, &w);

	if (answer == 0)
		answer = give_whole_digest(&w);
	array_free(&w.parts.bytes);
	return answer;
}

#define META_SAMPLING	"sampling_key"

int
results_sampling_key(struct store *s, uint8_t key[SAMPLING_KEY])
{
	char hex[2 * SAMPLING_KEY + 1], *found = NULL;
	size_t len = 0;
	int absent = store_meta_find(s, META_SAMPLING, &found);

	if (absent == 0 && (sodium_hex2bin(key, SAMPLING_KEY, found, strlen(found), NULL, &len,
	    NULL) != 0 || len != SAMPLING_KEY))
		absent = store_fail(s, "is damaged: its sampling key is none");
	free(found);
	if (absent != 1)
		return absent;
	randombytes_buf(key, SAMPLING_KEY);
	sodium_bin2hex(hex, sizeof(hex), key, SAMPLING_KEY);
	return store_meta_set(s, META_SAMPLING, hex);
}

_Static_assert(SAMPLING_KEY == crypto_shorthash_KEYBYTES, "the key is SipHash's");

uint64_t
results_sampling_draw(const uint8_t key[SAMPLING_KEY], struct endpoint e)
{
	uint8_t bytes[1 + ADDRESS_MAX] = { (uint8_t)network_number(e.net) };
	uint8_t hash[crypto_shorthash_BYTES];
	size_t n = 1 + address_bytes(e, bytes + 1);
	uint64_t v = 0;

	crypto_shorthash(hash, bytes, n, key);
	for (int i = 0; i < 8; i++)	/* the same on any machine */
		v |= (uint64_t)hash[i] << 8 * i;
	return v;
}
