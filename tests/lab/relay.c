/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key table of a relay, place by place.
 *
 * The first places are the relay's own files, always fresh.  Every other place
 * belongs to one key for 300 to 1500 seconds, then to another: a key of a
 * holder that was online when it left, or of a flood.  Sources have equal
 * weight in a table: a bogus one takes as many places as a genuine holder
 * does, times the flood's copies.  An injector's own table, and those of its
 * neighbours, are full of what it announces, with full timers; one that frames a
 * node has nothing of its own flood in its table, and that node has all of it.
 */
#include "tests/lab/world_impl.h"

#include <math.h>
#include <string.h>

#define SHORTEST_S	300	/* that a place keeps its key */
#define LIFE_S		1500	/* of a key (protocol 6.2) */
#define FULL_SPREAD	100	/* holders send 1500..1599 */
#define RESEND_S	90	/* an injector's neighbours hear of its keys so often */
#define FULL_SHARE	0.95	/* of an injector's table that is bogus, or of a framed node's */
#define OWN_REFRESH_S	60

static uint64_t
both(uint32_t a, uint32_t b)
{
	return (uint64_t)a << 32 | b;
}

void
relay_own(const struct world *w, uint32_t slot, double t, uint32_t i, struct world_key *k)
{
	uint64_t x = prng_keyed(w->seed, DRAW_KEY, both(slot, i),
	    (uint64_t)(t / OWN_REFRESH_S) << 1 | 1);

	memset(k, 0, sizeof(*k));
	catalogue_key(w, catalogue_held(w, slot, i, t), slot, k);
	k->source = address_public(w, slot, t);
	k->ttl = (uint16_t)(LIFE_S + prng_scale(x, FULL_SPREAD));
	k->own = 1;
	k->serial = i;
}

/* Genuine nodes drop such sources when they receive them (protocol 6.5). */
static bool
dropped(const struct world_key *k)
{
	return k->source.ip >> 24 == 127 || k->source.ip >> 24 == 192;
}

/* ---- near an injector ------------------------------------------------------------------ */

/* The share of this slot's table that flood f fills directly; 0 for most. */
static double
filled(const struct world *w, unsigned f, uint32_t slot, double t)
{
	const struct gate *g;
	double weight = flood_weight(w, &w->flood[f], t);

	if (weight <= 0)
		return 0;
	g = flood_gate(w, f, t);
	if (g->full == slot)
		return FULL_SHARE;
	for (uint32_t i = 0; i < g->n; i++)
		if (g->slot[i] == slot)
			return weight / (weight + w->file.keys.table);
	return 0;
}

/* The place holds what an injector announced within a key's life, sent again just now. */
static bool
fresh_entry(const struct world *w, uint32_t slot, double t, uint32_t j, struct world_key *k)
{
	for (unsigned f = 0; f < MAX_FLOODS; f++) {
		uint64_t x, which;
		double share;

		if (w->flood[f].set == NULL || w->flood[f].set->channel != CHANNEL_KEYS ||
		    (share = filled(w, f, slot, t)) <= 0)
			continue;
		x = prng_keyed(w->seed, DRAW_FRESH, both(slot, j), (uint64_t)(t / RESEND_S));
		if (prng_unit(x) >= share || !flood_which(w, &w->flood[f],
		    t - prng_unit(prng_mix(x)) * w->flood[f].set->life, prng_mix(x + 2), &which))
			continue;
		flood_key(w, f, which, k);
		k->ttl = flood_ttl(&w->flood[f], fmod(t, RESEND_S), prng_mix(x + 1));
		return flood_gate(w, f, t)->host == slot || !dropped(k);
	}
	return false;
}

/* ---- anywhere ---------------------------------------------------------------------------- */

/* The flood whose key left its origin then, by the weights of all sources; -1: none. */
static int
draw_flood(const struct world *w, double t, double u)
{
	double weight[MAX_FLOODS], sum = 0;

	for (unsigned f = 0; f < MAX_FLOODS; f++) {
		weight[f] = w->flood[f].set != NULL && w->flood[f].set->channel == CHANNEL_KEYS
				? flood_weight(w, &w->flood[f], t) : 0;
		sum += weight[f];
	}
	if (sum <= 0)
		return -1;
	u *= sum + population_holders(w, t);
	for (unsigned f = 0; f < MAX_FLOODS; f++)
		if ((u -= weight[f]) < 0)
			return (int)f;
	return -1;
}

