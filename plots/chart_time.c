/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The charts over time.  Which numbers they show stands in one table a chart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/utctime.h"
#include "plots/panels_data.h"

#define FIELD(name)	offsetof(struct series_row, name)
#define NONE		((size_t)-1)
#define SUCCESS		((size_t)-2)	/* reached of tried, which is no column */

/* A line and where its numbers come from. */
struct line_spec {
	const char	*column, *label, *brief;
	enum colour	 colour;
	double		 width;
	size_t		 v, low, high, down_to;
	enum colour	 pale;
	bool		 of_day;	/* of the 24 hours to the round's end */
};

struct panel_spec {
	const char	*heading;
	enum unit	 unit;
	double		 height, narrow_height;
	const struct line_spec *lines;
	size_t		 nlines;
};

#define LINES(array)	array, sizeof(array) / sizeof((array)[0])
#define PLAIN		NONE, NONE, NONE, COLOUR_PAPER, false
#define PLAIN_DAY	NONE, NONE, NONE, COLOUR_PAPER, true
#define SHADED(to, colour)	NONE, NONE, FIELD(to), colour, false
#define SHADED_DAY(to, colour)	NONE, NONE, FIELD(to), colour, true

static const struct line_spec node_lines[] = {
	{ "day_all", "24 h, all sources: keys, neighbours, queries", "24 h, all sources",
	    COLOUR_RED, 1.7, FIELD(day_all), SHADED_DAY(day_all_clean, COLOUR_RED_PALE) },
	{ "day_keys", "24 h, sources of keys", "24 h, keys", COLOUR_AMBER, 1.7,
	    FIELD(day_keys), SHADED_DAY(day_keys_clean, COLOUR_AMBER_PALE) },
	{ "instant", "one round, sources of keys", "one round, keys", COLOUR_BLUE, 1.7,
	    FIELD(instant), SHADED(instant_clean, COLOUR_BLUE_PALE) },
	{ "day_all_clean", "24 h, all sources, cleaned", "24 h, all, cleaned", COLOUR_OLIVE,
	    1.4, FIELD(day_all_clean), PLAIN_DAY },
	{ "day_keys_clean", "24 h, sources of keys, cleaned", "24 h, keys, cleaned",
	    COLOUR_GREEN, 1.4, FIELD(day_keys_clean), PLAIN_DAY },
	{ "instant_clean", "one round, sources of keys, cleaned", "one round, cleaned",
	    COLOUR_TEAL, 1.4, FIELD(instant_clean), PLAIN },
};
static const struct line_spec sheet_lines[] = {
	{ "day_keys", "24 h, sources of keys", "24 h", COLOUR_AMBER, 1.7,
	    FIELD(day_keys), SHADED_DAY(day_keys_clean, COLOUR_AMBER_PALE) },
	{ "instant", "one round, sources of keys", "one round", COLOUR_BLUE, 1.7,
	    FIELD(instant), SHADED(instant_clean, COLOUR_BLUE_PALE) },
	{ "day_keys_clean", "24 h, cleaned", "24 h, cleaned", COLOUR_GREEN, 1.4,
	    FIELD(day_keys_clean), PLAIN_DAY },
	{ "instant_clean", "one round, cleaned", "one round, cleaned", COLOUR_TEAL, 1.4,
	    FIELD(instant_clean), PLAIN },
};
static const struct line_spec success_lines[] = {
	{ "success", "connect success (95 % interval)", "connect success", COLOUR_GREEN, 1.3,
	    SUCCESS, FIELD(success_low), FIELD(success_high), NONE, COLOUR_GREEN_PALE, false },
};
static const struct line_spec tried_lines[] = {
	{ "tried", "nodes tried", "tried", COLOUR_GREY, 1.4, FIELD(tried), PLAIN },
	{ "reached", "of these, handshake completed", "reached", COLOUR_GREEN, 1.5,
	    FIELD(reached), PLAIN },
};
static const struct line_spec impossible_lines[] = {
	{ "impossible_share", "sources that no node can have", "impossible sources", COLOUR_RED,
	    1.4, FIELD(impossible_share), PLAIN },
};
static const struct line_spec flood_lines[] = {
	{ "flood", "bogus sources in a round, estimated (95 %)", "bogus sources", COLOUR_RED,
	    1.5,
	    FIELD(flood), FIELD(flood_low), FIELD(flood_high), NONE, COLOUR_RED_PALE, false },
};
static const struct line_spec keys_lines[] = {
	{ "records_keys", "key records", "key records", COLOUR_BLUE, 1.4, FIELD(records_keys),
	    PLAIN },
};
static const struct line_spec neighbour_lines[] = {
	{ "records_neighbours", "neighbour records", "neighbour records", COLOUR_VIOLET, 1,
	    FIELD(records_neighbours), PLAIN },
};
static const struct line_spec query_lines[] = {
	{ "records_queries", "search queries", "search queries", COLOUR_TEAL, 1,
	    FIELD(records_queries), PLAIN },
};
static const struct line_spec share_lines[] = {
	{ "one_shot_share", "sources of 24 h seen in one round only", "seen in one round",
	    COLOUR_AMBER, 1.4, FIELD(one_shot_share), PLAIN_DAY },
	{ "new16_share", "sources in a /16 that is new", "in a new /16", COLOUR_VIOLET, 1.4,
	    FIELD(new16_share), PLAIN },
	{ "top_share", "records from the ten largest peers", "ten largest peers", COLOUR_GREY,
	    1.4, FIELD(top_share), PLAIN },
};
static const struct line_spec ports_lines[] = {
	{ "max_ports", "most ports claimed for one address, 24 h", "ports of an address",
	    COLOUR_RED, 1.4, FIELD(max_ports), PLAIN_DAY },
};
static const struct line_spec sources_lines[] = {
	{ "max_sources", "most sources claimed for one file, 24 h", "sources of a file",
	    COLOUR_BLUE, 1.4, FIELD(max_sources), PLAIN_DAY },
};

