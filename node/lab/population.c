/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is online, where, and what kind of node it is.
 *
 * A slot's life is cut into cycles of its own length; in each it has one
 * session at a random place.  Day and week, holidays and decline act by a
 * threshold: every session has a random height and happens only while the
 * level stands above it, so the expected number online follows the level
 * exactly.  Nothing changes between two multiples of WORLD_STEP_S.
 */
#include "node/lab/model.h"

#include <math.h>

#define JST_S		(9 * 3600)
#define DAY_S		86400.0
#define YEAR_S		(365 * DAY_S)
#define PEAK_HOUR	22.5	/* of the day, in Japan */
#define PEAK_DAY	3.0	/* Saturday's midnight, in days after a Thursday's begin */
#define MEAN_CYCLE	1.0820	/* of 2^(2u-1), u even in 0..1 */
#define SPREAD		0.6	/* of a session's length about its mean */
#define BRIEF_MIN	300.0	/* seconds of a brief session */
#define BRIEF_MAX	1800.0
#define PICKS		32	/* tries to find a node that is online */
#define PROBES		256	/* tries to find an address that suits the node */
#define HISTORY		64	/* cycles in which a node surely changes its address once */

/* ---- the level ------------------------------------------------------------------- */

/* 0 before, 1 after, and a straight line between. */
static double
ramp(double t, double from, double over)
{
	if (t < from)
		return 0;
	return over <= 0 || t >= from + over ? 1 : (t - from) / over;
}

static double
trend(const struct world *w, double t)
{
	double v = pow(1 - w->file.churn.decline, fmax(t, 0) / YEAR_S);

	for (unsigned i = 0; i < MAX_EVENTS; i++) {
		const struct event_settings *e = &w->file.event[i];

		if (e->line > 0 && e->kind == EV_HOLIDAY)
			v *= 1 + e->size * (ramp(t, e->from, e->ramp) - ramp(t, e->until, e->ramp));
		if (e->line > 0 && e->kind == EV_STEP)
			v *= 1 - e->size * (ramp(t, e->from, e->ramp) - ramp(t, e->until, e->ramp));
	}
	return v;
}

static double
wave(const struct world *w, double t)
{
	double jst = (double)w->file.world.start.ms / 1000 + t + JST_S;
	double day = jst / DAY_S;

	return (1 + w->file.churn.day_wave * cos(2 * M_PI * (day - PEAK_HOUR / 24))) *
	    (1 + w->file.churn.week_wave * cos(2 * M_PI * (day - PEAK_DAY) / 7));
}

void
population_make(struct world *w)
{
	const struct churn_settings *c = &w->file.churn;

	for (uint32_t i = 0; i < LEVEL_STEPS; i++) {
		double t = (double)i * WORLD_STEP_S, v = trend(w, t);

		w->level[i] = (struct level){ (float)v, (float)(v * wave(w, t)), 0 };
	}
	w->trend_max = 1;
	for (unsigned i = 0; i < MAX_EVENTS; i++)
		if (w->file.event[i].line > 0 && w->file.event[i].kind == EV_HOLIDAY)
			w->trend_max *= 1 + w->file.event[i].size;
	w->level_max = w->trend_max * (1 + c->day_wave) * (1 + c->week_wave);
	for (unsigned i = 0; i < 256; i++)
		w->cycle[i] = c->session / c->duty / MEAN_CYCLE * exp2((2 * i + 1) / 256.0 - 1);
}

double
population_trend(const struct world *w, double t)
{
	double i = t / WORLD_STEP_S;

	return i < 0 ? w->level[0].trend : i < LEVEL_STEPS ? w->level[(uint32_t)i].trend : trend(w, t);
}

double
population_level(const struct world *w, double t)
{
	double i = t / WORLD_STEP_S;

	return i < 0 ? w->level[0].level
		     : i < LEVEL_STEPS ? w->level[(uint32_t)i].level : trend(w, t) * wave(w, t);
}

