/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two bundles side by side: can both be true?
 *
 * Bundles of one database (manifest.json, database) are parts of one log and one
 * sequence: where both show an entry it is the same, the log of the later one holds the
 * head of the earlier one as far as it can be seen, no number of the sequence is given
 * twice, and the one after names the one before.  Bundles of two databases can show the
 * same rounds only if one was imported from the other: their facts are the same then.
 * What two bundles say of the same incident is the same, unless the later one is of a
 * time at which more was known: then it says so.
 */
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/evidence/inspect_impl.h"
#include "data/lib/utctime.h"

struct pair {
	struct inspector n;		/* for inspect_fail alone */
	const struct inspected *a, *b;	/* a is not the later one */
	int64_t		agree, contradict;
	void		(*tell)(const char *, void *);
	void		*arg;
};

struct inspected *
inspect_keep_new(const uint8_t hash[MINISIGN_HASH], const char *comment)
{
	struct inspected *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	memcpy(k->hash, hash, MINISIGN_HASH);
	snprintf(k->comment, sizeof(k->comment), "%s", comment);
	return k;
}

void
inspect_keep(struct inspector *n, struct inspected *k)
{
	k->manifest = n->manifest;
	k->kase = n->kase;
	k->round = n->round;
	k->nrounds = n->nrounds;
	k->peer = n->csv_peer;
	k->npeers = n->ncsv_peers;
	n->manifest = n->kase = NULL;
	n->round = NULL;
	n->csv_peer = NULL;
}

void
inspect_forget(struct inspected *k)
{
	if (k == NULL)
		return;
	json_decref(k->manifest);
	json_decref(k->kase);
	free(k->round);
	free(k->peer);
	free(k);
}

static int64_t
seq_of(const struct inspected *k)
{
	char text[32];

	return inspect_field(k->comment, "seq", text, sizeof(text)) ? strtoll(text, NULL, 10) : UNKNOWN;
}

static bool
same_member(const struct pair *p, const char *key)
{
	return json_equal(json_object_get(p->a->manifest, key), json_object_get(p->b->manifest, key));
}

/* ---- one database: one sequence, one log ---- */

static void
compare_sequence(struct pair *p)
{
	int64_t a = seq_of(p->a), b = seq_of(p->b);
	char prev[64], want[33];

	if (a == b && memcmp(p->a->hash, p->b->hash, MINISIGN_HASH) != 0)
		inspect_fail(&p->n, "sequence", "both are bundle %" PRId64 " of one database", a);
	else if (b == a + 1 && sodium_bin2hex(want, sizeof(want), p->a->hash, 16) != NULL &&
	    (!inspect_field(p->b->comment, "prev", prev, sizeof(prev)) || strcmp(prev, want) != 0))
		inspect_fail(&p->n, "sequence", "bundle %" PRId64 " does not name the other as the one before", b);
}

static void
compare_head(struct pair *p, const struct inspected *of, int64_t entry, const uint8_t head[MERKLE_HASH])
{
	for (size_t i = 0; i < of->nrounds; i++) {
		if (of->round[i].seq != entry)
			continue;
		if (memcmp(of->round[i].head, head, MERKLE_HASH) == 0)
			p->agree++;
		else
			inspect_fail(&p->n, "log", "entry %" PRId64 " is not the same in both", entry);
	}
}

/* The head of the whole log that a bundle names. */
static bool
log_head(const struct inspected *k, int64_t *entry, uint8_t head[MERKLE_HASH])
{
	const json_t *log = json_object_get(k->manifest, "log");
	const char *text = json_string_value(json_object_get(log, "head"));

	*entry = json_integer_value(json_object_get(log, "entries"));
	return text != NULL && inspect_hex(text, strlen(text), head, MERKLE_HASH);
}

static void
compare_logs(struct pair *p)
{
	uint8_t a[MERKLE_HASH], b[MERKLE_HASH];
	int64_t ea, eb;

	for (size_t i = 0; i < p->a->nrounds; i++)
		compare_head(p, p->b, p->a->round[i].seq, p->a->round[i].head);
	if (!log_head(p->a, &ea, a) || !log_head(p->b, &eb, b))
		return;
	compare_head(p, p->b, ea, a);
	compare_head(p, p->a, eb, b);
	if (ea == eb && memcmp(a, b, sizeof(a)) != 0)
		inspect_fail(&p->n, "log", "entry %" PRId64 " is not the same in both", ea);
	else if (ea == eb)
		p->agree++;
	if (ea > eb && seq_of(p->a) < seq_of(p->b))
		inspect_fail(&p->n, "log", "the later bundle is of a shorter log: its end was cut");
}

/* ---- two databases of one sensor ---- */

