/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/store_thread.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/work_queue.h"

/* 16 MB: while a batch is written, some 0.2 s, the sockets' thread goes on. */
#define CHUNKS	64

struct store_thread {
	struct store	*store;
	struct store_budget *budget;
	struct work_queue	*belt;
	atomic_bool	 failed;
};

/* An observation on its way; what its pointers point to follows it. */
struct copy {
	struct observation o;
	uint8_t		 rest[];
};

#define TEXTS	(FIELDS_MAX + 2)	/* of one observation, at most */

static size_t
texts_of(struct observation *o, struct text *text[TEXTS])
{
	size_t n = 0;

	if (o->type == OBS_ROUND) {
		text[n++] = &o->run.sensor;
		text[n++] = &o->run.overlay;
	} else if (o->type == OBS_KEY) {
		text[n++] = &o->key.raw;
	}
	for (int i = 0; o->fields != NULL && i < o->fields->of[o->type].n; i++) {
		uint8_t type = o->fields->of[o->type].field[i].type;

		if (type == FIELD_TEXT || type == FIELD_BYTES)
			text[n++] = &o->value[i].text;
	}
	return n;
}

/* Where the endpoints that its fields name are pointed to; returns how many there are. */
static size_t
endpoints_of(struct observation *o, const struct endpoint **endpoint[FIELDS_MAX])
{
	size_t n = 0;

	for (int i = 0; o->fields != NULL && i < o->fields->of[o->type].n; i++) {
		if (o->fields->of[o->type].field[i].type == FIELD_ENDPOINT && o->value[i].endpoint != NULL)
			endpoint[n++] = &o->value[i].endpoint;
	}
	return n;
}

static void
add(struct store_thread *c, const struct observation *o)
{
	uint64_t before = store_written(c->store);

	if (atomic_load(&c->failed) || (c->budget != NULL && store_budget_refuses(c->budget, o)))
		return;
	if (store_add(c->store, o) != 0)
		atomic_store(&c->failed, true);
	else if (c->budget != NULL)
		store_budget_spend(c->budget, o, store_written(c->store) - before);
}

static void
add_copy(void *arg, const void *job, size_t len)
{
	(void)len;
	add(arg, &((const struct copy *)job)->o);
}

struct store_thread *
store_thread_new(struct store *s, struct store_budget *budget)
{
	struct store_thread *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->store = s;
	c->budget = budget;
	if ((c->belt = work_queue_new(CHUNKS, add_copy, c)) != NULL)
		return c;
	free(c);
	return NULL;
}

void
store_thread_free(struct store_thread *c)
{
	if (c == NULL)
		return;
	work_queue_free(c->belt);
	free(c);
}

/* Copies n bytes to *at and moves it on. */
static const void *
append_bytes(uint8_t **at, const void *bytes, size_t n)
{
	const uint8_t *from = *at;

	if (n > 0)
		memcpy(*at, bytes, n);
	*at += n;
	return from;
}

int
store_thread_add(struct store_thread *c, const struct observation *o)
{
	struct observation with = *o;
	struct text *text[TEXTS];
	const struct endpoint **endpoint[FIELDS_MAX];
	size_t n = texts_of(&with, text), len = 0;
	size_t via = with.type == OBS_QUERY ? with.query.nvia * sizeof(*with.query.via) : 0;
	size_t named = endpoints_of(&with, endpoint) * sizeof(struct endpoint);
	struct copy *copy;
	uint8_t *at;

	for (size_t i = 0; i < n; i++)
		len += text[i]->len;
	len += named;
	if (len + via > WORK_QUEUE_MOST - sizeof(*copy)) {	/* no peer can say so much */
		if (store_thread_finish(c) == 0)
			add(c, o);
		return store_thread_finish(c);
	}
	copy = work_queue_add(c->belt, sizeof(*copy) + via + len);
	at = copy->rest;
	if (via > 0)	/* first: it wants to be aligned */
		with.query.via = append_bytes(&at, with.query.via, via);
	for (size_t i = 0; i < named / sizeof(struct endpoint); i++)
		*endpoint[i] = append_bytes(&at, *endpoint[i], sizeof(struct endpoint));
	for (size_t i = 0; i < n; i++)
		text[i]->p = append_bytes(&at, text[i]->p, text[i]->len);
	copy->o = with;
	return atomic_load(&c->failed) ? store_thread_finish(c) : 0;
}

void
store_thread_pass(struct store_thread *c)
{
	work_queue_pass(c->belt);
}

int
store_thread_finish(struct store_thread *c)
{
	work_queue_finish(c->belt);
	return atomic_load(&c->failed) ? -1 : 0;
}