static bool
genuine_entry(const struct world *w, double left, uint64_t drawn, struct world_key *k)
{
	uint32_t source;

	if (!population_pick(w, drawn, left, true, &source))
		return false;
	catalogue_key(w, catalogue_held(w, source,
	    prng_scale(prng_mix(drawn), population_files(w, source)), left), source, k);
	k->source = address_public(w, source, left);
	return true;
}

bool
relay_entry(const struct world *w, uint32_t slot, double t, uint32_t j, struct world_key *k)
{
	uint64_t place = prng_keyed(w->seed, DRAW_ENTRY, slot, j), drawn, which;
	double length = SHORTEST_S + (LIFE_S - SHORTEST_S) * prng_part(place, 0);
	double turn = floor(t / length + prng_part(place, 1));
	double came = (turn - prng_part(place, 1)) * length, left;
	int f;

	memset(k, 0, sizeof(*k));
	k->serial = j;
	if (w->nfloods > 0 && fresh_entry(w, slot, t, j, k))
		return true;
	drawn = prng_keyed(w->seed, DRAW_KEY, both(slot, j), (uint64_t)(int64_t)turn << 1);
	left = came - prng_part(drawn, 0) * (LIFE_S - length);
	f = w->nfloods > 0 ? draw_flood(w, left, prng_unit(prng_mix(drawn + 1))) : -1;
	if (f >= 0 && flood_which(w, &w->flood[f], left, drawn, &which)) {
		flood_key(w, (unsigned)f, which, k);
		k->ttl = flood_ttl(&w->flood[f], t - left, prng_mix(drawn + 2));
		return !dropped(k);
	}
	if (!genuine_entry(w, left, drawn, k))
		return false;
	k->ttl = (uint16_t)fmax(1, LIFE_S + FULL_SPREAD * prng_part(drawn, 1) - (t - left));
	return true;
}

/* ---- command 4 --------------------------------------------------------------------------- */

#define LINKS_S	3600	/* a node keeps its links at most so long */

/* A flood through command 4: its phantoms against the nodes that are really there. */
static bool
draw_phantom(const struct world *w, double t, uint64_t drawn, struct endpoint *phantom,
    unsigned *flood)
{
	double live[MAX_FLOODS], sum = 0, u;

	for (unsigned f = 0; f < MAX_FLOODS; f++) {
		const struct flood *it = &w->flood[f];

		live[f] = it->set != NULL && it->set->channel == CHANNEL_NEIGHBOURS ?
		    flood_announced(it, t) - flood_announced(it, t - flood_span(w, it)) : 0;
		sum += live[f];
	}
	if (sum < 1)
		return false;
	u = prng_unit(drawn) * (sum + population_holders(w, t) / w->file.population.holders);
	for (unsigned f = 0; f < MAX_FLOODS; f++) {
		if (live[f] < 1 || (u -= live[f]) >= 0)
			continue;
		u = flood_announced(&w->flood[f], t) - live[f] * prng_unit(prng_mix(drawn));
		*phantom = flood_source(w, f, (uint64_t)fmax(0, u));
		*flood = f + 1;
		return true;
	}
	return false;
}

/* The other end of a link to an injector, if place i is one; UINT32_MAX if not. */
static uint32_t
linked(const struct world *w, uint32_t slot, double t, uint32_t i)
{
	for (unsigned f = 0; f < MAX_FLOODS; f++) {
		const struct gate *g;

		if (w->flood[f].set == NULL || !flood_on(&w->flood[f], t))
			continue;
		g = flood_gate(w, f, t);
		if (g->host == slot && i < g->n)
			return g->slot[i];
		for (uint32_t e = 0; e < g->n && i == 0; e++)
			if (g->slot[e] == slot)
				return g->host;
	}
	return UINT32_MAX;
}

bool
relay_told(const struct world *w, uint32_t slot, double t, uint32_t i, uint32_t *node,
    struct endpoint *phantom, unsigned *flood)
{
	uint64_t x = prng_keyed(w->seed, DRAW_LINK, both(slot, i), (uint64_t)(t / LINKS_S));

	*flood = 0;
	if (w->nfloods > 0 && draw_phantom(w, t, x, phantom, flood))
		return true;
	*node = w->nfloods > 0 ? linked(w, slot, t, i) : UINT32_MAX;
	if (*node == UINT32_MAX && !population_pick(w, prng_mix(x), t, false, node))
		return false;
	return *node != slot && population_online(w, *node, t);
}
