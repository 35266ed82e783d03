/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lab node that somebody is linked with: its links, and what it does about all
 * of them together (spreads, places, evictions, searches).  Between contacts a
 * node costs nothing: a host is made for its first link and goes with its last.
 */
#ifndef KANSOKU_TESTS_LAB_NODE_H
#define KANSOKU_TESTS_LAB_NODE_H

#include "tests/lab/peer.h"
#include "tests/lab/stage.h"

/* NULL without memory.  The world stays the caller's. */
struct stage	*stage_new(struct world *, const struct stage_ops *, uint64_t seed);
void		 stage_free(struct stage *);
double		 stage_seconds(const struct stage *);	/* now, as the world counts */

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
