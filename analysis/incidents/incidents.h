/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Floods as they go on from round to round, and who delivered them.
 *
 * Classified rounds are fed in order; each flood of a kind is one incident from its
 * first round to its last.  An incident is open until it has been quiet for
 * QUIET_ROUNDS; what is known of it then is final.  Settled rounds are fed to
 * the incidents that are kept, open rounds to a copy that is thrown away.
 */
#ifndef KANSOKU_ANALYSIS_INCIDENTS_INCIDENTS_H
#define KANSOKU_ANALYSIS_INCIDENTS_INCIDENTS_H

#include "analysis/detect/classify.h"
#include "analysis/rounds/selfcheck.h"

#define QUIET_ROUNDS	6	/* counted rounds without a new bogus source: it is over */

/* The account of a peer: what it delivered in the rounds of an incident, those with a new
 * bogus source. */
struct deliverer {
	uint32_t	node;
	uint32_t	met;		/* rounds in which it delivered anything */
	uint32_t	rounds;		/* of these, with bogus sources of the incident */
	uint32_t	led;		/* of these, in which it stood out above all others */
	uint32_t	first_round, last_round;	/* with bogus sources; 0: none */
	uint32_t	met_round;	/* the last one in which it delivered: of what follows */
	uint16_t	now_unrelayed;	/* 1: a new bogus source that no relay passes on, */
	uint16_t	unrelayed;	/* and rounds with one, at most UINT16_MAX */
	double		now_bogus, now_all;	/* distinct sources in that round */
	double		bogus, all;	/* distinct sources a round, added up */
	double		full_bogus, full;	/* of these, with a full timer */
	double		first;		/* bogus sources that it was the first to name */
};

/* The facts that are known of an incident so far; kept from run to run. */
struct incident_facts {
	uint32_t	kind;		/* enum incident_kind */
	uint32_t	level;		/* of its last round (flood_hmm.h) */
	bool		open, gone;	/* gone: its sources are named no more in force */
	int64_t		id;
	uint32_t	first_round, last_round, peak_round;	/* last: with a new bogus source */
	uint32_t	present_round;	/* last one that named its sources in force */
	int64_t		start_ms, end_ms, peak_ms, present_ms;
	uint32_t	rounds, quiet, present_run, channels;
	double		bogus, variance, peak, peak_instant;
	double		fresh;		/* new bogus sources in the round at hand */
	double		standing, usual_standing;	/* of its sources named in a round */
	double		family[EVIDENCE_N];	/* nats */
	double		special, unallocated, impossible_expected;
	double		one_shot, lives, one_shot_usual;	/* bogus, old enough, expected */
	double		dialled, unreached, unreached_usual;
	double		ports, ports_usual;	/* most ports of one address; usual */
	double		sources, sources_usual;	/* most newcomers for one hash; usual */
	double		full_level;		/* timer that counts as full, seconds */
	double		own, own_ports;		/* bogus sources at our address; with our port */
	uint32_t	led;		/* rounds in which one peer stood out above all others */
	uint32_t	sampling;	/* its sources were counted on one address in so many, at most */
};
struct incident {
	struct incident_facts	is;
	struct index		who;		/* nodes of the peers that delivered */
	ARRAY_OF(struct deliverer) deliverer;	/* by number in who */
};

struct incidents {
	ARRAY_OF(struct incident) all;	/* those that may still change */
	int64_t		 next_id;
};

void	 incidents_free(struct incidents *);
/* A copy that owns all of its own; -1 without memory, and then `to` is still to be freed. */
int	 incidents_copy(struct incidents *to, const struct incidents *from);
/*
 * Feeds open rounds [from, to) as they were classified, and notes in of_newcomer (by newcomer,
 * 0: none) and of_member (by member) the incident that each bogus source belongs to.
 */
struct assignment { int64_t *of_newcomer, *of_member; };
int	 incidents_feed(struct incidents *, const struct classification *, const struct members *,
	    const struct window *, const struct address_space *, const struct self *,
	    const double *instant, size_t from, size_t to, struct assignment *);

/*
 * Bytes of those that are kept, and back: false if they are none of ours or of another
 * version, or name a node above max_node; what was read by then is still to be freed.
 */
void	 incidents_pack(const struct incidents *, struct pack *);
bool	 incidents_unpack(struct incidents *, struct text, uint32_t max_node);

#endif
