/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An eviction: other nodes, those most like the addressee first, and a goodbye
 * (protocol 5.3).  It is the only time that a node names others by itself.
 */
#include <stdlib.h>

#include "tests/lab/answer.h"
#include "tests/lab/node.h"

#define FAREWELL_MAX	31	/* commands 4 */
#define CANDIDATES	64	/* of whom they are picked */

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
	    .alike = cluster_words_alike(words, theirs),
	    .node = { .ip = e.ip, .port = e.port, .speed = speed } };
	for (size_t w = 0; w < WORDS_N; w++)
		c->node.words[w] = stage_text(words[w]);
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
	struct lab_node *h = to->host;
	struct endpoint phantom[FAREWELL_MAX];
	size_t n = 0, got;

	got = world_phantoms(h->stage->world, h->node.slot, stage_seconds(h->stage), phantom,
	    FAREWELL_MAX);
	for (size_t i = 0; i < got; i++)
		add_candidate(list, &n, to, phantom[i], -1, no_words);
	add_links(list, &n, to);
	got = world_neighbours(h->stage->world, h->node.slot, stage_seconds(h->stage), nodes,
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
lab_node_farewell(struct peer *to)
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
	s->stats.nodes += n;
	peer_say(to, s->plain, (size_t)(w.p - s->plain));
}
