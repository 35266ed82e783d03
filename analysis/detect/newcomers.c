/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/newcomers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rounds/stats.h"
#include "data/lib/log.h"

#define IMPAIRED	0.7	/* of the usual share: such a round measured the sensor's trouble */
#define LASTING_ROUNDS	6	/* a node seen so often exists, unless dials say otherwise */
#define POPULAR_PORT	0.01	/* share of the known nodes that makes a port a popular one */
#define MANY_PORTS	6
#define HOST_PORTS	21

static struct round_newcomers *
round_of(const struct newcomers *b, size_t i)
{
	return &b->per_round.p[i];
}

void
newcomers_free(struct newcomers *b)
{
	array_free(&b->newcomer);
	array_free(&b->per_round);
	address_density_free(&b->density);
	array_free(&b->local);
	array_free(&b->hash_use);
	index_free(&b->pairs);
	array_free(&b->pair_use);
	array_free(&b->port_use);
	index_free(&b->addresses);
	array_free(&b->ports);
}

/*
 * A node that is there beyond doubt: it spoke to us; or it was named for hours
 * and no dial of ours says that nobody is there.
 */
static bool
member_is_known(const struct member *m)
{
	return m->now.verified > 0 ||
	    (m->now.sourced >= LASTING_ROUNDS && m->now.tries == 0 &&
	    (!m->settled.judged || m->settled.probability < 0.05f));
}

/* ---- rounds in which the sensor itself was impaired ---- */

/* The share of the sources in both a and b that are in c as well. */
static double
share_returning(const struct round_digest *a, const struct round_digest *b,
    const struct round_digest *c)
{
	size_t i = 0, k = 0, both = 0, all = 0;

	for (size_t j = 0; j < b->source.n; j++) {
		uint32_t node = b->source.p[j].node;

		while (i < a->source.n && a->source.p[i].node < node)
			i++;
		while (k < c->source.n && c->source.p[k].node < node)
			k++;
		if (i == a->source.n || a->source.p[i].node != node)
			continue;
		both++;
		all += k < c->source.n && c->source.p[k].node == node;
	}
	return both < 20 ? NAN : (double)all / (double)both;
}

/* The share of the known nodes that were dialled that answered. */
static double
share_answering(const struct members *ms, const struct round_digest *d)
{
	double ok = 0, all = 0;

	array_each(v, &d->visit) {
		if (v->inbound || v->aside || v->outcome == OUT_EXCLUDED ||
		    member_of(ms, v->node)->now.verified < 2)
			continue;
		all++;
		ok += v->outcome == OUT_OK;
	}
	return all < 20 ? NAN : ok / all;
}

/* The median of the shares that are known, which are moved; NAN for none. */
static double
usual_share(double *share, size_t n)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(share[i]))
			share[known++] = share[i];
	return stats_median(share, known);
}

static bool
falls_short(double share, double usual)
{
	return !isnan(share) && !isnan(usual) && share < IMPAIRED * usual;
}

/* Measures what came back and what answered in each open round, also as two lists. */
static void
measure_rounds(struct newcomers *b, const struct members *ms, const struct window *w,
    double *returning, double *answering)
{
	const struct round_digest *last = NULL, *before = NULL;	/* complete ones */

	for (size_t i = 0; i < w->round.n; i++) {
		const struct round_digest *d = w->round.p[i];

		if (i >= w->open) {
			struct round_newcomers *r = round_of(b, i - w->open);

			r->returning = r->answering = NAN;
			if (d->complete && before != NULL)
				r->returning = share_returning(before, last, d);
			if (d->complete)
				r->answering = share_answering(ms, d);
			returning[i - w->open] = r->returning;
			answering[i - w->open] = r->answering;
		}
		if (d->complete) {
			before = last;
			last = d;
		}
	}
}

static int
rate_rounds(struct newcomers *b, const struct members *ms, const struct window *w)
{
	size_t n = w->round.n - w->open;
	double *share = calloc(2 * n + 1, sizeof(*share)), returning, answering;
	uint32_t ordinal = 0;

	if (share == NULL || array_reach(&b->per_round, n) != 0) {
		free(share);
		return -1;
	}
	measure_rounds(b, ms, w, share, share + n);
	returning = usual_share(share, n);
	answering = usual_share(share + n, n);
	free(share);
	for (size_t i = 0; i < n; i++) {
		struct round_newcomers *r = round_of(b, i);

		r->counted = w->round.p[w->open + i]->complete &&
		    !falls_short(r->returning, returning);
		r->dials = !falls_short(r->answering, answering);
		r->ordinal = ordinal += r->counted;
	}
	return 0;
}

