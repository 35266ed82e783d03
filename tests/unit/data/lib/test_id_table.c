/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>

#include "data/lib/id_table.h"

struct wide { uint64_t a, b, c; };

static void
every_key_is_found_and_no_other(void **state)
{
	struct id_table in;

	(void)state;
	id_table_init(&in, sizeof(struct wide), 2, 1 << 20);
	assert_null(id_table_find(&in, &(struct wide){ 0, 0, 0 }));
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(id_table_add(&in, &(struct wide){ i, i * 7, 0 },
		    (uint32_t[]){ i + 5, i }), 0);
	for (uint32_t i = 0; i < 100000; i++) {
		const uint32_t *v = id_table_find(&in, &(struct wide){ i, i * 7, 0 });

		assert_non_null(v);
		assert_int_equal(v[0], i + 5);
		assert_int_equal(v[1], i);
		assert_null(id_table_find(&in, &(struct wide){ i, i * 7, 1 }));
	}
	id_table_clear(&in);
	assert_null(id_table_find(&in, &(struct wide){ 1, 7, 0 }));
	assert_int_equal(id_table_add(&in, &(struct wide){ 1, 7, 0 }, (uint32_t[]){ 9, 0 }), 0);
	assert_int_equal(id_table_find(&in, &(struct wide){ 1, 7, 0 })[0], 9);
	id_table_free(&in);
	assert_null(id_table_find(&in, &(struct wide){ 1, 7, 0 }));
}

static void
it_knows_when_it_is_full(void **state)
{
	struct id_table in;

	(void)state;
	id_table_init(&in, sizeof(uint32_t), 1, 1024);
	for (uint32_t i = 1; i <= 1024 / 3 * 2; i++) {
		assert_false(id_table_is_full(&in, 1));
		assert_int_equal(id_table_add(&in, &i, &i), 0);
	}
	assert_true(id_table_is_full(&in, 1));
	assert_false(id_table_is_full(&in, 0));
	assert_int_equal(in.table.nslots, 1024);
	id_table_free(&in);
}

/* Hashes that begin alike meet in one place, and are told apart all the same. */
static void
hashes_are_looked_up_as_they_are(void **state)
{
	struct id_table in;

	(void)state;
	id_table_init_hashes(&in, 16, 1, 1 << 16);
	for (uint32_t i = 0; i < 200; i++) {
		const uint32_t key[4] = { 7 + i % 2 * 1024, 0, i, 0 };

		assert_int_equal(id_table_add(&in, key, &(uint32_t){ i + 1 }), 0);
	}
	for (uint32_t i = 0; i < 200; i++) {
		const uint32_t key[4] = { 7 + i % 2 * 1024, 0, i, 0 };

		assert_int_equal(*id_table_find(&in, key), i + 1);
	}
	assert_null(id_table_find(&in, (uint32_t[4]){ 7, 0, 0, 1 }));
	id_table_free(&in);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_found_and_no_other),
		cmocka_unit_test(it_knows_when_it_is_full),
		cmocka_unit_test(hashes_are_looked_up_as_they_are),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
