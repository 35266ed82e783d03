/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/format/canonical.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_ROOM	192	/* over the fixed part of any record */

/* ---- writing ------------------------------------------------------------------- */

static void
put(struct canonical *r, uint64_t v, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		r->p[r->len++] = (uint8_t)(v >> 8 * i);
}

static void
put_signed(struct canonical *r, int64_t v, int bytes)
{
	put(r, (uint64_t)v, bytes);
}

static void
put_endpoint(struct canonical *r, struct endpoint e)
{
	put(r, e.ip, 4);
	put(r, e.port, 2);
}

static void
put_bytes(struct canonical *r, const uint8_t *p, size_t n)
{
	if (n > 0)
		memcpy(r->p + r->len, p, n);
	r->len += n;
}

static void
put_text(struct canonical *r, struct text t)
{
	put(r, t.len, 4);
	put_bytes(r, t.p, t.len);
}

/* Empties it and makes room for a head and these texts. */
static int
start(struct canonical *r, const struct text *texts, size_t n, size_t more)
{
	size_t need = HEAD_ROOM + more;
	uint8_t *p;

	r->len = 0;
	for (size_t i = 0; i < n; i++) {
		if (texts[i].len > UINT32_MAX || texts[i].len > SIZE_MAX / 2 - need)
			return -1;
		need += 4 + texts[i].len;
	}
	if (need <= r->room)
		return 0;
	if ((p = realloc(r->p, need)) == NULL)
		return -1;
	r->p = p;
	r->room = need;
	return 0;
}

/* What all records of a moment begin with. */
static void
put_head(struct canonical *r, char type, const struct observation *o)
{
	put(r, (uint8_t)type, 1);
	put(r, o->round, 4);
	put_signed(r, o->t_ms, 8);
}

static int
key_with(struct canonical *r, const struct observation *o, struct text raw)
{
	const struct obs_key *k = &o->key;
	const struct text texts[] = { k->name, k->trip, k->bbs_trip, raw };

	if (start(r, texts, 4, 0) != 0)
		return -1;
	put_head(r, 'K', o);
	put_endpoint(r, o->peer);
	put_endpoint(r, k->source);
	put_bytes(r, k->hash, sizeof(k->hash));
	put_signed(r, k->size, 8);
	put_signed(r, k->ttl, 4);
	put_signed(r, k->blocks, 8);
	put_signed(r, k->mtime, 8);
	put_signed(r, k->ignore, 1);
	put_signed(r, k->version, 2);
	put_signed(r, k->downstream, 1);
	put_endpoint(r, k->bbs);
	for (int i = 0; i < 4; i++)
		put_text(r, texts[i]);
	return 0;
}

static int
key(struct canonical *r, const struct observation *o)
{
	uint8_t hash[32];
	struct text raw = { hash, 0 };

	if (o->key.raw.len > 0) {
		crypto_generichash(hash, sizeof(hash), o->key.raw.p, o->key.raw.len, NULL, 0);
		raw.len = sizeof(hash);
	}
	return key_with(r, o, raw);
}

int
canonical_of_pruned_key(struct canonical *r, const struct observation *o, const uint8_t raw[32])
{
	return key_with(r, o, (struct text){ raw, 32 });
}

static int
neighbour(struct canonical *r, const struct observation *o)
{
	const struct obs_neighbour *n = &o->neighbour;

	if (start(r, n->words, 3, 0) != 0)
		return -1;
	put_head(r, 'N', o);
	put_endpoint(r, o->peer);
	put_endpoint(r, n->node);
	put_signed(r, n->speed, 4);
	put_signed(r, n->bbs, 1);
	for (int i = 0; i < 3; i++)
		put_text(r, n->words[i]);
	return 0;
}

static int
query(struct canonical *r, const struct observation *o)
{
	const struct obs_query *q = &o->query;
	const struct text texts[] = { q->words, q->trip };

	if (q->nvia > UINT32_MAX / 6 || start(r, texts, 2, 6 * q->nvia) != 0)
		return -1;
	put_head(r, 'Q', o);
	put_endpoint(r, o->peer);
	put_signed(r, q->id, 8);
	put_text(r, q->words);
	put_text(r, q->trip);
	put(r, q->nvia, 4);
	for (size_t i = 0; i < q->nvia; i++)
		put_endpoint(r, q->via[i]);
	return 0;
}

static int
contact(struct canonical *r, const struct observation *o)
{
	const struct obs_contact *c = &o->contact;

	if (start(r, NULL, 0, 0) != 0)
		return -1;
	put_head(r, 'C', o);
	put_endpoint(r, c->node);
	put(r, c->inbound, 1);
	put(r, (uint64_t)c->outcome, 1);
	put_signed(r, c->command, 2);
	put_signed(r, c->version, 4);
	put_signed(r, c->speed, 4);
	put_signed(r, c->port0, 1);
	return 0;
}

int
canonical_of_observation(struct canonical *r, const struct observation *o)
{
	static int (*const form[OBS_NTYPE])(struct canonical *, const struct observation *) = {
		[OBS_KEY] = key,
		[OBS_NEIGHBOUR] = neighbour,
		[OBS_QUERY] = query,
		[OBS_CONTACT] = contact,
	};

	return form[o->type] == NULL ? -1 : form[o->type](r, o);
}

