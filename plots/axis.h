/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where an axis has its ticks and what they say.  Pure: no drawing, no clock, no
 * locale, no time zone files.  Places are in pixels, given by the caller.
 */
#ifndef KANSOKU_PLOTS_AXIS_H
#define KANSOKU_PLOTS_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AXIS_TICKS = 400, NUMBER_TEXT = 32 };

struct tick {
	double	at;			/* value, or ms UTC */
	bool	major;			/* has a label and a grid line */
	char	label[NUMBER_TEXT];	/* "" for a minor tick */
};

struct axis {
	double	lo, hi;		/* lo < hi, finite */
	bool	log;
	size_t	n;
	struct tick tick[AXIS_TICKS];
};

enum unit { UNIT_COUNT, UNIT_PERCENT, UNIT_RATIO };
/* A number of data as people are shown it: what is in percent is a fraction in data. */
double	 unit_shown(enum unit, double v);

/*
 * From zero to a round number a little above most, which need not be finite or
 * positive; a tick every 38 pixels or more.  A percentage stops at 100, whatever
 * most is; a count has whole steps.
 */
void	 axis_linear(struct axis *, double most, double pixels, enum unit);
/* Decades from 1 to the power of ten not below most. */
void	 axis_log(struct axis *, double most, double pixels);
/*
 * From from_ms to to_ms (UTC, made at least a second apart), ticks on round
 * times at the offset: weeks begin on Monday, months on the first.
 */
void	 axis_time(struct axis *, int64_t from_ms, int64_t to_ms, int offset_minutes,
	    double pixels);

/* The pixel of v, between from (for lo) and to (for hi); clamped to them; from for NAN. */
double	 axis_place(const struct axis *, double v, double from, double to);

/*
 * "304,088", "12.3 M", "1.0e18"; "0.42" below ten unless whole, "0" below 0.005; "49.6 %" with
 * as many decimals as it needs; "-" for what was not measured.  Returns buf.
 */
char	*number_format(char buf[NUMBER_TEXT], double v, enum unit);

#endif