static void
compare_rounds(struct pair *p)
{
	for (size_t i = 0; i < p->a->nrounds; i++) {
		const struct csv_round *x = &p->a->round[i];

		for (size_t k = 0; k < p->b->nrounds; k++) {
			const struct csv_round *y = &p->b->round[k];
			bool same = x->start_ms == y->start_ms && x->end_ms == y->end_ms &&
			    x->tried == y->tried && x->reached == y->reached && x->complete == y->complete;

			if (!x->own || !y->own || x->round != y->round)
				continue;
			for (int t = OBS_KEY; same && t < OBS_NTYPE; t++)
				same = translog_part_count(x->parts, (enum observation_type)t) ==
				    translog_part_count(y->parts, (enum observation_type)t);
			if (same && x->origin != ORIGIN_IMPORTED && y->origin != ORIGIN_IMPORTED)
				same = memcmp(x->parts, y->parts, sizeof(x->parts)) == 0;
			p->agree += same;
			if (!same)
				inspect_fail(&p->n, "rounds", "round %" PRId64 " of this sensor is not the same in both",
				    x->round);
		}
	}
}

/* ---- what they say ---- */

static bool
overlap(const struct pair *p)
{
	for (size_t i = 0; i < p->a->nrounds; i++)
		for (size_t k = 0; k < p->b->nrounds; k++)
			if (p->a->round[i].own && p->b->round[k].own &&
			    p->a->round[i].round == p->b->round[k].round)
				return true;
	return false;
}

static bool
was_closed(const json_t *kase)
{
	const char *state = json_string_value(json_object_get(kase, "state"));

	return state != NULL && strcmp(state, "closed") == 0;
}

static bool
supersedes(const struct pair *p)
{
	const char *text = json_string_value(json_object_get(p->b->manifest, "supersedes"));
	char hex[2 * MINISIGN_HASH + 1];

	return text != NULL && strcmp(text, sodium_bin2hex(hex, sizeof(hex), p->a->hash, MINISIGN_HASH)) == 0;
}

/* Two stories of one incident: the same, or told when less was known, or a contradiction. */
static void
compare_stories(struct pair *p)
{
	static const char *const fixed[] = { "kind", "start", "first_round" };
	static const char *const closed[] = { "end", "last_round", "estimate", "rounds_with_new_sources",
		"source", "summary", "stated", "delivered_by", "tests" };
	const json_t *a = p->a->kase, *b = p->b->kase;
	bool one = json_equal(json_object_get(p->a->manifest, "database"),
	    json_object_get(p->b->manifest, "database"));
	bool done = was_closed(a);
	bool hidden = json_is_object(json_object_get(p->a->manifest, "pseudonyms")) ||
	    json_is_object(json_object_get(p->b->manifest, "pseudonyms"));

	if (!overlap(p) || !json_equal(json_object_get(a, "kind"), json_object_get(b, "kind")) ||
	    (one && !json_equal(json_object_get(a, "incident"), json_object_get(b, "incident"))))
		return;
	if (supersedes(p)) {
		if (p->tell != NULL)
			p->tell("the later bundle supersedes the earlier one, and says so", p->arg);
		return;
	}
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!json_equal(json_object_get(a, fixed[i]), json_object_get(b, fixed[i])))
			inspect_fail(&p->n, "story", "%s of the incident is not the same in both", fixed[i]);
	for (size_t i = 0; done && i < sizeof(closed) / sizeof(closed[0]); i++) {
		bool names = strcmp(closed[i], "summary") == 0 || strcmp(closed[i], "delivered_by") == 0;

		if ((names && hidden) || json_equal(json_object_get(a, closed[i]), json_object_get(b, closed[i])))
			continue;
		inspect_fail(&p->n, "story", "%s of the incident is not the same in both, though it was closed",
		    closed[i]);
	}
	if (!done && p->tell != NULL)
		p->tell("the earlier bundle was made before the incident was closed; the later one supersedes it",
		    p->arg);
}

int64_t
inspect_pair(struct inspection *a, const struct inspection *b, void (*tell)(const char *, void *),
    void *arg)
{
	struct pair p = { .n = { .i = a }, .a = a->kept, .b = b->kept, .tell = tell, .arg = arg };

	if (p.a == NULL || p.b == NULL || p.a->manifest == NULL || p.b->manifest == NULL)
		return 0;
	if (seq_of(p.a) > seq_of(p.b)) {
		p.a = b->kept;
		p.b = a->kept;
	}
	if (!same_member(&p, "sensor") || !same_member(&p, "overlay"))
		return 0;
	if (same_member(&p, "database")) {
		compare_sequence(&p);
		compare_logs(&p);
	} else {
		compare_rounds(&p);
	}
	compare_stories(&p);
	return p.agree;
}
