/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What manifest.json, case.json and the tables say beside counts: does it follow from the
 * records, or from each other?  METHOD.txt tells these rules to whoever has the bundle.
 */
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/evidence/bundle_impl.h"
#include "data/evidence/inspect_impl.h"
#include "data/lib/utctime.h"

#define INJECTOR_SHARE	0.8	/* what "probable injector" needs, analysis/incidents/attribution.c */
#define INJECTOR_RATIO	5.0
#define INJECTOR_ROUNDS	3
#define INJECTOR_MS	(2 * HOUR_MS)

static const json_t *
member(const json_t *j, const char *a, const char *b)
{
	const json_t *v = json_object_get(j, a);

	return b == NULL ? v : json_object_get(v, b);
}

static double
real_of(const json_t *v)
{
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static int64_t
whole_of(const json_t *v)
{
	return json_is_integer(v) ? json_integer_value(v) : UNKNOWN;
}

/* UNKNOWN for null; and for what is no time, after a complaint. */
static int64_t
time_of(struct inspector *n, const char *part, const char *name, const json_t *v)
{
	int64_t ms = UNKNOWN;

	if (!json_is_null(v) && (json_string_value(v) == NULL ||
	    !utctime_parse(&ms, json_string_value(v))))
		inspect_fail(n, part, "%s is no time", name);
	return ms;
}

static bool
same_real(double a, double b)
{
	return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

/* ---- which incident, when ---- */

static const struct csv_round *
round_at(struct inspector *n, const char *name, int64_t number)
{
	const struct csv_round *r = inspect_round(n, number);

	if (r == NULL && whole_of(member(n->kase, "rounds_not_in_the_log_yet", NULL)) == 0)
		inspect_fail(n, "case.json", "%s %" PRId64 " is not in rounds.csv", name, number);
	return r;
}

static void
check_window(struct inspector *n)
{
	static const struct { const char *round, *time; bool end; } at[] = {
		{ "first_round", "start", false }, { "last_round", "end", true }, { "peak_round", "peak", false },
	};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		const struct csv_round *r = round_at(n, at[i].round,
		    whole_of(member(n->kase, at[i].round, NULL)));
		int64_t t = time_of(n, "case.json", at[i].time, member(n->kase, at[i].time, NULL));

		if (r != NULL && (t != UNKNOWN || !at[i].end) && t != (at[i].end ? r->end_ms : r->start_ms))
			inspect_fail(n, "case.json", "%s is not when its %s %s", at[i].time, at[i].round,
			    at[i].end ? "ended" : "began");
		if (i < 2 && (!json_equal(member(n->manifest, "window", at[i].time),
		    member(n->kase, at[i].time, NULL)) || !json_equal(member(n->manifest, "window",
		    at[i].round), member(n->kase, at[i].round, NULL))))
			inspect_fail(n, "manifest.json", "window: %s is another than in case.json", at[i].time);
	}
	for (size_t i = 0; i < n->nrounds; i++)
		if (n->round[i].own && (n->round[i].round < whole_of(member(n->kase, "first_round", NULL)) ||
		    n->round[i].round > whole_of(member(n->kase, "last_round", NULL))))
			inspect_fail(n, "rounds.csv", "round %" PRId64 " is outside the incident",
			    n->round[i].round);
	if (!json_equal(member(n->manifest, "incident", NULL), member(n->kase, "incident", NULL)))
		inspect_fail(n, "manifest.json", "is of another incident than case.json");
}

/* ---- how it came here ---- */

/* Do the parameters give the hash that the rounds' records commit to, and name that file? */
static void
check_import(struct inspector *n, const json_t *o, int64_t from)
{
	const char *version = json_string_value(json_object_get(o, "version"));
	const char *text = json_string_value(json_object_get(o, "parameters"));
	const struct csv_round *r = inspect_round(n, from);
	crypto_generichash_state st;
	uint8_t hash[32];
	json_t *j;

	if (n->hidden)		/* its name might tell something */
		return;
	if (version == NULL || text == NULL || r == NULL) {
		inspect_fail(n, "manifest.json", "origins: an import without version, parameters or round");
		return;
	}
	crypto_generichash_init(&st, NULL, 0, sizeof(hash));
	crypto_generichash_update(&st, (const uint8_t *)version, strlen(version) + 1);
	crypto_generichash_update(&st, (const uint8_t *)text, strlen(text));
	crypto_generichash_final(&st, hash, sizeof(hash));
	j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (memcmp(hash, r->parameters, sizeof(hash)) != 0 ||
	    !json_equal(json_object_get(j, "sha256"), json_object_get(o, "file_sha256")))
		inspect_fail(n, "manifest.json", "origins: round %" PRId64 " does not commit to this import",
		    from);
	json_decref(j);
}

static void
check_origins(struct inspector *n)
{
	int64_t counted[ORIGIN_N] = { 0 }, told = 0, own = 0;
	const json_t *o;
	size_t i;

	for (i = 0; i < n->nrounds; i++)
		if (n->round[i].own && n->round[i].origin != UNKNOWN) {
			counted[n->round[i].origin]++;
			own++;
		}
	for (int k = 0; k < ORIGIN_N; k++)
		if (whole_of(member(n->kase, "origins", origin_name[k])) != counted[k])
			inspect_fail(n, "case.json", "origins: %" PRId64 " rounds were %s by their records",
			    counted[k], origin_name[k]);
	if (json_string_value(member(n->kase, "claimed", NULL)) == NULL ||
	    strcmp(json_string_value(member(n->kase, "claimed", NULL)), bundle_claim(counted)) != 0)
		inspect_fail(n, "case.json", "claims something else than what records of this origin show");
	json_array_foreach(json_object_get(n->manifest, "origins"), i, o) {
		const char *name = json_string_value(json_object_get(o, "origin"));
		int64_t from = whole_of(json_object_get(o, "from_round"));
		const struct csv_round *r = inspect_round(n, from);

		told += whole_of(json_object_get(o, "rounds"));
		if (name == NULL || r == NULL || r->origin == UNKNOWN ||
		    strcmp(name, origin_name[r->origin]) != 0)
			inspect_fail(n, "manifest.json", "origins: round %" PRId64 " came in another way", from);
		else if (r->origin == ORIGIN_IMPORTED)
			check_import(n, o, from);
	}
	if (told > own)
		inspect_fail(n, "manifest.json", "origins: more rounds than there are");
}

/* ---- tests, and the sentence ---- */

static void
check_method(struct inspector *n, const json_t *tests)
{
	const struct tar_file *f = tar_pack_find(n->k, "METHOD.txt");
	struct found_test *t = calloc(json_array_size(tests) + 1, sizeof(*t));
	char *text = NULL;
	size_t i, len = 0;
	const json_t *v;
	FILE *out = open_memstream(&text, &len);

	json_array_foreach(tests, i, v)
		if (t != NULL)
			t[i] = (struct found_test){ (char *)(uintptr_t)json_string_value(member(v, "name", NULL)),
				(char *)(uintptr_t)json_string_value(member(v, "family", NULL)),
				real_of(member(v, "statistic", NULL)), real_of(member(v, "threshold", NULL)) };
	n->oom |= t == NULL || out == NULL;
	if (t != NULL && out != NULL)
		bundle_method_write(out, t, json_array_size(tests));
	if (out != NULL)
		fclose(out);
	if (!n->oom && f != NULL && (f->len != len || memcmp(f->p, text, len) != 0))
		inspect_fail(n, "METHOD.txt", "is not what this version writes of these tests");
	free(text);
	free(t);
}

/* Texts that are the same in every bundle of this version. */
static void
check_texts(struct inspector *n)
{
	static const struct { const char *name; int (*write)(struct bundle *, FILE *); } fixed[] = {
		{ "README.txt", bundle_readme }, { "verify.sh", bundle_verify_sh },
	};
	const char *version = json_string_value(member(n->manifest, "software", "version"));

	if (version == NULL || strcmp(version, KANSOKU_VERSION) != 0)
		return;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		const struct tar_file *f = tar_pack_find(n->k, fixed[i].name);
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);

		if (out != NULL) {
			fixed[i].write(NULL, out);
			fclose(out);
		}
		if (text == NULL)
			n->oom = true;
		else if (f != NULL && (f->len != len || memcmp(f->p, text, len) != 0))
			inspect_fail(n, fixed[i].name, "is not what version %s writes", version);
		free(text);
	}
	check_method(n, json_object_get(n->kase, "tests"));
}

