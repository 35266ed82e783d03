/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Observations of a capture into the store: as a round of a sensor of its own, "tap:" and
 * the vantage, for each slice of capture time in which something was seen.
 *
 * Such a round was not asked for, so it has neither tried nor reached; it is complete
 * if no byte of its time was missing.
 */
#include <stdio.h>

#include "bounds.h"
#include "crawler/capture/capture.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/store/sensors.h"

#define SENSOR_TEXT	160

static void
fail(struct capture *c)
{
	if (!c->failed)
		log_error("%s", store_error(c->store));
	c->failed = true;
}

/* A sensor has one overlay: the second one at a vantage says so in its name. */
static int
enter_sensor(struct capture *c, struct slice *s)
{
	char name[SENSOR_TEXT];

	snprintf(name, sizeof(name), SENSOR_TAP "%s", c->vantage);
	if (sensors_enter(c->store, name, s->overlay->name, UNKNOWN) != 0) {
		snprintf(name, sizeof(name), SENSOR_TAP "%s:%s", c->vantage, s->overlay->name);
		if (sensors_enter(c->store, name, s->overlay->name, UNKNOWN) != 0)
			return -1;
	}
	s->sensor = sensors_current(c->store);
	return 0;
}

static struct observation
round_line(const struct slice *s, int64_t end_ms)
{
	return (struct observation){ .type = OBS_ROUND, .round = s->round, .t_ms = s->start_ms,
		.run = { .overlay = text_of(s->overlay->name), .start_ms = s->start_ms,
			.end_ms = end_ms, .tried = UNKNOWN, .reached = UNKNOWN, .not_stored = UNKNOWN } };
}

/* What the store holds of a slice is whole only if nothing of the capture was missing. */
static int
finish(struct capture *c, struct slice *s)
{
	bool whole = streams_counts(c->streams)->lost == s->lost_before;
	struct observation o = round_line(s, s->end_ms);
	int bad;

	if (s->round == 0)
		return 0;
	if (sensors_switch(c->store, s->sensor) != 0)
		return -1;
	bad = whole ? store_add(c->store, &o) : store_round_stopped(c->store, &o);
	s->round = 0;
	return bad;
}

static int
start(struct capture *c, struct slice *s)
{
	struct observation o;

	if (enter_sensor(c, s) != 0)
		return -1;
	s->round = store_last_round(c->store) + 1;
	s->start_ms = s->end_ms = c->last_ms;
	s->lost_before = streams_counts(c->streams)->lost;
	o = round_line(s, UNKNOWN);
	return store_add(c->store, &o);
}

/* The slice that is under way for this overlay, switched to; NULL after a complaint. */
static struct slice *
enter(struct capture *c, const struct overlay *overlay)
{
	struct slice *s = c->slice;

	while (s->overlay != NULL && s->overlay != overlay)
		s++;
	s->overlay = overlay;
	if ((s->round != 0 && c->last_ms - s->start_ms >= c->slice_ms && finish(c, s) != 0) ||
	    (s->round == 0 && start(c, s) != 0) || sensors_switch(c->store, s->sensor) != 0) {
		fail(c);
		return NULL;
	}
	s->end_ms = c->last_ms;
	return s;
}

static struct endpoint
stored(const struct capture *c, struct endpoint e)
{
	return capture_is_own(c, e) ? e : outsider_stored(&c->outsiders, e);
}

/* Who gets it, by the port that can be dialled if that is known. */
static struct endpoint
receiver(const struct link *link, int side)
{
	struct tap_state state;

	if (link->tap[!side] == NULL)
		return link->end[!side];
	link->overlay->tap_state(link->tap[!side], &state);
	return state.peer.handshaken && link->opened && side == 1 ? state.peer.announced : link->end[!side];
}

/* Claimed addresses are other people's, too. */
static void
hide_claims(const struct capture *c, struct observation *o, struct endpoint via[VIA_MAX],
    struct endpoint claim[FIELDS_MAX])
{
	if (o->type == OBS_KEY) {
		o->key.source = stored(c, o->key.source);
		o->key.raw.len = 0;
	} else if (o->type == OBS_NEIGHBOUR)
		o->neighbour.node = stored(c, o->neighbour.node);
	else if (o->type == OBS_QUERY) {
		for (size_t i = 0; i < o->query.nvia; i++)
			via[i] = stored(c, o->query.via[i]);
		o->query.via = via;
	}
	for (int i = 0; i < o->fields->of[o->type].n; i++) {
		if (o->fields->of[o->type].field[i].type != FIELD_ENDPOINT || o->value[i].endpoint == NULL)
			continue;
		claim[i] = stored(c, *o->value[i].endpoint);
		o->value[i].endpoint = &claim[i];
	}
}

void
slices_add(struct capture *c, const struct link *link, int side, const struct observation *found)
{
	struct endpoint via[VIA_MAX], claim[FIELDS_MAX];
	struct observation o = *found;
	struct slice *s;

	if (c->store == NULL || c->failed || (s = enter(c, link->overlay)) == NULL)
		return;
	o.round = s->round;
	o.t_ms = c->last_ms;
	o.peer = stored(c, o.peer);
	o.to = stored(c, receiver(link, side));
	hide_claims(c, &o, via, claim);
	if (store_add(c->store, &o) != 0)
		fail(c);
}

void
slices_end(struct capture *c)
{
	for (struct slice *s = c->slice; s->overlay != NULL; s++)
		if (!c->failed && finish(c, s) != 0)
			fail(c);
}
