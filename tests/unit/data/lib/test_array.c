/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The growable array, and the numbers that keys have in an index beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data/lib/index.h"

struct item { uint32_t a; uint16_t b; };

static void
items_are_added_zeroed_and_typed(void **state)
{
	ARRAY_OF(struct item) items = { 0 };
	size_t n = 0;

	(void)state;
	array_each(i, &items)
		n += i->a;
	assert_int_equal(n, 0);
	for (uint32_t k = 0; k < 1000; k++) {
		struct item *i = array_add(&items);

		assert_non_null(i);
		assert_true(i->a == 0 && i->b == 0);
		*i = (struct item){ k, 1 };
	}
	array_each(i, &items)
		assert_true(i->a == n++ && i->b == 1);
	assert_int_equal(n, 1000);
	items.n = 3;			/* what is cut off comes back zeroed */
	assert_int_equal(array_reach(&items, 5), 0);
	assert_true(items.p[2].a == 2 && items.p[3].a == 0 && items.p[4].b == 0);
	assert_int_equal(array_reach(&items, 2), 0);
	assert_int_equal(items.n, 5);
	array_free(&items);
	assert_true(items.p == NULL && items.n == 0 && items.room == 0);
}

static void
the_first_items_are_dropped(void **state)
{
	ARRAY_OF(int64_t) times = { 0 };

	(void)state;
	array_drop_first(&times, 0);
	for (int64_t k = 0; k < 10; k++)
		*array_add(&times) = k;
	array_drop_first(&times, 4);
	assert_true(times.n == 6 && times.p[0] == 4 && times.p[5] == 9);
	array_drop_first(&times, 6);
	assert_int_equal(times.n, 0);
	array_free(&times);
}

static void
more_than_memory_can_hold_is_refused(void **state)
{
	ARRAY_OF(struct item) items = { 0 };

	(void)state;
	assert_int_equal(array_reach(&items, SIZE_MAX / 4), -1);
	assert_int_equal(array_reach(&items, SIZE_MAX), -1);
	assert_true(items.p == NULL && items.n == 0);
}

static void
keys_are_numbered_in_order_of_first_sight(void **state)
{
	ARRAY_OF(struct item) items = { 0 };
	struct index x = { 0 };

	(void)state;
	assert_int_equal(index_find(&x, 7), INDEX_NONE);
	for (int twice = 0; twice < 2; twice++)
		for (uint64_t k = 0; k < 5000; k++) {
			struct item *i = index_add_item(&x, k << 32 | 5, &items);

			assert_non_null(i);
			assert_int_equal(i - items.p, k);
			i->b++;
		}
	assert_true(x.n == 5000 && items.n == 5000);
	array_each(i, &items)
		assert_int_equal(i->b, 2);
	assert_int_equal(index_find(&x, UINT64_C(4999) << 32 | 5), 4999);
	assert_int_equal(index_find(&x, 4999), INDEX_NONE);
	index_clear(&x);
	assert_int_equal(index_find(&x, 5), INDEX_NONE);
	assert_int_equal(index_add(&x, 9), 0);
	index_free(&x);
	array_free(&items);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_are_added_zeroed_and_typed),
		cmocka_unit_test(the_first_items_are_dropped),
		cmocka_unit_test(more_than_memory_can_hold_is_refused),
		cmocka_unit_test(keys_are_numbered_in_order_of_first_sight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
