/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the charts share: a source filled by hand, and text in memory. */
#ifndef KANSOKU_TESTS_PLOTS_FIXTURE_H
#define KANSOKU_TESTS_PLOTS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/utctime.h"
#include "plots/charts.h"
#include "plots/source.h"

enum { JST = 540, ROUND_MS = 1500 * 1000 };
#define FIRST_MS	INT64_C(1272985200000)	/* 2010-05-05T00:00:00+09:00 */

static inline struct series_row
round_of(uint32_t i, double nodes, double bogus)
{
	struct series_row r = {
		.round = i + 1, .start_ms = FIRST_MS + (int64_t)i * ROUND_MS, .complete = true,
		.tried = nodes * 2, .reached = nodes, .success_low = 0.48, .success_high = 0.52,
		.instant = nodes + bogus, .day_keys = 2 * nodes + 20 * bogus,
		    .day_all = 3 * nodes + 20 * bogus,
		.instant_clean = nodes, .day_keys_clean = 2 * nodes, .day_all_clean = 3 * nodes,
		.day_addresses = 2 * nodes, .impossible_share =
		    0.138 * bogus / (nodes + bogus + 1),
		.new16_share = 0.01, .one_shot_share = 0.1, .max_ports = 3, .max_sources = 90,
		.top_share = 0.1, .records_keys = nodes * 60, .records_neighbours = nodes,
		.records_queries = nodes / 2, .flood = bogus, .flood_low = bogus * 0.9,
		.flood_high = bogus * 1.1,
	};

	r.end_ms = r.start_ms + ROUND_MS * 9 / 10;
	return r;
}

/* n rounds of a day's wave; from 40 to 50 % a flood, from 70 to 75 % nothing measured. */
static inline void
fill_source(struct source *s, size_t n)
{
	*s = (struct source){ .until_ms = UNKNOWN };
	for (size_t i = 0; i < n; i++) {
		bool flood = i * 10 >= n * 4 && i * 10 < n * 5;
		struct series_row r = round_of((uint32_t)i,
		    floor(3000 + 400 * sin((double)i / 9)), flood ? 500 : 0);

		r.complete = !(i * 20 >= n * 14 && i * 20 < n * 15);
		source_add_row(s, &r);
	}
	source_settle(s);
}

static inline void
add_incident(struct source *s, int64_t id, enum incident_kind kind, size_t from, size_t to)
{
	struct incident_row i = {
		.id = id, .kind = kind, .first_round = (uint32_t)from + 1,
		    .last_round = (uint32_t)to,
		.start_ms = FIRST_MS + (int64_t)from * ROUND_MS,
		.end_ms = to == 0 ? UNKNOWN : FIRST_MS + (int64_t)to * ROUND_MS, .severity = 2,
		.bogus = 61000, .bogus_low = 59000, .bogus_high = 63500,
		    .rounds = (int64_t)(to - from),
		.summary = "A flood.",
	};

	i.peak_ms = i.start_ms;
	source_add_incident(s, &i);
}

static inline struct request
request_of(struct arena *a, const struct source *s)
{
	struct request q = { .arena = a, .source = s, .offset_minutes = JST };

	q.window.span = (struct span){ s->n > 0 ? s->row[0].start_ms : FIRST_MS,
	    s->n > 0 ? s->row[s->n - 1].end_ms : FIRST_MS + DAY_MS };
	strcpy(q.window.name, "all");
	strcpy(q.window.title, "last 60 days");
	return q;
}

static inline const struct chart *
chart_named(const char *name)
{
	for (size_t i = 0; i < ncharts; i++)
		if (strcmp(charts[i].name, name) == 0)
			return &charts[i];
	fail_msg("no chart %s", name);
	return NULL;
}

/* What a writer writes; free it. */
struct memory { char *p; size_t n; FILE *f; };

static inline FILE *
memory_open(struct memory *m)
{
	*m = (struct memory){ NULL, 0, NULL };
	m->f = open_memstream(&m->p, &m->n);
	assert_non_null(m->f);
	return m->f;
}

static inline char *
memory_text(struct memory *m)
{
	assert_int_equal(fclose(m->f), 0);
	return m->p;
}

#endif
