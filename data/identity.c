/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same thing gets the same id, today and after a restart.
 *
 * Nodes, adverts, files and claims are looked up in memory first.  Only what
 * may be on the disk without being remembered is looked up there: nothing in a
 * new database, and nothing that names a node or file which is itself new.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/limits.h"
#include "data/writer.h"

/* One observation names at most this many new things of a kind: a query's via. */
#define MARGIN	(VIA_MAX + 4)

struct node_key {
	uint32_t	ip;
	uint16_t	port, zero;
};
struct advert_key {
	int64_t		mtime;
	uint64_t	bbs_trip;	/* its hash; 0 for none */
	uint32_t	source, file, bbs;
	int16_t		version;
	int8_t		ignore, zero;
};
struct fingerprint {
	uint8_t		byte[16];
};
_Static_assert(sizeof(struct node_key) == 8 && sizeof(struct advert_key) == 32 &&
    sizeof(struct fingerprint) == crypto_shorthash_siphashx24_BYTES,
    "keys are compared byte by byte and have no padding");

int
identity_load(struct store *s)
{
	static const struct {
		enum query	max;
		size_t		key_len, remember;
	} kind[KNOWN_N] = {
		[KNOWN_NODE] = { Q_NODE_MAX, sizeof(struct node_key), REMEMBER_NODES },
		[KNOWN_FILE] = { Q_FILE_MAX, sizeof(struct fingerprint), REMEMBER_FILES },
		[KNOWN_ADVERT] = { Q_ADVERT_MAX, sizeof(struct advert_key), REMEMBER_ADVERTS },
		[KNOWN_CLAIM] = { Q_CLAIM_MAX, sizeof(struct fingerprint), REMEMBER_CLAIMS },
	};
	struct writer *w = s->writer;

	randombytes_buf(w->secret, sizeof(w->secret));
	for (int k = 0; k < KNOWN_N; k++) {
		int64_t max = 0;

		if (query_value(s, &max, kind[k].max, "") == -1)
			return -1;
		if (max < 0 || max >= UINT32_MAX)
			return store_fail(s, "holds an id out of range; it is damaged, or full");
		w->last[k] = w->forgotten[k] = (uint32_t)max;
		intern_init(&w->known[k], kind[k].key_len, kind[k].remember);
	}
	return 0;
}

bool
identity_is_crowded(const struct writer *w)
{
	for (int k = 0; k < KNOWN_N; k++) {
		if (w->known[k].n + MARGIN > w->known[k].max)
			return true;
	}
	return false;
}

void
identity_forget(struct writer *w)
{
	for (int k = 0; k < KNOWN_N; k++) {
		if (w->known[k].n + MARGIN > w->known[k].max)
			intern_clear(&w->known[k]);
		w->forgotten[k] = w->last[k];
	}
}

/* ---- what all kinds share ---- */

static uint32_t
no_memory(struct store *s)
{
	writer_no_memory(s);
	return 0;
}

/* Remembers a key that was found on the disk, or is new. */
static uint32_t
remember(struct store *s, enum known k, const void *key, uint32_t id)
{
	return intern_add(&s->writer->known[k], key, id) == 0 ? id : no_memory(s);
}

/* A row for a new thing, with the next id; NULL when there is no room for it. */
static void *
new_row(struct store *s, enum known k, enum batch_kind b, const void *key, uint32_t *id)
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
		*id = remember(s, k, key, ++w->last[k]);
	return *id == 0 ? NULL : row;
}

/* Takes what query_value found: true if *id is the answer (0 after an error). */
static bool
found(struct store *s, enum known k, const void *key, int answer, const int64_t *on_disk,
    uint32_t *id)
{
	if (answer == 1)
		return false;
	*id = answer == 0 ? remember(s, k, key, (uint32_t)*on_disk) : 0;
	return true;
}

/* ---- nodes ---- */

