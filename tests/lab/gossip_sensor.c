/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/gossip_sensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/array.h"
#include "data/lib/json_write.h"
#include "data/lib/prng.h"
#include "data/lib/text.h"
#include "tests/lab/gossip_sensor_impl.h"

#define PROTOCOL	70016
#define HEIGHT		690000	/* of July 2021, and 144 a day */
#define VISITS_A_DAY	1.0	/* to a node */
#define FRESH_S		600	/* no relay passes on what is older */
#define TOLD_AT_ONCE	40	/* entries that a visited node sends on at once: a burst's next hop */
#define RETOLD		1.6	/* deliverers of an address that spreads by second hops */

struct gossip_sensor *
gossip_sensor_new(const struct gossip_world_file *file, uint64_t seed, const char *name, double until,
    FILE *truth, gossip_sink *sink, void *arg)
{
	struct gossip_sensor *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->file = file;
	s->prng = prng_mix(seed);
	s->seed = seed;
	s->until = until;
	snprintf(s->name, sizeof(s->name), "%s", name != NULL ? name : file->sensor.name);
	s->truth = truth;
	s->sink = sink;
	s->arg = arg;
	s->recent = recent_new((uint32_t)ceil(86400 / file->world.round));
	if (s->recent == NULL || gossip_population_make(s) != 0) {
		gossip_sensor_free(s);
		return NULL;
	}
	gossip_truth_begin(s);
	return s;
}

void
gossip_sensor_free(struct gossip_sensor *s)
{
	if (s == NULL)
		return;
	recent_free(s->recent);
	array_free(&s->node);
	array_free(&s->bogus);
	array_free(&s->link);
	free(s);
}

uint64_t
gossip_sensor_made(const struct gossip_sensor *s)
{
	return s->made;
}

/* ---- records ----------------------------------------------------------------------- */

static void
make_record(struct gossip_sensor *s, struct observation *o, double t)
{
	if (s->status != 0)
		return;
	o->round = s->round;
	o->t_ms = gossip_utc(s, t);
	s->status = s->sink(s->arg, o);
	s->made++;
}

/* An entry that a peer told at t: seen_ago seconds old by its own time. */
static void
tell(struct gossip_sensor *s, struct endpoint peer, struct endpoint node, const char *services, double t,
    double seen_ago, int64_t entries, bool own, bool bogus)
{
	struct observation o = { .type = OBS_NEIGHBOUR, .peer = peer, .fields = &btc_fields[BITCOIN_MAIN] };

	o.neighbour.node = node;
	observation_clear_values(&o);
	o.value[BTC_NEIGHBOUR_NET].text = text_of(network_name[node.net]);
	o.value[BTC_NEIGHBOUR_TIME].number = gossip_utc(s, t - seen_ago) / 1000;
	o.value[BTC_NEIGHBOUR_SERVICES].text = text_of(services);
	o.value[BTC_NEIGHBOUR_ENTRIES].number = entries;
	o.value[BTC_NEIGHBOUR_FRESH].number = seen_ago >= -FRESH_S && seen_ago <= FRESH_S + 180;
	o.value[BTC_NEIGHBOUR_OWN].number = own;
	make_record(s, &o, t);
	if (recent_note(s->recent, bogus ? RECENT_SEEN_BOGUS : RECENT_SEEN_KEYS, node) < 0 ||
	    (!bogus && recent_note(s->recent, RECENT_SEEN_ALL, node) < 0))
		s->status = -1;
}

static void
contact(struct gossip_sensor *s, struct endpoint node, enum outcome outcome, const char *services,
    double held, double t)
{
	struct observation o = { .type = OBS_CONTACT, .peer = node, .fields = &btc_fields[BITCOIN_MAIN] };

	o.contact = (struct obs_contact){ .node = node, .outcome = outcome };
	observation_clear_values(&o);
	if (outcome == OUT_OK) {
		o.value[BTC_CONTACT_VERSION].number = PROTOCOL;
		o.value[BTC_CONTACT_SERVICES].text = text_of(services);
		o.value[BTC_CONTACT_AGENT].text = text_of("/Satoshi:0.21.1/");
		o.value[BTC_CONTACT_HEIGHT].number = HEIGHT + (int64_t)(t / 600);
		o.value[BTC_CONTACT_CLOCK_OFFSET].number = 0;
		o.value[BTC_CONTACT_HELD].number = held > 0 ? (int64_t)(held * 1000) : UNKNOWN;
	}
	s->tried += held == 0;
	s->reached += held == 0 && outcome == OUT_OK;
	make_record(s, &o, t);
}

