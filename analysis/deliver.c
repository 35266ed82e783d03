/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/feed.h"

int64_t
feed_incident_of(const struct feed *f, uint32_t node)
{
	uint32_t index = f->ms->of[node];

	return f->to->of_member[index] != 0 ? f->to->of_member[index]
	    : f->ms->m[index].settled.incident;
}

static struct deliverer *
deliverer(struct incident *i, uint32_t node)
{
	uint32_t k = index_add(&i->who, node);
	struct deliverer *d;

	if (k == INDEX_NONE || array_reach(&i->deliverer, sizeof(*d), i->who.n) != 0)
		return NULL;
	d = (struct deliverer *)i->deliverer.p + k;
	d->node = node;
	return d;
}

static double
probability_of(const struct feed *f, uint32_t node)
{
	uint32_t index = f->ms->of[node];
	const struct member *m = &f->ms->m[index];

	if (m->now.verified > 0 && m->now.sourced > 0)
		return 0;
	if (m->settled.birth_round == 0 && f->to->of_member[index] != 0)
		return 1;
	return m->settled.probability;
}

static int
feed_links(struct feed *f, struct incident *i)
{
	for (size_t k = 0; k < f->d->nlink; k++) {
		const struct link *l = &f->d->link[k];
		bool ours = feed_incident_of(f, l->source) == i->is.id;
		double p = ours ? probability_of(f, l->source) : 0;
		struct deliverer *d;
		bool full = l->ttl != TTL_UNKNOWN && l->ttl >= i->is.full_level;

		if (l->peer == l->source)
			continue;
		if ((d = deliverer(i, l->peer)) == NULL)
			return -1;
		d->all++;
		d->full += full;
		if (!ours)
			continue;
		d->bogus += p;
		d->full_bogus += full * p;
		d->rounds += d->last_round != f->d->round;
		d->last_round = f->d->round;
	}
	return 0;
}

static int
feed_mentions(struct feed *f, struct incident *i)
{
	for (size_t k = 0; k < f->d->nmention; k++) {
		const struct mention *l = &f->d->mention[k];
		bool ours = feed_incident_of(f, l->node) == i->is.id;
		struct deliverer *d;

		if ((d = deliverer(i, l->peer)) == NULL)
			return -1;
		d->all++;
		d->bogus += ours;
		d->rounds += ours && d->last_round != f->d->round;
		d->last_round = ours ? f->d->round : d->last_round;
	}
	return 0;
}

static int
feed_firsts(struct feed *f, struct incident *i)
{
	for (size_t k = 0; k < f->d->nsource; k++) {
		const struct source *s = &f->d->source[k];
		struct deliverer *d;

		if (feed_incident_of(f, s->node) != i->is.id ||
		    f->ms->m[f->ms->of[s->node]].now.birth_round != f->d->round)
			continue;
		if ((d = deliverer(i, s->first_peer)) == NULL)
			return -1;
		d->first++;
	}
	for (size_t k = 0; k < f->d->nvisit; k++) {
		uint32_t n = f->d->visit[k].inbound ? index_find(&i->who, f->d->visit[k].node)
		    : INDEX_NONE;

		if (n != INDEX_NONE)
			((struct deliverer *)i->deliverer.p)[n].inbound++;
	}
	return 0;
}

int
feed_deliveries(struct feed *f)
{
	for (size_t k = 0; k < f->in->all.n; k++) {
		struct incident *i = incidents_at(f->in, k);

		if (!i->is.open || i->is.last_round != f->d->round)
			continue;
		if (feed_links(f, i) != 0 || feed_mentions(f, i) != 0 || feed_firsts(f, i) != 0)
			return -1;
	}
	return 0;
}
