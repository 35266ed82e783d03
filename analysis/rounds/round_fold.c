/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of a round, folded by source, by peer and by hash. */
#include "analysis/rounds/round_fold.h"

#include <stdlib.h>
#include <string.h>

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

int
round_digest_fold(struct round_digest *d, struct sight *sight, size_t n)
{
	struct array source = { 0 }, link = { 0 }, claim = { 0 }, total = { 0 };
	int bad;

	if (n > 0)
		qsort(sight, n, sizeof(*sight), by_source_peer);
	bad = fold_links(&source, &link, sight, n);
	if (bad == 0)
		bad = fold_claims(&claim, source.p, sight, n);
	if (bad == 0)
		bad = fold_peers(&total, link.p, link.n);
	HAND(d, source, &source);
	HAND(d, link, &link);
	HAND(d, claim, &claim);
	HAND(d, peer, &total);
	return bad;
}
