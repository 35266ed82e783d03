/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The addresses that each node may ever have, one to one.
 *
 * A pool's node of rank r owns the indexes r + g * ranks of its area, for all
 * generations g.  An index is scrambled into an address of the area's /16
 * blocks (last octet 1..254), and counted through to an address on loopback.
 * The map therefore needs no table, no clock, and no node to be online.
 */
#include "tests/lab/world_impl.h"

#include <math.h>
#include <string.h>

#define PER_BLOCK	(256 * 254)	/* addresses of a /16 that are used */
#define LAB_FIRST	0x7f000002u	/* 127.0.0.2 */
#define LAB_ROOM	(0x7ffffffeu - LAB_FIRST + 1)	/* up to 127.255.255.254 */
#define FEWEST_GENERATIONS 16	/* so that an injector finds an address that answers */

/*
 * A model of where Japanese nodes live, on the /8s that were in use there in
 * 2009 and 2010; it is not a registry.  Pool 0 is Japan without home users.
 */
static const struct pool_blocks { uint8_t pool, a, first, last; } japan[] = {
	{ 1, 126, 0, 255 },
	{ 2, 219, 0, 63 }, { 2, 220, 0, 63 }, { 2, 221, 16, 63 },
	{ 3, 60, 32, 95 }, { 3, 123, 216, 230 }, { 3, 114, 144, 191 },
	{ 4, 61, 192, 215 }, { 4, 125, 0, 31 },
	{ 5, 122, 16, 31 }, { 5, 122, 208, 223 }, { 5, 124, 84, 103 },
	{ 6, 58, 0, 3 }, { 6, 58, 84, 98 }, { 6, 58, 188, 191 },
	{ 7, 210, 128, 175 },
	{ 8, 218, 40, 47 }, { 8, 218, 110, 143 },
	{ 9, 222, 0, 15 }, { 9, 222, 144, 159 },
	{ 10, 180, 0, 63 },
	{ 11, 110, 0, 5 }, { 11, 110, 128, 135 },
	{ 12, 118, 0, 31 }, { 12, 118, 104, 111 },
	{ 13, 121, 80, 119 },
	{ 14, 116, 64, 94 },
	{ 15, 59, 128, 171 },
	{ 16, 211, 0, 19 },
	{ 17, 202, 208, 255 },
	{ 18, 203, 136, 141 }, { 18, 203, 165, 183 },
	{ 19, 119, 170, 175 }, { 19, 119, 224, 245 },
	{ 20, 115, 30, 39 }, { 20, 115, 124, 131 }, { 20, 115, 160, 179 },
	{ 21, 117, 18, 20 }, { 21, 117, 102, 109 },
	{ 22, 113, 32, 43 }, { 22, 113, 144, 159 },
	{ 23, 112, 68, 71 }, { 23, 112, 136, 139 },
	{ 24, 120, 50, 51 }, { 24, 120, 136, 143 },
	{ 0, 133, 0, 255 }, { 0, 150, 0, 100 }, { 0, 153, 120, 255 }, { 0, 157, 1, 120 },
	{ 0, 160, 11, 28 }, { 0, 160, 180, 253 }, { 0, 163, 128, 227 }, { 0, 183, 72, 77 },
	{ 0, 111, 64, 111 }, { 0, 61, 112, 127 }, { 0, 60, 236, 239 }, { 0, 122, 1, 3 },
	{ 0, 124, 32, 47 }, { 0, 124, 140, 159 }, { 0, 125, 170, 175 }, { 0, 202, 11, 48 },
	{ 0, 203, 74, 83 }, { 0, 210, 188, 255 }, { 0, 211, 120, 135 }, { 0, 218, 216, 231 },
	{ 0, 219, 96, 127 }, { 0, 219, 160, 255 }, { 0, 220, 96, 159 }, { 0, 221, 112, 127 },
	{ 0, 221, 184, 191 }, { 0, 222, 224, 231 }, { 0, 59, 84, 87 }, { 0, 118, 152, 159 },
	{ 0, 121, 1, 3 },
};
#define HOME_POOLS	24

