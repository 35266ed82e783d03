/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku prune: what is old enough is forgotten (data/store/retention.h), what
 * is removed is overwritten with zeros, and the file is made smaller if asked.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/cli.h"
#include "data/store/retention.h"
#include "data/store/sensors.h"
#include "data/evidence/keys.h"
#include "data/evidence/ledger.h"
#include "data/store/results.h"
#include "data/evidence/verbs.h"
#include "data/lib/log.h"
#include "data/store/store_impl.h"
#include "data/lib/utctime.h"

/* The analysis looks at the addresses of the last three days. */
#define RAW_SPAN_MIN	(3.0 * DAY_MS)

struct prune {
	struct retention	 age;
	struct sensor_filter	 sensors;
	const char	*db, *key_path;
	bool		 compact;
};

static int
compact(struct prune *p)
{
	log_progress("prune: compacting");
	sqlite3_limit(p->age.s->db, SQLITE_LIMIT_ATTACHED, 1);	/* for the copy */
	if (sqlite3_exec(p->age.s->db, "VACUUM", NULL, NULL, NULL) != SQLITE_OK)
		return store_fail_db(p->age.s);
	return 0;
}

/* The journal holds copies of what was there. */
static int
empty_journal(struct prune *p)
{
	sqlite3_stmt *st = NULL;
	bool busy = true;

	if (sqlite3_prepare_v2(p->age.s->db, "PRAGMA wal_checkpoint(TRUNCATE)", -1, &st, NULL) != SQLITE_OK)
		return store_fail_db(p->age.s);
	/* The statement succeeds, too, where a reader keeps the journal: its first column tells. */
	if (sqlite3_step(st) == SQLITE_ROW)
		busy = sqlite3_column_int(st, 0) != 0;
	if (sqlite3_finalize(st) != SQLITE_OK)
		return store_fail_db(p->age.s);
	return busy ? store_fail(p->age.s, "is read by somebody, so the journal still holds what was removed;"
	    " prune again when nobody does") : 0;
}

static int
failed(const struct prune *p)
{
	log_progress_end();
	log_error("%s", store_error(p->age.s));
	return EXIT_FAILED;
}

static int
prune_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	char label[SENSOR_LABEL];
	struct prune *p = arg;

	(void)s;
	if (r->of > 1)
		log_info("sensor %s:", sensors_label(label, r));
	p->age.some_sensors = r->of < r->all;
	return retention_run_rounds(&p->age) == 0 ? EXIT_DONE : failed(p);
}

static int
prune_ages(struct prune *p)
{
	int status = sensors_each(p->age.s, &p->sensors, prune_sensor, p);

	if (status != EXIT_DONE || retention_run_names(&p->age) == 0)
		return status;
	return failed(p);
}

static int
prune_all(struct prune *p)
{
	int locked = store_lock(p->age.s), status;

	if (locked == -1)
		return failed(p);
	p->age.crawling = locked == 1;
	sqlite3_exec(p->age.s->db, "PRAGMA secure_delete = ON", NULL, NULL, NULL);
	if ((status = prune_ages(p)) != EXIT_DONE)
		return status;
	if ((p->compact && compact(p) != 0) ||
	    ((p->age.done > 0 || p->compact) && empty_journal(p) != 0))
		return failed(p);
	return EXIT_DONE;
}

/* Of what goes no evidence can be made: is there a bundle of each flood that lies in it? */
static int
warn_of_incident(const struct incident_row *r, void *arg)
{
	struct prune *p = arg;
	const int64_t *span = p->age.span;
	int64_t first = span[AGE_RAW] != UNKNOWN ? span[AGE_RAW] : span[AGE_PSEUDONYMOUS], bundles = 0;

	if (r->kind > INC_TARGETED_HASH || first == UNKNOWN || r->start_ms == UNKNOWN ||
	    r->start_ms >= p->age.now_ms - first)
		return 0;
	if (ledger_bundles_of(p->age.s, r->id, &bundles) != 0)
		return -1;
	if (bundles == 0)
		log_error("incident %" PRId64 " has no bundle, and no evidence can be made of it once its records"
		    " are gone: \"kansoku export --incident %" PRId64 "\" first", r->id, r->id);
	return 0;
}

static int
warn_of_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	(void)r;
	return results_incidents(s, warn_of_incident, arg) == 0 ? EXIT_DONE : failed(arg);
}

/*
 * All of it in one transaction that is undone: what it says is what a real run says, to the
 * unit.  A crawl waits meanwhile, and the journal grows as it would.
 */
