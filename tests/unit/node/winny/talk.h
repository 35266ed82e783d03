/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scripted conversation with a dialog: the test plays the peer, hears what
 * the dialog says block by block, and keeps what it found as lines of text.
 */
#ifndef KANSOKU_TESTS_TALK_H
#define KANSOKU_TESTS_TALK_H

#include <inttypes.h>
#include <stdio.h>

#include "tests/unit/node/wire_test.h"

#include "node/winny/fields.h"
#include "node/winny/frame.h"
#include "node/winny/key.h"
#include "node/winny/message.h"
#include "tests/lab/answer.h"
#include "node/winny/outgoing.h"
#include "node/winny/dialog.h"

#define SAID_MAX	64

struct talk {
	struct dialog	*d;
	int64_t		 now;
	enum dialog_state state;
	struct link_cipher	 peer;			/* what the peer's bytes go through */
	struct frame	 ear;			/* what the dialog's bytes come out of */
	size_t		 writes;
	uint8_t		 said[SAID_MAX];	/* commands, in order */
	size_t		 nsaid;
	float		 speed;			/* that the dialog announced */
	struct link_type type;
	struct endpoint	 self;
	char		 found[65536];		/* a line for each observation */
	bool		 hold;			/* collect the peer's bytes, do not hand them over */
	uint8_t		 held[BYTES_MAX];
	size_t		 nheld;
};

static const uint8_t peer_preamble[PREAMBLE_LEN] = { 7, 7, 0xd2, 0x46, 0xad, 0x10 };

static inline struct dialog_config
usual_config(void)
{
	return (struct dialog_config){
		.self = endpoint_ipv4(0xc0000201, 7000),
		.peer = endpoint_ipv4(0xcb007107, 7743),
		.windows = 2,
		.window_ms = 30000,
		.age_ms = 6000,
		.handshake_ms = 20000,
		.patience_ms = 15000,
		.random = { 1, 2, 3, 4, 5, 6 },
	};
}

/* ---- what the dialog says and finds --------------------------------------------- */

static inline void
hear_block(struct talk *t, const struct block *b)
{
	struct message m;

	assert_true(t->nsaid < SAID_MAX);
	t->said[t->nsaid++] = b->code;
	assert_int_equal(message_decode(&m, b->code, b->payload), MESSAGE_OK);
	if (b->code == CMD_HEADER)
		frame_rekey(&t->ear);
	if (b->code == CMD_SPEED)
		t->speed = m.speed;
	if (b->code == CMD_LINK_TYPE)
		t->type = m.link_type;
	if (b->code == CMD_SELF)
		t->self = endpoint_ipv4(m.self.ip, (uint16_t)m.self.port);
}

static inline void
hear(void *arg, const uint8_t *bytes, size_t n)
{
	struct talk *t = arg;
	struct block b;

	t->writes++;
	while (frame_next(&t->ear, &bytes, &n, &b) == FRAME_BLOCK)
		hear_block(t, &b);
	assert_true(frame_at_rest(&t->ear));	/* whole blocks only */
}

static inline void
note(struct talk *t, const char *what, struct text a)
{
	size_t at = strlen(t->found);

	snprintf(t->found + at, sizeof(t->found) - at, " %s=%.*s", what, (int)a.len,
	    (const char *)a.p);
}

static inline void
note_end(struct talk *t, const char *what, struct endpoint e)
{
	char buf[ENDPOINT_TEXT];

	note(t, what, text(endpoint_format(buf, e)));
}

static inline void
note_hex(struct talk *t, const char *what, struct content_id c)
{
	char buf[2 * CONTENT_MAX + 1] = "";

	for (uint8_t i = 0; i < c.len; i++)
		sprintf(buf + (size_t)2 * i, "%02x", c.id[i]);
	note(t, what, text(buf));
}

static inline void
note_int(struct talk *t, const char *what, int64_t v)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%" PRId64, v);
	note(t, what, text(buf));
}

static inline void
note_value(struct talk *t, const struct field *f, union value v)
{
	if (f->type == FIELD_INTEGER || f->type == FIELD_FLAG)
		note_int(t, f->name, v.number);
	else if (f->type != FIELD_ENDPOINT)
		note(t, f->name, v.text);
	else if (v.endpoint != NULL)
		note_end(t, f->name, *v.endpoint);
	else
		note(t, f->name, text(""));
}

/* The body of a record, then the overlay's fields in the order of their table. */
static inline void
find(void *arg, const struct observation *o)
{
	struct talk *t = arg;
	size_t at = strlen(t->found);

	assert_int_equal(o->round, 0);
	assert_int_equal(o->t_ms, 0);
	assert_true(endpoint_is_nobody(o->to));
	assert_ptr_equal(o->fields, winny.fields);
	snprintf(t->found + at, sizeof(t->found) - at, "%s",
	    observation_type_name[o->type]);
	note_end(t, "peer", o->peer);
	if (o->type == OBS_KEY) {
		note_end(t, "source", o->key.source);
		note_hex(t, "hash", o->key.content);
	}
	if (o->type == OBS_NEIGHBOUR)
		note_end(t, "node", o->neighbour.node);
	for (size_t i = 0; o->type == OBS_QUERY && i < o->query.nvia; i++)
		note_end(t, "via", o->query.via[i]);
	for (uint8_t i = 0; i < o->fields->of[o->type].n; i++)
		note_value(t, &o->fields->of[o->type].field[i], o->value[i]);
	if (o->type == OBS_KEY)
		note_int(t, "raw", (int64_t)o->key.raw.len);
	strcat(t->found, "\n");
}

