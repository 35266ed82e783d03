/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/mainline/krpc.h"

#include <math.h>
#include <string.h>

const char *const sloppy_name[SLOPPY_KINDS] = {
	"number form", "key order", "double key", "trailing bytes", "nodes length", "values entry",
	"values type", "samples length",
};

#define BLOOM	256	/* bytes of a filter */

/* ---- where a value belongs ---------------------------------------------------------- */

/* The dictionaries that are looked into. */
enum section { IN_TOP, IN_A, IN_R, IN_OTHER };

enum place {
	AT_T, AT_Y, AT_Q, AT_V, AT_IP, AT_RO, AT_A, AT_R, AT_E,
	/* of a and r */
	AT_ID, AT_TARGET, AT_INFO_HASH, AT_TOKEN, AT_NODES, AT_NODES6, AT_VALUES, AT_SAMPLES, AT_BFSD,
	AT_BFPE, AT_NUM, AT_INTERVAL, AT_PORT, AT_IMPLIED_PORT,
	AT_NOWHERE
};

static const struct { const char *key; uint8_t len; uint8_t place; } keys[] = {
#define KEY(k, at)	{ k, sizeof(k) - 1, at }
	KEY("t", AT_T), KEY("y", AT_Y), KEY("q", AT_Q), KEY("v", AT_V), KEY("ip", AT_IP),
	KEY("ro", AT_RO), KEY("a", AT_A), KEY("r", AT_R), KEY("e", AT_E),
	KEY("id", AT_ID), KEY("target", AT_TARGET), KEY("info_hash", AT_INFO_HASH),
	KEY("token", AT_TOKEN), KEY("nodes", AT_NODES), KEY("nodes6", AT_NODES6),
	KEY("values", AT_VALUES), KEY("samples", AT_SAMPLES), KEY("BFsd", AT_BFSD),
	KEY("BFpe", AT_BFPE), KEY("num", AT_NUM), KEY("interval", AT_INTERVAL),
	KEY("port", AT_PORT), KEY("implied_port", AT_IMPLIED_PORT),
};
#define NKEYS	(sizeof(keys) / sizeof(keys[0]))

static enum place
place_of(enum section s, struct text key)
{
	size_t from = s == IN_TOP ? 0 : AT_ID, to = s == IN_TOP ? AT_ID : NKEYS;

	for (size_t i = from; s != IN_OTHER && i < to; i++)
		if (keys[i].len == key.len && memcmp(keys[i].key, key.p, key.len) == 0)
			return (enum place)keys[i].place;
	return AT_NOWHERE;
}

struct reading {
	struct krpc	*m;
	struct krpc_body body[2];	/* of a, of r */
	struct text	 y;
	enum section	 section;	/* of the dictionary at depth 1 or 2 that is being read */
	enum place	 place;		/* of the value to come, there */
	uint32_t	 had[3];	/* the places that were filled, by section */
	bool		 dict[2];	/* a and r are dictionaries */
	bool		 error_list;
	int		 of_error;	/* entries of e so far */
};

/* ---- single values --------------------------------------------------------------------- */

static struct endpoint
compact_endpoint(const uint8_t *p, bool ipv6)
{
	size_t n = ipv6 ? 16 : 4;
	uint16_t port = (uint16_t)(p[n] << 8 | p[n + 1]);
	struct endpoint e = { .port = port };

	/* fc00::/8 is another network's (observation.h), whatever the sender means by it. */
	if (!endpoint_of_bytes(&e, ipv6 ? NET_IPV6 : NET_IPV4, p, n, port))
		(void)endpoint_of_bytes(&e, NET_CJDNS, p, n, port);
	return e;
}

