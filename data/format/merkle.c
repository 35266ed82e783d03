/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/format/merkle.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define LEAF_SHORT	512	/* records up to here are hashed in one go */

static void
hash(uint8_t out[MERKLE_HASH], const uint8_t *p, size_t len)
{
	crypto_generichash(out, MERKLE_HASH, p, len, NULL, 0);
}

/* A record of any length, piece by piece. */
static void
long_leaf(uint8_t out[MERKLE_HASH], const uint8_t salt[MERKLE_SALT], const uint8_t *record,
    size_t len)
{
	crypto_generichash_state st;

	crypto_generichash_init(&st, NULL, 0, MERKLE_HASH);
	crypto_generichash_update(&st, (const uint8_t[]){ 0 }, 1);
	crypto_generichash_update(&st, salt, MERKLE_SALT);
	crypto_generichash_update(&st, record, len);
	crypto_generichash_final(&st, out, MERKLE_HASH);
}

void
merkle_leaf(uint8_t out[MERKLE_HASH], const uint8_t salt[MERKLE_SALT], const uint8_t *record,
    size_t len)
{
	uint8_t buf[1 + MERKLE_SALT + LEAF_SHORT];

	if (len > LEAF_SHORT) {
		long_leaf(out, salt, record, len);
		return;
	}
	buf[0] = 0;
	memcpy(buf + 1, salt, MERKLE_SALT);
	memcpy(buf + 1 + MERKLE_SALT, record, len);
	hash(out, buf, 1 + MERKLE_SALT + len);
}

void
merkle_node(uint8_t out[MERKLE_HASH], const uint8_t left[MERKLE_HASH],
    const uint8_t right[MERKLE_HASH])
{
	uint8_t buf[1 + 2 * MERKLE_HASH];

	buf[0] = 1;
	memcpy(buf + 1, left, MERKLE_HASH);
	memcpy(buf + 1 + MERKLE_HASH, right, MERKLE_HASH);
	hash(out, buf, sizeof(buf));
}

/* ---- while it grows ---------------------------------------------------------- */

/* Equal subtrees join until a place is free, as a binary counter carries. */
void
merkle_add(struct merkle *m, const uint8_t leaf[MERKLE_HASH])
{
	uint8_t carry[MERKLE_HASH];
	int bit = 0;

	memcpy(carry, leaf, sizeof(carry));
	for (; m->n >> bit & 1; bit++)
		merkle_node(carry, m->peak[bit], carry);
	assert(bit < MERKLE_LEVELS);
	memcpy(m->peak[bit], carry, sizeof(carry));
	m->n++;
}

void
merkle_root(const struct merkle *m, uint8_t out[MERKLE_HASH])
{
	bool any = false;

	if (m->n == 0)
		hash(out, NULL, 0);
	for (int bit = 0; bit < MERKLE_LEVELS; bit++) {
		if ((m->n >> bit & 1) == 0)
			continue;
		if (any)
			merkle_node(out, m->peak[bit], out);
		else
			memcpy(out, m->peak[bit], MERKLE_HASH);
		any = true;
	}
}

size_t
merkle_save(const struct merkle *m, uint8_t out[MERKLE_STATE_MAX])
{
	size_t len = 8;

	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(m->n >> 8 * (7 - i));
	for (int bit = 0; bit < MERKLE_LEVELS; bit++) {
		if (m->n >> bit & 1) {
			memcpy(out + len, m->peak[bit], MERKLE_HASH);
			len += MERKLE_HASH;
		}
	}
	return len;
}

size_t
merkle_load(struct merkle *m, const uint8_t *p, size_t len)
{
	size_t used = 8;

	memset(m, 0, sizeof(*m));
	if (len < 8)
		return 0;
	for (int i = 0; i < 8; i++)
		m->n = m->n << 8 | p[i];
	for (int bit = 0; bit < MERKLE_LEVELS; bit++) {
		if ((m->n >> bit & 1) == 0)
			continue;
		if (len - used < MERKLE_HASH)
			return 0;
		memcpy(m->peak[bit], p + used, MERKLE_HASH);
		used += MERKLE_HASH;
	}
	return m->n >> MERKLE_LEVELS == 0 ? used : 0;
}

