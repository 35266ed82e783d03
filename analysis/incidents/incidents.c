/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/incidents/incidents_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_SHARE	0.05	/* of a flood's sources: a hash that has more is a target ... */
#define TARGET_LEAST	8
#define TARGET_RATIO	4.5	/* ... if genuine newcomers offer it so much less often */
#define GROUP_SHARE	0.15	/* of a flood: a smaller group is no flood of its own */
#define IN_FORCE	0.75	/* of the sources that were usual while new ones came */
#define FULL_SHARE	0.9	/* of the highest timers seen: a timer that is full */
#define PHANTOM_P	0.999
#define LEVEL_APART	2	/* levels (factors of two) that are still one flood */

/* Newcomers by the hash that they offer: bogus ones of an episode, genuine ones of all rounds
 * at hand. */
struct shared_files { double *bogus, *genuine, all_bogus, all_genuine; };

static int
count_offers(const struct feed *f, size_t first, size_t end, struct shared_files *o)
{
	size_t n = f->j->newcomers.hash_use.n;

	*o = (struct shared_files){ .bogus = calloc(n + 1, sizeof(double)),
	    .genuine = calloc(n + 1, sizeof(double)) };
	if (o->bogus == NULL || o->genuine == NULL)
		return -1;
	for (size_t i = 0; i < f->j->newcomers.newcomer.n; i++) {
		double p = opinion_at(f->j, i)->p, here = i >= first && i < end ? p : 0;
		uint32_t hash = newcomer_at(f->j, i)->hash;

		o->bogus[hash] += here;
		o->genuine[hash] += 1 - p;
		o->all_bogus += here;
		o->all_genuine += 1 - p;
	}
	return 0;
}

/* Is this one of the few hashes that a flood pushes? */
static bool
is_target(const struct shared_files *o, uint32_t hash)
{
	double usual = (o->genuine[hash] + 0.5) / (o->all_genuine + 1);

	return o->bogus[hash] >= TARGET_LEAST &&
	    o->bogus[hash] >= fmax(TARGET_SHARE, TARGET_RATIO * usual) * o->all_bogus;
}

/* Tells the sources of one episode that push targets from those that do not. */
static int
group_by_target(struct feed *f, const struct episode *s)
{
	size_t first = round_at(f->j, s->first)->first;
	size_t end = round_at(f->j, s->last)->first + round_at(f->j, s->last)->n;
	struct shared_files o;
	double pushed = 0;
	int bad = count_offers(f, first, end, &o);

	for (uint32_t h = 0; h < f->j->newcomers.hash_use.n && bad == 0; h++)
		pushed += is_target(&o, h) ? o.bogus[h] : 0;
	for (size_t i = first; i < end && bad == 0; i++) {
		bool target = is_target(&o, newcomer_at(f->j, i)->hash);

		if (pushed > (1 - GROUP_SHARE) * o.all_bogus)
			target = true;
		else if (pushed < GROUP_SHARE * o.all_bogus)
			target = false;
		f->kind[i] = target ? INC_TARGETED_HASH : INC_RANDOM_SOURCES;
	}
	free(o.bogus);
	free(o.genuine);
	return bad;
}

/* ---- the incident that a round adds to ---- */

static struct incident *
open_incident(struct feed *f, unsigned kind, unsigned level)
{
	struct incident *i = array_add(&f->in->all);

	if (i == NULL)
		return NULL;
	i->is.kind = kind;
	i->is.level = level;
	i->is.open = 1;
	i->is.id = f->in->next_id++;
	i->is.first_round = i->is.last_round = i->is.peak_round = f->d->round;
	i->is.start_ms = f->d->start_ms;
	i->is.full_level = f->full_level;
	return i;
}

/* The open one of this kind and about this level, or NULL. */
static struct incident *
open_one(struct feed *f, unsigned kind, unsigned level)
{
	array_each(i, &f->in->all) {
		if (i->is.open && i->is.kind == kind && (kind == INC_PORT_FANOUT ||
		    abs((int)i->is.level - (int)level) <= LEVEL_APART)) {
			i->is.level = level;
			return i;
		}
	}
	return NULL;
}

/* The same, or a new one. */
static struct incident *
incident_for(struct feed *f, unsigned kind, unsigned level)
{
	struct incident *i = open_one(f, kind, level);

	return i != NULL ? i : open_incident(f, kind, level);
}