static const struct line_spec channel_lines[] = {
	{ "records_keys", "key records", "keys", COLOUR_BLUE, 1.4, FIELD(records_keys), PLAIN },
	{ "records_neighbours", "neighbour records", "neighbours", COLOUR_VIOLET, 1.4,
	    FIELD(records_neighbours), PLAIN },
	{ "records_queries", "search queries", "queries", COLOUR_TEAL, 1.4,
	    FIELD(records_queries), PLAIN },
};

static const struct panel_spec
    nodes_panel = { "nodes (address:port)", UNIT_COUNT, 326, 230, LINES(node_lines) },
    success_panel = { "connect success", UNIT_PERCENT, 122, 96, LINES(success_lines) },
    success_tall = { "connect success", UNIT_PERCENT, 240, 160, LINES(success_lines) },
    tried_panel = { "nodes", UNIT_COUNT, 160, 110, LINES(tried_lines) },
    impossible_panel = { "impossible sources", UNIT_PERCENT, 200, 140,
    LINES(impossible_lines) },
    flood_panel = { "bogus sources", UNIT_COUNT, 200, 140, LINES(flood_lines) },
    keys_panel = { "key records", UNIT_COUNT, 150, 110, LINES(keys_lines) },
    neighbours_panel = { "neighbours", UNIT_COUNT, 120, 90, LINES(neighbour_lines) },
    queries_panel = { "queries", UNIT_COUNT, 120, 90, LINES(query_lines) },
    share_panel = { "share", UNIT_PERCENT, 200, 140, LINES(share_lines) },
    ports_panel = { "ports", UNIT_COUNT, 120, 90, LINES(ports_lines) },
    sources_panel = { "sources", UNIT_COUNT, 120, 90, LINES(sources_lines) };

/* ---- from a table to a figure ------------------------------------------------ */

enum { SPEC_PANELS = 4 };
struct chart_spec {
	const char	*title;
	const char	*about;		/* for those who cannot see it; after the title */
	const struct panel_spec *panels[SPEC_PANELS];
};

static double *
success_column(const struct request *q, const struct time_frame *f)
{
	double *tried = time_frame_column(q->arena, f, q->source, FIELD(tried));
	double *v = time_frame_column(q->arena, f, q->source, FIELD(reached));

	for (size_t i = 0; i < f->n; i++)
		v[i] = tried[i] > 0 ? fmin(v[i] / tried[i], 1) : NAN;
	return v;
}