/* ---- who was new, and what became of them ---- */

static int
note_source(struct newcomers *b, struct members *ms, uint32_t mark, const struct window *w,
    size_t round, uint32_t source)
{
	uint32_t index = ms->of[w->round.p[w->open + round]->source.p[source].node];
	struct member *m = &ms->m.p[index];
	struct round_newcomers *r = round_of(b, round);
	struct newcomer *x;
	uint32_t age;

	if (m->settled.newcomer_round != 0)
		return 0;
	if (m->mark != mark) {
		if ((x = array_add(&b->newcomer)) == NULL)
			return -1;
		*x = (struct newcomer){ .member = index, .round = (uint32_t)round, .source = source,
		    .mask = 1, .dial = NOT_DIALLED };
		m->mark = mark;
		m->slot = (uint32_t)b->newcomer.n - 1;
		r->n++;
		return 0;
	}
	x = &b->newcomer.p[m->slot];
	age = r->ordinal - round_of(b, x->round)->ordinal;
	if (age > 15)
		x->later = true;
	else if (age > 0)
		x->mask |= UINT32_C(1) << age;
	return 0;
}

static void
note_visit(struct newcomers *b, struct members *ms, uint32_t mark, const struct visit *v,
    size_t round)
{
	const struct member *m = member_of(ms, v->node);
	struct newcomer *x = m->mark == mark ? &b->newcomer.p[m->slot] : NULL;

	if (x == NULL || v->inbound || v->outcome == OUT_EXCLUDED || !round_of(b, round)->dials)
		return;
	x->refused = v->outcome == OUT_REFUSED;
	if (x->dial == NOT_DIALLED) {
		size_t since = round - x->round;

		x->dial = since < NOT_DIALLED ? (uint8_t)since : NOT_DIALLED - 1;
	}
}

static int
find_newcomers(struct newcomers *b, struct members *ms, const struct window *w)
{
	uint32_t mark = members_mark(ms), last;

	for (size_t i = 0; i < b->per_round.n; i++) {
		const struct round_digest *d = w->round.p[w->open + i];

		round_of(b, i)->first = (uint32_t)b->newcomer.n;
		for (size_t k = 0; k < d->source.n && !w->sources_apart; k++)
			if (note_source(b, ms, mark, w, i, (uint32_t)k) != 0)
				return -1;
		array_each(v, &d->visit)
			note_visit(b, ms, mark, v, i);
	}
	last = b->per_round.n == 0 ? 0 : round_of(b, b->per_round.n - 1)->ordinal;
	array_each(x, &b->newcomer) {
		uint32_t age = last - round_of(b, x->round)->ordinal;

		x->age = age > 16 ? 16 : (uint8_t)age;
		x->verified = ms->m.p[x->member].now.verified > 0;
	}
	return 0;
}

/* ---- where known nodes live, and how many share an address ---- */

static int
note_member(struct newcomers *b, const struct member *m)
{
	bool known = member_is_known(m);
	struct address_use *u;

	if (known) {
		if (m->endpoint.net == NET_IPV4 && address_density_add(&b->density, m->endpoint.ip) != 0)
			return -1;
		b->port_count[m->endpoint.port]++;
		b->known++;
	}
	if ((u = index_add_item(&b->addresses, address_number(m->endpoint), &b->ports)) == NULL)
		return -1;
	u->nodes++;
	u->known += known;
	return 0;
}

static int
survey_members(struct newcomers *b, struct members *ms, const struct window *w)
{
	uint32_t mark = members_mark(ms);

	for (size_t i = 0; i < w->round.n; i++) {
		array_each(s, &w->round.p[i]->source) {
			struct member *m = member_of(ms, s->node);

			if (m->mark == mark)
				continue;
			m->mark = mark;
			if (note_member(b, m) != 0)
				return -1;
		}
	}
	address_density_fit(&b->density);
	return 0;
}

/* ---- cells ---- */

uint8_t
life_cell_of(unsigned n, bool gaps)
{
	static const uint8_t whole[] = { LIFE_1, LIFE_1, LIFE_2, LIFE_3, LIFE_4, LIFE_8, LIFE_8,
	    LIFE_8, LIFE_8 };

	if (n > 8)
		return LIFE_LONG;
	return (uint8_t)(whole[n] + (n > 1 && gaps));
}

