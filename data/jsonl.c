/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/jsonl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "data/pull.h"
#include "data/text.h"
#include "data/when.h"

/* ---- the fields ---- */

enum kind { K_TYPE, K_ROUND, K_TIME, K_ENDPOINT, K_TEXT, K_HASH, K_INT64, K_INT32, K_INT16,
	K_BOOL, K_WORDS, K_VIA, K_DIRECTION, K_OUTCOME, K_HEX, K_N };

enum { MUST = 1, QUIET = 2 };	/* may not be missing; not written when it says nothing */

struct field {
	const char	*label;		/* as written: ,"name": */
	uint8_t		 len;		/* of the label */
	uint8_t		 kind, flags;
	uint16_t	 at;		/* in struct observation */
};

#define FIELD(name, kind, member, flags) { ",\"" name "\":", sizeof(",\"" name "\":") - 1, \
	kind, flags, offsetof(struct observation, member) }
#define COMMON(t) FIELD("type", K_TYPE, type, MUST), FIELD("round", K_ROUND, round, MUST), \
	FIELD(t, K_TIME, t_ms, MUST)
#define END	{ NULL, 0, 0, 0, 0 }

static const struct field round_fields[] = {
	FIELD("type", K_TYPE, type, MUST),
	FIELD("round", K_ROUND, round, MUST),
	FIELD("sensor", K_TEXT, run.sensor, 0),
	FIELD("overlay", K_TEXT, run.overlay, 0),
	FIELD("start", K_TIME, run.start_ms, MUST),
	FIELD("end", K_TIME, run.end_ms, 0),
	FIELD("tried", K_INT64, run.tried, 0),
	FIELD("reached", K_INT64, run.reached, 0),
	END
};
static const struct field key_fields[] = {
	COMMON("t"),
	FIELD("peer", K_ENDPOINT, peer, MUST),
	FIELD("source", K_ENDPOINT, key.source, MUST),
	FIELD("hash", K_HASH, key.hash, MUST),
	FIELD("size", K_INT64, key.size, 0),
	FIELD("name", K_TEXT, key.name, 0),
	FIELD("trip", K_TEXT, key.trip, 0),
	FIELD("ttl", K_INT32, key.ttl, 0),
	FIELD("blocks", K_INT64, key.blocks, 0),
	FIELD("mtime", K_INT64, key.mtime, 0),
	FIELD("ignore", K_BOOL, key.ignore, 0),
	FIELD("version", K_INT16, key.version, 0),
	FIELD("bbs", K_ENDPOINT, key.bbs, 0),
	FIELD("downstream", K_BOOL, key.downstream, 0),
	FIELD("bbs_trip", K_TEXT, key.bbs_trip, QUIET),
	FIELD("raw", K_HEX, key.raw, QUIET),
	END
};
static const struct field neighbour_fields[] = {
	COMMON("t"),
	FIELD("peer", K_ENDPOINT, peer, MUST),
	FIELD("node", K_ENDPOINT, neighbour.node, MUST),
	FIELD("speed", K_INT32, neighbour.speed, 0),
	FIELD("bbs", K_BOOL, neighbour.bbs, 0),
	FIELD("words", K_WORDS, neighbour.words, 0),
	END
};
static const struct field query_fields[] = {
	COMMON("t"),
	FIELD("peer", K_ENDPOINT, peer, MUST),
	FIELD("via", K_VIA, query, 0),
	FIELD("words", K_TEXT, query.words, 0),
	FIELD("id", K_INT64, query.id, 0),
	FIELD("trip", K_TEXT, query.trip, QUIET),
	END
};
static const struct field contact_fields[] = {
	COMMON("t"),
	FIELD("node", K_ENDPOINT, contact.node, MUST),
	FIELD("direction", K_DIRECTION, contact.inbound, MUST),
	FIELD("outcome", K_OUTCOME, contact.outcome, MUST),
	FIELD("version", K_INT32, contact.version, 0),
	FIELD("speed", K_INT32, contact.speed, 0),
	FIELD("port0", K_BOOL, contact.port0, 0),
	FIELD("command", K_INT16, contact.command, QUIET),
	END
};
static const struct field *const fields_of[] = {
	[OBS_ROUND] = round_fields,
	[OBS_KEY] = key_fields,
	[OBS_NEIGHBOUR] = neighbour_fields,
	[OBS_QUERY] = query_fields,
	[OBS_CONTACT] = contact_fields,
};
_Static_assert(sizeof(fields_of) / sizeof(fields_of[0]) == OBS_NTYPE, "fields for each type");

