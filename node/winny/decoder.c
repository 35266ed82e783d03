/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/decoder.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/winny/cp932.h"
#include "node/winny/frame.h"
#include "node/winny/key.h"
#include "node/winny/limits.h"
#include "node/winny/message.h"

struct decoder {
	struct decoder_sink	sink;
	struct frame		frame;
	bool			header;		/* command 0 has been */
	bool			keep_going;
	bool			over;		/* nothing more can be read */
	uint8_t			utf8[CP932_UTF8_MAX(LIMIT_BLOCK)];	/* one text of a block */
};

/* ---- the fields of each command --------------------------------------------------- */

/* How a field lies in its struct; those from SHOW_HEADER_TEXT on are worked out of all of it. */
enum shown_kind {
	SHOW_U8, SHOW_U16, SHOW_U32, SHOW_I32, SHOW_F32, SHOW_IP, SHOW_HASH, SHOW_TEXT, SHOW_WORDS,
	SHOW_LENGTH,		/* of a text that itself is not shown */
	SHOW_HEADER_TEXT, SHOW_HEADER_ACCEPTED, SHOW_NODE_ACCEPTED, SHOW_VIA, SHOW_KEYS
};

struct shown {
	const char	*name;
	enum shown_kind	 kind;
	size_t		 at;
};

/* A key and its name, decrypted. */
struct open_key {
	struct key	key;
	struct text	name;
};

#define KIND_OF(x)	_Generic(x, uint8_t: SHOW_U8, uint16_t: SHOW_U16, uint32_t: SHOW_U32, \
	int32_t: SHOW_I32, float: SHOW_F32, const uint8_t *: SHOW_HASH, struct text: SHOW_TEXT, \
	struct text *: SHOW_WORDS)
#define AS(kind, type, name, member)	{ name, kind, offsetof(struct type, member) }
#define OF(type, name, member)	AS(KIND_OF(((struct type *)0)->member), type, name, member)
#define M(name, member)		OF(message, name, member)
#define WHOLE(kind, name)	{ name, kind, 0 }
#define FIELDS(...)		(const struct shown[]){ __VA_ARGS__, { NULL, SHOW_U8, 0 } }

static const struct shown *const shown[CMD_N] = {
	[CMD_HEADER] = FIELDS(M("version", header.version), WHOLE(SHOW_HEADER_TEXT, "text"),
	    WHOLE(SHOW_HEADER_ACCEPTED, "genuine_node_accepts")),
	[CMD_SPEED] = FIELDS(M("speed", speed)),
	[CMD_LINK_TYPE] = FIELDS(M("link_type", link_type.type), M("port0", link_type.port0),
	    M("conn_test", link_type.test), M("bbs_link", link_type.bbs)),
	[CMD_SELF] = FIELDS(AS(SHOW_IP, message, "ip", self.ip), M("port", self.port),
	    M("ddns", self.ddns), M("cluster", self.words)),
	[CMD_NODE] = FIELDS(AS(SHOW_IP, message, "ip", node.ip), M("port", node.port),
	    M("bbs_port", node.bbs_port), M("is_bbs", node.bbs), M("speed", node.speed),
	    M("words", node.words), WHOLE(SHOW_NODE_ACCEPTED, "genuine_node_accepts")),
	[CMD_BBS_PORT] = FIELDS(M("bbs_port", bbs_port)),
	[CMD_FILE_REQUEST] = FIELDS(M("task", file_request.task),
	    M("first_block", file_request.first), M("block_count", file_request.count),
	    M("hash", file_request.hash), M("size", file_request.size)),
#define CONDITIONAL	FIELDS(M("keyword", conditional.words), M("trip", conditional.trip), \
	    M("id", conditional.id))
	[CMD_CONDITIONAL] = CONDITIONAL,
	[CMD_BBS_CONDITIONAL] = CONDITIONAL,
	[CMD_QUERY] = FIELDS(M("reply", query.reply), M("spread", query.spread),
	    M("downstream", query.downstream), M("bbs", query.bbs), M("id", query.id),
	    M("keyword", query.words), M("trip", query.trip), WHOLE(SHOW_VIA, "nodes"),
	    WHOLE(SHOW_KEYS, "keys")),
	[CMD_BBS_LIST] = FIELDS(M("board", board)),
	[CMD_FILE_BLOCK] = FIELDS(M("task", file_block.task), M("block", file_block.number),
	    M("md5", file_block.md5), AS(SHOW_LENGTH, message, "data_len", file_block.data)),
