/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/worldfile.h"

#include <math.h>
#include <string.h>

#define HOUR	3600.0
#define DAY	86400.0
#define UNSET	(-1)
#define SHORTEST_SESSION (HOUR / 2)	/* nodes come and go in steps of minutes */

const char *const variant_name[] = {
	"V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "evasive", NULL
};
const char *const event_name[] = {
	"holiday", "outage", "step", "renumber", "popular", "new-isp", "newcomers", "coverage",
	"reach", NULL
};
const char *const hostile_name[] = {
	"mute", "drip", "garbage", "truncated", "zeros", "longest", "too-long", "negative", "endless",
	"miscount", "second-header", "nodes", "unknown", "reset", "half-close", "stays", "echo",
	"impostor", "special", "names", "calls", "trickle", "cut", "framing",
	"port-liar", "pusher", "seeping", "own-list", "crowding", "bystander", "nets", "low-ports",
	"one-hash", "many-hashes", "borrowed", NULL
};
static const char *const yes_no[] = { "no", "yes", NULL };
static const char *const addresses[] = { "uniform", "public", "japan", "nodes", "few", NULL };
static const char *const ports[] = { "any", "genuine", "ephemeral", "own", NULL };
static const char *const hashes[] = { "fresh", "wrong", "target", "genuine", NULL };
static const char *const ttls[] = { "full", "random", "equal", "low", NULL };
static const char *const injectors[] = { "fixed", "roving", "unreachable", "framing", NULL };
static const char *const channels[] = { "keys", "neighbours", NULL };

/* ---- what may stand in a world file ------------------------------------------ */

#define AT(section, field)	offsetof(struct section##_settings, field)
#define SHARE(s, f)		{ #f, SET_SHARE, AT(s, f), 0, 1, NULL }
#define COUNT(s, f, low, high)	{ #f, SET_COUNT, AT(s, f), low, high, NULL }
#define REAL(s, f, low, high)	{ #f, SET_REAL, AT(s, f), low, high, NULL }
#define SPAN(s, f, low, high)	{ #f, SET_SPAN, AT(s, f), low, high, NULL }
#define SPANS(s, f, low, high)	{ #f, SET_SPANS, AT(s, f), low, high, NULL }
#define MOMENT(s, f)		{ #f, SET_MOMENT, AT(s, f), 0, 0, NULL }
#define CHOICE(s, f, among)	{ #f, SET_CHOICE, AT(s, f), 0, 0, among }
#define BLOCKS(s, f)		{ #f, SET_BLOCKS, AT(s, f), 0, 0, NULL }
#define END			{ NULL, SET_COUNT, 0, 0, 0, NULL }

