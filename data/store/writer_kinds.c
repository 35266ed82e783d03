/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each kind of observation becomes in the batch. */
#include <string.h>

#include "bounds.h"
#include "data/store/record_cells.h"
#include "data/store/record_fields.h"
#include "data/store/rows.h"
#include "data/store/writer.h"

/* ---- keys ---- */

/* One in four to the power of the steps already filled; see RAW_STEP. */
static bool
wants_raw(struct store *s)
{
	struct writer *w = s->writer;
	uint32_t step = w->raw_kept / RAW_STEP;

	if (s->hide_names)		/* the record holds the name */
		return false;
	if (s->keep_all_raw)
		return true;
	if (step >= RAW_STEPS)
		return false;
	w->dice ^= w->dice << 13;
	w->dice ^= w->dice >> 7;
	w->dice ^= w->dice << 17;
	return (w->dice & ((UINT64_C(1) << 2 * step) - 1)) == 0;
}

static int
keep_raw(struct store *s, int64_t sighting, struct text record)
{
	struct writer *w = s->writer;
	struct row_raw *row;

	w->raw_taken = record.len > 0 && wants_raw(s);
	if (!w->raw_taken)
		return 0;
	if ((row = batch_add(&w->batch, B_RAW)) == NULL ||
	    batch_text(&w->batch, &row->record, record) != 0)
		return writer_no_memory(s);
	row->sighting = sighting;
	w->raw_kept++;
	return 0;
}

/* Answers come from one peer at a time. */
static uint32_t
peer_of_key(struct store *s, struct endpoint peer)
{
	struct writer *w = s->writer;

	if (w->peer_id == 0 || endpoint_compare(w->peer, peer) != 0) {
		w->peer = peer;
		w->peer_id = identity_node(s, peer);
	}
	return w->peer_id;
}

/* To whom it was handed, where that is not the sensor; false with store_error set. */
static bool
receiver_of(struct store *s, const struct observation *o, uint32_t *id)
{
	*id = 0;
	return endpoint_is_nobody(o->to) || (*id = identity_node(s, o->to)) != 0;
}

/* The delivery that this key is part of, in the batch; a new one if it is of another answer. */
static struct row_delivery *
delivery_of(struct store *s, const struct observation *o, uint32_t peer, uint32_t receiver,
    const union value *value, int64_t sighting)
{
	struct writer *w = s->writer;
	struct delivery *d = &w->delivery;
	struct row_delivery *row = batch_last(&w->batch, B_DELIVERY);
	size_t ncell = s->level[LEVEL_DELIVERY].n * sizeof(union cell);
	union cell cell[FIELDS_MAX];
	bool same;

	memset(cell, 0, sizeof(cell));
	if (cells_fill(s, LEVEL_DELIVERY, value, cell) != 0)
		return NULL;
	same = d->round == o->round && d->peer == peer && d->t_ms == o->t_ms &&
	    d->receiver == receiver && memcmp(cell, w->delivery_cell, ncell) == 0;
	if (same && row != NULL)
		return row;
	if ((row = batch_add(&w->batch, B_DELIVERY)) == NULL) {
		writer_no_memory(s);
		return NULL;
	}
	if (!same) {
		*d = (struct delivery){ d->id + 1, o->t_ms, sighting, o->round, peer, 0, receiver };
		memcpy(w->delivery_cell, cell, ncell);
	}
	row->is = *d;
	memcpy(row->cell, w->delivery_cell, ncell);
	return row;
}

int
writer_add_key(struct store *s, const struct observation *o)
{
	struct writer *w = s->writer;
	const struct obs_key *k = &o->key;
	struct stored_values v;
	uint32_t peer, source, advert, receiver;
	int64_t sighting = w->sightings + 1 + (int64_t)w->batch.rows[B_SIGHTING].n;
	struct row_delivery *d;
	struct row_sighting *row;

	if (k->content.len > o->fields->content_length)
		return store_fail(s, "a content of %d bytes; want at most %d", k->content.len,
		    o->fields->content_length);
	fields_stored(s, &v, o);
	if ((peer = peer_of_key(s, o->peer)) == 0 || !receiver_of(s, o, &receiver) ||
	    (advert = identity_advert(s, k, v.value, &source)) == 0 ||
	    (d = delivery_of(s, o, peer, receiver, v.value, sighting)) == NULL)
		return -1;
	if ((row = batch_add(&w->batch, B_SIGHTING)) == NULL)
		return writer_no_memory(s);
	row->advert = advert;
	if (cells_fill(s, LEVEL_SIGHTING, v.value, row->cell) != 0)
		return -1;
	w->batch.sighting = w->sightings + 1;
	w->delivery.n = ++d->is.n;
	seen_mark(&w->seen, source, SEEN_KEY);
	return keep_raw(s, sighting, k->raw);
}

