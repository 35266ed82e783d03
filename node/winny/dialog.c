/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One link to a Winny node: greet, listen, ask, leave (protocol 11.1).  Numbers of
 * sections are those of PROTOCOL.md in this folder.
 *
 * The dialog answers nothing and forwards nothing.  After each block, and
 * before the first of a chunk, it looks at the time: so what happens does not
 * depend on how the bytes were cut up.
 */
#include "node/winny/dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/winny/cp932.h"
#include "node/winny/decoder.h"
#include "node/winny/fields.h"
#include "node/winny/frame.h"
#include "node/winny/key.h"
#include "node/winny/limits.h"
#include "node/winny/nodestr.h"
#include "node/winny/outgoing.h"
#include "node/winny/observe.h"
#include "node/winny/tap.h"

/* Announced in KB/s where nothing can be fitted: the default of the genuine node. */
#define SPEED_DEFAULT	120
/*
 * We want to be upstream (4.3): faster by more than 1.5 (other clients: 4.3), by no
 * more than 19.9.  The window a node sends is as large as its own speed allows
 * from equal speeds on, so there is nothing to gain near the upper end.
 */
#define SPEED_RATIO	5

/*
 * A node that cannot be dialled names a port all the same, and peers drop one
 * that names 0 after 20 seconds (4.1-8).  They never pass it on.  An unusual number: a
 * peer that finds its own speed, port and words takes us for itself (4.1-5a).
 */
#define PORT_OF_NONE	31907

struct dialog {
	struct outgoing		out;
	struct frame		in;
	struct report		report;
	struct dialog_config	config;		/* its words are in words */
	enum dialog_state	state;
	const char		*why;
	int64_t			opened_ms, asked_ms;
	int32_t			asked;		/* requests sent */
	uint32_t		blocks;		/* that have come */
	bool			pending;	/* the last of them is unanswered */
	bool			header, introduced, speed_told;
	bool			unwanted;	/* a kind of link that we have no use for */
	uint8_t			words[];
};

/* a + b for b >= 0, where the end of time is far enough. */
static int64_t
time_after(int64_t a, int64_t b)
{
	return b > INT64_MAX - a ? INT64_MAX : a + b;
}

static void
end_dialog(struct dialog *d, enum dialog_state state, const char *why)
{
	d->state = state;
	d->why = why;
}

static void
end_with_goodbye(struct dialog *d, const char *why)
{
	outgoing_leave(&d->out);
	end_dialog(d, DIALOG_DONE, why);
}

/* ---- speed ------------------------------------------------------------------ */

/*
 * The speed to announce to a peer of that speed.  All is computed on the truncated
 * number, the one the peer's own limits see in place of ours; its real speed is
 * less than 1 KB/s above it.  Without a listener we are downstream whatever we
 * say and must be slower than the peer; to a peer of 1 KB/s no number is, for it
 * would read less than 1 as 0, and 0 is beyond its ratio (4.1-5b, 4.1-6).
 */
static float
fitted_speed(int32_t peer, bool port0)
{
	if (peer <= 0)
		return SPEED_DEFAULT;
	if (peer > LIMIT_SPEED)
		peer = LIMIT_SPEED;
	if (port0)
		return (float)(peer > 1 ? peer - 1 : 1);
	return (float)(peer * SPEED_RATIO);
}

static struct introduction
make_introduction(const struct dialog *d)
{
	const struct dialog_config *c = &d->config;
	struct introduction i = { .speed = (float)c->speed };

	if (c->speed == 0)
		i.speed = fitted_speed(d->report.peer.speed, c->port0);
	i.type.port0 = c->port0;
	i.self.ip = c->self.ip;
	i.self.port = c->self.port;
	memcpy(i.self.words, c->words, sizeof(i.self.words));
	return i;
}

static void
send_introduction(struct dialog *d)
{
	struct introduction i = make_introduction(d);

	if (d->introduced)
		return;
	d->introduced = true;
	outgoing_introduce(&d->out, &i);
}

/* ---- time ------------------------------------------------------------------- */

