/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/simulated_sensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/text.h"
#include "node/winny/cp932.h"
#include "node/winny/fields.h"
#include "tests/lab/world_impl.h"

#define VERSION		12710
#define WORD_MAX	32
#define VIA_LONGEST	4
#define QUERY_IDS	5000	/* search counters of nodes that have been up for hours */
#define FULL_LIST	31	/* places of a command 4 that queries do not use */
#define KEYS_AFTER_MS	7000	/* a link must be older than 5 s before it may ask */
#define STRANGER	0.1	/* strangers refuse so much less often than those who left */
#define NOBODY		UINT32_MAX

struct sensor {
	struct world	*w;
	const struct sensor_settings *set;
	char		 name[SENSOR_NAME + 1];
	sensor_sink	*sink;
	void		*arg;
	int		 status;	/* of the sink, or -1 */
	uint64_t	 made;

	struct endpoint	*list, *next;	/* to visit in this round and in the next */
	size_t		 nlist, nnext, room;
	struct recent	*recent;
	uint32_t	 round;
	int64_t		 tried, reached;
};

/* One visit: the node, and the moment. */
struct simulated_visit {
	struct endpoint	 to;
	uint32_t	 slot;		/* NOBODY if it is no node's endpoint */
	double		 t;
	uint64_t	 x;		/* its draw */
	bool		 downstream;
};

struct sensor *
simulated_sensor_new(struct world *w, const char *name, sensor_sink *sink, void *arg)
{
	struct sensor *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->w = w;
	s->set = &w->file.sensor;
	snprintf(s->name, sizeof(s->name), "%s", name != NULL ? name : s->set->name);
	s->sink = sink;
	s->arg = arg;
	return s;
}

void
simulated_sensor_free(struct sensor *s)
{
	if (s == NULL)
		return;
	free(s->list);
	free(s->next);
	free(s);
}

uint64_t
simulated_sensor_made(const struct sensor *s)
{
	return s->made;
}

/* ---- events that befall the sensor --------------------------------------------------- */

bool
simulated_sensor_out(const struct sensor *s, uint32_t round)
{
	double from = (round - 1) * s->w->file.world.round,
	    until = from + s->w->file.world.round;

	for (unsigned i = 0; i < MAX_EVENTS; i++) {
		const struct event_settings *e = &s->w->file.event[i];

		if (e->line > 0 && e->kind == EV_OUTAGE && from < e->until && until > e->from)
			return true;
	}
	return false;
}

/* ---- the list ------------------------------------------------------------------------ */

static void
list_append(struct sensor *s, struct endpoint e)
{
	size_t room = s->room > 0 ? s->room * 2 : 4096;

	if (s->nnext == s->room) {
		struct endpoint *next = realloc(s->next, room * sizeof(*next)), *list;

		if (next != NULL)
			s->next = next;
		if (next == NULL || (list = realloc(s->list, room * sizeof(*list))) == NULL) {
			s->status = -1;
			return;
		}
		s->list = list;
		s->room = room;
	}
	s->next[s->nnext++] = e;
}

/* A key's source, or a node that was reached: to be visited once in the next round. */
static void
list_source(struct sensor *s, struct endpoint e)
{
	int new = recent_note(s->recent, RECENT_LISTED, e);

	if (new > 0)
		list_append(s, e);
	else if (new < 0)
		s->status = -1;
}

/* ---- observations ------------------------------------------------------------------------ */

static void
make_observation(struct sensor *s, struct observation *o, enum observation_type type, double t)
{
	if (s->status != 0)
		return;
	o->type = type;
	o->round = s->round;
	o->t_ms = s->w->file.world.start.ms + (int64_t)(t * 1000);
	s->status = s->sink(s->arg, o);
	s->made++;
}

/* An endpoint that somebody named. */
static void
note_seen(struct sensor *s, struct endpoint e, bool bogus, bool as_source)
{
	int got = 0;

	if (bogus)
		got = recent_note(s->recent, RECENT_SEEN_BOGUS, e);
	else if (as_source)
		got = recent_note(s->recent, RECENT_SEEN_KEYS, e);
	if (!bogus && got >= 0)
		got = recent_note(s->recent, RECENT_SEEN_ALL, e);
	if (got < 0)
		s->status = -1;
}

static struct text
utf8(uint8_t *buf, const char *cp932_text, size_t n)
{
	return (struct text){ buf,
	    cp932_to_utf8(cp932(), buf, (const uint8_t *)cp932_text, n) };
}

/* A bogus source is told from a genuine one by the flood, unless it names real nodes. */
static bool
names_nobody(const struct sensor *s, unsigned flood)
{
	return flood > 0 && s->w->flood[flood - 1].set->ports != PORTS_OWN;
}