static const char *const direction_name[] = { "out", "in" };

/* Where a field lives; the one place where types are taken on trust from the table. */
static void *
member(struct observation *o, const struct field *f)
{
	return (char *)o + f->at;
}

static const void *
member_of(const struct observation *o, const struct field *f)
{
	return (const char *)o + f->at;
}

/* The number in a field of one of the integer kinds. */
static int64_t
integer_of(const struct observation *o, const struct field *f)
{
	const void *p = member_of(o, f);

	switch (f->kind) {
	case K_INT32: return *(const int32_t *)p;
	case K_INT16: return *(const int16_t *)p;
	case K_BOOL: return *(const int8_t *)p;
	default: return *(const int64_t *)p;
	}
}

/* ---- writing ---- */

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

/* As when_format writes it, without going through printf. */
static void
put_time(struct line *l, int64_t ms)
{
	struct civil c;
	char *p;

	when_civil(&c, ms);
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
	put(l, "\"", 1);
	for (int shift = 24; shift >= 0; shift -= 8) {
		put_integer(l, e.ip >> shift & 255);
		put(l, shift > 0 ? "." : ":", 1);
	}
	put_integer(l, e.port);
	put(l, "\"", 1);
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
put_words(struct line *l, const struct text words[3])
{
	for (int i = 0; i < 3; i++) {
		put(l, i == 0 ? "[" : ",", 1);
		put_text(l, words[i]);
	}
	put(l, "]", 1);
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

static bool
is_nobody(struct endpoint e)
{
	return e.ip == 0 && e.port == 0;
}

/* Nothing is known of it: written as null, or not at all. */
static bool
says_nothing(const struct observation *o, const struct field *f)
{
	switch (f->kind) {
	case K_TIME: case K_INT64: case K_INT32: case K_INT16: case K_BOOL:
		return integer_of(o, f) == UNKNOWN;
	case K_ENDPOINT:
		return !(f->flags & MUST) && is_nobody(*(const struct endpoint *)member_of(o, f));
	case K_TEXT: case K_HEX:
		return (f->flags & QUIET) && ((const struct text *)member_of(o, f))->len == 0;
	default:
		return false;
	}
}

static void
put_value(struct line *l, const struct observation *o, const struct field *f)	/* flat */
{
	const void *p = member_of(o, f);

	switch ((enum kind)f->kind) {
	case K_TYPE: put_name(l, observation_type_name[o->type]); break;
	case K_ROUND: put_integer(l, o->round); break;
	case K_TIME: put_time(l, integer_of(o, f)); break;
	case K_ENDPOINT: put_endpoint(l, *(const struct endpoint *)p); break;
	case K_TEXT: put_text(l, *(const struct text *)p); break;
	case K_HASH: put_hex(l, (struct text){ p, sizeof(o->key.hash) }); break;
	case K_INT64: case K_INT32: case K_INT16: put_integer(l, integer_of(o, f)); break;
	case K_BOOL:
		if (integer_of(o, f) != 0)
			put(l, "true", 4);
		else
			put(l, "false", 5);
		break;
	case K_WORDS: put_words(l, p); break;
	case K_VIA: put_via(l, p); break;
	case K_DIRECTION: put_name(l, direction_name[*(const bool *)p]); break;
	case K_OUTCOME: put_name(l, outcome_name[*(const enum outcome *)p]); break;
	case K_HEX: put_hex(l, *(const struct text *)p); break;
	case K_N: break;
	}
}

int
jsonl_write(FILE *f, const struct observation *o)
{
	struct line l;

	l.f = f;
	l.p = l.buf;
	for (const struct field *d = fields_of[o->type]; d->label != NULL; d++) {
		bool nothing = says_nothing(o, d);

		if (nothing && (d->flags & QUIET))
			continue;
		put(&l, d->label, d->len);
		if (nothing)
			put(&l, "null", 4);
		else
			put_value(&l, o, d);
		if (d == fields_of[o->type])
			l.buf[0] = '{';		/* in place of the comma of the first label */
	}
	put(&l, "}\n", 2);
	flush(&l);
	return ferror(f) ? -1 : 0;
}

/* ---- reading ---- */

static int __attribute__((format(printf, 2, 3)))
fail(struct jsonl *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	return -1;
}

/* "name: reason" for a field; what the text says is not repeated. */
static int
fail_field(struct jsonl *r, const struct field *f, const char *why)
{
	return fail(r, "%.*s: %s", f->len - 4, f->label + 2, why);
}

/* No text of ours holds a NUL, and a C function would not see what is behind it. */
static bool
is_c_string(struct text t)
{
	return memchr(t.p, '\0', t.len) == NULL;
}

static int
find_name(const char *const *names, size_t n, struct text t)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(names[i]) == t.len && memcmp(names[i], t.p, t.len) == 0)
			return (int)i;
	}
	return -1;
}

