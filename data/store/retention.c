/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/store/retention.h"
#include "data/store/translog.h"
#include "bounds.h"
#include "data/lib/log.h"
#include "data/store/seen_pack.h"
#include "data/store/store_impl.h"
#include "data/lib/utctime.h"

#define REPORTED_MS	(7 * DAY_MS)	/* so long it is kept who was written to */

struct old_round {
	int64_t	key, records, raw;
	bool	hidden;
};
struct old_rounds {
	struct old_round *row;
	size_t		 n, room;
};

/* ---- which rounds ---- */

static int
take_old_round(sqlite3_stmt *st, void *arg)
{
	struct old_rounds *o = arg;
	struct old_round *r;

	if (o->n == o->room) {
		size_t room = o->room == 0 ? 64 : o->room * 2;

		if ((r = realloc(o->row, room * sizeof(*r))) == NULL)
			return 2;
		o->row = r;
		o->room = room;
	}
	r = &o->row[o->n++];
	*r = (struct old_round){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
		sqlite3_column_int64(st, 2), sqlite3_column_int(st, 3) != 0 };
	return 0;
}

/* Rounds that ended, or began if they never ended, before that time. */
static int
find_old_rounds(struct store *s, enum query q, int64_t before_ms, struct old_rounds *o)
{
	sqlite3_stmt *st = statement_walk_scoped(s, q);
	int stop;

	memset(o, 0, sizeof(*o));
	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 3, before_ms);
	if ((stop = statement_each(s, st, take_old_round, o)) == 2)
		store_fail(s, "out of memory");
	return stop == 0 ? 0 : -1;
}

/* ---- what is done to a round ---- */

static int
run_all(struct store *s, const enum query *q, size_t n, int64_t round)
{
	for (size_t i = 0; i < n; i++) {
		if (query_do(s, q[i], "i", round) != 0)
			return -1;
	}
	return 0;
}

static int
remove_records(struct retention *p, const struct old_round *r)
{
	static const enum query all[] = { Q_LIFETIME_KEEP, Q_PRUNE_RAW, Q_PRUNE_SIGHTING, Q_PRUNE_DELIVERY,
		Q_PRUNE_NEIGHBOUR, Q_PRUNE_QUERY, Q_PRUNE_CONTACT };

	if ((!r->hidden && translog_fold(p->s, scoped_number(r->key)) != 0) ||
	    run_all(p->s, all, sizeof(all) / sizeof(all[0]), r->key) != 0)
		return -1;
	return query_do(p->s, Q_PRUNE_ROUND, "ii", r->key, p->now_ms);
}

static int
remove_raw(struct retention *p, const struct old_round *r)
{
	static const enum query raw[] = { Q_PRUNE_RAW };

	if (translog_fold_raw(p->s, scoped_number(r->key)) != 0)
		return -1;
	return run_all(p->s, raw, 1, r->key);
}

static int
remove_leaves(struct retention *p, const struct old_round *r)
{
	if (query_do(p->s, Q_LEAVES_DROP, "i", r->key) != 0)
		return -1;
	return query_do(p->s, Q_AGED_LEAVES, "ii", r->key, p->now_ms);
}

static int
make_pseudonymous(struct retention *p, const struct old_round *r)
{
	return retention_hide_round(p->s, &p->names, scoped_number(r->key), p->now_ms);
}

static bool
has_raw(const struct old_round *r)
{
	return r->raw > 0;
}

static bool
is_raw(const struct old_round *r)
{
	return !r->hidden;
}

