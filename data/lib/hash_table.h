/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash table with open addressing: entries of one size, each with a key of one size.
 *
 * An entry is the caller's struct.  Its first member is a uint32_t that is not 0; that
 * is how the table tells it from a free slot.  The key lies in it, so that a search
 * costs one cache line.  Entries move when the table grows.  None is removed alone: the
 * table is cleared, or another one is filled.
 *
 * An index is such a table of numbers alone, four bytes a slot, whose keys lie with what
 * they number.
 *
 * Nobody who chooses keys can make them collide: they are hashed with a secret, or are
 * such hashes.  Padding inside a key must be zero.
 */
#ifndef KANSOKU_DATA_LIB_HASH_TABLE_H
#define KANSOKU_DATA_LIB_HASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the key of what an index numbers lies; arg is the index's. */
typedef const void *hash_index_key_fn(const void *arg, uint32_t number);

struct hash_table {
	unsigned char	*slot;
	size_t		 nslots;	/* a power of two, or 0 */
	size_t		 n;		/* entries: three of four slots at most */
	size_t		 entry_len, key_at, key_len;	/* bytes */
	bool		 hashes;	/* keys are */
	hash_index_key_fn *key_of;	/* of an index; else NULL */
	const void	*arg;
	uint32_t	 number;	/* of an index: bits of an entry that are the number */
	uint8_t		 secret[16];
};

/* No memory is taken before the first entry.  entry_len is a multiple of 4. */
void	 hash_table_init(struct hash_table *, size_t entry_len, size_t key_at, size_t key_len);
/* For keys of 8 bytes or more that are hashes made with a secret: they are not hashed again. */
void	 hash_table_init_hashes(struct hash_table *, size_t entry_len, size_t key_at,
	    size_t key_len);
void	 hash_table_free(struct hash_table *);
/* Forgets everything, keeps the memory: as many entries are added again without fail. */
void	 hash_table_clear(struct hash_table *);

/* The entry of a key, until the next is added; NULL if it is not there. */
void	*hash_table_find(const struct hash_table *, const void *key);
/*
 * A new entry for a key that is not there: zeros, and the key if it lies inside.  The
 * caller sets the first member before the next call.  NULL without memory.
 */
void	*hash_table_add(struct hash_table *, const void *key);
/* The entry after this one, in no order; the first after NULL, NULL after the last. */
void	*hash_table_next(const struct hash_table *, const void *entry);
/*
 * Forgets the entries that stays is false of, and gives back the memory that they took.
 * 0; -1 without memory, and then all are still there.
 */
int	 hash_table_keep(struct hash_table *, bool (*stays)(const void *entry, const void *arg),
	    const void *arg);
size_t	 hash_table_bytes(const struct hash_table *);

/* ---- an index; hash_table_clear, _free and _bytes serve it too ---- */

/* Of numbers from 1 to most; what bits are left of 32 spare most looks at a wrong key. */
void	 hash_index_init(struct hash_table *, size_t key_len, uint32_t most, hash_index_key_fn *,
	    const void *arg);
/* The number of a key; 0 if it is not there. */
uint32_t hash_index_find(const struct hash_table *, const void *key);
/* Adds a key that is not there.  0, or -1 without memory. */
int	 hash_index_add(struct hash_table *, const void *key, uint32_t number);

#endif
