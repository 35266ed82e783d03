/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keys.jsonl: does each line say what its record says, and was that record logged? */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/evidence/inspect_impl.h"
#include "data/evidence/keyline.h"
#include "data/format/canonical.h"
#include "data/store/results.h"

#define RECORD_MAX	(1u << 16)	/* bytes of a record, or of a raw one */
#define LINE_MAX_BYTES	(1u << 20)
#define SET_SLOTS	(1u << 22)
#define PAIR_SLOTS	(1u << 24)

static const char part[] = "keys.jsonl";

struct keys_line {
	const char	*p;
	size_t		 len;
	int64_t		 number;
	json_t		*j;
	struct canonical_read read;	/* as its record has it; texts in record */
	uint8_t		*record;	/* RECORD_MAX bytes, used again and again */
	size_t		 record_len;
	uint8_t		 leaf[MERKLE_HASH];
	struct merkle_proof proof;
	/* of the line before: lines ascend, so that none counts twice */
	int64_t		 last_round;
	int		 last_type;
	uint64_t	 last_index;
};

static void
fail(struct inspector *n, const struct keys_line *l, const char *what)
{
	inspect_fail(n, part, "line %" PRId64 ": %s", l->number, what);
}

static const char *
text_of_member(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s == NULL ? "" : s;
}

static bool
hex_member(const json_t *j, const char *key, uint8_t *out, size_t n)
{
	const char *s = text_of_member(j, key);

	return inspect_hex(s, strlen(s), out, n);
}

/* ---- the record ---------------------------------------------------------------------- */

static bool
read_record(const struct inspector *n, struct keys_line *l)
{
	const struct overlay_fields *fields = n->fields != NULL ? n->fields : overlay_fields(NULL);
	const char *hex = text_of_member(l->j, "record");
	const char *type = text_of_member(l->j, "type");

	l->record_len = strlen(hex) / 2;
	if (l->record_len > RECORD_MAX || !inspect_hex(hex, 2 * l->record_len, l->record,
	    l->record_len))
		return false;
	if (strcmp(type, observation_type_name[OBS_KEY]) == 0)
		return canonical_read_key(&l->read, fields, l->record, l->record_len);
	return strcmp(type, observation_type_name[OBS_NEIGHBOUR]) == 0 &&
	    canonical_read_neighbour(&l->read, fields, l->record, l->record_len);
}

/* "n" and 32 hex digits. */
static bool
is_token(const char *s)
{
	return s[0] == 'n' && strlen(s) == 1 + 2 * TOKEN_BYTES &&
	    strspn(s + 1, "0123456789abcdef") == 2 * TOKEN_BYTES;
}

/* In a pseudonymous bundle the line alone names them. */
static bool
take_tokens(const struct keys_line *l, struct keyline *k)
{
	const struct observation *o = &l->read.o;
	const struct field *f = o->fields->of[o->type].field;

	memset(k, 0, sizeof(*k));
	if (!is_token(text_of_member(l->j, "peer")) || !is_token(text_of_member(l->j, "source")))
		return false;
	snprintf(k->peer, sizeof(k->peer), "%s", text_of_member(l->j, "peer"));
	snprintf(k->source, sizeof(k->source), "%s", text_of_member(l->j, "source"));
	for (int i = 0; i < o->fields->of[o->type].n; i++) {
		const char *token = f[i].type == FIELD_ENDPOINT ? text_of_member(l->j, f[i].name) : "";

		if (*token != '\0' && !is_token(token))
			return false;
		snprintf(k->endpoint[i], sizeof(k->endpoint[i]), "%s", token);
	}
	return true;
}

/* Writes the line's beginning anew from its record: the very same bytes. */
static const char *
compare_text(struct inspector *n, const struct keys_line *l)
{
	static const struct pseudonyms open;
	struct json_out j;
	struct keyline k;
	char *text;
	size_t len;
	bool same;

	if (!n->hidden)
		keyline_name(&k, &open, &l->read.o);
	else if (!take_tokens(l, &k))
		return "peer, source or another endpoint is no token";
	json_start(&j, NULL, JSON_FORM_LINE);
	json_put_object(&j, NULL);
	keyline_put(&j, &k, &l->read.o);
	if ((text = json_text(&j, &len)) == NULL) {
		n->oom = true;
		return NULL;
	}
	same = len < l->len && memcmp(text, l->p, len) == 0 && l->p[len] == ',';
	free(text);
	return same ? NULL : "does not say what its record says";
}

/* Raw bytes, if there are any, have the hash that is in the record. */
static bool
check_raw(const struct keys_line *l)
{
	const char *hex = text_of_member(l->j, "raw");
	uint8_t raw[4096], hash[32];
	size_t len = strlen(hex) / 2;

	if (len == 0 || l->read.o.type != OBS_KEY)
		return len == 0;
	if (len > sizeof(raw) || !inspect_hex(hex, 2 * len, raw, len))
		return false;
	crypto_generichash(hash, sizeof(hash), raw, len, NULL, 0);
	return l->read.o.key.raw.len == sizeof(hash) &&
	    memcmp(hash, l->read.o.key.raw.p, sizeof(hash)) == 0;
}

