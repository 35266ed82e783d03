/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of small fixed-width keys, each with one or two numbers: what the
 * writer knows to be in the database already.  It is a memory and no more: when full it
 * forgets everything, and its owner asks the disk.
 *
 * A hash_table whose entries are the numbers and the key.  Padding inside a key must be
 * zero, its length a multiple of 4.
 */
#ifndef KANSOKU_DATA_LIB_ID_TABLE_H
#define KANSOKU_DATA_LIB_ID_TABLE_H

#include "data/lib/hash_table.h"

struct id_table {
	struct hash_table table;
	size_t		 values_len;	/* of a key, bytes: 4 or more, the first number not 0 */
	size_t		 max;		/* slots */
};

/* max_slots is a power of two. */
void		 id_table_init(struct id_table *, size_t key_len, size_t values, size_t max_slots);
/* The same for keys of 8 bytes or more that are hashes made with a secret. */
void		 id_table_init_hashes(struct id_table *, size_t key_len, size_t values,
		    size_t max_slots);
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
