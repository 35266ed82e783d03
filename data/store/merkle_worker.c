/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/merkle_worker.h"

#include <stdlib.h>
#include <string.h>

#include "data/lib/work_queue.h"

/*
 * 16 MB of records before the first thread waits for the second.  While keys
 * come in the first is the faster one, while their rows are written it gives
 * none: so large a store keeps both busy through a batch.
 */
#define CHUNKS	64

struct job {
	struct merkle	*tree;
	struct salts	*salts;
	enum observation_type type;
	uint8_t		 record[];
};

struct merkle_worker { struct work_queue *belt; };

static void
hash(const struct job *job, const uint8_t *record, size_t len)
{
	uint8_t leaf[MERKLE_HASH];

	merkle_leaf(leaf, salts_get(job->salts, job->type, job->tree->n), record, len);
	merkle_add(job->tree, leaf);
}

static void
hash_job(void *arg, const void *bytes, size_t len)
{
	const struct job *job = bytes;

	(void)arg;
	hash(job, job->record, len - sizeof(*job));
}

struct merkle_worker *
merkle_worker_new(void)
{
	struct merkle_worker *v = calloc(1, sizeof(*v));

	if (v != NULL && (v->belt = work_queue_new(CHUNKS, hash_job, NULL)) != NULL)
		return v;
	free(v);
	return NULL;
}

void
merkle_worker_add(struct merkle_worker *v, struct merkle *tree, struct salts *salts,
    enum observation_type type, const uint8_t *record, size_t len)
{
	const struct job what = { .tree = tree, .salts = salts, .type = type };
	struct job *job;

	if (len > WORK_QUEUE_MOST - sizeof(*job)) {	/* no chunk holds it */
		work_queue_finish(v->belt);
		hash(&what, record, len);
		return;
	}
	job = work_queue_add(v->belt, sizeof(*job) + len);
	*job = what;
	memcpy(job->record, record, len);
}

void
merkle_worker_finish(struct merkle_worker *v)
{
	work_queue_finish(v->belt);
}

void
merkle_worker_free(struct merkle_worker *v)
{
	if (v == NULL)
		return;
	work_queue_free(v->belt);
	free(v);
}
