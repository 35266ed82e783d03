/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ink on paper: the only module that knows libplot.
 *
 * Places are logical pixels, x to the right, y down from the top left corner.
 * What is drawn later lies above.  Everything is finite and inside the paper
 * before libplot sees it (NAN drops the shape, the rest is clamped), because
 * libplot ends the process on bad numbers; still, draw in a process of its own.
 * Text is UTF-8, drawn as it is: it can be no markup and no libplot escape.
 */
#ifndef KANSOKU_PLOTS_CANVAS_H
#define KANSOKU_PLOTS_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "plots/font_metrics.h"
#include "plots/layout.h"
#include "plots/palette.h"

enum canvas_form { CANVAS_SVG, CANVAS_PNG };

struct canvas;

/* NULL when libplot refuses; title and about describe the whole picture. */
struct canvas	*canvas_open(enum canvas_form, double w, double h, const char *title,
		    const char *about);

void	 canvas_fill(struct canvas *, struct rect, enum colour);
void	 canvas_frame(struct canvas *, struct rect, enum colour, double width);
void	 canvas_line(struct canvas *, struct point, struct point, enum colour, double width);
void	 canvas_dashes(struct canvas *, struct point, struct point, enum colour, double width);
void	 canvas_dashed_path(struct canvas *, const struct point *, size_t n, enum colour,
	    double width);
/* A line through n points; one point is a dot of the line's width. */
void	 canvas_path(struct canvas *, const struct point *, size_t n, enum colour,
    double width);
/* A closed polygon, filled. */
void	 canvas_area(struct canvas *, const struct point *, size_t n, enum colour);
void	 canvas_dot(struct canvas *, struct point, double radius, enum colour);
/* at: the foot of the letters, at the left end, middle or right end. */
void	 canvas_text(struct canvas *, struct point at, struct face, const char *utf8);

/*
 * Finishes the picture and writes it.  0, or -1 after a complaint; frees the
 * canvas either way.  The same drawing gives the same bytes.
 */
int	 canvas_close(struct canvas *, FILE *out);
void	 canvas_abandon(struct canvas *);	/* NULL is fine */

#endif
