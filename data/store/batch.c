/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/batch.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM	1024	/* rows, or bytes of text */

/* ---- gathering ---- */

static const size_t width[B_N] = {
	[B_NODE] = sizeof(struct row_node),
	[B_FILE] = sizeof(struct row_file),
	[B_ADVERT] = sizeof(struct row_advert),
	[B_CLAIM] = sizeof(struct row_claim),
	[B_ROUND] = sizeof(struct row_round),
	[B_DELIVERY] = sizeof(struct row_delivery),
	[B_SIGHTING] = sizeof(struct row_sighting),
	[B_RAW] = sizeof(struct row_raw),
	[B_NEIGHBOUR] = sizeof(struct row_neighbour),
	[B_QUERY] = sizeof(struct row_query),
	[B_CONTACT] = sizeof(struct row_contact),
	[B_TEXT] = 1,
};

/* Room for n more rows of a kind; they are not counted yet. */
static uint8_t *
make_room(struct batch *b, enum batch_kind k, size_t n)
{
	struct vec *v = &b->rows[k];
	size_t room = v->room == 0 ? FIRST_ROOM : v->room;
	uint8_t *p;

	while (room - v->n < n)
		room *= 2;
	if (room != v->room) {
		if ((p = realloc(v->p, room * width[k])) == NULL)
			return NULL;
		v->p = p;
		v->room = room;
	}
	return v->p + v->n * width[k];
}

void *
batch_add(struct batch *b, enum batch_kind k)
{
	uint8_t *row = make_room(b, k, 1);

	if (row == NULL)
		return NULL;
	b->rows[k].n++;
	b->bytes += width[k];
	return memset(row, 0, width[k]);
}

void *
batch_last(const struct batch *b, enum batch_kind k)
{
	const struct vec *v = &b->rows[k];

	return v->n == 0 ? NULL : v->p + (v->n - 1) * width[k];
}

int
batch_text(struct batch *b, struct span *s, struct text t)
{
	struct vec *v = &b->rows[B_TEXT];
	uint8_t *p;

	if (t.len > UINT32_MAX - v->n || (p = make_room(b, B_TEXT, t.len)) == NULL)
		return -1;
	if (t.len > 0)
		memcpy(p, t.p, t.len);
	*s = (struct span){ (uint32_t)v->n, (uint32_t)t.len };
	v->n += t.len;
	b->bytes += t.len;
	return 0;
}

void
batch_clear(struct batch *b)
{
	for (int k = 0; k < B_N; k++)
		b->rows[k].n = 0;
	b->bytes = 0;
}

void
batch_free(struct batch *b)
{
	for (int k = 0; k < B_N; k++)
		free(b->rows[k].p);
	memset(b, 0, sizeof(*b));
}

/* ---- writing ---- */

static struct text
at(const struct batch *b, struct span s)
{
	return (struct text){ b->rows[B_TEXT].p + s.at, s.len };
}

/* Row i of a kind, as a pointer of the right type. */
#define ROW(type, b, kind, i)	((const struct type *)(const void *)(b)->rows[kind].p + (i))

static int
insert_node(struct store *s, const struct batch *b, size_t i)
{
	const struct row_node *r = ROW(row_node, b, B_NODE, i);

	return query_do(s, Q_NODE_ADD, "iii", (int64_t)r->id, (int64_t)r->e.ip,
	    (int64_t)r->e.port);
}

static int
insert_file(struct store *s, const struct batch *b, size_t i)
{
	const struct row_file *r = ROW(row_file, b, B_FILE, i);

	return query_do(s, Q_FILE_ADD, "ibktt", (int64_t)r->id,
	    (struct text){ r->hash, sizeof(r->hash) }, r->size, at(b, r->name), at(b, r->trip));
}

static int
insert_advert(struct store *s, const struct batch *b, size_t i)
{
	const struct row_advert *r = ROW(row_advert, b, B_ADVERT, i);

	return query_do(s, Q_ADVERT_ADD, "iiikkkkn", (int64_t)r->id, (int64_t)r->source,
	    (int64_t)r->file, (int64_t)r->version, (int64_t)r->ignore, r->mtime,
	    r->bbs == 0 ? (int64_t)UNKNOWN : (int64_t)r->bbs, at(b, r->bbs_trip));
}

static int
insert_claim(struct store *s, const struct batch *b, size_t i)
{
	const struct row_claim *r = ROW(row_claim, b, B_CLAIM, i);

	return query_do(s, Q_CLAIM_ADD, "iikkttt", (int64_t)r->id, (int64_t)r->node,
	    (int64_t)r->speed, (int64_t)r->bbs, at(b, r->words[0]), at(b, r->words[1]),
	    at(b, r->words[2]));
}

static int
insert_round(struct store *s, const struct batch *b, size_t i)
{
	const struct row_round *r = ROW(row_round, b, B_ROUND, i);

	return query_do(s, Q_ROUND_ADD, "iki", scoped_key(s, r->id),
	    s->run == 0 ? (int64_t)UNKNOWN : s->run, (int64_t)s->origin);
}