/* By enum age, in the order in which they are gone through. */
static const struct {
	enum query	 find;
	bool		(*concerns)(const struct old_round *);	/* NULL: all that are found */
	int		(*act)(struct retention *, const struct old_round *);
	const char	*did, *would, *what;	/* "<did> N rounds (A to B) with M <what>" */
} ages[AGES] = {
	[AGE_PSEUDONYMOUS] = { Q_OLD_ROUNDS, NULL, remove_records, "pruned", "would prune", "keys" },
	[AGE_RAW] = { Q_OLD_ROUNDS, is_raw, make_pseudonymous, "made pseudonymous",
	    "would make pseudonymous", "keys" },
	[AGE_RAW_BYTES] = { Q_OLD_ROUNDS, has_raw, remove_raw, "pruned", "would prune", "raw records" },
	[AGE_LEAVES] = { Q_OLD_LEAVES, NULL, remove_leaves, "took the leaf hashes of",
	    "would take the leaf hashes of", "of them" },
};

/* Ends a transaction: what was done in it stays, unless it went bad. */
static int
finish(struct retention *p, int bad)
{
	if (bad == 0)
		return store_end(p->s);
	store_undo(p->s);
	return -1;
}

/* One round as a transaction of its own. */
static int
step(struct retention *p, enum age a, const struct old_round *r)
{
	if (store_begin(p->s, PATIENCE_LAST_MS) != 0)
		return -1;
	return finish(p, ages[a].act(p, r));
}

/* What is left of o concerns this age; the sum of what goes. */
static int64_t
keep_concerned(struct old_rounds *o, enum age a)
{
	size_t n = 0;
	int64_t sum = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (ages[a].concerns != NULL && !ages[a].concerns(&o->row[i]))
			continue;
		o->row[n++] = o->row[i];
		sum += a == AGE_RAW_BYTES ? o->row[i].raw : o->row[i].records;
	}
	o->n = n;
	return sum;
}

static int
prune_age(struct retention *p, enum age a)
{
	struct old_rounds o;
	int bad = find_old_rounds(p->s, ages[a].find, p->now_ms - p->span[a], &o);
	int64_t sum = keep_concerned(&o, a);

	for (size_t i = 0; bad == 0 && i < o.n; i++) {
		log_progress("prune: round %u, %zu of %zu", scoped_number(o.row[i].key), i + 1, o.n);
		bad = step(p, a, &o.row[i]);
	}
	if (bad == 0 && o.n > 0)
		log_info("%s %zu rounds (%u to %u) with %" PRId64 " %s",
		    p->dry_run ? ages[a].would : ages[a].did, o.n,
		    scoped_number(o.row[0].key), scoped_number(o.row[o.n - 1].key), sum, ages[a].what);
	p->done += (int64_t)o.n;
	free(o.row);
	return bad;
}

/* ---- seen rows: as they are, in less space ---- */

static int
pack(struct retention *p, const struct old_round *first)
{
	uint32_t round[PACK_ROUNDS];

	for (size_t i = 0; i < PACK_ROUNDS; i++)
		round[i] = scoped_number(first[i].key);
	if (store_begin(p->s, PATIENCE_LAST_MS) != 0)
		return -1;
	return finish(p, seen_pack(p->s, round, PACK_ROUNDS));
}

/*
 * Of all rounds of which anything else is old enough to go.  A pack is filled by
 * rounds that follow each other; the last few wait for more.
 */
static int
pack_seen(struct retention *p)
{
	int64_t raw = p->span[AGE_RAW], rest = p->span[AGE_PSEUDONYMOUS];
	struct old_rounds o;
	size_t packed = 0;
	int bad;

	if (raw == UNKNOWN && rest == UNKNOWN)
		return 0;
	bad = find_old_rounds(p->s, Q_OLD_SEEN, p->now_ms - (raw != UNKNOWN ? raw : rest), &o);
	for (; bad == 0 && packed + PACK_ROUNDS <= o.n; packed += PACK_ROUNDS) {
		log_progress("prune: packing round %u", scoped_number(o.row[packed].key));
		bad = pack(p, &o.row[packed]);
	}
	if (bad == 0 && packed > 0)
		log_info("%s who was seen in %zu rounds", p->dry_run ? "would pack" : "packed", packed);
	p->done += (int64_t)packed;
	free(o.row);
	return bad;
}

/* ---- what ids stand for: between two rounds only ---- */

