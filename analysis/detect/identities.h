/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one round says of who delivered what, in an overlay whose nodes have ids, name
 * contacts and keep other people's announcements: four tests on deliverers and two on the
 * ids of those who answered.  Each compares with the same round, and with nothing else.
 *
 *  - echo, shared: contacts that nobody else named and that never answered, either with ids
 *    that share more bits with what was asked for than any table can hold, or far more of
 *    them than of other deliverers;
 *  - store: holders of a content, none of whom the others name that were asked for it;
 *  - hop: two ids in one visit;
 *  - junk: samples of contents that nobody else stores and nobody holds;
 *  - spacing: ids that lie nearer to each other than chance allows;
 *  - fleet: many ids of one address, which are alike.
 *
 * A node that passes all of it may be a liar still.  Nothing is kept from round to round
 * (identity_incidents.h does that), and no overlay is known by its name: roles of fields are.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_IDENTITIES_H
#define KANSOKU_ANALYSIS_DETECT_IDENTITIES_H

#include "data/lib/array.h"
#include "data/lib/index.h"
#include "data/store/results.h"

#define ECHO_BITS	40	/* of 10^7 nodes one in 10^5 tables has an id so near to a random one */
#define ECHO_LEAST	4	/* such contacts of one deliverer */
#define LONE_LEAST	8	/* contacts of a deliverer, to be judged by them */
#define STORE_LEAST	16	/* holders that it names */
#define GROUP_LEAST	8	/* ids that lie together, or on one address */
#define STORE_HOLDERS	500	/* of one content, that a real client keeps at most */
#define CHANCE		-14.0	/* ln 10^-6: what chance does less often is found, per deliverer */
#define FINDING_PEERS	20

struct id_node {
	struct endpoint	at;
	bool		tried, answered, sampled, says_stored;
	int8_t		fits;		/* 1, 0, UNKNOWN */
	uint8_t		second;		/* another id in the same visit */
	uint64_t	id, rest;	/* its first 64 bits, and the next */
	int64_t		client, stored, refresh;
	uint32_t	first_hash, hashes;	/* in sample */
};
struct id_claim { uint32_t peer, node; uint64_t id; int16_t bits; };
struct id_value { uint32_t peer, source; uint64_t hash; uint32_t address; };

struct identities {
	struct index	nodes;		/* endpoints, by number in node */
	ARRAY_OF(struct id_node) node;
	struct index	addresses;
	ARRAY_OF(struct id_claim) claim;
	ARRAY_OF(struct id_value) value;
	ARRAY_OF(uint64_t) sample;	/* first 64 bits of contents */
};

struct id_peer { struct endpoint at; double bogus, all; };
struct id_finding {
	uint32_t	kind;		/* enum incident_kind */
	uint32_t	test;		/* enum id_test, the one that said most */
	double		size;		/* made-up endpoints or ids */
	double		statistic, threshold;
	uint32_t	peers;		/* how many there are; those with most are in peer */
	struct id_peer	peer[FINDING_PEERS];
};
enum id_test { TEST_ECHO, TEST_SHARED, TEST_STORE, TEST_HOP, TEST_JUNK, TEST_SPACING, TEST_FLEET, ID_TESTS };
extern const struct id_test_name { const char *name, *family; double threshold; } id_test_name[ID_TESTS];

/* Adds what an observation says.  0, or -1 without memory. */
int	 identities_note(struct identities *, const struct observation *);
/* Empties it, and keeps the memory; gives the memory back. */
void	 identities_clear(struct identities *);
void	 identities_free(struct identities *);
/* One finding a kind at most: how many went to out; -1 without memory. */
int	 identities_find(struct identities *, struct id_finding out[ID_TESTS]);

#endif
