/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/recent.h"

#include <stdlib.h>

#include "data/lib/hash_table.h"

struct node_key { uint8_t packed[ENDPOINT_PACKED + 1]; };
struct entry {
	uint32_t	in_use;			/* 1 */
	uint32_t	last[RECENT_N];		/* round of the last noting, 0: never */
	struct node_key	node;
};

struct recent {
	struct hash_table table;		/* of entry */
	uint32_t	 day, round;
	uint32_t	*count[RECENT_N];	/* by round modulo day: endpoints last noted then */
	uint32_t	 in_day[RECENT_N];
};

struct recent *
recent_new(uint32_t day)
{
	struct recent *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->day = day > 0 ? day : 1;
	hash_table_init(&r->table, sizeof(struct entry), offsetof(struct entry, node),
	    sizeof(struct node_key));
	for (unsigned s = 0; s < RECENT_N; s++)
		if ((r->count[s] = calloc(r->day, sizeof(*r->count[s]))) == NULL) {
			recent_free(r);
			return NULL;
		}
	return r;
}

void
recent_free(struct recent *r)
{
	if (r == NULL)
		return;
	for (unsigned s = 0; s < RECENT_N; s++)
		free(r->count[s]);
	hash_table_free(&r->table);
	free(r);
}

/* Forgets what is a day old, round by round. */
void
recent_begin(struct recent *r, uint32_t round)
{
	for (uint32_t i = 0; i < r->day && r->round < round; i++) {
		r->round++;
		for (unsigned s = 0; s < RECENT_N; s++) {
			r->in_day[s] -= r->count[s][r->round % r->day];
			r->count[s][r->round % r->day] = 0;
		}
	}
	r->round = round;
}

int
recent_note(struct recent *r, enum recent_series s, struct endpoint e)
{
	struct node_key key = { { 0 } };
	struct entry *at;

	endpoint_pack(key.packed, e);
	if ((at = hash_table_find(&r->table, &key)) == NULL) {
		if ((at = hash_table_add(&r->table, &key)) == NULL)
			return -1;
		at->in_use = 1;
	}
	if (at->last[s] == r->round)
		return 0;
	if (at->last[s] > 0 && at->last[s] + r->day > r->round)
		r->count[s][at->last[s] % r->day]--;
	else
		r->in_day[s]++;
	at->last[s] = r->round;
	r->count[s][r->round % r->day]++;
	return 1;
}

uint32_t
recent_in_round(const struct recent *r, enum recent_series s)
{
	return r->count[s][r->round % r->day];
}

uint32_t
recent_in_day(const struct recent *r, enum recent_series s)
{
	return r->in_day[s];
}
