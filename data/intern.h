/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of small fixed-width keys, each with a number: what the writer knows
 * to be in the database already.  It is a memory and no more: when full it
 * forgets everything, and its owner asks the disk.
 *
 * Keys are hashed with a secret key, so that nobody who chooses keys can make
 * them collide.  Padding inside a key must be zero.
 */
#ifndef KANSOKU_DATA_INTERN_H
#define KANSOKU_DATA_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intern {
	uint32_t	*slot;		/* 1 + index of an entry; 0 is free */
	uint8_t		*entry;		/* n times a number (4 bytes) and its key */
	size_t		 nslots;	/* a power of two, or 0 */
	size_t		 n, room;	/* entries used, entries allocated */
	size_t		 key_len;
	size_t		 max;		/* entries */
	uint8_t		 secret[16];
};

void		 intern_init(struct intern *, size_t key_len, size_t max);
void		 intern_free(struct intern *);
/* Forgets everything, keeps the memory. */
void		 intern_clear(struct intern *);
bool		 intern_is_full(const struct intern *);

/* The number of this key, or 0. */
uint32_t	 intern_find(const struct intern *, const void *key);
/* Adds a key that is not there, in a set that is not full.  -1 without memory. */
int		 intern_add(struct intern *, const void *key, uint32_t number);

#endif
