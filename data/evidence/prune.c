/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku prune: what is old enough is forgotten, step by step.
 *
 * First tokens take the place of addresses and names (data/evidence/hide.h);
 * then a round loses its records (keys, neighbours, queries, contacts) and
 * keeps its row and its seen rows, from which the counts of every chart
 * follow; last go the hashes of the records' leaves.  What was done to a round
 * is noted, so that nobody takes it for a round without records.
 *
 * One round a transaction, so that a crawl may run meanwhile.  A crawl under
 * way remembers ids, so what they stand for is changed between two rounds only.
 * What is removed is overwritten with zeros.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/cli.h"
#include "data/evidence/hide.h"
#include "data/evidence/keys.h"
#include "data/evidence/verbs.h"
#include "data/evlog.h"
#include "data/limits.h"
#include "data/say.h"
#include "data/seen_pack.h"
#include "data/store_impl.h"
#include "data/when.h"

/* The analysis looks at the addresses of the last three days. */
#define RAW_SPAN_MIN	(3.0 * DAY_MS)
#define REPORTED_MS	(7 * DAY_MS)	/* so long it is kept who was written to */

enum age { AGE_RAW_BYTES, AGE_RAW, AGE_PSEUDONYMOUS, AGE_LEAVES, AGES };

struct prune {
	struct store	*s;
	const char	*db, *key_path;
	bool		 dry_run, compact;
	bool		 crawling;			/* somebody holds the lock */
	int64_t		 span[AGES];			/* ms; UNKNOWN: not asked for */
	int64_t		 wait_ms;			/* for the end of a round under way */
	int64_t		 now_ms;
	struct names	 names;
	int64_t		 done;				/* things forgotten, of any kind */
};

struct old_round {
	int64_t	id, records, raw;
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
	sqlite3_stmt *st = statement_walk(s, q);
	int stop;

	memset(o, 0, sizeof(*o));
	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, before_ms);
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
remove_records(struct prune *p, const struct old_round *r)
{
	static const enum query all[] = { Q_LIFETIME_KEEP, Q_PRUNE_RAW, Q_PRUNE_SIGHTING, Q_PRUNE_DELIVERY,
		Q_PRUNE_NEIGHBOUR, Q_PRUNE_QUERY, Q_PRUNE_CONTACT };

	if ((!r->hidden && evlog_fold(p->s, (uint32_t)r->id) != 0) ||
	    run_all(p->s, all, sizeof(all) / sizeof(all[0]), r->id) != 0)
		return -1;
	return query_do(p->s, Q_PRUNE_ROUND, "ii", r->id, p->now_ms);
}

static int
remove_raw(struct prune *p, const struct old_round *r)
{
	static const enum query raw[] = { Q_PRUNE_RAW };

	if (evlog_fold_raw(p->s, (uint32_t)r->id) != 0)
		return -1;
	return run_all(p->s, raw, 1, r->id);
}

static int
remove_leaves(struct prune *p, const struct old_round *r)
{
	if (query_do(p->s, Q_LEAVES_DROP, "i", r->id) != 0)
		return -1;
	return query_do(p->s, Q_AGED_LEAVES, "ii", r->id, p->now_ms);
}

static int
make_pseudonymous(struct prune *p, const struct old_round *r)
{
	return hide_round(p->s, &p->names, (uint32_t)r->id, p->now_ms);
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
	int		(*act)(struct prune *, const struct old_round *);
	const char	*did, *would, *what;	/* "<did> N rounds (A to B) with M <what>" */
} ages[AGES] = {
	[AGE_PSEUDONYMOUS] = { Q_OLD_ROUNDS, NULL, remove_records, "pruned", "would prune", "keys" },
	[AGE_RAW] = { Q_OLD_ROUNDS, is_raw, make_pseudonymous, "made pseudonymous",
	    "would make pseudonymous", "keys" },
	[AGE_RAW_BYTES] = { Q_OLD_ROUNDS, has_raw, remove_raw, "pruned", "would prune", "raw records" },
	[AGE_LEAVES] = { Q_OLD_LEAVES, NULL, remove_leaves, "took the leaf hashes of",
	    "would take the leaf hashes of", "of them" },
};

