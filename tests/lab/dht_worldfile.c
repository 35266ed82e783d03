/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/dht_worldfile.h"

#define HOUR	3600.0
#define DAY	86400.0
#define UNSET	(-1)

const char *const anomaly_name[] = {
	"made-up-contacts", "random-values", "victim", "sybil-cluster", "sybil-fleet", "id-hop",
	"prefix-family", "junk-hashes", "phantoms", NULL
};
const char *const anomaly_variant[] = { "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9" };
static const char *const events[] = { "popular", "renumber", NULL };
static const char *const made_up[] = { "uniform", "public", NULL };

#define AT(s, f)		offsetof(struct set_##s, f)
#define SHARE(s, f)		{ #f, SET_SHARE, AT(s, f), 0, 1, NULL }
#define COUNT(s, f, low, high)	{ #f, SET_COUNT, AT(s, f), low, high, NULL }
#define REAL(s, f, low, high)	{ #f, SET_REAL, AT(s, f), low, high, NULL }
#define SPAN(s, f, low, high)	{ #f, SET_SPAN, AT(s, f), low, high, NULL }
#define MOMENT(s, f)		{ #f, SET_MOMENT, AT(s, f), 0, 0, NULL }
#define CHOICE(s, f, among)	{ #f, SET_CHOICE, AT(s, f), 0, 0, among }
#define END			{ NULL, SET_COUNT, 0, 0, 0, NULL }

static const struct setting world_table[] = {
	MOMENT(world, start), SPAN(world, round, 60, DAY), COUNT(world, nodes, 20, 2000000),
	COUNT(world, seed, 1, UINT32_MAX), END
};
static const struct setting population_table[] = {
	{ "stale", SET_SHARE, AT(population, stale), 0, 0.9, NULL }, SHARE(population, nat),
	SHARE(population, fitting), { "loss", SET_SHARE, AT(population, loss), 0, 0.5, NULL },
	COUNT(population, per_nat, 2, 1000), REAL(population, libtorrent, 0, 1000),
	REAL(population, webtorrent, 0, 1000), REAL(population, aria2, 0, 1000),
	REAL(population, rtorrent, 0, 1000), REAL(population, transmission, 0, 1000),
	SHARE(population, swapped), END
};
static const struct setting churn_table[] = {
	{ "session", SET_SPAN, AT(churn, session), 0, 30 * DAY, NULL },
	{ "duty", SET_SHARE, AT(churn, duty), 0.05, 1, NULL }, END
};
static const struct setting contents_table[] = {
	COUNT(contents, hashes, 0, 2000000), COUNT(contents, largest, 1, 5000),
	COUNT(contents, stored, 1, 500), REAL(contents, zipf, 0, 2), SPAN(contents, stay, 60, 30 * DAY), END
};
static const struct setting sensor_table[] = {
	{ "name", SET_NAME, AT(sensor, name), 0, 0, NULL }, COUNT(sensor, zone, 0, 20),
	COUNT(sensor, panel, 1, 1000000), END
};
static const struct setting lab_table[] = { COUNT(lab, port, 1024, 65535), END };
static const struct setting event_table[] = {
	CHOICE(event, kind, events), MOMENT(event, start), MOMENT(event, end), REAL(event, size, 0, 1000), END
};
static const struct setting anomaly_table[] = {
	CHOICE(anomaly, kind, anomaly_name), MOMENT(anomaly, start), MOMENT(anomaly, end),
	COUNT(anomaly, nodes, 1, 20000), { "addresses", SET_CHOICE, AT(anomaly, addresses_of), 0, 0, made_up },
	{ "hosts", SET_COUNT, AT(anomaly, addresses), 1, 1000, NULL }, COUNT(anomaly, bits, 20, 64),
	COUNT(anomaly, distinct, 1, 100000), SHARE(anomaly, share), END
};

#define PLAIN(n)	{ #n, n##_table, offsetof(struct dht_world_file, n), sizeof(struct set_##n), 0 }
#define NUMBERED(n, most) { #n, n##_table, offsetof(struct dht_world_file, n), sizeof(struct set_##n), most }
static const struct section sections[] = {
	PLAIN(world), PLAIN(population), PLAIN(churn), PLAIN(contents), PLAIN(sensor), PLAIN(lab),
	NUMBERED(event, DHT_EVENTS), NUMBERED(anomaly, MAX_ANOMALIES), { NULL, NULL, 0, 0, 0 }
};

