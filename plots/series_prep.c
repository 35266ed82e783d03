/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/series_prep.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double GAP_STEPS = 2.5;

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t
series_prep_usual_step(const int64_t *t, size_t n)
{
	int64_t *d, step;

	if (n < 2 || (d = malloc((n - 1) * sizeof(*d))) == NULL)
		return 0;
	for (size_t i = 1; i < n; i++)
		d[i - 1] = t[i] - t[i - 1];
	qsort(d, n - 1, sizeof(*d), by_size);
	step = d[(n - 1) / 2];
	free(d);
	return step;
}

static size_t
add_gap(struct span *gaps, size_t n, int64_t from, int64_t to)
{
	if (to <= from)
		return n;
	gaps[n] = (struct span){ from, to };
	return n + 1;
}

size_t
series_prep_gaps(const int64_t *start_ms, const int64_t *end_ms, const uint8_t *ok, size_t n,
    struct span window, uint8_t *cut, struct span *gaps)
{
	double far = GAP_STEPS * (double)series_prep_usual_step(end_ms, n);
	int64_t last = window.from_ms;		/* to here something was measured */
	bool any = false, bad = false;
	size_t ngaps = 0;

	for (size_t i = 0; i < n; i++) {
		cut[i] = 0;
		if (!ok[i]) {
			bad = true;
			continue;
		}
		if (bad || (double)(end_ms[i] - last) > far) {
			cut[i] = any;
			ngaps = add_gap(gaps, ngaps, last, start_ms[i]);
		}
		last = end_ms[i];
		any = true;
		bad = false;
	}
	if (!any || bad || (double)(window.to_ms - last) > far)
		ngaps = add_gap(gaps, ngaps, last, window.to_ms);
	return ngaps;
}

void
series_prep_coverage(const int64_t *start_ms, const int64_t *end_ms, const uint8_t *ok,
    size_t n, int64_t back_ms, double *share)
{
	double sum = 0;			/* of the points from tail to i */
	size_t tail = n;
	double far = GAP_STEPS * (double)series_prep_usual_step(end_ms, n);

	/* At first share holds the time, in ms, that each point stands for by itself. */
	for (size_t i = 0; i < n; i++) {
		bool joined = i > 0 && ok[i - 1] && (double)(end_ms[i] - end_ms[i - 1]) <= far;

		share[i] = !ok[i] ? 0 :
		    (double)(end_ms[i] - (joined ? end_ms[i - 1] : start_ms[i]));
	}
	for (size_t i = n; i-- > 0;) {	/* backwards: what is earlier is still its own */
		double own;

		while (tail > 0 && end_ms[tail - 1] > end_ms[i] - back_ms)
			sum += share[--tail];
		own = share[i];
		share[i] = sum < (double)back_ms ? sum / (double)back_ms : 1;
		sum -= own;
	}
}

/* ---- thinning ------------------------------------------------------------- */

struct thinner {
	const double	*v;
	size_t		*keep, n;	/* what is kept so far */
	size_t		 first, least, greatest, last;	/* of the open column */
	int64_t		 column;	/* -1: none open */
};

static void
keep_once(struct thinner *th, size_t i, size_t base)
{
	if (th->n == base || th->keep[th->n - 1] != i)
		th->keep[th->n++] = i;
}

/* Writes the open column's points in the order in which they were measured. */
static void
close_column(struct thinner *th)
{
	size_t lo = th->least < th->greatest ? th->least : th->greatest;
	size_t hi = th->least < th->greatest ? th->greatest : th->least;
	size_t base = th->n;

	if (th->column < 0)
		return;
	keep_once(th, th->first, base);
	keep_once(th, lo, base);
	keep_once(th, hi, base);
	keep_once(th, th->last, base);
	th->column = -1;
}

static void
thin(struct thinner *th, size_t i, int64_t column)
{
	if (column != th->column) {
		close_column(th);
		th->column = column;
		th->first = th->least = th->greatest = i;
	}
	if (th->v[i] < th->v[th->least])
		th->least = i;
	if (th->v[i] > th->v[th->greatest])
		th->greatest = i;
	th->last = i;
}

size_t
series_prep_runs(const int64_t *t, const double *v, const uint8_t *cut, size_t n,
    struct span window, unsigned columns, size_t *keep, struct run *runs)
{
	struct thinner th = { .v = v, .keep = keep, .column = -1 };
	bool dense = n > 2 * (size_t)columns && window.to_ms > window.from_ms;
	size_t nruns = 0;
	bool open = false;

	for (size_t i = 0; i < n; i++) {
		bool there = isfinite(v[i]) && t[i] >= window.from_ms && t[i] <= window.to_ms;

		if (open && (!there || cut[i])) {
			close_column(&th);
			runs[nruns - 1].n = th.n - runs[nruns - 1].first;
			open = false;
		}
		if (!there)
			continue;
		if (!open)
			runs[nruns++].first = th.n;
		open = true;
		if (dense)
			thin(&th, i, (int64_t)((double)(t[i] - window.from_ms) * columns /
			    (double)(window.to_ms - window.from_ms)));
		else
			keep[th.n++] = i;
	}
	close_column(&th);
	if (open)
		runs[nruns - 1].n = th.n - runs[nruns - 1].first;
	return nruns;
}

struct summary
series_prep_summary(const double *v, size_t n)
{
	struct summary s = { NAN, NAN, NAN, NAN, 0 };

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(v[i]))
			continue;
		s.n++;
		s.last = v[i];
		s.min = s.n == 1 ? v[i] : fmin(s.min, v[i]);
		s.max = s.n == 1 ? v[i] : fmax(s.max, v[i]);
		s.mean = s.n == 1 ? v[i] : s.mean + (v[i] - s.mean) / (double)s.n;
	}
	return s;
}
