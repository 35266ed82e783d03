/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Classifies the open rounds: which were flooded, and which newcomers are bogus.
 *
 * Newcomers, mixture and dated floods are brought together here.  A flood is believed
 * only when two independent families of evidence speak for it in at least two
 * rounds; a source is called bogus only in a flood, above a stated probability
 * (a higher one if it looks little like the rest of the flood), and only as long
 * as few enough genuine ones are expected to be among them.
 *
 * Out of reach: wrong keys that name real nodes.  Their sources are genuine and
 * are never called bogus, no newcomer is odd, and a peer that delivers many keys
 * of few files is what a popular file looks like as well: one family is no proof.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_CLASSIFY_H
#define KANSOKU_ANALYSIS_DETECT_CLASSIFY_H

#include "analysis/detect/mixture.h"
#include "analysis/detect/port_fanout.h"

#define BOGUS_FROM	0.98	/* probability from which a source is called bogus */
#define PROBABLY_FROM	0.9	/* ... from which it is called probably bogus, if not bogus */
#define OUTLIER_FROM	0.999	/* ... if it is an outlier among those of its flood: so many */
#define OUTLIER		2.5	/* standard deviations below their mean score */
#define WRONG_SHARE	1e-4	/* of the genuine sources that may be called bogus, expected */
#define GENUINE_TO	0.5	/* probability up to which a source is called genuine */
#define FAMILY_GAIN	6.0	/* nats from one family of evidence ... */
#define FAMILY_MEAN	0.5	/* ... and on average for each bogus source: less is what chance gives */

/* An episode: rounds in a row at one level of strength, which may be a flood. */
struct episode {
	size_t		first, last;	/* open rounds */
	unsigned	level;
	bool		accepted;
	double		gain;		/* nats */
	double		bogus;		/* expected */
	double		family[EVIDENCE_N];	/* nats that each family contributes */
	unsigned	agreeing;	/* groups of families, see episode.c */
};

/* Newcomers of calm rounds that never answered, by the probability that they would have had
 * in a flooded round (calibration.c). */
#define DECOY_RANGES	7
struct decoys { double n, seen[DECOY_RANGES]; };

/* It says how things stand in a round. */
struct standing {
	uint32_t	level;		/* of a flood that was believed; 0: none */
	uint32_t	ahead;		/* the round in which the next such one begins; 0: none */
	struct decoys	decoys;		/* of that flood */
};

struct classification {
	struct newcomers newcomers;
	struct port_fanout fanout;
	struct mixture	model;
	ARRAY_OF(struct episode) episode;
	unsigned	*level;		/* by open round, accepted ones only */
	uint32_t	*of_member;	/* 1 + number of the newcomer of a member, 0: none */
	struct decoys	decoys;		/* of the floods that were believed */
	double		threshold;	/* probability that was needed for "bogus" */
	double		*least;		/* by open round: nats below which one is an outlier */
};

/* before: how things stood in the round before the open ones.  0, or -1 with a complaint
 * made; what was found by then is still to be freed. */
int	 classify(struct classification *, struct members *, const struct window *,
	    const struct address_space *, const struct baseline *, struct standing before);
void	 classification_free(struct classification *);
/* Says how things stand in an open round. */
struct standing	 classify_standing(const struct classification *, size_t round);
/* The verdict on a newcomer, were it in a flood's incident. */
enum verdict	 classify_verdict(const struct classification *, size_t newcomer);

/* ---- the i-th of the open rounds, and of their newcomers ---- */

static inline const struct round_digest *
digest_at(const struct classification *j, size_t i)
{
	return j->model.window->round.p[j->model.window->open + i];
}

static inline const struct round_newcomers *
round_at(const struct classification *j, size_t i)
{
	return &j->newcomers.per_round.p[i];
}

static inline struct newcomer *
newcomer_at(const struct classification *j, size_t i)
{
	return &j->newcomers.newcomer.p[i];
}

static inline const struct opinion *
opinion_at(const struct classification *j, size_t i)
{
	return &j->model.opinion.p[i];
}

#endif
