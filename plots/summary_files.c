/* SPDX-License-Identifier: GPL-3.0-or-later */
/* summary.json, summary.txt, kansoku.prom: the numbers for programs, mail and metrics. */
#include "plots/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "data/lib/json_write.h"
#include "data/lib/prometheus.h"
#include "data/lib/utctime.h"
#include "plots/axis.h"
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
	{ "instant_clean", "  cleaned", offsetof(struct series_row, instant_clean),
	    UNIT_COUNT },
	{ "day_keys", "24 h, sources of keys", offsetof(struct series_row, day_keys),
	    UNIT_COUNT },
	{ "day_keys_clean", "  cleaned", offsetof(struct series_row, day_keys_clean),
	    UNIT_COUNT },
	{ "day_all", "24 h, all sources", offsetof(struct series_row, day_all), UNIT_COUNT },
	{ "day_all_clean", "  cleaned", offsetof(struct series_row, day_all_clean),
	    UNIT_COUNT },
	{ "day_addresses", "24 h, distinct addresses",
	    offsetof(struct series_row, day_addresses), UNIT_COUNT },
	{ "impossible_share", "share of impossible sources",
	    offsetof(struct series_row, impossible_share), UNIT_PERCENT },
	{ "flood", "bogus sources in the round", offsetof(struct series_row, flood),
	    UNIT_COUNT },
	{ "flood_low", "  at least (95 %)", offsetof(struct series_row, flood_low),
	    UNIT_COUNT },
	{ "flood_high", "  at most (95 %)", offsetof(struct series_row, flood_high),
	    UNIT_COUNT },
};
enum { NNUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

static double
number_of(const struct series_row *r, size_t i)
{
	double v;

	memcpy(&v, (const char *)r + numbers[i].at, sizeof(v));
	return v;
}

/* ---- JSON -------------------------------------------------------------------------- */

int
summary_write_json(const struct summary_page *p, FILE *f)
{
	static const char *const state_name[] = {
		[STATE_OK] = "ok", [STATE_FLOOD] = "flood", [STATE_STALE] = "stale",
	};
	const struct source *s = p->source;
	const struct series_row *last = source_last_complete(s);
	struct json_out j;

	json_start(&j, f, JSON_FORM_INDENTED);
	json_put_object(&j, NULL);
	json_put_string(&j, "sentence", summary_sentence(p));
	json_put_string(&j, "state", state_name[summary_state(s)]);
	json_put_string(&j, "overlay", s->overlay);
	json_put_string(&j, "sensor", s->sensor);
	json_put_string(&j, "version", KANSOKU_VERSION);
	json_put_time(&j, "until", s->until_ms);
	json_put_time(&j, "judged_until", source_in_hindsight(s) ? s->judged_ms : s->until_ms);
	json_put_int(&j, "rounds", (int64_t)s->n);
	json_put_object(&j, "origins");
	for (int o = 0; o < ORIGIN_N; o++)
		json_put_int(&j, origin_name[o], s->origin[o]);
	json_put_end(&j);
	json_put_int(&j, "charts_failed", (int64_t)p->failed);
	if (last != NULL) {
		json_put_object(&j, "last_round");
		json_put_int(&j, "round", last->round);
		json_put_time(&j, "start", last->start_ms);
		json_put_time(&j, "end", last->end_ms);
		for (size_t i = 0; i < NNUMBERS; i++)
			json_put_real(&j, numbers[i].name, number_of(last, i));
		json_put_real(&j, "measured_of_24h", summary_measured_hours(p) / 24);
		json_put_end(&j);
		json_put_int(&j, "age_seconds", (s->until_ms - last->end_ms) / SECOND_MS);
	}
	json_put_array(&j, "incidents");
	for (size_t i = 0; i < s->nincidents; i++) {
		json_put_object(&j, NULL);
		json_put_int(&j, "id", s->incident[i].id);
		json_put_string(&j, "kind", incident_kind_name[s->incident[i].kind]);
		json_put_time(&j, "start", s->incident[i].start_ms);
		json_put_time(&j, "end", s->incident[i].end_ms);
		json_put_int(&j, "severity", s->incident[i].severity);
		json_put_real(&j, "bogus", s->incident[i].bogus);
		json_put_real(&j, "bogus_low", s->incident[i].bogus_low);
		json_put_real(&j, "bogus_high", s->incident[i].bogus_high);
		json_put_end(&j);
	}
	json_put_end(&j);
	json_put_end(&j);
	return ferror(f) ? -1 : 0;
}

/* ---- text for mail ------------------------------------------------------------------ */

enum { MAIL_INCIDENTS = 10 };

static void
text_incident(const struct summary_page *p, FILE *f, const struct incident_row *i, int width)
{
	char from[FORMAT_TEXT], to[FORMAT_TEXT], n[NUMBER_TEXT];

	fprintf(f, "  #%-*" PRId64 " %s to %-16s  %s", width, i->id,
	    format_time(from, i->start_ms, p->offset_minutes),
	    i->end_ms == UNKNOWN ? "(still open)" : format_time(to, i->end_ms,
	    p->offset_minutes), incident_in_words(i->kind));
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
	double hours = summary_measured_hours(p);
	char text[NUMBER_TEXT], words[64];
	int width = 3, digits;

	fprintf(f, "%s\n\n%s\nLast complete round: %s.\n", summary_sentence(p),
	    summary_state_words(p), summary_last_round(p));
	if (summary_origin(p) != NULL)
		fprintf(f, "%s\n", summary_origin(p));
	if (summary_hindsight(p) != NULL)
		fprintf(f, "%s\n", summary_hindsight(p));
	if (p->failed > 0)
		fprintf(f, "%zu chart%s could not be drawn.\n", p->failed,
		    p->failed == 1 ? "" : "s");
	for (size_t i = 0; i < NNUMBERS && last != NULL; i++) {
		double v = unit_shown(numbers[i].unit, number_of(last, i));

		if (strncmp(numbers[i].words, "24 h", 4) == 0 && hours < 23.5)
			snprintf(words, sizeof(words), "%.2g of %s", hours, numbers[i].words);
		else
			snprintf(words, sizeof(words), "%s", numbers[i].words);
		fprintf(f, "%s  %-33s%14s\n", i == 0 ? "\n" : "", words,
		    number_format(text, v, numbers[i].unit));
	}
	if (s->nincidents > 0)
		fprintf(f, "\nIncidents%s:\n", first > 0 ? ", the latest" : "");
	for (size_t i = first; i < s->nincidents; i++)
		if ((digits = snprintf(text, sizeof(text), "%" PRId64, s->incident[i].id)) > width)
			width = digits;
	for (size_t i = first; i < s->nincidents; i++)
		text_incident(p, f, &s->incident[i], width);
	fputs("\nCounts are distinct addresses, not people.\n", f);
	return ferror(f) ? -1 : 0;
}

/* ---- for node_exporter's text file collector -------------------------------------------- */

static void
prom_round(struct prometheus *p, const struct series_row *last, double day_measured)
{
	prometheus_head(p, "nodes", "gauge", "Distinct nodes counted in the last complete round or the"
	    " 24 hours to it.");
	for (size_t i = 0; i < NNUMBERS; i++)
		if (numbers[i].unit == UNIT_COUNT && strncmp(numbers[i].name, "flood", 5) != 0)
			prometheus_put(p, number_of(last, i), "series", numbers[i].name);
	prometheus_one(p, "day_measured_ratio", "gauge",
	    "Of the 24 hours to the last complete round what was measured.", day_measured);
	prometheus_one(p, "connect_success_ratio", "gauge",
	    "Nodes reached of nodes tried in the last complete round.", last->tried > 0 ?
	    last->reached / last->tried : NAN);
	prometheus_one(p, "impossible_share", "gauge", "Share of key sources that no node can have.",
	    last->impossible_share);
	prometheus_head(p, "bogus_sources", "gauge",
	    "Bogus sources in the last complete round, estimated, and their 95 % interval.");
	prometheus_put(p, last->flood, "bound", "estimate");
	prometheus_put(p, last->flood_low, "bound", "low");
	prometheus_put(p, last->flood_high, "bound", "high");
	prometheus_one(p, "round_duration_seconds", "gauge", "How long the last complete round took.",
	    (double)(last->end_ms - last->start_ms) / 1000);
	prometheus_one(p, "round_last_success_timestamp_seconds", "gauge",
	    "When the last complete round ended.", (double)(last->end_ms / 1000));
}

int
summary_write_prom(const struct summary_page *page, FILE *f)
{
	const struct source *s = page->source;
	const struct series_row *last = source_last_complete(s);
	struct prometheus p;

	prometheus_begin(&p, f, s->sensor, s->overlay_name);
	if (last != NULL)
		prom_round(&p, last, summary_measured_hours(page) / 24);
	prometheus_head(&p, "incident_active", "gauge", "Incidents of a kind that are open.");
	for (int kind = 0; kind < INC_NKIND; kind++) {
		size_t open = 0;

		for (size_t i = 0; i < s->nincidents; i++)
			open += (int)s->incident[i].kind == kind &&
			    s->incident[i].end_ms == UNKNOWN;
		prometheus_put(&p, (double)open, "kind", incident_kind_name[kind]);
	}
	prometheus_one(&p, "charts_failed", "gauge", "Charts that the last run could not draw.",
	    (double)page->failed);
	prometheus_head(&p, "build_info", "gauge", "Version of the program that wrote this.");
	prometheus_put(&p, 1, "version", KANSOKU_VERSION);
	return ferror(f) ? -1 : 0;
}
