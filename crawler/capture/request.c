/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/request.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"
#include "data/store/retention.h"
#include "data/store/sensors.h"

/* ---- what may be read ------------------------------------------------------------- */

static int
check_networks(struct request *r)
{
	const char *why;
	struct cidr block;

	for (size_t i = 0; i < r->own.n; i++) {
		if ((why = cidr_parse(&block, r->own.item[i])) == NULL)
			why = consent_covers(&r->consent, &block);
		if (why != NULL) {
			log_error("--own-network %s: %s", r->own.item[i], why);
			return EXIT_MISUSED;
		}
		if (cidr_set_add(&r->capture.own, block) != 0) {
			log_error("%s", memory_missing());
			return EXIT_FAILED;
		}
	}
	cidr_set_seal(&r->capture.own);
	if (r->opt_out != NULL && cidr_set_read(&r->capture.opt_out, r->opt_out) != 0)
		return EXIT_MISUSED;
	cidr_set_seal(&r->capture.opt_out);
	return EXIT_DONE;
}

static bool
is_asked_for(const struct request *r, const char *overlay)
{
	bool asked = r->overlays.n == 0;

	for (size_t i = 0; i < r->overlays.n; i++)
		asked |= strcmp(r->overlays.item[i], overlay) == 0;
	return asked;
}

/* What the command line names must be known and be named in the consent, too. */
static int
check_overlays(struct request *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->overlays.n; i++) {
		const char *name = r->overlays.item[i];
		const struct overlay *o = overlay_find(name);

		if (o == NULL || o->recognise == NULL)
			log_error("--overlay %s: no overlay of that name is recognised in captures", name);
		else if (!consent_names(&r->consent, name))
			log_error("--overlay %s: is not in the scope of the consent", name);
		else
			continue;
		return EXIT_MISUSED;
	}
	for (const struct overlay *const *o = overlays; *o != NULL; o++)
		if ((*o)->recognise != NULL && consent_names(&r->consent, (*o)->name) &&
		    is_asked_for(r, (*o)->name) &&
		    n + 1 < sizeof(r->capture.drivers) / sizeof(r->capture.drivers[0]))
			r->capture.drivers[n++] = *o;
	if (n > 0)
		return EXIT_DONE;
	log_error("%s: its scope names no overlay that is recognised in captures", r->consent_path);
	return EXIT_MISUSED;
}

static int
check_sources(const struct request *r)
{
	if ((r->nfiles > 0) == (r->interface != NULL)) {
		log_error("give %s", r->interface != NULL ? "files or --interface, not both" :
		    "a capture file, or --interface IF; kansoku capture --help");
		return EXIT_MISUSED;
	}
	for (int i = 0; i < r->nfiles; i++)
		if (strcmp(r->file[i], "-") != 0 && !cli_can_be_read("", r->file[i]))
			return EXIT_MISUSED;
	return EXIT_DONE;
}

int
request_check(struct request *r)
{
	int status;

	if (r->own.n == 0 || r->consent_path == NULL) {
		log_error("%s is missing: captures hold other people's words; \"kansoku capture"
		    " --consent-template\" prints an example of a consent",
		    r->own.n == 0 ? "--own-network CIDR" : "--consent FILE");
		return EXIT_MISUSED;
	}
	if (r->vantage != NULL && (*r->vantage == '\0' || strlen(r->vantage) > 64)) {
		log_error("--vantage %s: want 1 to 64 bytes", r->vantage);
		return EXIT_MISUSED;
	}
	if (!consent_read(&r->consent, r->consent_path))
		return EXIT_MISUSED;
	if ((status = check_networks(r)) != EXIT_DONE || (status = check_overlays(r)) != EXIT_DONE)
		return status;
	return check_sources(r);
}

/* ---- what will be done ------------------------------------------------------------------- */

void
request_explain(const struct request *r)
{
	char until[WHEN_TEXT], from[256], holder[128];
	size_t n = 0;

	from[0] = '\0';
	for (const struct overlay *const *o = r->capture.drivers; *o != NULL && n < sizeof(from); o++)
		n += (size_t)snprintf(from + n, sizeof(from) - n, "%s%s", n > 0 ? ", " : "", (*o)->name);
	log_info("consent of %s (%s), until %.10s: of packets with an end in %s%s the first bytes of each"
	    " connection are held against %s; what is recognised is read, and%s stored; everything else"
	    " is counted and forgotten.  Addresses outside are %s, names are %s.",
	    text_vis(holder, sizeof(holder), text_of(r->consent.holder)), r->consent.basis,
	    utctime_format(until, r->consent.until_ms), r->own.item[0],
	    r->own.n > 1 ? " and the other own networks" : "", from,
	    r->db == NULL ? " not" : "", r->show_addresses ? "shown" : "replaced by tokens",
	    r->db == NULL ? "not kept" : r->names ? "kept" : "kept as keyed hashes");
}

/* ---- the database --------------------------------------------------------------------------- */

static json_t *
list_of(const struct text_list *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(a, json_string(l->item[i]));
	return a;
}

