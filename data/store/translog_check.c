/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do the rows still say what the log committed to? */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/store/translog_impl.h"
#include "data/store/rows.h"

struct check {
	struct store	*s;
	void		(*fn)(uint32_t round, const char *what, void *);
	void		*arg;
	int64_t		 told;
	struct entry {			/* the chain, by round, then by seq */
		struct translog_entry e;
		bool		 follows;	/* its head follows from the entry before */
	}		*entry;
	size_t		 n, room;
	uint8_t		 head[MERKLE_HASH];	/* of the entry before */
};

static void __attribute__((format(printf, 3, 4)))
tell(struct check *c, uint32_t round, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	c->told++;
	c->fn(round, what, c->arg);
}

/* ---- the chain --------------------------------------------------------------- */

static int
load_entry(const struct translog_entry *e, void *arg)
{
	struct check *c = arg;
	uint8_t want[MERKLE_HASH];

	if (c->n == c->room) {
		size_t room = c->room == 0 ? 256 : c->room * 2;
		struct entry *p = realloc(c->entry, room * sizeof(*p));

		if (p == NULL)
			return store_fail(c->s, "out of memory");
		c->entry = p;
		c->room = room;
	}
	translog_head(e, c->head, want);
	c->entry[c->n] = (struct entry){ *e,
		e->seq == (int64_t)c->n + 1 && memcmp(want, e->head, sizeof(want)) == 0 };
	c->n++;
	memcpy(c->head, e->head, sizeof(c->head));
	return 0;
}

static int
by_round(const void *a, const void *b)
{
	const struct translog_entry *x = &((const struct entry *)a)->e;
	const struct translog_entry *y = &((const struct entry *)b)->e;

	if (x->round != y->round)
		return x->round < y->round ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* The entries of one round: where they begin, and how many. */
static size_t
entries_of(const struct check *c, uint32_t round, const struct entry **first)
{
	size_t low = 0, high = c->n, n = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->entry[mid].e.round < round)
			low = mid + 1;
		else
			high = mid;
	}
	*first = c->entry + low;
	while (low + n < c->n && c->entry[low + n].e.round == round)
		n++;
	return n;
}

/* ---- one round ------------------------------------------------------------------ */

static const char *const tree_name[OBS_NTYPE] = {
	[OBS_ROUND] = "the round's own facts", [OBS_KEY] = "keys", [OBS_NEIGHBOUR] = "neighbours",
	[OBS_QUERY] = "queries", [OBS_CONTACT] = "contacts",
};

/* What the rows of a round come to. */
struct recount {
	struct check	*c;
	uint32_t	 round;
	struct merkle	 tree[OBS_NTYPE];
	const struct entry *entry;	/* the chain's word on this round */
	size_t		 n;
	bool		 grew_wrong;	/* an older entry's tree is not how it began */
	bool		 hidden, no_leaves;	/* table aged */
};

/* An older entry of the round names the tree as it was with so many leaves. */
static void
compare_beginning(struct recount *r, enum observation_type t)
{
	uint8_t root[MERKLE_HASH];

	for (size_t i = 0; i + 1 < r->n; i++) {
		const uint8_t *parts = r->entry[i].e.parts;

		if (translog_part_count(parts, t) != r->tree[t].n)
			continue;
		merkle_root(&r->tree[t], root);
		r->grew_wrong |= memcmp(root, translog_part_root(parts, t), sizeof(root)) != 0;
	}
}

static int
count_leaf(const struct translog_leaf *leaf, void *arg)
{
	struct recount *r = arg;

	merkle_add(&r->tree[leaf->tree], leaf->hash);
	if (r->n > 1 && leaf->tree != OBS_ROUND)
		compare_beginning(r, leaf->tree);
	return 0;
}

