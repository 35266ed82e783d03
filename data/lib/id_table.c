/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/id_table.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS	1024u

_Static_assert(crypto_shorthash_KEYBYTES == sizeof(((struct id_table *)0)->secret),
    "the secret is SipHash's key");

void
id_table_init(struct id_table *in, size_t key_len, size_t values, size_t max_slots)
{
	memset(in, 0, sizeof(*in));
	in->key_len = key_len;
	in->values = values;
	in->max = max_slots;
	randombytes_buf(in->secret, sizeof(in->secret));
}

void
id_table_init_hashes(struct id_table *in, size_t key_len, size_t values, size_t max_slots)
{
	id_table_init(in, key_len, values, max_slots);
	in->hashes = true;
}

void
id_table_free(struct id_table *in)
{
	free(in->slot);
	in->slot = NULL;
	in->nslots = in->n = 0;
}

/* Of a slot, in words of four bytes. */
static size_t
width(const struct id_table *in)
{
	return in->values + in->key_len / sizeof(uint32_t);
}

void
id_table_clear(struct id_table *in)
{
	in->n = 0;
	if (in->nslots > 0)
		memset(in->slot, 0, in->nslots * width(in) * sizeof(*in->slot));
}

bool
id_table_is_full(const struct id_table *in, size_t n)
{
	return in->n + n > in->max / 3 * 2;
}

static size_t
hash_of(const struct id_table *in, const void *key)
{
	uint64_t h;

	if (in->hashes)
		memcpy(&h, key, sizeof(h));
	else
		crypto_shorthash((unsigned char *)&h, key, in->key_len, in->secret);
	return (size_t)h;
}

/* The slot that holds key, or the free one where it belongs. */
static uint32_t *
slot_of(const struct id_table *in, const void *key)
{
	uint32_t *slot;
	size_t i;

	for (i = hash_of(in, key) & (in->nslots - 1);; i = (i + 1) & (in->nslots - 1)) {
		slot = in->slot + i * width(in);
		if (slot[0] == 0 || memcmp(slot + in->values, key, in->key_len) == 0)
			return slot;
	}
}

const uint32_t *
id_table_find(const struct id_table *in, const void *key)
{
	const uint32_t *slot = in->n == 0 ? NULL : slot_of(in, key);

	return slot == NULL || slot[0] == 0 ? NULL : slot;
}

static void
put(struct id_table *in, const void *key, const uint32_t *values)
{
	uint32_t *slot = slot_of(in, key);

	memcpy(slot, values, in->values * sizeof(*slot));
	memcpy(slot + in->values, key, in->key_len);
}

/* Twice the slots, every key in its new place. */
static int
grow(struct id_table *in)
{
	struct id_table old = *in;
	size_t nslots = old.nslots == 0 ? FIRST_SLOTS : old.nslots * 2;
	uint32_t *slot = calloc(nslots, width(in) * sizeof(*slot));

	if (slot == NULL)
		return -1;
	in->slot = slot;
	in->nslots = nslots;
	for (size_t i = 0; i < old.nslots; i++) {
		const uint32_t *from = old.slot + i * width(in);

		if (from[0] != 0)
			put(in, from + in->values, from);
	}
	free(old.slot);
	return 0;
}

int
id_table_add(struct id_table *in, const void *key, const uint32_t *values)
{
	if (in->n + 1 > in->nslots / 3 * 2 && grow(in) != 0)
		return -1;
	put(in, key, values);
	in->n++;
	return 0;
}
