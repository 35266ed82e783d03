/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The node chart of 60 days, 57 rounds a day: seconds and bytes of its SVG, and
 * seconds of its PNG, against what an unattended page may cost.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "data/lib/utctime.h"
#include "plots/charts.h"
#include "plots/render.h"

enum { ROUNDS = 60 * 57, STEP_MS = 1500 * 1000 };

/* Of this process alone, so that what else the machine does is not counted. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
fill(struct source *s)
{
	*s = (struct source){ .until_ms = UNKNOWN };
	for (uint32_t i = 0; i < ROUNDS; i++) {
		double n = 45000 + 6000 * sin(i / 9.1) + 3000 * sin(i * 7.7), bogus = i % 1000 < 100 ? 1000 : 0;
		struct series_row r = {
			.round = i + 1, .start_ms = 40 * 365 * DAY_MS + (int64_t)i * STEP_MS, .complete = true,
			.tried = 2 * n, .reached = n, .success_low = 0.48, .success_high = 0.52,
			.instant = n + bogus, .day_keys = 2 * n + 40 * bogus, .day_all = 3 * n + 40 * bogus,
			.instant_clean = n, .day_keys_clean = 2 * n, .day_all_clean = 3 * n,
		};

		r.end_ms = r.start_ms + STEP_MS * 9 / 10;
		source_add_row(s, &r);
	}
	source_settle(s);
}

/* Seconds to make and draw the chart; its size in *bytes. */
static double
draw(const struct source *s, enum canvas_form form, size_t *bytes)
{
	struct arena a = { NULL };
	struct request q = { .arena = &a, .source = s, .offset_minutes = 540 };
	struct figure fig;
	double start = now();
	char *text = NULL;
	FILE *f = open_memstream(&text, bytes);

	q.window.span = (struct span){ s->row[0].start_ms, s->until_ms };
	if (f == NULL || chart_nodes(&q, &fig) != 0 || render(&fig, &page_wide, form, f) != 0)
		exit(1);
	fclose(f);
	free(text);
	arena_free(&a);
	return now() - start;
}

int
main(void)
{
	struct source s;
	size_t svg, png;
	double seconds;

	fill(&s);
	seconds = draw(&s, CANVAS_SVG, &svg);
	printf("chart_svg_60d %.4f s at_most 0.1 s %.4f ratio<1\n", seconds, seconds / 0.1);
	printf("chart_svg_60d_size %zu bytes at_most 200000 bytes %.4f ratio<1\n", svg, (double)svg / 200000);
	seconds = draw(&s, CANVAS_PNG, &png);
	printf("chart_png_60d %.4f s at_most 1 s %.4f ratio<1\n", seconds, seconds);
	source_free(&s);
	return 0;
}
