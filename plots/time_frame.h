/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The time frame that the panels of a chart share: gaps, marks and columns of one
 * window of a source.  Pure.
 */
#ifndef KANSOKU_PLOTS_TIME_FRAME_H
#define KANSOKU_PLOTS_TIME_FRAME_H

#include "plots/figure.h"
#include "plots/source.h"

enum { FRAME_EVENTS = 6 };	/* marks that the list of events has room for */

/* Fills *f from the rounds that ended in the window. */
void	 time_frame_make(struct arena *, struct time_frame *f, const struct source *,
    struct span, int offset_minutes);

/*
 * One number of every round of the frame: field is an offset into
 * struct series_row.  NAN stays NAN.
 */
double	*time_frame_column(struct arena *, const struct time_frame *, const struct source *,
    size_t field);

#endif
