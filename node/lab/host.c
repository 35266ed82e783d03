/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/lab/host.h"

#include <stdlib.h>
#include <string.h>

#include "node/lab/answer.h"
#include "node/lab/dice.h"

/* Protocol 4.1-1 and 4.2. */
#define ACCEPT_DOWN	10
#define ACCEPT_UP	4
#define KEEP_UP		3
#define KEEP_DOWN	5
#define KEEP_PORT0	2

#define CROWD_ALIKE	12	/* of links that are not played: at most about two words */
#define CROWD_LASTS	1800000	/* world ms until a node may have places again */

#define FAREWELL_MAX	31	/* commands 4 in a farewell (5.3) */
#define CANDIDATES	64	/* of whom they are picked */
#define VIA_MAX		4	/* via nodes of a search that we pass on, but for us */

/* ---- the stage --------------------------------------------------------------- */

struct stage *
stage_new(struct world *world, const struct stage_ops *ops, uint64_t seed)
{
	struct stage *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->world = world;
	s->ops = ops;
	s->dice = dice_mix(seed);
	s->slots = world_slots(world);
	if ((s->host = calloc(s->slots, sizeof(*s->host))) != NULL)
		return s;
	stage_free(s);
	return NULL;
}

void
stage_free(struct stage *s)
{
	if (s == NULL)
		return;
	free(s->host);
	free(s);
}

static double
seconds(const struct stage *s)
{
	return (double)s->now / 1000;
}

/* ---- coming and going ---------------------------------------------------------- */

/* The overlay goes on without the sensor: most nodes have room, some have none. */
static void
take_places(struct host *h)
{
	uint64_t when = (uint64_t)(h->stage->now / CROWD_LASTS);
	uint64_t x = dice_mix(h->stage->dice ^ dice_mix(h->node.slot ^ dice_mix(when)));

	if (dice_unit(x) >= h->stage->crowded)
		return;
	h->others_up = KEEP_UP;
	h->others_down = KEEP_DOWN;
	h->others_alike = dice_below(&x, CROWD_ALIKE) + 1;
}

static struct host *
host_new(struct stage *s, const struct world_node *n)
{
	struct host *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->stage = s;
	h->node = *n;
	h->dice = dice_mix(s->dice ^ dice_mix(n->slot));
	h->uptime_at_zero = dice_below(&h->dice, SPREAD_UPTIME * 1000);
	h->dice ^= dice_mix(++s->hosts);	/* the rest differs from visit to visit */
	h->query_id = (int32_t)dice_below(&h->dice, 100000);
	h->budgeted = -1;
	take_places(h);
	return h;
}

/* The node moved or went: nobody can be linked with it where it was. */
static void
drop_all(struct host *h)
{
	for (struct peer *p = h->first; p != NULL; p = p->next)
		peer_drop(p, LEAVE_GONE);
}

struct host *
host_at(struct stage *s, struct endpoint lab)
{
	struct world_node n;
	struct host **at;
	uint32_t slot;

	if (!world_at(s->world, lab, seconds(s), &slot) || slot >= s->slots ||
	    !world_node(s->world, slot, seconds(s), &n) || n.port0)
		return NULL;
	at = &s->host[slot];
	if (*at == NULL)
		return *at = host_new(s, &n);
	if (endpoint_compare((*at)->node.lab, n.lab) != 0)
		drop_all(*at);
	(*at)->node = n;
	return *at;
}

void
host_release(struct host *h)
{
	if (h->first != NULL)
		return;
	h->stage->host[h->node.slot] = NULL;
	free(h);
}

bool
host_alive(struct host *h)
{
	struct world_node n;

	if (world_node(h->stage->world, h->node.slot, seconds(h->stage), &n) &&
	    endpoint_compare(h->node.lab, n.lab) == 0)
		return true;
	drop_all(h);
	return false;
}

