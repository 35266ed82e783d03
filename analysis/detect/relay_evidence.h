/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The peers that delivered a newcomer and the hash that it offers say something of it;
 * there are too many of either for a table of cells.
 *
 * A share of one among very many (peers, hashes) cannot be learned from few examples:
 * the counts are mixed with the usual shares, with the weight by which each half of the
 * examples predicts the other best (deleted estimation: F. Jelinek and R. L. Mercer,
 * Pattern Recognition in Practice (1980) 381-397).  So examples that have nothing in
 * common say nothing.  Nothing is concluded here: mixture.c adds it up.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_RELAY_EVIDENCE_H
#define KANSOKU_ANALYSIS_DETECT_RELAY_EVIDENCE_H

#include "analysis/detect/mixture.h"

/* Lists who delivered each newcomer first, and counts what they usually deliver; -1
 * without memory. */
int	 relay_evidence_open(struct mixture *);
/* Learns from the opinions of now which peers and hashes a flood uses; -1 without memory. */
int	 relay_evidence_learn(struct mixture *);
/* The evidence of the peers that delivered a newcomer: nats, 0 where only itself did. */
double	 relay_evidence(const struct mixture *, size_t newcomer);
/* The evidence of the cell of FAM_HASH and of the hash itself: nats. */
double	 relay_hash_evidence(const struct mixture *, const struct newcomer *, unsigned half);

/* ---- one among many: pure ---- */

/* Its usual share (above 0), and examples of it in either half. */
struct split_share { double usual, seen[2]; };

/* Weight of the usual shares, in examples.  total: all examples of each half. */
double	 split_share_weight(const struct split_share *, size_t n, const double total[2]);
/* log of the share that one half shows, to the usual share: nats. */
double	 split_share_llr(const struct split_share *, const double total[2], unsigned half,
	    double weight);

#endif
