/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/round_digest.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/rounds/round_fold.h"
#include "data/lib/log.h"

struct reading {
	struct round_digest_reader *reader;
	struct array	named, sight, visit, mention;
};

void
round_digest_free(struct round_digest *d)
{
	if (d == NULL)
		return;
	free(d->named);
	free(d->source);
	free(d->link);
	free(d->claim);
	free(d->visit);
	free(d->mention);
	free(d->peer);
	free(d);
}

void
round_digest_reader_free(struct round_digest_reader *r)
{
	free(r->hash);
	r->hash = NULL;
	r->nhash = 0;
}

/* ---- hashes of files ---- */

static uint64_t
first_bytes(const uint8_t hash[16])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | hash[i];
	return v == 0 ? 1 : v;		/* 0 is "not looked up yet" */
}

static int
hash_room(struct round_digest_reader *r, size_t n)
{
	size_t room = r->nhash == 0 ? 4096 : r->nhash;
	uint64_t *p;

	while (room < n)
		room *= 2;
	if (room == r->nhash)
		return 0;
	if ((p = realloc(r->hash, room * sizeof(*p))) == NULL)
		return -1;
	memset(p + r->nhash, 0, (room - r->nhash) * sizeof(*p));
	r->hash = p;
	r->nhash = room;
	return 0;
}

/* 0 for a file that is gone.  0, 1 without memory, -1 when the store failed. */
static int
hash_of(struct round_digest_reader *r, int64_t file, uint64_t *of)
{
	uint8_t hash[16];

	*of = 0;
	if (file < 0 || file >= UINT32_MAX)
		return 0;
	if (hash_room(r, (size_t)file + 1) != 0)
		return 1;
	if (r->hash[file] == 0)
		switch (rows_file_hash(r->store, file, hash)) {
		case 0: r->hash[file] = first_bytes(hash); break;
		case -1: return -1;
		}
	*of = r->hash[file];
	return 0;
}

/* ---- reading the rows ---- */

static int
take_sighting(const struct sighting_row *row, void *arg)
{
	struct reading *g = arg;
	struct sight *s = array_add(&g->sight, sizeof(*s));

	if (s == NULL)
		return 1;
	s->source = (uint32_t)row->source;
	s->peer = (uint32_t)row->peer;
	s->order = (uint32_t)g->sight.n;
	s->ttl = row->ttl < 0 || row->ttl >= TTL_UNKNOWN ? TTL_UNKNOWN : (uint16_t)row->ttl;
	return hash_of(g->reader, row->file, &s->hash);
}

static int
take_named(const struct seen_row *row, void *arg)
{
	struct reading *g = arg;
	struct named *n = array_add(&g->named, sizeof(*n));

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
	struct visit *v = array_add(&g->visit, sizeof(*v));

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
	struct mention *m = array_add(&g->mention, sizeof(*m));

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

static void
fold_mentions(struct array *a)
{
	struct mention *m = a->p;
	size_t to = 0;

	qsort(m, a->n, sizeof(*m), by_node_peer);
	for (size_t i = 0; i < a->n; i++) {
		if (to > 0 && m[to - 1].node == m[i].node && m[to - 1].peer == m[i].peer)
			m[to - 1].times++;
		else
			m[to++] = m[i];
	}
	a->n = to;
}

static int
condense(struct round_digest *d, struct reading *g)
{
	if (g->mention.n > 0)
		fold_mentions(&g->mention);
	if (g->visit.n > 0)
		qsort(g->visit.p, g->visit.n, sizeof(struct visit), by_visited);
	HAND(d, named, &g->named);
	HAND(d, visit, &g->visit);
	HAND(d, mention, &g->mention);
	return round_digest_fold(d, g->sight.p, g->sight.n);
}

static int
read_rows(struct round_digest *d, struct reading *g)
{
	struct store *s = g->reader->store;
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
	return 0;
}

static struct round_digest *
new_digest(const struct round_row *row)
{
	struct round_digest *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		log_error("out of memory");
		return NULL;
	}
	d->round = row->id;
	d->complete = row->complete;
	d->start_ms = row->start_ms;
	d->end_ms = row->end_ms;
	d->tried = row->tried;
	d->reached = row->reached;
	return d;
}

struct round_digest *
round_digest_read_named(struct store *s, const struct round_row *row)
{
	struct round_digest *d = new_digest(row);
	struct reading g = { .reader = NULL };
	int rc;

	if (d == NULL || !row->complete)
		return d;
	rc = rows_seen(s, row->id, take_named, &g);
	HAND(d, named, &g.named);
	if (rc == 0)
		return d;
	log_error("%s", rc < 0 ? store_error(s) : "out of memory");
	round_digest_free(d);
	return NULL;
}

struct round_digest *
round_digest_read(struct round_digest_reader *r, const struct round_row *row)
{
	struct round_digest *d = new_digest(row);
	struct reading g = { .reader = r };
	int bad = 0;

	if (d == NULL)
		return NULL;
	/* What prune has left says nothing of addresses, and must not be taken for a quiet round. */
	d->complete = row->complete && !row->pruned && !row->hidden;
	/* What an interrupted round did see is no sample of anything. */
	if (d->complete && (bad = read_rows(d, &g)) == 0 && (bad = condense(d, &g)) != 0)
		log_error("out of memory");
	array_free(&g.named);
	array_free(&g.sight);
	array_free(&g.visit);
	array_free(&g.mention);
	if (bad == 0)
		return d;
	round_digest_free(d);
	return NULL;
}