static const struct setting world_table[] = {
	MOMENT(world, start), SPAN(world, round, 60, DAY), COUNT(world, nodes, 20, 200000),
	COUNT(world, seed, 1, UINT32_MAX), END
};
static const struct setting population_table[] = {
	SHARE(population, holders), REAL(population, files, 1, 1000),
	COUNT(population, files_max, 1, 5000), COUNT(population, catalogue, 100, 10000000),
	REAL(population, zipf, 0.1, 2), SHARE(population, port0), SHARE(population, silent),
	SHARE(population, foreign), SHARE(population, shared),
	COUNT(population, speed_min, 1, 100000), COUNT(population, speed_max, 1, 100000), END
};
static const struct setting churn_table[] = {
	{ "session", SET_SPAN, AT(churn, session), 0, 30 * DAY, NULL },
	REAL(churn, sigma, 0, 2.5),
	{ "duty", SET_SHARE, AT(churn, duty), 0.05, 0.95, NULL },
	{ "brief", SET_SHARE, AT(churn, brief), 0, 0.9, NULL },
	SHARE(churn, always_on), SHARE(churn, new_address), COUNT(churn, addresses, 1, 4096),
	SHARE(churn, decline),
	{ "day_wave", SET_SHARE, AT(churn, day_wave), 0, 0.8, NULL },
	{ "week_wave", SET_SHARE, AT(churn, week_wave), 0, 0.5, NULL }, END
};
static const struct setting keys_table[] = {
	COUNT(keys, table, 1, 15000),
	{ "rewrite", SET_SHARE, AT(keys, rewrite), 0, 0.5, NULL }, END
};
static const struct setting sensor_table[] = {
	{ "name", SET_NAME, AT(sensor, name), 0, 0, NULL },
	SHARE(sensor, coverage), COUNT(sensor, keys, 1, 600), SHARE(sensor, busy),
	SHARE(sensor, refused), SHARE(sensor, farewells), COUNT(sensor, neighbours, 1, 31),
	SHARE(sensor, queries), END
};
static const struct setting lab_table[] = {
	COUNT(lab, port, 1024, 32700), COUNT(lab, ports, 2, 64), END
};
static const struct setting pool_table[] = {
	REAL(pool, weight, 0.0001, 1e6), CHOICE(pool, foreign, yes_no), BLOCKS(pool, blocks), END
};
static const struct setting flood_table[] = {
	CHOICE(flood, variant, variant_name), MOMENT(flood, start), MOMENT(flood, end),
	{ "rate", SET_RATE, AT(flood, rate), 1e-6, 100, NULL },
	SPANS(flood, on, 60, 400 * DAY), SPANS(flood, off, 0, 400 * DAY),
	CHOICE(flood, addresses, addresses), CHOICE(flood, ports, ports), CHOICE(flood, hash, hashes),
	CHOICE(flood, ttl, ttls), CHOICE(flood, injector, injectors),
	CHOICE(flood, channel, channels), COUNT(flood, ips, 1, 1000), COUNT(flood, hashes, 1, 1000),
	COUNT(flood, repeat, 1, 100), COUNT(flood, entries, 1, 16),
	COUNT(flood, injector_files, 0, 1000), REAL(flood, copies, 0.01, 100),
	SPAN(flood, life, 60, DAY), END
};
static const struct setting hostile_table[] = {
	CHOICE(hostile, kind, hostile_name), SHARE(hostile, share), END
};
static const struct setting event_table[] = {
	CHOICE(event, kind, event_name), MOMENT(event, start), MOMENT(event, end),
	SHARE(event, size), SPAN(event, ramp, 0, 60 * DAY), COUNT(event, pool, 1, MAX_POOLS),
	BLOCKS(event, blocks), END
};

#define PLAIN(n)	{ #n, n##_table, offsetof(struct world_file, n), sizeof(struct n##_settings), 0 }
#define NUMBERED(n, most) { #n, n##_table, offsetof(struct world_file, n), sizeof(struct n##_settings), most }

const struct section worldfile_sections[] = {
	PLAIN(world), PLAIN(population), PLAIN(churn), PLAIN(keys), PLAIN(sensor), PLAIN(lab),
	NUMBERED(pool, MAX_POOLS), NUMBERED(flood, MAX_FLOODS), NUMBERED(event, MAX_EVENTS),
	NUMBERED(hostile, MAX_HOSTILE),
	{ NULL, NULL, 0, 0, 0 }
};

/* ---- what holds where the file is silent -------------------------------------- */

static const struct world_file defaults = {
	.world = { .start = { true, true, INT64_C(1274367600000) },	/* 2010-05-21 in Japan */
	    .round = 1500, .nodes = 3000, .seed = 1 },
	.population = { .holders = 0.9, .files = 25, .zipf = 0.9, .port0 = 0.04, .silent = 0.1,
	    .foreign = 0.009, .shared = 0.02, .files_max = 400, .catalogue = 20000,
	    .speed_min = 40, .speed_max = 2000 },
	.churn = { .session = 5 * HOUR, .duty = 0.35, .brief = 0.1, .always_on = 0.15, .new_address = 0.4,
	    .addresses = 256, .decline = 0.2, .day_wave = 0.15, .week_wave = 0.08 },
	.keys = { .table = 120, .rewrite = 0.04 },
	.sensor = { .name = "s1", .coverage = 1, .busy = 0.03, .refused = 0.3, .farewells = 0.05,
	    .queries = 0.02, .keys = 4, .neighbours = 6 },
	.lab = { .port = 7743, .ports = 8 },
};

static const struct pool_settings pool_default = { .weight = 1 };
static const struct flood_settings flood_default = {
	.until = FOREVER, .on = { DAY, DAY }, .addresses = UNSET, .ports = UNSET, .hash = UNSET,
	.ttl = UNSET, .injector = INJ_FIXED, .channel = UNSET, .entries = 6, .injector_files = 5,
	.copies = 1,
};
static const struct event_settings event_default = { .kind = UNSET, .until = FOREVER, .size = NAN, .ramp = NAN };

