/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/render.h"

#include <math.h>
#include <string.h>

#include "data/say.h"
#include "plots/panels.h"
#include "plots/type.h"

enum { MOST_LINES = 6 };	/* of a title, subtitle or foot */

/* How each kind of panel is drawn and what room it needs around the plot. */
static const struct {
	void	(*draw)(struct canvas *, const struct place *, const struct panel *,
		    const struct frame *);
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

/* A figure on its way to paper: texts broken into lines, places found. */
struct rendering {
	const struct figure *fig;
	struct page	 page;
	struct arena	*arena;
	char		**title, **subtitle, **foot;
	struct layout	 at;
};

static size_t
count(char *const *lines)
{
	size_t n = 0;

	while (lines[n] != NULL)
		n++;
	return n;
}

static size_t
legend_rows(const struct figure *fig)
{
	size_t n = 0;

	for (size_t i = 0; i < fig->npanels && fig->table; i++)
		if (fig->panel[i].kind == PANEL_TIME)
			n += fig->panel[i].time.nlines;
	return n;
}

static size_t
count_listed(const struct frame *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nmarks; i++)
		n += f->marks[i].listed;
	return n;
}

static size_t
event_rows(const struct figure *fig)
{
	const struct frame *f = &fig->frame;
	size_t listed = count_listed(f);

	if (!fig->table)
		return 0;
	return listed + (listed < f->nmarks) + (f->ngaps > 0);
}

/* What the inks of a panel mean; returns how many. */
struct key { const char *label; enum ink ink; };

static bool
has_key(const struct key *keys, size_t n, enum ink ink)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].ink == ink)
			return true;
	return false;
}

static size_t
panel_keys(const struct panel *p, struct key keys[PANEL_LINES])
{
	size_t n = 0;

	if (p->kind == PANEL_TIME)
		for (size_t i = 0; i < p->time.nlines && p->time.nlines > 1; i++)
			keys[n++] = (struct key){ p->time.line[i].brief, p->time.line[i].ink };
	if (p->kind == PANEL_BARS)
		for (size_t i = 0; i < p->bars.nseries; i++)
			keys[n++] = (struct key){ p->bars.series[i].label, p->bars.series[i].ink };
	if (p->kind == PANEL_RANKS)
		for (size_t i = 0; i < p->ranks.n && n < PANEL_LINES; i++)
			if (!has_key(keys, n, p->ranks.row[i].ink))
				keys[n++] = (struct key){ p->ranks.row[i].label, p->ranks.row[i].ink };
	return n;
}

