/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/gossip_worldfile.h"

#include <stddef.h>

#define HOUR	3600.0
#define DAY	86400.0
#define UNSET	(-1)

const char *const gossip_flood_name[] = {
	"burst", "trickle", "victim", "clock", "names", "special", NULL
};
const char *const gossip_event_name[] = { "hosting", "outage", "release", "seeds", "census", NULL };
static const char *const ports[] = { "default", "any", NULL };

/* ---- what may stand in a world file ------------------------------------------ */

#define AT(section, field)	offsetof(struct gossip_##section##_settings, field)
#define SHARE(s, f)		{ #f, SET_SHARE, AT(s, f), 0, 1, NULL }
#define COUNT(s, f, low, high)	{ #f, SET_COUNT, AT(s, f), low, high, NULL }
#define MOMENT(s, f)		{ #f, SET_MOMENT, AT(s, f), 0, 0, NULL }
#define CHOICE(s, f, among)	{ #f, SET_CHOICE, AT(s, f), 0, 0, among }
#define END			{ NULL, SET_COUNT, 0, 0, 0, NULL }

static const struct setting world_table[] = {
	MOMENT(world, start), { "round", SET_SPAN, AT(world, round), 60, DAY, NULL },
	COUNT(world, nodes, 20, 200000), COUNT(world, seed, 1, UINT32_MAX), END
};
static const struct setting population_table[] = {
	{ "reachable", SET_SHARE, AT(population, reachable), 0.01, 1, NULL },
	SHARE(population, ipv6), SHARE(population, tor), SHARE(population, i2p), SHARE(population, cjdns),
	SHARE(population, default_port), { "session", SET_SPAN, AT(population, session), HOUR, 400 * DAY, NULL },
	COUNT(population, networks, 1, 20000), END
};
static const struct setting relay_table[] = {
	SHARE(relay, seen), SHARE(relay, table), SHARE(relay, kept), COUNT(relay, announcements, 1, 200), END
};
static const struct setting sensor_table[] = {
	{ "name", SET_NAME, AT(sensor, name), 0, 0, NULL }, COUNT(sensor, links, 1, 300), END
};
static const struct setting flood_table[] = {
	CHOICE(flood, kind, gossip_flood_name), MOMENT(flood, start), MOMENT(flood, end),
	{ "rate", SET_RATE, AT(flood, rate), 1e-6, 1000, NULL }, CHOICE(flood, ports, ports), END
};
static const struct setting event_table[] = {
	CHOICE(event, kind, gossip_event_name), MOMENT(event, start), MOMENT(event, end), SHARE(event, size), END
};

#define SECTION(n, many)	{ #n, n##_table, offsetof(struct gossip_world_file, n), \
	sizeof(struct gossip_##n##_settings), many }
static const struct section sections[] = {
	SECTION(world, 0), SECTION(population, 0), SECTION(relay, 0), SECTION(sensor, 0),
	SECTION(flood, GOSSIP_FLOODS), SECTION(event, GOSSIP_EVENTS), { NULL, NULL, 0, 0, 0 }
};

/* What holds where the file is silent: a tenth of Bitcoin's network as it was counted in 2025. */
static const struct gossip_world_file defaults = {
	.world = { .start = { true, true, INT64_C(1625097600000) },	/* 2021-07-01 */
	    .round = HOUR / 2, .nodes = 5000, .seed = 1 },
	.population = { .reachable = 0.25, .ipv6 = 0.15, .tor = 0.12, .i2p = 0.02, .cjdns = 0.01,
	    .default_port = 0.95, .session = 10 * DAY, .networks = 300 },
	.relay = { .seen = 0.02, .table = 0.23, .kept = 0.02, .announcements = 8 },
	.sensor = { .name = "s1", .links = 128 },
};

/* ---- what a line alone cannot say -------------------------------------------- */

static double
seconds(const struct gossip_world_file *f, const struct moment *m, double otherwise)
{
	if (!m->given)
		return otherwise;
	return (double)(m->absolute ? m->ms - f->world.start.ms : m->ms) / 1000;
}

static char *
settle(const char *path, struct gossip_world_file *f)
{
	const struct gossip_population_settings *p = &f->population;

	if (!f->world.start.absolute)
		return ini_table_complaint(path, f->world.line, "start must be a date or a time, such as 2021-07-01");
	if (p->ipv6 + p->tor + p->i2p + p->cjdns > 1)
		return ini_table_complaint(path, p->line, "ipv6, tor, i2p and cjdns together are more than all nodes");
	for (unsigned i = 0; i < GOSSIP_FLOODS; i++) {
		struct gossip_flood_settings *s = &f->flood[i];

		s->from = seconds(f, &s->start, 0);
		s->until = seconds(f, &s->end, GOSSIP_FOREVER);
		if (s->line > 0 && s->kind == UNSET)
			return ini_table_complaint(path, s->line, "a flood needs a kind, such as kind = burst");
		if (s->line > 0 && s->rate.per_second == 0 && s->rate.share == 0)
			return ini_table_complaint(path, s->line, "a flood needs a rate, such as rate = 20%%");
		if (s->line > 0 && s->until <= s->from)
			return ini_table_complaint(path, s->line, "this flood ends before it starts; set end after start");
		if (s->rate.share > 0)
			s->rate.per_second = s->rate.share * f->world.nodes / f->world.round;
	}
	for (unsigned i = 0; i < GOSSIP_EVENTS; i++) {
		struct gossip_event_settings *s = &f->event[i];

		s->from = seconds(f, &s->start, 0);
		s->until = seconds(f, &s->end, GOSSIP_FOREVER);
		if (s->line > 0 && s->kind == UNSET)
			return ini_table_complaint(path, s->line, "an event needs a kind, such as kind = hosting");
		if (s->line > 0 && s->until <= s->from)
			return ini_table_complaint(path, s->line, "this event ends before it starts; set end after start");
	}
	return NULL;
}

bool
gossip_worldfile_read(const char *path, uint32_t nodes, struct gossip_world_file *f, char **why)
{
	*f = defaults;
	for (unsigned i = 0; i < GOSSIP_FLOODS; i++)
		f->flood[i] = (struct gossip_flood_settings){ .kind = UNSET };
	for (unsigned i = 0; i < GOSSIP_EVENTS; i++)
		f->event[i] = (struct gossip_event_settings){ .kind = UNSET, .size = 0.2 };
	if (!ini_table_read(path, sections, f, why))
		return false;
	if (nodes > 0)
		f->world.nodes = nodes;
	return (*why = settle(path, f)) == NULL;
}
