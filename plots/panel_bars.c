/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Histograms: groups of upright bars, one group a bin. */
#include <math.h>

#include "plots/panels.h"
#include "plots/font_metrics.h"

static double
greatest(const struct bars_panel *b)
{
	double most = 0;

	for (size_t s = 0; s < b->nseries; s++)
		for (size_t i = 0; i < b->nbins; i++)
			if (isfinite(b->series[s].v[i]))
				most = fmax(most, b->series[s].v[i]);
	return most;
}

static void
draw_bar(struct canvas *c, const struct place *at, const struct bars_panel *b,
    const struct axis *y, size_t bin, size_t series, bool values)
{
	double group = at->plot.w / (double)b->nbins, v = unit_shown(b->unit, b->series[series].v[bin]);
	double w = (group * 0.84) / (double)b->nseries;
	double x = at->plot.x + (double)bin * group + group * 0.08 + (double)series * w;
	double foot = at->plot.y + at->plot.h, top = axis_place(y, v, foot, at->plot.y);
	struct face face = { at->page->foot, false, false, COLOUR_TEXT, ALIGN_CENTRE };
	char text[NUMBER_TEXT];

	if (!isfinite(v) || v <= 0)
		return;
	top = fmin(top, foot - 1.5);		/* one is something, also on a log axis */
	canvas_fill(c, (struct rect){ x, top, fmax(w - 1, 1), foot - top },
	    b->series[series].colour);
	if (values)
		canvas_text(c, (struct point){ x + w / 2, top - 5 }, face,
		    number_format(text, v, b->unit));
}

/* Numbers stand above the bars if all of them have room there. */
static bool
values_fit(const struct place *at, const struct bars_panel *b)
{
	double w = at->plot.w * 0.84 / (double)(b->nbins * b->nseries + 1);
	char text[NUMBER_TEXT];

	for (size_t s = 0; s < b->nseries; s++)
		for (size_t i = 0; i < b->nbins; i++)
			if (font_width(number_format(text, unit_shown(b->unit, b->series[s].v[i]), b->unit),
			    at->page->foot, false) > w * (b->nseries == 1 ? 1.2 : 1.05))
				return false;
	return b->values;
}

/* Draws as many bin labels as have room. */
static void
draw_bins(struct canvas *c, const struct place *at, const struct bars_panel *b)
{
	double group = at->plot.w / (double)b->nbins, widest = 0;
	struct face face = { at->page->foot, false, false, COLOUR_MUTED, ALIGN_CENTRE };
	size_t every = 1;

	for (size_t i = 0; i < b->nbins; i++)
		widest = fmax(widest, font_width(b->bin[i], face.size, false) + 8);
	while ((double)every * group < widest && every < b->nbins)
		every++;
	for (size_t i = 0; i < b->nbins; i += every)
		canvas_text(c, (struct point){ at->plot.x + ((double)i + 0.5) * group,
		    at->under.y + 6 + face.size }, face, b->bin[i]);
	face.size = at->page->label;
	canvas_text(c, (struct point){ at->plot.x + at->plot.w / 2,
	    at->under.y + 24 + face.size },
	    face, b->x_label);
}

void
panel_bars(struct canvas *c, const struct place *at, const struct panel *panel,
    const struct time_frame *f)
{
	const struct bars_panel *b = &panel->bars;
	double foot = at->plot.y + at->plot.h;
	struct axis y;

	(void)f;
	if (b->log)
		axis_log(&y, greatest(b), at->plot.h);
	else
		axis_linear(&y, unit_shown(b->unit, greatest(b)), at->plot.h, b->unit);
	panel_value_axis(c, at, &y);
	for (size_t i = 0; i < b->nbins; i++)
		for (size_t s = 0; s < b->nseries; s++)
			draw_bar(c, at, b, &y, i, s, values_fit(at, b));
	canvas_line(c, (struct point){ at->plot.x, foot },
	    (struct point){ at->plot.x + at->plot.w, foot }, COLOUR_AXIS, 1);
	canvas_line(c, (struct point){ at->plot.x, at->plot.y },
	    (struct point){ at->plot.x, foot },
	    COLOUR_AXIS, 1);
	if (b->nbins > 0)
		draw_bins(c, at, b);
}
