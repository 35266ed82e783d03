/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/analyze.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

static void
drop_classified(struct analysis *a)
{
	classification_free(&a->classified);
	incidents_free(&a->incidents_now);
	free(a->assignment.of_newcomer);
	free(a->assignment.of_member);
	memset(&a->assignment, 0, sizeof(a->assignment));
}

void
analysis_free(struct analysis *a)
{
	drop_classified(a);
	incidents_free(&a->incidents);
	series_free(&a->series);
	round_digest_reader_free(&a->reader);
	members_free(&a->members);
	array_each(d, &a->window.round)
		round_digest_free(*d);
	array_free(&a->window.round);
	index_free(&a->window.hashes);
	array_free(&a->row);
	array_free(&a->done);
	array_free(&a->pending);
	selfcheck_free(&a->self);
	address_sample_free(&a->sample);
	memset(a, 0, sizeof(*a));
}

/* ---- classifying ---- */

static double *
instants(const struct analysis *a)
{
	size_t n = a->window.round.n - a->window.open;
	double *v = calloc(n + 1, sizeof(*v));

	for (size_t i = 0; v != NULL && i < n; i++)
		v[i] = a->row.p[a->window.open + i].instant;
	return v;
}

/* Classifies the open rounds; which incident each bogus source belongs to is not known yet. */
static int
classify_open(struct analysis *a)
{
	drop_classified(a);
	if (classify(&a->classified, &a->members, &a->window, &a->space, &a->state.baseline,
	    a->state.standing) != 0)
		return -1;
	a->assignment = (struct assignment){
	    .of_newcomer = calloc(a->classified.newcomers.newcomer.n + 1, sizeof(int64_t)),
	    .of_member = calloc(a->members.m.n, sizeof(int64_t)) };
	if (a->assignment.of_newcomer == NULL || a->assignment.of_member == NULL) {
		log_error("out of memory");
		return -1;
	}
	return 0;
}

static int
feed_incidents(struct analysis *a, struct incidents *in, size_t from, size_t to)
{
	double *instant = instants(a);
	int bad = instant == NULL || incidents_feed(in, &a->classified, &a->members, &a->window,
	    &a->space, &a->self, instant, from, to, &a->assignment) != 0;

	free(instant);
	if (bad)
		log_error("out of memory");
	return bad ? -1 : 0;
}

/* ---- settling ---- */

/* The time when a round was over, as far as anybody knows. */
static int64_t
time_of(const struct round_digest *d)
{
	return d->end_ms != UNKNOWN ? d->end_ms : d->start_ms;
}

/* Open rounds that end before `end`. */
static size_t
rounds_before(const struct window *w, int64_t end)
{
	size_t n = 0;

	for (size_t i = w->open; i < w->round.n; i++)
		if (time_of(w->round.p[i]) < end)
			n = i - w->open + 1;
	return n;
}

static void
settle_verdict(struct analysis *a, uint32_t member)
{
	struct memory *m = &a->members.m.p[member].settled;
	struct verdict_row row;

	analysis_verdict(a, member, &row);
	m->judged = row.judged;
	m->probability = (float)row.probability;
	m->verdict = row.verdict;
	m->flags = row.flags;
	m->incident = row.incident;
	if (row.judged)
		memcpy(m->evidence, row.evidence, sizeof(m->evidence));
}

/* Settles the verdicts on those who were first named in the rounds about to be settled. */
static void
settle_verdicts(struct analysis *a, size_t rounds)
{
	array_each(x, &a->classified.newcomers.newcomer)
		if (x->round < rounds)
			settle_verdict(a, x->member);
	for (size_t i = a->window.open; i < a->window.open + rounds; i++) {
		array_each(n, &a->window.round.p[i]->named) {
			const struct member *m = member_of(&a->members, n->node);
			const struct memory *is = &m->settled;

			if (is->first_round == 0 && !is->judged && is->probability == 0 &&
			    port_fanout_has(&a->classified.fanout, m))
				settle_verdict(a, a->members.of[n->node]);
		}
	}
}

/* Digests that neither an open round nor the day of one needs are let go. */
static void
forget_digests(struct analysis *a)
{
	struct window *w = &a->window;
	int64_t now = w->open < w->round.n ? w->round.p[w->open]->start_ms
	    : time_of(w->round.p[w->round.n - 1]);
	size_t gone = 0;

	while (gone < w->open && time_of(w->round.p[gone]) <= now - DAY_MS)
		round_digest_free(w->round.p[gone++]);
	array_drop_first(&w->round, gone);
	array_drop_first(&a->row, gone);
	w->open -= gone;
}

