/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A visit to a node of the DHT (PROTOCOL.md 4): two searches, a sample of what it
 * stores, and for some of those hashes who holds them.
 *
 * Questions follow one another, each asked twice at most with the same transaction
 * id; the first that stays unanswered is the last.  The id is the visit's tag and
 * the question's number, so that a late answer to an earlier question still counts.
 */
#include "node/mainline/dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/mainline/decoder.h"
#include "node/mainline/fields.h"
#include "node/mainline/krpc.h"
#include "node/mainline/node_id.h"
#include "node/mainline/question.h"
#include "node/mainline/panel.h"

/* The questions in their order; those for peers follow. */
enum step { STEP_WITHIN, STEP_OWN, STEP_SAMPLE, STEP_PEERS, STEP_N = STEP_PEERS + LIMIT_ASKED };
_Static_assert(STEP_N <= 1 << (32 - TAG_BITS), "a step must fit beside the tag");

struct asked {
	uint8_t		target[NODE_ID];
	uint8_t		query[LIMIT_QUERY];	/* as it was sent */
	size_t		len;
	bool		answered;
};

/* What the next visit should know: BEP 51 wants to be asked for a sample when it changes, and no sooner. */
struct memory {
	int64_t		fresh_ms;	/* when there is a new sample; 0: none was given */
	uint32_t	len;
	uint8_t		sampled[LIMIT_SAMPLES * NODE_ID];
};

struct dialog {
	struct dialog_config	config;
	struct dialog_sink	sink;
	enum dialog_state	state;
	const char		*why;
	struct dialog_peer	peer;
	struct asked		asked[STEP_N];
	int			steps;		/* questions that there are to ask */
	int			step;		/* the one under way, or the last one */
	int			tries;		/* datagrams that asked it */
	int			sent, came;	/* datagrams of the visit */
	bool			waiting;	/* for the answer */
	bool			resting;	/* its sample is known, and the next is not due */
	struct memory		memory;
	int64_t			first_ms, sent_ms, rtt_ms;
	uint8_t			id[NODE_ID], second_id[NODE_ID];
	bool			has_second_id;
	int64_t			version;
	int			indexes;	/* a flag; UNKNOWN: not asked */
	int64_t			num, interval;
	struct text		samples;	/* that it gave in this visit */
	struct endpoint		self;		/* our address, as the node sees it */
	size_t			ncontacts;	/* told apart */
	uint32_t		contact[LIMIT_CONTACTS];	/* a keyed hash of each */
};

static void
end_dialog(struct dialog *d, enum dialog_state state, const char *why)
{
	d->state = state;
	d->why = why;
}

/* ---- questions -------------------------------------------------------------------------- */

static void
send_question(struct dialog *d, int64_t now_ms)
{
	static const enum question question[STEP_N] = { [STEP_WITHIN] = ASK_NODES, [STEP_OWN] = ASK_NODES,
		[STEP_SAMPLE] = ASK_SAMPLE, [STEP_PEERS] = ASK_PEERS, ASK_PEERS, ASK_PEERS, ASK_PEERS };
	struct asked *a = &d->asked[d->step];
	uint32_t t = d->config.tag << (32 - TAG_BITS) | (uint32_t)d->step;
	const uint8_t id[4] = { (uint8_t)(t >> 24), (uint8_t)(t >> 16), (uint8_t)(t >> 8), (uint8_t)t };

	if (a->len == 0)
		a->len = question_write(a->query, question[d->step], d->config.self_id,
		    (struct text){ id, sizeof(id) }, a->target);
	d->sink.send(d->sink.arg, a->query, a->len);
	d->tries++;
	d->sent++;
	d->sent_ms = now_ms;
	d->waiting = true;
}

static void
on_silence(struct dialog *d, int64_t now_ms)
{
	if (d->tries < LIMIT_TRIES && d->sent < LIMIT_DATAGRAMS) {
		send_question(d, now_ms);
		return;
	}
	if (d->step == STEP_SAMPLE)
		d->indexes = 0;
	if (d->peer.handshaken)
		end_dialog(d, DIALOG_DONE, "a later question stayed without an answer");
	else
		end_dialog(d, DIALOG_BROKEN, "no answer");
}

static int
next_step(const struct dialog *d)
{
	return d->step + (d->step + 1 == STEP_SAMPLE && d->resting ? 2 : 1);
}

static void
ask_next(struct dialog *d, int64_t now_ms)
{
	d->step = next_step(d);
	d->tries = 0;
	send_question(d, now_ms);
}