int64_t
host_uptime(const struct host *h)
{
	return h->uptime_at_zero + h->stage->now;
}

int64_t
host_next(const struct host *h, int64_t every)
{
	return h->stage->now + every - host_uptime(h) % every;
}

/* ---- places ---------------------------------------------------------------------- */

struct places {
	unsigned	up, down, port0;
};

static struct places
count_places(const struct host *h, bool complete_only)
{
	struct places n = { .up = h->others_up, .down = h->others_down };

	for (const struct peer *p = h->first; p != NULL; p = p->next) {
		if (p->leave != STAY || !p->search || (complete_only && !p->complete))
			continue;
		n.up += p->upstream;
		n.down += !p->upstream;
		n.port0 += !p->upstream && p->port0;
	}
	return n;
}

bool
host_full(const struct host *h)
{
	struct places n = count_places(h, false);

	return n.down > ACCEPT_DOWN || n.up > ACCEPT_UP;
}

/* The least alike of those downstream; the youngest of equals. */
static struct peer *
least_alike(const struct host *h, bool port0_only)
{
	struct peer *least = NULL;
	uint32_t alike, least_is = UINT32_MAX;

	for (struct peer *p = h->first; p != NULL; p = p->next) {
		if (p->leave != STAY || !p->complete || !p->search || p->upstream ||
		    (port0_only && !p->port0))
			continue;
		if ((alike = peer_alike(p)) < least_is) {
			least = p;
			least_is = alike;
		}
	}
	return least;
}

/* Exactly one too many is told to go; of more, one is cut off. */
static bool
within(struct host *h, unsigned have, unsigned keep, bool port0)
{
	struct peer *p;

	if (have <= keep)
		return true;
	p = least_alike(h, port0);
	if (!port0 && h->others_down > 0 && peer_alike(p) >= h->others_alike)
		h->others_down--;	/* another one is told, or cut off */
	else if (have == keep + 1)
		host_farewell(p);
	else
		peer_drop(p, LEAVE_EVICTED);
	return false;
}

/* The youngest stands for the one in the highest slot of a node's table. */
static bool
within_upstream(struct host *h, unsigned have)
{
	struct peer *p = h->first;

	if (have <= KEEP_UP)
		return true;
	while (p->leave != STAY || !p->complete || !p->search || !p->upstream)
		p = p->next;
	peer_drop(p, LEAVE_EVICTED);
	return false;
}

bool
host_budget(struct host *h)
{
	struct places n;

	if (h->budgeted == h->stage->now)
		return h->in_budget;	/* one look a second, whichever link asks */
	h->budgeted = h->stage->now;
	n = count_places(h, true);
	h->in_budget = within_upstream(h, n.up) & (within(h, n.down, KEEP_DOWN, false) &&
	    within(h, n.port0, KEEP_PORT0, true));
	return h->in_budget;
}

/* ---- farewell: other nodes ---------------------------------------------------------- */

struct candidate {
	struct other_node node;
	uint32_t	alike;	/* to the addressee */
	uint32_t	order;	/* as found, so that equals keep it */
};

static int
by_likeness(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->alike != y->alike)
		return x->alike > y->alike ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static struct text
as_text(const char *s)
{
	return (struct text){ (const uint8_t *)s, strlen(s) };
}

static void
add_candidate(struct candidate *list, size_t *n, const struct peer *to,
    struct endpoint e, int32_t speed, const char *const words[WORDS_N])
{
	const char *theirs[WORDS_N] = { to->words[0], to->words[1], to->words[2] };
	struct candidate *c = &list[*n];

	if (*n == CANDIDATES || e.port == 0 || e.port > LIMIT_PORT ||
	    endpoint_compare(e, to->seen) == 0)
		return;
	*c = (struct candidate){ .order = (uint32_t)*n,
	    .alike = words_alike(words, theirs),
	    .node = { .ip = e.ip, .port = e.port, .speed = speed } };
	for (size_t w = 0; w < WORDS_N; w++)
		c->node.words[w] = as_text(words[w]);
	(*n)++;
}

