/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goes through the rounds of a database once, and keeps the results up to date.
 *
 * Rounds are settled in blocks of six hours once they are a day and a half old:
 * their verdicts, counts and what they teach are final then.  Younger rounds
 * are open: judged at each run, with what is known by now.  A run continues
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

/* Plain numbers, kept from run to run as they are.  The head is the same in all versions. */
struct analysis_state {
	uint32_t	magic, size;
	int64_t		from_ms, to_ms;		/* the window that was asked for */
	/* here the head ends */
	int64_t		rounds, complete;	/* up to last_round: tells when the past changed */
	int64_t		block_ms;		/* start of the first open block */
	uint32_t	last_round;		/* that was taken in */
	uint32_t	settled_round;		/* the last one that is final */
	struct standing	standing;		/* in the last settled round */
	struct baseline	baseline;
};

struct analysis {
	struct store	*store;
	struct members	 members;
	struct window	 window;
	struct array	 row;		/* struct series_row, by round of the window */
	struct array	 done;		/* struct series_row: settled in this run */
	struct array	 pending;	/* struct round_row: incomplete ones at the end */
	struct address_space	 space;
	struct round_digest_reader reader;
	struct series	 series;
	struct incidents incidents;	/* as settled */
	struct analysis_state state;
	struct self	 self;
	bool		 fresh;		/* nothing is stored: from the start */
	bool		 carried;	/* behind results whose state could not be read */
	uint32_t	 taken;		/* rounds read in this run */
	uint32_t	 expected;	/* rounds there are to read */
	uint32_t	 first_new;	/* first round that no digest is stored of */

	/* what the last judgement said, for the open rounds */
	struct classification judgement;
	struct assignment assignment;
	struct incidents incidents_now;
};

/* 0 done, 3 no rounds in the window, -1 with a complaint made. */
int	 analyze(struct analysis *, struct store *, int64_t from_ms, int64_t to_ms);
void	 analysis_free(struct analysis *);

/* ---- between analyze.c and its parts ---- */

#define SETTLE_MS	(36 * HOUR_MS)
#define BLOCK_MS	(6 * HOUR_MS)

/* resume.c: takes up where the last run stood, or begins anew when it cannot; keeps
 * where this one stands (inside a transaction, errors are left for store_error). */
int	 analysis_state_load(struct analysis *, int64_t from_ms, int64_t to_ms);
int	 analysis_state_save(struct analysis *);
/* carry.c: begins behind all results that are stored, which stay; says so in a line.
 * For a state that was just begun.  -1 with a complaint made. */
int	 analysis_state_adopt(struct analysis *);
bool	 analysis_is_inside(const struct analysis *, const struct round_row *);	/* --from, --to */
/* analyze.c: a round of an earlier run, before those of this one; the digest is taken
 * over, its row is left empty. */
int	 analysis_take_known(struct analysis *, struct round_digest *);
/* outcome.c: the verdict on a member as things stand, and counts without the bogus. */
double	 analysis_probability(const struct analysis *, uint32_t member);
void	 analysis_verdict(const struct analysis *, uint32_t member, struct verdict_row *);
int	 analysis_clean(struct analysis *);
/* write.c: everything, inside a transaction; errors are left for store_error. */
int	 analysis_results_write(struct analysis *);

#endif