/* The leaves that a pruned round left behind. */
static int
count_kept(sqlite3_stmt *st, void *arg)
{
	struct recount *r = arg;
	int t = sqlite3_column_int(st, 0);
	struct text hashes = column_blob(st, 2);

	if (t <= OBS_ROUND || t >= OBS_NTYPE)
		return 0;
	for (; hashes.len >= MERKLE_HASH; hashes.p += MERKLE_HASH, hashes.len -= MERKLE_HASH) {
		merkle_add(&r->tree[t], hashes.p);
		if (r->n > 1)
			compare_beginning(r, (enum observation_type)t);
	}
	return 0;
}

/* The round's own leaf, from its row and what stands beside it. */
static int
count_own(struct recount *r, struct log_round *l)
{
	struct canonical own = { 0 };
	struct canonical_round d;
	uint8_t parts[TRANSLOG_PARTS];
	int absent = log_round_record(r->c->s, l, &own, &d);

	if (absent == 0) {
		log_round_parts(l, &own, parts);
		merkle_add(&r->tree[OBS_ROUND], translog_part_root(parts, OBS_ROUND));
	}
	free(own.p);
	return absent == -1 ? -1 : 0;
}

/* What prune did to the round. */
static int
look_up_age(struct recount *r)
{
	sqlite3_stmt *st = query_bind(r->c->s, Q_AGED, "i", scoped_key(r->c->s, r->round));
	int rc;

	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		r->hidden = sqlite3_column_type(st, 0) != SQLITE_NULL;
		r->no_leaves = sqlite3_column_type(st, 1) != SQLITE_NULL;
	} else if (rc != SQLITE_DONE) {
		return store_fail_db(r->c->s);
	}
	sqlite3_reset(st);
	return 0;
}

/* Of a round that was pruned: from its leaves, or from the tree that is all that is left. */
static int
recount(struct recount *r, struct log_round *l)
{
	sqlite3_stmt *st;

	if (look_up_age(r) != 0)
		return -1;
	if (!l->folded)
		return translog_leaves(r->c->s, l->round, count_leaf, r) == -1 ? -1 : 0;
	if (r->no_leaves) {
		memcpy(r->tree, l->tree, sizeof(r->tree));
		return count_own(r, l);
	}
	if ((st = statement_walk(r->c->s, Q_LOG_LEAVES)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, scoped_key(r->c->s, l->round));
	if (statement_each(r->c->s, st, count_kept, r) != 0)
		return -1;
	return count_own(r, l);
}

static void
compare_trees(struct recount *r, const uint8_t parts[TRANSLOG_PARTS])
{
	uint8_t root[MERKLE_HASH];

	for (int t = 0; t < OBS_NTYPE; t++) {
		uint64_t want = translog_part_count(parts, (enum observation_type)t);

		merkle_root(&r->tree[t], root);
		if (r->tree[t].n != want)
			tell(r->c, r->round, "%s: %" PRIu64 " in the rows, %" PRIu64 " in the log",
			    tree_name[t], r->tree[t].n, want);
		else if (memcmp(root, translog_part_root(parts, (enum observation_type)t),
		    sizeof(root)) != 0)
			tell(r->c, r->round, "%s: %s not what was logged", tree_name[t],
			    t == OBS_ROUND ? "are" : "one or more are");
	}
	if (r->grew_wrong)
		tell(r->c, r->round, "its log does not begin as an older entry of the chain says");
}

/* Rows that refer to nothing are read by nobody; they must not be there at all. */
static int
compare_totals(struct recount *r, bool folded)
{
	struct channel_totals t;
	int64_t rows, leaves = 0, pruned_ms = UNKNOWN;
	bool gone;

	if (rows_totals(r->c->s, r->round, &t) != 0)
		return -1;
	rows = t.keys + t.neighbours + t.queries + t.contacts;
	if (query_value(r->c->s, &pruned_ms, Q_ROUND_PRUNED, "i",
	    scoped_key(r->c->s, r->round)) == -1)
		return -1;
	gone = folded && (pruned_ms != UNKNOWN || !r->hidden);
	for (int i = OBS_ROUND + 1; i < OBS_NTYPE && !gone; i++)
		leaves += (int64_t)r->tree[i].n;
	if (rows != leaves)
		tell(r->c, r->round, gone ? "holds %" PRId64 " records although it was pruned (%" PRId64
		    " are right)" : "%" PRId64 " records are there, %" PRId64 " of them complete",
		    rows, leaves);
	return 0;
}

static int
find_odd_rows(struct check *c, uint32_t round)
{
	static const struct { enum query q; const char *what; } odd[] = {
		{ Q_LOG_ODD_ROUND, "round" }, { Q_LOG_ODD_DELIVERY, "delivery" },
		{ Q_LOG_ODD_SIGHTING, "sighting" }, { Q_LOG_ODD_NEIGHBOUR, "neighbour" },
		{ Q_LOG_ODD_QUERY, "query" }, { Q_LOG_ODD_CONTACT, "contact" },
		{ Q_LOG_ODD_SEEN, "seen" },
	};
	int64_t id;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		int absent = query_value(c->s, &id, odd[i].q, "i", scoped_key(c->s, round));

		if (absent == -1)
			return -1;
		if (absent == 0)
			tell(c, round, "row %" PRId64 " of table %s holds what kansoku never writes", id,
			    odd[i].what);
	}
	return 0;
}

