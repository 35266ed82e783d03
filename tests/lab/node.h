/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lab node that somebody is linked with: its links, and what it does about all
 * of them together (spreads, places, evictions, searches).  Between contacts a
 * node costs nothing: a host is made for its first link and goes with its last.
 *
 * The stage is what all hosts share: the world, the time, the seed, the counts.
 */
#ifndef KANSOKU_TESTS_LAB_NODE_H
#define KANSOKU_TESTS_LAB_NODE_H

#include <string.h>

#include "tests/lab/peer.h"
#include "tests/lab/spread.h"
#include "tests/lab/world.h"

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

/* NULL without memory.  The world stays the caller's. */
struct stage	*stage_new(struct world *, const struct stage_ops *, uint64_t seed);
void		 stage_free(struct stage *);
double		 stage_seconds(const struct stage *);	/* now, as the world counts */

static inline struct text
stage_text(const char *s)
{
	return (struct text){ (const uint8_t *)s, strlen(s) };
}

/* The node at a lab endpoint, with its present links; NULL: nobody is online there. */
struct lab_node	*lab_node_at(struct stage *, struct endpoint lab);
/* Frees a host that has no links. */
void		 lab_node_release(struct lab_node *);

/* More links than it accepts: close at once (4.1-1). */
bool		 lab_node_full(const struct lab_node *);
int64_t		 lab_node_uptime(const struct lab_node *);	/* ms */
/* The next world time at which its uptime is a multiple of so many ms. */
int64_t		 lab_node_next(const struct lab_node *, int64_t every);
/* Is the node still online where it was?  Drops all links if not. */
bool		 lab_node_alive(struct lab_node *);

/* Command 10 or 12 came from this link: spread to all of its direction. */
void		 lab_node_spread(struct peer *asker, struct text words, struct text trip);
/* The same, whatever the node's role. */
void		 respond_spread(struct peer *asker, struct text words, struct text trip);
/*
 * Somebody must go when there are too many (4.2), one a second: who is only told
 * to go, and stays, is told again.  True when nobody had to.
 */
bool		 lab_node_budget(struct lab_node *);
/* Other nodes, at most 31, and a command 31. */
void		 lab_node_farewell(struct peer *);
/* A search of its own or passed on, to this link. */
void		 lab_node_search(struct peer *);

#endif
