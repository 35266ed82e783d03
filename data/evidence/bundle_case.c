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
distinct(const struct findings *f, bool peers)
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
count(const struct findings *f, struct counts *c)
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
put_counts(struct jout *j, const struct counts *c)
{
	jout_object(j, "counts");
	jout_int(j, "rounds", c->rounds);
	jout_int(j, "rounds_complete", c->complete);
	jout_int(j, "tried", c->tried);
	jout_int(j, "reached", c->reached);
	jout_int(j, "records", c->records);
	jout_int(j, "sources", c->sources);
	jout_int(j, "peers", c->peers);
	jout_end(j);
}

/* ---- parts --------------------------------------------------------------------------- */

static void
put_window(const struct bundle *b, struct jout *j)
{
	const struct incident_row *i = &b->f.incident;

	jout_time(j, "start", i->start_ms);
	jout_time(j, "end", i->end_ms);
	jout_time(j, "peak", i->peak_ms);
	jout_int(j, "first_round", i->first_round);
	jout_int(j, "last_round", i->last_round);
	jout_int(j, "peak_round", i->peak_round);
	jout_int(j, "rounds_not_in_the_log_yet", b->f.unsealed);
}

static void
put_channels(const struct bundle *b, struct jout *j)
{
	static const struct { unsigned bit; const char *name; } channel[] = {
		{ SEEN_KEY, "keys" }, { SEEN_NEIGHBOUR, "neighbours" }, { SEEN_QUERY, "queries" },
		{ SEEN_CONTACTED, "contacted" }, { SEEN_INBOUND, "inbound" },
	};

	jout_array(j, "channels");
	for (size_t i = 0; i < sizeof(channel) / sizeof(channel[0]); i++)
		if (b->f.incident.channels & channel[i].bit)
			jout_string(j, NULL, channel[i].name);
	jout_end(j);
}

static void
put_stated(const struct bundle *b, struct jout *j)
{
	jout_object(j, "stated");
	jout_int(j, "records", b->f.all_records);
	jout_int(j, "sources", b->f.all_sources);
	jout_int(j, "peers", (int64_t)b->f.npeers);
	jout_int(j, "sources_judged_bogus", (int64_t)b->f.nsources);
	jout_end(j);
	jout_object(j, "estimate");
	jout_real(j, "bogus_sources", b->f.incident.bogus);
	jout_real(j, "low", b->f.incident.bogus_low);
	jout_real(j, "high", b->f.incident.bogus_high);
	jout_end(j);
}

static void
put_tests(const struct bundle *b, struct jout *j)
{
	jout_array(j, "tests");
	for (size_t i = 0; i < b->f.ntests; i++) {
		const struct found_test *t = &b->f.test[i];

		jout_object(j, NULL);
		jout_string(j, "name", t->name);
		jout_string(j, "family", t->family);
		jout_real(j, "statistic", t->statistic);
		jout_real(j, "threshold", t->threshold);
		jout_end(j);
	}
	jout_end(j);
}

static void
put_delivered_by(struct bundle *b, struct jout *j)
{
	char buf[NAME_TEXT];

	jout_array(j, "delivered_by");
	for (size_t i = 0; i < b->f.npeers; i++) {
		const struct found_peer *p = &b->f.peer[i];

		if (p->rank.rank == 0)
			continue;
		jout_object(j, NULL);
		jout_string(j, "peer", names_node(&b->names, p->endpoint, buf));
		jout_int(j, "rank", p->rank.rank);
		jout_real(j, "share", p->rank.share);
		jout_real(j, "ratio", p->rank.ratio);
		jout_real(j, "full_timer_share", p->rank.full_timer_share);
		jout_int(j, "rounds", p->rank.rounds);
		jout_string(j, "label", p->rank.label);
		jout_end(j);
	}
	jout_end(j);
	jout_string(j, "source", b->f.incident.injector ? "probable injector" : "not determined");
}

/* ---- history ---------------------------------------------------------------------------- */

struct history {
	struct jout	*j;
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
	jout_object(h->j, NULL);
	jout_time(h->j, "t", e->t_ms);
	jout_string(h->j, "kind", case_kind_name[e->kind]);
	/* Who was written to, and what about, can name an address. */
	jout_text(h->j, "party", names_text(&h->b->names, text_of(e->party), party));
	jout_time(h->j, "due", e->due_ms);
	jout_known(h->j, "grade", e->grade);
	jout_text(h->j, "note", names_text(&h->b->names, text_of(e->note), note));
	jout_end(h->j);
	return 0;
}

static int
put_history(struct bundle *b, struct jout *j)
{
	struct history h = { .j = j, .b = b };

	for (int i = 0; i < CASE_NKIND; i++)
		h.grade[i] = UNKNOWN;
	jout_array(j, "history");
	if (ledger_events(b->s, b->f.incident.id, put_event, &h) != 0)
		return -1;
	jout_end(j);
	jout_object(j, "grades");	/* one to five, as the reports of 2002 gave them */
	jout_known(j, "speed", h.grade[CASE_GRADE_SPEED]);
	jout_known(j, "contact", h.grade[CASE_GRADE_CONTACT]);
	jout_known(j, "follow_up", h.grade[CASE_GRADE_FOLLOWUP]);
	jout_end(j);
	return 0;
}

int
bundle_case_json(struct bundle *b, FILE *f)
{
	struct jout j = { .f = f, .lines = true };
	struct counts c;

	if (count(&b->f, &c) != 0) {
		complain("out of memory");
		return -1;
	}
	jout_object(&j, NULL);
	jout_string(&j, "format", "kansoku-case/1");
	jout_int(&j, "incident", b->f.incident.id);
	jout_string(&j, "kind", incident_kind_name[b->f.incident.kind]);
	jout_int(&j, "severity", b->f.incident.severity);
	/* The sentence may name a peer; a pseudonymous bundle does without. */
	jout_string(&j, "summary", b->names.hidden ? NULL : b->f.summary);
	put_window(b, &j);
	put_channels(b, &j);
	jout_string(&j, "claimed", "The peers in peers.csv delivered the records in keys.jsonl to the"
	    " sensor over TCP at the times given.");
	jout_string(&j, "not_claimed", "That a peer made up what it delivered, or that an address"
	    " named in a record ever took part.");
	put_counts(&j, &c);
	put_stated(b, &j);
	put_tests(b, &j);
	put_delivered_by(b, &j);
	if (put_history(b, &j) != 0)
		return -1;
	jout_end(&j);
	return 0;
}
