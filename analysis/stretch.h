/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stretches of rounds that may be floods: dated, and then believed or not.
 *
 * Two independent families of evidence must speak for a flood in at least two
 * rounds, and its sources must stand out: each of them from the genuine, or all
 * of them from the rounds before and after.  Parts of the judgement; the rest of
 * it is in analysis/judge.h.
 */
#ifndef KANSOKU_ANALYSIS_STRETCH_H
#define KANSOKU_ANALYSIS_STRETCH_H

#include "analysis/judge.h"

#define FLOOD_GAIN	14.0	/* nats that a flood must gain over none */
#define FLOOD_MARK	3.5	/* ... and for each bogus source: else it is a whim of the genuine ... */
#define FAINT_MARK	1.2	/* ... unless its kind was hardly there before or after */
#define FAINT_GAIN	60.0	/* nats that such a flood must gain */
#define FAINT_CALM	0.1	/* of its rate, at most, in the other rounds ... */
#define FAINT_ROUNDS	12	/* ... of which there must be so many */
#define EDGE_SHARE	0.1	/* of a flood's sources: a weaker stretch beside it that has fewer is its edge ... */
#define EDGE_ROUNDS	12	/* ... if it is no longer: a weak flood may lead up to a strong one */

/* Dates stretches by the opinions so far: level and stretch anew.  -1 without memory. */
int	 stretches_find(struct judgement *, unsigned before);
/* Weighs each, puts the level to 0 where it is not believed, and joins floods and their edges. */
void	 stretches_doubt(struct judgement *, struct standing before);

static inline const struct round_births *
judge_round(const struct judgement *j, size_t i)
{
	return (const struct round_births *)j->births.per_round.p + i;
}

static inline struct birth *
judge_birth(const struct judgement *j, size_t i)
{
	return (struct birth *)j->births.birth.p + i;
}

static inline const struct opinion *
judge_opinion(const struct judgement *j, size_t i)
{
	return (const struct opinion *)j->model.opinion.p + i;
}

#endif
