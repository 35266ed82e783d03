/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/silent.h"

uint32_t
silent_limit(double share)
{
	if (!(share > 0))
		return 0;
	if (share >= 1)
		return UINT32_MAX;
	return (uint32_t)(share * 4294967296.0);
}

uint32_t
silent_mix(uint32_t salt, uint32_t ip)
{
	uint32_t x = ip ^ salt;

	x ^= x >> 16;
	x *= SILENCE_MUL1;
	x ^= x >> 13;
	x *= SILENCE_MUL2;
	x ^= x >> 16;
	return x;
}

bool
silent_holds(const struct silent *s, uint32_t ip)
{
	return silent_mix(s->salt, ip) < s->limit;
}