/* ---- the proof ------------------------------------------------------------------------- */

static bool
read_proof(struct keys_line *l)
{
	const json_t *siblings = json_object_get(l->j, "proof"), *index, *leaves;
	const char *s;

	index = json_object_get(l->j, "index");
	leaves = json_object_get(l->j, "leaves");
	if (!json_is_integer(index) || !json_is_integer(leaves) || !json_is_array(siblings) ||
	    json_array_size(siblings) > MERKLE_LEVELS || json_integer_value(index) < 0 ||
	    json_integer_value(leaves) < 0)
		return false;
	l->proof.index = (uint64_t)json_integer_value(index);
	l->proof.n = (uint64_t)json_integer_value(leaves);
	l->proof.len = json_array_size(siblings);
	for (size_t i = 0; i < l->proof.len; i++) {
		s = json_string_value(json_array_get(siblings, i));
		if (s == NULL || !inspect_hex(s, strlen(s), l->proof.sibling[i], MERKLE_HASH))
			return false;
	}
	return hex_member(l->j, "leaf", l->leaf, sizeof(l->leaf));
}

static const char *
check_proof(struct inspector *n, struct keys_line *l)
{
	const struct csv_round *r = inspect_round(n, l->read.o.round);
	uint8_t salt[MERKLE_SALT], leaf[MERKLE_HASH];

	if (!read_proof(l))
		return "its proof cannot be read";
	if (!n->hidden) {
		if (!hex_member(l->j, "salt", salt, sizeof(salt)))
			return "its salt cannot be read";
		merkle_leaf(leaf, salt, l->record, l->record_len);
		if (memcmp(leaf, l->leaf, sizeof(leaf)) != 0)
			return "its record and salt do not give its leaf";
	}
	if (r == NULL)
		return "its round is not in rounds.csv";
	if (l->proof.n != translog_part_count(r->parts, l->read.o.type) ||
	    !merkle_check(&l->proof, l->leaf, translog_part_root(r->parts, l->read.o.type)))
		return "its proof does not lead to what was logged in its round";
	return NULL;
}

/* ---- counting ---------------------------------------------------------------------------- */

static void
key_of(const char *text, uint8_t key[16])
{
	crypto_generichash(key, 16, (const uint8_t *)text, strlen(text), NULL, 0);
}

const struct line_peer *
inspect_peer(const struct inspector *n, const char *name)
{
	const uint32_t *number;
	uint8_t key[16];

	key_of(name, key);
	number = n->npeers == 0 ? NULL : id_table_find(&n->peers, key);
	return number == NULL ? NULL : &n->peer[*number - 1];
}

/* The number of a text in a set, from 1; new ones get the next.  0 without memory. */
static uint32_t
number_of(struct inspector *n, struct id_table *set, const char *text, size_t next)
{
	uint8_t key[16];
	const uint32_t *known;
	uint32_t number = (uint32_t)next;

	key_of(text, key);
	if ((known = id_table_find(set, key)) != NULL)
		return *known;
	if (id_table_is_full(set, 1) || id_table_add(set, key, &number) != 0) {
		n->oom = true;
		return 0;
	}
	return number;
}

static struct line_peer *
peer_of(struct inspector *n, const char *name)
{
	uint32_t number = number_of(n, &n->peers, name, n->npeers + 1);
	struct line_peer *p;

	if (number == 0)
		return NULL;
	if (number > n->npeers) {
		if ((p = reallocarray(n->peer, n->npeers + 1, sizeof(*p))) == NULL) {
			n->oom = true;
			return NULL;
		}
		n->peer = p;
		n->peer[n->npeers++] = (struct line_peer){ .first_s = INT64_MAX,
			.last_s = INT64_MIN };
		snprintf(n->peer[number - 1].name, sizeof(n->peer[0].name), "%s", name);
	}
	return &n->peer[number - 1];
}

/* True if the source was not met in this round before; -1 without memory. */
static int
new_in_round(struct inspector *n, uint32_t source, uint32_t round)
{
	uint64_t *says;
	uint32_t *p;
	bool fresh;

	if (source > n->nsources) {
		if ((p = reallocarray(n->source_round, source, sizeof(*p))) == NULL) {
			n->oom = true;
			return -1;
		}
		n->source_round = p;
		if ((says = reallocarray(n->source_says, source, sizeof(*says))) == NULL) {
			n->oom = true;
			return -1;
		}
		n->source_says = says;
		n->source_says[source - 1] = 0;
		n->source_round[n->nsources++] = 0;
	}
	fresh = n->source_round[source - 1] != round;
	n->source_round[source - 1] = round;
	return fresh;
}

static bool
new_pair(struct inspector *n, uint32_t peer, uint32_t source)
{
	const uint32_t key[2] = { peer, source };

	if (id_table_find(&n->pairs, key) != NULL)
		return false;
	if (id_table_is_full(&n->pairs, 1) || id_table_add(&n->pairs, key, &(uint32_t){ 1 }) != 0)
		n->oom = true;
	return true;
}