/* Shares of the slots that are always on, and of their and the others' time. */
static double
online_share(const struct world *w, double trend_now, double level_now)
{
	const struct churn_settings *c = &w->file.churn;

	double brief;

	if (c->session <= 0)
		return level_now / w->level_max;
	/* The mean of one over a cycle's length is MEAN_CYCLE over the mean length, too. */
	brief = (BRIEF_MIN + BRIEF_MAX) / 2 * MEAN_CYCLE * MEAN_CYCLE * c->duty / c->session;
	return c->always_on * trend_now / w->trend_max + (1 - c->always_on) *
	    (c->duty * (1 - c->brief) + brief * c->brief) * level_now / w->level_max;
}

double
population_duty(const struct world *w)
{
	return online_share(w, 1, 1);
}

double
population_expected(const struct world *w)
{
	return w->file.world.nodes / population_duty(w);
}

/* Expected holders that are online, with those that events have brought by then. */
static double
holders(const struct world *w, double t)
{
	double n = w->base_slots;

	for (uint32_t i = 0; i < w->nsegments; i++) {
		const struct segment *s = &w->segment[i];
		const struct event_settings *e = &w->file.event[s->event < 0 ? 0 : s->event];

		if (s->event >= 0)
			n += s->count * (ramp(t, e->from, e->ramp) - ramp(t, e->until, e->ramp));
	}
	return n * online_share(w, population_trend(w, t), population_level(w, t)) *
	    w->file.population.holders * (1 - w->file.population.port0);
}

void
population_count(struct world *w)
{
	for (uint32_t i = 0; i < LEVEL_STEPS; i++)
		w->level[i].holders = (float)holders(w, (double)i * WORLD_STEP_S);
}

double
population_holders(const struct world *w, double t)
{
	double i = t / WORLD_STEP_S;

	return i < 0 ? w->level[0].holders
		     : i < LEVEL_STEPS ? w->level[(uint32_t)i].holders : holders(w, t);
}

/* ---- one slot ----------------------------------------------------------------------- */

/* The bits of a slot, each for one purpose. */
struct traits {
	double	height, holder, phase, always;
	unsigned cycle;
};

static struct traits
traits_of(const struct world *w, uint32_t slot)
{
	uint64_t x = chance(w->seed, CHANCE_SLOT, slot, 0);

	return (struct traits){ chance_part(x, 0), chance_part(x, 1), chance_part(x, 2),
	    dice_unit(x * UINT64_C(0x9e3779b97f4a7c15)), (unsigned)(x >> 56) };
}

/* The number of the slot's cycle at t, and where in it t is (0..1). */
static int64_t
cycle_at(const struct world *w, const struct traits *it, double t, double *where)
{
	double x = t / w->cycle[it->cycle] + it->phase, whole = floor(x);

	*where = x - whole;
	return (int64_t)whole;
}

static bool
in_session(const struct world *w, uint32_t slot, const struct traits *it, double t)
{
	const struct churn_settings *c = &w->file.churn;
	double where, length, start, spread = fmin(SPREAD, (1 - c->duty) / c->duty);
	int64_t k = cycle_at(w, it, t, &where);
	uint64_t x = chance(w->seed, CHANCE_SESSION, slot, (uint64_t)k);

	if (chance_part(x, 2) * w->level_max >= population_level(w, t))
		return false;
	if (dice_unit(dice_mix(x)) < c->brief)
		length = (BRIEF_MIN + (BRIEF_MAX - BRIEF_MIN) * chance_part(x, 0)) / w->cycle[it->cycle];
	else
		length = c->duty * (1 + spread * (2 * chance_part(x, 0) - 1));
	length = fmin(length, 1);
	start = chance_part(x, 1) * (1 - length);
	return where >= start && where < start + length;
}

/* Have those come that an event brings, and not yet gone? */
static bool
arrived(const struct world *w, uint32_t slot, const struct segment *s, double t)
{
	const struct event_settings *e = &w->file.event[s->event];
	double after = e->ramp * dice_unit(chance(w->seed, CHANCE_ARRIVE, slot, 0));

	return t >= e->from + after && t < e->until + after;
}

static double
step_of(double t)
{
	return floor(t / WORLD_STEP_S) * WORLD_STEP_S;
}

