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
#define MARGIN	(VIA_MAX + 4 + FIELDS_MAX)

_Static_assert(sizeof(struct node_key) == 8 && sizeof(struct fingerprint) == crypto_shorthash_siphashx24_BYTES,
    "keys are compared byte by byte and have no padding");

bool
identity_is_crowded(const struct writer *w)
{
	if (id_table_is_full(&w->wide, MARGIN))
		return true;
	for (int k = 0; k < KNOWN_N; k++) {
		if (id_table_is_full(&w->known[k], MARGIN))
			return true;
	}
	return false;
}

void
identity_forget(struct writer *w)
{
	if (id_table_is_full(&w->wide, MARGIN))
		id_table_clear(&w->wide);
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
	id_table_clear(&w->wide);
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

/* IPv4 fits into the table's own keys; longer addresses are known by a fingerprint. */
static struct id_table *
node_key(struct writer *w, struct endpoint e, union node_name *key)
{
	if (e.net == NET_IPV4) {
		key->narrow = (struct node_key){ e.ip, e.port, 0 };
		return &w->known[KNOWN_NODE];
	}
	identity_of_node(w, &key->wide, e);
	return &w->wide;
}

uint32_t
identity_remember_node(struct store *s, struct endpoint e, uint32_t id)
{
	union node_name key;
	struct id_table *t = node_key(s->writer, e, &key);

	return id_table_add(t, &key, &id) == 0 ? id : no_memory(s);
}

uint32_t
identity_node(struct store *s, struct endpoint e)
{
	struct writer *w = s->writer;
	union node_name key;
	const uint32_t *known = id_table_find(node_key(w, e, &key), &key);
	struct row_node *row;
	int64_t v = 0;
	int answer = 1;
	uint32_t id;

	if (known != NULL)
		return *known;
	if (w->forgotten[KNOWN_NODE] > 0)
		answer = query_value(s, &v, Q_NODE_FIND, "ei", &e, (int64_t)e.port);
	if (answer != 1)
		return answer == 0 ? identity_remember_node(s, e, (uint32_t)v) : 0;
	if ((row = new_row(s, KNOWN_NODE, B_NODE, &id)) == NULL)
		return 0;
	*row = (struct row_node){ id, e };
	if (e.net != NET_IPV4)	/* once in its row, and in a half full page of the index */
		s->writer->batch.written += 3 * network_length(e.net);
	return identity_remember_node(s, e, id);
}

/* ---- fingerprints of what is too long to remember ---- */

static void
fingerprint(struct writer *w, struct fingerprint *f)
{
	crypto_shorthash_siphashx24(f->byte, w->scratch.p, w->scratch.n, w->secret);
}

void
identity_of_node(struct writer *w, struct fingerprint *f, struct endpoint e)
{
	uint8_t packed[ENDPOINT_PACKED];

	crypto_shorthash_siphashx24(f->byte, packed, endpoint_pack(packed, e), w->secret);
}

/* ---- files ---- */

int
identity_of_file(const struct store *s, struct fingerprint *f, struct text content,
    const union value value[FIELDS_MAX])
{
	struct vec *v = &s->writer->scratch;

	v->n = 0;
	if (scratch_room(v, content.len) != 0)
		return -1;
	scratch_add(v, content.p, content.len);
	if (scratch_add_values(v, s, LEVEL_CONTENT, value) != 0)
		return -1;
	fingerprint(s->writer, f);
	return 0;
}

/* Among the files of this content on the disk: 0 found, 1 not, -1. */
static int
find_file(struct store *s, struct text content, const struct fingerprint *key, int64_t *id)
{
	sqlite3_stmt *st = query_bind(s, Q_FILE_FIND, "b", content);
	struct endpoint endpoint[FIELDS_MAX];
	union value value[FIELDS_MAX];
	struct fingerprint f;
	int rc = SQLITE_DONE, answer = 1;

	while (st != NULL && answer == 1 && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (fields_read(s, st, 1, LEVEL_CONTENT, value, endpoint) != -1 &&
		    identity_of_file(s, &f, content, value) == 0 && memcmp(&f, key, sizeof(f)) == 0) {
			*id = sqlite3_column_int64(st, 0);
			answer = 0;
		}
	}
	if (st == NULL || (answer == 1 && rc != SQLITE_DONE))
		return st == NULL ? -1 : store_fail_db(s);
	sqlite3_reset(st);
	return answer;
}

static uint32_t
file_of(struct store *s, struct text content, const union value value[FIELDS_MAX])
{
	struct writer *w = s->writer;
	struct fingerprint key;
	struct row_file *row;
	int64_t v = 0;
	uint32_t id;

	if (identity_of_file(s, &key, content, value) != 0)
		return no_memory(s);
	if ((id = recall(w, KNOWN_FILE, &key)) != 0)
		return id;
	if (w->forgotten[KNOWN_FILE] > 0 && found(s, KNOWN_FILE, &key,
	    find_file(s, content, &key, &v), &v, &id))
		return id;
	if ((row = new_row(s, KNOWN_FILE, B_FILE, &id)) == NULL)
		return 0;
	row->id = id;
	if (batch_text(&w->batch, &row->hash, content) != 0)
		return no_memory(s);
	if (cells_fill(s, LEVEL_CONTENT, value, row->cell) != 0)
		return 0;
	return identity_remember(s, KNOWN_FILE, &key, id);
}

/* ---- adverts ---- */

/*
 * Of all that an advert says, addresses and names and not their ids: most keys
 * were seen before, and one look tells the advert and its source.
 */
int
identity_of_advert(const struct store *s, struct fingerprint *f, struct endpoint source,
    struct text content, const union value value[FIELDS_MAX])
{
	struct vec *v = &s->writer->scratch;
	uint8_t len = (uint8_t)content.len;

	v->n = 0;
	if (scratch_room(v, ENDPOINT_PACKED + 1 + content.len) != 0)
		return -1;
	v->n = endpoint_pack(v->p, source);
	scratch_add(v, &len, 1);
	scratch_add(v, content.p, content.len);
	if (scratch_add_values(v, s, LEVEL_CONTENT, value) != 0 ||
	    scratch_add_values(v, s, LEVEL_ADVERT, value) != 0)
		return -1;
	fingerprint(s->writer, f);
	return 0;
}

/* Can it be on the disk, unremembered?  Not if its source or file is newer than that. */
static bool
may_be_on_disk(const struct writer *w, enum known k, uint32_t source, uint32_t file)
{
	return w->forgotten[k] > 0 && source <= w->forgotten[KNOWN_NODE] &&
	    file <= w->forgotten[KNOWN_FILE];
}

/* The id that a search finds whose other parameters are a level's values: 0 found, 1 not, -1. */
static int
find_by_values(struct store *s, sqlite3_stmt *st, int at, enum field_level l,
    const union value value[FIELDS_MAX], int64_t *id)
{
	int rc;

	if (st == NULL || cells_bind_values(s, st, at, l, value) != 0)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		*id = sqlite3_column_int64(st, 0);
	else if (rc != SQLITE_DONE)
		store_fail_db(s);
	sqlite3_reset(st);
	return rc == SQLITE_ROW ? 0 : rc == SQLITE_DONE ? 1 : -1;
}

/* An advert that is not remembered: from the disk, or new. */
static uint32_t
advert_of(struct store *s, uint32_t source, uint32_t file, const union value value[FIELDS_MAX])
{
	struct writer *w = s->writer;
	struct row_advert *row;
	int64_t v = 0;
	int answer = 1;
	uint32_t id;

	if (may_be_on_disk(w, KNOWN_ADVERT, source, file))
		answer = find_by_values(s, query_bind(s, Q_ADVERT_FIND, "ii", (int64_t)source,
		    (int64_t)file), 3, LEVEL_ADVERT, value, &v);
	if (answer != 1)
		return answer == 0 ? (uint32_t)v : 0;
	if ((row = new_row(s, KNOWN_ADVERT, B_ADVERT, &id)) == NULL)
		return 0;
	row->id = id;
	row->source = source;
	row->file = file;
	return cells_fill(s, LEVEL_ADVERT, value, row->cell) == 0 ? id : 0;
}

uint32_t
identity_advert(struct store *s, const struct obs_key *k, const union value value[FIELDS_MAX],
    uint32_t *source)
{
	struct writer *w = s->writer;
	const struct text content = { k->content.id, k->content.len };
	const uint32_t *known;
	struct fingerprint key;
	uint32_t id, file;

	if (identity_of_advert(s, &key, k->source, content, value) != 0)
		return no_memory(s);
	if ((known = id_table_find(&w->known[KNOWN_ADVERT], &key)) != NULL) {
		*source = known[1];
		return known[0];
	}
	if ((*source = identity_node(s, k->source)) == 0 || (file = file_of(s, content, value)) == 0 ||
	    (id = advert_of(s, *source, file, value)) == 0)
		return 0;
	if (id_table_add(&w->known[KNOWN_ADVERT], &key, (uint32_t[]){ id, *source }) != 0)
		return no_memory(s);
	return id;
}

/* ---- claims ---- */

int
identity_of_claim(const struct store *s, struct fingerprint *f, int64_t node,
    const union value value[FIELDS_MAX])
{
	struct vec *v = &s->writer->scratch;

	v->n = 0;
	if (scratch_room(v, sizeof(node)) != 0)
		return -1;
	scratch_add(v, &node, sizeof(node));
	if (scratch_add_values(v, s, LEVEL_CLAIM, value) != 0)
		return -1;
	fingerprint(s->writer, f);
	return 0;
}

uint32_t
identity_claim(struct store *s, uint32_t node, const union value value[FIELDS_MAX])
{
	struct writer *w = s->writer;
	struct fingerprint key;
	struct row_claim *row;
	int64_t v = 0;
	uint32_t id;

	if (identity_of_claim(s, &key, node, value) != 0)
		return no_memory(s);
	if ((id = recall(w, KNOWN_CLAIM, &key)) != 0)
		return id;
	if (may_be_on_disk(w, KNOWN_CLAIM, node, 0) && found(s, KNOWN_CLAIM, &key,
	    find_by_values(s, query_bind(s, Q_CLAIM_FIND, "i", (int64_t)node), 2, LEVEL_CLAIM, value,
	    &v), &v, &id))
		return id;
	if ((row = new_row(s, KNOWN_CLAIM, B_CLAIM, &id)) == NULL)
		return 0;
	row->id = id;
	row->node = node;
	if (cells_fill(s, LEVEL_CLAIM, value, row->cell) != 0)
		return 0;
	return identity_remember(s, KNOWN_CLAIM, &key, id);
}