/* The question under way is dealt with: is it the last? */
static void
settle(struct dialog *d)
{
	d->waiting = false;
	if (d->peer.outside)
		end_dialog(d, DIALOG_DONE, "its id lies outside the zone");
	else if (next_step(d) >= d->steps || d->sent == LIMIT_DATAGRAMS)
		end_dialog(d, DIALOG_DONE, "all was asked that was to be asked");
}

/* ---- answers ------------------------------------------------------------------------------ */

static void
report(struct dialog *d, struct observation *o)
{
	o->fields = &mainline_fields;
	o->peer = d->peer.announced;
	d->sink.found(d->sink.arg, o);
}

/* Was this contact told of before in the visit, or is there no more room to tell? */
static bool
is_known_contact(struct dialog *d, const struct krpc_contact *c)
{
	uint8_t packed[ENDPOINT_PACKED + NODE_ID];
	size_t n = endpoint_pack(packed, c->at);
	uint32_t hash;

	memcpy(packed + n, c->id, NODE_ID);
	hash = (uint32_t)panel_rank(d->config.secret, packed, n + NODE_ID);
	for (size_t i = 0; i < d->ncontacts; i++)
		if (d->contact[i] == hash)
			return true;
	if (d->ncontacts == LIMIT_CONTACTS)
		return true;
	d->contact[d->ncontacts++] = hash;
	return false;
}

static void
take_contacts(struct dialog *d, const struct asked *a, const struct krpc_body *b)
{
	struct krpc_contact c;

	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		for (size_t at = 0; krpc_contact(b, ipv6, &at, &c);) {
			struct observation o = { .type = OBS_NEIGHBOUR, .neighbour = { c.at } };

			if (is_known_contact(d, &c))
				continue;
			o.value[MAINLINE_NEIGHBOUR_ID].text = (struct text){ c.id, NODE_ID };
			o.value[MAINLINE_NEIGHBOUR_TARGET_BITS].number = node_id_shared_bits(c.id, a->target);
			o.value[MAINLINE_NEIGHBOUR_FITS].number = node_id_fits(c.id, c.at);
			d->peer.neighbours++;
			report(d, &o);
		}
	}
}

/* The first key of an answer brings question and answer along, as evidence. */
static void
take_values(struct dialog *d, const struct asked *a, const struct krpc *m, struct text datagram)
{
	uint8_t both[LIMIT_QUERY + LIMIT_EVIDENCE];
	struct observation o = { .type = OBS_KEY, .key.content = { .len = NODE_ID } };
	size_t at = 0;

	if (datagram.len <= LIMIT_EVIDENCE) {
		memcpy(both, a->query, a->len);
		memcpy(both + a->len, datagram.p, datagram.len);
		o.key.raw = (struct text){ both, a->len + datagram.len };
	}
	memcpy(o.key.content.id, a->target, NODE_ID);
	o.value[MAINLINE_KEY_VERSION].number = krpc_version(m->v);
	while (krpc_value(&m->body, &at, &o.key.source)) {
		d->peer.keys++;
		report(d, &o);
		o.key.raw.len = 0;
	}
	d->peer.bad_keys += (m->sloppy & (SLOPPY_VALUE | SLOPPY_VALUES)) != 0;
}

/* For which of these hashes is it asked for holders? */
static void
choose_hashes(struct dialog *d, struct text sample)
{
	const uint8_t *chosen[LIMIT_ASKED];
	int n = panel_choose(d->config.secret, d->config.panel, d->config.random, sample, chosen);

	for (int i = 0; i < n; i++)
		memcpy(d->asked[STEP_PEERS + i].target, chosen[i], NODE_ID);
	d->steps = STEP_PEERS + n;
}

/* What is kept is bounded; whom to ask about is chosen from all that came. */
static void
take_sample(struct dialog *d, const struct krpc_body *b, int64_t now_ms)
{
	d->indexes = b->samples.p != NULL;
	if (!d->indexes)
		return;
	d->num = b->has_num && b->num >= 0 ? b->num : UNKNOWN;
	d->interval = b->has_interval && b->interval >= 0 && b->interval <= LIMIT_INTERVAL ?
	    b->interval : LIMIT_INTERVAL;
	d->samples = (struct text){ d->memory.sampled, b->samples.len < sizeof(d->memory.sampled) ?
	    b->samples.len : sizeof(d->memory.sampled) };
	memcpy(d->memory.sampled, b->samples.p, d->samples.len);
	d->memory.len = (uint32_t)d->samples.len;
	d->memory.fresh_ms = now_ms + d->interval * 1000;
	choose_hashes(d, b->samples);
}

