/* SPDX-License-Identifier: GPL-3.0-or-later */
/* World time against real time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lab/world_clock.h"

static void
a_timer_is_never_early(void **state)
{
	static const double scale[] = { 0.5, 1, 3, 7, 60, 150, 1000, 99999 };
	struct world_clock p = { 0, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(scale) / sizeof(scale[0]); i++) {
		p.scale = scale[i];
		for (int64_t world = 0; world < 400000; world += 997) {
			int64_t real = world_clock_when(&p, world);

			assert_true((double)real * p.scale >= (double)world);
			assert_true((double)(real - 1) * p.scale < (double)world);
		}
	}
}

static void
never_stays_never(void **state)
{
	struct world_clock p = { 0, 0.01 };

	(void)state;
	assert_true(world_clock_when(&p, INT64_MAX) == INT64_MAX);
	assert_true(world_clock_when(&p, INT64_MAX / 2) == INT64_MAX);
	p.scale = 1000;
	assert_true(world_clock_when(&p, INT64_MAX) == INT64_MAX);
}

static void
spans_are_rounded(void **state)
{
	struct world_clock p = { 0, 60 };

	(void)state;
	assert_int_equal(world_clock_span(&p, 29), 0);
	assert_int_equal(world_clock_span(&p, 31), 1);
	assert_int_equal(world_clock_span(&p, 60000), 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timer_is_never_early),
		cmocka_unit_test(never_stays_never),
		cmocka_unit_test(spans_are_rounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
