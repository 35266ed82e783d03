/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rounds/stats.h"
#include "data/lib/utctime.h"

#define CLAIMED	((uint32_t)(SEEN_KEY | SEEN_NEIGHBOUR | SEEN_QUERY))
#define TOP	10

void
series_open(struct series *s, struct members *ms, const struct address_space *space)
{
	memset(s, 0, sizeof(*s));
	s->members = ms;
	s->space = space;
	s->verified_before = NAN;
}

void
series_free(struct series *s)
{
	array_free(&s->queue);
	array_free(&s->person);
	index_free(&s->addresses);
	array_free(&s->live);
	array_free(&s->ports.of);
	index_free(&s->pairs);
	array_free(&s->pair);
	array_free(&s->offers);
	array_free(&s->sources.of);
}

/* ---- tallies ---- */

static int
tally_raise(struct tally *t, uint32_t to)
{
	if (array_reach(&t->of, (size_t)to + 1) != 0)
		return -1;
	t->of.p[to]++;
	if (to > 1)
		t->of.p[to - 1]--;
	if (to > t->top)
		t->top = to;
	return 0;
}

static void
tally_lower(struct tally *t, uint32_t from)
{
	t->of.p[from]--;
	if (from > 1)
		t->of.p[from - 1]++;
	while (t->top > 0 && t->of.p[t->top] == 0)
		t->top--;
}

/* ---- nodes ---- */

static struct series_member *
series_member_of(struct series *s, uint32_t node)
{
	return &s->person.p[s->members->of[node]];
}

static int
appear(struct series *s, struct series_member *p, uint32_t node)
{
	uint64_t address = address_number(member_of(s->members, node)->endpoint);
	uint32_t *live = index_add_item(&s->addresses, address, &s->live);

	if (live == NULL)
		return -1;
	p->address = (uint32_t)(live - s->live.p);
	s->day_all++;
	s->day_addresses += *live == 0;
	return tally_raise(&s->ports, ++*live);
}

static int
count_named(struct series *s, const struct named *n, uint32_t now)
{
	struct series_member *p = series_member_of(s, n->node);

	if ((n->bits & CLAIMED) == 0)
		return 0;
	if (p->any == 0 && appear(s, p, n->node) != 0)
		return -1;
	p->any = now;
	if ((n->bits & s->advert) == 0)
		return 0;
	s->day_keys += p->key == 0;
	p->key = now;
	p->key_rounds++;
	s->one_shot += p->key_rounds == 1 ? 1 : p->key_rounds == 2 ? -1 : 0;
	return 0;
}

static void
forget_named(struct series *s, const struct named *n, uint32_t then)
{
	struct series_member *p = series_member_of(s, n->node);

	if ((n->bits & s->advert) != 0) {
		p->key_rounds--;
		s->one_shot += p->key_rounds == 1 ? 1 : p->key_rounds == 0 ? -1 : 0;
		if (p->key == then) {
			p->key = 0;
			s->day_keys--;
		}
	}
	if ((n->bits & CLAIMED) != 0 && p->any == then) {
		p->any = 0;
		s->day_all--;
		tally_lower(&s->ports, s->live.p[p->address]--);
		s->day_addresses -= s->live.p[p->address] == 0;
	}
}

/* ---- hashes ---- */

static uint64_t
pair_key(const struct series *s, const struct claim *c)
{
	return (uint64_t)c->number << 32 | s->members->of[c->source];
}

static int
count_claim(struct series *s, const struct claim *c, uint32_t now)
{
	struct series_pair *p = index_add_item(&s->pairs, pair_key(s, c), &s->pair);

	if (p == NULL)
		return -1;
	if (p->last == 0) {
		p->hash = c->number;
		if (array_reach(&s->offers, (size_t)c->number + 1) != 0)
			return -1;
		s->live_pairs++;
		if (tally_raise(&s->sources, ++s->offers.p[p->hash]) != 0)
			return -1;
	}
	p->last = now;
	return 0;
}

