/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What rounds say of ids and deliverers (analysis/detect/identities.h), as incidents.
 *
 * Each complete round is judged once, by itself; what was found is kept, and findings of one
 * kind that follow each other, with IDENTITY_QUIET rounds between them at most, are one
 * incident.  Of overlays whose records have no target there is nothing to be said.
 */
#ifndef KANSOKU_ANALYSIS_INCIDENTS_IDENTITY_INCIDENTS_H
#define KANSOKU_ANALYSIS_INCIDENTS_IDENTITY_INCIDENTS_H

#include "data/store/results.h"

#define IDENTITY_ID	30001	/* incident numbers of these begin here */
#define IDENTITY_QUIET	6
#define IDENTITY_LEAST	2	/* rounds that must say it */

/* Judges the rounds that are new, or all of them if fresh, and writes the incidents.  In a
 * transaction; 0, or -1 with a reason in store_error, or "" without memory. */
int	 identity_incidents_write(struct store *, bool fresh);

#endif
