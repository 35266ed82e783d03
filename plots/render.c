/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/render.h"

#include <math.h>
#include <string.h>

#include "data/lib/log.h"
#include "plots/panels.h"
#include "plots/render_impl.h"
#include "plots/font_metrics.h"

enum { MOST_LINES = 6 };	/* of a title, subtitle or foot */

/* How each kind of panel is drawn and what room it needs around the plot. */
static const struct {
	void	(*draw)(struct canvas *, const struct place *, const struct panel *,
		    const struct time_frame *);
	double	axis, axis_narrow;	/* left of it */
	double	under;			/* below it */
	bool	square;			/* as high as wide */
} kinds[PANEL_NKIND] = {
	[PANEL_TIME] = { panel_time, 60, 50, 26, false },
	[PANEL_MAP] = { panel_map, 34, 26, 96, true },
	[PANEL_BARS] = { panel_bars, 60, 50, 46, false },
	[PANEL_RANKS] = { panel_ranks, 210, 140, 46, false },
};

bool
figure_blocked_octet(unsigned octet)
{
	return octet == 0 || octet == 10 || octet == 127 || octet >= 224;
}

static size_t
count(char *const *lines)
{
	size_t n = 0;

	while (lines[n] != NULL)
		n++;
	return n;
}

/* Lists what the colours of a panel mean; returns how many. */
struct key { const char *label; enum colour colour; };

static bool
has_key(const struct key *keys, size_t n, enum colour colour)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].colour == colour)
			return true;
	return false;
}

static size_t
panel_keys(const struct panel *p, struct key keys[PANEL_LINES])
{
	size_t n = 0;

	if (p->kind == PANEL_TIME)
		for (size_t i = 0; i < p->time.nlines && p->time.nlines > 1; i++)
			keys[n++] = (struct key){ p->time.line[i].brief,
			    p->time.line[i].colour };
	if (p->kind == PANEL_BARS)
		for (size_t i = 0; i < p->bars.nseries; i++)
			keys[n++] = (struct key){ p->bars.series[i].label,
			    p->bars.series[i].colour };
	if (p->kind == PANEL_RANKS)
		for (size_t i = 0; i < p->ranks.n && n < PANEL_LINES; i++)
			if (!has_key(keys, n, p->ranks.row[i].colour))
				keys[n++] = (struct key){ p->ranks.row[i].label,
				    p->ranks.row[i].colour };
	return n;
}

/* A panel's heading, and on narrow pages below it the key to its colours. */
static double
heading_height(const struct rendering *r, const struct panel *p)
{
	struct key keys[PANEL_LINES];

	if (r->page.narrow)
		return r->fig->table || panel_keys(p, keys) == 0 ? 24 : 42;
	return r->fig->headings ? 26 : 0;
}

/* The incident numbers stand above every panel with a heading, else above the first one. */
static double
marks_height(const struct rendering *r, size_t i)
{
	bool first = i == 0 || (r->fig->headings && !r->fig->table);

	if (r->fig->panel[i].kind != PANEL_TIME || !first)
		return 0;
	if (heading_height(r, &r->fig->panel[i]) > 0)
		return r->fig->frame.nmarks > 0 ? 18 : 0;
	return 26;
}

static void
measure_panels(const struct rendering *r, struct content *c)
{
	size_t columns = r->page.narrow ? 1 : c->columns;
	double width = (r->page.width - 2 * r->page.margin - 36 * (double)(columns - 1)) /
	    (double)columns;

	for (size_t i = 0; i < c->panels; i++) {
		const struct panel *p = &r->fig->panel[i];

		c->heading[i] = heading_height(r, p);
		c->marks[i] = marks_height(r, i);
		c->axis[i] = r->page.narrow ? kinds[p->kind].axis_narrow : kinds[p->kind].axis;
		c->under[i] = kinds[p->kind].under;
		c->heights[i] = r->page.narrow ? p->narrow_height : p->height;
		if (c->heights[i] == 0 && kinds[p->kind].square)
			c->heights[i] = width - c->axis[i];
		if (p->kind == PANEL_TIME && columns == 1 && i + 1 < c->panels &&
		    r->fig->panel[i + 1].kind == PANEL_TIME)
			c->under[i] = 0;
	}
}

static void
place_all(struct rendering *r, const struct figure *fig, const struct page *page, struct arena *a)
{
	struct content c = {
		.panels = fig->npanels, .columns = fig->columns == 0 ? 1 : fig->columns,
		.legend_rows = render_legend_rows(fig), .event_rows = render_event_rows(fig),
	};
	const char *foot = arena_print(a, "%s. %s.", fig->foot_left, fig->foot_right);
	double width;

	*r = (struct rendering){ .fig = fig, .page = *page, .arena = a };
	if (!page->narrow && fig->width > 0)
		r->page.width = fig->width;
	width = r->page.width - 2 * page->margin;
	r->title = font_wrap(a, fig->title, page->title, true, width, 3);
	r->subtitle = font_wrap(a, fig->subtitle, page->subtitle, false, width, MOST_LINES);
	r->foot = font_wrap(a, foot, page->foot, false, width, MOST_LINES);
	c.title_lines = count(r->title);
	c.subtitle_lines = count(r->subtitle);
	c.foot_lines = page->narrow ? count(r->foot) : 1;
	measure_panels(r, &c);
	layout_make(&r->at, &r->page, &c);
}

/* ---- words around the panels ------------------------------------------------- */

static void
draw_lines(struct canvas *c, struct rect r, char *const *lines, struct face face, double step)
{
	for (size_t i = 0; lines[i] != NULL; i++)
		canvas_text(c, (struct point){ r.x, r.y + face.size + (double)i * step }, face,
		    lines[i]);
}