static void
forget_claim(struct series *s, const struct claim *c, uint32_t then)
{
	uint32_t k = index_find(&s->pairs, pair_key(s, c));

	if (k == INDEX_NONE || s->pair.p[k].last != then)
		return;
	s->pair.p[k].last = 0;
	s->live_pairs--;
	tally_lower(&s->sources, s->offers.p[s->pair.p[k].hash]--);
}

/* Drops the pairs of days long past, by counting the day's rounds again. */
static int
rebuild_pairs(struct series *s)
{
	index_clear(&s->pairs);
	s->pair.n = s->offers.n = s->sources.of.n = 0;
	s->sources.top = 0;
	s->live_pairs = 0;
	for (size_t i = s->head; i < s->queue.n; i++)
		array_each(c, &s->queue.p[i]->claim)
			if (count_claim(s, c, s->pushed - (uint32_t)(s->queue.n - 1 - i)) != 0)
				return -1;
	return 0;
}

/* ---- a round in, old rounds out ---- */

/* Takes back what the oldest round of the day counted. */
static void
forget_oldest(struct series *s)
{
	const struct round_digest *d = s->queue.p[s->head];
	uint32_t then = s->pushed - (uint32_t)(s->queue.n - 1 - s->head);

	array_each(n, &d->named)
		forget_named(s, n, then);
	array_each(c, &d->claim)
		forget_claim(s, c, then);
}

/* Lets rounds go that are over for a day; forget is NULL when they are not counted yet. */
static void
expire(struct series *s, int64_t now_ms, void (*forget)(struct series *))
{
	for (; s->head < s->queue.n && s->queue.p[s->head]->end_ms <= now_ms - DAY_MS; s->head++)
		if (forget != NULL)
			forget(s);
	if (s->head > 256 && s->head > s->queue.n / 2) {
		array_drop_first(&s->queue, s->head);
		s->head = 0;
	}
}

static int
enqueue(struct series *s, const struct round_digest *d)
{
	const struct round_digest **q = array_add(&s->queue);

	if (q == NULL)
		return -1;
	*q = d;
	return 0;
}

/* Counts the next round of the queue. */
static int
count_round(struct series *s, const struct round_digest *d)
{
	if (array_reach(&s->person, s->members->m.n) != 0)
		return -1;
	s->pushed++;
	s->advert = rows_advert_bit(s->members->store);
	array_each(n, &d->named)
		if (count_named(s, n, s->pushed) != 0)
			return -1;
	array_each(c, &d->claim)
		if (count_claim(s, c, s->pushed) != 0)
			return -1;
	return 0;
}

/* ---- the row ---- */

void
series_empty_row(const struct round_digest *d, struct series_row *row)
{
	*row = (struct series_row){ .round = d->round, .start_ms = d->start_ms,
	    .end_ms = d->end_ms, .complete = d->complete };
	for (double *v = &row->tried; v <= &row->sampling; v++)
		*v = NAN;
}

static double
known(int64_t v)
{
	return v == UNKNOWN ? NAN : (double)v;
}

static void
count_visits(const struct round_digest *d, struct series_row *row)
{
	struct interval i;
	double tried = 0, reached = 0;

	array_each(v, &d->visit) {
		if (v->inbound || v->outcome == OUT_EXCLUDED)
			continue;
		tried++;
		reached += v->outcome == OUT_OK;
	}
	row->tried = d->tried != UNKNOWN ? (double)d->tried : tried > 0 ? tried : NAN;
	row->reached = d->reached != UNKNOWN ? (double)d->reached : tried > 0 ? reached : NAN;
	i = stats_wilson(row->reached, row->tried, Z95);
	row->success_low = i.low;
	row->success_high = i.high;
}

static void
count_sources(const struct series *s, const struct round_digest *d, struct series_row *row)
{
	double all = 0, impossible = 0;

	array_each(n, &d->named) {
		if ((n->bits & s->advert) == 0)
			continue;
		all++;
		impossible += endpoint_class(s->space, member_of(s->members, n->node)->endpoint,
		    d->start_ms) != ADDRESS_ORDINARY;
	}
	row->instant = d->level > 0 ? d->whole.instant : all;
	row->impossible_share = all > 0 ? impossible / all : NAN;
}

