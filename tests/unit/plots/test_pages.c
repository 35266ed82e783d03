/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sentence, the state, the summaries and the pages. */
#include "tests/unit/plots/fixture.h"

#include <jansson.h>

#include "plots/gallery.h"

static struct arena arena;

static struct summary_page
page_of(const struct source *s)
{
	return (struct summary_page){ s, &arena, JST, 0 };
}

static int
forget(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static char *
written(int (*write_it)(const struct summary_page *, FILE *), const struct source *s)
{
	struct summary_page p = page_of(s);
	struct memory m;

	assert_int_equal(write_it(&p, memory_open(&m)), 0);
	return memory_text(&m);
}

/* ---- the sentence -------------------------------------------------------------- */

static void
without_a_flood_the_sentence_says_so(void **state)
{
	struct source s;
	struct summary_page p;

	(void)state;
	fill_source(&s, 300);
	p = page_of(&s);
	assert_string_equal(summary_sentence(&p),
	    "Overlay nodes seen in the 24 hours to 10 May 2010, 04:57 "
	    "JST: about 6,780; no flood of bogus advertisements is under way.");
	assert_int_equal(summary_state(&s), STATE_OK);
	source_free(&s);
}

static void
a_flood_s_inflation_is_quantified_and_dated(void **state)
{
	struct source s;
	struct summary_page p;

	(void)state;
	fill_source(&s, 100);
	s.row[99].day_keys = s.row[99].day_keys_clean + 60321;
	add_incident(&s, 7, INC_RANDOM_SOURCES, 90, 0);
	p = page_of(&s);
	assert_non_null(strstr(summary_sentence(&p),
	    "is inflated by about 60,300 bogus addresses since 6 May 2010, 13:30."));
	assert_string_equal(summary_state_words(&p),
	    "A flood of bogus advertisements is under way (incident #7).");
	assert_int_equal(summary_state(&s), STATE_FLOOD);
	source_free(&s);
}

static void
a_flood_that_ended_today_is_still_named(void **state)
{
	struct source s;
	struct summary_page p;

	(void)state;
	fill_source(&s, 100);
	s.row[99].day_keys = s.row[99].day_keys_clean + 1000;
	add_incident(&s, 7, INC_RANDOM_SOURCES, 50, 95);
	p = page_of(&s);
	assert_non_null(strstr(summary_sentence(&p),
	    "still inflated by about 1,000 bogus addresses of the "
	    "flood that ended on 6 May 2010"));
	assert_int_equal(summary_state(&s), STATE_OK);
	source_free(&s);
}

static void
an_outage_is_no_flood(void **state)
{
	struct source s;
	struct summary_page p;

	(void)state;
	fill_source(&s, 100);
	add_incident(&s, 1, INC_OUTAGE, 90, 0);
	add_incident(&s, 2, INC_POPULATION_STEP, 95, 0);
	add_incident(&s, 3, INC_REACHABILITY_DROP, 95, 0);
	p = page_of(&s);
	assert_non_null(strstr(summary_sentence(&p), "no flood"));
	assert_int_equal(summary_state(&s), STATE_OK);
	source_free(&s);
}

static void
a_young_database_does_not_claim_a_day(void **state)
{
	struct source s;
	struct summary_page p;

	(void)state;
	fill_source(&s, 4);
	p = page_of(&s);
	assert_non_null(strstr(summary_sentence(&p), "seen in the 98 minutes to"));
	source_free(&s);
	s = (struct source){ .until_ms = UNKNOWN };
	source_settle(&s);
	p = page_of(&s);
	assert_string_equal(summary_sentence(&p), "No nodes were counted yet.");
	source_free(&s);
}

static void
a_day_with_an_outage_says_how_much_was_measured(void **state)
{
	struct source s;
	struct summary_page p;

	(void)state;
	fill_source(&s, 260);		/* rounds 182 to 194 are missing */
	s.n = 210;
	source_settle(&s);
	p = page_of(&s);
	assert_non_null(strstr(summary_sentence(&p), "JST, of which 19 were measured: about"));
	source_free(&s);
}

static void
counts_that_were_not_cleaned_are_called_raw(void **state)
{
	struct source s;
	struct summary_page p;

	(void)state;
	fill_source(&s, 100);
	s.row[99].day_keys_clean = NAN;
	p = page_of(&s);
	assert_non_null(strstr(summary_sentence(&p), "the count is raw"));
	source_free(&s);
}

static void
no_round_for_long_is_stale(void **state)
{
	struct source s;
	struct summary_page p;

	(void)state;
	fill_source(&s, 100);
	s.until_given = true;
	s.until_ms += 5 * HOUR_MS;
	p = page_of(&s);
	assert_int_equal(summary_state(&s), STATE_STALE);
	assert_non_null(strstr(summary_last_round(&p),
	    "about 5 hours before the end of the data"));
	source_free(&s);
}

/* ---- the summaries ---------------------------------------------------------------- */

static void
an_incident_is_said_in_the_page_s_own_time(void **state)
{
	struct source s;
	struct summary_page p;

	(void)state;
	fill_source(&s, 300);
	add_incident(&s, 7, INC_RANDOM_SOURCES, 120, 180);
	add_incident(&s, 8, INC_OUTAGE, 200, 210);
	p = page_of(&s);
	assert_string_equal(summary_incident(&p, &s.incident[0]),
	    "Flood of advertisements that name random addresses, "
	    "7 May 2010, 02:00 to 8 May 2010, 03:00 JST: about 61,000 bogus sources (59,000 to 63,500); "
	    "source not determined.");
	s.incident[0].end_ms = UNKNOWN;
	s.incident[0].bogus = NAN;
	s.incident[0].injector = true;
	p.offset_minutes = 0;
	assert_string_equal(summary_incident(&p, &s.incident[0]),
	    "Flood of advertisements that name random addresses, "
	    "since 6 May 2010, 17:00 UTC; a probable injector was found.");
	assert_string_equal(summary_incident(&p, &s.incident[1]), s.incident[1].summary);
	source_free(&s);
}

static void
a_page_of_the_past_says_what_judged_it(void **state)
{
	struct source s;
	struct summary_page p;
	char *text;

	(void)state;
	fill_source(&s, 300);
	p = page_of(&s);
	assert_null(summary_hindsight(&p));
	s.until_given = true;
	s.judged_ms = s.until_ms + DAY_MS;
	assert_string_equal(summary_hindsight(&p),
	    "Verdicts and cleaned counts are judged with all data to "
	    "2010-05-11 04:57 JST, later than this page's end.");
	add_incident(&s, 1, INC_RANDOM_SOURCES, 290, 0);
	assert_non_null(strstr(summary_hindsight(&p),
	    "the size of a flood that is still open here is left out"));
	text = written(summary_write_text, &s);
	assert_non_null(strstr(text, "judged with all data to 2010-05-11 04:57 JST"));
	free(text);
	source_free(&s);
}

static void
a_page_says_how_its_data_came_here(void **state)
{
	struct source s;
	struct summary_page p;
	char *text;

	(void)state;
	fill_source(&s, 300);
	p = page_of(&s);
	s.origin[ORIGIN_CRAWLED] = 300;
	assert_null(summary_origin(&p));
	s.origin[ORIGIN_CAPTURED] = 5;
	s.origin[ORIGIN_IMPORTED] = 40;
	assert_string_equal(summary_origin(&p), "How it came here: of 345 rounds 40 were imported from files of"
	    " observations, which this program did not receive itself, and 5 were captured on a network of its"
	    " owner's, and show what crossed it.");
	text = written(summary_write_text, &s);
	assert_non_null(strstr(text, "40 were imported"));
	free(text);
	s.origin[ORIGIN_CRAWLED] = s.origin[ORIGIN_CAPTURED] = 0;
	assert_non_null(strstr(summary_origin(&p), "of 40 rounds all were imported"));
	source_free(&s);
}

static void
the_json_is_json_and_complete(void **state)
{
	struct source s;
	json_t *j, *incidents;
	char *text;

	(void)state;
	fill_source(&s, 100);
	add_incident(&s, 1, INC_RANDOM_SOURCES, 10, 20);
	add_incident(&s, 2, INC_TARGETED_HASH, 90, 0);
	s.sensor = "a \"quoted\" \\ sensor";
	s.row[99].flood = NAN;
	text = written(summary_write_json, &s);
	j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "sensor")), s.sensor);
	assert_true(json_is_null(json_object_get(json_object_get(j, "last_round"), "flood")));
	assert_true(json_number_value(json_object_get(json_object_get(j, "last_round"),
	    "day_all")) ==
	    s.row[99].day_all);
	assert_int_equal(json_integer_value(json_object_get(j, "age_seconds")), 0);
	incidents = json_object_get(j, "incidents");
	assert_int_equal(json_array_size(incidents), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(incidents, 1),
	    "kind")),
	    "targeted-hash");
	assert_true(json_is_null(json_object_get(json_array_get(incidents, 1), "end")));
	json_decref(j);
	free(text);
	source_free(&s);
}

