/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps where the last run stood in the database, which may not be ours: the state with
 * the baseline, the incidents that go on, the digests of the rounds at hand, and the rows
 * of the open rounds.  Either all of it is read, or none is believed.
 */
#include <errno.h>

#include "analysis/analyze.h"
#include "analysis/detect/flood_hmm.h"
#include "data/lib/log.h"

/* The lowest byte is the version of the state: it changes with the layout, and with the
 * meaning of anything that is kept. */
#define STATE_MAGIC	UINT32_C(0x6b73000b)

/* ---- the layout ---- */

/* The head is the same in all versions: any of them can say which window was asked for. */
static void
pack_head(struct pack *p, struct analysis_state *is)
{
	uint32_t magic = STATE_MAGIC, spare = 0;

	pack_u32(p, &magic);
	pack_u32(p, &spare);
	pack_i64(p, &is->from_ms);
	pack_i64(p, &is->to_ms);
	if (p->failed || magic >> 16 != STATE_MAGIC >> 16) {
		is->from_ms = INT64_MIN;
		is->to_ms = INT64_MAX;
	}
	if (magic != STATE_MAGIC)
		pack_fail(p);
}

static void
pack_state(struct pack *p, struct analysis_state *is)
{
	pack_head(p, is);
	pack_i64(p, &is->rounds);
	pack_i64(p, &is->complete);
	pack_i64(p, &is->block_ms);
	pack_u32(p, &is->last_round);
	pack_u32(p, &is->settled_round);
	pack_u32(p, &is->level);
	pack_u32(p, &is->standing.level);
	pack_u32(p, &is->standing.ahead);
	pack_f64(p, &is->standing.decoys.n);
	for (int k = 0; k < DECOY_RANGES; k++) {
		pack_f64(p, &is->standing.decoys.seen[k]);
		if (!(is->standing.decoys.seen[k] >= 0 && is->standing.decoys.seen[k] <= is->standing.decoys.n))
			pack_fail(p);
	}
	baseline_pack(p, &is->baseline);
	if (!(is->standing.decoys.n < 1e15) || is->standing.level > FLOOD_LEVELS || is->level > SAMPLE_LEVEL_MAX)
		pack_fail(p);
}

/* ---- what the last run left ---- */

static int
recall_state(struct text bytes, void *arg)
{
	struct analysis *a = arg;
	struct pack p = pack_reader(bytes);

	pack_state(&p, &a->state);
	if (!pack_is_read(&p))
		return 1;
	a->window.level = a->reader.level = a->state.level;
	return 0;
}

static int
recall_incidents(struct text bytes, void *arg)
{
	struct analysis *a = arg;

	return incidents_unpack(&a->incidents, bytes, a->members.max_node) ? 0 : 1;
}

static int
recall_digest(uint32_t round, struct text bytes, void *arg)
{
	struct analysis *a = arg;
	struct round_digest *d = round_digest_unpack(bytes, a->members.max_node);

	if (d == NULL || d->round != round || round > a->state.last_round ||
	    (d->complete && d->level != a->state.level)) {
		round_digest_free(d);
		return 1;
	}
	if (analysis_take_known(a, d) != 0)
		return -1;
	if (round <= a->state.settled_round)
		a->window.open = a->window.round.n;
	return 0;
}

/* The rows of the open rounds are as the last run counted them. */
struct recalled_rows { struct analysis *a; size_t at; };

static int
recall_row(const struct series_row *row, void *arg)
{
	struct recalled_rows *r = arg;
	const struct window *w = &r->a->window;
	const struct round_digest *d;

	if (r->at == w->round.n)
		return row->round > r->a->state.last_round ? 0 : 1;
	d = w->round.p[r->at];
	if (row->round != d->round || row->complete != d->complete)
		return 1;
	r->a->row.p[r->at++] = *row;
	return 0;
}

/* Were rounds added or completed among those that were taken in already? */
static bool
past_is_as_it_was(struct analysis *a)
{
	const struct analysis_state *is = &a->state;
	int64_t rounds, complete;

	return is->last_round > 0 && rows_count_rounds(a->store, is->last_round, is->from_ms,
	    is->to_ms, &rounds, &complete) == 0 && rounds == is->rounds && complete == is->complete;
}

/* A run finds its own state, one of another question, or one that it cannot read. */
enum found { FOUND_OURS, FOUND_OTHER, FOUND_FOREIGN };

