/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/cli.h"
#include "data/lib/utctime.h"
#include "plots/source.h"

static const struct { const char *name, *title; int64_t ms; } usual[] = {
	{ "24h", "last 24 hours", 24 * HOUR_MS },
	{ "7d", "last 7 days", 7 * DAY_MS },
	{ "60d", "last 60 days", 60 * DAY_MS },
	{ "400d", "last 400 days", 400 * DAY_MS },
};
enum { NUSUAL = sizeof(usual) / sizeof(usual[0]) };

static const char *const month_name[12] = {
	"January", "February", "March", "April", "May", "June", "July", "August", "September",
	"October", "November", "December",
};

/* ---- how times are written ----------------------------------------------  */

static struct civil
civil_at(int64_t ms, int offset_minutes)
{
	struct civil c;

	utctime_civil(&c, ms + offset_minutes * MINUTE_MS);
	return c;
}

char *
format_zone(char buf[FORMAT_TEXT], int offset)
{
	int size = offset < 0 ? -offset : offset;

	if (offset == 0)
		snprintf(buf, FORMAT_TEXT, "UTC");
	else
		snprintf(buf, FORMAT_TEXT, offset == 9 * 60 ? "JST (UTC%c%02d:%02d)" :
		    "UTC%c%02d:%02d", offset < 0 ? '-' : '+', size / 60, size % 60);
	return buf;
}

char *
format_time(char buf[FORMAT_TEXT], int64_t ms, int offset_minutes)
{
	struct civil c = civil_at(ms, offset_minutes);

	snprintf(buf, FORMAT_TEXT, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour,
	    c.minute);
	return buf;
}

char *
format_fully(char buf[FORMAT_TEXT], int64_t ms, int offset_minutes, int64_t span_ms)
{
	size_t n = strlen(format_time(buf, ms, offset_minutes));

	if (span_ms < HOUR_MS)
		snprintf(buf + n, FORMAT_TEXT - n, ":%02d",
		    civil_at(ms, offset_minutes).second);
	return buf;
}

char *
format_short(char buf[FORMAT_TEXT], int64_t ms, int offset_minutes, int64_t span_ms)
{
	struct civil c = civil_at(ms, offset_minutes);

	if (span_ms < HOUR_MS)
		snprintf(buf, FORMAT_TEXT, "%02d:%02d:%02d", c.hour, c.minute, c.second);
	else if (span_ms <= DAY_MS)
		snprintf(buf, FORMAT_TEXT, "%02d:%02d", c.hour, c.minute);
	else if (span_ms <= 300 * DAY_MS)
		snprintf(buf, FORMAT_TEXT, "%02d-%02d %02d:%02d", c.month, c.day, c.hour,
		    c.minute);
	else
		snprintf(buf, FORMAT_TEXT, "%04d-%02d-%02d", c.year, c.month, c.day);
	return buf;
}

char *
format_date(char buf[FORMAT_TEXT], int64_t ms, int offset_minutes, bool clock)
{
	struct civil c = civil_at(ms, offset_minutes);
	int n = snprintf(buf, FORMAT_TEXT, "%d %s %d", c.day, month_name[c.month - 1], c.year);

	if (clock)
		snprintf(buf + n, FORMAT_TEXT - (size_t)n, ", %02d:%02d", c.hour, c.minute);
	return buf;
}

char *
format_span(char buf[FORMAT_TEXT], int64_t ms)
{
	static const struct { int64_t below, unit; const char *one, *many; } scales[] = {
		{ 100 * SECOND_MS, SECOND_MS, "second", "seconds" },
		{ 100 * MINUTE_MS, MINUTE_MS, "minute", "minutes" },
		{ 48 * HOUR_MS, HOUR_MS, "hour", "hours" },
		{ INT64_MAX, DAY_MS, "day", "days" },
	};
	size_t i = 0;
	int64_t n;

	while (ms >= scales[i].below)
		i++;
	n = (ms + scales[i].unit / 2) / scales[i].unit;
	snprintf(buf, FORMAT_TEXT, "about %lld %s", (long long)n,
	    n == 1 ? scales[i].one : scales[i].many);
	return buf;
}

