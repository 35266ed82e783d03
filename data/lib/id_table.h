/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of small fixed-width keys, each with one or two numbers: what the
 * writer knows to be in the database already.  It is a memory and no more: when full it
 * forgets everything, and its owner asks the disk.
 *
 * Keys lie in the table itself, so that a search costs one cache line.  Nobody
 * who chooses keys can make them collide: they are hashed with a secret key, or
 * are such hashes.  Padding inside a key must be zero, its length a multiple of 4.
 */
#ifndef KANSOKU_DATA_LIB_ID_TABLE_H
#define KANSOKU_DATA_LIB_ID_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_table {
	uint32_t	*slot;		/* each its values (the first 0: free) and a key */
	size_t		 nslots;	/* a power of two, or 0 */
	size_t		 n;		/* slots taken, at most two of three */
	size_t		 values;	/* of a key: 1 or more */
	size_t		 key_len;	/* bytes */
	bool		 hashes;	/* keys are */
	size_t		 max;		/* slots */
	uint8_t		 secret[16];
};

/* max_slots is a power of two. */
void		 id_table_init(struct id_table *, size_t key_len, size_t values, size_t max_slots);
/* The same for keys of 8 bytes or more that are hashes made with a secret. */
void		 id_table_init_hashes(struct id_table *, size_t key_len, size_t values, size_t max_slots);
void		 id_table_free(struct id_table *);
/* Forgets everything, keeps the memory. */
void		 id_table_clear(struct id_table *);
/* No room for n more. */
bool		 id_table_is_full(const struct id_table *, size_t n);

/* The values of this key, until the next call; NULL if it is not there. */
const uint32_t	*id_table_find(const struct id_table *, const void *key);
/* Adds a key that is not there, in a set that is not full; the first value is
 * not 0.  -1 without memory. */
int		 id_table_add(struct id_table *, const void *key, const uint32_t *values);

#endif
