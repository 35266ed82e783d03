/* SPDX-License-Identifier: GPL-3.0-or-later */
/* case.json: the incident on one page. */
#include <stdlib.h>
#include <string.h>

#include "data/evidence/bundle_impl.h"
#include "data/evidence/ledger.h"
#include "data/format/canonical.h"
#include "data/lib/log.h"
#include "data/lib/text.h"

/* ---- counts ------------------------------------------------------------------------ */

/* Numbers that follow from keys.jsonl and rounds.csv alone. */
struct counts {
	int64_t	rounds, complete, tried, reached;
	int64_t	records, sources, peers;
};

static int64_t
distinct(const struct incident_rows *f, bool peers)
{
	size_t room = peers ? f->npeers : f->nsources;
	bool *met = calloc(room + 1, sizeof(*met));
	int64_t n = 0;

	for (size_t i = 0; met != NULL && i < f->nrecords; i++) {
		size_t at = peers ? f->record[i].peer : f->record[i].source;

		n += !met[at];
		met[at] = true;
	}
	free(met);
	return met == NULL ? -1 : n;
}

static int
count(const struct incident_rows *f, struct counts *c)
{
	*c = (struct counts){ .rounds = (int64_t)f->nrounds, .records = (int64_t)f->nrecords };
	for (size_t i = 0; i < f->nrounds; i++) {
		const struct round_row *r = &f->round[i].row;

		c->complete += r->complete;
		c->tried += r->tried == UNKNOWN ? 0 : r->tried;
		c->reached += r->reached == UNKNOWN ? 0 : r->reached;
	}
	c->sources = distinct(f, false);
	c->peers = distinct(f, true);
	return c->sources < 0 || c->peers < 0 ? -1 : 0;
}

static void
put_counts(struct json_out *j, const struct counts *c)
{
	json_put_object(j, "counts");
	json_put_int(j, "rounds", c->rounds);
	json_put_int(j, "rounds_complete", c->complete);
	json_put_int(j, "tried", c->tried);
	json_put_int(j, "reached", c->reached);
	json_put_int(j, "records", c->records);
	json_put_int(j, "sources", c->sources);
	json_put_int(j, "peers", c->peers);
	json_put_end(j);
}

/* ---- parts --------------------------------------------------------------------------- */

static void
put_window(const struct bundle *b, struct json_out *j)
{
	const struct incident_row *i = &b->f.incident;

	json_put_time(j, "start", i->start_ms);
	json_put_time(j, "end", i->end_ms);
	json_put_time(j, "peak", i->peak_ms);
	json_put_int(j, "first_round", i->first_round);
	json_put_int(j, "last_round", i->last_round);
	json_put_int(j, "peak_round", i->peak_round);
	json_put_int(j, "rounds_not_in_the_log_yet", b->f.unsealed);
}

/* Of all that follows: how the rounds came here, and what was so when this was written. */
static void
put_state(const struct bundle *b, struct json_out *j)
{
	const struct incident_row *i = &b->f.incident;
	enum incident_state state = i->end_ms != UNKNOWN ? INCIDENT_CLOSED :
	    i->quiet > 0 ? INCIDENT_QUIET : INCIDENT_OPEN;

	json_put_string(j, "state", incident_state_name[state]);
	json_put_int(j, "quiet_rounds", i->quiet);
	json_put_time(j, "last_new", i->last_ms);
	json_put_int(j, "rounds_with_new_sources", i->rounds);
	json_put_object(j, "origins");
	for (int o = 0; o < ORIGIN_N; o++)
		json_put_int(j, origin_name[o], b->f.origin[o]);
	json_put_end(j);
	json_put_string(j, "roving", i->roving == UNKNOWN ? NULL : i->roving ? "roving" : "fixed");
}

const char bundle_not_claimed[] = "That a peer made up what it delivered, or that an address named in"
    " a record ever took part.";

const char *
bundle_claim(const int64_t origin[ORIGIN_N])
{
	bool live = origin[ORIGIN_CRAWLED] + origin[ORIGIN_LISTENED] + origin[ORIGIN_CAPTURED] > 0;

	if (origin[ORIGIN_IMPORTED] == 0)
		return "The peers in peers.csv delivered the records in keys.jsonl to the sensor over TCP at"
		    " the times given.";
	if (!live)
		return "A file of observations that was imported says that the peers in peers.csv delivered"
		    " the records in keys.jsonl to a sensor over TCP at the times given; this program did"
		    " not receive them itself.";
	return "The peers in peers.csv delivered the records in keys.jsonl of rounds that were crawled,"
	    " listened for or captured (rounds.csv) to the sensor over TCP at the times given; of rounds"
	    " that were imported a file of observations says so, and this program did not receive"
	    " them itself.";
}

static void
put_channels(const struct bundle *b, struct json_out *j)
{
	static const struct { unsigned bit; const char *name; } channel[] = {
		{ SEEN_KEY, "keys" }, { SEEN_NEIGHBOUR, "neighbours" }, { SEEN_QUERY, "queries" },
		{ SEEN_CONTACTED, "contacted" }, { SEEN_INBOUND, "inbound" },
	};

	json_put_array(j, "channels");
	for (size_t i = 0; i < sizeof(channel) / sizeof(channel[0]); i++)
		if (b->f.incident.channels & channel[i].bit)
			json_put_string(j, NULL, channel[i].name);
	json_put_end(j);
}

