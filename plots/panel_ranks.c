/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ranking: lying bars with a name before and a note behind each. */
#include <math.h>

#include "plots/panels.h"
#include "plots/font_metrics.h"

static const double MOST_ROW = 30;
static const double NOTE_GAP = 14;	/* between the bars' part and the notes */

/* The bars' part of the plot; the notes stand in a column of their own behind it. */
static struct rect
bars_of(const struct place *at, const struct ranks_panel *r)
{
	struct rect bars = at->plot;
	double notes = 0;

	for (size_t i = 0; i < r->n; i++)
		notes = fmax(notes, font_width(r->row[i].note, at->page->foot, false));
	bars.w = fmax(bars.w * 0.36, bars.w - notes - NOTE_GAP - 2);
	return bars;
}

static void
draw_note(struct canvas *c, const struct place *at, const char *note, double x, double foot)
{
	struct face face = { at->page->foot, false, false, COLOUR_TEXT, ALIGN_LEFT };
	char **line = font_wrap(at->arena, note, face.size, false, at->plot.x + at->plot.w - x,
	    1);

	if (line[0] != NULL)
		canvas_text(c, (struct point){ x, foot }, face, line[0]);
}

/* A whisker that stands out on the bar and beside it. */
static void
draw_interval(struct canvas *c, double a, double b, double y)
{
	canvas_line(c, (struct point){ a, y }, (struct point){ b, y }, COLOUR_PAPER, 3.4);
	canvas_line(c, (struct point){ a, y }, (struct point){ b, y }, COLOUR_TEXT, 1.2);
	canvas_line(c, (struct point){ a, y - 4 }, (struct point){ a, y + 4 }, COLOUR_TEXT,
	    1.2);
	canvas_line(c, (struct point){ b, y - 4 }, (struct point){ b, y + 4 }, COLOUR_TEXT,
	    1.2);
}

static void
draw_row(struct canvas *c, const struct place *at, struct rect bars, const struct rank *k,
    const struct axis *x, enum unit unit, double y, double step)
{
	double thick = fmin(step * 0.66, 18), right = bars.x + bars.w;
	double end = axis_place(x, unit_shown(unit, k->value), bars.x, right);
	double foot = y + step / 2 + at->page->label * 0.36;
	struct face face = { at->page->label, false, false, COLOUR_TEXT, ALIGN_RIGHT };

	canvas_text(c, (struct point){ bars.x - 10, foot }, face, k->name);
	draw_note(c, at, k->note, right + NOTE_GAP, foot);
	if (!isfinite(k->value))
		return;
	canvas_fill(c, (struct rect){ bars.x, y + (step - thick) / 2, fmax(end - bars.x, 1.5),
	    thick },
	    k->colour);
	if (isfinite(k->low) && isfinite(k->high))
		draw_interval(c, axis_place(x, unit_shown(unit, k->low), bars.x, right),
		    axis_place(x, unit_shown(unit, k->high), bars.x, right), y + step / 2);
}

static double
greatest(const struct ranks_panel *r)
{
	double most = 0;

	for (size_t i = 0; i < r->n; i++)
		most = fmax(most, isfinite(r->row[i].high) ? r->row[i].high : r->row[i].value);
	return most;
}

void
panel_ranks(struct canvas *c, const struct place *at, const struct panel *panel,
    const struct time_frame *f)
{
	const struct ranks_panel *r = &panel->ranks;
	struct rect bars = bars_of(at, r);
	struct face face = { at->page->foot, false, false, COLOUR_MUTED, ALIGN_CENTRE };
	double step = r->n == 0 ? MOST_ROW : fmin(MOST_ROW, bars.h / (double)r->n);
	struct axis x;

	(void)f;
	axis_linear(&x, unit_shown(r->unit, greatest(r)), bars.w / 1.6, r->unit);
	for (size_t i = 0; i < x.n; i++) {
		double at_x = axis_place(&x, x.tick[i].at, bars.x, bars.x + bars.w);

		canvas_line(c, (struct point){ at_x, bars.y },
		    (struct point){ at_x, bars.y + bars.h },
		    i == 0 ? COLOUR_AXIS : COLOUR_GRID, 0.8);
		canvas_text(c, (struct point){ at_x, at->under.y + 6 + face.size }, face,
		    x.tick[i].label);
	}
	for (size_t i = 0; i < r->n; i++)
		draw_row(c, at, bars, &r->row[i], &x, r->unit, bars.y + (double)i * step, step);
	face.size = at->page->label;
	canvas_text(c, (struct point){ bars.x + bars.w / 2, at->under.y + 24 + face.size },
	    face, r->x_label);
}