static void
check_tests(struct inspector *n)
{
	const json_t *tests = json_object_get(n->kase, "tests"), *t;
	const json_t *thresholds = json_object_get(n->manifest, "thresholds");
	size_t i;

	json_array_foreach(tests, i, t) {
		const char *name = json_string_value(member(t, "name", NULL));

		if (name == NULL || json_string_value(member(t, "family", NULL)) == NULL) {
			inspect_fail(n, "case.json", "a test without a name");
			return;
		}
		if (!same_real(real_of(json_object_get(thresholds, name)), real_of(member(t, "threshold", NULL))))
			inspect_fail(n, "manifest.json", "thresholds: \"%s\" is another than in case.json", name);
	}
	if (json_array_size(tests) != json_object_size(thresholds))
		inspect_fail(n, "manifest.json", "thresholds: not those of the tests in case.json");
	check_texts(n);
}

static enum incident_kind
kind_of(const char *name)
{
	for (int k = 0; k < INC_NKIND; k++)
		if (name != NULL && strcmp(name, incident_kind_name[k]) == 0)
			return (enum incident_kind)k;
	return INC_NKIND;
}

static const char *
injector_of(const struct inspector *n)
{
	for (size_t i = 0; i < n->ncsv_peers; i++)
		if (strcmp(n->csv_peer[i].label, delivered_name[DELIVERED_INJECTOR]) == 0)
			return n->csv_peer[i].name;
	return NULL;
}

