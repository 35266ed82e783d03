/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A simulated DHT as a pure function of a seed and the time: who is online, with which id
 * and where, what its table holds and what it stores.
 *
 * Ids lie in one sorted list, of the living and of the dead; a table is not kept: an
 * entry of it is a keyed draw out of the ids that may stand there.  `serve` plays the
 * world over one UDP socket, `simulate` without any; both ask dht_answer.h, so they agree.
 *
 * A node has two endpoints: on loopback, and the public one that statistics use.  Which
 * of them contacts are named by is the player's choice (named_public).  Times are
 * seconds of world time; a day has as many as on the wall.
 */
#ifndef KANSOKU_TESTS_LAB_DHT_WORLD_H
#define KANSOKU_TESTS_LAB_DHT_WORLD_H

#include "node/mainline/node_id.h"
#include "tests/lab/dht_worldfile.h"
#include "tests/lab/permutation.h"

#define DHT_NEAREST	8	/* nodes that keep an announcement, and contacts of an answer */
#define DHT_CONTACTS	20	/* that one client names */
#define DHT_VALUES	64	/* holders in an answer: 500 bytes or so, as one client cuts them */

enum dht_client { DHT_LIBTORRENT, DHT_WEBTORRENT, DHT_ARIA2, DHT_RTORRENT, DHT_TRANSMISSION, DHT_NCLIENT };

/* Slots that belong to an anomaly; those of ordinary nodes and of the dead are in front. */
struct dht_group { uint32_t first, n; };

struct dht_world {
	struct dht_world_file file;
	uint64_t	seed;
	bool		named_public;
	uint32_t	live, dead, n;		/* ordinary nodes, dead ones, slots in all */
	struct dht_group group[MAX_ANOMALIES];
	uint8_t		(*id)[NODE_ID];		/* by slot */
	uint64_t	*key;			/* the first 64 bits of all ids, ascending ... */
	uint32_t	*slot;			/* ... and whose each is */
	uint32_t	start[65537];		/* where ids begin with these 16 bits */
	uint8_t		(*hash)[NODE_ID];	/* of contents, ascending */
	uint32_t	nhash;
	uint32_t	natted, indexes, peers;	/* ordinary nodes behind shared addresses; address numbers; holders */
	uint16_t	block[4096];		/* /16 in which everybody lives */
	uint16_t	place[65536];		/* 1 + place in block; 0: none */
	uint32_t	nblock;
	struct permutation places, loopback;
};

#define DHT_PLACES	2	/* endpoints that a node can have, one after the other */

/* NULL with the complaint in *why, which is to be freed.  nodes 0, seed 0: the file's. */
struct dht_world *dht_world_load(const char *path, uint32_t nodes, uint64_t seed, char **why);
void		 dht_world_free(struct dht_world *);

bool		 dht_online(const struct dht_world *, uint32_t slot, double t);
/* The anomaly that a slot belongs to; -1: none. */
int		 dht_anomaly_of(const struct dht_world *, uint32_t slot);
bool		 dht_anomaly_on(const struct dht_world *, int anomaly, double t);
enum dht_client	 dht_client_of(const struct dht_world *, uint32_t slot);

/* Where a slot is at t, and its endpoint of a number below DHT_PLACES whenever. */
struct endpoint	 dht_public(const struct dht_world *, uint32_t slot, double t);
struct endpoint	 dht_public_place(const struct dht_world *, uint32_t slot, unsigned place);
struct endpoint	 dht_loopback_place(const struct dht_world *, uint32_t slot, unsigned place);
/* As contacts name it. */
struct endpoint	 dht_named(const struct dht_world *, uint32_t slot, double t);
/* Whose loopback address, or public endpoint, is it at t?  False: nobody's who is online. */
bool		 dht_at_loopback(const struct dht_world *, uint32_t ip, double t, uint32_t *slot);
bool		 dht_at_public(const struct dht_world *, struct endpoint, double t, uint32_t *slot);

/* Contacts that x would name for a target, at most most: slots, living and dead. */
size_t		 dht_contacts(const struct dht_world *, uint32_t x, const uint8_t target[NODE_ID],
		    double t, size_t most, uint32_t *out);
/* Contents that x stores: numbers of hashes. */
size_t		 dht_stored(const struct dht_world *, uint32_t x, double t, uint32_t *out, size_t most);
/* The place of a hash among hash[]; false: no content of this world. */
bool		 dht_find_hash(const struct dht_world *, const uint8_t hash[NODE_ID], uint32_t *number);
/* Who holds a content at t: how many, and the i-th. */
uint32_t	 dht_holders(const struct dht_world *, uint32_t hash, double t);
struct endpoint	 dht_holder(const struct dht_world *, uint32_t hash, uint32_t i, double t);

/* The epoch of made-up endpoints: as many are new in each as the anomaly's `distinct`. */
int64_t		 dht_epoch(const struct dht_world *, double t);
struct endpoint	 dht_made_up(const struct dht_world *, int anomaly, int64_t epoch, uint32_t number);
/* Where on loopback nobody answers for it: counted from the world's beginning, below a million. */
struct endpoint	 dht_made_up_loopback(const struct dht_world *, uint32_t number);
/* The one address that an anomaly names, or whose ports it makes up. */
struct endpoint	 dht_target(const struct dht_world *, int anomaly, uint32_t port);

#endif
