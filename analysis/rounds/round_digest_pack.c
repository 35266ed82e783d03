/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests as bytes and back; the bytes may not be ours. */
#include <stdlib.h>

#include "analysis/rounds/round_digest.h"

#define DIGEST_VERSION	4	/* changes with the layout */

/* ---- the layout ---- */

static void
pack_named(struct pack *p, struct named *n)
{
	pack_n32(p, &n->node);
	pack_n32(p, &n->bits);
}

static void
pack_source(struct pack *p, struct source *s)
{
	pack_n32(p, &s->node);
	pack_n32(p, &s->link);
	pack_n32(p, &s->claim);
	pack_n32(p, &s->first_peer);
	pack_n16(p, &s->links);
	pack_n16(p, &s->claims);
	pack_n16(p, &s->ttl);
}

static void
pack_link(struct pack *p, struct link *l)
{
	pack_n32(p, &l->source);
	pack_n32(p, &l->peer);
	pack_n16(p, &l->keys);
	pack_n16(p, &l->ttl);
}

/* Its number is of one run only. */
static void
pack_claim(struct pack *p, struct claim *c)
{
	pack_u64(p, &c->hash);
	pack_n32(p, &c->source);
}

static void
pack_visit(struct pack *p, struct visit *v)
{
	pack_n32(p, &v->node);
	pack_u8(p, &v->outcome);
	pack_bool(p, &v->inbound);
	pack_bool(p, &v->aside);
}

static void
pack_mention(struct pack *p, struct mention *m)
{
	pack_n32(p, &m->node);
	pack_n32(p, &m->peer);
	pack_n32(p, &m->times);
}

static void
pack_peer(struct pack *p, struct peer_total *t)
{
	pack_n32(p, &t->peer);
	pack_n32(p, &t->keys);
	pack_n32(p, &t->sources);
}

#define PACK_LIST(p, list, pack_item) do { \
	if (array_reach((list), pack_count((p), (list)->n)) != 0) \
		pack_fail(p); \
	array_each(item, (list)) \
		pack_item((p), item); \
} while (0)

void
round_digest_pack(struct pack *p, struct round_digest *d)
{
	pack_version(p, DIGEST_VERSION);
	pack_u32(p, &d->round);
	pack_bool(p, &d->complete);
	pack_bool(p, &d->cut_short);
	pack_i64(p, &d->start_ms);
	pack_i64(p, &d->end_ms);
	pack_i64(p, &d->tried);
	pack_i64(p, &d->reached);
	pack_i64(p, &d->totals.keys);
	pack_i64(p, &d->totals.neighbours);
	pack_i64(p, &d->totals.queries);
	pack_i64(p, &d->totals.contacts);
	pack_n32(p, &d->level);
	PACK_LIST(p, &d->named, pack_named);
	PACK_LIST(p, &d->source, pack_source);
	PACK_LIST(p, &d->link, pack_link);
	PACK_LIST(p, &d->claim, pack_claim);
	PACK_LIST(p, &d->visit, pack_visit);
	PACK_LIST(p, &d->mention, pack_mention);
	PACK_LIST(p, &d->peer, pack_peer);
}

/* ---- reading ---- */

/* Every id and every index inside its bounds. */
static bool
is_sound(const struct round_digest *d, uint32_t max)
{
	bool sound = d->level <= SAMPLE_LEVEL_MAX;

	array_each(n, &d->named)
		sound &= n->node <= max;
	array_each(s, &d->source)
		sound &= s->node <= max && s->first_peer <= max && s->links > 0 && s->claims > 0 &&
		    s->link <= d->link.n && s->links <= d->link.n - s->link &&
		    s->claim <= d->claim.n && s->claims <= d->claim.n - s->claim;
	array_each(l, &d->link)
		sound &= l->source <= max && l->peer <= max;
	array_each(c, &d->claim)
		sound &= c->source <= max;
	array_each(v, &d->visit)
		sound &= v->node <= max && v->outcome < OUT_N;
	array_each(m, &d->mention)
		sound &= m->node <= max && m->peer <= max;
	array_each(t, &d->peer)
		sound &= t->peer <= max;
	return sound;
}

struct round_digest *
round_digest_unpack(struct text bytes, uint32_t max_node)
{
	struct round_digest *d = calloc(1, sizeof(*d));
	struct pack p = pack_reader(bytes);

	if (d == NULL)
		return NULL;
	round_digest_pack(&p, d);
	if (pack_is_read(&p) && is_sound(d, max_node))
		return d;
	round_digest_free(d);
	return NULL;
}
