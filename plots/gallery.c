/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/gallery.h"

#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <string.h>

#include "data/lib/text.h"
#include "plots/glossary.h"
#include "plots/stylesheet.h"

static void
put(FILE *f, const char *s)
{
	text_xml(f, text_of(s));
}

/* ---- what every page has --------------------------------------------------------- */

/* Only the one style sheet may act, and only pictures beside the page may load. */
static void
put_policy(FILE *f)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	char text[sodium_base64_ENCODED_LEN(sizeof(digest), sodium_base64_VARIANT_ORIGINAL)];

	crypto_hash_sha256(digest, (const unsigned char *)page_style, strlen(page_style));
	sodium_bin2base64(text, sizeof(text), digest, sizeof(digest),
	    sodium_base64_VARIANT_ORIGINAL);
	fprintf(f, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	    "'none'; img-src 'self'; style-src 'sha256-%s'; base-uri 'none'; form-action "
	    "'none'\">\n", text);
}

static void
put_head(FILE *f, const char *title, const char *description)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", f);
	put_policy(f);
	fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>", f);
	put(f, title);
	fputs("</title>\n<meta name=\"description\" content=\"", f);
	put(f, description);
	fprintf(f, "\">\n<style>%s</style>\n</head>\n<body>\n", page_style);
}

static void
put_foot(FILE *f, const struct gallery *g)
{
	char until[SAID], zone[SAID];

	fputs("<footer>\n<p>Counts are distinct addresses, not people. An address inside a "
	    "key is a claim: it may be a victim's. Delivering peers are mostly innocent "
	    "relays.</p>\n<p>Sensor ", f);
	put(f, g->summary.source->sensor);
	fprintf(f, ", kansoku %s, data to %s %s. <a href=\"summary.json\">summary.json</a> <a "
	    "href=\"summary.txt\">summary.txt</a> <a "
	    "href=\"kansoku.prom\">kansoku.prom</a></p>\n</footer>\n</body>\n</html>\n",
	    KANSOKU_VERSION,
	    format_time(until, g->summary.source->until_ms, g->summary.offset_minutes),
	    format_zone(zone, g->summary.offset_minutes));
}

/* ---- a picture ------------------------------------------------------------------- */

static void
put_links(FILE *f, const struct picture *p)
{
	if (p->svg)
		fprintf(f, "<a href=\"%s.svg\">SVG</a>", p->stem);
	if (p->png)
		fprintf(f, "<a href=\"%s.png\">PNG</a>", p->stem);
	fprintf(f, "<a href=\"%s.csv\">CSV</a>", p->stem);
	if (p->state == PICTURE_OLD)
		fputs(" could not be drawn anew: this is an earlier one", f);
}

/* narrow: the narrow form on every screen, for places where several stand side by side. */
static void
put_picture(FILE *f, const struct picture *p, bool narrow)
{
	const char *ext = p->svg ? "svg" : "png";
	bool known = p->state == PICTURE_DRAWN;
	double w = narrow && p->svg ? p->narrow_width : p->width;
	double h = narrow && p->svg ? p->narrow_height : p->height;

	fputs("<figure>\n<picture>", f);
	if (p->svg && !narrow)
		fprintf(f, "<source media=\"(max-width: 640px)\" srcset=\"%s-narrow.svg\">",
		    p->stem);
	fprintf(f, "<img src=\"%s%s.%s\"", p->stem, narrow && p->svg ? "-narrow" : "", ext);
	if (known)
		fprintf(f, " width=\"%.0f\" height=\"%.0f\"", w, ceil(h));
	fputs(" loading=\"lazy\" alt=\"", f);
	put(f, known ? p->about : p->chart->title);
	fputs("\"></picture>\n<figcaption>", f);
	put_links(f, p);
	fputs("</figcaption>\n</figure>\n", f);
}

static bool
shown(const struct picture *p)
{
	return p->state == PICTURE_DRAWN || p->state == PICTURE_OLD;
}

/* Those that a test picks: the first few in full width, the others side by side. */
static size_t
put_pictures(FILE *f, const struct gallery *g,
    bool (*wanted)(const struct picture *, const void *), const void *arg, size_t wide)
{
	size_t n = 0;

	for (size_t i = 0; i < g->npictures; i++) {
		const struct picture *p = &g->picture[i];

		if (!shown(p) || !wanted(p, arg))
			continue;
		n++;
		if (n == wide + 1)
			fputs("<div class=\"few\">\n", f);
		put_picture(f, p, n > wide);
	}
	if (n > wide)
		fputs("</div>\n", f);
	return n;
}

/* ---- the index ---------------------------------------------------------------------- */

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

static void
put_state(FILE *f, const struct gallery *g)
{
	static const char *const css[] = {
		[STATE_OK] = "state", [STATE_FLOOD] = "state flood", [STATE_STALE] = "state stale",
	};
	const struct summary_page *s = &g->summary;

	fprintf(f, "<p class=\"%s\"><b>", css[summary_state(s->source)]);
	put(f, summary_state_words(s));
	fputs("</b><br>Last complete round: ", f);
	put(f, summary_last_round(s));
	fputs(".", f);
	if (summary_hindsight(s) != NULL) {
		fputs("<br>", f);
		put(f, summary_hindsight(s));
	}
	if (s->failed > 0)
		fprintf(f, "<br>%zu chart%s could not be drawn this time.", s->failed,
		    s->failed == 1 ? "" : "s");
	fputs("</p>\n", f);
}