static const struct pool_blocks abroad[] = {
	{ 0, 24, 16, 17 }, { 0, 61, 224, 227 }, { 0, 66, 65, 66 }, { 0, 68, 36, 37 },
	{ 0, 71, 192, 193 }, { 0, 76, 90, 91 }, { 0, 81, 56, 57 }, { 0, 82, 224, 225 },
	{ 0, 84, 56, 57 }, { 0, 87, 64, 65 }, { 0, 91, 16, 17 }, { 0, 98, 208, 209 },
	{ 0, 140, 112, 119 }, { 0, 189, 24, 25 }, { 0, 211, 200, 203 }, { 0, 213, 112, 113 },
};

/* ---- areas ------------------------------------------------------------------------ */

/* Gives the block to the area that is being made; false if another one has it. */
static bool
add_block(struct world *w, struct area *a, unsigned first, unsigned second)
{
	uint16_t b = (uint16_t)(first << 8 | second);

	if (w->area_of[b] != NO_AREA)
		return false;
	w->area_of[b] = (uint16_t)w->nareas;
	w->place_of[b] = (uint16_t)a->blocks++;
	w->block[w->nblock++] = b;
	return true;
}

static struct area *
begin_area(struct world *w, uint32_t pool)
{
	struct area *a = &w->area[w->nareas];

	*a = (struct area){ .pool = pool, .first_block = w->nblock };
	return a;
}

static void
end_area(struct world *w, struct area *a)
{
	permutation_init(&a->order, a->blocks * PER_BLOCK,
	    prng_keyed(w->seed, DRAW_AREA, w->nareas, 0));
	w->nareas++;
}

static char *
listed_area(struct world *w, const char *path, int line, uint32_t pool,
    const struct block_list *list)
{
	struct area *a = begin_area(w, pool);

	for (uint32_t i = 0; i < list->n; i++)
		for (unsigned b = list->range[i].first; b <= list->range[i].last; b++)
			if (!add_block(w, a, list->range[i].a, b))
				return ini_table_complaint(path, line, "block %u.%u is in another pool "
				    "already, or twice here; name each /16 once", list->range[i].a, b);
	end_area(w, a);
	return NULL;
}

static void
built_in_area(struct world *w, uint32_t pool, const struct pool_blocks *p, size_t n,
    uint8_t which)
{
	struct area *a = begin_area(w, pool);

	for (size_t i = 0; i < n; i++)
		if (p[i].pool == which)
			for (unsigned b = p[i].first; b <= p[i].last; b++)
				add_block(w, a, p[i].a, b);
	end_area(w, a);
}

static struct pool *
add_pool(struct world *w, double weight, bool foreign)
{
	struct pool *p = &w->pool[w->npools++];

	*p = (struct pool){ .weight = weight, .foreign = foreign, .move_at = FOREVER,
	    .area = { w->nareas, w->nareas } };
	return p;
}

/* Home pools of Zipf-like weights, and one abroad. */
static void
built_in_pools(struct world *w)
{
	for (uint8_t i = 1; i <= HOME_POOLS; i++) {
		add_pool(w, pow(i, -0.9), false);
		built_in_area(w, w->npools - 1, japan, sizeof(japan) / sizeof(*japan), i);
	}
	add_pool(w, 1, true);
	built_in_area(w, w->npools - 1, abroad, sizeof(abroad) / sizeof(*abroad), 0);
}

static char *
listed_pools(struct world *w, const char *path)
{
	const struct pool_settings *s = w->file.pool;
	char *why = NULL;

	for (unsigned i = 0; i < MAX_POOLS && why == NULL; i++) {
		if (s[i].line > 0) {
			add_pool(w, s[i].weight, s[i].foreign);
			why = listed_area(w, path, s[i].line, w->npools - 1, &s[i].blocks);
		}
	}
	return why;
}

/* The pool that a renumbering names: the n-th, in the file's numbering if it has pools. */
static struct pool *
named_pool(struct world *w, uint32_t number)
{
	uint32_t at = 0;

	if (w->file.pool[0].line == 0 && w->npools == HOME_POOLS + 1)
		return number <= w->npools ? &w->pool[number - 1] : NULL;
	for (uint32_t i = 0; i < MAX_POOLS; i++) {
		if (w->file.pool[i].line > 0 && i + 1 == number)
			return &w->pool[at];
		at += w->file.pool[i].line > 0;
	}
	return NULL;
}

