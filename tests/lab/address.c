/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a slot lives, and who lives at an address.
 *
 * A slot's kind (it answers, is silent, or is port 0) is that of its very first
 * address, because the kernel computes silence from the address alone; later it
 * moves only to addresses of the same kind.
 */
#include "tests/lab/world_impl.h"

#define PROBES	256	/* tries to find an address that suits the slot */

/* Where a slot sits: behind the address of its head, which is mostly itself. */
struct seat {
	const struct segment *s;
	uint32_t	head, rank;	/* rank of the head in its pool */
	bool		mate;
};

static struct seat
seat_of(const struct world *w, uint32_t slot)
{
	struct seat it = { .s = pools_segment(w, slot) };

	it.mate = (slot - it.s->first) % 2 == 1 &&
	    prng_unit(prng_keyed(w->seed, DRAW_MATE, slot, 0)) < 2 * w->file.population.shared;
	it.head = slot - it.mate;
	it.rank = it.s->rank + (it.head - it.s->first);
	return it;
}

static const struct pool *
pool_of(const struct world *w, const struct seat *it)
{
	return &w->pool[it->s->pool];
}

/* ---- kinds ----------------------------------------------------------------------- */

int
address_class(const struct world *w, uint32_t lab)
{
	uint32_t x = silent_mix(w->silence.salt, lab);

	return x < w->port0_limit ? 2 : x < w->silence.limit ? 1 : 0;
}

/* An injector answers, whatever its first address says. */
static int
class_of(const struct world *w, const struct seat *it)
{
	if (it->s->flood >= 0)
		return 0;
	return address_class(w, pools_lab(&w->area[pool_of(w, it)->area[0]], it->rank));
}

bool
address_dialable(const struct world *w, uint32_t slot)
{
	struct seat it = seat_of(w, slot);

	return class_of(w, &it) < 2;
}

bool
address_answers(const struct world *w, uint32_t slot)
{
	struct seat it = seat_of(w, slot);

	return class_of(w, &it) == 0;
}

/* ---- addresses and ports ----------------------------------------------------------- */

static uint16_t
own_port(const struct world *w, uint32_t slot)
{
	return (uint16_t)(1024 + prng_scale(prng_keyed(w->seed, DRAW_SLOT_MORE, slot, 1),
	    32767 - 1024));
}

/* Two behind one address never have the same port. */
static uint16_t
port_of(const struct world *w, uint32_t slot, const struct seat *it)
{
	uint16_t port = own_port(w, slot);

	if (it->mate && port == own_port(w, it->head))
		port = port > 1024 ? port - 1 : port + 1;
	return port;
}

/* Does it keep its first address as long as its pool does not move? */
static bool
steady(const struct world *w, const struct seat *it)
{
	return it->s->flood >= 0 || w->file.churn.new_address <= 0 ||
	    w->file.churn.session <= 0;
}

/* The address at t, as a place in an area. */
static uint32_t
place_at(const struct world *w, const struct seat *it, double t, const struct area **area)
{
	const struct pool *p = pool_of(w, it);
	double at = population_step(t);
	bool moved = at >= p->move_at +
	    p->move_over * prng_unit(prng_keyed(w->seed, DRAW_MOVE, it->head, 0));
	uint32_t g = 0;
	int want = class_of(w, it);

	*area = &w->area[p->area[moved]];
	if (!steady(w, it))
		g = prng_scale(prng_keyed(w->seed, DRAW_GENERATION, it->head,
		    (uint64_t)population_moved(w, it->head, at)), p->generations);
	for (uint32_t i = 0; i < PROBES && i < p->generations; i++) {
		uint32_t index = it->rank + (g + i) % p->generations * p->ranks;

		if (address_class(w, pools_lab(*area, index)) == want)
			return index;
	}
	return it->rank;
}

static struct endpoint
lab_endpoint(const struct world *w, const struct area *a, uint32_t index, bool mate)
{
	return endpoint_ipv4(pools_lab(a, index), w->port[(index + mate) % w->file.lab.ports]);
}

struct endpoint
address_public(const struct world *w, uint32_t slot, double t)
{
	struct seat it = seat_of(w, slot);
	const struct area *a;
	uint32_t index = place_at(w, &it, t, &a);

	return endpoint_ipv4(pools_public(w, a, index), port_of(w, slot, &it));
}

void
address_of(const struct world *w, uint32_t slot, double t, struct endpoint *lab,
    struct endpoint *public)
{
	struct seat it = seat_of(w, slot);
	const struct area *a;
	uint32_t index = place_at(w, &it, t, &a);

