/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "data/lib/utctime.h"
#include "plots/panels.h"
#include "plots/font_metrics.h"

/* Points further apart than this are marked by dots. */
static const double DOT_DISTANCE = 11;

/* Points are thinned in columns as wide as a line is. */
static const double COLUMN = 1.5;

static const struct { enum colour band, weekend, cap; } mark_inks[] = {
	[MARK_ALERT] = { COLOUR_ALERT, COLOUR_ALERT_WEEKEND, COLOUR_ALERT_CAP },
	[MARK_WARN] = { COLOUR_WARN, COLOUR_WARN_WEEKEND, COLOUR_WARN_CAP },
	[MARK_STEP] = { COLOUR_STEP, COLOUR_STEP_WEEKEND, COLOUR_STEP_CAP },
	[MARK_OUTAGE] = { COLOUR_GAP, COLOUR_GAP, COLOUR_AXIS },
};

/* A panel being drawn: its axes, and the part of the paper that they span. */
struct drawing {
	struct canvas	*c;
	const struct place *at;
	const struct time_frame *f;
	struct axis	x, y;
	enum unit	unit;
};

static double
x_of(const struct drawing *d, int64_t t)
{
	return axis_place(&d->x, (double)t, d->at->plot.x, d->at->plot.x + d->at->plot.w);
}

static double
y_of(const struct drawing *d, double v)
{
	return axis_place(&d->y, unit_shown(d->unit, v), d->at->plot.y + d->at->plot.h, d->at->plot.y);
}

/* The part of the plot between two times; of no width if outside. */
static struct rect
stripe(const struct drawing *d, struct span s)
{
	struct rect r = d->at->plot;

	r.x = x_of(d, s.from_ms);
	r.w = x_of(d, s.to_ms) - r.x;
	return r;
}

/* ---- what lies beneath the lines ---------------------------------------------- */

/* Saturdays and Sundays of a stretch of time. */
static void
draw_weekends(const struct drawing *d, struct span s, enum colour colour)
{
	int64_t offset = d->f->offset_minutes * MINUTE_MS;
	int64_t from = (s.from_ms > d->f->window.from_ms ? s.from_ms :
	    d->f->window.from_ms) + offset;
	int64_t to = (s.to_ms < d->f->window.to_ms ? s.to_ms : d->f->window.to_ms) + offset;
	/* 1970-01-03 was a Saturday. */
	int64_t t = from - ((from - 2 * DAY_MS) % (7 * DAY_MS) + 7 * DAY_MS) % (7 * DAY_MS);

	for (; d->f->weekends && t < to; t += 7 * DAY_MS) {
		struct span w = { t > from ? t : from, t + 2 * DAY_MS < to ? t + 2 * DAY_MS :
		    to };

		if (w.from_ms < w.to_ms)
			canvas_fill(d->c, stripe(d, (struct span){ w.from_ms - offset,
			    w.to_ms - offset }), colour);
	}
}

/* Graver kinds lie on top; a hair of paper parts neighbours. */
static void
draw_marks_of(const struct drawing *d, enum mark_kind kind)
{
	for (size_t i = 0; i < d->f->nmarks; i++) {
		const struct mark *m = &d->f->marks[i];
		struct rect r = stripe(d, m->when);

		if (m->kind != kind || m->when.from_ms > d->f->window.to_ms ||
		    m->when.to_ms < d->f->window.from_ms)
			continue;
		canvas_fill(d->c, (struct rect){ r.x, r.y, fmax(r.w, 2), r.h },
		    mark_inks[kind].band);
		draw_weekends(d, m->when, mark_inks[kind].weekend);
		canvas_fill(d->c, (struct rect){ r.x, r.y - 4, fmax(r.w - 1.5, 2), 4 },
		    mark_inks[kind].cap);
	}
}

void
panel_hatch(struct canvas *c, struct rect r)
{
	if (r.w < 0.5)
		return;
	canvas_fill(c, r, COLOUR_GAP);
	for (double k = 5 - r.h; k < r.w; k += 5) {	/* lines x - y = k, cut to r */
		double x0 = fmax(0, k), x1 = fmin(r.w, k + r.h);

		if (x1 - x0 > 0.5)
			canvas_line(c, (struct point){ r.x + x0, r.y + r.h - (x0 - k) },
			    (struct point){ r.x + x1, r.y + r.h - (x1 - k) }, COLOUR_HATCH,
			    0.7);
	}
}

static void
draw_gaps(const struct drawing *d)
{
	struct face face = { d->at->page->foot, false, false, COLOUR_MUTED, ALIGN_CENTRE };

	for (size_t i = 0; i < d->f->ngaps; i++) {
		struct rect r = stripe(d, d->f->gaps[i]);
		double room = font_width("no data", face.size, false) + 8;

		panel_hatch(d->c, r);
		if (r.w < face.size + 8 || r.h < room)
			continue;
		face.upright = r.w < room;
		canvas_text(d->c, (struct point){
		    r.x + r.w / 2 + (face.upright ? face.size / 3 : 0),
		    r.y + r.h / 2 + (face.upright ? 0 : face.size / 3) }, face, "no data");
	}
}

