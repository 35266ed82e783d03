/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/incidents.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/say.h"

#define TARGET_SHARE	0.05	/* of a flood's sources: a hash that has more is a target ... */
#define TARGET_LEAST	8
#define TARGET_LLR	1.5f	/* ... if genuine newcomers do not offer it as well */
#define GROUP_SHARE	0.15	/* of a flood: a smaller group is no flood of its own */
#define IN_FORCE	0.75	/* of the sources that were usual while new ones came */
#define FULL_SHARE	0.9	/* of the highest timers seen: a timer that is full */
#define PHANTOM_P	0.999
#define LEVEL_APART	2	/* levels (factors of two) that are still one flood */

/* ---- keeping ---- */

static void
incident_free(struct incident *i)
{
	index_free(&i->who);
	array_free(&i->deliverer);
}

static struct incident *
at(const struct incidents *in, size_t i)
{
	return (struct incident *)in->all.p + i;
}

void
incidents_free(struct incidents *in)
{
	for (size_t i = 0; i < in->all.n; i++)
		incident_free(at(in, i));
	array_free(&in->all);
}

static int
add_deliverer(struct incident *i, const struct deliverer *d)
{
	uint32_t k = index_add(&i->who, d->node);

	if (k == INDEX_NONE || array_reach(&i->deliverer, sizeof(*d), i->who.n) != 0)
		return -1;
	((struct deliverer *)i->deliverer.p)[k] = *d;
	return 0;
}

int
incidents_copy(struct incidents *to, const struct incidents *from)
{
	memset(to, 0, sizeof(*to));
	to->next_id = from->next_id;
	for (size_t i = 0; i < from->all.n; i++) {
		const struct incident *f = at(from, i);
		struct incident *t = array_add(&to->all, sizeof(*t));

		if (t == NULL)
			return -1;
		t->is = f->is;
		for (size_t k = 0; k < f->deliverer.n; k++)
			if (add_deliverer(t, (const struct deliverer *)f->deliverer.p + k) != 0)
				return -1;
	}
	return 0;
}

/* ---- bytes ---- */

static int
put(struct array *bytes, const void *p, size_t len)
{
	size_t n = bytes->n;

	if (array_reach(bytes, 1, n + len) != 0)
		return -1;
	memcpy((char *)bytes->p + n, p, len);
	return 0;
}

int
incidents_pack(const struct incidents *in, struct array *bytes)
{
	uint64_t head[2] = { in->all.n, (uint64_t)in->next_id };
	int bad = put(bytes, head, sizeof(head));

	for (size_t i = 0; i < in->all.n && bad == 0; i++) {
		const struct incident *x = at(in, i);
		uint64_t n = x->deliverer.n;

		bad = put(bytes, &x->is, sizeof(x->is)) | put(bytes, &n, sizeof(n));
		if (bad == 0 && n > 0)
			bad = put(bytes, x->deliverer.p, n * sizeof(struct deliverer));
	}
	return bad;
}

static bool
get(struct text *t, void *p, size_t len)
{
	if (len > t->len)
		return false;
	memcpy(p, t->p, len);
	t->p += len;
	t->len -= len;
	return true;
}

static bool
unpack_one(struct incidents *in, struct text *t, uint32_t max_node)
{
	struct incident *i = array_add(&in->all, sizeof(*i));
	struct deliverer d;
	uint64_t n;

	if (i == NULL || !get(t, &i->is, sizeof(i->is)) || !get(t, &n, sizeof(n)) ||
	    n > t->len / sizeof(d) || i->is.kind >= INC_NKIND)
		return false;
	while (n-- > 0) {
		if (!get(t, &d, sizeof(d)) || d.node > max_node || add_deliverer(i, &d) != 0)
			return false;
	}
	return true;
}

bool
incidents_unpack(struct incidents *in, struct text t, uint32_t max_node)
{
	uint64_t head[2];

	memset(in, 0, sizeof(*in));
	if (!get(&t, head, sizeof(head)) || head[0] > 1000 || head[1] == 0 || head[1] > INT64_MAX)
		return false;
	in->next_id = (int64_t)head[1];
	while (head[0]-- > 0)
		if (!unpack_one(in, &t, max_node))
			return false;
	return t.len == 0;
}

/* ---- what goes on in a feed ---- */

struct feed {
	struct incidents *in;
	const struct judgement *j;
	const struct members *ms;
	const struct window *w;
	const struct space *space;
	const double	*instant;
	struct assignment *to;
	uint8_t		*kind;		/* by birth: enum incident_kind */
	double		full_level;
	const struct digest *d;		/* of the round at hand */
	size_t		 round;
};

