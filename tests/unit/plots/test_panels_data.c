/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rounds a chart looks at, and which it compares them with. */
#include "tests/unit/plots/fixture.h"

#include "tests/unit/plots/library_leaks.h"
#include "plots/panels_data.h"

/* A weak flood that a strong one follows, and a calm day before. */
static void
two_floods(struct source *s)
{
	fill_source(s, 300);
	add_incident(s, 1, INC_RANDOM_SOURCES, 120, 180);
	add_incident(s, 2, INC_RANDOM_SOURCES, 180, 200);
	s->incident[1].bogus = 10 * s->incident[0].bogus;
}

static void
a_stronger_flood_does_not_flatten_the_sheet(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct figure fig;
	struct request q;

	(void)state;
	two_floods(&s);
	q = request_of(&a, &s);
	q.incident = &s.incident[0];
	assert_int_equal(chart_sheet(&q, &fig), 0);
	assert_int_equal(fig.frame.window.to_ms, s.incident[1].start_ms);
	assert_true(fig.frame.window.from_ms < s.incident[0].start_ms);
	q.incident = &s.incident[1];		/* a weaker one may stand beside it */
	assert_int_equal(chart_sheet(&q, &fig), 0);
	assert_true(fig.frame.window.from_ms < s.incident[0].end_ms);
	arena_free(&a);
	source_free(&s);
}

static void
the_baseline_is_one_piece_without_a_flood(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct request q;
	struct comparison c;

	(void)state;
	two_floods(&s);
	q = request_of(&a, &s);
	q.incident =
	    &s.incident[1];		/* behind the other: the baseline lies before both */
	panel_data_compare(&q, &c);
	assert_true(c.at.n > 10 && c.before.n == c.at.n);
	assert_int_equal(c.before.id[c.before.n - 1], 120);
	assert_int_equal(c.before.id[0], 121 - c.before.n);
	q.incident =
	    NULL;			/* the last day: the calm after the floods is too short */
	panel_data_compare(&q, &c);
	assert_int_equal(c.at.id[c.at.n - 1], 300);
	assert_int_equal(c.before.n, c.at.n);
	assert_int_equal(c.before.id[c.before.n - 1], 120);
	q.window.span.from_ms = s.row[290].start_ms;	/* but long enough for ten rounds */
	panel_data_compare(&q, &c);
	assert_true(c.at.n == 10 && c.before.n == 10);
	assert_int_equal(c.before.id[9], 290);
	arena_free(&a);
	source_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stronger_flood_does_not_flatten_the_sheet),
		cmocka_unit_test(the_baseline_is_one_piece_without_a_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
