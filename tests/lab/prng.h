/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Choices that must differ from node to node and from link to link and yet come
 * out the same for the same seed: splitmix64.  Not for secrets.
 */
#ifndef KANSOKU_TESTS_LAB_PRNG_H
#define KANSOKU_TESTS_LAB_PRNG_H

#include <stddef.h>
#include <stdint.h>

/* Scatters 64 bits; mixing a and b: prng_mix(a ^ prng_mix(b)). */
static inline uint64_t
prng_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static inline uint64_t
prng_throw(uint64_t *state)
{
	uint64_t x = *state;

	*state += UINT64_C(0x9e3779b97f4a7c15);
	return prng_mix(x);
}

/* [0, 1) */
static inline double
prng_unit(uint64_t x)
{
	return (double)(x >> 11) * 0x1p-53;
}

/* 0 .. n-1, n > 0 */
static inline uint32_t
prng_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)((prng_throw(state) >> 32) * n >> 32);
}

#endif
