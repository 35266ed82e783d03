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
static struct pack packed;

static struct incident *
add(int64_t id, unsigned kind, uint32_t peers)
{
	struct incident *i = array_add(&two.all);

	assert_non_null(i);
	i->is.id = id;
	i->is.kind = kind;
	i->is.bogus = 12.5;
	for (uint32_t k = 0; k < peers; k++) {
		assert_int_equal(index_add(&i->who, 10 * (k + 1)), k);
		assert_int_equal(array_reach(&i->deliverer, k + 1), 0);
		i->deliverer.p[k] = (struct deliverer){ .node = 10 * (k + 1),
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
	incidents_pack(&two, &packed);
	return packed.failed;
}

static int
tear_down(void **state)
{
	(void)state;
	incidents_free(&two);
	array_free(&packed.bytes);
	return 0;
}

static struct text
all(void)
{
	return pack_text(&packed);
}

static void
same(const struct incidents *a, const struct incidents *b)
{
	assert_int_equal(a->next_id, b->next_id);
	assert_int_equal(a->all.n, b->all.n);
	for (size_t i = 0; i < a->all.n; i++) {
		const struct incident *x = &a->all.p[i], *y = &b->all.p[i];

		assert_memory_equal(&x->is, &y->is, sizeof(x->is));
		assert_int_equal(x->deliverer.n, y->deliverer.n);
		if (x->deliverer.n > 0)
			assert_memory_equal(x->deliverer.p, y->deliverer.p,
			    x->deliverer.n * sizeof(x->deliverer.p[0]));
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
	copy.all.p[0].is.bogus = 13;	/* a copy of its own */
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
	for (size_t len = 0; len < packed.bytes.n; len++) {
		/* exactly as long, so that a sanitizer sees a read behind it */
		uint8_t *cut = malloc(len + (len == 0));

		assert_non_null(cut);
		memcpy(cut, packed.bytes.p, len);
		refused((struct text){ cut, len }, MAX_NODE);
		free(cut);
	}
}

/* Where a byte of the layout is: version, next id, number of incidents, kind of the first. */
enum { AT_VERSION = 0, AT_NEXT_ID = 1, AT_COUNT = 9, AT_KIND = 10 };

static void
bytes_that_lie_are_refused(void **state)
{
	uint8_t *byte = packed.bytes.p;

	(void)state;
	refused(all(), 29);		/* node 30 does not exist */
	assert_true(byte[AT_COUNT] == 2 && byte[AT_KIND] == INC_TARGETED_HASH && byte[AT_NEXT_ID] == 9);
	byte[AT_VERSION]++;
	refused(all(), MAX_NODE);
	byte[AT_VERSION]--;
	byte[AT_KIND] = INC_NKIND;
	refused(all(), MAX_NODE);
	byte[AT_KIND] = INC_TARGETED_HASH;
	byte[AT_COUNT] = 1;		/* what is left over is no incident */
	refused(all(), MAX_NODE);
	byte[AT_COUNT] = 3;		/* one more than there are */
	refused(all(), MAX_NODE);
	byte[AT_COUNT] = 2;
	byte[AT_NEXT_ID] = 0;		/* ids begin at 1 */
	refused(all(), MAX_NODE);
	byte[AT_NEXT_ID] = 9;
	array_add(&packed.bytes);	/* a byte too many */
	refused(all(), MAX_NODE);
}

/* Lists that claim to be longer than all bytes, or than a number can be. */
static void
counts_that_lie_are_refused(void **state)
{
	struct pack p = { 0 };
	int64_t next_id = 9;

	(void)state;
	pack_version(&p, packed.bytes.p[AT_VERSION]);
	pack_i64(&p, &next_id);
	pack_count(&p, SIZE_MAX);
	refused(pack_text(&p), MAX_NODE);
	p.bytes.n = AT_COUNT;
	pack_count(&p, 1001);
	assert_int_equal(array_reach(&p.bytes, 100000), 0);
	refused(pack_text(&p), MAX_NODE);
	array_free(&p.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(they_come_back_as_they_were, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_truncation_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_that_lie_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_that_lie_are_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
