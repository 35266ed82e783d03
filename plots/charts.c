/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/charts.h"

#include <stdio.h>

#include "data/when.h"

const struct chart charts[] = {
	{ "nodes", "Nodes", "", SCOPE_WINDOW, chart_nodes },
	{ "success", "Connect success", "", SCOPE_WINDOW, chart_success },
	{ "flood", "Bogus keys", "", SCOPE_WINDOW, chart_flood },
	{ "channels", "Records by channel", "", SCOPE_WINDOW, chart_channels },
	{ "signs", "Signs of a flood", "", SCOPE_WINDOW, chart_signs },
};
const size_t ncharts = sizeof(charts) / sizeof(charts[0]);

const char *
chart_when(const struct request *q, const struct frame *f)
{
	char from[SAID], to[SAID], zone[SAID], step[SAID], n[NUMBER_TEXT];
	int64_t usual = prep_usual_step(f->end_ms, f->n);

	said_time(from, f->window.from_ms, q->offset_minutes);
	said_time(to, f->window.to_ms, q->offset_minutes);
	return arena_print(q->arena, "%s to %s, %s round%s%s%s, times in %s%s", from, to,
	    number_format(n, (double)f->n, UNIT_COUNT), f->n == 1 ? "" : "s",
	    usual > 0 ? ", one every " : "", usual > 0 ? said_span(step, usual) : "",
	    said_zone(zone, q->offset_minutes), f->weekends ? ", weekends shaded" : "");
}

void
chart_head(const struct request *q, struct figure *fig, const char *what, const char *subtitle)
{
	const struct series_row *last = source_last_complete(q->source);
	char local[SAID], utc[SAID], zone[SAID];

	fig->title = arena_print(q->arena, "%s network: %s", q->source->overlay, what);
	fig->subtitle = subtitle;
	fig->foot_right = "counts are distinct addresses, not people";
	fig->foot_left = arena_print(q->arena, "sensor %s, kansoku %s, data to round %u, %s %s (%s UTC)",
	    q->source->sensor, KANSOKU_VERSION, last == NULL ? 0 : last->round,
	    said_time(local, last == NULL ? q->source->until_ms : last->end_ms, q->offset_minutes),
	    said_zone(zone, q->offset_minutes),
	    said_time(utc, last == NULL ? q->source->until_ms : last->end_ms, 0));
}
