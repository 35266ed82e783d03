/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From observations to batches, from batches to transactions. */
#include "data/writer.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/limits.h"
#include "data/rows.h"
#include "data/text.h"
#include "data/when.h"

void
writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	for (int k = 0; k < KNOWN_N; k++)
		intern_free(&w->known[k]);
	batch_free(&w->batch);
	seen_free(&w->seen);
	evlog_free(w->log);
	free(w->scratch.p);
	free(w);
}

/* ---- starting ---- */

#define ID_MAX	(INT64_MAX / 2)		/* of answers and keys; nobody comes near it */

static int
load_counters(struct store *s)
{
	struct writer *w = s->writer;
	int64_t delivery = 0;

	if (query_value(s, &delivery, Q_DELIVERY_MAX, "") == -1 ||
	    query_value(s, &w->sightings, Q_SIGHTING_MAX, "") == -1)
		return -1;
	if (delivery < 0 || delivery > ID_MAX || w->sightings < 0 || w->sightings > ID_MAX)
		return store_fail(s, "holds an id out of range; it is damaged");
	w->delivery.id = delivery;
	w->write_at = BATCH_BYTES;
	randombytes_buf(&w->dice, sizeof(w->dice));
	w->dice |= 1;		/* a xorshift never leaves 0 */
	return identity_load(s);
}

/* Two who give out ids at once would give the same: the lock is taken here at the latest. */
static int
ready(struct store *s)
{
	if (s->writer != NULL)
		return s->writer->broken ? -1 : 0;
	if (s->mode == STORE_READ)
		return store_fail(s, "is open for reading only");
	if (store_lock(s) != 0)
		return -1;
	if ((s->writer = calloc(1, sizeof(*s->writer))) == NULL)
		return store_fail(s, "out of memory");
	if ((s->writer->log = evlog_new()) == NULL)
		store_fail(s, "out of memory");
	else if (load_counters(s) == 0)
		return 0;
	writer_free(s->writer);
	s->writer = NULL;
	return -1;
}

int
writer_no_memory(struct store *s)
{
	s->writer->broken = true;
	return store_fail(s, "out of memory");
}

/* ---- transactions ---- */

/* What else belongs into the transaction of a batch. */
struct extra {
	int	(*run)(struct store *, const void *);
	const void *arg;
};

static int
write_all(struct store *s, const struct extra *extra)
{
	if (batch_insert(s, &s->writer->batch) != 0)
		return -1;
	if (extra != NULL && extra->run(s, extra->arg) != 0)
		return -1;
	if (evlog_write(s, s->writer->log) != 0)
		return -1;
	return s->hold ? 0 : store_end(s);
}

/*
 * Writes the batch, and extra with it: 0, 1 if another writer did not let go
 * in time, -1.  Unless it returns 0 the batch is still there to be tried again;
 * but if a held transaction failed, what was in it is lost.
 */
static int
transact(struct store *s, int patience_ms, const struct extra *extra)
{
	struct writer *w = s->writer;
	bool inside = store_in_transaction(s);
	int busy = store_begin(s, patience_ms);

	if (busy != 0)
		return busy;
	if (write_all(s, extra) != 0) {
		store_undo(s);
		w->broken = inside;
		return -1;
	}
	w->sightings += (int64_t)w->batch.rows[B_SIGHTING].n;
	w->write_at = BATCH_BYTES;
	batch_clear(&w->batch);
	evlog_written(w->log);
	return 0;
}

static bool
batch_is_empty(const struct batch *b)
{
	return b->bytes == 0;
}

static bool
is_due(const struct writer *w)
{
	if (w->batch.bytes >= w->write_at)
		return true;
	/* The clock costs as much as a sighting: look at it now and then. */
	return w->adds % 64 == 0 && !batch_is_empty(&w->batch) &&
	    when_monotonic() - w->batch_since_ms >= BATCH_AGE_MS;
}

/*
 * Before an addition, so that what fails here has not been added.  Another
 * writer is no failure as long as the batch may grow.
 */
static int
write_if_due(struct store *s)
{
	struct writer *w = s->writer;
	bool last = w->batch.bytes >= BATCH_BYTES_MAX;
	int bad;

	if (!is_due(w))
		return 0;
	bad = transact(s, last ? PATIENCE_LAST_MS : PATIENCE_SOON_MS, NULL);
	if (bad == 1 && !last) {
		w->write_at = w->batch.bytes + BATCH_BYTES;
		w->batch_since_ms = when_monotonic();
		return 0;
	}
	return bad == 0 ? 0 : -1;
}

int
store_commit(struct store *s)
{
	struct writer *w = s->writer;

	if (w != NULL && w->broken)
		return -1;
	s->hold = false;
	if ((w == NULL || batch_is_empty(&w->batch)))
		return store_in_transaction(s) ? store_end(s) : 0;
	return transact(s, PATIENCE_LAST_MS, NULL) == 0 ? 0 : -1;
}

void
store_rollback(struct store *s)
{
	store_undo(s);
	writer_free(s->writer);
	s->writer = NULL;
	s->run = 0;
	s->hold = false;
}

void
store_hold(struct store *s, bool hold)
{
	s->hold = hold;
}

void
store_keep_all_raw(struct store *s)
{
	s->keep_all_raw = true;
}

/* ---- rounds ---- */

static bool
is_pending(const struct batch *b, uint32_t round)
{
	const struct row_round *r = (const void *)b->rows[B_ROUND].p;

	for (size_t i = 0; i < b->rows[B_ROUND].n; i++) {
		if (r[i].id == round)
			return true;
	}
	return false;
}

