/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/block_fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "data/lib/text.h"
#include "node/winny/cp932.h"
#include "node/winny/key.h"
#include "node/winny/limits.h"

#define SHOWN	2048	/* bytes of a text that a person gets to see */

bool
block_fields_init(struct block_fields *f, FILE *to, bool json)
{
	*f = (struct block_fields){ .to = to, .json = json };
	f->utf8 = malloc(CP932_UTF8_MAX(LIMIT_BLOCK));
	return f->utf8 != NULL;
}

void
block_fields_clear(struct block_fields *f)
{
	free(f->utf8);
	f->utf8 = NULL;
}

/* ---- values of either form ------------------------------------------------------ */

/* A comma or blanks, then the name if there is one. */
static void
name(struct block_fields *f, const char *s)
{
	if (!f->first)
		fputs(f->json ? "," : s == NULL ? " " : "  ", f->to);
	f->first = false;
	if (s != NULL)
		fprintf(f->to, f->json ? "\"%s\":" : "%s ", s);
}

static void
put_int(struct block_fields *f, const char *what, int64_t v)
{
	name(f, what);
	fprintf(f->to, "%" PRId64, v);
}

static void
put_bool(struct block_fields *f, const char *what, bool v)
{
	name(f, what);
	fputs(v ? "true" : "false", f->to);
}

/* The shortest decimal that is this float; what is no number is null. */
static void
put_float(struct block_fields *f, const char *what, float v)
{
	char digits[32];

	name(f, what);
	if (!isfinite(v)) {
		fputs(f->json ? "null" : isnan(v) ? "not a number" : "infinite", f->to);
		return;
	}
	for (int precision = 6; precision <= 9; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, (double)v);
		if (strtof(digits, NULL) == v)
			break;
	}
	fputs(digits, f->to);
}

/* Text of the wire. */
static void
put_text(struct block_fields *f, const char *what, struct text t)
{
	struct text utf8 = { f->utf8, cp932_to_utf8(cp932(), f->utf8, t.p, t.len) };
	char shown[SHOWN];

	name(f, what);
	if (f->json)
		text_json(f->to, utf8);
	else
		fprintf(f->to, "\"%s\"", text_vis(shown, sizeof(shown), utf8));
}

/* Text of ours that needs no escapes. */
static void
put_plain(struct block_fields *f, const char *what, const char *s)
{
	name(f, what);
	fprintf(f->to, f->json ? "\"%s\"" : "%s", s);
}

static void
put_ip(struct block_fields *f, const char *what, uint32_t ip)
{
	char dotted[sizeof("255.255.255.255")];

	snprintf(dotted, sizeof(dotted), "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255,
	    ip & 255);
	put_plain(f, what, dotted);
}

static void
put_hex(struct block_fields *f, const char *what, const uint8_t *p, size_t n)
{
	name(f, what);
	if (f->json)
		putc('"', f->to);
	text_hex(f->to, p, n);
	if (f->json)
		putc('"', f->to);
}

static void
open_list(struct block_fields *f, const char *what, char bracket)
{
	name(f, what);
	if (f->json)
		putc(bracket, f->to);
	f->first = true;
}

static void
close_list(struct block_fields *f, char bracket)
{
	if (f->json)
		putc(bracket, f->to);
	else if (f->first)
		putc('-', f->to);
	f->first = false;
}

/* ---- the fields of each command ------------------------------------------------- */

static void
show_header(struct block_fields *f, const struct message *m)
{
	put_int(f, "version", m->header.version);
	put_text(f, "text", header_text(&m->header));
	put_bool(f, "genuine_node_accepts", header_accepted(&m->header));
}

static void
show_speed(struct block_fields *f, const struct message *m)
{
	put_float(f, "speed", m->speed);
}

static void
show_link_type(struct block_fields *f, const struct message *m)
{
	put_int(f, "link_type", m->link_type.type);
	put_int(f, "port0", m->link_type.port0);
	put_int(f, "conn_test", m->link_type.test);
	put_int(f, "bbs_link", m->link_type.bbs);
}

static void
show_words(struct block_fields *f, const char *what, const struct text words[3])
{
	open_list(f, what, '[');
	for (size_t i = 0; i < 3; i++)
		put_text(f, NULL, words[i]);
	close_list(f, ']');
}

static void
show_self(struct block_fields *f, const struct message *m)
{
	put_ip(f, "ip", m->self.ip);
	put_int(f, "port", m->self.port);
	put_text(f, "ddns", m->self.ddns);
	show_words(f, "cluster", m->self.words);
}

