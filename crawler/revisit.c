/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/revisit.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/hash_table.h"

struct dialled_node {
	uint32_t	set;				/* 1, as hash_table wants it */
	uint8_t		key[ENDPOINT_PACKED + 1];	/* the endpoint, packed */
	int64_t		t_ms;
};

struct revisit {
	struct hash_table nodes;
	int64_t		 span_ms;
};

struct revisit *
revisit_new(int64_t span_ms)
{
	struct revisit *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->span_ms = span_ms;
	hash_table_init(&r->nodes, sizeof(struct dialled_node), offsetof(struct dialled_node, key),
	    sizeof(((struct dialled_node *)0)->key));
	return r;
}

void
revisit_free(struct revisit *r)
{
	if (r != NULL)
		hash_table_free(&r->nodes);
	free(r);
}

static struct dialled_node *
find(const struct revisit *r, struct endpoint e, uint8_t key[ENDPOINT_PACKED + 1])
{
	memset(key, 0, ENDPOINT_PACKED + 1);
	endpoint_pack(key, e);
	return hash_table_find(&r->nodes, key);
}

struct moment { int64_t span_ms, now_ms; };

static bool
is_resting(const void *entry, const void *arg)
{
	const struct moment *m = arg;

	return ((const struct dialled_node *)entry)->t_ms + m->span_ms > m->now_ms;
}

int
revisit_note(struct revisit *r, struct endpoint e, int64_t t_ms)
{
	uint8_t key[ENDPOINT_PACKED + 1];
	struct dialled_node *d = find(r, e, key);

	if (d == NULL) {
		if (r->nodes.n >= LIMIT_REVISIT)
			return 0;	/* revisit_is_due lets nobody else be dialled */
		if ((d = hash_table_add(&r->nodes, key)) == NULL)
			return -1;
		d->set = 1;
		d->t_ms = t_ms;
	}
	if (t_ms > d->t_ms)
		d->t_ms = t_ms;
	return 0;
}

bool
revisit_is_due(struct revisit *r, struct endpoint e, int64_t now_ms)
{
	uint8_t key[ENDPOINT_PACKED + 1];
	const struct dialled_node *d = find(r, e, key);

	if (d != NULL)
		return d->t_ms + r->span_ms <= now_ms;
	return r->nodes.n < LIMIT_REVISIT || (hash_table_keep(&r->nodes, is_resting,
	    &(struct moment){ r->span_ms, now_ms }) == 0 && r->nodes.n < LIMIT_REVISIT);
}
