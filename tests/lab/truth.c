/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/truth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "data/lib/utctime.h"
#include "tests/lab/world_impl.h"

#define DAY_S	86400.0

struct truth {
	struct world	*w;
	FILE		*f;
	struct recent	*recent;
	double		 from, until;	/* of the present round */
	uint32_t	 round;
	uint32_t	 online, holders, reachable;
	uint64_t	 listed[MAX_FLOODS];	/* bogus sources written so far */
};

static const char *
when(const struct world *w, double t, char buf[WHEN_TEXT])
{
	return utctime_format(buf, w->file.world.start.ms + (int64_t)llround(t * 1000));
}

/* "null" for what never comes, else the time in quotes. */
static void
put_time(const struct truth *h, const char *name, double t)
{
	char buf[WHEN_TEXT];

	if (t >= FOREVER)
		fprintf(h->f, ",\"%s\":null", name);
	else
		fprintf(h->f, ",\"%s\":\"%s\"", name, when(h->w, t, buf));
}

static uint32_t
round_at(const struct world *w, double t)
{
	return t < 0 ? 1 : (uint32_t)(t / w->file.world.round) + 1;
}

static void
put_round(const struct truth *h, const char *name, double t)
{
	if (t >= FOREVER)
		fprintf(h->f, ",\"%s\":null", name);
	else
		fprintf(h->f, ",\"%s\":%u", name, round_at(h->w, t));
}

/* ---- what is known from the beginning -------------------------------------------------- */

static bool
names_real_nodes(const struct flood_settings *s)
{
	return s->ports == PORTS_OWN;
}

static const char *
kind_of(const struct flood_settings *s)
{
	if (s->channel == CHANNEL_NEIGHBOURS)
		return "port-fanout";
	return s->hash == HASH_WRONG || s->hash == HASH_TARGET ? "targeted-hash" : "random-sources";
}

static const char *
injector_of(const struct flood_settings *s)
{
	static const char *const name[] = { "fixed", "roving", "unreachable", "framing" };

	return s->channel == CHANNEL_NEIGHBOURS ? "unreachable" : name[s->injector];
}

/* The rounds in which it announces: [[first,last],...], to the end of the play. */
static void
put_bursts(const struct truth *h, const struct flood *f, double end)
{
	const char *comma = "";

	fprintf(h->f, ",\"on\":[");
	for (size_t i = 0; i < f->nburst && f->burst[i].from < end; i++, comma = ",")
		fprintf(h->f, "%s[%u,%u]", comma, round_at(h->w, f->burst[i].from),
		    round_at(h->w, fmin(f->burst[i].until, end) - 0.001));
	fprintf(h->f, "]");
}

static void
put_flood(const struct truth *h, unsigned n, double play)
{
	const struct flood *f = &h->w->flood[n];
	const struct flood_settings *s = f->set;
	double end = play > 0 ? fmin(play, s->until) : s->until;
	char text[ENDPOINT_TEXT];

	fprintf(h->f, "{\"type\":\"flood\",\"flood\":%u,\"variant\":\"%s\",\"kind\":\"%s\",\"channel\":\"%s\"",
	    n + 1, variant_name[s->variant], kind_of(s),
	    s->channel == CHANNEL_KEYS ? "keys" : "neighbours");
	fprintf(h->f, ",\"bogus\":\"%s\"", names_real_nodes(s) ? "keys" : "sources");
	put_time(h, "start", s->from);
	put_time(h, "end", end);
	put_round(h, "first_round", s->from);
	put_round(h, "last_round", end >= FOREVER ? end : end - 0.001);
	fprintf(h->f, ",\"per_round\":%.3f", s->rate.per_second * h->w->file.world.round);
	if (end >= FOREVER || end <= s->from)
		fprintf(h->f, ",\"announced\":%s", end >= FOREVER ? "null" : "0");
	else
		fprintf(h->f, ",\"announced\":%.0f", ceil(flood_announced(f, end)));
	fprintf(h->f, ",\"injector\":\"%s\",\"node\":", injector_of(s));
	if (flood_hosted(s))
		fprintf(h->f, "\"%s\"", endpoint_format(text, address_public(h->w, f->injector, 0)));
	else
		fprintf(h->f, "null");
	if (f->framed != UINT32_MAX)
		fprintf(h->f, ",\"framed\":\"%s\"",
		    endpoint_format(text, address_public(h->w, f->framed, s->from)));
	put_bursts(h, f, end);
	fprintf(h->f, "}\n");
}

