/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku verify: is a database, or a bundle made from one, what it was? */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/cli.h"
#include "data/evidence/checkpoint.h"
#include "data/evidence/inspect.h"
#include "data/evidence/keys.h"
#include "data/evidence/verbs.h"
#include "data/store/sensors.h"
#include "data/store/translog.h"
#include "data/lib/log.h"
#include "data/lib/text.h"

#define TOLD_MAX	50	/* mismatches printed; the others are counted */

struct mismatches {
	int64_t		printed;
	uint32_t	first;		/* round; 0: none named yet */
	const char	*sensor;	/* "sensor NAME (OVERLAY): "; "" if there is only one */
};

struct verify_options {
	const char	*file, *db, *public, *previous, *checkpoints;
	struct sensor_filter sensors;
};

/* ---- databases ---------------------------------------------------------------------- */

static void
print_mismatch(uint32_t round, const char *what, void *arg)
{
	struct mismatches *m = arg;

	if (round != 0 && (m->first == 0 || round < m->first))
		m->first = round;
	if (m->printed++ >= TOLD_MAX)
		return;
	if (round != 0)
		printf("%sround %u: %s\n", m->sensor, round, what);
	else
		printf("%sno round: %s\n", m->sensor, what);
}

/* A published head must be in the chain. */
struct published {
	const struct minisign_public *public;
	const struct sensor_filter *sensors;
	struct checkpoint *c;
	size_t		 n;
	enum { OF_NOBODY, OF_SENSOR, IN_CHAIN } *found;
	const struct sensor_row *now;	/* whose chain is gone through */
	int64_t		 bad;
};

static int
take_checkpoint(const struct checkpoint *c, enum minisign_error sig, void *arg)
{
	struct published *p = arg;
	struct checkpoint *more;

	if (sig != MINISIGN_OK) {
		printf("FAILED checkpoint of entry %" PRId64 ": %s\n", c->entry, minisign_reason(sig));
		p->bad++;
	}
	if ((more = reallocarray(p->c, p->n + 1, sizeof(*more))) == NULL)
		return -1;
	p->c = more;
	p->c[p->n++] = *c;
	return 0;
}

/* One sensor alone may have had another name. */
static bool
is_of_sensor(const struct checkpoint *c, const struct sensor_row *r)
{
	char origin[CHECKPOINT_ORIGIN];

	return r->all <= 1 || strcmp(c->origin, text_vis(origin, sizeof(origin), text_of(r->name))) == 0;
}

static int
find_checkpoint(const struct translog_entry *e, void *arg)
{
	struct published *p = arg;

	for (size_t i = 0; i < p->n; i++)
		if (p->found[i] == OF_SENSOR && p->c[i].entry == e->seq &&
		    memcmp(p->c[i].head, e->head, sizeof(e->head)) == 0 && is_of_sensor(&p->c[i], p->now))
			p->found[i] = IN_CHAIN;
	return 0;
}

static int
compare_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct published *p = arg;

	p->now = r;
	for (size_t i = 0; i < p->n; i++)
		if (p->found[i] == OF_NOBODY && is_of_sensor(&p->c[i], r))
			p->found[i] = OF_SENSOR;
	return translog_chain(s, find_checkpoint, p) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* Where sensors were asked for, nothing is said of the others'. */
static int
compare_checkpoints(struct store *s, struct published *p)
{
	bool all = p->sensors->name == NULL && p->sensors->overlay == NULL;

	if ((p->found = calloc(p->n + 1, sizeof(*p->found))) == NULL ||
	    sensors_each(s, p->sensors, compare_sensor, p) != EXIT_DONE)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		if (p->found[i] == IN_CHAIN || (p->found[i] == OF_NOBODY && !all))
			continue;
		printf("round %" PRId64 ": entry %" PRId64 " of the chain is not what was published\n",
		    p->c[i].round, p->c[i].entry);
		p->bad++;
	}
	return 0;
}

/* The number of checkpoints that do not hold, or -1. */
static int64_t
verify_checkpoints(struct store *s, const struct verify_options *r)
{
	const char *path = r->checkpoints;
	struct minisign_public public;
	struct published p = { .public = &public, .sensors = &r->sensors };
	FILE *f = fopen(path, "re");
	int line, bad;

	if (f == NULL) {
		log_error("%s: %s", path, strerror(errno));
		return -1;
	}
	if ((bad = keys_public(r->public, &public)) == 0 &&
	    (bad = checkpoint_each(f, &public, &line, take_checkpoint, &p)) != 0)
		log_error("%s:%d: is no file of checkpoints", path, line);
	if (bad == 0)
		bad = compare_checkpoints(s, &p);
	fclose(f);
	free(p.c);
	free(p.found);
	return bad == 0 ? p.bad : -1;
}

struct database {
	const struct verify_options *r;
	struct mismatches m;
	int64_t		 told, published;
	bool		 several;	/* sensors, each of which names its first round */
};

/* What nobody can compare any more is no reason to call it good in silence. */
static int
tell_coverage(struct store *s, const struct sensor_row *r, void *arg)
{
	const struct database *d = arg;
	const char *more = d->r->checkpoints != NULL ? ", and the log is as it was published" : "";
	char label[SENSOR_LABEL] = "";
	struct translog_coverage c;

	if (r->of > 1)
		sensors_label(label, r);
	if (translog_coverage(s, &c) != 0 || c.pruned + c.hidden == 0)
		log_info("%s: %s%severy row is as it was logged%s", d->r->db, label,
		    r->of > 1 ? ": " : "", more);
	else
		log_info("%s: %s%swhat is left is as it was logged%s; of %" PRId64 " rounds, %" PRId64
		    " have lost their records and %" PRId64 " hold tokens, which are only counted; %"
		    PRId64 " of these have lost their leaf hashes, too", d->r->db, label,
		    r->of > 1 ? ": " : "", more, c.rounds, c.pruned, c.hidden, c.no_leaves);
	return EXIT_DONE;
}

