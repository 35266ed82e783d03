/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns the classification into the verdict on a node, and into counts without the bogus. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analyze.h"
#include "analysis/rounds/stats.h"
#include "data/lib/log.h"

#define CLAIMED	((uint32_t)(SEEN_KEY | SEEN_NEIGHBOUR | SEEN_QUERY))
#define PHANTOM_P	0.999
#define ODD		1.0f	/* nats from a family that earn a source its flag */

/* ---- probabilities ---- */

static const struct newcomer *
newcomer_of(const struct analysis *a, uint32_t member, size_t *at)
{
	uint32_t k = a->classified.of_member == NULL ? 0 : a->classified.of_member[member];

	if (k == 0)
		return NULL;
	*at = k - 1;
	return &a->classified.newcomers.newcomer.p[*at];
}

/* A verdict that was settled before stays: only who was first named in an open round is asked. */
static bool
is_phantom(const struct analysis *a, uint32_t member)
{
	const struct member *m = &a->members.m.p[member];

	return a->classified.of_member != NULL && m->settled.first_round == 0 &&
	    port_fanout_has(&a->classified.fanout, m);
}

double
analysis_probability(const struct analysis *a, uint32_t member)
{
	const struct member *m = &a->members.m.p[member];
	size_t at;

	/* We spoke with it, and it is said to hold keys: it is no phantom. */
	if (m->now.verified > 0)
		return 0;
	if (is_phantom(a, member))
		return PHANTOM_P;
	if (newcomer_of(a, member, &at) != NULL)
		return a->classified.model.opinion.p[at].p;
	return m->settled.probability;
}

/* ---- flags ---- */

static uint32_t
bit(enum flag f, bool on)
{
	return on ? UINT32_C(1) << f : 0;
}

/* Nobody is known to live in its /16; other networks have none. */
static bool
is_in_new_slash16(const struct analysis *a, struct endpoint e)
{
	return e.net == NET_IPV4 &&
	    !address_density_has_slash16(&a->classified.newcomers.density, e.ip);
}

static uint32_t
member_flags(const struct analysis *a, uint32_t member)
{
	const struct member *m = &a->members.m.p[member];
	enum address_class class = endpoint_class(&a->space, m->endpoint, m->now.first_ms);
	uint32_t last = m->endpoint.net == NET_IPV4 ? m->endpoint.ip & 255 : 1;

	return bit(FLAG_SPECIAL, class == ADDRESS_SPECIAL) |
	    bit(FLAG_UNALLOCATED, class == ADDRESS_UNALLOCATED) |
	    bit(FLAG_LAST_OCTET, last == 0 || last == 255) |
	    bit(FLAG_VERIFIED, m->now.verified > 0) |
	    bit(FLAG_UNREACHABLE, m->now.verified == 0 && m->now.contact == OUT_TIMEOUT) |
	    bit(FLAG_REFUSED, m->now.verified == 0 && m->now.contact == OUT_REFUSED) |
	    bit(FLAG_NEIGHBOUR_ONLY, m->now.channels != 0 &&
	    (m->now.channels & ((uint32_t)rows_advert_bit(a->store) | SEEN_QUERY)) == 0) |
	    bit(FLAG_PORT_FANOUT, is_phantom(a, member));
}

static uint32_t
newcomer_flags(const struct analysis *a, const struct newcomer *x, const struct opinion *o)
{
	const struct member *m = &a->members.m.p[x->member];
	bool novel = is_in_new_slash16(a, m->endpoint);

	return bit(FLAG_NOVEL_SLASH16, novel) |
	    bit(FLAG_KNOWN_ADDRESS, x->cell[FAM_ADDRESS] >= CELL_SHARED &&
	    x->cell[FAM_ADDRESS] < CELL_GAIN) |
	    bit(FLAG_ONE_SHOT, x->age >= 2 && x->cell[FAM_LIFE] == LIFE_1) |
	    bit(FLAG_SHORT_LIVED, x->age >= 6 && x->cell[FAM_LIFE] < LIFE_8) |
	    bit(FLAG_HASH_FANOUT, o->evidence[EVIDENCE_HASH] >= ODD) |
	    bit(FLAG_TIMER_OUTLIER, o->evidence[EVIDENCE_TIMER] >= ODD) |
	    bit(FLAG_RELAY_BURST, o->evidence[EVIDENCE_RELAY] >= ODD) |
	    bit(FLAG_PORT_ODD, o->evidence[EVIDENCE_PORT] >= ODD) |
	    bit(FLAG_MOVED, x->cell[FAM_MOVED] == CELL_MOVED);
}

/* ---- the verdict ---- */

static enum verdict
verdict_for(const struct analysis *a, uint32_t member, double p, int64_t incident)
{
	const struct member *m = &a->members.m.p[member];
	enum verdict v;
	size_t at;

	if (is_phantom(a, member))
		return p > 0 ? VERDICT_BOGUS : VERDICT_GENUINE;
	if (newcomer_of(a, member, &at) == NULL)
		return p == 0 ? VERDICT_GENUINE : (enum verdict)m->settled.verdict;
	v = classify_verdict(&a->classified, at);
	/* Outside of floods nobody is called bogus, nor probably so. */
	return v != VERDICT_GENUINE && incident == 0 ? VERDICT_UNDETERMINED : v;
}

