/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the nodes that are known to exist live: a probability for any address.
 *
 * A mixture of the known /24s, /16s, /8s and of all addresses alike, weighted
 * by EM so that each known address is predicted best by the others
 * (interpolation with deleted estimation: F. Jelinek and R. L. Mercer, Pattern
 * Recognition in Practice (1980) 381-397).  Distinct addresses count, not ports.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_ADDRESS_DENSITY_H
#define KANSOKU_ANALYSIS_DETECT_ADDRESS_DENSITY_H

#include <stdbool.h>

#include "data/lib/array.h"

struct density {
	struct index	known;		/* addresses */
	struct index	slash24;
	struct array	count24;	/* uint32_t, by number in slash24 */
	uint32_t	count16[65536], count8[256];
	double		weight[4];	/* of /24, /16, /8, anywhere; sum 1 */
};

void	 density_clear(struct density *);
void	 density_free(struct density *);
int	 density_add(struct density *, uint32_t ip);	/* -1 without memory */
void	 density_fit(struct density *);
/*
 * log2 of how many times likelier the address is than under a uniform draw from
 * all 2^32.  An address that is known is predicted from the others.
 */
double	 density_gain(const struct density *, uint32_t ip);
bool	 density_has_slash16(const struct density *, uint32_t ip);

#endif
