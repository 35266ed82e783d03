/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/rate.h"

#include <math.h>
#include <stdlib.h>

#include "data/lib/hash_table.h"

void
bucket_init(struct bucket *b, double rate, double burst, int64_t now_ms)
{
	*b = (struct bucket){ rate, burst < 1 ? 1 : burst, burst < 1 ? 1 : burst, now_ms };
}

static double
tokens_at(const struct bucket *b, int64_t now_ms)
{
	double passed = now_ms > b->at_ms ? (double)(now_ms - b->at_ms) : 0;

	return fmin(b->burst, b->tokens + passed * b->rate / 1000);
}

bool
bucket_take(struct bucket *b, int64_t now_ms)
{
	if (b->rate <= 0)
		return true;
	b->tokens = tokens_at(b, now_ms);
	b->at_ms = now_ms;
	if (b->tokens < 1)
		return false;
	b->tokens -= 1;
	return true;
}

int64_t
bucket_wait(const struct bucket *b, int64_t now_ms)
{
	double missing = b->rate <= 0 ? 0 : 1 - tokens_at(b, now_ms);

	return missing <= 0 ? 0 : (int64_t)ceil(missing * 1000 / b->rate);
}

/* ---- quotas per key ---- */

struct quota_entry {
	uint32_t	in_use;		/* 1 */
	uint32_t	key;
	uint32_t	open;
	uint32_t	used;		/* since the last reset */
	uint32_t	waiting;	/* who are first, and have no place yet */
	float		tokens;
	int64_t		at_ms;
};

struct quota {
	struct quota_limits limits;
	struct hash_table table;	/* of quota_entry */
};

struct quota *
quota_new(const struct quota_limits *limits)
{
	struct quota *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->limits = *limits;
	hash_table_init(&q->table, sizeof(struct quota_entry), offsetof(struct quota_entry, key),
	    sizeof(uint32_t));
	return q;
}

void
quota_free(struct quota *q)
{
	if (q != NULL)
		hash_table_free(&q->table);
	free(q);
}

static bool
is_busy(const void *entry, const void *arg)
{
	const struct quota_entry *e = entry;

	(void)arg;
	return e->open != 0 || e->waiting != 0;
}

/* Keeps the keys that have something open; without memory, all of them. */
static void
forget_idle(struct quota *q)
{
	(void)hash_table_keep(&q->table, is_busy, NULL);
}

static struct quota_entry *
find_or_add(struct quota *q, uint32_t key, int64_t now_ms)
{
	struct quota_entry *e = hash_table_find(&q->table, &key);

	if (e != NULL)
		return e;
	if (q->table.n >= q->limits.keys)
		forget_idle(q);
	if (q->table.n >= q->limits.keys || (e = hash_table_add(&q->table, &key)) == NULL)
		return NULL;
	/* A full bucket: a sixth of a minute's worth may go at once. */
	*e = (struct quota_entry){ .in_use = 1, .key = key, .at_ms = now_ms,
		.tokens = (float)fmax(1, q->limits.per_minute / 6) };
	return e;
}

static bool
take_token(const struct quota *q, struct quota_entry *e, int64_t now_ms)
{
	struct bucket b;
	bool got;

	bucket_init(&b, q->limits.per_minute / 60, q->limits.per_minute / 6, e->at_ms);
	b.tokens = e->tokens;
	got = bucket_take(&b, now_ms);
	e->tokens = (float)b.tokens;
	e->at_ms = b.at_ms;
	return got;
}

enum quota_answer
quota_open(struct quota *q, uint32_t key, int64_t now_ms, bool first)
{
	struct quota_entry *e = find_or_add(q, key, now_ms);

	if (e == NULL || (!first && e->waiting > 0) || (q->limits.open > 0 && e->open >= q->limits.open))
		return QUOTA_LATER;
	if (q->limits.total > 0 && e->used >= q->limits.total)
		return QUOTA_SPENT;
	if (!take_token(q, e, now_ms))
		return QUOTA_LATER;
	e->open++;
	e->used++;
	return QUOTA_OK;
}

void
quota_close(struct quota *q, uint32_t key)
{
	struct quota_entry *e = hash_table_find(&q->table, &key);

	if (e != NULL && e->open > 0)
		e->open--;
}

void
quota_wait(struct quota *q, uint32_t key, int by)
{
	struct quota_entry *e = hash_table_find(&q->table, &key);

	if (e != NULL && (by > 0 || e->waiting > 0))
		e->waiting += (uint32_t)by;
}

void
quota_reset(struct quota *q)
{
	/* A bucket that is not full yet is forgotten as well: one burst too
	 * many for its key, once a round. */
	forget_idle(q);
	for (struct quota_entry *e = NULL; (e = hash_table_next(&q->table, e)) != NULL;)
		e->used = e->waiting = 0;
}