static void
show_node(struct block_fields *f, const struct message *m)
{
	put_ip(f, "ip", m->node.ip);
	put_int(f, "port", m->node.port);
	put_int(f, "bbs_port", m->node.bbs_port);
	put_int(f, "is_bbs", m->node.bbs);
	put_int(f, "speed", m->node.speed);
	show_words(f, "words", m->node.words);
	put_bool(f, "genuine_node_accepts", other_node_accepted(&m->node));
}

static void
show_bbs_port(struct block_fields *f, const struct message *m)
{
	put_int(f, "bbs_port", m->bbs_port);
}

static void
show_conditional(struct block_fields *f, const struct message *m)
{
	put_text(f, "keyword", m->conditional.words);
	put_text(f, "trip", m->conditional.trip);
	put_int(f, "id", m->conditional.id);
}

static void
show_file_request(struct block_fields *f, const struct message *m)
{
	put_int(f, "task", m->file_request.task);
	put_int(f, "first_block", m->file_request.first);
	put_int(f, "block_count", m->file_request.count);
	put_hex(f, "hash", m->file_request.hash, 16);
	put_int(f, "size", m->file_request.size);
}

static void
show_file_block(struct block_fields *f, const struct message *m)
{
	put_int(f, "task", m->file_block.task);
	put_int(f, "block", m->file_block.number);
	put_hex(f, "md5", m->file_block.md5, 16);
	put_int(f, "data_len", (int64_t)m->file_block.data.len);
}

static void
show_relay(struct block_fields *f, const struct message *m)
{
	put_ip(f, "ip", m->relay.ip);
	put_int(f, "port", m->relay.port);
}

static void
show_board(struct block_fields *f, const struct message *m)
{
	put_text(f, "board", m->board);
}

static void
show_post(struct block_fields *f, const struct message *m)
{
	put_hex(f, "hash", m->post.hash, 16);
	put_text(f, "text", m->post.text);
}

static void
show_post_relayed(struct block_fields *f, const struct message *m)
{
	put_ip(f, "ip", m->post.to.ip);
	put_int(f, "port", m->post.to.port);
	show_post(f, m);
}

static void
show_post_result(struct block_fields *f, const struct message *m)
{
	put_hex(f, "hash", m->post_result.hash, 16);
	put_int(f, "ok", m->post_result.ok);
}

/* ---- keys ------------------------------------------------------------------------ */

static void
show_key(struct block_fields *f, const struct key *k, const uint8_t *plain)
{
	if (f->json)
		open_list(f, NULL, '{');
	else
		fputs("\n          key", f->to);
	put_ip(f, "ip", k->source.ip);
	put_int(f, "port", k->source.port);
	put_hex(f, "hash", k->hash, 16);
	put_int(f, "size", k->size);
	put_text(f, "file_name", (struct text){ plain, k->name.len });
	put_text(f, "trip", k->trip);
	put_int(f, "ttl", k->ttl);
	put_int(f, "refs", k->blocks);
	put_int(f, "timestamp", k->mtime);
	put_int(f, "ignore", k->ignore);
	put_int(f, "version", k->version);
	put_ip(f, "bbs_ip", k->bbs.ip);
	put_int(f, "bbs_port", k->bbs.port);
	put_text(f, "bbs_trip", k->signature);
	close_list(f, '}');
}

/* The keys that a node would keep; returns how many it would not. */
static uint16_t
show_kept(struct block_fields *f, struct wire keys)
{
	uint8_t plain[KEY_NAME_MAX];
	uint16_t refused = 0;
	struct key k;

	while (key_next(&k, &keys))
		if (key_open(&k, plain) == KEY_OK)
			show_key(f, &k, plain);
		else
			refused++;
	return refused;
}

static void
show_refused(struct block_fields *f, struct wire keys)
{
	uint8_t plain[KEY_NAME_MAX];
	enum key_error err;
	struct key k;

	for (int i = 0; key_next(&k, &keys); i++) {
		if ((err = key_open(&k, plain)) == KEY_OK)
			continue;
		if (!f->json) {
			fprintf(f->to, "\n          key refused: %s", key_error_text(err));
			continue;
		}
		open_list(f, NULL, '{');
		put_int(f, "key", i);
		put_plain(f, "error", key_error_text(err));
		close_list(f, '}');
	}
}

static void
show_via(struct block_fields *f, struct wire via)
{
	char buf[ENDPOINT_TEXT];
	struct endpoint e;

	open_list(f, "nodes", '[');
	while (query_via(&e, &via)) {
		if (!f->json) {
			put_plain(f, NULL, endpoint_format(buf, e));
			continue;
		}
		open_list(f, NULL, '[');
		put_ip(f, NULL, e.ip);
		put_int(f, NULL, e.port);
		close_list(f, ']');
	}
	close_list(f, ']');
}

