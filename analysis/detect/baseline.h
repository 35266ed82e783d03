/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The baseline says what newcomers usually look like: counts by cell for each family
 * of signs, learned from quiet rounds, and what is supposed before anything was counted.
 *
 * It is kept from run to run.  Who is counted, and with what weight, is decided in
 * analysis/detect/mixture.h.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_BASELINE_H
#define KANSOKU_ANALYSIS_DETECT_BASELINE_H

#include "analysis/detect/newcomers.h"
#include "data/lib/pack_bytes.h"

#define CELLS_MAX	(AGES * LIFE_CELLS)

struct table { double n[CELLS_MAX]; };	/* counts or shares, context by context */

/* The shape of a family, and how many newcomers what is supposed of it is worth.
 * unreached: contexts from this one on are for the unreached (0: none are).
 * apart: a flood's newcomers differ by context as well, else they are alike in all. */
struct family_kind {
	unsigned contexts, width;
	double genuine_weight, flood_weight;
	unsigned unreached;
	bool apart;
};
extern const struct family_kind family_kind[FAM_N];

/* n[0..width) to shares that add up to 1, none of them 0. */
void	 table_shares(double *n, unsigned width);
/* Counts to shares in each context, with what is supposed of a flood or of genuine ones. */
void	 table_normalise(struct table *, enum family, bool flood);

/* Learned from quiet rounds; old days fade.  Zeroed, it has learned nothing. */
struct baseline {
	int64_t		from_ms, to_ms;		/* rounds that it was learned from; 0, 0: none */
	double		newcomers;		/* that taught it, all told */
	double		rounds;			/* quiet rounds that taught it */
	struct table	genuine[FAM_N];		/* FAM_LIFE: of those that never shook hands */
	struct table	lasting;		/* FAM_LIFE of those that did */
};
/* Its layout in bytes, both ways: a reader fails for another version, and for one that is
 * not sound. */
void	 baseline_pack(struct pack *, struct baseline *);
/* Every number finite and none below 0: the database may not be ours. */
bool	 baseline_is_sound(const struct baseline *);
/* Has it seen enough, a day of rounds, to say what is usual? */
bool	 baseline_is_ripe(const struct baseline *);

#endif
