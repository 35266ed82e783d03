/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The salts of a round's leaves, derived from the round's secret as
 * data/store/translog.h says: to disclose one says nothing of the others.
 */
#ifndef KANSOKU_DATA_STORE_LEAF_SALTS_H
#define KANSOKU_DATA_STORE_LEAF_SALTS_H

#include "observation.h"

#define SECRET_BYTES	32

/* The last block of each tree is remembered: four leaves share one. */
struct salts {
	uint8_t		secret[SECRET_BYTES];
	struct { uint64_t number; uint8_t bytes[64]; } block[OBS_NTYPE];	/* number + 1; 0: none */
};

/* MERKLE_SALT bytes of leaf `index`; they live until the next call for the same tree. */
const uint8_t	*salts_get(struct salts *, enum observation_type tree, uint64_t index);

#endif
