/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/intern.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS	1024u
#define NUMBER		sizeof(uint32_t)

_Static_assert(crypto_shorthash_KEYBYTES == sizeof(((struct intern *)0)->secret),
    "the secret is SipHash's key");

void
intern_init(struct intern *in, size_t key_len, size_t max)
{
	memset(in, 0, sizeof(*in));
	in->key_len = key_len;
	in->max = max;
	randombytes_buf(in->secret, sizeof(in->secret));
}

void
intern_free(struct intern *in)
{
	free(in->slot);
	free(in->entry);
	in->slot = NULL;
	in->entry = NULL;
	in->nslots = in->n = in->room = 0;
}

void
intern_clear(struct intern *in)
{
	in->n = 0;
	if (in->nslots > 0)
		memset(in->slot, 0, in->nslots * sizeof(*in->slot));
}

bool
intern_is_full(const struct intern *in)
{
	return in->n >= in->max;
}

static uint8_t *
entry_at(const struct intern *in, size_t i)
{
	return in->entry + i * (NUMBER + in->key_len);
}

/* The slot that holds key, or the free one where it belongs. */
static size_t
slot_of(const struct intern *in, const void *key)
{
	uint64_t h;
	size_t i;

	crypto_shorthash((unsigned char *)&h, key, in->key_len, in->secret);
	i = (size_t)h & (in->nslots - 1);
	while (in->slot[i] != 0 &&
	    memcmp(entry_at(in, in->slot[i] - 1) + NUMBER, key, in->key_len) != 0)
		i = (i + 1) & (in->nslots - 1);
	return i;
}

uint32_t
intern_find(const struct intern *in, const void *key)
{
	uint32_t number = 0;
	size_t i;

	if (in->n == 0)
		return 0;
	if (in->slot[i = slot_of(in, key)] != 0)
		memcpy(&number, entry_at(in, in->slot[i] - 1), NUMBER);
	return number;
}

/* Twice the slots, every entry in its new place. */
static int
grow_slots(struct intern *in)
{
	size_t nslots = in->nslots == 0 ? FIRST_SLOTS : in->nslots * 2;
	uint32_t *slot = calloc(nslots, sizeof(*slot));

	if (slot == NULL)
		return -1;
	free(in->slot);
	in->slot = slot;
	in->nslots = nslots;
	for (size_t i = 0; i < in->n; i++)
		in->slot[slot_of(in, entry_at(in, i) + NUMBER)] = (uint32_t)i + 1;
	return 0;
}

static int
grow_entries(struct intern *in)
{
	size_t room = in->room == 0 ? FIRST_SLOTS / 2 : in->room * 2;
	uint8_t *entry = realloc(in->entry, room * (NUMBER + in->key_len));

	if (entry == NULL)
		return -1;
	in->entry = entry;
	in->room = room;
	return 0;
}

int
intern_add(struct intern *in, const void *key, uint32_t number)
{
	uint8_t *e;

	/* At most two slots of three taken, so that searches stay short. */
	if (in->n + 1 > in->nslots / 3 * 2 && grow_slots(in) != 0)
		return -1;
	if (in->n == in->room && grow_entries(in) != 0)
		return -1;
	e = entry_at(in, in->n);
	memcpy(e, &number, NUMBER);
	memcpy(e + NUMBER, key, in->key_len);
	in->slot[slot_of(in, key)] = (uint32_t)++in->n;
	return 0;
}
