/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Out of numbers a figure, out of a figure a picture and a CSV that agree. */
#include "tests/unit/plots/fixture.h"

#include "tests/unit/plots/library_leaks.h"
#include "plots/time_frame.h"
#include "plots/font_metrics.h"
#include "plots/glossary.h"
#include "plots/render.h"
#include "plots/table.h"

static char *
svg_of(const struct figure *fig, const struct page *page)
{
	struct memory m;

	assert_int_equal(render(fig, page, CANVAS_SVG, memory_open(&m)), 0);
	return memory_text(&m);
}

static char *
csv_of(const struct figure *fig)
{
	struct memory m;

	table_write(fig, memory_open(&m));
	return memory_text(&m);
}

/* ---- the CSV ------------------------------------------------------------------- */

/* Cell k of a line; "" past its end. */
static const char *
cell(const char *line, size_t k, char buf[64])
{
	size_t n;

	for (; k > 0; k--) {
		line += strcspn(line, ",\n");
		line += *line == ',';
	}
	n = strcspn(line, ",\n");
	snprintf(buf, 64, "%.*s", (int)n, line);
	return buf;
}

static size_t
column_of(const char *csv, const char *name)
{
	char buf[64];

	for (size_t k = 0; k < 40; k++)
		if (strcmp(cell(csv, k, buf), name) == 0)
			return k;
	fail_msg("no column %s", name);
	return 0;
}

static void
check_line(const char *csv, const struct time_frame *f, const struct line *l)
{
	size_t k = column_of(csv, l->column);
	const char *row = strchr(csv, '\n') + 1;
	char buf[64], want[64];

	for (size_t i = 0; i < f->n; i++, row = strchr(row, '\n') + 1) {
		snprintf(want, sizeof(want), isfinite(l->v[i]) ? "%.10g" : "", l->v[i]);
		assert_string_equal(cell(row, k, buf), want);
	}
}

static void
the_csv_holds_the_drawn_numbers(void **state)
{
	static const char *const names[] = { "nodes", "success", "flood", "channels", "signs" };
	struct source s;
	struct figure fig;

	(void)state;
	fill_source(&s, 300);
	for (size_t c = 0; c < 5; c++) {
		struct arena a = { NULL };
		struct request q = request_of(&a, &s);
		char *csv;

		assert_int_equal(chart_named(names[c])->make(&q, &fig), 0);
		csv = csv_of(&fig);
		for (size_t i = 0; i < fig.npanels; i++)
			for (size_t k = 0; k < fig.panel[i].time.nlines; k++)
				check_line(csv, &fig.frame, &fig.panel[i].time.line[k]);
		free(csv);
		arena_free(&a);
	}
	source_free(&s);
}

static void
the_csv_of_a_round_is_known(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct figure fig;
	struct request q;
	char *csv;

	(void)state;
	fill_source(&s, 1);
	q = request_of(&a, &s);
	assert_int_equal(chart_nodes(&q, &fig), 0);
	csv = csv_of(&fig);
	assert_string_equal(csv,
	    "round,start,end,measured_of_24h,day_all,day_keys,instant,day_all_clean,day_keys_clean,"
	    "instant_clean,success,success_low,success_high\n"
	    "1,2010-05-04T15:00:00.000Z,2010-05-04T15:22:30.000Z,0.01562,9000,6000,3000,9000,6000,3000,0.5,0.48,0.52\n");
	free(csv);
	arena_free(&a);
	source_free(&s);
}

/* The legend's last, min, mean and max are those of the CSV's column, full days alone for sums of a day. */
static void
the_table_of_lines_says_what_the_csv_says(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct figure fig;
	struct request q;
	char *svg, text[NUMBER_TEXT], want[NUMBER_TEXT + 16];

	(void)state;
	fill_source(&s, 300);
	q = request_of(&a, &s);
	assert_int_equal(chart_nodes(&q, &fig), 0);
	svg = svg_of(&fig, &page_wide);
	for (size_t k = 0; k < fig.panel[0].time.nlines; k++) {
		const struct line *l = &fig.panel[0].time.line[k];
		double *v = arena_take(&a, fig.frame.n, sizeof(*v));
		struct summary sum;

		for (size_t i = 0; i < fig.frame.n; i++)
			v[i] = l->of_day && fig.frame.day_share[i] < FULL_DAY ? NAN : l->v[i];
		sum = series_prep_summary(v, fig.frame.n);
		const double said[] = { sum.last, sum.min, sum.mean, sum.max };

		for (size_t i = 0; i < 4; i++) {
			snprintf(want, sizeof(want), ">%s</text>",
			    number_format(text, said[i], UNIT_COUNT));
			assert_non_null(strstr(svg, want));
		}
	}
	free(svg);
	arena_free(&a);
	source_free(&s);
}

