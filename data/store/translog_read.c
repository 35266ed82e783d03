/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the log says: heads, rows, leaves. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/translog_impl.h"
#include "data/store/rows.h"
#include "data/lib/text.h"

static void
put_be(uint8_t *out, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		out[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
}

static uint64_t
get_be64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

/* ---- parts and heads --------------------------------------------------------------- */

uint64_t
translog_part_count(const uint8_t parts[TRANSLOG_PARTS], enum observation_type t)
{
	return get_be64(parts + t * TRANSLOG_PART);
}

const uint8_t *
translog_part_root(const uint8_t parts[TRANSLOG_PARTS], enum observation_type t)
{
	return parts + t * TRANSLOG_PART + 8;
}

void
translog_part_set(uint8_t parts[TRANSLOG_PARTS], enum observation_type t, uint64_t count,
    const uint8_t root[MERKLE_HASH])
{
	put_be(parts + t * TRANSLOG_PART, count, 8);
	memcpy(parts + t * TRANSLOG_PART + 8, root, MERKLE_HASH);
}

void
translog_head(const struct translog_entry *e, const uint8_t before[MERKLE_HASH],
    uint8_t out[MERKLE_HASH])
{
	uint8_t all[1 + TRANSLOG_PARTS], link[1 + MERKLE_HASH + 4 * 8 + MERKLE_HASH], *p = link;
	uint64_t leaves = 0;

	for (int t = 0; t < OBS_NTYPE; t++)
		leaves += translog_part_count(e->parts, (enum observation_type)t);
	*p++ = 2;
	memcpy(p, before, MERKLE_HASH);
	p += MERKLE_HASH;
	put_be(p, e->round, 8);
	put_be(p + 8, leaves, 8);
	put_be(p + 16, (uint64_t)e->start_ms, 8);
	put_be(p + 24, (uint64_t)e->end_ms, 8);
	all[0] = 3;
	memcpy(all + 1, e->parts, TRANSLOG_PARTS);
	crypto_generichash(p + 32, MERKLE_HASH, all, sizeof(all), NULL, 0);
	crypto_generichash(out, MERKLE_HASH, link, sizeof(link), NULL, 0);
}

/* ---- fields ------------------------------------------------------------------------------- */

const struct overlay_fields *
log_round_fields(struct log_round *l, const struct overlay_fields *now)
{
	bool fewer = false;

	for (int t = 0; t < OBS_NTYPE; t++)
		fewer |= l->fields[t] < now->of[t].n;
	if (!fewer)
		return now;
	l->then = *now;
	for (int t = 0; t < OBS_NTYPE; t++)
		if (l->fields[t] < now->of[t].n)
			l->then.of[t].n = l->fields[t];
	return &l->then;
}

/* ---- the round's own record ----------------------------------------------------------- */

static int
hash_seen(const struct seen_row *r, void *arg)
{
	uint8_t row[9];

	put_be(row, (uint64_t)r->node, 8);
	row[8] = (uint8_t)r->bits;
	crypto_generichash_update(arg, row, sizeof(row));
	return 0;
}

static int
seen_digest(struct store *s, uint32_t round, uint8_t out[32])
{
	crypto_generichash_state st;

	crypto_generichash_init(&st, NULL, 0, 32);
	if (rows_seen(s, round, hash_seen, &st) != 0)
		return -1;
	crypto_generichash_final(&st, out, 32);
	return 0;
}

/* Of the run that the round belongs to; zeros if it has none. */
static int
parameters_digest(struct store *s, int64_t run, uint8_t out[32])
{
	sqlite3_stmt *st = query_bind(s, Q_LOG_RUN, "k", run);
	crypto_generichash_state h;
	struct text version, parameters;
	int rc;

	memset(out, 0, 32);
	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		version = column_text(st, 0);
		crypto_generichash_init(&h, NULL, 0, 32);
		crypto_generichash_update(&h, version.p, version.len);
		crypto_generichash_update(&h, (const uint8_t[]){ 0 }, 1);
		parameters = column_text(st, 1);
		crypto_generichash_update(&h, parameters.p, parameters.len);
		crypto_generichash_final(&h, out, 32);
	} else if (rc != SQLITE_DONE) {
		return store_fail_db(s);
	}
	sqlite3_reset(st);
	return 0;
}