#define RELAY	FIELDS(AS(SHOW_IP, message, "ip", relay.ip), M("port", relay.port))
	[CMD_RELAY_DIAL] = RELAY,
	[CMD_RELAY_EXPECT] = RELAY,
	[CMD_POST] = FIELDS(M("hash", post.hash), M("text", post.text)),
	[CMD_POST_RELAYED] = FIELDS(AS(SHOW_IP, message, "ip", post.to.ip), M("port", post.to.port),
	    M("hash", post.hash), M("text", post.text)),
#define POST_RESULT	FIELDS(M("hash", post_result.hash), M("ok", post_result.ok))
	[CMD_POST_RESULT] = POST_RESULT,
	[CMD_POST_RESULT_RELAYED] = POST_RESULT,
};

#define K(name, member)		OF(open_key, name, member)

static const struct shown *const key_shown = FIELDS(
	AS(SHOW_IP, open_key, "ip", key.source.ip), K("port", key.source.port), K("hash", key.hash),
	K("size", key.size), K("file_name", name), K("trip", key.trip), K("ttl", key.ttl),
	K("refs", key.blocks), K("timestamp", key.mtime), K("ignore", key.ignore),
	K("version", key.version), AS(SHOW_IP, open_key, "bbs_ip", key.bbs.ip),
	K("bbs_port", key.bbs.port), K("bbs_trip", key.signature));

/* ---- reports ----------------------------------------------------------------------- */

static void
report_part(struct decoder *d, struct part part)
{
	d->sink.part(d->sink.arg, &part);
}

static void
report_number(struct decoder *d, const char *name, int64_t v)
{
	report_part(d, (struct part){ .name = name, .type = PART_INTEGER, .number = v });
}

static void
report_flag(struct decoder *d, const char *name, bool v)
{
	report_part(d, (struct part){ .name = name, .type = PART_FLAG, .number = v });
}

/* Text of the wire. */
static void
report_text(struct decoder *d, const char *name, struct text t)
{
	report_part(d, (struct part){ .name = name, .type = PART_TEXT,
		.text = { d->utf8, cp932_to_utf8(cp932(), d->utf8, t.p, t.len) } });
}

static void
report_words(struct decoder *d, const char *name, const struct text words[3])
{
	report_part(d, (struct part){ .name = name, .type = PART_LIST });
	for (size_t i = 0; i < 3; i++)
		report_text(d, NULL, words[i]);
	report_part(d, (struct part){ .type = PART_END });
}

static void
report_via(struct decoder *d, const char *name, struct wire via)
{
	struct part node = { .type = PART_ENDPOINT };

	report_part(d, (struct part){ .name = name, .type = PART_LIST });
	while (query_via(&node.endpoint, &via))
		report_part(d, node);
	report_part(d, (struct part){ .type = PART_END });
}

static void report_fields(struct decoder *, const struct shown *, const void *);

/* Reports the keys that a node would keep; then, with the reason, those that it would not. */
static void
report_keys(struct decoder *d, const char *name, const struct query *q)
{
	uint8_t plain[KEY_NAME_MAX];
	struct wire keys = q->keys;
	enum key_error err;
	struct open_key k;
	int64_t refused = 0;

	report_part(d, (struct part){ .name = name, .type = PART_RECORDS, .number = q->nkeys });
	while (key_next(&k.key, &keys)) {
		if (key_open(&k.key, plain) != KEY_OK) {
			refused++;
			continue;
		}
		k.name = (struct text){ plain, k.key.name.len };
		report_part(d, (struct part){ .name = "key", .type = PART_RECORD });
		report_fields(d, key_shown, &k);
		report_part(d, (struct part){ .type = PART_END });
	}
	report_part(d, (struct part){ .type = PART_END });
	if (refused == 0)
		return;
	report_part(d, (struct part){ .name = name, .type = PART_REFUSALS, .number = refused,
		.total = q->nkeys });
	keys = q->keys;
	for (int64_t i = 0; key_next(&k.key, &keys); i++)
		if ((err = key_open(&k.key, plain)) != KEY_OK)
			report_part(d, (struct part){ .name = "key", .type = PART_REFUSAL,
				.number = i, .why = key_error_text(err) });
	report_part(d, (struct part){ .type = PART_END });
}

