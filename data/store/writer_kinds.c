/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each kind of observation becomes in the batch. */
#include <string.h>

#include "bounds.h"
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

/* The delivery that this key is part of, in the batch; a new one if it is of another answer. */
static struct row_delivery *
delivery_of(struct writer *w, const struct observation *o, uint32_t peer, int64_t sighting)
{
	struct row_delivery *d = &w->delivery, *row = batch_last(&w->batch, B_DELIVERY);
	bool same = d->round == o->round && d->peer == peer && d->t_ms == o->t_ms &&
	    d->downstream == o->key.downstream;

	if (same && row != NULL)
		return row;
	if ((row = batch_add(&w->batch, B_DELIVERY)) == NULL)
		return NULL;
	if (!same)
		*d = (struct row_delivery){ d->id + 1, o->t_ms, sighting, o->round, peer, 0,
			o->key.downstream };
	*row = *d;
	return row;
}

int
writer_add_key(struct store *s, const struct observation *o)
{
	struct writer *w = s->writer;
	const struct obs_key *k = &o->key;
	uint32_t peer, source, advert;
	int64_t sighting = w->sightings + 1 + (int64_t)w->batch.rows[B_SIGHTING].n;
	struct row_delivery *d;
	struct row_sighting *row;

	if ((peer = peer_of_key(s, o->peer)) == 0 ||
	    (advert = identity_advert(s, k, &source)) == 0)
		return -1;
	if ((d = delivery_of(w, o, peer, sighting)) == NULL ||
	    (row = batch_add(&w->batch, B_SIGHTING)) == NULL)
		return writer_no_memory(s);
	*row = (struct row_sighting){ k->blocks, advert, k->ttl };
	w->batch.sighting = w->sightings + 1;
	w->delivery.n = ++d->n;
	seen_mark(&w->seen, source, SEEN_KEY);
	return keep_raw(s, sighting, k->raw);
}

/* ---- the other kinds ---- */

int
writer_add_neighbour(struct store *s, const struct observation *o)
{
	struct writer *w = s->writer;
	uint32_t peer, node, claim;
	struct row_neighbour *row;

	if ((peer = identity_node(s, o->peer)) == 0 ||
	    (node = identity_node(s, o->neighbour.node)) == 0 ||
	    (claim = identity_claim(s, &o->neighbour, node)) == 0)
		return -1;
	if ((row = batch_add(&w->batch, B_NEIGHBOUR)) == NULL)
		return writer_no_memory(s);
	*row = (struct row_neighbour){ o->t_ms, o->round, peer, claim };
	seen_mark(&w->seen, node, SEEN_NEIGHBOUR);
	return 0;
}

/* Marks the nodes that passed a query on, and packs them into 6 bytes each. */
static int
pack_via(struct store *s, const struct obs_query *q, uint8_t out[6 * VIA_MAX])
{
	for (size_t i = 0; i < q->nvia; i++) {
		struct endpoint e = q->via[i];
		uint32_t node = identity_node(s, e);
		const uint8_t bytes[6] = { (uint8_t)(e.ip >> 24), (uint8_t)(e.ip >> 16),
			(uint8_t)(e.ip >> 8), (uint8_t)e.ip, (uint8_t)(e.port >> 8),
			(uint8_t)e.port };

		if (node == 0)
			return -1;
		seen_mark(&s->writer->seen, node, SEEN_QUERY);
		memcpy(out + 6 * i, bytes, 6);
	}
	return 0;
}

int
writer_add_query(struct store *s, const struct observation *o)
{
	struct writer *w = s->writer;
	const struct obs_query *q = &o->query;
	char words_token[NAME_TOKEN], trip_token[NAME_TOKEN];
	uint8_t via[6 * VIA_MAX];
	uint32_t peer;
	struct row_query *row;

	if (q->nvia > VIA_MAX)
		return store_fail(s, "a query by way of %zu nodes; want at most %d", q->nvia, VIA_MAX);
	if ((peer = identity_node(s, o->peer)) == 0 || pack_via(s, q, via) != 0)
		return -1;
	if ((row = batch_add(&w->batch, B_QUERY)) == NULL)
		return writer_no_memory(s);
	row->t_ms = o->t_ms;
	row->id = q->id;
	row->round = o->round;
	row->peer = peer;
	if (batch_text(&w->batch, &row->words, name_stored(s, q->words, words_token)) != 0 ||
	    batch_text(&w->batch, &row->trip, name_stored(s, q->trip, trip_token)) != 0 ||
	    batch_text(&w->batch, &row->via, (struct text){ via, 6 * q->nvia }) != 0)
		return writer_no_memory(s);
	return 0;
}

int
writer_add_contact(struct store *s, const struct observation *o)
{
	struct writer *w = s->writer;
	const struct obs_contact *c = &o->contact;
	uint32_t node = identity_node(s, c->node);
	struct row_contact *row;

	if (node == 0)
		return -1;
	if ((row = batch_add(&w->batch, B_CONTACT)) == NULL)
		return writer_no_memory(s);
	*row = (struct row_contact){ o->t_ms, o->round, node, c->version, c->speed, c->command,
		c->port0, c->inbound, (int8_t)c->outcome };
	if (c->outcome == OUT_OK)
		seen_mark(&w->seen, node, c->inbound ? SEEN_INBOUND : SEEN_CONTACTED);
	return 0;
}
