/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/tap.h"

#include <stdlib.h>
#include <string.h>

#include "node/winny/frame.h"
#include "node/winny/observe.h"
#include "node/winny/resync.h"

/* The first block of a direction, whole: a filler of length 1 (protocol 2). */
static const uint8_t first_block[] = { 1, 0, 0, 0, CMD_FILLER };
_Static_assert(PREAMBLE_LEN + sizeof(first_block) == RECOGNISE_MAX, "what recognise is given");
/* Command 0 follows it, of this length with every client that we know (3.1). */
#define HEADER_END	(RECOGNISE_MAX + 4 + 1 + HEADER_LEN)
/*
 * Keystream that holes may cost: so much, and a part of what came.  A capture that
 * has more holes than that is not worth the time, and a stranger could make them.
 */
#define SKIPPED_FREE	(1u << 20)
#define SKIPPED_SHARE	16

struct tap {
	struct tap_sink	 sink;
	struct report	 report;
	struct frame	 frame;
	struct resync	 resync;	/* while the frame is adrift */
	enum tap_level	 level;
	bool		 header;	/* command 0 is over, read or not */
	bool		 blind;		/* a hole touched command 0: it is passed over */
	bool		 dead;		/* nothing behind can be read */
	bool		 passing;	/* the records are a search's */
	uint64_t	 came, skipped;	/* bytes */
	uint64_t	 read;		/* bytes of whole blocks */
	uint64_t	 ignored;	/* bytes behind the end of what can be read */
	uint64_t	 lost_blocks, transfers;
};

enum recognised
winny_recognise(const uint8_t *first, size_t len)
{
	uint8_t plain[sizeof(first_block)];
	struct rc4 rc4;

	if (len < RECOGNISE_MAX)
		return NOT_YET;
	rc4_key(&rc4, first + 2, PREAMBLE_LEN - 2);
	rc4_apply(&rc4, plain, first + PREAMBLE_LEN, sizeof(plain));
	return memcmp(plain, first_block, sizeof(plain)) == 0 ? OURS : NOT_OURS;
}

static void
on_found(void *arg, const struct observation *o)
{
	struct tap *t = arg;

	t->sink.found(t->sink.arg, o, t->passing);
}

struct tap *
winny_tap_open(const struct tap_config *c, const struct tap_sink *sink)
{
	const struct dialog_sink to_us = { .found = on_found };
	struct tap *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->sink = *sink;
	observe_init(&t->report, &to_us, c->from);
	t->report.sink.arg = t;
	t->report.captured = true;
	t->level = TAP_FIRST_BLOCK;
	frame_init(&t->frame);
	return t;
}

void
winny_tap_close(struct tap *t)
{
	if (t == NULL)
		return;
	frame_clear(&t->frame);
	resync_clear(&t->resync);
	observe_clear(&t->report);
	free(t);
}

void
winny_tap_state(const struct tap *t, struct tap_state *s)
{
	*s = (struct tap_state){ .level = t->level, .bytes = t->frame.at + t->ignored,
		.lost_blocks = t->lost_blocks + (t->frame.holed != 0), .transfers = t->transfers };
	s->unread = s->bytes - t->read;
	observe_peer(&t->report, &s->peer);
	s->claims = t->report.peer.self_reported;
}

void
winny_tap_give_up(struct tap *t)
{
	t->dead = true;
	frame_clear(&t->frame);
	resync_clear(&t->resync);
}

size_t
winny_tap_bytes(const struct tap *t)
{
	return sizeof(*t) + t->frame.room + t->resync.room;
}

/* ---- commands --------------------------------------------------------------- */

static void
on_header(struct tap *t, const struct message *m)
{
	if (t->header || !header_is_winny(&m->header)) {
		winny_tap_give_up(t);
		return;
	}
	t->header = true;
	t->level = TAP_HEADER;
	t->report.peer.version = m->header.version;
	frame_rekey(&t->frame);
}

static void
on_speed(struct tap *t, const struct message *m)
{
	if (t->report.peer.speed == UNKNOWN)
		observe_speed(&t->report, m->speed);
}

static void
on_link_type(struct tap *t, const struct message *m)
{
	observe_link_type(&t->report, &m->link_type);
}

static void
on_self(struct tap *t, const struct message *m)
{
	const char *why;

	if (t->report.peer.handshaken)
		return;
	if (observe_self(&t->report, &m->self, &why))
		t->level = TAP_HANDSHAKE;
	else
		winny_tap_give_up(t);
}

static void
on_node(struct tap *t, const struct message *m)
{
	observe_node(&t->report, &m->node);
}

static void
on_conditional(struct tap *t, const struct message *m)
{
	observe_conditional(&t->report, &m->conditional);
}

/* The keys that a search takes along are seen by its receiver, but nobody offers them to it. */
static void
on_query(struct tap *t, const struct message *m)
{
	const struct query *q = &m->query;
	uint64_t keys = t->report.peer.keys;

	if (q->reply || q->spread) {
		observe_keys(&t->report, q);
		return;
	}
	observe_search(&t->report, q);
	t->passing = true;
	observe_keys(&t->report, q);
	t->passing = false;
	t->report.peer.keys = keys;
}

static void
on_file_block(struct tap *t, const struct message *m)
{
	(void)m;
	t->transfers++;
}

