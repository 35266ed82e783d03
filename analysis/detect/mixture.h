/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mixture learns how genuine newcomers spread over the cells and how a flood's do,
 * and says what that means for each.
 *
 * It is one of two classes whose families are independent given the class (latent
 * class analysis: P. F. Lazarsfeld and N. W. Henry, 1968; fitted by EM: A. P. Dempster
 * et al., JRSS B 39 (1977) 1-38).  The genuine class is not free: it is what the sensor
 * learned in quiet rounds, and what newcomers who shook hands look like at the same time.
 * Genuine nodes that cannot be reached are of a kind: what they offer is compared with
 * what such nodes offered in quiet rounds, so that being unreachable is held against a
 * source once.  So only what departs from both can become the other class, whatever a
 * flood looks like.  A flood's class is learned from the rounds with even numbers for
 * those with odd ones and the other way round: no source ever speaks for its own guilt.
 *
 * Nothing but newcomers_find's newcomers goes in; nothing is stored here.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_MIXTURE_H
#define KANSOKU_ANALYSIS_DETECT_MIXTURE_H

#include "analysis/detect/baseline.h"
#include "data/store/results.h"

#define EVIDENCE_CAP	6.0	/* nats: no family decides alone */

/* The fit's opinion of one newcomer. */
struct opinion {
	float	evidence[EVIDENCE_N];	/* nats */
	float	llr;			/* their sum */
	float	p;			/* that it is bogus */
};

struct mixture {
	const struct baseline *past;
	const struct newcomers *newcomers;
	const struct members *members;
	const struct window *window;
	struct table	genuine[FAM_N];		/* as used: past, present, prior */
	struct table	flood[2][FAM_N];	/* learned from the even, from the odd rounds */
	struct table	llr[2][FAM_N];
	ARRAY_OF(struct opinion) opinion;	/* by newcomer */
	double		*share;		/* by open round: expected share of bogus newcomers */
	bool		*on;		/* by open round: a flood is under way */
	ARRAY_OF(struct relay_use) relay;	/* by member, then by number in outsiders */
	struct index	outsiders;	/* peers that are no members */
	ARRAY_OF(struct hot_hash) hot;		/* by place in newcomers->hash_use */
	ARRAY_OF(struct via_range) via_of;	/* by newcomer: in via */
	ARRAY_OF(uint32_t) via;		/* places in relay, those who delivered it first */
	double		relay_total, relay_flood[2], hot_total, hot_flood[2];
	bool		cold;			/* first iteration: trust the past alone */
	double		slope, offset;		/* of ratios, before they become probabilities */
};
struct via_range { uint32_t first, n; };
struct relay_use { double links, flood[2]; float llr[2]; };
struct hot_hash { double genuine, flood[2]; float llr[2]; };

/* For newcomers that stay as they are until it is freed.  -1 without memory. */
int	 mixture_open(struct mixture *, const struct baseline *, const struct newcomers *,
	    const struct members *, const struct window *);
void	 mixture_free(struct mixture *);
/* Where the fit starts: from what floods usually are, or from what is in excess. */
enum start { START_USUAL, START_EXCESS };
int	 mixture_start(struct mixture *, enum start);
/* Is there more of something among the newcomers than chance explains? */
bool	 mixture_has_excess(const struct mixture *);
/* One step: classes from opinions, then opinions from classes.  -1 without memory. */
int	 mixture_step(struct mixture *);
/* In the first rounds of all, those who had been there for long are new to us. */
bool	 mixture_is_settling(const struct mixture *, const struct newcomer *);
bool	 mixture_is_settling_round(const struct mixture *, size_t open_round);
/* Opinions anew after share, on, slope or offset were changed. */
void	 mixture_weigh(struct mixture *);
/* Adds the newcomers of open rounds [0, n) to a baseline, by how genuine they are. */
void	 mixture_teach(const struct mixture *, struct baseline *, size_t rounds);

#endif
