/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/members.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/log.h"

/* ---- counting different ones ---- */

static uint64_t
spread(uint64_t k)
{
	k = (k ^ k >> 31) * UINT64_C(0x7fb5d329728ea185);
	k = (k ^ k >> 27) * UINT64_C(0x81dadef4bc2dd44d);
	return k ^ k >> 33;
}

void
sketch_add(struct sketch *s, uint64_t hash)
{
	uint64_t h = spread(hash);
	uint32_t print = (uint32_t)(h >> 32);

	s->bits[h >> 6 & 1] |= UINT64_C(1) << (h & 63);
	for (uint32_t i = 0; i < s->n && s->n < 5; i++) {
		if (s->first[i] == print)
			return;
	}
	if (s->n < 4)
		s->first[s->n++] = print;
	else
		s->n = 5;
}

static int64_t
count(const struct sketch *s)
{
	int zeros = 128 - __builtin_popcountll(s->bits[0]) - __builtin_popcountll(s->bits[1]);
	double n;

	if (s->n < 5)
		return s->n;
	n = -128 * log(fmax(zeros, 0.5) / 128);
	return n < 5 ? 5 : (int64_t)(n + 0.5);
}

int64_t
sketch_count(const struct sketch *s)
{
	int64_t n = count(s);

	return n < s->least ? s->least : n;
}

/* ---- who is who ---- */

int
members_open(struct members *ms, struct store *store, bool fresh)
{
	int64_t max = rows_max_node(store);

	memset(ms, 0, sizeof(*ms));
	if (max < 0 || max >= UINT32_MAX) {
		log_error("%s", max < 0 ? store_error(store) : "too many nodes in this database");
		return -1;
	}
	ms->store = store;
	ms->fresh = fresh;
	ms->max_node = (uint32_t)max;
	ms->of = calloc((size_t)max + 1, sizeof(*ms->of));
	if (ms->of == NULL) {
		log_error("out of memory");
		return -1;
	}
	return 0;
}

void
members_free(struct members *ms)
{
	free(ms->m);
	free(ms->of);
	memset(ms, 0, sizeof(*ms));
}

/* What a verdict tells of a node: how many peers and files it had to do with, not which. */
static int
take_verdict(const struct verdict_row *row, struct text memory, void *arg)
{
	struct memory *m = &((struct member *)arg)->settled;
	bool source = (row->flags & 1u << FLAG_NEIGHBOUR_ONLY) == 0;

	(void)memory;
	*m = (struct memory){ .first_round = row->first_round, .last_round = row->last_round,
	    .first_ms = row->first_ms, .last_ms = row->last_ms, .contact = row->contact,
	    .newcomer_round = source ? row->first_round : 0, .named = (uint32_t)row->rounds,
	    .sourced = source ? (uint32_t)row->rounds : 0,
	    .channels = source ? SEEN_KEY : SEEN_NEIGHBOUR,
	    .verified = (row->flags & 1u << FLAG_VERIFIED) != 0, .judged = row->judged,
	    .probability = (float)row->probability, .verdict = row->verdict, .flags = row->flags,
	    .incident = row->incident, .keys.least = (uint32_t)row->keys,
	    .relays.least = (uint32_t)row->relays };
	if (row->judged)
		memcpy(m->evidence, row->evidence, sizeof(m->evidence));
	return 0;
}

static int
take_memory(const struct verdict_row *row, struct text memory, void *arg)
{
	struct member *m = arg;

	if (memory.len == 0)	/* forgotten by a run that found it unreadable */
		return take_verdict(row, memory, arg);
	if (memory.len == sizeof(m->settled))
		memcpy(&m->settled, memory.p, memory.len);
	return 0;
}

static struct member *
new_member(struct members *ms)
{
	uint32_t room = ms->room == 0 ? 1024 : ms->room * 2;
	struct member *p;

	if (ms->n + 1 >= ms->room) {
		if ((p = realloc(ms->m, room * sizeof(*p))) == NULL) {
			log_error("out of memory");
			return NULL;
		}
		ms->m = p;
		ms->room = room;
	}
	p = &ms->m[++ms->n];
	memset(p, 0, sizeof(*p));
	p->settled.contact = UNKNOWN;
	return p;
}

uint32_t
members_meet(struct members *ms, uint32_t node)
{
	struct member *m;
	int known, rc = 0;

	if (node > ms->max_node) {
		log_error("node %u is not in the database", node);
		return 0;
	}
	if (ms->of[node] != 0)
		return ms->of[node];
	if ((m = new_member(ms)) == NULL)
		return 0;
	m->node = node;
	if ((known = rows_node(ms->store, node, &m->endpoint)) != 0 ||
	    (!ms->fresh && (rc = results_memory(ms->store, node,
	    ms->by_verdict ? take_verdict : take_memory, m)) < 0)) {
		log_error("%s", known < 0 || rc < 0 ? store_error(ms->store) : "a node that was named is gone");
		ms->n--;
		return 0;
	}
	m->settled.contact = m->settled.contact < UNKNOWN || m->settled.contact >= OUT_N ? UNKNOWN
	    : m->settled.contact;
	return ms->of[node] = ms->n;
}

