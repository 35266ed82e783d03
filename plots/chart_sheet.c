/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One incident on one page: the four panels that tell most about its kind. */
#include "data/lib/utctime.h"
#include "plots/panels_data.h"

enum sheet_panel { SHEET_TIME, SHEET_CHANGE, SHEET_TTL, SHEET_KEYS, SHEET_PEERS };
enum { SHEET_PANELS = 4, SHEET_CHOICES = 6 };

/* In order of what they tell; the first four that have something to show are taken. */
static const struct sheet_spec {
	enum sheet_panel	panel;
	enum time_topic	time;
} sheets[INC_NKIND][SHEET_CHOICES] = {
	[INC_RANDOM_SOURCES] = { { SHEET_TIME, TIME_NODES }, { SHEET_TIME, TIME_FLOOD },
	    { SHEET_CHANGE, 0 }, { SHEET_PEERS, 0 }, { SHEET_TTL, 0 }, { SHEET_KEYS, 0 } },
	[INC_PORT_FANOUT] = { { SHEET_TIME, TIME_NODES }, { SHEET_TIME, TIME_PORTS },
	    { SHEET_CHANGE, 0 }, { SHEET_PEERS, 0 }, { SHEET_TIME, TIME_SUCCESS },
	    { SHEET_KEYS, 0 } },
	[INC_TARGETED_HASH] = { { SHEET_TIME, TIME_NODES }, { SHEET_TIME, TIME_FILE_SOURCES },
	    { SHEET_TTL, 0 }, { SHEET_PEERS, 0 }, { SHEET_KEYS, 0 }, { SHEET_CHANGE, 0 } },
	[INC_REACHABILITY_DROP] = { { SHEET_TIME, TIME_NODES }, { SHEET_TIME, TIME_SUCCESS },
	    { SHEET_TIME, TIME_TRIED }, { SHEET_TIME, TIME_CHANNELS },
	    { SHEET_TIME, TIME_FLOOD },
	    { SHEET_CHANGE, 0 } },
	[INC_OUTAGE] = { { SHEET_TIME, TIME_NODES }, { SHEET_TIME, TIME_SUCCESS },
	    { SHEET_TIME, TIME_TRIED }, { SHEET_TIME, TIME_CHANNELS }, { SHEET_CHANGE, 0 },
	    { SHEET_TTL, 0 } },
	[INC_POPULATION_STEP] = { { SHEET_TIME, TIME_NODES }, { SHEET_CHANGE, 0 },
	    { SHEET_TIME, TIME_SUCCESS }, { SHEET_TIME, TIME_CHANNELS },
	    { SHEET_TIME, TIME_FLOOD },
	    { SHEET_KEYS, 0 } },
	[INC_MADE_UP_CONTACTS] = { { SHEET_TIME, TIME_NODES }, { SHEET_TIME, TIME_CHANNELS }, { SHEET_PEERS, 0 },
	    { SHEET_TIME, TIME_SUCCESS }, { SHEET_CHANGE, 0 }, { SHEET_KEYS, 0 } },
	[INC_SYBIL_CLUSTER] = { { SHEET_TIME, TIME_NODES }, { SHEET_TIME, TIME_CHANNELS }, { SHEET_PEERS, 0 },
	    { SHEET_TIME, TIME_SUCCESS }, { SHEET_CHANGE, 0 }, { SHEET_KEYS, 0 } },
	[INC_SYBIL_FLEET] = { { SHEET_TIME, TIME_NODES }, { SHEET_TIME, TIME_CHANNELS }, { SHEET_PEERS, 0 },
	    { SHEET_TIME, TIME_SUCCESS }, { SHEET_CHANGE, 0 }, { SHEET_KEYS, 0 } },
	[INC_ID_HOP] = { { SHEET_TIME, TIME_NODES }, { SHEET_TIME, TIME_CHANNELS }, { SHEET_PEERS, 0 },
	    { SHEET_TIME, TIME_SUCCESS }, { SHEET_CHANGE, 0 }, { SHEET_KEYS, 0 } },
	[INC_JUNK_HASHES] = { { SHEET_TIME, TIME_NODES }, { SHEET_TIME, TIME_CHANNELS }, { SHEET_PEERS, 0 },
	    { SHEET_TIME, TIME_SUCCESS }, { SHEET_CHANGE, 0 }, { SHEET_KEYS, 0 } },
};

/* Bogus sources a round; 0 where nothing is known of it. */
static double
strength(const struct incident_row *i)
{
	return i->bogus > 0 && i->rounds > 0 ? i->bogus / (double)i->rounds : 0;
}