/* The settings of each variant of a flood, where its section does not say otherwise. */
static const struct variant {
	int		addresses, ports, hash, ttl, channel;
	uint32_t	ips, hashes, repeat;
	double		life, rate;
} variants[NVARIANTS] = {
	[V1] = { ADDR_UNIFORM, PORTS_ANY, HASH_FRESH, TTL_FULL, CHANNEL_KEYS, 1, 1, 1, 1500, 0.02 },
	[V2] = { ADDR_PUBLIC, PORTS_ANY, HASH_FRESH, TTL_FULL, CHANNEL_KEYS, 1, 1, 1, 1500, 0.02 },
	[V3] = { ADDR_JAPAN, PORTS_ANY, HASH_FRESH, TTL_FULL, CHANNEL_KEYS, 1, 1, 1, 1500, 0.02 },
	[V4] = { ADDR_NODES, PORTS_ANY, HASH_FRESH, TTL_FULL, CHANNEL_KEYS, 1, 1, 1, 1500, 0.02 },
	[V5] = { ADDR_FEW, PORTS_EPHEMERAL, HASH_FRESH, TTL_FULL, CHANNEL_NEIGHBOURS, 3, 1, 1,
	    36000, 0.03 },
	[V6] = { ADDR_NODES, PORTS_OWN, HASH_WRONG, TTL_FULL, CHANNEL_KEYS, 1, 5, 1, 1500, 0.05 },
	[V7] = { ADDR_UNIFORM, PORTS_ANY, HASH_FRESH, TTL_FULL, CHANNEL_KEYS, 1, 1, 1, 1500, 0.001 },
	[V8] = { ADDR_UNIFORM, PORTS_ANY, HASH_TARGET, TTL_FULL, CHANNEL_KEYS, 1, 3, 1, 1500, 0.05 },
	[EVASIVE] = { ADDR_PUBLIC, PORTS_GENUINE, HASH_GENUINE, TTL_RANDOM, CHANNEL_KEYS, 1, 1, 3,
	    1500, 0.02 },
};

static const struct event_default { double size, ramp; bool needs_end, needs_blocks; }
event_defaults[NEVENTS] = {
	[EV_HOLIDAY] = { 0.2, 6 * HOUR, true, false },
	[EV_OUTAGE] = { 0, 0, true, false },
	[EV_STEP] = { 0.04, 6 * HOUR, false, false },
	[EV_RENUMBER] = { 0, 3 * HOUR, false, true },
	[EV_POPULAR] = { 0.3, 4 * HOUR, false, false },
	[EV_NEW_ISP] = { 0.05, 2 * DAY, false, true },
	[EV_NEWCOMERS] = { 0.05, 4 * HOUR, false, false },
	[EV_COVERAGE] = { 0.5, 0, true, false },
	[EV_REACH] = { 0.3, 0, true, false },
};

/* ---- from what was read to what is meant ---------------------------------------- */

static double
world_time(const struct world_file *f, const struct moment *m, double otherwise)
{
	if (!m->given)
		return otherwise;
	return (double)(m->absolute ? m->ms - f->world.start.ms : m->ms) / 1000;
}

static void
or_else(int *value, int otherwise)
{
	if (*value == UNSET)
		*value = otherwise;
}

static void
or_count(uint32_t *value, uint32_t otherwise)
{
	if (*value == 0)
		*value = otherwise;
}

static char *
settle_flood(const char *path, const struct world_file *f, struct flood_settings *s)
{
	const struct variant *v = &variants[s->variant];

	s->from = world_time(f, &s->start, 0);
	s->until = world_time(f, &s->end, FOREVER);
	or_else(&s->addresses, v->addresses);
	or_else(&s->ports, v->ports);
	or_else(&s->hash, v->hash);
	or_else(&s->ttl, v->ttl);
	or_else(&s->channel, v->channel);
	or_count(&s->ips, v->ips);
	or_count(&s->hashes, v->hashes);
	or_count(&s->repeat, v->repeat);
	if (s->life == 0)
		s->life = v->life;
	if (s->rate.per_second == 0 && s->rate.share == 0)
		s->rate.share = v->rate;
	if (s->rate.per_second == 0)
		s->rate.per_second = s->rate.share * f->world.nodes / f->world.round;
	if (s->until <= s->from)
		return ini_table_complaint(path, s->line, "this flood ends before it starts; set end "
		    "after start");
	if (s->ports == PORTS_OWN && s->addresses != ADDR_NODES)
		return ini_table_complaint(path, s->line, "ports = own needs addresses = nodes");
	if (s->channel == CHANNEL_NEIGHBOURS && s->ports == PORTS_OWN)
		return ini_table_complaint(path, s->line, "channel = neighbours cannot have ports = own");
	return NULL;
}