uint32_t
identity_node(struct store *s, struct endpoint e)
{
	struct writer *w = s->writer;
	struct node_key key = { e.ip, e.port, 0 };
	uint32_t id = intern_find(&w->known[KNOWN_NODE], &key);
	struct row_node *row;
	int64_t v = 0;

	if (id != 0)
		return id;
	if (w->forgotten[KNOWN_NODE] > 0 && found(s, KNOWN_NODE, &key,
	    query_value(s, &v, Q_NODE_FIND, "ii", (int64_t)e.ip, (int64_t)e.port), &v, &id))
		return id;
	if ((row = new_row(s, KNOWN_NODE, B_NODE, &key, &id)) != NULL)
		*row = (struct row_node){ id, e };
	return id;
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

static int
fingerprint_file(struct writer *w, struct fingerprint *f, const uint8_t hash[16], int64_t size,
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
		if (fingerprint_file(s->writer, &f, hash, column_known(st, 1),
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

uint32_t
identity_file(struct store *s, const struct obs_key *k)
{
	struct writer *w = s->writer;
	char name_token[NAME_TOKEN], trip_token[NAME_TOKEN];
	struct text name = name_stored(s, k->name, name_token);
	struct text trip = name_stored(s, k->trip, trip_token);
	struct fingerprint key;
	struct row_file *row;
	int64_t v = 0;
	uint32_t id;

	if (fingerprint_file(w, &key, k->hash, k->size, name, trip) != 0)
		return no_memory(s);
	if ((id = intern_find(&w->known[KNOWN_FILE], &key)) != 0)
		return id;
	if (w->forgotten[KNOWN_FILE] > 0 && found(s, KNOWN_FILE, &key,
	    find_file(s, k->hash, &key, &v), &v, &id))
		return id;
	if ((row = new_row(s, KNOWN_FILE, B_FILE, &key, &id)) == NULL)
		return 0;
	row->id = id;
	row->size = k->size;
	memcpy(row->hash, k->hash, sizeof(row->hash));
	if (batch_text(&w->batch, &row->name, name) != 0 ||
	    batch_text(&w->batch, &row->trip, trip) != 0)
		return no_memory(s);
	return id;
}

/* ---- adverts ---- */

/* Can it be on the disk, unremembered?  Not if its source or file is newer than that. */
static bool
may_be_on_disk(const struct writer *w, enum known k, uint32_t source, uint32_t file)
{
	return w->forgotten[k] > 0 && source <= w->forgotten[KNOWN_NODE] &&
	    file <= w->forgotten[KNOWN_FILE];
}

static int
find_advert(struct store *s, const struct advert_key *a, struct text trip, int64_t *id)
{
	return query_value(s, id, Q_ADVERT_FIND, "iikkkkn", (int64_t)a->source, (int64_t)a->file,
	    (int64_t)a->version, (int64_t)a->ignore, a->mtime,
	    a->bbs == 0 ? (int64_t)UNKNOWN : (int64_t)a->bbs, trip);
}

static uint64_t
trip_hash(const struct writer *w, struct text trip)
{
	uint64_t h = 0;

	if (trip.len > 0)
		crypto_shorthash((unsigned char *)&h, trip.p, trip.len, w->secret);
	return h;
}

uint32_t
identity_advert(struct store *s, const struct obs_key *k, uint32_t source, uint32_t file)
{
	struct writer *w = s->writer;
	char token[NAME_TOKEN];
	struct text trip = name_stored(s, k->bbs_trip, token);
	bool has_bbs = k->bbs.ip != 0 || k->bbs.port != 0;
	uint32_t id = 0, bbs = has_bbs ? identity_node(s, k->bbs) : 0;
	struct advert_key key = { k->mtime, trip_hash(w, trip), source, file, bbs, k->version,
		k->ignore, 0 };
	struct row_advert *row;
	int64_t v = 0;

	if ((has_bbs && bbs == 0) || (id = intern_find(&w->known[KNOWN_ADVERT], &key)) != 0)
		return id;
	if (may_be_on_disk(w, KNOWN_ADVERT, source, file) &&
	    found(s, KNOWN_ADVERT, &key, find_advert(s, &key, trip, &v), &v, &id))
		return id;
	if ((row = new_row(s, KNOWN_ADVERT, B_ADVERT, &key, &id)) == NULL)
		return 0;
	*row = (struct row_advert){ id, source, file, bbs, k->mtime, { 0, 0 }, k->version,
		k->ignore };
	if (batch_text(&w->batch, &row->bbs_trip, trip) != 0)
		return no_memory(s);
	return id;
}

/* ---- claims ---- */

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
	const int64_t head[3] = { node, n->speed, n->bbs };
	struct fingerprint key;
	struct row_claim *row;
	int64_t v = 0;
	uint32_t id;

	for (int i = 0; i < 3; i++)
		words[i] = name_stored(s, n->words[i], token[i]);
	if (fingerprint(w, &key, head, sizeof(head), words, 3) != 0)
		return no_memory(s);
	if ((id = intern_find(&w->known[KNOWN_CLAIM], &key)) != 0)
		return id;
	if (may_be_on_disk(w, KNOWN_CLAIM, node, 0) &&
	    found(s, KNOWN_CLAIM, &key, find_claim(s, n, node, words, &v), &v, &id))
		return id;
	if ((row = new_row(s, KNOWN_CLAIM, B_CLAIM, &key, &id)) == NULL)
		return 0;
	row->id = id;
	row->node = node;
	row->speed = n->speed;
	row->bbs = n->bbs;
	for (int i = 0; i < 3; i++) {
		if (batch_text(&w->batch, &row->words[i], words[i]) != 0)
			return no_memory(s);
	}
	return id;
}
