/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/source.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/array.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"
#include "data/store/sensor_facts.h"
#include "data/store/sensors.h"
#include "plots/font_metrics.h"

#define YEAR_MS		(365 * DAY_MS)
#define EARLIEST	(1 * YEAR_MS)
#define LATEST		(8028 * YEAR_MS)

enum { NO_MEMORY = 1 };		/* of a callback, complained of; the store's is -1 */

static bool
is_sane_time(int64_t ms)
{
	return ms >= EARLIEST && ms <= LATEST;
}

/* The array with room for one item more; NULL, complained of, without memory. */
static void *
with_room(void *items, size_t n, size_t *room, size_t size)
{
	struct array a = { items, n, *room };

	if (array_add_any(&a, size) == NULL) {
		log_error("%s", memory_missing());
		return NULL;
	}
	*room = a.room;
	return a.p;
}

/* ---- rounds ------------------------------------------------------------------ */

/* The measured numbers of a row: each is NAN or from nought to its most. */
static const struct { size_t at; double most; } measured[] = { /* flat */
#define COUNT(name)	{ offsetof(struct series_row, name), INFINITY }
#define SHARE(name)	{ offsetof(struct series_row, name), 1 }
	COUNT(tried), COUNT(reached), COUNT(instant), COUNT(day_keys), COUNT(day_all),
	COUNT(instant_clean), COUNT(day_keys_clean), COUNT(day_all_clean), COUNT(day_addresses),
	COUNT(max_ports), COUNT(max_sources), COUNT(records_keys), COUNT(records_neighbours),
	COUNT(records_queries), COUNT(flood), COUNT(flood_low), COUNT(flood_high),
	SHARE(success_low), SHARE(success_high), SHARE(impossible_share), SHARE(new16_share),
	SHARE(one_shot_share), SHARE(top_share),
#undef COUNT
#undef SHARE
};

int
source_add_row(struct source *s, const struct series_row *given)
{
	struct series_row *rows, *r;

	if (!is_sane_time(given->end_ms))
		return 0;
	if ((rows = with_room(s->row, s->n, &s->room, sizeof(*rows))) == NULL)
		return -1;
	s->row = rows;
	r = &rows[s->n++];
	*r = *given;
	if (!is_sane_time(r->start_ms) || r->start_ms > r->end_ms)
		r->start_ms = r->end_ms;
	for (size_t i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
		double *v = (double *)(void *)((char *)r + measured[i].at);

		if (!r->complete || !isfinite(*v) || *v < 0 || *v > measured[i].most)
			*v = NAN;
	}
	return 0;
}

static int
add_row(const struct series_row *r, void *arg)
{
	struct source *s = arg;

	if (is_sane_time(r->end_ms) && r->end_ms > s->judged_ms)
		s->judged_ms = r->end_ms;
	if (s->until_given && r->end_ms > s->until_ms)
		return 0;
	return source_add_row(s, r) == 0 ? 0 : NO_MEMORY;
}

bool
source_in_hindsight(const struct source *s)
{
	return s->until_given && s->judged_ms > s->until_ms;
}

static int
by_end(const void *a, const void *b)
{
	const struct series_row *x = a, *y = b;

	if (x->end_ms != y->end_ms)
		return x->end_ms < y->end_ms ? -1 : 1;
	return (x->round > y->round) - (x->round < y->round);
}

const struct series_row *
source_last_complete(const struct source *s)
{
	for (size_t i = s->n; i > 0; i--)
		if (s->row[i - 1].complete)
			return &s->row[i - 1];
	return NULL;
}

/* ---- incidents ----------------------------------------------------------------- */

int
source_add_incident(struct source *s, const struct incident_row *given)
{
	struct incident_row *incidents, *i;

	if (!is_sane_time(given->start_ms) || (unsigned)given->kind >= INC_NKIND ||
	    given->id < 1)
		return 0;
	incidents = with_room(s->incident, s->nincidents, &s->incident_room,
	    sizeof(*incidents));
	if (incidents == NULL)
		return -1;
	s->incident = incidents;
	i = &incidents[s->nincidents++];
	*i = *given;
	if (!is_sane_time(i->end_ms))
		i->end_ms = UNKNOWN;
	else if (i->end_ms < i->start_ms)
		i->end_ms = i->start_ms;
	if (!is_sane_time(i->peak_ms))
		i->peak_ms = i->start_ms;
	i->summary = arena_print(&s->arena, "%.400s", given->summary == NULL ? "" :
	    given->summary);
	return 0;
}

/* Takes away what was not known of an incident at that time, if it went on. */
static void
forget_future(struct incident_row *i, int64_t until_ms)
{
	if (i->end_ms != UNKNOWN && i->end_ms <= until_ms)
		return;
	i->end_ms = UNKNOWN;
	i->bogus = i->bogus_low = i->bogus_high = NAN;
	i->rounds = UNKNOWN;
	if (i->peak_ms > until_ms)
		i->peak_ms = i->start_ms;
}

static int
add_incident(const struct incident_row *i, void *arg)
{
	struct source *s = arg;

	if (s->until_given && i->start_ms > s->until_ms)
		return 0;
	if (source_add_incident(s, i) != 0)
		return NO_MEMORY;
	if (source_in_hindsight(s) && s->nincidents > 0)
		forget_future(&s->incident[s->nincidents - 1], s->until_ms);
	return 0;
}

bool
incident_is_flood(const struct incident_row *i)
{
	return i->kind == INC_RANDOM_SOURCES || i->kind == INC_PORT_FANOUT ||
	    i->kind == INC_TARGETED_HASH;
}

