/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/mixture_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RELAY_LEAST	(-1.5)	/* nats that a relay may count */
#define RELAY_MOST	5.0
#define HASH_LEAST	(-2.0)
#define HASH_WEIGHT	10.0	/* examples that the usual shares of hot hashes are worth */
#define LEAST_WEIGHT	10.0
#define MOST_WEIGHT	1e6	/* as good as: examples say nothing */
#define WEIGHT_STEP	3.0

/* ---- one among many ---- */

double
split_share_llr(const struct split_share *s, const double total[2], unsigned half,
    double weight)
{
	return log((s->seen[half] / s->usual + weight) / (total[half] + weight));
}

/* Tells how well each half would have foretold the other, nats. */
static double
held_out(const struct split_share *s, size_t n, const double total[2], double weight)
{
	double nats = 0;

	for (size_t i = 0; i < n; i++)
		for (unsigned half = 0; half < 2; half++)
			if (s[i].seen[half] > 0)
				nats += s[i].seen[half] *
				    split_share_llr(&s[i], total, !half, weight);
	return nats;
}

double
split_share_weight(const struct split_share *s, size_t n, const double total[2])
{
	double best = MOST_WEIGHT, most = held_out(s, n, total, MOST_WEIGHT);

	for (double w = LEAST_WEIGHT; w < MOST_WEIGHT; w *= WEIGHT_STEP) {
		double nats = held_out(s, n, total, w);

		if (nats > most) {
			most = nats;
			best = w;
		}
	}
	return best;
}

/* The k-th of those who delivered a newcomer. */
static struct relay_use *
via(const struct mixture *m, const struct via_range *v, uint32_t k)
{
	return &m->relay.p[m->via.p[v->first + k]];
}

/* ---- opening ---- */

/* The place of a peer in relay: members have their numbers, and behind them come peers that
 * are outside of the sample of addresses.  UINT32_MAX without memory. */
static uint32_t
relay_of(struct mixture *m, uint32_t node)
{
	uint32_t k = m->members->of[node];

	if (k != 0)
		return k;
	k = index_add(&m->outsiders, node);
	if (k == INDEX_NONE || array_reach(&m->relay, m->members->m.n + k + 1) != 0)
		return UINT32_MAX;
	return (uint32_t)m->members->m.n + k;
}

/* Counts who delivers the keys of sources that have been there for a while. */
static int
count_relays(struct mixture *m)
{
	const struct window *w = m->window;

	for (size_t i = w->open; i < w->round.n; i++) {
		const struct round_digest *d = w->round.p[i];

		array_each(s, &d->source) {
			uint32_t k;

			if (member_of(m->members, s->node)->now.sourced < 4)
				continue;
			for (uint32_t l = s->link; l < s->link + s->links; l++) {
				if (d->link.p[l].peer == s->node)
					continue;
				if ((k = relay_of(m, d->link.p[l].peer)) == UINT32_MAX)
					return -1;
				m->relay.p[k].links++;
				m->relay_total++;
			}
		}
	}
	return 0;
}

/* The peers that named a newcomer in its first round, but for itself. */
static int
list_via(struct mixture *m, size_t newcomer)
{
	const struct newcomer *x = mixture_newcomer(m, newcomer);
	const struct round_digest *d = m->window->round.p[m->window->open + x->round];
	const struct source *s = &d->source.p[x->source];
	struct via_range *v = &m->via_of.p[newcomer];

	v->first = (uint32_t)m->via.n;
	for (uint32_t k = s->link; k < s->link + s->links; k++) {
		uint32_t *to;

		if (d->link.p[k].peer == s->node)
			continue;
		if ((to = array_add(&m->via)) == NULL)
			return -1;
		if ((*to = relay_of(m, d->link.p[k].peer)) == UINT32_MAX)
			return -1;
	}
	v->n = (uint32_t)m->via.n - v->first;
	return 0;
}

int
relay_evidence_open(struct mixture *m)
{
	if (array_reach(&m->via_of, m->newcomers->newcomer.n) != 0)
		return -1;
	for (size_t i = 0; i < m->newcomers->newcomer.n; i++)
		if (list_via(m, i) != 0)
			return -1;
	return count_relays(m);
}

/* ---- learning ---- */

