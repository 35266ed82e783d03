/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tokens in place of addresses, names and words that nothing young speaks of.
 *
 * A node's row keeps its id, so what was counted stays counted.  Its address
 * becomes two numbers, each of a keyed BLAKE2b-128 token (data/evidence/
 * pseudonym.h) under a key derived from the master:
 *
 *	ip   = -1 - (first octet * 2^55 + 55 bits of the token of the address)
 *	port = 63 bits of the token of id 8 | address 4 | port 2, big-endian
 *
 * The first octet stays because the map of the address space is drawn from it.
 * Two ports of one address show as such.  Without the master a token cannot be
 * tried against the 2^32 addresses; with it, it can.
 *
 * A node is young as long as a round that is young names it, whoever named it
 * before: an address is kept so long after it was last seen.
 */
#ifndef KANSOKU_DATA_STORE_RETENTION_HIDE_H
#define KANSOKU_DATA_STORE_RETENTION_HIDE_H

#include "data/format/pseudonym.h"
#include "data/store/store.h"

/* What became tokens, or would. */
struct hidden {
	int64_t	nodes, files, claims, threads;
};

/* The key of the tokens of one database.  -1 without memory. */
int	 retention_hide_key(struct pseudonyms *, const uint8_t master[EXPORT_KEY]);

/*
 * One round whose records stay: leaf hashes take the place of its log's secret,
 * its raw records go, its queries' words become tokens and the nodes that they
 * came by are forgotten.  Inside a transaction.
 */
int	 retention_hide_round(struct store *, const struct pseudonyms *, uint32_t round, int64_t now_ms);

/*
 * Every node, file, thread and claim that no round since before_ms speaks of.
 * Inside a transaction, all older rounds being hidden or without records.
 */
int	 retention_hide_all(struct store *, const struct pseudonyms *, int64_t before_ms, struct hidden *);

#endif