static char *
settle_event(const char *path, const struct world_file *f, struct event_settings *s)
{
	const struct event_default *d;

	if (s->kind == UNSET)
		return ini_table_complaint(path, s->line, "an event needs a kind, such as kind = holiday");
	d = &event_defaults[s->kind];
	s->from = world_time(f, &s->start, 0);
	s->until = world_time(f, &s->end, FOREVER);
	if (isnan(s->size))
		s->size = d->size;
	if (isnan(s->ramp))
		s->ramp = d->ramp;
	if (!s->start.given)
		return ini_table_complaint(path, s->line, "an event needs a start");
	if (d->needs_end && !s->end.given)
		return ini_table_complaint(path, s->line, "kind = %s needs an end", event_name[s->kind]);
	if (d->needs_blocks && s->blocks.n == 0)
		return ini_table_complaint(path, s->line, "kind = %s needs blocks, such as blocks = "
		    "163.128-143", event_name[s->kind]);
	if (s->kind == EV_RENUMBER && s->pool == 0)
		return ini_table_complaint(path, s->line, "kind = renumber needs a pool, such as pool = 3");
	if (s->until <= s->from)
		return ini_table_complaint(path, s->line, "this event ends before it starts; set end "
		    "after start");
	return NULL;
}

static char *
settle_hostile(const char *path, const struct world_file *f)
{
	double sum = 0;

	for (unsigned i = 0; i < MAX_HOSTILE; i++) {
		const struct hostile_settings *s = &f->hostile[i];

		if (s->line > 0 && s->kind == UNSET)
			return ini_table_complaint(path, s->line, "a hostile section needs a kind, such "
			    "as kind = mute");
		if (s->line > 0 && (sum += s->share) > 1 + 1e-9)
			return ini_table_complaint(path, s->line, "with this share more than all nodes "
			    "are hostile");
	}
	return NULL;
}

static char *
settle_settings(const char *path, struct world_file *f)
{
	char *why = NULL;

	if (!f->world.start.absolute)
		return ini_table_complaint(path, f->world.line, "start must be a date or a time, such as "
		    "2010-05-21T00:00:00+09:00");
	if (f->population.speed_min > f->population.speed_max)
		return ini_table_complaint(path, f->population.line, "speed_min is above speed_max");
	if (f->population.port0 + f->population.silent > 0.9)
		return ini_table_complaint(path, f->population.line, "port0 and silent together are above "
		    "90%%; a sensor would reach nobody");
	if (f->churn.session > 0 && f->churn.session < SHORTEST_SESSION)
		return ini_table_complaint(path, f->churn.line, "session is below 30m; set it to 0 if "
		    "nobody is to leave");
	for (unsigned i = 0; i < MAX_POOLS; i++)
		if (f->pool[i].line > 0 && f->pool[i].blocks.n == 0)
			return ini_table_complaint(path, f->pool[i].line, "a pool needs blocks, such as "
			    "blocks = 126.0-255, 219.16-31");
	for (unsigned i = 0; i < MAX_FLOODS && why == NULL; i++)
		if (f->flood[i].line > 0)
			why = settle_flood(path, f, &f->flood[i]);
	for (unsigned i = 0; i < MAX_EVENTS && why == NULL; i++)
		if (f->event[i].line > 0)
			why = settle_event(path, f, &f->event[i]);
	return why != NULL ? why : settle_hostile(path, f);
}

bool
worldfile_read(const char *path, uint32_t nodes, struct world_file *f, char **why)
{
	*f = defaults;
	for (unsigned i = 0; i < MAX_POOLS; i++)
		f->pool[i] = pool_default;
	for (unsigned i = 0; i < MAX_FLOODS; i++)
		f->flood[i] = flood_default;
	for (unsigned i = 0; i < MAX_EVENTS; i++)
		f->event[i] = event_default;
	for (unsigned i = 0; i < MAX_HOSTILE; i++)
		f->hostile[i] = (struct hostile_settings){ .kind = UNSET, .share = 0.01 };
	if (!ini_table_read(path, worldfile_sections, f, why))
		return false;
	if (nodes > 0)
		f->world.nodes = nodes;
	return (*why = settle_settings(path, f)) == NULL;
}
