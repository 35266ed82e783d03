/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku prune: what is old enough is forgotten.
 *
 * A pruned round loses its records (keys, neighbours, queries, contacts) and
 * keeps its row and its seen rows, from which the counts of every chart
 * follow; it is marked, so that nobody takes it for a round without records.
 * One round a transaction, so that a crawl may run meanwhile.  What is removed
 * is overwritten with zeros.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/cli.h"
#include "data/evlog.h"
#include "data/limits.h"
#include "data/say.h"
#include "data/store_impl.h"
#include "data/verbs.h"
#include "data/when.h"

struct prune {
	struct store	*s;
	bool		 dry_run, compact;
	bool		 crawling;			/* somebody holds the lock */
	int64_t		 rounds_span, raw_span;		/* ms; UNKNOWN: not asked for */
	int64_t		 now_ms;
};

struct old_round {
	int64_t	id, sightings, raw;
};
struct old_rounds {
	struct old_round *row;
	size_t		 n, room;
	int64_t		 sightings, raw;		/* sums */
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
		sqlite3_column_int64(st, 2) };
	o->sightings += r->sightings;
	o->raw += r->raw;
	return 0;
}

/* Rounds that ended, or began if they never ended, before that time. */
static int
find_old_rounds(struct store *s, int64_t before_ms, struct old_rounds *o)
{
	sqlite3_stmt *st = statement_walk(s, Q_OLD_ROUNDS);
	int stop;

	memset(o, 0, sizeof(*o));
	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, before_ms);
	if ((stop = statement_each(s, st, take_old_round, o)) == 2)
		store_fail(s, "out of memory");
	return stop == 0 ? 0 : -1;
}

/* ---- removing ---- */

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
remove_records(struct store *s, int64_t round, int64_t now_ms)
{
	static const enum query all[] = { Q_PRUNE_RAW, Q_PRUNE_SIGHTING, Q_PRUNE_DELIVERY,
		Q_PRUNE_NEIGHBOUR, Q_PRUNE_QUERY, Q_PRUNE_CONTACT };

	if (evlog_fold(s, (uint32_t)round) != 0 ||
	    run_all(s, all, sizeof(all) / sizeof(all[0]), round) != 0)
		return -1;
	return query_do(s, Q_PRUNE_ROUND, "ii", round, now_ms);
}

static int
remove_raw(struct store *s, int64_t round, int64_t now_ms)
{
	static const enum query raw[] = { Q_PRUNE_RAW };

	(void)now_ms;
	if (evlog_fold_raw(s, (uint32_t)round) != 0)
		return -1;
	return run_all(s, raw, 1, round);
}

/* Files, adverts and claims that nothing left speaks of. */
static int
remove_orphans(struct store *s, int64_t round, int64_t now_ms)
{
	(void)round;
	(void)now_ms;
	if (query_do(s, Q_PRUNE_ADVERT, "") != 0 || query_do(s, Q_PRUNE_FILE, "") != 0)
		return -1;
	return query_do(s, Q_PRUNE_CLAIM, "");
}

/* One step as a transaction of its own. */
static int
step(struct prune *p, int64_t round, int (*remove)(struct store *, int64_t, int64_t))
{
	if (store_begin(p->s, PATIENCE_LAST_MS) != 0)
		return -1;
	if (remove(p->s, round, p->now_ms) == 0)
		return store_end(p->s);
	store_undo(p->s);
	return -1;
}

/* ---- the two ages ---- */

struct age {
	int64_t		 span;
	int		(*remove)(struct store *, int64_t, int64_t);
	const char	*what;		/* in the summary: "rounds with N <what>" */
	bool		 counts_raw;
};

