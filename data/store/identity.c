/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same thing gets the same id, today and after a restart.
 *
 * Nodes, adverts, files and claims are looked up in memory first.  Only what
 * may be on the disk without being remembered is looked up there: nothing of a
 * table that was read whole, and nothing that names a node or file which is
 * itself new.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/store/identity_impl.h"

/* One observation names at most this many new things of a kind: a query's via. */
#define MARGIN	(VIA_MAX + 4)

_Static_assert(sizeof(struct node_key) == 8 && sizeof(struct fingerprint) == crypto_shorthash_siphashx24_BYTES,
    "keys are compared byte by byte and have no padding");

bool
identity_is_crowded(const struct writer *w)
{
	for (int k = 0; k < KNOWN_N; k++) {
		if (id_table_is_full(&w->known[k], MARGIN))
			return true;
	}
	return false;
}

void
identity_forget(struct writer *w)
{
	for (int k = 0; k < KNOWN_N; k++) {
		if (id_table_is_full(&w->known[k], MARGIN))
			id_table_clear(&w->known[k]);
		w->forgotten[k] = w->last[k];
	}
}

void
identity_forget_all(struct writer *w)
{
	for (int k = 0; k < KNOWN_N; k++)
		id_table_clear(&w->known[k]);
	identity_forget(w);
	w->peer_id = 0;
}

/* ---- what all kinds share ---- */

static uint32_t
no_memory(struct store *s)
{
	writer_no_memory(s);
	return 0;
}

/* The number of a key that is remembered, or 0. */
static uint32_t
recall(const struct writer *w, enum known k, const void *key)
{
	const uint32_t *id = id_table_find(&w->known[k], key);

	return id == NULL ? 0 : *id;
}

/* Remembers a key that was found on the disk, or is new. */
uint32_t
identity_remember(struct store *s, enum known k, const void *key, uint32_t id)
{
	return id_table_add(&s->writer->known[k], key, &id) == 0 ? id : no_memory(s);
}

/* A row for a new thing, with the next id; NULL, and id 0, when there is no room for it. */
static void *
new_row(struct store *s, enum known k, enum batch_kind b, uint32_t *id)
{
	struct writer *w = s->writer;
	void *row;

	*id = 0;
	if (w->last[k] >= UINT32_MAX - 1) {
		store_fail(s, "is full: it holds 4,294,967,294 of one kind");
		return NULL;
	}
	if ((row = batch_add(&w->batch, b)) == NULL)
		no_memory(s);
	else
		*id = ++w->last[k];
	return row;
}

/* Takes what query_value found: true if *id is the answer (0 after an error). */
static bool
found(struct store *s, enum known k, const void *key, int answer, const int64_t *on_disk,
    uint32_t *id)
{
	if (answer == 1)
		return false;
	*id = answer == 0 ? identity_remember(s, k, key, (uint32_t)*on_disk) : 0;
	return true;
}

/* ---- nodes ---- */

uint32_t
identity_node(struct store *s, struct endpoint e)
{
	struct writer *w = s->writer;
	struct node_key key = { e.ip, e.port, 0 };
	uint32_t id = recall(w, KNOWN_NODE, &key);
	struct row_node *row;
	int64_t v = 0;

	if (id != 0)
		return id;
	if (w->forgotten[KNOWN_NODE] > 0 && found(s, KNOWN_NODE, &key,
	    query_value(s, &v, Q_NODE_FIND, "ii", (int64_t)e.ip, (int64_t)e.port), &v, &id))
		return id;
	if ((row = new_row(s, KNOWN_NODE, B_NODE, &id)) == NULL)
		return 0;
	*row = (struct row_node){ id, e };
	return identity_remember(s, KNOWN_NODE, &key, id);
}

/* ---- fingerprints of what is too long to remember ---- */

static int
scratch_add(struct vec *v, const void *p, size_t len)
{
	if (v->room - v->n < len) {
		size_t room = v->n + len + 1024;	/* both bounded by JSON_LINE_MAX */
		uint8_t *q = realloc(v->p, room);

		if (q == NULL)
			return -1;
		v->p = q;
		v->room = room;
	}
	if (len > 0)
		memcpy(v->p + v->n, p, len);
	v->n += len;
	return 0;
}