static void
draw_foot(const struct rendering *r, struct canvas *c)
{
	const struct page *p = &r->page;
	struct rect f = r->at.foot;
	struct face face = { p->foot, false, false, COLOUR_MUTED, ALIGN_LEFT };

	canvas_line(c, (struct point){ f.x, f.y }, (struct point){ f.x + f.w, f.y },
	    COLOUR_GRID, 1);
	f.y += 6;
	if (p->narrow) {
		draw_lines(c, f, r->foot, face, p->foot + 5);
		return;
	}
	canvas_text(c, (struct point){ f.x, f.y + p->foot }, face, r->fig->foot_left);
	face.align = ALIGN_RIGHT;
	canvas_text(c, (struct point){ f.x + f.w, f.y + p->foot }, face, r->fig->foot_right);
}

/* Where there is no table of lines: at the right end of the heading, or below it. */
static void
draw_keys(const struct rendering *r, struct canvas *c, size_t i)
{
	struct rect h = r->at.heading[i];
	struct face face = { r->page.foot, false, false, COLOUR_TEXT, ALIGN_LEFT };
	struct key keys[PANEL_LINES];
	size_t n = panel_keys(&r->fig->panel[i], keys);
	double x = h.x, y = h.y + h.h - 10;

	if (!r->page.narrow)
		x += h.w;
	for (size_t k = 0; k < n && !r->page.narrow; k++)
		x -= font_width(keys[k].label, face.size, false) + 34;
	for (size_t k = 0; k < n; k++) {
		canvas_fill(c, (struct rect){ x + 8, y - face.size * 0.36 - 1.5, 14, 3 },
		    keys[k].colour);
		canvas_text(c, (struct point){ x + 26, y }, face, keys[k].label);
		x += font_width(keys[k].label, face.size, false) + 34;
	}
}

/* Upright beside the numbers where no line above is kept free for it. */
static void
draw_heading(const struct rendering *r, struct canvas *c, size_t i)
{
	const struct page *p = &r->page;
	struct rect h = r->at.heading[i], a = r->at.axis[i];
	struct face face = { p->label, true, false, COLOUR_TEXT, ALIGN_LEFT };

	if (h.h > 0) {
		canvas_text(c, (struct point){ h.x, h.y + p->label + 2 }, face,
		    r->fig->panel[i].heading);
		if (!r->fig->table)
			draw_keys(r, c, i);
		return;
	}
	face = (struct face){ p->label, false, true, COLOUR_MUTED, ALIGN_CENTRE };
	canvas_text(c, (struct point){ a.x, a.y + a.h / 2 }, face, r->fig->panel[i].heading);
}

void
panel_value_axis(struct canvas *c, const struct place *at, const struct axis *y)
{
	struct rect p = at->plot;
	struct face face = { at->page->label, false, false, COLOUR_MUTED, ALIGN_RIGHT };

	for (size_t i = 0; i < y->n; i++) {
		double place = axis_place(y, y->tick[i].at, p.y + p.h, p.y);

		if (y->tick[i].major && i > 0)
			canvas_line(c, (struct point){ p.x, place },
			    (struct point){ p.x + p.w, place },
			    COLOUR_GRID, 0.8);
		if (!y->tick[i].major)
			canvas_line(c, (struct point){ p.x - 3, place },
			    (struct point){ p.x, place },
			    COLOUR_AXIS, 0.6);
		canvas_text(c, (struct point){ p.x - 8, place + face.size * 0.36 }, face,
		    y->tick[i].label);
	}
}

/* ---- the whole ----------------------------------------------------------------------- */

static void
draw_panel(const struct rendering *r, struct canvas *c, size_t i)
{
	const struct panel *p = &r->fig->panel[i];
	struct place at = {
		.page = &r->page, .arena = r->arena, .axis = r->at.axis[i],
		    .plot = r->at.plot[i],
		.under = r->at.under[i], .labels_below = r->at.under[i].h > 0,
	};

	draw_heading(r, c, i);
	if (r->at.marks[i].h > 0)
		panel_time_marks(c, &r->page, r->at.marks[i], &r->fig->frame);
	kinds[p->kind].draw(c, &at, p, &r->fig->frame);
}

void
render_layout(const struct figure *fig, const struct page *page, struct arena *a,
    struct layout *l)
{
	struct rendering r;

	place_all(&r, fig, page, a);
	*l = r.at;
	l->width = r.page.width;
}

int
render(const struct figure *fig, const struct page *page, enum canvas_form form, FILE *out)
{
	struct arena arena = { NULL };
	struct rendering r;
	struct canvas *c;
	int result = -1;

	place_all(&r, fig, page, &arena);
	if ((c = canvas_open(form, r.page.width, r.at.height, fig->title, fig->about)) == NULL)
		log_error("libplot cannot open a picture of %.0f x %.0f pixels", r.page.width,
		    r.at.height);
	else {
		const double title = r.page.title, subtitle = r.page.subtitle;

		draw_lines(c, r.at.title, r.title,
		    (struct face){ title, true, false, COLOUR_TEXT, ALIGN_LEFT }, title + 5);
		draw_lines(c, r.at.subtitle, r.subtitle,
		    (struct face){ subtitle, false, false, COLOUR_MUTED, ALIGN_LEFT },
		    subtitle + 4);
		for (size_t i = 0; i < r.fig->npanels; i++)
			draw_panel(&r, c, i);
		render_legend(&r, c);
		render_events(&r, c);
		draw_foot(&r, c);
		result = canvas_close(c, out);
	}
	arena_free(&arena);
	return result;
}