static int
largest_first(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x < y) - (x > y);
}

static double
top_share(const struct round_digest *d)
{
	uint32_t *keys = calloc(d->peer.n + 1, sizeof(*keys));
	double top = 0, all = 0;

	if (keys == NULL)
		return NAN;
	for (size_t i = 0; i < d->peer.n; i++)
		all += keys[i] = d->peer.p[i].keys;
	qsort(keys, d->peer.n, sizeof(*keys), largest_first);
	for (size_t i = 0; i < TOP && i < d->peer.n; i++)
		top += keys[i];
	free(keys);
	return all > 0 ? top / all : NAN;
}

static void
count_met(struct series *s, uint32_t node, double *all, double *again)
{
	struct series_member *p = series_member_of(s, node);

	if (p->verified == s->pushed)
		return;
	*all += 1;
	*again += p->verified == s->pushed - 1 && s->pushed > 1;
	p->verified = s->pushed;
}

static void
count_verified(struct series *s, const struct round_digest *d, struct series_row *row)
{
	double all = 0, again = 0;

	array_each(v, &d->visit)
		if (v->outcome == OUT_OK && !v->aside && !v->inbound)
			count_met(s, v->node, &all, &again);
	/* Of who called us no port is known, and so no node. */
	array_each(p, &d->peer)
		if (member_of(s->members, p->peer)->endpoint.port != 0)
			count_met(s, p->peer, &all, &again);
	row->verified = all * sample_weight(d->level);
	row->verified_again = again * sample_weight(d->level);
	row->verified_before = s->verified_before * sample_weight(d->level);
	s->verified_before = all;
}

int
series_push(struct series *s, const struct round_digest *d, struct series_row *row)
{
	series_empty_row(d, row);
	if (!d->complete)
		return 0;
	expire(s, d->end_ms, forget_oldest);
	if (enqueue(s, d) != 0 || count_round(s, d) != 0)
		return -1;
	if (s->pairs.n > 4 * s->live_pairs + 100000 && rebuild_pairs(s) != 0)
		return -1;
	count_visits(d, row);
	count_sources(s, d, row);
	row->sampling = sample_weight(d->level);
	row->day_keys = s->day_keys * row->sampling;
	row->day_all = s->day_all * row->sampling;
	row->day_addresses = s->day_addresses * row->sampling;
	row->one_shot_share = s->day_keys > 0 ? s->one_shot / s->day_keys : NAN;
	row->max_ports = s->ports.top;
	row->max_sources = s->sources.top;
	row->top_share = d->level > 0 ? d->whole.top_share : top_share(d);
	row->records_keys = known(d->totals.keys);
	row->records_neighbours = known(d->totals.neighbours);
	row->records_queries = known(d->totals.queries);
	count_verified(s, d, row);
	return 0;
}

struct population
series_population(const struct series_row *row)
{
	double weight = row->sampling >= 1 ? row->sampling : 1, half;
	struct population p = stats_chapman(row->verified_before / weight, row->verified / weight,
	    row->verified_again / weight);

	if (weight == 1)
		return p;
	/* The interval is that of the sample; who was drawn adds its own error. */
	half = Z95 * sqrt(p.estimate * weight * (weight - 1));
	p.estimate *= weight;
	p.interval.low = p.estimate - hypot(p.estimate - p.interval.low * weight, half);
	p.interval.high = p.estimate + hypot(p.interval.high * weight - p.estimate, half);
	return p;
}

int
series_queue(struct series *s, const struct round_digest *d)
{
	if (!d->complete)
		return 0;
	expire(s, d->end_ms, NULL);
	return enqueue(s, d);
}

int
series_recall(struct series *s)
{
	struct series_row unused;

	for (size_t i = s->head; i < s->queue.n; i++)
		if (count_round(s, s->queue.p[i]) != 0)
			return -1;
	if (s->queue.n > s->head)
		count_verified(s, s->queue.p[s->queue.n - 1], &unused);
	return 0;
}