static enum found
recall_last_run(struct analysis *a, int64_t from_ms, int64_t to_ms)
{
	struct recalled_rows rows = { .a = a };
	int foreign;

	a->state.from_ms = INT64_MIN;	/* unless a state says otherwise */
	a->state.to_ms = INT64_MAX;
	foreign = results_state_get(a->store, "state", recall_state, a);
	if (a->state.from_ms != from_ms || a->state.to_ms != to_ms ||
	    (foreign == 0 && !past_is_as_it_was(a)))
		return FOUND_OTHER;
	if (foreign != 0 || results_state_get(a->store, "incidents", recall_incidents, a) != 0 ||
	    results_digest_each(a->store, recall_digest, a) != 0)
		return FOUND_FOREIGN;
	rows.at = a->window.open;
	if (results_series_from(a->store, a->state.settled_round + 1, recall_row, &rows) != 0 ||
	    rows.at != a->window.round.n || series_recall(&a->series) != 0)
		return FOUND_FOREIGN;
	return FOUND_OURS;
}

/* ---- starting anew ---- */

static int
has_aged(const struct round_row *row, void *arg)
{
	(void)arg;
	return row->pruned || row->hidden;
}

static int
is_there(const struct series_row *row, void *arg)
{
	(void)arg;
	return row->complete;
}

/* Are there results of rounds that prune has been at?  They cannot be had again, so they
 * are not dropped.  1, 0, or -1. */
static int
results_outlive_records(struct analysis *a)
{
	int aged = rows_rounds(a->store, 1, 0, has_aged, NULL);

	return aged == 1 ? results_clean_counts(a->store, is_there, NULL) : aged;
}

static int
start_anew(struct analysis *a, int64_t from_ms, int64_t to_ms, bool fresh)
{
	a->taken = a->expected = 0;
	a->pending.n = a->done.n = 0;
	incidents_free(&a->incidents);
	series_free(&a->series);
	members_free(&a->members);
	array_each(d, &a->window.round)
		round_digest_free(*d);
	a->window.round.n = a->window.open = a->row.n = 0;
	a->window.level = a->reader.level = 0;
	index_clear(&a->window.hashes);
	a->fresh = fresh;
	a->first_new = 0;
	a->state = (struct analysis_state){ .from_ms = from_ms, .to_ms = to_ms };
	a->incidents.next_id = results_incident_base(a->store) + 1;
	series_open(&a->series, &a->members, &a->space);
	return members_open(&a->members, a->store, fresh);
}

static int
start_over(struct analysis *a, int64_t from_ms, int64_t to_ms, enum found found)
{
	int kept = results_outlive_records(a);

	if (kept < 0) {
		log_error("%s", store_error(a->store));
		return -1;
	}
	if (kept == 1 && found == FOUND_OTHER) {
		log_error("the past cannot be analysed anew: records of it were pruned, and the results"
		    " kept; analyse a copy that is imported from what was exported before");
		return -1;
	}
	if (start_anew(a, from_ms, to_ms, kept == 0) != 0)
		return -1;
	return kept == 1 ? analysis_state_adopt(a) : 0;
}

int
analysis_state_refuse(struct analysis *a)
{
	return start_over(a, a->state.from_ms, a->state.to_ms, FOUND_FOREIGN);
}

int
analysis_state_load(struct analysis *a, int64_t from_ms, int64_t to_ms)
{
	enum found found;

	if (members_open(&a->members, a->store, false) != 0)
		return -1;
	series_open(&a->series, &a->members, &a->space);
	errno = 0;
	if ((found = recall_last_run(a, from_ms, to_ms)) == FOUND_OURS) {
		a->first_new = a->state.last_round + 1;
		a->recalled = a->members.m.n;
		return analysis_sample(a, NULL);
	}
	/* With memory it may well be ours. */
	if (errno == ENOMEM) {
		log_error("%s: where the last run stood cannot be read", memory_missing());
		return -1;
	}
	return start_over(a, from_ms, to_ms, found);
}

/* ---- keeping ---- */

static int
keep_digests(struct analysis *a)
{
	struct pack p = { 0 };
	bool bad = false;

	array_each(d, &a->window.round) {
		if ((*d)->round < a->first_new || bad)
			continue;
		p.bytes.n = 0;
		round_digest_pack(&p, *d);
		bad = p.failed || results_digest_put(a->store, (*d)->round, pack_text(&p)) != 0;
	}
	array_free(&p.bytes);
	if (bad || a->window.round.n == 0)
		return bad ? -1 : 0;
	return results_digest_drop(a->store, a->window.round.p[0]->round);
}

int
analysis_state_save(struct analysis *a)
{
	struct pack state = { 0 }, incidents = { 0 };
	int bad = -1;

	pack_state(&state, &a->state);
	incidents_pack(&a->incidents, &incidents);
	if (!state.failed && !incidents.failed &&
	    results_state_put(a->store, "incidents", pack_text(&incidents)) == 0 &&
	    results_state_put(a->store, "state", pack_text(&state)) == 0)
		bad = keep_digests(a);
	array_free(&state.bytes);
	array_free(&incidents.bytes);
	return bad;
}
