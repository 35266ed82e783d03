/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/round_digest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rounds/round_digest_impl.h"
#include "data/lib/index.h"
#include "data/lib/log.h"

#define FILES_REMEMBERED	(1u << 18)	/* 4 MB; a power of two */
#define TOP			10		/* peers whose share is looked at */

/* A round on its way into a digest; d->level is that of what was taken in by now. */
struct reading {
	struct round_digest_reader *reader;
	struct round_digest *d;
	ARRAY_OF(struct sight) sight;
	uint32_t	order;		/* of the next sighting */
	int64_t		tried, reached;
	uint32_t	advert;		/* seen_bit of who is advertised */
	struct index	peers;		/* of all of them */
	ARRAY_OF(uint32_t) keys;	/* that each handed over, by number in peers */
	int64_t		peer;		/* the last one, and its number */
	uint32_t	number;
};

/* Node ids, for a search. */
struct u32_list { ARRAY_OF(uint32_t) of; };

/* Gives back what a list does not use any more. */
#define SHRINK(list) do { \
	void *p_ = realloc((list)->p, ((list)->n + 1) * sizeof((list)->p[0])); \
	if (p_ != NULL) { \
		(list)->p = p_; \
		(list)->room = (list)->n + 1; \
	} \
} while (0)

static void
round_digest_shrink(struct round_digest *d)
{
	SHRINK(&d->named);
	SHRINK(&d->source);
	SHRINK(&d->link);
	SHRINK(&d->claim);
	SHRINK(&d->visit);
	SHRINK(&d->mention);
	SHRINK(&d->peer);
}

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
	struct file_hash *known;

	*of = 0;
	if (file < 0 || file >= UINT32_MAX)
		return 0;
	if (array_reach(&r->hash, FILES_REMEMBERED) != 0)
		return 1;
	known = &r->hash.p[file % FILES_REMEMBERED];
	if (known->hash == 0 || known->file != file)
		switch (rows_content(r->store, file, &content)) {
		case 0: *known = (struct file_hash){ first_bytes(&content), (uint32_t)file }; break;
		case -1: return -1;
		default: return 0;
		}
	*of = known->hash;
	return 0;
}

/* ---- what is in the sample ---- */

/* 1, 0, or -1 with a complaint made. */
static int
is_in(struct round_digest_reader *r, int64_t node, unsigned level)
{
	return level == 0 ? 1 : address_sample_has(r->sample, (uint32_t)node, level);
}

/* Leaves the items of a list whose node, a member of them, is in the sample; -1 with a
 * complaint made.  Their order stays. */
#define KEEP_SAMPLED(r, list, member, of_level, bad) do { \
	size_t kept_ = 0; \
	for (size_t i_ = 0; i_ < (list)->n && !(bad); i_++) { \
		int in_ = is_in((r), (list)->p[i_].member, (of_level)); \
		(bad) = in_ < 0; \
		if (in_ > 0) \
			(list)->p[kept_++] = (list)->p[i_]; \
	} \
	(list)->n = kept_; \
} while (0)

/* While the records at hand take more than they may, every second address is let go. */
static int
stay_small(struct reading *g)
{
	struct round_digest *d = g->d;
	bool bad = false;

	while (!bad && g->reader != NULL && g->reader->sample != NULL && d->level < SAMPLE_LEVEL_MAX &&
	    g->sight.n * sizeof(g->sight.p[0]) + d->named.n * sizeof(d->named.p[0]) +
	    d->mention.n * sizeof(d->mention.p[0]) > g->reader->most) {
		d->level++;
		KEEP_SAMPLED(g->reader, &g->sight, source, d->level, bad);
		KEEP_SAMPLED(g->reader, &d->named, node, d->level, bad);
		KEEP_SAMPLED(g->reader, &d->mention, node, d->level, bad);
	}
	return bad ? -1 : 0;
}

/* ---- reading the rows ---- */

/* What the walks below answer where a complaint was made already. */
#define COMPLAINED	2

/* Counts a key for the peer that handed it over. */
static int
count_key(struct reading *g, int64_t peer)
{
	if (g->keys.n == 0 || peer != g->peer) {
		uint32_t *keys = index_add_item(&g->peers, (uint64_t)peer, &g->keys);

		if (keys == NULL)
			return -1;
		g->peer = peer;
		g->number = (uint32_t)(keys - g->keys.p);
	}
	g->keys.p[g->number]++;
	return 0;
}