/* A panel's heading, and on narrow pages below it the key to its inks. */
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
	return heading_height(r, &r->fig->panel[i]) > 0 ? 18 : 26;
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
place_all(struct rendering *r)
{
	const struct figure *fig = r->fig;
	double width = r->page.width - 2 * r->page.margin;
	struct content c = {
		.panels = fig->npanels, .columns = fig->columns == 0 ? 1 : fig->columns,
		.legend_rows = legend_rows(fig), .event_rows = event_rows(fig),
	};
	const char *foot = arena_print(r->arena, "%s. %s.", fig->foot_left, fig->foot_right);

	r->title = type_wrap(r->arena, fig->title, r->page.title, true, width, 3);
	r->subtitle = type_wrap(r->arena, fig->subtitle, r->page.subtitle, false, width,
	    MOST_LINES);
	r->foot = type_wrap(r->arena, foot, r->page.foot, false, width, MOST_LINES);
	c.title_lines = count(r->title);
	c.subtitle_lines = count(r->subtitle);
	c.foot_lines = r->page.narrow ? count(r->foot) : 1;
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
draw_head(const struct rendering *r, struct canvas *c)
{
	const struct page *p = &r->page;

	draw_lines(c, r->at.title, r->title,
	    (struct face){ p->title, true, false, INK_TEXT, ALIGN_LEFT }, p->title + 5);
	draw_lines(c, r->at.subtitle, r->subtitle,
	    (struct face){ p->subtitle, false, false, INK_MUTED, ALIGN_LEFT }, p->subtitle + 4);
}

static void
draw_foot(const struct rendering *r, struct canvas *c)
{
	const struct page *p = &r->page;
	struct rect f = r->at.foot;
	struct face face = { p->foot, false, false, INK_MUTED, ALIGN_LEFT };

	canvas_line(c, (struct point){ f.x, f.y }, (struct point){ f.x + f.w, f.y }, INK_GRID, 1);
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
	struct face face = { r->page.foot, false, false, INK_TEXT, ALIGN_LEFT };
	struct key keys[PANEL_LINES];
	size_t n = panel_keys(&r->fig->panel[i], keys);
	double x = h.x, y = h.y + h.h - 10;

	if (!r->page.narrow)
		x += h.w;
	for (size_t k = 0; k < n && !r->page.narrow; k++)
		x -= type_width(keys[k].label, face.size, false) + 34;
	for (size_t k = 0; k < n; k++) {
		canvas_fill(c, (struct rect){ x + 8, y - face.size * 0.36 - 1.5, 14, 3 },
		    keys[k].ink);
		canvas_text(c, (struct point){ x + 26, y }, face, keys[k].label);
		x += type_width(keys[k].label, face.size, false) + 34;
	}
}

/* Upright beside the numbers where no line above is kept free for it. */
static void
draw_heading(const struct rendering *r, struct canvas *c, size_t i)
{
	const struct page *p = &r->page;
	struct rect h = r->at.heading[i], a = r->at.axis[i];
	struct face face = { p->label, true, false, INK_TEXT, ALIGN_LEFT };

	if (h.h > 0) {
		canvas_text(c, (struct point){ h.x, h.y + p->label + 2 }, face,
		    r->fig->panel[i].heading);
		if (!r->fig->table)
			draw_keys(r, c, i);
		return;
	}
	face = (struct face){ p->label, false, true, INK_MUTED, ALIGN_CENTRE };
	canvas_text(c, (struct point){ a.x, a.y + a.h / 2 }, face, r->fig->panel[i].heading);
}

void
panel_value_axis(struct canvas *c, const struct place *at, const struct axis *y)
{
	struct rect p = at->plot;
	struct face face = { at->page->label, false, false, INK_MUTED, ALIGN_RIGHT };

	for (size_t i = 0; i < y->n; i++) {
		double place = axis_place(y, y->tick[i].at, p.y + p.h, p.y);

		if (y->tick[i].major && i > 0)
			canvas_line(c, (struct point){ p.x, place },
			    (struct point){ p.x + p.w, place },
			    INK_GRID, 0.8);
		if (!y->tick[i].major)
			canvas_line(c, (struct point){ p.x - 3, place },
			    (struct point){ p.x, place },
			    INK_AXIS, 0.6);
		canvas_text(c, (struct point){ p.x - 8, place + face.size * 0.36 }, face,
		    y->tick[i].label);
	}
}

/* ---- the table of lines --------------------------------------------------------- */

struct statistic { const char *name; size_t at; bool narrow; double column; };
static const struct statistic statistics[] = {
	{ "last", offsetof(struct summary, last), true, 386 },
	{ "min", offsetof(struct summary, min), false, 476 },
	{ "mean", offsetof(struct summary, mean), true, 566 },
	{ "max", offsetof(struct summary, max), true, 656 },
};
enum { NSTATISTICS = sizeof(statistics) / sizeof(statistics[0]) };

/* The right edge of a statistic's column; negative if the page has none. */
static double
statistic_edge(const struct rendering *r, size_t k)
{
	static const double from_right[NSTATISTICS] = { 116, 0, 58, 0 };

	if (!r->page.narrow)
		return r->at.legend.x + statistics[k].column;
	if (!statistics[k].narrow)
		return -1;
	return r->at.legend.x + r->at.legend.w - from_right[k];
}

/* Of sums of 24 h, full days alone can be compared. */
static struct summary
summarise(const struct rendering *r, const struct line *l)
{
	const struct frame *f = &r->fig->frame;
	size_t first = 0, end = f->n;
	double *full;

	while (first < end && f->end_ms[first] < f->window.from_ms)
		first++;
	while (end > first && f->end_ms[end - 1] > f->window.to_ms)
		end--;
	if (!l->of_day || !f->partial)
		return prep_summary(l->v + first, end - first);
	full = arena_take(r->arena, end - first, sizeof(*full));
	for (size_t i = first; i < end; i++)
		full[i - first] = f->day_share[i] >= FULL_DAY ? l->v[i] : NAN;
	return prep_summary(full, end - first);
}

static void
draw_legend_row(const struct rendering *r, struct canvas *c, const struct line *l, enum unit unit,
    double y)
{
	struct face face = { r->page.label, false, false, INK_TEXT, ALIGN_LEFT };
	struct summary s = summarise(r, l);
	double x = r->at.legend.x, swatch = r->page.narrow ? 14 : 24, middle = y - face.size * 0.34;
	char text[NUMBER_TEXT];

	if (l->low != NULL)
		canvas_fill(c, (struct rect){ x, middle - 5, swatch, 10 }, l->pale);
	canvas_line(c, (struct point){ x, middle }, (struct point){ x + swatch, middle },
	    l->ink, 3);
	canvas_text(c, (struct point){ x + swatch + 8, y }, face,
	    r->page.narrow ? l->brief : l->label);
	face.align = ALIGN_RIGHT;
	for (size_t k = 0; k < NSTATISTICS; k++) {
		double edge = statistic_edge(r, k), v;

		memcpy(&v, (const char *)&s + statistics[k].at, sizeof(v));
		if (edge >= 0)
			canvas_text(c, (struct point){ edge, y }, face,
			    number_format(text, v, unit));
	}
}

static void
draw_legend(const struct rendering *r, struct canvas *c)
{
	struct face head = { r->page.foot, false, false, INK_MUTED, ALIGN_RIGHT };
	double y = r->at.legend.y + r->page.foot;

	if (r->at.legend.h <= 0)
		return;
	for (size_t k = 0; k < NSTATISTICS; k++)
		if (statistic_edge(r, k) >= 0)
			canvas_text(c, (struct point){ statistic_edge(r, k), y }, head,
			    statistics[k].name);
	for (size_t i = 0; i < r->fig->npanels; i++) {
		const struct time_panel *t = &r->fig->panel[i].time;

		for (size_t k = 0; r->fig->panel[i].kind == PANEL_TIME && k < t->nlines; k++) {
			y += r->page.row;
			draw_legend_row(r, c, &t->line[k], t->unit, y);
		}
	}
}

/* ---- the list of events ----------------------------------------------------------- */

static void
draw_event(const struct rendering *r, struct canvas *c, double y, const char *name, enum ink ink,
    const char *text)
{
	struct rect e = r->at.events;
	struct face face = { r->page.label, true, false, ink, ALIGN_LEFT };
	char **line = type_wrap(r->arena, text, face.size, false, e.w - 30, 1);

	canvas_text(c, (struct point){ e.x, y }, face, name);
	face = (struct face){ r->page.label, false, false, INK_TEXT, ALIGN_LEFT };
	if (line[0] != NULL)
		canvas_text(c, (struct point){ e.x + 30, y }, face, line[0]);
}

static void
draw_events(const struct rendering *r, struct canvas *c)
{
	static const enum ink caps[] = {
		[MARK_ALERT] = INK_ALERT_CAP, [MARK_WARN] = INK_WARN_CAP,
		[MARK_STEP] = INK_STEP_CAP, [MARK_OUTAGE] = INK_MUTED,
	};
	const struct frame *f = &r->fig->frame;
	struct rect e = r->at.events;
	double y = e.y + r->page.foot;

	if (event_rows(r->fig) == 0)
		return;
	canvas_text(c, (struct point){ e.x, y },
	    (struct face){ r->page.foot, false, false, INK_MUTED, ALIGN_LEFT }, "events");
	for (size_t i = 0; i < f->nmarks; i++)
		if (f->marks[i].listed)
			draw_event(r, c, y += r->page.row, f->marks[i].name,
			    caps[f->marks[i].kind], f->marks[i].text);
	if (count_listed(f) < f->nmarks)
		draw_event(r, c, y += r->page.row, "", INK_MUTED,
		    arena_print(r->arena, "and %zu more", f->nmarks - count_listed(f)));
	if (f->ngaps > 0) {
		y += r->page.row;
		panel_hatch(c, (struct rect){ e.x, y - 10, 20, 11 });
		draw_event(r, c, y, "", INK_MUTED, "no data: not measured, not zero");
	}
}

/* ---- the whole ----------------------------------------------------------------------- */

static void
draw_panel(const struct rendering *r, struct canvas *c, size_t i)
{
	const struct panel *p = &r->fig->panel[i];
	struct place at = {
		.page = &r->page, .arena = r->arena, .axis = r->at.axis[i], .plot = r->at.plot[i],
		.under = r->at.under[i], .labels_below = r->at.under[i].h > 0,
	};

	draw_heading(r, c, i);
	if (r->at.marks[i].h > 0)
		panel_time_marks(c, &r->page, r->at.marks[i], &r->fig->frame);
	kinds[p->kind].draw(c, &at, p, &r->fig->frame);
}

static void
draw_all(const struct rendering *r, struct canvas *c)
{
	draw_head(r, c);
	for (size_t i = 0; i < r->fig->npanels; i++)
		draw_panel(r, c, i);
	draw_legend(r, c);
	draw_events(r, c);
	draw_foot(r, c);
}

static void
begin(struct rendering *r, const struct figure *fig, const struct page *page, struct arena *a)
{
	*r = (struct rendering){ .fig = fig, .page = *page, .arena = a };
	if (!page->narrow && fig->width > 0)
		r->page.width = fig->width;
	place_all(r);
}

void
render_layout(const struct figure *fig, const struct page *page, struct arena *a, struct layout *l)
{
	struct rendering r;

	begin(&r, fig, page, a);
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

	begin(&r, fig, page, &arena);
	if ((c = canvas_open(form, r.page.width, r.at.height, fig->title, fig->about)) == NULL)
		complain("libplot cannot open a picture of %.0f x %.0f pixels", r.page.width,
		    r.at.height);
	else {
		draw_all(&r, c);
		result = canvas_close(c, out);
	}
	arena_free(&arena);
	return result;
}