/* Of a fixed head and some texts, so that no two different lists look the same. */
static int
fingerprint(struct writer *w, struct fingerprint *f, const void *head, size_t head_len,
    const struct text *texts, size_t n)
{
	struct vec *v = &w->scratch;

	v->n = 0;
	if (scratch_add(v, head, head_len) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (scratch_add(v, &texts[i].len, sizeof(texts[i].len)) != 0 ||
		    scratch_add(v, texts[i].p, texts[i].len) != 0)
			return -1;
	}
	return crypto_shorthash_siphashx24(f->byte, v->p, v->n, w->secret);
}

/* ---- files ---- */

int
identity_of_file(struct writer *w, struct fingerprint *f, const uint8_t hash[16], int64_t size,
    struct text name, struct text trip)
{
	uint8_t head[16 + sizeof(size)];

	memcpy(head, hash, 16);
	memcpy(head + 16, &size, sizeof(size));
	return fingerprint(w, f, head, sizeof(head), (struct text[]){ name, trip }, 2);
}

/* Among the files of this hash on the disk: 0 found, 1 not, -1. */
static int
find_file(struct store *s, const uint8_t hash[16], const struct fingerprint *key, int64_t *id)
{
	sqlite3_stmt *st = query_bind(s, Q_FILE_FIND, "b", (struct text){ hash, 16 });
	struct fingerprint f;
	int rc = SQLITE_DONE, answer = 1;

	while (st != NULL && answer == 1 && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (identity_of_file(s->writer, &f, hash, column_known(st, 1),
		    column_text(st, 2), column_text(st, 3)) == 0 &&
		    memcmp(&f, key, sizeof(f)) == 0) {
			*id = sqlite3_column_int64(st, 0);
			answer = 0;
		}
	}
	if (st == NULL || (answer == 1 && rc != SQLITE_DONE))
		return st == NULL ? -1 : store_fail_db(s);
	sqlite3_reset(st);
	return answer;
}

static void
names_of(const struct store *s, struct pseudonyms *n, const struct obs_key *k)
{
	n->name = name_stored(s, k->name, n->token[0]);
	n->trip = name_stored(s, k->trip, n->token[1]);
	n->bbs_trip = name_stored(s, k->bbs_trip, n->token[2]);
}

static uint32_t
file_of(struct store *s, const struct obs_key *k, const struct pseudonyms *n)
{
	struct writer *w = s->writer;
	struct fingerprint key;
	struct row_file *row;
	int64_t v = 0;
	uint32_t id;

	if (identity_of_file(w, &key, k->hash, k->size, n->name, n->trip) != 0)
		return no_memory(s);
	if ((id = recall(w, KNOWN_FILE, &key)) != 0)
		return id;
	if (w->forgotten[KNOWN_FILE] > 0 && found(s, KNOWN_FILE, &key,
	    find_file(s, k->hash, &key, &v), &v, &id))
		return id;
	if ((row = new_row(s, KNOWN_FILE, B_FILE, &id)) == NULL)
		return 0;
	row->id = id;
	row->size = k->size;
	memcpy(row->hash, k->hash, sizeof(row->hash));
	if (batch_text(&w->batch, &row->name, n->name) != 0 ||
	    batch_text(&w->batch, &row->trip, n->trip) != 0)
		return no_memory(s);
	return identity_remember(s, KNOWN_FILE, &key, id);
}

/* ---- adverts ---- */

/*
 * Of all that an advert says, addresses and names and not their ids: most keys
 * were seen before, and one look tells the advert and its source.
 */
int
identity_of_advert(struct writer *w, struct fingerprint *f, const struct obs_key *k,
    const struct pseudonyms *n)
{
	struct {
		int64_t		size, mtime;
		uint32_t	ip, bbs_ip;
		uint16_t	port, bbs_port;
		int16_t		version, ignore;
		uint8_t		hash[16];
	} head = { k->size, k->mtime, k->source.ip, k->bbs.ip, k->source.port, k->bbs.port,
		k->version, k->ignore, { 0 } };

	_Static_assert(sizeof(head) == 48, "no padding");
	memcpy(head.hash, k->hash, sizeof(head.hash));
	return fingerprint(w, f, &head, sizeof(head),
	    (struct text[]){ n->name, n->trip, n->bbs_trip }, 3);
}

/* Can it be on the disk, unremembered?  Not if its source or file is newer than that. */
static bool
may_be_on_disk(const struct writer *w, enum known k, uint32_t source, uint32_t file)
{
	return w->forgotten[k] > 0 && source <= w->forgotten[KNOWN_NODE] &&
	    file <= w->forgotten[KNOWN_FILE];
}

static bool
has_bbs(const struct obs_key *k)
{
	return k->bbs.ip != 0 || k->bbs.port != 0;
}

