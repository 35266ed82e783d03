/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What classify.c has of episode.c, which dates episodes, runs of rounds that may be
 * floods, and believes them or not.
 *
 * Two independent families of evidence must speak for a flood in at least two
 * rounds.  Where its sources are hardly told one by one, or are few, it must stand out
 * from the calm rounds in sight: genuine newcomers are of more than one kind (foreign
 * ones, brief ones), and a fit may take one of these for a flood, but such a kind is
 * there all the time, and a flood begins.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_CLASSIFY_IMPL_H
#define KANSOKU_ANALYSIS_DETECT_CLASSIFY_IMPL_H

#include "analysis/detect/classify.h"

/* Dates episodes by the opinions so far: level and episode anew.  -1 without memory. */
int	 episodes_find(struct classification *, unsigned before);
/* Weighs each, puts the level to 0 where none is believed, and joins floods and their edges. */
void	 episodes_doubt(struct classification *, struct standing before);

/*
 * calibration.c.  Sets slope and offset of the ratios where a flood was believed, by decoys:
 * those in sight, or those that were when the flood that goes on began, if they are more.
 */
void	 calibrate(struct classification *, const struct decoys *before);
/* The least probability, `from` or more, with which so small a share of the genuine sources is
 * called bogus.  -1 without memory. */
int	 calibration_threshold(struct classification *, double from, double wrong_share);

#endif
