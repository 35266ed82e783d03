/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/stats.h"

#include <math.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>

struct interval
stats_wilson(double k, double n, double z)
{
	struct interval i = { NAN, NAN };
	double p, centre, half;

	if (!(n > 0) || !(k >= 0) || k > n)
		return i;
	p = k / n;
	centre = (p + z * z / (2 * n)) / (1 + z * z / n);
	half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
	i.low = k == 0 ? 0 : fmax(0, centre - half);
	i.high = k == n ? 1 : fmin(1, centre + half);
	return i;
}

struct population
stats_chapman(double n1, double n2, double m)
{
	struct population p = { NAN, { NAN, NAN }, NAN };
	double seen = n1 + n2 - m, unseen, var, c;

	if (!(n1 > 0) || !(n2 > 0) || !(m >= 0) || m > n1 || m > n2)
		return p;
	p.estimate = (n1 + 1) * (n2 + 1) / (m + 1) - 1;
	p.coverage = n2 / p.estimate;
	unseen = p.estimate - seen;
	if (!(unseen > 0)) {
		p.interval = (struct interval){ seen, seen };
		return p;
	}
	var = (n1 + 1) * (n2 + 1) * (n1 - m) * (n2 - m) / ((m + 1) * (m + 1) * (m + 2));
	c = exp(Z95 * sqrt(log1p(var / (unseen * unseen))));
	p.interval = (struct interval){ seen + unseen / c, seen + unseen * c };
	return p;
}

double
stats_binomial_surprise(double k, double n, double p)
{
	double tail;

	if (!(n > 0) || !(p >= 0 && p <= 1))
		return NAN;
	if (k <= 0)
		return 0;
	tail = gsl_cdf_binomial_Q((unsigned)k - 1, p, (unsigned)n);
	return tail > 0 ? -log10(tail) : 300;
}

double
stats_log_mix(double w, double l)
{
	if (w <= 0)
		return 0;
	if (w >= 1)
		return l;
	return l <= 0 ? log1p(w * expm1(l)) : l + log(w + (1 - w) * exp(-l));
}

double
stats_median(double *v, size_t n)
{
	return n == 0 ? NAN : gsl_stats_median(v, 1, n);
}

double
stats_sorted_median(const double *v, size_t n)
{
	return n == 0 ? NAN : gsl_stats_quantile_from_sorted_data(v, 1, n, 0.5);
}
