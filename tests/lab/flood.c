/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Floods of bogus keys: which source is announced when, and what it claims.
 *
 * A flood announces sources number 0, 1, 2, ... at a steady rate while it is
 * on; a source's address, hash and name follow from its number.  Which relay
 * holds it when is relay.c's business.
 */
#include "tests/lab/world_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HORIZON_S	(400 * 86400.0)	/* no pauses are drawn after it */
#define LINK_S		3600.0		/* links are torn down every hour (protocol 4.1-11) */
#define EPHEMERAL_FIRST	32768		/* Linux's default: 28,233 ports */
#define EPHEMERAL_N	28233
#define TARGETS		200		/* targeted files are among the most popular */
#define FULL_TTL	1500
#define FRAMED_TRIES	100
#define FRAMED_HOURS	48

/* ---- when ----------------------------------------------------------------------- */

static double
drawn_within(const struct span_range *r, uint64_t drawn)
{
	return r->low + (r->high - r->low) * prng_unit(drawn);
}

static void
make_bursts(const struct world *w, unsigned n, struct flood *f)
{
	const struct flood_settings *s = f->set;
	double t = s->from, before = 0, horizon = fmin(s->until, fmax(s->from, 0) + HORIZON_S);

	if (s->off.high <= 0) {
		f->burst[f->nburst++] = (struct burst){ s->from, s->until, 0 };
		return;
	}
	while (t < horizon && f->nburst < MAX_BURSTS) {
		uint64_t i = 2 * f->nburst;
		double until = fmin(s->until,
		    t + drawn_within(&s->on, prng_keyed(w->seed, DRAW_ONOFF, n, i)));

		f->burst[f->nburst++] = (struct burst){ t, until, before };
		before += (until - t) * s->rate.per_second;
		t = until + drawn_within(&s->off, prng_keyed(w->seed, DRAW_ONOFF, n, i + 1));
	}
}

bool
flood_hosted(const struct flood_settings *s)
{
	return s->line > 0 && (s->injector == INJ_FIXED || s->injector == INJ_FRAMING) &&
	    s->channel == CHANNEL_KEYS;
}

/* Counts those of the flood's first hours in which the node is online where it began. */
static int
hours_there(const struct world *w, uint32_t slot, const struct flood_settings *s)
{
	struct endpoint there = address_public(w, slot, s->from);
	int hours = 0;

	for (int i = 0; i < FRAMED_HOURS && s->from + i * LINK_S < s->until; i++)
		hours += population_online(w, slot, s->from + i * LINK_S) &&
		    endpoint_compare(address_public(w, slot, s->from + i * LINK_S), there) == 0;
	return hours;
}

/* The slot that a framing injector picks: the steadiest of many holders that answer;
 * UINT32_MAX: nobody. */
static uint32_t
framed(const struct world *w, unsigned n, const struct flood_settings *s)
{
	uint32_t best = UINT32_MAX, slot;
	int most = 0, hours;

	if (s->injector != INJ_FRAMING || s->channel != CHANNEL_KEYS)
		return UINT32_MAX;
	for (uint64_t i = 0; i < FRAMED_TRIES; i++) {
		if (!population_pick(w, prng_keyed(w->seed, DRAW_HOST, n, 2 + i), s->from, true,
		    &slot) ||
		    !address_answers(w, slot) || (hours = hours_there(w, slot, s)) <= most)
			continue;
		most = hours;
		best = slot;
	}
	return best;
}

bool
floods_make(struct world *w)
{
	if ((w->gate = calloc(MAX_FLOODS, sizeof(*w->gate))) == NULL)
		return false;
	for (unsigned i = 0; i < MAX_FLOODS; i++) {
		struct flood *f = &w->flood[i];

		w->gate[i].epoch = INT64_MIN;
		w->gate[i].host = w->gate[i].full = UINT32_MAX;
		if (w->file.flood[i].line == 0)
			continue;
		f->set = &w->file.flood[i];
		if ((f->burst = calloc(MAX_BURSTS, sizeof(*f->burst))) == NULL)
			return false;
		make_bursts(w, i, f);
		f->framed = framed(w, i, f->set);
	}
	return true;
}

/* The last burst that began at t or before; NULL if none has. */
static const struct burst *
burst_at(const struct flood *f, double t)
{
	size_t low = 0, high = f->nburst;

	if (high == 0 || t < f->burst[0].from)
		return NULL;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (f->burst[middle].from <= t)
			low = middle;
		else
			high = middle;
	}
	return &f->burst[low];
}

