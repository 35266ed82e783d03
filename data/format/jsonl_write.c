/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "data/format/jsonl_impl.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"

/* Where a member lives; the table is trusted with the types. */
static const void *
member_of(const struct observation *o, const struct member *m)
{
	return (const char *)o + m->at;
}

#define LINE_ROOM	4096	/* longer texts go straight to the stream */

struct line {
	FILE	*f;
	char	*p;
	char	 buf[LINE_ROOM];
};

static void
flush(struct line *l)
{
	fwrite(l->buf, 1, (size_t)(l->p - l->buf), l->f);
	l->p = l->buf;
}

/* Room for n bytes, n being small. */
static void
make_room(struct line *l, size_t n)
{
	if ((size_t)(l->buf + sizeof(l->buf) - l->p) < n)
		flush(l);
}

static void
put(struct line *l, const char *s, size_t n)
{
	make_room(l, n);
	memcpy(l->p, s, n);
	l->p += n;
}

static void
put_integer(struct line *l, int64_t v)
{
	char digits[24], *p = digits + sizeof(digits);
	uint64_t n = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do {
		*--p = (char)('0' + n % 10);
	} while ((n /= 10) > 0);
	if (v < 0)
		*--p = '-';
	put(l, p, (size_t)(digits + sizeof(digits) - p));
}