/* ---- axes ------------------------------------------------------------------------ */

static void
draw_time_grid(const struct drawing *d)
{
	struct rect p = d->at->plot;

	for (size_t i = 0; i < d->x.n; i++) {
		double x = axis_place(&d->x, d->x.tick[i].at, p.x, p.x + p.w);

		if (d->x.tick[i].major && x > p.x + 1)
			canvas_line(d->c, (struct point){ x, p.y },
			    (struct point){ x, p.y + p.h },
			    COLOUR_GRID, 0.8);
	}
}

/* Ticks stand on the foot line of every panel, labels below the last one. */
static void
draw_time_labels(const struct drawing *d)
{
	struct rect p = d->at->plot, u = d->at->under;
	const struct page *page = d->at->page;
	struct face face = { page->label, false, false, COLOUR_MUTED, ALIGN_CENTRE };
	double bottom = p.y + p.h, edge = page->width - 2;

	for (size_t i = 0; i < d->x.n; i++) {
		const struct tick *t = &d->x.tick[i];
		double x = axis_place(&d->x, t->at, p.x, p.x + p.w), half;

		canvas_line(d->c, (struct point){ x, bottom },
		    (struct point){ x, bottom + (t->major ? 5 : 3) }, COLOUR_AXIS, 0.8);
		half = font_width(t->label, face.size, false) / 2;
		if (d->at->labels_below && x + half < edge)
			canvas_text(d->c, (struct point){ x, u.y + 8 + face.size }, face,
			    t->label);
	}
	canvas_line(d->c, (struct point){ p.x, bottom }, (struct point){ p.x + p.w, bottom },
	    COLOUR_AXIS, 1);
	canvas_line(d->c, (struct point){ p.x, p.y }, (struct point){ p.x, bottom },
	    COLOUR_AXIS, 1);
}

/* ---- lines ------------------------------------------------------------------------ */

/* A line's points that are drawn. */
struct chosen { size_t *keep; struct run *runs; size_t nruns; };

static struct chosen
choose(const struct drawing *d, const struct line *l)
{
	struct chosen ch;
	const struct time_frame *f = d->f;

	ch.keep = arena_take(d->at->arena, f->n, sizeof(*ch.keep));
	ch.runs = arena_take(d->at->arena, f->n, sizeof(*ch.runs));
	ch.nruns = series_prep_runs(f->end_ms, l->v, f->cut, f->n, f->window,
	    (unsigned)(d->at->plot.w / COLUMN), ch.keep, ch.runs);
	return ch;
}

/* The space between two series along the chosen points, run by run. */
static void
draw_between(const struct drawing *d, const struct line *l, const double *a, const double *b)
{
	struct chosen ch = choose(d, l);

	for (size_t r = 0; r < ch.nruns; r++) {
		const size_t *keep = ch.keep + ch.runs[r].first;
		size_t n = ch.runs[r].n;
		struct point *p = arena_take(d->at->arena, 2 * n, sizeof(*p));

		for (size_t i = 0; i < n; i++) {
			double x = x_of(d, d->f->end_ms[keep[i]]);
			double va = a[keep[i]], vb = b[keep[i]];

			p[i] = (struct point){ x, y_of(d, isfinite(va) ? va : l->v[keep[i]]) };
			p[2 * n - 1 - i] = (struct point){ x,
			    y_of(d, isfinite(vb) ? vb : l->v[keep[i]]) };
		}
		canvas_area(d->c, p, 2 * n, l->pale);
	}
}

static bool
is_partial(const struct drawing *d, const struct line *l, size_t i)
{
	return l->of_day && d->f->day_share[i] < FULL_DAY;
}

/* A run in pieces: whole where its points are sums of a full day, else dashed. */
static void
draw_run(const struct drawing *d, const struct line *l, const size_t *keep,
    const struct point *p, size_t n)
{
	for (size_t from = 0, to; from + 1 < n; from = to) {
		bool partial = is_partial(d, l, keep[from + 1]);

		for (to = from + 1; to + 1 < n && is_partial(d, l, keep[to + 1]) == partial;)
			to++;
		if (partial)
			canvas_dashed_path(d->c, p + from, to - from + 1, l->colour,
			    l->width * 0.8);
		else
			canvas_path(d->c, p + from, to - from + 1, l->colour, l->width);
	}
}