/* The rows of the rounds about to be settled, now complete and final. */
static int
finish_rows(struct analysis *a, size_t rounds)
{
	size_t n = a->done.n;

	if (analysis_clean(a) != 0)
		return -1;
	if (array_reach(&a->done, n + rounds) != 0) {
		log_error("out of memory");
		return -1;
	}
	memcpy(&a->done.p[n], &a->row.p[a->window.open], rounds * sizeof(a->row.p[0]));
	return 0;
}

static int
settle_rounds(struct analysis *a, size_t rounds)
{
	struct window *w = &a->window;

	if (classify_open(a) != 0 || feed_incidents(a, &a->incidents, 0, rounds) != 0)
		return -1;
	settle_verdicts(a, rounds);
	if (finish_rows(a, rounds) != 0)
		return -1;
	mixture_teach(&a->classified.model, &a->state.baseline, rounds);
	for (size_t i = 0; i < rounds; i++)
		members_settle(&a->members, w->round.p[w->open + i]);
	a->state.standing = classify_standing(&a->classified, rounds - 1);
	a->state.settled_round = w->round.p[w->open + rounds - 1]->round;
	w->open += rounds;
	forget_digests(a);
	return 0;
}

/* Settles every block that is old enough by now. */
static int
settle_ripe(struct analysis *a, int64_t now)
{
	while (a->window.open < a->window.round.n) {
		int64_t first = time_of(a->window.round.p[a->window.open]);
		size_t rounds;

		if (first != UNKNOWN && first >= a->state.block_ms + BLOCK_MS)
			a->state.block_ms = first - first % BLOCK_MS;
		if (a->state.block_ms + BLOCK_MS + SETTLE_MS > now)
			return 0;
		rounds = rounds_before(&a->window, a->state.block_ms + BLOCK_MS);
		a->state.block_ms += BLOCK_MS;
		if (rounds > 0 && settle_rounds(a, rounds) != 0)
			return -1;
	}
	return 0;
}

/* ---- taking rounds in ---- */

/* The digest is the window's from here on, also on error. */
static int
enter_window(struct window *w, struct round_digest *d)
{
	struct round_digest **p = array_add(&w->round);

	if (p == NULL) {
		round_digest_free(d);
		return -1;
	}
	*p = d;
	array_each(c, &d->claim)
		if ((c->number = index_add(&w->hashes, c->hash)) == INDEX_NONE)
			return -1;
	return 0;
}

/* known: an earlier run counted it. */
static int
take_digest(struct analysis *a, struct round_digest *d, bool known)
{
	struct series_row *row;

	if ((!known && analysis_sample(a, d) != 0) || members_meet_all(&a->members, d) != 0) {
		round_digest_free(d);
		return -1;
	}
	if (enter_window(&a->window, d) != 0 || (row = array_add(&a->row)) == NULL)
		goto no_memory;
	if (known)
		series_empty_row(d, row);
	if ((known ? series_queue(&a->series, d) : series_push(&a->series, d, row)) == 0)
		return 0;
no_memory:
	log_error("out of memory");
	return -1;
}

int
analysis_take_known(struct analysis *a, struct round_digest *d)
{
	return take_digest(a, d, true);
}

static int
take_round(struct analysis *a, const struct round_row *row)
{
	struct round_digest *d = round_digest_read(&a->reader, row);

	if (d == NULL)
		return -1;
	if (d->start_ms == UNKNOWN && a->window.round.n > 0)
		d->start_ms = time_of(a->window.round.p[a->window.round.n - 1]);
	if (take_digest(a, d, false) != 0)
		return -1;
	a->state.last_round = row->id;
	a->state.rounds++;
	a->state.complete += row->complete;
	a->taken++;
	log_progress("analysing round %u, %u of %u", row->id, a->taken, a->expected);
	if (a->state.block_ms == 0 && d->start_ms != UNKNOWN)
		a->state.block_ms = d->start_ms - d->start_ms % BLOCK_MS;
	return row->complete ? settle_ripe(a, time_of(d)) : 0;
}

bool
analysis_is_inside(const struct analysis *a, const struct round_row *row)
{
	int64_t t = row->start_ms != UNKNOWN ? row->start_ms : row->end_ms;

	return t == UNKNOWN || (t >= a->state.from_ms && t < a->state.to_ms);
}

#define PASS_ENDS	2

