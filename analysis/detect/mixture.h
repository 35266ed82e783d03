/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How genuine newcomers spread over the cells, how a flood's do, and what that
 * says of each.
 *
 * A mixture of two classes whose families are independent given the class
 * (latent class analysis: P. F. Lazarsfeld and N. W. Henry, 1968; fitted by EM:
 * A. P. Dempster et al., JRSS B 39 (1977) 1-38).  The genuine class is not free:
 * it is what the sensor learned in quiet rounds, and what newcomers who shook
 * hands look like at the same time.  Genuine nodes that cannot be reached are of
 * a kind: what they offer is compared with what such nodes offered in quiet
 * rounds, so that being unreachable is held against a source once.  So only what departs from both can become
 * the other class, whatever a flood looks like.  A flood's class is learned from
 * the rounds with even numbers for those with odd ones and the other way round,
 * so that no source ever speaks for its own guilt.
 *
 * Nothing but births_find's births goes in; nothing is stored here.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_MIXTURE_H
#define KANSOKU_ANALYSIS_DETECT_MIXTURE_H

#include "analysis/detect/baseline.h"
#include "data/store/results.h"

#define EVIDENCE_CAP	6.0	/* nats: no family decides alone */

/* What the fit says of one birth. */
struct opinion {
	float	evidence[EVIDENCE_N];	/* nats */
	float	llr;			/* their sum */
	float	p;			/* that it is bogus */
};

struct model {
	const struct baseline *past;
	const struct births *births;
	const struct members *members;
	const struct window *window;
	struct table	genuine[FAM_N];		/* as used: past, present, prior */
	struct table	flood[2][FAM_N];	/* learned from the even, from the odd rounds */
	struct table	llr[2][FAM_N];
	struct array	opinion;		/* struct opinion, by birth */
	double		*share;			/* by open round: expected share of bogus births */
	bool		*on;			/* by open round: a flood is under way */
	struct array	relay;			/* struct relay_use, by member */
	struct array	hot;			/* struct hot_hash, by place in births->hash_use */
	struct array	via_of;			/* struct via_range, by birth: in via */
	struct array	via;			/* uint32_t: places in relay, those who delivered it first */
	double		relay_total, relay_flood[2], hot_total, hot_flood[2];
	bool		cold;			/* first iteration: trust the past alone */
};
struct via_range { uint32_t first, n; };
struct relay_use { double links, flood[2]; float llr[2]; };
struct hot_hash { double genuine, flood[2]; float llr[2]; };

int	 model_open(struct model *, const struct baseline *, const struct births *,
	    const struct members *, const struct window *);
void	 model_free(struct model *);
/* Where the fit starts: from what floods usually are, or from what is in excess. */
enum start { START_USUAL, START_EXCESS };
int	 model_start(struct model *, enum start);
/* Is there more of something among the newcomers than chance explains? */
bool	 model_has_excess(const struct model *);
/* One step: classes from opinions, then opinions from classes. */
int	 model_step(struct model *);
/* Opinions anew after share or on were changed. */
void	 model_weigh(struct model *);
/* Adds the births of open rounds [0, n) to a baseline, by how genuine they are. */
void	 model_teach(const struct model *, struct baseline *, size_t rounds);

#endif
