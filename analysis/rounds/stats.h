/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The few formulas of statistics that the analysis needs, as pure functions.
 * Distributions come from GSL; what is here is what GSL leaves to its caller.
 *
 * All intervals are two-sided 95 % unless a z is given.  A quantity that
 * cannot be computed (no trials, no data) is NAN, never zero.
 */
#ifndef KANSOKU_ANALYSIS_ROUNDS_STATS_H
#define KANSOKU_ANALYSIS_ROUNDS_STATS_H

#include <stddef.h>
#include <stdint.h>

#define Z95	1.959963984540054	/* 97.5 % point of the normal distribution */

struct interval {
	double	low, high;
};

/*
 * A share k/n.  E. B. Wilson, Probable inference, the law of succession, and
 * statistical inference, JASA 22 (1927) 209-212.  Stays inside 0..1 and is
 * right for k = 0 and k = n, where k/n +- z*sd is not.
 */
struct interval	 stats_wilson(double k, double n, double z);

/*
 * Closed population from two lists: n1 and n2 nodes, m on both.  D. G. Chapman,
 * Univ. Calif. Publ. Stat. 1 (1951) 131-160; variance by G. A. F. Seber, The
 * Estimation of Animal Abundance (1982) 3.1; interval log-normal on the unseen
 * part by A. Chao, Biometrics 43 (1987) 783-791, so that it never falls below
 * what was seen.
 */
struct population {
	double		estimate;
	struct interval	interval;
	double		coverage;	/* of the second list: n2 / estimate */
};
struct population stats_chapman(double n1, double n2, double m);

/* Surprise of a count k of n: -log10 P(X >= k), X binomial(n, p); 300 where that is
 * below what a double holds. */
double	 stats_binomial_surprise(double k, double n, double p);

/* log(1 - w + w * exp(l)) without overflow, 0 <= w <= 1. */
double	 stats_log_mix(double w, double l);

/* The median of n values, which are reordered; NAN for n = 0. */
double	 stats_median(double *v, size_t n);
double	 stats_sorted_median(const double *v, size_t n);	/* v ascends already */

#endif