static bool
has_meaning(const char *column)
{
	for (size_t i = 0; i < nglossary; i++)
		if (strstr(glossary[i].column, column) != NULL)
			return true;
	return false;
}

static void
every_line_has_a_definition(void **state)
{
	struct source s;
	struct figure fig;

	(void)state;
	fill_source(&s, 100);
	for (size_t c = 0; c < ncharts; c++) {
		struct arena a = { NULL };
		struct request q = request_of(&a, &s);

		if (charts[c].scope == SCOPE_WINDOW && charts[c].make(&q, &fig) == 0)
			for (size_t i = 0; i < fig.npanels; i++)
				for (size_t k = 0; k < fig.panel[i].time.nlines; k++)
					assert_true(has_meaning(fig.panel[i].time.line[k].column));
		arena_free(&a);
	}
	source_free(&s);
}

/* ---- gaps and marks ------------------------------------------------------------------ */

static void
an_outage_is_hatched_said_and_not_bridged(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct figure fig;
	struct request q;
	char *svg;

	(void)state;
	fill_source(&s, 300);
	q = request_of(&a, &s);
	assert_int_equal(chart_nodes(&q, &fig), 0);
	assert_int_equal(fig.frame.ngaps, 1);
	assert_int_equal(fig.frame.gaps[0].from_ms, s.row[209].end_ms);
	assert_int_equal(fig.frame.gaps[0].to_ms, s.row[225].start_ms);
	assert_int_equal(fig.frame.cut[225], 1);
	svg = svg_of(&fig, &page_wide);
	assert_non_null(strstr(svg, ">no data</text>"));
	assert_non_null(strstr(svg, "not measured, not zero"));
	assert_non_null(strstr(svg, "JST (UTC+09:00)"));
	free(svg);
	arena_free(&a);
	source_free(&s);
}

static void
sums_of_less_than_a_day_are_dashed(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct figure fig;
	struct request q;
	char *svg;

	(void)state;
	fill_source(&s, 300);
	q = request_of(&a, &s);
	assert_int_equal(chart_nodes(&q, &fig), 0);
	assert_true(fig.frame.partial);
	assert_true(fig.frame.day_share[20] < 0.5 && fig.frame.day_share[70] == 1);
	assert_true(fig.frame.day_share[226] < 0.9);		/* behind the outage */
	svg = svg_of(&fig, &page_wide);
	assert_non_null(strstr(svg, "stroke=\"#bf8400\" stroke-width=\"14\" stroke-dasharray"));
	assert_null(strstr(svg, "stroke=\"#1f66c1\" stroke-width=\"14\" stroke-dasharray"));
	assert_non_null(strstr(svg, "dashed: sums of less than 24 hours"));
	free(svg);
	assert_int_equal(chart_signs(&q, &fig), 0);
	assert_non_null(strstr(fig.subtitle, "dashed"));
	assert_int_equal(chart_success(&q, &fig), 0);		/* sums nothing */
	assert_null(strstr(fig.subtitle, "dashed"));
	q.window.span.to_ms = s.row[30].end_ms;			/* nothing but less: a demo */
	assert_int_equal(chart_nodes(&q, &fig), 0);
	assert_false(fig.frame.partial);
	svg = svg_of(&fig, &page_wide);
	assert_non_null(strstr(svg, "stroke=\"#bf8400\" stroke-width=\"14\" stroke-dasharray"));
	assert_non_null(strstr(svg, ">13 h so far, sources of keys</text>"));
	assert_null(strstr(svg, ">24 h, "));
	assert_non_null(strstr(svg, ">50.0 %</text>"));		/* of connect success, a half in data */
	assert_non_null(strstr(svg, "dashed: sums of less than 24 hours"));
	assert_true(fig.panel[0].time.line[1].v[30] > 0);	/* which is tabulated, and no mean */
	free(svg);
	svg = svg_of(&fig, &page_narrow);
	assert_non_null(strstr(svg, ">13 h so far, keys</text>"));
	free(svg);
	assert_int_equal(chart_signs(&q, &fig), 0);
	assert_string_equal(fig.panel[1].time.line[0].label, "most ports claimed for one address, 13 h so far");
	arena_free(&a);
	source_free(&s);
}

