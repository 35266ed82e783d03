/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/incidents/identity_incidents.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/detect/identities.h"
#include "data/lib/pack_bytes.h"
#include "data/lib/utctime.h"
#include "data/store/rows.h"

#define STATE		"identities"
#define STATE_VERSION	1
#define INCIDENTS_MAX	1000	/* of a kind */

struct round_finding {
	uint32_t	round, ordinal;		/* ordinal: among complete rounds */
	int64_t		start_ms, end_ms;
	struct id_finding is;
};

struct identity_run {
	struct store	*store;
	uint32_t	last_round, ordinal;	/* that were judged */
	int64_t		last_ms;
	ARRAY_OF(struct round_finding) found;
	struct identities now;
	bool		no_memory;
};

/* ---- what is kept ------------------------------------------------------------------------------- */

static void
pack_endpoint(struct pack *p, struct endpoint *e)
{
	pack_u8(p, &e->net);
	pack_n16(p, &e->port);
	for (int i = 0; i < ADDRESS_MAX && !p->failed; i++)
		pack_u8(p, &e->addr[i]);
	if (p->reading && e->net >= NET_N)
		pack_fail(p);
}

static void
pack_finding(struct pack *p, struct round_finding *f)
{
	uint32_t n = f->is.peers < FINDING_PEERS ? f->is.peers : FINDING_PEERS;

	pack_n32(p, &f->round);
	pack_n32(p, &f->ordinal);
	pack_i64(p, &f->start_ms);
	pack_i64(p, &f->end_ms);
	pack_n32(p, &f->is.kind);
	pack_n32(p, &f->is.test);
	pack_f64(p, &f->is.size);
	pack_f64(p, &f->is.statistic);
	pack_f64(p, &f->is.threshold);
	pack_n32(p, &f->is.peers);
	pack_n32(p, &n);
	if (f->is.kind >= INC_NKIND || f->is.test >= ID_TESTS || n > FINDING_PEERS)
		pack_fail(p);
	for (uint32_t i = 0; i < n && !p->failed; i++) {
		pack_endpoint(p, &f->is.peer[i].at);
		pack_f64(p, &f->is.peer[i].bogus);
		pack_f64(p, &f->is.peer[i].all);
	}
}

static void
pack_run(struct pack *p, struct identity_run *r)
{
	size_t n;

	pack_version(p, STATE_VERSION);
	pack_n32(p, &r->last_round);
	pack_n32(p, &r->ordinal);
	pack_i64(p, &r->last_ms);
	n = pack_count(p, r->found.n);
	for (size_t i = 0; i < n && !p->failed; i++) {
		if (p->reading && array_add(&r->found) == NULL)
			pack_fail(p);
		else
			pack_finding(p, &r->found.p[i]);
	}
}

static int
recall(struct text bytes, void *arg)
{
	struct identity_run *r = arg;
	struct pack p = pack_reader(bytes);

	pack_run(&p, r);
	if (!pack_is_read(&p)) {	/* of another version: all is judged anew */
		array_free(&r->found);
		r->last_round = r->ordinal = 0;
	}
	return 0;
}

/* ---- rounds ---------------------------------------------------------------------------------------- */

static int
note(const struct observation *o, void *arg)
{
	struct identity_run *r = arg;

	r->no_memory |= identities_note(&r->now, o) != 0;
	return r->no_memory;
}

static int
judge_round(const struct round_row *row, void *arg)
{
	struct identity_run *r = arg;
	struct id_finding found[ID_TESTS];
	int n;

	if (!row->complete || row->pruned || row->hidden)
		return 0;
	identities_clear(&r->now);
	if (rows_observations(r->store, row->id, note, r) == -1)
		return -1;
	if (r->no_memory || (n = identities_find(&r->now, found)) < 0) {
		r->no_memory = true;
		return 1;
	}
	r->last_round = row->id;
	r->last_ms = row->end_ms != UNKNOWN ? row->end_ms : row->start_ms;
	r->ordinal++;
	for (int i = 0; i < n; i++) {
		struct round_finding *f = array_add(&r->found);

		if (f == NULL) {
			r->no_memory = true;
			return 1;
		}
		*f = (struct round_finding){ row->id, r->ordinal, row->start_ms, r->last_ms, found[i] };
	}
	return 0;
}

/* ---- incidents -------------------------------------------------------------------------------------- */

