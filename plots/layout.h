/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which rectangle of the paper is for what.  Pure: no drawing, no text.
 *
 * Rectangles are cut off a remaining one, so that they cannot overlap.
 */
#ifndef KANSOKU_PLOTS_LAYOUT_H
#define KANSOKU_PLOTS_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct point { double x, y; };		/* logical pixels, y down */
struct rect { double x, y, w, h; };	/* logical pixels, y down; w, h >= 0 */

/* Cuts a strip off; the rest stays in *r.  More than there is gives all of it. */
struct rect rect_top(struct rect *, double h);
struct rect rect_bottom(struct rect *, double h);
struct rect rect_left(struct rect *, double w);
struct rect rect_right(struct rect *, double w);
struct rect rect_inset(struct rect, double by);

/* The measures of a page: for a screen or for a narrow one. */
struct page {
	double	width, margin;
	double	title, subtitle, label, foot;	/* letter sizes */
	double	row;				/* height of a row of the legend */
	bool	narrow;
};
extern const struct page page_wide, page_narrow;

enum { LAYOUT_PANELS = 8 };

/* How much is to be placed. */
struct content {
	size_t	title_lines, subtitle_lines;
	size_t	panels;				/* 1..LAYOUT_PANELS */
	size_t	columns;			/* of panels; 1 on narrow pages */
	double	heights[LAYOUT_PANELS];		/* of the plots; a row has its tallest */
	double	axis[LAYOUT_PANELS];		/* room left of a plot, for its numbers */
	double	under[LAYOUT_PANELS];		/* room below it */
	double	heading[LAYOUT_PANELS];		/* room above it */
	double	marks[LAYOUT_PANELS];		/* between both, for incident numbers; or 0 */
	size_t	legend_rows, event_rows;
	size_t	foot_lines;
};

struct layout {
	double		width, height;		/* of the whole page */
	struct rect	title, subtitle;
	struct rect	heading[LAYOUT_PANELS];
	struct rect	marks[LAYOUT_PANELS];	/* incident numbers, above the plot */
	struct rect	axis[LAYOUT_PANELS];	/* numbers left of the plot */
	struct rect	plot[LAYOUT_PANELS];
	struct rect	under[LAYOUT_PANELS];	/* numbers below the plot; h 0 if none */
	struct rect	legend,
	    events;		/* beside each other, or below on narrow pages */
	struct rect	foot;
};

void	 layout_make(struct layout *, const struct page *, const struct content *);

#endif
