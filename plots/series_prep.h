/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A series made ready to draw: cut at gaps, thinned, never bent.  Pure.
 *
 * NAN is "not measured" and cuts the line.  Thinning keeps, of each column
 * of the paper, the first, least, greatest and last point, so no spike is lost.
 */
#ifndef KANSOKU_PLOTS_SERIES_PREP_H
#define KANSOKU_PLOTS_SERIES_PREP_H

#include <stddef.h>
#include <stdint.h>

struct span { int64_t from_ms, to_ms; };

/*
 * When nothing was measured.  Point i covers [start_ms[i], end_ms[i]], ends
 * ascending; a point with ok[i] == 0 measured nothing.  There is a gap between
 * two neighbouring good points if a bad one lies between them or their ends are
 * more than 2.5 usual steps apart, and before the first and after the last in
 * window by the same rule.  Sets cut[i] where no line may join the good point
 * before i to i.  Returns the number of gaps written (at most n + 2).
 */
size_t	series_prep_gaps(const int64_t *start_ms, const int64_t *end_ms, const uint8_t *ok,
    size_t n, struct span window, uint8_t *cut, struct span *gaps);

/*
 * For each point, the share of the back_ms before its end that was measured, 0..1.  A good
 * point stands for the time since the good one before it; behind a gap for its own.
 */
void	series_prep_coverage(const int64_t *start_ms, const int64_t *end_ms, const uint8_t *ok,
    size_t n, int64_t back_ms, double *share);

/* The median distance of neighbours in an ascending series; 0 if fewer than two. */
int64_t	series_prep_usual_step(const int64_t *t, size_t n);

/* Stretches of points that a line joins: indices keep[first] .. keep[first + n - 1]. */
struct run { size_t first, n; };

/*
 * Chooses the points to draw in window over so many columns.  keep and
 * runs have room for n.  Returns the number of runs.
 */
size_t	series_prep_runs(const int64_t *t, const double *v, const uint8_t *cut, size_t n,
	    struct span window, unsigned columns, size_t *keep, struct run *runs);

/* Over the points that were measured; all NAN if there is none. */
struct summary { double last, min, mean, max; size_t n; };
struct summary series_prep_summary(const double *v, size_t n);

#endif