static void
make_key(struct sensor *s, const struct simulated_visit *v, const struct world_key *k)
{
	uint8_t name[CP932_UTF8_MAX(sizeof(k->name))];
	struct observation o = { .peer = v->to, .fields = &winny_fields };
	union value *f = o.value;

	o.key.source = k->source;
	o.key.content.len = sizeof(k->hash);
	memcpy(o.key.content.id, k->hash, sizeof(k->hash));
	f[WINNY_KEY_SIZE].number = k->size;
	f[WINNY_KEY_NAME].text = utf8(name, k->name, k->name_len);
	f[WINNY_KEY_TRIP].text = text_of(k->trip);
	f[WINNY_KEY_TTL].number = k->ttl;
	f[WINNY_KEY_BLOCKS].number = k->blocks;
	f[WINNY_KEY_MTIME].number = k->mtime;
	f[WINNY_KEY_IGNORE].number = k->ignore;
	f[WINNY_KEY_VERSION].number = k->version;
	f[WINNY_KEY_DOWNSTREAM].number = v->downstream;
	make_observation(s, &o, OBS_KEY, v->t + KEYS_AFTER_MS / 1000.0);
	note_seen(s, k->source, names_nobody(s, k->bogus), true);
	list_source(s, k->source);
}

/* One of its own files, and a run of places of its table. */
static void
make_keys(struct sensor *s, const struct simulated_visit *v)
{
	const struct world *w = s->w;
	uint32_t own = population_files(w, v->slot), places = w->file.keys.table,
	    n = s->set->keys;
	uint32_t from = prng_scale(v->x, places);
	struct world_key k;

	if (own > 0) {
		relay_own(w, v->slot, v->t, (uint32_t)(v->x & 0xffff) % own, &k);
		make_key(s, v, &k);
		n--;
	}
	for (uint32_t i = 0; i < n && i < places; i++) {
		if (!relay_entry(w, v->slot, v->t, (from + i) % places, &k))
			continue;
		if (v->downstream && own > 0 && k.bogus == 0 &&
		    prng_unit(prng_mix(v->x + i)) < w->file.keys.rewrite)
			k.source = v->to;
		make_key(s, v, &k);
	}
}

static void
make_neighbour(struct sensor *s, const struct simulated_visit *v, uint32_t i)
{
	uint8_t words[3][CP932_UTF8_MAX(WORD_MAX)];
	struct observation o = { .peer = v->to, .fields = &winny_fields };
	struct world_node n = { .speed = 0 };
	struct endpoint phantom;
	unsigned flood;
	uint32_t node;

	if (!relay_told(s->w, v->slot, v->t, i, &node, &phantom, &flood) ||
	    (flood == 0 && !world_node(s->w, node, v->t, &n)))
		return;
	if (flood > 0) {	/* one program, one speed, one set of words */
		n.public = phantom;
		n.speed = 500 + (int32_t)flood;
		catalogue_words(s->w, NOBODY - flood, n.words);
	}
	o.neighbour.node = n.public;
	o.value[WINNY_NEIGHBOUR_SPEED].number = n.speed;
	o.value[WINNY_NEIGHBOUR_BBS].number = 0;
	for (unsigned j = 0; j < 3; j++)
		o.value[WINNY_NEIGHBOUR_WORDS + j].text = utf8(words[j], n.words[j], strlen(n.words[j]));
	make_observation(s, &o, OBS_NEIGHBOUR, v->t + 1);
	note_seen(s, n.public, flood > 0, false);
}

static void
make_query(struct sensor *s, const struct simulated_visit *v)
{
	uint64_t x = prng_keyed(s->w->seed, DRAW_QUERY, v->slot, s->round);
	uint8_t words[CP932_UTF8_MAX(WORD_MAX)];
	struct endpoint via[VIA_LONGEST] = { { .port = 0 } }, phantom;
	struct observation o = { .peer = v->to, .fields = &winny_fields };
	char asked[3][WORD_MAX];
	uint32_t node = v->slot;
	unsigned flood;

	for (uint32_t i = 0; i < 1 + prng_scale(x, VIA_LONGEST); i++)
		if (relay_told(s->w, v->slot, v->t, FULL_LIST + i, &node, &phantom, &flood) &&
		    flood == 0)
			via[o.query.nvia++] = address_public(s->w, node, v->t);
	if (o.query.nvia == 0)
		return;
	catalogue_words(s->w, node, asked);
	o.query.via = via;
	o.value[WINNY_QUERY_WORDS].text = utf8(words, asked[0], strlen(asked[0]));
	o.value[WINNY_QUERY_ID].number = (int64_t)(x & 0xffff) % QUERY_IDS;
	make_observation(s, &o, OBS_QUERY, v->t + 2);
	for (size_t i = 0; i < o.query.nvia; i++)
		note_seen(s, via[i], false, false);
}