static int64_t
next_deadline(const struct dialog *d)
{
	const struct dialog_config *c = &d->config;

	if (d->state != DIALOG_OPEN)
		return INT64_MAX;
	if (!d->report.peer.handshaken)
		return time_after(d->opened_ms,
		    d->introduced ? c->handshake_ms : c->handshake_ms / 2);
	if (d->report.peer.test_link)
		return time_after(d->opened_ms, LIMIT_TEST_LINK_MS);
	if (d->asked == 0)
		return time_after(d->opened_ms, c->age_ms);
	if (d->asked < c->windows)
		return time_after(d->asked_ms, c->window_ms);
	return time_after(d->asked_ms, c->patience_ms);
}

/* Does what is due, and what need not wait. */
static void
do_what_is_due(struct dialog *d, int64_t now_ms)
{
	const struct winny_peer *peer = &d->report.peer;
	bool is_due = now_ms >= next_deadline(d);

	if (d->state != DIALOG_OPEN)
		return;
	if (!peer->handshaken) {
		if (now_ms >= time_after(d->opened_ms, d->config.handshake_ms))
			end_dialog(d, DIALOG_BROKEN, "the handshake was not over in time");
		else if (is_due)
			send_introduction(d);	/* the peer may be waiting for us, as we for it */
	} else if (peer->test_link) {
		if (is_due)
			end_dialog(d, DIALOG_DONE, "held a link that only tests our port");
	} else if (d->unwanted)
		end_with_goodbye(d, "no search link: nothing to hear on it");
	else if (d->config.windows == 0)
		end_with_goodbye(d, "the handshake was all we wanted");
	else if (d->asked < d->config.windows) {
		if (is_due) {
			outgoing_ask(&d->out);
			d->asked++;
			d->asked_ms = now_ms;
			d->pending = true;
		}
	} else if (!d->pending)
		end_with_goodbye(d, "heard every window we asked for");
	else if (is_due)
		end_with_goodbye(d, "the last answer did not come");
}

/* ---- commands --------------------------------------------------------------- */

static void
on_header(struct dialog *d, const struct message *m)
{
	if (d->header) {
		end_dialog(d, DIALOG_BROKEN, "a second protocol header");
		return;
	}
	d->report.peer.version = m->header.version;
	if (!header_accepted(&m->header)) {
		end_dialog(d, DIALOG_BROKEN, "not a protocol header that a node accepts");
		return;
	}
	d->header = true;
	frame_rekey(&d->in);
}

static void
on_speed(struct dialog *d, const struct message *m)
{
	if (d->speed_told)
		return;
	d->speed_told = true;
	observe_speed(&d->report, m->speed);
	send_introduction(d);
}

static void
on_link_type(struct dialog *d, const struct message *m)
{
	const struct link_type *t = &m->link_type;

	observe_link_type(&d->report, t);
	d->unwanted |= t->type != 0 || (t->bbs != 0 && d->config.inbound);
}

/* Command 3 is the end of the peer's handshake (3.4), with or without a speed; the first one counts. */
static void
on_self(struct dialog *d, const struct message *m)
{
	const char *why;

	if (d->report.peer.handshaken)
		return;
	if (observe_self(&d->report, &m->self, &why))
		send_introduction(d);
	else
		end_dialog(d, DIALOG_BROKEN, why);
}

static void
on_node(struct dialog *d, const struct message *m)
{
	observe_node(&d->report, &m->node);
}

static void
on_conditional(struct dialog *d, const struct message *m)
{
	observe_conditional(&d->report, &m->conditional);
}

static void
on_query(struct dialog *d, const struct message *m)
{
	const struct query *q = &m->query;

	if (!q->reply && !q->spread) {
		observe_search(&d->report, q);
		return;
	}
	observe_keys(&d->report, q);
	if (!q->reply && !q->bbs && d->pending) {
		d->pending = false;
		d->report.peer.windows++;
	}
}

/* Commands without a row here are known, whole, and of no interest. */
static void (*const on[CMD_N])(struct dialog *, const struct message *) = {
	[CMD_HEADER] = on_header,
	[CMD_SPEED] = on_speed,
	[CMD_LINK_TYPE] = on_link_type,
	[CMD_SELF] = on_self,
	[CMD_NODE] = on_node,
	[CMD_CONDITIONAL] = on_conditional,
	[CMD_BBS_CONDITIONAL] = on_conditional,
	[CMD_QUERY] = on_query,
};