static const char *
read_integer(struct pull *j, void *p, enum kind k)
{
	static const struct { int64_t max; const char *why; } range[K_N] = {
		[K_ROUND] = { UINT32_MAX, "want a whole number from 1 to 4294967295" },
		[K_INT64] = { INT64_MAX, "want a whole number from 0 to 9223372036854775807" },
		[K_INT32] = { INT32_MAX, "want a whole number from 0 to 2147483647" },
		[K_INT16] = { INT16_MAX, "want a whole number from 0 to 32767" },
	};
	int64_t v;

	if (!pull_integer(j, &v) || v < (k == K_ROUND) || v > range[k].max)
		return range[k].why;
	if (k == K_ROUND)
		*(uint32_t *)p = (uint32_t)v;
	else if (k == K_INT64)
		*(int64_t *)p = v;
	else if (k == K_INT32)
		*(int32_t *)p = (int32_t)v;
	else
		*(int16_t *)p = (int16_t)v;
	return NULL;
}

static const char *
read_bool(struct pull *j, int8_t *p)
{
	enum pull_kind k = pull_peek(j);

	if ((k != PULL_TRUE && k != PULL_FALSE) || !pull_word(j))
		return "want true or false";
	*p = k == PULL_TRUE;
	return NULL;
}

static const char *
read_time(struct pull *j, int64_t *ms)
{
	struct text t;

	if (!pull_string(j, &t) || !is_c_string(t) || t.len < sizeof("2010-05-21T03:00:00Z") - 1 ||
	    !when_parse(ms, (const char *)t.p) || *ms < 0)
		return "want a time such as \"2010-05-21T03:00:00.000Z\", from 1970 on";
	return NULL;
}

static const char *
read_endpoint(struct pull *j, struct endpoint *e)
{
	struct text t;

	if (!pull_string(j, &t) || !is_c_string(t) || !endpoint_parse(e, (const char *)t.p))
		return "want an IPv4 address and a port such as \"203.0.113.9:21045\"";
	return NULL;
}

/* In place: two digits become one byte. */
static const char *
read_hex(struct pull *j, struct text *out)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	static const char why[] = "want an even number of hex digits";
	uint8_t *to;
	struct text t;

	if (pull_peek(j) != PULL_STRING)
		return why;
	to = j->p + 1;		/* where the string is read to */
	if (!pull_string(j, &t) || t.len % 2 != 0)
		return why;
	*out = (struct text){ to, t.len / 2 };
	for (size_t i = 0; i < t.len; i += 2) {
		const char *high = strchr(digits, t.p[i]), *low = strchr(digits, t.p[i + 1]);

		if (t.p[i] == '\0' || t.p[i + 1] == '\0' || high == NULL || low == NULL)
			return why;
		*to++ = (uint8_t)((high - digits) << 4 | ((low - digits) & 15));
	}
	return NULL;
}

