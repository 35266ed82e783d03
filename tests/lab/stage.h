/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all hosts of a lab share (the world, the time, the seed, the counts), and
 * what a host is made of.  What hosts do is in tests/lab/node.h, what one link of
 * theirs does in tests/lab/peer.h.
 */
#ifndef KANSOKU_TESTS_LAB_STAGE_H
#define KANSOKU_TESTS_LAB_STAGE_H

#include <string.h>

#include "tests/lab/lab_stats.h"
#include "tests/lab/spread.h"
#include "tests/lab/world.h"

struct peer;
struct role;
struct lab_node;

/* The longest block that a node can build. */
#define STAGE_BLOCK	131072

/* Calls that the hosts make to whoever holds the sockets. */
struct stage_ops {
	/* peer_due or leave of this link changed behind its owner's back. */
	void	(*wake)(struct peer *);
	/* Call the peer back from its host's address: attach, open a PEER_TEST link
	 * to {peer->real.ip, port}, with partner set both ways. */
	void	(*call_back)(struct peer *, uint16_t port);
	/* Call somebody from that host, to stay. */
	void	(*call)(struct lab_node *, struct endpoint to);
	/* Say that no more will be sent on this link, and go on reading. */
	void	(*half_close)(struct peer *);
};

struct stage {
	struct world	*world;
	const struct stage_ops *ops;
	void		*arg;		/* for the ops' owner */
	int64_t		 now;		/* world ms since the world began */
	uint64_t	 seed;		/* of this run */
	double		 rewrite;	/* probability of 6.3-1 */
	double		 crowded;	/* share of nodes whose places others have taken */
	int64_t		 search_every;	/* mean world ms between searches on a link; 0: none */
	int64_t		 grace;		/* world ms that any limit on slowness lasts at least */
	struct lab_stats stats;
	struct lab_node	**host;		/* by slot; NULL while nobody is linked */
	uint32_t	 slots;
	uint64_t	 hosts;		/* made so far */
	/* Room to build in; nothing stays here from call to call. */
	uint8_t		 plain[STAGE_BLOCK], sealed[STAGE_BLOCK];
	struct spread_key picked[SPREAD_MAX];
};

struct lab_node {
	struct stage	*stage;
	struct world_node node;
	const struct role *role;
	struct peer	*first;		/* links, youngest first */
	int64_t		 uptime_at_zero;	/* its uptime when the world began, ms */
	uint64_t	 prng;		/* state of its sequence */
	int32_t		 query_id;
	unsigned	 others_up, others_down;	/* links with nodes that are not played */
	uint32_t	 others_alike;	/* likeness of the least alike of those downstream */
	int64_t		 budgeted;	/* when places were last counted, */
	bool		 in_budget;	/* and what came of it */
};

static inline struct text
stage_text(const char *s)
{
	return (struct text){ (const uint8_t *)s, strlen(s) };
}

#endif
