/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which addresses are looked at when there are too many for the memory at hand.
 *
 * One address in 2^level is in the sample of a level: by a hash with a key that belongs to
 * the database and leaves it in no export, so that nobody can choose an address outside,
 * and by the address alone, so that all ports of a host are in or out together.  Samples
 * are nested: who is in at one level is in at all lower ones.  A count n of a sample says
 * n * 2^level of everybody (D. G. Horvitz and D. J. Thompson, JASA 47 (1952) 663-685), with
 * a variance of n * 2^level * (2^level - 1); see sample_variance.
 *
 * A node whose address prune replaced by a token is asked by that token, so it may change
 * sides; its verdict was settled long before.
 */
#ifndef KANSOKU_ANALYSIS_ROUNDS_ADDRESS_SAMPLE_H
#define KANSOKU_ANALYSIS_ROUNDS_ADDRESS_SAMPLE_H

#include "data/lib/array.h"
#include "data/store/results.h"

#define SAMPLE_LEVEL_MAX	24	/* one in 16 million */

struct address_sample {
	struct store	*store;
	uint8_t		 key[SAMPLING_KEY];
	ARRAY_OF(uint8_t) level;	/* by node: 1 + the highest that it is in; 0: not asked yet */
};

/* 0, or -1 with store_error set. */
int	 address_sample_open(struct address_sample *, struct store *);
void	 address_sample_free(struct address_sample *);
/* Is the node's address in the sample of this level?  1, 0, or -1 with a complaint made. */
int	 address_sample_has(struct address_sample *, uint32_t node, unsigned level);

/* How many each one in a sample of this level stands for. */
static inline double
sample_weight(unsigned level)
{
	return (double)(UINT32_C(1) << level);
}

/* What the drawing adds to the variance of an estimated count. */
static inline double
sample_variance(double estimate, unsigned level)
{
	return estimate * (sample_weight(level) - 1);
}

#endif