/* Beside a much stronger flood this one would be a flat line: the window ends before it. */
static void
cut_at_stronger(struct span *w, const struct source *s, const struct incident_row *i)
{
	const double much = 3;

	for (size_t k = 0; k < s->nincidents; k++) {
		const struct incident_row *other = &s->incident[k];

		if (!incident_is_flood(i) || !incident_is_flood(other) ||
		    strength(other) < much * strength(i))
			continue;
		if (i->end_ms != UNKNOWN && other->start_ms >= i->end_ms &&
		    other->start_ms < w->to_ms)
			w->to_ms = other->start_ms;
		if (other->end_ms != UNKNOWN && other->end_ms <= i->start_ms &&
		    other->end_ms > w->from_ms)
			w->from_ms = other->end_ms;
	}
}

/* The incident with half as much again on each side, but within the data. */
static struct span
around(const struct request *q)
{
	const struct incident_row *i = q->incident;
	const struct source *s = q->source;
	struct span w = { i->start_ms, i->end_ms == UNKNOWN ? s->until_ms : i->end_ms };
	int64_t step = 0, pad;

	if (s->n > 1)
		step = (s->row[s->n - 1].end_ms - s->row[0].end_ms) / (int64_t)(s->n - 1);
	pad = (w.to_ms - w.from_ms) / 2;
	if (pad < 6 * step)
		pad = 6 * step;
	if (pad > 7 * DAY_MS)
		pad = 7 * DAY_MS;
	w.from_ms -= pad;
	w.to_ms += pad;
	cut_at_stronger(&w, s, i);
	if (s->n > 0 && w.from_ms < s->row[0].start_ms)
		w.from_ms = s->row[0].start_ms;
	if (w.to_ms > s->until_ms)
		w.to_ms = s->until_ms;
	if (w.to_ms - w.from_ms < SECOND_MS)
		w.from_ms = w.to_ms - SECOND_MS;
	return w;
}

static int
make_part(const struct request *q, const struct time_frame *f, const struct comparison *c,
    const struct sheet_spec *spec, struct panel *p)
{
	size_t rounds;

	switch (spec->panel) {
	case SHEET_TIME:
		return panel_data_time(q, f, spec->time, p);
	case SHEET_CHANGE:
		return panel_data_octets_change(q, c, p);
	case SHEET_TTL:
		return panel_data_ttl(q, c, p, &rounds);
	case SHEET_KEYS:
		return panel_data_keys(q, c, p);
	case SHEET_PEERS:
		return panel_data_peers(q, p);
	}
	return 1;
}

static const char *
sheet_subtitle(const struct request *q)
{
	const struct incident_row *i = q->incident;
	int64_t end = i->end_ms == UNKNOWN ? q->source->until_ms : i->end_ms;
	int64_t span = end - i->start_ms;
	char from[FORMAT_TEXT], to[FORMAT_TEXT], zone[FORMAT_TEXT], n[NUMBER_TEXT],
	    low[NUMBER_TEXT], high[NUMBER_TEXT];
	const char *size = "";

	if (i->bogus > 0)
		size = arena_print(q->arena, "; about %s bogus sources (%s to %s)",
		    number_format(n, i->bogus, UNIT_COUNT),
		    number_format(low, i->bogus_low, UNIT_COUNT),
		    number_format(high, i->bogus_high, UNIT_COUNT));
	return arena_print(q->arena, "%s, %s %s, %s%s", incident_in_words(i->kind),
	    format_fully(from, i->start_ms, q->offset_minutes, span),
	    i->end_ms == UNKNOWN ? "and still open" :
	    arena_print(q->arena, "to %s", format_fully(to, i->end_ms, q->offset_minutes,
	    span)), format_zone(zone, q->offset_minutes), size);
}

int
chart_sheet(const struct request *q, struct figure *fig)
{
	const struct sheet_spec *spec = sheets[q->incident->kind];
	struct comparison c;

	*fig = (struct figure){ .columns = 2, .headings = true };
	time_frame_make(q->arena, &fig->frame, q->source, around(q), q->offset_minutes);
	panel_data_compare(q, &c);
	for (int i = 0; i < SHEET_CHOICES && fig->npanels < SHEET_PANELS; i++) {
		int result = make_part(q, &fig->frame, &c, &spec[i], &fig->panel[fig->npanels]);

		if (result < 0)
			return -1;
		fig->npanels += result == 0;
	}
	for (size_t i = 0; i < fig->npanels; i++)
		fig->panel[i].height = i < 2 ? 230 : 330;
	chart_head(q, fig, arena_print(q->arena, "incident #%lld", (long long)q->incident->id),
	    sheet_subtitle(q));
	fig->about = arena_print(q->arena, "%s. %s. Four panels on the incident", fig->title,
	    fig->subtitle);
	return fig->npanels == 0;
}
