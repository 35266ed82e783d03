/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libplot's SVG made into one that browsers show well.  Pure text in and out.
 *
 * What comes in: Latin-1, a unit viewBox that distorts, y upwards, absolute
 * coordinates to five digits, a title of libplot's own, text placed with its
 * own font metrics.  What goes out: UTF-8, pixels as the viewBox, title and
 * desc and role="img" for readers who cannot see, relative paths in tenths of
 * a pixel, real anchors and a list of fonts, and a style sheet that turns the
 * colours dark for those who prefer it.
 */
#ifndef KANSOKU_PLOTS_SVG_H
#define KANSOKU_PLOTS_SVG_H

#include <stddef.h>
#include <stdio.h>

#include "plots/font_metrics.h"
#include "plots/layout.h"

/* libplot draws "@@n@@" in place of label n. */
struct svg_label { struct point at; struct face face; char *text; };

struct svg_page {
	double		w, h;
	const char	*title, *about;
	const struct svg_label *labels;
	size_t		nlabels;
};

/* raw is cut into its lines.  0, or -1 when it is not what libplot 4.4 writes. */
int	svg_rewrite(char *raw, const struct svg_page *, FILE *out);

#endif
