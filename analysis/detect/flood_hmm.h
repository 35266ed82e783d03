/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dates floods: when one was under way, and how strong.
 *
 * A hidden Markov chain over the rounds whose states are "none" and levels of
 * strength; the most probable path (A. J. Viterbi, IEEE Trans. Inf. Theory 13
 * (1967) 260-269) dates starts, ends and changes of level.  A round speaks
 * through the make-up of its newcomers: how many there are says nothing, so a
 * holiday is no flood.  Pure: numbers in, numbers out.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_FLOOD_HMM_H
#define KANSOKU_ANALYSIS_DETECT_FLOOD_HMM_H

#include <stdbool.h>
#include <stddef.h>

#define FLOOD_LEVELS	20	/* 0.5, 1, 2, 4, ... bogus newcomers a round */

/* One round: the log-likelihood ratios of its newcomers that count for much,
 * how many others there are, and the mean ratio (not its logarithm) of these. */
struct flood_hmm_round {
	const double	*llr;
	size_t		 n;
	double		 others, mean_ratio;
	double		 genuine;	/* newcomers that are probably genuine */
	bool		 usable;	/* false: nothing was measured in this round */
};

/* Rate of a level, newcomers a round; level 0 is none. */
double	 flood_hmm_rate(unsigned level);
/*
 * Writes the level of each round.  before: the level in which the round before
 * the first was.  -1 without memory.
 */
int	 flood_hmm_path(unsigned *level, const struct flood_hmm_round *, size_t n,
	    unsigned before);
/* The gain of a flood at this level in all of these rounds over none, in nats. */
double	 flood_hmm_gain(const struct flood_hmm_round *, size_t n, unsigned level);

#endif