int
canonical_of_round(struct canonical *r, const struct canonical_round *d)
{
	const struct text texts[] = { d->run.sensor, d->run.overlay };

	if (start(r, texts, 2, 0) != 0)
		return -1;
	put(r, 'R', 1);
	put(r, d->round, 4);
	put_signed(r, d->run.start_ms, 8);
	put_signed(r, d->run.end_ms, 8);
	put(r, d->complete, 1);
	put_signed(r, d->run.tried, 8);
	put_signed(r, d->run.reached, 8);
	put_signed(r, d->known, 8);
	put_signed(r, d->clock_jump_ms, 8);
	put_signed(r, d->clock_us, 8);
	put_bytes(r, d->seen, sizeof(d->seen));
	put_bytes(r, d->parameters, sizeof(d->parameters));
	put_text(r, d->run.sensor);
	put_text(r, d->run.overlay);
	return 0;
}

/* ---- reading ----------------------------------------------------------------------- */

/* Reads that do not fit give zeros and set bad. */
struct cursor {
	const uint8_t	*p;
	size_t		 left;
	bool		 bad;
};

static const uint8_t *
take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (c->bad || n > c->left) {
		c->bad = true;
		return NULL;
	}
	c->p += n;
	c->left -= n;
	return p;
}

static uint64_t
get(struct cursor *c, size_t bytes)
{
	const uint8_t *p = take(c, bytes);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static struct endpoint
get_endpoint(struct cursor *c)
{
	uint32_t ip = (uint32_t)get(c, 4);

	return (struct endpoint){ ip, (uint16_t)get(c, 2) };
}

static struct text
get_text(struct cursor *c)
{
	size_t n = (size_t)get(c, 4);

	return (struct text){ take(c, n), c->bad ? 0 : n };
}

/* All was there, and nothing more; otherwise what was read is wiped. */
static bool
ended(const struct cursor *c, void *what, size_t size)
{
	if (!c->bad && c->left == 0)
		return true;
	memset(what, 0, size);
	return false;
}

/* What all records of a moment begin with. */
static void
get_head(struct cursor *c, char type, struct observation *o)
{
	if (get(c, 1) != (uint8_t)type)
		c->bad = true;
	o->round = (uint32_t)get(c, 4);
	o->t_ms = (int64_t)get(c, 8);
}

static void
get_bytes(struct cursor *c, uint8_t *out, size_t n)
{
	const uint8_t *p = take(c, n);

	if (p != NULL)
		memcpy(out, p, n);
}

bool
canonical_read_key(struct observation *o, const uint8_t *p, size_t len)
{
	struct cursor c = { p, len, false };
	struct obs_key *k = &o->key;

	memset(o, 0, sizeof(*o));
	o->type = OBS_KEY;
	get_head(&c, 'K', o);
	o->peer = get_endpoint(&c);
	k->source = get_endpoint(&c);
	get_bytes(&c, k->hash, sizeof(k->hash));
	k->size = (int64_t)get(&c, 8);
	k->ttl = (int32_t)get(&c, 4);
	k->blocks = (int64_t)get(&c, 8);
	k->mtime = (int64_t)get(&c, 8);
	k->ignore = (int8_t)get(&c, 1);
	k->version = (int16_t)get(&c, 2);
	k->downstream = (int8_t)get(&c, 1);
	k->bbs = get_endpoint(&c);
	k->name = get_text(&c);
	k->trip = get_text(&c);
	k->bbs_trip = get_text(&c);
	k->raw = get_text(&c);
	return ended(&c, o, sizeof(*o));
}

bool
canonical_read_neighbour(struct observation *o, const uint8_t *p, size_t len)
{
	struct cursor c = { p, len, false };
	struct obs_neighbour *n = &o->neighbour;

	memset(o, 0, sizeof(*o));
	o->type = OBS_NEIGHBOUR;
	get_head(&c, 'N', o);
	o->peer = get_endpoint(&c);
	n->node = get_endpoint(&c);
	n->speed = (int32_t)get(&c, 4);
	n->bbs = (int8_t)get(&c, 1);
	for (int i = 0; i < 3; i++)
		n->words[i] = get_text(&c);
	return ended(&c, o, sizeof(*o));
}

bool
canonical_read_round(struct canonical_round *d, const uint8_t *p, size_t len)
{
	struct cursor c = { p, len, false };

	memset(d, 0, sizeof(*d));
	if (get(&c, 1) != 'R')
		c.bad = true;
	d->round = (uint32_t)get(&c, 4);
	d->run.start_ms = (int64_t)get(&c, 8);
	d->run.end_ms = (int64_t)get(&c, 8);
	d->complete = get(&c, 1) != 0;
	d->run.tried = (int64_t)get(&c, 8);
	d->run.reached = (int64_t)get(&c, 8);
	d->known = (int64_t)get(&c, 8);
	d->clock_jump_ms = (int64_t)get(&c, 8);
	d->clock_us = (int64_t)get(&c, 8);
	get_bytes(&c, d->seen, sizeof(d->seen));
	get_bytes(&c, d->parameters, sizeof(d->parameters));
	d->run.sensor = get_text(&c);
	d->run.overlay = get_text(&c);
	return ended(&c, d, sizeof(*d));
}