/* Who answers with another id than before hops, or is two. */
static void
take_id(struct dialog *d, const struct krpc *m, int64_t now_ms)
{
	if (!d->peer.handshaken) {
		memcpy(d->id, m->body.id.p, NODE_ID);
		memcpy(d->asked[STEP_OWN].target, m->body.id.p, NODE_ID);
		d->version = krpc_version(m->v);
		d->rtt_ms = now_ms - d->first_ms;
		d->peer.tries = (uint32_t)d->tries;
		d->peer.outside = node_id_shared_bits(d->id, d->config.zone.prefix) < d->config.zone.bits;
		d->peer.handshaken = true;
	} else if (!d->has_second_id && memcmp(d->id, m->body.id.p, NODE_ID) != 0) {
		memcpy(d->second_id, m->body.id.p, NODE_ID);
		d->has_second_id = true;
	}
}

static void
on_answer(struct dialog *d, int step, const struct krpc *m, struct text datagram, int64_t now_ms)
{
	struct asked *a = &d->asked[step];

	if (a->answered)
		return;		/* both tries were answered */
	a->answered = true;
	take_id(d, m, now_ms);
	if (!endpoint_is_nobody(m->ip))
		d->self = m->ip;
	take_contacts(d, a, &m->body);
	if (step == STEP_SAMPLE)
		take_sample(d, &m->body, now_ms);
	if (step >= STEP_PEERS) {
		d->peer.windows++;
		take_values(d, a, m, datagram);
	}
	if (step == d->step)
		settle(d);
}

/* An error is an answer as well: only the first question's ends the visit. */
static void
on_error(struct dialog *d, int step, const struct krpc *m)
{
	if (step != d->step || d->asked[step].answered)
		return;
	d->asked[step].answered = true;
	d->peer.farewell = m->code >= 0 && m->code <= INT32_MAX ? (int)m->code : 0;
	if (step == STEP_SAMPLE)
		d->indexes = 0;
	if (d->peer.handshaken)
		settle(d);
	else
		end_dialog(d, DIALOG_DROPPED, "answered with an error");
}

/* ---- the driver ------------------------------------------------------------------------------ */

static struct dialog *
mainline_open(const struct dialog_config *c, const struct dialog_sink *sink, int64_t now_ms)
{
	struct dialog *d = calloc(1, sizeof(*d));
	uint8_t random[2 * NODE_ID];

	_Static_assert(sizeof(c->random) >= 2 * NODE_ID - 8, "enough for two targets");
	if (d == NULL)
		return NULL;
	d->config = *c;
	d->sink = *sink;
	d->why = "";
	d->first_ms = now_ms;
	d->steps = c->windows > 0 ? STEP_PEERS : STEP_SAMPLE;
	if (c->memory != NULL)
		memcpy(&d->memory, c->memory, sizeof(d->memory));
	d->resting = d->memory.fresh_ms > now_ms;
	if (d->resting && c->windows > 0)
		choose_hashes(d, (struct text){ d->memory.sampled, d->memory.len });
	d->version = d->num = d->interval = d->rtt_ms = UNKNOWN;
	d->indexes = UNKNOWN;
	d->peer = (struct dialog_peer){ .dialog = true, .announced = c->peer, .farewell = UNKNOWN };
	/* The second target shares its last bytes with the first: which matters to nobody. */
	memcpy(random, c->random, sizeof(c->random));
	memcpy(random + sizeof(c->random), c->random, sizeof(random) - sizeof(c->random));
	node_id_within(d->asked[STEP_WITHIN].target, c->zone.prefix, c->zone.bits, random);
	node_id_within(d->asked[STEP_SAMPLE].target, c->zone.prefix, c->zone.bits, random + NODE_ID);
	send_question(d, now_ms);
	return d;
}

static enum dialog_state
mainline_input(struct dialog *d, int64_t now_ms, const uint8_t *p, size_t n)
{
	struct krpc m;
	const char *bad;
	int step;

	if (d->state != DIALOG_OPEN)
		return d->state;
	bad = krpc_read(&m, p, n);
	if (m.t.len != 4 || ++d->came > LIMIT_ANSWERS) {
		end_dialog(d, DIALOG_BROKEN, "more datagrams than were asked for");
		return d->state;
	}
	step = m.t.p[3] & ((1 << (32 - TAG_BITS)) - 1);
	if (step > d->step || m.y == 'q')
		return d->state;	/* not asked yet: somebody guesses */
	if (bad != NULL)
		end_dialog(d, d->peer.handshaken ? DIALOG_DONE : DIALOG_BROKEN, bad);
	else if (m.y == 'r')
		on_answer(d, step, &m, (struct text){ p, n }, now_ms);
	else
		on_error(d, step, &m);
	return d->state;
}