/* The nodes that a query came by are named in it by address: each has its row. */
static int
check_via(sqlite3_stmt *st, void *arg)
{
	struct recount *r = arg;
	struct text via = column_blob(st, 0);
	struct endpoint e;
	int64_t id;
	int n = 0;

	for (; n < VIA_MAX && rows_via_next(&via, &e); n++) {
		int absent = rows_node_id(r->c->s, e, &id);

		if (absent == -1)
			return -1;
		if (absent == 1) {
			tell(r->c, r->round, "a query names a node that has no row");
			return 1;
		}
	}
	if (via.len > 0) {
		tell(r->c, r->round, "a query's nodes go on where none is read");
		return 1;
	}
	return 0;
}

static int
check_vias(struct recount *r)
{
	sqlite3_stmt *st = statement_walk(r->c->s, Q_HEARD_QUERY);

	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, scoped_key(r->c->s, r->round));
	return statement_each(r->c->s, st, check_via, r) == -1 ? -1 : 0;
}

static int
is_complete(struct check *c, uint32_t round, bool *complete)
{
	int64_t v = 0;
	int absent = query_value(c->s, &v, Q_ROUND_STATE, "i", scoped_key(c->s, round));

	*complete = v != 0;
	return absent;
}

/* A complete round's last entry says what its log says; all entries follow. */
static int
compare_entries(struct recount *r, const struct log_round *l)
{
	bool complete;
	int absent = is_complete(r->c, r->round, &complete);

	if (absent == -1)
		return -1;
	if (absent == 1)
		tell(r->c, r->round, "its row is missing");
	for (size_t i = 0; i < r->n; i++)
		if (!r->entry[i].follows)
			tell(r->c, r->round, "entry %" PRId64 " of the chain does not follow from the one"
			    " before it", r->entry[i].e.seq);
	if (complete && (r->n == 0 || memcmp(r->entry[r->n - 1].e.parts, l->parts,
	    TRANSLOG_PARTS) != 0))
		tell(r->c, r->round, "is complete, and the chain does not say so");
	return 0;
}

static int
check_round(struct check *c, uint32_t round)
{
	struct recount r = { .c = c, .round = round };
	struct log_round l;
	int bad, absent = log_round_read(c->s, round, &l);

	r.n = entries_of(c, round, &r.entry);
	if (absent == -1)
		return -1;
	if (absent == 2) {
		tell(c, round, "its log is damaged");
		return 0;
	}
	if (absent == 1) {
		tell(c, round, "is not in the log");
		return 0;
	}
	bad = recount(&r, &l);
	if (bad == 0) {
		compare_trees(&r, l.parts);
		bad = compare_totals(&r, l.folded);
	}
	if (bad == 0)
		bad = compare_entries(&r, &l);
	if (bad == 0)
		bad = find_odd_rows(c, round);
	if (bad == 0)
		bad = check_vias(&r);
	log_round_clear(&l);
	return bad;
}

