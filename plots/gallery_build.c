/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/gallery_build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/lib/array.h"
#include "data/lib/outfile.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"
#include "data/store/sensors.h"
#include "plots/gallery.h"

enum { MOST_INCIDENT_PAGES = 60, NO_MEMORY = 1 };

struct gallery_builder {
	const struct gallery_options *o;
	struct source	 source;
	struct window	 window[GALLERY_WINDOWS];
	size_t		 nwindows;
	ARRAY_OF(struct test_row) tests;
	struct picture	*picture;
	size_t		 npictures;
};

/* ---- what to draw ------------------------------------------------------------------- */

static bool
wrong_window(const char *value, const char *right)
{
	log_error("--window %s: want %s", value, right);
	return false;
}

static bool
choose_windows(struct gallery_builder *b)
{
	const struct gallery_options *o = b->o;

	if (o->nwindows == 0)
		b->nwindows = window_defaults(b->window, &b->source);
	for (size_t i = 0; i < o->nwindows; i++) {
		struct window *w = &b->window[b->nwindows++];

		if (!window_parse(w, o->windows[i], &b->source, o->offset_minutes))
			return wrong_window(o->windows[i],
			    "a span such as 24h, 7d or 60d, or FROM/TO as in "
			    "2010-05-21/2010-07-03");
		for (size_t k = 0; k + 1 < b->nwindows; k++)
			if (strcmp(b->window[k].name, w->name) == 0)
				return wrong_window(o->windows[i], "each window once");
	}
	return true;
}

/* Some finished round in some window: else there is nothing to do. */
static bool
anything_to_draw(const struct gallery_builder *b)
{
	for (size_t i = 0; i < b->nwindows; i++)
		for (size_t k = 0; k < b->source.n; k++)
			if (b->source.row[k].complete &&
			    b->source.row[k].end_ms >= b->window[i].span.from_ms &&
			    b->source.row[k].end_ms <= b->window[i].span.to_ms)
				return true;
	return false;
}

static struct picture *
add_picture(struct gallery_builder *b, const struct chart *chart, const struct window *w)
{
	struct picture *p = &b->picture[b->npictures++];

	*p = (struct picture){ .chart = chart, .svg = b->o->svg, .png = b->o->png };
	p->request = (struct request){
		.source = &b->source, .database = b->o->db, .window = *w,
		.offset_minutes = b->o->offset_minutes, .addresses = b->o->addresses,
	};
	return p;
}

static bool
in_some_window(const struct gallery_builder *b, const struct incident_row *i)
{
	for (size_t k = 0; k < b->nwindows; k++)
		if (i->start_ms < b->window[k].span.to_ms &&
		    (i->end_ms == UNKNOWN || i->end_ms >= b->window[k].span.from_ms))
			return true;
	return false;
}

static void
add_incident(struct gallery_builder *b, const struct incident_row *i)
{
	for (size_t k = 0; k < ncharts; k++) {
		struct picture *p;

		if (charts[k].scope != SCOPE_INCIDENT ||
		    (charts[k].make != chart_sheet && !incident_is_flood(i)))
			continue;
		p = add_picture(b, &charts[k], &b->window[0]);
		p->request.incident = i;
		p->png = b->o->png && (charts[k].make == chart_sheet || !b->o->svg);
		snprintf(p->stem, sizeof(p->stem), "%s-incident-%lld", charts[k].name,
		    (long long)i->id);
	}
}

static bool
choose_pictures(struct gallery_builder *b)
{
	const struct source *s = &b->source;
	size_t pages = 0;

	b->picture = calloc(ncharts * (b->nwindows + MOST_INCIDENT_PAGES + 1),
	    sizeof(*b->picture));
	if (b->picture == NULL) {
		log_error("out of memory");
		return false;
	}
	for (size_t i = 0; i < b->nwindows; i++)
		for (size_t k = 0; k < ncharts; k++)
			if (charts[k].scope == SCOPE_WINDOW) {
				struct picture *p = add_picture(b, &charts[k], &b->window[i]);

				snprintf(p->stem, sizeof(p->stem), "%s-%s", charts[k].name,
				    b->window[i].name);
			}
	for (size_t k = 0; k < ncharts; k++)
		if (charts[k].scope == SCOPE_DAY) {
			struct picture *p = add_picture(b, &charts[k], &b->window[0]);

			snprintf(p->stem, sizeof(p->stem), "%s-day", charts[k].name);
		}
	for (size_t i = s->nincidents; i > 0 && pages < MOST_INCIDENT_PAGES; i--)
		if (in_some_window(b, &s->incident[i - 1])) {
			add_incident(b, &s->incident[i - 1]);
			pages++;
		}
	return true;
}

/* ---- pages --------------------------------------------------------------------------- */

static int
keep_test(const struct test_row *t, void *arg)
{
	struct gallery_builder *b = arg;
	struct test_row *kept = array_add(&b->tests);

	if (kept == NULL)
		return NO_MEMORY;
	*kept = *t;
	kept->name = arena_print(&b->source.arena, "%.80s", t->name);
	kept->family = arena_print(&b->source.arena, "%.80s", t->family);
	return 0;
}

