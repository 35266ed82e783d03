/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/dht_sensor.h"

#include <stdlib.h>
#include <string.h>

#include "data/lib/array.h"
#include "data/lib/hash_table.h"
#include "data/lib/text.h"
#include "node/mainline/dialog.h"
#include "tests/lab/dht_answer.h"
#include "tests/lab/draws.h"

#define START_FROM	8	/* nodes that a first round is told */
#define SPREAD		0.9	/* of a round: when its visits begin */
#define RTT_MS		80	/* to the nearest, and four times as much to the farthest */

struct visited {
	uint32_t	in_use;		/* 1 */
	uint8_t		endpoint[8];	/* the key: address and port */
};

struct dht_sensor {
	const struct dht_world *w;
	dht_sink	*sink;
	void		*arg;
	const char	*name;
	int		 status;
	uint32_t	 round;
	uint64_t	 made, tried, reached, drawn;
	struct dialog_config config;
	struct dht_meter *meter;
	uint8_t		*memory;	/* by slot: what the last visit left */
	bool		*remembered;
	struct hash_table listed;	/* in this round */
	ARRAY_OF(struct endpoint) list;
	ARRAY_OF(struct endpoint) next;	/* who answered in it */

	/* of the visit under way */
	struct dialog	*dialog;
	int64_t		 now_ms;	/* of world time */
	uint8_t		 query[256];	/* that is on its way; 0 bytes: none */
	size_t		 nquery;
};

struct dht_sensor *
dht_sensor_new(const struct dht_world *w, const char *name, dht_sink *sink, void *arg)
{
	struct dht_sensor *s = calloc(1, sizeof(*s));
	const struct overlay_traits *traits = mainline.traits;

	if (s == NULL)
		return NULL;
	*s = (struct dht_sensor){ .w = w, .sink = sink, .arg = arg, .name = name != NULL ? name : w->file.sensor.name };
	s->config = (struct dialog_config){ .windows = 1, .window_ms = traits->spacing_ms,
		.patience_ms = traits->visit.answer_ms, .tag = 1, .time_scale = 1, .panel = w->file.sensor.panel };
	s->config.zone.bits = (uint8_t)w->file.sensor.zone;
	for (unsigned i = 0; i < NODE_ID; i++) {
		s->config.zone.prefix[i] = (uint8_t)prng_keyed(w->seed, DRAW_ZONE, i, 0);
		s->config.self_id[i] = (uint8_t)prng_keyed(w->seed, DRAW_ZONE, i, 1);
		s->config.secret[i % 16] = (uint8_t)prng_keyed(w->seed, DRAW_ZONE, i, 2);
	}
	hash_table_init(&s->listed, sizeof(struct visited), offsetof(struct visited, endpoint), sizeof(((struct visited *)0)->endpoint));
	s->meter = calloc(w->n, sizeof(*s->meter));
	s->memory = calloc(w->n, traits->memory);
	s->remembered = calloc(w->n, sizeof(*s->remembered));
	if (s->meter != NULL && s->memory != NULL && s->remembered != NULL)
		return s;
	dht_sensor_free(s);
	return NULL;
}

void
dht_sensor_free(struct dht_sensor *s)
{
	if (s == NULL)
		return;
	hash_table_free(&s->listed);
	array_free(&s->list);
	array_free(&s->next);
	free(s->meter);
	free(s->memory);
	free(s->remembered);
	free(s);
}

uint64_t
dht_sensor_made(const struct dht_sensor *s)
{
	return s->made;
}

/* ---- the list ------------------------------------------------------------------------------------ */

/* To be visited in this round, once; nobody is who cannot be. */
static void
list(struct dht_sensor *s, struct endpoint e)
{
	uint8_t key[8] = { 0 };
	struct visited *v;
	struct endpoint *p;
	uint32_t a = e.ip >> 24;

	if (e.port == 0 || a == 0 || a == 10 || a == 127 || a >= 224 || ++s->drawn == 0)
		return;
	memcpy(key, &e.ip, 4);
	memcpy(key + 4, &e.port, 2);
	if (hash_table_find(&s->listed, key) != NULL)
		return;
	if ((v = hash_table_add(&s->listed, key)) == NULL || (p = array_add(&s->list)) == NULL) {
		s->status = -1;
		return;
	}
	v->in_use = 1;
	*p = e;
}

static void
begin_list(struct dht_sensor *s, double t)
{
	hash_table_clear(&s->listed);
	s->list.n = 0;
	array_each(e, &s->next)
		list(s, *e);
	s->next.n = 0;
	for (uint32_t i = 0, n = 0; i < s->w->live && n < START_FROM; i++)
		if (dht_online(s->w, i, t)) {
			list(s, dht_public(s->w, i, t));
			n++;
		}
}

/* ---- a visit --------------------------------------------------------------------------------------- */

static void
emit(struct dht_sensor *s, struct observation *o, double t)
{
	if (s->status != 0)
		return;
	o->round = s->round;
	o->t_ms = s->w->file.world.start.ms + (int64_t)(t * 1000);
	s->status = s->sink(s->arg, o);
	s->made++;
}

