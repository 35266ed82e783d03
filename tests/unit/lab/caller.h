/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A caller that talks to a node of the fixture's world without sockets, and
 * decodes what the node writes.
 */
#ifndef KANSOKU_TESTS_LAB_CALLER_H
#define KANSOKU_TESTS_LAB_CALLER_H

#include <stdlib.h>

#include "tests/lab/node.h"
#include "tests/unit/lab/fixture.h"

#define FIX_STREAM	400000
#define FIX_BLOCKS	2000

struct caller {
	struct peer	peer;		/* the node's side of the link */
	struct outgoing	out;		/* ours */
	uint8_t		sent[FIX_STREAM];	/* what the node wrote */
	size_t		nsent, writes, first_write;
	struct frame	in;
	size_t		read;		/* of what it wrote */
	struct { uint8_t code; uint8_t *payload; size_t len; } block[FIX_BLOCKS];
	size_t		nblocks, empty;
	enum frame_result result;	/* how the last reading ended */
};

static unsigned woken, called_back, called, half_closed;
static uint16_t called_port;

static void
on_wake(struct peer *p)
{
	(void)p;
	woken++;
}

static void
on_call_back(struct peer *p, uint16_t port)
{
	(void)p;
	called_back++;
	called_port = port;
}

static void
on_call(struct lab_node *h, struct endpoint to)
{
	(void)h;
	called++;
	called_port = to.port;
}

static void
on_half_close(struct peer *p)
{
	(void)p;
	half_closed++;
}

static const struct stage_ops fixture_ops = { on_wake, on_call_back, on_call, on_half_close };
static struct stage *stage;

static void
node_writes(void *arg, const uint8_t *bytes, size_t n)
{
	struct caller *c = arg;

	if (n > sizeof(c->sent) - c->nsent)
		abort();
	memcpy(c->sent + c->nsent, bytes, n);
	c->nsent += n;
	if (c->writes++ == 0)
		c->first_write = n;
}

static void
caller_writes(void *arg, const uint8_t *bytes, size_t n)
{
	struct caller *c = arg;

	if (c->peer.host != NULL)
		peer_input(&c->peer, bytes, n);
}

/* Decodes what the node has written since the last time. */
static void
caller_reads(struct caller *c)
{
	const uint8_t *p = c->sent + c->read;
	size_t n = c->nsent - c->read;
	struct block b;

	while ((c->result = frame_next(&c->in, &p, &n, &b)) == FRAME_BLOCK ||
	    c->result == FRAME_EMPTY) {
		if (c->result == FRAME_EMPTY) {
			c->empty++;
			continue;
		}
		if (b.code == CMD_HEADER)
			frame_rekey(&c->in);
		if (c->nblocks == FIX_BLOCKS)
			abort();
		c->block[c->nblocks].code = b.code;
		c->block[c->nblocks].len = b.payload.len;
		c->block[c->nblocks].payload = malloc(b.payload.len + 1);
		memcpy(c->block[c->nblocks++].payload, b.payload.p, b.payload.len);
	}
	c->read = c->nsent;
}

/* How many blocks of a code the node has written since block `from`. */
static size_t
caller_got(struct caller *c, uint8_t code, size_t from)
{
	size_t n = 0;

	caller_reads(c);
	for (size_t i = from; i < c->nblocks; i++)
		n += c->block[i].code == code;
	return n;
}

/* The latest block of that code. */
static bool
caller_last(struct caller *c, uint8_t code, struct message *m)
{
	caller_reads(c);
	for (size_t i = c->nblocks; i > 0; i--)
		if (c->block[i - 1].code == code)
			return message_decode(m, code, (struct text){
			    c->block[i - 1].payload, c->block[i - 1].len }) == MESSAGE_OK;
	return false;
}

static struct caller *
caller_new(uint32_t slot, enum peer_kind kind)
{
	struct caller *c = calloc(1, sizeof(*c));
	struct lab_node *h = lab_node_at(stage, world.node[slot].lab);

	frame_init(&c->in);
	c->out.send = caller_writes;
	c->out.arg = c;
	peer_attach(&c->peer, h, kind, (struct endpoint){ 0x7f000001, 0 }, node_writes, c);
	peer_open(&c->peer);
	return c;
}

static void
caller_free(struct caller *c)
{
	struct lab_node *h = c->peer.host;

	if (h != NULL) {
		peer_detach(&c->peer);
		lab_node_release(h);
	}
	frame_clear(&c->in);
	for (size_t i = 0; i < c->nblocks; i++)
		free(c->block[i].payload);
	free(c);
}

static struct introduction
introduction_of(float speed, int32_t port)
{
	return (struct introduction){ .speed = speed,
	    .self = { .ip = 0x7f000001, .port = port } };
}

static const uint8_t fixture_preamble[PREAMBLE_LEN] = { 1, 2, 0x41, 0x42, 0x43, 0x44 };

static void
caller_greets(struct caller *c, const struct introduction *i)
{
	outgoing_greet(&c->out, fixture_preamble, i);
}

/* A caller that has shaken hands. */
static struct caller *
caller_meets(uint32_t slot, float speed, int32_t port)
{
	struct caller *c = caller_new(slot, PEER_ACCEPTED);
	struct introduction i = introduction_of(speed, port);

	caller_greets(c, &i);
	return c;
}

/* Lets the world's time pass on these links, second by second. */
static void
pass(struct caller *const *c, size_t n, int64_t seconds)
{
	for (int64_t end = stage->now + seconds * 1000; stage->now < end; ) {
		stage->now += 1000;
		for (size_t i = 0; i < n; i++)
			if (c[i]->peer.host != NULL && peer_due(&c[i]->peer) <= stage->now)
				peer_tick(&c[i]->peer);
	}
}

static int
fixture_setup(void **state)
{
	(void)state;
	fixture_world();
	stage = stage_new(&world, &fixture_ops, 42);
	woken = called_back = called = half_closed = 0;
	called_port = 0;
	return stage == NULL;
}

static int
fixture_teardown(void **state)
{
	(void)state;
	stage_free(stage);
	return 0;
}

#endif
