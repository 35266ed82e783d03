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
	const char	*file, *other, *db, *public, *previous, *checkpoints;
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
	p->c[p->n] = *c;
	p->c[p->n++].text = NULL;
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
verify_checkpoints(struct store *s, const struct verify_options *r, int64_t *witnessed)
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
	if (bad == 0 && p.n == 0) {
		log_error("%s: holds no checkpoint, so nothing was compared", path);
		bad = -1;
	}
	if (bad == 0)
		bad = compare_checkpoints(s, &p);
	for (size_t i = 0; bad == 0 && i < p.n; i++)
		if (p.found[i] == IN_CHAIN && p.c[i].entry > *witnessed)
			*witnessed = p.c[i].entry;
	if (bad == 0 && p.bad == 0 && *witnessed == 0) {
		log_error("%s: none of its checkpoints is of these sensors, so nothing was compared", path);
		bad = -1;
	}
	fclose(f);
	free(p.c);
	free(p.found);
	return bad == 0 ? p.bad : -1;
}

struct database {
	const struct verify_options *r;
	struct mismatches m;
	int64_t		 told, published, witnessed;	/* the last entry that a checkpoint covers */
	bool		 several;	/* sensors, each of which names its first round */
};

/* What nobody can compare any more is no reason to call it good in silence. */
static int
take_last(const struct translog_entry *e, void *arg)
{
	int64_t *last = arg;

	last[0] = e->seq;
	last[1] = e->round;
	return 0;
}