int
log_round_record(struct store *s, const struct log_round *l, struct canonical *r,
    struct canonical_round *d)
{
	sqlite3_stmt *st = query_bind(s, Q_LOG_FACTS, "i", scoped_key(s, l->round));
	int64_t run;
	int rc;

	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) != SQLITE_ROW)
		return rc == SQLITE_DONE ? 1 : store_fail_db(s);
	*d = (struct canonical_round){
		.run = {
			.sensor = text_of(l->sensor), .overlay = text_of(l->overlay),
			.start_ms = column_known(st, 0), .end_ms = column_known(st, 1),
			.tried = column_known(st, 3), .reached = column_known(st, 4),
			.cut = (uint32_t)sqlite3_column_int64(st, 9),
			.not_dialled = column_known(st, 10),
			.not_stored = column_known(st, 11),
		},
		.round = l->round,
		.complete = sqlite3_column_int(st, 2) != 0,
		.known = column_known(st, 5),
		.clock_jump_ms = column_known(st, 6),
		.clock_us = l->clock_us,
		.origin = l->old ? ORIGIN_CRAWLED : rows_origin(sqlite3_column_int64(st, 8)),
	};
	run = column_known(st, 7);
	sqlite3_reset(st);
	if ((d->complete && seen_digest(s, l->round, d->seen) != 0) ||
	    parameters_digest(s, run, d->parameters) != 0)
		return -1;
	return canonical_of_round(r, d) == 0 ? 0 : store_fail(s, "out of memory");
}

void
log_round_parts(struct log_round *l, const struct canonical *own, uint8_t parts[TRANSLOG_PARTS])
{
	uint8_t root[MERKLE_HASH];

	merkle_leaf(root, l->folded ? l->own_salt : salts_get(&l->salts, OBS_ROUND, 0), own->p,
	    own->len);
	translog_part_set(parts, OBS_ROUND, 1, root);
	for (int t = OBS_ROUND + 1; t < OBS_NTYPE; t++) {
		merkle_root(&l->tree[t], root);
		translog_part_set(parts, (enum observation_type)t, l->tree[t].n, root);
	}
}

/* ---- rows ---------------------------------------------------------------------------------- */

void
log_round_clear(struct log_round *l)
{
	free(l->sensor);
	free(l->overlay);
	sodium_memzero(l, sizeof(*l));
}

static bool
take_secret(struct log_round *l, struct text secret)
{
	l->folded = secret.len == MERKLE_SALT;
	if (secret.len != MERKLE_SALT && secret.len != SECRET_BYTES)
		return false;
	memcpy(l->folded ? l->own_salt : l->salts.secret, secret.p, secret.len);
	return true;
}

static bool
take_trees(struct log_round *l, struct text trees)
{
	for (int t = OBS_ROUND + 1; t < OBS_NTYPE; t++) {
		size_t used = merkle_load(&l->tree[t], trees.p, trees.len);

		if (used == 0)
			return false;
		trees.p += used;
		trees.len -= used;
	}
	return trees.len == 0;
}

static char *
copy_of(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

int
log_round_read(struct store *s, uint32_t round, struct log_round *l)
{
	sqlite3_stmt *st = query_bind(s, Q_LOG_ROUND, "i", scoped_key(s, round));
	struct text parts, fields;
	bool good, no_memory;
	int rc;

	memset(l, 0, sizeof(*l));
	l->round = round;
	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) != SQLITE_ROW)
		return rc == SQLITE_DONE ? 1 : store_fail_db(s);
	errno = 0;
	good = take_secret(l, column_blob(st, 0)) && take_trees(l, column_blob(st, 1));
	parts = column_blob(st, 2);
	if (parts.len == sizeof(l->parts))
		memcpy(l->parts, parts.p, parts.len);
	l->sensor = copy_of((const char *)sqlite3_column_text(st, 3));
	l->overlay = copy_of((const char *)sqlite3_column_text(st, 4));
	l->clock_us = column_known(st, 5);
	fields = column_blob(st, 6);
	l->old = fields.len == 0;
	memset(l->fields, FIELDS_NOT_COUNTED, sizeof(l->fields));
	if (fields.len == sizeof(l->fields))
		memcpy(l->fields, fields.p, fields.len);
	good &= l->old || fields.len == sizeof(l->fields);
	no_memory = errno == ENOMEM;
	sqlite3_reset(st);
	if (good && parts.len == sizeof(l->parts) && l->sensor != NULL && l->overlay != NULL)
		return 0;
	log_round_clear(l);
	if (no_memory)
		return store_fail(s, "out of memory");
	store_fail(s, "the log of round %u is damaged", round);
	return 2;
}

