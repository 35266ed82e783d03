/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/panel.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "crawler/net/block.h"
#include "data/lib/hash_table.h"
#include "data/lib/utctime.h"

enum place { PLACE_NONE, PLACE_DIALLED, PLACE_HELD };

struct member {
	uint32_t	set;			/* 1, as hash_table wants it */
	uint8_t		key[ENDPOINT_PACKED + 1];	/* the endpoint, packed */
	int64_t		answered_ms, ended_ms;	/* last time that it did; UNKNOWN */
	int64_t		counted_ms;		/* its exposure is told up to here */
	uint64_t	rank;			/* the lowest are chosen */
	enum place	place;
};
_Static_assert((ENDPOINT_PACKED + 1) % 4 == 0, "as hash_table wants it");

struct panel {
	struct hash_table members;
	size_t		 target, placed, held;
	int64_t		 next_ms;		/* no dial before */
	uint8_t		 key[PANEL_KEY];
};

struct panel *
panel_new(size_t target, const uint8_t key[PANEL_KEY])
{
	struct panel *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->target = target;
	p->next_ms = INT64_MIN;
	memcpy(p->key, key, sizeof(p->key));
	hash_table_init(&p->members, sizeof(struct member), offsetof(struct member, key),
	    sizeof(((struct member *)0)->key));
	return p;
}

void
panel_free(struct panel *p)
{
	if (p != NULL)
		hash_table_free(&p->members);
	free(p);
}

static void
key_of(uint8_t key[ENDPOINT_PACKED + 1], struct endpoint e)
{
	memset(key, 0, ENDPOINT_PACKED + 1);
	endpoint_pack(key, e);
}

static struct member *
find(const struct panel *p, struct endpoint e)
{
	uint8_t key[ENDPOINT_PACKED + 1];

	key_of(key, e);
	return hash_table_find(&p->members, key);
}

/* Is it held, or did a day not make it uninteresting yet? */
static bool
is_of_use(const void *entry, const void *now_ms)
{
	const struct member *m = entry;
	int64_t since = *(const int64_t *)now_ms - DAY_MS;

	return m->place != PLACE_NONE || m->answered_ms > since || m->ended_ms > since;
}

/* The member, added if need be; NULL without memory, or without room. */
static struct member *
member_of(struct panel *p, struct endpoint e, int64_t now_ms)
{
	struct member *m = find(p, e);
	uint8_t key[ENDPOINT_PACKED + 1];

	if (m != NULL)
		return m;
	if (p->members.n >= LIMIT_PANEL && (hash_table_keep(&p->members, is_of_use, &now_ms) != 0 || p->members.n >= LIMIT_PANEL))
		return NULL;
	key_of(key, e);
	if ((m = hash_table_add(&p->members, key)) == NULL)
		return NULL;
	m->set = 1;
	m->answered_ms = m->ended_ms = INT64_MIN / 2;
	crypto_shorthash((uint8_t *)&m->rank, key, sizeof(key), p->key);
	return m;
}

int
panel_candidate(struct panel *p, struct endpoint e, int64_t answered_ms)
{
	struct member *m = member_of(p, e, answered_ms);

	if (m == NULL)
		return p->members.n >= LIMIT_PANEL ? 0 : -1;	/* enough are known */
	if (answered_ms > m->answered_ms)
		m->answered_ms = answered_ms;
	return 0;
}

int
panel_rest(struct panel *p, struct endpoint e, int64_t ended_ms)
{
	struct member *m = member_of(p, e, ended_ms);

	if (m == NULL)
		return p->members.n >= LIMIT_PANEL ? 0 : -1;
	if (ended_ms > m->ended_ms)
		m->ended_ms = ended_ms;
	return 0;
}

/* ---- the choice ------------------------------------------------------------------- */

/* A /16 of IPv4, a /32 of IPv6, as nodes count networks; whole addresses elsewhere. */
static bool
same_network(const struct member *a, const struct member *b)
{
	size_t n = a->key[0] == 1 ? 2 : a->key[0] == 2 ? 4 : ADDRESS_MAX;

	return memcmp(a->key, b->key, 1 + n) == 0;
}

static struct endpoint
endpoint_of(const struct member *m)
{
	struct endpoint e = { .port = 0 };

	endpoint_unpack(&e, m->key, sizeof(m->key));
	return e;
}

/* One link a node whatever ports it has, and few in its network; a lab is all in one. */
static bool
is_crowded(const struct panel *p, const struct member *m)
{
	struct endpoint e = endpoint_of(m);
	size_t neighbours = 0;

	if (address_is_loopback(e))
		return false;
	for (struct member *x = NULL; (x = hash_table_next(&p->members, x)) != NULL;) {
		if (x->place == PLACE_NONE || !same_network(x, m))
			continue;
		if (memcmp(x->key, m->key, 1 + network_length(e.net)) == 0 || ++neighbours >= LIMIT_HELD_NETWORK)
			return true;
	}
	return false;
}

static bool
may_be_dialled(const struct member *m, int64_t now_ms)
{
	return m->place == PLACE_NONE && m->answered_ms + DAY_MS > now_ms && m->ended_ms + DAY_MS <= now_ms;
}

bool
panel_next(struct panel *p, int64_t now_ms, struct endpoint *e)
{
	struct member *best = NULL;

	if (p->placed >= p->target || now_ms < p->next_ms)
		return false;
	p->next_ms = now_ms + LIMIT_HOLD_EVERY_MS;
	for (struct member *m = NULL; (m = hash_table_next(&p->members, m)) != NULL;) {
		if (may_be_dialled(m, now_ms) && (best == NULL || m->rank < best->rank) && !is_crowded(p, m))
			best = m;
	}
	if (best == NULL)
		return false;
	best->place = PLACE_DIALLED;
	p->placed++;
	*e = endpoint_of(best);
	return true;
}

void
panel_up(struct panel *p, struct endpoint e, int64_t now_ms)
{
	struct member *m = find(p, e);

	if (m == NULL || m->place != PLACE_DIALLED)
		return;
	m->place = PLACE_HELD;
	m->counted_ms = now_ms;
	p->held++;
}

void
panel_lost(struct panel *p, struct endpoint e, int64_t now_ms, bool refused)
{
	struct member *m = find(p, e);

	if (m == NULL || m->place == PLACE_NONE)
		return;
	p->held -= m->place == PLACE_HELD;
	p->placed--;
	m->place = PLACE_NONE;
	if (refused)
		m->ended_ms = now_ms;
}

bool
panel_holds(const struct panel *p, struct endpoint e)
{
	const struct member *m = find(p, e);

	return m != NULL && m->place != PLACE_NONE;
}

int64_t
panel_exposure(struct panel *p, struct endpoint e, int64_t now_ms)
{
	struct member *m = find(p, e);
	int64_t since;

	if (m == NULL || m->place != PLACE_HELD)
		return 0;
	since = now_ms - m->counted_ms;
	m->counted_ms = now_ms;
	m->answered_ms = now_ms > m->answered_ms ? now_ms : m->answered_ms;
	return since;
}

size_t
panel_held(const struct panel *p)
{
	return p->held;
}