/* One advertisement of a node by a peer: *s is where it is described, NULL outside the sample. */
static int
take_advert(struct reading *g, int64_t source, int64_t peer, struct sight **s)
{
	int in = is_in(g->reader, source, g->d->level);

	*s = NULL;
	if (in < 0)
		return COMPLAINED;
	if (count_key(g, peer) != 0)
		return 1;
	g->order++;
	if (in == 0)
		return 0;
	if (g->sight.n == g->sight.room && stay_small(g) != 0)
		return COMPLAINED;
	if ((*s = array_add(&g->sight)) == NULL)
		return 1;
	**s = (struct sight){ .source = (uint32_t)source, .peer = (uint32_t)peer, .order = g->order,
		.ttl = TTL_UNKNOWN };
	return 0;
}

static int
take_sighting(const struct sighting_row *row, void *arg)
{
	struct reading *g = arg;
	struct sight *s;
	int rc = take_advert(g, row->source, row->peer, &s);

	if (rc != 0 || s == NULL)
		return rc;
	if (row->lifetime_s >= 0 && row->lifetime_s < TTL_UNKNOWN)
		s->ttl = (uint16_t)row->lifetime_s;
	return hash_of(g->reader, row->file, &s->hash);
}

/* Where nobody holds contents a node is all that its advertisement offers: itself. */
static int
take_told(const struct neighbour_row *row, void *arg)
{
	struct sight *s;
	int rc = take_advert(arg, row->node, row->peer, &s);

	if (s != NULL)
		s->hash = (uint64_t)row->node + 1;
	return rc;
}

static int
take_named(const struct seen_row *row, void *arg)
{
	struct reading *g = arg;
	int in = is_in(g->reader, row->node, g->d->level);
	struct named *n;

	g->d->whole.instant += (row->bits & g->advert) != 0;
	if (in <= 0)
		return in < 0 ? COMPLAINED : 0;
	if (g->d->named.n == g->d->named.room && stay_small(g) != 0)
		return COMPLAINED;
	if ((n = array_add(&g->d->named)) == NULL)
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
	if (!v->inbound && v->outcome != OUT_EXCLUDED) {
		g->tried++;
		g->reached += v->outcome == OUT_OK;
	}
	return 0;
}

static int
take_mention(const struct neighbour_row *row, void *arg)
{
	struct reading *g = arg;
	int in = is_in(g->reader, row->node, g->d->level);
	struct mention *m;

	if (in <= 0)
		return in < 0 ? COMPLAINED : 0;
	if (g->d->mention.n == g->d->mention.room && stay_small(g) != 0)
		return COMPLAINED;
	if ((m = array_add(&g->d->mention)) == NULL)
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

static int
condense(struct reading *g)
{
	struct round_digest *d = g->d;
	struct mention *m = d->mention.p;
	size_t to = 0;

	if (d->visit.n > 0)
		qsort(d->visit.p, d->visit.n, sizeof(d->visit.p[0]), by_visited);
	if (d->mention.n > 0)
		qsort(d->mention.p, d->mention.n, sizeof(d->mention.p[0]), by_node_peer);
	/* Each pair of a node and a peer stands there once. */
	for (size_t i = 0; i < d->mention.n; i++) {
		if (to > 0 && m[to - 1].node == m[i].node && m[to - 1].peer == m[i].peer)
			m[to - 1].times++;
		else
			m[to++] = m[i];
	}
	d->mention.n = to;
	return round_digest_fold(d, g->sight.p, g->sight.n);
}

static int
largest_first(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x < y) - (x > y);
}

/* The share of all keys that the ten peers with the most of them handed over. */
static double
top_share(struct reading *g)
{
	double top = 0, all = 0;

	array_each(k, &g->keys)
		all += *k;
	if (g->keys.n > 0)
		qsort(g->keys.p, g->keys.n, sizeof(g->keys.p[0]), largest_first);
	for (size_t i = 0; i < TOP && i < g->keys.n; i++)
		top += g->keys.p[i];
	return all > 0 ? top / all : NAN;
}

/* ---- a sample of a digest ---- */

static int
by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return ORDER(x, y);
}

/* Sources with their links and claims, moved to the front. */
static int
thin_sources(struct round_digest *d, struct round_digest_reader *r, unsigned level)
{
	size_t sources = 0, links = 0, claims = 0;

	for (size_t i = 0; i < d->source.n; i++) {
		struct source s = d->source.p[i];
		int in = is_in(r, s.node, level);

		if (in < 0)
			return -1;
		if (in == 0)
			continue;
		memmove(&d->link.p[links], &d->link.p[s.link], s.links * sizeof(d->link.p[0]));
		memmove(&d->claim.p[claims], &d->claim.p[s.claim], s.claims * sizeof(d->claim.p[0]));
		s.link = (uint32_t)links;
		s.claim = (uint32_t)claims;
		links += s.links;
		claims += s.claims;
		d->source.p[sources++] = s;
	}
	d->source.n = sources;
	d->link.n = links;
	d->claim.n = claims;
	return 0;
}

