/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/digest.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/array.h"
#include "data/say.h"

/* One key as it was handed over. */
struct sight { uint32_t source, peer; uint64_t hash; uint32_t order; uint16_t ttl; };

struct reading {
	struct digest_reader *reader;
	struct array	named, sight, visit, mention;
};

void
digest_free(struct digest *d)
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
digest_reader_free(struct digest_reader *r)
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
hash_room(struct digest_reader *r, size_t n)
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

/* 0 when the file is gone or memory is short. */
static uint64_t
hash_of(struct digest_reader *r, int64_t file)
{
	uint8_t hash[16];

	if (file < 0 || file >= UINT32_MAX || hash_room(r, (size_t)file + 1) != 0)
		return 0;
	if (r->hash[file] == 0 && rows_file_hash(r->store, file, hash) == 0)
		r->hash[file] = first_bytes(hash);
	return r->hash[file];
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
	s->hash = hash_of(g->reader, row->file);
	s->order = (uint32_t)g->sight.n;
	s->ttl = row->ttl < 0 || row->ttl >= TTL_UNKNOWN ? TTL_UNKNOWN : (uint16_t)row->ttl;
	return 0;
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

#define ORDER(a, b)	(((a) > (b)) - ((a) < (b)))

static int
by_source_peer(const void *a, const void *b)
{
	const struct sight *x = a, *y = b;

	if (x->source != y->source)
		return ORDER(x->source, y->source);
	return x->peer != y->peer ? ORDER(x->peer, y->peer) : ORDER(x->order, y->order);
}

static int
by_hash(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return ORDER(x->hash, y->hash);
}

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
by_total(const void *a, const void *b)
{
	const struct peer_total *x = a, *y = b;

	return ORDER(x->peer, y->peer);
}

/* Sources and links, from sights in order of source and peer. */
static int
fold_links(struct array *source, struct array *link, const struct sight *s, size_t n)
{
	struct source *to = NULL;
	struct link *l = NULL;
	uint32_t first = 0;

	for (size_t i = 0; i < n; i++) {
		bool new_source = i == 0 || s[i].source != s[i - 1].source;

		if (new_source) {
			if ((to = array_add(source, sizeof(*to))) == NULL)
				return -1;
			*to = (struct source){ .node = s[i].source, .link = (uint32_t)link->n,
			    .ttl = s[i].ttl, .first_peer = s[i].peer };
			first = s[i].order;
		}
		if (new_source || s[i].peer != s[i - 1].peer) {
			if ((l = array_add(link, sizeof(*l))) == NULL)
				return -1;
			*l = (struct link){ s[i].source, s[i].peer, 0, TTL_UNKNOWN };
			to->links += to->links < LINKS_MAX;
		}
		l->keys += l->keys < LINKS_MAX;
		if (s[i].ttl != TTL_UNKNOWN && (l->ttl == TTL_UNKNOWN || s[i].ttl > l->ttl))
			l->ttl = s[i].ttl;
		if (s[i].order < first) {
			first = s[i].order;
			to->ttl = s[i].ttl;
			to->first_peer = s[i].peer;
		}
	}
	return 0;
}

/* The hashes of one source, each once. */
static int
fold_source_claims(struct array *claim, struct source *to, const struct sight *s, size_t n)
{
	struct claim *c;
	size_t k = 0;

	to->claim = (uint32_t)claim->n;
	if (array_reach(claim, sizeof(*c), claim->n + n) != 0)
		return -1;
	c = (struct claim *)claim->p + to->claim;
	for (size_t i = 0; i < n; i++)
		c[i] = (struct claim){ s[i].hash, s[i].source, 0 };
	if (n > 1)
		qsort(c, n, sizeof(*c), by_hash);
	for (size_t i = 0; i < n; i++)
		if (k == 0 || c[k - 1].hash != c[i].hash)
			c[k++] = c[i];
	claim->n = to->claim + k;
	to->claims = (uint16_t)(k > LINKS_MAX ? LINKS_MAX : k);
	return 0;
}

/* Claims, from sights in order of source; the sources are there already. */
static int
fold_claims(struct array *claim, struct source *source, const struct sight *s, size_t n)
{
	for (size_t i = 0, first = 0; i < n; i++) {
		if (i + 1 < n && s[i + 1].source == s[first].source)
			continue;
		if (fold_source_claims(claim, source++, s + first, i + 1 - first) != 0)
			return -1;
		first = i + 1;
	}
	return 0;
}

static int
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
	return 0;
}

