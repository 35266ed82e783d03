/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/message.h"

#include <string.h>
#include <threads.h>

#include "node/winny/key.h"
#include "node/winny/limits.h"
#include "node/winny/rc4.h"

#define HASH_LEN	16
#define VIA_LEN		6
/* Command 12: two C strings in fixed places, noise behind their NULs. */
#define CONDITIONAL_WORDS	256
#define CONDITIONAL_TRIP	16
#define BOARD_NAME		128

/* ---- handshake ------------------------------------------------------------ */

static uint8_t header_stream[HEADER_PLAIN_MAX];	/* const once made */

static void
make_header_stream(void)
{
	struct rc4 fixed;

	rc4_key(&fixed, (const uint8_t *)"98789asj", 8);
	rc4_apply(&fixed, header_stream, header_stream, sizeof(header_stream));
}

void
header_crypt(uint8_t *out, const uint8_t *in, size_t n)
{
	static once_flag made = ONCE_FLAG_INIT;

	call_once(&made, make_header_stream);
	for (size_t i = 0; i < n; i++)
		out[i] = in[i] ^ header_stream[i];
}

static enum message_error
decode_header(struct message *m, struct wire *w)
{
	struct header *h = &m->header;
	struct wire plain;

	h->plain_len = wire_left(w) < sizeof(h->plain) ? wire_left(w) : sizeof(h->plain);
	if (h->plain_len < HEADER_LEN) {
		w->bad = true;
		return MESSAGE_SHORT;
	}
	header_crypt(h->plain, wire_bytes(w, h->plain_len), h->plain_len);
	plain = wire_of(h->plain, h->plain_len);
	h->version = wire_i32(&plain);
	return MESSAGE_OK;
}

struct text
header_text(const struct header *h)
{
	return (struct text){ h->plain + 4, h->plain_len - 4 };
}

bool
header_is_winny(const struct header *h)
{
	static const char text[] = "Winny Ver";

	return memcmp(h->plain + 4, text, sizeof(text) - 1) == 0;
}

bool
header_accepted(const struct header *h)
{
	static const char text[] = "Winny Ver2.0";
	int32_t v = h->version;

	return memcmp(h->plain + 4, text, sizeof(text) - 1) == 0 &&
	    ((v >= 12660 && v <= 12899) || (v >= 20000 && v <= 20999));
}

static enum message_error
decode_speed(struct message *m, struct wire *w)
{
	m->speed = wire_f32(w);
	return MESSAGE_OK;
}

static enum message_error
decode_link_type(struct message *m, struct wire *w)
{
	m->link_type.type = wire_u8(w);
	m->link_type.port0 = wire_u8(w);
	m->link_type.test = wire_u8(w);
	m->link_type.bbs = wire_u8(w);
	return MESSAGE_OK;
}

/* Lengths come first, then the words. */
static void
read_words(struct text words[3], const uint8_t *len, struct wire *w)
{
	for (size_t i = 0; i < 3; i++)
		words[i] = wire_text(w, len == NULL ? 0 : len[i]);
}

static enum message_error
decode_self(struct message *m, struct wire *w)
{
	struct self_info *s = &m->self;
	const uint8_t *words;
	uint8_t ddns;

	s->ip = wire_ip(w);
	s->port = wire_i32(w);
	ddns = wire_u8(w);
	words = wire_bytes(w, 3);
	s->ddns = wire_text(w, ddns);
	read_words(s->words, words, w);
	return MESSAGE_OK;
}

/* ---- the overlay ----------------------------------------------------------- */

static enum message_error
decode_node(struct message *m, struct wire *w)
{
	struct other_node *n = &m->node;

	n->ip = wire_ip(w);
	n->port = wire_i32(w);
	n->bbs_port = wire_i32(w);
	n->bbs = wire_u8(w);
	n->speed = wire_i32(w);
	read_words(n->words, wire_bytes(w, 3), w);
	return MESSAGE_OK;
}

bool
other_node_accepted(const struct other_node *n)
{
	return n->port >= 1 && n->port <= LIMIT_PORT;
}

static enum message_error
decode_bbs_port(struct message *m, struct wire *w)
{
	m->bbs_port = wire_i32(w);
	return MESSAGE_OK;
}