/* The ids that make up an advert. */
struct parts {
	uint32_t	source, file, bbs;	/* bbs 0: none */
};

static int
find_advert(struct store *s, const struct obs_key *k, struct parts p, struct text trip,
    int64_t *id)
{
	return query_value(s, id, Q_ADVERT_FIND, "iikkkkn", (int64_t)p.source, (int64_t)p.file,
	    (int64_t)k->version, (int64_t)k->ignore, k->mtime,
	    p.bbs == 0 ? (int64_t)UNKNOWN : (int64_t)p.bbs, trip);
}

/* An advert that is not remembered: from the disk, or new. */
static uint32_t
advert_of(struct store *s, const struct obs_key *k, const struct pseudonyms *n, struct parts p)
{
	struct writer *w = s->writer;
	struct row_advert *row;
	int64_t v = 0;
	int answer = 1;
	uint32_t id;

	if (may_be_on_disk(w, KNOWN_ADVERT, p.source, p.file))
		answer = find_advert(s, k, p, n->bbs_trip, &v);
	if (answer != 1)
		return answer == 0 ? (uint32_t)v : 0;
	if ((row = new_row(s, KNOWN_ADVERT, B_ADVERT, &id)) == NULL)
		return 0;
	*row = (struct row_advert){ id, p.source, p.file, p.bbs, k->mtime, { 0, 0 }, k->version,
		k->ignore };
	return batch_text(&w->batch, &row->bbs_trip, n->bbs_trip) == 0 ? id : no_memory(s);
}

uint32_t
identity_advert(struct store *s, const struct obs_key *k, uint32_t *source)
{
	struct writer *w = s->writer;
	const uint32_t *known;
	struct fingerprint key;
	struct pseudonyms n;
	struct parts p = { 0, 0, 0 };
	uint32_t id;

	names_of(s, &n, k);
	if (identity_of_advert(w, &key, k, &n) != 0)
		return no_memory(s);
	if ((known = id_table_find(&w->known[KNOWN_ADVERT], &key)) != NULL) {
		*source = known[1];
		return known[0];
	}
	if ((p.source = identity_node(s, k->source)) == 0 || (p.file = file_of(s, k, &n)) == 0 ||
	    (has_bbs(k) && (p.bbs = identity_node(s, k->bbs)) == 0) ||
	    (id = advert_of(s, k, &n, p)) == 0)
		return 0;
	*source = p.source;
	if (id_table_add(&w->known[KNOWN_ADVERT], &key, (uint32_t[]){ id, p.source }) != 0)
		return no_memory(s);
	return id;
}

/* ---- claims ---- */

int
identity_of_claim(struct writer *w, struct fingerprint *f, int64_t node, int64_t speed,
    int64_t bbs, const struct text words[3])
{
	const int64_t head[3] = { node, speed, bbs };

	return fingerprint(w, f, head, sizeof(head), words, 3);
}

static int
find_claim(struct store *s, const struct obs_neighbour *n, uint32_t node,
    const struct text words[3], int64_t *id)
{
	return query_value(s, id, Q_CLAIM_FIND, "ikkttt", (int64_t)node, (int64_t)n->speed,
	    (int64_t)n->bbs, words[0], words[1], words[2]);
}

uint32_t
identity_claim(struct store *s, const struct obs_neighbour *n, uint32_t node)
{
	struct writer *w = s->writer;
	char token[3][NAME_TOKEN];
	struct text words[3];
	struct fingerprint key;
	struct row_claim *row;
	int64_t v = 0;
	uint32_t id;

	for (int i = 0; i < 3; i++)
		words[i] = name_stored(s, n->words[i], token[i]);
	if (identity_of_claim(w, &key, node, n->speed, n->bbs, words) != 0)
		return no_memory(s);
	if ((id = recall(w, KNOWN_CLAIM, &key)) != 0)
		return id;
	if (may_be_on_disk(w, KNOWN_CLAIM, node, 0) &&
	    found(s, KNOWN_CLAIM, &key, find_claim(s, n, node, words, &v), &v, &id))
		return id;
	if ((row = new_row(s, KNOWN_CLAIM, B_CLAIM, &id)) == NULL)
		return 0;
	row->id = id;
	row->node = node;
	row->speed = n->speed;
	row->bbs = n->bbs;
	for (int i = 0; i < 3; i++) {
		if (batch_text(&w->batch, &row->words[i], words[i]) != 0)
			return no_memory(s);
	}
	return identity_remember(s, KNOWN_CLAIM, &key, id);
}
