/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results as rows. */
#include <stdlib.h>

#include "analysis/analyze.h"
#include "analysis/incidents/identity_incidents.h"
#include "analysis/incidents/population_changes.h"
#include "analysis/incidents/incident_report.h"

/* ---- series and verdicts ---- */

static int
write_series(struct analysis *a)
{
	array_each(row, &a->done)
		if (results_put_series(a->store, row) != 0)
			return -1;
	for (size_t i = a->window.open; i < a->window.round.n; i++)
		if (results_put_series(a->store, &a->row.p[i]) != 0)
			return -1;
	array_each(p, &a->pending) {
		struct round_digest d = { .round = p->id, .start_ms = p->start_ms,
		    .end_ms = p->end_ms };
		struct series_row empty;

		series_empty_row(&d, &empty);
		if (results_put_series(a->store, &empty) != 0)
			return -1;
	}
	return 0;
}

static int
write_verdicts(struct analysis *a)
{
	struct members *ms = &a->members;
	struct pack p = { 0 };
	bool bad = false;

	for (uint32_t i = 1; i < ms->m.n && !bad; i++) {
		struct member *m = &ms->m.p[i];
		struct verdict_row row;

		if (m->epoch != ms->epoch)
			m->now = m->settled;
		if (m->now.first_round == 0)
			continue;
		analysis_verdict(a, i, &row);
		p.bytes.n = 0;
		memory_pack(&p, &m->settled);
		bad = p.failed || results_put_verdict(a->store, &row, pack_text(&p)) != 0;
	}
	array_free(&p.bytes);
	return bad ? -1 : 0;
}

/* ---- incidents ---- */

/* Incidents that are closed and settled were written for the last time, and are forgotten. */
static void
forget_closed(struct incidents *in)
{
	size_t to = 0;

	array_each(i, &in->all) {
		if (i->is.open) {
			in->all.p[to++] = *i;
			continue;
		}
		index_free(&i->who);
		array_free(&i->deliverer);
	}
	in->all.n = to;
}

static int
write_incidents(struct analysis *a)
{
	if (results_delete_incidents(a->store, a->incidents.next_id) != 0)
		return -1;
	array_each(i, &a->incidents_now.all)
		if (incident_report_write(a->store, i, &a->members, &a->self) != 0)
			return -1;
	forget_closed(&a->incidents);
	return 0;
}

int
analysis_results_write(struct analysis *a)
{
	if (a->fresh && results_clear(a->store) != 0)
		return -1;
	if (a->adopted && results_forget_memories(a->store) != 0)
		return -1;
	if (write_series(a) != 0 || write_verdicts(a) != 0 || write_incidents(a) != 0 ||
	    population_changes_write(a->store) != 0 || identity_incidents_write(a->store, a->fresh) != 0)
		return -1;
	return analysis_state_save(a);
}
