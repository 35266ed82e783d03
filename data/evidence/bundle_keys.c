/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keys.jsonl: the records of the incident, each with the proof that it was logged. */
#include <stdlib.h>
#include <string.h>

#include "data/evidence/bundle_impl.h"
#include "data/evidence/keyline.h"
#include "data/format/canonical.h"
#include "data/lib/log.h"

/* One of the two trees that records of an incident come from. */
struct tree {
	uint8_t		*hashes;
	uint64_t	 n, room;
};

/* A listed record of the round under way, kept until the round's trees are whole. */
struct picked {
	const struct found_record *of;
	uint8_t		*record;	/* canonical bytes, then the raw ones */
	size_t		 len, raw_len;
	uint8_t		 salt[MERKLE_SALT], leaf[MERKLE_HASH];
};

struct keys {
	struct bundle	*b;
	FILE		*f;
	struct tree	 tree[OBS_NTYPE];
	struct picked	*picked;	/* of this round: keys, then neighbours, by index */
	size_t		 npicked, next[OBS_NTYPE];	/* the next of a tree to come by */
};

/* ---- gathering a round ------------------------------------------------------------- */

static int
keep_hash(struct tree *t, const uint8_t hash[MERKLE_HASH])
{
	if (t->n == t->room) {
		uint64_t more = t->room == 0 ? 4096 : t->room * 2;
		uint8_t *p = realloc(t->hashes, (size_t)more * MERKLE_HASH);

		if (p == NULL)
			return 2;
		t->hashes = p;
		t->room = more;
	}
	memcpy(t->hashes + t->n++ * MERKLE_HASH, hash, MERKLE_HASH);
	return 0;
}

static struct text
raw_of(const struct translog_leaf *l)
{
	static const struct text none;

	return l->of->type == OBS_KEY ? l->of->key.raw : none;
}

static int
pick(struct picked *p, const struct translog_leaf *l)
{
	struct text raw = raw_of(l);

	if ((p->record = malloc(l->len + raw.len)) == NULL)
		return 2;
	memcpy(p->record, l->record, l->len);
	if (raw.len > 0)
		memcpy(p->record + l->len, raw.p, raw.len);
	p->len = l->len;
	p->raw_len = raw.len;
	memcpy(p->salt, l->salt, sizeof(p->salt));
	memcpy(p->leaf, l->hash, sizeof(p->leaf));
	return 0;
}

static int
on_leaf(const struct translog_leaf *l, void *arg)
{
	struct keys *k = arg;
	struct picked *p;

	if (l->tree != OBS_KEY && l->tree != OBS_NEIGHBOUR)
		return 0;
	if (keep_hash(&k->tree[l->tree], l->hash) != 0)
		return 2;
	p = &k->picked[k->next[l->tree]];
	if (k->next[l->tree] == k->npicked || p->of->type != l->tree || p->of->index != l->index)
		return 0;
	k->next[l->tree]++;
	return pick(p, l);
}

/* ---- writing a line -------------------------------------------------------------------- */

static const char *
level_of(int contact)
{
	switch (contact) {
	case OUT_OK: return "handshake done";
	case OUT_DROPPED: case OUT_BAD_HANDSHAKE: case OUT_RESET: return "answered";
	default: return "named by others only";
	}
}

static void
put_verdict(struct json_out *j, const struct verdict_row *v)
{
	json_put_string(j, "verdict", verdict_name[v->verdict]);
	json_put_real(j, "probability", v->probability);
	json_put_array(j, "flags");
	for (unsigned bit = 0; bit < 32 && results_flag_name(bit) != NULL; bit++)
		if (v->flags >> bit & 1)
			json_put_string(j, NULL, results_flag_name(bit));
	json_put_end(j);
	json_put_string(j, "source_level", level_of(v->contact));
}

/* Addresses as tokens, which show what was one address with several ports. */
static void
put_addresses(struct keys *k, struct json_out *j, struct endpoint peer, struct endpoint source)
{
	char buf[NAME_TEXT];

	json_put_string(j, "peer_address", pseudonym_address(&k->b->pseudonyms, peer, buf));
	json_put_string(j, "source_address", pseudonym_address(&k->b->pseudonyms, source, buf));
}

/* What was logged, and what only the sensor's own names could add. */
static void
put_record(struct json_out *j, const struct picked *p)
{
	if (p->raw_len > 0)
		json_put_hex(j, "raw", p->record + p->len, p->raw_len);
	else
		json_put_null(j, "raw");
	json_put_hex(j, "record", p->record, p->len);
	json_put_hex(j, "salt", p->salt, sizeof(p->salt));
}

static void
put_proof(struct json_out *j, const struct picked *p, const struct merkle_tree *tree)
{
	struct merkle_proof proof;

	merkle_tree_prove(tree, p->of->index, &proof);
	json_put_hex(j, "leaf", p->leaf, sizeof(p->leaf));
	json_put_int(j, "index", (int64_t)proof.index);
	json_put_int(j, "leaves", (int64_t)proof.n);
	json_put_array(j, "proof");
	for (size_t i = 0; i < proof.len; i++)
		json_put_hex(j, NULL, proof.sibling[i], MERKLE_HASH);
	json_put_end(j);
}

