/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/stats.h"

#include <math.h>
#include <stdlib.h>

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

struct interval
stats_poisson(double k)
{
	struct interval i = { NAN, NAN };

	if (!(k >= 0))
		return i;
	i.low = k > 0 ? gsl_cdf_chisq_Pinv(0.025, 2 * k) / 2 : 0;
	i.high = gsl_cdf_chisq_Pinv(0.975, 2 * k + 2) / 2;
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

static double
surprise(double p)
{
	return p > 0 ? -log10(p) : 300;
}

double
stats_binomial_surprise(double k, double n, double p)
{
	if (!(n > 0) || !(p >= 0 && p <= 1))
		return NAN;
	if (k <= 0)
		return 0;
	return surprise(gsl_cdf_binomial_Q((unsigned)k - 1, p, (unsigned)n));
}

double
stats_poisson_surprise(double k, double mean)
{
	if (!(mean >= 0))
		return NAN;
	if (k <= 0)
		return 0;
	return mean > 0 ? surprise(gsl_cdf_poisson_Q((unsigned)k - 1, mean)) : 300;
}

double
stats_g(const double *count, const double *share, size_t n)
{
	double total = 0, g = 0;

	for (size_t i = 0; i < n; i++)
		total += count[i];
	for (size_t i = 0; i < n; i++)
		if (count[i] > 0)
			g += count[i] * log(count[i] / (total * share[i]));
	return 2 * g;
}

double
stats_log_add(double a, double b)
{
	double high = fmax(a, b), low = fmin(a, b);

	if (high == -INFINITY)
		return high;
	return high + log1p(exp(low - high));
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

static int
by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
stats_quantile(double *v, size_t n, double q)
{
	if (n == 0)
		return NAN;
	qsort(v, n, sizeof(*v), by_value);
	return gsl_stats_quantile_from_sorted_data(v, 1, n, q);
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
