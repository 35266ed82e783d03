/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What round_digest.c, which reads the rows of a round, hands to round_fold.c, which
 * makes sources, links, claims and what each peer delivered of its keys.
 */
#ifndef KANSOKU_ANALYSIS_ROUNDS_ROUND_DIGEST_IMPL_H
#define KANSOKU_ANALYSIS_ROUNDS_ROUND_DIGEST_IMPL_H

#include "analysis/rounds/round_digest.h"

/* One key as it was handed over; order counts from 1 in the round. */
struct sight { uint32_t source, peer; uint64_t hash; uint32_t order; uint16_t ttl; };

/* Fills the lists of the digest that keys make, which are empty; sights are reordered.
 * -1 without memory. */
int	 round_digest_fold(struct round_digest *, struct sight *, size_t n);

#define ORDER(a, b)	(((a) > (b)) - ((a) < (b)))

#endif
