/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The canonical form of an observation: the exact bytes that the log commits to.
 *
 * Numbers are big-endian, signed ones in two's complement; what was not said is
 * -1.  An endpoint is 4 bytes of address and 2 of port.  A text is its length
 * in 4 bytes and its bytes, as stored (hidden names: their token).
 *
 *   key	'K' round4 time8 peer source hash16 size8 ttl4 blocks8 mtime8 ignore1
 *		version2 downstream1 bbs name trip bbs_trip raw
 *   neighbour	'N' round4 time8 peer node speed4 bbs1 word word word
 *   query	'Q' round4 time8 peer id8 words trip count4 via...
 *   contact	'C' round4 time8 node inbound1 outcome1 command2 version4 speed4 port0_1
 *   round	'R' round4 start8 end8 complete1 tried8 reached8 known8 jump8 clock8
 *		seen32 parameters32 sensor overlay
 *
 * Times are UTC milliseconds.  raw is BLAKE2b-256 of the record off the wire if
 * that was kept, and empty otherwise.  clock is a bound on the clock's error in microseconds;
 * seen and parameters are hashes (data/store/translog.h).
 */
#ifndef KANSOKU_DATA_FORMAT_CANONICAL_H
#define KANSOKU_DATA_FORMAT_CANONICAL_H

#include "observation.h"

/* The fixed head of a key's record, for those who read it with simple tools. */
#define CANONICAL_KEY_HEAD	79	/* bytes before the name's length */

struct canonical_round {
	struct obs_round run;
	uint32_t	round;
	bool		complete;
	int64_t		known, clock_jump_ms, clock_us;
	uint8_t		seen[32], parameters[32];
};

/* Bytes that are used again by the next call; zeroed, it is empty.  free(p) at the end. */
struct canonical {
	uint8_t	*p;
	size_t	 len, room;
};

/* The record of anything but a round; -1 without memory. */
int	 canonical_of_observation(struct canonical *, const struct observation *);
/* Of a key whose raw bytes were kept once: raw is their hash. */
int	 canonical_of_pruned_key(struct canonical *, const struct observation *, const uint8_t raw[32]);
int	 canonical_of_round(struct canonical *, const struct canonical_round *);

/*
 * Reads a record back, all or nothing; texts point into p, and a key's raw is
 * the hash.  False if these bytes are no record of that kind.
 */
bool	 canonical_read_key(struct observation *, const uint8_t *p, size_t len);
bool	 canonical_read_neighbour(struct observation *, const uint8_t *p, size_t len);
bool	 canonical_read_round(struct canonical_round *, const uint8_t *p, size_t len);

#endif