struct identity_incident {
	uint32_t	kind, first, last, peak, rounds;	/* places in found */
	double		size, variance;
	ARRAY_OF(struct id_peer) peer;
	ARRAY_OF(uint32_t) met;		/* rounds, by the same place */
};

/* Endpoints that were made up are others each round; ids that answer are the same ones. */
static bool
adds_up(uint32_t kind)
{
	return kind == INC_MADE_UP_CONTACTS || kind == INC_RANDOM_SOURCES || kind == INC_JUNK_HASHES;
}

static int
add_finding(const struct identity_run *r, struct identity_incident *i, uint32_t place)
{
	const struct id_finding *f = &r->found.p[place].is;

	i->last = place;
	i->rounds++;
	if (f->size > r->found.p[i->peak].is.size)
		i->peak = place;
	i->size = adds_up(i->kind) ? i->size + f->size : fmax(i->size, f->size);
	for (uint32_t k = 0; k < f->peers && k < FINDING_PEERS; k++) {
		struct id_peer *p;
		size_t at = 0;

		while (at < i->peer.n && endpoint_compare(i->peer.p[at].at, f->peer[k].at) != 0)
			at++;
		if (at == i->peer.n) {
			if (at == 200)
				continue;	/* more are told of by nobody */
			if ((p = array_add(&i->peer)) == NULL || array_add(&i->met) == NULL)
				return -1;
			p->at = f->peer[k].at;
		}
		i->peer.p[at].bogus += f->peer[k].bogus;
		i->peer.p[at].all += f->peer[k].all;
		i->met.p[at]++;
	}
	return 0;
}

static void
sentence(char *buf, size_t size, const struct identity_run *r, const struct identity_incident *i, bool open)
{
	static const struct { const char *did, *what; } said[INC_NKIND] = {
		[INC_MADE_UP_CONTACTS] = { "handed out about", "contacts that nobody else names and nobody is at" },
		[INC_RANDOM_SOURCES] = { "named about", "holders whom no other store of the same contents knows" },
		[INC_SYBIL_CLUSTER] = { "had ids nearer to each other than chance allows,", "at once" },
		[INC_SYBIL_FLEET] = { "were ids of few addresses, alike in program and table,", "at once" },
		[INC_ID_HOP] = { "answered with an id that changed within a visit,", "at once" },
		[INC_JUNK_HASHES] = { "gave samples of about", "contents that nobody stores and nobody holds" },
	};
	char from[WHEN_TEXT], to[WHEN_TEXT];
	uint32_t nodes = 0;

	for (uint32_t k = i->first; k <= i->last; k++)
		if (r->found.p[k].is.kind == i->kind && r->found.p[k].is.peers > nodes)
			nodes = r->found.p[k].is.peers;
	utctime_format(from, r->found.p[i->first].start_ms);
	utctime_format(to, r->found.p[i->last].end_ms);
	snprintf(buf, size, "From %.16sZ %s%.16s%s in %u rounds %u %s %s %.0f %s. Who delivers such on this overlay has,"
	    " as a rule, made it up; an address that is named so may be somebody's victim.", from, open ? "on" : "to ",
	    open ? "" : to, open ? "" : "Z", i->rounds, nodes, nodes == 1 ? "node" : "nodes", said[i->kind].did, i->size,
	    said[i->kind].what);
}

/* The most first. */
static void
rank_peers(struct identity_incident *i)
{
	for (size_t k = 1; k < i->peer.n; k++)
		for (size_t j = k; j > 0 && i->peer.p[j].bogus > i->peer.p[j - 1].bogus; j--) {
			struct id_peer p = i->peer.p[j];
			uint32_t met = i->met.p[j];

			i->peer.p[j] = i->peer.p[j - 1];
			i->peer.p[j - 1] = p;
			i->met.p[j] = i->met.p[j - 1];
			i->met.p[j - 1] = met;
		}
}

static int
write_peers(struct store *s, int64_t id, struct identity_incident *i)
{
	rank_peers(i);
	for (size_t k = 0; k < i->peer.n && k < FINDING_PEERS; k++) {
		const struct id_peer *p = &i->peer.p[k];
		struct delivering_row row = { .incident = id, .endpoint = p->at, .rank = (int)k + 1,
			.share = p->all > 0 ? fmin(p->bogus / p->all, 1) : NAN, .ratio = NAN, .full_timer_share = NAN,
			.first_seen_share = NAN, .keys = llround(p->bogus), .rounds = i->met.p[k],
			.label = delivered_name[DELIVERED_BY] };
		int found = rows_node_id(s, p->at, &row.peer);

		if (found == -1 || (found == 0 && results_put_delivering(s, &row) != 0))
			return -1;
	}
	return 0;
}

