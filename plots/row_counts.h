/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counts over single rows of a few rounds, for the charts that series cannot feed.
 *
 * Opens the database itself, reading only, and closes it.  All functions
 * return 0, or -1 after a complaint.
 */
#ifndef KANSOKU_PLOTS_ROW_COUNTS_H
#define KANSOKU_PLOTS_ROW_COUNTS_H

#include "data/store/rows.h"
#include "plots/source.h"

/* Some complete rounds, by number, ascending, and the time they span. */
struct rounds {
	const uint32_t	*id;
	size_t		 n;
	int64_t		 from_ms, to_ms;
	int64_t		 sensor;	/* whose rounds; as in struct source */
};

/* Distinct sources of keys by first octet. */
int	row_counts_octets(const char *database, const struct rounds *, double cell[256]);

/*
 * Key records by remaining lifetime and by the verdict on their source.  Takes
 * the last of the rounds, then earlier ones, until TALLY_ENOUGH records were
 * counted; stops at TALLY_MOST.  used is how many rounds were read.
 */
enum { TALLY_TTL_SECONDS = LIFETIME_SECONDS, TALLY_TTL_BINS = LIFETIME_BINS,
    TALLY_ENOUGH = 200000, TALLY_MOST = 2000000 };
struct ttl_tally {
	double	bin[VERDICT_N][TALLY_TTL_BINS];	/* the last is everything above */
	double	total[VERDICT_N];
	size_t	used;
};
int	row_counts_ttl(const char *database, const struct source *, const struct rounds *,
	    struct ttl_tally *);

/* Sources of keys in the rounds by files advertised (bin i: 2^i to 2^(i+1)-1) and verdict. */
enum { TALLY_KEY_BINS = 24 };
int	row_counts_keys(const char *database, const struct source *, const struct rounds *,
	    double bin[VERDICT_N][TALLY_KEY_BINS]);

#endif
