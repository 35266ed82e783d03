/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why links of the lab ended, and what went through them: counts for the
 * summary that `serve` prints when it stops, and for tests.
 */
#ifndef KANSOKU_TESTS_LAB_LAB_STATS_H
#define KANSOKU_TESTS_LAB_LAB_STATS_H

#include <stdint.h>

/* Why a link is to be closed; the protocol's section in brackets. */
enum leave {
	STAY,			/* it is not */
	LEFT,			/* the other side closed, or said goodbye */
	LEAVE_OFFLINE,		/* no node was online at that address */
	LEAVE_FULL,		/* too many links already [4.1-1] */
	LEAVE_PREAMBLE,		/* fewer than six bytes at first [1.1] */
	LEAVE_HEADER,		/* wrong text or version [4.1-3] */
	LEAVE_LENGTH,		/* block too long or negative [2] */
	LEAVE_COMMAND,		/* unknown or malformed command [3] */
	LEAVE_KIND,		/* transfer or BBS link [4.1-4] */
	LEAVE_TWIN,		/* announces what we announce [4.1-5a] */
	LEAVE_RATIO,		/* too fast or too slow for us [4.1-5b] */
	LEAVE_PORT0,		/* port-0 rules [4.1-6] */
	LEAVE_DUPLICATE,	/* same address and port twice [4.1-7] */
	LEAVE_SLOW,		/* no handshake in 20 s, or port 0 [4.1-8] */
	LEAVE_BAD_PORT,		/* announced port cannot be reached [4.1-9] */
	LEAVE_IDLE,		/* nothing for 300 s [4.1-10] */
	LEAVE_HOURLY,		/* the hourly reset [4.1-11] */
	LEAVE_EVICTED,		/* too many links; told politely or cut [4.2] */
	LEAVE_GONE,		/* the node itself went offline or moved */
	LEAVE_TESTED,		/* a connect-back test that is over */
	LEAVE_FLOODED,		/* the other side does not read what it asked for */
	LEAVE_TRICK,		/* a hostile node hung up */
	LEAVE_STOP,		/* the lab stops */
	LEAVE_N
};

struct lab_stats {
	uint64_t	accepted;	/* connections to nodes that are online */
	uint64_t	outside;	/* connections that were not loopback */
	uint64_t	handshakes;	/* completed, test links aside */
	uint64_t	refusals;	/* links refused for the speed ratio, with a list of nodes */
	uint64_t	requests;	/* commands 10 and 12 answered */
	uint64_t	spreads, keys;	/* answers delivered, and keys in them */
	uint64_t	nodes;		/* commands 4 sent */
	uint64_t	searches;	/* commands 12 and 13 of our own */
	uint64_t	tests, passed;	/* connect-back tests begun, passed */
	uint64_t	untested;	/* not made for want of descriptors */
	uint64_t	dialled;	/* links that nodes began themselves */
	uint64_t	no_room;	/* times that no link could be accepted, for want of the same */
	uint64_t	left[LEAVE_N];	/* links by how they ended */
};

const char	*leave_text(enum leave);
/* Says all that is not zero, in lines on stderr. */
void		 lab_stats_log(const struct lab_stats *);

#endif
