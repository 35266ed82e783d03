/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between model.c and its parts, classes.c and names.c; nobody else's business. */
#ifndef KANSOKU_ANALYSIS_DETECT_MIXTURE_CLASSES_H
#define KANSOKU_ANALYSIS_DETECT_MIXTURE_CLASSES_H

#include <math.h>

#include "analysis/detect/mixture.h"

static inline const struct birth *
model_birth(const struct model *m, size_t i)
{
	return (const struct birth *)m->births->birth.p + i;
}

static inline struct opinion *
model_opinion(const struct model *m, size_t i)
{
	return (struct opinion *)m->opinion.p + i;
}

/* Which half of the rounds a birth belongs to. */
static inline unsigned
model_half(const struct model *m, const struct birth *x)
{
	return m->window->d[m->window->open + x->round]->round & 1;
}

static inline size_t
model_cell(const struct birth *x, enum family f)
{
	return (size_t)x->context[f] * family_kind[f].width + x->cell[f];
}

static inline double
capped(double v, double low, double high)
{
	return fmin(fmax(v, low), high);
}

/* How much a birth may teach about genuine ones, 0 to 1. */
double	 classes_genuine_weight(const struct model *, size_t birth);
/* Adds a birth to the counts of genuine ones. */
void	 classes_add(const struct model *, struct table[FAM_N], const struct birth *, double weight);
/* In the first rounds of all, those who had been there for long are new to us. */
bool	 classes_settling(const struct model *, const struct birth *);
void	 classes_add_lives(struct table *, const struct birth *, double weight);

/* The two classes anew, from the opinions of now. */
void	 classes_learn_genuine(struct model *);
void	 classes_learn_flood(struct model *, unsigned half);
/* A flood that is made of what is in excess now. */
void	 classes_suppose_flood(struct model *, unsigned half);

/* Relays and hashes: too many for tables.  names_open lists who delivered each birth. */
int	 names_open(struct model *);
int	 names_learn(struct model *);
double	 names_relay_evidence(const struct model *, size_t birth);
double	 names_hash_evidence(const struct model *, const struct birth *, unsigned half);

#endif