static int
begin_run(struct request *r)
{
	const struct consent *c = &r->consent;
	json_t *o = json_pack("{s:s, s:o, s:s, s:s%, s:b, s:b}", "verb", "capture",
	    "own_network", list_of(&r->own), "consent_hash", c->hash, "consent",
	    c->text.p, c->text.n, "names", r->names, "show_addresses", r->show_addresses);
	char *text = o == NULL ? NULL : json_dumps(o, JSON_COMPACT);
	int bad = text == NULL ? -1 : store_begin_run(r->capture.store, KANSOKU_VERSION, text) == -1;

	if (bad != 0)
		log_error("%s", text == NULL ? "the consent is no UTF-8" : store_error(r->capture.store));
	json_decref(o);
	free(text);
	return bad;
}

/* What earlier runs stored and is too old by now: its counts stay. */
static int
forget_old(struct request *r)
{
	struct retention age = { .s = r->capture.store, .now_ms = utctime_now(),
		.some_sensors = true, .span = { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN } };
	char name[128];

	age.span[AGE_PSEUDONYMOUS] = r->retain_ms;
	for (const struct overlay *const *o = r->capture.drivers; *o != NULL; o++) {
		snprintf(name, sizeof(name), SENSOR_TAP "%s", r->capture.vantage);
		if (sensors_select(r->capture.store, name) == 0 && retention_run_rounds(&age) != 0)
			return -1;
	}
	return 0;
}

static int
open_store(struct request *r)
{
	struct store *s;
	int locked;

	if ((s = r->capture.store = store_open(r->db, STORE_CREATE)) == NULL)
		return EXIT_FAILED;
	if ((locked = store_lock(s)) != 0) {
		log_error("%s", store_error(s));
		return locked == 1 ? EXIT_LOCKED : EXIT_FAILED;
	}
	store_set_origin(s, ORIGIN_CAPTURED);
	if ((!r->names && store_hide_names(s) != 0) || forget_old(r) != 0) {
		log_error("%s", store_error(s));
		return EXIT_FAILED;
	}
	return begin_run(r) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* ---- output -------------------------------------------------------------------------------------- */

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n >= k && strcmp(text + n - k, end) == 0;
}

static int
open_links(struct request *r)
{
	if (r->links == NULL)
		return EXIT_DONE;
	r->capture.link_form = ends_with(r->links, ".tsv") ? LINKS_TSV : LINKS_JSON;
	/* Who listens wants to see what has come so far. */
	if (strcmp(r->links, "-") == 0)
		r->capture.links = stdout;
	else if (r->interface != NULL)
		r->capture.links = fopen(r->links, "ae");
	else if ((r->links_file = outfile_open_over(r->links, 0640,
	    r->capture.link_form == LINKS_TSV ? LINKS_TSV_HEAD : "{\"type\":\"")) != NULL)
		r->capture.links = outfile_stream(r->links_file);
	if (r->capture.links == NULL) {
		if (errno == EEXIST)
			log_error("%s exists, and is no file of links; name another file", r->links);
		else
			log_error("%s: %s", r->links, strerror(errno));
		return EXIT_FAILED;
	}
	records_head(&r->capture);
	return EXIT_DONE;
}

/* A file's name without its folders; the interface's. */
static int
name_vantage(struct request *r)
{
	const char *name = r->interface != NULL ? r->interface : r->file[0], *slash = strrchr(name, '/');
	char shown[80];

	if (r->vantage == NULL && strcmp(name, "-") == 0)
		name = "stdin";
	else if (r->vantage == NULL && slash != NULL)
		name = slash + 1;
	text_vis(shown, sizeof(shown), text_of(r->vantage != NULL ? r->vantage : name));
	r->capture.vantage = r->kept_vantage = strdup(shown);
	return r->kept_vantage == NULL ? -1 : 0;
}

static char *
join_files(const struct request *r)
{
	char *all = NULL;
	size_t n;
	FILE *f = open_memstream(&all, &n);

	if (f == NULL)
		return NULL;
	for (int i = 0; i < r->nfiles; i++)
		fprintf(f, "%s%s", i > 0 ? ", " : "", r->file[i]);
	if (fclose(f) == 0)
		return all;
	free(all);
	return NULL;
}

int
request_open(struct request *r)
{
	struct capture *c = &r->capture;
	enum outsiders_form form = r->show_addresses ? OUTSIDERS_PLAIN : (enum outsiders_form)r->pseudonyms;
	const char *missing;
	int status;

	r->names_of_files = r->interface != NULL ? strdup(r->interface) : join_files(r);
	if (r->names_of_files == NULL || name_vantage(r) != 0 ||
	    capture_begin(c, (size_t)r->max_memory, r->tell_tags) != 0 ||
	    outsiders_begin(&c->outsiders, form, c->key) != 0) {
		log_error("%s", memory_missing());
		return EXIT_FAILED;
	}
	c->slice_ms = r->slice_ms;
	c->check_sums = r->check_sums;
	r->dropped = UNKNOWN;
	for (const struct overlay *const *o = c->drivers; *o != NULL; o++)
		if ((missing = overlay_prepare(*o)) != NULL)
			log_error("%s", missing);
	json_object_seed(0);
	if (r->db != NULL && (status = open_store(r)) != EXIT_DONE)
		return status;
	return open_links(r);
}

void
request_close(struct request *r)
{
	struct capture *c = &r->capture;

	capture_free(c);
	outsiders_end(&c->outsiders);
	store_close(c->store);
	if (r->links_file != NULL)
		outfile_abandon(r->links_file);
	else if (c->links != NULL && c->links != stdout)
		fclose(c->links);
	consent_free(&r->consent);
	free(r->kept_vantage);
	free(r->names_of_files);
	free(r->own.item);
	free(r->overlays.item);
}
