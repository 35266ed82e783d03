/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/work_queue.h"

#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define ALIGN	alignof(max_align_t)

struct chunk {
	size_t	used;
	alignas(ALIGN) uint8_t bytes[WORK_QUEUE_CHUNK];	/* jobs, each behind its head */
};
struct head { alignas(ALIGN) size_t len; };

_Static_assert(sizeof(struct head) <= WORK_QUEUE_CHUNK - WORK_QUEUE_MOST,
    "the longest job fits a chunk");

/* Chunk handed % n is being filled; those from done to handed are the other thread's. */
struct work_queue {
	work_queue_fn	*handle;
	void		*arg;
	unsigned	 n, handed, done;
	bool		 threaded, refused, over;
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 more, less;	/* handed, or done, has grown */
	struct chunk	 chunk[];
};

static size_t
room_of(size_t len)
{
	return sizeof(struct head) + (len + ALIGN - 1) / ALIGN * ALIGN;
}

/* ---- the other thread ---- */

static void
handle_chunk(struct work_queue *v, struct chunk *c)
{
	for (size_t at = 0; at < c->used;) {
		const struct head *h = (const void *)(c->bytes + at);

		v->handle(v->arg, h + 1, h->len);
		at += room_of(h->len);
	}
	c->used = 0;
}

static void *
work_thread(void *arg)
{
	struct work_queue *v = arg;

	pthread_mutex_lock(&v->lock);
	for (;;) {
		while (v->done == v->handed && !v->over)
			pthread_cond_wait(&v->more, &v->lock);
		if (v->done == v->handed)
			break;
		pthread_mutex_unlock(&v->lock);
		handle_chunk(v, &v->chunk[v->done % v->n]);
		pthread_mutex_lock(&v->lock);
		v->done++;
		pthread_cond_signal(&v->less);
	}
	pthread_mutex_unlock(&v->lock);
	return NULL;
}

/* Signals stay the first thread's business. */
static bool
start_thread(struct work_queue *v)
{
	sigset_t all, before;

	if (v->threaded || v->refused)
		return v->threaded;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	v->threaded = pthread_create(&v->thread, NULL, work_thread, v) == 0;
	v->refused = !v->threaded;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return v->threaded;
}

/* ---- this thread ---- */

struct work_queue *
work_queue_new(unsigned chunks, work_queue_fn *fn, void *arg)
{
	struct work_queue *v = calloc(1, sizeof(*v) + chunks * sizeof(v->chunk[0]));

	if (v == NULL)
		return NULL;
	v->handle = fn;
	v->arg = arg;
	v->n = chunks;
	pthread_mutex_init(&v->lock, NULL);	/* these cannot fail without attributes */
	pthread_cond_init(&v->more, NULL);
	pthread_cond_init(&v->less, NULL);
	return v;
}

static struct chunk *
current_chunk(struct work_queue *v)
{
	return &v->chunk[v->handed % v->n];
}

/* The chunk goes over: the next one, as soon as it is empty. */
static void
hand_over(struct work_queue *v)
{
	if (!start_thread(v)) {
		handle_chunk(v, current_chunk(v));
		return;
	}
	pthread_mutex_lock(&v->lock);
	v->handed++;
	pthread_cond_signal(&v->more);
	while (v->handed - v->done == v->n)
		pthread_cond_wait(&v->less, &v->lock);
	pthread_mutex_unlock(&v->lock);
}

void *
work_queue_add(struct work_queue *v, size_t len)
{
	struct chunk *c = current_chunk(v);
	struct head *h;

	if (room_of(len) > WORK_QUEUE_CHUNK - c->used) {
		hand_over(v);
		c = current_chunk(v);
	}
	h = (void *)(c->bytes + c->used);
	h->len = len;
	c->used += room_of(len);
	return h + 1;
}

void
work_queue_pass(struct work_queue *v)
{
	if (current_chunk(v)->used > 0)
		hand_over(v);
}

void
work_queue_finish(struct work_queue *v)
{
	if (!v->threaded) {
		handle_chunk(v, current_chunk(v));
		return;
	}
	work_queue_pass(v);
	pthread_mutex_lock(&v->lock);
	while (v->done != v->handed)
		pthread_cond_wait(&v->less, &v->lock);
	pthread_mutex_unlock(&v->lock);
}

void
work_queue_free(struct work_queue *v)
{
	if (v == NULL)
		return;
	work_queue_finish(v);
	if (v->threaded) {
		pthread_mutex_lock(&v->lock);
		v->over = true;
		pthread_cond_signal(&v->more);
		pthread_mutex_unlock(&v->lock);
		pthread_join(v->thread, NULL);
	}
	pthread_mutex_destroy(&v->lock);
	pthread_cond_destroy(&v->more);
	pthread_cond_destroy(&v->less);
	free(v);
}
