/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Merkle tree in the shape of RFC 6962 section 2.1, with BLAKE2b-256.
 *
 *	leaf = H(0x00 | salt | record)	node = H(0x01 | left | right)
 *	root of nothing = H("")		root of one leaf = the leaf
 *
 * A larger tree splits at the largest power of two below its size.  The salt
 * (16 random-looking bytes a leaf) keeps a hidden record from being guessed by
 * whoever holds its leaf: without it the leaves of all IPv4 addresses could be
 * tried in an hour.
 */
#ifndef KANSOKU_DATA_FORMAT_MERKLE_H
#define KANSOKU_DATA_FORMAT_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MERKLE_HASH	32
#define MERKLE_SALT	16
#define MERKLE_LEVELS	48	/* trees up to 2^48 - 1 leaves: centuries of crawling */

/*
 * A tree while it grows: the roots of its complete subtrees, one for each bit
 * that is set in n, is all that is needed.  Zeroed, it is empty.
 */
struct merkle {
	uint64_t	n;
	uint8_t		peak[MERKLE_LEVELS][MERKLE_HASH];	/* by bit of n */
};

void	 merkle_leaf(uint8_t out[MERKLE_HASH], const uint8_t salt[MERKLE_SALT],
	    const uint8_t *record, size_t len);
void	 merkle_node(uint8_t out[MERKLE_HASH], const uint8_t left[MERKLE_HASH],
	    const uint8_t right[MERKLE_HASH]);
void	 merkle_add(struct merkle *, const uint8_t leaf[MERKLE_HASH]);
void	 merkle_root(const struct merkle *, uint8_t out[MERKLE_HASH]);

/* A growing tree as bytes: n as 8, big-endian, then its peaks from the lowest bit up. */
#define MERKLE_STATE_MAX	(8 + MERKLE_LEVELS * MERKLE_HASH)
size_t	 merkle_save(const struct merkle *, uint8_t out[MERKLE_STATE_MAX]);
/* Bytes used, or 0 if they are no such tree. */
size_t	 merkle_load(struct merkle *, const uint8_t *, size_t len);

/*
 * That a leaf is in a tree: the siblings on its way up, lowest first.  Where
 * the way has no sibling (the right edge) none is listed.
 */
struct merkle_proof {
	uint64_t	index, n;	/* of the leaf; leaves in the tree */
	size_t		len;
	uint8_t		sibling[MERKLE_LEVELS][MERKLE_HASH];
};
/* False unless exactly these siblings lead from the leaf at index to the root. */
bool	 merkle_check(const struct merkle_proof *, const uint8_t leaf[MERKLE_HASH],
	    const uint8_t root[MERKLE_HASH]);

/* A whole tree, every level in memory: 64 bytes a leaf.  For proofs. */
struct merkle_tree;
/* Copies the n leaves, one after the other; NULL without memory. */
struct merkle_tree *merkle_tree_new(const uint8_t *leaves, uint64_t n);
void	 merkle_tree_free(struct merkle_tree *);		/* NULL is fine */
void	 merkle_tree_root(const struct merkle_tree *, uint8_t out[MERKLE_HASH]);
/* index < n */
void	 merkle_tree_prove(const struct merkle_tree *, uint64_t index, struct merkle_proof *);

#endif