static int
check_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct database *d = arg;
	char label[SENSOR_LABEL], of[SENSOR_LABEL + 16] = "";
	int64_t told;

	if (r->of > 1)
		snprintf(of, sizeof(of), "sensor %s: ", sensors_label(label, r));
	d->m.sensor = of;
	d->m.first = 0;
	d->several = r->of > 1;
	if ((told = translog_check(s, print_mismatch, &d->m)) == -1) {
		log_error("%s", store_error(s));
		return EXIT_FAILED;
	}
	d->told += told;
	if (d->m.first != 0 && r->of > 1)
		printf("%sthe first round that does not match its log is round %u\n", of, d->m.first);
	d->m.sensor = "";
	return EXIT_DONE;
}

static int
verify_database(const struct verify_options *r)
{
	struct database d = { .r = r };
	struct store *s = store_open(r->db, STORE_READ);
	int status;

	if (s == NULL)
		return EXIT_FAILED;
	status = sensors_each(s, &r->sensors, check_sensor, &d);
	if (status == EXIT_DONE && r->checkpoints != NULL)
		d.published = verify_checkpoints(s, r);
	if (status == EXIT_DONE && d.told == 0 && d.published == 0)
		sensors_each(s, &r->sensors, tell_coverage, &d);
	store_close(s);
	if (d.told > TOLD_MAX)
		printf("... and %" PRId64 " more\n", d.told - TOLD_MAX);
	if (d.told > 0 && d.m.first != 0 && !d.several)
		printf("the first round that does not match its log is round %u\n", d.m.first);
	if (status != EXIT_DONE)
		return status;
	return d.told == 0 && d.published == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* ---- bundles ------------------------------------------------------------------------ */

static void
print_failure(const char *where, const char *what, void *arg)
{
	int64_t *printed = arg;

	if ((*printed)++ < TOLD_MAX)
		printf("FAILED %s: %s\n", where, what);
}

static int
verify_bundle(const char *path, const char *public_path, const char *previous)
{
	struct minisign_public public;
	int64_t printed = 0;
	struct inspection i = { .fail = print_failure, .arg = &printed };
	char id[MINISIGN_ID_TEXT];
	int bad;

	if (keys_start() != 0 || keys_public(public_path, &public) != 0)
		return EXIT_FAILED;
	if ((bad = inspect_bundle(&i, path, &public, previous)) == -1)
		return EXIT_FAILED;
	if (printed > TOLD_MAX)
		printf("... and %" PRId64 " more\n", printed - TOLD_MAX);
	if (i.trusted[0] != '\0')
		log_info("signed by key %s: %s", minisign_id(id, public.id), i.trusted);
	if (bad == 0)
		log_info("%s: good; %" PRId64 " records proved in %" PRId64 " rounds%s", path, i.records,
		    i.rounds, i.pseudonymous ? ", pseudonymous" : "");
	return bad == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* ---- the verb -------------------------------------------------------------------------- */

static bool
makes_sense(const struct verify_options *r)
{
	if ((r->db == NULL) == (r->file == NULL)) {
		log_error("give either FILE.tar and --pub KEY.pub, or --db FILE");
		return false;
	}
	if (r->file != NULL && r->public == NULL) {
		log_error("--pub KEY.pub is missing: get it from where it was published, not with the"
		    " bundle");
		return false;
	}
	if (r->file != NULL && r->checkpoints != NULL) {
		log_error("--checkpoints goes with --db; a bundle has its own");
		return false;
	}
	if (r->file != NULL && (r->sensors.name != NULL || r->sensors.overlay != NULL)) {
		log_error("--sensor and --overlay go with --db; a bundle is of one sensor");
		return false;
	}
	if (r->db != NULL && (r->previous != NULL || (r->public == NULL) != (r->checkpoints == NULL))) {
		log_error("--db goes alone, or with both --checkpoints FILE and --pub KEY.pub");
		return false;
	}
	return true;
}

int
verb_verify(int argc, char **argv)
{
	struct verify_options r = { .file = NULL };
	const struct option_spec options[] = {
		{ .name = "pub", .kind = OPT_FILE, .into = &r.public, .value = "KEY.pub",
		    .help = "the public key that the bundle or checkpoints must be signed with" },
		{ .name = "previous", .kind = OPT_FILE, .into = &r.previous, .value = "FILE.tar",
		    .help = "the bundle that must come before this one" },
		{ .name = "db", .kind = OPT_TEXT, .into = &r.db, .value = "FILE",
		    .help = "recompute the log of this database from its rows" },
		{ .name = "checkpoints", .kind = OPT_FILE, .into = &r.checkpoints, .value = "FILE",
		    .help = "published heads that the database's log must hold" },
		SENSOR_OPTIONS(&r.sensors),
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku verify", .operands = "[FILE.tar]",
		.about = "Checks a bundle (FILE.tar and --pub), or a database (--db), and names what is "
		    "not as it was signed or logged; then the exit status is 1.",
		.max_operands = 1, .options = options,
	};
	int status, at = cli_options(&usage, argc, argv, &status);

	if (at < 0)
		return status;
	r.file = at < argc ? argv[at] : NULL;
	if (!makes_sense(&r) || (r.file != NULL && !cli_can_be_read("", r.file)) ||
	    (r.db != NULL && cli_database_there(r.db) == NULL))
		return EXIT_MISUSED;
	if (keys_start() != 0)
		return EXIT_FAILED;
	return r.db != NULL ? verify_database(&r) :
	    verify_bundle(r.file, r.public, r.previous);
}
