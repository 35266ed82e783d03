/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A figure made a picture, on a page. */
#ifndef KANSOKU_PLOTS_RENDER_H
#define KANSOKU_PLOTS_RENDER_H

#include <stdio.h>

#include "plots/canvas.h"
#include "plots/figure.h"

/* 0, or -1 after a complaint. */
int	render(const struct figure *, const struct page *, enum canvas_form, FILE *out);

/* The rectangles that render uses; for tests. */
struct arena;
void	render_layout(const struct figure *, const struct page *, struct arena *,
    struct layout *);

#endif