static void
show_query(struct block_fields *f, const struct message *m)
{
	const struct query *q = &m->query;
	uint16_t refused;

	put_int(f, "reply", q->reply);
	put_int(f, "spread", q->spread);
	put_int(f, "downstream", q->downstream);
	put_int(f, "bbs", q->bbs);
	put_int(f, "id", q->id);
	put_text(f, "keyword", q->words);
	put_text(f, "trip", q->trip);
	show_via(f, q->via);
	if (!f->json)
		put_int(f, "keys", q->nkeys);
	if (f->json)
		open_list(f, "keys", '[');
	refused = show_kept(f, q->keys);
	if (f->json)
		close_list(f, ']');
	if (refused == 0)
		return;
	if (f->json) {
		put_int(f, "keys_total", q->nkeys);
		put_int(f, "keys_accepted", q->nkeys - refused);
		open_list(f, "keys_refused", '[');
	}
	show_refused(f, q->keys);
	if (f->json)
		close_list(f, ']');
}

/* ---- lines ----------------------------------------------------------------------- */

static void (*const show[CMD_N])(struct block_fields *, const struct message *) = {
	[CMD_HEADER] = show_header,
	[CMD_SPEED] = show_speed,
	[CMD_LINK_TYPE] = show_link_type,
	[CMD_SELF] = show_self,
	[CMD_NODE] = show_node,
	[CMD_BBS_PORT] = show_bbs_port,
	[CMD_FILE_REQUEST] = show_file_request,
	[CMD_CONDITIONAL] = show_conditional,
	[CMD_QUERY] = show_query,
	[CMD_BBS_CONDITIONAL] = show_conditional,
	[CMD_BBS_LIST] = show_board,
	[CMD_FILE_BLOCK] = show_file_block,
	[CMD_RELAY_DIAL] = show_relay,
	[CMD_RELAY_EXPECT] = show_relay,
	[CMD_POST] = show_post,
	[CMD_POST_RELAYED] = show_post_relayed,
	[CMD_POST_RESULT] = show_post_result,
	[CMD_POST_RESULT_RELAYED] = show_post_result,
};

/* NULL where the block was refused on its length, before its code was read. */
static const char *
called(const struct block *b)
{
	const struct command *c = command_find(b->code);

	if (b->len == 0)
		return "empty";
	if (b->payload.p == NULL)
		return NULL;
	return c != NULL ? c->name : "unknown";
}

static void
begin_json(struct block_fields *f, uint64_t offset, const struct block *b, const char *what)
{
	fprintf(f->to, "{\"offset\":%" PRIu64, offset);
	if (b != NULL && b->payload.p != NULL)
		put_int(f, "code", b->code);
	if (b != NULL)
		put_int(f, "len", b->len);
	if (what != NULL)
		put_plain(f, "name", what);
}

/* Columns as in block_fields_heading; a code or a length that was never read is "-". */
static void
begin_row(struct block_fields *f, uint64_t offset, const struct block *b, const char *what)
{
	fprintf(f->to, "%8" PRIu64 "  %-20s ", offset, what != NULL ? what : "-");
	fprintf(f->to, b != NULL && b->payload.p != NULL ? "%4d" : "   -", b ? b->code : 0);
	fprintf(f->to, b != NULL ? " %7" PRIu32 : "       -", b ? b->len : 0);
}

static void
begin_line(struct block_fields *f, uint64_t offset, const struct block *b)
{
	f->first = false;
	(f->json ? begin_json : begin_row)(f, offset, b, b == NULL ? NULL : called(b));
}

void
block_fields_heading(struct block_fields *f)
{
	if (!f->json)
		fprintf(f->to, "%8s  %-20s %4s %7s  %s\n", "offset", "block", "code", "length",
		    "fields");
}

static void
end_line(struct block_fields *f)
{
	fputs(f->json ? "}\n" : "\n", f->to);
}

void
block_fields_block(struct block_fields *f, const struct block *b, const struct message *m)
{
	begin_line(f, b->offset, b);
	if (m != NULL && show[b->code] != NULL)
		show[b->code](f, m);
	end_line(f);
}

void
block_fields_error(struct block_fields *f, uint64_t offset, const struct block *b, const char *why)
{
	begin_line(f, offset, b);
	put_plain(f, f->json ? "error" : "error:", why);
	end_line(f);
}
