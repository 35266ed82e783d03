/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated overlay as a pure function of a seed and the time.
 *
 * Nothing is kept per node: who is online, where, with which files and what a
 * relay's key table holds follow from hashing (seed, node, epoch).  `serve`
 * plays this world over sockets on 127.0.0.0/8, `simulate` writes it as JSON
 * lines without any; both ask here and nowhere else, so they agree.
 *
 * Two address spaces.  A lab endpoint is 127.x.y.z:port and can be dialled; a
 * public endpoint is what keys name and statistics use.  world_public and
 * world_lab map one to the other for the lab's nodes, one to one.
 *
 * Times are seconds of world time since the world began (world_start_ms UTC).
 */
#ifndef KANSOKU_TESTS_LAB_WORLD_H
#define KANSOKU_TESTS_LAB_WORLD_H

#include "tests/lab/silent.h"
#include "observation.h"

struct world;

/* Nodes come, go and move on multiples of this, in seconds of world time; what is asked
 * between two of them gets the same answer (keys and injectors' neighbours aside). */
#define WORLD_STEP_S	300

/* From an INI file; NULL with "FILE:LINE: what is wrong and what would be right" in *why
 * (free it).  nodes 0 and seed 0 keep the file's own. */
struct world	*world_load(const char *path, uint32_t nodes, uint64_t seed, char **why);
void		 world_free(struct world *);

/*
 * Nodes whose SYNs go unanswered.  The kernel computes this from the address alone, so
 * world_node's silent must be silent_holds(&it, lab.ip) and nothing else.
 */
struct silent	 world_silence(const struct world *);
/* The addresses that cannot be reached for a time, besides: others every WORLD_STEP_S
 * while an event of kind reach lasts; limit 0 at other times. */
struct silent	 world_unreached(const struct world *, double t);
/* The ports that nodes listen on in the lab, ascending, each 1..32767 (below the
 * ports that the kernel gives to dialling sockets).  Returns how many. */
size_t		 world_ports(const struct world *, const uint16_t **ports);

int64_t		 world_start_ms(const struct world *);
int64_t		 world_round_s(const struct world *);	/* length of a round, seconds */
/* The probability with which a relay names itself instead of a key's source, for each
 * key of a downward answer (protocol 6.3-1).  Tables hold keys as they came. */
double		 world_rewrite(const struct world *);
uint32_t	 world_slots(const struct world *);	/* nodes that can ever be: 0 .. slots-1 */

/* A node while it is online; addresses may change between sessions. */
struct world_node {
	uint32_t	slot;
	struct endpoint	lab;		/* where it listens on loopback */
	struct endpoint	public;		/* what keys name */
	int32_t		speed;		/* KB/s */
	uint8_t		port0;		/* announces that it cannot be dialled */
	uint8_t		silent;		/* its SYNs go unanswered */
	uint8_t		injector;	/* of flood number - 1; 0: none */
	uint32_t	files;		/* that it holds */
	uint32_t	rtt_ms;
	char		words[3][32];	/* cluster words, CP932, NUL-terminated */
};

/* False when the slot is offline at time t. */
bool		 world_node(const struct world *, uint32_t slot, double t, struct world_node *);
/* The kind of hostile node that a slot is (hostile.h); -1: none. */
int		 world_hostile(const struct world *, uint32_t slot);
/* The slot whose node has this lab endpoint at time t; false if none is online there. */
bool		 world_at(const struct world *, struct endpoint lab, double t, uint32_t *slot);
/* Both ways, whatever the time; false: an address that nobody here ever has. */
bool		 world_public(const struct world *, struct endpoint lab, struct endpoint *public);
bool		 world_lab(const struct world *, struct endpoint public, struct endpoint *lab);

/*
 * The i-th pair of endpoints that a slot can ever have, i from 0, in any order;
 * false when there are no more.
 */
bool		 world_place(const struct world *, uint32_t slot, uint32_t i,
		    struct endpoint *lab, struct endpoint *public);

/* One key in a relay's table. */
struct world_key {
	struct endpoint	source;		/* public endpoint, or whatever a flood made up */
	uint8_t		hash[16];
	uint32_t	size, blocks, mtime;
	uint16_t	ttl;
	uint8_t		version, ignore;
	uint8_t		own;		/* the relay holds the file itself */
	uint8_t		bogus;		/* number of the flood, 0 if genuine: truth, never sent */
	uint8_t		name_len;
	char		name[255];	/* CP932 */
	char		trip[12];
	uint32_t	serial;		/* place in this relay's table, 0 .. world_key_count - 1 */
};

/*
 * The key table of a relay at time t, in parts, so that an answer of sixty keys costs
 * sixty keys and not fifteen thousand: how many places it has (a few may be empty), and
 * its keys with from <= serial < to, in order of serial; *n keys, valid until the next
 * call on this world.  The same arguments give the same table.
 */
uint32_t	 world_key_count(const struct world *, uint32_t slot, double t);
const struct world_key *world_key_window(struct world *, uint32_t slot, double t,
		    uint32_t from, uint32_t to, size_t *n);

/* Nodes this one would name in command 4, at most max; returns how many. */
size_t		 world_neighbours(struct world *, uint32_t slot, double t,
		    struct world_node *out, size_t max);
/* Phantoms that floods through command 4 (V5) add at this relay: public endpoints. */
size_t		 world_phantoms(struct world *, uint32_t slot, double t,
		    struct endpoint *out, size_t max);

#endif
