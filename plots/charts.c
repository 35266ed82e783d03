/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/charts.h"

#include <stdio.h>
#include <string.h>

#include "data/lib/utctime.h"

const struct chart charts[] = {
	{ "nodes", "Nodes", SCOPE_WINDOW, chart_nodes,
	    "Distinct address and port pairs, as they came in and cleaned; the shaded space "
	    "between is the inflation. Keys alone miss nodes that share nothing, neighbour "
	    "lists hold nodes long gone: the truth lies between the cleaned lines of 24 "
	    "hours." },
	{ "flood", "Bogus keys", SCOPE_WINDOW, chart_flood,
	    "Impossible sources lie where no public node can be: special-purpose and multicast "
	    "ranges, and blocks that nobody was allocated at the time; uniformly random addresses hit them in 13.8 % of cases. "
	    "Below, the bogus sources of a round as estimated from all evidence, with the "
	    "95 % interval." },
	{ "success", "Connect success", SCOPE_WINDOW, chart_success,
	    "Of the nodes that a round dialled once, the share that completed a handshake, "
	    "with the 95 % Wilson interval. It falls when bogus nodes enter the list, and "
	    "when the sensor's own line is bad." },
	{ "channels", "Records by channel", SCOPE_WINDOW, chart_channels,
	    "What the sensor was told in a round: key advertisements, neighbour lists, search "
	    "queries. A flood through one channel lifts that one alone." },
	{ "signs", "Signs of a flood", SCOPE_WINDOW, chart_signs,
	    "Sources that were named in a single round of the last 24 hours, sources in a /16 "
	    "that is new to the baseline, the share of key records that the ten largest peers "
	    "delivered; then the most ports claimed for one address and the most sources "
	    "claimed for one file." },
	{ "blocks", "Address space", SCOPE_DAY, chart_blocks,
	    "Distinct sources of keys by first octet, and the difference from the baseline: as "
	    "many rounds before in which no flood went on. Genuine nodes gather in their providers' blocks; "
	    "random addresses fill "
	    "all alike." },
	{ "ttl", "Remaining lifetime of keys", SCOPE_DAY, chart_ttl,
	    "How long keys had left to live when they were handed over; the share of each class "
	    "in each bin." },
	{ "keys", "Files of a source", SCOPE_DAY, chart_keys,
	    "How many different files one source advertises, genuine against bogus." },
	{ "sheet", "Incident sheet", SCOPE_INCIDENT, chart_sheet,
	    "The four panels that tell most about this kind of incident." },
	{ "blocks", "Address space", SCOPE_INCIDENT, chart_blocks, "" },
	{ "peers", "Delivering peers", SCOPE_INCIDENT, chart_peers,
	    "Peers that handed bogus advertisements to the sensor, with the bogus share of what they "
	    "delivered and its 95 % Wilson interval; ranked by a cautious lower end of that "
	    "share, three standard deviations below, since three keys are no proof. "
	    "To deliver is not to make: a relay passes on what it was given. "
	    "'Probable injector' is said only when two methods agree over three rounds." },
	{ "ttl", "Remaining lifetime of keys", SCOPE_INCIDENT, chart_ttl, "" },
};
const size_t ncharts = sizeof(charts) / sizeof(charts[0]);

/* Whether some line is dashed where it sums less than a day. */
static bool
has_partial_days(const struct figure *fig)
{
	for (size_t i = 0; i < fig->npanels; i++)
		for (size_t k = 0; k < fig->panel[i].time.nlines; k++)
			if (fig->panel[i].time.line[k].of_day)
				return fig->frame.partial || fig->frame.young;
	return false;
}

const char *
chart_when(const struct request *q, const struct figure *fig)
{
	const struct time_frame *f = &fig->frame;
	char from[FORMAT_TEXT], to[FORMAT_TEXT], zone[FORMAT_TEXT], step[FORMAT_TEXT],
	    n[NUMBER_TEXT];
	int64_t usual = series_prep_usual_step(f->end_ms, f->n);

	format_fully(from, f->window.from_ms, q->offset_minutes,
	    f->window.to_ms - f->window.from_ms);
	format_fully(to, f->window.to_ms, q->offset_minutes,
	    f->window.to_ms - f->window.from_ms);
	return arena_print(q->arena, "%s to %s, %s round%s%s%s%s, times in %s%s%s", from, to,
	    number_format(n, (double)f->n, UNIT_COUNT), f->n == 1 ? "" : "s",
	    usual > 0 ? " " : "", usual > 0 ? format_span(step, usual) : "",
	    usual > 0 ? " apart" : "",
	    format_zone(zone, q->offset_minutes), f->weekends ? ", weekends shaded" : "",
	    has_partial_days(fig) ? "; dashed: sums of less than 24 hours" : "");
}

/* "2010-07-03 23:55 JST (2010-07-03 14:55 UTC)", or in UTC alone. */
static const char *
format_in_two_zones(const struct request *q, int64_t ms)
{
	char local[FORMAT_TEXT], utc[FORMAT_TEXT], zone[FORMAT_TEXT];

	format_time(local, ms, q->offset_minutes);
	format_time(utc, ms, 0);
	format_zone(zone, q->offset_minutes);
	if (q->offset_minutes == 0)
		return arena_print(q->arena, "%s UTC", utc);
	return arena_print(q->arena, "%s %.*s (%s UTC)", local, (int)strcspn(zone, " "), zone,
	    utc);
}

void
chart_head(const struct request *q, struct figure *fig, const char *what, const char *subtitle)
{
	const struct series_row *last = source_last_complete(q->source);
	char judged[FORMAT_TEXT];

	fig->title = arena_print(q->arena, "%s network: %s", q->source->overlay, what);
	fig->subtitle = subtitle;
	fig->foot_right = "counts are distinct addresses, not people";
	fig->foot_left = arena_print(q->arena,
	    "sensor %s, kansoku %s, data to round %u, %s%s%s",
	    q->source->sensor, KANSOKU_VERSION, last == NULL ? 0 : last->round,
	    format_in_two_zones(q, last == NULL ? q->source->until_ms : last->end_ms),
	    source_in_hindsight(q->source) ? ", judged with data to " : "",
	    source_in_hindsight(q->source) ?
	    format_time(judged, q->source->judged_ms, q->offset_minutes) : "");
}
