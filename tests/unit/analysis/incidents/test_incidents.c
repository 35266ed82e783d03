/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Incidents come back from bytes as they were, and nothing comes from bytes that are not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analysis/incidents/incidents.h"

#define MAX_NODE	1000

static struct incidents two;
static struct array bytes;

static struct incident *
add(int64_t id, unsigned kind, uint32_t peers)
{
	struct incident *i = array_add(&two.all, sizeof(*i));

	assert_non_null(i);
	i->is.id = id;
	i->is.kind = kind;
	i->is.bogus = 12.5;
	for (uint32_t k = 0; k < peers; k++) {
		assert_int_equal(index_add(&i->who, 10 * (k + 1)), k);
		assert_int_equal(array_reach(&i->deliverer, sizeof(struct deliverer), k + 1), 0);
		((struct deliverer *)i->deliverer.p)[k] = (struct deliverer){ .node = 10 * (k + 1),
		    .rounds = k, .bogus = k + 0.25 };
	}
	return i;
}

static int
set_up(void **state)
{
	(void)state;
	two.next_id = 9;
	add(7, INC_TARGETED_HASH, 3);
	add(8, INC_RANDOM_SOURCES, 0);
	return incidents_pack(&two, &bytes);
}

static int
tear_down(void **state)
{
	(void)state;
	incidents_free(&two);
	array_free(&bytes);
	return 0;
}

static struct text
all(void)
{
	return (struct text){ bytes.p, bytes.n };
}

static void
same(const struct incidents *a, const struct incidents *b)
{
	assert_int_equal(a->next_id, b->next_id);
	assert_int_equal(a->all.n, b->all.n);
	for (size_t i = 0; i < a->all.n; i++) {
		const struct incident *x = incidents_at(a, i), *y = incidents_at(b, i);

		assert_memory_equal(&x->is, &y->is, sizeof(x->is));
		assert_int_equal(x->deliverer.n, y->deliverer.n);
		if (x->deliverer.n > 0)
			assert_memory_equal(x->deliverer.p, y->deliverer.p,
			    x->deliverer.n * sizeof(struct deliverer));
		assert_int_equal(index_find(&x->who, 20), index_find(&y->who, 20));
	}
}

static void
they_come_back_as_they_were(void **state)
{
	struct incidents back, copy;

	(void)state;
	assert_true(incidents_unpack(&back, all(), MAX_NODE));
	same(&two, &back);
	assert_int_equal(incidents_copy(&copy, &back), 0);
	incidents_at(&copy, 0)->is.bogus = 13;	/* a copy of its own */
	same(&two, &back);
	incidents_free(&copy);
	incidents_free(&back);
}

static void
refused(struct text t, uint32_t max_node)
{
	struct incidents back;

	assert_false(incidents_unpack(&back, t, max_node));
	incidents_free(&back);
}

static void
every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len < bytes.n; len++) {
		/* exactly as long, so that a sanitizer sees a read behind it */
		uint8_t *cut = malloc(len + (len == 0));

		assert_non_null(cut);
		memcpy(cut, bytes.p, len);
		refused((struct text){ cut, len }, MAX_NODE);
		free(cut);
	}
}

static void
bytes_that_lie_are_refused(void **state)
{
	uint64_t *head = bytes.p;
	struct incident_facts *first = (struct incident_facts *)(head + 2);
	uint64_t *peers = (uint64_t *)(first + 1);

	(void)state;
	refused(all(), 29);		/* node 30 does not exist */
	assert_int_equal(*peers, 3);
	*peers = UINT64_MAX;
	refused(all(), MAX_NODE);
	*peers = 2;			/* what is left over is no incident */
	refused(all(), MAX_NODE);
	*peers = 3;
	first->kind = INC_NKIND;
	refused(all(), MAX_NODE);
	first->kind = INC_TARGETED_HASH;
	head[0] = 1001;
	refused(all(), MAX_NODE);
	head[0] = 3;			/* one more than there are */
	refused(all(), MAX_NODE);
	head[0] = 2;
	head[1] = 0;			/* ids begin at 1 */
	refused(all(), MAX_NODE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(they_come_back_as_they_were, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_truncation_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_that_lie_are_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
