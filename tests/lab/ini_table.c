/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/ini_table.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/cli.h"
#include "data/lib/lines.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"

#define QUOTED	64	/* room for a word of the file in a complaint */

struct reading {
	struct lines	 lines;
	const char	*path;
	const struct section *sections;
	void		*into;
	char		*why;		/* the first complaint ends the reading */
	uint64_t	 given[SECTIONS_MAX];	/* bit n: setting n was there */
};

char *
ini_table_complaint(const char *path, int line, const char *fmt, ...)
{
	char text[512], *out;
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = line > 0 ? asprintf(&out, "%s:%d: %s", path, line, text)
		     : asprintf(&out, "%s: %s", path, text);
	return n < 0 ? NULL : out;
}

/* A word of the file, fit for a terminal. */
static char *
quoted(char buf[QUOTED], const char *word)
{
	return text_vis(buf, QUOTED, text_of(word));
}

/* ---- values: each reader is true, or has written what would be right ---------- */

struct asked {
	const struct setting *s;
	char		*right;		/* what would be right */
	size_t		 size;
};

/* Digits and a point, then the suffix; no sign, exponent, hexadecimal or "nan". */
static bool
real(const char *text, double *v, const char *suffix)
{
	size_t n = strspn(text, "0123456789.");
	char *end;

	*v = strtod(text, &end);
	return n > 0 && end == text + n && strcmp(end, suffix) == 0;
}

static bool
within(const struct asked *a, double v)
{
	return v >= a->s->min && v <= a->s->max;
}

static bool
read_count(const struct asked *a, const char *text, void *to)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (isdigit((unsigned char)*text) && *end == '\0' && errno == 0 && v <= UINT32_MAX &&
	    within(a, (double)v)) {
		*(uint32_t *)to = (uint32_t)v;
		return true;
	}
	snprintf(a->right, a->size, "a whole number from %.0f to %.0f", a->s->min, a->s->max);
	return false;
}

static bool
read_share(const struct asked *a, const char *text, void *to)
{
	double v;

	if ((real(text, &v, "%") && within(a, v /= 100)) || (real(text, &v, "") && within(a, v))) {
		*(double *)to = v;
		return true;
	}
	snprintf(a->right, a->size, "a share such as 2%% or 0.02, from %g%% to %g%%",
	    a->s->min * 100, a->s->max * 100);
	return false;
}

static bool
read_real(const struct asked *a, const char *text, void *to)
{
	double v;

	if (real(text, &v, "") && within(a, v)) {
		*(double *)to = v;
		return true;
	}
	snprintf(a->right, a->size, "a number from %g to %g", a->s->min, a->s->max);
	return false;
}

static bool
seconds(const char *text, double *s)
{
	int64_t ms;

	if (strcmp(text, "0") == 0)
		*s = 0;
	else if (cli_span(&ms, text))
		*s = (double)ms / 1000;
	else
		return false;
	return true;
}

static bool
read_span(const struct asked *a, const char *text, void *to)
{
	double v;

	if (seconds(text, &v) && within(a, v)) {
		*(double *)to = v;
		return true;
	}
	snprintf(a->right, a->size, "a span such as 90s, 25m, 6h or 2d, from %gs to %gs",
	    a->s->min, a->s->max);
	return false;
}

static bool
read_spans(const struct asked *a, const char *text, void *to)
{
	struct span_range *r = to, v;
	const char *dash = strchr(text, '-');
	char low[32];

	snprintf(low, sizeof(low), "%.*s", (int)(dash != NULL ? dash - text : 31), text);
	if (seconds(low, &v.low) && seconds(dash != NULL ? dash + 1 : low, &v.high) &&
	    within(a, v.low) && within(a, v.high) && v.low <= v.high) {
		*r = v;
		return true;
	}
	snprintf(a->right, a->size, "a span such as 6h, or two such as 6h-48h, from %gs to %gs",
	    a->s->min, a->s->max);
	return false;
}

