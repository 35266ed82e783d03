/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One link to a node: say who we are, ask once, listen (PROTOCOL.md, 3).
 *
 * The dialog answers pings and nothing else.  After each message, and before the first of a
 * chunk, it looks at the time: so what happens does not depend on how the bytes were cut up.
 */
#include "node/bitcoin/dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/bitcoin/decoder.h"
#include "node/bitcoin/fields.h"
#include "node/bitcoin/frame.h"
#include "node/bitcoin/limits.h"
#include "node/bitcoin/message.h"
#include "node/bitcoin/outgoing.h"

#define AGENT_NAME	"/kansoku:" KANSOKU_VERSION
#define CLOCK_END_S	(BTC_CLOCK_MAX / 2000)	/* a clock beyond this is none */

enum stage { WAIT_VERSION, WAIT_VERACK, LISTENING };

struct dialog {
	struct btc_outgoing	out;
	struct btc_frame	in;
	struct dialog_sink	sink;
	struct dialog_config	config;		/* but for its page, which agent holds */
	const struct overlay_fields *fields;
	struct dialog_peer	peer;
	enum dialog_state	state;
	enum stage		stage;
	const char		*why;
	int64_t			opened_ms, heard_ms;	/* heard: the last byte */
	int64_t			asked_ms, answered_ms;	/* getaddr, and the last of its answer; UNKNOWN */
	int64_t			version_ms;	/* when theirs came */
	int64_t			version_s;	/* the time in it */
	uint32_t		messages;	/* that have come */
	uint64_t		bad, sloppy, skipped, skipped_bytes;
	struct endpoint		you;		/* what it calls us */
	size_t			agent_len;
	char			services[BTC_SERVICES_TEXT];
	uint8_t			agent[4 * LIMIT_AGENT];
	char			problem[96];	/* why points here where it names something */
};

static void
end_dialog(struct dialog *d, enum dialog_state state, const char *why)
{
	d->state = state;
	d->why = why;
}

/* ---- clocks --------------------------------------------------------------------- */

/* So many milliseconds by our clock as UTC has them, in a lab too. */
static int64_t
scaled(const struct dialog *d, int64_t ms)
{
	return d->config.time_scale > 0 ? (int64_t)((double)ms * d->config.time_scale) : ms;
}

static int64_t
utc_ms(const struct dialog *d, int64_t now_ms)
{
	return d->config.utc_ms + scaled(d, now_ms - d->opened_ms);
}

/* How old an entry is by the clock of who told of it, in seconds; negative: it is ahead. */
static int64_t
age_of(const struct dialog *d, uint32_t time, int64_t now_ms)
{
	return d->version_s + scaled(d, now_ms - d->version_ms) / 1000 - time;
}

/* ---- what is due ------------------------------------------------------------------- */

/* a + b for b >= 0, where the end of time is far enough. */
static int64_t
time_after(int64_t a, int64_t b)
{
	return b > INT64_MAX - a ? INT64_MAX : a + b;
}

/* When a visit is over: its answer has come and nothing followed it, or none came. */
static int64_t
visit_end(const struct dialog *d)
{
	const struct dialog_config *c = &d->config;

	if (c->standing)
		return INT64_MAX;
	return d->answered_ms == UNKNOWN ? time_after(d->asked_ms, c->patience_ms)
	    : time_after(d->answered_ms, c->patience_ms / (LIMIT_ANSWER_MS / LIMIT_SETTLE_MS));
}

static int64_t
silence_end(const struct dialog *d)
{
	return d->config.silence_ms == 0 ? INT64_MAX : time_after(d->heard_ms, d->config.silence_ms);
}

static int64_t
next_deadline(const struct dialog *d)
{
	int64_t end, silent;

	if (d->state != DIALOG_OPEN)
		return INT64_MAX;
	if (d->stage != LISTENING)
		return time_after(d->opened_ms, d->config.handshake_ms);
	end = visit_end(d);
	silent = silence_end(d);
	return end < silent ? end : silent;
}

