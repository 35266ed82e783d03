/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world of a few nodes that a test sets by hand, in place of tests/lab/world.c:
 * it defines the world_* functions, so one file of a test program includes it.
 */
#ifndef KANSOKU_TESTS_LAB_FIXTURE_H
#define KANSOKU_TESTS_LAB_FIXTURE_H

#include <string.h>

#include "tests/lab/world.h"

#define FIX_NODES	40
#define FIX_KEYS	900

struct world {
	struct world_node node[FIX_NODES];
	bool		offline[FIX_NODES];
	struct world_key key[FIX_KEYS];
	struct world_key window[FIX_KEYS];
	size_t		nkeys, nphantoms;
	int		hostile;	/* kind of all nodes, -1 none */
};

static struct world world;

uint32_t
world_slots(const struct world *w)
{
	(void)w;
	return FIX_NODES;
}

bool
world_node(const struct world *w, uint32_t slot, double t, struct world_node *out)
{
	(void)t;
	*out = w->node[slot];
	return !w->offline[slot];
}

bool
world_at(const struct world *w, struct endpoint lab, double t, uint32_t *slot)
{
	(void)t;
	for (*slot = 0; *slot < FIX_NODES; (*slot)++)
		if (endpoint_compare(w->node[*slot].lab, lab) == 0)
			return !w->offline[*slot];
	return false;
}

int
world_hostile(const struct world *w, uint32_t slot)
{
	(void)slot;
	return w->hostile;
}

int64_t
world_start_ms(const struct world *w)
{
	(void)w;
	return INT64_C(1274400000000);
}

bool
world_public(const struct world *w, struct endpoint lab, struct endpoint *public)
{
	uint32_t slot;

	if (!world_at(w, lab, 0, &slot))
		return false;
	*public = w->node[slot].public;
	return true;
}

/* Of the first node there are six places, at 127.0.2.x; of the others one. */
bool
world_place(const struct world *w, uint32_t slot, uint32_t i, struct endpoint *lab,
    struct endpoint *public)
{
	if (i >= (slot == 0 ? 6u : 1u))
		return false;
	*lab = w->node[slot].lab;
	*public = w->node[slot].public;
	if (slot == 0)
		lab->ip = 0x7f000201 + i;
	return true;
}

uint32_t
world_key_count(const struct world *w, uint32_t slot, double t)
{
	(void)slot;
	(void)t;
	return (uint32_t)w->nkeys;
}

const struct world_key *
world_key_window(struct world *w, uint32_t slot, double t, uint32_t from, uint32_t to,
    size_t *n)
{
	(void)slot;
	(void)t;
	*n = 0;
	for (size_t i = 0; i < w->nkeys; i++)
		if (w->key[i].serial % w->nkeys >= from && w->key[i].serial % w->nkeys < to)
			w->window[(*n)++] = w->key[i];
	return w->window;
}

size_t
world_neighbours(struct world *w, uint32_t slot, double t, struct world_node *out, size_t max)
{
	size_t n = 0;

	(void)t;
	for (uint32_t i = 0; i < FIX_NODES && n < max; i++)
		if (i != slot)
			out[n++] = w->node[i];
	return n;
}

size_t
world_phantoms(struct world *w, uint32_t slot, double t, struct endpoint *out, size_t max)
{
	size_t n = w->nphantoms < max ? w->nphantoms : max;

	(void)slot;
	(void)t;
	for (size_t i = 0; i < n; i++)
		out[i] = endpoint_ipv4(0xcb007101, (uint16_t)(20000 + i));
	return n;
}

/* Forty reachable nodes of 120 KB/s at 127.0.0.1.., with a table of keys. */
static void
fixture_world(void)
{
	memset(&world, 0, sizeof(world));
	for (uint32_t i = 0; i < FIX_NODES; i++)
		world.node[i] = (struct world_node){
			.slot = i, .lab = endpoint_ipv4(0x7f000101 + i, 7743),
			.public = endpoint_ipv4(0xc6336401 + i, (uint16_t)(5000 + i)),
			.speed = 120,
			.words = { "music", "film", "" },
		};
	world.hostile = -1;
	world.nkeys = FIX_KEYS;
	for (uint32_t i = 0; i < FIX_KEYS; i++) {
		struct world_key *k = &world.key[i];

		*k = (struct world_key){ .source = endpoint_ipv4(0xc6336501 + i, 6000),
		    .size = i, .blocks = i, .mtime = 1274400000, .ttl = 1500, .version = 5,
		    .serial = 5000 + i, .name_len = 8 };
		memset(k->hash, (int)(i * 37), sizeof(k->hash));
		memcpy(k->name, "file.bin", 8);
	}
}

#endif