static int64_t
mainline_due(const struct dialog *d)
{
	if (d->state != DIALOG_OPEN)
		return INT64_MAX;
	return d->sent_ms + (d->waiting ? d->config.patience_ms : d->config.window_ms);
}

static enum dialog_state
mainline_tick(struct dialog *d, int64_t now_ms)
{
	if (now_ms < mainline_due(d))
		return d->state;
	if (d->waiting)
		on_silence(d, now_ms);
	else
		ask_next(d, now_ms);
	return d->state;
}

static void
mainline_leave(struct dialog *d)
{
	if (d->state == DIALOG_OPEN)	/* there is no goodbye on this wire */
		end_dialog(d, DIALOG_DONE, "we were told to stop");
}

static void
mainline_peer(const struct dialog *d, struct dialog_peer *peer)
{
	union value *v = peer->contact;
	bool met = d->peer.handshaken;

	*peer = d->peer;
	v[MAINLINE_CONTACT_ID].text = (struct text){ d->id, met ? NODE_ID : 0 };
	v[MAINLINE_CONTACT_FITS].number = met ? node_id_fits(d->id, d->peer.announced) : UNKNOWN;
	v[MAINLINE_CONTACT_VERSION].number = d->version;
	v[MAINLINE_CONTACT_RTT].number = d->rtt_ms;
	v[MAINLINE_CONTACT_SECOND_ID].text = (struct text){ d->second_id, d->has_second_id ? NODE_ID : 0 };
	v[MAINLINE_CONTACT_INDEXES].number = d->indexes;
	v[MAINLINE_CONTACT_NUM].number = d->num;
	v[MAINLINE_CONTACT_INTERVAL].number = d->interval;
	v[MAINLINE_CONTACT_SAMPLES].text = d->samples;
	v[MAINLINE_CONTACT_ERROR].number = d->peer.farewell;
}