/* ---- the other kinds ---- */

int
writer_add_neighbour(struct store *s, const struct observation *o)
{
	struct writer *w = s->writer;
	struct stored_values v;
	uint32_t peer, node, claim, receiver;
	struct row_neighbour *row;

	fields_stored(s, &v, o);
	if ((peer = identity_node(s, o->peer)) == 0 || !receiver_of(s, o, &receiver) ||
	    (node = identity_node(s, o->neighbour.node)) == 0 ||
	    (claim = identity_claim(s, node, v.value)) == 0)
		return -1;
	if ((row = batch_add(&w->batch, B_NEIGHBOUR)) == NULL)
		return writer_no_memory(s);
	row->t_ms = o->t_ms;
	row->round = o->round;
	row->peer = peer;
	row->claim = claim;
	row->receiver = receiver;
	seen_mark(&w->seen, node, SEEN_NEIGHBOUR);
	return cells_fill(s, LEVEL_TELLING, v.value, row->cell);
}

/* Marks the nodes that passed a query on, and packs them one behind the other. */
static int
pack_via(struct store *s, const struct obs_query *q, uint8_t out[ENDPOINT_PACKED * VIA_MAX],
    size_t *len)
{
	*len = 0;
	for (size_t i = 0; i < q->nvia; i++) {
		uint32_t node = identity_node(s, q->via[i]);

		if (node == 0)
			return -1;
		seen_mark(&s->writer->seen, node, SEEN_QUERY);
		*len += endpoint_pack(out + *len, q->via[i]);
	}
	return 0;
}

int
writer_add_query(struct store *s, const struct observation *o)
{
	struct writer *w = s->writer;
	const struct obs_query *q = &o->query;
	uint8_t via[ENDPOINT_PACKED * VIA_MAX];
	struct stored_values v;
	uint32_t peer, receiver;
	struct row_query *row;
	size_t len;

	if (q->nvia > VIA_MAX)
		return store_fail(s, "a query by way of %zu nodes; want at most %d", q->nvia, VIA_MAX);
	fields_stored(s, &v, o);
	if ((peer = identity_node(s, o->peer)) == 0 || !receiver_of(s, o, &receiver) ||
	    pack_via(s, q, via, &len) != 0)
		return -1;
	if ((row = batch_add(&w->batch, B_QUERY)) == NULL)
		return writer_no_memory(s);
	row->t_ms = o->t_ms;
	row->round = o->round;
	row->peer = peer;
	row->receiver = receiver;
	w->batch.written += q->nvia * SEEN_ON_DISK;
	if (batch_text(&w->batch, &row->via, (struct text){ via, len }) != 0)
		return writer_no_memory(s);
	return cells_fill(s, LEVEL_QUERY, v.value, row->cell);
}

int
writer_add_contact(struct store *s, const struct observation *o)
{
	struct writer *w = s->writer;
	const struct obs_contact *c = &o->contact;
	uint32_t node = identity_node(s, c->node);
	struct stored_values v;
	struct row_contact *row;

	if (node == 0)
		return -1;
	fields_stored(s, &v, o);
	if ((row = batch_add(&w->batch, B_CONTACT)) == NULL)
		return writer_no_memory(s);
	row->t_ms = o->t_ms;
	row->round = o->round;
	row->node = node;
	row->inbound = c->inbound;
	row->outcome = (int8_t)c->outcome;
	if (c->outcome == OUT_OK)
		seen_mark(&w->seen, node, c->inbound ? SEEN_INBOUND : SEEN_CONTACTED);
	return cells_fill(s, LEVEL_CONTACT, v.value, row->cell);
}