static const double *
column(const struct request *q, const struct time_frame *f, size_t field)
{
	if (field == NONE)
		return NULL;
	if (field == SUCCESS)
		return success_column(q, f);
	return time_frame_column(q->arena, f, q->source, field);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Three quarters of the window's median: below it, too few nodes answer. */
static double
success_threshold(const struct request *q, const struct time_frame *f, const double *v)
{
	double *sorted = arena_take(q->arena, f->n, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (isfinite(v[i]))
			sorted[n++] = v[i];
	qsort(sorted, n, sizeof(*sorted), by_value);
	return n < 5 ? NAN : 0.75 * sorted[n / 2];
}

/* "24 h" where no sum is one: "4 h so far". */
static const char *
name_so_far(const struct request *q, const struct time_frame *f, const char *text)
{
	const char *at = strstr(text, "24 h");
	double hours = 24 * f->day_share[f->n - 1];

	if (at == NULL)
		return text;
	return arena_print(q->arena, hours < 1 ? "%.*s%.0f min so far%s" : "%.*s%.0f h so far%s",
	    (int)(at - text), text, hours < 1 ? 60 * hours : hours, at + strlen("24 h"));
}

static void
fill_panel(const struct request *q, const struct time_frame *f, const struct panel_spec *spec,
    struct panel *p)
{
	struct time_panel *t = &p->time;
	char number[NUMBER_TEXT];

	p->kind = PANEL_TIME;
	p->heading = spec->heading;
	p->height = spec->height;
	p->narrow_height = spec->narrow_height;
	t->unit = spec->unit;
	t->threshold = NAN;
	for (size_t i = 0; i < spec->nlines && i < PANEL_LINES; i++) {
		const struct line_spec *from = &spec->lines[i];

		t->line[t->nlines++] = (struct line){
			.column = from->column, .label = from->label, .brief = from->brief,
			.colour = from->colour, .width = from->width, .pale = from->pale,
			.v = column(q, f, from->v),
			.low = column(q, f, from->low),
			.high = column(q, f, from->high),
			.down_to = column(q, f, from->down_to),
			.of_day = from->of_day,
		};
		if (from->of_day && f->young) {
			struct line *l = &t->line[i];

			l->label = name_so_far(q, f, l->label);
			l->brief = name_so_far(q, f, l->brief);
			p->heading = name_so_far(q, f, p->heading);
		}
	}
	if (spec->lines != success_lines)
		return;
	t->threshold = success_threshold(q, f, t->line[0].v);
	t->threshold_label = arena_print(q->arena, "low: under 3/4 of the median, %s",
	    number_format(number, unit_shown(UNIT_PERCENT, t->threshold), UNIT_PERCENT));
}

/* Whether no line has a single point. */
static bool
panel_is_empty(const struct panel *p, const struct time_frame *f)
{
	for (size_t k = 0; k < p->time.nlines; k++)
		if (series_prep_summary(p->time.line[k].v, f->n).n > 0)
			return false;
	return true;
}

static int
make(const struct request *q, struct figure *fig, const struct chart_spec *spec)
{
	*fig = (struct figure){ .columns = 1, .table = true };
	time_frame_make(q->arena, &fig->frame, q->source, q->window.span, q->offset_minutes);
	for (size_t i = 0; i < SPEC_PANELS && spec->panels[i] != NULL; i++)
		fill_panel(q, &fig->frame, spec->panels[i], &fig->panel[fig->npanels++]);
	chart_head(q, fig, spec->title, chart_when(q, fig));
	fig->about = arena_print(q->arena, "%s. %s. %s", fig->title, fig->subtitle,
	    spec->about);
	for (size_t i = 0; i < fig->npanels; i++)
		if (!panel_is_empty(&fig->panel[i], &fig->frame))
			return 0;
	return 1;
}

int
panel_data_time(const struct request *q, const struct time_frame *f, enum time_topic which,
    struct panel *p)
{
	static const struct panel_spec specs[] = {
		[TIME_NODES] = { "nodes (address:port)", UNIT_COUNT, 230, 190,
		    LINES(sheet_lines) },
		[TIME_FLOOD] = { "bogus sources in a round, estimated, 95 % interval",
		    UNIT_COUNT, 230, 160, LINES(flood_lines) },
		[TIME_SUCCESS] = { "connect success, 95 % interval", UNIT_PERCENT, 230,
		    160, LINES(success_lines) },
		[TIME_TRIED] = { "nodes tried and reached", UNIT_COUNT, 230, 160,
		    LINES(tried_lines) },
		[TIME_PORTS] = { "most ports claimed for one address, 24 h", UNIT_COUNT, 230,
		    160, LINES(ports_lines) },
		[TIME_FILE_SOURCES] = { "most sources claimed for one file, 24 h", UNIT_COUNT,
		    230, 160, LINES(sources_lines) },
		[TIME_CHANNELS] = { "records received in a round", UNIT_COUNT, 230, 160,
		    LINES(channel_lines) },
	};

	*p = (struct panel){ 0 };
	fill_panel(q, f, &specs[which], p);
	return panel_is_empty(p, f);
}

/* ---- the charts ---------------------------------------------------------------- */

static const struct chart_spec
    nodes_spec = { "distinct nodes per crawl round",
	"Line chart of the node counts as they came in and cleaned of bogus advertisements; below it "
	"the share of nodes that answered. Incidents are shaded and numbered, outages hatched",
	{ &nodes_panel, &success_panel } },
    success_spec = { "how many nodes answer",
	"Line chart of the share of dialled nodes that completed a handshake, with its 95 % "
	"interval, above the nodes tried and reached",
	{ &success_tall, &tried_panel } },
    flood_spec = { "impossible sources and the size of the flood",
	"Line charts of the share of key sources that no node can have, and of the estimated "
	"number of bogus sources in a round with its 95 % interval",
	{ &impossible_panel, &flood_panel } },
    channels_spec = { "records received in a round, by channel",
	"Line charts of the key records, neighbour records and search queries received in "
	    "each round",
	{ &keys_panel, &neighbours_panel, &queries_panel } },
    signs_spec = { "signs of a flood",
	"Line charts of the shares of sources seen once, in new networks and from the largest "
	"peers, and of the most ports for one address and the most sources for one file",
	{ &share_panel, &ports_panel, &sources_panel } };

int
chart_nodes(const struct request *q, struct figure *fig)
{
	return make(q, fig, &nodes_spec);
}

int
chart_success(const struct request *q, struct figure *fig)
{
	return make(q, fig, &success_spec);
}

int
chart_flood(const struct request *q, struct figure *fig)
{
	return make(q, fig, &flood_spec);
}

int
chart_channels(const struct request *q, struct figure *fig)
{
	return make(q, fig, &channels_spec);
}

int
chart_signs(const struct request *q, struct figure *fig)
{
	return make(q, fig, &signs_spec);
}
