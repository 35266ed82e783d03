/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ranking: lying bars with a name before and a note behind each. */
#include <math.h>

#include "plots/panels.h"
#include "plots/type.h"

static const double MOST_ROW = 30;

/* Behind the bar if there is room, else on it; cut where neither has enough. */
static void
draw_note(struct canvas *c, const struct place *at, const char *note, double end, double after,
    double foot)
{
	struct face face = { at->page->label, false, false, INK_TEXT, ALIGN_LEFT };
	double wide = type_width(note, face.size, false);
	double behind = at->plot.x + at->plot.w - after, on = end - 8 - at->plot.x;
	char **cut;

	if (behind < wide && on > behind) {
		face.align = ALIGN_RIGHT;
		face.ink = INK_PAPER;
		after = end - 8;
		behind = on;
	}
	cut = behind >= wide ? NULL : type_wrap(at->arena, note, face.size, false, behind - 12, 1);
	if (cut == NULL || cut[0] != NULL)
		canvas_text(c, (struct point){ after, foot }, face, cut == NULL ? note : cut[0]);
}

static void
draw_row(struct canvas *c, const struct place *at, const struct ranks_panel *r,
    const struct axis *x, size_t i, double step)
{
	const struct rank *k = &r->row[i];
	double y = at->plot.y + (double)i * step, thick = fmin(step * 0.66, 18);
	double end = axis_place(x, k->value, at->plot.x, at->plot.x + at->plot.w);
	double foot = y + step / 2 + at->page->label * 0.36;
	struct face face = { at->page->label, false, false, INK_TEXT, ALIGN_RIGHT };
	double after = end + 8;

	canvas_text(c, (struct point){ at->plot.x - 10, foot }, face, k->name);
	if (!isfinite(k->value))
		return;
	canvas_fill(c, (struct rect){ at->plot.x, y + (step - thick) / 2,
	    fmax(end - at->plot.x, 1.5),
	    thick }, k->ink);
	if (isfinite(k->low) && isfinite(k->high)) {
		double a = axis_place(x, k->low, at->plot.x, at->plot.x + at->plot.w);
		double b = axis_place(x, k->high, at->plot.x, at->plot.x + at->plot.w);

		canvas_line(c, (struct point){ a, y + step / 2 }, (struct point){ b, y + step / 2 },
		    INK_TEXT, 1.2);
		after = fmax(after, b + 8);
	}
	draw_note(c, at, k->note, end, after, foot);
}

void
panel_ranks(struct canvas *c, const struct place *at, const struct panel *panel,
    const struct frame *f)
{
	const struct ranks_panel *r = &panel->ranks;
	struct rect p = at->plot;
	struct face face = { at->page->foot, false, false, INK_MUTED, ALIGN_CENTRE };
	double most = 0, step;
	struct axis x;

	(void)f;
	for (size_t i = 0; i < r->n; i++)
		most = fmax(most, isfinite(r->row[i].high) ? r->row[i].high : r->row[i].value);
	axis_linear(&x, most * 1.02, p.w / 1.6, r->unit);
	for (size_t i = 0; i < x.n; i++) {
		double at_x = axis_place(&x, x.tick[i].at, p.x, p.x + p.w);

		canvas_line(c, (struct point){ at_x, p.y }, (struct point){ at_x, p.y + p.h },
		    i == 0 ? INK_AXIS : INK_GRID, 0.8);
		face.align = i + 1 == x.n ? ALIGN_RIGHT : ALIGN_CENTRE;
		canvas_text(c, (struct point){ at_x + (i + 1 == x.n ? 4 : 0),
		    at->under.y + 6 + face.size },
		    face, x.tick[i].label);
	}
	step = r->n == 0 ? MOST_ROW : fmin(MOST_ROW, p.h / (double)r->n);
	for (size_t i = 0; i < r->n; i++)
		draw_row(c, at, r, &x, i, step);
	face.size = at->page->label;
	face.align = ALIGN_CENTRE;
	canvas_text(c, (struct point){ p.x + p.w / 2, at->under.y + 24 + face.size }, face,
	    r->x_label);
}