static const struct { const char *words, *brief; } kind_words[INC_NKIND] = {
	[INC_RANDOM_SOURCES] = { "flood of advertisements that name random addresses",
	    "random addresses" },
	[INC_PORT_FANOUT] = { "few addresses claimed under very many ports", "port fan-out" },
	[INC_TARGETED_HASH] = { "flood of advertisements for few contents", "targeted contents" },
	[INC_REACHABILITY_DROP] = { "fewer nodes answer than usual", "fewer nodes answer" },
	[INC_OUTAGE] = { "the sensor was down: no data", "sensor down" },
	[INC_POPULATION_STEP] = { "a real step of the population, not a flood",
	    "population step" },
	[INC_MADE_UP_CONTACTS] = { "contacts that one node made up", "made-up contacts" },
	[INC_SYBIL_CLUSTER] = { "ids that lie nearer to each other than chance allows", "id cluster" },
	[INC_SYBIL_FLEET] = { "many ids of few addresses, all alike", "id fleet" },
	[INC_ID_HOP] = { "nodes whose id suits the question", "changing ids" },
	[INC_JUNK_HASHES] = { "samples of contents that there are not", "junk contents" },
};

const char *
incident_in_words(enum incident_kind kind)
{
	return kind_words[kind].words;
}

const char *
incident_in_brief(enum incident_kind kind)
{
	return kind_words[kind].brief;
}

/* ---- sources --------------------------------------------------------------------- */

static int
add_verdict(const struct verdict_row *v, void *arg)
{
	struct source *s = arg;
	struct known_source *k;

	if (v->node < 0 || (size_t)v->node >= s->nknown || (unsigned)v->verdict >= VERDICT_N)
		return 0;
	k = &s->known[v->node];
	k->first_round = v->first_round;
	k->last_round = v->last_round;
	k->verdict = (uint8_t)v->verdict;
	k->keys = 0;
	for (int64_t n = v->keys; n > 0; n /= 2)
		k->keys++;
	return 0;
}

/* ---- the whole -------------------------------------------------------------------- */

/* Nothing that has no picture, changes the direction, or hides. */
static bool
is_plain(uint32_t c)
{
	bool punctuation = c >= 0x2000 && c <= 0x206f, private_use = c >= 0xe000 && c <= 0xf8ff;

	return (c >= ' ' && c <= '~') || (c >= 0xa1 && c < 0x10000 && !punctuation &&
	    !private_use && c != 0xfeff && c != 0xfffd);
}

/* A name from the database that can stand in a title: short and plain.  Frees the given one. */
static char *
plain_name(struct arena *a, char *given, const char *otherwise)
{
	const char *p = given == NULL ? "" : given;
	char *name;
	bool plain = *p != '\0' && font_width(p, 1, false) < 40;

	for (uint32_t c; plain && (c = font_next(&p)) != 0;)
		plain = is_plain(c);
	name = arena_copy(a, plain ? given : otherwise);
	free(given);
	return name;
}

void
source_settle(struct source *s)
{
	if (s->n > 0)
		qsort(s->row, s->n, sizeof(*s->row), by_end);
	if (!s->until_given && s->n > 0)
		s->until_ms = s->row[s->n - 1].end_ms;
	if (s->overlay == NULL)
		s->overlay = "Overlay";
	if (s->sensor == NULL)
		s->sensor = "unnamed";
}

static int
load_sources(struct source *s, struct store *store)
{
	int64_t most = rows_max_node(store);

	if (most < 0)
		return -1;
	s->nknown = (size_t)most + 1;
	if ((s->known = calloc(s->nknown, sizeof(*s->known))) == NULL) {
		log_error("out of memory for %zu sources", s->nknown);
		return NO_MEMORY;
	}
	return results_verdicts(store, add_verdict, s);
}

static int
add_origin(const struct round_row *r, void *arg)
{
	struct source *s = arg;

	s->origin[r->origin] += s->until_ms == UNKNOWN || r->start_ms < s->until_ms;
	return 0;
}

int
source_load(struct source *s, struct store *store, int64_t until_ms)
{
	char *overlay;
	int bad;

	*s = (struct source){ .until_ms = until_ms, .until_given = until_ms != UNKNOWN,
		.sensor_id = sensors_current(store) };
	overlay = plain_name(&s->arena, sensor_fact_get(store, SENSOR_OVERLAY), "overlay");
	s->overlay_name = arena_copy(&s->arena, overlay);
	overlay[0] = (char)toupper((unsigned char)overlay[0]);
	s->overlay = overlay;
	s->sensor = plain_name(&s->arena, sensor_fact_get(store, SENSOR_NAME), "unnamed");
	s->lifetime_note = store_fields(store) != NULL ? store_fields(store)->lifetime_note : NULL;
	if ((bad = rows_rounds(store, 1, 0, add_origin, s)) == 0 &&
	    (bad = results_series(store, 0, INT64_MAX, add_row, s)) == 0 &&
	    (bad = results_incidents(store, add_incident, s)) == 0)
		bad = load_sources(s, store);
	if (bad != 0) {
		if (bad != NO_MEMORY)
			log_error("the database cannot be read: %s", store_error(store));
		return -1;
	}
	source_settle(s);
	return source_last_complete(s) == NULL ? 1 : 0;
}

void
source_free(struct source *s)
{
	free(s->row);
	free(s->incident);
	free(s->known);
	arena_free(&s->arena);
	*s = (struct source){ 0 };
}