static char *
event_areas(struct world *w, const char *path)
{
	const struct event_settings *e = w->file.event;
	struct pool *p;
	char *why = NULL;

	for (unsigned i = 0; i < MAX_EVENTS && why == NULL; i++) {
		if (e[i].line == 0 || (e[i].kind != EV_RENUMBER && e[i].kind != EV_NEW_ISP))
			continue;
		if (e[i].kind == EV_NEW_ISP) {
			w->event_pool[i] = w->npools;
			p = add_pool(w, 0, false);
		} else if ((p = named_pool(w, e[i].pool)) == NULL || p->area[1] != p->area[0])
			return ini_table_complaint(path, e[i].line, "pool = %u is not there, or is "
			    "renumbered twice", e[i].pool);
		if (e[i].kind == EV_RENUMBER) {
			p->area[1] = w->nareas;
			p->move_at = e[i].from;
			p->move_over = e[i].ramp;
		}
		why = listed_area(w, path, e[i].line, (uint32_t)(p - w->pool), &e[i].blocks);
	}
	return why;
}

/* ---- segments: slots to pools -------------------------------------------------------- */

static void
add_segment(struct world *w, uint32_t pool, uint32_t count, int event, int flood)
{
	struct pool *p = &w->pool[pool];

	if (count == 0)
		return;
	w->segment[w->nsegments++] =
	    (struct segment){ w->slots, count, pool, p->ranks, event, flood };
	w->slots += count;
	p->ranks += count;
}

/* n slots over the pools by weight; what rounding leaves goes to the next one. */
static void
spread_slots(struct world *w, double n, int event)
{
	double sum[2] = { 0, 0 }, due = 0, foreign = w->file.population.foreign;
	uint32_t given = 0, now;

	for (uint32_t i = 0; i < w->npools; i++)
		sum[w->pool[i].foreign] += w->pool[i].weight;
	if (sum[true] <= 0 || sum[false] <= 0)
		foreign = sum[true] > 0;
	for (uint32_t i = 0; i < w->npools; i++) {
		const struct pool *p = &w->pool[i];

		if (p->weight <= 0)
			continue;
		due += n * p->weight / sum[p->foreign] * (p->foreign ? foreign : 1 - foreign);
		now = (uint32_t)llround(due) - given;
		given += now;
		add_segment(w, i, now, event, -1);
	}
}

static uint32_t
home_pool(const struct world *w, uint64_t drawn)
{
	uint32_t i = prng_scale(drawn, w->npools);

	while (w->pool[i].foreign || w->pool[i].weight <= 0)
		i = (i + 1) % w->npools;
	return i;
}

static void
make_segments(struct world *w)
{
	spread_slots(w, population_expected(w), -1);
	w->base_slots = w->slots;
	for (int i = 0; i < MAX_EVENTS; i++) {
		const struct event_settings *e = &w->file.event[i];
		double n = e->size * w->file.world.nodes;

		if (e->line > 0 && e->kind == EV_NEWCOMERS)
			spread_slots(w, n / population_duty(w), i);
		if (e->line > 0 && e->kind == EV_NEW_ISP)
			add_segment(w, w->event_pool[i], (uint32_t)(n / population_duty(w)), i, -1);
	}
	for (int f = 0; f < MAX_FLOODS; f++)
		if (flood_hosted(&w->file.flood[f])) {
			w->flood[f].injector = w->slots;
			add_segment(w, home_pool(w,
			    prng_keyed(w->seed, DRAW_HOST, (uint64_t)f, 0)), 1, -1, f);
		}
}

