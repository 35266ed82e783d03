/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/outgoing.h"

#include <string.h>

#include "node/winny/limits.h"

/* The longest thing we ever write: a whole handshake with all its strings. */
#define ROOM	1024

/* ---- blocks ----------------------------------------------------------------- */

/* The length field and the code of a block whose payload is len bytes. */
static void
put_block_head(struct wire_out *w, uint8_t code, size_t len)
{
	wire_put_u32(w, (uint32_t)len + 1);
	wire_put_u8(w, code);
}

void
outgoing_filler(struct wire_out *w)
{
	put_block_head(w, CMD_FILLER, 0);
}

void
outgoing_header(struct wire_out *w, int32_t version, struct text text)
{
	uint8_t plain[HEADER_PLAIN_MAX];
	struct wire_out p = wire_out_of(plain, sizeof(plain));
	size_t len;

	wire_put_i32(&p, version);
	wire_put(&p, text.p, text.len);
	w->bad |= p.bad;
	len = (size_t)(p.p - plain);
	header_crypt(plain, plain, len);
	put_block_head(w, CMD_HEADER, len);
	wire_put(w, plain, len);
}

void
outgoing_speed(struct wire_out *w, float kb_per_s)
{
	put_block_head(w, CMD_SPEED, 4);
	wire_put_f32(w, kb_per_s);
}

void
outgoing_link_type(struct wire_out *w, const struct link_type *t)
{
	put_block_head(w, CMD_LINK_TYPE, 4);
	wire_put_u8(w, t->type);
	wire_put_u8(w, t->port0);
	wire_put_u8(w, t->test);
	wire_put_u8(w, t->bbs);
}

static size_t
at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

void
outgoing_self(struct wire_out *w, const struct self_info *s)
{
	size_t ddns = at_most(s->ddns.len, UINT8_MAX), word[3], len = 12 + ddns;

	for (size_t i = 0; i < 3; i++)
		len += word[i] = at_most(s->words[i].len, LIMIT_CLUSTER_WORD);
	put_block_head(w, CMD_SELF, len);
	wire_put_ip(w, s->ip);
	wire_put_i32(w, s->port);
	wire_put_u8(w, (uint8_t)ddns);
	for (size_t i = 0; i < 3; i++)
		wire_put_u8(w, (uint8_t)word[i]);
	wire_put(w, s->ddns.p, ddns);
	for (size_t i = 0; i < 3; i++)
		wire_put(w, s->words[i].p, word[i]);
}

void
outgoing_request(struct wire_out *w)
{
	put_block_head(w, CMD_REQUEST, 0);
}

void
outgoing_farewell(struct wire_out *w)
{
	put_block_head(w, CMD_CLOSE, 0);
}

/* ---- one direction of a link ------------------------------------------------ */

/* Encrypts what was written since `from`, and says all that is in buf: one block. */
static void
say_block(struct outgoing *o, uint8_t *buf, uint8_t *from, struct wire_out *w)
{
	link_cipher_apply(&o->link, from, from, (size_t)(w->p - from));
	o->send(o->arg, buf, (size_t)(w->p - buf));
	*w = wire_out_of(buf, ROOM);
}

static void
send_block(struct outgoing *o, void (*write)(struct wire_out *))
{
	uint8_t buf[ROOM];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	write(&w);
	say_block(o, buf, buf, &w);
}

void
outgoing_init(struct outgoing *o, void (*send)(void *, const uint8_t *, size_t), void *arg)
{
	o->send = send;
	o->arg = arg;
}

void
outgoing_greet(struct outgoing *o, const uint8_t preamble[PREAMBLE_LEN],
    const struct introduction *i)
{
	uint8_t buf[ROOM];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	link_cipher_start(&o->link, preamble);
	wire_put(&w, preamble, PREAMBLE_LEN);
	outgoing_filler(&w);
	say_block(o, buf, buf + PREAMBLE_LEN, &w);
	outgoing_header(&w, OUTGOING_VERSION,
	    (struct text){ (const uint8_t *)OUTGOING_TEXT, sizeof(OUTGOING_TEXT) - 1 });
	say_block(o, buf, buf, &w);
	link_cipher_rekey(&o->link);
	if (i != NULL)
		outgoing_introduce(o, i);
}

void
outgoing_introduce(struct outgoing *o, const struct introduction *i)
{
	uint8_t buf[ROOM];
	struct wire_out w = wire_out_of(buf, sizeof(buf));

	outgoing_speed(&w, i->speed);
	say_block(o, buf, buf, &w);
	outgoing_link_type(&w, &i->type);
	say_block(o, buf, buf, &w);
	outgoing_self(&w, &i->self);
	say_block(o, buf, buf, &w);
}

void
outgoing_ask(struct outgoing *o)
{
	send_block(o, outgoing_request);
}

void
outgoing_leave(struct outgoing *o)
{
	send_block(o, outgoing_farewell);
}
