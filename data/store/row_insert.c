/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/row_insert.h"

/* Row i of a kind, as a pointer of the right type. */
#define ROW(type, b, kind, i)	\
	((const struct type *)(const void *)((b)->rows[kind].p + (i) * (b)->width[kind]))

/* Binds cells from parameter `at` on; returns the next parameter. */
static int
bind_cells(const struct store *s, sqlite3_stmt *st, int at, enum field_level l,
    const struct batch *b, const union cell *cell)
{
	for (int i = 0; i < s->level[l].n; i++, at++) {
		uint8_t type = s->level[l].type[i];

		if (type == FIELD_TEXT || type == FIELD_BYTES)
			bind_some(st, at, batch_text_at(b, cell[i].text), type == FIELD_BYTES);
		else
			bind_known(st, at, cell[i].number);
	}
	return at;
}

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
		bind_cells(s, st, at, l, b, cell);
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
		at = bind_cells(s, st, at + 2, LEVEL_SIGHTING, b, r->cell);
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
row_insert_all(struct store *s, const struct batch *b)
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
