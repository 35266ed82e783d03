/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread that writes to the store, fed by the thread of the sockets.
 *
 * Peers do not wait while rows are written: observations are copied, and a second
 * thread adds them to the store in the order in which they came (data/lib/work_queue.h).
 * The store is that thread's from store_thread_add to store_thread_finish, and the caller's at
 * all other times, when rounds are opened and completed.
 */
#ifndef KANSOKU_CRAWLER_STORE_THREAD_H
#define KANSOKU_CRAWLER_STORE_THREAD_H

#include "crawler/store_budget.h"
#include "data/store/store.h"

struct store_thread;

/*
 * NULL without memory.  The store stays the caller's to close, and the budget, which may be
 * NULL: what it refuses is not stored.
 */
struct store_thread	*store_thread_new(struct store *, struct store_budget *);
void		 store_thread_free(struct store_thread *);	/* finishes first; NULL is fine */
/*
 * Both: -1 if the store failed, now or earlier; what came after that was not added.
 * Then the caller has the store again, and store_error says why.
 */
int		 store_thread_add(struct store_thread *, const struct observation *);
int		 store_thread_finish(struct store_thread *);
/* Lets the store have what there is; to be called now and then when little comes. */
void		 store_thread_pass(struct store_thread *);

#endif