static void
on_send(void *arg, const uint8_t *bytes, size_t len)
{
	struct dht_sensor *s = arg;

	s->nquery = len <= sizeof(s->query) ? len : 0;
	memcpy(s->query, bytes, s->nquery);
}

static void
on_found(void *arg, const struct observation *found)
{
	struct dht_sensor *s = arg;
	struct observation o = *found;

	emit(s, &o, (double)s->now_ms / 1000);
	if (o.type == OBS_NEIGHBOUR && mainline.follow(s->dialog, found))
		list(s, o.neighbour.node);
}

static bool
is_lost(struct dht_sensor *s)
{
	return prng_unit(prng_keyed(s->w->seed, DRAW_LINK, s->drawn++, s->round)) < s->w->file.population.loss;
}

/* The question that is on its way is asked, or lost; so is the answer.  False: nothing comes of it. */
static bool
exchange(struct dht_sensor *s, bool there, uint32_t slot, enum dialog_state *state)
{
	static const uint32_t us = 0xc6336401;	/* 198.51.100.1 */
	uint8_t out[DHT_DATAGRAM];
	size_t n = s->nquery, len = 0;
	int64_t rtt = RTT_MS + prng_scale(prng_keyed(s->w->seed, DRAW_OUTCOME, slot, 0), 3 * RTT_MS);

	s->nquery = 0;
	if (n == 0 || !there || is_lost(s))
		return false;
	len = dht_answer(s->w, slot, (double)s->now_ms / 1000, endpoint_ipv4(us, 6881), s->query, n,
	    &s->meter[slot], out);
	if (len == 0 || is_lost(s))
		return false;
	s->now_ms += rtt;
	*state = mainline.input(s->dialog, s->now_ms, out, len);
	return true;
}

static void
conclude(struct dht_sensor *s, struct endpoint at, enum dialog_state state)
{
	struct observation o = { .type = OBS_CONTACT, .peer = at, .fields = mainline.fields };
	struct dialog_peer peer;
	struct endpoint *p;

	mainline.peer(s->dialog, &peer);
	o.contact = (struct obs_contact){ .node = at, .outcome = peer.handshaken ? OUT_OK :
	    state == DIALOG_DROPPED ? OUT_DROPPED : OUT_TIMEOUT };
	memcpy(o.value, peer.contact, sizeof(o.value));
	s->tried++;
	s->reached += peer.handshaken;
	emit(s, &o, (double)s->now_ms / 1000);
	if (!peer.handshaken)
		return;
	if ((p = array_add(&s->next)) == NULL)
		s->status = -1;
	else
		*p = at;
}

static void
visit(struct dht_sensor *s, struct endpoint at, double t)
{
	const struct dialog_sink sink = { on_send, on_found, s };
	struct dialog_config c = s->config;
	enum dialog_state state = DIALOG_OPEN;
	uint32_t slot = 0;
	bool there = dht_at_public(s->w, at, t, &slot);
	size_t memory = mainline.traits->memory;

	c.peer = at;
	for (size_t i = 0; i < sizeof(c.random); i++)
		c.random[i] = (uint8_t)(prng_keyed(s->w->seed, DRAW_OUTCOME, (uint64_t)at.ip << 16 | at.port, s->round << 8 | i) >> 16);
	s->now_ms = (int64_t)(t * 1000);
	c.memory = there && s->remembered[slot] ? s->memory + slot * memory : NULL;
	if ((s->dialog = mainline.open(&c, &sink, s->now_ms)) == NULL) {
		s->status = -1;
		return;
	}
	while (state == DIALOG_OPEN && s->status == 0)
		if (!exchange(s, there, slot, &state)) {
			s->now_ms = mainline.due(s->dialog);
			state = mainline.tick(s->dialog, s->now_ms);
		}
	conclude(s, at, state);
	if (there)
		s->remembered[slot] |= mainline.remember(s->dialog, s->memory + slot * memory);
	mainline.close(s->dialog);
}

int
dht_sensor_round(struct dht_sensor *s, uint32_t round)
{
	double length = s->w->file.world.round, from = (round - 1) * length;
	struct observation o = { .type = OBS_ROUND };

	s->round = round;
	s->tried = s->reached = 0;
	begin_list(s, from);
	/* The list grows while it is worked off: times come nearer to each other. */
	for (size_t i = 0; i < s->list.n && s->status == 0; i++)
		visit(s, s->list.p[i], from + length * SPREAD * (double)i / (double)(s->list.n + 1000));
	o.run = (struct obs_round){ .sensor = text_of(s->name), .overlay = text_of(mainline.name),
		.start_ms = s->w->file.world.start.ms + (int64_t)(from * 1000),
		.end_ms = s->w->file.world.start.ms + (int64_t)((from + length) * 1000) - 1,
		.tried = (int64_t)s->tried, .reached = (int64_t)s->reached, .not_dialled = 0, .not_stored = UNKNOWN };
	emit(s, &o, from);
	return s->status;
}
