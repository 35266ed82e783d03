/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids of nodes: how near they are to each other, and whether one fits its address (BEP 42). */
#ifndef KANSOKU_NODE_MAINLINE_NODE_ID_H
#define KANSOKU_NODE_MAINLINE_NODE_ID_H

#include "node/mainline/limits.h"
#include "observation.h"

/* The first bits that two ids share: 0 to 160. */
int	 node_id_shared_bits(const uint8_t a[NODE_ID], const uint8_t b[NODE_ID]);
/* Which of a and b is nearer to the target by xor: below 0 a, above 0 b, 0 if they are the same. */
int	 node_id_nearer(const uint8_t a[NODE_ID], const uint8_t b[NODE_ID], const uint8_t target[NODE_ID]);

/* An id of the id space's part that begins with so many bits of prefix: all others out of random. */
void	 node_id_within(uint8_t id[NODE_ID], const uint8_t prefix[NODE_ID], int bits,
	    const uint8_t random[NODE_ID]);

/* CRC-32C (Castagnoli). */
uint32_t node_id_crc32c(const uint8_t *, size_t len);
/* What the first 21 bits of an id must be that ends in this byte, at an IPv4 or IPv6 address. */
uint32_t node_id_checksum(struct endpoint, uint8_t last);
/*
 * Does the id fit the address?  UNKNOWN where BEP 42 exempts it (private, link-local and
 * loopback IPv4), or where the network is none that it speaks of.  By chance one id in
 * 2^21 fits.
 */
int	 node_id_fits(const uint8_t id[NODE_ID], struct endpoint);

#endif
