/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A toy overlay in memory: rounds of digests for the parts of the analysis that
 * judge, without a database.  Everything follows from the seed.
 */
#ifndef KANSOKU_TESTS_TOY_H
#define KANSOKU_TESTS_TOY_H

#include <stdlib.h>
#include <string.h>

#include "analysis/detect/classify.h"
#include "node/winny/fields.h"

#define TOY_NODES	60000
#define TOY_ONLINE	400
#define TOY_ROUND_MS	1500000
#define TOY_START_MS	INT64_C(1274400000000)	/* 2010-05-21 */
#define TOY_PEERS	60	/* the first nodes, always there: they deliver, and answer us */

struct toy {
	struct members	members;
	struct window	window;
	struct address_space	space;
	struct round_digest	*round;		/* under way */
	ARRAY_OF(struct named) named;
	ARRAY_OF(struct source) source;
	ARRAY_OF(struct link) link;
	ARRAY_OF(struct claim) claim;
	ARRAY_OF(struct visit) visit;
	ARRAY_OF(struct peer_total) peer;
	uint32_t	online[TOY_ONLINE];
	uint64_t	seed;
	bool		*bogus;		/* by node */
};

static inline uint32_t
toy_random(struct toy *t, uint32_t below)
{
	t->seed ^= t->seed << 13;
	t->seed ^= t->seed >> 7;
	t->seed ^= t->seed << 17;
	return (uint32_t)((t->seed >> 20) % below);
}

static inline uint32_t
toy_node(struct toy *t, uint32_t ip, uint16_t port)
{
	struct members *ms = &t->members;
	uint32_t id = (uint32_t)ms->m.n++;

	if (id >= TOY_NODES)
		abort();
	ms->of[id] = id;
	ms->m.p[id] = (struct member){ .node = id, .endpoint = endpoint_ipv4(ip, port) };
	ms->m.p[id].settled.contact = UNKNOWN;
	return id;
}

/* Somebody who really runs a node: in one of eight /16s. */
static inline uint32_t
toy_genuine(struct toy *t)
{
	static const uint32_t net[8] = { 0x3a58, 0x3c22, 0x7712, 0x7ac8, 0x7d1e, 0xd2a0, 0xdb73, 0xde0b };

	return toy_node(t, net[toy_random(t, 8)] << 16 | toy_random(t, 65536),
	    (uint16_t)(1024 + toy_random(t, 30000)));
}

static inline uint32_t
toy_made_up(struct toy *t)
{
	uint32_t id = toy_node(t, toy_random(t, UINT32_MAX), (uint16_t)(1 + toy_random(t, 65535)));

	t->bogus[id] = true;
	return id;
}

static inline void
toy_open(struct toy *t, uint64_t seed)
{
	int bad = 0;

	memset(t, 0, sizeof(*t));
	t->seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	bad |= array_reach(&t->members.m, TOY_NODES) | array_reach(&t->window.round, 1000);
	t->members.m.n = 1;	/* nobody */
	t->window.round.n = 0;
	t->members.of = calloc(TOY_NODES, sizeof(*t->members.of));
	t->bogus = calloc(TOY_NODES, sizeof(*t->bogus));
	if (bad || t->members.of == NULL || t->bogus == NULL || !address_space_load(&t->space, winny_fields.unrelayed))
		abort();
	for (size_t i = 0; i < TOY_ONLINE; i++)
		t->online[i] = toy_genuine(t);
}

static inline void
toy_close(struct toy *t)
{
	for (size_t i = 0; i < t->window.round.n; i++)
		round_digest_free(t->window.round.p[i]);
	index_free(&t->window.hashes);
	array_free(&t->window.round);
	array_free(&t->members.m);
	free(t->members.of);
	free(t->bogus);
}

/* ---- rounds ---- */