/* Every sample has a HELP and a TYPE before it, and a number that is one. */
static void
the_metrics_are_well_formed(void **state)
{
	struct source s;
	char *text, *line, *rest, type[128] = "";

	(void)state;
	fill_source(&s, 100);
	s.row[99].flood = NAN;
	text = rest = written(summary_write_prom, &s);
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		char name[128], *end;

		if (strncmp(line, "# TYPE ", 7) == 0)
			snprintf(type, sizeof(type), "%.*s", (int)strcspn(line + 7, " "),
			    line + 7);
		if (*line == '#')
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, "{ "), line);
		assert_string_equal(name, type);
		assert_true(isfinite(strtod(strrchr(line, ' ') + 1, &end)));
		assert_true(*end == '\0');
	}
	free(text);
	source_free(&s);
}

static void
the_mail_has_sentence_numbers_and_incidents(void **state)
{
	struct source s;
	char *text;

	(void)state;
	fill_source(&s, 100);
	for (int64_t i = 1; i <= 30; i++)
		add_incident(&s, i, INC_RANDOM_SOURCES, (size_t)i, (size_t)i + 1);
	text = written(summary_write_text, &s);
	assert_memory_equal(text, "Overlay nodes seen", 18);
	assert_non_null(strstr(text, "#30"));
	assert_null(strstr(text, "#20 "));
	assert_non_null(strstr(text, "not people"));
	free(text);
	source_free(&s);
}

