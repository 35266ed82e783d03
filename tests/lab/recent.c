/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/recent.h"

#include <stdlib.h>

#include "data/lib/prng.h"

#define FIRST_ROOM	16384	/* a power of two */

struct entry {
	uint64_t	key;			/* endpoint, 0: free */
	uint32_t	last[RECENT_N];		/* round of the last noting, 0: never */
};

struct recent {
	struct entry	*entry;
	size_t		 n, room;
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
	r->room = FIRST_ROOM;
	if ((r->entry = calloc(r->room, sizeof(*r->entry))) == NULL)
		goto fail;
	for (unsigned s = 0; s < RECENT_N; s++)
		if ((r->count[s] = calloc(r->day, sizeof(*r->count[s]))) == NULL)
			goto fail;
	return r;
fail:
	recent_free(r);
	return NULL;
}

void
recent_free(struct recent *r)
{
	if (r == NULL)
		return;
	for (unsigned s = 0; s < RECENT_N; s++)
		free(r->count[s]);
	free(r->entry);
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

static struct entry *
find(struct entry *all, size_t room, uint64_t key)
{
	size_t at = prng_mix(key) & (room - 1);

	while (all[at].key != 0 && all[at].key != key)
		at = (at + 1) & (room - 1);
	return &all[at];
}

static bool
grow(struct recent *r)
{
	size_t room = r->room * 2;
	struct entry *all = calloc(room, sizeof(*all));

	if (all == NULL)
		return false;
	for (size_t i = 0; i < r->room; i++)
		if (r->entry[i].key != 0)
			*find(all, room, r->entry[i].key) = r->entry[i];
	free(r->entry);
	r->entry = all;
	r->room = room;
	return true;
}

int
recent_note(struct recent *r, enum recent_series s, struct endpoint e)
{
	uint64_t key = (uint64_t)e.ip << 16 | e.port | UINT64_C(1) << 48;
	struct entry *at;

	if (r->n * 3 > r->room * 2 && !grow(r))
		return -1;
	at = find(r->entry, r->room, key);
	if (at->key == 0) {
		at->key = key;
		r->n++;
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
