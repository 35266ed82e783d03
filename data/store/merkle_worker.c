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
	struct log_round *round;
	enum observation_type tree;
	uint8_t		 record[];
};

struct leaves { struct conveyor *belt; };

static void
hash(const struct job *job, const uint8_t *record, size_t len)
{
	struct merkle *tree = &job->round->tree[job->tree];
	uint8_t leaf[MERKLE_HASH];

	merkle_leaf(leaf, salts_get(&job->round->salts, job->tree, tree->n), record, len);
	merkle_add(tree, leaf);
}

static void
hash_job(void *arg, const void *bytes, size_t len)
{
	const struct job *job = bytes;

	(void)arg;
	hash(job, job->record, len - sizeof(*job));
}

struct leaves *
leaves_new(void)
{
	struct leaves *v = calloc(1, sizeof(*v));

	if (v != NULL && (v->belt = conveyor_new(CHUNKS, hash_job, NULL)) != NULL)
		return v;
	free(v);
	return NULL;
}

void
leaves_add(struct leaves *v, struct log_round *round, enum observation_type tree,
    const uint8_t *record, size_t len)
{
	const struct job what = { .round = round, .tree = tree };
	struct job *job;

	if (len > CONVEYOR_MOST - sizeof(*job)) {	/* no chunk holds it */
		conveyor_finish(v->belt);
		hash(&what, record, len);
		return;
	}
	job = conveyor_add(v->belt, sizeof(*job) + len);
	*job = what;
	memcpy(job->record, record, len);
}

void
leaves_finish(struct leaves *v)
{
	conveyor_finish(v->belt);
}

void
leaves_free(struct leaves *v)
{
	if (v == NULL)
		return;
	conveyor_free(v->belt);
	free(v);
}
