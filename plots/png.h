/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An SVG of ours made into a PNG by librsvg, with the letters of installed fonts.
 *
 * Letters are those of the first family of font_list (plots/font_metrics.h) that the
 * machine has, so that bytes are the same between runs but not between machines.
 * No time is written.  Only the light colours are seen: librsvg asks no reader.
 */
#ifndef KANSOKU_PLOTS_PNG_H
#define KANSOKU_PLOTS_PNG_H

#include <stddef.h>
#include <stdio.h>

/*
 * Draws the SVG, which is w x h pixels large, scale times as large.  0; -1 after a complaint
 * when librsvg cannot read it or out cannot be written.
 */
int	png_of_svg(const char *svg, size_t len, double w, double h, double scale, FILE *out);

#endif