/* Incomplete rounds wait: the last of all may still be running. */
static int
meet_round(const struct round_row *row, void *arg)
{
	struct analysis *a = arg;
	struct round_row *p;

	if (!analysis_is_inside(a, row))
		return 0;
	if (!row->complete) {
		if ((p = array_add(&a->pending)) == NULL)
			return 1;
		*p = *row;
		return 0;
	}
	array_each(waiting, &a->pending)
		if (take_round(a, waiting) != 0)
			return 1;
	a->pending.n = 0;
	if (take_round(a, row) != 0)
		return 1;
	a->more = a->taken < a->expected && analysis_is_crowded(a);
	return a->more ? PASS_ENDS : 0;
}

static int
count_round(const struct round_row *row, void *arg)
{
	struct analysis *a = arg;

	a->expected += analysis_is_inside(a, row);
	return 0;
}

/* ---- all of it ---- */

/* Concludes what is known of the open rounds by now. */
static int
conclude(struct analysis *a)
{
	if (classify_open(a) != 0)
		return -1;
	if (incidents_copy(&a->incidents_now, &a->incidents) != 0) {
		log_error("out of memory");
		return -1;
	}
	if (feed_incidents(a, &a->incidents_now, 0, a->window.round.n - a->window.open) != 0)
		return -1;
	return analysis_clean(a);
}

/* Nothing is written before everything is known, so that a crawl need not wait. */
static int
write_all(struct analysis *a)
{
	const char *why;

	if (results_begin(a->store) != 0) {
		log_error("%s", store_error(a->store));
		return -1;
	}
	if (analysis_results_write(a) != 0 || results_commit(a->store) != 0) {
		why = store_error(a->store);
		log_error("%s", why[0] != '\0' ? why : memory_missing());
		results_rollback(a->store);
		return -1;
	}
	return 0;
}

/* Every round behind the last one that was taken in. */
static int
take_new_rounds(struct analysis *a)
{
	uint32_t next = a->state.last_round + 1;
	int rc = rows_rounds(a->store, next, 0, count_round, a);

	if (rc == 0)
		rc = rows_rounds(a->store, next, 0, meet_round, a);
	if (rc == -1)
		log_error("%s", store_error(a->store));
	return rc == 0 || rc == PASS_ENDS ? 0 : -1;	/* 1: complained of where it ended */
}

static int
take_all(struct analysis *a, int64_t from_ms, int64_t to_ms)
{
	int bad;

	if (selfcheck_load(&a->self, a->store) != 0)
		return -1;
	if (analysis_state_load(a, from_ms, to_ms) != 0)
		return -1;
	bad = take_new_rounds(a);
	if (bad && a->members.unreadable && analysis_state_refuse(a) == 0)
		bad = take_new_rounds(a);
	if (bad)
		return -1;
	if (a->window.round.n == 0 && a->pending.n == 0)
		return 3;
	return conclude(a);
}

/* From where the last run or pass stood, as far as memory lets it. */
static int
make_pass(struct analysis *a, struct store *s, int64_t from_ms, int64_t to_ms, int64_t max_memory)
{
	const struct overlay_fields *fields = store_fields(s);
	int rc;

	memset(a, 0, sizeof(*a));
	a->store = s;
	a->max_memory = max_memory;
	a->reader = (struct round_digest_reader){ .store = s, .space = &a->space,
	    .sample = &a->sample, .most = (size_t)((double)max_memory * ANALYSIS_READING) };
	a->window.sources_apart = fields != NULL && fields->content_length > 0 &&
	    (fields->judged & 1u << OBS_KEY) == 0;
	if (!address_space_load(&a->space, fields != NULL ? fields->unrelayed : NULL)) {
		log_error("the registries inside the program cannot be read");
		return -1;
	}
	if (address_sample_open(&a->sample, s) != 0 || rows_snapshot(s) != 0) {
		log_error("%s", store_error(s));
		return -1;
	}
	rc = take_all(a, from_ms, to_ms);
	rows_snapshot_end(s);
	return rc != 0 ? rc : write_all(a);
}

int
analyze(struct analysis *a, struct store *s, int64_t from_ms, int64_t to_ms, int64_t max_memory)
{
	uint32_t taken = 0;
	bool fresh = false;
	int rc;

	while ((rc = make_pass(a, s, from_ms, to_ms, max_memory)) == 0 && a->more) {
		taken += a->taken;
		fresh |= a->fresh;
		analysis_free(a);
	}
	a->taken += taken;
	a->fresh |= fresh;
	log_progress_end();
	return rc;
}
