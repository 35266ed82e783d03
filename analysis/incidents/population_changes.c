/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/incidents/population_changes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/array.h"
#include "analysis/incidents/reachability_drops.h"
#include "analysis/rounds/stats.h"
#include "data/lib/utctime.h"

#define MAX_CHANGES	1000	/* in one database; more is no observation */
#define OUTAGE_PERIODS	2.5	/* a gap from start to start of so many usual ones */
#define DAYS_AFTER	5	/* that must stay: longer than a holiday and the weekend behind it */
#define DAYS_BEFORE	8	/* looked back: the end of a holiday is no step either */
#define DAYS_LEAST	4	/* ... as far as there are days */
#define STEP_LEAST	0.02	/* as a share: less is the network's own drift */
#define STEP_USUAL	1.5	/* times the usual difference of a day from the one before */

/* ---- outages ------------------------------------------------------------------ */

static bool
measured(const struct series_row *r)
{
	return r->complete && !(r->reached == 0 && r->tried > 0);
}

/* The usual time from one start to the next; NAN with fewer than three rounds. */
static double
usual_period(const struct series_row *r, size_t n, double *room)
{
	size_t k = 0;

	for (size_t i = 1; i < n; i++)
		if (r[i - 1].start_ms != UNKNOWN && r[i].start_ms > r[i - 1].start_ms)
			room[k++] = (double)(r[i].start_ms - r[i - 1].start_ms);
	return k < 2 ? NAN : stats_median(room, k);
}

static size_t
find_outages(const struct series_row *r, size_t n, double period, struct change *out, size_t max)
{
	size_t last = n, k = 0;

	for (size_t i = 0; i < n && k < max; i++) {
		double gap;

		if (!measured(&r[i]))
			continue;
		gap = last < n ? (double)(r[i].start_ms - r[last].start_ms) / period : 0;
		if (gap > OUTAGE_PERIODS)
			out[k++] = (struct change){ INC_OUTAGE, last, i, round(gap) - 1, gap,
			    OUTAGE_PERIODS };
		last = i;
	}
	return k;
}

/* ---- steps ---------------------------------------------------------------------- */

/* The place where the value is in n that ascend, or would be. */
static size_t
place_of(const double *sorted, size_t n, double value)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (sorted[mid] < value)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The values of a day, ascending, without those that were not measured. */
struct sliding { double *sorted; size_t n; };

static void
slide_in(struct sliding *s, double value)
{
	size_t at;

	if (isnan(value))
		return;
	at = place_of(s->sorted, s->n, value);
	memmove(s->sorted + at + 1, s->sorted + at, (s->n++ - at) * sizeof(value));
	s->sorted[at] = value;
}

static void
slide_out(struct sliding *s, double value)
{
	size_t at;

	if (isnan(value))
		return;
	at = place_of(s->sorted, s->n, value);
	memmove(s->sorted + at, s->sorted + at + 1, (--s->n - at) * sizeof(value));
}

/*
 * middle[i] is the median of the day that begins with v[i]; NAN if less than half of
 * it was measured, or it is not over by v[n - 1].
 */
static void
slide(const double *v, size_t n, size_t day, double *middle, double *room)
{
	struct sliding s = { room, 0 };

	for (size_t i = 0; i < n; i++)
		middle[i] = NAN;
	for (size_t i = 0; i < n; i++) {
		slide_in(&s, v[i]);
		if (i + 1 < day)
			continue;
		if (s.n > 0 && 2 * s.n >= day)
			middle[i + 1 - day] = stats_sorted_median(s.sorted, s.n);
		slide_out(&s, v[i + 1 - day]);
	}
}

struct range { double low, high, sum; };

/* The range of the medians of n whole days, of which middle[0] is the first: the waves of
 * the day drop out. */
static struct range
days(const double *middle, size_t day, size_t n)
{
	struct range all = { INFINITY, -INFINITY, 0 };

	for (size_t k = 0; k < n; k++) {
		double m = middle[k * day];

		if (isnan(m))
			return (struct range){ NAN, NAN, NAN };
		all.low = fmin(all.low, m);
		all.high = fmax(all.high, m);
		all.sum += m;
	}
	return all;
}

/*
 * Says how far apart the days before i and from i on lie at the least, as a difference of
 * logarithms; 0 where they mix, as they do around every weekend and holiday.
 */
static double
apart(const double *middle, size_t n, size_t i, size_t day, double *size)
{
	size_t back = i / day < DAYS_BEFORE ? i / day : DAYS_BEFORE;
	struct range before, after;

	if (back < DAYS_LEAST || i + DAYS_AFTER * day > n)
		return NAN;
	before = days(middle + i - back * day, day, back);
	after = days(middle + i, day, DAYS_AFTER);
	*size = after.sum / DAYS_AFTER - before.sum / (double)back;
	if (isnan(*size))
		return NAN;
	return fmax(0, fmax(after.low - before.high, before.low - after.high));
}

/* Robust standard deviation of the differences of neighbouring days: 1.4826 MAD about zero. */
static double
usual_difference(const double *middle, size_t n, size_t day, double *spare)
{
	size_t k = 0;

	for (size_t i = day; i + day <= n; i += day) {
		double d = fabs(middle[i] - middle[i - day]);

		if (!isnan(d))
			spare[k++] = d;
	}
	return k == 0 ? NAN : 1.4826 * stats_median(spare, k);
}

