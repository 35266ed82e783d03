/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/format/merkle.h"

#define MOST	130

/* Leaf i: record "record i", salt of sixteen bytes i. */
static void
leaf(uint8_t out[MERKLE_HASH], int i)
{
	uint8_t salt[MERKLE_SALT];
	char record[32];

	memset(salt, i, sizeof(salt));
	snprintf(record, sizeof(record), "record %d", i);
	merkle_leaf(out, salt, (const uint8_t *)record, strlen(record));
}

static void
leaves(uint8_t out[MOST * MERKLE_HASH])
{
	for (int i = 0; i < MOST; i++)
		leaf(out + i * MERKLE_HASH, i);
}

static void
grow(struct merkle *m, int n)
{
	uint8_t l[MERKLE_HASH];

	memset(m, 0, sizeof(*m));
	for (int i = 0; i < n; i++) {
		leaf(l, i);
		merkle_add(m, l);
	}
}

/* By RFC 6962's recursive definition, in another language. */
static void
known_answers(void **state)
{
	static const struct { int n; const char *root; } known[] = {
		{ 0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8" },
		{ 1, "18e7bddba99fb606a05b75a54a5161e6e4c3a4d69c841283e1c66ef42475a228" },
		{ 2, "81b20b0d0fd8ac17907d4b1d8e10336a4eeaf271d1026abfc2f1d31cd304f52c" },
		{ 3, "72fc7bd76a9d1c9f6556389358114ebdba5d1e1061178a3796ca3b6fc44f2feb" },
		{ 5, "a267e287b5529d1680b4bbd54f04fcda7d755a853fd62418db87584f3dabc4c1" },
		{ 7, "1a39331d94728e6d2c22326807522e5f13313c0ada5e437b001634a124fa686e" },
		{ 8, "f53fc3a65b8e1c8a47805fb6f87269ab3030cd7ae23a66b502f0e4ced771ddda" },
		{ 13, "3260f62c68e2028ae382152501f40c0231969be3c1c631fbf9c2f785da56639d" },
		{ 100, "d157919a3fcb907fe3cf8946176c77326aac4226871ea423aa592bd3a4e127b5" },
	};
	uint8_t root[MERKLE_HASH];
	char hex[2 * MERKLE_HASH + 1];
	struct merkle m;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		grow(&m, known[i].n);
		merkle_root(&m, root);
		assert_string_equal(sodium_bin2hex(hex, sizeof(hex), root, sizeof(root)),
		    known[i].root);
	}
}

static void
every_leaf_of_every_tree_is_proved(void **state)
{
	uint8_t all[MOST * MERKLE_HASH], root[MERKLE_HASH], grown[MERKLE_HASH];

	(void)state;
	leaves(all);
	for (uint64_t n = 1; n <= MOST; n++) {
		struct merkle_tree *t = merkle_tree_new(all, n);
		struct merkle_proof p;
		struct merkle m;

		merkle_tree_root(t, root);
		grow(&m, (int)n);
		merkle_root(&m, grown);
		assert_memory_equal(root, grown, sizeof(root));
		for (uint64_t i = 0; i < n; i++) {
			merkle_tree_prove(t, i, &p);
			assert_true(merkle_check(&p, all + i * MERKLE_HASH, root));
		}
		merkle_tree_free(t);
	}
}

/* Another place, size, leaf, sibling or number of siblings: none leads to the root. */
static void
wrong_proofs_are_refused(void **state)
{
	uint8_t all[MOST * MERKLE_HASH], root[MERKLE_HASH];
	struct merkle_tree *t;
	struct merkle_proof good, p;

	(void)state;
	leaves(all);
	t = merkle_tree_new(all, 100);
	merkle_tree_root(t, root);
	merkle_tree_prove(t, 37, &good);
	for (uint64_t i = 0; i < 100; i++) {
		p = good;
		p.index = i;
		assert_int_equal(merkle_check(&p, all + 37 * MERKLE_HASH, root), i == 37);
		assert_int_equal(merkle_check(&good, all + i * MERKLE_HASH, root), i == 37);
	}
	p = good;
	p.n = 37;			/* an index past the end */
	assert_false(merkle_check(&p, all + 37 * MERKLE_HASH, root));
	for (size_t i = 0; i < good.len; i++) {
		p = good;
		p.sibling[i][31] ^= 1;
		assert_false(merkle_check(&p, all + 37 * MERKLE_HASH, root));
	}
	p = good;
	p.len--;
	assert_false(merkle_check(&p, all + 37 * MERKLE_HASH, root));
	p = good;
	memset(p.sibling[p.len++], 0, MERKLE_HASH);
	assert_false(merkle_check(&p, all + 37 * MERKLE_HASH, root));
	merkle_tree_free(t);
}

static void
a_growing_tree_survives_a_restart(void **state)
{
	uint8_t saved[MERKLE_STATE_MAX], l[MERKLE_HASH], a[MERKLE_HASH], b[MERKLE_HASH];
	struct merkle m, again;

	(void)state;
	for (int n = 0; n < MOST; n++) {
		size_t len;

		grow(&m, n);
		len = merkle_save(&m, saved);
		assert_int_equal(merkle_load(&again, saved, len), len);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(merkle_load(&again, saved, cut), 0);
		assert_int_equal(merkle_load(&again, saved, len), len);
		leaf(l, n);
		merkle_add(&m, l);
		merkle_add(&again, l);
		merkle_root(&m, a);
		merkle_root(&again, b);
		assert_memory_equal(a, b, sizeof(a));
	}
	memset(saved, 0xff, sizeof(saved));	/* a size that no tree has */
	assert_int_equal(merkle_load(&again, saved, sizeof(saved)), 0);
}

/* The two ways to hash a leaf agree where they meet. */
static void
long_records_are_hashed_the_same(void **state)
{
	static const uint8_t salt[MERKLE_SALT] = { 7 };
	uint8_t buf[1 + MERKLE_SALT + 600] = { 0 }, want[MERKLE_HASH], got[MERKLE_HASH];

	(void)state;
	memcpy(buf + 1, salt, MERKLE_SALT);
	for (size_t n = 500; n <= 600; n++) {
		crypto_generichash(want, MERKLE_HASH, buf, 1 + MERKLE_SALT + n, NULL, 0);
		merkle_leaf(got, salt, buf + 1 + MERKLE_SALT, n);
		assert_memory_equal(got, want, MERKLE_HASH);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(every_leaf_of_every_tree_is_proved),
		cmocka_unit_test(wrong_proofs_are_refused),
		cmocka_unit_test(a_growing_tree_survives_a_restart),
		cmocka_unit_test(long_records_are_hashed_the_same),
	};

	return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