bool
flood_on(const struct flood *f, double t)
{
	const struct burst *b = burst_at(f, t);

	return b != NULL && t < b->until;
}

double
flood_announced(const struct flood *f, double t)
{
	const struct burst *b = burst_at(f, t);

	return b == NULL ? 0 :
	    b->before + (fmin(t, b->until) - b->from) * f->set->rate.per_second;
}

double
flood_born(const struct flood *f, double which)
{
	const struct burst *b = &f->burst[f->nburst - 1];

	while (b > f->burst && b->before > which)
		b--;
	return b->from + (which - b->before) / f->set->rate.per_second;
}

double
flood_span(const struct world *w, const struct flood *f)
{
	return (f->set->repeat - 1) * w->file.world.round + f->set->life;
}

double
flood_weight(const struct world *w, const struct flood *f, double t)
{
	unsigned on = 0;

	for (uint32_t i = 0; i < f->set->repeat; i++)
		on += flood_on(f, t - i * w->file.world.round);
	return on * f->set->rate.per_second * f->set->life * f->set->copies;
}

bool
flood_which(const struct world *w, const struct flood *f, double t, uint64_t drawn,
    uint64_t *which)
{
	double then;

	for (unsigned i = 0; i < 4; i++, drawn = prng_mix(drawn)) {
		then = t - prng_scale(drawn, f->set->repeat) * w->file.world.round;
		if (flood_on(f, then)) {
			*which = (uint64_t)flood_announced(f, then);
			return true;
		}
	}
	return false;
}

/* ---- what -------------------------------------------------------------------------- */

bool
flood_special(uint32_t ip)
{
	static const struct { uint32_t net, mask; } special[] = {
		{ 0x00000000, 0xff000000 }, { 0x0a000000, 0xff000000 }, { 0x64400000, 0xffc00000 },
		{ 0x7f000000, 0xff000000 }, { 0xa9fe0000, 0xffff0000 }, { 0xac100000, 0xfff00000 },
		{ 0xc0000000, 0xffffff00 }, { 0xc0000200, 0xffffff00 }, { 0xc0586300, 0xffffff00 },
		{ 0xc0a80000, 0xffff0000 }, { 0xc6120000, 0xfffe0000 }, { 0xc6336400, 0xffffff00 },
		{ 0xcb007100, 0xffffff00 }, { 0xe0000000, 0xe0000000 },
	};

	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if ((ip & special[i].mask) == special[i].net)
			return true;
	return false;
}

/* "public" addresses also avoid the /8s that were unallocated in May 2009, whatever the date. */
static bool
unusable(uint32_t ip)
{
	static const uint8_t unallocated[] = {
		1, 2, 5, 14, 23, 27, 31, 36, 37, 39, 42, 46, 49, 50, 100, 101, 102, 103, 104, 105, 106,
		107, 175, 176, 177, 179, 181, 182, 185, 223
	};

	return flood_special(ip) ||
	    memchr(unallocated, (int)(ip >> 24), sizeof(unallocated)) != NULL;
}

/* A few addresses side by side, in Japan and in nobody's pool. */
static uint32_t
one_of_few(const struct world *w, unsigned f, uint64_t which)
{
	uint64_t x = prng_keyed(w->seed, DRAW_HOST, f, 1);
	uint32_t i = prng_scale(x, w->njapan);

	while (w->area_of[w->japan[i]] != NO_AREA)
		i = (i + 1) % w->njapan;
	return (uint32_t)w->japan[i] << 16 | (uint32_t)(x & 0x7f) << 8 |
	    (10 + (uint32_t)(which % w->flood[f].set->ips) % 240);
}

static uint16_t
port_of(const struct flood_settings *s, uint64_t which, uint64_t drawn)
{
	switch (s->ports) {
	case PORTS_GENUINE:
		return (uint16_t)(1024 + prng_scale(drawn, 32767 - 1024));
	case PORTS_EPHEMERAL:	/* 9973 is coprime to the number, so each port comes once */
		return (uint16_t)(EPHEMERAL_FIRST + which / s->ips * 9973 % EPHEMERAL_N);
	default:
		return (uint16_t)(1 + prng_scale(drawn, 65535));
	}
}

