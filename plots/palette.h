/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The palette: each colour by what it means.  Each has a form on white paper and one for
 * readers who prefer dark; the light forms are all different, because a style
 * sheet in the SVG finds a colour by its light colour.  No transparency: libplot
 * has none, so pale colours are opaque and are laid down first.
 */
#ifndef KANSOKU_PLOTS_PALETTE_H
#define KANSOKU_PLOTS_PALETTE_H

#include <stdint.h>

enum { COLOUR_HEAT_STEPS = 9, COLOUR_SIDE_STEPS = 4 };

enum colour {
	COLOUR_PAPER, COLOUR_TEXT, COLOUR_MUTED, COLOUR_AXIS, COLOUR_GRID,
	COLOUR_WEEKEND, COLOUR_GAP, COLOUR_HATCH,
	COLOUR_ALERT, COLOUR_ALERT_WEEKEND, COLOUR_ALERT_CAP, COLOUR_WARN, COLOUR_WARN_WEEKEND,
	    COLOUR_WARN_CAP,
	COLOUR_STEP, COLOUR_STEP_WEEKEND, COLOUR_STEP_CAP,
	COLOUR_RED, COLOUR_AMBER, COLOUR_BLUE, COLOUR_GREEN, COLOUR_TEAL, COLOUR_OLIVE,
	    COLOUR_GREY, COLOUR_VIOLET,
	COLOUR_RED_PALE, COLOUR_AMBER_PALE, COLOUR_BLUE_PALE, COLOUR_GREEN_PALE,
	COLOUR_DIGIT_LOW, COLOUR_DIGIT_HIGH, COLOUR_BLOCKED,
	COLOUR_HEAT,				/* few to many */
	COLOUR_LESS = COLOUR_HEAT + COLOUR_HEAT_STEPS,	/* slightly less to much less */
	COLOUR_MORE = COLOUR_LESS + COLOUR_SIDE_STEPS,	/* slightly more to much more */
	COLOUR_N = COLOUR_MORE + COLOUR_SIDE_STEPS
};

struct colour_pair { uint32_t light, dark; };	/* 0xRRGGBB */

extern const struct colour_pair palette[COLOUR_N];

/* The colour of digits on step i of the heat scale, and of one side of the difference. */
enum colour palette_on_heat(int i);
enum colour palette_on_side(int i);

#endif