/* 1: a round is under way, and its crawl may be about to name anything. */
static int
begin_between_rounds(struct retention *p)
{
	int64_t round;
	int idle;

	if (store_begin(p->s, PATIENCE_LAST_MS) != 0)
		return -1;
	if (!p->crawling)
		return 0;
	idle = query_value(p->s, &round, Q_ROUND_UNDER_WAY, "");
	if (idle == 1)
		return 0;
	store_undo(p->s);
	return idle == 0 ? 1 : -1;
}

static int
wait_between_rounds(struct retention *p)
{
	int64_t until = utctime_monotonic() + p->wait_ms;
	int busy;

	while ((busy = begin_between_rounds(p)) == 1) {
		if (utctime_monotonic() >= until)
			return 1;
		log_progress("prune: waiting for the end of the round under way");
		usleep(100000);
	}
	return busy;
}

/* Files, adverts and claims that nothing left speaks of. */
static int
remove_orphans(struct retention *p)
{
	if (query_do(p->s, Q_PRUNE_ADVERT, "") != 0 || query_do(p->s, Q_PRUNE_FILE, "") != 0)
		return -1;
	return query_do(p->s, Q_PRUNE_CLAIM, "");
}

static int
hide_names(struct retention *p, struct hidden *n)
{
	int64_t before = p->now_ms - p->span[AGE_RAW];
	int64_t reported = before < p->now_ms - REPORTED_MS ? before : p->now_ms - REPORTED_MS;

	if (retention_hide_all(p->s, &p->names, before, n) != 0)
		return -1;
	return query_do(p->s, Q_HIDE_NOTICE, "i", reported);
}

static int
change_meanings(struct retention *p, struct hidden *n)
{
	if (p->span[AGE_PSEUDONYMOUS] != UNKNOWN && remove_orphans(p) != 0)
		return -1;
	if (p->span[AGE_RAW] != UNKNOWN && hide_names(p, n) != 0)
		return -1;
	return query_do(p->s, Q_EPOCH_NEXT, "");
}

static void
tell_hidden(struct retention *p, const struct hidden *n)
{
	int64_t all = n->nodes + n->files + n->claims + n->threads;

	p->done += all;
	if (all > 0)
		log_info("%s: addresses %" PRId64 ", files %" PRId64 ", descriptions of nodes %" PRId64
		    ", threads %" PRId64, p->dry_run ? "would become tokens" : "became tokens", n->nodes,
		    n->files, n->claims, n->threads);
}

int
retention_run_names(struct retention *p)
{
	struct hidden n = { 0 };
	int bad;

	if (p->some_sensors && p->span[AGE_RAW] != UNKNOWN) {
		log_info("names and addresses are everybody's: they stay until prune goes over all sensors");
		return 0;
	}
	if (p->span[AGE_RAW] == UNKNOWN && (p->span[AGE_PSEUDONYMOUS] == UNKNOWN || p->done == 0))
		return 0;
	if ((bad = wait_between_rounds(p)) == 1) {
		log_info("a round of the crawl is under way: names and addresses stay until prune runs between"
		    " two rounds (--wait)");
		return 0;
	}
	log_progress("prune: names and addresses");
	if (bad == 0 && (bad = change_meanings(p, &n)) == 0)
		bad = store_end(p->s);
	if (bad == 0)
		tell_hidden(p, &n);
	else
		store_undo(p->s);
	return bad;
}

int
retention_run_rounds(struct retention *p)
{
	static const enum age order[] = { AGE_PSEUDONYMOUS, AGE_RAW, AGE_RAW_BYTES, AGE_LEAVES };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (p->span[order[i]] != UNKNOWN && prune_age(p, order[i]) != 0)
			return -1;
	}
	return pack_seen(p);
}

bool
retention_is_asked_for(const struct retention *p)
{
	for (int a = 0; a < AGES; a++) {
		if (p->span[a] != UNKNOWN)
			return true;
	}
	return false;
}