bool
population_online(const struct world *w, uint32_t slot, double t)
{
	const struct churn_settings *c = &w->file.churn;
	struct traits it = traits_of(w, slot);
	double at = step_of(t);

	if (slot >= w->base_slots) {
		const struct segment *s = pools_segment(w, slot);

		if (s->flood >= 0)
			return true;
		if (!arrived(w, slot, s, at))
			return false;
	}
	if (c->session <= 0)
		return it.height * w->level_max < population_level(w, at);
	if (it.always < c->always_on)
		return it.height * w->trend_max < population_trend(w, at);
	return in_session(w, slot, &it, at);
}

/* The files of an injector's slot; -1 for everybody else. */
static int64_t
injected_files(const struct world *w, uint32_t slot)
{
	const struct segment *s;

	if (slot < w->base_slots || (s = pools_segment(w, slot))->flood < 0)
		return -1;
	return w->file.flood[s->flood].injector_files;
}

bool
population_holds(const struct world *w, uint32_t slot)
{
	int64_t n = injected_files(w, slot);

	return n >= 0 ? n > 0 : traits_of(w, slot).holder < w->file.population.holders;
}

uint32_t
population_files(const struct world *w, uint32_t slot)
{
	const struct population_settings *p = &w->file.population;
	int64_t injected = injected_files(w, slot);
	double u, n;

	if (injected >= 0)
		return (uint32_t)injected;
	if (!population_holds(w, slot))
		return 0;
	u = dice_unit(chance(w->seed, CHANCE_SLOT_MORE, slot, 0));
	n = 1 - log1p(-u) * (p->files - 1);
	return n < p->files_max ? (uint32_t)n : p->files_max;
}

/* ---- where ---------------------------------------------------------------------------- */

bool
population_mate(const struct world *w, uint32_t slot)
{
	const struct segment *s = pools_segment(w, slot);

	return (slot - s->first) % 2 == 1 &&
	    dice_unit(chance(w->seed, CHANCE_MATE, slot, 0)) < 2 * w->file.population.shared;
}

static uint16_t
own_port(const struct world *w, uint32_t slot)
{
	return (uint16_t)(1024 + chance_below(chance(w->seed, CHANCE_SLOT_MORE, slot, 1), 32767 - 1024));
}

uint16_t
population_port(const struct world *w, uint32_t slot)
{
	uint16_t port = own_port(w, slot);

	if (population_mate(w, slot) && port == own_port(w, slot - 1))
		port = port > 1024 ? port - 1 : port + 1;
	return port;
}

/* 0 answers, 1 silent, 2 port 0: by the loopback address, as the lab's filter sees it. */
static int
class_of(const struct world *w, uint32_t lab)
{
	uint32_t x = silence_mix(w->silence.salt, lab);

	return x < w->port0_limit ? 2 : x < w->silence.limit ? 1 : 0;
}

/* What kind a slot is: the kind of its first address; an injector answers. */
static int
class_of_slot(const struct world *w, uint32_t head, const struct segment *s)
{
	if (s->flood >= 0)
		return 0;
	return class_of(w, pools_lab(&w->area[w->pool[s->pool].area[0]], s->rank + head - s->first));
}

static int
slot_class(const struct world *w, uint32_t slot)
{
	return class_of_slot(w, population_mate(w, slot) ? slot - 1 : slot, pools_segment(w, slot));
}

bool
population_dialable(const struct world *w, uint32_t slot)
{
	return slot_class(w, slot) < 2;
}

bool
population_answers(const struct world *w, uint32_t slot)
{
	return slot_class(w, slot) == 0;
}

/* Which of its addresses a slot has: the one of the last cycle that brought a new one. */
static uint32_t
generation_at(const struct world *w, uint32_t head, double t, uint32_t generations)
{
	double where, p = w->file.churn.new_address;
	struct traits it = traits_of(w, head);
	int64_t k;

	k = cycle_at(w, &it, t, &where);
	for (int i = 0; i < HISTORY; i++, k--)
		if (chance_part(chance(w->seed, CHANCE_SESSION, head, (uint64_t)k), 3) < p)
			break;
	return chance_below(chance(w->seed, CHANCE_GENERATION, head, (uint64_t)k), generations);
}

