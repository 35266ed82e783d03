/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>

#include "data/lib/hash_table.h"

#define N	100000u

struct entry { uint32_t in_use; uint16_t value; uint8_t key[6]; uint64_t wide; };

static uint8_t keys[N][6];

static int
make_keys(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < N; i++)
		for (int j = 0; j < 6; j++)
			keys[i][j] = (uint8_t)(j < 3 ? i >> 8 * j : 7);
	return 0;
}

static void
entries_are_found_by_their_keys_and_gone_through_once(void **state)
{
	struct hash_table t;
	struct entry *e;
	size_t n = 0;

	(void)state;
	hash_table_init(&t, sizeof(struct entry), offsetof(struct entry, key), 6);
	assert_null(hash_table_next(&t, NULL));
	for (uint32_t i = 0; i < N; i++) {
		assert_null(hash_table_find(&t, keys[i]));
		assert_non_null(e = hash_table_add(&t, keys[i]));
		assert_int_equal(e->value + e->wide, 0);
		e->in_use = 1;
		e->wide = i;
	}
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(((struct entry *)hash_table_find(&t, keys[i]))->wide, i);
	for (e = NULL; (e = hash_table_next(&t, e)) != NULL; n++)
		assert_int_equal(e->value++, 0);
	assert_int_equal(n, N);
	assert_int_equal(t.n, N);
	assert_true(t.n <= t.nslots / 4 * 3);
	hash_table_clear(&t);
	assert_null(hash_table_find(&t, keys[1]));
	assert_null(hash_table_next(&t, NULL));
	hash_table_free(&t);
	assert_null(hash_table_find(&t, keys[1]));
}

static const void *
key_of(const void *arg, uint32_t number)
{
	return (const uint8_t *)arg + (size_t)(number - 1) * sizeof(keys[0]);
}

/* Whether the numbers leave room for a tag beside them or not. */
static void
an_index_finds_what_lies_elsewhere(void **state)
{
	const uint32_t most[] = { N, UINT32_MAX };

	(void)state;
	for (int m = 0; m < 2; m++) {
		struct hash_table t;

		hash_index_init(&t, 6, most[m], key_of, keys);
		for (uint32_t i = 0; i < N; i += 2)
			assert_int_equal(hash_index_add(&t, keys[i], i + 1), 0);
		for (uint32_t i = 0; i < N; i++)
			assert_int_equal(hash_index_find(&t, keys[i]), i % 2 == 0 ? i + 1 : 0);
		hash_table_clear(&t);
		for (uint32_t i = 1; i < N; i += 2)
			assert_int_equal(hash_index_add(&t, keys[i], i + 1), 0);
		for (uint32_t i = 0; i < N; i++)
			assert_int_equal(hash_index_find(&t, keys[i]), i % 2 == 0 ? 0 : i + 1);
		assert_true(hash_table_bytes(&t) <= N / 2 * 4 * 8 / 3 + 1024);
		hash_table_free(&t);
	}
}

static bool
is_even(const void *entry, const void *arg)
{
	(void)arg;
	return ((const struct entry *)entry)->wide % 2 == 0;
}

static void
what_stays_is_kept_whole(void **state)
{
	struct hash_table t;
	const struct entry *e;
	size_t before;

	(void)state;
	hash_table_init(&t, sizeof(struct entry), offsetof(struct entry, key), 6);
	assert_int_equal(hash_table_keep(&t, is_even, NULL), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		struct entry *added = hash_table_add(&t, keys[i]);

		assert_non_null(added);
		added->in_use = 1;
		added->wide = i;
	}
	before = hash_table_bytes(&t);
	assert_int_equal(hash_table_keep(&t, is_even, NULL), 0);
	assert_int_equal(t.n, 500);
	assert_true(hash_table_bytes(&t) < before);
	for (uint32_t i = 0; i < 1000; i++) {
		e = hash_table_find(&t, keys[i]);
		assert_true((e != NULL) == (i % 2 == 0));
		assert_true(e == NULL || (e->wide == i && e->in_use == 1));
	}
	hash_table_free(&t);
}

/* Two tables put the same keys into different slots: none can be chosen to collide. */
static void
the_hash_has_a_secret(void **state)
{
	struct hash_table a, b;
	unsigned same = 0;

	(void)state;
	hash_table_init(&a, sizeof(struct entry), offsetof(struct entry, key), 6);
	hash_table_init(&b, sizeof(struct entry), offsetof(struct entry, key), 6);
	for (uint32_t i = 0; i < 100; i++) {
		((struct entry *)hash_table_add(&a, keys[i]))->in_use = 1;
		((struct entry *)hash_table_add(&b, keys[i]))->in_use = 1;
	}
	for (uint32_t i = 0; i < 100; i++)
		same += (unsigned char *)hash_table_find(&a, keys[i]) - a.slot ==
		    (unsigned char *)hash_table_find(&b, keys[i]) - b.slot;
	assert_in_range(same, 0, 20);
	hash_table_free(&a);
	hash_table_free(&b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_found_by_their_keys_and_gone_through_once),
		cmocka_unit_test(an_index_finds_what_lies_elsewhere),
		cmocka_unit_test(what_stays_is_kept_whole),
		cmocka_unit_test(the_hash_has_a_secret),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, make_keys, NULL);
}