static int
write_incident(struct identity_run *r, int64_t id, struct identity_incident *i)
{
	const struct round_finding *first = &r->found.p[i->first], *last = &r->found.p[i->last], *peak = &r->found.p[i->peak];
	const struct id_test_name *name = &id_test_name[peak->is.test];
	bool open = r->ordinal - last->ordinal <= IDENTITY_QUIET;
	double half = 0.01 * i->size + (adds_up(i->kind) ? 0 : 1);
	struct incident_row row = { .id = id, .kind = (enum incident_kind)i->kind, .first_round = first->round,
		.last_round = last->round, .peak_round = peak->round, .start_ms = first->start_ms,
		.end_ms = open ? UNKNOWN : last->end_ms, .peak_ms = peak->start_ms, .rounds = i->rounds,
		.severity = i->size < 100 ? 1 : i->size < 5000 ? 2 : 3, .bogus = i->size,
		.bogus_low = fmax(floor(i->size - half), 0), .bogus_high = ceil(i->size + half),
		.channels = i->kind == INC_RANDOM_SOURCES ? SEEN_KEY : i->kind == INC_MADE_UP_CONTACTS ? SEEN_NEIGHBOUR :
		    SEEN_CONTACTED, .roving = UNKNOWN, .quiet = r->ordinal - last->ordinal, .last_ms = last->end_ms };
	struct test_row test = { id, name->name, name->family, peak->is.statistic, peak->is.threshold };
	char text[INCIDENT_SENTENCE];

	sentence(text, sizeof(text), r, i, open);
	row.summary = text;
	if (results_put_incident(r->store, &row) != 0 || results_put_test(r->store, &test) != 0)
		return -1;
	return write_peers(r->store, id, i);
}

/* All findings of one kind, in order: an incident keeps its number, whatever is found later. */
static int
write_kind(struct identity_run *r, uint32_t kind, int64_t base)
{
	struct identity_incident now = { .rounds = 0 };
	int64_t n = 0;
	int bad = 0;

	for (uint32_t k = 0; k <= r->found.n && bad == 0; k++) {
		bool over = k == r->found.n;

		if (!over && r->found.p[k].is.kind != kind)
			continue;
		if (now.rounds > 0 && (over ||
		    r->found.p[k].ordinal - r->found.p[now.last].ordinal > IDENTITY_QUIET)) {
			if (now.rounds >= IDENTITY_LEAST && n < INCIDENTS_MAX)
				bad = write_incident(r, base + n++, &now);
			array_free(&now.peer);
			array_free(&now.met);
			now = (struct identity_incident){ .rounds = 0 };
		}
		if (over || bad != 0)
			break;
		if (now.rounds == 0)
			now = (struct identity_incident){ .kind = kind, .first = k, .peak = k };
		bad = add_finding(r, &now, k);
	}
	array_free(&now.peer);
	array_free(&now.met);
	return bad;
}

static int
write_all(struct identity_run *r)
{
	int64_t base = results_incident_base(r->store) + IDENTITY_ID;
	struct pack p = { 0 };
	int bad = 0;

	for (uint32_t kind = 0; kind < INC_NKIND && bad == 0; kind++)
		bad = write_kind(r, kind, base + kind * INCIDENTS_MAX);
	if (bad == 0) {
		pack_run(&p, r);
		bad = p.failed ? -1 : results_state_put(r->store, STATE, pack_text(&p));
	}
	array_free(&p.bytes);
	return bad;
}

int
identity_incidents_write(struct store *s, bool fresh)
{
	const struct overlay_fields *fields = store_fields(s);
	struct identity_run r = { .store = s };
	int bad = 0;

	if (fields == NULL || field_of_role(fields, OBS_NEIGHBOUR, ROLE_TARGET_BITS) == -1)
		return 0;
	if (!fresh)
		bad = results_state_get(s, STATE, recall, &r) == -1;
	if (!bad)
		bad = rows_rounds(s, r.last_round + 1, 0, judge_round, &r) != 0 || write_all(&r) != 0;
	identities_free(&r.now);
	array_free(&r.found);
	return bad ? -1 : 0;
}
