/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/merkle_worker.h"
#include "data/store/translog_impl.h"

#define LONGEST	(300u << 10)	/* longer than what changes hands at once */

static uint8_t record[LONGEST];

/* Mostly short, now and then long, once in a while enormous. */
static size_t
length_of(uint32_t i)
{
	return i % 5000 == 4999 ? LONGEST : i % 100 == 99 ? 5000 : 60 + i % 200;
}

static enum observation_type
tree_of(uint32_t i)
{
	return i % 7 == 0 ? OBS_CONTACT : OBS_KEY;
}

static void
plainly(struct log_round *r, uint32_t i)
{
	struct merkle *tree = &r->tree[tree_of(i)];
	uint8_t leaf[MERKLE_HASH];

	merkle_leaf(leaf, salts_get(&r->salts, tree_of(i), tree->n), record, length_of(i));
	merkle_add(tree, leaf);
}

static void
assert_same_trees(const struct log_round *a, const struct log_round *b)
{
	for (int t = 0; t < OBS_NTYPE; t++) {
		uint8_t x[MERKLE_HASH], y[MERKLE_HASH];

		merkle_root(&a->tree[t], x);
		merkle_root(&b->tree[t], y);
		assert_int_equal(a->tree[t].n, b->tree[t].n);
		assert_memory_equal(x, y, MERKLE_HASH);
	}
}

/* Two rounds in turn, looked at in the midst of it: as if there were one thread. */
static void
trees_are_as_if_hashed_at_once(void **state)
{
	static struct log_round plain[2], aside[2];
	struct merkle_worker *v = merkle_worker_new();

	(void)state;
	assert_non_null(v);
	for (uint32_t i = 0; i < 40000; i++) {
		int round = i / 300 % 2;

		memcpy(record, &i, sizeof(i));
		plainly(&plain[round], i);
		merkle_worker_add(v, &aside[round].tree[tree_of(i)], &aside[round].salts, tree_of(i), record, length_of(i));
		if (i % 9000 == 0) {
			merkle_worker_finish(v);
			assert_same_trees(&plain[0], &aside[0]);
			assert_same_trees(&plain[1], &aside[1]);
		}
	}
	merkle_worker_free(v);			/* finishes, too */
	assert_same_trees(&plain[0], &aside[0]);
	assert_same_trees(&plain[1], &aside[1]);
}

static void
a_few_leaves_need_no_thread(void **state)
{
	static struct log_round plain, aside;
	struct merkle_worker *v = merkle_worker_new();

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		plainly(&plain, i);
		merkle_worker_add(v, &aside.tree[tree_of(i)], &aside.salts, tree_of(i), record, length_of(i));
	}
	merkle_worker_finish(v);
	assert_same_trees(&plain, &aside);
	merkle_worker_finish(v);		/* of nothing */
	merkle_worker_free(v);
	merkle_worker_free(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_as_if_hashed_at_once),
		cmocka_unit_test(a_few_leaves_need_no_thread),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
