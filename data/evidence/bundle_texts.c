/* SPDX-License-Identifier: GPL-3.0-or-later */
/* README.txt, METHOD.txt, manifest.json, SHA256SUMS and the checkpoints carried along. */
#include <errno.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/evidence/bundle_impl.h"
#include "data/format/canonical.h"
#include "data/lib/log.h"
#include "data/lib/template.h"
#include "data/lib/text.h"
#include "evidence/bundle_method.txt.h"
#include "evidence/bundle_readme.txt.h"
#include "evidence/verify.sh.h"
#include "registries/allocated.csv.h"
#include "registries/special-purpose.csv.h"

#define SHA256	crypto_hash_sha256_BYTES

int
bundle_readme(struct bundle *b, FILE *f)
{
	(void)b;
	fputs(bundle_readme_txt, f);	/* it is the same for every incident */
	return 0;
}

int
bundle_verify_sh(struct bundle *b, FILE *f)
{
	(void)b;
	fputs(verify_sh, f);
	return 0;
}

int
bundle_method_write(FILE *f, const struct found_test *test, size_t n)
{
	static const struct template method[] = { { "method", bundle_method_txt }, { NULL, NULL } };
	struct facts *x = facts_new();
	int bad;

	for (size_t i = 0; i < n; i++) {
		const struct found_test *t = &test[i];
		struct facts *at = facts_add(x, "tests");

		facts_format(at, "name", "%-36s %-16s", t->name, t->family);
		if (isfinite(t->statistic))
			facts_format(at, "value", "%.6g", t->statistic);
		if (isfinite(t->threshold))
			facts_format(at, "threshold", "%.6g", t->threshold);
	}
	bad = template_write(f, method, "method", TEMPLATE_PLAIN, x);
	facts_free(x);
	return bad;
}

int
bundle_method(struct bundle *b, FILE *f)
{
	int bad = bundle_method_write(f, b->f.test, b->f.ntests);

	if (bad != 0)
		log_error("METHOD.txt: %s", os_error());
	return bad;
}

/* ---- manifest ------------------------------------------------------------------------ */

/* Every number of case.json and the tables. */
static const struct { const char *name, *text; } definitions[] = {
	{ "tried", "nodes dialled in the round, each once" },
	{ "reached", "of these, the nodes that completed the handshake" },
	{ "keys, neighbours, queries, contacts",
	    "records of each kind in the log of the round" },
	{ "incident_records", "records of the round that name a source of this incident" },
	{ "incident_sources", "distinct sources (address and port) in these records" },
	{ "instant", "distinct sources of keys received in the round" },
	{ "day_keys", "the same over the 24 hours to the end of the round" },
	{ "day_all", "distinct nodes over 24 hours from keys, neighbour records and queries" },
	{ "instant_clean, day_keys_clean, day_all_clean", "the same without bogus sources" },
	{ "impossible_share",
	    "share of the round's sources in address blocks where no node can be" },
	{ "flood, flood_low, flood_high",
	    "estimated bogus sources of the round, with its 95 % interval" },
	{ "clock_jump_ms", "system clock against monotonic clock over the round" },
	{ "clock_error_us", "the kernel's bound on the error of a synchronised clock at the end "
	    "of a live round" },
	{ "peer", "who delivered: the endpoint that we dialled; with port 0, an address that dialled "
	    "us, of which no port is known, for a caller only claims one" },
	{ "records", "records of the incident that the peer delivered" },
	{ "sources", "distinct sources named in them" },
	{ "rounds", "rounds in which it delivered any" },
	{ "dialled, answered, inbound",
	    "links we tried to it, handshakes that followed, handshakes that it began" },
	{ "share", "bogus share of what the peer delivered" },
	{ "ratio", "this share against the median peer's" },
	{ "full_timer_share", "share of its bogus keys that were as fresh as a holder's own" },
	{ "first_seen_share", "share of its bogus keys that nobody had delivered before" },
	{ "probability", "that the source is bogus" },
	{ "counts", "of case.json: recomputed from keys.jsonl and rounds.csv by kansoku verify" },
	{ "stated", "of case.json: of the whole incident as it is in the sensor's database" },
	{ "estimate", "of case.json: bogus sources of the whole incident, 95 % interval" },
};

static void
put_sha256(struct json_out *j, const char *key, const void *p, size_t n)
{
	uint8_t hash[SHA256];

	crypto_hash_sha256(hash, p, n);
	json_put_hex(j, key, hash, sizeof(hash));
}

