/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Colours that can be read, on white paper and on dark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "plots/palette.h"

/* Relative luminance and contrast as WCAG 2.1 defines them: 1 to 21. */
static double
luminance(uint32_t rgb)
{
	static const double weight[] = { 0.2126, 0.7152, 0.0722 };
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double c = (double)(rgb >> (16 - 8 * i) & 255) / 255;

		sum += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static double
contrast_of(uint32_t a, uint32_t b)
{
	double x = luminance(a), y = luminance(b);

	return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

/* The worse of both modes. */
static double
contrast(enum colour a, enum colour b)
{
	return fmin(contrast_of(palette[a].light, palette[b].light),
	    contrast_of(palette[a].dark, palette[b].dark));
}

static void
words_can_be_read(void **state)
{
	static const enum colour words[] = { COLOUR_TEXT, COLOUR_MUTED, COLOUR_ALERT_CAP,
	    COLOUR_WARN_CAP, COLOUR_STEP_CAP };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_true(contrast(words[i], COLOUR_PAPER) >= 4.5);
	assert_true(contrast(COLOUR_MUTED, COLOUR_GAP) >= 4.5);		/* "no data" */
	assert_true(contrast(COLOUR_ALERT_CAP,
	    COLOUR_ALERT) >= 4);		/* the threshold in a flood */
}

static void
lines_can_be_seen(void **state)
{
	(void)state;
	for (enum colour i = COLOUR_RED; i <= COLOUR_VIOLET; i++)
		assert_true(contrast(i, COLOUR_PAPER) >= 3);
	assert_true(contrast(COLOUR_BLOCKED, COLOUR_PAPER) >= 3);
}

static void
digits_can_be_read_on_every_step(void **state)
{
	(void)state;
	for (int i = 0; i < COLOUR_HEAT_STEPS; i++)
		assert_true(contrast(palette_on_heat(i), COLOUR_HEAT + (unsigned)i) >= 4.5);
	for (int i = 0; i < COLOUR_SIDE_STEPS; i++) {
		assert_true(contrast(palette_on_side(i), COLOUR_LESS + (unsigned)i) >= 4.5);
		assert_true(contrast(palette_on_side(i), COLOUR_MORE + (unsigned)i) >= 4.5);
	}
}

/* A style sheet in the SVG finds a colour by its light form. */
static void
light_forms_are_all_different(void **state)
{
	(void)state;
	for (size_t i = 0; i < COLOUR_N; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(palette[i].light, palette[k].light);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_can_be_read),
		cmocka_unit_test(lines_can_be_seen),
		cmocka_unit_test(digits_can_be_read_on_every_step),
		cmocka_unit_test(light_forms_are_all_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