static int
check_row(sqlite3_stmt *st, void *arg)
{
	uint32_t round = scoped_number(sqlite3_column_int64(st, 0));

	return round == 0 ? 0 : check_round(arg, round);	/* round 0: see stray_row */
}

static int
stray_row(sqlite3_stmt *st, void *arg)
{
	tell(arg, 0, "rows of a round %lld, which cannot be", (long long)sqlite3_column_int64(st, 0));
	return 0;
}

/* ---- the whole file ---------------------------------------------------------------- */

static int
find_strange_rows(struct check *c)
{
	static const char never[] = "holds what kansoku never writes";
	static const char later[] = "came after the log was last written";
	static const struct { enum query q; const char *table, *what; } strange[] = {
		{ Q_LOG_LOST_SIGHTING, "sighting", "belongs to no delivery" },
		{ Q_LOG_LOST_RAW, "raw_record", "belongs to no sighting" },
		{ Q_LOG_ODD_NODE, "node", never }, { Q_LOG_ODD_FILE, "file", never },
		{ Q_LOG_ODD_ADVERT, "advert", never }, { Q_LOG_ODD_CLAIM, "claim", never },
		{ Q_LOG_NEW_NODE, "node", later }, { Q_LOG_NEW_FILE, "file", later },
		{ Q_LOG_NEW_ADVERT, "advert", later }, { Q_LOG_NEW_CLAIM, "claim", later },
	};

	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		sqlite3_stmt *st = query_bind(c->s, strange[i].q, "");
		int rc;

		if (st == NULL)
			return -1;
		if ((rc = sqlite3_step(st)) == SQLITE_ROW &&
		    scoped_sensor(sqlite3_column_int64(st, 1)) == c->s->sensor)
			tell(c, scoped_number(sqlite3_column_int64(st, 1)), "row %lld of table %s %s",
			    (long long)sqlite3_column_int64(st, 0), strange[i].table, strange[i].what);
		else if (rc != SQLITE_ROW && rc != SQLITE_DONE)
			return store_fail_db(c->s);
		sqlite3_reset(st);
	}
	return 0;
}

static int
check_all(struct check *c)
{
	sqlite3_stmt *st;

	if (translog_chain(c->s, load_entry, c) != 0)
		return -1;
	if (c->n > 0)
		qsort(c->entry, c->n, sizeof(*c->entry), by_round);
	if (c->s->sensor == 0 && ((st = statement_walk(c->s, Q_LOG_STRAY_ROUNDS)) == NULL ||
	    statement_each(c->s, st, stray_row, c) != 0))
		return -1;
	if ((st = statement_walk_scoped(c->s, Q_LOG_ALL_ROUNDS)) == NULL ||
	    statement_each(c->s, st, check_row, c) != 0)
		return -1;
	return find_strange_rows(c);
}

int64_t
translog_check(struct store *s, void (*fn)(uint32_t, const char *, void *), void *arg)
{
	struct check c = { .s = s, .fn = fn, .arg = arg };
	int bad = rows_snapshot(s) != 0 ? -1 : check_all(&c);

	rows_snapshot_end(s);
	free(c.entry);
	return bad != 0 ? -1 : c.told;
}

int
translog_coverage(struct store *s, struct translog_coverage *c)
{
	sqlite3_stmt *st = query_bind(s, Q_AGED_SUMS, "ii", scoped_first(s), scoped_last(s));

	if (st == NULL)
		return -1;
	if (sqlite3_step(st) != SQLITE_ROW)
		return store_fail_db(s);
	*c = (struct translog_coverage){ .rounds = sqlite3_column_int64(st, 0),
		.pruned = sqlite3_column_int64(st, 1), .hidden = sqlite3_column_int64(st, 2),
		.no_leaves = sqlite3_column_int64(st, 3) };
	sqlite3_reset(st);
	return 0;
}
