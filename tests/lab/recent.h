/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many different endpoints were noted in this round, and in the last day:
 * for truth files, so the definition is exact and no estimate.
 *
 * A series is one kind of noting.  A day is the given number of rounds, the
 * present one included.
 */
#ifndef KANSOKU_TESTS_LAB_RECENT_H
#define KANSOKU_TESTS_LAB_RECENT_H

#include <stddef.h>

#include "observation.h"

enum recent_series {
	RECENT_HOLDERS,		/* held files and were online */
	RECENT_ONLINE,		/* were online */
	RECENT_SEEN_KEYS,	/* genuine, and written as the source of a key */
	RECENT_SEEN_ALL,	/* genuine, and written in any role but a contact's */
	RECENT_SEEN_BOGUS,	/* bogus, and written as above */
	RECENT_LISTED,		/* to be visited in the next round */
	RECENT_N
};

struct recent;

struct recent	*recent_new(uint32_t day);	/* NULL: no memory */
void		 recent_free(struct recent *);
/* Begins round n; rounds ascend and may be left out. */
void		 recent_begin(struct recent *, uint32_t round);
/* 1: new in this round; 0: not; -1: no memory. */
int		 recent_note(struct recent *, enum recent_series, struct endpoint);
uint32_t	 recent_in_round(const struct recent *, enum recent_series);
uint32_t	 recent_in_day(const struct recent *, enum recent_series);

#endif
