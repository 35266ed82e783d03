/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The canonical form of an observation: the exact bytes that the log commits to.
 *
 * Numbers are big-endian, signed ones in two's complement; what was not said is
 * -1.  An endpoint is the BIP 155 number of its network in one byte, its address
 * (4 bytes of IPv4), 2 bytes of port; nobody is IPv4 with all zero.  A text is its
 * length in 4 bytes and its bytes, as stored (hidden names: their token).
 *
 *   key	'K' round4 time8 peer to source length1 content raw fields
 *   neighbour	'N' round4 time8 peer to node fields
 *   query	'Q' round4 time8 peer to count4 via... fields
 *   contact	'C' round4 time8 node inbound1 outcome1 fields
 *   round	'R' round4 start8 end8 complete1 origin1 tried8 reached8 known8 jump8
 *		clock8 seen32 parameters32 sensor overlay, and if anything is said of
 *		what limits and budgets left out: cut4 undialled8 unstored8
 *   fields	count1, then in the order of the overlay's table: a number in 8
 *		bytes, a flag in 1, a text, bytes as a text, an endpoint
 *
 * Times are UTC milliseconds.  raw is BLAKE2b-256 of the record off the wire if
 * that was kept, and empty otherwise.  clock is a bound on the clock's error in microseconds;
 * seen and parameters are hashes (data/store/translog.h).
 */
#ifndef KANSOKU_DATA_FORMAT_CANONICAL_H
#define KANSOKU_DATA_FORMAT_CANONICAL_H

#include "observation.h"

struct canonical_round {
	struct obs_round run;
	uint32_t	round;
	bool		complete;
	enum origin	origin;
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

/* A record read back, with the endpoints that its fields name. */
struct canonical_read {
	struct observation	o;
	struct endpoint		endpoint[FIELDS_MAX];
};

/*
 * Reads a record of this overlay back, all or nothing; texts point into p, and a
 * key's raw is the hash.  A record from when the overlay had fewer fields does not
 * say those that were added since.  False if these bytes are no record of that kind.
 */
bool	 canonical_read_key(struct canonical_read *, const struct overlay_fields *,
	    const uint8_t *p, size_t len);
bool	 canonical_read_neighbour(struct canonical_read *, const struct overlay_fields *,
	    const uint8_t *p, size_t len);
bool	 canonical_read_round(struct canonical_round *, const uint8_t *p, size_t len);

#endif
