/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds/members.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/log.h"

#define MEMORY_VERSION	2	/* changes with the layout, and with what it means */

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
	for (unsigned i = 0; i < s->n && s->n < SKETCH_MORE; i++) {
		if (s->first[i] == print)
			return;
	}
	if (s->n < SKETCH_EXACT)
		s->first[s->n++] = print;
	else
		s->n = SKETCH_MORE;
}

static int64_t
count(const struct sketch *s)
{
	int zeros = 128 - __builtin_popcountll(s->bits[0]) - __builtin_popcountll(s->bits[1]);
	double n;

	if (s->n < SKETCH_MORE)
		return s->n;
	n = -128 * log(fmax(zeros, 0.5) / 128);
	return n < SKETCH_MORE ? SKETCH_MORE : (int64_t)(n + 0.5);
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
	if (ms->of == NULL || array_add(&ms->m) == NULL) {
		log_error("out of memory");
		return -1;
	}
	return 0;
}

void
members_free(struct members *ms)
{
	array_free(&ms->m);
	free(ms->of);
	memset(ms, 0, sizeof(*ms));
}

/* ---- what is remembered ---- */

static void
pack_sketch(struct pack *p, struct sketch *s)
{
	pack_u8(p, &s->n);
	if (s->n > SKETCH_MORE)
		pack_fail(p);
	for (unsigned i = 0; i < SKETCH_EXACT && i < s->n; i++)
		pack_u32(p, &s->first[i]);
	pack_u64(p, &s->bits[0]);
	pack_u64(p, &s->bits[1]);
	pack_n32(p, &s->least);
}

void
memory_pack(struct pack *p, struct memory *m)
{
	uint8_t contact = (uint8_t)(m->contact + 1);	/* 0: UNKNOWN */

	pack_version(p, MEMORY_VERSION);
	pack_n32(p, &m->first_round);
	pack_n32(p, &m->last_round);
	pack_n32(p, &m->newcomer_round);
	pack_n32(p, &m->named);
	pack_n32(p, &m->sourced);
	pack_u8(p, &contact);
	m->contact = (int32_t)contact - 1;
	pack_i64(p, &m->first_ms);
	pack_i64(p, &m->last_ms);
	pack_n32(p, &m->channels);
	pack_n32(p, &m->verified);
	pack_n32(p, &m->tries);
	pack_bool(p, &m->judged);
	pack_f32(p, &m->probability);
	pack_n32(p, &m->verdict);
	pack_n32(p, &m->flags);
	pack_i64(p, &m->incident);
	for (int e = 0; e < EVIDENCE_N && m->judged; e++)
		pack_f32(p, &m->evidence[e]);
	pack_sketch(p, &m->keys);
	pack_sketch(p, &m->relays);
	if (p->reading && (contact > OUT_N || !(m->probability >= 0 && m->probability <= 1) ||
	    m->verdict >= VERDICT_N))
		pack_fail(p);
}

/* A verdict tells how many peers and files a node had to do with, not which. */
static struct memory
memory_of_verdict(const struct verdict_row *row, uint32_t advert)
{
	bool source = (row->flags & 1u << FLAG_NEIGHBOUR_ONLY) == 0;
	struct memory m = { .first_round = row->first_round, .last_round = row->last_round,
	    .first_ms = row->first_ms, .last_ms = row->last_ms, .contact = row->contact,
	    .newcomer_round = source ? row->first_round : 0, .named = (uint32_t)row->rounds,
	    .sourced = source ? (uint32_t)row->rounds : 0,
	    .channels = source ? advert : SEEN_NEIGHBOUR,
	    .verified = (row->flags & 1u << FLAG_VERIFIED) != 0, .judged = row->judged,
	    .probability = (float)row->probability, .verdict = row->verdict, .flags = row->flags,
	    .incident = row->incident, .keys.least = (uint32_t)row->keys,
	    .relays.least = (uint32_t)row->relays };

	if (row->judged)
		memcpy(m.evidence, row->evidence, sizeof(m.evidence));
	return m;
}

/* Recalls the member that was met last.  Where a run forgot the memory, because it was
 * another version's, the verdict is all that is left. */
