/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a world: shared by the files that make it, and by nobody else.
 *
 * Everything here is computed once, at loading, but for the memos, which only
 * keep the last answer of a pure function.
 */
#ifndef KANSOKU_TESTS_LAB_WORLD_IMPL_H
#define KANSOKU_TESTS_LAB_WORLD_IMPL_H

#include "tests/lab/draws.h"
#include "tests/lab/permutation.h"
#include "tests/lab/world.h"
#include "tests/lab/worldfile.h"

/* ---- addresses (pools.c) ------------------------------------------------------ */

#define NO_AREA		UINT16_MAX
#define MAX_AREAS	(MAX_POOLS + MAX_EVENTS)

/* Some /16 blocks in which the nodes of one pool live, for a time. */
struct area {
	uint32_t	pool;
	uint32_t	blocks, first_block;	/* in model's block[] */
	uint32_t	room;		/* addresses that may be used: ranks * generations */
	uint32_t	lab_base;	/* first of them on loopback, counted from 127.0.0.2 */
	struct permutation order;	/* of all addresses of the blocks */
};

/* A provider.  Its nodes have ranks 0..ranks-1; each may use its own generations of addresses. */
struct pool {
	double		weight;
	bool		foreign;
	uint32_t	ranks, generations;
	uint32_t	area[2];	/* before and after a renumbering */
	double		move_at, move_over;
};

/* Slots that belong together: a part of a pool. */
struct segment {
	uint32_t	first, count;	/* slots */
	uint32_t	pool, rank;	/* its first slot has this rank */
	int		event;		/* index, or -1: there from the beginning */
	int		flood;		/* its only slot is this flood's injector, or -1 */
};
#define MAX_SEGMENTS	(MAX_POOLS * (MAX_EVENTS + 1) + MAX_FLOODS)

/* ---- floods (flood.c) ----------------------------------------------------------- */

/* A time during which a flood announces, and how many it had announced before. */
struct burst { double from, until, before; };
#define MAX_BURSTS	4096

struct flood {
	const struct flood_settings *set;	/* NULL: there is none of this number */
	struct burst	*burst;		/* MAX_BURSTS or fewer */
	size_t		 nburst;
	uint32_t	 injector;	/* slot of a fixed or framing one */
	uint32_t	 framed;	/* of the node that a framing one makes look like itself */
};

#define MAX_ENTRIES	16
/*
 * The nodes that take a flood's keys first, in one epoch: its injector's neighbours.  The table of
 * `full` holds little else: the injector's own, or that of the node it frames.
 */
struct gate {
	int64_t		epoch;
	uint32_t	host, full;	/* the injector itself; UINT32_MAX: none to be seen */
	uint32_t	n, slot[MAX_ENTRIES];
};

/* ---- the whole -------------------------------------------------------------------- */

#define LEVEL_STEPS	(400 * 86400 / WORLD_STEP_S)	/* later levels are not kept */
#define MAX_LAB_PORTS	64

/* level: trend times the day's and week's wave; holders: expected online */
struct level { float trend, level, holders; };

struct world {
	struct world_file file;
	uint64_t	seed;
	struct silent	silence;
	uint32_t	port0_limit;	/* of silent_mix: below it a node is port 0 */
	uint16_t	port[MAX_LAB_PORTS];

	uint16_t	block[65536];	/* the areas' /16, one area after the other */
	uint16_t	area_of[65536], place_of[65536];	/* by /16 */
	uint16_t	japan[65536];	/* /16 of Japan's model */
	uint32_t	nblock, njapan;
	struct area	area[MAX_AREAS];
	struct pool	pool[MAX_POOLS + MAX_EVENTS];
	struct segment	segment[MAX_SEGMENTS];
	uint32_t	nareas, npools, nsegments, lab_room;
	uint32_t	slots, base_slots;	/* all; those there from the beginning */
	uint32_t	event_pool[MAX_EVENTS];	/* of a new provider */

	struct level	*level;		/* LEVEL_STEPS of them */
	double		trend_max, level_max;	/* their bounds */
	double		cycle[256];	/* cycle lengths, seconds, by eight bits */

	struct flood	flood[MAX_FLOODS];
	unsigned	nfloods;
	struct gate	*gate;		/* memo, one a flood */
	struct world_key *table;	/* of the last world_keys */
	size_t		 table_room;
};

/* world.c: what events of a kind leave at t, the product of their 1 - size. */
double		 world_left(const struct world *, enum event_kind, double t);