/* Requests, posts and transfers are contents: none of them is looked into. */
static void (*const on[CMD_N])(struct tap *, const struct message *) = {
	[CMD_HEADER] = on_header,
	[CMD_SPEED] = on_speed,
	[CMD_LINK_TYPE] = on_link_type,
	[CMD_SELF] = on_self,
	[CMD_NODE] = on_node,
	[CMD_CONDITIONAL] = on_conditional,
	[CMD_BBS_CONDITIONAL] = on_conditional,
	[CMD_QUERY] = on_query,
	[CMD_FILE_BLOCK] = on_file_block,
};

static bool
may_come_now(const struct tap *t, const struct message *m)
{
	return t->header || m->code == CMD_HEADER || m->code >= 96 || m->command->closes;
}

static void
take_block(struct tap *t, const struct block *b)
{
	struct message m;

	if (message_decode(&m, b->code, b->payload) != MESSAGE_OK || !may_come_now(t, &m)) {
		winny_tap_give_up(t);
		return;
	}
	t->read += b->len + sizeof(uint32_t);
	if (m.command->closes)
		t->report.peer.command = b->code;
	if (on[b->code] != NULL)
		on[b->code](t, &m);
}

/* ---- bytes and holes ---------------------------------------------------------- */

/* What came behind a hole, decrypted, from a block's beginning on. */
static void
take_plain(struct tap *t, const uint8_t *p, size_t n)
{
	while (!t->dead && n >= sizeof(uint32_t)) {
		struct block b = { .len = load_u32(p) };
		size_t whole = sizeof(uint32_t) + (size_t)b.len;

		if (n < whole)
			break;
		if (b.len > 0) {
			b.code = p[sizeof(uint32_t)];
			b.payload = (struct text){ p + sizeof(uint32_t) + 1, b.len - 1 };
			take_block(t, &b);
		} else
			t->read += whole;
		p += whole;
		n -= whole;
	}
	if (!t->dead && !frame_resume(&t->frame, p, n))
		winny_tap_give_up(t);
}

static void
search(struct tap *t, enum resync_when when)
{
	struct resync r;

	if (t->resync.n == 0 || !resync_find(&t->resync, when))
		return;
	r = t->resync;
	t->resync = (struct resync){ NULL, 0, 0, 0, 0 };
	take_plain(t, r.p + r.at, r.n - r.at);
	resync_clear(&r);
}

static void
take_adrift(struct tap *t, const uint8_t *bytes, size_t n)
{
	uint8_t *plain = resync_add(&t->resync, n);

	if (plain == NULL) {
		t->ignored += n;
		winny_tap_give_up(t);
		return;
	}
	frame_drift(&t->frame, plain, bytes, n);
	search(t, RESYNC_MORE);
}

/*
 * A hole touched command 0, so where it ends is a guess: what does not fit behind
 * it ends the reading.  Passes over at most n bytes of it; returns how many.
 */
static size_t
pass_header(struct tap *t, uint64_t n)
{
	uint64_t left = HEADER_END - t->frame.at;
	uint64_t got = n < left ? n : left;

	frame_gap(&t->frame, got);
	t->blind = true;
	if (got == left) {
		frame_rekey(&t->frame);
		t->frame.in_body = false;
		t->frame.holed = false;
		t->blind = !frame_resume(&t->frame, NULL, 0);
		t->header = true;
		t->lost_blocks++;
	}
	return (size_t)got;
}

static void
take_stream(struct tap *t, const uint8_t *bytes, size_t n)
{
	enum frame_result r = FRAME_EMPTY;
	struct block b;

	while (!t->dead && r != FRAME_MORE) {
		bool started = t->frame.started;

		r = frame_next(&t->frame, &bytes, &n, &b);
		if (!started && t->frame.started)
			t->read += PREAMBLE_LEN;
		if (r == FRAME_BLOCK)
			take_block(t, &b);
		else if (r == FRAME_EMPTY)
			t->read += sizeof(uint32_t);
		else if (r == FRAME_HOLED)
			t->lost_blocks++;
		else if (r != FRAME_MORE)
			winny_tap_give_up(t);
	}
	t->ignored += t->dead ? n : 0;
}

void
winny_tap_input(struct tap *t, const uint8_t *bytes, size_t n)
{
	size_t passed;

	t->came += n;
	if (t->dead)
		t->ignored += n;
	else if (t->frame.adrift && t->header)
		take_adrift(t, bytes, n);
	else if (t->blind && n > 0) {
		passed = pass_header(t, n);
		take_stream(t, bytes + passed, n - passed);
	} else
		take_stream(t, bytes, n);
}

void
winny_tap_gap(struct tap *t, uint64_t n)
{
	if (!t->dead && (t->frame.at < RECOGNISE_MAX ||
	    t->skipped + n > SKIPPED_FREE + SKIPPED_SHARE * t->came))
		winny_tap_give_up(t);
	if (t->dead) {
		t->ignored += n;
		return;
	}
	t->skipped += n;
	search(t, RESYNC_HOLE);
	if (t->dead) {
		t->ignored += n;
		return;
	}
	if (!t->header)
		n -= pass_header(t, n);
	if (n == 0)
		return;
	/* What was collected behind an earlier hole begins nowhere any more. */
	resync_clear(&t->resync);
	frame_gap(&t->frame, n);
	t->lost_blocks += t->frame.adrift;
}

void
winny_tap_end(struct tap *t)
{
	if (!t->dead)
		search(t, RESYNC_HOLE);
	if (!t->dead)
		search(t, RESYNC_END);
}