/* The address of a node that was online then, with its own or another port. */
static struct endpoint
node_source(const struct world *w, unsigned f, uint64_t which, uint64_t drawn)
{
	const struct flood_settings *s = w->flood[f].set;
	double t = flood_born(&w->flood[f], (double)which);
	struct endpoint e;
	uint32_t slot;

	while (!population_pick(w, drawn, t, true, &slot))
		drawn = prng_mix(drawn);
	e = address_public(w, slot, t);
	if (s->ports != PORTS_OWN)
		do
			e.port = port_of(s, which, drawn = prng_mix(drawn));
		while (address_find(w, e, &slot));
	return e;
}

struct endpoint
flood_source(const struct world *w, unsigned f, uint64_t which)
{
	const struct flood_settings *s = w->flood[f].set;
	uint64_t x = prng_keyed(w->seed, DRAW_SOURCE, f, which);
	struct endpoint e = { .ip = (uint32_t)(x >> 32), .port = 0 };

	switch (s->addresses) {
	case ADDR_PUBLIC:
		while (unusable(e.ip))
			e.ip = (uint32_t)((x = prng_mix(x)) >> 32);
		break;
	case ADDR_JAPAN:
		e.ip = (uint32_t)w->japan[prng_scale(x, w->njapan)] << 16 | (uint32_t)(x & 0xffff);
		break;
	case ADDR_NODES:
		return node_source(w, f, which, x);
	case ADDR_FEW:
		e.ip = one_of_few(w, f, which);
		break;
	default:
		break;
	}
	e.port = port_of(s, which, prng_mix(x));
	return e;
}

void
flood_key(const struct world *w, unsigned f, uint64_t which, struct world_key *k)
{
	const struct flood_settings *s = w->flood[f].set;
	uint64_t x = prng_keyed(w->seed, DRAW_FLOOD, f, which % s->hashes);
	uint32_t most = w->file.population.catalogue;

	switch (s->hash) {
	case HASH_FRESH:
		catalogue_fake(w, f, which, k);
		break;
	case HASH_WRONG:
		catalogue_fake(w, f, which % s->hashes, k);
		break;
	case HASH_TARGET:
		catalogue_key(w, prng_scale(x, most < TARGETS ? most : TARGETS), UINT32_MAX, k);
		break;
	default:	/* any file of the catalogue, by its popularity */
		catalogue_key(w, catalogue_held(w, UINT32_MAX - f, (uint32_t)which, 0),
		    UINT32_MAX, k);
	}
	k->source = flood_source(w, f, which);
	k->bogus = (uint8_t)(f + 1);
}

uint16_t
flood_ttl(const struct flood *f, double age, uint64_t drawn)
{
	double u = prng_unit(drawn), ttl;

	switch (f->set->ttl) {
	case TTL_RANDOM:
		ttl = 1 + 1598 * u;
		break;
	case TTL_EQUAL:
		ttl = FULL_TTL;
		break;
	case TTL_LOW:
		ttl = 20 + 280 * u;
		break;
	default:
		ttl = FULL_TTL + 100 * u - age;
	}
	return (uint16_t)(ttl < 1 ? 1 : ttl);
}

/* ---- through whom ------------------------------------------------------------------------ */

static void
make_gate(const struct world *w, unsigned f, struct gate *g, double t)
{
	const struct flood_settings *s = w->flood[f].set;
	uint64_t x = prng_keyed(w->seed, DRAW_GATE, f, (uint64_t)g->epoch);

	g->n = 0;
	g->host = g->full = UINT32_MAX;
	if (s->channel != CHANNEL_KEYS)
		return;
	if (s->injector == INJ_FRAMING) {
		g->host = w->flood[f].injector;
		g->full = g->slot[g->n++] = w->flood[f].framed;
		return;
	}
	if (s->injector == INJ_FIXED)
		g->host = w->flood[f].injector;
	else if (s->injector == INJ_ROVING &&
	    (!flood_on(&w->flood[f], t) || !population_pick(w, x, t, true, &g->host)))
		g->host = UINT32_MAX;
	g->full = g->host;
	for (uint32_t i = 0; i < s->entries; i++)
		if (population_pick(w, prng_mix(x + i + 1), t, true, &g->slot[g->n]))
			g->n++;
}

const struct gate *
flood_gate(const struct world *w, unsigned f, double t)
{
	struct gate *g = &w->gate[f];
	double length = w->flood[f].set->injector == INJ_ROVING ? w->file.world.round : LINK_S;
	int64_t epoch = (int64_t)floor(t / length);

	if (g->epoch != epoch) {
		g->epoch = epoch;
		make_gate(w, f, g, (double)epoch * length);
	}
	return g;
}