static int
tell_coverage(struct store *s, const struct sensor_row *r, void *arg)
{
	const struct database *d = arg;
	const char *more = d->r->checkpoints != NULL ? ", and the log is as it was published" : "";
	char label[SENSOR_LABEL] = "";
	struct translog_coverage c;
	int64_t last[2] = { 0, 0 };

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
	translog_chain(s, take_last, last);
	if (d->witnessed >= last[0] && d->r->checkpoints != NULL)
		printf("%s%severy entry of the chain, %" PRId64 ", is covered by a published checkpoint\n", label,
		    r->of > 1 ? ": " : "", last[0]);
	else
		printf("%s%sup to round %" PRId64 " (entry %" PRId64 "); whether rounds after it were cut off cannot be"
		    " known without a checkpoint%s\n", label, r->of > 1 ? ": " : "", last[1], last[0],
		    d->r->checkpoints != NULL ? " of a later entry" : "");
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
		d.published = verify_checkpoints(s, r, &d.witnessed);
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

/* Each kind of statement in a bundle, and what this program can say of it. */
static void
tell_statements(const struct inspection *i)
{
	static const struct { const char *how, *what; } statement[] = {
		{ "recomputed", "files and sums; the chain; each round's own record, its origin and, of an import, the"
		    " file's hash; each record, that it was logged and when" },
		{ "recomputed", "counts of records, sources, peers and rounds; first and last times; what is claimed;"
		    " start, end and peak; the state; the summary; METHOD.txt, README.txt and verify.sh" },
		{ "consistent", "ranks and labels with shares, ratios and rounds; thresholds; the counts of the analysis"
		    " with each other and with the records; one verdict a source" },
		{ "taken on trust", "that the sources are bogus (probability, flags, source_level); the counts of the analysis (day_keys to"
		    " flood_high) in themselves; shares, ratios and"
		    " the order of ranks; statistics of the tests; the estimate, severity and roving; links (dialled, answered, inbound)" },
		{ "taken on trust", "the number of the incident and the identity of the database; the history of the case and notes;"
		    " charts; software, settings, clock and registries; what is stated of records that are not in the bundle" },
	};

	for (size_t k = 0; k < sizeof(statement) / sizeof(statement[0]); k++)
		printf("%-14s  %s\n", statement[k].how, statement[k].what);
	printf("%-14s  %s\n", i->counted ? "recomputed" : "taken on trust", "how many sources keys named in"
	    " each round (instant)");
	if (i->pseudonymous)
		printf("%-14s  %s\n", "taken on trust", "pseudonymous: that a record's leaf is that of its line; only the"
		    " sensor can open it");
	printf("%-14s  %s\n", i->spanned || i->agreeing > 0 ? "recomputed" : "taken on trust", i->spanned ||
	    i->agreeing > 0 ? "when it was logged: before the checkpoints that cover it were published" :
	    "when it was logged: no checkpoint covers it, so the log may have been made anew, or its end cut");
}

/* 0, 1 or -1, as inspect_bundle; what failed is printed. */
static int
look_at(struct inspection *i, int64_t *printed, const char *path, const struct verify_options *r,
    const struct minisign_public *public, const char *published)
{
	char id[MINISIGN_ID_TEXT];
	int bad;

	*i = (struct inspection){ .fail = print_failure, .arg = printed };
	if ((bad = inspect_bundle(i, path, public, r->other == NULL || published != NULL ? r->previous : NULL,
	    published)) == -1)
		return -1;
	if (i->trusted[0] != '\0')
		log_info("signed by key %s: %s", minisign_id(id, public->id), i->trusted);
	if (bad == 0)
		log_info("%s: good; %" PRId64 " records proved in %" PRId64 " rounds%s", path, i->records,
		    i->rounds, i->pseudonymous ? ", pseudonymous" : "");
	return bad;
}

static void
print_note(const char *what, void *arg)
{
	(void)arg;
	printf("%s\n", what);
}

/* Can both be true? */
static int
compare_bundles(const struct verify_options *r, const struct minisign_public *public)
{
	int64_t printed = 0, agree = 0;
	struct inspection a, b = { .kept = NULL };
	int bad, worse = 0;

	if ((bad = look_at(&a, &printed, r->file, r, public, NULL)) != -1 &&
	    (worse = look_at(&b, &printed, r->other, r, public, NULL)) != -1 && bad == 0 && worse == 0) {
		agree = inspect_pair(&a, &b, print_note, NULL);
		bad = a.failures > 0;
		if (bad == 0 && agree == 0)
			printf("nothing was compared: they share no entry of a log and no round of a sensor\n");
		else if (bad == 0)
			printf("both can be true: %" PRId64 " entries or rounds that both show agree\n", agree);
		else
			printf("they cannot both be true\n");
	}
	inspect_forget(a.kept);
	inspect_forget(b.kept);
	return bad != 0 || worse != 0 ? EXIT_FAILED : agree == 0 ? EXIT_NOTHING : EXIT_DONE;
}

/* A file of checkpoints begins with their first line. */
static bool
is_checkpoints(const char *path)
{
	char line[32] = "";
	FILE *f = fopen(path, "re");
	bool is;

	if (f == NULL)
		return false;
	is = fgets(line, sizeof(line), f) != NULL && strcmp(line, "kansoku checkpoint\n") == 0;
	fclose(f);
	return is;
}

static int
verify_bundle(const struct verify_options *r)
{
	const char *published = r->checkpoints;
	struct minisign_public public;
	struct inspection i;
	int64_t printed = 0;
	int bad;

	if (keys_start() != 0 || keys_public(r->public, &public) != 0)
		return EXIT_FAILED;
	if (r->other != NULL && !is_checkpoints(r->other))
		return compare_bundles(r, &public);
	if (r->other != NULL)
		published = r->other;
	if ((bad = look_at(&i, &printed, r->file, r, &public, published)) == -1)
		return EXIT_FAILED;
	if (printed > TOLD_MAX)
		printf("... and %" PRId64 " more\n", printed - TOLD_MAX);
	if (bad == 0)
		tell_statements(&i);
	if (bad == 0 && published != NULL)
		log_info("%s: %" PRId64 " published checkpoints agree", r->file, i.agreeing);
	inspect_forget(i.kept);
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
	if (r->other != NULL && (r->checkpoints != NULL || r->previous != NULL)) {
		log_error("a second file goes without --checkpoints and --previous");
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
		    .help = "published heads that the log of the database, or of the bundle, must hold" },
		SENSOR_OPTIONS(&r.sensors),
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku verify", .operands = "[FILE.tar [OTHER.tar|CHECKPOINTS]]",
		.about = "Checks a bundle (FILE.tar and --pub), or a database (--db), and names what is "
		    "not as it was signed or logged; then the exit status is 1.  Of two bundles it says "
		    "whether both can be true.",
		.max_operands = 2, .options = options,
	};
	int status, at = cli_options(&usage, argc, argv, &status);

	if (at < 0)
		return status;
	r.file = at < argc ? argv[at] : NULL;
	r.other = at + 1 < argc ? argv[at + 1] : NULL;
	if (!makes_sense(&r) || (r.file != NULL && !cli_can_be_read("", r.file)) ||
	    (r.other != NULL && !cli_can_be_read("", r.other)) ||
	    (r.db != NULL && cli_database_there(r.db) == NULL))
		return EXIT_MISUSED;
	if (keys_start() != 0)
		return EXIT_FAILED;
	return r.db != NULL ? verify_database(&r) :
	    verify_bundle(&r);
}