bool
population_steady(const struct world *w, const struct segment *s)
{
	return s->flood >= 0 || w->file.churn.new_address <= 0 || w->file.churn.session <= 0;
}

/* The area and index of the slot's address at t; behind a shared one, of its head. */
static uint32_t
address_at(const struct world *w, uint32_t slot, double t, const struct area **area)
{
	uint32_t head = population_mate(w, slot) ? slot - 1 : slot;
	const struct segment *s = pools_segment(w, head);
	const struct pool *p = &w->pool[s->pool];
	uint32_t rank = s->rank + head - s->first, g;
	int want = class_of_slot(w, head, s);
	double at = step_of(t);
	bool moved = at >= p->move_at +
	    p->move_over * dice_unit(chance(w->seed, CHANCE_MOVE, head, 0));

	*area = &w->area[p->area[moved]];
	g = population_steady(w, s) ? 0 : generation_at(w, head, at, p->generations);
	for (uint32_t i = 0; i < PROBES && i < p->generations; i++) {
		uint32_t index = rank + (g + i) % p->generations * p->ranks;

		if (class_of(w, pools_lab(*area, index)) == want)
			return index;
	}
	return rank;
}

struct endpoint
population_public(const struct world *w, uint32_t slot, double t)
{
	const struct area *a;
	uint32_t index = address_at(w, slot, t, &a);

	return (struct endpoint){ pools_public(w, a, index), population_port(w, slot) };
}

/* Of a steady slot: where it is before and after its pool moves. */
static bool
steady_place(const struct world *w, uint32_t slot, const struct pool *p, uint32_t i,
    const struct area **a, uint32_t *index)
{
	if (i > 1 || (i == 1 && p->area[0] == p->area[1]))
		return false;
	*index = address_at(w, slot, i == 0 ? p->move_at - WORLD_STEP_S : FOREVER, a);
	return true;
}

/* Of any other: the i-th of all that suit it, the first one of the first area always. */
static bool
moving_place(const struct world *w, uint32_t head, const struct segment *s, uint32_t i,
    const struct area **a, uint32_t *index)
{
	const struct pool *p = &w->pool[s->pool];
	uint32_t areas = 1 + (p->area[0] != p->area[1]);

	for (uint32_t at = 0; at < areas * p->generations; at++) {
		*a = &w->area[p->area[at / p->generations]];
		*index = s->rank + head - s->first + at % p->generations * p->ranks;
		/* Where nothing suits in the new area, address_at falls back on its first. */
		if ((at % p->generations == 0 || class_of(w, pools_lab(*a, *index)) ==
		    class_of_slot(w, head, s)) && i-- == 0)
			return true;
	}
	return false;
}

static struct endpoint
lab_endpoint(const struct world *w, const struct area *a, uint32_t index, bool mate)
{
	return (struct endpoint){ pools_lab(a, index),
	    w->port[(index + mate) % w->file.lab.ports] };
}

/* The slot that owns an address; member 1 is the one behind it.  False: nobody ever has it. */
static bool
owner(const struct world *w, uint32_t area, uint32_t index, bool member, uint32_t *slot)
{
	uint32_t pool = w->area[area].pool;
	uint32_t head = pools_slot(w, pool, index % w->pool[pool].ranks);

	if (population_mate(w, head))
		return false;	/* it lives at another one's address */
	*slot = head + member;
	return !member || (*slot < w->slots && pools_segment(w, *slot) == pools_segment(w, head) &&
	    population_mate(w, *slot));
}

bool
world_place(const struct world *w, uint32_t slot, uint32_t i, struct endpoint *lab,
    struct endpoint *public)
{
	bool mate = slot < w->slots && population_mate(w, slot);
	uint32_t head = slot - mate, index;
	const struct segment *s;
	const struct area *a;