static int
fold_peers(struct array *total, const struct link *link, size_t n)
{
	struct index peers = { 0 };
	struct peer_total *t;

	for (size_t i = 0; i < n; i++) {
		uint32_t k = index_add(&peers, link[i].peer);

		if (k == INDEX_NONE || array_reach(total, sizeof(*t), peers.n) != 0) {
			index_free(&peers);
			return -1;
		}
		t = (struct peer_total *)total->p + k;
		t->peer = link[i].peer;
		t->keys += link[i].keys;
		t->sources++;
	}
	index_free(&peers);
	if (total->n > 0)
		qsort(total->p, total->n, sizeof(*t), by_total);
	return 0;
}

/* Moves an array's memory into the digest. */
#define HAND(d, list, a)	do { (d)->list = (a)->p; (d)->n##list = (a)->n; \
	memset((a), 0, sizeof(*(a))); } while (0)

static int
condense(struct digest *d, struct reading *g)
{
	struct array source = { 0 }, link = { 0 }, claim = { 0 }, total = { 0 };
	size_t n = g->sight.n;
	int bad;

	if (n > 0)
		qsort(g->sight.p, n, sizeof(struct sight), by_source_peer);
	bad = fold_links(&source, &link, g->sight.p, n);
	if (bad == 0)
		bad = fold_claims(&claim, source.p, g->sight.p, n);
	if (bad == 0)
		bad = fold_peers(&total, link.p, link.n);
	if (bad == 0 && g->mention.n > 0)
		fold_mentions(&g->mention);
	if (g->visit.n > 0)
		qsort(g->visit.p, g->visit.n, sizeof(struct visit), by_visited);
	HAND(d, source, &source);
	HAND(d, link, &link);
	HAND(d, claim, &claim);
	HAND(d, peer, &total);
	HAND(d, named, &g->named);
	HAND(d, visit, &g->visit);
	HAND(d, mention, &g->mention);
	return bad;
}

static int
read_rows(struct digest *d, struct reading *g)
{
	struct store *s = g->reader->store;
	int rc;

	if ((rc = rows_totals(s, d->round, &d->totals)) != 0 ||
	    (rc = rows_seen(s, d->round, take_named, g)) != 0 ||
	    (rc = rows_sightings(s, d->round, take_sighting, g)) != 0 ||
	    (rc = rows_contacts(s, d->round, take_visit, g)) != 0 ||
	    (d->totals.neighbours > 0 &&
	    (rc = rows_neighbours(s, d->round, take_mention, g)) != 0)) {
		complain("%s", rc < 0 ? store_error(s) : "out of memory");
		return -1;
	}
	return 0;
}

