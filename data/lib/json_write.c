/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/json_write.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/text.h"
#include "data/lib/utctime.h"

void
json_start(struct json_out *j, FILE *f, enum json_form form)
{
	j->f = f;
	j->form = form;
	j->oom = false;
	j->depth = 0;
	j->buf = j->p = f != NULL ? j->room : NULL;
	j->end = f != NULL ? j->room + sizeof(j->room) : NULL;
}

char *
json_text(struct json_out *j, size_t *len)
{
	char *text = j->oom ? NULL : realloc(j->buf, (size_t)(j->p - j->buf) + 1);

	*len = (size_t)(j->p - j->buf);
	if (text != NULL)
		text[*len] = '\0';
	else
		free(j->buf);
	j->buf = j->p = j->end = NULL;
	return text;
}

static void
flush(struct json_out *j)
{
	fwrite(j->buf, 1, (size_t)(j->p - j->buf), j->f);
	j->p = j->buf;
}

/* Room for n bytes, of a stream at most JSON_OUT_ROOM.  False without memory. */
static bool
make_room(struct json_out *j, size_t n)
{
	size_t used = (size_t)(j->p - j->buf), size = (size_t)(j->end - j->buf);
	char *more;

	if (size - used >= n)
		return true;
	if (j->f != NULL) {
		flush(j);
		return true;
	}
	size = 2 * size + n + 256;
	if (j->oom || (more = realloc(j->buf, size)) == NULL) {
		j->oom = true;
		return false;
	}
	j->buf = more;
	j->p = more + used;
	j->end = more + size;
	return true;
}

static void
put(struct json_out *j, const char *s, size_t n)
{
	if (!make_room(j, n))
		return;
	memcpy(j->p, s, n);
	j->p += n;
}

static void
put_quoted(struct json_out *j, struct text t)
{
	if (j->f != NULL && TEXT_JSON_ROOM(t.len) > sizeof(j->room)) {
		flush(j);
		text_json(j->f, t);
	} else if (make_room(j, TEXT_JSON_ROOM(t.len))) {
		j->p = text_json_put(j->p, t);
	}
}

/* The line break between members, where the form has one. */
static void
put_break(struct json_out *j)
{
	if (j->form == JSON_FORM_LINE || (j->form == JSON_FORM_ROWS && j->depth > 1))
		return;
	put(j, "\n", 1);
	for (int i = 0; i < j->depth && j->form == JSON_FORM_INDENTED; i++)
		put(j, "  ", 2);
}

/* The comma, the line and the key before a value. */
static void
put_key(struct json_out *j, const char *key)
{
	if (j->depth == 0)
		return;
	if (j->filled[j->depth - 1])
		put(j, ",", 1);
	j->filled[j->depth - 1] = true;
	put_break(j);
	if (key == NULL)
		return;
	put_quoted(j, text_of(key));
	put(j, ": ", j->form == JSON_FORM_INDENTED ? 2 : 1);
}

static void
put_word(struct json_out *j, const char *key, const char *word)
{
	put_key(j, key);
	put(j, word, strlen(word));
}

static void
open_value(struct json_out *j, const char *key, const char *opens, char closes)
{
	put_word(j, key, opens);
	assert(j->depth < JSON_OUT_DEPTH);
	j->closes[j->depth] = closes;
	j->filled[j->depth++] = false;
}

void
json_put_object(struct json_out *j, const char *key)
{
	open_value(j, key, "{", '}');
}

void
json_put_array(struct json_out *j, const char *key)
{
	open_value(j, key, "[", ']');
}

void
json_put_end(struct json_out *j)
{
	assert(j->depth > 0);
	j->depth--;
	if (j->filled[j->depth]) {
		if (j->form == JSON_FORM_INDENTED)
			put_break(j);
		else if (j->form == JSON_FORM_ROWS && j->depth == 0)
			put(j, "\n", 1);
	}
	put(j, &j->closes[j->depth], 1);
	if (j->depth == 0 && j->f != NULL) {
		put(j, "\n", 1);
		flush(j);
	}
}

void
json_put_text(struct json_out *j, const char *key, struct text t)
{
	put_key(j, key);
	put_quoted(j, t);
}

void
json_put_null(struct json_out *j, const char *key)
{
	put_word(j, key, "null");
}

void
json_put_json(struct json_out *j, const char *key, const char *json)
{
	put_key(j, key);
	if (j->f != NULL) {
		flush(j);
		fputs(json, j->f);
	} else {
		put(j, json, strlen(json));
	}
}

void
json_put_string(struct json_out *j, const char *key, const char *s)
{
	if (s == NULL)
		json_put_null(j, key);
	else
		json_put_text(j, key, text_of(s));
}

void
json_put_int(struct json_out *j, const char *key, int64_t v)
{
	char digits[24], *p = digits + sizeof(digits);
	uint64_t n = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do {
		*--p = (char)('0' + n % 10);
	} while ((n /= 10) > 0);
	if (v < 0)
		*--p = '-';
	put_key(j, key);
	put(j, p, (size_t)(digits + sizeof(digits) - p));
}

void
json_put_known(struct json_out *j, const char *key, int64_t v)
{
	if (v == UNKNOWN)
		json_put_null(j, key);
	else
		json_put_int(j, key, v);
}

/* Never "-0", "nan" or "inf". */
static void
put_number(struct json_out *j, const char *key, double v, int digits)
{
	char text[32];

	snprintf(text, sizeof(text), "%.*g", digits, v == 0 ? 0 : v);
	put_word(j, key, isfinite(v) ? text : "null");
}

void
json_put_real(struct json_out *j, const char *key, double v)
{
	put_number(j, key, v, 10);
}

void
json_put_share(struct json_out *j, const char *key, double v)
{
	put_number(j, key, v, 6);
}

void
json_put_count(struct json_out *j, const char *key, double v)
{
	put_number(j, key, round(v), 15);
}

void
json_put_bool(struct json_out *j, const char *key, bool v)
{
	put_word(j, key, v ? "true" : "false");
}

void
json_put_hex(struct json_out *j, const char *key, const uint8_t *p, size_t n)
{
	put_word(j, key, "\"");
	for (size_t i = 0; i < n && make_room(j, 2); i++) {
		*j->p++ = text_hex_digit[p[i] >> 4];
		*j->p++ = text_hex_digit[p[i] & 15];
	}
	put(j, "\"", 1);
}

void
json_put_time(struct json_out *j, const char *key, int64_t ms)
{
	char buf[WHEN_TEXT];

	json_put_string(j, key, ms == UNKNOWN ? NULL : utctime_format(buf, ms));
}
