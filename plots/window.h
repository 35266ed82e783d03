/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The span of time that a chart shows, and how times are written.
 *
 * A window is "24h", "7d" and the like, ending at the present of the pictures
 * and no longer than there are data; or "FROM/TO", exactly as asked.  Pure.
 */
#ifndef KANSOKU_PLOTS_WINDOW_H
#define KANSOKU_PLOTS_WINDOW_H

#include <stdbool.h>

#include "plots/series_prep.h"

struct arena;
struct source;

enum { WINDOW_NAME = 40 };
struct window {
	char		name[WINDOW_NAME];	/* in file names: "60d", "20100521-20100703" */
	char		title[WINDOW_NAME];	/* "last 60 days", "21 May to 3 Jul 2010" */
	struct span	span;
};

/*
 * Reads one --window.  A time in FROM/TO is RFC 3339; a bare date is midnight
 * at the offset.  False if it is neither, empty, or begins after it ends.
 */
bool	window_parse(struct window *, const char *text, const struct source *,
    int offset_minutes);

/*
 * The windows that are drawn unasked: of 24h, 7d, 60d and 400d those shorter than the data, and
 * the first that holds them all.  At most four; returns how many.
 */
size_t	window_defaults(struct window *, const struct source *);

enum { FORMAT_TEXT = 48 };
/* "JST (UTC+09:00)", "UTC", "UTC-05:30". */
char	*format_zone(char buf[FORMAT_TEXT], int offset_minutes);
/* "2010-07-03 06:00" at the offset. */
char	*format_time(char buf[FORMAT_TEXT], int64_t ms, int offset_minutes);
/* The same, with seconds when the whole span is short. */
char	*format_fully(char buf[FORMAT_TEXT], int64_t ms, int offset_minutes, int64_t span_ms);
/* "07-03 06:00", or "06:00", "06:00:10" when the whole span is short. */
char	*format_short(char buf[FORMAT_TEXT], int64_t ms, int offset_minutes, int64_t span_ms);
/* "3 July 2010, 06:00" and without the time of day "3 July 2010". */
char	*format_date(char buf[FORMAT_TEXT], int64_t ms, int offset_minutes, bool clock);
/* "about 25 minutes", "about 10 seconds". */
char	*format_span(char buf[FORMAT_TEXT], int64_t ms);

#endif