static int
prune_age(struct prune *p, const struct age *a, int64_t *done)
{
	struct old_rounds o;
	int bad = find_old_rounds(p->s, p->now_ms - a->span, &o);

	for (size_t i = 0; bad == 0 && !p->dry_run && i < o.n; i++) {
		say_progress("prune: round %" PRId64 ", %zu of %zu", o.row[i].id, i + 1, o.n);
		if (!a->counts_raw || o.row[i].raw > 0)
			bad = step(p, o.row[i].id, a->remove);
	}
	if (bad == 0 && o.n > 0)
		say("%s %zu rounds (%" PRId64 " to %" PRId64 ") with %" PRId64 " %s",
		    p->dry_run ? "would prune" : "pruned", o.n, o.row[0].id, o.row[o.n - 1].id,
		    a->counts_raw ? o.raw : o.sightings, a->what);
	*done += a->counts_raw ? o.raw : (int64_t)o.n;
	free(o.row);
	return bad;
}

static int
prune_ages(struct prune *p, int64_t *done)
{
	const struct age ages[] = {
		{ p->rounds_span, remove_records, "keys", false },
		{ p->raw_span, remove_raw, "raw records", true },
	};

	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		if (ages[i].span != UNKNOWN && prune_age(p, &ages[i], done) != 0)
			return -1;
	}
	if (p->dry_run || p->rounds_span == UNKNOWN || *done == 0)
		return 0;
	/* A crawl remembers the ids of adverts, and may be about to use any of them. */
	if (p->crawling) {
		say("a crawl is running: names of files that nothing speaks of stay until prune"
		    " runs without one");
		return 0;
	}
	say_progress("prune: files and adverts that nothing speaks of");
	return step(p, 0, remove_orphans);
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

static int
run(struct prune *p)
{
	int64_t done = 0;
	int locked = p->dry_run ? 0 : store_lock(p->s), bad = locked == -1 ? -1 : 0;

	p->crawling = locked == 1;
	if (bad == 0 && !p->dry_run)
		sqlite3_exec(p->s->db, "PRAGMA secure_delete = ON", NULL, NULL, NULL);
	if (bad == 0)
		bad = prune_ages(p, &done);
	if (bad == 0 && p->compact && !p->dry_run)
		bad = compact(p);
	say_progress_end();
	if (bad != 0) {
		complain("%s", store_error(p->s));
		return EXIT_FAILED;
	}
	if (done == 0 && (p->rounds_span != UNKNOWN || p->raw_span != UNKNOWN))
		say("nothing is that old");
	else if (done > 0 && !p->dry_run && !p->compact)
		say("the file keeps its size, and new rounds fill it; --compact makes it smaller");
	return done > 0 || (p->compact && !p->dry_run) ? EXIT_DONE : EXIT_NOTHING;
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

int
verb_prune(int argc, char **argv)
{
	const char *db = NULL;
	struct prune p = { .rounds_span = UNKNOWN, .raw_span = UNKNOWN };
	const double most = 100.0 * 365 * DAY_MS;
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &db, .value = "FILE",
		    .help = "the database" },
		{ .name = "rounds-older-than", .kind = OPT_SPAN, .into = &p.rounds_span,
		    .value = "SPAN", .min = 0, .max = most,
		    .help = "remove the records of rounds, keep their counts: 400d, 48h" },
		{ .name = "raw-older-than", .kind = OPT_SPAN, .into = &p.raw_span, .value = "SPAN",
		    .min = 0, .max = most, .help = "remove the raw bytes of records" },
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
	if (p.rounds_span == UNKNOWN && p.raw_span == UNKNOWN && !p.compact) {
		complain("nothing to do: give --rounds-older-than, --raw-older-than or --compact");
		return EXIT_MISUSED;
	}
	if ((db = cli_database(db)) == NULL)
		return EXIT_MISUSED;
	if ((p.s = store_open(db, p.dry_run ? STORE_READ : STORE_WRITE)) == NULL)
		return EXIT_FAILED;
	p.now_ms = when_now();
	status = run(&p);
	store_close(p.s);
	return status;
}
