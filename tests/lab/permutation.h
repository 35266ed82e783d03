/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A keyed one-to-one scramble of 0..n-1 without a table: a Feistel network that walks
 * its cycle. */
#ifndef KANSOKU_TESTS_LAB_PERMUTATION_H
#define KANSOKU_TESTS_LAB_PERMUTATION_H

#include <stdint.h>

struct permutation {
	uint64_t	key;
	uint32_t	n;
	unsigned	half;	/* bits of each half; 4^half >= n */
};

/* n > 0 */
void	 permutation_init(struct permutation *, uint32_t n, uint64_t key);
uint32_t permutation_apply(const struct permutation *, uint32_t i);	/* i < n */
uint32_t permutation_invert(const struct permutation *, uint32_t i);

#endif