/* pools.c.  False with *why set. */
bool		 pools_make(struct world *, const char *path, char **why);
uint32_t	 pools_slot(const struct world *, uint32_t pool, uint32_t rank);
const struct segment *pools_segment(const struct world *, uint32_t slot);
/* The public and the lab address of (area, index below room). */
uint32_t	 pools_public(const struct world *, const struct area *, uint32_t index);
uint32_t	 pools_lab(const struct area *, uint32_t index);
bool		 pools_find_public(const struct world *, uint32_t ip, uint32_t *area,
		    uint32_t *index);
bool		 pools_find_lab(const struct world *, uint32_t ip, uint32_t *area,
		    uint32_t *index);

/* population.c: who is online, and what kind of node it is */
void		 population_make(struct world *);	/* levels; before the pools */
void		 population_count(struct world *);	/* holders; after them */
double		 population_expected(const struct world *);	/* slots for the nodes asked for */
double		 population_duty(const struct world *);	/* mean share of slots online */
double		 population_holders(const struct world *, double t);	/* expected number online */
double		 population_trend(const struct world *, double t);
double		 population_level(const struct world *, double t);
double		 population_step(double t);	/* the last multiple of WORLD_STEP_S */
bool		 population_online(const struct world *, uint32_t slot, double t);
bool		 population_holds(const struct world *, uint32_t slot);	/* any files */
uint32_t	 population_files(const struct world *, uint32_t slot);
int32_t		 population_speed(const struct world *, uint32_t slot);	/* KB/s */
int64_t		 population_moved(const struct world *, uint32_t slot, double t);
/* A slot that is online at t: any dialable one, or one that holds files.  False: none found. */
bool		 population_pick(const struct world *, uint64_t drawn, double t, bool holder,
		    uint32_t *slot);

/* address.c: where it is */
/* 0: answers; 1: silent; 2: port 0 */
int		 address_class(const struct world *, uint32_t lab);
bool		 address_dialable(const struct world *, uint32_t slot);	/* not port 0 */
bool		 address_answers(const struct world *, uint32_t slot);	/* nor silent */
struct endpoint	 address_public(const struct world *, uint32_t slot, double t);
void		 address_of(const struct world *, uint32_t slot, double t, struct endpoint *lab,
		    struct endpoint *public);
/* The slot to which a public endpoint ever belongs. */
bool		 address_find(const struct world *, struct endpoint public, uint32_t *slot);

/* file_catalogue.c: files and words */
void		 catalogue_words(const struct world *, uint32_t slot, char words[3][32]);
uint32_t	 catalogue_held(const struct world *, uint32_t slot, uint32_t i, double t);
/* Fills in all that belongs to the file; source, ttl, serial and bogus are left. */
void		 catalogue_key(const struct world *, uint32_t file, uint32_t slot,
		    struct world_key *);
/* The same for a file that there is not, in the style of a flood. */
void		 catalogue_fake(const struct world *, unsigned flood, uint64_t which,
		    struct world_key *);

/* flood.c: f counts from 0 here. */
bool		 floods_make(struct world *);	/* false: no memory */
/* Has the flood a node of its own, that can be visited? */
bool		 flood_hosted(const struct flood_settings *);
bool		 flood_on(const struct flood *, double t);
double		 flood_announced(const struct flood *, double t);	/* sources so far */
double		 flood_born(const struct flood *, double which);	/* its inverse */
/* How long after its first announcement a source may still be in a table. */
double		 flood_span(const struct world *, const struct flood *);
/* Expected keys alive in the network from what is announced at t; 0 when it pauses. */
double		 flood_weight(const struct world *, const struct flood *, double t);
/* The source that is announced at t, in one of its repeats; false: none then. */
bool		 flood_which(const struct world *, const struct flood *, double t, uint64_t drawn,
		    uint64_t *which);
/* Special-purpose or multicast today: nobody dials it. */
bool		 flood_special(uint32_t ip);
struct endpoint	 flood_source(const struct world *, unsigned f, uint64_t which);
/* All of a key but its ttl and serial. */
void		 flood_key(const struct world *, unsigned f, uint64_t which, struct world_key *);
uint16_t	 flood_ttl(const struct flood *, double age, uint64_t drawn);
const struct gate *flood_gate(const struct world *, unsigned f, double t);

/* relay.c: entry j of a relay's table.  False: it is empty just then. */
bool		 relay_entry(const struct world *, uint32_t slot, double t, uint32_t j,
		    struct world_key *);
void		 relay_own(const struct world *, uint32_t slot, double t, uint32_t i,
		    struct world_key *);
/* Place i of the list of a command 4: a node, or a phantom (flood number; 0 for a node). */
bool		 relay_told(const struct world *, uint32_t slot, double t, uint32_t i,
		    uint32_t *node, struct endpoint *phantom, unsigned *flood);

#endif