static int
load(struct gallery_builder *b)
{
	struct store *store = store_open(b->o->db, STORE_READ);
	int result;

	if (store == NULL)
		return -1;
	if (sensors_switch(store, b->o->sensor) != 0) {
		log_error("%s", store_error(store));
		store_close(store);
		return -1;
	}
	result = source_load(&b->source, store, b->o->until_ms);
	for (size_t i = 0; i < b->source.nincidents && result == 0; i++) {
		int bad = results_tests(store, b->source.incident[i].id, keep_test, b);

		if (bad != 0) {
			log_error("the tests cannot be read: %s",
			    bad == NO_MEMORY ? memory_missing() : store_error(store));
			result = -1;
		}
	}
	store_close(store);
	return result;
}

/* One file of the set, whole or not at all. */
struct page_file {
	const struct gallery_builder *builder;
	const struct gallery *gallery;
	const struct incident_row *incident;
};

static int
write_index(const struct page_file *p, FILE *f)
{
	return gallery_write_index(p->gallery, f);
}

static int
write_incident(const struct page_file *p, FILE *f)
{
	return gallery_write_incident(p->gallery, p->incident, p->builder->tests.p,
	    p->builder->tests.n, f);
}

static int
write_json(const struct page_file *p, FILE *f)
{
	return summary_write_json(&p->gallery->summary, f);
}

static int
write_text(const struct page_file *p, FILE *f)
{
	return summary_write_text(&p->gallery->summary, f);
}

static int
write_prom(const struct page_file *p, FILE *f)
{
	return summary_write_prom(&p->gallery->summary, f);
}

static bool
write_file(const struct page_file *p, const char *name,
    int (*write_it)(const struct page_file *, FILE *))
{
	char *path = arena_print(p->gallery->summary.arena, "%s/%s", p->builder->o->out, name);
	struct outfile *o = outfile_open(path, 0644);

	if (o != NULL && write_it(p, outfile_stream(o)) == 0) {
		if (outfile_commit(o) == 0)
			return true;
	} else
		outfile_abandon(o);
	log_error("%s cannot be written: %s", path, strerror(errno));
	return false;
}

/* The index last: it names nothing that is not there. */
static bool
write_pages(const struct gallery_builder *b, const struct gallery *g)
{
	struct page_file p = { b, g, NULL };
	char name[64];
	bool ok = true;

	for (size_t i = 0; i < b->source.nincidents; i++) {
		p.incident = &b->source.incident[i];
		snprintf(name, sizeof(name), "incident-%lld.html", (long long)p.incident->id);
		if (gallery_has_page(g, p.incident))
			ok = write_file(&p, name, write_incident) && ok;
	}
	ok = write_file(&p, "summary.json", write_json) && ok;
	ok = write_file(&p, "summary.txt", write_text) && ok;
	ok = write_file(&p, "kansoku.prom", write_prom) && ok;
	return write_file(&p, "index.html", write_index) && ok;
}

/* ---- the run ------------------------------------------------------------------------- */

static bool
make_directory(const char *path)
{
	struct stat st;

	if (mkdir(path, 0755) == 0)
		return true;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	log_error("%s cannot be made a directory: %s", path,
	    strerror(errno == EEXIST ? ENOTDIR : errno));
	return false;
}

/* A page of somebody else: whoever made it does not lose it by a slip. */
static bool
is_foreign(const char *out)
{
	char index[4096], ours[4096];

	snprintf(index, sizeof(index), "%s/index.html", out);
	snprintf(ours, sizeof(ours), "%s/kansoku.prom", out);
	if (access(index, F_OK) != 0 || access(ours, F_OK) == 0)
		return false;
	log_error("%s/index.html was not written by kansoku: give a folder of its own", out);
	return true;
}

static int
draw(struct gallery_builder *b)
{
	struct arena arena = { NULL };
	struct gallery g = { .window = b->window, .nwindows = b->nwindows };
	size_t failed;
	bool ok;

	if (is_foreign(b->o->out))
		return EXIT_MISUSED;
	if (!make_directory(b->o->out) || !choose_pictures(b))
		return EXIT_FAILED;
	failed = draw_process_run(b->picture, b->npictures, b->o->out);
	g.picture = b->picture;
	g.npictures = b->npictures;
	g.summary = (struct summary_page){ &b->source, &arena, b->o->offset_minutes, failed };
	b->source.made_ms = b->o->made_ms;
	ok = write_pages(b, &g);
	if (ok)
		log_info("%s/index.html: %s", b->o->out, summary_sentence(&g.summary));
	arena_free(&arena);
	return ok && failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int
run(struct gallery_builder *b)
{
	switch (load(b)) {
	case 0:
		break;
	case 1:
		log_error("%s: no finished round is analysed%s: nothing to draw (kansoku "
		    "analyze comes first)",
		    b->o->db, b->o->until_ms == UNKNOWN ? "" : " up to then");
		return EXIT_NOTHING;
	default:
		return EXIT_FAILED;
	}
	if (!choose_windows(b))
		return EXIT_MISUSED;
	if (!anything_to_draw(b)) {
		log_error("%s: no finished round in the window: nothing to draw", b->o->db);
		return EXIT_NOTHING;
	}
	return draw(b);
}

int
gallery_build(const struct gallery_options *o)
{
	struct gallery_builder b = { .o = o };
	int status = run(&b);

	array_free(&b.tests);
	free(b.picture);
	source_free(&b.source);
	return status;
}