static const char *
close_reason(uint8_t code)
{
	static const char *const text[CMD_N] = {
		[CMD_CLOSE] = "the peer closes the link",
		[CMD_CLOSE_LIMIT] = "the peer has no transfer place",
		[CMD_CLOSE_PORT] = "the peer could not reach our port",
		[CMD_CLOSE_IGNORED] = "the peer's user ignores us",
		[CMD_CLOSE_SLOW] = "the peer finds us too slow",
		[CMD_CLOSE_FORGED] = "the peer says that our keys are forged",
	};

	return text[code];
}

static bool
may_come_before_header(const struct message *m)
{
	return m->code == CMD_HEADER || m->code >= 96 || m->command->closes;
}

static void
on_block(struct dialog *d, const struct block *b)
{
	enum message_error err;
	struct message m;

	if ((err = message_decode(&m, b->code, b->payload)) != MESSAGE_OK) {
		end_dialog(d, DIALOG_BROKEN, message_error_text(err));
	} else if (!d->header && !may_come_before_header(&m)) {
		end_dialog(d, DIALOG_BROKEN, "a command before the protocol header");
	} else if (m.command->closes) {
		d->report.peer.command = b->code;
		end_dialog(d, DIALOG_DROPPED, close_reason(b->code));
	} else if (on[b->code] != NULL)
		on[b->code](d, &m);
}

/* ---- the driver ------------------------------------------------------------- */

/* Words are cut to what we will announce. */
static size_t
word_length(struct text word)
{
	return word.len < LIMIT_CLUSTER_WORD ? word.len : LIMIT_CLUSTER_WORD;
}

static void
keep_words(struct dialog *d, const struct dialog_config *c)
{
	uint8_t *at = d->words;

	for (size_t i = 0; i < 3; i++) {
		size_t n = word_length(c->words[i]);

		if (n > 0)
			memcpy(at, c->words[i].p, n);
		d->config.words[i] = (struct text){ at, n };
		at += n;
	}
}

static struct dialog *
winny_open(const struct dialog_config *c, const struct dialog_sink *sink, int64_t now_ms)
{
	struct introduction i;
	size_t words = 0;
	struct dialog *d;

	for (size_t k = 0; k < 3; k++)
		words += word_length(c->words[k]);
	d = calloc(1, sizeof(*d) + words);
	if (d == NULL)
		return NULL;
	d->config = *c;
	if (c->port0 && c->self.port == 0)
		d->config.self.port = PORT_OF_NONE;
	keep_words(d, c);
	d->why = "";
	d->opened_ms = now_ms;
	outgoing_init(&d->out, sink->send, sink->arg);
	observe_init(&d->report, sink, c->peer);
	d->report.self = d->config.self;
	frame_init(&d->in);
	i = make_introduction(d);
	d->introduced = c->speed != 0;
	outgoing_greet(&d->out, c->random, d->introduced ? &i : NULL);
	return d;
}

static enum dialog_state
winny_input(struct dialog *d, int64_t now_ms, const uint8_t *bytes, size_t n)
{
	enum frame_result r = FRAME_EMPTY;
	struct block b;

	do_what_is_due(d, now_ms);
	while (d->state == DIALOG_OPEN && r != FRAME_MORE) {
		r = frame_next(&d->in, &bytes, &n, &b);
		if (r == FRAME_TOO_LONG || r == FRAME_NO_MEMORY)
			end_dialog(d, DIALOG_BROKEN, frame_result_text(r));
		else if (r != FRAME_MORE && d->config.blocks_max > 0 &&
		    ++d->blocks > d->config.blocks_max)	/* empty ones cost time too */
			end_dialog(d, DIALOG_BROKEN, "more blocks than a visit may bring");
		else if (r == FRAME_BLOCK) {
			on_block(d, &b);
			do_what_is_due(d, now_ms);
		}
	}
	if (d->state != DIALOG_OPEN)
		frame_clear(&d->in);
	return d->state;
}

static enum dialog_state
winny_tick(struct dialog *d, int64_t now_ms)
{
	do_what_is_due(d, now_ms);
	return d->state;
}

static void
winny_leave(struct dialog *d)
{
	if (d->state != DIALOG_OPEN)
		return;
	if (d->report.peer.test_link)
		end_dialog(d, DIALOG_DONE, "we were told to stop");
	else
		end_with_goodbye(d, "we were told to stop");
}

