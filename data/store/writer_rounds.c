/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounds as they are added: opened, taken up again, completed. */
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/store/rows.h"
#include "data/store/writer.h"

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

int
writer_enter_round(struct store *s, uint32_t round)
{
	struct writer *w = s->writer;
	struct row_round *row;
	int64_t complete = 0, origin = s->origin;
	int absent;

	if (round == 0)
		return store_fail(s, "round 0: rounds are counted from 1");
	if (round == w->round)
		return 0;
	if ((absent = query_value(s, &complete, Q_ROUND_STATE, "i", scoped_key(s, round))) == -1)
		return -1;
	if (complete != 0)
		return store_fail(s, "round %u is complete already", round);
	if (absent == 0 && query_value(s, &origin, Q_ROUND_ORIGIN, "i", scoped_key(s, round)) == -1)
		return -1;
	/* A round is of one origin: that is said of all its records. */
	if (rows_origin(origin) != s->origin)
		return store_fail(s, "round %u was begun by what was %s; nothing that was %s can be added to"
		    " it", round, origin_name[rows_origin(origin)], origin_name[s->origin]);
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

/* What the round's line says of its sensor must be what is known of it. */
static int
put_sensor(struct store *s, const struct obs_round *r)
{
	char *name, *overlay;
	int bad;

	if (r->sensor.len == 0 && r->overlay.len == 0)
		return 0;
	name = strndup(r->sensor.len > 0 ? (const char *)r->sensor.p : "", r->sensor.len);
	overlay = strndup(r->overlay.len > 0 ? (const char *)r->overlay.p : "", r->overlay.len);
	bad = name == NULL || overlay == NULL ? store_fail(s, "out of memory")
	    : sensor_update(s, name, overlay, UNKNOWN);
	free(name);
	free(overlay);
	return bad;
}

static int
put_row(struct store *s, const struct observation *o, bool complete)
{
	const struct obs_round *r = &o->run;

	return query_do(s, Q_ROUND_PUT, "ikkkkiikk", scoped_key(s, o->round), r->start_ms, r->end_ms,
	    r->tried, r->reached, (int64_t)complete, (int64_t)r->cut, r->not_dialled,
	    r->not_stored);
}

static int
put_round(struct store *s, const void *arg)
{
	const struct observation *o = arg;
	const struct obs_round *r = &o->run;
	bool complete = r->end_ms != UNKNOWN;

	if (put_sensor(s, r) != 0)
		return -1;
	if (complete && seen_write(s, &s->writer->seen, o->round) != 0)
		return -1;
	return put_row(s, o, complete);
}

static int
put_stopped(struct store *s, const void *arg)
{
	return put_row(s, arg, false);
}

int
writer_add_round(struct store *s, const struct observation *o)
{
	if (writer_transact(s, PATIENCE_LAST_MS, &(struct writer_extra){ put_round, o }) != 0)
		return -1;
	if (o->run.end_ms != UNKNOWN)
		s->writer->round = 0;
	return 0;
}

struct facts_of {
	uint32_t	round;
	const struct round_facts *facts;
};

static int
put_facts(struct store *s, const void *arg)
{
	const struct facts_of *f = arg;

	return query_do(s, Q_ROUND_FACTS, "ikki", scoped_key(s, f->round), f->facts->known,
	    f->facts->sampling, f->facts->clock_jump_ms);
}

/* Writes something about a round, and all that waits to be written. */
static int
transact(struct store *s, uint32_t round, const struct writer_extra *extra)
{
	if (writer_ready(s) != 0 || translog_enter(s, s->writer->log, round) != 0)
		return -1;
	return writer_transact(s, PATIENCE_LAST_MS, extra) == 0 ? 0 : -1;
}

int
store_round_facts(struct store *s, uint32_t round, const struct round_facts *facts)
{
	struct facts_of f = { round, facts };

	return transact(s, round, &(struct writer_extra){ put_facts, &f });
}

int
store_round_stopped(struct store *s, const struct observation *o)
{
	return transact(s, o->round, &(struct writer_extra){ put_stopped, o });
}

uint32_t
store_last_round(struct store *s)
{
	int64_t last = 0;

	if (query_value(s, &last, Q_ROUND_LAST, "ii", scoped_first(s), scoped_last(s)) == -1)
		return 0;
	last = scoped_number(last);
	for (size_t i = 0; s->writer != NULL && i < s->writer->batch.rows[B_ROUND].n; i++) {
		const struct row_round *r = (const void *)s->writer->batch.rows[B_ROUND].p;

		if (r[i].id > last)
			last = r[i].id;
	}
	return (uint32_t)last;
}