static void
put_stated(const struct bundle *b, struct json_out *j)
{
	json_put_object(j, "stated");
	json_put_int(j, "records", b->f.all_records);
	json_put_int(j, "sources", b->f.all_sources);
	json_put_int(j, "peers", (int64_t)b->f.npeers);
	json_put_int(j, "sources_judged_bogus", (int64_t)b->f.nsources);
	json_put_end(j);
	json_put_object(j, "estimate");
	json_put_real(j, "bogus_sources", b->f.incident.bogus);
	if (b->f.incident.sampling > 1)
		json_put_count(j, "sampling", b->f.incident.sampling);
	json_put_real(j, "low", b->f.incident.bogus_low);
	json_put_real(j, "high", b->f.incident.bogus_high);
	json_put_end(j);
}

static void
put_tests(const struct bundle *b, struct json_out *j)
{
	json_put_array(j, "tests");
	for (size_t i = 0; i < b->f.ntests; i++) {
		const struct found_test *t = &b->f.test[i];

		json_put_object(j, NULL);
		json_put_string(j, "name", t->name);
		json_put_string(j, "family", t->family);
		json_put_real(j, "statistic", t->statistic);
		json_put_real(j, "threshold", t->threshold);
		json_put_end(j);
	}
	json_put_end(j);
}

static void
put_delivered_by(struct bundle *b, struct json_out *j)
{
	char buf[NAME_TEXT];

	json_put_array(j, "delivered_by");
	for (size_t i = 0; i < b->f.npeers; i++) {
		const struct found_peer *p = &b->f.peer[i];

		if (p->rank.rank == 0)
			continue;
		json_put_object(j, NULL);
		json_put_string(j, "peer", pseudonym_node(&b->pseudonyms, p->endpoint, buf));
		json_put_int(j, "rank", p->rank.rank);
		json_put_real(j, "share", p->rank.share);
		json_put_real(j, "ratio", p->rank.ratio);
		json_put_real(j, "full_timer_share", p->rank.full_timer_share);
		json_put_int(j, "rounds", p->rank.rounds);
		json_put_string(j, "label", p->rank.label);
		json_put_end(j);
	}
	json_put_end(j);
	json_put_string(j, "source", b->f.incident.injector ? "probable injector" : "not determined");
}

/* ---- history ---------------------------------------------------------------------------- */

struct history {
	struct json_out	*j;
	const struct bundle *b;
	int64_t		 grade[CASE_NKIND];
};

static int
put_event(const struct case_event *e, void *arg)
{
	struct history *h = arg;
	char party[NAME_TEXT], note[NAME_TEXT];

	if (e->grade != UNKNOWN)
		h->grade[e->kind] = e->grade;
	json_put_object(h->j, NULL);
	json_put_time(h->j, "t", e->t_ms);
	json_put_string(h->j, "kind", case_kind_name[e->kind]);
	/* Who was written to, and what about, can name an address. */
	json_put_text(h->j, "party", pseudonym_text(&h->b->pseudonyms, text_of(e->party), party));
	json_put_time(h->j, "due", e->due_ms);
	json_put_known(h->j, "grade", e->grade);
	json_put_text(h->j, "note", pseudonym_text(&h->b->pseudonyms, text_of(e->note), note));
	json_put_end(h->j);
	return 0;
}

static int
put_history(struct bundle *b, struct json_out *j)
{
	struct history h = { .j = j, .b = b };

	for (int i = 0; i < CASE_NKIND; i++)
		h.grade[i] = UNKNOWN;
	json_put_array(j, "history");
	if (ledger_events(b->s, b->f.incident.id, put_event, &h) != 0)
		return -1;
	json_put_end(j);
	json_put_object(j, "grades");	/* one to five, as the reports of 2002 gave them */
	json_put_known(j, "speed", h.grade[CASE_GRADE_SPEED]);
	json_put_known(j, "contact", h.grade[CASE_GRADE_CONTACT]);
	json_put_known(j, "follow_up", h.grade[CASE_GRADE_FOLLOWUP]);
	json_put_end(j);
	return 0;
}

int
bundle_case_json(struct bundle *b, FILE *f)
{
	struct json_out j;
	struct counts c;

	if (count(&b->f, &c) != 0) {
		log_error("out of memory");
		return -1;
	}
	json_start(&j, f, JSON_FORM_INDENTED);
	json_put_object(&j, NULL);
	json_put_string(&j, "format", "kansoku-case/2");
	json_put_int(&j, "incident", b->f.incident.id);
	json_put_string(&j, "kind", incident_kind_name[b->f.incident.kind]);
	json_put_int(&j, "severity", b->f.incident.severity);
	/* The sentence may name a peer; a pseudonymous bundle does without. */
	json_put_string(&j, "summary", b->pseudonyms.hidden ? NULL : b->f.summary);
	put_window(b, &j);
	put_state(b, &j);
	put_channels(b, &j);
	json_put_string(&j, "claimed", bundle_claim(b->f.origin));
	json_put_string(&j, "not_claimed", bundle_not_claimed);
	put_counts(&j, &c);
	put_stated(b, &j);
	put_tests(b, &j);
	put_delivered_by(b, &j);
	if (put_history(b, &j) != 0)
		return -1;
	json_put_end(&j);
	return 0;
}
