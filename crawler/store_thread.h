/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the thread of the sockets to that of the store.
 *
 * Peers do not wait while rows are written: observations are copied, and a second
 * thread adds them to the store in the order in which they came (data/lib/work_queue.h).
 * The store is that thread's from scribe_add to scribe_finish, and the caller's at
 * all other times, when rounds are opened and completed.
 */
#ifndef KANSOKU_CRAWLER_STORE_THREAD_H
#define KANSOKU_CRAWLER_STORE_THREAD_H

#include "data/store/store.h"

struct scribe;

/* NULL without memory.  The store stays the caller's to close. */
struct scribe	*scribe_new(struct store *);
void		 scribe_free(struct scribe *);		/* finishes first; NULL is fine */
/*
 * Both: -1 if the store failed, now or earlier; what came after that was not added.
 * Then the caller has the store again, and store_error says why.
 */
int		 scribe_add(struct scribe *, const struct observation *);
int		 scribe_finish(struct scribe *);
/* Lets the store have what there is; to be called now and then when little comes. */
void		 scribe_pass(struct scribe *);

#endif