/* One round as a transaction of its own. */
static int
step(struct prune *p, enum age a, const struct old_round *r)
{
	if (store_begin(p->s, PATIENCE_LAST_MS) != 0)
		return -1;
	if (ages[a].act(p, r) == 0)
		return store_end(p->s);
	store_undo(p->s);
	return -1;
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
prune_age(struct prune *p, enum age a)
{
	struct old_rounds o;
	int bad = find_old_rounds(p->s, ages[a].find, p->now_ms - p->span[a], &o);
	int64_t sum = keep_concerned(&o, a);

	for (size_t i = 0; bad == 0 && !p->dry_run && i < o.n; i++) {
		say_progress("prune: round %" PRId64 ", %zu of %zu", o.row[i].id, i + 1, o.n);
		bad = step(p, a, &o.row[i]);
	}
	if (bad == 0 && o.n > 0)
		say("%s %zu rounds (%" PRId64 " to %" PRId64 ") with %" PRId64 " %s",
		    p->dry_run ? ages[a].would : ages[a].did, o.n, o.row[0].id, o.row[o.n - 1].id, sum,
		    ages[a].what);
	p->done += (int64_t)o.n;
	free(o.row);
	return bad;
}

/* ---- seen rows: as they are, in less space ---- */

static int
pack(struct prune *p, const struct old_round *first)
{
	uint32_t round[PACK_ROUNDS];

	for (size_t i = 0; i < PACK_ROUNDS; i++)
		round[i] = (uint32_t)first[i].id;
	if (store_begin(p->s, PATIENCE_LAST_MS) != 0)
		return -1;
	if (seen_pack(p->s, round, PACK_ROUNDS) == 0)
		return store_end(p->s);
	store_undo(p->s);
	return -1;
}

/*
 * Of all rounds of which anything else is old enough to go.  A pack is filled by
 * rounds that follow each other; the last few wait for more.
 */
static int
pack_seen(struct prune *p)
{
	int64_t raw = p->span[AGE_RAW], rest = p->span[AGE_PSEUDONYMOUS];
	struct old_rounds o;
	size_t packed = 0;
	int bad;

	if (raw == UNKNOWN && rest == UNKNOWN)
		return 0;
	bad = find_old_rounds(p->s, Q_OLD_SEEN, p->now_ms - (raw != UNKNOWN ? raw : rest), &o);
	for (; bad == 0 && packed + PACK_ROUNDS <= o.n; packed += PACK_ROUNDS) {
		say_progress("prune: packing round %" PRId64, o.row[packed].id);
		bad = p->dry_run ? 0 : pack(p, &o.row[packed]);
	}
	if (bad == 0 && packed > 0)
		say("%s who was seen in %zu rounds", p->dry_run ? "would pack" : "packed", packed);
	p->done += (int64_t)packed;
	free(o.row);
	return bad;
}

/* ---- what ids stand for: between two rounds only ---- */

/* 1: a round is under way, and its crawl may be about to name anything. */
static int
begin_between_rounds(struct prune *p)
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
wait_between_rounds(struct prune *p)
{
	int64_t until = when_monotonic() + p->wait_ms;
	int busy;

	while ((busy = begin_between_rounds(p)) == 1) {
		if (when_monotonic() >= until)
			return 1;
		say_progress("prune: waiting for the end of the round under way");
		usleep(100000);
	}
	return busy;
}

/* Files, adverts and claims that nothing left speaks of. */
static int
remove_orphans(struct prune *p)
{
	if (query_do(p->s, Q_PRUNE_ADVERT, "") != 0 || query_do(p->s, Q_PRUNE_FILE, "") != 0)
		return -1;
	return query_do(p->s, Q_PRUNE_CLAIM, "");
}

static int
hide_names(struct prune *p, struct hidden *n)
{
	int64_t before = p->now_ms - p->span[AGE_RAW];
	int64_t reported = before < p->now_ms - REPORTED_MS ? before : p->now_ms - REPORTED_MS;

	if (hide_all(p->s, p->dry_run ? NULL : &p->names, before, n) != 0)
		return -1;
	return p->dry_run ? 0 : query_do(p->s, Q_HIDE_NOTICE, "i", reported);
}

static int
change_meanings(struct prune *p, struct hidden *n)
{
	if (p->span[AGE_PSEUDONYMOUS] != UNKNOWN && remove_orphans(p) != 0)
		return -1;
	if (p->span[AGE_RAW] != UNKNOWN && hide_names(p, n) != 0)
		return -1;
	return query_do(p->s, Q_EPOCH_NEXT, "");
}

static void
tell_hidden(struct prune *p, const struct hidden *n)
{
	int64_t all = n->nodes + n->files + n->claims + n->threads;

	p->done += all;
	if (all > 0)
		say("%s: addresses %" PRId64 ", files %" PRId64 ", descriptions of nodes %" PRId64
		    ", threads %" PRId64, p->dry_run ? "would become tokens" : "became tokens", n->nodes,
		    n->files, n->claims, n->threads);
}

static int
prune_names(struct prune *p)
{
	struct hidden n = { 0 };
	int bad;

	if (p->span[AGE_RAW] == UNKNOWN && (p->span[AGE_PSEUDONYMOUS] == UNKNOWN || p->done == 0))
		return 0;
	if (p->dry_run) {
		bad = p->span[AGE_RAW] != UNKNOWN ? hide_names(p, &n) : 0;
		tell_hidden(p, &n);
		return bad;
	}
	if ((bad = wait_between_rounds(p)) == 1) {
		say("a round of the crawl is under way: names and addresses stay until prune runs between"
		    " two rounds (--wait)");
		return 0;
	}
	say_progress("prune: names and addresses");
	if (bad == 0 && (bad = change_meanings(p, &n)) == 0)
		bad = store_end(p->s);
	if (bad == 0)
		tell_hidden(p, &n);
	else
		store_undo(p->s);
	return bad;
}

static int
prune_ages(struct prune *p)
{
	static const enum age order[] = { AGE_PSEUDONYMOUS, AGE_RAW, AGE_RAW_BYTES, AGE_LEAVES };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (p->span[order[i]] != UNKNOWN && prune_age(p, order[i]) != 0)
			return -1;
	}
	return pack_seen(p) == 0 ? prune_names(p) : -1;
}