static void
do_what_is_due(struct dialog *d, int64_t now_ms)
{
	if (d->state != DIALOG_OPEN || now_ms < next_deadline(d))
		return;
	if (d->stage != LISTENING)
		end_dialog(d, DIALOG_BROKEN, "the handshake was not over in time");
	else if (now_ms >= visit_end(d))
		end_dialog(d, DIALOG_DONE, d->answered_ms == UNKNOWN ? "no answer came" :
		    "heard the answer to our question");
	else
		end_dialog(d, DIALOG_DROPPED, "the peer fell silent");
}

/* ---- messages ------------------------------------------------------------------------ */

/* A message of which nothing is used; the link stays. */
static void
count_bad(struct dialog *d)
{
	d->bad++;
	d->peer.bad_keys++;
}

static void
fill_contact(struct dialog *d, const struct btc_version *v, int64_t now_ms)
{
	union value *c = d->peer.contact;
	int64_t ours = utc_ms(d, now_ms);

	d->agent_len = btc_text(d->agent, v->agent);
	c[BTC_CONTACT_VERSION].number = v->protocol;
	c[BTC_CONTACT_SERVICES].text = btc_services_text(d->services, v->services);
	c[BTC_CONTACT_AGENT].text = (struct text){ d->agent, d->agent_len };
	c[BTC_CONTACT_HEIGHT].number = v->height;
	if (v->time > -CLOCK_END_S && v->time < CLOCK_END_S) {
		/* Whole seconds, so half of one more on average; -1 would say that nothing is known. */
		int64_t offset = v->time * 1000 + 500 - ours;

		c[BTC_CONTACT_CLOCK_OFFSET].number = offset == UNKNOWN ? 0 : offset;
	}
}

static void
on_version(struct dialog *d, const struct btc_message *m, int64_t now_ms)
{
	struct btc_version v;
	const char *why;

	if (d->stage != WAIT_VERSION)
		return;
	if ((why = btc_version_read(&v, m->payload, m->length)) != NULL) {
		snprintf(d->problem, sizeof(d->problem), "its version is bad: %s", why);
		end_dialog(d, DIALOG_BROKEN, d->problem);
		return;
	}
	d->sloppy += v.sloppy != 0;
	d->version_ms = now_ms;
	d->version_s = v.time > CLOCK_END_S ? CLOCK_END_S : v.time < -CLOCK_END_S ? -CLOCK_END_S : v.time;
	d->you = v.you;
	fill_contact(d, &v, now_ms);
	if (v.protocol < LIMIT_OLDEST_VERSION) {
		end_dialog(d, DIALOG_BROKEN, "a protocol version that nodes hang up on");
		return;
	}
	btc_send_sendaddrv2(&d->out);
	btc_send_verack(&d->out);
	d->stage = WAIT_VERACK;
}

static void
on_verack(struct dialog *d, const struct btc_message *m, int64_t now_ms)
{
	(void)m;
	if (d->stage != WAIT_VERACK)
		return;
	d->stage = LISTENING;
	d->peer.handshaken = true;
	if (d->config.windows == 0 && !d->config.standing) {
		end_dialog(d, DIALOG_DONE, "the handshake was all we wanted");
		return;
	}
	/* Once: a second one is ignored.  Before it a node tells a caller nothing. */
	btc_send_getaddr(&d->out);
	d->asked_ms = now_ms;
}

/* Before BIP 31 a ping had no number and wanted no answer. */
static void
on_ping(struct dialog *d, const struct btc_message *m, int64_t now_ms)
{
	(void)now_ms;
	if (m->length >= BTC_NONCE)
		btc_send_pong(&d->out, m->payload);
}

/* Does this message look like what getaddr asks for, not like news that nodes pass on? */
static bool
is_answer(const struct btc_entries *s, bool stale)
{
	return s->count > 10 || stale;
}