/* It goes on in this round. */
static void
date_incident(const struct feed *f, struct incident_facts *is)
{
	if (is->last_round != f->d->round || is->rounds == 0) {
		is->rounds++;
		is->last_round = f->d->round;
		is->end_ms = f->d->end_ms;
	}
	is->quiet = is->present_run = is->gone = 0;
	if (is->sampling < f->weight)
		is->sampling = (uint32_t)f->weight;
}

/* One more source, bogus with probability p, for all that it stands for.  What the drawing
 * adds to the variance is as if each had been drawn by itself (address_sample.h). */
static void
count_bogus(struct feed *f, struct incident *i, struct endpoint source, double p)
{
	struct incident_facts *is = &i->is;
	double all = p * f->weight;

	is->bogus += all;
	is->variance += p * (1 - p) * f->weight * f->weight + sample_variance(all, f->w->level);
	is->fresh += all;
	is->own += all * selfcheck_has(f->self, source);
	is->own_ports += all * selfcheck_announced(f->self, source.port);
	if (is->fresh > is->peak) {
		is->peak = is->fresh;
		is->peak_round = f->d->round;
		is->peak_ms = f->d->start_ms;
		is->peak_instant = f->instant[f->round];
	}
}

static void
count_evidence(struct feed *f, struct incident *i, const struct newcomer *x,
    const struct opinion *o)
{
	struct incident_facts *is = &i->is;
	const struct member *m = &f->ms->m.p[x->member];
	const struct mixture *model = &f->j->model;
	double all = f->weight;

	for (int e = 0; e < EVIDENCE_N; e++)
		is->family[e] += all * (o->p * o->evidence[e]);
	is->special += all * (o->p * (x->cell[FAM_ADDRESS] == CELL_SPECIAL));
	is->unallocated += all * (o->p * (x->cell[FAM_ADDRESS] == CELL_UNALLOCATED));
	is->impossible_expected += all * (o->p * address_space_impossible(f->space, m->now.first_ms));
	if (x->age >= 2) {
		is->lives += all * o->p;
		is->one_shot += all * (o->p * (x->cell[FAM_LIFE] == 0));
		is->one_shot_usual += all * (o->p * model->genuine[FAM_LIFE].n[x->age * LIFE_CELLS]);
	}
	if (x->dial != NOT_DIALLED) {
		is->dialled += all * o->p;
		is->unreached += all * o->p;
		is->unreached_usual += all * (o->p * model->genuine[FAM_DIAL].n[x->dial * DIAL_CELLS]);
	}
	is->ports = fmax(is->ports, x->ports);
	if (o->p >= 0.5f)
		is->sources = fmax(is->sources, f->j->newcomers.hash_use.p[x->hash].newcomers);
	is->channels |= m->now.channels & (SEEN_KEY | SEEN_NEIGHBOUR | SEEN_QUERY);
}

static bool
is_counted(const struct feed *f, size_t i)
{
	return !newcomer_at(f->j, i)->fanned && opinion_at(f->j, i)->p >= 0.02f;
}

/*
 * Incidents that have new sources in this round: half a one at least is expected.
 * A doubtful one that is alone is counted where an incident goes on, and dates none.
 */
static int
feed_dates(struct feed *f, const struct round_newcomers *r, unsigned level)
{
	double expected[INC_NKIND] = { 0 };
	struct incident *i;

	for (size_t k = r->first; k < r->first + r->n; k++)
		expected[f->kind[k]] += is_counted(f, k) ? opinion_at(f->j, k)->p : 0;
	for (unsigned kind = 0; kind < INC_NKIND; kind++) {
		if (expected[kind] < 0.5)
			continue;
		if ((i = incident_for(f, kind, level)) == NULL)
			return -1;
		date_incident(f, &i->is);
	}
	return 0;
}

static int
feed_newcomers(struct feed *f)
{
	const struct round_newcomers *r = round_at(f->j, f->round);
	unsigned level = f->j->level[f->round];

	if (level == 0)
		return 0;
	if (feed_dates(f, r, level) != 0)
		return -1;
	for (size_t i = r->first; i < r->first + r->n; i++) {
		const struct newcomer *x = newcomer_at(f->j, i);
		const struct opinion *o = opinion_at(f->j, i);
		struct incident *to;

		if (!is_counted(f, i) || (to = open_one(f, f->kind[i], level)) == NULL)
			continue;
		count_bogus(f, to, f->ms->m.p[x->member].endpoint, o->p);
		count_evidence(f, to, x, o);
		f->to->of_newcomer[i] = f->to->of_member[x->member] = to->is.id;
	}
	return 0;
}