/* What a line says of its source, all lines of that source say; such a source is bogus. */
static const char *
compare_verdict(struct inspector *n, const struct keys_line *l, uint32_t source, int fresh)
{
	const json_t *p = json_object_get(l->j, "probability"), *flags = json_object_get(l->j, "flags"), *f;
	uint64_t says[2];
	json_t *said;
	char *text;
	size_t i;

	if (strcmp(text_of_member(l->j, "verdict"), verdict_name[VERDICT_BOGUS]) != 0 ||
	    !json_is_number(p) || !(json_number_value(p) >= 0.5 && json_number_value(p) <= 1) ||
	    !json_is_array(flags))
		return "is no record of a bogus source";
	json_array_foreach(flags, i, f) {
		const char *name = json_string_value(f);

		if (name == NULL || strcmp(name, results_flag_name(FLAG_VERIFIED)) == 0)
			return "its source answered, and such a one is not called bogus";
		if (strcmp(name, results_flag_name(FLAG_ONE_SHOT)) == 0 && fresh == 1 &&
		    n->source_says[source - 1] != 0)
			return "its source is said to be seen in one round, and is in two";
	}
	said = json_pack("[O, O, O]", p, flags, json_object_get(l->j, "source_level"));
	text = said != NULL ? json_dumps(said, JSON_COMPACT) : NULL;
	json_decref(said);
	if (text == NULL)
		return "says nothing of its source";
	crypto_generichash((uint8_t *)says, sizeof(says), (const uint8_t *)text, strlen(text), NULL, 0);
	free(text);
	says[0] |= 1;		/* 0: no line yet */
	if (n->source_says[source - 1] == says[0])
		return NULL;
	if (n->source_says[source - 1] != 0)
		return "says something else of its source than a line before";
	n->source_says[source - 1] = says[0];
	return NULL;
}

static void
count_line(struct inspector *n, const struct keys_line *l)
{
	struct csv_round *r = inspect_round(n, l->read.o.round);
	uint32_t source = number_of(n, &n->sources, text_of_member(l->j, "source"),
	    n->nsources + 1);
	struct line_peer *p = peer_of(n, text_of_member(l->j, "peer"));
	int64_t s = l->read.o.t_ms / 1000;
	const char *why;
	int fresh;

	if (source == 0 || p == NULL || r == NULL ||
	    (fresh = new_in_round(n, source, l->read.o.round)) == -1)
		return;
	if ((why = compare_verdict(n, l, source, fresh)) != NULL)
		fail(n, l, why);
	r->records++;
	r->sources += fresh;
	if (l->read.o.type == OBS_KEY)
		r->key_sources += fresh;	/* keys of a round come before its neighbours */
	p->records++;
	p->imported += r->origin == ORIGIN_IMPORTED;
	p->sources += new_pair(n, (uint32_t)(p - n->peer), source);
	p->rounds += p->last_round != l->read.o.round;
	p->last_round = l->read.o.round;
	p->first_s = s < p->first_s ? s : p->first_s;
	p->last_s = s > p->last_s ? s : p->last_s;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool
ascends(struct keys_line *l)
{
	bool good = l->read.o.round != l->last_round ? l->read.o.round > l->last_round :
	    (int)l->read.o.type != l->last_type ? (int)l->read.o.type > l->last_type :
	    l->proof.index > l->last_index;

	l->last_round = l->read.o.round;
	l->last_type = (int)l->read.o.type;
	l->last_index = l->proof.index;
	return good;
}

static void
check_line(struct inspector *n, struct keys_line *l)
{
	const char *why;
	json_error_t e;

	n->records++;
	if (l->len > LINE_MAX_BYTES ||
	    (l->j = json_loadb(l->p, l->len, JSON_REJECT_DUPLICATES, &e)) == NULL) {
		fail(n, l, "is no JSON");
		return;
	}
	if (!read_record(n, l))
		fail(n, l, "its record cannot be read");
	else {
		if ((why = compare_text(n, l)) != NULL)
			fail(n, l, why);
		if (!n->hidden && !check_raw(l))
			fail(n, l, "its raw bytes are not those that its record names");
		if ((why = check_proof(n, l)) != NULL)
			fail(n, l, why);
		if (!ascends(l))
			fail(n, l, "is out of order, or there twice");
		count_line(n, l);
	}
	json_decref(l->j);
	l->j = NULL;
}

void
inspect_keys(struct inspector *n)
{
	const struct tar_file *f = tar_pack_find(n->k, part);
	struct keys_line l = { .number = 0 };

	if (f == NULL)
		return;
	id_table_init(&n->sources, 16, 1, SET_SLOTS);
	id_table_init(&n->peers, 16, 1, SET_SLOTS);
	id_table_init(&n->pairs, 2 * sizeof(uint32_t), 1, PAIR_SLOTS);
	l.record = malloc(RECORD_MAX);
	n->oom |= l.record == NULL;
	for (size_t at = 0; l.record != NULL && at < f->len; at += l.len + 1) {
		const char *end = memchr(f->p + at, '\n', f->len - at);

		l.number++;
		l.p = f->p + at;
		l.len = end == NULL ? f->len - at : (size_t)(end - l.p);
		check_line(n, &l);
	}
	free(l.record);
}