/* How many of many rare things happen, at this mean (Knuth 1969, by multiplication). */
uint32_t
gossip_poisson(struct gossip_sensor *s, double mean)
{
	double limit, p = 1;
	uint32_t n = 0;

	if (mean > 500)		/* large enough to be drawn as a sum of two */
		return gossip_poisson(s, mean / 2) + gossip_poisson(s, mean / 2);
	limit = exp(-mean);
	while ((p *= gossip_unit(s)) > limit)
		n++;
	return n;
}

/* ---- what held links bring ------------------------------------------------------------ */

static struct endpoint
link_end(struct gossip_sensor *s, uint32_t i)
{
	return s->node.p[s->link.p[i]].at;
}

/* Some different links tell of it, one after the other. */
static void
relay(struct gossip_sensor *s, struct endpoint e, const char *services, uint32_t copies, double t,
    bool bogus)
{
	uint32_t n = (uint32_t)s->link.n, first = gossip_below(s, n), step = 1 + gossip_below(s, 7);

	for (uint32_t i = 0; i < copies && i < n; i++) {
		double late = 30 + 270 * gossip_unit(s);

		tell(s, link_end(s, (first + i * step) % n), e, services, t + late, late,
		    1 + gossip_below(s, 9), false, bogus);
	}
}

/* A node that is gone is replaced, and a row says how long each link was held. */
static void
hold_links(struct gossip_sensor *s)
{
	double round = s->file->world.round;

	array_each(k, &s->link) {
		struct gossip_node *n = &s->node.p[*k];

		if (n->gone)	/* its next owner is somebody else */
			*k = gossip_reachable(s);
		n = &s->node.p[*k];
		contact(s, n->at, OUT_OK, n->services, round, s->from + round * 0.99);
	}
}

static void
announce(struct gossip_sensor *s)
{
	double times = s->file->relay.announcements * s->file->world.round / 86400;
	double copies = (double)s->link.n * s->file->relay.seen *
	    (gossip_event_on(s, GOSSIP_CENSUS) > 0 ? 0.7 : 1) * (gossip_event_on(s, GOSSIP_RELEASE) > 0 ? 1.5 : 1);

	array_each(n, &s->node) {
		uint32_t k;

		if (!gossip_is_there(s, n))
			continue;
		k = gossip_poisson(s, n->popular && gossip_event_on(s, GOSSIP_SEEDS) > 0 ? 6 * times : times);
		for (uint32_t i = 0; i < k; i++)
			relay(s, n->at, n->services, gossip_poisson(s, copies),
			    s->from + gossip_unit(s) * s->file->world.round * 0.8, false);
	}
}

/* ---- what visits bring ------------------------------------------------------------------- */

/* A share of its table: who is there, who was lately, and what a flood has left in it. */
static void
answer(struct gossip_sensor *s, const struct gossip_node *of, double t)
{
	const double share = s->file->relay.table;
	size_t told = 0, most = 1000;

	tell(s, of->at, of->at, of->services, t, 0, 1, true, false);
	for (size_t i = 0; i < s->node.n && told < most; i++) {
		const struct gossip_node *n = &s->node.p[(i * 7919 + (size_t)(of - s->node.p)) % s->node.n];
		bool old = gossip_unit(s) < 0.1 && n->before.port != 0;

		if (gossip_unit(s) >= share || !gossip_is_there(s, n))
			continue;
		tell(s, of->at, old ? n->before : n->at, n->services, t, 3600 - 28800 * log(1 - gossip_unit(s)),
		    1000, false, false);
		told++;
	}
	for (uint32_t k = gossip_poisson(s, (double)s->bogus.n * s->file->relay.kept * share); k > 0 && told < most; k--) {
		const struct gossip_bogus *b = &s->bogus.p[gossip_below(s, (uint32_t)s->bogus.n)];

		tell(s, of->at, b->at, "409", t, t - b->born + 7200, 1000, false, true);
		told++;
	}
}