/* Is the gap widest here, as far as it reaches on both sides? */
static bool
is_peak(const double *gap, size_t n, size_t i, size_t reach)
{
	for (size_t k = i >= reach ? i - reach : 0; k < n && k <= i + reach; k++)
		if (gap[k] > gap[i] || (k < i && gap[k] >= gap[i]))
			return false;
	return true;
}

static size_t
find_steps(const struct series_row *r, size_t n, double period, struct change *out, size_t max,
    double *room)
{
	double *v = room, *gap = room + n, *middle = room + 2 * n, *spare = room + 3 * n;
	double usual, size = NAN;
	size_t day = (size_t)round((double)DAY_MS / period), k = 0;

	if (day == 0 || day > n)
		return 0;
	for (size_t i = 0; i < n; i++)
		v[i] = measured(&r[i]) && !(r[i].cut & CUT_SHORT) && r[i].instant_clean > 0 ? log(r[i].instant_clean) : NAN;
	slide(v, n, day, middle, spare);
	usual = usual_difference(middle, n, day, spare);
	for (size_t i = 0; i < n; i++)
		gap[i] = apart(middle, n, i, day, &size);
	for (size_t i = 0; i < n && k < max; i++) {
		double least = fmax(STEP_USUAL * usual, STEP_LEAST);

		if (!(gap[i] >= least) || !is_peak(gap, n, i, DAYS_AFTER * day))
			continue;
		apart(middle, n, i, day, &size);
		out[k++] = (struct change){ INC_POPULATION_STEP, i, i + day - 1, expm1(size),
		    gap[i], least };
	}
	return k;
}

/* ---- both ------------------------------------------------------------------------- */

static int
by_time(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

size_t
population_changes_find(const struct series_row *r, size_t n, struct change *out, size_t max)
{
	double *room = calloc(4 * n + 1, sizeof(*room)), period;
	size_t k = 0;

	if (room == NULL)
		return SIZE_MAX;
	period = usual_period(r, n, room);
	if (period > 0) {
		k = find_outages(r, n, period, out, max);
		k += find_steps(r, n, period, out + k, max - k, room);
		qsort(out, k, sizeof(*out), by_time);
	}
	free(room);
	return k;
}

/* ---- to the results ------------------------------------------------------------------ */

struct rows { ARRAY_OF(struct series_row) row; };

static int
take_row(const struct series_row *row, void *arg)
{
	struct rows *rows = arg;
	struct series_row *to = array_add(&rows->row);

	if (to == NULL)
		return 1;
	*to = *row;
	return 0;
}

static int
write_change(struct store *s, int64_t id, const struct change *c, const struct series_row *r)
{
	struct incident_row row = { .id = id, .kind = c->kind, .first_round = r[c->from].round,
	    .last_round = r[c->to].round, .peak_round = r[c->from].round, .bogus = NAN,
	    .bogus_low = NAN, .bogus_high = NAN, .roving = UNKNOWN, .last_ms = UNKNOWN };
	struct test_row test = { id, "missing rounds, usual periods", "coverage", c->statistic,
	    c->threshold };
	char text[200];

	if (c->kind == INC_OUTAGE) {
		row.start_ms = row.peak_ms = r[c->from].end_ms;
		row.end_ms = r[c->to].start_ms;
		row.rounds = (int64_t)c->size;
		snprintf(text, sizeof(text),
		    "The sensor measured nothing for %.1f hours: about %.0f rounds are"
		    " missing. That is a gap, not a fall.",
		    (double)(row.end_ms - row.start_ms) / (double)HOUR_MS, c->size);
	} else {
		row.start_ms = row.peak_ms = r[c->from].start_ms;
		row.end_ms = r[c->to].end_ms;
		row.rounds = (int64_t)(c->to - c->from + 1);
		snprintf(text, sizeof(text),
		    "The population itself %s by about %.1f %% within a day and stayed there:"
		    " no sources were made up.",
		    c->size < 0 ? "fell" : "rose", fabs(c->size) * 100);
		test.name = "least difference of five days from those before, clean count, logarithm";
		test.family = "population";
	}
	row.summary = text;
	return results_put_incident(s, &row) != 0 || results_put_test(s, &test) != 0 ? -1 : 0;
}

/* 0: with fewer than three rounds nobody knows. */
static size_t
rounds_a_day(const struct series_row *r, size_t n)
{
	double *room = calloc(n + 1, sizeof(*room));
	double period = room == NULL ? NAN : usual_period(r, n, room);

	free(room);
	return period > 0 ? (size_t)round((double)DAY_MS / period) : 0;
}

int
population_changes_write(struct store *s)
{
	struct change *change = calloc(MAX_CHANGES, sizeof(*change));
	struct rows rows = { 0 };
	size_t n = SIZE_MAX;
	int rc = -1;

	if (change != NULL && results_clean_counts(s, take_row, &rows) == 0)
		n = population_changes_find(rows.row.p, rows.row.n, change, MAX_CHANGES);
	if (n != SIZE_MAX) {
		rc = results_delete_incidents(s, results_incident_base(s) + CHANGE_ID);
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = write_change(s, results_incident_base(s) + CHANGE_ID + (int64_t)i, &change[i],
			    rows.row.p);
		if (rc == 0)
			rc = reachability_drops_write(s, rows.row.p, rows.row.n,
			    rounds_a_day(rows.row.p, rows.row.n));
	}
	array_free(&rows.row);
	free(change);
	return rc;
}