	*lab = lab_endpoint(w, a, index, it.mate);
	*public = endpoint_ipv4(pools_public(w, a, index), port_of(w, slot, &it));
}

/* ---- all places of a slot ------------------------------------------------------------- */

/* The places of a steady slot: before and after its pool moves. */
static bool
steady_place(const struct world *w, const struct seat *it, uint32_t i, const struct area **a,
    uint32_t *index)
{
	const struct pool *p = pool_of(w, it);

	if (i > 1 || (i == 1 && p->area[0] == p->area[1]))
		return false;
	*index = place_at(w, it, i == 0 ? p->move_at - WORLD_STEP_S : FOREVER, a);
	return true;
}

/* The places of any other slot: the i-th of all that suit it, and each area's first, on
 * which it falls back. */
static bool
moving_place(const struct world *w, const struct seat *it, uint32_t i, const struct area **a,
    uint32_t *index)
{
	const struct pool *p = pool_of(w, it);
	uint32_t areas = 1 + (p->area[0] != p->area[1]);
	int want = class_of(w, it);

	for (uint32_t at = 0; at < areas * p->generations; at++) {
		uint32_t g = at % p->generations;

		*a = &w->area[p->area[at / p->generations]];
		*index = it->rank + g * p->ranks;
		if ((g == 0 || address_class(w, pools_lab(*a, *index)) == want) && i-- == 0)
			return true;
	}
	return false;
}

bool
world_place(const struct world *w, uint32_t slot, uint32_t i, struct endpoint *lab,
    struct endpoint *public)
{
	const struct area *a;
	struct seat it;
	uint32_t index;

	if (slot >= w->slots)
		return false;
	it = seat_of(w, slot);
	if (!(steady(w, &it) ? steady_place : moving_place)(w, &it, i, &a, &index))
		return false;
	*lab = lab_endpoint(w, a, index, it.mate);
	*public = endpoint_ipv4(pools_public(w, a, index), port_of(w, slot, &it));
	return true;
}

/* ---- back from an address ---------------------------------------------------------------- */

/* The owner of a place: the head, or with member the one behind it.  False: nobody ever does. */
static bool
owner(const struct world *w, uint32_t area, uint32_t index, bool member, uint32_t *slot,
    uint16_t *port)
{
	uint32_t pool = w->area[area].pool;
	uint32_t head = pools_slot(w, pool, index % w->pool[pool].ranks);
	struct seat it = seat_of(w, head);

	if (it.mate)
		return false;	/* it lives at another one's address */
	*slot = head + member;
	if (member) {
		if (*slot - it.s->first >= it.s->count)
			return false;
		it = seat_of(w, *slot);
	}
	*port = port_of(w, *slot, &it);
	return it.mate == member;
}

bool
world_public(const struct world *w, struct endpoint lab, struct endpoint *public)
{
	uint32_t area, index, slot;

	if (!pools_find_lab(w, lab.ip, &area, &index))
		return false;
	*public = endpoint_ipv4(pools_public(w, &w->area[area], index), 0);
	for (unsigned member = 0; member < 2; member++)
		if (lab_endpoint(w, &w->area[area], index, member).port == lab.port &&
		    owner(w, area, index, member, &slot, &public->port))
			return true;
	return false;
}

static bool
find(const struct world *w, struct endpoint public, uint32_t *slot, struct endpoint *lab)
{
	uint32_t area, index;
	uint16_t port;

	if (!pools_find_public(w, public.ip, &area, &index))
		return false;
	for (unsigned member = 0; member < 2; member++)
		if (owner(w, area, index, member, slot, &port) && port == public.port) {
			*lab = lab_endpoint(w, &w->area[area], index, member);
			return true;
		}
	return false;
}

bool
world_lab(const struct world *w, struct endpoint public, struct endpoint *lab)
{
	uint32_t slot;

	return find(w, public, &slot, lab);
}

bool
address_find(const struct world *w, struct endpoint public, uint32_t *slot)
{
	struct endpoint lab;

	return find(w, public, slot, &lab);
}

bool
world_at(const struct world *w, struct endpoint lab, double t, uint32_t *slot)
{
	struct endpoint public;

	return world_public(w, lab, &public) && address_find(w, public, slot) &&
	    population_online(w, *slot, t) &&
	    endpoint_compare(address_public(w, *slot, t), public) == 0;
}
