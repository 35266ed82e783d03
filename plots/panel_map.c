/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The IPv4 address space as 16 x 16 blocks of one first octet each. */
#include <math.h>
#include <stdio.h>

#include "plots/panels.h"
#include "plots/font_metrics.h"

/* A scale ends no lower, so that a handful does not look like a crowd. */
static const double LEAST_SCALE = 20;

/* The colours of a cell and of the digits on it. */
struct shade { enum colour fill, digits; };

static double
greatest(const struct map_panel *m)
{
	double most = LEAST_SCALE;

	for (int i = 0; i < 256; i++)
		if (isfinite(m->cell[i]))
			most = fmax(most, fabs(m->cell[i]));
	return most;
}

/* Logarithmic steps: 0 for nothing, steps - 1 for the greatest. */
static int
step_of(double v, double most, int steps)
{
	double share = log1p(v) / log1p(most);

	return (int)fmax(0, fmin(steps - 1, floor(share * steps)));
}

/* The number at which step i begins. */
static double
step_start(int i, double most, int steps)
{
	return expm1(log1p(most) * i / steps);
}

static struct shade
shade_of(const struct map_panel *m, double v, double most)
{
	int step;

	if (!isfinite(v) || fabs(v) < 0.5)
		return (struct shade){ COLOUR_HEAT, COLOUR_DIGIT_LOW };
	if (!m->signed_scale) {
		step = step_of(v, most, COLOUR_HEAT_STEPS);
		return (struct shade){ COLOUR_HEAT + step, palette_on_heat(step) };
	}
	step = step_of(fabs(v), most, COLOUR_SIDE_STEPS);
	return (struct shade){ (v < 0 ? COLOUR_LESS : COLOUR_MORE) + step,
	    palette_on_side(step) };
}

/* Red would be lost among the reds of a difference. */
static enum colour
frame_ink(const struct map_panel *m)
{
	return m->signed_scale ? COLOUR_TEXT : COLOUR_BLOCKED;
}

static void
draw_cell(struct canvas *c, const struct place *at, const struct map_panel *m, unsigned octet,
    double most)
{
	double w = at->plot.w / 16, h = at->plot.h / 16;
	struct rect cell = { at->plot.x + octet % 16 * w, at->plot.y + octet / 16 * h, w, h };
	struct shade s = shade_of(m, m->cell[octet], most);
	double size = fmin(at->page->foot, fmin(w * 0.42, h * 0.62));
	char text[8];

	cell = rect_inset(cell, 1);
	canvas_fill(c, cell, s.fill);
	if (figure_blocked_octet(octet))
		canvas_frame(c, rect_inset(cell, 0.4), frame_ink(m), 1.3);
	snprintf(text, sizeof(text), "%u", octet);
	canvas_text(c, (struct point){ cell.x + cell.w / 2, cell.y + cell.h / 2 + size * 0.36 },
	    (struct face){ size, false, false, s.digits, ALIGN_CENTRE }, text);
}

static void
draw_labels(struct canvas *c, const struct place *at)
{
	struct face face = { at->page->foot, false, false, COLOUR_MUTED, ALIGN_RIGHT };
	char text[8];

	for (int i = 0; i < 16; i++) {
		double x = at->plot.x + (i + 0.5) * at->plot.w / 16;
		double y = at->plot.y + (i + 0.5) * at->plot.h / 16;

		snprintf(text, sizeof(text), "%d", i * 16);
		face.align = ALIGN_RIGHT;
		canvas_text(c, (struct point){ at->plot.x - 8, y + face.size * 0.36 }, face,
		    text);
		snprintf(text, sizeof(text), "+%d", i);
		face.align = ALIGN_CENTRE;
		canvas_text(c, (struct point){ x, at->under.y + 6 + face.size }, face, text);
	}
}

/* One box of the scale: its colour, and the number that it begins with. */
struct step { enum colour colour; double start; };

static struct step
heat_step(int i, double most)
{
	return (struct step){ COLOUR_HEAT + i,
	    i == COLOUR_HEAT_STEPS - 1 ? most : step_start(i, most, COLOUR_HEAT_STEPS) };
}

/* i counts from the middle: -4 is much less, 4 much more. */
static struct step
side_step(int i, double most)
{
	int k = i < 0 ? -i : i;
	double start = k == COLOUR_SIDE_STEPS ? most : step_start(k - 1, most,
	    COLOUR_SIDE_STEPS);

	if (k == 0)
		return (struct step){ COLOUR_HEAT, 0 };
	return (struct step){ (i < 0 ? COLOUR_LESS : COLOUR_MORE) + k - 1,
	    i < 0 ? -start : start };
}

static void
draw_scale(struct canvas *c, const struct place *at, const struct map_panel *m, double most)
{
	const int steps = 9;		/* of both scales: every other one has a number */
	double w = fmin(at->plot.w / steps, 40), x = at->plot.x, y = at->under.y + 32;
	struct face face = { at->page->foot, false, false, COLOUR_MUTED, ALIGN_CENTRE };
	char text[NUMBER_TEXT];

	_Static_assert(COLOUR_HEAT_STEPS == 9 && 2 * COLOUR_SIDE_STEPS + 1 == 9,
	    "both scales have 9 steps");
	for (int i = 0; i < steps; i++) {
		struct step s = m->signed_scale ? side_step(i - COLOUR_SIDE_STEPS, most) :
		    heat_step(i, most);

		canvas_fill(c, (struct rect){ x + i * w, y, w - 1, 12 }, s.colour);
		if (i % 2 == 0)
			canvas_text(c, (struct point){ x + (i + 0.5) * w, y + 14 + face.size },
			    face, number_format(text, round(s.start), UNIT_COUNT));
	}
	face.align = ALIGN_LEFT;
	face.colour = COLOUR_TEXT;
	y += 34 + face.size;
	canvas_text(c, (struct point){ x, y }, face, m->legend);
	y += 7;
	canvas_frame(c, (struct rect){ x + 0.5, y, 10, 10 }, frame_ink(m), 1.3);
	canvas_text(c, (struct point){ x + 18, y + 9 }, face,
	    "cannot be a public source (0, 10, 127, 224 to 255)");
}

void
panel_map(struct canvas *c, const struct place *at, const struct panel *panel,
    const struct time_frame *f)
{
	double most = greatest(&panel->map);

	(void)f;
	for (unsigned i = 0; i < 256; i++)
		draw_cell(c, at, &panel->map, i, most);
	draw_labels(c, at);
	draw_scale(c, at, &panel->map, most);
}