static struct digest *
new_digest(const struct round_row *row)
{
	struct digest *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		complain("out of memory");
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

struct digest *
digest_read_named(struct store *s, const struct round_row *row)
{
	struct digest *d = new_digest(row);
	struct reading g = { .reader = NULL };
	int rc;

	if (d == NULL || !row->complete)
		return d;
	rc = rows_seen(s, row->id, take_named, &g);
	HAND(d, named, &g.named);
	if (rc == 0)
		return d;
	complain("%s", rc < 0 ? store_error(s) : "out of memory");
	digest_free(d);
	return NULL;
}

struct digest *
digest_read(struct digest_reader *r, const struct round_row *row)
{
	struct digest *d = new_digest(row);
	struct reading g = { .reader = r };
	int bad = 0;

	if (d == NULL)
		return NULL;
	/* What prune has left says nothing of addresses, and must not be taken for a quiet round. */
	d->complete = row->complete && !row->pruned && !row->hidden;
	/* What an interrupted round did see is no sample of anything. */
	if (d->complete && (bad = read_rows(d, &g)) == 0 && (bad = condense(d, &g)) != 0)
		complain("out of memory");
	array_free(&g.named);
	array_free(&g.sight);
	array_free(&g.visit);
	array_free(&g.mention);
	if (bad == 0)
		return d;
	digest_free(d);
	return NULL;
}

/* ---- bytes ---- */

#define PACK_MAGIC	UINT32_C(0x6b640001)	/* changes with the layout */

struct pack_head {
	uint32_t	magic, round;
	int64_t		complete, start_ms, end_ms, tried, reached;
	int64_t		keys, neighbours, queries, contacts;
	uint64_t	n[7];
};

struct part { size_t size; size_t list, count; };
#define PART(list, type) { sizeof(struct type), offsetof(struct digest, list), \
	offsetof(struct digest, n##list) }
static const struct part parts[] = {
	PART(named, named), PART(source, source), PART(link, link), PART(claim, claim),
	PART(visit, visit), PART(mention, mention), PART(peer, peer_total),
};
#define NPARTS	(sizeof(parts) / sizeof(parts[0]))

static void **
part_list(const struct digest *d, const struct part *p)
{
	return (void **)((uintptr_t)d + p->list);
}

static size_t *
part_count(const struct digest *d, const struct part *p)
{
	return (size_t *)((uintptr_t)d + p->count);
}

int
digest_pack(const struct digest *d, uint8_t **bytes, size_t *len)
{
	struct pack_head h = { PACK_MAGIC, d->round, d->complete, d->start_ms, d->end_ms,
	    d->tried, d->reached, d->totals.keys, d->totals.neighbours, d->totals.queries,
	    d->totals.contacts, { 0 } };
	uint8_t *p;

	*len = sizeof(h);
	for (size_t i = 0; i < NPARTS; i++) {
		h.n[i] = *part_count(d, &parts[i]);
		*len += h.n[i] * parts[i].size;
	}
	if ((*bytes = p = malloc(*len)) == NULL)
		return -1;
	memcpy(p, &h, sizeof(h));
	p += sizeof(h);
	for (size_t i = 0; i < NPARTS; i++) {
		if (h.n[i] > 0)
			memcpy(p, *part_list(d, &parts[i]), h.n[i] * parts[i].size);
		p += h.n[i] * parts[i].size;
	}
	return 0;
}

/* Every id and every index inside its bounds: the database may not be ours. */
static bool
is_sound(const struct digest *d, uint32_t max)
{
	for (size_t i = 0; i < d->nnamed; i++)
		if (d->named[i].node > max)
			return false;
	for (size_t i = 0; i < d->nsource; i++) {
		const struct source *s = &d->source[i];

		if (s->node > max || s->link > d->nlink || s->links > d->nlink - s->link ||
		    s->claim > d->nclaim || s->claims > d->nclaim - s->claim ||
		    s->links == 0 || s->claims == 0)
			return false;
	}
	for (size_t i = 0; i < d->nlink; i++)
		if (d->link[i].source > max || d->link[i].peer > max)
			return false;
	for (size_t i = 0; i < d->nvisit; i++)
		if (d->visit[i].node > max || d->visit[i].outcome >= OUT_N)
			return false;
	for (size_t i = 0; i < d->nmention; i++)
		if (d->mention[i].node > max || d->mention[i].peer > max)
			return false;
	for (size_t i = 0; i < d->npeer; i++)
		if (d->peer[i].peer > max)
			return false;
	for (size_t i = 0; i < d->nclaim; i++)
		if (d->claim[i].source > max)
			return false;
	return true;
}

/* Copies the lists out of the bytes; false when they do not fit exactly. */
static bool
unpack_parts(struct digest *d, const struct pack_head *h, struct text rest)
{
	for (size_t i = 0; i < NPARTS; i++) {
		size_t n = h->n[i], size = parts[i].size;

		if (n > rest.len / size)
			return false;
		if (n > 0 && (*part_list(d, &parts[i]) = malloc(n * size)) == NULL)
			return false;
		if (n > 0)
			memcpy(*part_list(d, &parts[i]), rest.p, n * size);
		*part_count(d, &parts[i]) = n;
		rest.p += n * size;
		rest.len -= n * size;
	}
	return rest.len == 0;
}

struct digest *
digest_unpack(struct text bytes, uint32_t max_node)
{
	struct digest *d = calloc(1, sizeof(*d));
	struct pack_head h;

	if (d == NULL || bytes.len < sizeof(h))
		goto bad;
	memcpy(&h, bytes.p, sizeof(h));
	if (h.magic != PACK_MAGIC)
		goto bad;
	d->round = h.round;
	d->complete = h.complete == 1;
	d->start_ms = h.start_ms;
	d->end_ms = h.end_ms;
	d->tried = h.tried;
	d->reached = h.reached;
	d->totals = (struct channel_totals){ h.keys, h.neighbours, h.queries, h.contacts };
	if (unpack_parts(d, &h, (struct text){ bytes.p + sizeof(h), bytes.len - sizeof(h) }) &&
	    is_sound(d, max_node))
		return d;
bad:
	digest_free(d);
	return NULL;
}
