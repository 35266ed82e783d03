/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "data/text.h"
#include "data/when.h"
#include "plots/axis.h"
#include "plots/frame.h"
#include "plots/prep.h"
#include "plots/window.h"

/* The numbers of a round that are published, under one name everywhere. */
static const struct {
	const char	*name, *words;
	size_t		 at;
	enum unit	 unit;
} numbers[] = {
	{ "tried", "nodes tried", offsetof(struct series_row, tried), UNIT_COUNT },
	{ "reached", "nodes reached", offsetof(struct series_row, reached), UNIT_COUNT },
	{ "instant", "one round, sources of keys", offsetof(struct series_row, instant),
	    UNIT_COUNT },
	{ "instant_clean", "  cleaned", offsetof(struct series_row, instant_clean), UNIT_COUNT },
	{ "day_keys", "24 h, sources of keys", offsetof(struct series_row, day_keys), UNIT_COUNT },
	{ "day_keys_clean", "  cleaned", offsetof(struct series_row, day_keys_clean), UNIT_COUNT },
	{ "day_all", "24 h, all sources", offsetof(struct series_row, day_all), UNIT_COUNT },
	{ "day_all_clean", "  cleaned", offsetof(struct series_row, day_all_clean), UNIT_COUNT },
	{ "day_addresses", "24 h, distinct addresses",
	    offsetof(struct series_row, day_addresses), UNIT_COUNT },
	{ "impossible_share", "share of impossible sources",
	    offsetof(struct series_row, impossible_share), UNIT_PERCENT },
	{ "flood", "bogus sources in the round", offsetof(struct series_row, flood), UNIT_COUNT },
	{ "flood_low", "  at least (95 %)", offsetof(struct series_row, flood_low), UNIT_COUNT },
	{ "flood_high", "  at most (95 %)", offsetof(struct series_row, flood_high), UNIT_COUNT },
};
enum { NNUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

static double
number_of(const struct series_row *r, size_t i)
{
	double v;

	memcpy(&v, (const char *)r + numbers[i].at, sizeof(v));
	return v;
}

/* ---- the state ----------------------------------------------------------------- */

/* The flood that is under way, or the last that the day to the present still holds. */
static const struct incident_row *
flood_at_present(const struct source *s)
{
	const struct incident_row *found = NULL;

	for (size_t k = 0; k < s->nincidents; k++) {
		const struct incident_row *i = &s->incident[k];

		if (incident_is_flood(i) && (i->end_ms == UNKNOWN ||
		    i->end_ms > s->until_ms - DAY_MS) &&
		    (found == NULL || found->end_ms != UNKNOWN || i->end_ms == UNKNOWN))
			found = i;
	}
	return found;
}

/* No complete round for five usual steps. */
static bool
is_stale(const struct source *s)
{
	const struct series_row *last = source_last_complete(s);
	double sum;

	if (last == NULL)
		return true;
	if (s->n < 2)
		return false;
	sum = (double)(s->row[s->n - 1].end_ms - s->row[0].end_ms);
	return (double)(s->until_ms - last->end_ms) >
	    fmax(5 * sum / (double)(s->n - 1), 10 * MINUTE_MS);
}

enum summary_state
summary_state(const struct source *s)
{
	const struct incident_row *flood = flood_at_present(s);

	if (is_stale(s))
		return STATE_STALE;
	return flood != NULL && flood->end_ms == UNKNOWN ? STATE_FLOOD : STATE_OK;
}

const char *
summary_state_words(const struct summary_page *p)
{
	const struct incident_row *flood = flood_at_present(p->source);

	switch (summary_state(p->source)) {
	case STATE_STALE:
		return "No recent data: the sensor finished no round for a while.";
	case STATE_FLOOD:
		return arena_print(p->arena,
		    "A flood of bogus keys is under way (incident #%" PRId64 ").",
		    flood->id);
	case STATE_OK:
		break;
	}
	if (flood != NULL)
		return arena_print(p->arena, "No flood is under way; the last (incident #%" PRId64
		    ") ended within the last 24 hours.", flood->id);
	return "No flood of bogus keys is under way.";
}

const char *
summary_last_round(const struct summary_page *p)
{
	const struct series_row *last = source_last_complete(p->source);
	char when[SAID], zone[SAID], age[SAID];
	int64_t ms;

	if (last == NULL)
		return "no round was finished";
	ms = p->source->until_ms - last->end_ms;
	return arena_print(p->arena, "round %u ended %s %s%s", last->round,
	    said_time(when, last->end_ms, p->offset_minutes), said_zone(zone, p->offset_minutes),
	    ms < 1000 ? ", at the end of the data" :
	    arena_print(p->arena, ", %s before the end of the data", said_span(age, ms)));
}

/* ---- the sentence ---------------------------------------------------------------- */

/* Three digits that mean something: "104,600" becomes "105,000". */
static const char *
rounded(struct arena *a, double v)
{
	double unit = v < 1000 ? 1 : pow(10, floor(log10(v)) - 2);
	char text[NUMBER_TEXT];

	return arena_copy(a, number_format(text, round(v / unit) * unit, UNIT_COUNT));
}

/* Hours of the day to the last round that were measured. */
static double
measured_hours(const struct summary_page *p, const struct series_row *last)
{
	struct span day = { last->end_ms - DAY_MS, last->end_ms };
	struct frame f;

	frame_make(p->arena, &f, p->source, day, p->offset_minutes);
	return f.n == 0 || f.day_share[f.n - 1] >= FULL_DAY ? 24 : f.day_share[f.n - 1] * 24;
}

/* "24 hours", "3 minutes" for a database that is younger. */
static const char *
day_words(const struct summary_page *p, const struct series_row *last)
{
	int64_t seen = last->end_ms - p->source->row[0].start_ms;
	char text[SAID];

	if (seen >= DAY_MS - HOUR_MS)
		return "24 hours";
	return arena_copy(p->arena, said_span(text, seen) + strlen("about "));
}

/* The raw count that a flood inflates: that of keys, or a flood may spare those. */
struct inflated { const char *which; double raw, bogus; };

static struct inflated
inflated_count(const struct series_row *last)
{
	struct inflated keys = { "the raw count", last->day_keys,
	    last->day_keys - last->day_keys_clean };
	struct inflated all = { "the raw count with neighbour lists and queries", last->day_all,
		last->day_all - last->day_all_clean };

	return isfinite(keys.bogus) && keys.bogus < 1 && all.bogus >= 1 ? all : keys;
}

static const char *
inflation(const struct summary_page *p, const struct series_row *last)
{
	const struct incident_row *flood = flood_at_present(p->source);
	struct inflated c = inflated_count(last);
	const char *size;
	char when[SAID];

	if (!isfinite(c.bogus))
		return "; the count is raw and may hold bogus addresses";
	if (flood == NULL)
		return "; no flood of bogus keys is under way";
	if (c.bogus < 1)
		return flood->end_ms == UNKNOWN ?
		    "; a flood is under way that does not change this count" : "";
	size = arena_print(p->arena, "inflated by about %s bogus addresses",
	    rounded(p->arena, c.bogus));
	if (flood->end_ms == UNKNOWN)
		return arena_print(p->arena, "; %s of %s is %s since %s", c.which,
		    rounded(p->arena, c.raw), size,
		    said_date(when, flood->start_ms, p->offset_minutes,
		    last->end_ms - flood->start_ms < 2 * DAY_MS));
	return arena_print(p->arena, "; %s of %s is still %s of the flood that ended on %s",
	    c.which,
	    rounded(p->arena, c.raw), size, said_date(when, flood->end_ms, p->offset_minutes,
	    true));
}

const char *
summary_sentence(const struct summary_page *p)
{
	const struct series_row *last = source_last_complete(p->source);
	char when[SAID], zone[SAID];
	const char *day;
	double nodes, hours;

	if (last == NULL)
		return "No nodes were counted yet.";
	nodes = isfinite(last->day_keys_clean) ? last->day_keys_clean : last->day_keys;
	if (!isfinite(nodes))
		return "No nodes were counted yet.";
	day = day_words(p, last);
	hours = measured_hours(p, last);
	return arena_print(p->arena, "%s nodes seen in the %s to %s %.*s%s: about %s%s.",
	    p->source->overlay, day, said_date(when, last->end_ms, p->offset_minutes, true),
	    (int)strcspn(said_zone(zone, p->offset_minutes), " "), zone,
	    strcmp(day, "24 hours") == 0 && hours < 23.5 ?
	    arena_print(p->arena, ", of which %.0f were measured", hours) : "",
	    rounded(p->arena, nodes), inflation(p, last));
}

/* ---- JSON -------------------------------------------------------------------------- */

static void
json_number(FILE *f, const char *name, double v)
{
	fprintf(f, "\"%s\": ", name);
	if (isfinite(v))
		fprintf(f, "%.10g", v);
	else
		fputs("null", f);
}

static void
json_words(FILE *f, const char *name, const char *value)
{
	fprintf(f, "\"%s\": ", name);
	text_json(f, text_of(value));
}

static void
json_time(FILE *f, const char *name, int64_t ms)
{
	char text[WHEN_TEXT];

	if (ms == UNKNOWN)
		fprintf(f, "\"%s\": null", name);
	else
		json_words(f, name, when_format(text, ms));
}

static void
json_incident(FILE *f, const struct incident_row *i, bool first)
{
	fprintf(f, "%s\n    {\"id\": %" PRId64 ", ", first ? "" : ",", i->id);
	json_words(f, "kind", incident_kind_name[i->kind]);
	fputs(", ", f);
	json_time(f, "start", i->start_ms);
	fputs(", ", f);
	json_time(f, "end", i->end_ms);
	fprintf(f, ", \"severity\": %d, ", i->severity);
	json_number(f, "bogus", i->bogus);
	fputs(", ", f);
	json_number(f, "bogus_low", i->bogus_low);
	fputs(", ", f);
	json_number(f, "bogus_high", i->bogus_high);
	fputs("}", f);
}

static void
json_last_round(FILE *f, const struct series_row *last)
{
	fprintf(f, "  \"last_round\": {\"round\": %u, ", last->round);
	json_time(f, "start", last->start_ms);
	fputs(", ", f);
	json_time(f, "end", last->end_ms);
	for (size_t i = 0; i < NNUMBERS; i++) {
		fputs(", ", f);
		json_number(f, numbers[i].name, number_of(last, i));
	}
	fputs("},\n", f);
}

int
summary_write_json(const struct summary_page *p, FILE *f)
{
	static const char *const state_name[] = {
		[STATE_OK] = "ok", [STATE_FLOOD] = "flood", [STATE_STALE] = "stale",
	};
	const struct source *s = p->source;
	const struct series_row *last = source_last_complete(s);

	fputs("{\n  ", f);
	json_words(f, "sentence", summary_sentence(p));
	fputs(",\n  ", f);
	json_words(f, "state", state_name[summary_state(s)]);
	fputs(",\n  ", f);
	json_words(f, "overlay", s->overlay);
	fputs(",\n  ", f);
	json_words(f, "sensor", s->sensor);
	fputs(",\n  ", f);
	json_words(f, "version", KANSOKU_VERSION);
	fputs(",\n  ", f);
	json_time(f, "until", s->until_ms);
	fprintf(f, ",\n  \"rounds\": %zu,\n  \"charts_failed\": %zu,\n", s->n, p->failed);
	if (last != NULL) {
		json_last_round(f, last);
		fprintf(f, "  \"age_seconds\": %" PRId64 ",\n",
		    (s->until_ms - last->end_ms) / SECOND_MS);
	}
	fputs("  \"incidents\": [", f);
	for (size_t i = 0; i < s->nincidents; i++)
		json_incident(f, &s->incident[i], i == 0);
	fputs(s->nincidents > 0 ? "\n  ]\n}\n" : "]\n}\n", f);
	return ferror(f) ? -1 : 0;
}

/* ---- text for mail ------------------------------------------------------------------ */

enum { MAIL_INCIDENTS = 10 };

static void
text_incident(const struct summary_page *p, FILE *f, const struct incident_row *i)
{
	char from[SAID], to[SAID], n[NUMBER_TEXT];

	fprintf(f, "  #%-4" PRId64 "%s to %-16s  %s", i->id,
	    said_time(from, i->start_ms, p->offset_minutes),
	    i->end_ms == UNKNOWN ? "(still open)" : said_time(to, i->end_ms, p->offset_minutes),
	    incident_in_words(i->kind));
	if (isfinite(i->bogus) && i->bogus > 0)
		fprintf(f, ", %s bogus sources", number_format(n, i->bogus, UNIT_COUNT));
	putc('\n', f);
}

int
summary_write_text(const struct summary_page *p, FILE *f)
{
	const struct source *s = p->source;
	const struct series_row *last = source_last_complete(s);
	size_t first = s->nincidents > MAIL_INCIDENTS ? s->nincidents - MAIL_INCIDENTS : 0;
	char text[NUMBER_TEXT];

	fprintf(f, "%s\n\n%s\nLast complete round: %s.\n", summary_sentence(p),
	    summary_state_words(p), summary_last_round(p));
	if (p->failed > 0)
		fprintf(f, "%zu chart%s could not be drawn.\n", p->failed,
		    p->failed == 1 ? "" : "s");
	for (size_t i = 0; i < NNUMBERS && last != NULL; i++) {
		double v = number_of(last, i) * (numbers[i].unit == UNIT_PERCENT ? 100 : 1);

		fprintf(f, "%s  %-30s%14s\n", i == 0 ? "\n" : "", numbers[i].words,
		    number_format(text, v, numbers[i].unit));
	}
	if (s->nincidents > 0)
		fprintf(f, "\nIncidents%s:\n", first > 0 ? ", the latest" : "");
	for (size_t i = first; i < s->nincidents; i++)
		text_incident(p, f, &s->incident[i]);
	fputs("\nCounts are distinct addresses, not people.\n", f);
	return ferror(f) ? -1 : 0;
}

/* ---- for node_exporter's text file collector -------------------------------------------- */

static void
prom(FILE *f, const char *name, const char *help)
{
	fprintf(f, "# HELP kansoku_%s %s\n# TYPE kansoku_%s gauge\n", name, help, name);
}

static void
prom_value(FILE *f, const char *name, const char *labels, double v)
{
	if (isfinite(v))
		fprintf(f, "kansoku_%s%s %.10g\n", name, labels, v);
}

static void
prom_round(FILE *f, const struct series_row *last)
{
	char labels[64];

	prom(f, "nodes", "Distinct nodes counted in the last complete round or the 24 hours "
	    "to it.");
	for (size_t i = 0; i < NNUMBERS; i++) {
		if (numbers[i].unit != UNIT_COUNT || strncmp(numbers[i].name, "flood", 5) == 0)
			continue;
		snprintf(labels, sizeof(labels), "{series=\"%s\"}", numbers[i].name);
		prom_value(f, "nodes", labels, number_of(last, i));
	}
	prom(f, "connect_success_ratio",
	    "Nodes reached of nodes tried in the last complete round.");
	prom_value(f, "connect_success_ratio", "", last->tried > 0 ?
	    last->reached / last->tried : NAN);
	prom(f, "impossible_share", "Share of key sources that no node can have.");
	prom_value(f, "impossible_share", "", last->impossible_share);
	prom(f, "bogus_sources",
	    "Bogus sources in the last complete round, estimated, and their 95 % interval.");
	prom_value(f, "bogus_sources", "{bound=\"estimate\"}", last->flood);
	prom_value(f, "bogus_sources", "{bound=\"low\"}", last->flood_low);
	prom_value(f, "bogus_sources", "{bound=\"high\"}", last->flood_high);
	prom(f, "round_duration_seconds", "How long the last complete round took.");
	prom_value(f, "round_duration_seconds", "", (double)(last->end_ms - last->start_ms) / 1000);
	prom(f, "round_last_success_timestamp_seconds", "When the last complete round ended.");
	prom_value(f, "round_last_success_timestamp_seconds", "", (double)(last->end_ms / 1000));
}

int
summary_write_prom(const struct summary_page *p, FILE *f)
{
	const struct source *s = p->source;
	const struct series_row *last = source_last_complete(s);

	if (last != NULL)
		prom_round(f, last);
	prom(f, "incident_active", "Incidents of a kind that are open.");
	for (int kind = 0; kind < INC_NKIND; kind++) {
		size_t open = 0;

		for (size_t i = 0; i < s->nincidents; i++)
			open += (int)s->incident[i].kind == kind &&
			    s->incident[i].end_ms == UNKNOWN;
		fprintf(f, "kansoku_incident_active{kind=\"%s\"} %zu\n",
		    incident_kind_name[kind], open);
	}
	prom(f, "charts_failed", "Charts that the last run could not draw.");
	fprintf(f, "kansoku_charts_failed %zu\n", p->failed);
	prom(f, "build_info", "Version of the program that wrote this.");
	fprintf(f, "kansoku_build_info{version=\"%s\"} 1\n", KANSOKU_VERSION);
	return ferror(f) ? -1 : 0;
}