static void
take_string(struct reading *r, struct text t)
{
	struct krpc *m = r->m;
	struct krpc_body *b = &r->body[r->section == IN_R];
	size_t contact = NODE_ID + (r->place == AT_NODES6 ? 18 : 6);

	switch (r->place) {
	case AT_T: m->t = t; break;
	case AT_Y: r->y = t; break;
	case AT_Q: m->q = t; break;
	case AT_V: m->v = t; break;
	case AT_IP:
		if (t.len == 6 || t.len == 18)
			m->ip = compact_endpoint(t.p, t.len == 18);
		break;
	case AT_ID: b->id = t; break;
	case AT_TARGET: b->target = t; break;
	case AT_INFO_HASH: b->info_hash = t; break;
	case AT_TOKEN: b->token = t; break;
	case AT_NODES: case AT_NODES6:
		m->sloppy |= t.len % contact != 0 ? SLOPPY_NODES : 0;
		b->nodes[r->place == AT_NODES6] = (struct text){ t.p, t.len - t.len % contact };
		break;
	case AT_SAMPLES:
		m->sloppy |= t.len % NODE_ID != 0 ? SLOPPY_SAMPLES : 0;
		b->samples = (struct text){ t.p, t.len - t.len % NODE_ID };
		break;
	case AT_BFSD: case AT_BFPE:
		if (t.len == BLOOM)
			b->bloom[r->place == AT_BFPE] = t;
		break;
	case AT_VALUES: m->sloppy |= SLOPPY_VALUES; break;
	default: break;
	}
}

static void
take_integer(struct reading *r, int64_t v)
{
	struct krpc_body *b = &r->body[r->section == IN_R];

	switch (r->place) {
	case AT_RO: r->m->ro = v != 0; break;
	case AT_NUM: b->num = v; b->has_num = true; break;
	case AT_INTERVAL: b->interval = v; b->has_interval = true; break;
	case AT_PORT: b->port = v; b->has_port = true; break;
	case AT_IMPLIED_PORT: b->implied_port = v; b->has_implied_port = true; break;
	case AT_VALUES: r->m->sloppy |= SLOPPY_VALUES; break;
	default: break;
	}
}

/* An entry of e: a code, then a text. */
static void
take_of_error(struct reading *r, enum bencode_token token, const struct bencode *b)
{
	if (r->of_error == 0 && token == BENCODE_INTEGER)
		r->m->code = b->number;
	if (r->of_error == 1 && token == BENCODE_STRING)
		r->m->message = b->text;
	r->of_error++;
}

/* ---- the tokens go by ----------------------------------------------------------------- */

/* Reads on to the end of the container that has just begun. */
static void
skip(struct bencode *b)
{
	int depth = b->depth;
	enum bencode_token token;

	do
		token = bencode_next(b);
	while (token != BENCODE_BAD && b->depth >= depth);
}

/* A key at depth 1 or 2: the first of a name counts. */
static void
on_key(struct reading *r, struct text key)
{
	r->place = place_of(r->section, key);
	if (r->place == AT_NOWHERE)
		return;
	if (r->had[r->section] & 1u << r->place) {
		r->m->sloppy |= SLOPPY_DOUBLED;
		r->place = AT_NOWHERE;
	} else
		r->had[r->section] |= 1u << r->place;
}

/* A list or dictionary as a value at depth 1 or 2. */
static void
on_container(struct reading *r, struct bencode *b, enum bencode_token token)
{
	const uint8_t *from = b->p - 1;

	if (b->depth == 2 && token == BENCODE_DICT && (r->place == AT_A || r->place == AT_R)) {
		r->section = r->place == AT_A ? IN_A : IN_R;
		r->dict[r->place == AT_R] = true;
		return;
	}
	if (b->depth == 2 && token == BENCODE_LIST && r->place == AT_E) {
		r->error_list = true;
		return;
	}
	skip(b);
	if (r->place != AT_VALUES)
		return;
	if (token == BENCODE_LIST)
		r->body[r->section == IN_R].values = (struct text){ from, (size_t)(b->p - from) };
	else
		r->m->sloppy |= SLOPPY_VALUES;
}

static void
read_all(struct reading *r, struct bencode *b)
{
	enum bencode_token token;

	while ((token = bencode_next(b)) != BENCODE_BAD && token != BENCODE_OVER) {
		if (token == BENCODE_END) {
			r->section = IN_TOP;
			r->error_list = false;
		} else if (r->error_list) {
			take_of_error(r, token, b);
			if (token == BENCODE_LIST || token == BENCODE_DICT)
				skip(b);
		} else if (token == BENCODE_KEY)
			on_key(r, b->text);
		else if (token == BENCODE_STRING)
			take_string(r, b->text);
		else if (token == BENCODE_INTEGER)
			take_integer(r, b->number);
		else if (b->depth > 1)
			on_container(r, b, token);
	}
}

