/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/incidents/incidents_impl.h"

#include <math.h>

#include "analysis/rounds/stats.h"

#define STANDS_OUT	3.0	/* -log10 of the chance that any peer of a round looks so by luck */

int64_t
incidents_incident_of(const struct feed *f, uint32_t node)
{
	uint32_t index = f->ms->of[node];

	return f->to->of_member[index] != 0 ? f->to->of_member[index]
	    : f->ms->m.p[index].settled.incident;
}

/* The account of a peer, opened for the round at hand; NULL without memory. */
static struct deliverer *
deliverer(const struct feed *f, struct incident *i, uint32_t node)
{
	struct deliverer *d = index_add_item(&i->who, node, &i->deliverer);

	if (d == NULL)
		return NULL;
	d->node = node;
	if (d->met_round != f->d->round) {
		d->met_round = f->d->round;
		d->met++;
		d->now_bogus = d->now_all = 0;
		d->now_unrelayed = 0;
	}
	return d;
}

static void
count_delivery(const struct feed *f, struct deliverer *d, bool ours, double bogus)
{
	d->all++;
	d->now_all++;
	if (!ours)
		return;
	d->bogus += bogus;
	d->now_bogus += bogus;
	d->rounds += d->last_round != f->d->round;
	d->last_round = f->d->round;
	if (d->first_round == 0)
		d->first_round = f->d->round;
}

static double
probability_of(const struct feed *f, uint32_t node)
{
	uint32_t index = f->ms->of[node];
	const struct member *m = &f->ms->m.p[index];

	if (m->now.verified > 0 && m->now.sourced > 0)
		return 0;
	if (m->settled.newcomer_round == 0 && f->to->of_member[index] != 0)
		return 1;
	return m->settled.probability;
}

/*
 * We dialled it in this round, and nobody called as it: what it delivered came from where
 * it listens.  A caller only says which port is its own, and records of other programs may
 * file him under it.
 */
static bool
only_dialled(const struct feed *f, uint32_t node)
{
	const struct visit *v = f->d->visit.p;
	size_t low = 0, high = f->d->visit.n;
	bool dialled = false;

	while (low < high) {	/* they are in order of the nodes */
		size_t mid = low + (high - low) / 2;

		if (v[mid].node < node)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < f->d->visit.n && v[low].node == node; low++) {
		if (v[low].inbound)
			return false;
		dialled |= v[low].outcome == OUT_OK;
	}
	return dialled;
}

/* A new source of the incident that this peer has from nobody, for no relay passes it on. */
static void
feed_unrelayed(const struct feed *f, struct deliverer *d, const struct link *l)
{
	const struct member *source = member_of(f->ms, l->source);

	if (source->now.newcomer_round != f->d->round ||
	    source->endpoint.net != NET_IPV4 ||
	    address_space_relayed(f->space, source->endpoint.ip) ||
	    d->now_unrelayed > 0 || d->unrelayed == UINT16_MAX || !only_dialled(f, l->peer))
		return;
	d->now_unrelayed = 1;
	d->unrelayed++;
}

static int
feed_links(struct feed *f, struct incident *i)
{
	array_each(l, &f->d->link) {
		bool ours = incidents_incident_of(f, l->source) == i->is.id;
		double p = ours ? probability_of(f, l->source) : 0;
		bool full = l->ttl != TTL_UNKNOWN && l->ttl >= i->is.full_level;
		struct deliverer *d;

		/* A node that names itself says nothing about others. */
		if (l->peer == l->source)
			continue;
		if ((d = deliverer(f, i, l->peer)) == NULL)
			return -1;
		count_delivery(f, d, ours, p);
		if (ours)
			feed_unrelayed(f, d, l);
		d->full += full;
		d->full_bogus += full * p;
	}
	return 0;
}

static int
feed_mentions(struct feed *f, struct incident *i)
{
	array_each(m, &f->d->mention) {
		struct deliverer *d = deliverer(f, i, m->peer);

		if (d == NULL)
			return -1;
		count_delivery(f, d, incidents_incident_of(f, m->node) == i->is.id, 1);
	}
	return 0;
}

static int
feed_firsts(struct feed *f, struct incident *i)
{
	array_each(s, &f->d->source) {
		struct deliverer *d;

		if (incidents_incident_of(f, s->node) != i->is.id ||
		    member_of(f->ms, s->node)->now.newcomer_round != f->d->round)
			continue;
		if ((d = deliverer(f, i, s->first_peer)) == NULL)
			return -1;
		d->first += f->weight;
	}
	return 0;
}

/*
 * Finds who stands out in this round: the peer whose bogus share is least likely (binomial) if
 * it were as the others' together, and less likely than luck lets one of so many be.
 */
static void
find_leader(const struct feed *f, struct incident *i)
{
	struct deliverer *leader = NULL;
	double bogus = 0, all = 0, most = 0, n = 0;

	array_each(d, &i->deliverer) {
		if (d->met_round != f->d->round)
			continue;
		bogus += d->now_bogus;
		all += d->now_all;
		n++;
	}
	array_each(d, &i->deliverer) {
		double usual = (bogus - d->now_bogus + 0.5) / (all - d->now_all + 1), surprise;

		if (d->met_round != f->d->round || d->now_bogus <= usual * d->now_all)
			continue;
		surprise = stats_binomial_surprise(round(d->now_bogus), d->now_all, fmin(usual, 1));
		if (surprise > most) {
			most = surprise;
			leader = d;
		}
	}
	if (leader != NULL && most >= STANDS_OUT + log10(n)) {
		leader->led++;
		i->is.led++;
	}
}

int
incidents_deliveries(struct feed *f)
{
	array_each(i, &f->in->all) {
		if (!i->is.open || i->is.last_round != f->d->round)
			continue;
		if (feed_links(f, i) != 0 || feed_mentions(f, i) != 0 || feed_firsts(f, i) != 0)
			return -1;
		find_leader(f, i);
	}
	return 0;
}