/* ---- the pages ------------------------------------------------------------------------ */

static struct picture
picture_of(const struct source *s, const char *name, const struct window *w)
{
	struct picture p = { .chart = chart_named(name), .svg = true, .png = true,
	    .state = PICTURE_DRAWN,
		.width = 1200, .height = 800, .narrow_width = 420, .narrow_height = 700 };

	p.request = request_of(&arena, s);
	p.request.window = *w;
	p.request.incident = s->nincidents > 0 ? &s->incident[0] : NULL;
	snprintf(p.stem, sizeof(p.stem), "%s-24h", name);
	snprintf(p.about, sizeof(p.about), "about %s", name);
	return p;
}

static char *
index_of(const struct source *s, struct picture *p, size_t n)
{
	struct window w = { "24h", "last 24 hours", { 0, 1 } };
	struct gallery g = { page_of(s), p, n, &w, 1 };
	struct memory m;

	assert_int_equal(gallery_write_index(&g, memory_open(&m)), 0);
	return memory_text(&m);
}

static size_t
count(const char *hay, const char *needle)
{
	size_t n = 0;

	for (; (hay = strstr(hay, needle)) != NULL; hay++)
		n++;
	return n;
}

static void
the_index_is_strict_and_described(void **state)
{
	struct window w = { "24h", "last 24 hours", { 0, 1 } };
	struct picture p[3];
	struct source s;
	char *html;

	(void)state;
	fill_source(&s, 100);
	p[0] = picture_of(&s, "nodes", &w);
	p[1] = picture_of(&s, "flood", &w);
	p[2] = picture_of(&s, "success", &w);
	html = index_of(&s, p, 3);
	assert_non_null(strstr(html, "default-src 'none'; img-src 'self'; style-src 'sha256-"));
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "http://"));
	assert_null(strstr(html, "https://"));
	assert_null(strstr(html, "style=\""));
	assert_int_equal(count(html, "<img "), 3);
	assert_int_equal(count(html, " alt=\"about "), 3);
	assert_int_equal(count(html, ".csv\">CSV</a>"), 3);
	assert_non_null(strstr(html, "srcset=\"nodes-24h-narrow.svg\""));
	assert_non_null(strstr(html, "src=\"success-24h-narrow.svg\""));
	assert_non_null(strstr(html, "id=\"definitions\""));
	free(html);
	source_free(&s);
}