/* Each reachable node once a day, and the doors of those who are not. */
static void
census(struct gossip_sensor *s)
{
	double round = s->file->world.round;
	uint32_t turns = (uint32_t)(86400 / (VISITS_A_DAY * round)), turn = s->round % (turns > 0 ? turns : 1);
	size_t n = s->node.n;

	for (size_t i = 0; i < n && s->status == 0; i++) {
		const struct gossip_node *at = &s->node.p[i];
		double t = s->from + round * (0.05 + 0.85 * (double)i / (double)n);

		if (i % (turns > 0 ? turns : 1) != turn || !gossip_is_there(s, at) || at->at.net > NET_IPV6)
			continue;
		contact(s, at->at, at->reachable ? OUT_OK : OUT_TIMEOUT, at->services, 0, t);
		if (at->reachable)
			answer(s, at, t);
	}
}

/* ---- what is laid over it ------------------------------------------------------------------ */

/* One made-up address; its port and text as the flood has it. */
static void
inject(struct gossip_sensor *s, unsigned f, struct endpoint e, double t)
{
	const struct gossip_flood_settings *set = &s->file->flood[f];
	struct endpoint by = link_end(s, gossip_below(s, (uint32_t)s->link.n));

	switch (set->kind) {
	case GOSSIP_TRICKLE:
	case GOSSIP_NAMES:
		relay(s, e, "409", 1 + gossip_poisson(s, RETOLD - 1), t, true);
		break;
	case GOSSIP_VICTIM:
		relay(s, e, "409", 1, t, true);
		break;
	case GOSSIP_CLOCK:
		tell(s, link_end(s, f), e, "409", t, -7200, 10, false, true);
		break;
	case GOSSIP_SPECIAL:
		tell(s, link_end(s, f), e, "409", t, 30, 1, false, true);
		break;
	default:		/* a burst: at most two of those that were visited pass it on to us */
		tell(s, by, e, "409", t, 30, TOLD_AT_ONCE, false, true);
		if (gossip_unit(s) < 0.2)
			tell(s, link_end(s, gossip_below(s, (uint32_t)s->link.n)), e, "409", t + 60, 90,
			    TOLD_AT_ONCE, false, true);
	}
	/* The sensor knocks at the door of a few: newcomers are sampled. */
	if (gossip_unit(s) < 0.02 && e.net == NET_IPV4 && e.ip >> 29 != 7 && set->kind != GOSSIP_SPECIAL)
		contact(s, e, OUT_TIMEOUT, NULL, 0, t + 120);
}

static void
flood(struct gossip_sensor *s, unsigned f)
{
	const struct gossip_flood_settings *set = &s->file->flood[f];
	double from = fmax(s->from, set->from), until = fmin(s->from + s->file->world.round, set->until);
	uint32_t n = from < until ? gossip_poisson(s, set->rate.per_second * (until - from)) : 0;

	s->alive[f] = n;
	for (uint32_t i = 0; i < n && s->status == 0; i++) {
		double t = from + (until - from) * 0.9 * (i + gossip_unit(s)) / (n + 1);
		struct gossip_bogus *b = array_add(&s->bogus);

		if (b == NULL) {
			s->status = -1;
			return;
		}
		*b = (struct gossip_bogus){ gossip_made_up(s, f), t };
		s->announced[f]++;
		gossip_truth_bogus(s, f, b->at);
		inject(s, f, b->at, t);
	}
}

int
gossip_sensor_round(struct gossip_sensor *s, uint32_t n)
{
	const double round = s->file->world.round;
	struct observation o = { .type = OBS_ROUND };

	s->round = n;
	s->from = (n - 1) * round;
	s->status = 0;
	s->tried = s->reached = 0;
	recent_begin(s->recent, n);
	if (gossip_population_advance(s) != 0)
		return -1;
	hold_links(s);
	announce(s);
	census(s);
	for (unsigned f = 0; f < GOSSIP_FLOODS; f++)
		if (s->file->flood[f].line > 0)
			flood(s, f);
	o.run = (struct obs_round){ .sensor = text_of(s->name), .overlay = text_of(btc_fields[BITCOIN_MAIN].overlay),
	    .start_ms = gossip_utc(s, s->from), .end_ms = gossip_utc(s, s->from + round),
	    .tried = s->tried, .reached = s->reached, .not_dialled = UNKNOWN, .not_stored = UNKNOWN };
	make_record(s, &o, s->from);
	gossip_truth_round(s);
	return s->status;
}