static int
insert_delivery(struct store *s, const struct batch *b, size_t i)
{
	const struct row_delivery *r = ROW(row_delivery, b, B_DELIVERY, i);

	return query_do(s, Q_DELIVERY_ADD, "iiiikii", r->id, scoped_key(s, r->round),
	    (int64_t)r->peer, r->t_ms, (int64_t)r->downstream, r->first, (int64_t)r->n);
}

static int
insert_raw(struct store *s, const struct batch *b, size_t i)
{
	const struct row_raw *r = ROW(row_raw, b, B_RAW, i);

	return query_do(s, Q_RAW_ADD, "ib", r->sighting, at(b, r->record));
}

static int
insert_neighbour(struct store *s, const struct batch *b, size_t i)
{
	const struct row_neighbour *r = ROW(row_neighbour, b, B_NEIGHBOUR, i);

	return query_do(s, Q_NEIGHBOUR_ADD, "iiii", scoped_key(s, r->round), r->t_ms,
	    (int64_t)r->peer, (int64_t)r->claim);
}

static int
insert_query(struct store *s, const struct batch *b, size_t i)
{
	const struct row_query *r = ROW(row_query, b, B_QUERY, i);

	return query_do(s, Q_QUERY_ADD, "iiikttb", scoped_key(s, r->round), r->t_ms,
	    (int64_t)r->peer, r->id, at(b, r->words), at(b, r->trip), at(b, r->via));
}

static int
insert_contact(struct store *s, const struct batch *b, size_t i)
{
	const struct row_contact *r = ROW(row_contact, b, B_CONTACT, i);

	return query_do(s, Q_CONTACT_ADD, "iiiiikkkk", scoped_key(s, r->round), r->t_ms,
	    (int64_t)r->node, (int64_t)r->inbound, (int64_t)r->outcome, (int64_t)r->command,
	    (int64_t)r->version, (int64_t)r->speed, (int64_t)r->port0);
}

static void
bind_sighting(sqlite3_stmt *st, int at, int64_t id, const struct row_sighting *r)
{
	sqlite3_bind_int64(st, at, id);
	sqlite3_bind_int64(st, at + 1, r->advert);
	if (r->ttl == UNKNOWN)
		sqlite3_bind_null(st, at + 2);
	else
		sqlite3_bind_int64(st, at + 2, r->ttl);
	if (r->blocks == UNKNOWN)
		sqlite3_bind_null(st, at + 3);
	else
		sqlite3_bind_int64(st, at + 3, r->blocks);
}

/* The n sightings from the i-th on, by the statement that takes so many. */
static int
insert_some(struct store *s, const struct batch *b, enum query q, size_t i, size_t n)
{
	sqlite3_stmt *st = statement(s, &s->q[q], sql[q]);
	int rc;

	if (st == NULL)
		return -1;
	for (size_t k = 0; k < n; k++)
		bind_sighting(st, 1 + 4 * (int)k, b->sighting + (int64_t)(i + k),
		    ROW(row_sighting, b, B_SIGHTING, i + k));
	if ((rc = sqlite3_step(st)) != SQLITE_DONE)
		store_fail_db(s);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

/*
 * The longest loop of the program: bound without ceremony, and many rows by one
 * statement, which spares SQLite a quarter of the work.
 */
static int
insert_sightings(struct store *s, const struct batch *b)
{
	size_t n = b->rows[B_SIGHTING].n, i = 0;
	int bad = 0;

	for (; bad == 0 && n - i >= SIGHTINGS_AT_ONCE; i += SIGHTINGS_AT_ONCE)
		bad = insert_some(s, b, Q_SIGHTINGS_ADD, i, SIGHTINGS_AT_ONCE);
	for (; bad == 0 && i < n; i++)
		bad = insert_some(s, b, Q_SIGHTING_ADD, i, 1);
	return bad;
}

int
batch_insert(struct store *s, const struct batch *b)
{
	static int (*const insert[B_N])(struct store *, const struct batch *, size_t) = {
		[B_NODE] = insert_node,
		[B_FILE] = insert_file,
		[B_ADVERT] = insert_advert,
		[B_CLAIM] = insert_claim,
		[B_ROUND] = insert_round,
		[B_DELIVERY] = insert_delivery,
		[B_RAW] = insert_raw,
		[B_NEIGHBOUR] = insert_neighbour,
		[B_QUERY] = insert_query,
		[B_CONTACT] = insert_contact,
	};

	for (int k = 0; k < B_N; k++) {
		for (size_t i = 0; insert[k] != NULL && i < b->rows[k].n; i++) {
			if (insert[k](s, b, i) != 0)
				return -1;
		}
		if (k == B_SIGHTING && insert_sightings(s, b) != 0)
			return -1;
	}
	return 0;
}