/* From here on this is the round under way. */
static int
enter_round(struct store *s, uint32_t round)
{
	struct writer *w = s->writer;
	struct row_round *row;
	int64_t complete = 0;
	int absent;

	if (round == 0)
		return store_fail(s, "round 0: rounds are counted from 1");
	if (round == w->round)
		return 0;
	if ((absent = query_value(s, &complete, Q_ROUND_STATE, "i", (int64_t)round)) == -1)
		return -1;
	if (complete != 0)
		return store_fail(s, "round %u is complete already", round);
	absent = absent && !is_pending(&w->batch, round);
	if (absent) {
		if ((row = batch_add(&w->batch, B_ROUND)) == NULL)
			return writer_no_memory(s);
		row->id = round;
	}
	seen_start(&w->seen, absent);
	w->round = round;
	w->raw_kept = 0;
	return 0;
}

/* The whole file is of one sensor and one overlay. */
static int
check_origin(struct store *s, const char *key, struct text value)
{
	char *have, *want;
	int bad = 0;

	if (value.len == 0)
		return 0;
	if ((want = strndup((const char *)value.p, value.len)) == NULL)
		return store_fail(s, "out of memory");
	if ((have = store_meta_get(s, key)) == NULL)
		bad = query_do(s, Q_META_SET, "ss", key, want);
	else if (strcmp(have, want) != 0) {
		char seen_as[128], is_of[128];

		text_vis(seen_as, sizeof(seen_as), text_of(want));
		text_vis(is_of, sizeof(is_of), text_of(have));
		bad = store_fail(s, "holds the %s %s; these observations are of %s", key, is_of,
		    seen_as);
	}
	free(have);
	free(want);
	return bad;
}

static int
put_round(struct store *s, const void *arg)
{
	const struct observation *o = arg;
	const struct obs_round *r = &o->run;
	bool complete = r->end_ms != UNKNOWN;

	if (check_origin(s, "sensor", r->sensor) != 0 ||
	    check_origin(s, "overlay", r->overlay) != 0)
		return -1;
	if (complete && seen_write(s, &s->writer->seen, o->round) != 0)
		return -1;
	return query_do(s, Q_ROUND_PUT, "ikkkki", (int64_t)o->round, r->start_ms, r->end_ms,
	    r->tried, r->reached, (int64_t)complete);
}

static int
add_round(struct store *s, const struct observation *o)
{
	if (transact(s, PATIENCE_LAST_MS, &(struct extra){ put_round, o }) != 0)
		return -1;
	if (o->run.end_ms != UNKNOWN)
		s->writer->round = 0;
	return 0;
}

struct facts {
	uint32_t	round;
	int64_t		known, clock_jump_ms;
};

static int
put_facts(struct store *s, const void *arg)
{
	const struct facts *f = arg;

	return query_do(s, Q_ROUND_FACTS, "iki", (int64_t)f->round, f->known, f->clock_jump_ms);
}

int
store_round_facts(struct store *s, uint32_t round, int64_t known, int64_t clock_jump_ms)
{
	struct facts f = { round, known, clock_jump_ms };

	if (ready(s) != 0 || evlog_enter(s, s->writer->log, round) != 0)
		return -1;
	return transact(s, PATIENCE_LAST_MS, &(struct extra){ put_facts, &f }) == 0 ? 0 : -1;
}

uint32_t
store_last_round(struct store *s)
{
	int64_t last = 0;

	if (query_value(s, &last, Q_ROUND_LAST, "") == -1)
		return 0;
	for (size_t i = 0; s->writer != NULL && i < s->writer->batch.rows[B_ROUND].n; i++) {
		const struct row_round *r = (const void *)s->writer->batch.rows[B_ROUND].p;

		if (r[i].id > last)
			last = r[i].id;
	}
	return (uint32_t)last;
}

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

static int
add_key(struct store *s, const struct observation *o)
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

static int
add_neighbour(struct store *s, const struct observation *o)
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

static int
add_query(struct store *s, const struct observation *o)
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

static int
add_contact(struct store *s, const struct observation *o)
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

/* ---- the one way in ---- */

/* Before anything is looked up: nothing that is only in the batch may be forgotten. */
static int
make_room(struct store *s)
{
	if (!identity_is_crowded(s->writer))
		return 0;
	if (transact(s, PATIENCE_LAST_MS, NULL) != 0)
		return -1;
	identity_forget(s->writer);
	return 0;
}

/* The log commits to what is stored: to a raw record only if that is kept. */
static int
log_one(struct store *s, const struct observation *o)
{
	struct writer *w = s->writer;
	struct observation kept;

	if (o->type == OBS_ROUND)
		return 0;
	if (o->type == OBS_KEY && o->key.raw.len > 0 && !w->raw_taken) {
		kept = *o;
		kept.key.raw.len = 0;
		o = &kept;
	}
	return evlog_add(s, w->log, o) == 0 ? 0 : writer_no_memory(s);
}

int
store_add(struct store *s, const struct observation *o)
{
	static int (*const add[OBS_NTYPE])(struct store *, const struct observation *) = {
		[OBS_ROUND] = add_round,
		[OBS_KEY] = add_key,
		[OBS_NEIGHBOUR] = add_neighbour,
		[OBS_QUERY] = add_query,
		[OBS_CONTACT] = add_contact,
	};

	if (ready(s) != 0 || write_if_due(s) != 0 || make_room(s) != 0 ||
	    enter_round(s, o->round) != 0 || evlog_enter(s, s->writer->log, o->round) != 0)
		return -1;
	if (s->writer->adds++ == 0 || batch_is_empty(&s->writer->batch))
		s->writer->batch_since_ms = when_monotonic();
	return add[o->type](s, o) == 0 ? log_one(s, o) : -1;
}
