/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/truth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "data/lib/json_write.h"
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

static int64_t
utc_of(const struct world *w, double t)
{
	return w->file.world.start.ms + (int64_t)llround(t * 1000);
}

/* A time that never comes is null. */
static void
put_time(const struct truth *h, struct json_out *j, const char *name, double t)
{
	json_put_time(j, name, t >= FOREVER ? UNKNOWN : utc_of(h->w, t));
}

static uint32_t
round_at(const struct world *w, double t)
{
	return t < 0 ? 1 : (uint32_t)(t / w->file.world.round) + 1;
}

static void
put_round(const struct truth *h, struct json_out *j, const char *name, double t)
{
	json_put_count(j, name, t >= FOREVER ? NAN : round_at(h->w, t));
}

/* Each fact is one line, an object with its type first. */
static void
open_line(const struct truth *h, struct json_out *j, const char *type)
{
	json_start(j, h->f, JSON_FORM_LINE);
	json_put_object(j, NULL);
	json_put_string(j, "type", type);
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
	return s->hash == HASH_WRONG || s->hash == HASH_TARGET ? "targeted-hash" :
	    "random-sources";
}

static const char *
injector_of(const struct flood_settings *s)
{
	static const char *const name[] = { "fixed", "roving", "unreachable", "framing" };

	return s->channel == CHANNEL_NEIGHBOURS ? "unreachable" : name[s->injector];
}

/* The rounds in which it announces: [[first,last],...], to the end of the play. */
static void
put_bursts(const struct truth *h, struct json_out *j, const struct flood *f, double end)
{
	json_put_array(j, "on");
	for (size_t i = 0; i < f->nburst && f->burst[i].from < end; i++) {
		json_put_array(j, NULL);
		json_put_int(j, NULL, round_at(h->w, f->burst[i].from));
		json_put_int(j, NULL, round_at(h->w, fmin(f->burst[i].until, end) - 0.001));
		json_put_end(j);
	}
	json_put_end(j);
}

static void
put_flood(const struct truth *h, unsigned n, double play)
{
	const struct flood *f = &h->w->flood[n];
	const struct flood_settings *s = f->set;
	double end = play > 0 ? fmin(play, s->until) : s->until;
	char text[ENDPOINT_TEXT];
	struct json_out j;

	open_line(h, &j, "flood");
	json_put_int(&j, "flood", n + 1);
	json_put_string(&j, "variant", variant_name[s->variant]);
	json_put_string(&j, "kind", kind_of(s));
	json_put_string(&j, "channel", s->channel == CHANNEL_KEYS ? "keys" : "neighbours");
	json_put_string(&j, "bogus", names_real_nodes(s) ? "keys" : "sources");
	put_time(h, &j, "start", s->from);
	put_time(h, &j, "end", end);
	put_round(h, &j, "first_round", s->from);
	put_round(h, &j, "last_round", end >= FOREVER ? end : end - 0.001);
	json_put_real(&j, "per_round", s->rate.per_second * h->w->file.world.round);
	json_put_count(&j, "announced", end >= FOREVER ? NAN : end <= s->from ? 0 :
	    ceil(flood_announced(f, end)));
	json_put_string(&j, "injector", injector_of(s));
	json_put_string(&j, "node", !flood_hosted(s) ? NULL :
	    endpoint_format(text, address_public(h->w, f->injector, 0)));
	if (f->framed != UINT32_MAX)
		json_put_string(&j, "framed",
		    endpoint_format(text, address_public(h->w, f->framed, s->from)));
	put_bursts(h, &j, f, end);
	json_put_end(&j);
}

static void
put_event(const struct truth *h, unsigned n, const struct event_settings *e)
{
	struct json_out j;

	open_line(h, &j, "event");
	json_put_int(&j, "event", n + 1);
	json_put_string(&j, "kind", event_name[e->kind]);
	json_put_real(&j, "size", e->size);
	put_time(h, &j, "start", e->from);
	put_time(h, &j, "end", e->until);
	put_round(h, &j, "first_round", e->from);
	put_round(h, &j, "last_round", e->until >= FOREVER ? e->until : e->until - 0.001);
	json_put_end(&j);
}

/* Hostile nodes that are there when the world begins. */
static void
put_hostile(const struct truth *h)
{
	char text[ENDPOINT_TEXT];
	struct json_out j;
	int kind;

	for (uint32_t slot = 0; slot < h->w->slots; slot++)
		if ((kind = world_hostile(h->w, slot)) >= 0 &&
		    population_online(h->w, slot, 0)) {
			open_line(h, &j, "hostile");
			json_put_string(&j, "kind", hostile_name[kind]);
			json_put_string(&j, "node",
			    endpoint_format(text, address_public(h->w, slot, 0)));
			json_put_end(&j);
		}
}

