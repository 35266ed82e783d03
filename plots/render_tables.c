/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Below the panels: the table of lines with their numbers, and the list of events. */
#include <math.h>
#include <string.h>

#include "observation.h"
#include "plots/panels.h"
#include "plots/render_impl.h"
#include "plots/font_metrics.h"

size_t
render_legend_rows(const struct figure *fig)
{
	size_t n = 0;

	for (size_t i = 0; i < fig->npanels && fig->table; i++)
		if (fig->panel[i].kind == PANEL_TIME)
			n += fig->panel[i].time.nlines;
	return n;
}

static size_t
count_listed(const struct time_frame *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nmarks; i++)
		n += f->marks[i].listed;
	return n;
}

size_t
render_event_rows(const struct figure *fig)
{
	const struct time_frame *f = &fig->frame;
	size_t listed = count_listed(f);

	if (!fig->table)
		return 0;
	return listed + (listed < f->nmarks) + (f->ngaps > 0) + (f->ncut > 0);
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

/*
 * Only full days can be compared where the line is a sum of 24 h; where there is none, the
 * last sum so far is all that means something.
 */
static struct summary
summarise(const struct rendering *r, const struct line *l)
{
	const struct time_frame *f = &r->fig->frame;
	size_t first = 0, end = f->n;
	double *full;

	while (first < end && f->end_ms[first] < f->window.from_ms)
		first++;
	while (end > first && f->end_ms[end - 1] > f->window.to_ms)
		end--;
	if (l->of_day && f->young) {
		struct summary so_far = series_prep_summary(l->v + first, end - first);

		so_far.min = so_far.mean = so_far.max = NAN;
		return so_far;
	}
	if (!l->of_day || !f->partial)
		return series_prep_summary(l->v + first, end - first);
	full = arena_take(r->arena, end - first, sizeof(*full));
	for (size_t i = first; i < end; i++)
		full[i - first] = f->day_share[i] >= FULL_DAY ? l->v[i] : NAN;
	return series_prep_summary(full, end - first);
}

static void
draw_legend_row(const struct rendering *r, struct canvas *c, const struct line *l,
    enum unit unit, double y)
{
	struct face face = { r->page.label, false, false, COLOUR_TEXT, ALIGN_LEFT };
	struct summary s = summarise(r, l);
	double x = r->at.legend.x, swatch = r->page.narrow ? 14 : 24,
	    middle = y - face.size * 0.34;
	char text[NUMBER_TEXT];

	if (l->low != NULL)
		canvas_fill(c, (struct rect){ x, middle - 5, swatch, 10 }, l->pale);
	canvas_line(c, (struct point){ x, middle }, (struct point){ x + swatch, middle },
	    l->colour, 3);
	canvas_text(c, (struct point){ x + swatch + 8, y }, face,
	    r->page.narrow ? l->brief : l->label);
	face.align = ALIGN_RIGHT;
	for (size_t k = 0; k < NSTATISTICS; k++) {
		double edge = statistic_edge(r, k), v;

		memcpy(&v, (const char *)&s + statistics[k].at, sizeof(v));
		if (edge >= 0)
			canvas_text(c, (struct point){ edge, y }, face,
			    number_format(text, unit_shown(unit, v), unit));
	}
}

void
render_legend(const struct rendering *r, struct canvas *c)
{
	struct face head = { r->page.foot, false, false, COLOUR_MUTED, ALIGN_RIGHT };
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

/* Room for the longest name that is listed, and for the hatched sample. */
static double
name_width(const struct rendering *r)
{
	const struct time_frame *f = &r->fig->frame;
	double width = 20;

	for (size_t i = 0; i < f->nmarks; i++)
		if (f->marks[i].listed)
			width = fmax(width, font_width(f->marks[i].name, r->page.label, true));
	return width + 10;
}

static void
draw_event(const struct rendering *r, struct canvas *c, double y, const char *name,
    enum colour colour, const char *text)
{
	struct rect e = r->at.events;
	struct face face = { r->page.label, true, false, colour, ALIGN_LEFT };
	double indent = name_width(r);
	char **line = font_wrap(r->arena, text, face.size, false, e.w - indent, 1);

	canvas_text(c, (struct point){ e.x, y }, face, name);
	face = (struct face){ r->page.label, false, false, COLOUR_TEXT, ALIGN_LEFT };
	if (line[0] != NULL)
		canvas_text(c, (struct point){ e.x + indent, y }, face, line[0]);
}

void
render_events(const struct rendering *r, struct canvas *c)
{
	static const enum colour caps[] = {
		[MARK_ALERT] = COLOUR_ALERT_CAP, [MARK_WARN] = COLOUR_WARN_CAP,
		[MARK_STEP] = COLOUR_STEP_CAP, [MARK_OUTAGE] = COLOUR_MUTED,
	};
	const struct time_frame *f = &r->fig->frame;
	char cut[ROUND_CUT_TEXT];
	struct rect e = r->at.events;
	double y = e.y + r->page.foot;

	if (render_event_rows(r->fig) == 0)
		return;
	canvas_text(c, (struct point){ e.x, y },
	    (struct face){ r->page.foot, false, false, COLOUR_MUTED, ALIGN_LEFT }, "events");
	for (size_t i = 0; i < f->nmarks; i++)
		if (f->marks[i].listed)
			draw_event(r, c, y += r->page.row, f->marks[i].name,
			    caps[f->marks[i].kind], f->marks[i].text);
	if (count_listed(f) < f->nmarks)
		draw_event(r, c, y += r->page.row, "", COLOUR_MUTED,
		    arena_print(r->arena, "and %zu more", f->nmarks - count_listed(f)));
	if (f->ngaps > 0) {
		y += r->page.row;
		panel_hatch(c, (struct rect){ e.x, y - 10, 20, 11 });
		draw_event(r, c, y, "", COLOUR_MUTED, "no data: not measured, not zero");
	}
	if (f->ncut > 0)
		draw_event(r, c, y + r->page.row, "", COLOUR_MUTED, arena_print(r->arena,
		    "%zu round%s cut by a budget (%s): %s", f->ncut, f->ncut == 1 ? "" : "s",
		    round_cut_format(cut, f->cut_by), f->cut_by & CUT_SHORT ? "their counts are too low"
		    : "some peers' records were left out"));
}