static void
check_state(struct inspector *n, const struct incident_row *r)
{
	const char *said = json_string_value(member(n->kase, "state", NULL));
	enum incident_state state = incident_state(r);

	if (said == NULL || strcmp(said, incident_state_name[state]) != 0)
		inspect_fail(n, "case.json", "state: %s follows from its end and quiet rounds",
		    incident_state_name[state]);
	if (r->quiet < 0 || (r->end_ms != UNKNOWN && r->quiet != 0))
		inspect_fail(n, "case.json", "quiet_rounds cannot be");
}

/* The sentence is made anew from the other members. */
static void
check_summary(struct inspector *n)
{
	const char *said = json_string_value(member(n->kase, "summary", NULL));
	struct incident_row r = { .kind = kind_of(json_string_value(member(n->kase, "kind", NULL))),
		.start_ms = time_of(n, "case.json", "start", member(n->kase, "start", NULL)),
		.end_ms = time_of(n, "case.json", "end", member(n->kase, "end", NULL)),
		.last_ms = time_of(n, "case.json", "last_new", member(n->kase, "last_new", NULL)),
		.rounds = whole_of(member(n->kase, "rounds_with_new_sources", NULL)),
		.quiet = whole_of(member(n->kase, "quiet_rounds", NULL)),
		.bogus = real_of(member(n->kase, "estimate", "bogus_sources")),
		.bogus_low = real_of(member(n->kase, "estimate", "low")),
		.bogus_high = real_of(member(n->kase, "estimate", "high")) };
	int64_t sampling = whole_of(member(n->kase, "estimate", "sampling"));
	char plain[INCIDENT_SENTENCE], us[INCIDENT_SENTENCE];
	const char *who = injector_of(n), *source = json_string_value(member(n->kase, "source", NULL));

	if (r.kind == INC_NKIND)
		inspect_fail(n, "case.json", "kind is none of kansoku's");
	if (source == NULL || strcmp(source, who != NULL ? "probable injector" : "not determined") != 0)
		inspect_fail(n, "case.json", "source does not follow from the labels in peers.csv");
	if (!(r.bogus_low <= r.bogus && r.bogus <= r.bogus_high) && r.kind <= INC_TARGETED_HASH)
		inspect_fail(n, "case.json", "estimate: not between its bounds");
	check_state(n, &r);
	r.sampling = sampling > 1 && sampling <= UINT32_MAX ? (uint32_t)sampling : 1;
	if (n->hidden || r.kind > INC_TARGETED_HASH)
		return;
	incident_sentence(plain, &r, who, false);
	incident_sentence(us, &r, who, true);
	if (said == NULL || (strcmp(said, plain) != 0 && strcmp(said, us) != 0))
		inspect_fail(n, "case.json", "summary is not what its members come to");
}

