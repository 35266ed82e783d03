/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/bundle_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/lib/cli.h"
#include "data/evidence/keys.h"
#include "data/evidence/ledger.h"
#include "data/lib/outfile.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"
#include "data/store/sensor_facts.h"

/* ---- small parts ------------------------------------------------------------------- */

char *
bundle_second(char buf[32], int64_t ms)
{
	struct civil c;

	utctime_civil(&c, ms);
	snprintf(buf, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour,
	    c.minute, c.second);
	return buf;
}

int64_t
bundle_end_ms(const struct bundle *b)
{
	int64_t end = b->f.incident.end_ms;

	for (size_t i = 0; i < b->f.nrounds; i++)
		if (b->f.round[i].row.end_ms > end)
			end = b->f.round[i].row.end_ms;
	return end != UNKNOWN ? end : b->f.incident.start_ms;
}

const struct translog_entry *
bundle_entry(const struct bundle *b, uint32_t round)
{
	for (size_t i = b->nchain; i > 0; i--)
		if (b->chain[i - 1].round == round)
			return &b->chain[i - 1];
	return NULL;
}

/* ---- what goes in --------------------------------------------------------------------- */

struct chain_search {
	struct bundle	*b;
	size_t		 room, last;	/* entries up to last are wanted */
	uint8_t		 head[MERKLE_HASH];
};

static bool
is_of_incident(const struct bundle *b, uint32_t round)
{
	for (size_t i = 0; i < b->f.nrounds; i++)
		if (b->f.round[i].row.id == round)
			return true;
	return false;
}

static int
take_entry(const struct translog_entry *e, void *arg)
{
	struct chain_search *q = arg;
	struct bundle *b = q->b;
	bool ours = is_of_incident(b, e->round);

	b->log_entries = e->seq;
	memcpy(b->log_head, e->head, sizeof(b->log_head));
	if (ours && b->nchain == 0)
		memcpy(b->before, q->head, sizeof(b->before));
	memcpy(q->head, e->head, sizeof(q->head));
	if (!ours && b->nchain == 0)
		return 0;
	if (b->nchain == q->room) {
		size_t more = q->room == 0 ? 64 : q->room * 2;
		struct translog_entry *p = reallocarray(b->chain, more, sizeof(*p));

		if (p == NULL)
			return 2;
		b->chain = p;
		q->room = more;
	}
	b->chain[b->nchain++] = *e;
	if (ours)
		q->last = b->nchain;
	return 0;
}

static int
load_chain(struct bundle *b)
{
	struct chain_search q = { .b = b };
	int bad = translog_chain(b->s, take_entry, &q);

	if (bad == 0 && bundle_checkpoints_choose(b, q.last) != 0)
		return -1;
	if (b->nchain < q.last)		/* what comes after the incident and its checkpoint is left out */
		b->nchain = q.last;
	if (bad != 0)
		log_error("%s", bad == 2 ? "out of memory" : store_error(b->s));
	return bad == 0 ? 0 : -1;
}

struct series_search { struct bundle *b; size_t room; };

static int
take_series(const struct series_row *r, void *arg)
{
	struct series_search *q = arg;
	struct bundle *b = q->b;
	struct series_row *p;

	if (!is_of_incident(b, r->round))
		return 0;
	if (b->nseries == q->room) {
		size_t more = q->room == 0 ? 64 : q->room * 2;

		if ((p = reallocarray(b->series, more, sizeof(*p))) == NULL)
			return 2;
		b->series = p;
		q->room = more;
	}
	b->series[b->nseries++] = *r;
	return 0;
}

static int
load_series(struct bundle *b)
{
	struct series_search q = { .b = b };
	int bad = results_series(b->s, INT64_MIN, INT64_MAX, take_series, &q);

	if (bad != 0)
		log_error("%s", bad == 2 ? "out of memory" : store_error(b->s));
	return bad == 0 ? 0 : -1;
}

/* The key of this export's tokens follows from the master and from what is exported. */
static int
hide_names(struct bundle *b)
{
	char *beside = NULL, what[160];
	uint8_t *master;
	int bad = -1;

	if (!b->ask->pseudonymous)
		return 0;
	if (b->ask->master == NULL && asprintf(&beside, "%s.pseudonyms", b->ask->key) == -1)
		beside = NULL;
	snprintf(what, sizeof(what), "incident %" PRId64 " rounds %u to %u, %zu records, head ",
	    b->f.incident.id, b->f.incident.first_round, b->f.incident.last_round, b->f.nrecords);
	if (b->nchain > 0)
		sodium_bin2hex(what + strlen(what), 2 * MERKLE_HASH + 1,
		    b->chain[b->nchain - 1].head, MERKLE_HASH);
	if ((master = keys_master(beside != NULL ? beside : b->ask->master)) != NULL)
		bad = pseudonym_hide(&b->pseudonyms, master, what, strlen(what));
	sodium_free(master);
	free(beside);
	return bad;
}

