/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/format/canonical.h"

#include <endian.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_ROOM	192	/* over the fixed part of any record */

/* ---- writing ------------------------------------------------------------------- */

static inline void
put(struct canonical *r, uint64_t v, int bytes)
{
	uint64_t big = htobe64(v << (64 - 8 * bytes));

	memcpy(r->p + r->len, &big, (size_t)bytes);
	r->len += (size_t)bytes;
}

static void
put_signed(struct canonical *r, int64_t v, int bytes)
{
	put(r, (uint64_t)v, bytes);
}

static void
put_endpoint(struct canonical *r, struct endpoint e)
{
	r->len += endpoint_pack(r->p + r->len, e);
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

/* Empties it and makes room for a head and so many more bytes. */
static int
start(struct canonical *r, size_t more)
{
	size_t need = HEAD_ROOM + more;
	uint8_t *p;

	r->len = 0;
	if (more > UINT32_MAX)
		return -1;
	if (need <= r->room)
		return 0;
	if ((p = realloc(r->p, need)) == NULL)
		return -1;
	r->p = p;
	r->room = need;
	return 0;
}

/* Bytes that the fields take at most. */
static size_t
fields_room(const struct observation *o)
{
	const struct field *f = o->fields->of[o->type].field;
	size_t n = 1;

	for (int i = 0; i < o->fields->of[o->type].n; i++)
		n += f[i].type == FIELD_TEXT || f[i].type == FIELD_BYTES ? 4 + o->value[i].text.len
		    : ENDPOINT_PACKED;
	return n;
}

static void
put_fields(struct canonical *r, const struct observation *o)
{
	static const struct endpoint nobody;
	const struct field *f = o->fields->of[o->type].field;
	int n = o->fields->of[o->type].n;

	put(r, (uint64_t)n, 1);
	for (int i = 0; i < n; i++) {
		const union value *v = &o->value[i];

		switch ((enum field_type)f[i].type) {
		case FIELD_INTEGER: put_signed(r, v->number, 8); break;
		case FIELD_FLAG: put_signed(r, v->number, 1); break;
		case FIELD_TEXT: case FIELD_BYTES: put_text(r, v->text); break;
		case FIELD_ENDPOINT: put_endpoint(r, v->endpoint != NULL ? *v->endpoint : nobody); break;
		}
	}
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

	if (start(r, fields_room(o) + raw.len) != 0)
		return -1;
	put_head(r, 'K', o);
	put_endpoint(r, o->peer);
	put_endpoint(r, o->to);
	put_endpoint(r, k->source);
	put(r, k->content.len, 1);
	put_bytes(r, k->content.id, k->content.len);
	put_text(r, raw);
	put_fields(r, o);
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
	if (start(r, fields_room(o)) != 0)
		return -1;
	put_head(r, 'N', o);
	put_endpoint(r, o->peer);
	put_endpoint(r, o->to);
	put_endpoint(r, o->neighbour.node);
	put_fields(r, o);
	return 0;
}

static int
query(struct canonical *r, const struct observation *o)
{
	const struct obs_query *q = &o->query;

	if (q->nvia > UINT16_MAX || start(r, fields_room(o) + ENDPOINT_PACKED * q->nvia) != 0)
		return -1;
	put_head(r, 'Q', o);
	put_endpoint(r, o->peer);
	put_endpoint(r, o->to);
	put(r, q->nvia, 4);
	for (size_t i = 0; i < q->nvia; i++)
		put_endpoint(r, q->via[i]);
	put_fields(r, o);
	return 0;
}

static int
contact(struct canonical *r, const struct observation *o)
{
	if (start(r, fields_room(o)) != 0)
		return -1;
	put_head(r, 'C', o);
	put_endpoint(r, o->contact.node);
	put(r, o->contact.inbound, 1);
	put(r, (uint64_t)o->contact.outcome, 1);
	put_fields(r, o);
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
	if (start(r, d->run.sensor.len + d->run.overlay.len) != 0)
		return -1;
	put(r, 'R', 1);
	put(r, d->round, 4);
	put_signed(r, d->run.start_ms, 8);
	put_signed(r, d->run.end_ms, 8);
	put(r, d->complete, 1);
	put(r, (uint64_t)d->origin, 1);
	put_signed(r, d->run.tried, 8);
	put_signed(r, d->run.reached, 8);
	put_signed(r, d->known, 8);
	put_signed(r, d->clock_jump_ms, 8);
	put_signed(r, d->clock_us, 8);
	put_bytes(r, d->seen, sizeof(d->seen));
	put_bytes(r, d->parameters, sizeof(d->parameters));
	put_text(r, d->run.sensor);
	put_text(r, d->run.overlay);
	if (d->run.cut == 0 && d->run.not_dialled == UNKNOWN && d->run.not_stored == UNKNOWN)
		return 0;
	put(r, d->run.cut, 4);
	put_signed(r, d->run.not_dialled, 8);
	put_signed(r, d->run.not_stored, 8);
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
	struct endpoint e = { .port = 0 };
	size_t n = c->bad ? 0 : endpoint_unpack(&e, c->p, c->left);

	c->bad |= n == 0;
	take(c, n);
	return e;
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

static void
get_fields(struct cursor *c, struct canonical_read *r)
{
	struct observation *o = &r->o;
	const struct field *f = o->fields->of[o->type].field;
	int n = (int)get(c, 1);

	observation_clear_values(o);
	if (n > o->fields->of[o->type].n)
		c->bad = true;
	for (int i = 0; i < n && !c->bad; i++) {
		union value *v = &o->value[i];

		switch ((enum field_type)f[i].type) {
		case FIELD_INTEGER: v->number = (int64_t)get(c, 8); break;
		case FIELD_FLAG: v->number = (int64_t)(get(c, 1) << 56) >> 56; break;
		case FIELD_TEXT: case FIELD_BYTES: v->text = get_text(c); break;
		case FIELD_ENDPOINT:
			r->endpoint[i] = get_endpoint(c);
			v->endpoint = endpoint_is_nobody(r->endpoint[i]) ? NULL : &r->endpoint[i];
			break;
		}
	}
}

bool
canonical_read_key(struct canonical_read *r, const struct overlay_fields *fields,
    const uint8_t *p, size_t len)
{
	struct cursor c = { p, len, false };
	struct obs_key *k = &r->o.key;

	memset(r, 0, sizeof(*r));
	r->o.type = OBS_KEY;
	r->o.fields = fields;
	get_head(&c, 'K', &r->o);
	r->o.peer = get_endpoint(&c);
	r->o.to = get_endpoint(&c);
	k->source = get_endpoint(&c);
	k->content.len = (uint8_t)get(&c, 1);
	if (k->content.len > sizeof(k->content.id))
		c.bad = true;
	get_bytes(&c, k->content.id, c.bad ? 0 : k->content.len);
	k->raw = get_text(&c);
	get_fields(&c, r);
	return ended(&c, r, sizeof(*r));
}

bool
canonical_read_neighbour(struct canonical_read *r, const struct overlay_fields *fields,
    const uint8_t *p, size_t len)
{
	struct cursor c = { p, len, false };

	memset(r, 0, sizeof(*r));
	r->o.type = OBS_NEIGHBOUR;
	r->o.fields = fields;
	get_head(&c, 'N', &r->o);
	r->o.peer = get_endpoint(&c);
	r->o.to = get_endpoint(&c);
	r->o.neighbour.node = get_endpoint(&c);
	get_fields(&c, r);
	return ended(&c, r, sizeof(*r));
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
	d->origin = (enum origin)get(&c, 1);
	d->run.tried = (int64_t)get(&c, 8);
	d->run.reached = (int64_t)get(&c, 8);
	d->known = (int64_t)get(&c, 8);
	d->clock_jump_ms = (int64_t)get(&c, 8);
	d->clock_us = (int64_t)get(&c, 8);
	get_bytes(&c, d->seen, sizeof(d->seen));
	get_bytes(&c, d->parameters, sizeof(d->parameters));
	d->run.sensor = get_text(&c);
	d->run.overlay = get_text(&c);
	d->run.not_dialled = d->run.not_stored = UNKNOWN;
	if (c.left > 0) {
		d->run.cut = (uint32_t)get(&c, 4);
		d->run.not_dialled = (int64_t)get(&c, 8);
		d->run.not_stored = (int64_t)get(&c, 8);
	}
	return ended(&c, d, sizeof(*d));
}