/* Links of ours that can be dialled: a genuine node names them as well. */
static void
add_links(struct candidate *list, size_t *n, const struct peer *to)
{
	for (const struct peer *p = to->host->first; p != NULL; p = p->next) {
		const char *words[WORDS_N] = { p->words[0], p->words[1], p->words[2] };

		if (p != to && p->complete && p->search && p->reachable && !p->port0)
			add_candidate(list, n, to, p->seen, p->speed, words);
	}
}

/* The words stay where the neighbours are, so those are the caller's. */
static size_t
find_candidates(struct candidate *list, struct world_node *nodes, const struct peer *to)
{
	static const char *const no_words[WORDS_N] = { "", "", "" };
	struct host *h = to->host;
	struct endpoint phantom[FAREWELL_MAX];
	size_t n = 0, got;

	got = world_phantoms(h->stage->world, h->node.slot, seconds(h->stage), phantom,
	    FAREWELL_MAX);
	for (size_t i = 0; i < got; i++)
		add_candidate(list, &n, to, phantom[i], -1, no_words);
	add_links(list, &n, to);
	got = world_neighbours(h->stage->world, h->node.slot, seconds(h->stage), nodes,
	    CANDIDATES);
	for (size_t i = 0; i < got; i++) {
		const char *words[WORDS_N] = { nodes[i].words[0], nodes[i].words[1],
		    nodes[i].words[2] };

		if (!nodes[i].port0)
			add_candidate(list, &n, to, nodes[i].public, nodes[i].speed, words);
	}
	qsort(list, n, sizeof(list[0]), by_likeness);
	return n;
}

void
host_farewell(struct peer *to)
{
	struct stage *s = to->host->stage;
	struct wire_out w = wire_out_of(s->plain, sizeof(s->plain));
	struct candidate list[CANDIDATES];
	struct world_node nodes[CANDIDATES];
	size_t n = find_candidates(list, nodes, to);

	if (n > FAREWELL_MAX)
		n = FAREWELL_MAX;
	for (size_t i = 0; i < n; i++)
		answer_node(&w, &list[i].node);
	outgoing_farewell(&w);
	s->tally.nodes += n;
	peer_say(to, s->plain, (size_t)(w.p - s->plain));
}

/* ---- spreads ---------------------------------------------------------------------------- */

static void
put_key(struct answer_query *a, const struct spread_key *from)
{
	const struct world_key *k = from->key;
	uint8_t name[KEY_NAME_MAX];
	struct key out = {
		.source = from->source, .size = k->size, .hash = k->hash,
		.trip = as_text(k->trip), .ttl = k->ttl, .blocks = k->blocks,
		.mtime = k->mtime, .ignore = k->ignore, .version = k->version,
	};

	answer_name(&out, name, (struct text){ (const uint8_t *)k->name, k->name_len });
	answer_query_key(a, &out);
}

static size_t
pick_keys(struct host *h, const struct peer *asker)
{
	struct stage *s = h->stage;
	struct spread_ask ask = {
		.upward = asker->upstream, .port0 = h->node.port0, .rewrite = s->rewrite,
		.self = h->node.public, .dice = dice_throw(&h->dice),
	};
	uint32_t steps = spread_steps(h->node.speed, asker->speed, ask.upward);
	uint32_t all = world_key_count(s->world, h->node.slot, seconds(s)), from, to;
	const struct world_key *window;
	size_t n;

	if (all == 0)
		return 0;
	spread_window((uint32_t)(host_uptime(h) / 1000 % SPREAD_UPTIME), steps, all,
	    &from, &to);
	window = world_key_window(s->world, h->node.slot, seconds(s), from, to, &n);
	return spread_pick(window, n, steps, &ask, s->picked);
}

