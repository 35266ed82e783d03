/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who delivered an incident, ranked, and what may be said of the first.
 *
 * The peer that handed over a key is all that a flooder cannot forge.  Peers are
 * ranked by the lower end of their bogus share (observation: E1); full timers
 * (E2), who named a source first (E3) and how many sources a peer delivered
 * (fan-out) each rank them again, and the report says how many agree.
 *
 * A peer with many bogus keys is usually innocent all the same, so the label of a
 * probable injector is given only if all of this holds:
 *  - E1 and one of E2 and E5 (it dialled us) agree, over at least three rounds;
 *  - it stands out by far, in nearly every round that met it, from the start of
 *    the incident, and for longer than a link lasts (one hour, protocol 4.1-11):
 *    by then a chance neighbour of the injector is another one;
 *  - it offers no files itself.  A node that does is an ordinary one, and whoever
 *    sends all of a flood to it alone, timers fresh, makes it hand over what an
 *    injector would: from outside the two cannot be told apart;
 *  - the anomaly is not the sensor itself (self-check, always first).
 * An injector that lives in an ordinary node is therefore ranked first and never
 * labelled.  The source of most incidents is not determined, and that is a result.
 */
#ifndef KANSOKU_ANALYSIS_BLAME_H
#define KANSOKU_ANALYSIS_BLAME_H

#include "analysis/incidents.h"

#define BLAMED_MAX	20	/* peers that are kept of an incident */
#define RANKINGS	4	/* bogus share, full timers, first seen, fan-out */

/* How an incident stands beside what the sensor did itself. */
struct selfcheck {
	double	sources;	/* share of the bogus sources that are our own address; NAN: unknown */
	double	ports;		/* ... that have the port that we announce; NAN: we announce none */
	double	start_h;	/* hours from a start of the sensor to the incident; NAN: none known */
	bool	suspect;	/* one of them is beyond its threshold: this may be us */
};
#define SELF_SOURCES	0.001
#define SELF_PORTS	0.5
#define SELF_START_H	0.5	/* an incident that begins so soon after a start began with it */

struct blame {
	struct delivering_row	row[BLAMED_MAX];
	size_t			n;
	bool			injector;	/* the first is a probable one */
	int			roving;		/* 1, 0, or UNKNOWN */
	double			outlier;	/* cautious share of the first to the median peer's */
	int			agreeing;	/* rankings that put the first first, of RANKINGS */
	struct selfcheck	self;
};

/* Ranks the peers of the incident; pure but for memory, without which it has no rows. */
void	 blame(struct blame *, const struct incident *, const struct members *,
	    const struct self *);

#endif