void
analysis_verdict(const struct analysis *a, uint32_t member, struct verdict_row *row)
{
	const struct member *m = &a->members.m.p[member];
	const struct memory *now = &m->now;
	const struct newcomer *x;
	size_t at;

	*row = (struct verdict_row){ .node = m->node, .endpoint = m->endpoint,
	    .first_round = now->first_round, .last_round = now->last_round,
	    .first_ms = now->first_ms, .last_ms = now->last_ms,
	    .rounds = now->sourced > 0 ? now->sourced : now->named,
	    .keys = sketch_count(&now->keys), .relays = sketch_count(&now->relays),
	    .contact = now->contact, .probability = analysis_probability(a, member),
	    .flags = member_flags(a, member), .incident = m->settled.incident };
	for (int e = 0; e < EVIDENCE_N; e++)
		row->evidence[e] = NAN;
	if (a->assignment.of_member != NULL && a->assignment.of_member[member] != 0)
		row->incident = a->assignment.of_member[member];
	if ((x = newcomer_of(a, member, &at)) != NULL) {
		const struct opinion *o = &a->classified.model.opinion.p[at];

		row->judged = true;
		memcpy(row->evidence, o->evidence, sizeof(row->evidence));
		if (is_phantom(a, member))	/* it decided: the mixture was not asked */
			row->evidence[EVIDENCE_FANOUT] = EVIDENCE_CAP;
		row->flags |= newcomer_flags(a, x, o);
	} else if (m->settled.judged) {
		row->judged = true;
		memcpy(row->evidence, m->settled.evidence, sizeof(row->evidence));
		row->flags |= m->settled.flags & ~bit(FLAG_VERIFIED, true);
	}
	if (row->probability == 0)
		row->incident = 0;
	row->verdict = verdict_for(a, member, row->probability, row->incident);
}

/* ---- counts without the bogus ---- */

struct clean_member { uint32_t key, any; float genuine; };
struct cleaning {
	const struct analysis *a;
	struct clean_member *m;
	double	day_keys, day_all;
	size_t	head;
	uint32_t advert;		/* rows_advert_bit */
};

static void
clean_add(struct cleaning *c, const struct round_digest *d, uint32_t now)
{
	for (size_t i = 0; i < d->named.n; i++) {
		struct clean_member *m = &c->m[c->a->members.of[d->named.p[i].node]];

		if ((d->named.p[i].bits & CLAIMED) == 0)
			continue;
		if (m->any == 0 && m->key == 0)
			m->genuine = (float)(1 - analysis_probability(c->a,
			    c->a->members.of[d->named.p[i].node]));
		c->day_all += m->any == 0 ? m->genuine : 0;
		m->any = now;
		if ((d->named.p[i].bits & c->advert) == 0)
			continue;
		c->day_keys += m->key == 0 ? m->genuine : 0;
		m->key = now;
	}
}

static void
clean_forget(struct cleaning *c, const struct round_digest *d, uint32_t then)
{
	for (size_t i = 0; i < d->named.n; i++) {
		struct clean_member *m = &c->m[c->a->members.of[d->named.p[i].node]];

		if (m->any == then) {
			c->day_all -= m->genuine;
			m->any = 0;
		}
		if (m->key == then) {
			c->day_keys -= m->genuine;
			m->key = 0;
		}
	}
}

/* Sources of this round by how genuine they are. */
static void
clean_round(const struct cleaning *c, const struct round_digest *d, struct series_row *row)
{
	const struct analysis *a = c->a;
	double bogus = 0, variance = 0, novel = 0, half, weight = sample_weight(a->window.level);

	for (size_t i = 0; i < d->named.n; i++) {
		uint32_t k = a->members.of[d->named.p[i].node];
		double p = 1 - c->m[k].genuine;

		if ((d->named.p[i].bits & c->advert) == 0)
			continue;
		bogus += p;
		variance += p * (1 - p);
		novel += is_in_new_slash16(a, a->members.m.p[k].endpoint);
	}
	bogus *= weight;
	variance = variance * weight * weight + sample_variance(bogus, a->window.level);
	half = Z95 * sqrt(variance) + 0.01 * bogus;
	row->flood = bogus;
	row->flood_low = fmax(0, bogus - half);
	row->flood_high = fmin(row->instant, bogus + half);
	row->instant_clean = fmax(0, row->instant - bogus);
	row->new16_share = row->instant > 0 ? fmin(novel * weight / row->instant, 1) : NAN;
	row->day_keys_clean = c->day_keys * weight;
	row->day_all_clean = c->day_all * weight;
	row->sampling = weight;
}

static void
clean_rounds(struct cleaning *c)
{
	const struct window *w = &c->a->window;
	struct series_row *row = c->a->row.p;

	for (size_t i = 0; i < w->round.n; i++) {
		if (!w->round.p[i]->complete)
			continue;
		for (; c->head < i && (!w->round.p[c->head]->complete ||
		    w->round.p[c->head]->end_ms <= w->round.p[i]->end_ms - DAY_MS); c->head++)
			if (w->round.p[c->head]->complete)
				clean_forget(c, w->round.p[c->head], (uint32_t)c->head + 1);
		clean_add(c, w->round.p[i], (uint32_t)i + 1);
		if (i >= w->open)
			clean_round(c, w->round.p[i], &row[i]);
	}
}

/* Fills what depends on verdicts in the rows of the open rounds. */
int
analysis_clean(struct analysis *a)
{
	struct cleaning c = { .a = a, .advert = rows_advert_bit(a->store) };

	c.m = calloc(a->members.m.n, sizeof(*c.m));
	if (c.m == NULL) {
		log_error("%s", memory_missing());
		return -1;
	}
	clean_rounds(&c);
	free(c.m);
	return 0;
}
