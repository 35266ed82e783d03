/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goes through the rounds of a database once, and keeps the results up to date.
 *
 * Rounds are settled in blocks of six hours once they are a day and a half old:
 * their verdicts, counts and what they teach are final then.  Younger rounds
 * are open: classified at each run, with what is known by now.  A run continues
 * where the last one settled, so its work follows the new rounds and the open
 * ones, not the history; and because a run from the start settles the same
 * blocks with the same knowledge, it comes to the same results.
 */
#ifndef KANSOKU_ANALYSIS_ANALYZE_H
#define KANSOKU_ANALYSIS_ANALYZE_H

#include "analysis/incidents/incidents.h"
#include "analysis/rounds/selfcheck.h"
#include "analysis/rounds/series.h"
#include "data/lib/utctime.h"

/* It says where a run stood, for the next; analysis_state.c has its layout. */
struct analysis_state {
	int64_t		from_ms, to_ms;		/* the window that was asked for */
	int64_t		rounds, complete;	/* up to last_round: did the past change? */
	int64_t		block_ms;		/* start of the first open block */
	uint32_t	last_round;		/* that was taken in */
	uint32_t	settled_round;		/* the last one that is final */
	uint32_t	level;			/* of the sample that is looked at */
	struct standing	standing;		/* in the last settled round */
	struct baseline	baseline;
};

struct analysis {
	struct store	*store;
	struct members	 members;
	struct window	 window;
	ARRAY_OF(struct series_row) row;	/* by round of the window */
	ARRAY_OF(struct series_row) done;	/* settled in this run */
	ARRAY_OF(struct round_row) pending;	/* incomplete ones at the end */
	struct address_space	 space;
	struct round_digest_reader reader;
	struct series	 series;
	struct incidents incidents;	/* as settled */
	struct analysis_state state;
	struct self	 self;
	bool		 fresh;		/* nothing is stored: from the start */
	bool		 adopted;	/* goes on behind results whose state could not be read */
	uint32_t	 taken;		/* rounds read in this run */
	uint32_t	 expected;	/* rounds there are to read */
	uint32_t	 first_new;	/* first round that no digest is stored of */
	int64_t		 max_memory;	/* bytes that it may use, about */
	struct address_sample sample;
	size_t		 recalled;	/* members that the last run's rounds name */
	bool		 more;		/* rounds are left for another pass */

	/* what was found last of the open rounds */
	struct classification classified;
	struct assignment assignment;
	struct incidents incidents_now;
};

/*
 * 0 done, 3 no rounds in the window, -1 with a complaint made.  max_memory: bytes that it
 * may use, about; beyond it addresses are sampled (sampling.c), and a long past is taken
 * in several passes, each of which goes on where the one before stood.
 */
int	 analyze(struct analysis *, struct store *, int64_t from_ms, int64_t to_ms,
	    int64_t max_memory);
void	 analysis_free(struct analysis *);

/* ---- between analyze.c and the other files of this folder ---- */

#define SETTLE_MS	(36 * HOUR_MS)
#define BLOCK_MS	(6 * HOUR_MS)

/* analysis_state.c: takes up where the last run stood, or begins anew when it cannot; keeps
 * where this one stands (inside a transaction, errors are left for store_error). */
int	 analysis_state_load(struct analysis *, int64_t from_ms, int64_t to_ms);
/* For a state that was loaded, when a memory turns up that is not of this version: as if
 * the state had not been either. */
int	 analysis_state_refuse(struct analysis *);
int	 analysis_state_save(struct analysis *);
/* state_adopt.c: begins behind all results that are stored, which stay; says so in a line.
 * For a state that was just begun.  -1 with a complaint made. */
int	 analysis_state_adopt(struct analysis *);
/* sampling.c: makes room for a round that comes in, or for none (NULL) where what was kept
 * is too much; 0, or -1 with a complaint made. */
int	 analysis_sample(struct analysis *, struct round_digest *);
/* Were so many members met that the next pass had better forget most of them? */
bool	 analysis_is_crowded(const struct analysis *);
/* Is the round between --from and --to? */
bool	 analysis_is_inside(const struct analysis *, const struct round_row *);
/* analyze.c: a round of an earlier run, before those of this one; the digest is taken
 * over, its row is left empty. */
int	 analysis_take_known(struct analysis *, struct round_digest *);
/* verdict.c: the verdict on a member as things stand, and counts without the bogus. */
double	 analysis_probability(const struct analysis *, uint32_t member);
void	 analysis_verdict(const struct analysis *, uint32_t member, struct verdict_row *);
int	 analysis_clean(struct analysis *);
/* results_write.c: everything, inside a transaction; errors are left for store_error. */
int	 analysis_results_write(struct analysis *);

#endif
