/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of a round, folded by source, by peer and by hash. */
#include "analysis/rounds/round_digest_impl.h"

#include <stdlib.h>

#include "data/lib/index.h"

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
fold_links(struct round_digest *d, const struct sight *s, size_t n)
{
	struct source *to = NULL;
	struct link *l = NULL;
	uint32_t first = 0;

	for (size_t i = 0; i < n; i++) {
		bool new_source = i == 0 || s[i].source != s[i - 1].source;

		if (new_source) {
			if ((to = array_add(&d->source)) == NULL)
				return -1;
			*to = (struct source){ .node = s[i].source, .link = (uint32_t)d->link.n,
			    .ttl = s[i].ttl, .first_peer = s[i].peer };
			first = s[i].order;
		}
		if (new_source || s[i].peer != s[i - 1].peer) {
			if ((l = array_add(&d->link)) == NULL)
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
fold_source_claims(struct round_digest *d, struct source *to, const struct sight *s, size_t n)
{
	size_t first = d->claim.n, k = 0;
	struct claim *c;

	if (array_reach(&d->claim, first + n) != 0)
		return -1;
	c = &d->claim.p[first];
	for (size_t i = 0; i < n; i++)
		c[i] = (struct claim){ s[i].hash, s[i].source, 0 };
	qsort(c, n, sizeof(*c), by_hash);
	for (size_t i = 0; i < n; i++)
		if (k == 0 || c[k - 1].hash != c[i].hash)
			c[k++] = c[i];
	d->claim.n = first + k;
	to->claim = (uint32_t)first;
	to->claims = (uint16_t)(k > LINKS_MAX ? LINKS_MAX : k);
	return 0;
}

/* Claims, from sights in order of source; the sources are there already. */
static int
fold_claims(struct round_digest *d, const struct sight *s, size_t n)
{
	struct source *source = d->source.p;

	for (size_t i = 0, first = 0; i < n; i++) {
		if (i + 1 < n && s[i + 1].source == s[first].source)
			continue;
		if (fold_source_claims(d, source++, s + first, i + 1 - first) != 0)
			return -1;
		first = i + 1;
	}
	return 0;
}

static int
fold_peers(struct round_digest *d)
{
	struct index peers = { 0 };
	int bad = 0;

	array_each(l, &d->link) {
		struct peer_total *t = index_add_item(&peers, l->peer, &d->peer);

		if (t == NULL) {
			bad = -1;
			break;
		}
		t->peer = l->peer;
		t->keys += l->keys;
		t->sources++;
	}
	index_free(&peers);
	if (d->peer.n > 0)
		qsort(d->peer.p, d->peer.n, sizeof(d->peer.p[0]), by_total);
	return bad;
}

int
round_digest_fold(struct round_digest *d, struct sight *sight, size_t n)
{
	if (n > 0)
		qsort(sight, n, sizeof(*sight), by_source_peer);
	if (fold_links(d, sight, n) != 0 || fold_claims(d, sight, n) != 0)
		return -1;
	return fold_peers(d);
}
