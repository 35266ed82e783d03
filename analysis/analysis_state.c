/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the last run stood, kept in the database; the database may not be ours. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analyze.h"
#include "analysis/detect/flood_hmm.h"
#include "data/lib/log.h"

#define STATE_MAGIC	UINT32_C(0x6b730007)	/* changes with the meaning of what is kept */

/* ---- reading ---- */

/* The head of any version's state says which window was asked for. */
static void
take_head(struct analysis_state *to, struct text bytes)
{
	size_t head = offsetof(struct analysis_state, to_ms) + sizeof(to->to_ms);

	if (bytes.len >= head)
		memcpy(to, bytes.p, head);
	if (bytes.len < head || to->magic >> 16 != STATE_MAGIC >> 16) {
		to->from_ms = INT64_MIN;
		to->to_ms = INT64_MAX;
	}
}

static int
take_state(struct text bytes, void *arg)
{
	struct analysis *a = arg;

	take_head(&a->state, bytes);
	if (bytes.len != sizeof(a->state))
		return 1;
	memcpy(&a->state, bytes.p, sizeof(a->state));
	return a->state.magic == STATE_MAGIC && a->state.size == sizeof(a->state) &&
	    a->state.standing.level <= REGIME_LEVELS && baseline_is_sound(&a->state.baseline) ? 0 : 1;
}

static int
take_incidents(struct text bytes, void *arg)
{
	struct analysis *a = arg;

	return incidents_unpack(&a->incidents, bytes, a->members.max_node) ? 0 : 1;
}

static int
take_kept(uint32_t round, struct text bytes, void *arg)
{
	struct analysis *a = arg;
	struct round_digest *d = round_digest_unpack(bytes, a->members.max_node);

	if (d == NULL || d->round != round || round > a->state.last_round) {
		round_digest_free(d);
		return 1;
	}
	if (analysis_take_known(a, d) != 0)
		return -1;
	if (round <= a->state.settled_round)
		a->window.open = a->window.n;
	return 0;
}

/* The rows of the open rounds are as the last run counted them. */
struct recalling { struct analysis *a; size_t at; };

static int
take_row(const struct series_row *row, void *arg)
{
	struct recalling *r = arg;
	const struct window *w = &r->a->window;

	if (r->at == w->n)
		return row->round > r->a->state.last_round ? 0 : 1;
	if (row->round != w->d[r->at]->round || row->complete != w->d[r->at]->complete)
		return 1;
	((struct series_row *)r->a->row.p)[r->at++] = *row;
	return 0;
}

static bool
recall_rows(struct analysis *a)
{
	struct recalling r = { a, a->window.open };

	return results_series_from(a->store, a->state.settled_round + 1, take_row, &r) == 0 &&
	    r.at == a->window.n && series_recall(&a->series) == 0;
}

/* Were rounds added or completed among those that were taken in already? */
static bool
past_is_as_it_was(struct analysis *a)
{
	const struct analysis_state *is = &a->state;
	int64_t rounds, complete;

	return is->last_round > 0 &&
	    rows_count_rounds(a->store, is->last_round, is->from_ms, is->to_ms, &rounds, &complete) == 0 &&
	    rounds == is->rounds && complete == is->complete;
}

/* The peers of incidents that go on may not have been named lately. */
static int
meet_deliverers(struct analysis *a)
{
	for (size_t i = 0; i < a->incidents.all.n; i++) {
		const struct incident *x = (const struct incident *)a->incidents.all.p + i;

		for (size_t k = 0; k < x->deliverer.n; k++)
			if (members_meet(&a->members, ((const struct deliverer *)x->deliverer.p)[k].node) == 0)
				return -1;
	}
	return 0;
}

/* What a run finds: its own state, one of another question, or one it cannot read. */
enum found { FOUND_OURS, FOUND_OTHER, FOUND_FOREIGN };