static const char *
read_hash(struct pull *j, uint8_t hash[16])
{
	struct text t;

	if (read_hex(j, &t) != NULL || t.len != 16)
		return "want 32 hex digits";
	memcpy(hash, t.p, 16);
	return NULL;
}

static const char *
read_words(struct pull *j, struct text words[3])
{
	static const char why[] = "want an array of at most three strings";
	bool first = true;
	int more, n = 0;

	if (!pull_open(j, '['))
		return why;
	while ((more = pull_element(j, &first)) == 1) {
		if (n == 3 || !pull_string(j, &words[n++]))
			return why;
	}
	return more == 0 ? NULL : why;
}

static const char *
read_via(struct pull *j, struct jsonl *r, struct obs_query *q)
{
	static const char why[] = "want an array of at most 256 addresses with ports";
	bool first = true;
	int more;

	_Static_assert(VIA_MAX == 256, "as the reason says");
	if (!pull_open(j, '['))
		return why;
	while ((more = pull_element(j, &first)) == 1) {
		if (q->nvia == VIA_MAX || read_endpoint(j, &r->via[q->nvia++]) != NULL)
			return why;
	}
	return more == 0 ? NULL : why;
}

static const char *
read_choice(struct pull *j, int *choice, const char *const *names, size_t n, const char *why)
{
	struct text t;

	if (!pull_string(j, &t) || (*choice = find_name(names, n, t)) == -1)
		return why;
	return NULL;
}

static const char *
read_outcome(struct pull *j, enum outcome *out)
{
	int choice;
	const char *why = read_choice(j, &choice, outcome_name, OUT_N, "want ok, refused, timeout,"
	    " reset, bad-handshake, dropped or excluded");

	if (why == NULL)
		*out = (enum outcome)choice;
	return why;
}

static const char *
read_direction(struct pull *j, bool *inbound)
{
	int choice;
	const char *why = read_choice(j, &choice, direction_name, 2, "want out or in");

	if (why == NULL)
		*inbound = choice == 1;
	return why;
}

static const char *
read_type(struct pull *j, enum observation_type *type, bool (*read)(struct pull *, struct text *))
{
	struct text t;
	int choice;

	if (!read(j, &t) || (choice = find_name(observation_type_name, OBS_NTYPE, t)) == -1)
		return "want round, key, neighbour, query or contact";
	*type = (enum observation_type)choice;
	return NULL;
}

/* NULL, or why the value is none of this field. */
static const char *
read_value(struct jsonl *r, struct pull *j, struct observation *o, const struct field *f) /* flat */
{
	void *p = member(o, f);
	enum observation_type type;

	switch ((enum kind)f->kind) {
	case K_TYPE: return read_type(j, &type, pull_string);	/* known already */
	case K_ROUND: case K_INT64: case K_INT32: case K_INT16:
		return read_integer(j, p, (enum kind)f->kind);
	case K_TIME: return read_time(j, p);
	case K_ENDPOINT: return read_endpoint(j, p);
	case K_TEXT: return pull_string(j, p) ? NULL : "want a string";
	case K_HASH: return read_hash(j, p);
	case K_BOOL: return read_bool(j, p);
	case K_WORDS: return read_words(j, p);
	case K_VIA: return read_via(j, r, p);
	case K_DIRECTION: return read_direction(j, p);
	case K_OUTCOME: return read_outcome(j, p);
	case K_HEX: return read_hex(j, p);
	case K_N: break;
	}
	return "of no kind";
}

