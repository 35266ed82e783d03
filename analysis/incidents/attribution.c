/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/incidents/attribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rounds/stats.h"
#include "data/lib/utctime.h"

#define CAUTION		3.0	/* standard deviations that a share is lowered by for its rank */
#define PROVEN_ROUNDS	3
#define PROVEN_MS	(2 * HOUR_MS)	/* links last one */
#define PROVEN_SHARE	0.8	/* of what it delivers */
#define PROVEN_LEAD	2.5	/* to the next peer's cautious share */
#define PROVEN_FRESH	0.7	/* bogus share of its full-timer keys, */
#define PROVEN_FULL	10	/* and how many of these */
#define PROVEN_ALWAYS	0.8	/* of the rounds that met it, it delivered */
#define PROVEN_START	0.2	/* of the incident may have passed before it began */
#define PROVEN_ALONE	0.9	/* of all deliveries of what no relay passes on */
#define FIXED_RATIO	5	/* toy model: fixed 26 to 59, roving 1.8 to 2.0 */
#define FIXED_ALWAYS	0.5	/* of the rounds that met it, it delivered */
#define FIXED_PART	0.25	/* of the incident's rounds, too */
#define ROVING_PART	0.25	/* of the rounds had somebody who stood out */

/* share: the lower end of its bogus share; score: and that of its fresh bogus keys' share. */
struct ranked { const struct deliverer *d; double share, score; };

/* The lower end of a share: three keys are no proof. */
static double
cautious(double some, double all)
{
	return some > 0 ? stats_wilson(fmin(some, all), all, CAUTION).low : 0;
}

static int
by_score(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->d->node > y->d->node) - (x->d->node < y->d->node);
}

/* The median of the peers that delivered enough to have a share at all. */
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
	    .endpoint = members_endpoint(ms, d->node), .share = d->bogus / d->all,
	    .full_timer_share = d->full > 0 ? d->full_bogus / d->full : NAN,
	    .first_seen_share = i->is.bogus > 0 ? fmin(d->first / i->is.bogus, 1) : NAN,
	    .keys = (int64_t)(d->bogus * fmax(i->is.sampling, 1) + 0.5), .rounds = d->rounds,
	    .label = delivered_name[DELIVERED_BY] };
	row->ratio = row->share / median;
}

/* ---- the first peer ---- */

/* Is this peer the first by one account? */
static bool
is_most(const struct ranked *r, size_t n, const struct deliverer *d,
    double (*account)(const struct deliverer *))
{
	for (size_t k = 0; k < n; k++)
		if (account(r[k].d) > account(d))
			return false;
	return account(d) > 0;
}

static double by_full(const struct deliverer *d) { return d->full_bogus; }
static double by_first(const struct deliverer *d) { return d->first; }
static double by_fanout(const struct deliverer *d) { return d->bogus; }

/* The highest of all others. */
static double
next_share(const struct ranked *r, size_t n)
{
	double next = 0;

	for (size_t k = 1; k < n; k++)
		next = fmax(next, r[k].share);
	return next;
}

static int
agreeing(const struct ranked *r, size_t n)
{
	const struct deliverer *d = r[0].d;

	return (r[0].share >= next_share(r, n)) + is_most(r, n, d, by_full) +
	    is_most(r, n, d, by_first) + is_most(r, n, d, by_fanout);
}

/*
 * It stands out, by its share or in most of the rounds in which anybody does; it delivers in
 * most rounds that meet it, and these are a good part of the incident.
 */
static bool
is_fixed(const struct incident_facts *is, const struct deliverer *d, double outlier)
{
	bool leads = d->led >= PROVEN_ROUNDS && 2 * d->led > is->led;

	return (outlier >= FIXED_RATIO || leads) && d->rounds >= PROVEN_ROUNDS &&
	    d->rounds >= FIXED_ALWAYS * d->met && d->rounds >= FIXED_PART * is->rounds;
}

/* The most rounds in which one and the same peer stood out. */
static uint32_t
most_led(const struct ranked *r, size_t n)
{
	uint32_t most = 0;

	for (size_t k = 0; k < n; k++)
		if (r[k].d->led > most)
			most = r[k].d->led;
	return most;
}

/*
 * 1 where one peer stood out in this round and another in that.  UNKNOWN where nobody stands
 * out: not visited, or spread too thinly to be seen; and where one peer did so time and again
 * that does not pass for fixed.
 */
static int
roving(const struct incident_facts *is, const struct ranked *r, size_t n, double outlier)
{
	if (is->rounds < PROVEN_ROUNDS)
		return UNKNOWN;
	if (is_fixed(is, r[0].d, outlier))
		return 0;
	return is->led >= PROVEN_ROUNDS && is->led >= ROVING_PART * is->rounds &&
	    2 * most_led(r, n) <= is->led ? 1 : UNKNOWN;
}