static void
put_event(const struct truth *h, unsigned n, const struct event_settings *e)
{
	fprintf(h->f, "{\"type\":\"event\",\"event\":%u,\"kind\":\"%s\",\"size\":%g", n + 1,
	    event_name[e->kind], e->size);
	put_time(h, "start", e->from);
	put_time(h, "end", e->until);
	put_round(h, "first_round", e->from);
	put_round(h, "last_round", e->until >= FOREVER ? e->until : e->until - 0.001);
	fprintf(h->f, "}\n");
}

/* Hostile nodes that are there when the world begins. */
static void
put_hostile(const struct truth *h)
{
	char text[ENDPOINT_TEXT];
	int kind;

	for (uint32_t slot = 0; slot < h->w->slots; slot++)
		if ((kind = world_hostile(h->w, slot)) >= 0 && population_online(h->w, slot, 0))
			fprintf(h->f, "{\"type\":\"hostile\",\"kind\":\"%s\",\"node\":\"%s\"}\n",
			    hostile_name[kind],
			    endpoint_format(text, address_public(h->w, slot, 0)));
}

struct truth *
truth_new(struct world *w, FILE *f, double until)
{
	struct truth *h = calloc(1, sizeof(*h));
	char buf[WHEN_TEXT];

	if (h == NULL || (h->recent = recent_new((uint32_t)ceil(DAY_S / w->file.world.round))) == NULL) {
		free(h);
		return NULL;
	}
	h->w = w;
	h->f = f;
	fprintf(f, "{\"type\":\"world\",\"start\":\"%s\",\"round_s\":%.0f,\"nodes\":%u,\"slots\":%u,"
	    "\"day_rounds\":%.0f}\n", when(w, 0, buf), w->file.world.round, w->file.world.nodes,
	    w->slots, ceil(DAY_S / w->file.world.round));
	for (unsigned i = 0; i < MAX_FLOODS; i++)
		if (w->flood[i].set != NULL) {
			const struct flood *it = &w->flood[i];

			put_flood(h, i, until);
			/* What was announced before the world began, and is gone, is not listed. */
			h->listed[i] = (uint64_t)floor(flood_announced(it, -flood_span(w, it)));
		}
	for (unsigned i = 0; i < MAX_EVENTS; i++)
		if (w->file.event[i].line > 0)
			put_event(h, i, &w->file.event[i]);
	put_hostile(h);
	return h;
}

void
truth_free(struct truth *h)
{
	if (h == NULL)
		return;
	recent_free(h->recent);
	free(h);
}

struct recent *
truth_recent(struct truth *h)
{
	return h->recent;
}

/* ---- round by round -------------------------------------------------------------------------- */

int
truth_begin(struct truth *h, uint32_t round)
{
	const struct world *w = h->w;
	double middle = (round - 0.5) * w->file.world.round;

	recent_begin(h->recent, round);
	h->round = round;
	h->from = (round - 1) * w->file.world.round;
	h->until = round * w->file.world.round;
	h->online = h->holders = h->reachable = 0;
	for (uint32_t slot = 0; slot < w->slots; slot++) {
		struct endpoint e;

		if (!population_online(w, slot, middle))
			continue;
		h->online++;
		h->reachable += address_answers(w, slot);
		if (!address_dialable(w, slot))
			continue;
		e = address_public(w, slot, middle);
		if (recent_note(h->recent, RECENT_ONLINE, e) < 0)
			return -1;
		if (!population_holds(w, slot))
			continue;
		h->holders++;
		if (recent_note(h->recent, RECENT_HOLDERS, e) < 0)
			return -1;
	}
	return 0;
}

