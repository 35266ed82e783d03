/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chance without a state: the same question always gets the same answer.
 *
 * A throw is a hash of (seed, what it is for, two numbers).  It is no
 * cryptography and needs none; it must be fast and even.  dice.h mixes.
 */
#ifndef KANSOKU_TESTS_LAB_KEYED_RANDOM_H
#define KANSOKU_TESTS_LAB_KEYED_RANDOM_H

#include "tests/lab/prng.h"

/* What a throw is for: equal numbers for different ends must not agree. */
enum chance_for {
	CHANCE_SLOT = 1, CHANCE_SLOT_MORE, CHANCE_SESSION, CHANCE_GENERATION,
	CHANCE_MATE, CHANCE_ARRIVE, CHANCE_MOVE, CHANCE_WORDS, CHANCE_HELD,
	CHANCE_POPULAR, CHANCE_FILE, CHANCE_FILE_MORE, CHANCE_NAME, CHANCE_AREA,
	CHANCE_ENTRY, CHANCE_FRESH, CHANCE_PICK, CHANCE_KEY, CHANCE_LINK, CHANCE_FLOOD,
	CHANCE_SOURCE, CHANCE_SOURCE_MORE, CHANCE_ONOFF, CHANCE_GATE, CHANCE_HOST,
	CHANCE_SILENCE, CHANCE_COVER, CHANCE_OUTCOME, CHANCE_QUERY, CHANCE_HOSTILE
};

/* 64 even bits. */
static inline uint64_t
chance(uint64_t seed, enum chance_for what, uint64_t a, uint64_t b)
{
	uint64_t x = prng_mix(seed + (uint64_t)what * UINT64_C(0x9e3779b97f4a7c15) + a);

	return prng_mix(x + UINT64_C(0x9e3779b97f4a7c15) * (b + 1));
}

/* A throw as a whole number below n; uses the upper 32 bits. */
static inline uint32_t
chance_below(uint64_t thrown, uint32_t n)
{
	return (uint32_t)((thrown >> 32) * n >> 32);
}

/* Sixteen of a throw's bits, which = 0..3, as a number in [0, 1). */
static inline double
chance_part(uint64_t thrown, unsigned which)
{
	return (double)(thrown >> 16 * which & 0xffff) * 0x1p-16;
}

/* A one-to-one scramble of 0..n-1 (a Feistel network that walks its cycle). */
struct shuffle {
	uint64_t	key;
	uint32_t	n;
	unsigned	half;	/* bits of each half; 4^half >= n */
};

void	 shuffle_init(struct shuffle *, uint32_t n, uint64_t key);
uint32_t shuffle_to(const struct shuffle *, uint32_t i);	/* i < n */
uint32_t shuffle_from(const struct shuffle *, uint32_t i);	/* its inverse */

#endif