static void
put_navigation(FILE *f, const struct gallery *g)
{
	fputs("<nav>", f);
	for (size_t i = 0; i < g->nwindows; i++)
		fprintf(f, "<a href=\"#w-%s\">%s</a>\n", g->window[i].name, g->window[i].title);
	fputs("<a href=\"#day\">Closer look</a>\n<a href=\"#incidents\">Incidents</a>\n"
	    "<a href=\"#definitions\">Definitions</a></nav>\n", f);
}

static void
put_incident_row(FILE *f, const struct gallery *g, const struct incident_row *i)
{
	char from[SAID], to[SAID], n[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT];
	int offset = g->summary.offset_minutes;

	if (gallery_has_page(g, i))
		fprintf(f, "<tr><td><a href=\"incident-%" PRId64 ".html\">#%" PRId64 "</a></td>", i->id, i->id);
	else
		fprintf(f, "<tr><td>#%" PRId64 "</td>", i->id);
	fprintf(f, "<td>%s</td><td>%s</td><td>", format_time(from, i->start_ms, offset),
	    i->end_ms == UNKNOWN ? "still open" : format_time(to, i->end_ms, offset));
	put(f, incident_in_words(i->kind));
	if (isfinite(i->bogus) && i->bogus > 0)
		fprintf(f, "</td><td class=\"n\">%s</td><td class=\"n\">%s to %s</td></tr>\n",
		    number_format(n, i->bogus, UNIT_COUNT),
		    number_format(low, i->bogus_low, UNIT_COUNT),
		    number_format(high, i->bogus_high, UNIT_COUNT));
	else
		fputs("</td><td class=\"n\"></td><td class=\"n\"></td></tr>\n", f);
}

static void
put_incidents(FILE *f, const struct gallery *g)
{
	const struct source *s = g->summary.source;
	char zone[SAID];

	fputs("<h2 id=\"incidents\">Incidents</h2>\n", f);
	if (s->nincidents == 0) {
		fputs("<p class=\"not\">None so far.</p>\n", f);
		return;
	}
	format_zone(zone, g->summary.offset_minutes);
	fprintf(f, "<div class=\"scroll\"><table>\n<tr><th></th><th>from, "
	    "%s</th><th>to</th><th>what</th><th class=\"n\">bogus sources</th><th "
	    "class=\"n\">95 %% interval</th></tr>\n", zone);
	for (size_t i = s->nincidents; i > 0; i--)
		put_incident_row(f, g, &s->incident[i - 1]);
	fputs("</table></div>\n", f);
}

static void
put_definitions(FILE *f)
{
	static const char *const more[][2] = {
		{ "Shaded and numbered", "An incident: red a flood of bogus keys, amber fewer "
		    "nodes that answer, blue a real step of the population. The numbers lead "
		    "to the incidents' pages." },
		{ "Hatched", "No data: the sensor was down or did not finish a round. Not "
		    "measured is not zero, and no line is drawn across it." },
		{ "Cleaned", "Without the sources that the analysis judges bogus, from all "
		    "evidence together: where the address lies, how long it lasts, whether it "
		    "answers, its keys' timers, who brought it." },
		{ "95 % interval", "Had the measurement been repeated many times, the true "
		    "value would lie in it in 95 of 100 cases, if the model holds." },
	};

	fputs("<h2 id=\"definitions\">Definitions</h2>\n<h3>Lines, by their column in the "
	    "CSV</h3>\n<dl>\n", f);
	for (size_t i = 0; i < nglossary; i++)
		fprintf(f, "<dt class=\"c\">%s</dt><dd>%s</dd>\n", glossary[i].column,
		    glossary[i].words);
	fputs("</dl>\n<h3>Charts</h3>\n<dl>\n", f);
	for (size_t i = 0; i < ncharts; i++)
		if (charts[i].explains[0] != '\0') {
			fprintf(f, "<dt>%s</dt><dd>", charts[i].title);
			put(f, charts[i].explains);
			fputs("</dd>\n", f);
		}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		fprintf(f, "<dt>%s</dt><dd>%s</dd>\n", more[i][0], more[i][1]);
	fputs("</dl>\n", f);
}