/* Words that this node says, for people; the client's name is two letters, and bytes are in hex. */
static void
mainline_describe(const struct dialog *d, describe_line *line, void *arg)
{
	char text[ENDPOINT_TEXT];
	size_t n = 0;

	if (d->peer.handshaken) {
		for (int i = 0; i < NODE_ID; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%02x", d->id[i]);
		line(arg, "id", (struct text){ (const uint8_t *)text, n });
	}
	if (d->version != UNKNOWN) {
		n = (size_t)snprintf(text, sizeof(text), "%c%c %d %d", (char)(d->version >> 24),
		    (char)(d->version >> 16), (int)(d->version >> 8 & 0xff), (int)(d->version & 0xff));
		line(arg, "client", (struct text){ (const uint8_t *)text, n });
	}
	if (!endpoint_is_nobody(d->self)) {
		endpoint_format(text, d->self);
		line(arg, "sees us as", (struct text){ (const uint8_t *)text, strlen(text) });
	}
}

static const char *
mainline_farewell_name(int number)
{
	static const struct { int number; const char *name; } names[] = {
		{ 201, "generic error" }, { 202, "server error" }, { 203, "protocol error" },
		{ 204, "method unknown" }, { 205, "value too big" }, { 206, "bad signature" },
		{ 207, "salt too big" }, { 301, "CAS mismatch" }, { 302, "sequence number too low" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

static const char *mainline_why(const struct dialog *d) { return d->why; }
static void mainline_close(struct dialog *d) { free(d); }

/* ---- datagrams ------------------------------------------------------------------------------- */

static bool
mainline_address(const uint8_t *p, size_t n, bool own, uint32_t *tag)
{
	struct krpc m;

	/* A bad answer may still tell which question it answers. */
	(void)krpc_read(&m, p, n);
	if (m.t.len != 4 || (m.y == 'q') != own)
		return false;
	*tag = ((uint32_t)m.t.p[0] << 24 | (uint32_t)m.t.p[1] << 16 | (uint32_t)m.t.p[2] << 8 | m.t.p[3]) >>
	    (32 - TAG_BITS);
	return true;
}

static const char *
mainline_stray(const uint8_t *p, size_t n)
{
	static const char *const method[] = { "ping", "find_node", "get_peers", "announce_peer",
		"sample_infohashes", "get", "put", "vote" };
	struct krpc m;

	if (krpc_read(&m, p, n) != NULL)
		return "rubbish";
	if (m.y != 'q')
		return m.y == 'r' ? "answer" : "error";
	for (size_t i = 0; i < sizeof(method) / sizeof(method[0]); i++)
		if (m.q.len == strlen(method[i]) && memcmp(m.q.p, method[i], m.q.len) == 0)
			return method[i];
	return "other query";
}

static bool
mainline_remember(const struct dialog *d, uint8_t *memory)
{
	memcpy(memory, &d->memory, sizeof(d->memory));
	return d->memory.fresh_ms != 0;
}

/* Into the zone, or nearer to it than who tells of it: so every way ends. */
static bool
mainline_follow(const struct dialog *d, const struct observation *o)
{
	const struct zone *zone = &d->config.zone;
	int its;

	if (o->type != OBS_NEIGHBOUR)
		return false;
	its = node_id_shared_bits(o->value[MAINLINE_NEIGHBOUR_ID].text.p, zone->prefix);
	return its >= zone->bits || its > node_id_shared_bits(d->id, zone->prefix);
}

/* Contacts are handed about as 26 or 38 bytes: the last 6 or 18 are the endpoint. */
static bool
compact_entry(struct endpoint *e, const char *line, size_t digits)
{
	uint8_t bytes[NODE_ID + 18] = { 0 };
	size_t n = digits / 2, at = n > 18 ? NODE_ID : 0, address = n - at - 2;

	if (n != 6 && n != 18 && n != NODE_ID + 6 && n != NODE_ID + 18)
		return false;
	for (size_t i = 0; i < n; i++)
		if (sscanf(line + 2 * i, "%2hhx", &bytes[i]) != 1)
			return false;
	return endpoint_of_bytes(e, address == 4 ? NET_IPV4 : NET_IPV6, bytes + at, address,
	    (uint16_t)(bytes[n - 2] << 8 | bytes[n - 1]));
}

static bool
mainline_peer_entry(struct endpoint *e, const char *line, const char **why)
{
	size_t n = strlen(line);

	*why = NULL;
	if (n == 0)
		return false;
	if (n == strspn(line, "0123456789abcdefABCDEF") && n % 2 == 0) {
		if (!compact_entry(e, line, n))
			*why = "want 12, 36, 52 or 76 hex digits: a compact endpoint or contact";
	} else
		*why = endpoint_read(e, line);
	if (*why == NULL && e->net != NET_IPV4 && e->net != NET_IPV6)
		*why = "want an IPv4 or IPv6 address";
	if (*why == NULL && e->port == 0)
		*why = "want a port other than 0";
	return *why == NULL;
}

static const struct overlay_traits traits = {
	.nets = 1u << NET_IPV4 | 1u << NET_IPV6,
	.leads = 1u << OBS_NEIGHBOUR,
	.leads_at_once = true,
	.zone_bits = 8,
	.datagrams = LIMIT_DATAGRAMS,
	.memory = sizeof(struct memory),
	.spacing_ms = LIMIT_SPACING_MS,
	.visit = {
		.handshake_ms = LIMIT_ANSWER_MS,
		.window_ms = LIMIT_SPACING_MS,
		.answer_ms = LIMIT_ANSWER_MS,
		.slack_ms = LIMIT_VISIT_MS,
		.shortest_ms = LIMIT_SCALED_MS,
	},
};

/* Everything that question.c can say. */
static const struct utterance repertoire[] = {
	{ "find_node", "which nodes it knows near an id" },
	{ "sample_infohashes", "some of the hashes that it stores" },
	{ "get_peers", "who holds a hash of its sample, for a keyed choice of hashes" },
	{ NULL, NULL }
};

const struct overlay mainline = {
	.name = "mainline",
	.carrier = CARRIER_DATAGRAM,
	.traits = &traits,
	.fields = &mainline_fields,
	.repertoire = repertoire,
	.open = mainline_open,
	.input = mainline_input,
	.due = mainline_due,
	.tick = mainline_tick,
	.leave = mainline_leave,
	.peer = mainline_peer,
	.describe = mainline_describe,
	.farewell_name = mainline_farewell_name,
	.why = mainline_why,
	.close = mainline_close,
	.address = mainline_address,
	.stray = mainline_stray,
	.remember = mainline_remember,
	.follow = mainline_follow,
	.decoder_open = mainline_decoder_open,
	.decoder_input = mainline_decoder_input,
	.decoder_close = mainline_decoder_close,
	.peer_entry = mainline_peer_entry,
};
