/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts of the pages; their words and markup are in templates/. */
#include "plots/gallery.h"

#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <string.h>

#include "data/lib/template.h"
#include "plots/glossary.h"
#include "templates/figure.html.h"
#include "templates/foot.html.h"
#include "templates/head.html.h"
#include "templates/incident.html.h"
#include "templates/index.html.h"
#include "templates/pictures.html.h"
#include "templates/style.css.h"

static const struct template templates[] = {
	{ "head", head_html }, { "foot", foot_html }, { "index", index_html },
	{ "incident", incident_html }, { "pictures", pictures_html }, { "figure", figure_html },
	{ NULL, NULL },
};

/* ---- what every page has --------------------------------------------------------- */

static struct facts *
facts_of_page(const struct gallery *g, const char *title, const char *sentence)
{
	const struct source *s = g->summary.source;
	struct facts *x = facts_new();
	char text[FORMAT_TEXT];
	unsigned char digest[crypto_hash_sha256_BYTES];
	char hash[sodium_base64_ENCODED_LEN(sizeof(digest), sodium_base64_VARIANT_ORIGINAL)];

	facts_set(x, "title", title);
	facts_set(x, "sentence", sentence);
	/* Only the one style sheet may act, and only pictures beside the page may load. */
	crypto_hash_sha256(digest, (const unsigned char *)style_css, strlen(style_css));
	sodium_bin2base64(hash, sizeof(hash), digest, sizeof(digest),
	    sodium_base64_VARIANT_ORIGINAL);
	facts_set(x, "style_sha256", hash);
	facts_set(x, "style", style_css);
	facts_set(x, "origin", summary_origin(&g->summary));
	facts_set(x, "hindsight", summary_hindsight(&g->summary));
	facts_set(x, "sensor", s->sensor);
	facts_set(x, "version", KANSOKU_VERSION);
	facts_set(x, "until", format_time(text, s->until_ms, g->summary.offset_minutes));
	facts_set(x, "zone", format_zone(text, g->summary.offset_minutes));
	facts_set(x, "made", summary_made(&g->summary));
	return x;
}

/* Writes the page and forgets its facts. */
static int
write_page(const char *name, struct facts *x, FILE *f)
{
	int bad = template_write(f, templates, name, TEMPLATE_XML, x);

	facts_free(x);
	return bad;
}

/* ---- a picture ------------------------------------------------------------------- */

/* small: the narrow form on every screen, for places where several stand side by side. */
static void
add_picture(struct facts *x, const struct picture *p, bool small)
{
	bool known = p->state == PICTURE_DRAWN, narrow = small && p->svg;

	facts_set(x, "any", "yes");
	x = facts_add(x, small ? "small" : "wide");
	facts_set(x, "stem", p->stem);
	facts_set(x, "svg", p->svg ? "yes" : NULL);
	facts_set(x, "png", p->png ? "yes" : NULL);
	facts_set(x, "wide_svg", p->svg && !small ? "yes" : NULL);
	facts_set(x, "old", p->state == PICTURE_OLD ? "yes" : NULL);
	facts_format(x, "file", "%s%s.%s", p->stem, narrow ? "-narrow" : "",
	    p->svg ? "svg" : "png");
	facts_set(x, "alt", known ? p->about : p->chart->title);
	if (known) {
		facts_format(x, "width", "%.0f", narrow ? p->narrow_width : p->width);
		facts_format(x, "height", "%.0f", ceil(narrow ? p->narrow_height : p->height));
	}
}

/* Adds those that a test picks: the first few in full width, the others side by side. */
static void
add_pictures(struct facts *x, const struct gallery *g,
    bool (*wanted)(const struct picture *, const void *), const void *arg, size_t wide)
{
	size_t n = 0;

	for (size_t i = 0; i < g->npictures; i++) {
		const struct picture *p = &g->picture[i];

		if ((p->state != PICTURE_DRAWN && p->state != PICTURE_OLD) || !wanted(p, arg))
			continue;
		if (n++ == wide)
			facts_set(x, "few", "yes");
		add_picture(x, p, n > wide);
	}
}

static bool
of_window(const struct picture *p, const void *arg)
{
	return p->chart->scope == SCOPE_WINDOW &&
	    strcmp(p->request.window.name, ((const struct window *)arg)->name) == 0;
}

static bool
of_day(const struct picture *p, const void *arg)
{
	(void)arg;
	return p->chart->scope == SCOPE_DAY;
}

static bool
of_incident(const struct picture *p, const void *arg)
{
	return p->chart->scope == SCOPE_INCIDENT &&
	    p->request.incident->id == ((const struct incident_row *)arg)->id;
}

bool
gallery_has_page(const struct gallery *g, const struct incident_row *i)
{
	for (size_t k = 0; k < g->npictures; k++)
		if (of_incident(&g->picture[k], i))
			return true;
	return false;
}

/* ---- the index ---------------------------------------------------------------------- */

