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
#include "data/store/translog.h"
#include "data/lib/log.h"

#define TOLD_MAX	50	/* mismatches printed; the others are counted */

struct mismatches {
	int64_t		printed;
	uint32_t	first;		/* round; 0: none named yet */
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
		printf("round %u: %s\n", round, what);
	else
		printf("no round: %s\n", what);
}

/* A published head must be in the chain. */
struct published {
	const struct minisign_public *public;
	struct checkpoint *c;
	size_t		 n;
	bool		*found;
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

static int
find_checkpoint(const struct translog_entry *e, void *arg)
{
	struct published *p = arg;

	for (size_t i = 0; i < p->n; i++)
		if (p->c[i].entry == e->seq && memcmp(p->c[i].head, e->head, sizeof(e->head)) == 0)
			p->found[i] = true;
	return 0;
}

static int
compare_checkpoints(struct store *s, struct published *p)
{
	if ((p->found = calloc(p->n + 1, sizeof(*p->found))) == NULL ||
	    translog_chain(s, find_checkpoint, p) != 0)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		if (p->found[i])
			continue;
		printf("round %" PRId64 ": entry %" PRId64 " of the chain is not what was published\n",
		    p->c[i].round, p->c[i].entry);
		p->bad++;
	}
	return 0;
}

/* The number of checkpoints that do not hold, or -1. */
static int64_t
verify_checkpoints(struct store *s, const char *path, const char *public_path)
{
	struct minisign_public public;
	struct published p = { .public = &public };
	FILE *f = fopen(path, "re");
	int line, bad;

	if (f == NULL) {
		log_error("%s: %s", path, strerror(errno));
		return -1;
	}
	if ((bad = keys_public(public_path, &public)) == 0 &&
	    (bad = checkpoint_each(f, &public, &line, take_checkpoint, &p)) != 0)
		log_error("%s:%d: is no file of checkpoints", path, line);
	if (bad == 0)
		bad = compare_checkpoints(s, &p);
	fclose(f);
	free(p.c);
	free(p.found);
	return bad == 0 ? p.bad : -1;
}

/* What nobody can compare any more is no reason to call it good in silence. */
static void
tell_coverage(struct store *s, const char *path, const char *more)
{
	struct translog_coverage c;

	if (translog_coverage(s, &c) != 0 || c.pruned + c.hidden == 0) {
		log_info("%s: every row is as it was logged%s", path, more);
		return;
	}
	log_info("%s: what is left is as it was logged%s; of %" PRId64 " rounds, %" PRId64 " have lost their"
	    " records and %" PRId64 " hold tokens, which are only counted; %" PRId64 " of these have"
	    " lost their leaf hashes, too", path, more, c.rounds, c.pruned, c.hidden, c.no_leaves);
}

static int
verify_database(const char *path, const char *checkpoints, const char *public_path)
{
	struct mismatches m = { 0, 0 };
	struct store *s = store_open(path, STORE_READ);
	int64_t told, published = 0;

	if (s == NULL)
		return EXIT_FAILED;
	if ((told = translog_check(s, print_mismatch, &m)) == -1)
		log_error("%s", store_error(s));
	else if (checkpoints != NULL)
		published = verify_checkpoints(s, checkpoints, public_path);
	if (told == 0 && published == 0)
		tell_coverage(s, path, checkpoints != NULL ? ", and the log is as it was published" : "");
	store_close(s);
	if (told > TOLD_MAX)
		printf("... and %" PRId64 " more\n", told - TOLD_MAX);
	if (told > 0 && m.first != 0)
		printf("the first round that does not match its log is round %u\n", m.first);
	return told == 0 && published == 0 ? EXIT_DONE : EXIT_FAILED;
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

struct verify_options {
	const char	*file, *db, *public, *previous, *checkpoints;
};

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
	return r.db != NULL ? verify_database(r.db, r.checkpoints, r.public) :
	    verify_bundle(r.file, r.public, r.previous);
}
