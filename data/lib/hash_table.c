/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/hash_table.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS	256u

_Static_assert(crypto_shorthash_KEYBYTES == sizeof(((struct hash_table *)0)->secret),
    "the secret is SipHash's key");

void
hash_table_init(struct hash_table *t, size_t entry_len, size_t key_at, size_t key_len)
{
	*t = (struct hash_table){ .entry_len = entry_len, .key_at = key_at,
	    .key_len = key_len };
	randombytes_buf(t->secret, sizeof(t->secret));
}

void
hash_table_init_hashes(struct hash_table *t, size_t entry_len, size_t key_at, size_t key_len)
{
	hash_table_init(t, entry_len, key_at, key_len);
	t->hashes = true;
}

void
hash_table_free(struct hash_table *t)
{
	free(t->slot);
	t->slot = NULL;
	t->nslots = t->n = 0;
}

void
hash_table_clear(struct hash_table *t)
{
	t->n = 0;
	if (t->nslots > 0)
		memset(t->slot, 0, t->nslots * t->entry_len);
}

static bool
is_free(const void *entry)
{
	return *(const uint32_t *)entry == 0;
}

static const void *
key_of(const struct hash_table *t, const void *entry)
{
	return t->key_of == NULL ? (const unsigned char *)entry + t->key_at :
	    t->key_of(t->arg, *(const uint32_t *)entry & t->number);
}

static uint64_t
hash_of(const struct hash_table *t, const void *key)
{
	uint64_t h;

	if (t->hashes)
		memcpy(&h, key, sizeof(h));
	else
		crypto_shorthash((unsigned char *)&h, key, t->key_len, t->secret);
	return h;
}

/* The bits of a hash that an index keeps beside the number. */
static uint32_t
tag_of(const struct hash_table *t, uint64_t hash)
{
	return (uint32_t)(hash >> 32) & ~t->number;
}

static bool
holds(const struct hash_table *t, const void *entry, const void *key, uint64_t hash)
{
	if (t->key_of != NULL && (*(const uint32_t *)entry & ~t->number) != tag_of(t, hash))
		return false;
	return memcmp(key_of(t, entry), key, t->key_len) == 0;
}

/* The slot that holds key, or the free one where it belongs. */
static void *
slot_of(const struct hash_table *t, const void *key, uint64_t hash)
{
	for (size_t i = (size_t)hash & (t->nslots - 1);; i = (i + 1) & (t->nslots - 1)) {
		void *entry = t->slot + i * t->entry_len;

		if (is_free(entry) || holds(t, entry, key, hash))
			return entry;
	}
}

void *
hash_table_find(const struct hash_table *t, const void *key)
{
	void *entry = t->n == 0 ? NULL : slot_of(t, key, hash_of(t, key));

	return entry == NULL || is_free(entry) ? NULL : entry;
}

/* Twice the slots, every entry in its new place. */
static bool
grow(struct hash_table *t)
{
	struct hash_table old = *t;
	size_t nslots = old.nslots == 0 ? FIRST_SLOTS : old.nslots * 2;
	unsigned char *slot = calloc(nslots, t->entry_len);

	if (slot == NULL)
		return false;
	t->slot = slot;
	t->nslots = nslots;
	for (const void *e = NULL; (e = hash_table_next(&old, e)) != NULL;) {
		const void *key = key_of(t, e);

		memcpy(slot_of(t, key, hash_of(t, key)), e, t->entry_len);
	}
	free(old.slot);
	return true;
}

/* A free slot for a key that is not there; NULL without memory. */
static void *
new_slot(struct hash_table *t, const void *key, uint64_t hash)
{
	if (t->n + 1 > t->nslots / 4 * 3 && !grow(t))
		return NULL;
	t->n++;
	return slot_of(t, key, hash);
}

void *
hash_table_add(struct hash_table *t, const void *key)
{
	unsigned char *entry = new_slot(t, key, hash_of(t, key));

	if (entry != NULL)
		memcpy(entry + t->key_at, key, t->key_len);
	return entry;
}

void *
hash_table_next(const struct hash_table *t, const void *entry)
{
	size_t i = entry == NULL ? 0 :
	    (size_t)((const unsigned char *)entry - t->slot) / t->entry_len + 1;

	for (; i < t->nslots; i++)
		if (!is_free(t->slot + i * t->entry_len))
			return t->slot + i * t->entry_len;
	return NULL;
}

int
hash_table_keep(struct hash_table *t, bool (*stays)(const void *, const void *), const void *arg)
{
	struct hash_table kept = *t;

	kept.slot = NULL;
	kept.nslots = kept.n = 0;
	/* In the order of their old hashes entries would crowd in a smaller table. */
	randombytes_buf(kept.secret, sizeof(kept.secret));
	for (const unsigned char *e = NULL; (e = hash_table_next(t, e)) != NULL;) {
		void *copy;

		if (!stays(e, arg))
			continue;
		if ((copy = hash_table_add(&kept, e + t->key_at)) == NULL) {
			hash_table_free(&kept);
			return -1;
		}
		memcpy(copy, e, t->entry_len);
	}
	hash_table_free(t);
	*t = kept;
	return 0;
}

size_t
hash_table_bytes(const struct hash_table *t)
{
	return t->nslots * t->entry_len;
}

/* ---- an index ---- */

void
hash_index_init(struct hash_table *t, size_t key_len, uint32_t most, hash_index_key_fn *fn,
    const void *arg)
{
	hash_table_init(t, sizeof(uint32_t), 0, key_len);
	t->key_of = fn;
	t->arg = arg;
	while (t->number < most)
		t->number = t->number << 1 | 1;
}

uint32_t
hash_index_find(const struct hash_table *t, const void *key)
{
	const uint32_t *entry = hash_table_find(t, key);

	return entry != NULL ? *entry & t->number : 0;
}

int
hash_index_add(struct hash_table *t, const void *key, uint32_t number)
{
	uint64_t hash = hash_of(t, key);
	uint32_t *entry = new_slot(t, key, hash);

	if (entry == NULL)
		return -1;
	*entry = number | tag_of(t, hash);
	return 0;
}