static int
recall(const struct verdict_row *row, struct text bytes, void *arg)
{
	struct members *ms = arg;
	struct memory *m = &ms->m.p[ms->m.n - 1].settled;
	struct pack p = pack_reader(bytes);

	if (ms->by_verdict || bytes.len == 0) {
		*m = memory_of_verdict(row, rows_advert_bit(ms->store));
		return 0;
	}
	memory_pack(&p, m);
	ms->unreadable = !pack_is_read(&p);
	return 0;
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
	if ((m = array_add(&ms->m)) == NULL) {
		log_error("out of memory");
		return 0;
	}
	m->node = node;
	m->settled.contact = UNKNOWN;
	if ((known = rows_node(ms->store, node, &m->endpoint)) == 0 && !ms->fresh)
		rc = results_memory(ms->store, node, recall, ms);
	if (known != 0 || rc < 0 || ms->unreadable) {
		if (!ms->unreadable)
			log_error("%s", known < 0 || rc < 0 ? store_error(ms->store)
			    : "a node that was named is gone");
		ms->m.n--;
		return 0;
	}
	if (m->settled.contact < UNKNOWN || m->settled.contact >= OUT_N)
		m->settled.contact = UNKNOWN;
	return ms->of[node] = (uint32_t)(ms->m.n - 1);
}

struct endpoint
members_endpoint(const struct members *ms, uint32_t node)
{
	struct endpoint e = { .port = 0 };

	if (node <= ms->max_node && ms->of[node] != 0)
		return member_of(ms, node)->endpoint;
	return rows_node(ms->store, node, &e) == 0 ? e : (struct endpoint){ .port = 0 };
}

int
members_meet_all(struct members *ms, const struct round_digest *d)
{
	array_each(x, &d->named)
		if (members_meet(ms, x->node) == 0)
			return -1;
	array_each(x, &d->source)
		if (members_meet(ms, x->node) == 0)
			return -1;
	array_each(x, &d->visit)
		if (!x->aside && members_meet(ms, x->node) == 0)
			return -1;
	array_each(x, &d->mention)
		if (members_meet(ms, x->node) == 0)
			return -1;
	array_each(x, &d->peer)
		if (members_meet(ms, x->peer) == 0)
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
remember_name(struct memory *m, const struct round_digest *d, uint32_t bits)
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
remember_source(struct memory *m, const struct round_digest *d, const struct source *s)
{
	if (m->newcomer_round == 0)
		m->newcomer_round = d->round;
	m->sourced++;
	for (uint32_t i = 0; i < s->links; i++)
		sketch_add(&m->relays, d->link.p[s->link + i].peer);
	for (uint32_t i = 0; i < s->claims; i++)
		sketch_add(&m->keys, d->claim.p[s->claim + i].hash);
}

static void
remember_visit(struct memory *m, const struct visit *v)
{
	if (v->outcome == OUT_EXCLUDED)
		return;
	if (v->inbound)
		return;		/* its port is what the caller says */
	m->contact = v->outcome;
	if (v->outcome == OUT_OK)
		m->verified++;
	else
		m->tries++;
}

/* The memory of a node that one of the two replays works on. */
static struct memory *
memory_of(struct members *ms, uint32_t node, bool settle)
{
	struct member *m = member_of(ms, node);

	if (settle)
		return &m->settled;
	if (m->epoch != ms->epoch) {
		m->now = m->settled;
		m->epoch = ms->epoch;
	}
	return &m->now;
}

static void
remember_round(struct members *ms, const struct round_digest *d, bool settle)
{
	array_each(n, &d->named)
		remember_name(memory_of(ms, n->node, settle), d, n->bits);
	array_each(s, &d->source)
		remember_source(memory_of(ms, s->node, settle), d, s);
	array_each(v, &d->visit)
		if (!v->aside)
			remember_visit(memory_of(ms, v->node, settle), v);
	/* Whoever handed us keys spoke to us, whatever became of the contact row. */
	array_each(p, &d->peer)
		memory_of(ms, p->peer, settle)->verified++;
	array_each(n, &d->mention) {
		struct memory *m = memory_of(ms, n->node, settle);

		if (m->newcomer_round == 0)
			sketch_add(&m->relays, n->peer);
	}
}

void
members_settle(struct members *ms, const struct round_digest *d)
{
	remember_round(ms, d, true);
}

void
members_replay(struct members *ms, struct round_digest *const *d, size_t n, size_t open)
{
	ms->epoch++;
	for (size_t i = 0; i < open; i++) {
		array_each(x, &d[i]->named)
			memory_of(ms, x->node, false);
		array_each(x, &d[i]->source)
			memory_of(ms, x->node, false);
		array_each(x, &d[i]->visit)
			if (!x->aside)
				memory_of(ms, x->node, false);
		array_each(x, &d[i]->peer)
			memory_of(ms, x->peer, false);
	}
	for (size_t i = open; i < n; i++)
		remember_round(ms, d[i], false);
}