static void
winny_peer(const struct dialog *d, struct dialog_peer *peer)
{
	observe_peer(&d->report, peer);
}

static const char *
winny_farewell_name(int number)
{
	const struct command *c = number >= 0 && number < CMD_N ? command_find((uint8_t)number) : NULL;

	return c != NULL ? c->name : NULL;
}

static void
winny_describe(const struct dialog *d, describe_line *line, void *arg)
{
	const struct winny_peer *p = &d->report.peer;
	char buf[ENDPOINT_TEXT];

	if (p->command != UNKNOWN) {
		snprintf(buf, sizeof(buf), "%d (%s)", p->command, winny_farewell_name(p->command));
		line(arg, "close command", (struct text){ (const uint8_t *)buf, strlen(buf) });
	}
	if (p->handshaken && p->nat == 1) {
		endpoint_format(buf, p->self_reported);
		line(arg, "behind a NAT as", (struct text){ (const uint8_t *)buf, strlen(buf) });
	}
	for (int i = 0; i < 3; i++) {
		if (p->words[i].len > 0)
			line(arg, "cluster word", p->words[i]);
	}
	if (p->ddns.len > 0)
		line(arg, "host name", p->ddns);
}

static const char *
winny_why(const struct dialog *d)
{
	return d->why;
}

static void
winny_close(struct dialog *d)
{
	if (d == NULL)
		return;
	frame_clear(&d->in);
	observe_clear(&d->report);
	free(d);
}

static const char *
winny_prepare(void)
{
	name_stream(0);
	return cp932_complete(cp932()) ? NULL :
	    "iconv knows no CP932 here: names and words other than ASCII stay unreadable";
}

static const struct overlay_traits traits = {
	.nets = 1u << NET_IPV4,
	.leads = 1u << OBS_KEY,
	.listens = true,
	.visit = {
		.handshake_ms = LIMIT_HANDSHAKE_MS,
		.age_ms = 6000,		/* links younger than 5 s are not answered (5.1) */
		.window_ms = 30000,	/* adjacent windows; never ask more often (5.1) */
		.answer_ms = LIMIT_ANSWER_MS,
		.slack_ms = LIMIT_SLACK_MS,
		.shortest_ms = LIMIT_SCALED_MS,
		.blocks = LIMIT_VISIT_BLOCKS,
		.window_blocks = LIMIT_WINDOW_BLOCKS,
	},
};

/* Everything that outgoing.c can say, and nothing else of node/ writes to peers. */
static const struct utterance repertoire[] = {
	{ "header", "command 0: who speaks, as every link begins" },
	{ "speed", "command 1: the speed of our line, fitted to the peer's" },
	{ "link type", "command 2: an ordinary link; whether we can be dialled" },
	{ "self", "command 3: our address, port and words" },
	{ "request", "command 10: the request for keys that any node makes" },
	{ "filler", "command 97: keeps the link's cipher going" },
	{ "close", "command 31: the goodbye" },
	{ NULL, NULL }
};

const struct overlay winny = {
	.name = "winny",
	.carrier = CARRIER_STREAM,
	.traits = &traits,
	.fields = &winny_fields,
	.repertoire = repertoire,
	.open = winny_open,
	.input = winny_input,
	.due = next_deadline,
	.tick = winny_tick,
	.leave = winny_leave,
	.peer = winny_peer,
	.describe = winny_describe,
	.farewell_name = winny_farewell_name,
	.why = winny_why,
	.close = winny_close,
	.recognise = winny_recognise,
	.tap_open = winny_tap_open,
	.tap_input = winny_tap_input,
	.tap_gap = winny_tap_gap,
	.tap_state = winny_tap_state,
	.tap_bytes = winny_tap_bytes,
	.tap_give_up = winny_tap_give_up,
	.tap_end = winny_tap_end,
	.tap_close = winny_tap_close,
	.decoder_open = winny_decoder_open,
	.decoder_input = winny_decoder_input,
	.decoder_close = winny_decoder_close,
	.node_form = "@HEX",
	.node_name = nodestr_convert,
	.peer_entry = nodestr_line,
	.prepare = winny_prepare,
};
