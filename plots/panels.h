/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kinds of panel, each drawn into the places that the layout gave it.
 * Private to render.c and the panel_*.c files.
 */
#ifndef KANSOKU_PLOTS_PANELS_H
#define KANSOKU_PLOTS_PANELS_H

#include "plots/arena.h"
#include "plots/canvas.h"
#include "plots/figure.h"

struct place {
	const struct page *page;
	struct arena	*arena;
	struct rect	 axis, plot, under;
	bool		 labels_below;	/* under has room for an x axis */
};

void	panel_time(struct canvas *, const struct place *, const struct panel *,
	    const struct time_frame *);
void	panel_map(struct canvas *, const struct place *, const struct panel *,
	    const struct time_frame *);
void	panel_bars(struct canvas *, const struct place *, const struct panel *,
	    const struct time_frame *);
void	panel_ranks(struct canvas *, const struct place *, const struct panel *,
	    const struct time_frame *);

/* Incident numbers above the first time panel. */
void	panel_time_marks(struct canvas *, const struct page *, struct rect,
    const struct time_frame *);
/* A gap's hatching, also as the sample in the list of events. */
void	panel_hatch(struct canvas *, struct rect);

/* Shared by the panels: horizontal grid lines with their numbers, and the foot line. */
void	panel_value_axis(struct canvas *, const struct place *, const struct axis *);

#endif