uint8_t
life_cell(uint32_t mask, bool later, unsigned age)
{
	uint32_t seen = age >= 15 ? mask : mask & ((UINT32_C(2) << age) - 1);

	if (later && age >= 16)
		return LIFE_LONG;
	return life_cell_of((unsigned)__builtin_popcount(seen), (seen & (seen + 1)) != 0);
}

static uint8_t
life_class(uint8_t cell, unsigned age)
{
	if (age < 2)
		return RC_N - 1;
	return cell == LIFE_1 ? 0 : cell < LIFE_8 ? 1 : 2;
}

bool
newcomer_is_unreached(const struct newcomer *x)
{
	return x->dial != NOT_DIALLED && x->cell[FAM_DIAL] == 0;
}

static uint8_t
address_cell(const struct newcomers *b, const struct address_space *space, struct newcomer *x,
    const struct member *m)
{
	enum address_class class = endpoint_class(space, m->endpoint, m->now.first_ms);
	uint32_t k = index_find(&b->addresses, address_number(m->endpoint));
	const struct address_use *u = &b->ports.p[k];
	bool other_known = u->known > (uint32_t)member_is_known(m);
	double bin;

	x->ports = u->nodes > UINT16_MAX ? UINT16_MAX : (uint16_t)u->nodes;
	/* Where the nodes of other networks gather is not learned: their address says nothing. */
	x->gain = m->endpoint.net == NET_IPV4
	    ? (float)address_density_gain(&b->density, m->endpoint.ip) : 0;
	if (class != ADDRESS_ORDINARY)
		return class == ADDRESS_SPECIAL ? CELL_SPECIAL : CELL_UNALLOCATED;
	if (u->nodes >= HOST_PORTS)
		return CELL_SHARED_HOST;
	if (u->nodes >= MANY_PORTS)
		return CELL_SHARED_MANY;
	if (other_known)
		return CELL_SHARED;
	bin = floor((x->gain + 6) / 1.5);
	return (uint8_t)(CELL_GAIN + fmin(fmax(bin, 0), ADDRESS_CELLS - 1 - CELL_GAIN));
}

static uint8_t
port_cell(const struct newcomers *b, const struct member *m)
{
	uint16_t port = m->endpoint.port;
	double known = b->port_count[port] - (double)member_is_known(m);

	if (known >= 2 && known >= POPULAR_PORT * b->known)
		return CELL_POPULAR_PORT;
	return port == 0 ? 0 : port < 1024 ? 1 : (uint8_t)(2 + (port >> 11));
}

static uint8_t
how_many(unsigned n)
{
	return n <= 1 ? 0 : n == 2 ? 1 : n <= 5 ? 2 : 3;
}

static void
describe(struct newcomers *b, const struct members *ms, const struct window *w,
    const struct address_space *space, struct newcomer *x)
{
	const struct member *m = &ms->m.p[x->member];
	const struct source *s = &w->round.p[w->open + x->round]->source.p[x->source];

	memset(x->context, 0, sizeof(x->context));
	x->cell[FAM_ADDRESS] = address_cell(b, space, x, m);
	x->cell[FAM_PORT] = port_cell(b, m);
	x->cell[FAM_LIFE] = life_cell(x->mask, x->later, x->age);
	x->context[FAM_LIFE] = x->age;
	x->rc = life_class(x->cell[FAM_LIFE], x->age);
	x->cell[FAM_DIAL] = x->dial == NOT_DIALLED && x->age < 16 ? CELL_NONE : x->verified;
	x->context[FAM_DIAL] = x->dial;
	x->cell[FAM_CONTENT] = (uint8_t)(how_many(s->claims) * 4 + how_many(s->links));
	x->context[FAM_CONTENT] = x->context[FAM_TIMER] = x->context[FAM_HASH] =
	    x->rc + (newcomer_is_unreached(x) ? RC_N : 0);
	x->cell[FAM_TIMER] = s->ttl == TTL_UNKNOWN ? CELL_NONE
	    : (uint8_t)(s->ttl / 100 > TIMER_CELLS - 1 ? TIMER_CELLS - 1 : s->ttl / 100);
	shared_files_describe(b, ms, w, x);
}

int
newcomers_find(struct newcomers *b, struct members *ms, const struct window *w,
    const struct address_space *space)
{
	address_density_clear(&b->density);
	if (rate_rounds(b, ms, w) != 0 || survey_members(b, ms, w) != 0 ||
	    find_newcomers(b, ms, w) != 0 || shared_files_find(b, ms, w) != 0) {
		log_error("out of memory");
		return -1;
	}
	array_each(x, &b->newcomer)
		describe(b, ms, w, space, x);
	return 0;
}
