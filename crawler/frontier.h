/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The nodes of a round and of the next: who was visited, who is to be.
 *
 * A state is a list; frontier_move is the one place where a node changes its
 * state, and a table says which moves are legal.  The list of a round is made
 * by frontier_next: sources of the keys of the round before, nodes verified
 * lately, and those that the operator named.  Where the overlay's nodes are found
 * by way of each other, frontier_lead adds to the list while it is worked off.
 *
 * A list holds few ports of one address, however many are claimed for it: those
 * that answered lately first, then others by a keyed hash, the same from round to
 * round, so that a claim cannot make us knock on port after port.  What the operator
 * named is no claim.  Named and verified nodes have their turn before all others.
 *
 * Known nodes are bounded.  When a flood of claims fills the room, claims are
 * sampled: one address in 2, 4, 8, ... by a keyed hash, so that which ones stay
 * is out of a flooder's hands and the same address is always in or always out.
 * Verified and named nodes are kept.
 *
 * A node is an index, valid until the next frontier_next.
 */
#ifndef KANSOKU_CRAWLER_FRONTIER_H
#define KANSOKU_CRAWLER_FRONTIER_H

#include "observation.h"

enum node_state {
	NODE_KNOWN,	/* heard of; not on this round's list */
	NODE_QUEUED,	/* on the list, waiting for its turn */
	NODE_HELD,	/* its /24 is busy; waits beside the queue */
	NODE_DIALLING,
	NODE_TALKING,
	NODE_LATE,	/* silent in the short pass; waits for the longer one */
	NODE_DONE,	/* has its outcome for this round */
	NODE_NSTATE
};

typedef uint32_t node_id;
#define NO_NODE		UINT32_MAX

struct frontier;

/* At most `room` nodes; key is 16 secret bytes.  NULL without memory. */
struct frontier	*frontier_new(size_t room, const uint8_t key[16]);
/*
 * At most so many ports of one address (of IPv6: of a /64) on a list; 0, as it is at
 * first: no limit.  allowed has a bit for each port that may be dialled at all, which
 * go before the others; it is borrowed, NULL: all.
 */
void		 frontier_limit_ports(struct frontier *, uint32_t most, const uint8_t *allowed);
void		 frontier_free(struct frontier *);	/* NULL is fine */

/* ---- making the list ---- */

enum claim { CLAIM_KNOWN, CLAIM_FRESH, CLAIM_DROPPED };
/*
 * The source of a key: on the next list.  Fresh when nobody on this or the next
 * list has this endpoint; then it is only taken in if may_add.  Dropped: it may
 * not, it is not in the sample, or there is no room.
 */
enum claim	 frontier_claim(struct frontier *, struct endpoint, bool may_add);
/*
 * A node that is to be visited in the round under way: queued, unless it is on the
 * list already.  Not on the next list for that.  As frontier_claim otherwise.
 */
enum claim	 frontier_lead(struct frontier *, struct endpoint, bool may_add);
/*
 * Somebody of this half (0 or 1) of all who tell told of it in the round under way;
 * nothing happens where it is not known.  Told of by: 1, 2, both: 3.  FRONTIER_MET for a
 * half: it answered in this round, and belongs to what is measured; 4 is added.
 */
#define FRONTIER_MET	2
void		 frontier_told(struct frontier *, struct endpoint, int half);
unsigned	 frontier_told_by(const struct frontier *, node_id);
/* When it last answered, as far as we remember, in UTC seconds; 0: never. */
int64_t		 frontier_verified_s(const struct frontier *, node_id);
/* The operator named it: on every list. */
void		 frontier_name(struct frontier *, struct endpoint);
/* A handshake was completed with it at utc_s. */
void		 frontier_verify(struct frontier *, struct endpoint, int64_t utc_s);
/*
 * Starts a round: nodes claimed since the last call, named, or verified at or
 * after since_s are queued, in random order but named and verified ones first; the
 * others are forgotten, unless keep, which queues everybody on the old list again.
 * Nobody may be dialling or talking.  Returns the length of the list, -1 without memory.
 */
int64_t		 frontier_next(struct frontier *, int64_t since_s, bool keep);

/* Ports that this list leaves out, because their address has enough of them on it. */
uint64_t	 frontier_left_out(const struct frontier *);

/* ---- working it off ---- */

/*
 * Ends the list early: who waits for his turn has had it, and keeps a place on the
 * next list if he is verified.  Late ones, who were dialled once, stay late.  Returns
 * how many were never dialled.
 */
uint64_t	 frontier_cut(struct frontier *);

node_id		 frontier_first(const struct frontier *, enum node_state);
node_id		 frontier_after(const struct frontier *, node_id);	/* in the same state */
void		 frontier_move(struct frontier *, node_id, enum node_state);
struct endpoint	 frontier_endpoint(const struct frontier *, node_id);
/* Has it ever answered us, as far as we remember? */
bool		 frontier_verified(const struct frontier *, node_id);
/* Has it its turn before mere claims: verified, or named by the operator? */
bool		 frontier_first_class(const struct frontier *, node_id);
/* It has had its short pass: set when it becomes NODE_LATE, cleared by the next list. */
bool		 frontier_was_late(const struct frontier *, node_id);
/* Is it never dialled?  True when that differs from the last answer, from list to list. */
bool		 frontier_exclude(struct frontier *, node_id, bool excluded);

/* ---- figures ---- */

size_t		 frontier_count(const struct frontier *, enum node_state);
size_t		 frontier_size(const struct frontier *);
/* Nodes that are certain of a place on the next list as things stand. */
size_t		 frontier_claimed(const struct frontier *);
/* Claims are kept one in so many: 1, 2, 4, ... */
uint32_t	 frontier_sampling(const struct frontier *);
/* Bytes of memory, all told; and of the room asked for, for a ceiling in bytes. */
size_t		 frontier_bytes(const struct frontier *);
size_t		 frontier_room_for(size_t bytes);

#endif
