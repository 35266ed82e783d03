/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <string.h>

#include "data/format/jsonl_impl.h"
#include "data/lib/json_pull.h"
#include "data/lib/utctime.h"

/* Where a field lives; the table is trusted with the types. */
static void *
member(struct observation *o, const struct field *f)
{
	return (char *)o + f->at;
}

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
read_integer(struct json_pull *j, void *p, enum jsonl_kind k)
{
	static const struct { int64_t max; const char *why; } range[K_N] = {
		[K_ROUND] = { UINT32_MAX, "want a whole number from 1 to 4294967295" },
		[K_INT64] = { INT64_MAX, "want a whole number from 0 to 9223372036854775807" },
		[K_INT32] = { INT32_MAX, "want a whole number from 0 to 2147483647" },
		[K_INT16] = { INT16_MAX, "want a whole number from 0 to 32767" },
	};
	int64_t v;

	if (!json_pull_integer(j, &v) || v < (k == K_ROUND) || v > range[k].max)
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
read_bool(struct json_pull *j, int8_t *p)
{
	enum json_pull_kind k = json_pull_peek(j);

	if ((k != JSON_TRUE && k != JSON_FALSE) || !json_pull_word(j))
		return "want true or false";
	*p = k == JSON_TRUE;
	return NULL;
}

static const char *
read_time(struct json_pull *j, int64_t *ms)
{
	struct text t;

	if (!json_pull_string(j, &t) || !is_c_string(t) || t.len < sizeof("2010-05-21T03:00:00Z") - 1 ||
	    !utctime_parse(ms, (const char *)t.p) || *ms < 0)
		return "want a time such as \"2010-05-21T03:00:00.000Z\", from 1970 on";
	return NULL;
}

static const char *
read_endpoint(struct json_pull *j, struct endpoint *e)
{
	struct text t;

	if (!json_pull_string(j, &t) || !is_c_string(t) || !endpoint_parse(e, (const char *)t.p))
		return "want an IPv4 address and a port such as \"203.0.113.9:21045\"";
	return NULL;
}

/* In place: two digits become one byte. */
static const char *
read_hex(struct json_pull *j, struct text *out)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	static const char why[] = "want an even number of hex digits";
	uint8_t *to;
	struct text t;

	if (json_pull_peek(j) != JSON_STRING)
		return why;
	to = j->p + 1;		/* where the string is read to */
	if (!json_pull_string(j, &t) || t.len % 2 != 0)
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
read_hash(struct json_pull *j, uint8_t hash[16])
{
	struct text t;

	if (read_hex(j, &t) != NULL || t.len != 16)
		return "want 32 hex digits";
	memcpy(hash, t.p, 16);
	return NULL;
}

static const char *
read_words(struct json_pull *j, struct text words[3])
{
	static const char why[] = "want an array of at most three strings";
	bool first = true;
	int more, n = 0;

	if (!json_pull_open(j, '['))
		return why;
	while ((more = json_pull_element(j, &first)) == 1) {
		if (n == 3 || !json_pull_string(j, &words[n++]))
			return why;
	}
	return more == 0 ? NULL : why;
}

static const char *
read_via(struct json_pull *j, struct jsonl *r, struct obs_query *q)
{
	static const char why[] = "want an array of at most 256 addresses with ports";
	bool first = true;
	int more;

	_Static_assert(VIA_MAX == 256, "as the reason says");
	if (!json_pull_open(j, '['))
		return why;
	while ((more = json_pull_element(j, &first)) == 1) {
		if (q->nvia == VIA_MAX || read_endpoint(j, &r->via[q->nvia++]) != NULL)
			return why;
	}
	return more == 0 ? NULL : why;
}

static const char *
read_choice(struct json_pull *j, int *choice, const char *const *names, size_t n, const char *why)
{
	struct text t;

	if (!json_pull_string(j, &t) || (*choice = find_name(names, n, t)) == -1)
		return why;
	return NULL;
}

static const char *
read_outcome(struct json_pull *j, enum outcome *out)
{
	int choice;
	const char *why = read_choice(j, &choice, outcome_name, OUT_N, "want ok, refused, timeout,"
	    " reset, bad-handshake, dropped or excluded");

	if (why == NULL)
		*out = (enum outcome)choice;
	return why;
}

static const char *
read_direction(struct json_pull *j, bool *inbound)
{
	int choice;
	const char *why = read_choice(j, &choice, jsonl_direction, 2, "want out or in");

	if (why == NULL)
		*inbound = choice == 1;
	return why;
}

static const char *
read_type(struct json_pull *j, enum observation_type *type, bool (*read)(struct json_pull *, struct text *))
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
read_value(struct jsonl *r, struct json_pull *j, struct observation *o, const struct field *f) /* flat */
{
	void *p = member(o, f);
	enum observation_type type;

	switch ((enum jsonl_kind)f->kind) {
	case K_TYPE: return read_type(j, &type, json_pull_string);	/* known already */
	case K_ROUND: case K_INT64: case K_INT32: case K_INT16:
		return read_integer(j, p, (enum jsonl_kind)f->kind);
	case K_TIME: return read_time(j, p);
	case K_ENDPOINT: return read_endpoint(j, p);
	case K_TEXT: return json_pull_string(j, p) ? NULL : "want a string";
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
	for (const struct field *f = jsonl_fields[type]; f->label != NULL; f++) {
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

	if (f->label == NULL || f->len - 4u != name.len || memcmp(f->label + 2, name.p, name.len) != 0) {
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
read_field(struct jsonl *r, struct json_pull *j, struct observation *o, const struct field *f)
{
	const char *why;

	if (json_pull_peek(j) == JSON_NULL) {
		if (f->flags & MUST)
			return fail_field(r, f, "null; it must be given");
		return json_pull_word(j) ? 0 : fail_field(r, f, j->why);
	}
	why = read_value(r, j, o, f);
	return why == NULL ? 0 : fail_field(r, f, why);
}

static int
read_fields(struct jsonl *r, struct json_pull *j, struct observation *o)
{
	const struct field *all = jsonl_fields[o->type], *next = all, *f;
	uint32_t given = 0;
	bool first = true;
	struct text name;
	int more;

	json_pull_open(j, '{');
	while ((more = json_pull_member(j, &first, &name)) == 1) {
		if ((f = find_field(all, &next, name)) == NULL) {
			if (!json_pull_skip(j))
				return fail(r, "%s", j->why);
			continue;
		}
		if (given & 1u << (f - all))
			return fail_field(r, f, "given twice");
		given |= 1u << (f - all);
		if (read_field(r, j, o, f) != 0)
			return -1;
	}
	if (more != 0 || !json_pull_over(j))
		return fail(r, "%s", j->why);
	for (f = all; f->label != NULL; f++) {
		if ((f->flags & MUST) && !(given & 1u << (f - all)))
			return fail_field(r, f, "missing");
	}
	return 0;
}

/* Looks ahead for the type, wherever it stands; mostly it stands first. */
static int
find_type(struct jsonl *r, struct json_pull j, enum observation_type *type)
{
	bool first = true;
	struct text name;
	const char *why;
	int more;

	if (!json_pull_open(&j, '{'))
		return fail(r, "%s", j.why);
	while ((more = json_pull_member_ahead(&j, &first, &name)) == 1) {
		if (name.len == 4 && memcmp(name.p, "type", 4) == 0) {
			why = read_type(&j, type, json_pull_string_ahead);
			return why == NULL ? 0 : fail(r, "type: %s", why);
		}
		if (!json_pull_skip(&j))
			return fail(r, "%s", j.why);
	}
	return fail(r, more == 0 ? "type: missing" : "%s", j.why);
}

int
jsonl_read(struct jsonl *r, struct observation *o, char *line, size_t len)
{
	enum observation_type type = OBS_ROUND;
	struct json_pull j;

	r->why[0] = '\0';
	json_pull_start(&j, line, len);
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