static void
on_entries(struct dialog *d, const struct btc_message *m, int64_t now_ms)
{
	struct observation o = { .type = OBS_NEIGHBOUR, .peer = d->config.peer, .fields = d->fields };
	char services[BTC_SERVICES_TEXT];
	struct btc_entries s;
	struct btc_entry e;
	bool stale = false, own;

	if (btc_entries_open(&s, m->is == BTC_ADDRV2, m->payload, m->length) != NULL) {
		count_bad(d);
		return;
	}
	d->sloppy += s.sloppy != 0;
	own = s.count == 1 && d->answered_ms == UNKNOWN && now_ms - d->asked_ms <= LIMIT_OWN_MS;
	o.value[BTC_NEIGHBOUR_ENTRIES].number = s.count;
	while (btc_entries_next(&s, &e)) {
		int64_t age = age_of(d, e.time, now_ms);
		bool fresh = age >= -LIMIT_AHEAD_S && age <= LIMIT_FRESH_S;

		o.neighbour.node = e.node;
		o.value[BTC_NEIGHBOUR_NET].text = (struct text){ (const uint8_t *)e.network, strlen(e.network) };
		o.value[BTC_NEIGHBOUR_TIME].number = e.time;
		o.value[BTC_NEIGHBOUR_SERVICES].text = btc_services_text(services, e.services);
		o.value[BTC_NEIGHBOUR_FRESH].number = fresh;
		o.value[BTC_NEIGHBOUR_OWN].number = own && fresh;
		stale |= age > LIMIT_FRESH_S;
		d->peer.neighbours++;
		d->sink.found(d->sink.arg, &o);
	}
	if (is_answer(&s, stale)) {
		d->peer.windows = 1;
		d->answered_ms = now_ms;
	}
}

static void (*const on[BTC_COMMANDS])(struct dialog *, const struct btc_message *, int64_t now_ms) = {
	[BTC_VERSION] = on_version,
	[BTC_VERACK] = on_verack,
	[BTC_PING] = on_ping,
	[BTC_ADDR] = on_entries,
	[BTC_ADDRV2] = on_entries,
};

static void
on_message(struct dialog *d, const struct btc_message *m, int64_t now_ms)
{
	/* Before their version nothing else is read; before verack we have not asked. */
	if (d->stage == WAIT_VERSION ? m->is == BTC_VERSION : d->stage == LISTENING ||
	    (m->is != BTC_ADDR && m->is != BTC_ADDRV2))
		on[m->is](d, m, now_ms);
}

/* ---- the driver ------------------------------------------------------------------------- */

/* What the first bytes say of a peer that does not speak this network's v1 transport. */
static const char *
name_stranger(struct dialog *d)
{
	const struct btc_network *n = btc_network_of_magic(d->in.header);

	if (d->in.at > 4)
		return "lost the beginning of a message: the magic is wrong";
	if (n == NULL)
		return "no magic of this network: the encrypted transport of BIP 324, or another protocol";
	snprintf(d->problem, sizeof(d->problem), "a node of another network: %s", n->name);
	return d->problem;
}

static void
greet(struct dialog *d)
{
	const struct text page = d->config.page;
	char agent[LIMIT_AGENT + 1];
	int len = page.len == 0 ? snprintf(agent, sizeof(agent), AGENT_NAME "/")
	    : snprintf(agent, sizeof(agent), AGENT_NAME "(+%.*s)/", (int)page.len, (const char *)page.p);
	size_t n = len < 0 ? 0 : (size_t)len;

	btc_send_version(&d->out, d->config.utc_ms / 1000, d->config.peer, d->config.random,
	    (struct text){ (const uint8_t *)agent, n < sizeof(agent) ? n : sizeof(agent) - 1 });
}