/* Of the program that is running. */
static void
put_program(struct json_out *j)
{
	crypto_hash_sha256_state st;
	uint8_t hash[SHA256], buf[1 << 16];
	FILE *f = fopen("/proc/self/exe", "re");
	size_t n;

	json_put_object(j, "software");
	json_put_string(j, "name", "kansoku");
	json_put_string(j, "version", KANSOKU_VERSION);
	crypto_hash_sha256_init(&st);
	while (f != NULL && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		crypto_hash_sha256_update(&st, buf, n);
	crypto_hash_sha256_final(&st, hash);
	if (f != NULL && !ferror(f))
		json_put_hex(j, "sha256", hash, sizeof(hash));
	else
		json_put_null(j, "sha256");
	if (f != NULL)
		fclose(f);
	json_put_end(j);
}

/* "... 2024-08" in the registry's own comment. */
static void
put_registry(struct json_out *j, const char *name, const char *text)
{
	const char *state = strcasestr(text, "state of");
	char date[8] = "";

	if (state != NULL && (state = strstr(state, "20")) != NULL)
		snprintf(date, sizeof(date), "%.7s", state);
	json_put_object(j, NULL);
	json_put_string(j, "name", name);
	json_put_string(j, "state_of", date);
	put_sha256(j, "sha256", text, strlen(text));
	json_put_end(j);
}

static void
put_clock(struct bundle *b, struct json_out *j)
{
	json_put_object(j, "clock");
	json_put_string(j, "source", b->f.origin[ORIGIN_IMPORTED] > 0 ?
	    "of rounds that were imported, the clock of whoever made the file; else the system clock" :
	    b->clock_known ? "system clock, kept by a time service" :
	    "system clock; for some rounds no time service was known to keep it");
	json_put_null(j, "offset_ms");	/* a sensor does not ask a second clock */
	json_put_known(j, "max_error_us", b->clock_us);
	json_put_known(j, "max_jump_ms", b->jump_ms);
	json_put_end(j);
}

static void
put_names(struct bundle *b, struct json_out *j)
{
	char buf[NAME_TEXT];

	if (!b->pseudonyms.hidden) {
		json_put_null(j, "pseudonyms");
		return;
	}
	json_put_object(j, "pseudonyms");
	json_put_string(j, "scheme", "keyed BLAKE2b-128 behind a letter: n address and port, a address,"
	    " t text; one key for this export alone");
	json_put_string(j, "key_id", pseudonym_id(&b->pseudonyms, buf));
	json_put_end(j);
}

static void
put_chain(struct bundle *b, struct json_out *j)
{
	json_put_object(j, "chain");
	json_put_hex(j, "before", b->before, sizeof(b->before));
	json_put_int(j, "first_seq", b->nchain > 0 ? b->chain[0].seq : 0);
	json_put_int(j, "last_seq", b->nchain > 0 ? b->chain[b->nchain - 1].seq : 0);
	if (b->nchain > 0)
		json_put_hex(j, "head", b->chain[b->nchain - 1].head, MERKLE_HASH);
	else
		json_put_null(j, "head");
	json_put_end(j);
}

/* Where the log of the sensor stood when the bundle was made, and who else has seen it. */
static void
put_log(struct bundle *b, struct json_out *j)
{
	json_put_object(j, "log");
	json_put_int(j, "entries", b->log_entries);
	json_put_hex(j, "head", b->log_head, sizeof(b->log_head));
	json_put_int(j, "checkpoints", (int64_t)b->ncheckpoints);
	json_put_string(j, "witness", bundle_witness((int64_t)b->ncheckpoints, b->spanned));
	json_put_end(j);
}

/*
 * How the rounds came here.  Of an import the parameters are told, to which each of its
 * rounds commits: they name the file by its hash.  Those of a crawl are the sensor's own.
 */
static void
put_origins(struct bundle *b, struct json_out *j)
{
	json_put_array(j, "origins");
	for (size_t i = 0; i < b->f.nruns; i++) {
		const struct found_run *u = &b->f.run[i];
		bool told = u->origin == ORIGIN_IMPORTED && !b->pseudonyms.hidden;

		json_put_object(j, NULL);
		json_put_string(j, "origin", origin_name[u->origin]);
		json_put_int(j, "from_round", u->first_round);
		json_put_int(j, "rounds", u->rounds);
		json_put_time(j, "run_began", u->start_ms);
		json_put_string(j, "version", u->version);
		json_put_string(j, "file_sha256", u->sha256[0] != '\0' ? u->sha256 : NULL);
		json_put_string(j, "parameters", told ? u->parameters : NULL);
		json_put_end(j);
	}
	json_put_end(j);
}

/* The settings of the runs that the rounds belong to, as their records commit to them. */
static void
put_configurations(struct bundle *b, struct json_out *j)
{
	uint8_t last[32] = { 0 };
	bool any = false;

	json_put_array(j, "configurations");
	for (size_t i = 0; i < b->nchain; i++) {
		struct canonical keep = { 0 };
		struct translog_leaf leaf;
		struct canonical_round d;

		if (translog_own_leaf(b->s, b->chain[i].round, &leaf, &keep) == 0 &&
		    canonical_read_round(&d, leaf.record, leaf.len) &&
		    (!any || memcmp(last, d.parameters, sizeof(last)) != 0)) {
			json_put_object(j, NULL);
			json_put_int(j, "from_round", d.round);
			json_put_hex(j, "blake2b_256", d.parameters, sizeof(d.parameters));
			json_put_end(j);
			memcpy(last, d.parameters, sizeof(last));
			any = true;
		}
		free(keep.p);
	}
	json_put_end(j);
}

/* What the overlay's records hold beside what every overlay's do, in the order of their bytes. */
static void
put_fields(struct bundle *b, struct json_out *j)
{
	static const char *const type[] = { [FIELD_INTEGER] = "integer", [FIELD_FLAG] = "flag",
		[FIELD_TEXT] = "text", [FIELD_BYTES] = "bytes", [FIELD_ENDPOINT] = "endpoint" };
	const struct overlay_fields *fields = store_fields(b->s);

	json_put_object(j, "fields");
	for (int t = 0; fields != NULL && t < OBS_NTYPE; t++) {
		json_put_array(j, observation_type_name[t]);
		for (int i = 0; i < fields->of[t].n; i++) {
			const struct field *f = &fields->of[t].field[i];

			json_put_object(j, NULL);
			json_put_string(j, "name", f->name);
			json_put_string(j, "type", type[f->type]);
			json_put_string(j, "unit", f->unit);
			json_put_string(j, "about", f->about);
			json_put_end(j);
		}
		json_put_end(j);
	}
	json_put_end(j);
}

static const char *
media_type(const char *name)
{
	static const struct { const char *end, *type; } known[] = {
		{ ".txt", "text/plain" }, { ".json", "application/json" },
		{ ".jsonl", "application/jsonl" }, { ".csv", "text/csv" },
		{ ".svg", "image/svg+xml" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(dot, known[i].end) == 0)
			return known[i].type;
	return "application/octet-stream";
}

static void
put_files(struct bundle *b, struct json_out *j)
{
	uint8_t hash[32];

	json_put_array(j, "files");
	for (size_t i = 0; i < b->tar.n; i++) {
		const struct tar_file *f = &b->tar.file[i];

		if (strcmp(f->name, "manifest.json") == 0)	/* it is being written */
			continue;
		crypto_generichash(hash, sizeof(hash), (const uint8_t *)f->p, f->len, NULL, 0);
		json_put_object(j, NULL);
		json_put_string(j, "path", f->name);
		json_put_int(j, "bytes", (int64_t)f->len);
		json_put_string(j, "media_type", media_type(f->name));
		put_sha256(j, "sha256", f->p, f->len);
		json_put_hex(j, "blake2b_256", hash, sizeof(hash));
		json_put_end(j);
	}
	json_put_end(j);
}

static void
put_thresholds(struct bundle *b, struct json_out *j)
{
	json_put_object(j, "thresholds");
	for (size_t i = 0; i < b->f.ntests; i++)
		json_put_real(j, b->f.test[i].name, b->f.test[i].threshold);
	json_put_end(j);
}

int
bundle_manifest(struct bundle *b, FILE *f)
{
	struct json_out j;

	json_start(&j, f, JSON_FORM_INDENTED);
	json_put_object(&j, NULL);
	json_put_string(&j, "format", BUNDLE_FORMAT);
	json_put_int(&j, "incident", b->f.incident.id);
	json_put_string(&j, "sensor", b->sensor);
	json_put_string(&j, "overlay", b->overlay);
	json_put_string(&j, "database", b->database);
	if (b->ask->supersedes != NULL)
		json_put_hex(&j, "supersedes", b->superseded, sizeof(b->superseded));
	else
		json_put_null(&j, "supersedes");
	put_log(b, &j);
	put_origins(b, &j);
	put_fields(b, &j);
	json_put_object(&j, "window");
	json_put_time(&j, "start", b->f.incident.start_ms);
	json_put_time(&j, "end", b->f.incident.end_ms);
	json_put_int(&j, "first_round", b->f.incident.first_round);
	json_put_int(&j, "last_round", b->f.incident.last_round);
	json_put_end(&j);
	put_program(&j);
	put_configurations(b, &j);
	put_clock(b, &j);
	json_put_array(&j, "registries");
	put_registry(&j, "allocated.csv", allocated_csv);
	put_registry(&j, "special-purpose.csv", special_purpose_csv);
	json_put_end(&j);
	put_thresholds(b, &j);
	put_names(b, &j);
	put_chain(b, &j);
	json_put_object(&j, "definitions");
	for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++)
		json_put_string(&j, definitions[i].name, definitions[i].text);
	json_put_end(&j);
	put_files(b, &j);
	json_put_end(&j);
	return 0;
}

/* ---- sums ----------------------------------------------------------------------------- */

int
bundle_sums(struct bundle *b, FILE *f)
{
	uint8_t hash[SHA256];

	for (size_t i = 0; i + 1 < b->tar.n; i++) {	/* this file is the last */
		const struct tar_file *p = &b->tar.file[i];

		crypto_hash_sha256(hash, (const uint8_t *)p->p, p->len);
		text_hex(f, hash, sizeof(hash));
		fprintf(f, "  %s\n", p->name);
	}
	return 0;
}

