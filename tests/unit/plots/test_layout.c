/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plots/layout.h"

enum { MOST = 64 };

static bool
overlap(struct rect a, struct rect b)
{
	const double hair = 1e-6;

	return a.w > 0 && a.h > 0 && b.w > 0 && b.h > 0 && a.x + a.w > b.x + hair &&
	    b.x + b.w > a.x + hair && a.y + a.h > b.y + hair && b.y + b.h > a.y + hair;
}

static void
check(const struct page *p, const struct content *c)
{
	struct layout l;
	struct rect all[MOST];
	size_t n = 0;

	layout_make(&l, p, c);
	all[n++] = l.title;
	all[n++] = l.subtitle;
	all[n++] = l.legend;
	all[n++] = l.events;
	all[n++] = l.foot;
	for (size_t i = 0; i < c->panels; i++) {
		all[n++] = l.heading[i];
		all[n++] = l.marks[i];
		all[n++] = l.axis[i];
		all[n++] = l.plot[i];
		all[n++] = l.under[i];
		assert_true(l.plot[i].h == c->heights[i] && l.plot[i].w > 50);
		assert_true(l.marks[i].x == l.plot[i].x && l.marks[i].w == l.plot[i].w);
		assert_true(c->marks[i] == 0 || l.marks[i].y + l.marks[i].h == l.plot[i].y);
		if (!p->narrow && i % c->columns != 0)
			assert_true(l.plot[i].y == l.plot[i - 1].y);	/* one row is level */
	}
	for (size_t i = 0; i < n; i++) {
		assert_true(all[i].x >= 0 && all[i].y >= 0 && all[i].w >= 0 && all[i].h >= 0);
		assert_true(all[i].x + all[i].w <= l.width && all[i].y + all[i].h <= l.height);
		for (size_t k = 0; k < i; k++)
			assert_false(overlap(all[i], all[k]));
	}
}

/* Every number of panels, columns, headings, rows, on both pages. */
static void
nothing_overlaps_and_nothing_leaves_the_page(void **state)
{
	struct content c = { .title_lines = 1, .subtitle_lines = 2, .foot_lines = 3 };

	(void)state;
	for (c.panels = 1; c.panels <= LAYOUT_PANELS; c.panels++)
		for (c.columns = 1; c.columns <= 2; c.columns++)
			for (double heading = 0; heading <= 42; heading += 21)
				for (c.legend_rows = 0; c.legend_rows < 12; c.legend_rows += 4)
					for (c.event_rows = 0; c.event_rows < 12; c.event_rows += 4) {
						for (size_t i = 0; i < c.panels; i++) {
							c.heading[i] =
							    heading * (double)(1 + i % 2);
							c.marks[i] = i % 3 ? 0 : 18;
							c.heights[i] =
							    90 + 40 * (double)(i % 3);
							c.axis[i] = 50 + 70 * (double)(i % 2);
							c.under[i] = i % 2 ? 0 : 46;
						}
						check(&page_wide, &c);
						check(&page_narrow, &c);
					}
}

static void
a_rectangle_gives_no_more_than_it_has(void **state)
{
	struct rect r = { 10, 20, 100, 50 }, cut;

	(void)state;
	cut = rect_top(&r, 30);
	assert_true(cut.y == 20 && cut.h == 30 && r.y == 50 && r.h == 20);
	cut = rect_bottom(&r, 500);
	assert_true(cut.h == 20 && cut.y == 50 && r.h == 0);
	cut = rect_left(&r, 40);
	assert_true(cut.x == 10 && cut.w == 40 && r.x == 50 && r.w == 60);
	cut = rect_right(&r, 500);
	assert_true(cut.w == 60 && cut.x == 50 && r.w == 0);
	cut = rect_inset((struct rect){ 0, 0, 10, 4 }, 3);
	assert_true(cut.w == 4 && cut.h == 0 && cut.y == 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_overlaps_and_nothing_leaves_the_page),
		cmocka_unit_test(a_rectangle_gives_no_more_than_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