/* ---- who delivered ---- */

static void
check_label(struct inspector *n, const struct csv_peer *p)
{
	int64_t start = UNKNOWN, end = UNKNOWN;
	const char *last = json_string_value(member(n->kase, "last_new", NULL));
	const char *level = bundle_level(&(struct found_peer){ .imported = p->imported,
	    .records = p->records });

	if (strcmp(p->level, level) != 0)
		inspect_fail(n, "peers.csv", "%s: evidence_level is not \"%s\"", p->name, level);
	if (p->answered > p->dialled)
		inspect_fail(n, "peers.csv", "%s: more handshakes than dials", p->name);
	if (!(isnan(p->share) ? p->rank == UNKNOWN : p->rank >= 1 && p->share >= 0 && p->share <= 1))
		inspect_fail(n, "peers.csv", "%s: a rank without a share, or a share that cannot be", p->name);
	if (strcmp(p->label, delivered_name[DELIVERED_BY]) == 0)
		return;
	if (strcmp(p->label, delivered_name[DELIVERED_SELF]) == 0 && p->rank >= 1)
		return;
	if (last != NULL)
		utctime_parse(&end, last);
	if (json_string_value(member(n->kase, "start", NULL)) != NULL)
		utctime_parse(&start, json_string_value(member(n->kase, "start", NULL)));
	if (strcmp(p->label, delivered_name[DELIVERED_INJECTOR]) != 0 || p->rank != 1 ||
	    !(p->share >= INJECTOR_SHARE) || !(p->ratio >= INJECTOR_RATIO) || p->rounds < INJECTOR_ROUNDS ||
	    end == UNKNOWN || end - start < INJECTOR_MS)
		inspect_fail(n, "peers.csv", "%s: does not meet the conditions of the label \"%s\"", p->name,
		    p->label);
}

static void
compare_ranked(struct inspector *n, const struct csv_peer *p, bool met[])
{
	const json_t *d, *all = json_object_get(n->kase, "delivered_by");
	size_t i;

	json_array_foreach(all, i, d) {
		const char *label = json_string_value(member(d, "label", NULL));

		if (whole_of(member(d, "rank", NULL)) != p->rank || met[i])
			continue;
		met[i] = true;
		if (json_string_value(member(d, "peer", NULL)) == NULL || label == NULL ||
		    strcmp(json_string_value(member(d, "peer", NULL)), p->name) != 0 ||
		    strcmp(label, p->label) != 0 || !same_real(real_of(member(d, "share", NULL)), p->share) ||
		    !same_real(real_of(member(d, "ratio", NULL)), p->ratio))
			inspect_fail(n, "case.json", "delivered_by: rank %" PRId64 " is another than in peers.csv",
			    p->rank);
		return;
	}
	inspect_fail(n, "case.json", "delivered_by: rank %" PRId64 " is missing", p->rank);
}

static void
check_ranks(struct inspector *n)
{
	size_t all = json_array_size(json_object_get(n->kase, "delivered_by")), ranked = 0;
	bool *met = calloc(all + 1, sizeof(*met));
	int64_t last = 0;

	for (size_t i = 0; met != NULL && i < n->ncsv_peers; i++) {
		const struct csv_peer *p = &n->csv_peer[i];

		check_label(n, p);
		if (p->rank == UNKNOWN)
			continue;
		if (p->rank <= last)
			inspect_fail(n, "peers.csv", "%s: its rank does not follow", p->name);
		last = p->rank;
		ranked++;
		compare_ranked(n, p, met);
	}
	n->oom |= met == NULL;
	free(met);
	if (ranked != all)
		inspect_fail(n, "case.json", "delivered_by: %zu peers are ranked in peers.csv", ranked);
}

/* ---- what the analysis says of each round ---- */

static bool
ordered(double low, double high)
{
	return isnan(low) || isnan(high) || low <= high * (1 + 1e-9) + 1e-9;
}