/* Only a bundle that this database made of the same incident can be superseded. */
static int
read_superseded(struct bundle *b)
{
	const char *path = b->ask->supersedes;
	int64_t incident = 0;
	FILE *f;
	int bad;

	if (path == NULL)
		return 0;
	if ((f = fopen(path, "re")) == NULL || minisign_hash(f, b->superseded) != 0) {
		log_error("%s: %s", path, os_error());
		if (f != NULL)
			fclose(f);
		return -1;
	}
	fclose(f);
	if ((bad = ledger_bundle_find(b->s, b->superseded, &incident)) == -1)
		return -1;
	if (bad == 0 && incident == b->f.incident.id)
		return 0;
	log_error("%s: is no bundle that this database made of incident %" PRId64, path, b->f.incident.id);
	return -1;
}

static int
load(struct bundle *b)
{
	int absent = incident_rows_load(b->s, b->ask->incident, (size_t)b->ask->records, &b->f);

	if (absent == 1)
		incident_rows_absent(b->s, b->ask->incident, b->ask->db);
	if (absent != 0)
		return absent;
	if (b->f.nrounds == 0) {
		log_error("incident %" PRId64 " has no round in the log yet; export it when a round of it"
		    " is complete", b->ask->incident);
		return 1;
	}
	if (b->f.nrecords == 0 && b->f.pruned > 0) {
		log_error("incident %" PRId64 ": its records were pruned, so there is nothing left to prove",
		    b->ask->incident);
		return 1;
	}
	if (b->f.pruned > 0)
		log_info("incident %" PRId64 ": the records of %" PRId64 " of its %zu rounds were pruned; they"
		    " are not in the bundle", b->ask->incident, b->f.pruned, b->f.nrounds);
	b->sensor = sensor_fact_get(b->s, SENSOR_NAME);
	b->overlay = sensor_fact_get(b->s, SENSOR_OVERLAY);
	if (store_meta_find(b->s, "database", &b->database) != 0) {
		log_error("%s: its identity cannot be read: %s", b->ask->db, store_error(b->s));
		return -1;
	}
	if (read_superseded(b) != 0)
		return -1;
	return load_chain(b) != 0 || load_series(b) != 0 || hide_names(b) != 0 ? -1 : 0;
}

/* ---- making ------------------------------------------------------------------------------ */

static int
add_file(struct bundle *b, const char *name, int (*write)(struct bundle *, FILE *))
{
	FILE *f = tar_pack_open(&b->tar, name);
	int bad;

	if (f == NULL) {
		log_error("out of memory");
		return -1;
	}
	bad = write(b, f);
	if (tar_pack_close(&b->tar) != 0 && bad == 0) {
		log_error("%s: out of memory", name);
		bad = -1;
	}
	return bad;
}