/* Entries of values that are no endpoints. */
static bool
has_odd_values(const struct krpc_body *b)
{
	enum bencode_token token;
	struct bencode list;

	if (b->values.p == NULL)
		return false;
	list = bencode_of(b->values.p, b->values.len);
	(void)bencode_next(&list);
	while ((token = bencode_next(&list)) != BENCODE_OVER && token != BENCODE_END)
		if (token != BENCODE_STRING || (list.text.len != 6 && list.text.len != 18))
			return true;
	return false;
}

/* y decides what it is, whatever other keys there are. */
static const char *
judge(struct reading *r)
{
	struct krpc *m = r->m;

	if (m->t.p == NULL)
		return "no transaction id";
	if (r->y.p == NULL || r->y.len != 1 || strchr("qre", r->y.p[0]) == NULL || r->y.p[0] == '\0')
		return "neither query, answer nor error";
	m->y = (char)r->y.p[0];
	if (m->y == 'e')
		return NULL;
	if (m->y == 'q' && m->q.p == NULL)
		return "a query without a name";
	m->body = r->body[m->y == 'r'];
	if (!r->dict[m->y == 'r'])
		return m->y == 'r' ? "no answer in the answer" : "no arguments in the query";
	if (m->body.id.len != NODE_ID)
		return "no id of 20 bytes";
	m->sloppy |= has_odd_values(&m->body) ? SLOPPY_VALUE : 0;
	return NULL;
}

const char *
krpc_read(struct krpc *m, const uint8_t *p, size_t len)
{
	struct bencode b;
	struct reading r = { .m = m, .section = IN_TOP, .place = AT_NOWHERE };

	memset(m, 0, sizeof(*m));
	m->code = UNKNOWN;
	if (len == 0 || *p != 'd')
		return "no dictionary";
	b = bencode_of(p, len);
	read_all(&r, &b);
	if (b.bad != NULL)
		return b.bad;
	m->sloppy |= b.sloppy | (b.p < b.end ? SLOPPY_TRAILING : 0);
	return judge(&r);
}

/* ---- lists ------------------------------------------------------------------------------ */

bool
krpc_contact(const struct krpc_body *b, bool ipv6, size_t *at, struct krpc_contact *c)
{
	size_t size = NODE_ID + (ipv6 ? 18 : 6);
	const uint8_t *p;

	if (*at + size > b->nodes[ipv6].len)
		return false;
	p = b->nodes[ipv6].p + *at;
	*c = (struct krpc_contact){ p, compact_endpoint(p + NODE_ID, ipv6) };
	*at += size;
	return true;
}

bool
krpc_value(const struct krpc_body *b, size_t *at, struct endpoint *e)
{
	enum bencode_token token;
	struct bencode list;

	if (b->values.p == NULL)
		return false;
	/* The list was read once, so its entries are sound; at is behind the last one given. */
	list = bencode_of(b->values.p + *at, b->values.len - *at);
	if (*at > 0) {		/* as if the list began here */
		list.begun = true;
		list.depth = 1;
		list.open[0].dict = list.open[0].keyed = false;
	} else
		(void)bencode_next(&list);
	while ((token = bencode_next(&list)) != BENCODE_OVER && token != BENCODE_BAD) {
		if (list.depth == 0)
			return false;
		if (list.depth > 1 || token != BENCODE_STRING ||
		    (list.text.len != 6 && list.text.len != 18))
			continue;
		*e = compact_endpoint(list.text.p, list.text.len == 18);
		*at = (size_t)(list.p - b->values.p);
		return true;
	}
	return false;
}

double
krpc_bloom_estimate(const uint8_t filter[256])
{
	const double bits = 8 * BLOOM;
	int zeros = 8 * BLOOM;

	for (int i = 0; i < BLOOM; i++)
		zeros -= __builtin_popcount(filter[i]);
	if (zeros > 8 * BLOOM - 1)
		zeros = 8 * BLOOM - 1;
	if (zeros < 1)		/* full: more than can be told */
		zeros = 1;
	return log(zeros / bits) / (2 * log(1 - 1 / bits));
}

int64_t
krpc_version(struct text v)
{
	return v.len != 4 ? UNKNOWN :
	    (int64_t)((uint32_t)v.p[0] << 24 | (uint32_t)v.p[1] << 16 | (uint32_t)v.p[2] << 8 | v.p[3]);
}
