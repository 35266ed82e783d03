/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a mixture: what mixture.c, mixture_classes.c (how either class is learned)
 * and relay_evidence.c share.  No other file includes it.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_MIXTURE_CLASSES_H
#define KANSOKU_ANALYSIS_DETECT_MIXTURE_CLASSES_H

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

/* Which half of the rounds a newcomer belongs to. */
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

/* The weight with which a newcomer may teach about genuine ones, 0 to 1. */
double	 mixture_genuine_weight(const struct mixture *, size_t newcomer);
/* Adds a newcomer to the counts of genuine ones. */
void	 mixture_add(const struct mixture *, struct table[FAM_N], const struct newcomer *,
	    double weight);
/* In the first rounds of all, those who had been there for long are new to us. */
bool	 mixture_settling(const struct mixture *, const struct newcomer *);
void	 mixture_add_lives(struct table *, const struct newcomer *, double weight);

/* The two classes anew, from the opinions of now. */
void	 mixture_learn_genuine(struct mixture *);
void	 mixture_learn_flood(struct mixture *, unsigned half);
/* A flood that is made of what is in excess now. */
void	 mixture_suppose_flood(struct mixture *, unsigned half);

#endif