static void
draw_line(const struct drawing *d, const struct line *l)
{
	struct chosen ch = choose(d, l);
	size_t shown = 0;

	for (size_t r = 0; r < ch.nruns; r++)
		shown += ch.runs[r].n;
	for (size_t r = 0; r < ch.nruns; r++) {
		const size_t *keep = ch.keep + ch.runs[r].first;
		size_t n = ch.runs[r].n;
		struct point *p = arena_take(d->at->arena, n, sizeof(*p));

		for (size_t i = 0; i < n; i++)
			p[i] = (struct point){ x_of(d, d->f->end_ms[keep[i]]),
			    y_of(d, l->v[keep[i]]) };
		draw_run(d, l, keep, p, n);
		if (n == 1)
			canvas_dot(d->c, p[0], l->width + 0.6, l->colour);
		for (size_t i = 0; i < n && (double)shown * DOT_DISTANCE < d->at->plot.w; i++)
			canvas_dot(d->c, p[i], l->width + 1.2, l->colour);
	}
}

static void
draw_threshold(const struct drawing *d, const struct time_panel *t)
{
	struct rect p = d->at->plot;
	struct face face = { d->at->page->foot, false, false, COLOUR_ALERT_CAP, ALIGN_RIGHT };
	double y;

	if (!isfinite(t->threshold) || unit_shown(t->unit, t->threshold) > d->y.hi)
		return;
	y = y_of(d, t->threshold);
	canvas_dashes(d->c, (struct point){ p.x, y }, (struct point){ p.x + p.w, y },
	    COLOUR_ALERT_CAP, 1);
	canvas_text(d->c, (struct point){ p.x + p.w - 4,
	    p.y + p.h - y > face.size + 8 ? y + face.size + 3 : y - 5 }, face,
	    t->threshold_label);
}

/* ---- the panel -------------------------------------------------------------------- */

/* The greatest number that any line or interval shows in the window. */
static double
greatest(const struct time_frame *f, const struct time_panel *t)
{
	double most = 0;

	for (size_t k = 0; k < t->nlines; k++)
		for (size_t i = 0; i < f->n; i++) {
			const struct line *l = &t->line[k];

			if (f->end_ms[i] < f->window.from_ms ||
			    f->end_ms[i] > f->window.to_ms || !isfinite(l->v[i]))
				continue;
			most = fmax(most, l->v[i]);
			if (l->high != NULL && isfinite(l->high[i]))
				most = fmax(most, l->high[i]);
		}
	return most;
}

void
panel_time(struct canvas *c, const struct place *at, const struct panel *panel,
    const struct time_frame *f)
{
	const struct time_panel *t = &panel->time;
	struct drawing d = { .c = c, .at = at, .f = f, .unit = t->unit };

	axis_time(&d.x, f->window.from_ms, f->window.to_ms, f->offset_minutes, at->plot.w);
	axis_linear(&d.y, unit_shown(t->unit, greatest(f, t)), at->plot.h, t->unit);
	draw_weekends(&d, f->window, COLOUR_WEEKEND);
	draw_marks_of(&d, MARK_STEP);
	draw_marks_of(&d, MARK_WARN);
	draw_marks_of(&d, MARK_ALERT);
	draw_gaps(&d);
	for (size_t k = 0; k < t->nlines; k++)
		if (t->line[k].down_to != NULL)
			draw_between(&d, &t->line[k], t->line[k].v, t->line[k].down_to);
		else if (t->line[k].low != NULL)
			draw_between(&d, &t->line[k], t->line[k].high, t->line[k].low);
	draw_time_grid(&d);
	panel_value_axis(c, at, &d.y);
	for (size_t k = t->nlines; k > 0; k--)	/* the first named lies on top */
		draw_line(&d, &t->line[k - 1]);
	draw_threshold(&d, t);
	draw_time_labels(&d);
}

void
panel_time_marks(struct canvas *c, const struct page *page, struct rect r,
    const struct time_frame *f)
{
	struct face face = { page->foot, true, false, COLOUR_TEXT, ALIGN_CENTRE };
	struct axis x;
	double free_from = r.x - 20;

	axis_time(&x, f->window.from_ms, f->window.to_ms, f->offset_minutes, r.w);
	for (size_t i = 0; i < f->nmarks; i++) {
		const struct mark *m = &f->marks[i];
		double from = axis_place(&x, (double)m->when.from_ms, r.x, r.x + r.w);
		double to = axis_place(&x, (double)m->when.to_ms, r.x, r.x + r.w);
		double half = font_width(m->name, face.size, true) / 2,
		    middle = (from + to) / 2;

		if (m->kind == MARK_OUTAGE || middle - half < free_from)
			continue;		/* no room: the list has it */
		face.colour = mark_inks[m->kind].cap;
		canvas_text(c, (struct point){ middle, r.y + r.h - 10 }, face, m->name);
		free_from = middle + half + 4;
	}
}
