/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/node.h"

#include <stdlib.h>

#include "data/lib/prng.h"

/* Protocol 4.1-1 and 4.2. */
#define ACCEPT_DOWN	10
#define ACCEPT_UP	4
#define KEEP_UP		3
#define KEEP_DOWN	5
#define KEEP_PORT0	2

#define CROWD_ALIKE	12	/* of links that are not played: at most about two words */
#define CROWD_LASTS	1800000	/* world ms until a node may have places again */

/* ---- the stage --------------------------------------------------------------- */

struct stage *
stage_new(struct world *world, const struct stage_ops *ops, uint64_t seed)
{
	struct stage *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->world = world;
	s->ops = ops;
	s->seed = prng_mix(seed);
	s->slots = world_slots(world);
	if ((s->host = calloc(s->slots, sizeof(*s->host))) != NULL)
		return s;
	stage_free(s);
	return NULL;
}

void
stage_free(struct stage *s)
{
	if (s == NULL)
		return;
	free(s->host);
	free(s);
}

double
stage_seconds(const struct stage *s)
{
	return (double)s->now / 1000;
}

/* ---- coming and going ---------------------------------------------------------- */

/* The overlay goes on without the sensor: most nodes have room, some have none. */
static void
take_places(struct lab_node *h)
{
	uint64_t when = (uint64_t)(h->stage->now / CROWD_LASTS);
	uint64_t x = prng_mix(h->stage->seed ^ prng_mix(h->node.slot ^ prng_mix(when)));

	if (prng_unit(x) >= h->stage->crowded)
		return;
	h->others_up = KEEP_UP;
	h->others_down = KEEP_DOWN;
	h->others_alike = prng_below(&x, CROWD_ALIKE) + 1;
}

static struct lab_node *
host_new(struct stage *s, const struct world_node *n)
{
	struct lab_node *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->stage = s;
	h->node = *n;
	h->role = role_of(world_hostile(s->world, n->slot));
	h->prng = prng_mix(s->seed ^ prng_mix(n->slot));
	h->uptime_at_zero = prng_below(&h->prng, SPREAD_UPTIME * 1000);
	h->prng ^= prng_mix(++s->hosts);	/* the rest differs from visit to visit */
	h->query_id = (int32_t)prng_below(&h->prng, 100000);
	h->budgeted = -1;
	take_places(h);
	return h;
}

/* The node moved or went: nobody can be linked with it where it was. */
static void
drop_all(struct lab_node *h)
{
	for (struct peer *p = h->first; p != NULL; p = p->next)
		peer_drop(p, LEAVE_GONE);
}

struct lab_node *
lab_node_at(struct stage *s, struct endpoint lab)
{
	struct world_node n;
	struct lab_node **at;
	uint32_t slot;

	if (!world_at(s->world, lab, stage_seconds(s), &slot) || slot >= s->slots ||
	    !world_node(s->world, slot, stage_seconds(s), &n) || n.port0)
		return NULL;
	at = &s->host[slot];
	if (*at == NULL)
		return *at = host_new(s, &n);
	if (endpoint_compare((*at)->node.lab, n.lab) != 0)
		drop_all(*at);
	(*at)->node = n;
	return *at;
}

void
lab_node_release(struct lab_node *h)
{
	if (h->first != NULL)
		return;
	h->stage->host[h->node.slot] = NULL;
	free(h);
}

bool
lab_node_alive(struct lab_node *h)
{
	struct world_node n;

	if (world_node(h->stage->world, h->node.slot, stage_seconds(h->stage), &n) &&
	    endpoint_compare(h->node.lab, n.lab) == 0)
		return true;
	drop_all(h);
	return false;
}

int64_t
lab_node_uptime(const struct lab_node *h)
{
	return h->uptime_at_zero + h->stage->now;
}

int64_t
lab_node_next(const struct lab_node *h, int64_t every)
{
	return h->stage->now + every - lab_node_uptime(h) % every;
}

/* ---- places ---------------------------------------------------------------------- */

struct places {
	unsigned	up, down, port0;
};

static struct places
count_places(const struct lab_node *h, bool complete_only)
{
	struct places n = { .up = h->others_up, .down = h->others_down };

	for (const struct peer *p = h->first; p != NULL; p = p->next) {
		if (p->leave != STAY || !p->search || (complete_only && !p->complete))
			continue;
		n.up += p->upstream;
		n.down += !p->upstream;
		n.port0 += !p->upstream && p->port0;
	}
	return n;
}

bool
lab_node_full(const struct lab_node *h)
{
	struct places n = count_places(h, false);

	return n.down > ACCEPT_DOWN || n.up > ACCEPT_UP;
}

/* The least alike of those downstream; the youngest of equals. */
static struct peer *
least_alike(const struct lab_node *h, bool port0_only)
{
	struct peer *least = NULL;
	uint32_t alike, least_is = UINT32_MAX;

	for (struct peer *p = h->first; p != NULL; p = p->next) {
		if (p->leave != STAY || !p->complete || !p->search || p->upstream ||
		    (port0_only && !p->port0))
			continue;
		if ((alike = peer_alike(p)) < least_is) {
			least = p;
			least_is = alike;
		}
	}
	return least;
}

/* Exactly one too many is told to go; of more, one is cut off. */
static bool
within(struct lab_node *h, unsigned have, unsigned keep, bool port0)
{
	struct peer *p;

	if (have <= keep)
		return true;
	p = least_alike(h, port0);
	if (!port0 && h->others_down > 0 && peer_alike(p) >= h->others_alike)
		h->others_down--;	/* another one is told, or cut off */
	else if (have == keep + 1)
		lab_node_farewell(p);
	else
		peer_drop(p, LEAVE_EVICTED);
	return false;
}

/* The youngest stands for the one in the highest slot of a node's table. */
static bool
within_upstream(struct lab_node *h, unsigned have)
{
	struct peer *p = h->first;

	if (have <= KEEP_UP)
		return true;
	while (p->leave != STAY || !p->complete || !p->search || !p->upstream)
		p = p->next;
	peer_drop(p, LEAVE_EVICTED);
	return false;
}

bool
lab_node_budget(struct lab_node *h)
{
	struct places n;
	bool up, down;

	if (h->budgeted == h->stage->now)
		return h->in_budget;	/* one look a second, whichever link asks */
	h->budgeted = h->stage->now;
	n = count_places(h, true);
	up = within_upstream(h, n.up);
	down = within(h, n.down, KEEP_DOWN, false) && within(h, n.port0, KEEP_PORT0, true);
	h->in_budget = up && down;
	return h->in_budget;
}