	if (slot >= w->slots)
		return false;
	s = pools_segment(w, head);
	if (!(population_steady(w, s) ? steady_place(w, head, &w->pool[s->pool], i, &a, &index)
				      : moving_place(w, head, s, i, &a, &index)))
		return false;
	*lab = lab_endpoint(w, a, index, mate);
	*public = (struct endpoint){ pools_public(w, a, index), population_port(w, slot) };
	return true;
}

bool
world_public(const struct world *w, struct endpoint lab, struct endpoint *public)
{
	uint32_t area, index, slot, ports = w->file.lab.ports;

	if (!pools_find_lab(w, lab.ip, &area, &index))
		return false;
	for (unsigned member = 0; member < 2; member++)
		if (w->port[(index + member) % ports] == lab.port &&
		    owner(w, area, index, member, &slot)) {
			*public = (struct endpoint){ pools_public(w, &w->area[area], index),
			    population_port(w, slot) };
			return true;
		}
	return false;
}

/* The slot to which a public endpoint ever belongs. */
static bool
find_owner(const struct world *w, struct endpoint public, uint32_t *slot, struct endpoint *lab)
{
	uint32_t area, index;

	if (!pools_find_public(w, public.ip, &area, &index))
		return false;
	for (unsigned member = 0; member < 2; member++)
		if (owner(w, area, index, member, slot) && population_port(w, *slot) == public.port) {
			*lab = lab_endpoint(w, &w->area[area], index, member);
			return true;
		}
	return false;
}

bool
population_find(const struct world *w, struct endpoint public, uint32_t *slot)
{
	struct endpoint lab;

	return find_owner(w, public, slot, &lab);
}

bool
world_lab(const struct world *w, struct endpoint public, struct endpoint *lab)
{
	uint32_t slot;

	return find_owner(w, public, &slot, lab);
}

bool
world_at(const struct world *w, struct endpoint lab, double t, uint32_t *slot)
{
	struct endpoint public, now;

	if (!world_public(w, lab, &public) || !population_find(w, public, slot) ||
	    !population_online(w, *slot, t))
		return false;
	now = population_public(w, *slot, t);
	return endpoint_compare(now, public) == 0;
}

/* ---- the node as others see it ------------------------------------------------------------ */

/* Log-uniform, with more of the slow than of the fast. */
int32_t
population_speed(const struct world *w, uint32_t slot)
{
	uint64_t thrown = chance(w->seed, CHANCE_SLOT_MORE, slot, 2);
	double low = log(w->file.population.speed_min), high = log(w->file.population.speed_max);

	return (int32_t)exp(low + (high - low) * pow(chance_part(thrown, 0), 1.4));
}

bool
world_node(const struct world *w, uint32_t slot, double t, struct world_node *n)
{
	uint64_t x = chance(w->seed, CHANCE_SLOT_MORE, slot, 3);
	const struct area *a;
	uint32_t index;
	int class;

	if (slot >= w->slots || !population_online(w, slot, t))
		return false;
	*n = (struct world_node){ .slot = slot, .speed = population_speed(w, slot),
	    .files = population_files(w, slot), .rtt_ms = 8 + (uint32_t)(-60 * log1p(-chance_part(x, 1))) };
	index = address_at(w, slot, t, &a);
	n->lab = lab_endpoint(w, a, index, population_mate(w, slot));
	n->public = (struct endpoint){ pools_public(w, a, index), population_port(w, slot) };
	class = class_of(w, n->lab.ip);
	n->silent = class > 0;
	n->port0 = class == 2;
	library_words(w, slot, n->words);
	for (unsigned f = 0; f < MAX_FLOODS; f++)
		if (w->flood[f].set != NULL && flood_gate(w, f, t)->host == slot)
			n->injector = (uint8_t)(f + 1);
	return true;
}

bool
population_pick(const struct world *w, uint64_t thrown, double t, bool holder, uint32_t *slot)
{
	for (unsigned i = 0; i < PICKS; i++) {
		*slot = chance_below(chance(w->seed, CHANCE_PICK, thrown, i), w->slots);
		if ((!holder || population_holds(w, *slot)) && population_online(w, *slot, t) &&
		    population_dialable(w, *slot))
			return true;
	}
	return false;
}
