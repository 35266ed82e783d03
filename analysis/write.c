/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results as rows, and incidents in words. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analyze.h"
#include "analysis/changes.h"

/* ---- series and verdicts ---- */

static int
write_rows(struct analysis *a, const struct series_row *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (results_put_series(a->store, &row[i]) != 0)
			return -1;
	return 0;
}

static int
write_series(struct analysis *a)
{
	const struct series_row *row = a->row.p;

	if (write_rows(a, a->done.p, a->done.n) != 0 ||
	    write_rows(a, row + a->window.open, a->window.n - a->window.open) != 0)
		return -1;
	for (size_t i = 0; i < a->pending.n; i++) {
		const struct round_row *p = (const struct round_row *)a->pending.p + i;
		struct digest d = { .round = p->id, .start_ms = p->start_ms, .end_ms = p->end_ms };
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

	for (uint32_t i = 1; i <= ms->n; i++) {
		struct member *m = &ms->m[i];
		struct verdict_row row;

		if (m->epoch != ms->epoch)
			m->now = m->settled;
		if (m->now.first_round == 0)
			continue;
		analysis_verdict(a, i, &row);
		if (results_put_verdict(a->store, &row,
		    (struct text){ (const uint8_t *)&m->settled, sizeof(m->settled) }) != 0)
			return -1;
	}
	return 0;
}

/* ---- incidents ---- */

/* Ends with its last new source, or when sources that stayed for long are gone. */
static bool
lingered(const struct incident_facts *is)
{
	return is->present_run > QUIET_ROUNDS;
}

static int
severity(const struct incident_facts *is)
{
	double share = is->peak_instant > 0 ? is->peak / is->peak_instant : 0;

	return share < 0.005 ? 1 : share < 0.05 ? 2 : 3;
}

/* Two standard errors of the sum, and one in a hundred for what the model cannot know. */
static void
interval(const struct incident_facts *is, struct incident_row *row)
{
	double half = 1.96 * sqrt(is->variance) + 0.01 * is->bogus + 0.5;

	row->bogus = is->bogus;
	row->bogus_low = fmax(0, is->bogus - half);
	row->bogus_high = is->bogus + half;
}

static const char *const what[INC_NKIND] = {
	[INC_RANDOM_SOURCES] = "keys that name made-up sources",
	[INC_PORT_FANOUT] = "made-up ports of a few addresses",
	[INC_TARGETED_HASH] = "made-up sources for a few files",
	[INC_REACHABILITY_DROP] = "nodes that cannot be reached",
	[INC_OUTAGE] = "an outage of the sensor",
	[INC_POPULATION_STEP] = "a change of the population itself",
};

static void
describe(char *text, size_t size, const struct incident_facts *is, const struct incident_row *row,
    const struct blame *b)
{
	char from[WHEN_TEXT], to[WHEN_TEXT], who[ENDPOINT_TEXT];

	when_format(from, row->start_ms);
	snprintf(text, size, "A flood of %s %s %.16s%s%.16s: about %.0f (%.0f to %.0f) in %lld rounds; %s%s.",
	    what[is->kind], is->open ? "has been going on since" : "went on from",
	    from, is->open ? "" : " to ", is->open ? "" : when_format(to, row->end_ms),
	    row->bogus, row->bogus_low, row->bogus_high, (long long)row->rounds,
	    b->injector ? "probable injector " : "source not determined",
	    b->injector ? endpoint_format(who, b->row[0].endpoint) : "");
}

struct line { const char *name, *family; double statistic, threshold; };

static int
write_test(struct analysis *a, int64_t id, struct line l)
{
	struct test_row row = { id, l.name, l.family, l.statistic, l.threshold };

	return isnan(l.statistic) ? 0 : results_put_test(a->store, &row);
}

static double
ratio(double k, double n)
{
	return n > 0 ? k / n : NAN;
}

/* What a reader can check with a pencil, each beside what genuine newcomers would give. */
static int
write_tests(struct analysis *a, const struct incident_facts *is, const struct blame *b)
{
	const struct line plain[] = {
		{ "impossible sources, share of the bogus", "address",
		    ratio(is->special + is->unallocated, is->bogus), 0.004 },
		{ "seen in one round only, share of the bogus", "persistence",
		    ratio(is->one_shot, is->lives), ratio(is->one_shot_usual, is->lives) },
		{ "never shook hands, share of the dialled", "reachability",
		    ratio(is->unreached, is->dialled), ratio(is->unreached_usual, is->dialled) },
		{ "ports of one address", "fan-out", is->ports,
		    is->kind == INC_PORT_FANOUT ? is->ports_usual : 16 },
		{ "new sources for one hash", "hash", is->sources, 16 },
		{ "bogus share, first peer to median peer", "relay", b->outlier, 5 },
	};

	for (int e = 0; e < EVIDENCE_N; e++) {
		char name[64];

		snprintf(name, sizeof(name), "%s, nats for each bogus source", evidence_name[e]);
		if (is->family[e] >= FAMILY_GAIN && write_test(a, is->id, (struct line){ name,
		    evidence_name[e], is->family[e] / is->bogus, FAMILY_MEAN }) != 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (write_test(a, is->id, plain[i]) != 0)
			return -1;
	return 0;
}

static int
write_incident(struct analysis *a, const struct incident *i)
{
	const struct incident_facts *is = &i->is;
	struct incident_row row = { .id = is->id, .kind = is->kind, .first_round = is->first_round,
	    .last_round = lingered(is) ? is->present_round : is->last_round,
	    .peak_round = is->peak_round, .start_ms = is->start_ms, .peak_ms = is->peak_ms,
	    .end_ms = is->open ? UNKNOWN : lingered(is) ? is->present_ms : is->end_ms,
	    .rounds = is->rounds, .severity = severity(is), .channels = is->channels };
	struct blame b;
	char text[320];

	blame(&b, i, &a->members, a->self);
	interval(is, &row);
	row.injector = b.injector;
	row.roving = b.roving;
	describe(text, sizeof(text), is, &row, &b);
	row.summary = text;
	if (results_put_incident(a->store, &row) != 0 || write_tests(a, is, &b) != 0)
		return -1;
	for (size_t k = 0; k < b.n; k++)
		if (results_put_delivering(a->store, &b.row[k]) != 0)
			return -1;
	return 0;
}

/* Those that are closed and settled are written for the last time, and forgotten. */
static void
forget_closed(struct incidents *in)
{
	struct incident *i = in->all.p;
	size_t to = 0;

	for (size_t k = 0; k < in->all.n; k++) {
		if (i[k].is.open) {
			i[to++] = i[k];
			continue;
		}
		index_free(&i[k].who);
		array_free(&i[k].deliverer);
	}
	in->all.n = to;
}

static int
write_incidents(struct analysis *a)
{
	const struct incidents *now = &a->incidents_now;

	if (results_delete_incidents(a->store, a->incidents.next_id) != 0)
		return -1;
	for (size_t i = 0; i < now->all.n; i++)
		if (write_incident(a, (const struct incident *)now->all.p + i) != 0)
			return -1;
	forget_closed(&a->incidents);
	return 0;
}

int
analysis_write(struct analysis *a)
{
	if ((a->fresh && results_clear(a->store) != 0) || write_series(a) != 0 ||
	    write_verdicts(a) != 0 || write_incidents(a) != 0 || changes_write(a->store) != 0)
		return -1;
	return analysis_keep(a);
}
