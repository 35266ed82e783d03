/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/spread.h"

#include <stdlib.h>

#include "data/lib/prng.h"

#define KBPS_PER_STEP	40
#define MAX_STEPS	100
#define MIN_STEPS_UP	10
#define KEYS_PER_STEP	60
#define SERIALS_PER_STEP	2	/* a second */

/* Protocol 6.3: never rewritten above this popularity. */
#define POPULAR		160000

uint32_t
spread_steps(int32_t own, int32_t peer, bool upward)
{
	int32_t slower = own < peer ? own : peer, steps = slower / KBPS_PER_STEP;

	if (upward && steps >= 1 && steps < MIN_STEPS_UP)
		return MIN_STEPS_UP;
	if (steps < 1)
		return 1;
	return steps > MAX_STEPS ? MAX_STEPS : (uint32_t)steps;
}

void
spread_window(uint32_t uptime, uint32_t steps, uint32_t n, uint32_t *from, uint32_t *to)
{
	uint32_t width = KEYS_PER_STEP * steps;

	uptime %= SPREAD_UPTIME;
	*from = (uint32_t)((uint64_t)SERIALS_PER_STEP * uptime * steps % n);
	*to = width < n - *from ? *from + width : n;
}

size_t
spread_cap(uint32_t steps)
{
	return (steps <= 2 ? 40 : 80) * (size_t)steps + 1;
}

static uint32_t
hash_order(const struct world_key *k)
{
	return k->hash[0] | (uint32_t)k->hash[1] << 8 | (uint32_t)k->hash[2] << 16 |
	    (uint32_t)k->hash[3] << 24;
}

static int
by_hash(const void *a, const void *b)
{
	const struct spread_key *x = a, *y = b;
	uint32_t hx = hash_order(x->key), hy = hash_order(y->key);

	if (hx != hy)
		return hx < hy ? -1 : 1;
	return x->key->serial < y->key->serial ? -1 : x->key->serial > y->key->serial;
}

static struct endpoint
named_source(const struct world_key *k, const struct spread_ask *a)
{
	if (!a->upward && !k->own && k->blocks <= POPULAR &&
	    prng_unit(prng_mix(a->seed ^ prng_mix(k->serial))) < a->rewrite)
		return a->self;
	return k->source;
}

size_t
spread_pick(const struct world_key *window, size_t n, uint32_t steps,
    const struct spread_ask *a, struct spread_key out[SPREAD_MAX])
{
	size_t picked = 0, cap = spread_cap(steps);

	for (size_t i = 0; i < n && picked < SPREAD_MAX; i++) {
		if (a->port0 && !window[i].own)
			continue;
		out[picked].key = &window[i];
		out[picked++].source = named_source(&window[i], a);
	}
	qsort(out, picked, sizeof(out[0]), by_hash);
	return picked < cap ? picked : cap;
}
