/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/incidents/reachability_drops.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/rounds/stats.h"
#include "data/store/rows.h"
#include "data/lib/utctime.h"

#define MAX_DROPS	100
#define LEAST_TRIED	20.0
#define DAYS_BACK	7	/* of which the same hour is compared */
#define HOURS_LEAST	3	/* rounds that make a comparison: one day, three rounds of it */
#define LEARN_ROUNDS	36	/* that teach the usual size of a residual before it is used */
#define FADE_ROUNDS	200.0
#define LEAST_SIZE	0.01	/* of a residual: the model is no better */
#define FAR		5.0	/* residuals beyond count as this: one round alone raises nothing */
#define SLACK		1.0
#define MEMORY		(3 * DROP_LIMIT)	/* of a CUSUM: what was long ago is forgotten */
#define QUIET		6	/* rounds back to usual that end it */
#define MEETING_PART	0.2

/* ---- one statistic beside its past ---- */

struct watch {
	double	*past;		/* by row: logarithm; NAN where it is not to be learned from */
	double	 size;		/* mean absolute residual */
	size_t	 learned;
	double	 cusum, sum, n;	/* sum of n residuals since cusum was 0 */
	size_t	 since;
};

/* Median of the same hour in the days before; NAN where these are too few. */
static double
expected(const double *past, size_t i, size_t day)
{
	double v[3 * DAYS_BACK];
	size_t n = 0, days = 0;

	for (size_t back = day; back < i && days < DAYS_BACK; back += day) {
		size_t before = n;

		for (size_t k = i - back - 1; k <= i - back + 1; k++)
			if (!isnan(past[k]))
				v[n++] = past[k];
		days += n > before;
	}
	return n < HOURS_LEAST ? NAN : stats_median(v, n);
}

static void
calm_down(struct watch *w, size_t i)
{
	w->cusum = w->sum = w->n = 0;
	w->since = i + 1;
}

/* direction: of the residuals that are looked for. */
static void
follow(struct watch *w, double residual, int direction, size_t i)
{
	double unit = 1.2533 * fmax(w->size, LEAST_SIZE);	/* of a normal one: sqrt(pi / 2) */
	double size = fabs(residual);

	if (isnan(residual))
		return;
	if (w->learned >= LEARN_ROUNDS)
		w->cusum = fmin(fmax(0, w->cusum - SLACK + fmax(fmin(direction * residual / unit, FAR),
		    -FAR)), MEMORY);
	if (w->learned < LEARN_ROUNDS)
		w->size += (size - w->size) / (double)++w->learned;
	else
		w->size += (fmin(size, 3 * w->size) - w->size) / FADE_ROUNDS;
	if (w->cusum > 0) {
		w->sum += residual;
		w->n++;
	} else {
		calm_down(w, i);
	}
}

/* ---- the three that are watched ---- */

enum { SUCCESS, PERSISTENCE, MEETING, WATCHES };

struct search {
	const struct series_row *r;
	size_t		n, day;
	struct watch	w[WATCHES];
	struct drop	*out;
	size_t		found, max;
	bool		in;
	unsigned	quiet;
	/* of the drop at hand: sums (usual: that would have been reached), and the lowest residual */
	double		tried, reached, usual, instant, rounds, worst;
};

static double
log_ratio(double k, double n, double least)
{
	return n >= least && k > 0 ? log(k / n) : NAN;
}

/* ---- a drop from its start to its end ---- */

static void
take_in(struct search *s, size_t i, double residual)
{
	const struct series_row *r = &s->r[i];
	struct drop *d = &s->out[s->found - 1];

	d->to = i;
	if (residual < s->worst) {
		s->worst = residual;
		d->worst = i;
	}
	s->tried += r->tried;
	s->reached += r->reached;
	s->usual += r->reached * exp(-residual);
	s->instant += r->instant;
	s->rounds++;
}

static void
forget(struct search *s, size_t i)
{
	for (int k = 0; k < WATCHES; k++)
		s->w[k].past[i] = NAN;
}

/* In this round as well, and there are nodes to meet in it. */
static bool
is_drop(const struct search *s, const double residual[WATCHES])
{
	const struct watch *success = &s->w[SUCCESS], *meeting = &s->w[MEETING];

	return !isnan(residual[MEETING]) && residual[SUCCESS] <= 0.5 * success->sum / success->n &&
	    success->cusum >= DROP_LIMIT && s->w[PERSISTENCE].cusum >= DROP_LIMIT &&
	    success->n >= (double)s->day && success->sum <= success->n * log(1 - DROP_LEAST) &&
	    meeting->n >= 2 && meeting->sum / meeting->n > MEETING_PART * success->sum / success->n;
}

static void
begin(struct search *s, size_t i)
{
	const struct watch *success = &s->w[SUCCESS], *meeting = &s->w[MEETING];
	size_t from = success->since;

	s->out[s->found++] = (struct drop){ .from = from, .worst = from, .open = true,
	    .success = success->cusum, .persistence = s->w[PERSISTENCE].cusum,
	    .meeting = (meeting->sum / meeting->n) / (success->sum / success->n) };
	s->in = true;
	s->quiet = 0;
	s->tried = s->reached = s->usual = s->instant = s->rounds = s->worst = 0;
	for (size_t k = from; k <= i; k++) {
		double residual = success->past[k] - expected(success->past, k, s->day);

		if (!isnan(residual))
			take_in(s, k, residual);
	}
	for (size_t k = from; k <= i; k++)
		forget(s, k);
}