int
gallery_write_index(const struct gallery *g, FILE *f)
{
	const char *title = arena_print(g->summary.arena, "%s network: observed nodes",
	    g->summary.source->overlay);
	const char *sentence = summary_sentence(&g->summary);

	put_head(f, title, sentence);
	fputs("<header>\n<h1>", f);
	put(f, title);
	fputs("</h1>\n<p class=\"say\">", f);
	put(f, sentence);
	fputs("</p>\n", f);
	put_state(f, g);
	put_navigation(f, g);
	fputs("</header>\n<main>\n", f);
	for (size_t i = 0; i < g->nwindows; i++) {
		const struct window *w = &g->window[i];

		fprintf(f, "<h2 id=\"w-%s\">%c%s</h2>\n", w->name,
		    w->title[0] == 'l' ? 'L' : w->title[0],
		    w->title + 1);
		if (put_pictures(f, g, of_window, w, 2) == 0)
			fputs("<p class=\"not\">No data in this window.</p>\n", f);
	}
	fputs("<h2 id=\"day\">A closer look at the last day</h2>\n", f);
	if (put_pictures(f, g, of_day, NULL, 1) == 0)
		fputs("<p class=\"not\">No single records are kept for it.</p>\n", f);
	put_incidents(f, g);
	put_definitions(f);
	fputs("</main>\n", f);
	put_foot(f, g);
	return ferror(f) ? -1 : 0;
}

/* ---- an incident -------------------------------------------------------------------- */

static void
put_fact(FILE *f, const char *name, const char *value)
{
	fprintf(f, "<tr><th>%s</th><td class=\"w\">", name);
	put(f, value);
	fputs("</td></tr>\n", f);
}

static void
put_facts(FILE *f, const struct gallery *g, const struct incident_row *i)
{
	static const char *const gravity[] = { "none: not a flood", "minor", "considerable",
	    "grave" };
	struct arena *a = g->summary.arena;
	char t[SAID], n[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT];
	int offset = g->summary.offset_minutes;

	fputs("<div class=\"scroll\"><table>\n", f);
	put_fact(f, "kind", incident_kind_name[i->kind]);
	put_fact(f, "times in", format_zone(t, offset));
	put_fact(f, "from", format_time(t, i->start_ms, offset));
	put_fact(f, "to", i->end_ms == UNKNOWN ? "still open" : format_time(t, i->end_ms, offset));
	put_fact(f, "peak", format_time(t, i->peak_ms, offset));
	if (i->rounds > 0)
		put_fact(f, "rounds", arena_print(a, "%" PRId64 ", from %u to %u", i->rounds,
		    i->first_round, i->last_round));
	put_fact(f, "severity", gravity[i->severity < 0 || i->severity > 3 ? 0 : i->severity]);
	if (isfinite(i->bogus) && i->bogus > 0)
		put_fact(f, "bogus sources", arena_print(a, "%s (95 %% interval %s to %s)",
		    number_format(n, i->bogus, UNIT_COUNT),
		    number_format(low, i->bogus_low, UNIT_COUNT),
		    number_format(high, i->bogus_high, UNIT_COUNT)));
	if (incident_is_flood(i))
		put_fact(f, "source", i->injector ? "probable injector" : "not determined");
	fputs("</table></div>\n", f);
}

static void
put_statistic(FILE *f, double v)
{
	fputs("</td><td class=\"n\">", f);
	fprintf(f, isfinite(v) ? "%.4g" : "-", v);
}

static void
put_tests(FILE *f, const struct incident_row *i, const struct test_row *t, size_t n)
{
	size_t shown_tests = 0;

	for (size_t k = 0; k < n; k++) {
		if (t[k].incident != i->id)
			continue;
		if (shown_tests++ == 0)
			fputs("<h2>Tests</h2>\n<div "
			    "class=\"scroll\"><table>\n<tr><th>test</th><th>family</th><th "
			    "class=\"n\">statistic</th><th class=\"n\">threshold</th></tr>\n", f);
		fputs("<tr><td>", f);
		put(f, t[k].name);
		fputs("</td><td>", f);
		put(f, t[k].family);
		put_statistic(f, t[k].statistic);
		put_statistic(f, t[k].threshold);
		fputs("</td></tr>\n", f);
	}
	if (shown_tests > 0)
		fputs("</table></div>\n", f);
}

int
gallery_write_incident(const struct gallery *g, const struct incident_row *i,
    const struct test_row *tests, size_t ntests, FILE *f)
{
	const char *title = arena_print(g->summary.arena, "%s network: incident #%" PRId64 ", %s",
	    g->summary.source->overlay, i->id, incident_in_words(i->kind));

	put_head(f, title, summary_incident(&g->summary, i));
	fputs("<header>\n<nav><a href=\"index.html\">All charts</a></nav>\n<h1>", f);
	put(f, title);
	fputs("</h1>\n<p class=\"say\">", f);
	put(f, summary_incident(&g->summary, i));
	fputs("</p>\n", f);
	if (summary_hindsight(&g->summary) != NULL) {
		fputs("<p class=\"state\">", f);
		put(f, summary_hindsight(&g->summary));
		fputs("</p>\n", f);
	}
	fputs("</header>\n<main>\n", f);
	if (put_pictures(f, g, of_incident, i, 2) == 0)
		fputs("<p class=\"not\">There is nothing left to draw of it.</p>\n", f);
	fputs("<h2>Facts</h2>\n", f);
	put_facts(f, g, i);
	put_tests(f, i, tests, ntests);
	fputs("</main>\n", f);
	put_foot(f, g);
	return ferror(f) ? -1 : 0;
}