/* Nothing known yet. */
static void
clear(struct jsonl *r, struct observation *o, enum observation_type type)
{
	memset(o, 0, sizeof(*o));
	o->type = type;
	for (const struct field *f = fields_of[type]; f->label != NULL; f++) {
		switch (f->kind) {
		case K_TIME: case K_INT64: *(int64_t *)member(o, f) = UNKNOWN; break;
		case K_INT32: *(int32_t *)member(o, f) = UNKNOWN; break;
		case K_INT16: *(int16_t *)member(o, f) = UNKNOWN; break;
		case K_BOOL: *(int8_t *)member(o, f) = UNKNOWN; break;
		case K_VIA: o->query.via = r->via; break;
		default: break;
		}
	}
	if (type == OBS_CONTACT)
		o->contact.command = UNKNOWN;
}

/* The field of this name; *next is where it probably is. */
static const struct field *
find_field(const struct field *all, const struct field **next, struct text name)
{
	const struct field *f = *next;

	if (f->label == NULL || f->len - 4u != name.len || memcmp(f->label + 2, name.p, name.len)) {
		for (f = all; f->label != NULL; f++) {
			if (f->len - 4u == name.len && memcmp(f->label + 2, name.p, name.len) == 0)
				break;
		}
	}
	if (f->label == NULL)
		return NULL;
	*next = f + 1;
	return f;
}

/* One field's value: null, or what the field holds. */
static int
read_field(struct jsonl *r, struct pull *j, struct observation *o, const struct field *f)
{
	const char *why;

	if (pull_peek(j) == PULL_NULL) {
		if (f->flags & MUST)
			return fail_field(r, f, "null; it must be given");
		return pull_word(j) ? 0 : fail_field(r, f, j->why);
	}
	why = read_value(r, j, o, f);
	return why == NULL ? 0 : fail_field(r, f, why);
}

static int
read_fields(struct jsonl *r, struct pull *j, struct observation *o)
{
	const struct field *all = fields_of[o->type], *next = all, *f;
	uint32_t given = 0;
	bool first = true;
	struct text name;
	int more;

	pull_open(j, '{');
	while ((more = pull_member(j, &first, &name)) == 1) {
		if ((f = find_field(all, &next, name)) == NULL) {
			if (!pull_skip(j))
				return fail(r, "%s", j->why);
			continue;
		}
		if (given & 1u << (f - all))
			return fail_field(r, f, "given twice");
		given |= 1u << (f - all);
		if (read_field(r, j, o, f) != 0)
			return -1;
	}
	if (more != 0 || !pull_over(j))
		return fail(r, "%s", j->why);
	for (f = all; f->label != NULL; f++) {
		if ((f->flags & MUST) && !(given & 1u << (f - all)))
			return fail_field(r, f, "missing");
	}
	return 0;
}

/* Looks ahead for the type, wherever it stands; mostly it stands first. */
static int
find_type(struct jsonl *r, struct pull j, enum observation_type *type)
{
	bool first = true;
	struct text name;
	const char *why;
	int more;

	if (!pull_open(&j, '{'))
		return fail(r, "%s", j.why);
	while ((more = pull_member_ahead(&j, &first, &name)) == 1) {
		if (name.len == 4 && memcmp(name.p, "type", 4) == 0) {
			why = read_type(&j, type, pull_string_ahead);
			return why == NULL ? 0 : fail(r, "type: %s", why);
		}
		if (!pull_skip(&j))
			return fail(r, "%s", j.why);
	}
	return fail(r, more == 0 ? "type: missing" : "%s", j.why);
}

int
jsonl_read(struct jsonl *r, struct observation *o, char *line, size_t len)
{
	enum observation_type type;
	struct pull j;

	r->why[0] = '\0';
	pull_start(&j, line, len);
	if (find_type(r, j, &type) != 0)
		return -1;
	clear(r, o, type);
	if (read_fields(r, &j, o) != 0)
		return -1;
	if (type == OBS_ROUND) {
		o->t_ms = o->run.start_ms;
		if (o->run.end_ms != UNKNOWN && o->run.end_ms < o->run.start_ms)
			return fail(r, "end: before the start");
	}
	return 0;
}
