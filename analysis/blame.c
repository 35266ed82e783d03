/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/blame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats.h"

#define CAUTION		3.0	/* standard deviations that a share is lowered by for its rank */
#define PROVEN_ROUNDS	3
#define PROVEN_SHARE	0.5	/* of what it delivers */
#define PROVEN_RATIO	10	/* to the median peer */
#define PROVEN_LEAD	2.5	/* to the next peer's cautious share */
#define PROVEN_FRESH	0.7	/* bogus share of its full-timer keys */
#define PROVEN_PART	0.3	/* of all full-timer bogus keys */
#define ROVING_RATIO	5	/* toy model: fixed 26 to 59, roving 1.8 to 2.0 */

struct ranked { const struct deliverer *d; double score; };

/* The lower end of its bogus share: three keys are no proof. */
static double
cautious_share(const struct deliverer *d)
{
	double bogus = fmin(d->bogus, d->all);

	return d->bogus > 0 ? stats_wilson(bogus, d->all, CAUTION).low : 0;
}

static int
by_score(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->d->node > y->d->node) - (x->d->node < y->d->node);
}

/* Of peers that delivered enough to have a share at all. */
static double
median_share(const struct ranked *r, size_t n, double overall)
{
	double *v = calloc(n + 1, sizeof(*v)), m;
	size_t k = 0;

	if (v == NULL)
		return NAN;
	for (size_t i = 0; i < n; i++)
		if (r[i].d->all >= 5)
			v[k++] = r[i].d->bogus / r[i].d->all;
	m = stats_median(v, k);
	free(v);
	/* Where most peers delivered none, the median peer is the average of them. */
	return isnan(m) || m < overall / 4 ? fmax(overall / 4, 1e-6) : m;
}

static void
fill_row(struct delivering_row *row, const struct incident *i, const struct members *ms,
    const struct ranked *r, int rank, double median)
{
	const struct deliverer *d = r->d;

	*row = (struct delivering_row){ .incident = i->is.id, .peer = d->node, .rank = rank,
	    .endpoint = ms->m[ms->of[d->node]].endpoint, .share = d->bogus / d->all,
	    .full_timer_share = d->full > 0 ? d->full_bogus / d->full : NAN,
	    .first_seen_share = i->is.bogus > 0 ? fmin(d->first / i->is.bogus, 1) : NAN,
	    .keys = (int64_t)(d->bogus + 0.5), .rounds = d->rounds,
	    .label = delivered_name[DELIVERED_BY] };
	row->ratio = row->share / median;
}

/* A node that others named as the source of keys before the incident, for long. */
static bool
shares_files(const struct member *m, const struct incident *i)
{
	return m->now.sourced > 3 && m->now.birth_round != 0 &&
	    m->now.birth_round < i->is.first_round;
}

static bool
is_injector(const struct incident *i, const struct members *ms, const struct ranked *r, size_t n,
    const struct delivering_row *row)
{
	const struct deliverer *d = r[0].d;
	double second = n > 1 ? r[1].score : 0, fresh = 0;

	for (size_t k = 0; k < n; k++)
		fresh += r[k].d->full_bogus;
	return d->rounds >= PROVEN_ROUNDS && row->share >= PROVEN_SHARE &&
	    row->ratio >= PROVEN_RATIO && r[0].score >= PROVEN_LEAD * second &&
	    !shares_files(&ms->m[ms->of[d->node]], i) &&
	    ((row->full_timer_share >= PROVEN_FRESH && d->full_bogus >= 10 &&
	    d->full_bogus >= PROVEN_PART * fresh) || d->inbound >= PROVEN_ROUNDS);
}

static void
fill(struct blame *b, const struct incident *i, const struct members *ms, struct ranked *r,
    size_t n, struct endpoint self)
{
	double bogus = 0, all = 0, median;

	for (size_t k = 0; k < n; k++) {
		bogus += r[k].d->bogus;
		all += r[k].d->all;
	}
	qsort(r, n, sizeof(*r), by_score);
	median = median_share(r, n, bogus / all);
	while (b->n < n && b->n < BLAMED_MAX && r[b->n].d->bogus >= 0.5) {
		fill_row(&b->row[b->n], i, ms, &r[b->n], (int)b->n + 1, median);
		if (self.ip != 0 && b->row[b->n].endpoint.ip == self.ip)
			b->row[b->n].label = delivered_name[DELIVERED_SELF];
		b->n++;
	}
	if (b->n == 0)
		return;
	b->outlier = r[0].score / median;
	if (i->is.rounds >= PROVEN_ROUNDS && bogus >= 20)
		b->roving = b->outlier < ROVING_RATIO;
	if (b->row[0].label == delivered_name[DELIVERED_BY] &&
	    is_injector(i, ms, r, n, &b->row[0])) {
		b->row[0].label = delivered_name[DELIVERED_INJECTOR];
		b->injector = true;
	}
}

void
blame(struct blame *b, const struct incident *i, const struct members *ms, struct endpoint self)
{
	size_t n = i->deliverer.n;
	struct ranked *r = calloc(n + 1, sizeof(*r));

	memset(b, 0, sizeof(*b));
	b->roving = UNKNOWN;
	b->outlier = NAN;
	if (r == NULL || n == 0) {
		free(r);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		r[k].d = (const struct deliverer *)i->deliverer.p + k;
		r[k].score = cautious_share(r[k].d);
	}
	fill(b, i, ms, r, n, self);
	free(r);
}
