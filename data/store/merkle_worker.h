/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The leaves of the log's trees, hashed by a second thread while the first one
 * stores the rows: hashing a key costs twice what inserting it does.
 *
 * Records are copied, and hashed in the order in which they were given
 * (data/lib/work_queue.h).  From merkle_worker_add to merkle_worker_finish the round's trees and salts
 * belong to the other thread.
 */
#ifndef KANSOKU_DATA_STORE_MERKLE_WORKER_H
#define KANSOKU_DATA_STORE_MERKLE_WORKER_H

#include "data/format/merkle.h"
#include "data/store/leaf_salts.h"

struct merkle_worker;

struct merkle_worker	*merkle_worker_new(void);		/* NULL without memory */
void		 merkle_worker_free(struct merkle_worker *);	/* finishes first; NULL is fine */
/* One more leaf for the tree of that kind, salted by its place in it.  Both must stay until
 * merkle_worker_finish. */
void		 merkle_worker_add(struct merkle_worker *, struct merkle *tree, struct salts *,
		    enum observation_type, const uint8_t *record, size_t len);
/* All leaves are in their trees, and these are the caller's again. */
void		 merkle_worker_finish(struct merkle_worker *);

#endif
