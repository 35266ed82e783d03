/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A writer starts with what is on the disk: small tables are read whole. */
#include <sodium.h>
#include <string.h>

#include "data/store/identity_impl.h"
#include "bounds.h"

static int
load_node(struct store *s, sqlite3_stmt *st)
{
	const struct node_key key = { (uint32_t)sqlite3_column_int64(st, 1),
		(uint16_t)sqlite3_column_int(st, 2), 0 };

	return identity_remember(s, KNOWN_NODE, &key, (uint32_t)sqlite3_column_int64(st, 0)) == 0;
}

static int
load_file(struct store *s, sqlite3_stmt *st)
{
	struct text hash = column_blob(st, 4);
	struct fingerprint key;

	if (hash.len != 16 || identity_of_file(s->writer, &key, hash.p, column_known(st, 1),
	    column_text(st, 2), column_text(st, 3)) != 0)
		return -1;
	return identity_remember(s, KNOWN_FILE, &key, (uint32_t)sqlite3_column_int64(st, 0)) == 0;
}

static int
load_advert(struct store *s, sqlite3_stmt *st)
{
	struct text hash = column_blob(st, 4);
	const struct pseudonyms n = { column_text(st, 6), column_text(st, 7), column_text(st, 13),
		{ { 0 } } };
	struct obs_key k = {
		.source = { (uint32_t)sqlite3_column_int64(st, 2), (uint16_t)sqlite3_column_int(st, 3) },
		.size = column_known(st, 5),
		.version = (int16_t)column_known(st, 8),
		.ignore = (int8_t)column_known(st, 9),
		.mtime = column_known(st, 10),
		.bbs = { (uint32_t)sqlite3_column_int64(st, 11), (uint16_t)sqlite3_column_int(st, 12) },
	};
	struct fingerprint key;
	uint32_t ids[2] = { (uint32_t)sqlite3_column_int64(st, 0),
		(uint32_t)sqlite3_column_int64(st, 1) };

	if (hash.len != sizeof(k.hash))
		return -1;
	memcpy(k.hash, hash.p, sizeof(k.hash));
	if (identity_of_advert(s->writer, &key, &k, &n) != 0)
		return -1;
	return id_table_add(&s->writer->known[KNOWN_ADVERT], &key, ids);
}

static int
load_claim(struct store *s, sqlite3_stmt *st)
{
	const struct text words[3] = { column_text(st, 4), column_text(st, 5), column_text(st, 6) };
	struct fingerprint key;

	if (identity_of_claim(s->writer, &key, sqlite3_column_int64(st, 1), column_known(st, 2),
	    column_known(st, 3), words) != 0)
		return -1;
	return identity_remember(s, KNOWN_CLAIM, &key, (uint32_t)sqlite3_column_int64(st, 0)) == 0;
}

static const struct {
	enum query	max, load;
	void		(*init)(struct id_table *, size_t key_len, size_t values, size_t max_slots);
	size_t		key_len, values, slots;
	int		(*row)(struct store *, sqlite3_stmt *);
} kinds[KNOWN_N] = {
	[KNOWN_NODE] = { Q_NODE_MAX, Q_NODE_LOAD, id_table_init, sizeof(struct node_key), 1,
	    REMEMBER_NODES, load_node },
	[KNOWN_FILE] = { Q_FILE_MAX, Q_FILE_LOAD, id_table_init_hashes, sizeof(struct fingerprint), 1,
	    REMEMBER_FILES, load_file },
	[KNOWN_ADVERT] = { Q_ADVERT_MAX, Q_ADVERT_LOAD, id_table_init_hashes,
	    sizeof(struct fingerprint), 2, REMEMBER_ADVERTS, load_advert },
	[KNOWN_CLAIM] = { Q_CLAIM_MAX, Q_CLAIM_LOAD, id_table_init_hashes,
	    sizeof(struct fingerprint), 1, REMEMBER_CLAIMS, load_claim },
};

struct loading {
	struct store	*s;
	int		(*row)(struct store *, sqlite3_stmt *);
};

static int
load_row(sqlite3_stmt *st, void *arg)
{
	struct loading *l = arg;

	return l->row(l->s, st) == 0 ? 0 : store_fail(l->s, "out of memory, or damaged");
}

/* All rows of a small table; then what is not remembered is new. */
static int
preload(struct store *s, enum known k)
{
	struct loading l = { s, kinds[k].row };
	sqlite3_stmt *st;

	if (s->writer->last[k] > PRELOAD_ROWS)
		return 0;
	if ((st = statement_walk(s, kinds[k].load)) == NULL ||
	    statement_each(s, st, load_row, &l) != 0)
		return -1;
	s->writer->forgotten[k] = 0;
	return 0;
}

int
identity_load(struct store *s)
{
	struct writer *w = s->writer;

	randombytes_buf(w->secret, sizeof(w->secret));
	for (int k = 0; k < KNOWN_N; k++) {
		int64_t max = 0;

		if (query_value(s, &max, kinds[k].max, "") == -1)
			return -1;
		if (max < 0 || max >= UINT32_MAX)
			return store_fail(s, "holds an id out of range; it is damaged, or full");
		w->last[k] = w->forgotten[k] = (uint32_t)max;
		kinds[k].init(&w->known[k], kinds[k].key_len, kinds[k].values, kinds[k].slots);
		if (preload(s, (enum known)k) != 0)
			return -1;
	}
	return 0;
}
