/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a mixture: what mixture.c, mixture_classes.c (how either class is learned)
 * and relay_evidence.c share.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_MIXTURE_IMPL_H
#define KANSOKU_ANALYSIS_DETECT_MIXTURE_IMPL_H

#include <math.h>

#include "analysis/detect/mixture.h"

static inline const struct newcomer *
mixture_newcomer(const struct mixture *m, size_t i)
{
	return &m->newcomers->newcomer.p[i];
}

static inline struct opinion *
mixture_opinion(const struct mixture *m, size_t i)
{
	return &m->opinion.p[i];
}

/* Says which half of the rounds a newcomer belongs to. */
static inline unsigned
mixture_half(const struct mixture *m, const struct newcomer *x)
{
	return m->window->round.p[m->window->open + x->round]->round & 1;
}

static inline size_t
mixture_cell(const struct newcomer *x, enum family f)
{
	return (size_t)x->context[f] * family_kind[f].width + x->cell[f];
}

static inline double
capped(double v, double low, double high)
{
	return fmin(fmax(v, low), high);
}

/* ---- mixture_classes.c ---- */

/* The weight with which a newcomer may teach about genuine ones, 0 to 1. */
double	 mixture_genuine_weight(const struct mixture *, size_t newcomer);
/* Adds a newcomer to the counts of genuine ones. */
void	 mixture_add(const struct mixture *, struct table[FAM_N], const struct newcomer *,
	    double weight);
void	 mixture_add_lives(struct table *, const struct newcomer *, double weight);

/* The two classes anew, from the opinions of now. */
void	 mixture_learn_genuine(struct mixture *);
void	 mixture_learn_flood(struct mixture *, unsigned half);
/* A flood that is made of what is in excess now. */
void	 mixture_suppose_flood(struct mixture *, unsigned half);

/* ---- relay_evidence.c ---- */

/*
 * The peers that delivered a newcomer and the hash that it offers say something of it;
 * there are too many of either for a table of cells.
 *
 * A share of one among very many (peers, hashes) cannot be learned from few examples:
 * the counts are mixed with the usual shares, with the weight by which each half of the
 * examples predicts the other best (deleted estimation: F. Jelinek and R. L. Mercer,
 * Pattern Recognition in Practice (1980) 381-397).  So examples that have nothing in
 * common say nothing.  Nothing is concluded there: mixture.c adds it up.
 */

/* Lists who delivered each newcomer first, and counts what they usually deliver; -1
 * without memory. */
int	 relay_evidence_open(struct mixture *);
/* Learns from the opinions of now which peers and hashes a flood uses; -1 without memory. */
int	 relay_evidence_learn(struct mixture *);
/* The evidence of the peers that delivered a newcomer: nats, 0 where only itself did. */
double	 relay_evidence(const struct mixture *, size_t newcomer);
/* The evidence of the cell of FAM_HASH and of the hash itself: nats. */
double	 relay_hash_evidence(const struct mixture *, const struct newcomer *, unsigned half);

/* One among many: its usual share (above 0), and examples of it in either half. */
struct split_share { double usual, seen[2]; };

/* Weight of the usual shares, in examples.  total: all examples of each half. */
double	 split_share_weight(const struct split_share *, size_t n, const double total[2]);
/* log of the share that one half shows, to the usual share: nats. */
double	 split_share_llr(const struct split_share *, const double total[2], unsigned half,
	    double weight);

#endif
