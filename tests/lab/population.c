/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The nodes that are online, and the kind of each.
 *
 * A slot's life is cut into cycles of its own length; in each it has one
 * session at a random place.  Day and week, holidays and decline act by a
 * threshold: every session has a random height and happens only while the
 * level stands above it, so the expected number online follows the level
 * exactly.  Nothing changes between two multiples of WORLD_STEP_S.
 */
#include "tests/lab/world_impl.h"

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

	return i < 0 ? w->level[0].trend :
	    i < LEVEL_STEPS ? w->level[(uint32_t)i].trend : trend(w, t);
}

double
population_level(const struct world *w, double t)
{
	double i = t / WORLD_STEP_S;

	return i < 0 ? w->level[0].level
		     : i < LEVEL_STEPS ? w->level[(uint32_t)i].level : trend(w, t) * wave(w, t);
}

static double
normal_below(double z)
{
	return erfc(-z / M_SQRT2) / 2;
}

/* A normal draw (G. E. P. Box and M. E. Muller, Ann. Math. Stat. 29 (1958) 610-611). */
static double
normal_of(uint64_t drawn)
{
	return sqrt(-2 * log1p(-prng_unit(drawn))) * cos(2 * M_PI * prng_unit(prng_mix(drawn)));
}

/* Shares of the slots that are always on, and of their and the others' time. */
static double
online_share(const struct world *w, double trend_now, double level_now)
{
	const struct churn_settings *c = &w->file.churn;
	double brief, duty = c->duty;

	if (c->session <= 0)
		return level_now / w->level_max;
	if (c->sigma > 0) {	/* mean of a log-normal share of the cycle that is cut at all of it */
		double z = log(c->duty) / c->sigma;

		duty = c->duty * normal_below(-z - c->sigma / 2) + normal_below(z - c->sigma / 2);
	}
	/* The mean of one over a cycle's length is MEAN_CYCLE over the mean length, too. */
	brief = (BRIEF_MIN + BRIEF_MAX) / 2 * MEAN_CYCLE * MEAN_CYCLE * c->duty / c->session;
	return c->always_on * trend_now / w->trend_max + (1 - c->always_on) *
	    (duty * (1 - c->brief) + brief * c->brief) * level_now / w->level_max;
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
	uint64_t x = prng_keyed(w->seed, DRAW_SLOT, slot, 0);

	return (struct traits){ prng_part(x, 0), prng_part(x, 1), prng_part(x, 2),
	    prng_unit(x * PRNG_STEP), (unsigned)(x >> 56) };
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
	uint64_t x = prng_keyed(w->seed, DRAW_SESSION, slot, (uint64_t)k);

	if (prng_part(x, 2) * w->level_max >= population_level(w, t))
		return false;
	if (prng_unit(prng_mix(x)) < c->brief)
		length = (BRIEF_MIN + (BRIEF_MAX - BRIEF_MIN) * prng_part(x, 0)) /
		    w->cycle[it->cycle];
	else if (c->sigma > 0)
		length = c->duty * exp(c->sigma * M_SQRT1_2 * (normal_of(prng_mix(x + 1)) +
		    normal_of(prng_keyed(w->seed, DRAW_SLOT_MORE, slot, 4))) -
		    c->sigma * c->sigma / 2);
	else
		length = c->duty * (1 + spread * (2 * prng_part(x, 0) - 1));
	length = fmin(length, 1);
	start = prng_part(x, 1) * (1 - length);
	return where >= start && where < start + length;
}

/* Have those come that an event brings, and not yet gone? */
static bool
arrived(const struct world *w, uint32_t slot, const struct segment *s, double t)
{
	const struct event_settings *e = &w->file.event[s->event];
	double after = e->ramp * prng_unit(prng_keyed(w->seed, DRAW_ARRIVE, slot, 0));

	return t >= e->from + after && t < e->until + after;
}

double
population_step(double t)
{
	return floor(t / WORLD_STEP_S) * WORLD_STEP_S;
}

bool
population_online(const struct world *w, uint32_t slot, double t)
{
	const struct churn_settings *c = &w->file.churn;
	struct traits it = traits_of(w, slot);
	double at = population_step(t);

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
	u = prng_unit(prng_keyed(w->seed, DRAW_SLOT_MORE, slot, 0));
	n = 1 - log1p(-u) * (p->files - 1);
	return n < p->files_max ? (uint32_t)n : p->files_max;
}

/* The last cycle up to t that brought the slot a new address. */
int64_t
population_moved(const struct world *w, uint32_t slot, double t)
{
	struct traits it = traits_of(w, slot);
	double where;
	int64_t k = cycle_at(w, &it, t, &where);

	for (int i = 0; i < HISTORY; i++, k--)
		if (prng_part(prng_keyed(w->seed, DRAW_SESSION, slot, (uint64_t)k), 3) <
		    w->file.churn.new_address)
			break;
	return k;
}

/* ---- the node as others see it ------------------------------------------------------------ */

/* Log-uniform, with more of the slow than of the fast. */
int32_t
population_speed(const struct world *w, uint32_t slot)
{
	uint64_t drawn = prng_keyed(w->seed, DRAW_SLOT_MORE, slot, 2);
	double low = log(w->file.population.speed_min),
	    high = log(w->file.population.speed_max);

	return (int32_t)exp(low + (high - low) * pow(prng_part(drawn, 0), 1.4));
}

bool
world_node(const struct world *w, uint32_t slot, double t, struct world_node *n)
{
	uint64_t x = prng_keyed(w->seed, DRAW_SLOT_MORE, slot, 3);

	if (slot >= w->slots || !population_online(w, slot, t))
		return false;
	*n = (struct world_node){ .slot = slot, .speed = population_speed(w, slot),
	    .files = population_files(w, slot),
	    .rtt_ms = 8 + (uint32_t)(-60 * log1p(-prng_part(x, 1))) };
	address_of(w, slot, t, &n->lab, &n->public);
	n->silent = address_class(w, n->lab.ip) > 0;
	n->port0 = address_class(w, n->lab.ip) == 2;
	catalogue_words(w, slot, n->words);
	for (unsigned f = 0; f < MAX_FLOODS; f++)
		if (w->flood[f].set != NULL && flood_gate(w, f, t)->host == slot)
			n->injector = (uint8_t)(f + 1);
	return true;
}

bool
population_pick(const struct world *w, uint64_t drawn, double t, bool holder, uint32_t *slot)
{
	for (unsigned i = 0; i < PICKS; i++) {
		*slot = prng_scale(prng_keyed(w->seed, DRAW_PICK, drawn, i), w->slots);
		if ((!holder || population_holds(w, *slot)) && population_online(w, *slot, t) &&
		    address_dialable(w, *slot))
			return true;
	}
	return false;
}
