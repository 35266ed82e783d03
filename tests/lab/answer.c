/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/answer.h"

#include <string.h>

/* Begins a block whose length is not known yet; returns where that goes. */
static uint8_t *
begin_block(struct wire_out *w, uint8_t code)
{
	uint8_t *at = w->p;

	wire_put_u32(w, 0);
	wire_put_u8(w, code);
	return at;
}

static void
end_block(struct wire_out *w, uint8_t *at)
{
	struct wire_out field = wire_out_of(at, 4);

	if (!w->bad)
		wire_put_u32(&field, (uint32_t)(w->p - at - 4));
}

void
answer_block(struct wire_out *w, uint8_t code, struct text payload)
{
	uint8_t *at = begin_block(w, code);

	wire_put(w, payload.p, payload.len);
	end_block(w, at);
}

void
answer_bare(struct wire_out *w, uint8_t code)
{
	end_block(w, begin_block(w, code));
}

static size_t
length(struct text t)
{
	return t.len < UINT8_MAX ? t.len : UINT8_MAX;
}

void
answer_node(struct wire_out *w, const struct other_node *n)
{
	uint8_t *at = begin_block(w, CMD_NODE);

	wire_put_ip(w, n->ip);
	wire_put_i32(w, n->port);
	wire_put_i32(w, n->bbs_port);
	wire_put_u8(w, n->bbs);
	wire_put_i32(w, n->speed);
	for (size_t i = 0; i < 3; i++)
		wire_put_u8(w, (uint8_t)length(n->words[i]));
	for (size_t i = 0; i < 3; i++)
		wire_put(w, n->words[i].p, length(n->words[i]));
	end_block(w, at);
}

void
answer_bbs_port(struct wire_out *w, int32_t port)
{
	uint8_t *at = begin_block(w, CMD_BBS_PORT);

	wire_put_i32(w, port);
	end_block(w, at);
}

void
answer_conditional(struct wire_out *w, const struct conditional *c)
{
	uint8_t *at = begin_block(w, CMD_CONDITIONAL);

	wire_put_padded(w, c->words, 256);
	wire_put_padded(w, c->trip, 16);
	wire_put_i32(w, c->id);
	end_block(w, at);
}

void
answer_query_begin(struct answer_query *a, struct wire_out *w, const struct query *q,
    const struct endpoint *via)
{
	*a = (struct answer_query){ .w = w, .block = begin_block(w, CMD_QUERY) };
	wire_put_u8(w, q->reply);
	wire_put_u8(w, q->spread);
	wire_put_u8(w, q->downstream);
	wire_put_u8(w, q->bbs);
	wire_put_i32(w, q->id);
	wire_put_u8(w, (uint8_t)length(q->words));
	wire_put(w, q->words.p, length(q->words));
	wire_put_padded(w, q->trip, KEY_TRIP);
	wire_put_u8(w, q->nvia);
	for (size_t i = 0; i < q->nvia; i++) {
		wire_put_ip(w, via[i].ip);
		wire_put_u16(w, via[i].port);
	}
	a->count = w->p;
	wire_put_u16(w, 0);
}

void
answer_query_key(struct answer_query *a, const struct key *k)
{
	struct wire_out *w = a->w;

	wire_put_ip(w, k->source.ip);
	wire_put_u16(w, k->source.port);
	wire_put_ip(w, k->bbs.ip);
	wire_put_u16(w, k->bbs.port);
	wire_put_u32(w, k->size);
	wire_put(w, k->hash, 16);
	wire_put_u8(w, (uint8_t)length(k->name));
	wire_put_u16(w, k->name_sum);
	wire_put(w, k->name.p, length(k->name));
	wire_put_padded(w, k->trip, KEY_TRIP);
	wire_put_u8(w, (uint8_t)length(k->signature));
	wire_put(w, k->signature.p, length(k->signature));
	wire_put_u16(w, k->ttl);
	wire_put_u32(w, k->blocks);
	wire_put_u32(w, k->mtime);
	wire_put_u8(w, k->ignore);
	wire_put_u8(w, k->version);
	a->n++;
}

void
answer_query_end(struct answer_query *a)
{
	struct wire_out count = wire_out_of(a->count, 2);

	if (a->w->bad)
		return;
	wire_put_u16(&count, a->n);
	end_block(a->w, a->block);
}

void
answer_name(struct key *k, uint8_t out[KEY_NAME_MAX], struct text plain)
{
	size_t n = length(plain);

	k->name_sum = name_sum(plain.p, n);
	name_crypt(out, plain.p, n, (uint8_t)k->name_sum);
	k->name = (struct text){ out, n };
}
