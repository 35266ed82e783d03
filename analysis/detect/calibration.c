/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes probabilities mean what they say, without the truth.
 *
 * Families of evidence are not independent given the class, so their sum is too sure.
 * Newcomers of calm rounds that never answered us are genuine, by and large: they are
 * decoys.  Scored as if a flood were on, they foretell how many genuine ones stand above any
 * score while one is (target and decoy: J. E. Elias and S. P. Gygi, Nature Methods 4 (2007)
 * 207-214).  Slope and offset of the log-likelihood ratios are set so that the sum of 1 - p
 * agrees with that in each range of scores (J. Platt's scaling, with decoys for labels).
 * Where few decoys are in sight, what was usual in simulated worlds is supposed.
 */
#include <math.h>
#include <stdlib.h>

#include "analysis/detect/classify_impl.h"
#include "analysis/detect/mixture_impl.h"

#define USUAL_SLOPE	0.8	/* that agreed with the truth of simulated worlds, ... */
#define SLOPE_SPREAD	0.1	/* ... give or take */
#define USUAL_OFFSET	(-0.5)	/* nats */
#define OFFSET_SPREAD	0.7
#define LEAST_SLOPE	0.3
#define LEAST_OFFSET	(-6.0)
#define PRIOR_WRONG	0.5	/* wrong ones that what the model says of them is worth */
#define STEPS		40	/* of the search, each half a step's worth finer at a failure */

/* Probabilities, before they are calibrated, from which a range of them goes on. */
static const double range_from[DECOY_RANGES] = { 0.2, 0.5, 0.8, 0.95, 0.99, 0.999, 0.9999 };

static int
range_of(double p)
{
	int k = -1;

	while (k + 1 < DECOY_RANGES && p >= range_from[k + 1])
		k++;
	return k;
}

static double
probability(double nats, double share)
{
	return 1 / (1 + exp(-nats) * (1 - share) / share);
}

/* Is it unlike those who may be decoys or bogus?  Whom we spoke with is out of question. */
static bool
is_aside(const struct classification *j, size_t i)
{
	return newcomer_at(j, i)->fanned || newcomer_at(j, i)->verified;
}

static void
count_decoys(const struct classification *j, struct decoys *d)
{
	double flooded = 0, share = 0;	/* of a flooded round's newcomers that are bogus */

	for (size_t r = 0; r < j->newcomers.per_round.n; r++) {
		share += j->level[r] > 0 ? j->model.share[r] : 0;
		flooded += j->level[r] > 0;
	}
	for (size_t i = 0; i < j->newcomers.newcomer.n; i++) {
		const struct newcomer *x = newcomer_at(j, i);
		int k;

		if (is_aside(j, i) || j->level[x->round] > 0 || !round_at(j, x->round)->counted ||
		    mixture_is_settling(&j->model, x))
			continue;
		d->n++;
		if ((k = range_of(probability(opinion_at(j, i)->llr, share / flooded))) >= 0)
			d->seen[k]++;
	}
}

/*
 * The logarithm of how well a slope and an offset explain the decoys: in each range a Poisson
 * number of them, the expected being as many times fewer than the genuine there as there are
 * fewer decoys than genuine newcomers of the flood's rounds.
 */
static double
fitness(const struct classification *j, const struct decoys *d, const double at[2])
{
	double wrong[DECOY_RANGES] = { 0 }, genuine = 0, sum;
	double slope = (at[0] - USUAL_SLOPE) / SLOPE_SPREAD;
	double offset = (at[1] - USUAL_OFFSET) / OFFSET_SPREAD;

	for (size_t i = 0; i < j->newcomers.newcomer.n && d->n > 0; i++) {
		size_t r = newcomer_at(j, i)->round;
		double llr = opinion_at(j, i)->llr, doubt;
		int k = range_of(probability(llr, j->model.share[r]));

		if (is_aside(j, i) || j->level[r] == 0)
			continue;
		doubt = 1 - probability(at[0] * llr + at[1], j->model.share[r]);
		genuine += doubt;
		if (k >= 0)
			wrong[k] += doubt;
	}
	sum = -(slope * slope + offset * offset) / 2;
	for (int k = 0; k < DECOY_RANGES && genuine > 0; k++) {
		double expected = wrong[k] * d->n / genuine + 1e-3;

		sum += d->seen[k] * log(expected) - expected;
	}
	return sum;
}

void
calibrate(struct classification *j, const struct decoys *before)
{
	double at[2] = { USUAL_SLOPE, USUAL_OFFSET }, step[2] = { 0.1, 0.5 }, best;
	struct decoys *d = &j->decoys;
	bool any = false;

	for (size_t r = 0; r < j->newcomers.per_round.n; r++)
		any |= j->level[r] > 0;
	if (!any)
		return;
	count_decoys(j, d);
	if (before->n > d->n)	/* calm was longer ago than the rounds at hand */
		*d = *before;
	best = fitness(j, d, at);
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned which = i & 1;
		double was = at[which], fit;

		at[which] = which == 0 ? capped(was + step[0], LEAST_SLOPE, 1)
		    : capped(was + step[1], LEAST_OFFSET, 0);
		if ((fit = fitness(j, d, at)) > best) {
			best = fit;
			continue;
		}
		at[which] = was;
		step[which] *= -0.6;
	}
	j->model.slope = at[0];
	j->model.offset = at[1];
	mixture_weigh(&j->model);
}

/* ---- how sure one must be ---- */

struct candidate { float p; int range; };

static int
by_probability(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return (x->p < y->p) - (x->p > y->p);
}

/* The genuine ones among m candidates whose doubts add up to `doubt`, of so many genuine
 * newcomers: as the decoys say, and as the model says where these are few. */
static double
wrong_among(const struct decoys *d, int range, double doubt, double genuine)
{
	double seen = PRIOR_WRONG;

	for (int k = range < 0 ? 0 : range; k < DECOY_RANGES; k++)
		seen += d->seen[k];
	return seen / (d->n / fmax(genuine, 1) + PRIOR_WRONG / fmax(doubt, 1e-9));
}

int
calibration_threshold(struct classification *j, double from, double wrong_share)
{
	size_t n = j->newcomers.newcomer.n, m = 0;
	struct candidate *c = calloc(n + 1, sizeof(*c));
	double genuine = 0, doubt = 0;

	if (c == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct opinion *o = opinion_at(j, i);
		size_t r = newcomer_at(j, i)->round;

		if (is_aside(j, i) || j->level[r] == 0)
			continue;
		genuine += 1 - o->p;
		if (o->p >= from)
			c[m++] = (struct candidate){ o->p,
			    range_of(probability(o->llr, j->model.share[r])) };
	}
	qsort(c, m, sizeof(*c), by_probability);
	j->threshold = from;
	for (size_t i = 0; i < m; i++) {
		doubt += 1 - (double)c[i].p;
		if (wrong_among(&j->decoys, c[i].range, doubt, genuine) >
		    wrong_share * (j->newcomers.known + genuine) + PRIOR_WRONG) {
			j->threshold = (double)c[i].p + 1e-7;
			break;
		}
	}
	free(c);
	return 0;
}