/* ---- windows ------------------------------------------------------------------ */

/* No earlier than the data, and no span of nothing. */
static struct span
fitted(int64_t from, int64_t to, const struct source *s)
{
	if (s->n > 0 && from < s->row[0].start_ms)
		from = s->row[0].start_ms;
	if (to - from < SECOND_MS)
		from = to - SECOND_MS;
	return (struct span){ from, to };
}

static bool
parse_length(struct window *w, const char *text, const struct source *s)
{
	int64_t ms;

	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || text[digits + strspn(text + digits, "smhdy")] != '\0' ||
	    !cli_span(&ms, text) || ms < SECOND_MS || ms > 100 * 365 * DAY_MS)
		return false;
	snprintf(w->name, sizeof(w->name), "%s", text);
	snprintf(w->title, sizeof(w->title), "last %s", text);
	for (size_t i = 0; i < NUSUAL; i++)
		if (strcmp(text, usual[i].name) == 0)
			snprintf(w->title, sizeof(w->title), "%s", usual[i].title);
	w->span = fitted(s->until_ms - ms, s->until_ms, s);
	return true;
}

/* A bare date means midnight at the offset, not in UTC. */
static bool
parse_end(int64_t *ms, const char *text, int offset_minutes)
{
	if (!utctime_parse(ms, text))
		return false;
	if (strlen(text) == strlen("2010-07-02"))
		*ms -= offset_minutes * MINUTE_MS;
	return *ms > 366 * DAY_MS && *ms < 8000 * 365 * DAY_MS;
}

/* Dates alone when both ends are midnights, for a name that reads well. */
static void
name_range(struct window *w, int offset)
{
	struct civil a = civil_at(w->span.from_ms, offset), b = civil_at(w->span.to_ms, offset);
	bool dates = a.hour + a.minute + a.second + b.hour + b.minute + b.second == 0;
	char from[FORMAT_TEXT], to[FORMAT_TEXT];

	if (dates)
		snprintf(w->name, sizeof(w->name), "%04d%02d%02d-%04d%02d%02d", a.year, a.month,
		    a.day, b.year, b.month, b.day);
	else
		snprintf(w->name, sizeof(w->name),
		    "%04d%02d%02dT%02d%02d%02d-%04d%02d%02dT%02d%02d%02d",
		    a.year, a.month, a.day, a.hour, a.minute, a.second, b.year, b.month, b.day,
		    b.hour, b.minute, b.second);
	format_time(from, w->span.from_ms, offset);
	format_time(to, w->span.to_ms, offset);
	snprintf(w->title, sizeof(w->title), "%.*s to %.*s", dates ? 10 : 16, from,
	    dates ? 10 : 16, to);
}

bool
window_parse(struct window *w, const char *text, const struct source *s, int offset)
{
	const char *slash = strchr(text, '/');
	char from[64];

	if (strlen(text) >= sizeof(from))
		return false;
	if (slash == NULL)
		return strlen(text) < 12 && parse_length(w, text, s);
	snprintf(from, sizeof(from), "%.*s", (int)(slash - text), text);
	if (!parse_end(&w->span.from_ms, from, offset) ||
	    !parse_end(&w->span.to_ms, slash + 1, offset) ||
	    w->span.to_ms - w->span.from_ms < SECOND_MS)
		return false;
	name_range(w, offset);
	return true;
}

size_t
window_defaults(struct window *w, const struct source *s)
{
	size_t n = 0;

	for (size_t i = 0; i < NUSUAL; i++) {
		parse_length(&w[n++], usual[i].name, s);
		if (s->n > 0 && s->until_ms - usual[i].ms <= s->row[0].start_ms)
			break;
	}
	return n;
}
