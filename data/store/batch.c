/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/batch.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/record_fields.h"

#define FIRST_ROOM	1024	/* rows, or bytes of text */

/* ---- gathering ---- */

void
batch_layout(struct batch *b, const struct level_fields level[LEVEL_N])
{
	static const struct { size_t head; int level; } row[B_N] = {
		[B_NODE] = { sizeof(struct row_node), -1 },
		[B_FILE] = { offsetof(struct row_file, cell), LEVEL_CONTENT },
		[B_ADVERT] = { offsetof(struct row_advert, cell), LEVEL_ADVERT },
		[B_CLAIM] = { offsetof(struct row_claim, cell), LEVEL_CLAIM },
		[B_ROUND] = { sizeof(struct row_round), -1 },
		[B_DELIVERY] = { offsetof(struct row_delivery, cell), LEVEL_DELIVERY },
		[B_SIGHTING] = { offsetof(struct row_sighting, cell), LEVEL_SIGHTING },
		[B_RAW] = { sizeof(struct row_raw), -1 },
		[B_NEIGHBOUR] = { offsetof(struct row_neighbour, cell), LEVEL_TELLING },
		[B_QUERY] = { offsetof(struct row_query, cell), LEVEL_QUERY },
		[B_CONTACT] = { offsetof(struct row_contact, cell), LEVEL_CONTACT },
		[B_TEXT] = { 1, -1 },
	};

	for (int k = 0; k < B_N; k++) {
		b->width[k] = row[k].head +
		    (row[k].level == -1 ? 0 : level[row[k].level].n * sizeof(union cell));
		free(b->rows[k].p);
		b->rows[k] = (struct vec){ NULL, 0, 0 };
	}
}

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
		if ((p = realloc(v->p, room * b->width[k])) == NULL)
			return NULL;
		v->p = p;
		v->room = room;
	}
	return v->p + v->n * b->width[k];
}

void *
batch_add(struct batch *b, enum batch_kind k)
{
	uint8_t *row = make_room(b, k, 1);

	if (row == NULL)
		return NULL;
	b->rows[k].n++;
	b->bytes += b->width[k];
	return memset(row, 0, b->width[k]);
}

void *
batch_last(const struct batch *b, enum batch_kind k)
{
	const struct vec *v = &b->rows[k];

	return v->n == 0 ? NULL : v->p + (v->n - 1) * b->width[k];
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

struct text
batch_text_at(const struct batch *b, struct span s)
{
	return (struct text){ b->rows[B_TEXT].p + s.at, s.len };
}

/* Row i of a kind, as a pointer of the right type. */
#define ROW(type, b, kind, i)	\
	((const struct type *)(const void *)((b)->rows[kind].p + (i) * (b)->width[kind]))

/* Runs a statement whose parameters are bound. */
static int
run(struct store *s, sqlite3_stmt *st)
{
	int rc = st == NULL ? SQLITE_ERROR : sqlite3_step(st);

	if (st != NULL && rc != SQLITE_DONE)
		store_fail_db(s);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* The same after the cells of a level have been bound from parameter `at` on. */
static int
run_with(struct store *s, sqlite3_stmt *st, int at, enum field_level l, const struct batch *b,
    const union cell *cell)
{
	if (st != NULL)
		fields_bind_cells(s, st, at, l, b, cell);
	return run(s, st);
}

/* NULL in place of no node. */
static int64_t
known_id(uint32_t id)
{
	return id == 0 ? UNKNOWN : (int64_t)id;
}

static int
insert_node(struct store *s, const struct batch *b, size_t i)
{
	const struct row_node *r = ROW(row_node, b, B_NODE, i);

	return query_do(s, Q_NODE_ADD, "iei", (int64_t)r->id, &r->e, (int64_t)r->e.port);
}

static int
insert_file(struct store *s, const struct batch *b, size_t i)
{
	const struct row_file *r = ROW(row_file, b, B_FILE, i);

	return run_with(s, query_bind(s, Q_FILE_ADD, "ib", (int64_t)r->id,
	    batch_text_at(b, r->hash)), 3, LEVEL_CONTENT, b, r->cell);
}

static int
insert_advert(struct store *s, const struct batch *b, size_t i)
{
	const struct row_advert *r = ROW(row_advert, b, B_ADVERT, i);

	return run_with(s, query_bind(s, Q_ADVERT_ADD, "iii", (int64_t)r->id, (int64_t)r->source,
	    (int64_t)r->file), 4, LEVEL_ADVERT, b, r->cell);
}

static int
insert_claim(struct store *s, const struct batch *b, size_t i)
{
	const struct row_claim *r = ROW(row_claim, b, B_CLAIM, i);

	return run_with(s, query_bind(s, Q_CLAIM_ADD, "ii", (int64_t)r->id, (int64_t)r->node), 3,
	    LEVEL_CLAIM, b, r->cell);
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
	const struct row_delivery *row = ROW(row_delivery, b, B_DELIVERY, i);
	const struct delivery *r = &row->is;

	return run_with(s, query_bind(s, Q_DELIVERY_ADD, "iiiiiik", r->id, scoped_key(s, r->round),
	    (int64_t)r->peer, r->t_ms, r->first, (int64_t)r->n, known_id(r->receiver)), 8,
	    LEVEL_DELIVERY, b, row->cell);
}

static int
insert_raw(struct store *s, const struct batch *b, size_t i)
{
	const struct row_raw *r = ROW(row_raw, b, B_RAW, i);

	return query_do(s, Q_RAW_ADD, "ib", r->sighting, batch_text_at(b, r->record));
}

static int
insert_neighbour(struct store *s, const struct batch *b, size_t i)
{
	const struct row_neighbour *r = ROW(row_neighbour, b, B_NEIGHBOUR, i);

	return run_with(s, query_bind(s, Q_NEIGHBOUR_ADD, "iiiik", scoped_key(s, r->round), r->t_ms,
	    (int64_t)r->peer, (int64_t)r->claim, known_id(r->receiver)), 6, LEVEL_TELLING, b, r->cell);
}

static int
insert_query(struct store *s, const struct batch *b, size_t i)
{
	const struct row_query *r = ROW(row_query, b, B_QUERY, i);

	return run_with(s, query_bind(s, Q_QUERY_ADD, "iiikb", scoped_key(s, r->round), r->t_ms,
	    (int64_t)r->peer, known_id(r->receiver), batch_text_at(b, r->via)), 6, LEVEL_QUERY, b,
	    r->cell);
}

static int
insert_contact(struct store *s, const struct batch *b, size_t i)
{
	const struct row_contact *r = ROW(row_contact, b, B_CONTACT, i);

	return run_with(s, query_bind(s, Q_CONTACT_ADD, "iiiii", scoped_key(s, r->round), r->t_ms,
	    (int64_t)r->node, (int64_t)r->inbound, (int64_t)r->outcome), 6, LEVEL_CONTACT, b,
	    r->cell);
}

/* The n sightings from the i-th on, by the statement that takes so many. */
static int
insert_some(struct store *s, const struct batch *b, enum query q, size_t i, size_t n)
{
	sqlite3_stmt *st = statement(s, &s->q[q], sql[q]);
	int at = 1;

	for (size_t k = 0; st != NULL && k < n; k++) {
		const struct row_sighting *r = ROW(row_sighting, b, B_SIGHTING, i + k);

		sqlite3_bind_int64(st, at, b->sighting + (int64_t)(i + k));
		sqlite3_bind_int64(st, at + 1, r->advert);
		at = fields_bind_cells(s, st, at + 2, LEVEL_SIGHTING, b, r->cell);
	}
	return run(s, st);
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