/* How many generations of addresses there is room for on loopback, and in each pool. */
static char *
make_rooms(struct world *w, const char *path)
{
	uint64_t all = 0, base = 0;
	uint32_t most, want = w->file.churn.addresses;

	for (uint32_t i = 0; i < w->nareas; i++)
		all += w->pool[w->area[i].pool].ranks;
	most = (uint32_t)(LAB_ROOM / (all > 0 ? all : 1));
	if (want < FEWEST_GENERATIONS)
		want = FEWEST_GENERATIONS;
	for (uint32_t i = 0; i < w->npools; i++)
		w->pool[i].generations = most < want ? most : want;
	for (uint32_t i = 0; i < w->nareas; i++) {
		struct pool *p = &w->pool[w->area[i].pool];
		uint64_t n = (uint64_t)w->area[i].blocks * PER_BLOCK;

		if (p->ranks > n)
			return ini_table_complaint(path, 0, "pool %u has room for %llu nodes and needs "
			    "%u; give it more blocks", w->area[i].pool + 1, (unsigned long long)n, p->ranks);
		if (p->ranks > 0 && p->generations > n / p->ranks)
			p->generations = (uint32_t)(n / p->ranks);
	}
	for (uint32_t i = 0; i < w->nareas; i++) {
		const struct pool *p = &w->pool[w->area[i].pool];

		w->area[i].room = p->ranks * p->generations;
		w->area[i].lab_base = (uint32_t)base;
		base += w->area[i].room;
	}
	w->lab_room = (uint32_t)base;
	return NULL;
}

bool
pools_make(struct world *w, const char *path, char **why)
{
	bool listed = false;

	memset(w->area_of, 0xff, sizeof(w->area_of));
	for (unsigned i = 0; i < MAX_POOLS; i++)
		listed |= w->file.pool[i].line > 0;
	if (listed)
		*why = listed_pools(w, path);
	else
		built_in_pools(w);
	if (*why == NULL)
		*why = event_areas(w, path);
	if (*why != NULL)
		return false;
	for (size_t i = 0; i < sizeof(japan) / sizeof(*japan); i++)
		for (unsigned b = japan[i].first; b <= japan[i].last; b++)
			w->japan[w->njapan++] = (uint16_t)(japan[i].a << 8 | b);
	make_segments(w);
	return (*why = make_rooms(w, path)) == NULL;
}

/* ---- asking ------------------------------------------------------------------------------ */

const struct segment *
pools_segment(const struct world *w, uint32_t slot)
{
	uint32_t low = 0, high = w->nsegments;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (w->segment[middle].first <= slot)
			low = middle;
		else
			high = middle;
	}
	return &w->segment[low];
}

uint32_t
pools_slot(const struct world *w, uint32_t pool, uint32_t rank)
{
	for (uint32_t i = 0; i < w->nsegments; i++) {
		const struct segment *s = &w->segment[i];

		if (s->pool == pool && rank >= s->rank && rank - s->rank < s->count)
			return s->first + (rank - s->rank);
	}
	return UINT32_MAX;	/* never for a rank below the pool's ranks */
}

uint32_t
pools_public(const struct world *w, const struct area *a, uint32_t index)
{
	uint32_t at = permutation_apply(&a->order, index);
	uint32_t in = at % PER_BLOCK;

	return (uint32_t)w->block[a->first_block + at / PER_BLOCK] << 16 | in / 254 << 8 |
	    (in % 254 + 1);
}

uint32_t
pools_lab(const struct area *a, uint32_t index)
{
	return LAB_FIRST + a->lab_base + index;
}

bool
pools_find_public(const struct world *w, uint32_t ip, uint32_t *area, uint32_t *index)
{
	uint16_t b = (uint16_t)(ip >> 16);
	uint32_t last = ip & 255;
	const struct area *a;

	if (w->area_of[b] == NO_AREA || last == 0 || last == 255)
		return false;
	*area = w->area_of[b];
	a = &w->area[*area];
	*index = permutation_invert(&a->order,
	    (uint32_t)w->place_of[b] * PER_BLOCK + (ip >> 8 & 255) * 254 + last - 1);
	return *index < a->room;
}

bool
pools_find_lab(const struct world *w, uint32_t ip, uint32_t *area, uint32_t *index)
{
	uint32_t at = ip - LAB_FIRST, low = 0, high = w->nareas;

	if (ip < LAB_FIRST || at >= w->lab_room)
		return false;
	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (w->area[middle].lab_base <= at)
			low = middle;
		else
			high = middle;
	}
	*area = low;
	*index = at - w->area[low].lab_base;
	return *index < w->area[low].room;
}
