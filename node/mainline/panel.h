/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which contents the sensor asks the holders of: a panel of one hash in so many,
 * by a hash keyed with the database's secret, so that all nodes and rounds are asked
 * for the same ones and nobody can say which these are.
 */
#ifndef KANSOKU_NODE_MAINLINE_PANEL_H
#define KANSOKU_NODE_MAINLINE_PANEL_H

#include "node/mainline/limits.h"
#include "observation.h"

/* A number out of these bytes that only who knows the secret can foresee. */
uint64_t panel_rank(const uint8_t secret[16], const uint8_t *, size_t len);
/* Is the hash one of the panel of one in so many?  Of 0, none is. */
bool	 panel_has(const uint8_t secret[16], uint32_t one_in, const uint8_t hash[NODE_ID]);
/*
 * The hashes of a sample for which its node is asked, LIMIT_ASKED at most, into
 * chosen; how many.  Where it has more of the panel, the random bytes of the visit
 * decide, so that in time each node is asked for all of them.
 */
int	 panel_choose(const uint8_t secret[16], uint32_t one_in, const uint8_t random[16],
	    struct text sample, const uint8_t *chosen[LIMIT_ASKED]);

#endif