static void
incidents_are_numbered_and_the_gravest_listed(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct figure fig;
	struct request q;
	size_t listed = 0;
	char *svg;

	(void)state;
	fill_source(&s, 300);
	for (int64_t id = 1; id <= 20; id++)
		add_incident(&s, id, id % 2 ? INC_RANDOM_SOURCES : INC_OUTAGE, (size_t)id * 10,
		    (size_t)id * 10 + 6);
	s.incident[2].severity = 3;
	s.incident[3].start_ms = FIRST_MS - 10 * DAY_MS;
	s.incident[3].end_ms = FIRST_MS - 9 * DAY_MS;		/* before the window */
	q = request_of(&a, &s);
	assert_int_equal(chart_nodes(&q, &fig), 0);
	assert_int_equal(fig.frame.nmarks, 19);
	for (size_t i = 0; i < fig.frame.nmarks; i++)
		listed += fig.frame.marks[i].listed;
	assert_int_equal(listed, FRAME_EVENTS);
	assert_true(fig.frame.marks[2].listed);
	svg = svg_of(&fig, &page_wide);
	assert_non_null(strstr(svg, ">#3</text>"));
	assert_non_null(strstr(svg, "and 13 more"));
	assert_null(strstr(svg, ">#4</text>"));
	free(svg);
	arena_free(&a);
	source_free(&s);
}

/* Beside a name of any length its text begins behind it; dates are said where the window has none. */
static void
events_have_room_and_a_date(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct figure fig;
	struct request q;
	const char *name, *text;
	char *svg;
	double x = 0, behind = 0;

	(void)state;
	fill_source(&s, 300);
	add_incident(&s, 10001, INC_OUTAGE, 10, 280);
	add_incident(&s, 10002, INC_RANDOM_SOURCES, 260, 270);
	q = request_of(&a, &s);
	q.window.span = (struct span){ s.until_ms - DAY_MS, s.until_ms };
	assert_int_equal(chart_nodes(&q, &fig), 0);
	assert_string_equal(fig.frame.marks[0].text, "05-05 04:10 - 05-09 20:40 sensor down, 61,000 bogus");
	assert_string_equal(fig.frame.marks[1].text, "12:20 - 16:30 random addresses, 61,000 bogus");
	svg = svg_of(&fig, &page_wide);
	name = strstr(svg, ">#10001</text>");
	text = strstr(svg, ">05-05 04:10");
	assert_non_null(name);
	assert_non_null(text);
	while (name > svg && strncmp(name, " x=\"", 4) != 0)
		name--;
	while (text > svg && strncmp(text, " x=\"", 4) != 0)
		text--;
	x = strtod(name + 4, NULL);
	behind = strtod(text + 4, NULL);
	assert_true(behind >= x + font_width("#10001", page_wide.label, true) + 5);
	free(svg);
	arena_free(&a);
	source_free(&s);
}

static void
an_open_incident_reaches_the_window_s_end(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct time_frame f;

	(void)state;
	fill_source(&s, 100);
	add_incident(&s, 1, INC_RANDOM_SOURCES, 90, 0);
	time_frame_make(&a, &f, &s, (struct span){ FIRST_MS, s.until_ms }, JST);
	assert_int_equal(f.marks[0].when.to_ms, s.until_ms);
	assert_memory_equal(f.marks[0].text, "since ", 6);
	arena_free(&a);
	source_free(&s);
}

/* ---- hard data -------------------------------------------------------------------------- */

