/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The block of addresses that is taken for one network, whose hosts share a
 * budget: a /24 of IPv4, a /48 of IPv6 (what a site is given, RFC 6177), each
 * address by itself elsewhere.  Not a routing table: who owns it is not known.
 */
#ifndef KANSOKU_CRAWLER_NET_BLOCK_H
#define KANSOKU_CRAWLER_NET_BLOCK_H

#include "observation.h"

#define BLOCK_BYTES	(1 + ADDRESS_MAX)

/* Writes the network's number and the bytes of the block; returns how many. */
size_t	 address_block(struct endpoint, uint8_t out[BLOCK_BYTES]);
/* A number for the block, for as long as this process runs: a hash with a secret but for IPv4. */
uint32_t address_block_number(struct endpoint);
/* In 127.0.0.0/8, or ::1. */
bool	 address_is_loopback(struct endpoint);

#endif