int
log_round_load(struct store *s, uint32_t round, struct log_round *l)
{
	int bad = log_round_read(s, round, l);

	return bad == 2 ? -1 : bad;
}

int
translog_entry_row(struct store *s, sqlite3_stmt *st, struct translog_entry *e)
{
	struct text parts = column_blob(st, 4), head;

	e->seq = scoped_number(sqlite3_column_int64(st, 0));
	e->round = scoped_number(sqlite3_column_int64(st, 1));
	e->start_ms = sqlite3_column_int64(st, 2);
	e->end_ms = sqlite3_column_int64(st, 3);
	if (parts.len == sizeof(e->parts))
		memcpy(e->parts, parts.p, sizeof(e->parts));
	head = column_blob(st, 5);
	if (head.len == sizeof(e->head))
		memcpy(e->head, head.p, sizeof(e->head));
	if (parts.len != sizeof(e->parts) || head.len != sizeof(e->head))
		return store_fail(s, "entry %lld of the log's chain is damaged", (long long)e->seq);
	return 0;
}

struct chain_walk {
	struct store	*s;
	int		(*fn)(const struct translog_entry *, void *);
	void		*arg;
};

static int
chain_row(sqlite3_stmt *st, void *arg)
{
	struct chain_walk *w = arg;
	struct translog_entry e;

	return translog_entry_row(w->s, st, &e) != 0 ? -1 : w->fn(&e, w->arg);
}

int
translog_chain(struct store *s, int (*fn)(const struct translog_entry *, void *), void *arg)
{
	struct chain_walk w = { s, fn, arg };
	sqlite3_stmt *st = statement_walk_scoped(s, Q_LOG_CHAIN);

	return st == NULL ? -1 : statement_each(s, st, chain_row, &w);
}

int
translog_own_leaf(struct store *s, uint32_t round, struct translog_leaf *leaf, struct canonical *keep)
{
	struct canonical_round d;
	struct log_round l;
	int bad = log_round_load(s, round, &l);

	if (bad != 0)
		return bad;
	if ((bad = log_round_record(s, &l, keep, &d)) == 0) {
		*leaf = (struct translog_leaf){ .tree = OBS_ROUND, .record = keep->p,
			.len = keep->len };
		memcpy(leaf->salt, l.folded ? l.own_salt : salts_get(&l.salts, OBS_ROUND, 0),
		    sizeof(leaf->salt));
		merkle_leaf(leaf->hash, leaf->salt, keep->p, keep->len);
	}
	log_round_clear(&l);
	return bad;
}

int
translog_sealed(struct store *s, uint32_t round)
{
	sqlite3_stmt *st = query_bind(s, Q_LOG_ENTRY_OF, "i", scoped_key(s, round));
	struct translog_entry e;
	struct log_round l;
	int rc, bad = 1;

	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		bad = translog_entry_row(s, st, &e);
	else if (rc != SQLITE_DONE)
		return store_fail_db(s);
	sqlite3_reset(st);
	if (bad != 0 || (bad = log_round_load(s, round, &l)) != 0)
		return bad;
	bad = memcmp(e.parts, l.parts, TRANSLOG_PARTS) == 0 ? 0 : 1;
	log_round_clear(&l);
	return bad;
}

/* ---- leaves ------------------------------------------------------------------------------------ */

/* The place of a key whose raw record was pruned among the round's keys, and the hash. */
struct raw_hash {
	uint64_t	index;
	uint8_t		hash[32];
};

struct leaves_walk {
	struct log_round l;
	struct raw_hash	*raw;		/* by index */
	size_t		 nraw, raw_room, raw_at;
	int64_t		 delivery;	/* first sighting of the one under way */
	uint64_t	 before;	/* keys of the deliveries before it */
	int64_t		 in_delivery;
	struct canonical	 record;
	uint64_t	 next[OBS_NTYPE];
	int		 (*fn)(const struct translog_leaf *, void *);
	void		*arg;
	struct store	*s;
};

