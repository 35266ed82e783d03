/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Node counts, round by round: what was named in the round, and in the 24 hours
 * that end with it.  Counting alone; who is bogus is told from outside.
 *
 * Rounds are pushed in order; those that leave the day are taken out again, so a
 * round costs work in proportion to itself.  Pushed digests must stay alive for
 * a day.  Rounds that are not complete count for nothing and get an empty row.
 */
#ifndef KANSOKU_ANALYSIS_ROUNDS_SERIES_H
#define KANSOKU_ANALYSIS_ROUNDS_SERIES_H

#include "analysis/rounds/address_space.h"
#include "analysis/rounds/members.h"
#include "analysis/rounds/stats.h"
#include "data/lib/index.h"

/* Counts how many of each number there are, and which is the largest. */
struct tally { ARRAY_OF(uint32_t) of; uint32_t top; };

struct series {
	struct members	*members;
	uint32_t	advert;			/* rows_advert_bit */
	const struct address_space *space;
	ARRAY_OF(const struct round_digest *) queue;	/* complete; from head on in the day */
	size_t		head;
	uint32_t	pushed;			/* complete rounds so far */
	ARRAY_OF(struct series_member) person;	/* by member */
	struct index	addresses;
	ARRAY_OF(uint32_t) live;		/* nodes alive, by number in addresses */
	struct tally	ports;
	struct index	pairs;			/* hash and member */
	ARRAY_OF(struct series_pair) pair;	/* by number in pairs */
	ARRAY_OF(uint32_t) offers;		/* sources alive, by number of a hash */
	struct tally	sources;
	double		day_keys, day_all, day_addresses, one_shot;
	size_t		live_pairs;
	double		verified_before;
};
struct series_member { uint32_t key, any, key_rounds, verified, address; };
struct series_pair { uint32_t last, hash; };

void	 series_open(struct series *, struct members *, const struct address_space *);
void	 series_free(struct series *);
/* Counts the round and fills the row but for what needs verdicts.  -1 without memory. */
int	 series_push(struct series *, const struct round_digest *, struct series_row *);
/*
 * Rounds that an earlier run pushed: they are queued in order, before any is pushed,
 * and recall then counts those of the last day, as if all of them had been pushed.
 * -1 without memory.
 */
int	 series_queue(struct series *, const struct round_digest *);
int	 series_recall(struct series *);
/* How many nodes answer, met or not, from two rounds of which the row tells. */
struct population series_population(const struct series_row *);
/* A row with nothing in it but when it was. */
void	 series_empty_row(const struct round_digest *, struct series_row *);

#endif
