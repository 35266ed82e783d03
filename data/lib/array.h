/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An array that grows, of items of one size.  Zeroed is empty; whoever declares
 * it frees it.  Items move when it grows: keep indices, not pointers.
 */
#ifndef KANSOKU_DATA_LIB_ARRAY_H
#define KANSOKU_DATA_LIB_ARRAY_H

#include <stddef.h>
#include <stdint.h>

struct array {
	void	*p;
	size_t	 n, room;
};

/* Room for one more item at the end, zeroed; NULL without memory. */
void	*array_add(struct array *, size_t size);
/* At least n items, the new ones zeroed.  0, or -1 without memory. */
int	 array_reach(struct array *, size_t size, size_t n);
void	 array_free(struct array *);

/*
 * Numbers for 64-bit keys: 0, 1, 2, ... in order of first sight.  Open
 * addressing.  Keys are ids or digests, so nobody can choose which ones collide.
 */
struct index {
	uint64_t	*key;		/* n of them */
	uint32_t	*slot;		/* 1 + number, 0 is free; size is a power of two */
	size_t		 n, room, nslots;
};

#define INDEX_NONE	UINT32_MAX

/* The number of the key, which is added if new; INDEX_NONE without memory. */
uint32_t index_add(struct index *, uint64_t key);
uint32_t index_find(const struct index *, uint64_t key);	/* INDEX_NONE: not there */
void	 index_clear(struct index *);				/* keeps the memory */
void	 index_free(struct index *);

#endif
