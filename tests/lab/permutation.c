/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/permutation.h"

#include <assert.h>

#include "data/lib/prng.h"

#define ROUNDS	4

void
permutation_init(struct permutation *s, uint32_t n, uint64_t key)
{
	assert(n > 0);
	s->key = key;
	s->n = n;
	s->half = 1;
	while (UINT64_C(1) << 2 * s->half < n)
		s->half++;
}

static uint32_t
scrambled(const struct permutation *s, unsigned round, uint32_t half)
{
	return (uint32_t)prng_mix(s->key + (uint64_t)round * PRNG_STEP + half) &
	    ((1u << s->half) - 1);
}

/* Values of n and above are stepped over: at most 3 in 4, so few steps. */
uint32_t
permutation_apply(const struct permutation *s, uint32_t i)
{
	uint32_t mask = (1u << s->half) - 1, left, right, was;
	uint64_t x = i;

	do {
		left = (uint32_t)(x >> s->half);
		right = (uint32_t)x & mask;
		for (unsigned r = 0; r < ROUNDS; r++) {
			was = right;
			right = left ^ scrambled(s, r, right);
			left = was;
		}
		x = (uint64_t)left << s->half | right;
	} while (x >= s->n);
	return (uint32_t)x;
}

uint32_t
permutation_invert(const struct permutation *s, uint32_t i)
{
	uint32_t mask = (1u << s->half) - 1, left, right, was;
	uint64_t x = i;

	do {
		left = (uint32_t)(x >> s->half);
		right = (uint32_t)x & mask;
		for (unsigned r = ROUNDS; r-- > 0;) {
			was = left;
			left = right ^ scrambled(s, r, left);
			right = was;
		}
		x = (uint64_t)left << s->half | right;
	} while (x >= s->n);
	return (uint32_t)x;
}