int
members_meet_all(struct members *ms, const struct round_digest *d)
{
	for (size_t i = 0; i < d->nnamed; i++)
		if (members_meet(ms, d->named[i].node) == 0)
			return -1;
	for (size_t i = 0; i < d->nsource; i++)
		if (members_meet(ms, d->source[i].node) == 0)
			return -1;
	for (size_t i = 0; i < d->nvisit; i++)
		if (members_meet(ms, d->visit[i].node) == 0)
			return -1;
	for (size_t i = 0; i < d->nmention; i++)
		if (members_meet(ms, d->mention[i].node) == 0)
			return -1;
	for (size_t i = 0; i < d->npeer; i++)
		if (members_meet(ms, d->peer[i].peer) == 0)
			return -1;
	return 0;
}

uint32_t
members_mark(struct members *ms)
{
	return ++ms->marks;
}

/* ---- what a round adds ---- */

#define CLAIMED	((uint32_t)(SEEN_KEY | SEEN_NEIGHBOUR | SEEN_QUERY))

static void
name(struct memory *m, const struct round_digest *d, uint32_t bits)
{
	m->channels |= bits;
	if ((bits & CLAIMED) == 0)
		return;
	if (m->first_round == 0) {
		m->first_round = d->round;
		m->first_ms = d->start_ms;
	}
	m->last_round = d->round;
	m->last_ms = d->start_ms;
	m->named++;
}

static void
source(struct memory *m, const struct round_digest *d, const struct source *s)
{
	if (m->newcomer_round == 0)
		m->newcomer_round = d->round;
	m->sourced++;
	for (uint32_t i = 0; i < s->links; i++)
		sketch_add(&m->relays, d->link[s->link + i].peer);
	for (uint32_t i = 0; i < s->claims; i++)
		sketch_add(&m->keys, d->claim[s->claim + i].hash);
}

static void
visit(struct memory *m, const struct visit *v)
{
	if (v->outcome == OUT_EXCLUDED)
		return;
	if (!v->inbound)
		m->contact = v->outcome;
	if (v->outcome == OUT_OK)
		m->verified++;
	else if (!v->inbound)
		m->tries++;
}

/* What a node is remembered by, for one of the two replays. */
static struct memory *
memory_of(struct members *ms, uint32_t node, bool settle)
{
	struct member *m = &ms->m[ms->of[node]];

	if (settle)
		return &m->settled;
	if (m->epoch != ms->epoch) {
		m->now = m->settled;
		m->epoch = ms->epoch;
	}
	return &m->now;
}

static void
apply(struct members *ms, const struct round_digest *d, bool settle)
{
	for (size_t i = 0; i < d->nnamed; i++)
		name(memory_of(ms, d->named[i].node, settle), d, d->named[i].bits);
	for (size_t i = 0; i < d->nsource; i++)
		source(memory_of(ms, d->source[i].node, settle), d, &d->source[i]);
	for (size_t i = 0; i < d->nvisit; i++)
		visit(memory_of(ms, d->visit[i].node, settle), &d->visit[i]);
	/* Whoever handed us keys spoke to us, whatever became of the contact row. */
	for (size_t i = 0; i < d->npeer; i++)
		memory_of(ms, d->peer[i].peer, settle)->verified++;
	for (size_t i = 0; i < d->nmention; i++) {
		struct memory *m = memory_of(ms, d->mention[i].node, settle);

		if (m->newcomer_round == 0)
			sketch_add(&m->relays, d->mention[i].peer);
	}
}

void
members_settle(struct members *ms, const struct round_digest *d)
{
	apply(ms, d, true);
}

static void
refresh(struct members *ms, const struct round_digest *d)
{
	for (size_t i = 0; i < d->nnamed; i++)
		memory_of(ms, d->named[i].node, false);
	for (size_t i = 0; i < d->nsource; i++)
		memory_of(ms, d->source[i].node, false);
	for (size_t i = 0; i < d->nvisit; i++)
		memory_of(ms, d->visit[i].node, false);
	for (size_t i = 0; i < d->npeer; i++)
		memory_of(ms, d->peer[i].peer, false);
}

void
members_replay(struct members *ms, struct round_digest *const *d, size_t n, size_t open)
{
	ms->epoch++;
	for (size_t i = 0; i < open; i++)
		refresh(ms, d[i]);
	for (size_t i = open; i < n; i++)
		apply(ms, d[i], false);
}
