/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hash table of the tree: numbers for 64-bit keys, 0, 1, 2, ... in order of first
 * sight, so that what belongs to a key lies in an array by its number.  Open addressing,
 * linear probing; nothing is ever taken out singly.
 *
 * Strangers may choose the keys, such as addresses and heads of digests: where a key
 * lies depends on a secret of the table.  Its number does not.
 */
#ifndef KANSOKU_DATA_LIB_INDEX_H
#define KANSOKU_DATA_LIB_INDEX_H

#include "data/lib/array.h"

struct index {
	uint64_t	*key;		/* n of them, by number */
	uint32_t	*slot;		/* 1 + number, 0 is free; size is a power of two */
	size_t		 n, room, nslots;
	uint64_t	 secret[2];
};

#define INDEX_NONE	UINT32_MAX

/* The number of the key, which is added if new; INDEX_NONE without memory. */
uint32_t index_add(struct index *, uint64_t key);
uint32_t index_find(const struct index *, uint64_t key);	/* INDEX_NONE: not there */
void	 index_clear(struct index *);				/* keeps the memory */
void	 index_free(struct index *);

/* The item of the key in an array by number, zeroed if it is new; NULL without memory. */
#define index_add_item(x, key, a) \
	((array_item(a) *)index_add_any((x), (key), &(a)->any, sizeof((a)->p[0])))
void	*index_add_any(struct index *, uint64_t key, struct array *, size_t size);

#endif