static enum message_error
decode_conditional(struct message *m, struct wire *w)
{
	struct conditional *c = &m->conditional;

	c->words = text_until_nul(wire_text(w, CONDITIONAL_WORDS));
	c->trip = text_until_nul(wire_text(w, CONDITIONAL_TRIP));
	c->id = wire_i32(w);
	return MESSAGE_OK;
}

static enum message_error
decode_query(struct message *m, struct wire *w)
{
	struct query *q = &m->query;
	const uint8_t *from;
	uint8_t signature;

	q->reply = wire_u8(w);
	q->spread = wire_u8(w);
	q->downstream = wire_u8(w);
	q->bbs = wire_u8(w);
	q->id = wire_i32(w);
	q->words = wire_text(w, wire_u8(w));
	q->trip = text_until_nul(wire_text(w, KEY_TRIP));
	q->nvia = wire_u8(w);
	from = wire_bytes(w, (size_t)q->nvia * VIA_LEN);
	q->nkeys = wire_u16(w);
	if (w->bad)
		return MESSAGE_SHORT;
	q->via = wire_of(from, (size_t)q->nvia * VIA_LEN);
	from = w->p;
	for (uint16_t i = 0; i < q->nkeys; i++)
		if (!key_skip(w, &signature))
			return signature > KEY_TRIP ? MESSAGE_SIGNATURE : MESSAGE_SHORT;
	q->keys = wire_of(from, (size_t)(w->p - from));
	return MESSAGE_OK;
}

bool
query_via(struct endpoint *e, struct wire *via)
{
	if (wire_left(via) < VIA_LEN)
		return false;
	*e = endpoint_ipv4(wire_ip(via), 0);
	e->port = wire_u16(via);
	return true;
}

/* ---- transfer and BBS: layouts only --------------------------------------- */

static enum message_error
decode_file_request(struct message *m, struct wire *w)
{
	struct file_request *f = &m->file_request;

	f->task = wire_i32(w);
	f->first = wire_i32(w);
	f->count = wire_i32(w);
	f->hash = wire_bytes(w, HASH_LEN);
	f->size = wire_u32(w);
	return MESSAGE_OK;
}

static enum message_error
decode_file_block(struct message *m, struct wire *w)
{
	struct file_block *f = &m->file_block;

	f->task = wire_i32(w);
	f->number = wire_i32(w);
	f->md5 = wire_bytes(w, HASH_LEN);
	f->data = wire_text(w, wire_left(w));
	return MESSAGE_OK;
}

static enum message_error
decode_relay(struct message *m, struct wire *w)
{
	m->relay.ip = wire_ip(w);
	m->relay.port = wire_i32(w);
	return MESSAGE_OK;
}

static enum message_error
decode_board(struct message *m, struct wire *w)
{
	m->board = text_until_nul(wire_text(w, BOARD_NAME));
	return MESSAGE_OK;
}

static enum message_error
decode_post(struct message *m, struct wire *w)
{
	m->post.hash = wire_bytes(w, HASH_LEN);
	m->post.text = wire_text(w, wire_left(w));
	return MESSAGE_OK;
}

static enum message_error
decode_post_relayed(struct message *m, struct wire *w)
{
	m->post.to.ip = wire_ip(w);
	m->post.to.port = wire_i32(w);
	return decode_post(m, w);
}

static enum message_error
decode_post_result(struct message *m, struct wire *w)
{
	m->post_result.hash = wire_bytes(w, HASH_LEN);
	m->post_result.ok = wire_i32(w);
	return MESSAGE_OK;
}

/* ---- the table ------------------------------------------------------------ */

/*
 * By code.  Some minima are one less than the fields need: genuine nodes then
 * read what an earlier block left behind, we refuse the block.
 */
