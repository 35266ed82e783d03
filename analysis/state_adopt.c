/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goes on behind results whose state is not ours to read, when the records that
 * they were made of are gone: another version's, or lost.
 *
 * All results stay.  Of the last run the position is taken over (the last round
 * that has its counts), of a node what its verdict says.  What is usual is
 * learned anew; a flood that was going on keeps its incident and gets another.
 */
#include "analysis/analyze.h"
#include "analysis/incidents/population_changes.h"
#include "data/lib/log.h"

struct adoption { struct analysis *a; uint32_t round; int64_t end_ms; };

static int
find_last(const struct series_row *row, void *arg)
{
	struct adoption *c = arg;

	if (row->complete && row->end_ms != UNKNOWN) {
		c->round = row->round;
		c->end_ms = row->end_ms;
	}
	return 0;
}

static int
find_last_flood(const struct incident_row *row, void *arg)
{
	int64_t *next = arg;

	if (row->id % INCIDENTS < CHANGE_ID && row->id >= *next)
		*next = row->id + 1;
	return 0;
}

/* Rounds of the last day are condensed again, as far as they still have their records. */
static int
take_past(const struct round_row *row, void *arg)
{
	struct adoption *c = arg;
	struct round_digest *d;

	if (!analysis_is_inside(c->a, row))
		return 0;
	c->a->state.rounds++;
	c->a->state.complete += row->complete;
	if (row->end_ms == UNKNOWN || row->end_ms <= c->end_ms - DAY_MS)
		return 0;
	d = round_digest_read(&c->a->reader, row);
	if (d != NULL && analysis_sample(c->a, d) != 0) {
		round_digest_free(d);
		return 1;
	}
	return d == NULL || analysis_take_known(c->a, d) != 0 ? 1 : 0;
}

int
analysis_state_adopt(struct analysis *a)
{
	struct adoption c = { a, 0, 0 };
	char when[WHEN_TEXT];
	int rc;

	a->adopted = a->members.by_verdict = true;
	if (results_clean_counts(a->store, find_last, &c) != 0 ||
	    results_incidents(a->store, find_last_flood, &a->incidents.next_id) != 0)
		goto unreadable;
	if ((rc = rows_rounds(a->store, 1, c.round, take_past, &c)) != 0) {
		if (rc < 0)
			goto unreadable;
		return -1;	/* complained of where it ended */
	}
	if (series_recall(&a->series) != 0) {
		log_error("out of memory");
		return -1;
	}
	a->window.open = a->window.round.n;
	a->state.last_round = a->state.settled_round = c.round;
	log_error("another version of kansoku analysed this database, and records of it were pruned since:"
	    " all results up to round %u (%s) stay as they are, and what is usual is learned anew"
	    " behind it", c.round, utctime_format(when, c.end_ms));
	return 0;
unreadable:
	log_error("%s", store_error(a->store));
	return -1;
}
