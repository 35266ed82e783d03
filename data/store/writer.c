/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From observations to batches, from batches to transactions. */
#include "data/store/record_fields.h"
#include "data/store/row_insert.h"
#include "data/store/writer.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/utctime.h"

void
writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	for (int k = 0; k < KNOWN_N; k++)
		id_table_free(&w->known[k]);
	id_table_free(&w->wide);
	batch_free(&w->batch);
	seen_free(&w->seen);
	translog_free(w->log);
	free(w->scratch.p);
	free(w);
}

/* ---- starting ---- */

#define ID_MAX	(INT64_MAX / 2)		/* of answers and keys; nobody comes near it */

static int
read_epoch(struct store *s, int64_t *epoch)
{
	*epoch = 0;
	return query_value(s, epoch, Q_META_GET, "s", "epoch") == -1 ? -1 : 0;
}

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
	return read_epoch(s, &w->epoch) != 0 ? -1 : identity_load(s);
}

/* Two who give out ids at once would give the same: the lock is taken here at the latest. */
int
writer_ready(struct store *s)
{
	if (s->writer != NULL)
		return s->writer->broken ? -1 : 0;
	if (s->mode == STORE_READ)
		return store_fail(s, "is open for reading only");
	if (store_lock(s) != 0 || (s->fields == NULL && fields_resume(s) != 0))
		return -1;
	schema_expect_additions(s->db);
	if ((s->writer = calloc(1, sizeof(*s->writer))) == NULL)
		return store_fail(s, "out of memory");
	batch_layout(&s->writer->batch, s->level);
	if ((s->writer->log = translog_new()) == NULL)
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

/* Nothing but rounds: no row in it names anything by its id. */
static bool
names_nothing(const struct batch *b)
{
	for (int k = 0; k < B_N; k++) {
		if (k != B_ROUND && b->rows[k].n > 0)
			return false;
	}
	return true;
}

/*
 * Since the last transaction prune may have taken the addresses and names from
 * rows that are remembered here.  It does so only between two rounds of a
 * crawl, when the batch is empty; an import must begin again.
 */
static int
heed_epoch(struct store *s)
{
	struct writer *w = s->writer;
	int64_t epoch;

	if (read_epoch(s, &epoch) != 0)
		return -1;
	if (epoch == w->epoch)
		return 0;
	if (!names_nothing(&w->batch))
		return store_fail(s, "was pruned while something was added; add it again");
	identity_forget_all(w);
	w->epoch = epoch;
	return 0;
}

static int
write_all(struct store *s, const struct writer_extra *extra)
{
	if (row_insert_all(s, &s->writer->batch) != 0)
		return -1;
	if (extra != NULL && extra->run(s, extra->arg) != 0)
		return -1;
	if (translog_write(s, s->writer->log, s->writer->last) != 0)
		return -1;
	return s->hold ? 0 : store_end(s);
}

int
writer_transact(struct store *s, int patience_ms, const struct writer_extra *extra)
{
	struct writer *w = s->writer;
	bool inside = store_in_transaction(s);
	int busy = store_begin(s, patience_ms);

	if (busy != 0)
		return busy;
	if ((!inside && heed_epoch(s) != 0) || write_all(s, extra) != 0) {
		store_undo(s);
		w->broken = inside;
		return -1;
	}
	w->sightings += (int64_t)w->batch.rows[B_SIGHTING].n;
	w->write_at = BATCH_BYTES;
	batch_clear(&w->batch);
	translog_written(w->log);
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
	    utctime_monotonic() - w->batch_since_ms >= BATCH_AGE_MS;
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
	bad = writer_transact(s, last ? PATIENCE_LAST_MS : PATIENCE_SOON_MS, NULL);
	if (bad == 1 && !last) {
		w->write_at = w->batch.bytes + BATCH_BYTES;
		w->batch_since_ms = utctime_monotonic();
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
	return writer_transact(s, PATIENCE_LAST_MS, NULL) == 0 ? 0 : -1;
}

void
store_rollback(struct store *s)
{
	store_undo(s);
	writer_free(s->writer);
	s->writer = NULL;
	s->run = 0;
	s->hold = false;
	fields_forget(s);		/* its columns may have been part of what is undone */
	(void)fields_resume(s);		/* the next addition tries again, and says why not */
}

uint64_t
store_written(const struct store *s)
{
	return s->writer == NULL ? 0 : s->writer->batch.written;
}

int64_t
store_size(struct store *s)
{
	int64_t bytes = UNKNOWN;

	return query_value(s, &bytes, Q_SIZE, "") == 0 ? bytes : UNKNOWN;
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

/* ---- the one way in ---- */

/* Before anything is looked up: nothing that is only in the batch may be forgotten. */
static int
make_room(struct store *s)
{
	if (!identity_is_crowded(s->writer))
		return 0;
	if (writer_transact(s, PATIENCE_LAST_MS, NULL) != 0)
		return -1;
	identity_forget(s->writer);
	return 0;
}

/*
 * Whose fields the columns must hold.  Of a new database the line of its first
 * round tells, so that no record waits for columns while somebody else writes.
 */
static const struct overlay_fields *
overlay_of(const struct store *s, const struct observation *o)
{
	char name[64];
	size_t n = o->type == OBS_ROUND ? o->run.overlay.len : 0;

	if (o->type != OBS_ROUND || s->fields != NULL || n == 0 || n >= sizeof(name))
		return o->fields;
	memcpy(name, o->run.overlay.p, n);
	name[n] = '\0';
	return overlay_fields(name);
}

/* Rows of one overlay have other cells than those of another. */
static int
use_overlay(struct store *s, const struct overlay_fields *fields)
{
	struct writer *w = s->writer;

	if (fields == NULL || (w->laid_out == fields && s->fields == fields && s->fields_made))
		return 0;
	if (!batch_is_empty(&w->batch) && writer_transact(s, PATIENCE_LAST_MS, NULL) != 0)
		return -1;
	if (w->laid_out != NULL && w->laid_out != fields)
		identity_forget_all(w);
	if (fields_use(s, fields) != 0)
		return -1;
	if (w->laid_out != fields)
		batch_layout(&w->batch, s->level);
	w->delivery.round = 0;
	w->laid_out = fields;
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
	return translog_add(s, w->log, o) == 0 ? 0 : writer_no_memory(s);
}

int
store_add(struct store *s, const struct observation *o)
{
	static int (*const add[OBS_NTYPE])(struct store *, const struct observation *) = {
		[OBS_ROUND] = writer_add_round,
		[OBS_KEY] = writer_add_key,
		[OBS_NEIGHBOUR] = writer_add_neighbour,
		[OBS_QUERY] = writer_add_query,
		[OBS_CONTACT] = writer_add_contact,
	};

	if (writer_ready(s) != 0 || use_overlay(s, overlay_of(s, o)) != 0 || write_if_due(s) != 0 ||
	    make_room(s) != 0 || writer_enter_round(s, o->round) != 0 || translog_enter(s, s->writer->log, o->round) != 0)
		return -1;
	if (s->writer->adds++ == 0 || batch_is_empty(&s->writer->batch))
		s->writer->batch_since_ms = utctime_monotonic();
	return add[o->type](s, o) == 0 ? log_one(s, o) : -1;
}