static const struct command commands[CMD_N] = {
	/* code			   name, min, bare, closes, ours, decode */
	[CMD_HEADER]		= { "protocol-header", 0, false, false, true, decode_header },
	[CMD_SPEED]		= { "speed", 4, false, false, true, decode_speed },
	[CMD_LINK_TYPE]		= { "link-type", 4, false, false, true, decode_link_type },
	[CMD_SELF]		= { "self-info", 12, false, false, true, decode_self },
	[CMD_NODE]		= { "other-node", 20, false, false, false, decode_node },
	[CMD_BBS_PORT]		= { "bbs-port", 4, false, false, false, decode_bbs_port },
	[CMD_REQUEST]		= { "spread-request", 1, true, false, true, NULL },
	[CMD_FILE_REQUEST]	= { "file-request", 32, false, false, false, decode_file_request },
	[CMD_CONDITIONAL]	= { "conditional-spread", 0, false, false, false, decode_conditional },
	[CMD_QUERY]		= { "query", 0, false, false, false, decode_query },
	[CMD_BBS_CONDITIONAL]	= { "bbs-conditional", 0, false, false, false, decode_conditional },
	[CMD_BBS_REQUEST]	= { "bbs-spread-request", 1, true, false, false, NULL },
	[CMD_BBS_LIST]		= { "bbs-thread-list", 128, false, false, false, decode_board },
	[CMD_FILE_BLOCK]	= { "file-block", 9, false, false, false, decode_file_block },
	[CMD_RELAY_DIAL]	= { "relay-dial", 8, false, false, false, decode_relay },
	[CMD_RELAY_EXPECT]	= { "relay-expect", 8, false, false, false, decode_relay },
	[CMD_POST]		= { "post", 17, false, false, false, decode_post },
	[CMD_POST_RELAYED]	= { "post-relayed", 25, false, false, false, decode_post_relayed },
	[CMD_POST_RESULT]	= { "post-result", 20, false, false, false, decode_post_result },
	[CMD_POST_RESULT_RELAYED] = { "post-result-relayed", 20, false, false, false,
				    decode_post_result },
	[CMD_CLOSE]		= { "close", 0, false, true, true, NULL },
	[CMD_CLOSE_LIMIT]	= { "close-transfer-limit", 0, false, true, false, NULL },
	[CMD_CLOSE_PORT]	= { "close-bad-port", 0, false, true, false, NULL },
	[CMD_CLOSE_IGNORED]	= { "close-ignored-node", 0, false, true, false, NULL },
	[CMD_CLOSE_SLOW]	= { "close-too-slow", 0, false, true, false, NULL },
	[CMD_CLOSE_FORGED]	= { "close-forged-key", 0, false, true, false, NULL },
	[96]			= { "pad-0x60", 0, false, false, false, NULL },
	[CMD_FILLER]		= { "pad-0x61", 0, false, false, true, NULL },
	[98]			= { "pad-0x62", 0, false, false, false, NULL },
	[99]			= { "pad-0x63", 0, false, false, false, NULL },
};

const struct command *
command_find(uint8_t code)
{
	return code < CMD_N && commands[code].name != NULL ? &commands[code] : NULL;
}

static enum message_error
decode(struct message *m, const struct command *c, struct wire w)
{
	enum message_error err = MESSAGE_OK;
	size_t len = wire_left(&w) + 1;

	if (c == NULL)
		return MESSAGE_UNKNOWN;
	if (c->bare && len != 1)
		return MESSAGE_LENGTH;
	if (len < c->min)
		return MESSAGE_SHORT;
	if (c->decode != NULL)
		err = c->decode(m, &w);
	if (err == MESSAGE_OK && w.bad)
		err = MESSAGE_SHORT;
	return err;
}

enum message_error
message_decode(struct message *m, uint8_t code, struct text payload)
{
	const struct command *c = command_find(code);
	enum message_error err;

	memset(m, 0, sizeof(*m));
	if ((err = decode(m, c, wire_of(payload.p, payload.len))) != MESSAGE_OK)
		memset(m, 0, sizeof(*m));
	else
		m->command = c;
	m->code = code;
	return err;
}

const char *
message_error_text(enum message_error err)
{
	static const char *const text[] = {
		[MESSAGE_OK] = "no error",
		[MESSAGE_UNKNOWN] = "unknown command",
		[MESSAGE_LENGTH] = "payload where none is allowed",
		[MESSAGE_SHORT] = "a field runs past the block",
		[MESSAGE_SIGNATURE] = "BBS signature longer than 11 bytes",
	};
	_Static_assert(sizeof(text) / sizeof(text[0]) == MESSAGE_NERR,
	    "every message_error needs a text");

	return text[err];
}
