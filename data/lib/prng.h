/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pseudo-random numbers that come out the same for the same seed: splitmix64, as a
 * sequence with a state, and as a function of a key, which has none.  Fast and even;
 * not for secrets.
 */
#ifndef KANSOKU_DATA_LIB_PRNG_H
#define KANSOKU_DATA_LIB_PRNG_H

#include <stdint.h>

#define PRNG_STEP	UINT64_C(0x9e3779b97f4a7c15)

/* Scatters 64 bits; mixing a and b: prng_mix(a ^ prng_mix(b)). */
static inline uint64_t
prng_mix(uint64_t x)
{
	x += PRNG_STEP;
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The next 64 bits of a sequence; any state is a seed. */
static inline uint64_t
prng_next(uint64_t *state)
{
	uint64_t x = *state;

	*state += PRNG_STEP;
	return prng_mix(x);
}

/* 64 bits for a seed, a purpose and two numbers: the same question, the same answer. */
static inline uint64_t
prng_keyed(uint64_t seed, uint64_t purpose, uint64_t a, uint64_t b)
{
	return prng_mix(prng_mix(seed + purpose * PRNG_STEP + a) + PRNG_STEP * (b + 1));
}

/* ---- 64 bits as something else ---- */

/* [0, 1), of the upper 53 bits */
static inline double
prng_unit(uint64_t bits)
{
	return (double)(bits >> 11) * 0x1p-53;
}

/* [0, 1), of the lowest sixteen bits (which = 0) to the highest (3) */
static inline double
prng_part(uint64_t bits, unsigned which)
{
	return (double)(bits >> 16 * which & 0xffff) * 0x1p-16;
}

/* 0 .. n-1, of the upper 32 bits; n > 0 */
static inline uint32_t
prng_scale(uint64_t bits, uint32_t n)
{
	return (uint32_t)((bits >> 32) * n >> 32);
}

/* The next of a sequence as 0 .. n-1; n > 0 */
static inline uint32_t
prng_below(uint64_t *state, uint32_t n)
{
	return prng_scale(prng_next(state), n);
}

#endif
