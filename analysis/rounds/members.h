/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The nodes that the rounds at hand name, and what is remembered of each.
 *
 * A memory tells how a node stood when the last settled block of rounds ended;
 * it lives in the verdict table beside what is reported of the node and is
 * fetched when the node turns up again.  Rounds behind the settled ones are
 * replayed onto it, and only what is settled is written back as memory.
 */
#ifndef KANSOKU_ANALYSIS_ROUNDS_MEMBERS_H
#define KANSOKU_ANALYSIS_ROUNDS_MEMBERS_H

#include "analysis/rounds/round_digest.h"
#include "data/lib/pack_bytes.h"
#include "data/store/results.h"

/* Counts different ones: exactly up to 4, then by linear counting (K.-Y. Whang et al.,
 * ACM TODS 15 (1990) 208-229) in 128 bits, good to a few percent up to 300. */
#define SKETCH_EXACT	4
#define SKETCH_MORE	(SKETCH_EXACT + 1)
struct sketch {
	uint32_t	first[SKETCH_EXACT];
	uint64_t	bits[2];
	uint8_t		n;		/* of first in use; SKETCH_MORE: there are more */
	uint32_t	least;		/* known from elsewhere: it counts no fewer */
};
void	 sketch_add(struct sketch *, uint64_t hash);
int64_t	 sketch_count(const struct sketch *);

struct memory {
	uint32_t	first_round, last_round;	/* named by anybody; 0: not yet */
	uint32_t	newcomer_round;			/* first named as a source; 0: not yet */
	uint32_t	named, sourced;			/* rounds: by anybody, as a source */
	int32_t		contact;			/* outcome of the last try, or UNKNOWN */
	int64_t		first_ms, last_ms;
	uint32_t	channels;			/* enum seen_bit, all so far */
	uint32_t	verified;			/* rounds in which it shook hands with us */
	uint32_t	tries;				/* dials that did not end well */
	/* the verdict, when its block was settled */
	bool		judged;
	float		probability;
	uint32_t	verdict, flags;
	int64_t		incident;
	float		evidence[EVIDENCE_N];
	struct sketch	keys, relays;
};

/* Its layout in bytes, both ways: a reader fails for what is not of this version, or holds
 * a number that cannot be. */
void	 memory_pack(struct pack *, struct memory *);

struct member {
	uint32_t	node;
	struct endpoint	endpoint;
	struct memory	settled;	/* up to the settled round */
	struct memory	now;		/* with the open rounds, see members_replay */
	uint32_t	epoch;		/* of now */
	uint32_t	mark, slot;	/* scratch: slot is valid if mark is the owner's */
};

struct members {
	struct store	*store;
	ARRAY_OF(struct member) m;	/* m.p[0] is nobody */
	uint32_t	*of;		/* by node id; 0: not met */
	uint32_t	max_node;
	bool		fresh;		/* nothing is stored: do not ask */
	bool		by_verdict;	/* memories are not ours: remember what verdicts say */
	bool		unreadable;	/* one was met that is not ours: none of them is */
	uint32_t	marks;		/* last scratch mark given out */
	uint32_t	epoch;
};

int		 members_open(struct members *, struct store *, bool fresh);
void		 members_free(struct members *);
/* The member of a node that was met; borrowed until the next is met. */
static inline struct member *
member_of(const struct members *ms, uint32_t node)
{
	return &ms->m.p[ms->of[node]];
}

/* The endpoint of any node: it may not have been named lately, or not be in the sample.
 * Nobody where it cannot be read. */
struct endpoint	 members_endpoint(const struct members *, uint32_t node);
/* The number of the member for a node, which is met if it was not yet; 0 on error, with a
 * complaint made unless it is that `unreadable` is true now. */
uint32_t	 members_meet(struct members *, uint32_t node);
/* All endpoints of what a digest names are fetched, but those of peers that are outside of
 * its sample.  0, or -1. */
int		 members_meet_all(struct members *, const struct round_digest *);
/* A new owner for everybody's slot. */
uint32_t	 members_mark(struct members *);
/* Replays a digest onto the settled memories. */
void		 members_settle(struct members *, const struct round_digest *);
/*
 * Makes `now` of everybody that d[0..n) names: what is settled, and the rounds
 * from d[open] on replayed.
 */
void		 members_replay(struct members *, struct round_digest *const *d, size_t n,
		    size_t open);

#endif
