/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Picks the keys of its table that a node puts into the answer to command 10: the window,
 * the cap and the order of protocol section 5.2.  Pure; no sockets, no bytes.
 */
#ifndef KANSOKU_TESTS_LAB_SPREAD_H
#define KANSOKU_TESTS_LAB_SPREAD_H

#include "tests/lab/world.h"

/* The largest answer: 80 keys for each of at most 100 steps of speed, and one. */
#define SPREAD_MAX	8001
/* A node's uptime counter starts again after so many seconds. */
#define SPREAD_UPTIME	60000

struct spread_ask {
	bool		upward;			/* the asking peer is upstream */
	bool		port0;			/* the answering node is: own keys only */
	double		rewrite;		/* probability of naming itself instead (6.3) */
	struct endpoint	self;			/* what it would name: public */
	uint64_t	seed;			/* makes this answer's random choices */
};

/* The slower side's speed in steps of 40 KB/s, 1..100; never under 10 upward. */
uint32_t	 spread_steps(int32_t own, int32_t peer, bool upward);
/* Where the window [*from, *to) of serials mod n lies.  n > 0. */
void		 spread_window(uint32_t uptime, uint32_t steps, uint32_t n,
		    uint32_t *from, uint32_t *to);
/* The most keys in one answer. */
size_t		 spread_cap(uint32_t steps);

/* One key of an answer; source is the key's own or the answering node's. */
struct spread_key {
	const struct world_key *key;
	struct endpoint	source;
};

/*
 * Picks from the n keys of a window those that go out, ascending by the first
 * four hash bytes read little-endian, at most spread_cap(steps) of them.  out
 * has room for SPREAD_MAX.  Returns how many.
 */
size_t		 spread_pick(const struct world_key *window, size_t n, uint32_t steps,
		    const struct spread_ask *, struct spread_key out[SPREAD_MAX]);

#endif