/* Builds the block in the stage's plain room; returns its length. */
static size_t
build_spread(struct host *h, const struct peer *asker, struct text words, struct text trip,
    size_t *keys)
{
	struct stage *s = h->stage;
	struct wire_out w = wire_out_of(s->plain, sizeof(s->plain));
	struct query q = {
		.spread = 1, .downstream = !asker->upstream, .id = h->query_id,
		.words = words, .trip = trip, .nvia = asker->upstream,
	};
	struct answer_query a;
	size_t n = pick_keys(h, asker), i;

	answer_query_begin(&a, &w, &q, &h->node.public);
	for (i = 0; i < n; i++) {
		if (w.end - w.p < KEY_FIXED + KEY_NAME_MAX + KEY_TRIP)
			break;		/* the block is as long as a node can build */
		put_key(&a, &s->picked[i]);
	}
	answer_query_end(&a);
	*keys = i;
	return (size_t)(w.p - s->plain);
}

static bool
anybody_takes(const struct host *h, bool upward)
{
	for (const struct peer *p = h->first; p != NULL; p = p->next)
		if (peer_takes_spreads(p, upward))
			return true;
	return false;
}

void
host_spread(struct peer *asker, struct text words, struct text trip)
{
	struct host *h = asker->host;
	struct stage *s = h->stage;
	bool upward = asker->upstream;
	size_t len, keys;

	if (!host_alive(h) || !anybody_takes(h, upward))
		return;
	len = build_spread(h, asker, words, trip, &keys);
	s->tally.requests++;
	for (struct peer *p = h->first; p != NULL; p = p->next) {
		if (!peer_takes_spreads(p, upward))
			continue;
		peer_say(p, s->plain, len);
		s->tally.spreads++;
		s->tally.keys += keys;
	}
}

/* ---- searches ------------------------------------------------------------------------------ */

/* One of a node's words, or none. */
static struct text
search_words(struct host *h, const struct world_node *n)
{
	return as_text(n->words[dice_below(&h->dice, WORDS_N)]);
}

/* Pressing Search also asks every downstream peer for a spread (3.8). */
static void
say_conditional(struct peer *to)
{
	struct stage *s = to->host->stage;
	struct wire_out w = wire_out_of(s->plain, sizeof(s->plain));
	struct conditional c = {
		.words = search_words(to->host, &to->host->node),
		.id = ++to->host->query_id,
	};

	answer_conditional(&w, &c);
	peer_say(to, s->plain, (size_t)(w.p - s->plain));
	s->tally.searches++;
}

/* A search on its way: who asked first, who passed it on, this node last. */
static void
say_search(struct peer *to)
{
	struct host *h = to->host;
	struct stage *s = h->stage;
	struct wire_out w = wire_out_of(s->plain, sizeof(s->plain));
	struct world_node others[VIA_MAX];
	struct endpoint via[VIA_MAX + 1];
	size_t n = world_neighbours(s->world, h->node.slot, seconds(s), others,
	    dice_below(&h->dice, VIA_MAX + 1));
	struct query q = {
		.downstream = !to->upstream, .nvia = (uint8_t)(n + 1),
		.id = n == 0 ? ++h->query_id : (int32_t)dice_below(&h->dice, 100000),
		.words = search_words(h, n == 0 ? &h->node : &others[0]),
	};
	struct answer_query a;

	for (size_t i = 0; i < n; i++)
		via[i] = others[i].public;
	via[n] = h->node.public;
	answer_query_begin(&a, &w, &q, via);
	answer_query_end(&a);
	peer_say(to, s->plain, (size_t)(w.p - s->plain));
	s->tally.searches++;
}

void
host_search(struct peer *to)
{
	if (!to->upstream && to->port0)
		return;		/* never sent to those downstream who cannot be dialled */
	if (!to->upstream && dice_below(&to->host->dice, 4) == 0)
		say_conditional(to);
	else
		say_search(to);
}