static bool
read_moment(const struct asked *a, const char *text, void *to)
{
	struct moment *m = to;
	double s;

	if ((m->absolute = utctime_parse(&m->ms, text)))
		return m->given = true;
	if (seconds(text, &s)) {
		m->ms = (int64_t)(s * 1000);
		return m->given = true;
	}
	snprintf(a->right, a->size,
	    "a time such as 2010-05-21T12:00:00+09:00, or a span after the start such as 36h");
	return false;
}

static bool
read_rate(const struct asked *a, const char *text, void *to)
{
	struct rate r = { 0, 0 };

	if ((real(text, &r.per_second, "/s") && within(a, r.per_second))) {
		r.share = 0;
	} else if (real(text, &r.share, "%") && within(a, r.share / 100)) {
		r.share /= 100;
		r.per_second = 0;
	} else {
		snprintf(a->right, a->size, "new sources a second such as 0.7/s up to %g/s, or a "
		    "share of the nodes each round such as 2%% up to %g%%", a->s->max, a->s->max * 100);
		return false;
	}
	*(struct rate *)to = r;
	return true;
}

static bool
read_choice(const struct asked *a, const char *text, void *to)
{
	size_t at = 0;

	for (int i = 0; a->s->choices[i] != NULL; i++)
		if (strcmp(text, a->s->choices[i]) == 0) {
			*(int *)to = i;
			return true;
		}
	for (int i = 0; a->s->choices[i] != NULL && at < a->size; i++)
		at += (size_t)snprintf(a->right + at, a->size - at, "%s%s",
		    i > 0 ? ", " : "one of ", a->s->choices[i]);
	return false;
}

/* One of "126.0-255" and "219.16"; moves *text behind it. */
static bool
read_range(const char **text, struct block_range *r)
{
	unsigned a, first, last;
	int n = 0;

	if (sscanf(*text, " %3u.%3u-%3u%n", &a, &first, &last, &n) != 3 || n == 0) {
		n = 0;
		if (sscanf(*text, " %3u.%3u%n", &a, &first, &n) != 2 || n == 0)
			return false;
		last = first;
	}
	if (a < 1 || a > 223 || first > last || last > 255)
		return false;
	*r = (struct block_range){ (uint8_t)a, (uint8_t)first, (uint8_t)last };
	*text += n;
	return true;
}

static bool
read_blocks(const struct asked *a, const char *text, void *to)
{
	struct block_list *b = to;

	for (b->n = 0; b->n < SETTING_BLOCKS && read_range(&text, &b->range[b->n]); text++) {
		b->n++;
		if (*text == '\0')
			return true;
		if (*text != ',')
			break;
	}
	snprintf(a->right, a->size, "at most %d ranges of /16 such as 126.0-255, 219.16", SETTING_BLOCKS);
	return false;
}

static bool
read_name(const struct asked *a, const char *text, void *to)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	if (n > 0 && n < SETTING_NAME && text[n] == '\0') {
		memcpy(to, text, n + 1);
		return true;
	}
	snprintf(a->right, a->size, "1 to %d letters, digits, - or _", SETTING_NAME - 1);
	return false;
}

static bool (*const readers[])(const struct asked *, const char *, void *) = {
	[SET_COUNT] = read_count, [SET_SHARE] = read_share, [SET_REAL] = read_real,
	[SET_SPAN] = read_span, [SET_SPANS] = read_spans, [SET_MOMENT] = read_moment,
	[SET_RATE] = read_rate, [SET_CHOICE] = read_choice, [SET_BLOCKS] = read_blocks,
	[SET_NAME] = read_name,
};

/* ---- sections and lines ----------------------------------------------------- */

