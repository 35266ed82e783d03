/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/json_write.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "data/lib/text.h"
#include "data/lib/utctime.h"

/* The comma, the line and the key before a value. */
static void
begin(struct json_out *j, const char *key)
{
	if (j->depth == 0)
		return;
	if (j->filled[j->depth - 1])
		putc(',', j->f);
	j->filled[j->depth - 1] = true;
	if (j->lines) {
		putc('\n', j->f);
		for (int i = 0; i < j->depth; i++)
			fputs("  ", j->f);
	}
	if (key == NULL)
		return;
	text_json(j->f, text_of(key));
	fputs(j->lines ? ": " : ":", j->f);
}

static void
open_one(struct json_out *j, const char *key, char opens, char closes)
{
	begin(j, key);
	assert(j->depth < JOUT_DEPTH);
	j->closes[j->depth] = closes;
	j->filled[j->depth++] = false;
	putc(opens, j->f);
}

void
json_put_object(struct json_out *j, const char *key)
{
	open_one(j, key, '{', '}');
}

void
json_put_array(struct json_out *j, const char *key)
{
	open_one(j, key, '[', ']');
}

void
json_put_end(struct json_out *j)
{
	assert(j->depth > 0);
	j->depth--;
	if (j->lines && j->filled[j->depth]) {
		putc('\n', j->f);
		for (int i = 0; i < j->depth; i++)
			fputs("  ", j->f);
	}
	putc(j->closes[j->depth], j->f);
	if (j->depth == 0)
		putc('\n', j->f);
}

void
json_put_text(struct json_out *j, const char *key, struct text t)
{
	begin(j, key);
	text_json(j->f, t);
}

void
json_put_null(struct json_out *j, const char *key)
{
	begin(j, key);
	fputs("null", j->f);
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
	begin(j, key);
	fprintf(j->f, "%" PRId64, v);
}

void
json_put_known(struct json_out *j, const char *key, int64_t v)
{
	if (v == UNKNOWN)
		json_put_null(j, key);
	else
		json_put_int(j, key, v);
}

void
json_put_real(struct json_out *j, const char *key, double v)
{
	if (!isfinite(v)) {
		json_put_null(j, key);
		return;
	}
	begin(j, key);
	fprintf(j->f, "%.10g", v);
}

void
json_put_bool(struct json_out *j, const char *key, bool v)
{
	begin(j, key);
	fputs(v ? "true" : "false", j->f);
}

void
json_put_hex(struct json_out *j, const char *key, const uint8_t *p, size_t n)
{
	begin(j, key);
	putc('"', j->f);
	text_hex(j->f, p, n);
	putc('"', j->f);
}

void
json_put_time(struct json_out *j, const char *key, int64_t ms)
{
	char buf[WHEN_TEXT];

	json_put_string(j, key, ms == UNKNOWN ? NULL : utctime_format(buf, ms));
}
