/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs for a second thread: bytes that it is handed in order, many at a time.
 *
 * The first thread writes jobs into chunks, the second handles them while the first
 * goes on; when all chunks are full the first waits.  The thread is started when the
 * first chunk is full, so that little work costs none; where the system gives no
 * thread everything is handled by the first, with the same result.
 *
 * What the handler uses is its own from work_queue_add to work_queue_finish.
 */
#ifndef KANSOKU_DATA_LIB_WORK_QUEUE_H
#define KANSOKU_DATA_LIB_WORK_QUEUE_H

#include <stddef.h>

struct work_queue;

/* Bytes that change hands at once: some thousand keys. */
#define WORK_QUEUE_CHUNK	(256u << 10)
#define WORK_QUEUE_MOST	(WORK_QUEUE_CHUNK - 16)	/* bytes of a job */

/* The job is borrowed, and aligned for any type. */
typedef void work_queue_fn(void *arg, const void *job, size_t len);

/* NULL without memory. */
struct work_queue	*work_queue_new(unsigned chunks, work_queue_fn *, void *arg);
void		 work_queue_free(struct work_queue *);	/* finishes first; NULL is fine */
/* Room for one more job of at most WORK_QUEUE_MOST bytes, to be filled before the next
 * call.  It may wait. */
void		*work_queue_add(struct work_queue *, size_t len);
/* Lets the other thread begin with what there is. */
void		 work_queue_pass(struct work_queue *);
/* All jobs are done, and what the handler uses is the caller's again. */
void		 work_queue_finish(struct work_queue *);

#endif
