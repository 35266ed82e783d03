/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A genuine node's side of the bytes: its greeting, and cutting what it gets into
 * blocks as tolerantly as it does (protocol 1.1, 2).
 */
#include <string.h>

#include "data/lib/prng.h"
#include "tests/lab/node.h"

/* A node buffers so much of a block that is too long before it gives up. */
#define SWALLOW_LIMIT	(4 * 1024 * 1024)

static struct introduction
introduction(const struct peer *p)
{
	const struct world_node *n = &p->host->node;
	struct introduction i = {
		.speed = (float)n->speed,
		.type = { .type = p->kind == PEER_TEST, .port0 = n->port0,
		    .test = p->kind == PEER_TEST },
		.self = { .ip = n->public.ip, .port = n->public.port },
	};

	for (size_t w = 0; w < WORDS_N; w++)
		i.self.words[w] = stage_text(n->words[w]);
	return i;
}

static void
genuine_open(struct peer *p)
{
	struct introduction i = introduction(p);
	uint64_t noise = prng_next(&p->host->prng);
	uint8_t preamble[PREAMBLE_LEN];

	memcpy(preamble, &noise, sizeof(preamble));
	outgoing_greet(&p->out, preamble, &i);
	link_timers_begin(p);
}

/* A block that is too long is waited for, within reason; a negative one is not. */
static void
begin_swallowing(struct peer *p, uint32_t len)
{
	if (len > INT32_MAX - 4)
		peer_drop(p, LEAVE_LENGTH);
	else
		p->swallow = len < SWALLOW_LIMIT ? len : SWALLOW_LIMIT;
}

static void
swallow(struct peer *p, size_t n)
{
	if ((int64_t)n < p->swallow)
		p->swallow -= (int64_t)n;
	else
		peer_drop(p, LEAVE_LENGTH);
}

static void
take_blocks(struct peer *p, const uint8_t *bytes, size_t n)
{
	struct block b;

	while (p->leave == STAY && p->swallow == 0) {
		switch (frame_next(&p->in, &bytes, &n, &b)) {
		case FRAME_BLOCK:
			receive_block(p, &b);
			break;
		case FRAME_EMPTY:
			break;
		case FRAME_TOO_LONG:
			begin_swallowing(p, b.len);
			break;
		case FRAME_NO_MEMORY:
			peer_drop(p, LEAVE_LENGTH);
			break;
		default:
			return;
		}
	}
	if (p->leave == STAY)
		swallow(p, n);
}

static void
genuine_input(struct peer *p, const uint8_t *bytes, size_t n)
{
	if (!p->heard && n < PREAMBLE_LEN)
		peer_drop(p, LEAVE_PREAMBLE);
	else if (p->swallow > 0)
		swallow(p, n);
	else
		take_blocks(p, bytes, n);
}

const struct role role_genuine = { genuine_open, genuine_input, NULL, NULL };