struct truth *
truth_new(struct world *w, FILE *f, double until)
{
	struct truth *h = calloc(1, sizeof(*h));
	struct json_out j;

	if (h == NULL ||
	    (h->recent = recent_new((uint32_t)ceil(DAY_S / w->file.world.round))) == NULL) {
		free(h);
		return NULL;
	}
	h->w = w;
	h->f = f;
	open_line(h, &j, "world");
	json_put_time(&j, "start", utc_of(w, 0));
	json_put_count(&j, "round_s", w->file.world.round);
	json_put_int(&j, "nodes", w->file.world.nodes);
	json_put_int(&j, "slots", w->slots);
	json_put_count(&j, "day_rounds", ceil(DAY_S / w->file.world.round));
	json_put_end(&j);
	for (unsigned i = 0; i < MAX_FLOODS; i++)
		if (w->flood[i].set != NULL) {
			const struct flood *it = &w->flood[i];

			put_flood(h, i, until);
			/* Adverts from before the world began that are gone are not listed. */
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
	struct json_out j;

	if (names_real_nodes(f->set))
		return;
	for (; h->listed[n] < until; h->listed[n]++) {
		double born = flood_born(f, (double)h->listed[n]);

		open_line(h, &j, "bogus");
		json_put_int(&j, "flood", n + 1);
		json_put_string(&j, "variant", variant_name[f->set->variant]);
		json_put_string(&j, "source",
		    endpoint_format(text, flood_source(h->w, n, h->listed[n])));
		json_put_int(&j, "first_round", round_at(h->w, born));
		json_put_int(&j, "last_round", round_at(h->w, born + flood_span(h->w, f)));
		json_put_end(&j);
	}
}

/* One flood in a round's line: is it on, how many of its sources live, who injects. */
static void
put_state(const struct truth *h, struct json_out *j, unsigned n)
{
	const struct flood *f = &h->w->flood[n];
	double before = flood_announced(f, h->from - flood_span(h->w, f));
	double now = flood_announced(f, h->until);
	double middle = (h->from + h->until) / 2;
	bool on = flood_on(f, h->from) || flood_on(f, middle) || flood_on(f, h->until - 0.001);
	char text[ENDPOINT_TEXT];
	uint32_t host = flood_gate(h->w, n, middle)->host;

	json_put_object(j, NULL);
	json_put_int(j, "flood", n + 1);
	json_put_bool(j, "on", on);
	json_put_count(j, "alive", ceil(now) - floor(before));
	json_put_count(j, "announced", ceil(now) - ceil(flood_announced(f, h->from)));
	json_put_string(j, "injector", !on || host == UINT32_MAX ? NULL :
	    endpoint_format(text, address_public(h->w, host, middle)));
	json_put_end(j);
}

int
truth_end(struct truth *h, bool seen)
{
	struct recent *r = h->recent;
	struct json_out j;

	for (unsigned i = 0; i < MAX_FLOODS; i++)
		if (h->w->flood[i].set != NULL)
			put_sources(h, i);
	open_line(h, &j, "round");
	json_put_int(&j, "round", h->round);
	put_time(h, &j, "start", h->from);
	put_time(h, &j, "end", h->until);
	json_put_bool(&j, "measured", seen);
	json_put_int(&j, "online", h->online);
	json_put_int(&j, "holders", h->holders);
	json_put_int(&j, "reachable", h->reachable);
	json_put_int(&j, "day_keys", recent_in_day(r, RECENT_HOLDERS));
	json_put_int(&j, "day_all", recent_in_day(r, RECENT_ONLINE));
	json_put_count(&j, "seen_instant", seen ? recent_in_round(r, RECENT_SEEN_KEYS) : NAN);
	json_put_count(&j, "seen_day_keys", seen ? recent_in_day(r, RECENT_SEEN_KEYS) : NAN);
	json_put_count(&j, "seen_day_all", seen ? recent_in_day(r, RECENT_SEEN_ALL) : NAN);
	json_put_count(&j, "seen_bogus", seen ? recent_in_round(r, RECENT_SEEN_BOGUS) : NAN);
	json_put_array(&j, "floods");
	for (unsigned i = 0; i < MAX_FLOODS; i++)
		if (h->w->flood[i].set != NULL)
			put_state(h, &j, i);
	json_put_end(&j);
	json_put_end(&j);
	return fflush(h->f) != 0 || ferror(h->f) ? -1 : 0;
}
