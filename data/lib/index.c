/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/index.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/*
 * A multiplication by a secret, and the finalizer of MurmurHash3, by A. Appleby, in which
 * every bit changes every other: who does not know the secret cannot tell what collides.
 */
static uint64_t
mix(const struct index *x, uint64_t k)
{
	k = (k ^ x->secret[0]) * x->secret[1];
	k ^= k >> 33;
	k *= UINT64_C(0xff51afd7ed558ccd);
	k ^= k >> 33;
	k *= UINT64_C(0xc4ceb9fe1a85ec53);
	return k ^ k >> 33;
}

/* The slot where the key is, or where it would be. */
static size_t
slot_of(const struct index *x, uint64_t key)
{
	size_t i = mix(x, key) & (x->nslots - 1);

	while (x->slot[i] != 0 && x->key[x->slot[i] - 1] != key)
		i = (i + 1) & (x->nslots - 1);
	return i;
}

static int
grow(struct index *x)
{
	size_t room = x->room == 0 ? 64 : x->room * 2;
	uint64_t *key = realloc(x->key, room * sizeof(*key));
	uint32_t *slot;

	if (key == NULL)
		return -1;
	x->key = key;
	if (x->room == 0) {
		if (getrandom(x->secret, sizeof(x->secret), 0) < 0)	/* never so short, after boot */
			x->secret[0] = x->secret[1] = (uintptr_t)key;
		x->secret[1] |= 1;
	}
	if ((slot = calloc(room * 2, sizeof(*slot))) == NULL)
		return -1;
	free(x->slot);
	x->slot = slot;
	x->nslots = room * 2;
	x->room = room;
	for (size_t i = 0; i < x->n; i++)
		x->slot[slot_of(x, x->key[i])] = (uint32_t)i + 1;
	return 0;
}

uint32_t
index_add(struct index *x, uint64_t key)
{
	size_t i;

	if (x->n == x->room && (x->n == INDEX_NONE - 1 || grow(x) != 0))
		return INDEX_NONE;
	i = slot_of(x, key);
	if (x->slot[i] == 0) {
		x->key[x->n++] = key;
		x->slot[i] = (uint32_t)x->n;
	}
	return x->slot[i] - 1;
}

uint32_t
index_find(const struct index *x, uint64_t key)
{
	size_t i;

	if (x->n == 0)
		return INDEX_NONE;
	i = slot_of(x, key);
	return x->slot[i] == 0 ? INDEX_NONE : x->slot[i] - 1;
}

void
index_clear(struct index *x)
{
	if (x->n != 0)
		memset(x->slot, 0, x->nslots * sizeof(*x->slot));
	x->n = 0;
}

void
index_free(struct index *x)
{
	free(x->key);
	free(x->slot);
	memset(x, 0, sizeof(*x));
}

void *
index_add_any(struct index *x, uint64_t key, struct array *a, size_t size)
{
	uint32_t k = index_add(x, key);

	if (k == INDEX_NONE || array_reach_any(a, size, (size_t)k + 1) != 0)
		return NULL;
	return (char *)a->p + k * size;
}
