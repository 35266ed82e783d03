/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/summary.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "data/lib/utctime.h"
#include "plots/axis.h"
#include "plots/time_frame.h"
#include "plots/series_prep.h"
#include "plots/window.h"

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
	char state[INCIDENT_STATE_TEXT];

	switch (summary_state(p->source)) {
	case STATE_STALE:
		return "No recent data: the sensor finished no round for a while.";
	case STATE_FLOOD:
		if (incident_state(flood) == INCIDENT_QUIET)
			return arena_print(p->arena, "Flood of bogus advertisements (incident #%" PRId64 "): %s.", flood->id,
			    incident_state_text(state, flood));
		return arena_print(p->arena,
		    "A flood of bogus advertisements is under way (incident #%" PRId64 ").",
		    flood->id);
	case STATE_OK:
		break;
	}
	if (flood != NULL)
		return arena_print(p->arena,
		    "No flood is under way; the last (incident #%" PRId64
		    ") ended within the last 24 hours.", flood->id);
	return "No flood of bogus advertisements is under way.";
}

const char *
summary_last_round(const struct summary_page *p)
{
	const struct series_row *last = source_last_complete(p->source);
	char when[FORMAT_TEXT], zone[FORMAT_TEXT], age[FORMAT_TEXT], cut[ROUND_CUT_TEXT];
	int64_t ms;

	if (last == NULL)
		return "no round was finished";
	ms = p->source->until_ms - last->end_ms;
	return arena_print(p->arena, "round %u ended %s %s%s%s%s", last->round,
	    format_time(when, last->end_ms, p->offset_minutes),
	    format_zone(zone, p->offset_minutes), ms < 1000 ? ", at the end of the data" :
	    arena_print(p->arena, ", %s before the end of the data", format_span(age, ms)),
	    last->cut != 0 ? ", cut by a budget: " : "", round_cut_format(cut, last->cut));
}