static const struct birth *
birth(const struct feed *f, size_t i)
{
	return (const struct birth *)f->j->births.birth.p + i;
}

static const struct opinion *
opinion(const struct feed *f, size_t i)
{
	return (const struct opinion *)f->j->model.opinion.p + i;
}

static const struct round_births *
round_of(const struct feed *f, size_t i)
{
	return (const struct round_births *)f->j->births.per_round.p + i;
}

/* Is this one of the few hashes that a flood pushes? */
static bool
is_target(const struct feed *f, uint32_t hash, double mass, double bogus)
{
	const struct hot_hash *h = (const struct hot_hash *)f->j->model.hot.p + hash;

	return mass >= TARGET_LEAST && mass >= TARGET_SHARE * bogus &&
	    h->llr[0] + h->llr[1] >= 2 * TARGET_LLR;
}

/* Tells the sources of one stretch that push targets from those that do not. */
static int
group(struct feed *f, const struct stretch *s)
{
	size_t first = round_of(f, s->first)->first;
	size_t end = round_of(f, s->last)->first + round_of(f, s->last)->n;
	double *mass = calloc(f->j->births.hash_use.n + 1, sizeof(*mass)), all = 0, pushed = 0;

	if (mass == NULL)
		return -1;
	for (size_t i = first; i < end; i++) {
		mass[birth(f, i)->hash] += opinion(f, i)->p;
		all += opinion(f, i)->p;
	}
	for (size_t h = 0; h < f->j->births.hash_use.n; h++)
		pushed += is_target(f, (uint32_t)h, mass[h], all) ? mass[h] : 0;
	for (size_t i = first; i < end; i++) {
		bool target = is_target(f, birth(f, i)->hash, mass[birth(f, i)->hash], all);

		if (pushed > (1 - GROUP_SHARE) * all)
			target = true;
		else if (pushed < GROUP_SHARE * all)
			target = false;
		f->kind[i] = target ? INC_TARGETED_HASH : INC_RANDOM_SOURCES;
	}
	free(mass);
	return 0;
}

/* ---- the incident that a round adds to ---- */