static void
draw_all(const struct source *s, int *drawn)
{
	struct figure fig;

	for (size_t i = 0; i < ncharts; i++) {
		struct arena a = { NULL };
		struct request q = request_of(&a, s);
		int made;

		q.incident = s->nincidents > 0 ? &s->incident[0] : NULL;
		if (charts[i].scope == SCOPE_INCIDENT && q.incident == NULL)
			continue;
		made = charts[i].make(&q, &fig);
		assert_true(made >= 0);
		for (int k = 0; k < 2 && made == 0; k++) {
			char *svg = svg_of(&fig, k ? &page_wide : &page_narrow);

			assert_null(strstr(svg, "nan"));
			assert_null(strstr(svg, "inf "));
			assert_non_null(strstr(svg, "</svg>"));
			free(svg);
			++*drawn;
		}
		arena_free(&a);
	}
}

static void
no_number_of_rounds_is_too_small(void **state)
{
	static const struct { size_t n; int least; } cases[] =
	    { { 0, 0 }, { 1, 10 }, { 2, 10 }, { 8, 10 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct source s;
		int drawn = 0;

		fill_source(&s, cases[i].n);
		add_incident(&s, 1, INC_RANDOM_SOURCES, 0, 1);
		draw_all(&s, &drawn);
		assert_true(drawn >= cases[i].least);
		source_free(&s);
	}
}

static void
every_kind_of_incident_has_a_sheet(void **state)
{
	(void)state;
	for (int kind = 0; kind < INC_NKIND; kind++) {
		struct source s;
		int drawn = 0;

		fill_source(&s, 120);
		add_incident(&s, 1, kind, 40, kind % 2 ? 0 : 60);
		draw_all(&s, &drawn);
		assert_true(drawn >= 12);
		source_free(&s);
	}
}

static void
events_are_headed_only_where_there_are_any(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct figure fig;
	struct request q;
	char *svg;

	(void)state;
	fill_source(&s, 60);
	q = request_of(&a, &s);
	q.window.span.to_ms = s.row[30].end_ms;
	assert_int_equal(chart_success(&q, &fig), 0);
	svg = svg_of(&fig, &page_wide);
	assert_null(strstr(svg, ">events<"));
	free(svg);
	add_incident(&s, 1, INC_RANDOM_SOURCES, 10, 20);
	assert_int_equal(chart_success(&q, &fig), 0);
	svg = svg_of(&fig, &page_wide);
	assert_non_null(strstr(svg, ">events<"));
	free(svg);
	arena_free(&a);
	source_free(&s);
}

static void
nothing_measured_is_nothing_to_draw(void **state)
{
	struct source s = { .until_ms = UNKNOWN };
	int drawn = 0;

	(void)state;
	for (uint32_t i = 0; i < 50; i++) {
		struct series_row r = round_of(i, 3000, 0);

		r.complete = false;
		source_add_row(&s, &r);
	}
	source_settle(&s);
	assert_null(source_last_complete(&s));
	draw_all(&s, &drawn);
	assert_int_equal(drawn, 0);
	source_free(&s);
}

static void
counts_beyond_all_measure_are_drawn(void **state)
{
	static const double huge[] = { 1e18, 1e300, 1e-9, 0 };

	(void)state;
	for (size_t k = 0; k < sizeof(huge) / sizeof(huge[0]); k++) {
		struct source s = { .until_ms = UNKNOWN };
		int drawn = 0;

		for (uint32_t i = 0; i < 50; i++) {
			struct series_row r = round_of(i, huge[k], huge[k]);

			source_add_row(&s, &r);
		}
		source_settle(&s);
		draw_all(&s, &drawn);
		assert_true(drawn >= 10);
		source_free(&s);
	}
}

static void
a_million_rounds_make_a_small_file(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct figure fig;
	struct request q;
	char *svg;

	(void)state;
	fill_source(&s, 1000000);
	q = request_of(&a, &s);
	assert_int_equal(chart_nodes(&q, &fig), 0);
	svg = svg_of(&fig, &page_wide);
	assert_true(strlen(svg) < 400 * 1000);
	free(svg);
	arena_free(&a);
	source_free(&s);
}

static void
sixty_days_fit_two_hundred_kilobytes(void **state)
{
	struct arena a = { NULL };
	struct source s;
	struct figure fig;
	struct request q;
	char *svg, *again;

	(void)state;
	fill_source(&s, 60 * 57);
	q = request_of(&a, &s);
	assert_int_equal(chart_nodes(&q, &fig), 0);
	svg = svg_of(&fig, &page_wide);
	again = svg_of(&fig, &page_wide);
	assert_true(strlen(svg) < 200 * 1000);
	assert_string_equal(svg, again);
	free(again);
	free(svg);
	arena_free(&a);
	source_free(&s);
}

/* ---- what a damaged or hostile database can hold ----------------------------------------- */

static void
numbers_that_cannot_be_are_not_measured(void **state)
{
	struct source s = { .until_ms = UNKNOWN };
	struct series_row r = round_of(0, 3000, 0);
	int drawn = 0;

	(void)state;
	r.instant = -5;
	r.day_all = INFINITY;
	r.impossible_share = 1.0001;
	r.top_share = 1;
	r.start_ms = INT64_MIN;
	source_add_row(&s, &r);
	assert_true(isnan(s.row[0].instant) && isnan(s.row[0].day_all) &&
	    s.row[0].day_keys == 6000);
	assert_true(isnan(s.row[0].impossible_share) && s.row[0].top_share == 1);
	assert_int_equal(s.row[0].start_ms, s.row[0].end_ms);
	r.end_ms = INT64_MAX;
	source_add_row(&s, &r);
	r.end_ms = UNKNOWN;
	source_add_row(&s, &r);
	assert_int_equal(s.n, 1);
	source_settle(&s);
	draw_all(&s, &drawn);
	source_free(&s);
}

static void
rounds_come_into_order(void **state)
{
	struct source s = { .until_ms = UNKNOWN };

	(void)state;
	for (uint32_t i = 9; i > 0; i--) {
		struct series_row r = round_of(i, 3000, 0);

		source_add_row(&s, &r);
	}
	source_settle(&s);
	for (size_t i = 1; i < s.n; i++)
		assert_true(s.row[i].end_ms > s.row[i - 1].end_ms);
	assert_int_equal(s.until_ms, s.row[8].end_ms);
	source_free(&s);
}

static void
incidents_that_cannot_be_are_left_out(void **state)
{
	struct source s = { .until_ms = UNKNOWN };
	struct incident_row i = { .id = 1, .kind = (enum incident_kind)77,
	    .start_ms = FIRST_MS };

	(void)state;
	source_add_incident(&s, &i);
	i.kind = INC_OUTAGE;
	i.start_ms = INT64_MAX;
	source_add_incident(&s, &i);
	i.start_ms = FIRST_MS;
	i.id = -3;
	source_add_incident(&s, &i);
	assert_int_equal(s.nincidents, 0);
	i.id = 3;
	i.end_ms = FIRST_MS - 1;
	i.peak_ms = INT64_MIN;
	source_add_incident(&s, &i);
	assert_int_equal(s.nincidents, 1);
	assert_true(s.incident[0].end_ms == FIRST_MS && s.incident[0].peak_ms == FIRST_MS);
	assert_string_equal(s.incident[0].summary, "");
	source_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_csv_holds_the_drawn_numbers),
		cmocka_unit_test(the_csv_of_a_round_is_known),
		cmocka_unit_test(the_table_of_lines_says_what_the_csv_says),
		cmocka_unit_test(every_line_has_a_definition),
		cmocka_unit_test(an_outage_is_hatched_said_and_not_bridged),
		cmocka_unit_test(sums_of_less_than_a_day_are_dashed),
		cmocka_unit_test(incidents_are_numbered_and_the_gravest_listed),
		cmocka_unit_test(events_have_room_and_a_date),
		cmocka_unit_test(events_are_headed_only_where_there_are_any),
		cmocka_unit_test(an_open_incident_reaches_the_window_s_end),
		cmocka_unit_test(no_number_of_rounds_is_too_small),
		cmocka_unit_test(every_kind_of_incident_has_a_sheet),
		cmocka_unit_test(nothing_measured_is_nothing_to_draw),
		cmocka_unit_test(counts_beyond_all_measure_are_drawn),
		cmocka_unit_test(a_million_rounds_make_a_small_file),
		cmocka_unit_test(sixty_days_fit_two_hundred_kilobytes),
		cmocka_unit_test(numbers_that_cannot_be_are_not_measured),
		cmocka_unit_test(rounds_come_into_order),
		cmocka_unit_test(incidents_that_cannot_be_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