const char *
summary_made(const struct summary_page *p)
{
	const struct series_row *last = source_last_complete(p->source);
	char when[FORMAT_TEXT], zone[FORMAT_TEXT], age[FORMAT_TEXT];
	int64_t ms;

	if (p->source->made_ms <= 0 || last == NULL)
		return NULL;
	ms = p->source->made_ms - last->end_ms;
	format_zone(zone, p->offset_minutes);
	return arena_print(p->arena, "made after %s %.*s, %s the end of that round",
	    format_date(when, p->source->made_ms, p->offset_minutes, true),
	    (int)strcspn(zone, " "), zone, ms < HOUR_MS ? "within two hours of" :
	    arena_print(p->arena, "%s after", format_span(age, ms)));
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

double
summary_measured_hours(const struct summary_page *p)
{
	const struct series_row *last = source_last_complete(p->source);
	struct span day = { last != NULL ? last->end_ms - DAY_MS : 0, last != NULL ? last->end_ms : 0 };
	struct time_frame f;

	time_frame_make(p->arena, &f, p->source, day, p->offset_minutes);
	return f.n == 0 || f.day_share[f.n - 1] >= FULL_DAY ? 24 : f.day_share[f.n - 1] * 24;
}

/* "24 hours", "3 minutes" for a database that is younger. */
static const char *
day_words(const struct summary_page *p, const struct series_row *last)
{
	int64_t seen = last->end_ms - p->source->row[0].start_ms;
	char text[FORMAT_TEXT];

	if (seen >= DAY_MS - HOUR_MS)
		return "24 hours";
	return arena_copy(p->arena, format_span(text, seen) + strlen("about "));
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
	char when[FORMAT_TEXT];

	if (!isfinite(c.bogus))
		return "; the count is raw and may hold bogus addresses";
	if (flood == NULL)
		return "; no flood of bogus advertisements is under way";
	if (c.bogus < 1)
		return flood->end_ms == UNKNOWN ?
		    "; a flood is under way that does not change this count" : "";
	size = arena_print(p->arena, "inflated by about %s bogus addresses",
	    rounded(p->arena, c.bogus));
	if (flood->end_ms == UNKNOWN)
		return arena_print(p->arena, "; %s of %s is %s since %s", c.which,
		    rounded(p->arena, c.raw), size,
		    format_date(when, flood->start_ms, p->offset_minutes,
		    last->end_ms - flood->start_ms < 2 * DAY_MS));
	return arena_print(p->arena, "; %s of %s is still %s of the flood that ended on %s",
	    c.which,
	    rounded(p->arena, c.raw), size, format_date(when, flood->end_ms, p->offset_minutes,
	    true));
}

const char *
summary_sentence(const struct summary_page *p)
{
	const struct series_row *last = source_last_complete(p->source);
	char when[FORMAT_TEXT], zone[FORMAT_TEXT];
	const char *day;
	double nodes, hours;

	if (last == NULL)
		return "No nodes were counted yet.";
	nodes = isfinite(last->day_keys_clean) ? last->day_keys_clean : last->day_keys;
	if (!isfinite(nodes))
		return "No nodes were counted yet.";
	day = day_words(p, last);
	hours = summary_measured_hours(p);
	return arena_print(p->arena, "%s nodes seen in the %s to %s %.*s%s: about %s%s.",
	    p->source->overlay, day, format_date(when, last->end_ms, p->offset_minutes, true),
	    (int)strcspn(format_zone(zone, p->offset_minutes), " "), zone,
	    strcmp(day, "24 hours") == 0 && hours < 23.5 ?
	    arena_print(p->arena, ", of which %.0f were measured", hours) : "",
	    rounded(p->arena, nodes), inflation(p, last));
}

/* "JST", or the whole of "UTC-05:30". */
static const char *
brief_zone(const struct summary_page *p)
{
	char zone[FORMAT_TEXT];

	format_zone(zone, p->offset_minutes);
	return arena_print(p->arena, "%.*s", (int)strcspn(zone, " "), zone);
}

const char *
summary_hindsight(const struct summary_page *p)
{
	const struct source *s = p->source;
	bool cut = false;
	char when[FORMAT_TEXT];

	if (!source_in_hindsight(s))
		return NULL;
	for (size_t k = 0; k < s->nincidents; k++)
		cut = cut || (s->incident[k].end_ms == UNKNOWN &&
		    incident_is_flood(&s->incident[k]));
	return arena_print(p->arena,
	    "Verdicts and cleaned counts are judged with all data to %s "
	    "%s, later than this page's end%s.", format_time(when, s->judged_ms,
	    p->offset_minutes),
	    brief_zone(p), cut ? "; the size of a flood that is still open here is left out" :
	    "");
}

const char *
summary_origin(const struct summary_page *p)
{
	const int64_t *n = p->source->origin;
	int64_t all = 0, imported = n[ORIGIN_IMPORTED], captured = n[ORIGIN_CAPTURED];

	for (int i = 0; i < ORIGIN_N; i++)
		all += n[i];
	if (imported == 0 && captured == 0)
		return NULL;
	return arena_print(p->arena, "How it came here: of %" PRId64 " rounds%s%s%s.", all,
	    imported == 0 ? "" : arena_print(p->arena, " %s imported from files of observations, which this"
	    " program did not receive itself",
	    imported == all ? "all were" : arena_print(p->arena, "%" PRId64 " were", imported)),
	    imported > 0 && captured > 0 ? ", and" : "",
	    captured == 0 ? "" : arena_print(p->arena, " %s captured on a network of its owner's, and show"
	    " what crossed it", captured == all ? "all were" : arena_print(p->arena, "%" PRId64 " were", captured)));
}

const char *
summary_incident(const struct summary_page *p, const struct incident_row *i)
{
	char from[FORMAT_TEXT], to[FORMAT_TEXT];
	const char *words = incident_in_words(i->kind), *size = "";

	if (!incident_is_flood(i))
		return i->summary;
	if (isfinite(i->bogus) && i->bogus > 0)
		size = arena_print(p->arena, ": about %s bogus sources (%s to %s)",
		    rounded(p->arena, i->bogus), rounded(p->arena, i->bogus_low),
		    rounded(p->arena, i->bogus_high));
	format_date(from, i->start_ms, p->offset_minutes, true);
	if (i->end_ms != UNKNOWN)
		format_date(to, i->end_ms, p->offset_minutes, true);
	return arena_print(p->arena, "%c%s, %s%s%s %s%s; %s.", toupper((unsigned char)*words),
	    words + 1, i->end_ms == UNKNOWN ? "since " : "", from,
	    i->end_ms == UNKNOWN ? "" : arena_print(p->arena, " to %s", to), brief_zone(p),
	    size, i->injector ? "a probable injector was found" : "source not determined");
}
