/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/round_digest.h"

#include <stdlib.h>

#include "analysis/rounds/round_fold.h"
#include "data/lib/log.h"

struct reading {
	struct round_digest_reader *reader;
	struct round_digest *d;
	ARRAY_OF(struct sight) sight;
};

void
round_digest_free(struct round_digest *d)
{
	if (d == NULL)
		return;
	array_free(&d->named);
	array_free(&d->source);
	array_free(&d->link);
	array_free(&d->claim);
	array_free(&d->visit);
	array_free(&d->mention);
	array_free(&d->peer);
	free(d);
}

void
round_digest_reader_free(struct round_digest_reader *r)
{
	array_free(&r->hash);
}

/* ---- hashes of files ---- */

static uint64_t
first_bytes(const struct content_id *c)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | c->id[i];
	return v == 0 ? 1 : v;		/* 0 is "not looked up yet" */
}

/* 0 for a file that is gone.  0, 1 without memory, -1 when the store failed. */
static int
hash_of(struct round_digest_reader *r, int64_t file, uint64_t *of)
{
	struct content_id content = { 0, { 0 } };

	*of = 0;
	if (file < 0 || file >= UINT32_MAX)
		return 0;
	if (array_reach(&r->hash, (size_t)file + 1) != 0)
		return 1;
	if (r->hash.p[file] == 0)
		switch (rows_content(r->store, file, &content)) {
		case 0: r->hash.p[file] = first_bytes(&content); break;
		case -1: return -1;
		}
	*of = r->hash.p[file];
	return 0;
}

/* ---- reading the rows ---- */

static int
take_sighting(const struct sighting_row *row, void *arg)
{
	struct reading *g = arg;
	struct sight *s = array_add(&g->sight);

	if (s == NULL)
		return 1;
	s->source = (uint32_t)row->source;
	s->peer = (uint32_t)row->peer;
	s->order = (uint32_t)g->sight.n;
	s->ttl = row->lifetime_s < 0 || row->lifetime_s >= TTL_UNKNOWN ? TTL_UNKNOWN
	    : (uint16_t)row->lifetime_s;
	return hash_of(g->reader, row->file, &s->hash);
}

static int
take_named(const struct seen_row *row, void *arg)
{
	struct reading *g = arg;
	struct named *n = array_add(&g->d->named);

	if (n == NULL)
		return 1;
	n->node = (uint32_t)row->node;
	n->bits = (uint32_t)row->bits;
	return 0;
}

static int
take_visit(const struct contact_row *row, void *arg)
{
	struct reading *g = arg;
	struct visit *v = array_add(&g->d->visit);

	if (v == NULL)
		return 1;
	v->node = (uint32_t)row->node;
	v->outcome = (uint8_t)row->outcome;
	v->inbound = row->inbound;
	return 0;
}

static int
take_mention(const struct neighbour_row *row, void *arg)
{
	struct reading *g = arg;
	struct mention *m = array_add(&g->d->mention);

	if (m == NULL)
		return 1;
	m->node = (uint32_t)row->node;
	m->peer = (uint32_t)row->peer;
	m->times = 1;
	return 0;
}

/* ---- condensing ---- */

static int
by_node_peer(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;

	return x->node != y->node ? ORDER(x->node, y->node) : ORDER(x->peer, y->peer);
}

static int
by_visited(const void *a, const void *b)
{
	const struct visit *x = a, *y = b;

	return ORDER(x->node, y->node);
}

/* Each pair of a node and a peer once. */
static void
fold_mentions(struct round_digest *d)
{
	struct mention *m = d->mention.p;
	size_t to = 0;

	for (size_t i = 0; i < d->mention.n; i++) {
		if (to > 0 && m[to - 1].node == m[i].node && m[to - 1].peer == m[i].peer)
			m[to - 1].times++;
		else
			m[to++] = m[i];
	}
	d->mention.n = to;
}

static int
condense(struct reading *g)
{
	struct round_digest *d = g->d;

	if (d->visit.n > 0)
		qsort(d->visit.p, d->visit.n, sizeof(d->visit.p[0]), by_visited);
	if (d->mention.n > 0)
		qsort(d->mention.p, d->mention.n, sizeof(d->mention.p[0]), by_node_peer);
	fold_mentions(d);
	return round_digest_fold(d, g->sight.p, g->sight.n);
}

static int
read_rows(struct reading *g)
{
	struct store *s = g->reader->store;
	struct round_digest *d = g->d;
	int rc;

	if ((rc = rows_totals(s, d->round, &d->totals)) != 0 ||
	    (rc = rows_seen(s, d->round, take_named, g)) != 0 ||
	    (rc = rows_sightings(s, d->round, take_sighting, g)) != 0 ||
	    (rc = rows_contacts(s, d->round, take_visit, g)) != 0 ||
	    (d->totals.neighbours > 0 &&
	    (rc = rows_neighbours(s, d->round, take_mention, g)) != 0)) {
		log_error("%s", rc < 0 ? store_error(s) : "out of memory");
		return -1;
	}
	if (condense(g) != 0) {
		log_error("out of memory");
		return -1;
	}
	return 0;
}

/*
 * A digest with nothing in it yet.  It is complete if the round says something: what an
 * interrupted round did see is no sample of anything, and what prune has left of one says
 * nothing of addresses, and must not be taken for a quiet round.
 */
static struct round_digest *
new_digest(const struct round_row *row)
{
	struct round_digest *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		log_error("out of memory");
		return NULL;
	}
	d->round = row->id;
	d->complete = row->complete && !row->pruned && !row->hidden;
	d->start_ms = row->start_ms;
	d->end_ms = row->end_ms;
	d->tried = row->tried;
	d->reached = row->reached;
	return d;
}

struct round_digest *
round_digest_read_named(struct store *s, const struct round_row *row)
{
	struct reading g = { .d = new_digest(row) };
	int rc;

	if (g.d == NULL || !g.d->complete || (rc = rows_seen(s, row->id, take_named, &g)) == 0)
		return g.d;
	log_error("%s", rc < 0 ? store_error(s) : "out of memory");
	round_digest_free(g.d);
	return NULL;
}

struct round_digest *
round_digest_read(struct round_digest_reader *r, const struct round_row *row)
{
	struct reading g = { .reader = r, .d = new_digest(row) };
	int bad = g.d != NULL && g.d->complete ? read_rows(&g) : 0;

	array_free(&g.sight);
	if (bad == 0)
		return g.d;
	round_digest_free(g.d);
	return NULL;
}
