/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gives any address a probability, from where the nodes live that are known to exist.
 *
 * A mixture of the known /24s, /16s, /8s and of all addresses alike, weighted
 * by EM so that each known address is predicted best by the others
 * (interpolation with deleted estimation: F. Jelinek and R. L. Mercer, Pattern
 * Recognition in Practice (1980) 381-397).  Distinct addresses count, not ports.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_ADDRESS_DENSITY_H
#define KANSOKU_ANALYSIS_DETECT_ADDRESS_DENSITY_H

#include <stdbool.h>

#include "data/lib/index.h"

struct address_density {
	struct index	known;		/* addresses */
	struct index	slash24;
	ARRAY_OF(uint32_t) count24;	/* by number in slash24 */
	uint32_t	count16[65536], count8[256];
	double		weight[4];	/* of /24, /16, /8, anywhere; sum 1 */
};

void	 address_density_clear(struct address_density *);
void	 address_density_free(struct address_density *);
int	 address_density_add(struct address_density *, uint32_t ip);	/* -1 without memory */
void	 address_density_fit(struct address_density *);
/*
 * log2 of how many times likelier the address is than under a uniform draw from
 * all 2^32.  An address that is known is predicted from the others.
 */
double	 address_density_gain(const struct address_density *, uint32_t ip);
bool	 address_density_has_slash16(const struct address_density *, uint32_t ip);

#endif
