/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs for a second thread: bytes that it is handed in order, many at a time.
 *
 * The first thread writes jobs into chunks, the second handles them while the first
 * goes on; when all chunks are full the first waits.  The thread is started when the
 * first chunk is full, so that little work costs none; where the system gives no
 * thread everything is handled by the first, with the same result.
 *
 * What the handler uses is its own from conveyor_add to conveyor_finish.
 */
#ifndef KANSOKU_DATA_LIB_WORK_QUEUE_H
#define KANSOKU_DATA_LIB_WORK_QUEUE_H

#include <stddef.h>

struct conveyor;

/* So many bytes change hands at once: some thousand keys. */
#define CONVEYOR_CHUNK	(256u << 10)
#define CONVEYOR_MOST	(CONVEYOR_CHUNK - 16)	/* bytes of a job */

/* The job is borrowed, and aligned for any type. */
typedef void conveyor_fn(void *arg, const void *job, size_t len);

/* NULL without memory. */
struct conveyor	*conveyor_new(unsigned chunks, conveyor_fn *, void *arg);
void		 conveyor_free(struct conveyor *);	/* finishes first; NULL is fine */
/* Room for one more job of at most CONVEYOR_MOST bytes, to be filled before the next call.  May wait. */
void		*conveyor_add(struct conveyor *, size_t len);
/* Lets the other thread begin with what there is. */
void		 conveyor_pass(struct conveyor *);
/* All jobs are done, and what the handler uses is the caller's again. */
void		 conveyor_finish(struct conveyor *);

#endif