static int
compact(struct prune *p)
{
	say_progress("prune: compacting");
	sqlite3_limit(p->s->db, SQLITE_LIMIT_ATTACHED, 1);	/* for the copy */
	if (sqlite3_exec(p->s->db, "VACUUM", NULL, NULL, NULL) != SQLITE_OK)
		return store_fail_db(p->s);
	return 0;
}

/* The journal holds copies of what was there. */
static int
empty_journal(struct prune *p)
{
	return sqlite3_exec(p->s->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) == SQLITE_OK
	    ? 0 : store_fail_db(p->s);
}

static int
prune_all(struct prune *p)
{
	int locked = store_lock(p->s);

	if (locked == -1)
		return -1;
	p->crawling = locked == 1;
	sqlite3_exec(p->s->db, "PRAGMA secure_delete = ON", NULL, NULL, NULL);
	if (prune_ages(p) != 0 || (p->compact && compact(p) != 0))
		return -1;
	return p->done > 0 || p->compact ? empty_journal(p) : 0;
}

static bool
is_asked_for_age(const struct prune *p)
{
	for (int a = 0; a < AGES; a++) {
		if (p->span[a] != UNKNOWN)
			return true;
	}
	return false;
}

static int
run(struct prune *p)
{
	int bad = p->dry_run ? prune_ages(p) : prune_all(p);

	say_progress_end();
	if (bad != 0) {
		complain("%s", store_error(p->s));
		return EXIT_FAILED;
	}
	if (p->done == 0 && is_asked_for_age(p))
		say("nothing is that old");
	else if (p->done > 0 && !p->dry_run && !p->compact)
		say("the file keeps its size, and new rounds fill it; --compact makes it smaller");
	return p->done > 0 || (p->compact && !p->dry_run) ? EXIT_DONE : EXIT_NOTHING;
}

/* ---- the verb ---- */

/* -n is what everybody tries first. */
static void
accept_n(int argc, char **argv)
{
	static char dry_run[] = "--dry-run";

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "-n") == 0)
			argv[i] = dry_run;
	}
}

