/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/incidents/incident_report.h"

#include <math.h>
#include <stdio.h>

#include "analysis/incidents/attribution.h"
#include "data/store/rows.h"
#include "data/lib/utctime.h"

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

struct line { const char *name, *family; double statistic, threshold; };

static int
write_test(struct store *s, int64_t id, struct line l)
{
	struct test_row row = { id, l.name, l.family, l.statistic, l.threshold };

	return isnan(l.statistic) ? 0 : results_put_test(s, &row);
}

static double
ratio(double k, double n)
{
	return n > 0 ? k / n : NAN;
}

/* Writes what a reader can check with a pencil, each beside what genuine newcomers would give. */
static int
write_tests(struct store *s, const struct incident_facts *is, const struct attribution *b)
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
		{ "rankings that put the same peer first, of 4", "relay",
		    b->n > 0 ? b->agreeing : NAN, 2 },
		{ "rounds with keys nobody relays, first peer", "relay",
		    b->n > 0 ? b->unrelayed : NAN, 3 },
		{ "rounds in which one peer stood out, share", "relay",
		    ratio(is->led, is->rounds), 0.25 },
		{ "nodes we announced ourselves as, to a bogus one", "self",
		    b->self.sent, SELF_SENT },
		{ "our own address, share of the bogus (no proof)", "self",
		    b->self.sources, NAN },
		{ "our own port, share of the bogus (no proof)", "self",
		    b->self.ports, NAN },
		{ "hours since the sensor's start (suspect below)", "self",
		    b->self.start_h, SELF_START_H },
	};

	for (int e = 0; e < EVIDENCE_N; e++) {
		char name[64];

		snprintf(name, sizeof(name), "%s, nats for each bogus source", evidence_name[e]);
		if (is->family[e] >= FAMILY_GAIN && write_test(s, is->id, (struct line){ name,
		    evidence_name[e], is->family[e] / is->bogus, FAMILY_MEAN }) != 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (write_test(s, is->id, plain[i]) != 0)
			return -1;
	return 0;
}

int
incident_report_write(struct store *s, const struct incident *i, const struct members *ms,
    const struct self *self)
{
	const struct incident_facts *is = &i->is;
	struct incident_row row = { .id = is->id, .kind = is->kind, .first_round = is->first_round,
	    .last_round = lingered(is) ? is->present_round : is->last_round,
	    .peak_round = is->peak_round, .start_ms = is->start_ms, .peak_ms = is->peak_ms,
	    .end_ms = is->open ? UNKNOWN : lingered(is) ? is->present_ms : is->end_ms,
	    .rounds = is->rounds, .severity = severity(is), .channels = is->channels,
	    .quiet = is->open ? is->quiet : 0, .last_ms = is->end_ms,
	    .sampling = is->sampling };
	struct attribution b;
	char text[INCIDENT_SENTENCE], who[ENDPOINT_TEXT];
	/* Two standard errors of the sum, and 1 % for what the model cannot know. */
	double half = 1.96 * sqrt(is->variance) + 0.01 * is->bogus + 0.5;

	attribute(&b, i, ms, self);
	row.bogus = is->bogus;
	row.bogus_low = fmax(0, is->bogus - half);
	row.bogus_high = is->bogus + half;
	row.injector = b.injector;
	row.roving = b.roving;
	row.summary = incident_sentence(text, &row, b.injector ?
	    rows_node_text(who, b.row[0].endpoint, b.row[0].peer) : NULL, b.self.suspect);
	if (results_put_incident(s, &row) != 0 || write_tests(s, is, &b) != 0)
		return -1;
	for (size_t k = 0; k < b.n; k++)
		if (results_put_delivering(s, &b.row[k]) != 0)
			return -1;
	return 0;
}