static int
add_raw_hash(struct leaves_walk *w, int64_t sighting, struct text hash)
{
	struct raw_hash *r;

	if (w->nraw == w->raw_room) {
		size_t room = w->raw_room == 0 ? 64 : w->raw_room * 2;

		if ((r = realloc(w->raw, room * sizeof(*r))) == NULL)
			return store_fail(w->s, "out of memory");
		w->raw = r;
		w->raw_room = room;
	}
	r = &w->raw[w->nraw++];
	memset(r, 0, sizeof(*r));
	r->index = w->before + (uint64_t)(sighting - w->delivery);
	if (hash.len == sizeof(r->hash))
		memcpy(r->hash, hash.p, sizeof(r->hash));
	return 0;
}

/* Rows of first, n, sighting, hash: a delivery without a hash has one row, too. */
static int
raw_hash_row(sqlite3_stmt *st, void *arg)
{
	struct leaves_walk *w = arg;
	int64_t first = sqlite3_column_int64(st, 0);

	if (first != w->delivery) {
		w->before += (uint64_t)w->in_delivery;
		w->delivery = first;
		w->in_delivery = sqlite3_column_int64(st, 1);
	}
	if (sqlite3_column_type(st, 2) == SQLITE_NULL)
		return 0;
	return add_raw_hash(w, sqlite3_column_int64(st, 2), column_blob(st, 3));
}

static int
load_raw_hashes(struct leaves_walk *w, uint32_t round)
{
	sqlite3_stmt *st = statement_walk(w->s, Q_LOG_RAW_HASHES);

	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, scoped_key(w->s, round));
	return statement_each(w->s, st, raw_hash_row, w);
}

/* The record in w->record is the next leaf of its tree. */
static int
give(struct leaves_walk *w, enum observation_type tree, const struct observation *of)
{
	struct translog_leaf leaf = { .tree = tree, .index = w->next[tree]++,
		.record = w->record.p, .len = w->record.len, .of = of };

	memcpy(leaf.salt, salts_get(&w->l.salts, tree, leaf.index), sizeof(leaf.salt));
	merkle_leaf(leaf.hash, leaf.salt, leaf.record, leaf.len);
	return w->fn(&leaf, w->arg);
}

/* With the fields that it was logged with, and the hash of its raw record, if that is all that
 * is left of it. */
static int
make_record(struct leaves_walk *w, const struct observation *o)
{
	const struct overlay_fields *fields = log_round_fields(&w->l, o->fields);
	struct observation then;

	if (fields != o->fields) {
		then = *o;
		then.fields = fields;
		o = &then;
	}
	if (o->type == OBS_KEY && w->raw_at < w->nraw &&
	    w->raw[w->raw_at].index == w->next[OBS_KEY])
		return canonical_of_pruned_key(&w->record, o, w->raw[w->raw_at++].hash);
	return canonical_of_observation(&w->record, o);
}

static int
give_observation(const struct observation *o, void *arg)
{
	struct leaves_walk *w = arg;

	if (o->type == OBS_ROUND)	/* its record is not in one row */
		return 0;
	if (make_record(w, o) != 0)
		return store_fail(w->s, "out of memory");
	return give(w, o->type, o);
}

int
translog_leaves(struct store *s, uint32_t round, int (*fn)(const struct translog_leaf *, void *),
    void *arg)
{
	struct leaves_walk w = { .fn = fn, .arg = arg, .s = s, .delivery = -1 };
	struct canonical_round d;
	int stop = log_round_load(s, round, &w.l);

	if (stop == 0 && w.l.folded)
		stop = 1;
	if (stop == 0)
		stop = log_round_record(s, &w.l, &w.record, &d);
	if (stop == 0)
		stop = load_raw_hashes(&w, round);
	if (stop == 0)
		stop = give(&w, OBS_ROUND, NULL);
	if (stop == 0)
		stop = rows_observations(s, round, give_observation, &w);
	free(w.raw);
	free(w.record.p);
	log_round_clear(&w.l);
	return stop;
}
