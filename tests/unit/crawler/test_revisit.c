/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bounds.h"
#include "crawler/revisit.h"

#define T0	INT64_C(1790000000000)
#define SPAN	1000

static void
once_a_span(void **state)
{
	struct revisit *r = revisit_new(SPAN);
	struct endpoint a = endpoint_ipv4(0x2c000001, 8333), b = endpoint_ipv4(0x2c000001, 8334);

	(void)state;
	assert_non_null(r);
	assert_true(revisit_is_due(r, a, T0));
	assert_int_equal(revisit_note(r, a, T0), 0);
	assert_false(revisit_is_due(r, a, T0));
	assert_false(revisit_is_due(r, a, T0 + SPAN - 1));
	assert_true(revisit_is_due(r, a, T0 + SPAN));
	assert_true(revisit_is_due(r, b, T0));			/* another port is another node */
	assert_int_equal(revisit_note(r, a, T0 + 500), 0);
	assert_int_equal(revisit_note(r, a, T0 + 100), 0);	/* out of order, as a database has them */
	assert_false(revisit_is_due(r, a, T0 + 500 + SPAN - 1));
	revisit_free(r);
	revisit_free(NULL);
}

static void
nobody_more_than_can_be_remembered(void **state)
{
	struct revisit *r = revisit_new(SPAN);
	struct endpoint one_more = endpoint_ipv4(0x2c000001, 8333);

	(void)state;
	for (uint32_t i = 0; i < LIMIT_REVISIT; i++)
		assert_int_equal(revisit_note(r, endpoint_ipv4(0x10000000 + i, 1), T0 + i % 2), 0);
	assert_false(revisit_is_due(r, one_more, T0));
	assert_int_equal(revisit_note(r, one_more, T0), 0);
	assert_false(revisit_is_due(r, one_more, T0));
	assert_true(revisit_is_due(r, one_more, T0 + SPAN));	/* half of them are forgotten */
	assert_false(revisit_is_due(r, endpoint_ipv4(0x10000001, 1), T0 + SPAN));
	assert_true(revisit_is_due(r, endpoint_ipv4(0x10000000, 1), T0 + SPAN));
	revisit_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_a_span),
		cmocka_unit_test(nobody_more_than_can_be_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