static void
pictures_that_failed_are_not_shown(void **state)
{
	struct window w = { "24h", "last 24 hours", { 0, 1 } };
	struct picture p[3];
	struct source s;
	char *html;

	(void)state;
	fill_source(&s, 100);
	p[0] = picture_of(&s, "nodes", &w);
	p[1] = picture_of(&s, "flood", &w);
	p[2] = picture_of(&s, "success", &w);
	p[0].state = PICTURE_FAILED;
	p[1].state = PICTURE_OLD;
	p[2].state = PICTURE_NONE;
	html = index_of(&s, p, 3);
	assert_null(strstr(html, "nodes-24h"));
	assert_non_null(strstr(html, "this is an earlier one"));
	assert_null(strstr(html, "success-24h"));
	free(html);
	source_free(&s);
}

static void
hostile_words_stay_words(void **state)
{
	static const char bad[] =
	    "</p><script>alert(1)</script> \" onload=\"x \x1b[2J \xff \xe2\x80\xae";
	struct window w = { "24h", "last 24 hours", { 0, 1 } };
	struct test_row test = { 1, bad, bad, NAN, 1e300 };
	struct picture p;
	struct source s;
	struct gallery g = { .picture = &p, .npictures = 1, .window = &w, .nwindows = 1 };
	struct memory m;
	char *html;

	(void)state;
	fill_source(&s, 100);
	add_incident(&s, 1, INC_RANDOM_SOURCES, 10, 20);
	s.incident[0].summary = bad;
	s.overlay = s.sensor = bad;
	p = picture_of(&s, "sheet", &w);
	snprintf(p.about, sizeof(p.about), "%s", bad);
	g.summary = page_of(&s);
	assert_int_equal(gallery_write_incident(&g, &s.incident[0], &test, 1, memory_open(&m)),
	    0);
	html = memory_text(&m);
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "\" onload"));
	assert_null(strchr(html, 0x1b));
	assert_null(strchr(html, 0xff));
	free(html);
	html = index_of(&s, &p, 1);
	assert_null(strstr(html, "<script"));
	assert_null(strchr(html, 0x1b));
	free(html);
	source_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(without_a_flood_the_sentence_says_so, forget),
		cmocka_unit_test_teardown(a_flood_s_inflation_is_quantified_and_dated, forget),
		cmocka_unit_test_teardown(a_flood_that_ended_today_is_still_named, forget),
		cmocka_unit_test_teardown(an_outage_is_no_flood, forget),
		cmocka_unit_test_teardown(a_young_database_does_not_claim_a_day, forget),
		cmocka_unit_test_teardown(a_day_with_an_outage_says_how_much_was_measured,
		    forget),
		cmocka_unit_test_teardown(counts_that_were_not_cleaned_are_called_raw, forget),
		cmocka_unit_test_teardown(no_round_for_long_is_stale, forget),
		cmocka_unit_test_teardown(an_incident_is_said_in_the_page_s_own_time, forget),
		cmocka_unit_test_teardown(a_page_of_the_past_says_what_judged_it, forget),
		cmocka_unit_test_teardown(a_page_says_how_its_data_came_here, forget),
		cmocka_unit_test_teardown(the_json_is_json_and_complete, forget),
		cmocka_unit_test_teardown(the_metrics_are_well_formed, forget),
		cmocka_unit_test_teardown(the_mail_has_sentence_numbers_and_incidents, forget),
		cmocka_unit_test_teardown(the_index_is_strict_and_described, forget),
		cmocka_unit_test_teardown(pictures_that_failed_are_not_shown, forget),
		cmocka_unit_test_teardown(hostile_words_stay_words, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
