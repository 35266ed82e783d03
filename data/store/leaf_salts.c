/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/leaf_salts.h"

#include <sodium.h>

#include "data/format/merkle.h"

const uint8_t *
salts_get(struct salts *s, enum observation_type tree, uint64_t index)
{
	uint64_t number = index / 4;
	uint8_t what[9];

	if (s->block[tree].number != number + 1) {
		what[0] = (uint8_t)tree;
		for (int i = 0; i < 8; i++)
			what[1 + i] = (uint8_t)(number >> (56 - 8 * i));
		crypto_generichash(s->block[tree].bytes, sizeof(s->block[tree].bytes), what,
		    sizeof(what), s->secret, sizeof(s->secret));
		s->block[tree].number = number + 1;
	}
	return s->block[tree].bytes + index % 4 * MERKLE_SALT;
}