/* Ports of flooded addresses that this round names for the first time. */
static int
feed_phantoms(struct feed *f)
{
	array_each(n, &f->d->named) {
		uint32_t index = f->ms->of[n->node];
		const struct member *m = &f->ms->m.p[index];
		struct incident *to;
		const struct host *h;

		if (m->now.first_round != f->d->round || !port_fanout_has(&f->j->fanout, m))
			continue;
		if ((to = incident_for(f, INC_PORT_FANOUT, 1)) == NULL)
			return -1;
		h = port_fanout_host(&f->j->fanout, m->endpoint);
		date_incident(f, &to->is);
		count_bogus(f, to, m->endpoint, PHANTOM_P);
		to->is.ports = fmax(to->is.ports, h->ports);
		to->is.ports_usual = f->j->fanout.threshold;
		to->is.dialled += f->weight;
		to->is.unreached += f->weight;
		to->is.unreached_usual += f->j->fanout.phantom_share * f->weight;
		to->is.channels |= m->now.channels & (SEEN_KEY | SEEN_NEIGHBOUR | SEEN_QUERY);
		f->to->of_member[index] = to->is.id;
	}
	return 0;
}

/* ---- how long its sources linger ---- */

static struct incident *
by_id(const struct feed *f, int64_t id)
{
	array_each(i, &f->in->all)
		if (i->is.id == id)
			return i;
	return NULL;
}

/* Sources that are still named in force after the last new one keep it from ending. */
static void
pass_round(struct feed *f)
{
	array_each(i, &f->in->all) {
		struct incident_facts *is = &i->is;
		double standing = is->standing;

		is->standing = is->fresh = 0;
		if (!is->open)
			continue;
		if (is->last_round == f->d->round) {
			is->usual_standing += (standing - is->usual_standing) /
			    (is->rounds < 6 ? is->rounds : 6);
			continue;
		}
		if (f->d->cut_short)	/* its sources may be among what was left out */
			continue;
		is->quiet++;
		if (!is->gone && standing >= 3 && standing >= IN_FORCE * is->usual_standing) {
			is->present_run++;
			is->present_round = f->d->round;
			is->present_ms = f->d->end_ms;
		} else {
			is->gone = 1;
		}
		if (is->quiet > QUIET_ROUNDS && is->gone)
			is->open = 0;
	}
}

static int
feed_round(struct feed *f, size_t round)
{
	f->round = round;
	f->d = f->w->round.p[f->w->open + round];
	if (!f->d->complete)
		return 0;
	if (feed_newcomers(f) != 0 || feed_phantoms(f) != 0 || incidents_deliveries(f) != 0)
		return -1;
	array_each(n, &f->d->named) {
		int64_t id = incidents_incident_of(f, n->node);
		struct incident *i = id == 0 ? NULL : by_id(f, id);

		if (i != NULL && i->is.open)
			i->is.standing += f->weight;
	}
	pass_round(f);
	return 0;
}

/* The level from which a timer is full: close to the highest that many keys have. */
static double
find_full_level(const struct window *w)
{
	double count[66] = { 0 }, all = 0, above = 0;

	for (size_t i = w->open; i < w->round.n; i++) {
		array_each(l, &w->round.p[i]->link) {
			if (l->ttl == TTL_UNKNOWN || l->ttl > 6500)
				continue;
			count[l->ttl / 100]++;
			all++;
		}
	}
	for (int b = 65; b >= 0; b--)
		if ((above += count[b]) > 0.02 * all)
			return FULL_SHARE * (b * 100 + 50);
	return 1e9;
}

int
incidents_feed(struct incidents *in, const struct classification *j, const struct members *ms,
    const struct window *w, const struct address_space *space, const struct self *self,
    const double *instant, size_t from, size_t to, struct assignment *assignment)
{
	struct feed f = { .in = in, .j = j, .ms = ms, .w = w, .space = space, .self = self,
	    .instant = instant, .to = assignment, .weight = sample_weight(w->level) };
	int bad = 0;

	if ((f.kind = calloc(j->newcomers.newcomer.n + 1, 1)) == NULL)
		return -1;
	f.full_level = find_full_level(w);
	array_each(s, &j->episode)
		if (s->accepted && bad == 0)
			bad = group_by_target(&f, s);
	for (size_t i = from; i < to && bad == 0; i++)
		bad = feed_round(&f, i);
	free(f.kind);
	return bad;
}
