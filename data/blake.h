/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BLAKE2b-256 (RFC 7693), unkeyed, of up to four messages in the time of one.
 *
 * libsodium hashes one message at a time, and each step of a hash waits for the
 * one before; four side by side in vector registers fill those waits.  For the
 * millions of short leaves and nodes of the log's trees, and nothing else: what
 * stands alone goes to libsodium.  The tests compare the two.
 */
#ifndef KANSOKU_DATA_BLAKE_H
#define KANSOKU_DATA_BLAKE_H

#include <stddef.h>
#include <stdint.h>

#define BLAKE_HASH	32
#define BLAKE_LANES	4

/* n of 1 to BLAKE_LANES messages; their lengths may differ. */
void	 blake_hash(uint8_t out[][BLAKE_HASH], const uint8_t *const message[], const size_t len[],
	    int n);

#endif