/* Sources numbered from..until of a flood, as they are announced first in this round. */
static void
put_sources(struct truth *h, unsigned n)
{
	const struct flood *f = &h->w->flood[n];
	uint64_t until = (uint64_t)ceil(flood_announced(f, h->until));
	char text[ENDPOINT_TEXT];

	if (names_real_nodes(f->set))
		return;
	for (; h->listed[n] < until; h->listed[n]++) {
		double born = flood_born(f, (double)h->listed[n]);

		fprintf(h->f, "{\"type\":\"bogus\",\"flood\":%u,\"variant\":\"%s\",\"source\":\"%s\","
		    "\"first_round\":%u,\"last_round\":%u}\n", n + 1, variant_name[f->set->variant],
		    endpoint_format(text, flood_source(h->w, n, h->listed[n])),
		    round_at(h->w, born), round_at(h->w, born + flood_span(h->w, f)));
	}
}

/* One flood in a round's line: is it on, how many of its sources live, who injects. */
static void
put_state(const struct truth *h, unsigned n, const char *comma)
{
	const struct flood *f = &h->w->flood[n];
	double before = flood_announced(f, h->from - flood_span(h->w, f));
	double now = flood_announced(f, h->until);
	double middle = (h->from + h->until) / 2;
	bool on = flood_on(f, h->from) || flood_on(f, middle) || flood_on(f, h->until - 0.001);
	char text[ENDPOINT_TEXT];
	uint32_t host = flood_gate(h->w, n, middle)->host;

	fprintf(h->f, "%s{\"flood\":%u,\"on\":%s,\"alive\":%.0f,\"announced\":%.0f,\"injector\":", comma,
	    n + 1, on ? "true" : "false", ceil(now) - floor(before),
	    ceil(now) - ceil(flood_announced(f, h->from)));
	if (on && host != UINT32_MAX)
		fprintf(h->f, "\"%s\"}", endpoint_format(text, address_public(h->w, host, middle)));
	else
		fprintf(h->f, "null}");
}

static void
put_seen(const struct truth *h, bool seen)
{
	static const struct { const char *name; enum recent_series s; bool day; } shown[] = {
		{ "seen_instant", RECENT_SEEN_KEYS, false }, { "seen_day_keys", RECENT_SEEN_KEYS, true },
		{ "seen_day_all", RECENT_SEEN_ALL, true }, { "seen_bogus", RECENT_SEEN_BOGUS, false },
	};

	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (seen)
			fprintf(h->f, ",\"%s\":%u", shown[i].name,
			    (shown[i].day ? recent_in_day : recent_in_round)(h->recent, shown[i].s));
		else
			fprintf(h->f, ",\"%s\":null", shown[i].name);
}

int
truth_end(struct truth *h, bool seen)
{
	const char *comma = "";

	for (unsigned i = 0; i < MAX_FLOODS; i++)
		if (h->w->flood[i].set != NULL)
			put_sources(h, i);
	fprintf(h->f, "{\"type\":\"round\",\"round\":%u", h->round);
	put_time(h, "start", h->from);
	put_time(h, "end", h->until);
	fprintf(h->f, ",\"measured\":%s,\"online\":%u,\"holders\":%u,\"reachable\":%u,\"day_keys\":%u,"
	    "\"day_all\":%u", seen ? "true" : "false", h->online, h->holders, h->reachable,
	    recent_in_day(h->recent, RECENT_HOLDERS), recent_in_day(h->recent, RECENT_ONLINE));
	put_seen(h, seen);
	fprintf(h->f, ",\"floods\":[");
	for (unsigned i = 0; i < MAX_FLOODS; i++)
		if (h->w->flood[i].set != NULL) {
			put_state(h, i, comma);
			comma = ",";
		}
	fprintf(h->f, "]}\n");
	return fflush(h->f) != 0 || ferror(h->f) ? -1 : 0;
}