/* One more item at the end of an array, zeroed. */
#define toy_add(a) (array_reach(a, (a)->n + 1) != 0 ? abort() : (void)0, &(a)->p[(a)->n - 1])

static inline void
toy_begin(struct toy *t)
{
	struct round_digest *d = calloc(1, sizeof(*d));

	if (d == NULL)
		abort();
	d->round = (uint32_t)t->window.round.n + 1;
	d->complete = true;
	d->start_ms = TOY_START_MS + (int64_t)t->window.round.n * TOY_ROUND_MS;
	d->end_ms = d->start_ms + TOY_ROUND_MS - 10000;
	t->round = d;
}

/* A key of this hash names the source; one of the peers delivers it. */
static inline void
toy_key(struct toy *t, uint32_t node, uint64_t hash, uint16_t ttl)
{
	uint32_t peer = t->online[toy_random(t, TOY_PEERS)];
	struct source *s = toy_add(&t->source);
	struct link *l = toy_add(&t->link);
	struct claim *c = toy_add(&t->claim);
	struct named *n = toy_add(&t->named);

	*n = (struct named){ node, SEEN_KEY };
	*s = (struct source){ .node = node, .link = (uint32_t)t->link.n - 1,
	    .claim = (uint32_t)t->claim.n - 1, .first_peer = peer, .links = 1, .claims = 1,
	    .ttl = ttl };
	*l = (struct link){ node, peer, 1, ttl };
	*c = (struct claim){ hash, node, index_add(&t->window.hashes, hash) };
}

static inline int
toy_by_node(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Sources ascend by node, as digests have them; names and visits as well. */
static inline void
toy_end(struct toy *t)
{
	struct round_digest *d = t->round;

	for (uint32_t i = 0; i < TOY_PEERS; i++)
		*toy_add(&t->peer) = (struct peer_total){ t->online[i], 1, 1 };
	if (t->source.n > 0) {
		qsort(t->source.p, t->source.n, sizeof(struct source), toy_by_node);
		qsort(t->named.p, t->named.n, sizeof(struct named), toy_by_node);
	}
	if (t->visit.n > 0)
		qsort(t->visit.p, t->visit.n, sizeof(struct visit), toy_by_node);
#define TOY_HAND(list) (d->list.any = t->list.any, memset(&t->list, 0, sizeof(t->list)))
	TOY_HAND(named);
	TOY_HAND(source);
	TOY_HAND(link);
	TOY_HAND(claim);
	TOY_HAND(visit);
	TOY_HAND(peer);
#undef TOY_HAND
	t->window.round.p[t->window.round.n++] = d;
}

/* The genuine ones of a round: some leave for others, nine of ten are named. */
static inline void
toy_genuine_keys(struct toy *t)
{
	for (size_t i = 0; i < TOY_ONLINE; i++) {
		if (i >= TOY_PEERS && toy_random(t, 100) < 5)
			t->online[i] = toy_genuine(t);
		if (toy_random(t, 10) > 0)
			toy_key(t, t->online[i], 1 + toy_random(t, 3000), (uint16_t)(100 + toy_random(t, 1400)));
	}
}

/* Rounds with so many made-up sources in each. */
static inline void
toy_play(struct toy *t, size_t rounds, unsigned made_up)
{
	for (size_t r = 0; r < rounds; r++) {
		toy_begin(t);
		toy_genuine_keys(t);
		for (unsigned k = 0; k < made_up; k++)
			toy_key(t, toy_made_up(t), UINT64_C(1) << 40 | toy_random(t, UINT32_MAX), 1490);
		toy_end(t);
	}
}

/* Settles the oldest open rounds, as analyze does with six hours at a time. */
static inline void
toy_settle(struct toy *t, struct classification *j, struct baseline *b, size_t rounds)
{
	mixture_teach(&j->model, b, rounds);
	for (size_t i = 0; i < rounds; i++)
		members_settle(&t->members, t->window.round.p[t->window.open++]);
}

#endif
