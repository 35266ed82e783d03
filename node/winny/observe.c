/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/observe.h"

#include <stdlib.h>
#include <string.h>

#include "node/winny/cp932.h"
#include "node/winny/fields.h"
#include "node/winny/key.h"
#include "node/winny/limits.h"

/* Via nodes and words have one-byte counts; command 12 has 256 bytes of words. */
#define FOUND_VIA_MAX		255
#define WORDS_MAX	256

void
observe_init(struct report *r, const struct dialog_sink *sink, struct endpoint peer)
{
	*r = (struct report){ .sink = *sink };
	r->peer = (struct winny_peer){ .node = peer, .version = UNKNOWN, .speed = UNKNOWN,
		.command = UNKNOWN };
}

void
observe_clear(struct report *r)
{
	free(r->strings);
	r->strings = NULL;
}

static struct text
to_utf8(uint8_t *out, struct text t)
{
	return (struct text){ out, cp932_to_utf8(cp932(), out, t.p, t.len) };
}

static void
report_record(struct report *r, const struct observation *o)
{
	r->sink.found(r->sink.arg, o);
}

/*
 * A peer behind a NAT names itself by an address that only it can use: what
 * equals its own report of itself is the address that we see.
 */
static struct endpoint
translate_nat(const struct report *r, struct endpoint e)
{
	if (r->peer.nat && endpoint_compare(e, r->peer.self_reported) == 0)
		e.ip = r->peer.node.ip;
	return e;
}

/* ---- the peer itself -------------------------------------------------------- */

/* A node truncates the number it is told; what is no number of KB/s is unknown. */
void
observe_speed(struct report *r, float f)
{
	if (!(f >= 0))
		r->peer.speed = UNKNOWN;
	else
		r->peer.speed = f >= (float)INT32_MAX ? INT32_MAX : (int32_t)f;
}

void
observe_link_type(struct report *r, const struct link_type *t)
{
	r->peer.port0 |= t->port0 != 0;
	r->peer.test_link |= t->test != 0;
}

void
observe_peer(const struct report *r, struct dialog_peer *out)
{
	const struct winny_peer *p = &r->peer;

	*out = (struct dialog_peer){ .dialog = true, .handshaken = p->handshaken, .undialable = p->port0 == 1,
		.test_link = p->test_link == 1, .announced = p->announced, .windows = p->windows,
		.keys = p->keys, .bad_keys = p->bad_keys, .neighbours = p->neighbours,
		.queries = p->queries, .farewell = p->command };
	out->contact[WINNY_CONTACT_VERSION].number = p->version;
	out->contact[WINNY_CONTACT_SPEED].number = p->speed;
	out->contact[WINNY_CONTACT_PORT0].number = p->handshaken ? p->port0 : UNKNOWN;
	out->contact[WINNY_CONTACT_COMMAND].number = p->command;
	out->contact[WINNY_CONTACT_ANNOUNCED].endpoint = p->handshaken ? &p->announced : NULL;
}

/* A receiver keeps a word up to its first NUL or blank, 127 bytes at most. */
static struct text
cut_word(struct text t)
{
	size_t n = 0;

	while (n < t.len && n < LIMIT_WORD_KEPT && t.p[n] != '\0' && t.p[n] != ' ')
		n++;
	return (struct text){ t.p, n };
}

static bool
keep_strings(struct report *r, const struct self_info *s)
{
	struct text ddns = text_until_nul(s->ddns), word[3];
	size_t room = ddns.len;
	uint8_t *at;

	for (size_t i = 0; i < 3; i++) {
		word[i] = cut_word(s->words[i]);
		room += word[i].len;
	}
	if (room == 0)
		return true;
	if ((at = malloc(CP932_UTF8_MAX(room))) == NULL)
		return false;
	r->strings = at;
	r->peer.ddns = to_utf8(at, ddns);
	at += r->peer.ddns.len;
	for (size_t i = 0; i < 3; i++) {
		r->peer.words[i] = to_utf8(at, word[i]);
		at += r->peer.words[i].len;
	}
	return true;
}

bool
observe_self(struct report *r, const struct self_info *s, const char **why)
{
	if (s->port < 1 || s->port > 65535) {
		*why = "the peer announces no valid port";
		return false;
	}
	if (!keep_strings(r, s)) {
		*why = "out of memory";
		return false;
	}
	r->peer.self_reported = (struct endpoint){ .ip = s->ip, .port = (uint16_t)s->port };
	r->peer.announced = r->peer.node;
	r->peer.announced.port = (uint16_t)s->port;
	if (r->captured)
		r->peer.node = r->peer.announced;
	r->peer.nat = r->peer.node.net == NET_IPV4 && s->ip != r->peer.node.ip;
	r->peer.handshaken = true;
	return true;
}