static struct dialog *
btc_open(const struct dialog_config *c, const struct dialog_sink *sink, int64_t now_ms)
{
	struct dialog *d = calloc(1, sizeof(*d));
	const struct btc_network *network = c->params;

	if (d == NULL)
		return NULL;
	d->config = *c;
	d->sink = *sink;
	d->why = "";
	d->opened_ms = d->heard_ms = now_ms;
	d->asked_ms = d->answered_ms = UNKNOWN;
	d->fields = &btc_fields[network - btc_networks];
	d->out = (struct btc_outgoing){ network, sink->send, sink->arg };
	d->peer = (struct dialog_peer){ .dialog = true, .farewell = UNKNOWN };
	d->peer.contact[BTC_CONTACT_VERSION].number = UNKNOWN;
	d->peer.contact[BTC_CONTACT_HEIGHT].number = UNKNOWN;
	d->peer.contact[BTC_CONTACT_CLOCK_OFFSET].number = UNKNOWN;
	d->peer.contact[BTC_CONTACT_HELD].number = UNKNOWN;	/* who holds it knows */
	btc_frame_init(&d->in, network);
	greet(d);
	d->config.page = (struct text){ NULL, 0 };
	return d;
}

static enum dialog_state
btc_input(struct dialog *d, int64_t now_ms, const uint8_t *bytes, size_t n)
{
	enum btc_frame_result r = BTC_FRAME_SKIPPED;
	struct btc_message m;

	do_what_is_due(d, now_ms);
	if (n > 0)
		d->heard_ms = now_ms;
	while (d->state == DIALOG_OPEN && r != BTC_FRAME_MORE) {
		r = btc_frame_next(&d->in, &bytes, &n, &m);
		if (r == BTC_FRAME_MORE)
			break;
		if (r == BTC_FRAME_BAD_MAGIC)
			end_dialog(d, DIALOG_BROKEN, name_stranger(d));
		else if (r == BTC_FRAME_TOO_LONG || r == BTC_FRAME_NO_MEMORY)
			end_dialog(d, DIALOG_BROKEN, btc_frame_text(r));
		else if (d->config.blocks_max > 0 && ++d->messages > d->config.blocks_max)
			end_dialog(d, DIALOG_BROKEN, "more messages than a visit may bring");
		else if (r == BTC_FRAME_MESSAGE)
			on_message(d, &m, now_ms);
		else if (r == BTC_FRAME_SKIPPED) {
			d->skipped++;
			d->skipped_bytes += m.length;
		} else
			count_bad(d);
		do_what_is_due(d, now_ms);
	}
	if (d->state != DIALOG_OPEN)
		btc_frame_clear(&d->in);
	return d->state;
}

static enum dialog_state
btc_tick(struct dialog *d, int64_t now_ms)
{
	do_what_is_due(d, now_ms);
	return d->state;
}

/* This wire has no goodbye. */
static void
btc_leave(struct dialog *d)
{
	if (d->state == DIALOG_OPEN)
		end_dialog(d, DIALOG_DONE, "we left");
}

static void
btc_peer(const struct dialog *d, struct dialog_peer *peer)
{
	*peer = d->peer;
}

static void
describe_count(describe_line *line, void *arg, const char *label, uint64_t n)
{
	char buf[24];
	int len = snprintf(buf, sizeof(buf), "%llu", (unsigned long long)n);

	if (n > 0)
		line(arg, label, (struct text){ (const uint8_t *)buf, (size_t)len });
}

static void
btc_describe(const struct dialog *d, describe_line *line, void *arg)
{
	char buf[ENDPOINT_TEXT];

	if (!endpoint_is_nobody(d->you)) {
		endpoint_format(buf, d->you);
		line(arg, "calls us", (struct text){ (const uint8_t *)buf, strlen(buf) });
	}
	describe_count(line, arg, "bad messages", d->bad);
	describe_count(line, arg, "sloppy", d->sloppy);
	describe_count(line, arg, "skipped", d->skipped);
	describe_count(line, arg, "their bytes", d->skipped_bytes);
}

static const char *
btc_why(const struct dialog *d)
{
	return d->why;
}

