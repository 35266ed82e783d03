/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A portable anymap of hard pixels made into a smooth PNG.
 *
 * Each scale x scale cell of the map becomes one pixel, averaged in linear
 * light, so that edges are as dark as they should be.  No time is written: the
 * same map gives the same bytes.
 */
#ifndef KANSOKU_PLOTS_PNG_H
#define KANSOKU_PLOTS_PNG_H

#include <stdio.h>

/*
 * Reads a P4, P5 or P6 map (8 bits) of exactly w*scale x h*scale from in.
 * 0, or -1 when the map is not that or out cannot be written.
 */
int	png_smooth(FILE *in, unsigned w, unsigned h, unsigned scale, const char *title,
    FILE *out);

#endif
