/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The truth file of a gossip world: JSON lines in the form that the other overlays' have. */
#include <math.h>
#include <stdlib.h>

#include "data/lib/json_write.h"
#include "tests/lab/gossip_sensor_impl.h"

static void
open_line(struct gossip_sensor *s, struct json_out *j, const char *type)
{
	json_start(j, s->truth, JSON_FORM_LINE);
	json_put_object(j, NULL);
	json_put_string(j, "type", type);
}

static void
put_time(const struct gossip_sensor *s, struct json_out *j, const char *name, double t)
{
	json_put_time(j, name, t >= GOSSIP_FOREVER ? UNKNOWN : gossip_utc(s, t));
}

static uint32_t
round_at(const struct gossip_sensor *s, double t)
{
	return (uint32_t)(fmax(t, 0) / s->file->world.round) + 1;
}

/* The kind of incident that a flood is. */
static const char *
incident_kind(int kind)
{
	return kind == GOSSIP_VICTIM || kind == GOSSIP_SPECIAL ? "port-fanout" : "random-sources";
}

static void
put_flood(struct gossip_sensor *s, unsigned f)
{
	const struct gossip_flood_settings *set = &s->file->flood[f];
	double end = fmin(set->until, s->until);
	struct json_out j;

	open_line(s, &j, "flood");
	json_put_int(&j, "flood", f + 1);
	json_put_string(&j, "variant", gossip_flood_name[set->kind]);
	json_put_string(&j, "kind", incident_kind(set->kind));
	json_put_string(&j, "channel", "neighbours");
	json_put_string(&j, "bogus", "sources");
	put_time(s, &j, "start", set->from);
	put_time(s, &j, "end", end);
	json_put_int(&j, "first_round", round_at(s, set->from));
	json_put_int(&j, "last_round", round_at(s, end - 0.001));
	json_put_real(&j, "per_round", set->rate.per_second * s->file->world.round);
	json_put_string(&j, "injector", "unreachable");
	json_put_string(&j, "node", NULL);
	json_put_array(&j, "on");
	if (end > set->from) {
		json_put_array(&j, NULL);
		json_put_int(&j, NULL, round_at(s, set->from));
		json_put_int(&j, NULL, round_at(s, end - 0.001));
		json_put_end(&j);
	}
	json_put_end(&j);
	json_put_end(&j);
}

void
gossip_truth_begin(struct gossip_sensor *s)
{
	struct json_out j;

	open_line(s, &j, "world");
	json_put_time(&j, "start", gossip_utc(s, 0));
	json_put_count(&j, "round_s", s->file->world.round);
	json_put_int(&j, "nodes", s->file->world.nodes);
	json_put_count(&j, "day_rounds", ceil(86400 / s->file->world.round));
	json_put_end(&j);
	for (unsigned f = 0; f < GOSSIP_FLOODS; f++)
		if (s->file->flood[f].line > 0)
			put_flood(s, f);
	for (unsigned i = 0; i < GOSSIP_EVENTS; i++) {
		const struct gossip_event_settings *e = &s->file->event[i];

		if (e->line == 0)
			continue;
		open_line(s, &j, "event");
		json_put_int(&j, "event", i + 1);
		json_put_string(&j, "kind", gossip_event_name[e->kind]);
		json_put_real(&j, "size", e->size);
		put_time(s, &j, "start", e->from);
		put_time(s, &j, "end", e->until);
		json_put_end(&j);
	}
}

void
gossip_truth_bogus(struct gossip_sensor *s, unsigned f, struct endpoint e)
{
	char text[ENDPOINT_TEXT];
	struct json_out j;

	open_line(s, &j, "bogus");
	json_put_int(&j, "flood", f + 1);
	json_put_string(&j, "variant", gossip_flood_name[s->file->flood[f].kind]);
	json_put_string(&j, "source", endpoint_format(text, e));
	json_put_int(&j, "first_round", s->round);
	json_put_end(&j);
}

void
gossip_truth_round(struct gossip_sensor *s)
{
	uint32_t online[NET_N] = { 0 }, reachable = 0, all = 0;
	struct json_out j;

	array_each(n, &s->node) {
		if (!gossip_is_there(s, n))
			continue;
		online[n->at.net]++;
		all++;
		reachable += n->reachable;
	}
	open_line(s, &j, "round");
	json_put_int(&j, "round", s->round);
	put_time(s, &j, "start", s->from);
	put_time(s, &j, "end", s->from + s->file->world.round);
	json_put_bool(&j, "measured", true);
	json_put_int(&j, "online", all);
	json_put_int(&j, "reachable", reachable);
	json_put_int(&j, "online_ipv4", online[NET_IPV4]);
	json_put_int(&j, "online_ipv6", online[NET_IPV6]);
	json_put_int(&j, "online_torv3", online[NET_TORV3]);
	json_put_int(&j, "online_i2p", online[NET_I2P]);
	json_put_int(&j, "online_cjdns", online[NET_CJDNS]);
	json_put_int(&j, "seen_instant", recent_in_round(s->recent, RECENT_SEEN_KEYS));
	json_put_int(&j, "seen_day_keys", recent_in_day(s->recent, RECENT_SEEN_KEYS));
	json_put_int(&j, "seen_day_all", recent_in_day(s->recent, RECENT_SEEN_ALL));
	json_put_int(&j, "seen_bogus", recent_in_round(s->recent, RECENT_SEEN_BOGUS));
	json_put_array(&j, "floods");
	for (unsigned f = 0; f < GOSSIP_FLOODS; f++) {
		if (s->file->flood[f].line == 0)
			continue;
		json_put_object(&j, NULL);
		json_put_int(&j, "flood", f + 1);
		json_put_int(&j, "announced", s->alive[f]);
		json_put_end(&j);
	}
	json_put_end(&j);
	json_put_end(&j);
	if (ferror(s->truth))
		s->status = -1;
}
