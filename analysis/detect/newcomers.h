/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources that were new in the rounds at hand, each described by small numbers.
 *
 * A flood of made-up sources shows among the newcomers of a round, not among
 * those that have been seen for days.  Each newcomer gets one cell
 * for every family of signs; analysis/detect/mixture.h learns how genuine newcomers and
 * a flood's spread over the cells.  Nothing is concluded here.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_NEWCOMERS_H
#define KANSOKU_ANALYSIS_DETECT_NEWCOMERS_H

#include "analysis/detect/address_density.h"
#include "analysis/rounds/members.h"
#include "analysis/rounds/address_space.h"

/* A family: what kind of sign, in how many contexts, with how many cells in each.
 * Cells are compared inside a context only, so that a family says what the
 * context does not say already. */
enum family {
	FAM_ADDRESS,	/* how likely a genuine node has the address */
	FAM_PORT,	/* range of the port */
	FAM_LIFE,	/* rounds seen, by the number of rounds it could be seen */
	FAM_DIAL,	/* never shook hands, by when it was dialled */
	FAM_CONTENT,	/* hashes and relays in the first round, by SIGN_CONTEXTS */
	FAM_TIMER,	/* remaining lifetime at first sight, by SIGN_CONTEXTS */
	FAM_HASH,	/* whether others offer the same, by SIGN_CONTEXTS */
	FAM_MOVED,	/* whether it was there under another address, by MOVED_CONTEXTS */
	FAM_N
};

#define AGES		17	/* rounds after the first, 16: all of them and what came later */
#define LIFE_CELLS	10	/* enum life_cell */
#define RC_N		4	/* lived for one round, for a few, for long, too young to tell */
#define SIGN_CONTEXTS	(2 * RC_N)	/* the lengths of life: of all, then of the unreached */
#define ADDRESS_CELLS	21
#define PORT_CELLS	35
#define CONTENT_CELLS	16
#define TIMER_CELLS	18
#define HASH_CELLS	7
#define HOT_NEWCOMERS	5	/* newcomers that offer a hash: it is looked at by itself */
#define MOVED_CELLS	3
#define MOVED_CONTEXTS	12	/* hash alone, shared, hot; one or more; port popular or not */
#define DIAL_CELLS	2
#define NOT_DIALLED	3	/* 0, 1, 2: dialled in the first round, in the next, later */
#define DIAL_CONTEXTS	4
#define CELL_POPULAR_PORT (PORT_CELLS - 1)
#define CELL_NONE	UINT8_MAX

enum address_cell {
	CELL_SPECIAL, CELL_UNALLOCATED, CELL_SHARED, CELL_SHARED_MANY, CELL_SHARED_HOST,
	CELL_GAIN	/* and on: by gain, unlikely ones first */
};
/* In how many rounds it was seen, and whether it was missed in between. */
enum life_cell {
	LIFE_1, LIFE_2, LIFE_2_GAPS, LIFE_3, LIFE_3_GAPS, LIFE_4, LIFE_4_GAPS,
	LIFE_8, LIFE_8_GAPS,	/* five to eight */
	LIFE_LONG		/* nine or more */
};
enum hash_cell {
	CELL_ONE_ALONE, CELL_ONE_KNOWN, CELL_ONE_NEWCOMERS,
	CELL_MORE_ALONE, CELL_MORE_KNOWN, CELL_MORE_NEWCOMERS, CELL_HOT
};
/* Was its port seen at another address before, and with one of its hashes? */
enum moved_cell { CELL_NEW, CELL_PORT_KNOWN, CELL_MOVED };

struct newcomer {
	uint32_t	member;
	uint32_t	round;		/* index in the window */
	uint32_t	source;		/* index in that round's digest */
	uint32_t	mask;		/* bit i: seen in the i-th counted round after the first */
	uint8_t		age;		/* counted rounds since, at most 16 */
	bool		later;		/* seen again after these */
	bool		verified;	/* shook hands with us, ever */
	bool		fanned;		/* one of many ports of its address: see port_fanout.h */
	uint8_t		dial;		/* when: context of FAM_DIAL */
	uint8_t		rc;
	bool		refused;	/* outcome of the dials, for the flags */
	uint8_t		context[FAM_N];
	uint8_t		cell[FAM_N];	/* CELL_NONE: nothing to see */
	uint32_t	hash;		/* place in hash_use: the one that most newcomers share */
	uint16_t	ports;		/* of its address in the window */
	float		gain;		/* log2, see address_density_gain */
};

/* The rounds at hand: settled ones of the last day, then the open ones. */
struct window {
	ARRAY_OF(struct round_digest *) round;	/* owned, in order */
	size_t		open;			/* first one that is not settled */
	unsigned	level;			/* of the sample that all of them are of */
	struct index	hashes;			/* their numbers in claims */
	bool		sources_apart;		/* sources are no nodes, and never visited: not judged here */
};

/* The newcomers of the open rounds, and what they have in common. */
struct newcomers {
	ARRAY_OF(struct newcomer) newcomer;		/* by round */
	ARRAY_OF(struct round_newcomers) per_round;	/* one for each open round */
	struct address_density density;
	ARRAY_OF(uint32_t) local;		/* by number of a hash: 1 + place in hash_use */
	ARRAY_OF(struct hash_use) hash_use;	/* hashes of newcomers in their first round */
	struct index	pairs;			/* of a hash that a newcomer offers and its port */
	ARRAY_OF(struct place) pair_use;	/* by number in pairs */
	ARRAY_OF(struct place) port_use;	/* by port */
	struct index	addresses;		/* of everybody in the window */
	ARRAY_OF(struct address_use) ports;	/* by number in addresses */
	uint32_t	port_count[65536];	/* ports of known nodes */
	double		known;			/* how many these are */
};
struct round_newcomers {
	uint32_t first, n;	/* in newcomer */
	bool	 counted;	/* complete and not impaired */
	bool	 dials;		/* contacts can be trusted */
	uint32_t ordinal;	/* counted rounds up to and with it */
	double	 returning;	/* share of the lasting sources that came back; NAN: unknown */
	double	 answering;	/* share of the known nodes dialled that answered; NAN */
};
struct hash_use {
	uint32_t newcomers;
	bool	 known;		/* from before the open rounds */
	uint64_t ports;		/* of newcomers: bit port % 64 */
};
/* The first address at which something was seen, and the first other one. */
struct place {
	struct {
		uint64_t	address;	/* address_number */
		uint32_t	since;		/* 1 + round of the window; 0: none */
	}		at[2];
};
struct address_use { uint32_t nodes, known; };

/* Everything above, for one that is zeroed.  0, or -1 with a complaint made. */
int	 newcomers_find(struct newcomers *, struct members *, const struct window *,
	    const struct address_space *);
void	 newcomers_free(struct newcomers *);

/* shared_files.c: what newcomers offer in their first round, and who else did; FAM_HASH and
 * FAM_MOVED of one whose other cells are there. */
int	 shared_files_find(struct newcomers *, const struct members *, const struct window *);
void	 shared_files_describe(const struct newcomers *, const struct members *,
	    const struct window *, struct newcomer *);

/* The cell of FAM_LIFE for a life seen at some age. */
uint8_t	 life_cell(uint32_t mask, bool later, unsigned age);
uint8_t	 life_cell_of(unsigned rounds, bool gaps);
/* Was dialled, and never shook hands. */
bool	 newcomer_is_unreached(const struct newcomer *);

#endif