static bool
stands_out(const struct incident_facts *is, const struct ranked *r, size_t n,
    const struct delivering_row *row)
{
	const struct deliverer *d = r[0].d;

	return d->rounds >= PROVEN_ROUNDS && d->rounds >= PROVEN_ALWAYS * d->met &&
	    d->rounds >= FIXED_PART * is->rounds && is->end_ms - is->start_ms >= PROVEN_MS &&
	    d->first_round - is->first_round <= PROVEN_START * (is->last_round - is->first_round) &&
	    row->share >= PROVEN_SHARE && row->ratio >= FIXED_RATIO &&
	    r[0].share >= PROVEN_LEAD * next_share(r, n);
}

static bool
has_fresh_timers(const struct ranked *r, size_t n, const struct delivering_row *row)
{
	return row->full_timer_share >= PROVEN_FRESH && r[0].d->full_bogus >= PROVEN_FULL &&
	    is_most(r, n, r[0].d, by_full);
}

/* Round after round it brought what no relay passes on, and hardly anybody else ever did. */
static bool
makes_keys(const struct ranked *r, size_t n)
{
	double all = 0;

	for (size_t k = 0; k < n; k++)
		all += r[k].d->unrelayed;
	return r[0].d->unrelayed >= PROVEN_ROUNDS && r[0].d->unrelayed >= PROVEN_ALONE * all;
}

static bool
is_injector(const struct attribution *b, const struct incident *i, const struct ranked *r,
    size_t n)
{
	return b->row[0].label == delivered_name[DELIVERED_BY] && !b->self.suspect &&
	    stands_out(&i->is, r, n, &b->row[0]) && makes_keys(r, n) &&
	    has_fresh_timers(r, n, &b->row[0]);
}

/* ---- is it us? ---- */

static struct selfcheck
check_self(const struct incident_facts *is, const struct self *self)
{
	int64_t start = selfcheck_started(self, is->start_ms);
	struct selfcheck c = { .sent = NAN, .sources = NAN, .ports = NAN, .start_h = NAN };

	/* Whoever announced one port alone has made up nobody. */
	if (is->bogus > 0 && self->announced.n > 0)
		c.sent = self->announced.n > 1 ? (double)self->announced.n / is->bogus : 0;
	if (self->address.n > 0 && is->bogus > 0)
		c.sources = is->own / is->bogus;
	if (is->own_ports > 0 && is->bogus > 0)
		c.ports = is->own_ports / is->bogus;
	if (start != UNKNOWN)
		c.start_h = (double)(is->start_ms - start) / (double)HOUR_MS;
	c.suspect = c.sent > SELF_SENT || c.start_h < SELF_START_H;
	return c;
}

/* ---- all of it ---- */

static void
fill(struct attribution *b, const struct incident *i, const struct members *ms, struct ranked *r,
    size_t n, const struct self *self)
{
	double bogus = 0, all = 0, median;

	for (size_t k = 0; k < n; k++) {
		bogus += r[k].d->bogus;
		all += r[k].d->all;
	}
	qsort(r, n, sizeof(*r), by_score);
	median = median_share(r, n, bogus / all);
	while (b->n < n && b->n < DELIVERED_MAX && r[b->n].d->bogus >= 0.5) {
		fill_row(&b->row[b->n], i, ms, &r[b->n], (int)b->n + 1, median);
		if (selfcheck_has(self, b->row[b->n].endpoint))
			b->row[b->n].label = delivered_name[DELIVERED_SELF];
		b->n++;
	}
	if (b->n == 0)
		return;
	b->outlier = r[0].share / median;
	b->agreeing = agreeing(r, n);
	b->roving = roving(&i->is, r, n, b->outlier);
	b->unrelayed = r[0].d->unrelayed;
	if (is_injector(b, i, r, n)) {
		b->row[0].label = delivered_name[DELIVERED_INJECTOR];
		b->injector = true;
	}
}

void
attribute(struct attribution *b, const struct incident *i, const struct members *ms,
    const struct self *self)
{
	size_t n = i->deliverer.n;
	struct ranked *r = calloc(n + 1, sizeof(*r));

	memset(b, 0, sizeof(*b));
	b->roving = UNKNOWN;
	b->outlier = NAN;
	b->self = check_self(&i->is, self);
	if (r == NULL || n == 0) {
		free(r);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		const struct deliverer *d = &i->deliverer.p[k];
		double share = cautious(d->bogus, d->all);

		r[k] = (struct ranked){ d, share, share + cautious(d->full_bogus, d->all) };
	}
	fill(b, i, ms, r, n, self);
	free(r);
}
