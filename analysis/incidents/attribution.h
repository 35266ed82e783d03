/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ranks who delivered an incident, and says what may be said of the first.
 *
 * Which peer handed a key over is all that a flooder cannot forge.  Peers are
 * ranked by the lower ends of two shares of what they delivered, added up: of the
 * bogus keys (observation: E1), and of those that are fresh as well, with full
 * timers (E2), for a neighbour of the injector hands over nearly as many, but
 * older.  Full timers alone, who named a source first (E3) and how many sources a
 * peer delivered (fan-out) each rank them again, and the report says how many agree.
 *
 * None of these rankings tells an injector from a node that is framed.  A genuine
 * node hands over its key table, and the table is what its neighbours sent: timers
 * as received less their age (protocol 6.2), sources as received.  Whoever keeps a
 * link to it and sends it the whole flood, each key anew before it ages, makes
 * share, timers, who was first and fan-out those of an injector, for as long as he
 * likes.  So these methods may agree on an innocent node, with files or without.  That a
 * peer dials us (E5) is no evidence at all: whoever shares its address says that the
 * port is his.
 *
 * What a neighbour cannot make a genuine node hand over is what that node drops on
 * receipt, whoever sends it: keys with a source in 127/8 or 192/8 (protocol 6.1,
 * 6.5; address_space_relayed).  Who hands such keys over made them itself, or runs another
 * program.  Two in 256 of uniformly random sources are of that kind.
 *
 * A peer with many bogus keys is usually innocent, so the label of a probable
 * injector is given only if all of this holds:
 *  - E1 and E2 agree, over at least three rounds;
 *  - it stands out by far, in nearly every round that met it, from the start of
 *    the incident, and for longer than a link lasts (one hour, protocol 4.1-11):
 *    by then a chance neighbour of the injector is another one;
 *  - in at least three rounds in which we dialled it, and it did not dial us, it
 *    brought a new source that no relay passes on, and nobody else brought a tenth
 *    as many: where others do, there are programs that relay them, and it proves
 *    nothing.  One's own private address, as a misconfigured node names it, is new
 *    only once;
 *  - the anomaly is not the sensor itself (self-check, always first).
 * A doubt is left: a framed node may run another program that does pass such
 * keys on, and be the only one that does.  An injector that avoids those addresses
 * (V3, V4) is ranked first and never labelled.  The source of most incidents is not
 * determined, and that is a result.
 */
#ifndef KANSOKU_ANALYSIS_INCIDENTS_ATTRIBUTION_H
#define KANSOKU_ANALYSIS_INCIDENTS_ATTRIBUTION_H

#include "analysis/incidents/incidents.h"

#define DELIVERED_MAX	20	/* peers that are kept of an incident */
#define RANKINGS	4	/* bogus share, full timers, first seen, fan-out */

/* It compares an incident with what the sensor did itself. */
struct selfcheck {
	double	sent;		/* nodes that we announced ourselves as, to a bogus source */
	/* What others make of us, which anybody can: shown, and no reason for suspicion. */
	double	sources;	/* share of the bogus sources at our own address; NAN: unknown */
	double	ports;		/* ... with the port that we announce; NAN: we announce none */
	double	start_h;	/* hours from a start of the sensor to it; NAN: none known */
	bool	suspect;	/* one of them is beyond its threshold: this may be us */
};
#define SELF_SENT	0.1
#define SELF_START_H	0.5	/* an incident that begins so soon after a start began with it */

struct attribution {
	struct delivering_row	row[DELIVERED_MAX];
	size_t			n;
	bool			injector;	/* the first is a probable one */
	int			roving;		/* 1, 0, or UNKNOWN */
	double			outlier;	/* cautious share of the first to the median */
	int			agreeing;	/* rankings that put the first first, of RANKINGS */
	uint32_t		unrelayed;	/* rounds in which the first brought such keys */
	struct selfcheck	self;
};

/* Ranks the peers of the incident; pure but for memory, without which it has no rows. */
void	 attribute(struct attribution *, const struct incident *, const struct members *,
	    const struct self *);

#endif
