/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/map_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/outfile.h"
#include "data/lib/log.h"
#include "data/lib/prng.h"
#include "node/winny/nodestr.h"

#define FEW		4	/* places of a slot that need no looking at the time */
#define KEY_LIFE_S	1800	/* 1599 s, in whole steps of the world */

struct endpoint_pair {
	struct endpoint	lab, public;
};

struct pair_list {
	struct endpoint_pair	*p;
	size_t		 n, room;
};

static bool
add_pair(struct pair_list *l, struct endpoint_pair p)
{
	struct endpoint_pair *grown;

	if (l->n == l->room) {
		size_t room = l->room == 0 ? 4096 : l->room * 2;

		if ((grown = realloc(l->p, room * sizeof(*grown))) == NULL)
			return false;
		l->p = grown;
		l->room = room;
	}
	l->p[l->n++] = p;
	return true;
}

static int
by_lab(const void *a, const void *b)
{
	const struct endpoint_pair *x = a, *y = b;

	return endpoint_compare(x->lab, y->lab);
}

/* Two slots may use the same address one after the other. */
static void
sort_unique(struct pair_list *l)
{
	size_t kept = 0;

	if (l->n > 0)
		qsort(l->p, l->n, sizeof(*l->p), by_lab);
	for (size_t i = 0; i < l->n; i++)
		if (kept == 0 || by_lab(&l->p[kept - 1], &l->p[i]) != 0)
			l->p[kept++] = l->p[i];
	l->n = kept;
}

static struct endpoint
shifted(struct endpoint lab, int port_shift)
{
	lab.port = (uint16_t)(lab.port + port_shift);
	return lab;
}

/* ---- the map ------------------------------------------------------------------ */

/* All that a slot can ever have, if that is FEW at most. */
static bool
add_fixed(const struct world *w, uint32_t slot, struct pair_list *l, bool *fixed)
{
	struct endpoint_pair p[FEW + 1];
	uint32_t n = 0;

	while (n <= FEW && world_place(w, slot, n, &p[n].lab, &p[n].public))
		n++;
	*fixed = n <= FEW;
	for (uint32_t i = 0; *fixed && i < n; i++)
		if (!add_pair(l, p[i]))
			return false;
	return true;
}

/* Adds the addresses that a slot has from time to time. */
static bool
add_changing(const struct world *w, uint32_t slot, double until, struct pair_list *l)
{
	struct endpoint before = { .ip = 0, .port = 0 };
	struct world_node n;

	for (double t = -KEY_LIFE_S; t <= until; t += WORLD_STEP_S) {
		if (!world_node(w, slot, t, &n) || endpoint_compare(n.lab, before) == 0)
			continue;
		before = n.lab;
		if (!add_pair(l, (struct endpoint_pair){ n.lab, n.public }))
			return false;
	}
	return true;
}

static bool
all_places(const struct world *w, double until, struct pair_list *l)
{
	bool fixed;

	for (uint32_t slot = 0; slot < world_slots(w); slot++)
		if (!add_fixed(w, slot, l, &fixed) ||
		    (!fixed && !add_changing(w, slot, until, l)))
			return false;
	sort_unique(l);
	return true;
}

static bool
finish_file(struct outfile *o, const char *path)
{
	if (outfile_commit(o) == 0)
		return true;
	log_error("cannot write %s: %s", path, strerror(errno));
	return false;
}

bool
map_file_write_map(const struct world *w, double seconds, int port_shift, const char *path)
{
	struct pair_list list = { 0 };
	struct outfile *o;
	bool done = false;

	if ((o = outfile_open(path, 0644)) == NULL) {
		log_error("cannot write %s: %s", path, strerror(errno));
	} else if (!all_places(w, seconds, &list)) {
		log_error("no memory for the map of %u nodes", world_slots(w));
		outfile_abandon(o);
	} else {
		FILE *f = outfile_stream(o);
		char lab[ENDPOINT_TEXT], public[ENDPOINT_TEXT];

		fprintf(f, "# lab endpoint, public endpoint\n");
		for (size_t i = 0; i < list.n; i++)
			fprintf(f, "%s %s\n",
			    endpoint_format(lab, shifted(list.p[i].lab, port_shift)),
			    endpoint_format(public, list.p[i].public));
		done = finish_file(o, path);
	}
	free(list.p);
	return done;
}

/* ---- nodes to start from ---------------------------------------------------------- */

/* Every slot once, in an order without a pattern: a stride that shares no factor. */
static uint32_t
stride(uint32_t slots)
{
	uint32_t s = (uint32_t)(prng_mix(slots) % slots) | 1, a, b, rest;

	for (;; s += 2) {
		for (a = slots, b = s; b != 0; b = rest) {
			rest = a % b;
			a = b;
		}
		if (a == 1)
			return s;
	}
}

bool
map_file_write_peers(const struct world *w, int port_shift, bool public, uint32_t want,
    const char *path)
{
	uint32_t slots = world_slots(w), step = stride(slots), written = 0;
	struct outfile *o = outfile_open(path, 0644);
	struct world_node n;
	uint64_t slot = 0;

	if (o == NULL) {
		log_error("cannot write %s: %s", path, strerror(errno));
		return false;
	}
	for (uint32_t i = 0; i < slots && written < want; i++) {
		char text[ENDPOINT_TEXT], code[NODESTR_CODE];

		slot = (slot + step) % slots;
		if (!world_node(w, (uint32_t)slot, 0, &n) || n.silent || n.port0)
			continue;
		endpoint_format(text, public ? n.public : shifted(n.lab, port_shift));
		if (nodestr_encode(code, text) == NULL)
			fprintf(outfile_stream(o), "%s\n", code);
		written++;
	}
	return finish_file(o, path);
}

uint32_t
map_file_online(const struct world *w)
{
	uint32_t online = 0;
	struct world_node n;

	for (uint32_t slot = 0; slot < world_slots(w); slot++)
		online += world_node(w, slot, 0, &n);
	return online;
}
