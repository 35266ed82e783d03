/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/incident_rows.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/translog.h"
#include "data/lib/log.h"

#define PEER_SLOTS	(1u << 21)
#define PAIR_SLOTS	(1u << 26)	/* of a peer and a source that it delivered */

struct search {
	struct store	*s;
	struct incident_rows	*f;
	int64_t		 id;
	size_t		 room_tests, room_sources, room_peers, room_rounds, room_records, room_runs;
	struct delivering_row *rank;	/* as the analysis ranks them */
	size_t		 nranks, room_ranks;
	struct id_table	 peers;		/* node to 1 + place in f->peer */
	struct id_table	 pairs;
	uint32_t	*source_round;	/* last round in which a source was met; 0: never */
	bool		*source_listed;
	bool		*peer_listed;	/* in the second walk */
	size_t		 most;
	uint64_t	 index;		/* of the row under way in its tree */
	bool		 found, listing;
};

/* ---- growing arrays -------------------------------------------------------------- */

/* Room for one more of size bytes behind n; NULL without memory. */
static void *
room(void *array, size_t *have, size_t n, size_t size)
{
	size_t more = *have == 0 ? 64 : *have * 2;
	void *p;

	if (n < *have)
		return array;
	if ((p = reallocarray(array, more, size)) != NULL)
		*have = more;
	return p;
}

#define GROW(q, array, n, have) \
	(((q) = room((array), &(have), (n), sizeof(*(array)))) == NULL ? -1 : ((array) = (q), 0))

/* ---- what the analysis says --------------------------------------------------------- */

static int
take_incident(const struct incident_row *r, void *arg)
{
	struct search *q = arg;

	if (r->id != q->id)
		return 0;
	q->f->incident = *r;
	q->found = true;
	if ((q->f->summary = strdup(r->summary)) == NULL)
		return 2;
	q->f->incident.summary = q->f->summary;
	return 0;
}

static int
take_test(const struct test_row *r, void *arg)
{
	struct search *q = arg;
	struct incident_rows *f = q->f;
	struct found_test *p;

	if (GROW(p, f->test, f->ntests, q->room_tests) != 0)
		return 2;
	p = &f->test[f->ntests++];
	*p = (struct found_test){ strdup(r->name), strdup(r->family), r->statistic, r->threshold };
	return p->name == NULL || p->family == NULL ? 2 : 0;
}

static int
take_verdict(const struct verdict_row *r, void *arg)
{
	struct search *q = arg;
	struct incident_rows *f = q->f;
	struct verdict_row *p;

	if (r->incident != q->id || r->verdict != VERDICT_BOGUS)
		return 0;
	if (GROW(p, f->source, f->nsources, q->room_sources) != 0)
		return 2;
	f->source[f->nsources++] = *r;
	return 0;
}

static int
take_rank(const struct delivering_row *r, void *arg)
{
	struct search *q = arg;
	struct delivering_row *p;

	if (GROW(p, q->rank, q->nranks, q->room_ranks) != 0)
		return 2;
	q->rank[q->nranks++] = *r;
	return 0;
}

static int
by_node(const void *a, const void *b)
{
	int64_t x = ((const struct verdict_row *)a)->node, y = ((const struct verdict_row *)b)->node;

	return (x > y) - (x < y);
}

static int
load_results(struct search *q)
{
	int bad;

	if ((bad = results_incidents(q->s, take_incident, q)) != 0)
		return bad;
	if (!q->found)
		return 1;
	if ((bad = results_tests(q->s, q->id, take_test, q)) != 0 ||
	    (bad = results_verdicts(q->s, take_verdict, q)) != 0 ||
	    (bad = results_delivering(q->s, q->id, take_rank, q)) != 0)
		return bad;
	if (q->f->nsources > 0)
		qsort(q->f->source, q->f->nsources, sizeof(*q->f->source), by_node);
	q->source_round = calloc(q->f->nsources + 1, sizeof(*q->source_round));
	q->source_listed = calloc(q->f->nsources + 1, sizeof(*q->source_listed));
	return q->source_round == NULL || q->source_listed == NULL ? 2 : 0;
}

/* ---- what was delivered ----------------------------------------------------------------- */

/* The source's place, or false if this node is none of the incident's. */
static bool
find_source(const struct search *q, int64_t node, size_t *at)
{
	struct verdict_row key = { .node = node };
	const struct verdict_row *r = q->f->nsources == 0 ? NULL :
	    bsearch(&key, q->f->source, q->f->nsources, sizeof(key), by_node);

	if (r == NULL)
		return false;
	*at = (size_t)(r - q->f->source);
	return true;
}

static int
new_peer(struct search *q, int64_t node, size_t *at)
{
	struct incident_rows *f = q->f;
	struct found_peer *p;

	if (id_table_is_full(&q->peers, 1) || GROW(p, f->peer, f->npeers, q->room_peers) != 0 ||
	    id_table_add(&q->peers, &node, &(uint32_t){ (uint32_t)f->npeers + 1 }) != 0)
		return 2;
	*at = f->npeers++;
	p = &f->peer[*at];
	*p = (struct found_peer){ .node = node, .first_ms = INT64_MAX, .last_ms = INT64_MIN };
	for (size_t i = 0; i < q->nranks; i++)
		if (q->rank[i].peer == node)
			p->rank = q->rank[i];
	return rows_node(q->s, node, &p->endpoint) == -1 ? -1 : 0;
}