static void
btc_close(struct dialog *d)
{
	if (d == NULL)
		return;
	btc_frame_clear(&d->in);
	free(d);
}

static enum recognised
btc_recognise(const uint8_t *first, size_t n)
{
	return n < 4 ? NOT_YET : btc_network_of_magic(first) != NULL ? OURS : NOT_OURS;
}

/* HOST:PORT alone: a network that is no IP is a claim, and never dialled. */
static bool
btc_peer_entry(struct endpoint *e, const char *line, const char **why)
{
	*why = *line == '\0' ? NULL : endpoint_read(e, line);
	return *line != '\0' && *why == NULL;
}

static const struct overlay_traits traits = {
	.nets = 1u << NET_IPV4 | 1u << NET_IPV6 | 1u << NET_TORV3 | 1u << NET_I2P | 1u << NET_CJDNS |
	    1u << NET_YGGDRASIL,
	.leads = 1u << OBS_NEIGHBOUR,
	.stays = true,
	.revisit_s = LIMIT_REVISIT_S,
	.visit = {
		.handshake_ms = LIMIT_HANDSHAKE_MS,
		.answer_ms = LIMIT_ANSWER_MS,
		.slack_ms = LIMIT_HANDSHAKE_MS + LIMIT_SLACK_MS,
		.shortest_ms = LIMIT_SCALED_MS,
		.silence_ms = LIMIT_SILENCE_MS,
		.blocks = LIMIT_VISIT_MESSAGES,
		.nodes = LIMIT_VISIT_ENTRIES,
	},
};

/* Everything that outgoing.c can say, and nothing else of this driver writes to peers. */
static const struct utterance repertoire[] = {
	{ "version", "who speaks: no services, no address of ours, no wish for transactions" },
	{ "sendaddrv2", "that we understand addresses of every network (BIP 155)" },
	{ "verack", "that we have read the peer's version" },
	{ "getaddr", "the one question: which addresses it knows" },
	{ "pong", "the answer to each ping (BIP 31)" },
	{ NULL, NULL }
};

#define MEMBER(member, of, net, text)	[member] = { .name = (text), .family = (of), .network = (net), \
	.params = &btc_networks[member], .carrier = CARRIER_STREAM, .traits = &traits, \
	.fields = &btc_fields[member], .repertoire = repertoire, .open = btc_open, .input = btc_input, \
	.due = next_deadline, .tick = btc_tick, .leave = btc_leave, .peer = btc_peer, \
	.describe = btc_describe, .why = btc_why, .close = btc_close, .recognise = btc_recognise, \
	.decoder_open = btc_decoder_open, .decoder_input = btc_decoder_input, \
	.decoder_close = btc_decoder_close, .peer_entry = btc_peer_entry }

const struct overlay bitcoin[BTC_MEMBERS] = {
	MEMBER(BITCOIN_MAIN, "bitcoin", "main", "bitcoin"),
	MEMBER(BITCOIN_TESTNET3, "bitcoin", "testnet3", "bitcoin-testnet3"),
	MEMBER(BITCOIN_TESTNET4, "bitcoin", "testnet4", "bitcoin-testnet4"),
	MEMBER(BITCOIN_SIGNET, "bitcoin", "signet", "bitcoin-signet"),
	MEMBER(BITCOIN_REGTEST, "bitcoin", "regtest", "bitcoin-regtest"),
	MEMBER(LITECOIN_MAIN, "litecoin", "main", "litecoin"),
	MEMBER(LITECOIN_TESTNET, "litecoin", "testnet", "litecoin-testnet"),
	MEMBER(LITECOIN_REGTEST, "litecoin", "regtest", "litecoin-regtest"),
	MEMBER(DOGECOIN_MAIN, "dogecoin", "main", "dogecoin"),
	MEMBER(DOGECOIN_TESTNET, "dogecoin", "testnet", "dogecoin-testnet"),
	MEMBER(DOGECOIN_REGTEST, "dogecoin", "regtest", "dogecoin-regtest"),
};
