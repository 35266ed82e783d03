/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests as bytes and back; the bytes may not be ours. */
#include "analysis/rounds/round_digest.h"

#include <stdlib.h>
#include <string.h>

#define PACK_MAGIC	UINT32_C(0x6b640001)	/* changes with the layout */

struct pack_head {
	uint32_t	magic, round;
	int64_t		complete, start_ms, end_ms, tried, reached;
	int64_t		keys, neighbours, queries, contacts;
	uint64_t	n[7];
};

struct part { size_t size; size_t list, count; };
#define PART(list, type) { sizeof(struct type), offsetof(struct round_digest, list), \
	offsetof(struct round_digest, n##list) }
static const struct part parts[] = {
	PART(named, named), PART(source, source), PART(link, link), PART(claim, claim),
	PART(visit, visit), PART(mention, mention), PART(peer, peer_total),
};
#define NPARTS	(sizeof(parts) / sizeof(parts[0]))

static void **
part_list(const struct round_digest *d, const struct part *p)
{
	return (void **)((uintptr_t)d + p->list);
}

static size_t *
part_count(const struct round_digest *d, const struct part *p)
{
	return (size_t *)((uintptr_t)d + p->count);
}

int
round_digest_pack(const struct round_digest *d, uint8_t **bytes, size_t *len)
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
is_sound(const struct round_digest *d, uint32_t max)
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
unpack_parts(struct round_digest *d, const struct pack_head *h, struct text rest)
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

struct round_digest *
round_digest_unpack(struct text bytes, uint32_t max_node)
{
	struct round_digest *d = calloc(1, sizeof(*d));
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
	round_digest_free(d);
	return NULL;
}