/* ---- a visit ------------------------------------------------------------------------------- */

/* The slot that has this endpoint at that time; *known: it has or had an owner at all. */
static uint32_t
who_is_at(const struct world *w, struct endpoint e, double t, bool *known)
{
	uint32_t slot;

	*known = address_find(w, e, &slot);
	if (!*known || !population_online(w, slot, t) ||
	    endpoint_compare(address_public(w, slot, t), e) != 0)
		return NOBODY;
	return slot;
}

static enum outcome
outcome_of(const struct sensor *s, const struct simulated_visit *v, bool known)
{
	double u = prng_unit(prng_mix(v->x + 1));

	if (flood_special(v->to.ip) || v->to.port == 0)
		return OUT_EXCLUDED;
	if (v->slot == NOBODY)
		return u < s->set->refused * (known ? 1 : STRANGER) ? OUT_REFUSED : OUT_TIMEOUT;
	if (!address_answers(s->w, v->slot) || u >= world_left(s->w, EV_REACH, v->t))
		return OUT_TIMEOUT;
	return prng_unit(prng_mix(v->x + 2)) < s->set->busy ? OUT_RESET : OUT_OK;
}

static void
make_contact(struct sensor *s, const struct simulated_visit *v, enum outcome outcome)
{
	struct observation o = { .peer = v->to, .fields = &winny_fields };

	o.type = OBS_CONTACT;
	o.contact = (struct obs_contact){ .node = v->to, .outcome = outcome };
	observation_clear_values(&o);
	if (outcome == OUT_OK) {
		o.value[WINNY_CONTACT_VERSION].number = VERSION;
		o.value[WINNY_CONTACT_SPEED].number = population_speed(s->w, v->slot);
		o.value[WINNY_CONTACT_PORT0].number = 0;
	}
	s->tried += outcome != OUT_EXCLUDED;
	s->reached += outcome == OUT_OK;
	make_observation(s, &o, OBS_CONTACT, v->t);
}

static void
visit_node(struct sensor *s, struct endpoint to, double t)
{
	uint64_t where = (uint64_t)to.ip << 16 | to.port;
	struct simulated_visit v = { .to = to, .t = t,
	    .x = prng_keyed(s->w->seed, DRAW_OUTCOME, where, s->round) };
	enum outcome outcome;
	bool known;

	if (prng_unit(prng_keyed(s->w->seed, DRAW_COVER, where, s->round)) >=
	    s->set->coverage * world_left(s->w, EV_COVERAGE, t))
		return;
	v.slot = who_is_at(s->w, to, t, &known);
	v.downstream = (v.x >> 20 & 1) != 0;
	outcome = outcome_of(s, &v, known);
	make_contact(s, &v, outcome);
	if (outcome != OUT_OK)
		return;
	list_source(s, to);
	make_keys(s, &v);
	if (prng_unit(prng_mix(v.x + 3)) < s->set->farewells)
		for (uint32_t i = 0; i < s->set->neighbours; i++)
			make_neighbour(s, &v, i);
	if (prng_unit(prng_mix(v.x + 4)) < s->set->queries)
		make_query(s, &v);
}

int
simulated_sensor_round(struct sensor *s, uint32_t round, struct recent *r)
{
	double length = s->w->file.world.round, from = (round - 1) * length;
	struct observation o = { .fields = NULL };
	struct endpoint *list;

	s->round = round;
	s->recent = r;
	s->status = 0;
	s->tried = s->reached = 0;
	/* The first list is a peers file that names every holder. */
	if (s->nnext == 0 && s->nlist == 0)
		for (uint32_t slot = 0; slot < s->w->slots && s->status == 0; slot++)
			if (population_holds(s->w, slot) &&
			    population_online(s->w, slot, from) && address_dialable(s->w, slot))
				list_append(s, address_public(s->w, slot, from));
	list = s->list;
	s->list = s->next;
	s->nlist = s->nnext;
	s->next = list;
	s->nnext = 0;
	for (size_t i = 0; i < s->nlist && s->status == 0; i++)
		visit_node(s, s->list[i],
		    from + 0.95 * length * (double)(i + 1) / (double)(s->nlist + 1));
	o.run = (struct obs_round){ .sensor = text_of(s->name), .overlay = text_of("winny"),
	    .start_ms = s->w->file.world.start.ms + (int64_t)(from * 1000),
	    .end_ms = s->w->file.world.start.ms + (int64_t)((from + length) * 1000),
	    .tried = s->tried, .reached = s->reached, .not_dialled = UNKNOWN, .not_stored = UNKNOWN };
	make_observation(s, &o, OBS_ROUND, from);
	return s->status;
}