static void
report_field(struct decoder *d, const struct shown *s, const void *of)
{	/* flat */
	const void *at = (const uint8_t *)of + s->at;
	const struct message *m = of;

	switch (s->kind) {
	case SHOW_U8:
		report_number(d, s->name, *(const uint8_t *)at);
		break;
	case SHOW_U16:
		report_number(d, s->name, *(const uint16_t *)at);
		break;
	case SHOW_U32:
		report_number(d, s->name, *(const uint32_t *)at);
		break;
	case SHOW_I32:
		report_number(d, s->name, *(const int32_t *)at);
		break;
	case SHOW_F32:
		report_part(d, (struct part){ .name = s->name, .type = PART_FLOAT,
			.real = *(const float *)at });
		break;
	case SHOW_IP:
		report_part(d, (struct part){ .name = s->name, .type = PART_ADDRESS,
			.endpoint = endpoint_ipv4(*(const uint32_t *)at, 0) });
		break;
	case SHOW_HASH:
		report_part(d, (struct part){ .name = s->name, .type = PART_BYTES,
			.text = { *(const uint8_t *const *)at, 16 } });
		break;
	case SHOW_TEXT:
		report_text(d, s->name, *(const struct text *)at);
		break;
	case SHOW_WORDS:
		report_words(d, s->name, at);
		break;
	case SHOW_LENGTH:
		report_number(d, s->name, (int64_t)((const struct text *)at)->len);
		break;
	case SHOW_HEADER_TEXT:
		report_text(d, s->name, header_text(&m->header));
		break;
	case SHOW_HEADER_ACCEPTED:
		report_flag(d, s->name, header_accepted(&m->header));
		break;
	case SHOW_NODE_ACCEPTED:
		report_flag(d, s->name, other_node_accepted(&m->node));
		break;
	case SHOW_VIA:
		report_via(d, s->name, m->query.via);
		break;
	case SHOW_KEYS:
		report_keys(d, s->name, &m->query);
		break;
	}
}

static void
report_fields(struct decoder *d, const struct shown *s, const void *of)
{
	for (; s != NULL && s->name != NULL; s++)
		report_field(d, s, of);
}

/* A block with its fields, unless m is NULL; or why the stream breaks there, in a block or not. */
static void
report_block(struct decoder *d, uint64_t offset, const struct block *b, const struct message *m,
    const char *error)
{
	struct decoded line = { .offset = offset, .code = UNKNOWN, .len = UNKNOWN, .error = error };

	if (b != NULL) {
		line.len = b->len;
		line.name = b->len == 0 ? "empty" : NULL;
	}
	/* A block that is refused on its length has not been read. */
	if (b != NULL && b->payload.p != NULL) {
		const struct command *c = command_find(b->code);

		line.code = b->code;
		line.name = b->len == 0 ? "empty" : c != NULL ? c->name : "unknown";
	}
	d->sink.message(d->sink.arg, &line);
	if (m != NULL)
		report_fields(d, shown[m->code], m);
	d->sink.message_end(d->sink.arg);
}

/* ---- the stream --------------------------------------------------------------------- */

static void
refuse(struct decoder *d, uint64_t offset, const struct block *b, const char *why, bool over)
{
	report_block(d, offset, b, NULL, why);
	d->over = over || !d->keep_going;
}

static void
decode_block(struct decoder *d, const struct block *b)
{
	enum message_error err;
	struct message m;

	if ((err = message_decode(&m, b->code, b->payload)) != MESSAGE_OK) {
		refuse(d, b->offset, b, message_error_text(err), false);
		return;
	}
	if (b->code == CMD_HEADER) {
		if (d->header)
			refuse(d, b->offset, b, "a second protocol header", false);
		frame_rekey(&d->frame);
		d->header = true;
	}
	if (!d->over)
		report_block(d, b->offset, b, &m, NULL);
}

/* A stream should end between two blocks. */
static void
report_cut(struct decoder *d)
{
	const struct frame *f = &d->frame;
	char why[96];

	if (d->over || frame_at_rest(f))
		return;
	if (f->in_body) {
		snprintf(why, sizeof(why), "the stream ends inside a block: %u of %u bytes are here",
		    (unsigned)f->has, (unsigned)f->len);
		refuse(d, f->at - f->has - 4, NULL, why, true);
	} else
		refuse(d, f->at - f->head_has, NULL, f->started ?
		    "the stream ends inside a length field" :
		    "the stream ends inside the preamble", true);
}

struct decoder *
winny_decoder_open(const struct decoder_sink *sink, bool keep_going)
{
	struct decoder *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->sink = *sink;
	d->keep_going = keep_going;
	frame_init(&d->frame);
	return d;
}

bool
winny_decoder_input(struct decoder *d, const uint8_t *bytes, size_t n)
{
	enum frame_result r = FRAME_EMPTY;
	struct block b;

	while (!d->over && r != FRAME_MORE) {
		r = frame_next(&d->frame, &bytes, &n, &b);
		if (r == FRAME_BLOCK)
			decode_block(d, &b);
		else if (r == FRAME_EMPTY)
			report_block(d, b.offset, &b, NULL, NULL);
		else if (r != FRAME_MORE)
			refuse(d, b.offset, &b, frame_result_text(r), true);
	}
	return !d->over;
}

void
winny_decoder_close(struct decoder *d, bool at_end)
{
	if (d == NULL)
		return;
	if (at_end)
		report_cut(d);
	frame_clear(&d->frame);
	free(d);
}
