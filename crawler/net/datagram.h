/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Visits by datagrams: below session.h, the other way to carry a dialog.  One UDP
 * socket a network family serves all visits; a visit is a session without a socket
 * of its own.
 *
 * Each visit has a tag that nobody can guess.  An answer counts only with the tag
 * of a visit under way and from the very endpoint that was asked; everything else
 * is counted and dropped.  Every datagram is asked of the scope on its way out, and
 * waits for three things: so much time since the last one to its address, the rate
 * of its /24, the rate of all.
 *
 * What is said and what it means is the dialog's business; nobody is ever answered.
 */
#ifndef KANSOKU_CRAWLER_NET_DATAGRAM_H
#define KANSOKU_CRAWLER_NET_DATAGRAM_H

#include "crawler/net/scope.h"

struct sessions;

struct datagram_limits {
	double		rate;		/* a second; 0: no limit */
	double		net_rate;	/* a minute to a /24; 0: no limit */
	int64_t		spacing_ms;	/* between two to one address */
	uint32_t	visits;		/* at once */
};

#define DATAGRAM_STRAYS	16	/* kinds of unasked ones that are told apart */

/* What became of datagrams, since the pool began. */
struct datagram_counts {
	uint64_t	sent, received;
	uint64_t	unsent;		/* this system refused to */
	uint64_t	lost;		/* came, and found no room in our receive queue */
	uint64_t	truncated;	/* longer than any that real clients send */
	uint64_t	late;		/* answers to a visit that was over */
	uint64_t	elsewhere;	/* answers from another endpoint than was asked */
	uint64_t	unreachable;	/* ICMP said that nobody is there */
	struct { const char *name; uint64_t n; } stray[DATAGRAM_STRAYS];	/* by the driver's name for it */
};

/*
 * Opens the sockets, for a pool whose overlay is carried by datagrams: one constant
 * port (0: any), loopback alone or all addresses.  0, or -1 after a complaint.
 * Before the process confines itself.
 */
int	 datagram_open(struct sessions *, const struct datagram_limits *, uint16_t port, bool loopback);
/* NULL for a pool of streams. */
const struct datagram_counts *datagram_counts(const struct sessions *);
/* Some visits wait for a rate: to begin more would only make them wait longer. */
bool	 datagram_congested(const struct sessions *);
/* The port that the sockets are bound to. */
uint16_t datagram_port(const struct sessions *);

#endif
