/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How wide a text is, before anything is drawn.
 *
 * Advance widths of Helvetica (Arial, Liberation Sans and Nimbus Sans have the
 * same); a wide character counts one em, any other that is not ASCII 0.556 em.
 * Text is UTF-8; a broken byte counts as one character.
 */
#ifndef KANSOKU_PLOTS_FONT_METRICS_H
#define KANSOKU_PLOTS_FONT_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plots/palette.h"

struct arena;

/* How a text is set. */
enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };
struct face {
	double		size;		/* pixels */
	bool		bold;
	bool		upright;	/* reads from below upwards */
	enum colour	colour;
	enum align	align;
};

/* Pixels, for letters of size pixels. */
double	 font_width(const char *text, double size, bool bold);

/*
 * Breaks text at blanks into lines no wider than width (a word that is wider
 * alone gets a line to itself).  Returns a NULL-terminated array of at most
 * most lines; what does not fit is cut and ends in "...".
 */
char	**font_wrap(struct arena *, const char *text, double size, bool bold, double width,
	    size_t most);

/* The next character, 0xfffd for a broken byte; moves *p on, never past a NUL. */
uint32_t font_next(const char **p);

#endif