static int
find_peer(struct search *q, int64_t node, size_t *at)
{
	const uint32_t *number = id_table_find(&q->peers, &node);

	if (number == NULL)
		return new_peer(q, node, at);
	*at = *number - 1;
	return 0;
}

static int
count_pair(struct search *q, size_t peer, size_t source)
{
	const uint32_t key[2] = { (uint32_t)peer, (uint32_t)source };

	if (id_table_find(&q->pairs, key) != NULL)
		return 0;
	q->f->peer[peer].sources++;
	if (id_table_is_full(&q->pairs, 1))
		return 2;
	return id_table_add(&q->pairs, key, &(uint32_t){ 1 }) == 0 ? 0 : 2;
}

/* First walk: how much there is, from whom and when. */
static int
count_record(struct search *q, size_t source, int64_t node, int64_t t_ms)
{
	struct found_round *r = &q->f->round[q->f->nrounds - 1];
	struct found_peer *p;
	size_t peer = 0;
	int bad = find_peer(q, node, &peer);

	if (bad != 0 || (bad = count_pair(q, peer, source)) != 0)
		return bad;
	p = &q->f->peer[peer];
	p->records++;
	p->imported += r->row.origin == ORIGIN_IMPORTED;
	p->rounds += p->last_round != r->row.id;
	p->last_round = r->row.id;
	if (t_ms < p->first_ms)
		p->first_ms = t_ms;
	if (t_ms > p->last_ms)
		p->last_ms = t_ms;
	q->f->all_records++;
	q->f->all_sources += q->source_round[source] == 0;
	r->records++;
	r->sources += q->source_round[source] != r->row.id;
	q->source_round[source] = r->row.id;
	return 0;
}

/* Second walk: which are listed. */
static int
list_record(struct search *q, size_t source, int64_t node, uint32_t round,
    enum observation_type type)
{
	struct incident_rows *f = q->f;
	struct found_record *r;
	bool few = f->all_records <= (int64_t)q->most;
	size_t peer = 0;
	int bad = find_peer(q, node, &peer);

	if (bad != 0)
		return bad;
	if (f->nrecords >= q->most || (!few && q->source_listed[source] && q->peer_listed[peer]))
		return 0;
	if (GROW(r, f->record, f->nrecords, q->room_records) != 0)
		return 2;
	f->record[f->nrecords++] = (struct found_record){ round, type, q->index, source, peer };
	q->source_listed[source] = q->peer_listed[peer] = true;
	return 0;
}

static int
on_sighting(const struct sighting_row *r, void *arg)
{
	struct search *q = arg;
	size_t source;
	int bad = 0;

	if (find_source(q, r->source, &source))
		bad = q->listing ? list_record(q, source, r->peer, r->round, OBS_KEY) :
		    count_record(q, source, r->peer, r->t_ms);
	q->index++;
	return bad;
}

static int
on_neighbour(const struct neighbour_row *r, void *arg)
{
	struct search *q = arg;
	size_t source;
	int bad = 0;

	if (find_source(q, r->node, &source))
		bad = q->listing ? list_record(q, source, r->peer, r->round, OBS_NEIGHBOUR) :
		    count_record(q, source, r->peer, r->t_ms);
	q->index++;
	return bad;
}

/* Neighbours are part of an incident that came by them; else they are others' hearsay. */
static int
walk_round(struct search *q, uint32_t round)
{
	bool neighbours = (q->f->incident.channels & SEEN_NEIGHBOUR) != 0;
	int bad;

	q->index = 0;
	if ((bad = rows_sightings(q->s, round, on_sighting, q)) != 0 || !neighbours)
		return bad;
	q->index = 0;
	return rows_neighbours(q->s, round, on_neighbour, q);
}

/* Of the JSON that import wrote: the hash of the file. */
static void
read_hash(struct found_run *r)
{
	json_t *j = json_loads(r->parameters, JSON_REJECT_DUPLICATES, NULL);
	const char *hash = json_string_value(json_object_get(j, "sha256"));

	if (hash != NULL && strlen(hash) < sizeof(r->sha256) &&
	    hash[strspn(hash, "0123456789abcdef")] == '\0')
		snprintf(r->sha256, sizeof(r->sha256), "%s", hash);
	json_decref(j);
}

static int
take_run(const struct run_row *r, void *arg)
{
	struct search *q = arg;
	struct incident_rows *f = q->f;
	const struct round_row *of = &f->round[f->nrounds - 1].row;
	struct found_run *p;

	for (p = f->run; p < f->run + f->nruns; p++)
		if (p->id == r->id && p->origin == of->origin) {
			p->rounds++;
			return 0;
		}
	if (GROW(p, f->run, f->nruns, q->room_runs) != 0)
		return 2;
	p = &f->run[f->nruns++];
	*p = (struct found_run){ .id = r->id, .start_ms = r->start_ms, .origin = of->origin,
		.version = strndup((const char *)r->version.p, r->version.len),
		.parameters = strndup((const char *)r->parameters.p, r->parameters.len),
		.first_round = of->id, .rounds = 1 };
	if (p->version == NULL || p->parameters == NULL)
		return 2;
	if (p->origin == ORIGIN_IMPORTED)
		read_hash(p);
	return 0;
}

