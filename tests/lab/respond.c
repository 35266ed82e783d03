/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queries that a node sends (command 13, and 12): spreads, and searches. */
#include "tests/lab/answer.h"
#include "data/lib/prng.h"
#include "tests/lab/node.h"

#define VIA_MAX		4	/* via nodes of a search that is passed on, but for us */

/* ---- spreads ---------------------------------------------------------------------------- */

static void
put_key(struct answer_query *a, const struct spread_key *from)
{
	const struct world_key *k = from->key;
	uint8_t name[KEY_NAME_MAX];
	struct key out = {
		.source = from->source, .size = k->size, .hash = k->hash,
		.trip = stage_text(k->trip), .ttl = k->ttl, .blocks = k->blocks,
		.mtime = k->mtime, .ignore = k->ignore, .version = k->version,
	};

	answer_name(&out, name, (struct text){ (const uint8_t *)k->name, k->name_len });
	answer_query_key(a, &out);
}

static size_t
pick_keys(struct lab_node *h, const struct peer *asker)
{
	struct stage *s = h->stage;
	struct spread_ask ask = {
		.upward = asker->upstream, .port0 = h->node.port0, .rewrite = s->rewrite,
		.self = h->node.public, .seed = prng_next(&h->prng),
	};
	uint32_t steps = spread_steps(h->node.speed, asker->speed, ask.upward);
	uint32_t all = world_key_count(s->world, h->node.slot, stage_seconds(s)), from, to;
	const struct world_key *window;
	size_t n;

	if (all == 0)
		return 0;
	spread_window((uint32_t)(lab_node_uptime(h) / 1000 % SPREAD_UPTIME), steps, all,
	    &from, &to);
	window = world_key_window(s->world, h->node.slot, stage_seconds(s), from, to, &n);
	return spread_pick(window, n, steps, &ask, s->picked);
}

/* Builds the block in the stage's plain room; returns its length. */
static size_t
build_spread(struct lab_node *h, const struct peer *asker, struct text words, struct text trip,
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
anybody_takes(const struct lab_node *h, bool upward)
{
	for (const struct peer *p = h->first; p != NULL; p = p->next)
		if (peer_takes_spreads(p, upward))
			return true;
	return false;
}

void
respond_spread(struct peer *asker, struct text words, struct text trip)
{
	struct lab_node *h = asker->host;
	struct stage *s = h->stage;
	bool upward = asker->upstream;
	size_t len, keys;

	if (!lab_node_alive(h) || !anybody_takes(h, upward))
		return;
	len = build_spread(h, asker, words, trip, &keys);
	s->stats.requests++;
	for (struct peer *p = h->first; p != NULL; p = p->next) {
		if (!peer_takes_spreads(p, upward))
			continue;
		peer_say(p, s->plain, len);
		s->stats.spreads++;
		s->stats.keys += keys;
	}
}

void
lab_node_spread(struct peer *asker, struct text words, struct text trip)
{
	if (asker->host->role->answer != NULL)
		asker->host->role->answer(asker);
	else
		respond_spread(asker, words, trip);
}

/* ---- searches ------------------------------------------------------------------------------ */

/* One of a node's words, or none. */
static struct text
search_words(struct lab_node *h, const struct world_node *n)
{
	return stage_text(n->words[prng_below(&h->prng, WORDS_N)]);
}

/* Pressing Search also asks every downstream peer for a spread (3.8). */
static void
send_conditional(struct peer *to)
{
	struct stage *s = to->host->stage;
	struct wire_out w = wire_out_of(s->plain, sizeof(s->plain));
	struct conditional c = {
		.words = search_words(to->host, &to->host->node),
		.id = ++to->host->query_id,
	};

	answer_conditional(&w, &c);
	peer_say(to, s->plain, (size_t)(w.p - s->plain));
	s->stats.searches++;
}

/* A search on its way: who asked first, who passed it on, this node last. */
static void
send_search(struct peer *to)
{
	struct lab_node *h = to->host;
	struct stage *s = h->stage;
	struct wire_out w = wire_out_of(s->plain, sizeof(s->plain));
	struct world_node others[VIA_MAX];
	struct endpoint via[VIA_MAX + 1];
	size_t n = world_neighbours(s->world, h->node.slot, stage_seconds(s), others,
	    prng_below(&h->prng, VIA_MAX + 1));
	struct query q = {
		.downstream = !to->upstream, .nvia = (uint8_t)(n + 1),
		.id = n == 0 ? ++h->query_id : (int32_t)prng_below(&h->prng, 100000),
		.words = search_words(h, n == 0 ? &h->node : &others[0]),
	};
	struct answer_query a;

	for (size_t i = 0; i < n; i++)
		via[i] = others[i].public;
	via[n] = h->node.public;
	answer_query_begin(&a, &w, &q, via);
	answer_query_end(&a);
	peer_say(to, s->plain, (size_t)(w.p - s->plain));
	s->stats.searches++;
}

void
lab_node_search(struct peer *to)
{
	if (!to->upstream && to->port0)
		return;		/* never sent to those downstream who cannot be dialled */
	if (!to->upstream && prng_below(&to->host->prng, 4) == 0)
		send_conditional(to);
	else
		send_search(to);
}