/* Finds "[name]" or "[name.3]"; *place counts sections, for the given bits. */
static const struct section *
find_section(const struct reading *r, const char *text, unsigned *number, unsigned *place)
{
	const char *dot = strchr(text, '.');
	size_t n = dot != NULL ? (size_t)(dot - text) : strlen(text);
	char *end = NULL;
	unsigned long v = dot != NULL && isdigit((unsigned char)dot[1]) ? strtoul(dot + 1, &end, 10) : 0;

	*place = 0;
	for (const struct section *s = r->sections; s->name != NULL; s++) {
		if (strlen(s->name) == n && memcmp(s->name, text, n) == 0 &&
		    (s->numbers == 0 ? dot == NULL : end != NULL && *end == '\0' && v >= 1 &&
		    v <= s->numbers)) {
			*number = s->numbers == 0 ? 0 : (unsigned)v - 1;
			*place += *number;
			assert(*place < SECTIONS_MAX);
			return s;
		}
		*place += s->numbers > 0 ? s->numbers : 1;
	}
	return NULL;
}

static char *
no_section(const struct reading *r, const char *text)
{
	char all[256], word[QUOTED];
	size_t at = 0;

	for (const struct section *s = r->sections; s->name != NULL && at < sizeof(all); s++)
		at += (size_t)snprintf(all + at, sizeof(all) - at, s->numbers > 0 ? " [%s.1..%u]" : " [%s]",
		    s->name, s->numbers);
	return ini_table_complaint(r->path, (int)r->lines.number, "no section [%s]; there are%s",
	    quoted(word, text), all);
}

static char *
no_setting(const struct reading *r, const struct section *s, const char *name)
{
	char all[400], word[QUOTED];
	size_t at = 0;

	for (const struct setting *p = s->settings; p->name != NULL && at < sizeof(all); p++)
		at += (size_t)snprintf(all + at, sizeof(all) - at, " %s", p->name);
	return ini_table_complaint(r->path, (int)r->lines.number, "no setting '%s' in [%s]; there are%s",
	    quoted(word, name), s->name, all);
}

/* inih's handler: 1 goes on.  Only the first complaint is kept. */
static int
read_setting(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;
	const struct section *s;
	const struct setting *p;
	unsigned number, place;
	uint64_t bit;
	char right[256], word[QUOTED], *base;

	if (r->why != NULL)
		return 1;
	if ((s = find_section(r, section, &number, &place)) == NULL) {
		r->why = no_section(r, section);
		return 1;
	}
	for (p = s->settings; p->name != NULL && strcmp(p->name, name) != 0; p++)
		;
	if (p->name == NULL) {
		r->why = no_setting(r, s, name);
		return 1;
	}
	assert(p - s->settings < SETTINGS_MAX);
	bit = UINT64_C(1) << (p - s->settings);
	base = (char *)r->into + s->at + number * s->size;
	if (*(int *)(void *)base == 0)
		*(int *)(void *)base = (int)r->lines.number;
	if ((r->given[place] & bit) != 0)
		r->why = ini_table_complaint(r->path, (int)r->lines.number, "'%s' is given twice; keep one", name);
	else if (!readers[p->kind](&(struct asked){ p, right, sizeof(right) }, value, base + p->at))
		r->why = ini_table_complaint(r->path, (int)r->lines.number, "%s = %s is not %s", name,
		    quoted(word, value), right);
	r->given[place] |= bit;
	return 1;
}

bool
ini_table_read(const char *path, const struct section *sections, void *into, char **why)
{
	struct reading r = { .path = path, .sections = sections, .into = into };
	int bad = 0;

	if (lines_open(&r.lines, path, LINES_INIH) == 0)
		bad = ini_parse_stream(lines_inih, &r.lines, read_setting, &r);
	if (r.why == NULL && r.lines.why != NULL)
		r.why = ini_table_complaint(path, r.lines.broken ? 0 : (int)r.lines.number, "%s; want a"
		    " readable world file", r.lines.why);
	else if (r.why == NULL && bad != 0)
		r.why = ini_table_complaint(path, bad, "neither [section], name = value, nor a comment");
	lines_close(&r.lines);
	*why = r.why;
	return r.why == NULL;
}
