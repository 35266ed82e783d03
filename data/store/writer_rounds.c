/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounds as they are added: opened, taken up again, completed. */
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/text.h"
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
	int bad;

	if (value.len == 0)
		return 0;
	if ((want = strndup((const char *)value.p, value.len)) == NULL)
		return store_fail(s, "out of memory");
	if ((bad = store_meta_find(s, key, &have)) == 1)
		bad = query_do(s, Q_META_SET, "ss", key, want);
	else if (bad == 0 && strcmp(have, want) != 0) {
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
put_row(struct store *s, const struct observation *o, bool complete)
{
	const struct obs_round *r = &o->run;

	return query_do(s, Q_ROUND_PUT, "ikkkki", (int64_t)o->round, r->start_ms, r->end_ms,
	    r->tried, r->reached, (int64_t)complete);
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

	return query_do(s, Q_ROUND_FACTS, "ikki", (int64_t)f->round, f->facts->known,
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

	if (query_value(s, &last, Q_ROUND_LAST, "") == -1)
		return 0;
	for (size_t i = 0; s->writer != NULL && i < s->writer->batch.rows[B_ROUND].n; i++) {
		const struct row_round *r = (const void *)s->writer->batch.rows[B_ROUND].p;

		if (r[i].id > last)
			last = r[i].id;
	}
	return (uint32_t)last;
}