/* ---- proofs --------------------------------------------------------------------- */

bool
merkle_check(const struct merkle_proof *p, const uint8_t leaf[MERKLE_HASH],
    const uint8_t root[MERKLE_HASH])
{
	uint64_t index = p->index, width = p->n;
	uint8_t at[MERKLE_HASH];
	size_t used = 0;

	if (index >= width)
		return false;
	memcpy(at, leaf, sizeof(at));
	for (; width > 1; index /= 2, width = width / 2 + width % 2) {
		if ((index ^ 1) >= width)	/* the right edge: goes up as it is */
			continue;
		if (used == p->len)
			return false;
		if (index & 1)
			merkle_node(at, p->sibling[used++], at);
		else
			merkle_node(at, at, p->sibling[used++]);
	}
	return used == p->len && sodium_memcmp(at, root, sizeof(at)) == 0;
}

struct merkle_tree {
	uint64_t	 n;
	int		 levels;
	uint8_t		*level[MERKLE_LEVELS + 1];	/* into one block, leaves first */
};

/* Hashes of a tree of n leaves, over all levels. */
static uint64_t
nodes_in_all(uint64_t n)
{
	uint64_t all = n;

	for (; n > 1; all += n)
		n = n / 2 + n % 2;
	return all;
}

static void
fill_level(const uint8_t *below, uint64_t width, uint8_t *above)
{
	for (uint64_t i = 0; i + 1 < width; i += 2)
		merkle_node(above + i / 2 * MERKLE_HASH, below + i * MERKLE_HASH,
		    below + (i + 1) * MERKLE_HASH);
	if (width % 2 == 1)
		memcpy(above + width / 2 * MERKLE_HASH, below + (width - 1) * MERKLE_HASH,
		    MERKLE_HASH);
}

struct merkle_tree *
merkle_tree_new(const uint8_t *leaves, uint64_t n)
{
	struct merkle_tree *t;

	if (n >> MERKLE_LEVELS != 0 || n > SIZE_MAX / (4 * MERKLE_HASH) ||
	    (t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->n = n;
	if ((t->level[0] = malloc((size_t)(nodes_in_all(n) + 1) * MERKLE_HASH)) == NULL) {
		free(t);
		return NULL;
	}
	if (n > 0)
		memcpy(t->level[0], leaves, (size_t)n * MERKLE_HASH);
	for (uint64_t width = n; width > 1; width = width / 2 + width % 2) {
		t->level[t->levels + 1] = t->level[t->levels] + width * MERKLE_HASH;
		fill_level(t->level[t->levels], width, t->level[t->levels + 1]);
		t->levels++;
	}
	return t;
}

void
merkle_tree_free(struct merkle_tree *t)
{
	if (t != NULL)
		free(t->level[0]);
	free(t);
}

void
merkle_tree_root(const struct merkle_tree *t, uint8_t out[MERKLE_HASH])
{
	if (t->n == 0)
		hash(out, NULL, 0);
	else
		memcpy(out, t->level[t->levels], MERKLE_HASH);
}

void
merkle_tree_prove(const struct merkle_tree *t, uint64_t index, struct merkle_proof *p)
{
	uint64_t width = t->n;

	assert(index < t->n);
	p->index = index;
	p->n = t->n;
	p->len = 0;
	for (int i = 0; i < t->levels; i++, index /= 2, width = width / 2 + width % 2)
		if ((index ^ 1) < width)
			memcpy(p->sibling[p->len++], t->level[i] + (index ^ 1) * MERKLE_HASH,
			    MERKLE_HASH);
}