static int
write_line(struct keys *k, const struct picked *p, const struct merkle_tree *tree)
{
	struct json_out j;
	struct canonical_read read;
	struct observation *o = &read.o;
	struct keyline line;
	struct canonical r = { 0 };
	bool key = p->of->type == OBS_KEY, hidden = k->b->pseudonyms.hidden;
	struct endpoint peer, source;
	char buf[FIELDS_MAX][NAME_TEXT];

	if (!(key ? canonical_read_key : canonical_read_neighbour)(&read, store_fields(k->b->s),
	    p->record, p->len))
		return 2;
	keyline_name(&line, &k->b->pseudonyms, o);
	peer = o->peer;
	source = keyline_source(o);
	if (hidden)
		pseudonym_strip(&k->b->pseudonyms, o, buf);
	json_start(&j, k->f, JSON_FORM_LINE);
	json_put_object(&j, NULL);
	keyline_put(&j, &line, o);
	put_verdict(&j, &k->b->f.source[p->of->source]);
	if (hidden) {		/* re-encoded without names, and without the salt */
		put_addresses(k, &j, peer, source);
		if (canonical_of_observation(&r, o) != 0)
			return 2;
		json_put_hex(&j, "record", r.p, r.len);
		free(r.p);
	} else {
		put_record(&j, p);
	}
	put_proof(&j, p, tree);
	json_put_end(&j);
	return 0;
}

/* ---- round by round ------------------------------------------------------------------------ */

static int
does_not_match(uint32_t round)
{
	log_error("round %u does not match the log, so no evidence is made of it;"
	    " \"kansoku verify --db\" tells more", round);
	return -1;
}

/* The log's own word on the tree, which the rows must still give. */
static bool
is_logged(struct keys *k, uint32_t round, enum observation_type t, const struct merkle_tree *tree)
{
	const struct translog_entry *e = bundle_entry(k->b, round);
	uint8_t root[MERKLE_HASH];

	merkle_tree_root(tree, root);
	return e != NULL && translog_part_count(e->parts, t) == k->tree[t].n &&
	    memcmp(root, translog_part_root(e->parts, t), sizeof(root)) == 0;
}

static int
write_picked(struct keys *k, uint32_t round, enum observation_type t)
{
	struct merkle_tree *tree = merkle_tree_new(k->tree[t].hashes, k->tree[t].n);
	int bad = 0;

	if (tree == NULL)
		return 2;
	if (!is_logged(k, round, t, tree))
		bad = does_not_match(round);
	for (size_t i = 0; bad == 0 && i < k->npicked; i++)
		if (k->picked[i].of->type == t)
			bad = k->picked[i].record == NULL ? does_not_match(round) :
			    write_line(k, &k->picked[i], tree);
	merkle_tree_free(tree);
	return bad;
}

static int
write_trees(struct keys *k, uint32_t round)
{
	int bad = translog_leaves(k->b->s, round, on_leaf, k);

	if (bad == -1)
		log_error("%s", store_error(k->b->s));
	if (bad == 0)
		bad = write_picked(k, round, OBS_KEY);
	return bad == 0 ? write_picked(k, round, OBS_NEIGHBOUR) : bad;
}

static int
write_round(struct keys *k, const struct found_record *first, size_t n)
{
	int bad;

	k->tree[OBS_KEY].n = k->tree[OBS_NEIGHBOUR].n = 0;
	k->next[OBS_KEY] = k->next[OBS_NEIGHBOUR] = 0;
	k->npicked = n;
	if ((k->picked = calloc(n, sizeof(*k->picked))) == NULL)
		return 2;
	for (size_t i = 0; i < n; i++) {
		k->picked[i].of = &first[i];
		k->next[OBS_NEIGHBOUR] += first[i].type == OBS_KEY;
	}
	bad = write_trees(k, first->round);
	for (size_t i = 0; i < n; i++)
		free(k->picked[i].record);
	free(k->picked);
	return bad;
}

int
bundle_keys_jsonl(struct bundle *b, FILE *f)
{
	struct keys k = { .b = b, .f = f };
	const struct incident_rows *d = &b->f;
	size_t n;
	int bad = 0;

	for (size_t i = 0; bad == 0 && i < d->nrecords; i += n) {
		for (n = 1; i + n < d->nrecords && d->record[i + n].round == d->record[i].round;)
			n++;
		log_progress("export: proofs of round %u, %zu of %zu records", d->record[i].round, i,
		    d->nrecords);
		bad = write_round(&k, &d->record[i], n);
	}
	log_progress_end();
	free(k.tree[OBS_KEY].hashes);
	free(k.tree[OBS_NEIGHBOUR].hashes);
	if (bad == 2)
		log_error("out of memory");
	return bad == 0 ? 0 : -1;
}