static int
take_round(const struct round_row *r, void *arg)
{
	struct search *q = arg;
	struct incident_rows *f = q->f;
	struct found_round *p;
	int open = translog_sealed(q->s, r->id);

	if (open != 0) {
		f->unsealed += open == 1;
		return open == 1 ? 0 : -1;
	}
	if (GROW(p, f->round, f->nrounds, q->room_rounds) != 0)
		return 2;
	f->round[f->nrounds++] = (struct found_round){ .row = *r };
	f->origin[r->origin]++;
	if ((open = rows_round_run(q->s, r->id, take_run, q)) != 0 && open != 1)
		return open;
	f->pruned += r->pruned || r->hidden;
	return r->hidden ? 0 : walk_round(q, r->id);
}

/*
 * The peer that a contact is about.  A caller's contact names the port that it claims, but
 * what it delivers is filed under its address alone (or under both, by other programs).
 */
static const uint32_t *
peer_of_contact(struct search *q, const struct contact_row *r, int *bad)
{
	const uint32_t *number = id_table_find(&q->peers, &r->node);
	struct endpoint e;
	int64_t caller;

	*bad = 0;
	if (number != NULL || !r->inbound)
		return number;
	if (rows_node(q->s, r->node, &e) == -1)
		*bad = -1;
	e.port = 0;
	if (*bad != 0 || (*bad = rows_node_id(q->s, e, &caller)) != 0) {
		*bad = *bad == -1 ? -1 : 0;
		return NULL;
	}
	return id_table_find(&q->peers, &caller);
}

static int
on_contact(const struct contact_row *r, void *arg)
{
	struct search *q = arg;
	int bad;
	const uint32_t *number = peer_of_contact(q, r, &bad);
	struct found_peer *p;

	if (number == NULL)
		return bad;
	p = &q->f->peer[*number - 1];
	p->dialled += !r->inbound;
	p->answered += !r->inbound && r->outcome == OUT_OK;
	p->inbound += r->inbound && r->outcome == OUT_OK;
	return 0;
}

static int
walk_rounds(struct search *q)
{
	struct incident_rows *f = q->f;
	int bad = rows_rounds(q->s, f->incident.first_round, f->incident.last_round, take_round, q);

	if (bad != 0)
		return bad;
	if ((q->peer_listed = calloc(f->npeers + 1, sizeof(*q->peer_listed))) == NULL)
		return 2;
	q->listing = true;
	for (size_t i = 0; bad == 0 && i < f->nrounds; i++) {
		const struct round_row *r = &f->round[i].row;

		if (!r->hidden && (bad = walk_round(q, r->id)) == 0)
			bad = rows_contacts(q->s, r->id, on_contact, q);
	}
	return bad;
}

int
incident_rows_load(struct store *s, int64_t id, size_t most, struct incident_rows *f)
{
	struct search q = { .s = s, .f = f, .id = id, .most = most };
	int bad;

	memset(f, 0, sizeof(*f));
	id_table_init(&q.peers, sizeof(int64_t), 1, PEER_SLOTS);
	id_table_init(&q.pairs, 2 * sizeof(uint32_t), 1, PAIR_SLOTS);
	if ((bad = results_select(s, id)) == 0 && (bad = load_results(&q)) == 0)
		bad = walk_rounds(&q);
	id_table_free(&q.peers);
	id_table_free(&q.pairs);
	free(q.rank);
	free(q.source_round);
	free(q.source_listed);
	free(q.peer_listed);
	if (bad == -1 || bad == 2)
		log_error("%s", bad == 2 ? "out of memory" : store_error(s));
	if (bad != 0)
		incident_rows_free(f);
	return bad == 2 ? -1 : bad;
}

void
incident_rows_free(struct incident_rows *f)
{
	for (size_t i = 0; i < f->ntests; i++) {
		free(f->test[i].name);
		free(f->test[i].family);
	}
	for (size_t i = 0; i < f->nruns; i++) {
		free(f->run[i].version);
		free(f->run[i].parameters);
	}
	free(f->run);
	free(f->summary);
	free(f->test);
	free(f->source);
	free(f->peer);
	free(f->round);
	free(f->record);
	memset(f, 0, sizeof(*f));
}

void
incident_rows_absent(struct store *s, int64_t incident, const char *db)
{
	int64_t complete, missing;

	if (results_analysed(s, &complete, &missing) == 0 && complete > 0 && complete == missing)
		log_error("no incident %" PRId64 " in %s: not analysed: none of %" PRId64 " complete rounds;"
		    " \"kansoku analyze\" does it", incident, db, complete);
	else
		log_error("no incident %" PRId64 " in %s; \"kansoku incidents\" lists them", incident, db);
}