/* Exactly n decimal digits. */
static char *
put_digits(char *p, int v, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		p[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return p + n;
}

/* Writes what utctime_format does, without going through printf. */
static void
put_time(struct line *l, int64_t ms)
{
	struct civil c;
	char *p;

	utctime_civil(&c, ms);
	make_room(l, WHEN_TEXT);
	p = l->p;
	*p++ = '"';
	p = put_digits(p, c.year, 4);
	*p++ = '-';
	p = put_digits(p, c.month, 2);
	*p++ = '-';
	p = put_digits(p, c.day, 2);
	*p++ = 'T';
	p = put_digits(p, c.hour, 2);
	*p++ = ':';
	p = put_digits(p, c.minute, 2);
	*p++ = ':';
	p = put_digits(p, c.second, 2);
	*p++ = '.';
	p = put_digits(p, c.ms, 3);
	*p++ = 'Z';
	*p++ = '"';
	l->p = p;
}

static void
put_endpoint(struct line *l, struct endpoint e)
{
	make_room(l, ENDPOINT_TEXT + 2);
	*l->p++ = '"';
	endpoint_format(l->p, e);
	l->p += strlen(l->p);
	*l->p++ = '"';
}

static void
put_text(struct line *l, struct text t)
{
	if (t.len > (sizeof(l->buf) - 2) / 6) {
		flush(l);
		text_json(l->f, t);
		return;
	}
	make_room(l, TEXT_JSON_ROOM(t.len));
	l->p = text_json_put(l->p, t);
}

static void
put_hex(struct line *l, struct text t)
{
	static const char hex[] = "0123456789abcdef";

	put(l, "\"", 1);
	for (size_t i = 0; i < t.len; i++) {
		make_room(l, 2);
		*l->p++ = hex[t.p[i] >> 4];
		*l->p++ = hex[t.p[i] & 15];
	}
	put(l, "\"", 1);
}

static void
put_name(struct line *l, const char *name)
{
	put(l, "\"", 1);
	put(l, name, strlen(name));
	put(l, "\"", 1);
}

static void
put_via(struct line *l, const struct obs_query *q)
{
	put(l, "[", 1);
	for (size_t i = 0; i < q->nvia; i++) {
		if (i > 0)
			put(l, ",", 1);
		put_endpoint(l, q->via[i]);
	}
	put(l, "]", 1);
}

static void
put_bool(struct line *l, bool v)
{
	if (v)
		put(l, "true", 4);
	else
		put(l, "false", 5);
}

/* ---- the overlay's own fields ---- */

/* Text says something even when it is empty: an array has a place for each of its texts. */
static void
put_field_value(struct line *l, const struct field *f, union value v)
{
	if (f->type == FIELD_TEXT)
		put_text(l, v.text);
	else if (!value_is_said(f, v))
		put(l, "null", 4);
	else if (f->type == FIELD_INTEGER)
		put_integer(l, v.number);
	else if (f->type == FIELD_FLAG)
		put_bool(l, v.number != 0);
	else if (f->type == FIELD_BYTES)
		put_hex(l, v.text);
	else
		put_endpoint(l, *v.endpoint);
}

static void
put_fields(struct line *l, const struct observation *o)
{
	const struct field *f = o->fields->of[o->type].field;
	int n = o->fields->of[o->type].n, run;

	for (int i = 0; i < n; i += run) {
		run = field_run(f, i, n);
		if (f[i].quiet && run == 1 && !value_is_said(&f[i], o->value[i]))
			continue;
		put(l, ",", 1);
		put_name(l, f[i].name);
		put(l, ":", 1);
		for (int k = i; k < i + run; k++) {
			if (run > 1)
				put(l, k == i ? "[" : ",", 1);
			put_field_value(l, &f[k], o->value[k]);
		}
		if (run > 1)
			put(l, "]", 1);
	}
}

/* ---- the members of every overlay's records ---- */

/* Nothing is known of it: written as null, or not at all. */
static bool
says_nothing(const struct observation *o, const struct member *m)
{
	switch (m->kind) {
	case K_TIME: case K_INT64:
		return *(const int64_t *)member_of(o, m) == UNKNOWN;
	case K_CUT:
		return *(const uint32_t *)member_of(o, m) == 0;
	case K_ENDPOINT:
		return !(m->flags & MUST) && endpoint_is_nobody(*(const struct endpoint *)member_of(o, m));
	case K_TEXT: case K_HEX:
		return (m->flags & QUIET) && ((const struct text *)member_of(o, m))->len == 0;
	default:
		return false;
	}
}

static void
put_content(struct line *l, const struct content_id *c)
{
	put_hex(l, (struct text){ c->id, c->len });
}

static void
put_value(struct line *l, const struct observation *o, const struct member *m)	/* flat */
{
	const void *p = member_of(o, m);
	char cut[ROUND_CUT_TEXT];

	switch ((enum jsonl_kind)m->kind) {
	case K_TYPE: put_name(l, observation_type_name[o->type]); break;
	case K_ROUND: put_integer(l, o->round); break;
	case K_TIME: put_time(l, *(const int64_t *)p); break;
	case K_ENDPOINT: put_endpoint(l, *(const struct endpoint *)p); break;
	case K_TEXT: put_text(l, *(const struct text *)p); break;
	case K_CONTENT: put_content(l, p); break;
	case K_INT64: put_integer(l, *(const int64_t *)p); break;
	case K_VIA: put_via(l, p); break;
	case K_DIRECTION: put_name(l, jsonl_direction[*(const bool *)p]); break;
	case K_OUTCOME: put_name(l, outcome_name[*(const enum outcome *)p]); break;
	case K_CUT: put_name(l, round_cut_format(cut, *(const uint32_t *)p)); break;
	case K_HEX: put_hex(l, *(const struct text *)p); break;
	case K_FIELDS: case K_N: break;
	}
}

int
jsonl_write(FILE *f, const struct observation *o)
{
	struct line l;

	l.f = f;
	l.p = l.buf;
	for (const struct member *d = jsonl_members[o->type]; d->label != NULL; d++) {
		bool nothing = says_nothing(o, d);

		if (d->kind == K_FIELDS) {
			put_fields(&l, o);
			continue;
		}

		if (nothing && (d->flags & QUIET))
			continue;
		put(&l, d->label, d->len);
		if (nothing)
			put(&l, "null", 4);
		else
			put_value(&l, o, d);
		if (d == jsonl_members[o->type])
			l.buf[0] = '{';		/* in place of the comma of the first label */
	}
	if (o->copy > 0) {
		put(&l, ",\"copy\":", sizeof(",\"copy\":") - 1);
		put_integer(&l, o->copy);
	}
	put(&l, "}\n", 2);
	flush(&l);
	return ferror(f) ? -1 : 0;
}