static void
measure(struct search *s)
{
	struct drop *d = &s->out[s->found - 1];
	struct interval w = stats_wilson(s->reached, s->tried, Z95);
	double usual = s->usual / s->tried, instant = s->instant / s->rounds;

	d->fall = 1 - s->reached / s->usual;
	d->dead = instant * d->fall;
	d->low = fmax(0, instant * (1 - w.high / usual));
	d->high = instant * (1 - w.low / usual);
}

static void
go_on(struct search *s, size_t i, double residual)
{
	if (isnan(residual))
		return;
	if (residual > 0.5 * log(s->reached / s->usual)) {
		s->quiet++;
	} else {
		s->quiet = 0;
		take_in(s, i, residual);
	}
	forget(s, i);
	if (s->quiet < QUIET)
		return;
	s->out[s->found - 1].open = s->in = false;
	measure(s);
	for (int k = 0; k < WATCHES; k++)
		calm_down(&s->w[k], i);
}

static void
step(struct search *s, size_t i)
{
	double residual[WATCHES];

	for (int k = 0; k < WATCHES; k++)
		residual[k] = s->w[k].past[i] - expected(s->w[k].past, i, s->day);
	if (s->in) {
		go_on(s, i, residual[SUCCESS]);
		return;
	}
	follow(&s->w[SUCCESS], residual[SUCCESS], -1, i);
	follow(&s->w[PERSISTENCE], residual[PERSISTENCE], 1, i);
	/* Over the same rounds as the success. */
	if (s->w[SUCCESS].cusum == 0)
		calm_down(&s->w[MEETING], i);
	else if (!isnan(residual[MEETING])) {
		s->w[MEETING].sum += residual[MEETING];
		s->w[MEETING].n++;
	}
	if (s->found < s->max && is_drop(s, residual))
		begin(s, i);
}

size_t
reachability_drops_find(const struct series_row *r, size_t n, size_t day, struct drop *out,
    size_t max)
{
	struct search s = { .r = r, .n = n, .day = day, .out = out, .max = max };
	double *room = calloc(WATCHES * n + 1, sizeof(*room));

	if (room == NULL)
		return SIZE_MAX;
	for (int k = 0; k < WATCHES; k++)
		s.w[k].past = room + (size_t)k * n;
	for (size_t i = 0; i < n; i++) {
		bool counts = r[i].complete && !(r[i].cut & CUT_SHORT) && !(r[i].flood > DROP_FLOOD * r[i].instant);

		s.w[SUCCESS].past[i] = counts ? log_ratio(r[i].reached, r[i].tried,
		    LEAST_TRIED) : NAN;
		/* A day's count is one from the second day on. */
		s.w[PERSISTENCE].past[i] = counts && i >= day ? log_ratio(r[i].instant_clean,
		    r[i].day_keys_clean, LEAST_TRIED) : NAN;
		s.w[MEETING].past[i] = counts ? log_ratio(r[i].verified_again,
		    r[i].verified_before, LEAST_TRIED) : NAN;
	}
	for (size_t i = 0; i < n && day > 1; i++)
		step(&s, i);
	if (s.in)
		measure(&s);
	free(room);
	return s.found;
}

/* ---- to the results ---- */

static int
write_tests(struct store *s, int64_t id, const struct drop *d)
{
	const struct test_row test[] = {
		{ id, "success below the same hour of other days, CUSUM", "reachability",
		    d->success, DROP_LIMIT },
		{ id, "sources that stay, above the same hour of other days, CUSUM", "persistence",
		    d->persistence, DROP_LIMIT },
		{ id, "fall of the success, share", "reachability", d->fall, DROP_LEAST },
		{ id, "fall of the share met again, part of that (the sensor's trouble: above)",
		    "coverage", d->meeting, MEETING_PART },
	};

	for (size_t i = 0; i < sizeof(test) / sizeof(test[0]); i++)
		if (results_put_test(s, &test[i]) != 0)
			return -1;
	return 0;
}

static int
write_drop(struct store *s, int64_t id, const struct drop *d, const struct series_row *r)
{
	char from[WHEN_TEXT], text[300];
	struct incident_row row = { .id = id, .kind = INC_REACHABILITY_DROP,
	    .first_round = r[d->from].round, .last_round = r[d->to].round,
	    .peak_round = r[d->worst].round, .start_ms = r[d->from].start_ms,
	    .peak_ms = r[d->worst].start_ms, .end_ms = d->open ? UNKNOWN : r[d->to].end_ms,
	    .rounds = (int64_t)(d->to - d->from + 1), .severity = d->fall < 0.2 ? 2 : 3,
	    .bogus = d->dead, .bogus_low = d->low, .bogus_high = d->high, .channels = SEEN_KEY,
	    .roving = UNKNOWN, .last_ms = r[d->to].end_ms, .summary = text };

	snprintf(text, sizeof(text), "Since %.16s %.0f %% fewer dials than usual%s succeeded, though"
	    " nodes that answer went on answering: about %.0f sources in a round (%.0f to %.0f) are"
	    " named where nobody is any more; source not determined.",
	    utctime_format(from, row.start_ms), d->fall * 100, d->open ? " have" : "",
	    d->dead, d->low, d->high);
	return results_put_incident(s, &row) != 0 ? -1 : write_tests(s, id, d);
}

int
reachability_drops_write(struct store *s, const struct series_row *r, size_t n, size_t day)
{
	struct drop *d = calloc(MAX_DROPS, sizeof(*d));
	size_t found = d == NULL ? SIZE_MAX : reachability_drops_find(r, n, day, d, MAX_DROPS);
	int rc = found == SIZE_MAX ? -1 : 0;

	for (size_t i = 0; rc == 0 && i < found; i++)
		rc = write_drop(s, results_incident_base(s) + DROP_ID + (int64_t)i, &d[i], r);
	free(d);
	return rc;
}
