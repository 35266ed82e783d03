/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The findings in words and as numbers: one sentence that can be quoted, the
 * state of the sensor, and summary.json, summary.txt and kansoku.prom.
 *
 * All but summary_made is told as of the source's present, never of the clock, so
 * the same data say the same.
 */
#ifndef KANSOKU_PLOTS_SUMMARY_H
#define KANSOKU_PLOTS_SUMMARY_H

#include <stdio.h>

#include "plots/source.h"

struct summary_page {
	const struct source *source;
	struct arena	*arena;
	int		 offset_minutes;
	size_t		 failed;	/* charts that could not be drawn */
};

/* Plain words, one sentence, no markup. */
const char	*summary_sentence(const struct summary_page *);
/* "ok", "flood", "stale" (no complete round for long), in the words of a heading. */
enum summary_state { STATE_OK, STATE_FLOOD, STATE_STALE };
enum summary_state summary_state(const struct source *);
const char	*summary_state_words(const struct summary_page *);
/* "round 57 ended 2010-07-03 05:58 JST, 2 minutes before this page's present" */
const char	*summary_last_round(const struct summary_page *);

/* "made after 30 November 2026, 18:00 UTC, about 5 hours after the end of that round", or NULL. */
const char	*summary_made(const struct summary_page *);

/* Of the 24 hours to the last round how many were measured. */
double		 summary_measured_hours(const struct summary_page *);

/* "Judged with all data to 2010-07-03 23:55 JST, ...": NULL where nothing later was known. */
const char	*summary_hindsight(const struct summary_page *);
/* "Of 345 rounds 12 were imported from files ...": NULL where this sensor received all itself. */
const char	*summary_origin(const struct summary_page *);
/* "Flood of keys that ..., 25 June 2010, 12:10 to ... JST: about 13,300 bogus sources ...". */
const char	*summary_incident(const struct summary_page *, const struct incident_row *);

int		 summary_write_json(const struct summary_page *, FILE *);
int		 summary_write_text(const struct summary_page *, FILE *);
int		 summary_write_prom(const struct summary_page *, FILE *);

#endif
