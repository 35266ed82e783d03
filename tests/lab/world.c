/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/world.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lab/world_impl.h"

#define OWN_MAX		5000	/* files of one node, the most that a world file may say */
#define LIST_MAX	31	/* nodes that one farewell names (protocol 5.3) */

struct world *
world_load(const char *path, uint32_t nodes, uint64_t seed, char **why)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct population_settings *p;

	*why = NULL;
	if (w == NULL || (w->level = calloc(LEVEL_STEPS, sizeof(*w->level))) == NULL)
		goto memory;
	if (!worldfile_read(path, nodes, &w->file, why))
		goto fail;
	w->seed = prng_mix(seed != 0 ? seed : w->file.world.seed);
	for (unsigned f = 0; f < MAX_FLOODS; f++)
		w->nfloods += w->file.flood[f].line > 0;
	for (uint32_t i = 0; i < w->file.lab.ports; i++)
		w->port[i] = (uint16_t)(w->file.lab.port + i);
	p = &w->file.population;
	w->silence.salt = (uint32_t)prng_keyed(w->seed, DRAW_SILENCE, 0, 0);
	w->silence.limit = silent_limit(p->port0 + p->silent);
	w->port0_limit = silent_limit(p->port0);
	population_make(w);
	if (!pools_make(w, path, why))
		goto fail;
	population_count(w);
	w->table_room = w->file.keys.table + OWN_MAX;
	if (!floods_make(w) || (w->table = calloc(w->table_room, sizeof(*w->table))) == NULL)
		goto memory;
	return w;
memory:
	*why = ini_table_complaint(path, 0, "no memory for this world");
fail:
	world_free(w);
	return NULL;
}

void
world_free(struct world *w)
{
	if (w == NULL)
		return;
	for (unsigned f = 0; f < MAX_FLOODS; f++)
		free(w->flood[f].burst);
	free(w->level);
	free(w->gate);
	free(w->table);
	free(w);
}

struct silent
world_silence(const struct world *w)
{
	return w->silence;
}

double
world_left(const struct world *w, enum event_kind kind, double t)
{
	double v = 1;

	for (unsigned i = 0; i < MAX_EVENTS; i++) {
		const struct event_settings *e = &w->file.event[i];

		if (e->line > 0 && e->kind == (int)kind && t >= e->from && t < e->until)
			v *= 1 - e->size;
	}
	return v;
}

struct silent
world_unreached(const struct world *w, double t)
{
	uint64_t step = (uint64_t)(t / WORLD_STEP_S);

	return (struct silent){ .salt = (uint32_t)prng_keyed(w->seed, DRAW_SILENCE, 1, step),
	    .limit = silent_limit(1 - world_left(w, EV_REACH, t)) };
}

int
world_hostile(const struct world *w, uint32_t slot)
{
	double u = prng_unit(prng_keyed(w->seed, DRAW_HOSTILE, slot, 0));

	for (unsigned i = 0; i < MAX_HOSTILE; i++) {
		const struct hostile_settings *s = &w->file.hostile[i];

		if (s->line > 0 && (u -= s->share) < 0)
			return s->kind;
	}
	return -1;
}

size_t
world_ports(const struct world *w, const uint16_t **ports)
{
	*ports = w->port;
	return w->file.lab.ports;
}

int64_t
world_start_ms(const struct world *w)
{
	return w->file.world.start.ms;
}

int64_t
world_round_s(const struct world *w)
{
	return (int64_t)w->file.world.round;
}

uint32_t
world_slots(const struct world *w)
{
	return w->slots;
}

double
world_rewrite(const struct world *w)
{
	return w->file.keys.rewrite;
}

/* ---- tables -------------------------------------------------------------------------- */

/* Place i of the slot's table; false if it is empty just then. */
static bool
key_of_place(const struct world *w, uint32_t slot, double t, uint32_t own, uint32_t i,
    struct world_key *k)
{
	if (i < own) {
		relay_own(w, slot, t, i, k);
		return true;
	}
	if (!relay_entry(w, slot, t, i - own, k))
		return false;
	k->serial = i;
	return true;
}

uint32_t
world_key_count(const struct world *w, uint32_t slot, double t)
{
	(void)t;
	return population_files(w, slot) + w->file.keys.table;
}

const struct world_key *
world_key_window(struct world *w, uint32_t slot, double t, uint32_t from, uint32_t to,
    size_t *n)
{
	uint32_t own = population_files(w, slot), all = own + w->file.keys.table;

	*n = 0;
	for (uint32_t i = from; i < to && i < all && *n < w->table_room; i++)
		*n += key_of_place(w, slot, t, own, i, &w->table[*n]);
	return w->table;
}

size_t
world_neighbours(struct world *w, uint32_t slot, double t, struct world_node *out, size_t max)
{
	size_t n = 0;

	for (uint32_t i = 0; i < LIST_MAX && n < max; i++) {
		struct endpoint phantom;
		unsigned flood;
		uint32_t node;

		if (relay_told(w, slot, t, i, &node, &phantom, &flood) && flood == 0)
			n += world_node(w, node, t, &out[n]);
	}
	return n;
}

size_t
world_phantoms(struct world *w, uint32_t slot, double t, struct endpoint *out, size_t max)
{
	size_t n = 0;

	for (uint32_t i = 0; i < LIST_MAX && n < max; i++) {
		unsigned flood;
		uint32_t node;

		if (relay_told(w, slot, t, i, &node, &out[n], &flood))
			n += flood > 0;
	}
	return n;
}