/* The manifest needs all files before it, the sums all but themselves. */
static int
fill(struct bundle *b)
{
	static const struct { const char *name; int (*write)(struct bundle *, FILE *); } files[] = {
		{ "METHOD.txt", bundle_method },
		{ "README.txt", bundle_readme },
		{ "verify.sh", bundle_verify_sh },
		{ "keys.jsonl", bundle_keys_jsonl },
		{ "peers.csv", bundle_peers_csv },
		{ "rounds.csv", bundle_rounds_csv },
		{ "case.json", bundle_case_json },
	};

	if (b->ask->charts && bundle_charts(b) != 0)
		return -1;
	if (b->ncheckpoints > 0 && add_file(b, "checkpoints.txt", bundle_checkpoints) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (add_file(b, files[i].name, files[i].write) != 0)
			return -1;
	if (bundle_shows_seen(b) && add_file(b, "seen.txt", bundle_seen) != 0)
		return -1;
	if (add_file(b, "manifest.json", bundle_manifest) != 0)
		return -1;
	return add_file(b, "SHA256SUMS", bundle_sums);
}

/* ---- signing ------------------------------------------------------------------------------- */

/* seq and prev tell bundles apart and show when one is held back. */
static void
trusted_comment(char out[512], const struct bundle *b, const struct ledger_bundle *l)
{
	char *copy = strdup(b->ask->out), vis[256], prev[33] = "none";

	if (!l->first)
		sodium_bin2hex(prev, sizeof(prev), l->before, 16);
	snprintf(out, 512, "timestamp:%" PRId64 "\tfile:%s\thashed\tseq:%" PRId64 "\tprev:%s"
	    "\tdb:%s",
	    l->made_ms / 1000, text_vis(vis, sizeof(vis), text_of(copy == NULL ? "" : basename(copy))),
	    l->seq, prev, b->database);
	free(copy);
}

static int
number(const struct bundle_request *ask, const struct incident_row *said,
    const uint8_t hash[MINISIGN_HASH], struct ledger_bundle *l)
{
	struct store *s = store_open(ask->db, STORE_WRITE);
	int bad = s == NULL ? -1 : ledger_bundle(s, ask->incident, hash, l);

	if (bad == 0)
		bad = ledger_state(s, said, "bundle", l->made_ms);

	store_close(s);
	return bad;
}

/* The tar as it lies in the stream, hashed as minisign does. */
static int
hash_tar(FILE *f, const char *path, uint8_t hash[MINISIGN_HASH])
{
	char *name = NULL;
	FILE *again = NULL;
	int bad = -1;

	if (fflush(f) == 0 && asprintf(&name, "/proc/self/fd/%d", fileno(f)) != -1 &&
	    (again = fopen(name, "re")) != NULL)
		bad = minisign_hash(again, hash);
	if (bad != 0)
		log_error("%s: %s", path, strerror(errno));
	if (again != NULL)
		fclose(again);
	free(name);
	return bad;
}

static int
write_signature(const struct bundle *b, const struct minisign_secret *key,
    const uint8_t hash[MINISIGN_HASH])
{
	const struct bundle_request *ask = b->ask;
	struct ledger_bundle l;
	struct outfile *o;
	char comment[512], *path = NULL;
	int bad = -1;

	if (number(ask, &b->f.incident, hash, &l) != 0 || asprintf(&path, "%s.minisig", ask->out) == -1)
		return -1;
	trusted_comment(comment, b, &l);
	if ((o = outfile_open_new(path, 0644)) == NULL) {
		log_error("%s: %s", path, os_error());
	} else if (minisign_sign(outfile_stream(o), key, hash, comment) != MINISIGN_OK) {
		log_error("%s: %s", path, strerror(errno));
		outfile_abandon(o);
	} else if ((bad = outfile_commit(o)) != 0) {
		log_error("%s: %s", path, strerror(errno));
	}
	if (bad == 0)
		log_info("%s: bundle %" PRId64 " of this database", ask->out, l.seq);
	free(path);
	return bad;
}

/* Both files or neither: the signature takes its place first. */
static int
write_bundle(struct bundle *b, const struct minisign_secret *key)
{
	struct outfile *o = outfile_open_new(b->ask->out, b->pseudonyms.hidden ? 0644 : 0600);
	uint8_t hash[MINISIGN_HASH];
	const char *why;
	int bad = -1;

	if (o == NULL) {
		log_error(errno == EEXIST ? "%s exists already; name another file" : "%s: %s", b->ask->out,
		    os_error());
		return -1;
	}
	if (tar_pack_write(&b->tar, outfile_stream(o), bundle_end_ms(b) / 1000, &why) != 0)
		log_error("%s: %s", b->ask->out, why);
	else if (hash_tar(outfile_stream(o), b->ask->out, hash) == 0)
		bad = write_signature(b, key, hash);
	if (bad != 0) {
		outfile_abandon(o);
		return -1;
	}
	if (outfile_commit(o) == 0)
		return 0;
	log_error("%s: %s", b->ask->out, strerror(errno));
	return -1;
}

/* ---- the whole --------------------------------------------------------------------------------- */

static void
release(struct bundle *b)
{
	pseudonym_forget(&b->pseudonyms);
	tar_pack_free(&b->tar);
	incident_rows_free(&b->f);
	free(b->chain);
	free(b->series);
	free(b->sensor);
	free(b->overlay);
	free(b->database);
	free(b->checkpoints);
}

/* Reads everything at one moment of the database, which may be crawled meanwhile. */
static int
make(struct bundle *b)
{
	int bad = -1;

	if ((b->s = store_open(b->ask->db, STORE_READ)) == NULL)
		return -1;
	if (rows_snapshot(b->s) != 0)
		log_error("%s", store_error(b->s));
	else if ((bad = load(b)) == 0)
		bad = fill(b);
	rows_snapshot_end(b->s);
	store_close(b->s);
	return bad;
}

/* Neither of the two files replaces anything: a bundle is named by the one after it. */
static int
is_free(const struct bundle_request *ask)
{
	char sig[4096];
	const char *const path[] = { ask->out, sig };

	snprintf(sig, sizeof(sig), "%s.minisig", ask->out);
	for (size_t i = 0; i < 2; i++) {
		if (access(path[i], F_OK) != 0)
			continue;
		log_error("%s exists already; name another file", path[i]);
		return -1;
	}
	return 0;
}

int
bundle_export(const struct bundle_request *ask)
{
	struct bundle b = { .ask = ask };
	struct minisign_secret *key;
	int bad;

	if (keys_start() != 0 || (key = keys_secret(ask->key, ask->password_file)) == NULL)
		return EXIT_FAILED;
	minisign_public_of(key, &b.public);
	if ((bad = is_free(ask)) == 0 && (bad = make(&b)) == 0)
		bad = write_bundle(&b, key);
	minisign_forget(key);
	release(&b);
	return bad == 0 ? EXIT_DONE : bad == 1 ? EXIT_NOTHING : EXIT_FAILED;
}