static void
add_hash(struct mixture *m, const struct newcomer *x, double genuine, double p, unsigned half)
{
	struct hot_hash *h = &m->hot.p[x->hash];

	if (x->cell[FAM_HASH] != CELL_HOT)
		return;
	h->genuine += genuine;
	m->hot_total += genuine;
	h->flood[half] += p;
	m->hot_flood[half] += p;
}

static int
weigh_relays(struct mixture *m)
{
	struct split_share *s = calloc(m->relay.n + 1, sizeof(*s));
	double known = 0, weight;

	if (s == NULL)
		return -1;
	array_each(r, &m->relay)
		known += r->links > 0;
	for (size_t i = 0; i < m->relay.n; i++) {
		const struct relay_use *r = &m->relay.p[i];

		s[i].usual = (r->links + 0.5) / (m->relay_total + 0.5 * (known + 1));
		memcpy(s[i].seen, r->flood, sizeof(s[i].seen));
	}
	weight = split_share_weight(s, m->relay.n, m->relay_flood);
	for (size_t i = 0; i < m->relay.n; i++)
		for (unsigned half = 0; half < 2; half++)
			m->relay.p[i].llr[half] = (float)capped(
			    split_share_llr(&s[i], m->relay_flood, half, weight),
			    RELAY_LEAST, RELAY_MOST);
	free(s);
	return 0;
}

static void
weigh_hashes(struct mixture *m)
{
	const struct hash_use *use = m->newcomers->hash_use.p;
	size_t hot = 0;

	for (size_t i = 0; i < m->hot.n; i++)
		hot += use[i].newcomers >= HOT_NEWCOMERS;
	for (size_t i = 0; i < m->hot.n; i++) {
		struct hot_hash *h = &m->hot.p[i];
		struct split_share s = {
			.usual = (h->genuine + 0.5) / (m->hot_total + 0.5 * (double)hot + 1),
			.seen = { h->flood[0], h->flood[1] },
		};

		if (use[i].newcomers < HOT_NEWCOMERS)
			continue;
		for (unsigned half = 0; half < 2; half++)
			h->llr[half] = (float)capped(split_share_llr(&s, m->hot_flood, half,
			    HASH_WEIGHT), HASH_LEAST, EVIDENCE_CAP);
	}
}

int
relay_evidence_learn(struct mixture *m)
{
	array_each(r, &m->relay)
		r->flood[0] = r->flood[1] = 0;
	array_each(h, &m->hot)
		*h = (struct hot_hash){ .genuine = 0 };
	m->hot_total = 0;
	memset(m->relay_flood, 0, sizeof(m->relay_flood));
	memset(m->hot_flood, 0, sizeof(m->hot_flood));
	for (size_t i = 0; i < m->newcomers->newcomer.n; i++) {
		const struct newcomer *x = mixture_newcomer(m, i);
		double p = x->fanned ? 0 : mixture_opinion(m, i)->p;

		p = p < 1e-4 ? 0 : p;
		add_hash(m, x, mixture_genuine_weight(m, i), p, mixture_half(m, x));
		if (p > 0) {
			unsigned half = mixture_half(m, x);
			const struct via_range *v = &m->via_of.p[i];

			for (uint32_t k = 0; k < v->n; k++)
				via(m, v, k)->flood[half] += p / v->n;
			m->relay_flood[half] += v->n > 0 ? p : 0;
		}
	}
	weigh_hashes(m);
	return weigh_relays(m);
}

/* ---- what they say ---- */

double
relay_evidence(const struct mixture *m, size_t newcomer)
{
	const struct via_range *v = &m->via_of.p[newcomer];
	unsigned half = mixture_half(m, mixture_newcomer(m, newcomer));
	double llr = 0;

	for (uint32_t k = 0; k < v->n; k++)
		llr += via(m, v, k)->llr[!half];
	return v->n == 0 ? 0 : capped(llr / sqrt(v->n), RELAY_LEAST, RELAY_MOST);
}

double
relay_hash_evidence(const struct mixture *m, const struct newcomer *x, unsigned half)
{
	double llr = m->llr[half][FAM_HASH].n[mixture_cell(x, FAM_HASH)];

	if (x->cell[FAM_HASH] == CELL_HOT)	/* which one, among the hot */
		llr += m->hot.p[x->hash].llr[!half];
	return capped(llr, -EVIDENCE_CAP, EVIDENCE_CAP);
}
