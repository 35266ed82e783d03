/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/layout.h"

const struct page page_wide = {
	.width = 1200, .margin = 24,
	.title = 21, .subtitle = 13, .label = 12, .foot = 11, .row = 19,
};
const struct page page_narrow = {
	.width = 420, .margin = 12,
	.title = 17, .subtitle = 12, .label = 11, .foot = 10, .row = 18, .narrow = true,
};

static const double HEAD = 13;		/* between subtitle and first heading */
static const double BETWEEN = 30;	/* panels of one column */
static const double GUTTER = 36;	/* panels of one row */

static double
least(double a, double b)
{
	return a < b ? a : b;
}

struct rect
rect_top(struct rect *r, double h)
{
	struct rect cut = { r->x, r->y, r->w, least(h, r->h) };

	r->y += cut.h;
	r->h -= cut.h;
	return cut;
}

struct rect
rect_bottom(struct rect *r, double h)
{
	struct rect cut = { r->x, r->y, r->w, least(h, r->h) };

	r->h -= cut.h;
	cut.y = r->y + r->h;
	return cut;
}

struct rect
rect_left(struct rect *r, double w)
{
	struct rect cut = { r->x, r->y, least(w, r->w), r->h };

	r->x += cut.w;
	r->w -= cut.w;
	return cut;
}

struct rect
rect_right(struct rect *r, double w)
{
	struct rect cut = { r->x, r->y, least(w, r->w), r->h };

	r->w -= cut.w;
	cut.x = r->x + r->w;
	return cut;
}

struct rect
rect_inset(struct rect r, double by)
{
	double x = least(by, r.w / 2), y = least(by, r.h / 2);

	return (struct rect){ r.x + x, r.y + y, r.w - 2 * x, r.h - 2 * y };
}

static void
place_panels(struct layout *l, struct rect *rest, const struct content *c, size_t columns)
{
	double width = (rest->w - GUTTER * (double)(columns - 1)) / (double)columns;

	for (size_t i = 0; i < c->panels; i += columns) {
		double above = 0, below = 0;	/* what the row needs from its plots' level */
		struct rect row;

		for (size_t k = i; k < i + columns && k < c->panels; k++) {
			if (c->heading[k] + c->marks[k] > above)
				above = c->heading[k] + c->marks[k];
			if (c->heights[k] + c->under[k] > below)
				below = c->heights[k] + c->under[k];
		}
		if (i > 0)
			rect_top(rest, c->heading[i] > 0 ? BETWEEN / 2 : BETWEEN);
		row = rect_top(rest, above + below);
		for (size_t k = i; k < i + columns && k < c->panels; k++) {
			struct rect cell = rect_left(&row, width);
			struct rect heading = rect_top(&cell, above);

			l->heading[k] = rect_top(&heading, c->heading[k]);
			l->axis[k] = rect_left(&cell, c->axis[k]);
			l->plot[k] = rect_top(&cell, c->heights[k]);
			l->axis[k].h = l->plot[k].h;
			l->under[k] = rect_top(&cell, c->under[k]);
			l->marks[k] = rect_bottom(&heading, c->marks[k]);
			l->marks[k].x = l->plot[k].x;
			l->marks[k].w = l->plot[k].w;
			rect_left(&row, GUTTER);
		}
	}
}

void
layout_make(struct layout *l, const struct page *p, const struct content *c)
{
	struct rect rest = { 0, 0, p->width, 1e6 };
	double legend = c->legend_rows == 0 ? 0 : (double)(c->legend_rows + 1) * p->row;
	double events = c->event_rows == 0 ? 0 : (double)(c->event_rows + 1) * p->row;

	*l = (struct layout){ .width = p->width };
	rect_left(&rest, p->margin);
	rect_right(&rest, p->margin);
	rect_top(&rest, p->margin - 6);
	l->title = rect_top(&rest, (double)c->title_lines * (p->title + 5));
	l->subtitle = rect_top(&rest, (double)c->subtitle_lines * (p->subtitle + 4) + 4);
	rect_top(&rest, c->heading[0] > 0 ? HEAD : 0);
	place_panels(l, &rest, c, p->narrow ? 1 : c->columns);
	/* The table of lines and the list of events, side by side if there is room. */
	if (legend + events > 0)
		rect_top(&rest, 12);
	if (p->narrow) {
		l->legend = rect_top(&rest, legend);
		l->events = rect_top(&rest, events);
	} else {
		struct rect both = rect_top(&rest, legend > events ? legend : events);

		rect_left(&both, c->axis[0]);
		l->legend = rect_left(&both, 676);
		rect_left(&both, 30);
		l->events = both;
	}
	rect_top(&rest, 14);
	l->foot = rect_top(&rest, (double)c->foot_lines * (p->foot + 5) + 12);
	l->height = l->foot.y + l->foot.h + p->margin - 8;
}