static bool
makes_sense(const struct prune *p)
{
	const int64_t *span = p->span;

	if (!is_asked_for_age(p) && !p->compact) {
		complain("nothing to do: give --raw, --pseudonymous, --leaves, --raw-bytes or --compact");
		return false;
	}
	if (span[AGE_RAW] != UNKNOWN && span[AGE_PSEUDONYMOUS] != UNKNOWN &&
	    span[AGE_RAW] > span[AGE_PSEUDONYMOUS]) {
		complain("--raw is longer than --pseudonymous: records would go before they become"
		    " pseudonymous");
		return false;
	}
	return true;
}

/* DB.prune-key unless another file is named. */
static int
take_key(struct prune *p)
{
	char *beside = NULL;
	uint8_t *master;
	int bad = -1;

	if (p->dry_run || p->span[AGE_RAW] == UNKNOWN)
		return 0;
	if (keys_start() != 0 ||
	    (p->key_path == NULL && asprintf(&beside, "%s.prune-key", p->db) == -1))
		return -1;
	if ((master = keys_master(beside != NULL ? beside : p->key_path)) != NULL &&
	    (bad = hide_key(&p->names, master)) != 0)
		complain("no guarded memory for a key");
	sodium_free(master);
	free(beside);
	return bad;
}

static int
open_and_run(struct prune *p)
{
	int status = EXIT_FAILED;

	if ((p->s = store_open(p->db, p->dry_run ? STORE_READ : STORE_WRITE)) == NULL)
		return EXIT_FAILED;
	p->now_ms = when_now();
	if (take_key(p) == 0)
		status = run(p);
	names_forget(&p->names);
	store_close(p->s);
	return status;
}

int
verb_prune(int argc, char **argv)
{
	struct prune p = { .wait_ms = HOUR_MS,
		.span = { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN } };
	const double most = 100.0 * 365 * DAY_MS;
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &p.db, .value = "FILE",
		    .help = "the database (or KANSOKU_DB)" },
		{ .name = "raw", .kind = OPT_SPAN, .into = &p.span[AGE_RAW], .value = "SPAN",
		    .min = RAW_SPAN_MIN, .max = most,
		    .help = "then tokens take the place of addresses and names: 30d" },
		{ .name = "pseudonymous", .kind = OPT_SPAN, .into = &p.span[AGE_PSEUDONYMOUS],
		    .value = "SPAN", .min = 0, .max = most,
		    .help = "then records go, and the counts of their rounds stay: 400d" },
		{ .name = "leaves", .kind = OPT_SPAN, .into = &p.span[AGE_LEAVES], .value = "SPAN",
		    .min = 0, .max = most,
		    .help = "then the leaf hashes of such rounds go, and their roots stay" },
		{ .name = "raw-bytes", .kind = OPT_SPAN, .into = &p.span[AGE_RAW_BYTES],
		    .value = "SPAN", .min = 0, .max = most,
		    .help = "then the bytes of sampled records go" },
		{ .name = "key", .kind = OPT_TEXT, .into = &p.key_path, .value = "FILE",
		    .help = "where the tokens come from; made 0600 if absent (DB.prune-key)" },
		{ .name = "wait", .kind = OPT_SPAN, .into = &p.wait_ms, .value = "SPAN", .min = 0,
		    .max = (double)DAY_MS, .help = "at most so long for the end of a round under way (1h)" },
		{ .name = "compact", .kind = OPT_FLAG, .into = &p.compact,
		    .help = "give the space back; needs as much again while it runs" },
		{ .name = "dry-run", .kind = OPT_FLAG, .into = &p.dry_run,
		    .help = "also -n: say what would be removed, remove nothing" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku prune",
		.operands = "",
		.about = "Forget what is old.  The rounds stay, with their counts.",
		.options = options,
	};
	int status;

	accept_n(argc, argv);
	if (cli_options(&usage, argc, argv, &status) < 0)
		return status;
	if (!makes_sense(&p) || (p.db = cli_database_there(p.db)) == NULL)
		return EXIT_MISUSED;
	return open_and_run(&p);
}