static void
check_series(struct inspector *n, bool whole)
{
	for (size_t i = 0; i < n->nrounds; i++) {
		const struct csv_round *r = &n->round[i];
		const double *v = r->series;
		double gone = v[S_INSTANT] - v[S_INSTANT_CLEAN];

		if (!ordered(v[S_INSTANT], v[S_DAY_KEYS]) || !ordered(v[S_DAY_KEYS], v[S_DAY_ALL]) ||
		    !ordered(v[S_INSTANT_CLEAN], v[S_INSTANT]) || !ordered(v[S_DAY_KEYS_CLEAN], v[S_DAY_KEYS]) ||
		    !ordered(v[S_DAY_ALL_CLEAN], v[S_DAY_ALL]) || !ordered(v[S_FLOOD_LOW], v[S_FLOOD]) ||
		    !ordered(v[S_FLOOD], v[S_FLOOD_HIGH]) || !ordered(0, v[S_IMPOSSIBLE]) ||
		    !ordered(v[S_IMPOSSIBLE], 1))
			inspect_fail(n, "rounds.csv", "round %" PRId64 ": counts of the analysis contradict each"
			    " other", r->round);
		/* What is not clean are the sources of this incident, and those of others at the time. */
		if (r->own && whole && !isnan(gone) &&
		    gone < (double)r->key_sources - 0.5 - 0.001 * (double)r->key_sources)
			inspect_fail(n, "rounds.csv", "round %" PRId64 ": %" PRId64 " bogus sources follow from"
			    " keys.jsonl, and instant less instant_clean is %.1f", r->round, r->key_sources, gone);
		if (r->own && !isnan(v[S_FLOOD]) && fabs(gone - v[S_FLOOD]) > 1 + 0.01 * v[S_FLOOD])
			inspect_fail(n, "rounds.csv", "round %" PRId64 ": flood is not instant less instant_clean",
			    r->round);
	}
}

/* The log of which the bundle shows a part. */
static void
check_log(struct inspector *n)
{
	const json_t *log = json_object_get(n->manifest, "log");
	const struct csv_round *last = &n->round[n->nrounds - 1];
	const char *text = json_string_value(json_object_get(log, "head"));
	uint8_t head[MERKLE_HASH];

	if (text == NULL || !inspect_hex(text, strlen(text), head, sizeof(head)) ||
	    whole_of(json_object_get(log, "entries")) < last->seq ||
	    (whole_of(json_object_get(log, "entries")) == last->seq &&
	    memcmp(head, last->head, sizeof(head)) != 0))
		inspect_fail(n, "manifest.json", "log: does not go on from the bundle's part of it");
}

/* What is never claimed, and that no more sources are listed than were judged. */
static void
check_limits(struct inspector *n)
{
	static const struct { const char *grade, *kind; } grades[] = {
		{ "speed", "grade-speed" }, { "contact", "grade-contact" }, { "follow_up", "grade-follow-up" },
	};
	const char *not = json_string_value(member(n->kase, "not_claimed", NULL));
	const json_t *e;
	size_t i;

	if (not == NULL || strcmp(not, bundle_not_claimed) != 0)
		inspect_fail(n, "case.json", "not_claimed is not what no bundle claims");
	if (whole_of(member(n->kase, "stated", "sources_judged_bogus")) <
	    whole_of(member(n->kase, "stated", "sources")))
		inspect_fail(n, "case.json", "stated: more sources than were judged bogus");
	for (size_t g = 0; g < sizeof(grades) / sizeof(grades[0]); g++) {
		int64_t last = UNKNOWN;

		json_array_foreach(json_object_get(n->kase, "history"), i, e) {
			const char *kind = json_string_value(json_object_get(e, "kind"));

			if (kind != NULL && strcmp(kind, grades[g].kind) == 0)
				last = whole_of(json_object_get(e, "grade"));
		}
		if (whole_of(member(n->kase, "grades", grades[g].grade)) != last)
			inspect_fail(n, "case.json", "grades: %s is not the last of the history", grades[g].grade);
	}
}

void
inspect_claims(struct inspector *n)
{
	bool whole;

	if (n->manifest == NULL || n->kase == NULL || n->nrounds == 0)
		return;
	whole = json_equal(member(n->kase, "counts", "records"), member(n->kase, "stated", "records"));
	check_window(n);
	check_origins(n);
	check_tests(n);
	check_summary(n);
	check_ranks(n);
	check_series(n, whole);
	check_log(n);
	check_limits(n);
}
