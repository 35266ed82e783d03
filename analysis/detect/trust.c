/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/trust.h"

#include <math.h>

#define LEAST_WEIGHT	10.0
#define MOST_WEIGHT	1e6	/* as good as: examples say nothing */
#define WEIGHT_STEP	3.0

double
trust_llr(const struct trust *t, const double total[2], unsigned half, double weight)
{
	return log((t->seen[half] / t->usual + weight) / (total[half] + weight));
}

/* What each half would have foretold of the other, nats. */
static double
held_out(const struct trust *t, size_t n, const double total[2], double weight)
{
	double nats = 0;

	for (size_t i = 0; i < n; i++)
		for (unsigned half = 0; half < 2; half++)
			if (t[i].seen[half] > 0)
				nats += t[i].seen[half] * trust_llr(&t[i], total, !half, weight);
	return nats;
}

double
trust_weight(const struct trust *t, size_t n, const double total[2])
{
	double best = MOST_WEIGHT, most = held_out(t, n, total, MOST_WEIGHT);

	for (double w = LEAST_WEIGHT; w < MOST_WEIGHT; w *= WEIGHT_STEP) {
		double nats = held_out(t, n, total, w);

		if (nats > most) {
			most = nats;
			best = w;
		}
	}
	return best;
}