static enum found
take_up(struct analysis *a, int64_t from_ms, int64_t to_ms)
{
	int foreign;

	take_head(&a->state, (struct text){ NULL, 0 });
	foreign = results_state_get(a->store, "state", take_state, a);
	if (a->state.from_ms != from_ms || a->state.to_ms != to_ms ||
	    (foreign == 0 && !past_is_as_it_was(a)))
		return FOUND_OTHER;
	if (foreign != 0 || results_state_get(a->store, "incidents", take_incidents, a) != 0 ||
	    meet_deliverers(a) != 0 || results_digest_each(a->store, take_kept, a) != 0 ||
	    !recall_rows(a))
		return FOUND_FOREIGN;
	return FOUND_OURS;
}

/* ---- beginning ---- */

static void
forget(struct analysis *a)
{
	incidents_free(&a->incidents);
	series_free(&a->series);
	members_free(&a->members);
	for (size_t i = 0; i < a->window.n; i++)
		round_digest_free(a->window.d[i]);
	a->window.n = a->window.open = a->row.n = 0;
	index_clear(&a->window.hashes);
	memset(&a->incidents, 0, sizeof(a->incidents));
}

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
has_kept(struct analysis *a)
{
	int aged = rows_rounds(a->store, 1, 0, has_aged, NULL);

	return aged == 1 ? results_clean_counts(a->store, is_there, NULL) : aged;
}

static int
begin(struct analysis *a, int64_t from_ms, int64_t to_ms, bool fresh)
{
	a->fresh = fresh;
	a->first_new = 0;
	memset(&a->state, 0, sizeof(a->state));
	a->state.magic = STATE_MAGIC;
	a->state.size = sizeof(a->state);
	a->state.from_ms = from_ms;
	a->state.to_ms = to_ms;
	baseline_init(&a->state.baseline);
	a->incidents.next_id = results_incident_base(a->store) + 1;
	series_open(&a->series, &a->members, &a->space);
	return members_open(&a->members, a->store, fresh);
}

int
analysis_state_load(struct analysis *a, int64_t from_ms, int64_t to_ms)
{
	enum found found;
	int kept;

	if (selfcheck_load(&a->self, a->store) != 0 || members_open(&a->members, a->store, false) != 0)
		return -1;
	series_open(&a->series, &a->members, &a->space);
	errno = 0;
	if ((found = take_up(a, from_ms, to_ms)) == FOUND_OURS) {
		a->first_new = a->state.last_round + 1;
		return 0;
	}
	/* With memory it may well be ours. */
	if (errno == ENOMEM) {
		log_error("%s: where the last run stood cannot be read", memory_missing());
		return -1;
	}
	forget(a);
	if ((kept = has_kept(a)) < 0) {
		log_error("%s", store_error(a->store));
		return -1;
	}
	if (kept == 1 && found == FOUND_OTHER) {
		log_error("the past cannot be analysed anew: records of it were pruned, and the results"
		    " kept; analyse a copy that is imported from what was exported before");
		return -1;
	}
	if (begin(a, from_ms, to_ms, kept == 0) != 0)
		return -1;
	return kept == 1 ? analysis_state_adopt(a) : 0;
}

/* ---- keeping ---- */

static struct text
bytes_of(const void *p, size_t len)
{
	return (struct text){ p, len };
}

static int
keep_digests(struct analysis *a)
{
	const struct window *w = &a->window;

	for (size_t i = 0; i < w->n; i++) {
		uint8_t *bytes;
		size_t len;
		int bad;

		if (w->d[i]->round < a->first_new)
			continue;
		if (round_digest_pack(w->d[i], &bytes, &len) != 0)
			return -1;
		bad = results_digest_put(a->store, w->d[i]->round, bytes_of(bytes, len));
		free(bytes);
		if (bad != 0)
			return -1;
	}
	return w->n == 0 ? 0 : results_digest_drop(a->store, w->d[0]->round);
}

int
analysis_state_save(struct analysis *a)
{
	struct array bytes = { 0 };
	int bad = incidents_pack(&a->incidents, &bytes);

	if (bad == 0)
		bad = results_state_put(a->store, "incidents", bytes_of(bytes.p, bytes.n));
	array_free(&bytes);
	if (bad == 0)
		bad = results_state_put(a->store, "state", bytes_of(&a->state, sizeof(a->state)));
	return bad != 0 ? bad : keep_digests(a);
}
