/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "data/format/jsonl_impl.h"
#include "data/lib/json_pull.h"
#include "data/lib/utctime.h"

/* Where a member lives; the table is trusted with the types. */
static void *
place_of(struct observation *o, const struct member *m)
{
	return (char *)o + m->at;
}

/* What a line of this type may hold: made once for an overlay. */
static const struct jsonl_form *
form_of(struct jsonl *r, enum observation_type type)
{
	struct jsonl_form *form = &r->form[type];
	const struct field *f = r->fields->of[type].field;
	int n = r->fields->of[type].n, run;

	if (form->of == r->fields)
		return form;
	*form = (struct jsonl_form){ .of = r->fields };
	for (const struct member *m = jsonl_members[type]; m->label != NULL; m++) {
		if (m->kind != K_FIELDS) {
			form->slot[form->n++] = (struct jsonl_slot){ m->label + 2, m->len - 4u, m, 0, 0 };
			continue;
		}
		for (int i = 0; i < n; i += run) {
			run = field_run(f, i, n);
			form->slot[form->n++] = (struct jsonl_slot){ f[i].name, strlen(f[i].name), NULL, i, run };
		}
	}
	return form;
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

/* "name: reason"; what the text says is not repeated. */
static int
fail_slot(struct jsonl *r, const struct jsonl_slot *s, const char *why)
{
	return fail(r, "%.*s: %s", (int)s->len, s->name, why);
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
read_round(struct json_pull *j, uint32_t *round)
{
	int64_t v;

	if (!json_pull_integer(j, &v) || v < 1 || v > ROUND_MOST)
		return "want a whole number from 1 to 2147483647";
	*round = (uint32_t)v;
	return NULL;
}

static const char *
read_count(struct json_pull *j, int64_t *v)
{
	return json_pull_integer(j, v) && *v >= 0 ? NULL
	    : "want a whole number from 0 to 9223372036854775807";
}

static const char *
read_flag(struct json_pull *j, int64_t *v)
{
	enum json_pull_kind k = json_pull_peek(j);

	if ((k != JSON_TRUE && k != JSON_FALSE) || !json_pull_word(j))
		return "want true or false";
	*v = k == JSON_TRUE;
	return NULL;
}

static const char *
read_time(struct json_pull *j, int64_t *ms)
{
	struct text t;

	if (!json_pull_string(j, &t) || !is_c_string(t) || t.len < sizeof("2010-05-21T03:00:00Z") - 1 ||
	    !utctime_parse(ms, (const char *)t.p) || *ms < 0 || *ms >= TIME_MOST_MS)
		return "want a time such as \"2010-05-21T03:00:00.000Z\", of the years 1970 to 9989";
	return NULL;
}

static const char *
read_endpoint(struct json_pull *j, struct endpoint *e)
{
	struct text t;

	if (!json_pull_string(j, &t) || !is_c_string(t))
		return "want an address and a port such as \"203.0.113.9:21045\"";
	return endpoint_read(e, (const char *)t.p);
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
read_content(struct jsonl *r, struct json_pull *j, struct content_id *c)
{
	size_t want = r->fields->content_length;
	struct text t;

	if (read_hex(j, &t) != NULL || t.len != want) {
		snprintf(r->reason, sizeof(r->reason), "want %zu hex digits", 2 * want);
		return r->reason;
	}
	c->len = (uint8_t)t.len;
	if (t.len > 0)
		memcpy(c->id, t.p, t.len);
	return NULL;
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
read_cut(struct json_pull *j, uint32_t *cut)
{
	struct text t;

	return json_pull_string(j, &t) && round_cut_read(cut, t) == 0 ? NULL
	    : "want names of limits, as time,dials";
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

/* NULL, or why the value is none of this member. */
static const char *
read_member(struct jsonl *r, struct json_pull *j, struct observation *o, const struct member *m) /* flat */
{
	void *p = place_of(o, m);
	enum observation_type type;

	switch ((enum jsonl_kind)m->kind) {
	case K_TYPE: return read_type(j, &type, json_pull_string);	/* known already */
	case K_ROUND: return read_round(j, p);
	case K_INT64: return read_count(j, p);
	case K_TIME: return read_time(j, p);
	case K_ENDPOINT: return read_endpoint(j, p);
	case K_TEXT: return json_pull_string(j, p) ? NULL : "want a string";
	case K_CONTENT: return read_content(r, j, p);
	case K_VIA: return read_via(j, r, p);
	case K_DIRECTION: return read_direction(j, p);
	case K_OUTCOME: return read_outcome(j, p);
	case K_CUT: return read_cut(j, p);
	case K_HEX: return read_hex(j, p);
	case K_FIELDS: case K_N: break;
	}
	return "of no kind";
}

/* NULL, or why the value is none of the overlay's field. */
static const char *
read_field_value(struct jsonl *r, struct json_pull *j, const struct field *f, int i, union value *v)
{
	const char *why;

	switch ((enum field_type)f->type) {
	case FIELD_INTEGER:
		if (json_pull_integer(j, &v->number) && v->number >= f->min && v->number <= f->max)
			return NULL;
		snprintf(r->reason, sizeof(r->reason), "want a whole number from %" PRId64 " to %" PRId64,
		    f->min, f->max);
		return r->reason;
	case FIELD_FLAG: return read_flag(j, &v->number);
	case FIELD_TEXT: return json_pull_string(j, &v->text) ? NULL : "want a string";
	case FIELD_BYTES: return read_hex(j, &v->text);
	case FIELD_ENDPOINT:
		if ((why = read_endpoint(j, &r->endpoint[i])) == NULL)
			v->endpoint = endpoint_is_nobody(r->endpoint[i]) ? NULL : &r->endpoint[i];
		return why;
	}
	return "of no type";
}

static const char *
read_field(struct jsonl *r, struct json_pull *j, const struct field *f, int i, union value *v)
{
	if (json_pull_peek(j) == JSON_NULL)
		return json_pull_word(j) ? NULL : j->why;
	return read_field_value(r, j, f, i, v);
}

/* Fields that share a name are an array of at most as many. */
static const char *
read_run(struct jsonl *r, struct json_pull *j, struct observation *o, const struct jsonl_slot *s)
{
	const struct field *f = o->fields->of[o->type].field;
	int more, i = s->field, end = s->field + s->run;
	bool first = true;
	const char *why = NULL;

	if (s->run == 1)
		return read_field(r, j, &f[i], i, &o->value[i]);
	if (json_pull_open(j, '[')) {
		while ((more = json_pull_element(j, &first)) == 1 && i < end && why == NULL) {
			why = read_field(r, j, &f[i], i, &o->value[i]);
			i++;
		}
		if (more == 0 && why == NULL)
			return NULL;
	}
	snprintf(r->reason, sizeof(r->reason), "want an array of at most %s strings",
	    s->run == 3 ? "three" : "so many");
	return r->reason;
}

/* Nothing known yet. */
static void
clear(struct jsonl *r, struct observation *o, enum observation_type type)
{
	memset(o, 0, sizeof(*o));
	o->type = type;
	for (const struct member *m = jsonl_members[type]; m->label != NULL; m++) {
		if (m->kind == K_TIME || m->kind == K_INT64)
			*(int64_t *)place_of(o, m) = UNKNOWN;
	}
	if (type == OBS_QUERY)
		o->query.via = r->via;
	if (type != OBS_ROUND) {
		o->fields = r->fields;
		observation_clear_values(o);
	}
}

/* The slot of this name, or -1; *next is where it probably is. */
static int
find_slot(const struct jsonl_form *form, int *next, struct text name)
{
	for (int tried = 0; tried < form->n; tried++) {
		int i = (*next + tried) % form->n;

		if (form->slot[i].len == name.len && memcmp(form->slot[i].name, name.p, name.len) == 0) {
			*next = i + 1;
			return i;
		}
	}
	return -1;
}

/* One member's value: null, or what it holds. */
static int
read_slot(struct jsonl *r, struct json_pull *j, struct observation *o, const struct jsonl_slot *s)
{
	const char *why;

	if (json_pull_peek(j) == JSON_NULL) {
		if (s->member != NULL && (s->member->flags & MUST))
			return fail_slot(r, s, "null; it must be given");
		return json_pull_word(j) ? 0 : fail_slot(r, s, j->why);
	}
	why = s->member != NULL ? read_member(r, j, o, s->member) : read_run(r, j, o, s);
	return why == NULL ? 0 : fail_slot(r, s, why);
}

static int
read_line(struct jsonl *r, struct json_pull *j, struct observation *o)
{
	const struct jsonl_form *form = form_of(r, o->type);
	uint32_t given = 0;
	bool first = true;
	struct text name;
	int more, i, next = 0;

	json_pull_open(j, '{');
	while ((more = json_pull_member(j, &first, &name)) == 1) {
		if ((i = find_slot(form, &next, name)) == -1) {
			if (!json_pull_skip(j))
				return fail(r, "%s", j->why);
			continue;
		}
		if (given & 1u << i)
			return fail_slot(r, &form->slot[i], "given twice");
		given |= 1u << i;
		if (read_slot(r, j, o, &form->slot[i]) != 0)
			return -1;
	}
	if (more != 0 || !json_pull_over(j))
		return fail(r, "%s", j->why);
	for (i = 0; i < form->n; i++) {
		const struct member *m = form->slot[i].member;

		if (m != NULL && (m->flags & MUST) && !(given & 1u << i))
			return fail_slot(r, &form->slot[i], "missing");
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

/* The overlay of the lines to come: the one that a round's line names, if we know it. */
static int
take_overlay(struct jsonl *r, const struct observation *o)
{
	char name[64];

	if (o->run.overlay.len == 0)
		return 0;
	if (o->run.overlay.len < sizeof(name)) {
		memcpy(name, o->run.overlay.p, o->run.overlay.len);
		name[o->run.overlay.len] = '\0';
		if ((r->fields = overlay_fields(name)) != NULL)
			return 0;
	}
	return fail(r, "overlay: this program knows none of that name");
}

int
jsonl_read(struct jsonl *r, struct observation *o, char *line, size_t len)
{
	enum observation_type type = OBS_ROUND;
	struct json_pull j;

	r->why[0] = '\0';
	if (r->fields == NULL)
		r->fields = overlay_fields(NULL);
	json_pull_start(&j, line, len);
	if (find_type(r, j, &type) != 0)
		return -1;
	clear(r, o, type);
	if (read_line(r, &j, o) != 0)
		return -1;
	if (type == OBS_ROUND) {
		o->t_ms = o->run.start_ms;
		if (o->run.end_ms != UNKNOWN && o->run.end_ms < o->run.start_ms)
			return fail(r, "end: before the start");
		if (o->run.reached != UNKNOWN && o->run.tried != UNKNOWN && o->run.reached > o->run.tried)
			return fail(r, "reached: more nodes than were tried");
		return take_overlay(r, o);
	}
	return 0;
}