static const struct dht_world_file defaults = {
	.world = { .start = { true, true, INT64_C(1793577600000) },	/* 2026-11-02 */
	    .round = 1800, .nodes = 2000, .seed = 1 },
	.population = { .stale = 0.5, .nat = 0.1, .fitting = 0.7, .loss = 0.01, .per_nat = 12, .libtorrent = 70,
	    .webtorrent = 8, .aria2 = 8, .rtorrent = 4, .transmission = 10, .swapped = 0.04 },
	.churn = { .session = 0, .duty = 0.7 },
	.contents = { .hashes = 1000, .largest = 300, .stored = 500, .zipf = 0.9, .stay = 6 * HOUR },
	.sensor = { .name = "lab", .zone = 0, .panel = 1 },
	.lab = { .port = 6881 },
};

/* How many nodes an anomaly has, and what else is usual of it, where its section is silent. */
static const struct { uint32_t nodes, addresses, bits, distinct; double share; } usual[ANOMALY_NKIND] = {
	[ANOMALY_CONTACTS] = { 1, 1, 60, 400, 0 }, [ANOMALY_VALUES] = { 1, 1, 0, 400, 0 },
	[ANOMALY_VICTIM] = { 1, 1, 40, 2, 0 }, [ANOMALY_CLUSTER] = { 16, 3, 44, 0, 0 },
	[ANOMALY_FLEET] = { 200, 4, 0, 0, 0 }, [ANOMALY_HOP] = { 1, 1, 44, 0, 0 },
	[ANOMALY_FAMILY] = { 300, 300, 64, 0, 0 }, [ANOMALY_JUNK] = { 4, 4, 0, 0, 0 },
	[ANOMALY_PHANTOMS] = { 0, 0, 0, 3000, 0.05 },
};

static double
world_time(const struct dht_world_file *f, const struct moment *m, double otherwise)
{
	if (!m->given)
		return otherwise;
	return (double)(m->absolute ? m->ms - f->world.start.ms : m->ms) / 1000;
}

static char *
settle_anomaly(const char *path, const struct dht_world_file *f, struct set_anomaly *a)
{
	if (a->kind == UNSET)
		return ini_table_complaint(path, a->line, "an anomaly needs a kind, such as kind = random-values");
	a->from = world_time(f, &a->start, 0);
	a->until = world_time(f, &a->end, DHT_FOREVER);
	if (a->until <= a->from)
		return ini_table_complaint(path, a->line, "this anomaly ends before it starts; set end after start");
	a->nodes = a->nodes != 0 ? a->nodes : usual[a->kind].nodes;
	a->addresses = a->addresses != 0 ? a->addresses : usual[a->kind].addresses;
	a->bits = a->bits != 0 ? a->bits : usual[a->kind].bits;
	a->distinct = a->distinct != 0 ? a->distinct : usual[a->kind].distinct;
	a->share = a->share > 0 ? a->share : usual[a->kind].share;
	if (a->kind == ANOMALY_PHANTOMS)
		a->nodes = 0;	/* honest nodes name them */
	return NULL;
}

static char *
settle(const char *path, struct dht_world_file *f)
{
	const struct set_population *p = &f->population;
	char *why = NULL;

	if (!f->world.start.absolute)
		return ini_table_complaint(path, f->world.line, "start must be a date or a time, such as "
		    "2026-11-02T00:00:00Z");
	if (p->libtorrent + p->webtorrent + p->aria2 + p->rtorrent + p->transmission <= 0)
		return ini_table_complaint(path, p->line, "no client has a weight; set libtorrent = 1");
	for (unsigned i = 0; i < DHT_EVENTS; i++) {
		struct set_event *e = &f->event[i];

		e->from = world_time(f, &e->start, 0);
		e->until = world_time(f, &e->end, DHT_FOREVER);
		if (e->line > 0 && e->kind == UNSET)
			return ini_table_complaint(path, e->line, "an event needs a kind, such as kind = popular");
	}
	for (unsigned i = 0; i < MAX_ANOMALIES && why == NULL; i++)
		if (f->anomaly[i].line > 0)
			why = settle_anomaly(path, f, &f->anomaly[i]);
	return why;
}

bool
dht_worldfile_read(const char *path, uint32_t nodes, struct dht_world_file *f, char **why)
{
	*f = defaults;
	for (unsigned i = 0; i < DHT_EVENTS; i++)
		f->event[i] = (struct set_event){ .kind = UNSET, .size = 5 };
	for (unsigned i = 0; i < MAX_ANOMALIES; i++)
		f->anomaly[i] = (struct set_anomaly){ .kind = UNSET };
	if (!ini_table_read(path, sections, f, why))
		return false;
	if (nodes > 0)
		f->world.nodes = nodes;
	return (*why = settle(path, f)) == NULL;
}
