/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/zone_estimate.h"

#include <math.h>

#define TWO_SIDED_95	1.96

/* A factor by which to correct, and its relative variance. */
struct correction { double factor, variance; };

static struct correction
of_loss(double first, double second)
{
	double all = first * first / (first - second);

	return (struct correction){ all / (first + second),
		second * second * (first + second) / (first * first * (first - second) * (first - second)) };
}

static struct correction
of_telling(double a, double b, double both)
{
	double all = (a + 1) * (b + 1) / (both + 1) - 1;
	double variance = (a + 1) * (b + 1) * (a - both) * (b - both) / ((both + 1) * (both + 1) * (both + 2));

	return (struct correction){ all / (a + b - both), variance / (all * all) };
}

void
zone_estimate(struct zone_estimate *e, const struct zone_tally *t, int bits)
{
	double n = (double)(t->first + t->second), sd;
	struct correction loss, telling = { 1, 0 };

	*e = (struct zone_estimate){ .known = n > 0 && t->first > t->second };
	if (!e->known)
		return;
	loss = of_loss((double)t->first, (double)t->second);
	if (t->both > 0)
		telling = of_telling((double)t->half[0], (double)t->half[1], (double)t->both);
	e->nodes = n * loss.factor * telling.factor;
	sd = sqrt(loss.variance + telling.variance);
	e->low = fmax(n, e->nodes * (1 - TWO_SIDED_95 * sd));
	e->high = e->nodes * (1 + TWO_SIDED_95 * sd);
	e->all = ldexp(e->nodes, bits);
	sd = sqrt(sd * sd + (bits > 0 ? 1 / n : 0));
	e->all_low = fmax(n, e->all * (1 - TWO_SIDED_95 * sd));
	e->all_high = e->all * (1 + TWO_SIDED_95 * sd);
}
