/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far to believe what few say of many names.
 *
 * Shares of very many names (who delivers, what is offered) cannot be learned
 * from few examples: the counts are mixed with the usual shares, with the
 * weight by which each half of the examples predicts the other best (deleted
 * estimation: F. Jelinek and R. L. Mercer, Pattern Recognition in Practice
 * (1980) 381-397).  So examples that have nothing in common say nothing.  Pure.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_TRUST_H
#define KANSOKU_ANALYSIS_DETECT_TRUST_H

#include <stddef.h>

/* A name: its usual share (above 0), and examples of it in either half. */
struct trust { double usual, seen[2]; };

/* Weight of the usual shares, in examples.  total: all examples of each half. */
double	 trust_weight(const struct trust *, size_t n, const double total[2]);
/* log of the share that one half shows, to the usual share: nats. */
double	 trust_llr(const struct trust *, const double total[2], unsigned half, double weight);

#endif