/* Peers that brought a sampled source which no relay passes on, ascending: whether we
 * dialled them counts for their label.  -1 with a complaint made. */
static int
find_makers(const struct round_digest *d, const struct round_digest_reader *r,
    struct u32_list *makers)
{
	array_each(s, &d->source) {
		struct endpoint e;

		if (rows_node(r->store, s->node, &e) != 0) {
			log_error("%s", store_error(r->store));
			return -1;
		}
		if (e.net != NET_IPV4 || address_space_relayed(r->space, e.ip))
			continue;
		for (uint32_t l = s->link; l < s->link + s->links; l++) {
			uint32_t *peer = array_add(&makers->of);

			if (peer == NULL) {
				log_error("%s", memory_missing());
				return -1;
			}
			*peer = d->link.p[l].peer;
		}
	}
	if (makers->of.n > 0)
		qsort(makers->of.p, makers->of.n, sizeof(makers->of.p[0]), by_number);
	return 0;
}

/* Visits to the sampled, calls of anybody, and visits to the makers. */
static int
thin_visits(struct round_digest *d, struct round_digest_reader *r, unsigned level)
{
	struct u32_list makers = { 0 };
	size_t kept = 0;
	int bad = find_makers(d, r, &makers);

	for (size_t i = 0; i < d->visit.n && bad == 0; i++) {
		struct visit *v = &d->visit.p[i];
		int in = is_in(r, v->node, level);

		bad = in < 0 ? -1 : 0;
		v->aside = in == 0;
		if (in > 0 || v->inbound || (makers.of.n > 0 && bsearch(&v->node, makers.of.p,
		    makers.of.n, sizeof(makers.of.p[0]), by_number) != NULL))
			d->visit.p[kept++] = *v;
	}
	d->visit.n = kept;
	array_free(&makers.of);
	return bad;
}

int
round_digest_thin(struct round_digest *d, struct round_digest_reader *r, unsigned level)
{
	bool bad = false;

	if (level == 0)
		return 0;
	d->level = level;
	KEEP_SAMPLED(r, &d->named, node, level, bad);
	KEEP_SAMPLED(r, &d->mention, node, level, bad);
	KEEP_SAMPLED(r, &d->peer, peer, level, bad);
	if (bad || thin_sources(d, r, level) != 0 || thin_visits(d, r, level) != 0)
		return -1;
	round_digest_shrink(d);
	return 0;
}

size_t
round_digest_bytes(const struct round_digest *d)
{
	return d->named.n * sizeof(d->named.p[0]) + d->source.n * sizeof(d->source.p[0]) +
	    d->link.n * sizeof(d->link.p[0]) + d->claim.n * sizeof(d->claim.p[0]) +
	    d->visit.n * sizeof(d->visit.p[0]) + d->mention.n * sizeof(d->mention.p[0]) +
	    d->peer.n * sizeof(d->peer.p[0]);
}

/* ---- all of it ---- */

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
	    (d->totals.neighbours > 0 && (rc = rows_neighbours(s, d->round,
	    g->advert == SEEN_NEIGHBOUR ? take_told : take_mention, g)) != 0)) {
		if (rc != COMPLAINED)
			log_error("%s", rc < 0 ? store_error(s) : "out of memory");
		return -1;
	}
	if (stay_small(g) != 0)
		return -1;
	if (condense(g) != 0) {
		log_error("out of memory");
		return -1;
	}
	d->whole.top_share = top_share(g);
	if (d->level > 0 && d->tried == UNKNOWN && g->tried > 0) {
		d->tried = g->tried;
		d->reached = g->reached;
	}
	return round_digest_thin(d, g->reader, d->level);
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
	d->cut_short = (row->cut & CUT_SHORT) != 0;
	d->start_ms = row->start_ms;
	d->end_ms = row->end_ms;
	d->tried = row->tried;
	d->reached = row->reached;
	return d;
}

struct round_digest *
round_digest_read_named(struct store *s, const struct round_row *row)
{
	struct reading g = { .d = new_digest(row), .advert = rows_advert_bit(s) };
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
	struct reading g = { .reader = r, .d = new_digest(row), .advert = rows_advert_bit(r->store) };
	int bad = 0;

	if (g.d != NULL)
		g.d->level = r->level;
	if (g.d != NULL && g.d->complete)
		bad = read_rows(&g);
	array_free(&g.sight);
	array_free(&g.keys);
	index_free(&g.peers);
	if (bad == 0)
		return g.d;
	round_digest_free(g.d);
	return NULL;
}