static int
pretend(struct prune *p)
{
	int status;

	if (store_begin(p->age.s, PATIENCE_LAST_MS) != 0)
		return failed(p);
	p->age.s->pretend = true;
	status = prune_ages(p);
	store_undo(p->age.s);
	return status;
}

static int
run(struct prune *p)
{
	int status = sensors_each(p->age.s, &p->sensors, warn_of_sensor, p);

	if (status == EXIT_DONE || status == EXIT_NOTHING)
		status = p->age.dry_run ? pretend(p) : prune_all(p);
	log_progress_end();
	if (status != EXIT_DONE)
		return status;
	if (p->age.done == 0 && retention_is_asked_for(&p->age))
		log_info("nothing is that old");
	else if (p->age.done > 0 && !p->age.dry_run && !p->compact)
		log_info("the file keeps its size, and new rounds fill it; --compact makes it smaller");
	return p->age.done > 0 || (p->compact && !p->age.dry_run) ? EXIT_DONE : EXIT_NOTHING;
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
	const int64_t *span = p->age.span;

	if (!retention_is_asked_for(&p->age) && !p->compact) {
		log_error("nothing to do: give --raw, --pseudonymous, --leaves, --raw-bytes or --compact");
		return false;
	}
	if (span[AGE_RAW] != UNKNOWN && span[AGE_PSEUDONYMOUS] != UNKNOWN &&
	    span[AGE_RAW] > span[AGE_PSEUDONYMOUS]) {
		log_error("--raw is longer than --pseudonymous: records would go before they become"
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

	uint8_t any[32];

	if (p->age.span[AGE_RAW] == UNKNOWN)
		return 0;
	if (p->age.dry_run) {		/* what it makes is undone, so any key will do */
		randombytes_buf(any, sizeof(any));
		return retention_hide_key(&p->age.names, any);
	}
	if (keys_start() != 0 ||
	    (p->key_path == NULL && asprintf(&beside, "%s.prune-key", p->db) == -1))
		return -1;
	if ((master = keys_master(beside != NULL ? beside : p->key_path)) != NULL &&
	    (bad = retention_hide_key(&p->age.names, master)) != 0)
		log_error("no guarded memory for a key");
	sodium_free(master);
	free(beside);
	return bad;
}

static int
open_and_run(struct prune *p)
{
	int status = EXIT_FAILED;

	if ((p->age.s = store_open(p->db, STORE_WRITE)) == NULL)
		return EXIT_FAILED;
	p->age.now_ms = utctime_now();
	if (take_key(p) == 0)
		status = run(p);
	pseudonym_forget(&p->age.names);
	store_close(p->age.s);
	return status;
}

int
verb_prune(int argc, char **argv)
{
	struct prune p = { .age = { .wait_ms = HOUR_MS,
		.span = { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN } } };
	const double most = 100.0 * 365 * DAY_MS;
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &p.db, .value = "FILE",
		    .help = "the database (or KANSOKU_DB)" },
		{ .name = "raw", .kind = OPT_SPAN, .into = &p.age.span[AGE_RAW], .value = "SPAN",
		    .min = RAW_SPAN_MIN, .max = most,
		    .help = "then tokens take the place of addresses and names: 30d" },
		{ .name = "pseudonymous", .kind = OPT_SPAN, .into = &p.age.span[AGE_PSEUDONYMOUS],
		    .value = "SPAN", .min = 0, .max = most,
		    .help = "then records go, and the counts of their rounds stay: 400d" },
		{ .name = "leaves", .kind = OPT_SPAN, .into = &p.age.span[AGE_LEAVES], .value = "SPAN",
		    .min = 0, .max = most,
		    .help = "then the leaf hashes of such rounds go, and their roots stay" },
		{ .name = "raw-bytes", .kind = OPT_SPAN, .into = &p.age.span[AGE_RAW_BYTES],
		    .value = "SPAN", .min = 0, .max = most,
		    .help = "then the bytes of sampled records go" },
		{ .name = "key", .kind = OPT_TEXT, .into = &p.key_path, .value = "FILE",
		    .help = "where the tokens come from; made 0600 if absent (DB.prune-key)" },
		{ .name = "wait", .kind = OPT_SPAN, .into = &p.age.wait_ms, .value = "SPAN", .min = 0,
		    .max = (double)DAY_MS, .help = "at most so long for the end of a round under way (1h)" },
		{ .name = "compact", .kind = OPT_FLAG, .into = &p.compact,
		    .help = "give the space back; needs as much again while it runs" },
		{ .name = "dry-run", .kind = OPT_FLAG, .into = &p.age.dry_run,
		    .help = "also -n: say what would be removed, remove nothing" },
		SENSOR_OPTIONS(&p.sensors),
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
