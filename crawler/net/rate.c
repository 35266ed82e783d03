/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/rate.h"

#include <math.h>
#include <stdlib.h>

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

/* ---- quotas per key: an open-addressing table, at most three quarters full ---- */

struct entry {
	uint32_t	key;
	uint32_t	open;
	uint32_t	used;		/* since the last reset */
	float		tokens;
	int64_t		at_ms;		/* 0: an empty place */
};

struct quota {
	struct quota_limits limits;
	struct entry	*entry;
	size_t		 room, n;	/* room is a power of two */
};

#define ROOM_MIN	64

struct quota *
quota_new(const struct quota_limits *limits)
{
	struct quota *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->limits = *limits;
	q->room = ROOM_MIN;
	if ((q->entry = calloc(q->room, sizeof(*q->entry))) == NULL) {
		free(q);
		return NULL;
	}
	return q;
}

void
quota_free(struct quota *q)
{
	if (q != NULL)
		free(q->entry);
	free(q);
}

size_t
quota_keys(const struct quota *q)
{
	return q->n;
}

/* The place of a key, or the empty place where it would go. */
static struct entry *
place(struct entry *table, size_t room, uint32_t key)
{
	size_t i = (size_t)(key * UINT32_C(2654435769)) >> 7 & (room - 1);

	while (table[i].at_ms != 0 && table[i].key != key)
		i = (i + 1) & (room - 1);
	return &table[i];
}

/* Moves the entries worth keeping to a table of another size. */
static bool
rebuild(struct quota *q, size_t room, bool keep_idle)
{
	struct entry *table = calloc(room, sizeof(*table));
	size_t n = 0;

	if (table == NULL)
		return false;
	for (size_t i = 0; i < q->room; i++)
		if (q->entry[i].at_ms != 0 && (keep_idle || q->entry[i].open > 0)) {
			*place(table, room, q->entry[i].key) = q->entry[i];
			n++;
		}
	free(q->entry);
	q->entry = table;
	q->room = room;
	q->n = n;
	return true;
}

static struct entry *
find_or_add(struct quota *q, uint32_t key, int64_t now_ms)
{
	struct entry *e = place(q->entry, q->room, key);

	if (e->at_ms != 0)
		return e;
	if (q->n >= q->limits.keys && (!rebuild(q, q->room, false) || q->n >= q->limits.keys))
		return NULL;
	if (q->n >= q->room / 4 * 3 && !rebuild(q, q->room * 2, true))
		return NULL;
	e = place(q->entry, q->room, key);
	/* A full bucket: a sixth of a minute's worth may go at once. */
	*e = (struct entry){ .key = key, .at_ms = now_ms > 0 ? now_ms : 1,
		.tokens = (float)fmax(1, q->limits.per_minute / 6) };
	q->n++;
	return e;
}

static bool
take_token(const struct quota *q, struct entry *e, int64_t now_ms)
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
quota_open(struct quota *q, uint32_t key, int64_t now_ms)
{
	struct entry *e = find_or_add(q, key, now_ms);

	if (e == NULL || (q->limits.open > 0 && e->open >= q->limits.open))
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
	struct entry *e = place(q->entry, q->room, key);

	if (e->at_ms != 0 && e->open > 0)
		e->open--;
}

void
quota_reset(struct quota *q)
{
	size_t room = ROOM_MIN, busy = 0;

	/* A bucket that is not full yet is forgotten as well: one burst too
	 * many for its key, once a round. */
	for (size_t i = 0; i < q->room; i++)
		busy += q->entry[i].at_ms != 0 && q->entry[i].open > 0;
	while (busy >= room / 4 * 3)
		room *= 2;
	(void)rebuild(q, room, false);	/* else the old table goes on serving */
	for (size_t i = 0; i < q->room; i++)
		q->entry[i].used = 0;
}
