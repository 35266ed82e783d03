/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/leaves.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK	(256u << 10)	/* bytes of records that change hands at once: some 1,500 keys */
/*
 * 16 MB of records before the first thread waits for the second.  While keys
 * come in the first is the faster one, while their rows are written it gives
 * none: so large a store keeps both busy through a batch.
 */
#define CHUNKS	64u

struct chunk {
	size_t	used;
	uint8_t	bytes[CHUNK];	/* jobs, each followed by its record */
};
struct job {
	struct log_round *round;
	size_t		 len;
	enum observation_type tree;
};

/* Chunk handed % CHUNKS is being filled; those from done to handed are the other thread's. */
struct leaves {
	struct chunk	 chunk[CHUNKS];
	unsigned	 handed, done;
	bool		 threaded, refused, over;
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 more, less;	/* handed, or done, has grown */
};

/* ---- hashing ---- */

static void
hash(const struct job *job, const uint8_t *record)
{
	struct merkle *tree = &job->round->tree[job->tree];
	uint8_t leaf[MERKLE_HASH];

	merkle_leaf(leaf, salts_get(&job->round->salts, job->tree, tree->n), record, job->len);
	merkle_add(tree, leaf);
}

static void
hash_chunk(struct chunk *c)
{
	struct job job;

	for (size_t at = 0; at < c->used; at += sizeof(job) + job.len) {
		memcpy(&job, c->bytes + at, sizeof(job));
		hash(&job, c->bytes + at + sizeof(job));
	}
	c->used = 0;
}

/* ---- the other thread ---- */

static void *
work(void *arg)
{
	struct leaves *v = arg;

	pthread_mutex_lock(&v->lock);
	for (;;) {
		while (v->done == v->handed && !v->over)
			pthread_cond_wait(&v->more, &v->lock);
		if (v->done == v->handed)
			break;
		pthread_mutex_unlock(&v->lock);
		hash_chunk(&v->chunk[v->done % CHUNKS]);
		pthread_mutex_lock(&v->lock);
		v->done++;
		pthread_cond_signal(&v->less);
	}
	pthread_mutex_unlock(&v->lock);
	return NULL;
}

/* Signals stay the first thread's business. */
static bool
start(struct leaves *v)
{
	sigset_t all, before;

	if (v->threaded || v->refused)
		return v->threaded;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	v->threaded = pthread_create(&v->thread, NULL, work, v) == 0;
	v->refused = !v->threaded;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return v->threaded;
}

/* ---- this thread ---- */

struct leaves *
leaves_new(void)
{
	struct leaves *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	pthread_mutex_init(&v->lock, NULL);	/* these cannot fail without attributes */
	pthread_cond_init(&v->more, NULL);
	pthread_cond_init(&v->less, NULL);
	return v;
}

static struct chunk *
filling(struct leaves *v)
{
	return &v->chunk[v->handed % CHUNKS];
}

/* The chunk is full: the next one, as soon as it is empty. */
static void
hand_over(struct leaves *v)
{
	if (!start(v)) {
		hash_chunk(filling(v));
		return;
	}
	pthread_mutex_lock(&v->lock);
	v->handed++;
	pthread_cond_signal(&v->more);
	while (v->handed - v->done == CHUNKS)
		pthread_cond_wait(&v->less, &v->lock);
	pthread_mutex_unlock(&v->lock);
}

void
leaves_add(struct leaves *v, struct log_round *round, enum observation_type tree,
    const uint8_t *record, size_t len)
{
	const struct job job = { round, len, tree };
	struct chunk *c = filling(v);

	if (len > CHUNK - sizeof(job)) {	/* no chunk holds it */
		leaves_finish(v);
		hash(&job, record);
		return;
	}
	if (sizeof(job) + len > CHUNK - c->used) {
		hand_over(v);
		c = filling(v);
	}
	memcpy(c->bytes + c->used, &job, sizeof(job));
	memcpy(c->bytes + c->used + sizeof(job), record, len);
	c->used += sizeof(job) + len;
}

void
leaves_finish(struct leaves *v)
{
	if (!v->threaded) {
		hash_chunk(filling(v));
		return;
	}
	if (filling(v)->used > 0)
		hand_over(v);
	pthread_mutex_lock(&v->lock);
	while (v->done != v->handed)
		pthread_cond_wait(&v->less, &v->lock);
	pthread_mutex_unlock(&v->lock);
}

void
leaves_free(struct leaves *v)
{
	if (v == NULL)
		return;
	leaves_finish(v);
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