/* ---- the conversation -------------------------------------------------------------- */

static inline void
talk_open(struct talk *t, const struct dialog_config *c)
{
	const struct dialog_sink sink = { hear, find, t };

	memset(t, 0, sizeof(*t));
	t->now = 1000000;
	frame_init(&t->ear);
	link_cipher_start(&t->peer, peer_preamble);
	t->d = winny.open(c, &sink, t->now);
	assert_non_null(t->d);
}

static inline void
talk_close(struct talk *t)
{
	frame_clear(&t->ear);
	winny.close(t->d);
	t->d = NULL;
}

static inline void
give(struct talk *t, const uint8_t *bytes, size_t n)
{
	if (!t->hold) {
		t->state = winny.input(t->d, t->now, bytes, n);
		return;
	}
	assert_true(n <= sizeof(t->held) - t->nheld);
	memcpy(t->held + t->nheld, bytes, n);
	t->nheld += n;
}

/* The peer says what the writer holds since `from`. */
static inline void
log_info(struct talk *t, uint8_t *from, const struct wire_out *w)
{
	assert_false(w->bad);
	link_cipher_apply(&t->peer, from, from, (size_t)(w->p - from));
	give(t, from, (size_t)(w->p - from));
}

#define SAY(t, write_it)						\
	do {								\
		uint8_t room_[8192];					\
		struct wire_out out_ = wire_out_of(room_, sizeof(room_)), *w = &out_; \
		write_it;						\
		log_info(t, room_, w);					\
	} while (0)

static inline void
peer_header(struct talk *t, int32_t version, const char *words)
{
	SAY(t, outgoing_header(w, version, text(words)));
	link_cipher_rekey(&t->peer);
}

static inline void
peer_greets(struct talk *t)
{
	give(t, peer_preamble, PREAMBLE_LEN);
	SAY(t, outgoing_filler(w));
	peer_header(t, 12710, "Winny Ver2.0b1  ");
}

static inline void
peer_introduces(struct talk *t, float speed)
{
	const struct link_type search = { 0 };
	const struct self_info self = { .ip = 0xcb007107, .port = 7743,
		.words = { text("music"), text("test"), text("") } };

	SAY(t, outgoing_speed(w, speed));
	SAY(t, outgoing_link_type(w, &search));
	SAY(t, outgoing_self(w, &self));
}

static inline void
handshake(struct talk *t)
{
	peer_greets(t);
	peer_introduces(t, 120);
}

static inline void
peer_bare(struct talk *t, uint8_t code)
{
	SAY(t, answer_bare(w, code));
}

static inline void
peer_query(struct talk *t, struct query q, const struct endpoint *via, const struct key *k,
    size_t nkeys)
{
	struct answer_query a;

	SAY(t, {
		answer_query_begin(&a, w, &q, via);
		for (size_t i = 0; i < nkeys; i++)
			answer_query_key(&a, &k[i]);
		answer_query_end(&a);
	});
}

static inline void
peer_spreads(struct talk *t)
{
	peer_query(t, (struct query){ .spread = 1, .downstream = 1 }, NULL, NULL, 0);
}

/* Lets time pass until the dialog wants to be called, and calls it. */
static inline void
until_due(struct talk *t)
{
	t->now = winny.due(t->d);
	t->state = winny.tick(t->d, t->now);
}

static inline struct dialog_peer
peer_of(const struct talk *t)
{
	struct dialog_peer p;

	winny.peer(t->d, &p);
	return p;
}

/* A number of the overlay's contact row. */
static inline int64_t
contact_of(const struct talk *t, enum winny_contact_field i)
{
	return peer_of(t).contact[i].number;
}

static inline void
describe_peer(void *arg, const char *label, struct text value)
{
	char *out = arg;

	sprintf(out + strlen(out), " %s=%.*s", label, (int)value.len, (const char *)value.p);
}

/* What the dialog has to tell people of its peer; it lives until the next call. */
static inline const char *
described(const struct talk *t)
{
	static char out[4096];

	out[0] = '\0';
	winny.describe(t->d, describe_peer, out);
	return out;
}

static inline void
assert_said(const struct talk *t, const char *codes)
{
	char said[SAID_MAX * 4 + 1] = "";

	for (size_t i = 0; i < t->nsaid; i++)
		sprintf(said + strlen(said), "%s%d", i > 0 ? " " : "", t->said[i]);
	assert_string_equal(said, codes);
}

static inline void
assert_ended(const struct talk *t, enum dialog_state state, const char *why)
{
	if (t->state != state || strstr(winny.why(t->d), why) == NULL)
		fail_msg("state %d, \"%s\" where %d, \"%s\" was due", t->state,
		    winny.why(t->d), state, why);
	assert_true(winny.due(t->d) == INT64_MAX);
}

#endif
