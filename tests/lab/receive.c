/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handles each command that a genuine node receives: the handshake and
 * its checks (protocol 4.1-3..5), requests, goodbyes.
 */
#include <string.h>

#include "tests/lab/node.h"

#define RATIO_LIMIT	19.9
#define RATIO_UP	1.5
#define RATIO_DOWN	(2.0 / 3.0)

static void
on_header(struct peer *p, const struct message *m)
{
	if (header_accepted(&m->header))
		frame_rekey(&p->in);	/* again for every one, as nodes do */
	else
		peer_drop(p, LEAVE_HEADER);
}

static void
on_speed(struct peer *p, const struct message *m)
{
	/* A float outside int's range has no integer; nodes get the lowest one. */
	p->speed = m->speed > -2147483648.0f && m->speed < 2147483648.0f ?
	    (int32_t)m->speed : INT32_MIN;
}

static void
on_link_type(struct peer *p, const struct message *m)
{
	const struct link_type *t = &m->link_type;

	p->port0 = t->port0 != 0;
	p->test |= t->test != 0;
	p->search &= t->type == 0 && !p->test;
	if (p->kind == PEER_TEST || p->test)
		return;
	if (t->type == 1)
		peer_say_bare(p, CMD_CLOSE_LIMIT);	/* nothing is uploaded here */
	if (t->type != 0 || t->bbs != 0)
		peer_drop(p, LEAVE_KIND);
}

/* Cut at the first NUL or space. */
static void
store_word(char out[LIMIT_CLUSTER_WORD + 1], struct text t)
{
	size_t n = 0;

	while (n < t.len && n < LIMIT_CLUSTER_WORD && t.p[n] != '\0' && t.p[n] != ' ')
		n++;
	memcpy(out, t.p != NULL ? (const char *)t.p : "", n);
	out[n] = '\0';
}

static bool
is_twin(const struct peer *p)
{
	const struct world_node *n = &p->host->node;

	if (p->speed != n->speed || p->seen.port != n->public.port)
		return false;
	for (size_t w = 0; w < WORDS_N; w++)
		if (strcmp(p->words[w], n->words[w]) != 0)
			return false;
	return true;
}

static double
ratio(const struct peer *p)
{
	return p->speed < 0 ? 0 : (double)p->speed / p->host->node.speed;
}

/* The observed address with the announced port, as others know it. */
static struct endpoint
identity(const struct peer *p, uint16_t port)
{
	struct endpoint lab = { .ip = p->real.ip, .port = port }, public;

	return world_public(p->host->stage->world, lab, &public) ? public : lab;
}

/* Protocol 4.1-5, in its order. */
static void
finish_handshake(struct peer *p, struct endpoint self_reported)
{
	struct stage *s = p->host->stage;
	double r = ratio(p);

	if (is_twin(p)) {
		peer_drop(p, LEAVE_TWIN);
		return;
	}
	if (p->search && !(r >= 1 / RATIO_LIMIT && r <= RATIO_LIMIT)) {
		s->stats.refusals++;
		p->parting = true;
		lab_node_farewell(p);
		return;
	}
	p->reachable = p->kind != PEER_ACCEPTED || p->port0 || p->test;
	if (p->port0)
		p->upstream = false;
	else if (!p->host->node.port0 && (r > RATIO_UP || r < RATIO_DOWN))
		p->upstream = r > RATIO_UP;
	p->nat = self_reported.ip != p->seen.ip;
	if (!p->complete && p->search)
		link_timers_arm(p);
	if (!p->complete)
		s->stats.handshakes++;
	p->complete = true;
	if (!p->reachable && p->partner == NULL)
		s->ops->call_back(p, p->seen.port);
}

static void
on_self(struct peer *p, const struct message *m)
{
	const struct self_info *i = &m->self;
	bool in_range = i->port > 0 && i->port <= UINT16_MAX;
	uint16_t port = in_range ? (uint16_t)i->port : 0;

	if (p->kind == PEER_TEST || p->complete || p->parting)
		return;
	p->seen = identity(p, port);
	for (size_t w = 0; w < WORDS_N; w++)
		store_word(p->words[w], i->words[w]);
	/* Without a port it is as if nothing had come: 4.1-8 ends the link. */
	if (port != 0)
		finish_handshake(p, endpoint_ipv4(i->ip, port));
}

static void
on_request(struct peer *p, const struct message *m)
{
	(void)m;
	if (p->complete && p->search && !p->parting)
		lab_node_spread(p, (struct text){ NULL, 0 }, (struct text){ NULL, 0 });
}

static void
on_conditional(struct peer *p, const struct message *m)
{
	if (p->complete && p->search && !p->parting)
		lab_node_spread(p, m->conditional.words, m->conditional.trip);
}

static void
on_close(struct peer *p, const struct message *m)
{
	if (m->code != CMD_CLOSE_LIMIT)		/* which is only noted */
		peer_drop(p, LEFT);
}

static void (*const handlers[CMD_N])(struct peer *, const struct message *) = {
	[CMD_HEADER] = on_header,
	[CMD_SPEED] = on_speed,
	[CMD_LINK_TYPE] = on_link_type,
	[CMD_SELF] = on_self,
	[CMD_REQUEST] = on_request,
	[CMD_CONDITIONAL] = on_conditional,
	[CMD_CLOSE] = on_close,
	[CMD_CLOSE_LIMIT] = on_close,
	[CMD_CLOSE_PORT] = on_close,
	[CMD_CLOSE_IGNORED] = on_close,
	[CMD_CLOSE_SLOW] = on_close,
	[CMD_CLOSE_FORGED] = on_close,
};

void
receive_block(struct peer *p, const struct block *b)
{
	struct message m;

	if (message_decode(&m, b->code, b->payload) != MESSAGE_OK)
		peer_drop(p, LEAVE_COMMAND);
	else if (handlers[b->code] != NULL)
		handlers[b->code](p, &m);
}