static struct incident *
open_incident(struct feed *f, unsigned kind, unsigned level)
{
	struct incident *i = array_add(&f->in->all, sizeof(*i));

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

/* The open one of this kind and about this level, or a new one. */
static struct incident *
incident_for(struct feed *f, unsigned kind, unsigned level)
{
	for (size_t k = 0; k < f->in->all.n; k++) {
		struct incident *i = at(f->in, k);

		if (i->is.open && i->is.kind == kind && (kind == INC_PORT_FANOUT ||
		    abs((int)i->is.level - (int)level) <= LEVEL_APART)) {
			i->is.level = level;
			return i;
		}
	}
	return open_incident(f, kind, level);
}

static void
count_bogus(struct feed *f, struct incident *i, double p)
{
	struct incident_facts *is = &i->is;

	if (is->last_round != f->d->round || is->rounds == 0) {
		is->rounds++;
		is->last_round = f->d->round;
		is->end_ms = f->d->end_ms;
		is->fresh = 0;
	}
	is->quiet = is->present_run = is->gone = 0;
	is->bogus += p;
	is->variance += p * (1 - p);
	is->fresh += p;
	if (is->fresh > is->peak) {
		is->peak = is->fresh;
		is->peak_round = f->d->round;
		is->peak_ms = f->d->start_ms;
		is->peak_instant = f->instant[f->round];
	}
}

static void
count_evidence(struct feed *f, struct incident *i, const struct birth *x, const struct opinion *o)
{
	struct incident_facts *is = &i->is;
	const struct member *m = &f->ms->m[x->member];
	const struct model *model = &f->j->model;

	for (int e = 0; e < EVIDENCE_N; e++)
		is->family[e] += o->p * o->evidence[e];
	is->special += o->p * (x->cell[FAM_ADDRESS] == CELL_SPECIAL);
	is->unallocated += o->p * (x->cell[FAM_ADDRESS] == CELL_UNALLOCATED);
	is->impossible_expected += o->p * space_impossible(f->space, m->now.first_ms);
	if (x->age >= 2) {
		is->lives += o->p;
		is->one_shot += o->p * (x->cell[FAM_LIFE] == 0);
		is->one_shot_usual += o->p * model->genuine[FAM_LIFE].n[x->age * LIFE_CELLS];
	}
	if (x->dial < DIAL_CONTEXTS) {
		is->dialled += o->p;
		is->unreached += o->p;
		is->unreached_usual += o->p * model->genuine[FAM_DIAL].n[x->dial * DIAL_CELLS];
	}
	is->ports = fmax(is->ports, x->ports);
	if (o->p >= 0.5f)
		is->sources = fmax(is->sources, ((const struct hash_use *)
		    f->j->births.hash_use.p)[x->hash].births);
	is->channels |= m->now.channels & (SEEN_KEY | SEEN_NEIGHBOUR | SEEN_QUERY);
}

static int
feed_births(struct feed *f)
{
	const struct round_births *r = round_of(f, f->round);
	unsigned level = f->j->level[f->round];

	if (level == 0)
		return 0;
	for (size_t i = r->first; i < r->first + r->n; i++) {
		const struct birth *x = birth(f, i);
		const struct opinion *o = opinion(f, i);
		struct incident *to;

		if (x->fanned || o->p < 0.02f)
			continue;
		if ((to = incident_for(f, f->kind[i], level)) == NULL)
			return -1;
		count_bogus(f, to, o->p);
		count_evidence(f, to, x, o);
		f->to->of_birth[i] = f->to->of_member[x->member] = to->is.id;
	}
	return 0;
}

/* Ports of flooded addresses that this round names for the first time. */
static int
feed_phantoms(struct feed *f)
{
	for (size_t k = 0; k < f->d->nnamed; k++) {
		uint32_t index = f->ms->of[f->d->named[k].node];
		const struct member *m = &f->ms->m[index];
		struct incident *to;
		const struct host *h;

		if (m->now.first_round != f->d->round || !fanout_has(&f->j->fanout, m))
			continue;
		if ((to = incident_for(f, INC_PORT_FANOUT, 1)) == NULL)
			return -1;
		h = fanout_host(&f->j->fanout, m->endpoint.ip);
		count_bogus(f, to, PHANTOM_P);
		to->is.ports = fmax(to->is.ports, h->ports);
		to->is.ports_usual = f->j->fanout.threshold;
		to->is.dialled++;
		to->is.unreached++;
		to->is.unreached_usual += f->j->fanout.phantom_share;
		to->is.channels |= m->now.channels & (SEEN_KEY | SEEN_NEIGHBOUR | SEEN_QUERY);
		f->to->of_member[index] = to->is.id;
	}
	return 0;
}

/* ---- how long its sources linger, and who delivers them ---- */

static int64_t
incident_of(const struct feed *f, uint32_t node)
{
	uint32_t index = f->ms->of[node];

	return f->to->of_member[index] != 0 ? f->to->of_member[index]
	    : f->ms->m[index].settled.incident;
}

static struct incident *
by_id(const struct feed *f, int64_t id)
{
	for (size_t k = 0; k < f->in->all.n; k++)
		if (at(f->in, k)->is.id == id)
			return at(f->in, k);
	return NULL;
}

static struct deliverer *
deliverer(struct incident *i, uint32_t node)
{
	uint32_t k = index_add(&i->who, node);
	struct deliverer *d;

	if (k == INDEX_NONE || array_reach(&i->deliverer, sizeof(*d), i->who.n) != 0)
		return NULL;
	d = (struct deliverer *)i->deliverer.p + k;
	d->node = node;
	return d;
}

static double
probability_of(const struct feed *f, uint32_t node)
{
	uint32_t index = f->ms->of[node];
	const struct member *m = &f->ms->m[index];

	if (m->now.verified > 0 && m->now.sourced > 0)
		return 0;
	if (m->settled.birth_round == 0 && f->to->of_member[index] != 0)
		return 1;
	return m->settled.probability;
}

static int
feed_links(struct feed *f, struct incident *i)
{
	for (size_t k = 0; k < f->d->nlink; k++) {
		const struct link *l = &f->d->link[k];
		bool ours = incident_of(f, l->source) == i->is.id;
		double p = ours ? probability_of(f, l->source) : 0;
		struct deliverer *d;
		bool full = l->ttl != TTL_UNKNOWN && l->ttl >= i->is.full_level;

		if (l->peer == l->source)
			continue;
		if ((d = deliverer(i, l->peer)) == NULL)
			return -1;
		d->all++;
		d->full += full;
		if (!ours)
			continue;
		d->bogus += p;
		d->full_bogus += full * p;
		d->rounds += d->last_round != f->d->round;
		d->last_round = f->d->round;
	}
	return 0;
}

static int
feed_mentions(struct feed *f, struct incident *i)
{
	for (size_t k = 0; k < f->d->nmention; k++) {
		const struct mention *l = &f->d->mention[k];
		bool ours = incident_of(f, l->node) == i->is.id;
		struct deliverer *d;

		if ((d = deliverer(i, l->peer)) == NULL)
			return -1;
		d->all++;
		d->bogus += ours;
		d->rounds += ours && d->last_round != f->d->round;
		d->last_round = ours ? f->d->round : d->last_round;
	}
	return 0;
}

static int
feed_firsts(struct feed *f, struct incident *i)
{
	for (size_t k = 0; k < f->d->nsource; k++) {
		const struct source *s = &f->d->source[k];
		struct deliverer *d;

		if (incident_of(f, s->node) != i->is.id ||
		    f->ms->m[f->ms->of[s->node]].now.birth_round != f->d->round)
			continue;
		if ((d = deliverer(i, s->first_peer)) == NULL)
			return -1;
		d->first++;
	}
	for (size_t k = 0; k < f->d->nvisit; k++) {
		uint32_t n = f->d->visit[k].inbound ? index_find(&i->who, f->d->visit[k].node)
		    : INDEX_NONE;

		if (n != INDEX_NONE)
			((struct deliverer *)i->deliverer.p)[n].inbound++;
	}
	return 0;
}

static int
feed_deliveries(struct feed *f)
{
	for (size_t k = 0; k < f->in->all.n; k++) {
		struct incident *i = at(f->in, k);

		if (!i->is.open || i->is.last_round != f->d->round)
			continue;
		if (feed_links(f, i) != 0 || feed_mentions(f, i) != 0 || feed_firsts(f, i) != 0)
			return -1;
	}
	return 0;
}

static void
count_standing(struct feed *f)
{
	for (size_t k = 0; k < f->d->nnamed; k++) {
		int64_t id = incident_of(f, f->d->named[k].node);
		struct incident *i = id == 0 ? NULL : by_id(f, id);

		if (i != NULL && i->is.open)
			i->is.standing++;
	}
}

/* Sources that are still named in force after the last new one keep it from ending. */
static void
pass_round(struct feed *f)
{
	for (size_t k = 0; k < f->in->all.n; k++) {
		struct incident_facts *is = &at(f->in, k)->is;
		double standing = is->standing;

		is->standing = 0;
		if (!is->open)
			continue;
		if (is->last_round == f->d->round) {
			is->usual_standing += (standing - is->usual_standing) /
			    (is->rounds < 6 ? is->rounds : 6);
			continue;
		}
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
	f->d = f->w->d[f->w->open + round];
	if (!f->d->complete)
		return 0;
	if (feed_births(f) != 0 || feed_phantoms(f) != 0 || feed_deliveries(f) != 0)
		return -1;
	count_standing(f);
	pass_round(f);
	return 0;
}

/* What a timer must have to be full: close to the highest that many keys have. */
static double
find_full_level(const struct window *w)
{
	double count[66] = { 0 }, all = 0, above = 0;

	for (size_t i = w->open; i < w->n; i++) {
		for (size_t k = 0; k < w->d[i]->nlink; k++) {
			uint16_t ttl = w->d[i]->link[k].ttl;

			if (ttl == TTL_UNKNOWN || ttl > 6500)
				continue;
			count[ttl / 100]++;
			all++;
		}
	}
	for (int b = 65; b >= 0; b--)
		if ((above += count[b]) > 0.02 * all)
			return FULL_SHARE * (b * 100 + 50);
	return 1e9;
}

int
incidents_feed(struct incidents *in, const struct judgement *j, const struct members *ms,
    const struct window *w, const struct space *space, const double *instant, size_t from,
    size_t to, struct assignment *assignment)
{
	struct feed f = { in, j, ms, w, space, instant, assignment, NULL, 0, NULL, 0 };
	int bad = 0;

	if ((f.kind = calloc(j->births.birth.n + 1, 1)) == NULL)
		return -1;
	f.full_level = find_full_level(w);
	for (size_t i = 0; i < j->stretch.n && bad == 0; i++)
		if (((const struct stretch *)j->stretch.p)[i].accepted)
			bad = group(&f, (const struct stretch *)j->stretch.p + i);
	for (size_t i = from; i < to && bad == 0; i++)
		bad = feed_round(&f, i);
	free(f.kind);
	return bad;
}
