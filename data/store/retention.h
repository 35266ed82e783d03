/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens to rounds as they grow old, one round a transaction.
 *
 * First tokens take the place of addresses and names (data/store/retention_hide.h);
 * then a round loses its records (keys, neighbours, queries, contacts) and
 * keeps its row and its seen rows, from which the counts of every chart
 * follow; last go the hashes of the records' leaves.  What was done to a round
 * is noted, so that nobody takes it for a round without records.
 *
 * This is not the place that frees space in the file, nor the one that takes
 * the store's lock or makes the key: that is the verb, prune.c.
 */
#ifndef KANSOKU_DATA_STORE_RETENTION_H
#define KANSOKU_DATA_STORE_RETENTION_H

#include "data/store/retention_hide.h"

/* What goes at an age, each on its own: sampled bytes; addresses and names; records; leaf hashes. */
enum age { AGE_RAW_BYTES, AGE_RAW, AGE_PSEUDONYMOUS, AGE_LEAVES, AGES };

struct retention {
	struct store	*s;			/* borrowed; open for writing */
	bool		 dry_run;		/* say "would": the caller undoes it all (struct store, pretend) */
	bool		 some_sensors;		/* not all: what they share must stay */
	bool		 crawling;		/* somebody holds the store's lock */
	int64_t		 span[AGES];		/* ms before now_ms; UNKNOWN: not asked for */
	int64_t		 wait_ms;		/* for the end of a round under way */
	int64_t		 now_ms;		/* since 1970 */
	struct pseudonyms	 names;			/* the key of the tokens, for AGE_RAW */
	int64_t		 done;			/* out: things forgotten, of any kind */
};

bool	 retention_is_asked_for(const struct retention *);

/*
 * Goes through the ages that are asked for, the strongest first, with the rounds of
 * the sensor that the store works for, and says what it did.
 * 0 or -1, with what was wrong in store_error.
 */
int	 retention_run_rounds(struct retention *);
/*
 * Afterwards, once for all sensors: what their rounds named and none names any more.
 * A crawl under way remembers ids, so what they stand for is changed
 * between two of its rounds only; if none ends in time, names and addresses
 * stay, which is no failure.  0 or -1, with what was wrong in store_error.
 */
int	 retention_run_names(struct retention *);

#endif