static void
add_times_and_size(struct facts *x, const struct gallery *g, const struct incident_row *i)
{
	char text[FORMAT_TEXT], number[NUMBER_TEXT];
	int offset = g->summary.offset_minutes;

	facts_format(x, "id", "%" PRId64, i->id);
	facts_set(x, "from", format_time(text, i->start_ms, offset));
	if (i->end_ms != UNKNOWN)
		facts_set(x, "to", format_time(text, i->end_ms, offset));
	if (!isfinite(i->bogus) || i->bogus <= 0)
		return;
	facts_set(x, "bogus", number_format(number, i->bogus, UNIT_COUNT));
	facts_set(x, "low", number_format(number, i->bogus_low, UNIT_COUNT));
	facts_set(x, "high", number_format(number, i->bogus_high, UNIT_COUNT));
}

static void
add_incidents(struct facts *x, const struct gallery *g)
{
	const struct source *s = g->summary.source;

	facts_set(x, "any_incident", s->nincidents > 0 ? "yes" : NULL);
	for (size_t i = s->nincidents; i > 0; i--) {
		const struct incident_row *row = &s->incident[i - 1];
		struct facts *item = facts_add(x, "incidents");

		add_times_and_size(item, g, row);
		facts_set(item, "page", gallery_has_page(g, row) ? "yes" : NULL);
		facts_set(item, "what", incident_in_words(row->kind));
	}
}

static void
add_definitions(struct facts *x)
{
	for (size_t i = 0; i < nglossary; i++) {
		struct facts *line = facts_add(x, "lines");

		facts_set(line, "column", glossary[i].column);
		facts_set(line, "words", glossary[i].words);
	}
	for (size_t i = 0; i < ncharts; i++)
		if (charts[i].explains[0] != '\0') {
			struct facts *chart = facts_add(x, "charts");

			facts_set(chart, "title", charts[i].title);
			facts_set(chart, "words", charts[i].explains);
		}
}

int
gallery_write_index(const struct gallery *g, FILE *f)
{
	static const char *const css[] = {
		[STATE_OK] = "state", [STATE_FLOOD] = "state flood",
		[STATE_STALE] = "state stale",
	};
	const struct summary_page *s = &g->summary;
	struct facts *x = facts_of_page(g, arena_print(s->arena, "%s network: observed nodes",
	    s->source->overlay), summary_sentence(s));

	facts_set(x, "state", css[summary_state(s->source)]);
	facts_set(x, "state_words", summary_state_words(s));
	facts_set(x, "last_round", summary_last_round(s));
	if (s->failed > 0)
		facts_format(x, "failed", "%zu chart%s", s->failed, s->failed == 1 ? "" : "s");
	for (size_t i = 0; i < g->nwindows; i++) {
		const struct window *w = &g->window[i];
		struct facts *item = facts_add(x, "windows");

		facts_set(item, "name", w->name);
		facts_set(item, "title", w->title);
		facts_format(item, "heading", "%c%s", w->title[0] == 'l' ? 'L' : w->title[0],
		    w->title + 1);
		add_pictures(item, g, of_window, w, 2);
	}
	add_pictures(facts_add(x, "day"), g, of_day, NULL, 1);
	add_incidents(x, g);
	add_definitions(x);
	return write_page("index", x, f);
}

/* ---- an incident -------------------------------------------------------------------- */

static void
set_statistic(struct facts *x, const char *name, double v)
{
	facts_format(x, name, isfinite(v) ? "%.4g" : "-", v);
}

int
gallery_write_incident(const struct gallery *g, const struct incident_row *i,
    const struct test_row *tests, size_t ntests, FILE *f)
{
	static const char *const gravity[] = { "none: not a flood", "minor", "considerable",
	    "grave" };
	struct facts *x = facts_of_page(g,
	    arena_print(g->summary.arena, "%s network: incident #%"
	    PRId64 ", %s", g->summary.source->overlay, i->id, incident_in_words(i->kind)),
	    summary_incident(&g->summary, i));
	char text[FORMAT_TEXT];

	add_pictures(x, g, of_incident, i, 2);
	add_times_and_size(x, g, i);
	facts_set(x, "kind", incident_kind_name[i->kind]);
	facts_set(x, "peak", format_time(text, i->peak_ms, g->summary.offset_minutes));
	if (i->rounds > 0)
		facts_format(x, "rounds", "%" PRId64, i->rounds);
	facts_format(x, "first_round", "%u", i->first_round);
	facts_format(x, "last_round", "%u", i->last_round);
	facts_set(x, "severity", gravity[i->severity < 0 || i->severity > 3 ? 0 : i->severity]);
	if (incident_is_flood(i))
		facts_set(x, "source", i->injector ? "probable injector" : "not determined");
	for (size_t k = 0; k < ntests; k++) {
		struct facts *test;

		if (tests[k].incident != i->id)
			continue;
		facts_set(x, "any_test", "yes");
		test = facts_add(x, "tests");
		facts_set(test, "name", tests[k].name);
		facts_set(test, "family", tests[k].family);
		set_statistic(test, "statistic", tests[k].statistic);
		set_statistic(test, "threshold", tests[k].threshold);
	}
	return write_page("incident", x, f);
}
