/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dates episodes, runs of rounds that may be floods, and believes them or not.
 *
 * Two independent families of evidence must speak for a flood in at least two
 * rounds.  Where its sources are hardly told one by one, or are few, it must stand out
 * from the calm rounds in sight: genuine newcomers are of more than one kind (foreign
 * ones, brief ones), and a fit may take one of these for a flood, but such a kind is
 * there all the time, and a flood begins.
 * It is a part of the classification; the rest is in analysis/detect/classify.h.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_EPISODE_H
#define KANSOKU_ANALYSIS_DETECT_EPISODE_H

#include "analysis/detect/classify.h"

#define FLOOD_LEAST	3.0	/* bogus sources of a flood ... */
#define FLOOD_GROWN	8.0	/* ... that began a day ago: whims have ended by then */
#define FLOOD_GAIN	14.0	/* nats that a flood must gain over none */
#define FLOOD_MARK	3.5	/* ... and for each bogus source: else it is a faint one */
#define REST_LEAST	1.5	/* bogus sources of the rest of a flood that is settled so far, */
#define REST_GAIN	7.0	/* and nats that it must gain */
#define FIRM_GAIN	60.0	/* nats that a faint flood must gain; a small one gains less */
#define FAINT_MARK	1.2	/* nats for each source of a faint one */
#define FAINT_CALM	0.15	/* of its rate that its kind may have in calm rounds at most ... */
#define SMALL_CALM	0.07	/* ... and of a small one */
#define CALM_ROUNDS	12	/* that must be in sight to say so */
#define EDGE_SHARE	0.1	/* of a flood's sources: a weaker episode beside it with fewer ... */
#define EDGE_ROUNDS	12	/* ... is its edge, if no longer: weak floods lead up to strong ones */

/* Dates episodes by the opinions so far: level and episode anew.  -1 without memory. */
int	 episodes_find(struct classification *, unsigned before);
/* Weighs each, puts the level to 0 where none is believed, and joins floods and their edges. */
void	 episodes_doubt(struct classification *, struct standing before);

#endif
