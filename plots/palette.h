/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The colours, by what they mean.  Each has a form on white paper and one for
 * readers who prefer dark; the light forms are all different, because a style
 * sheet in the SVG finds an ink by its light colour.  No transparency: libplot
 * has none, so pale inks are opaque and are laid down first.
 */
#ifndef KANSOKU_PLOTS_PALETTE_H
#define KANSOKU_PLOTS_PALETTE_H

#include <stdint.h>

enum { INK_HEAT_STEPS = 9, INK_SIDE_STEPS = 4 };

enum ink {
	INK_PAPER, INK_TEXT, INK_MUTED, INK_AXIS, INK_GRID,
	INK_WEEKEND, INK_GAP, INK_HATCH,
	INK_ALERT, INK_ALERT_WEEKEND, INK_ALERT_CAP, INK_WARN, INK_WARN_WEEKEND, INK_WARN_CAP,
	INK_STEP, INK_STEP_WEEKEND, INK_STEP_CAP,
	INK_RED, INK_AMBER, INK_BLUE, INK_GREEN, INK_TEAL, INK_OLIVE, INK_GREY, INK_VIOLET,
	INK_RED_PALE, INK_AMBER_PALE, INK_BLUE_PALE, INK_GREEN_PALE,
	INK_DIGIT_LOW, INK_DIGIT_HIGH, INK_BLOCKED,
	INK_HEAT,				/* few to many */
	INK_LESS = INK_HEAT + INK_HEAT_STEPS,	/* slightly less to much less */
	INK_MORE = INK_LESS + INK_SIDE_STEPS,	/* slightly more to much more */
	INK_N = INK_MORE + INK_SIDE_STEPS
};

struct ink_pair { uint32_t light, dark; };	/* 0xRRGGBB */

extern const struct ink_pair inks[INK_N];

/* The ink of digits on step i of the heat scale, and of one side of the difference. */
enum ink ink_on_heat(int i);
enum ink ink_on_side(int i);

#endif
