/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Seen rows of many rounds in one place: exactly what the rows said, in a
 * fiftieth of the space, because who is seen in one round is mostly seen in the
 * next one, too.
 *
 * A pack holds up to 64 rounds, in the order of their ids, places 0, 1, ....  Its bytes go
 * node by node, ascending:
 *
 *	node	difference to the node before (the first: to 0)
 *	runs	how many follow
 *	run	places passed over since the run before | length * 32 + bits
 *
 * Numbers are LEB128.  A run is so many rounds, one place after the other, that
 * saw the node with the same bits.  Parts are cut between nodes, each part
 * beginning again at node 0.
 */
#ifndef KANSOKU_DATA_STORE_SEEN_PACK_H
#define KANSOKU_DATA_STORE_SEEN_PACK_H

#include "data/store/store.h"

#define PACK_ROUNDS	64

/*
 * Replaces the seen rows of these n <= PACK_ROUNDS rounds, which ascend, by a pack.
 * Inside a transaction.
 */
int	 seen_pack(struct store *, const uint32_t *rounds, size_t n);

/* Gives nodes and bits of the place in order of node, until fn returns other than 0. */
int	 seen_unpack(struct store *, int64_t pack, int place, int (*fn)(int64_t node, int bits, void *),
	    void *);

#endif