/* ---- neighbours and searches ------------------------------------------------ */

void
observe_node(struct report *r, const struct other_node *n)
{
	struct observation o = { .type = OBS_NEIGHBOUR, .peer = r->peer.node, .fields = &winny_fields };
	uint8_t words[3][CP932_UTF8_MAX(UINT8_MAX)];

	if (!other_node_accepted(n))
		return;
	o.neighbour.node = (struct endpoint){ .ip = n->ip, .port = (uint16_t)n->port };
	if (endpoint_compare(o.neighbour.node, r->self) == 0)
		return;
	o.value[WINNY_NEIGHBOUR_SPEED].number = n->speed < 0 ? UNKNOWN : n->speed;
	o.value[WINNY_NEIGHBOUR_BBS].number = n->bbs != 0;
	for (size_t i = 0; i < 3; i++)
		o.value[WINNY_NEIGHBOUR_WORDS + i].text = to_utf8(words[i], n->words[i]);
	r->peer.neighbours++;
	report_record(r, &o);
}

static void
found_query(struct report *r, const struct obs_query *q, int64_t id, struct text words,
    struct text trip)
{
	struct observation o = { .type = OBS_QUERY, .peer = r->peer.node, .query = *q,
		.fields = &winny_fields };
	uint8_t utf8[CP932_UTF8_MAX(WORDS_MAX)], trip_utf8[CP932_UTF8_MAX(16)];

	o.value[WINNY_QUERY_ID].number = id;
	o.value[WINNY_QUERY_WORDS].text = to_utf8(utf8, words);
	o.value[WINNY_QUERY_TRIP].text = to_utf8(trip_utf8, trip);
	r->peer.queries++;
	report_record(r, &o);
}

void
observe_search(struct report *r, const struct query *q)
{
	struct endpoint via[FOUND_VIA_MAX];
	struct obs_query by_way_of = { .via = via };
	struct wire list = q->via;

	while (by_way_of.nvia < FOUND_VIA_MAX && query_via(&via[by_way_of.nvia], &list)) {
		via[by_way_of.nvia] = translate_nat(r, via[by_way_of.nvia]);
		by_way_of.nvia++;
	}
	found_query(r, &by_way_of, q->id, q->words, q->trip);
}

void
observe_conditional(struct report *r, const struct conditional *c)
{
	const struct obs_query straight = { NULL, 0 };

	found_query(r, &straight, c->id, c->words, c->trip);
}

/* ---- keys ------------------------------------------------------------------- */

/* The thread's owner stays with the caller, as long as the observation. */
static void
fill_key(struct observation *o, const struct report *r, const struct key *k, struct endpoint *bbs)
{
	union value *v = o->value;

	*bbs = translate_nat(r, k->bbs);
	o->key.source = translate_nat(r, k->source);
	o->key.content.len = winny_fields.content_length;
	memcpy(o->key.content.id, k->hash, winny_fields.content_length);
	o->key.raw = k->raw;
	v[WINNY_KEY_SIZE].number = k->size;
	v[WINNY_KEY_TRIP].text = k->trip;	/* checked: letters, digits, + and ! */
	v[WINNY_KEY_TTL].number = k->ttl;
	v[WINNY_KEY_BLOCKS].number = k->blocks;
	v[WINNY_KEY_MTIME].number = k->mtime;
	v[WINNY_KEY_IGNORE].number = k->ignore != 0;
	v[WINNY_KEY_VERSION].number = k->version;
	v[WINNY_KEY_BBS].endpoint = endpoint_is_nobody(*bbs) ? NULL : bbs;
}

void
observe_keys(struct report *r, const struct query *q)
{
	struct observation o = { .type = OBS_KEY, .peer = r->peer.node, .fields = &winny_fields };
	uint8_t plain[KEY_NAME_MAX], name[CP932_UTF8_MAX(KEY_NAME_MAX)];
	uint8_t signature[CP932_UTF8_MAX(KEY_TRIP)];
	struct wire keys = q->keys;
	struct endpoint bbs;
	struct key k;

	o.value[WINNY_KEY_DOWNSTREAM].number = q->downstream != 0;
	while (key_next(&k, &keys)) {
		if (key_open(&k, plain) != KEY_OK ||
		    (r->self.ip != 0 && endpoint_compare(k.source, r->self) == 0)) {
			r->peer.bad_keys++;
			continue;
		}
		fill_key(&o, r, &k, &bbs);
		o.value[WINNY_KEY_NAME].text = to_utf8(name, (struct text){ plain, k.name.len });
		o.value[WINNY_KEY_BBS_TRIP].text = to_utf8(signature, k.signature);
		r->peer.keys++;
		report_record(r, &o);
	}
}
