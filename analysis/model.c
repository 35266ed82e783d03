/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BASELINE_MAGIC	UINT32_C(0x6b620001)	/* changes with the layout */
#define DAY_ROUNDS	48
#define MEMORY_ROUNDS	400		/* a week of rounds: older ones have faded to a half */
#define CAP		6.0		/* nats: no family decides alone */
#define SETTLING_ROUNDS	8		/* first rounds of all: everybody is new in them */
#define FIRST_SHARE	0.02

/* ---- what is supposed before anything was seen ---- */

struct family_kind { unsigned contexts, width; double genuine_weight, flood_weight; };
static const struct family_kind kind[FAM_N] = {
	[FAM_ADDRESS] = { 1, ADDRESS_CELLS, 20, 10 },
	[FAM_PORT] = { 1, PORT_CELLS, 10, 10 },
	[FAM_LIFE] = { AGES, LIFE_CELLS, 30, 10 },
	[FAM_DIAL] = { DIAL_CONTEXTS, DIAL_CELLS, 20, 20 },
	[FAM_CONTENT] = { RC_N, CONTENT_CELLS, 8, 8 },
	[FAM_TIMER] = { RC_N, TIMER_CELLS, 9, 9 },
	[FAM_HASH] = { RC_N, HASH_CELLS, 10, 8 },
};

static double
address_prior(unsigned cell, bool flood)
{
	static const double special[2][CELL_GAIN] = {
		{ 0.002, 0.002, 0.02, 0.004, 0.002 }, { 0.08, 0.03, 0.05, 0.02, 0.02 } };

	if (cell < CELL_GAIN)
		return special[flood][cell];
	if (cell < CELL_GAIN + 4)		/* likelier by a uniform draw */
		return flood ? 0.15 : 0.01;
	return flood ? 0.2 / 12 : 0.93 / 12;
}

static double
port_prior(unsigned cell, bool flood)
{
	double width = cell == 0 ? 1 : cell == 1 ? 1023 : cell == 2 ? 1024 : 2048;

	if (cell == PORT_CELLS - 1)
		return flood ? 0.01 : 0.1;
	return width / 65536 * (flood ? 0.99 : 0.9);
}

/* Sessions that end with a chance of 7 % a round, seen each round. */
static double
life_prior(unsigned cell, unsigned age)
{
	static const unsigned from[LIFE_CELLS + 1] = { 1, 2, 3, 4, 5, 9, 100 };
	double p = 0;

	for (unsigned k = from[cell]; k < from[cell + 1] && k <= age + 1; k++)
		p += k == age + 1 ? pow(0.93, age) : 0.07 * pow(0.93, k - 1);
	return p;
}

static double
content_prior(unsigned cell, bool flood)
{
	static const double hashes[2][4] = { { 0.4, 0.2, 0.25, 0.15 }, { 0.75, 0.15, 0.07, 0.03 } };
	static const double relays[2][4] = { { 0.4, 0.2, 0.25, 0.15 }, { 0.5, 0.25, 0.2, 0.05 } };

	return hashes[flood][cell / 4] * relays[flood][cell % 4];
}

static double
prior(enum family f, unsigned context, unsigned cell, bool flood)
{
	static const double hash[2][HASH_CELLS] = {
		{ 0.12, 0.35, 0.08, 0.05, 0.2, 0.05, 0.15 }, { 0.5, 0.05, 0.15, 0.08, 0.02, 0.03, 0.17 } };
	static const double life[LIFE_CELLS] = { 0.55, 0.2, 0.12, 0.06, 0.05, 0.02 };
	static const double unreached[2] = { 0.45, 0.99 };

	switch (f) {
	case FAM_ADDRESS: return address_prior(cell, flood);
	case FAM_PORT: return port_prior(cell, flood);
	case FAM_LIFE: return flood ? life[cell] : life_prior(cell, context);
	case FAM_DIAL: return cell == 0 ? unreached[flood] : 1 - unreached[flood];
	case FAM_CONTENT: return content_prior(cell, flood);
	case FAM_HASH: return hash[flood][cell];
	case FAM_TIMER: case FAM_N: break;
	}
	return 1.0 / kind[f].width;
}

/* ---- the baseline ---- */

void
baseline_init(struct baseline *b)
{
	memset(b, 0, sizeof(*b));
	b->magic = BASELINE_MAGIC;
	b->size = sizeof(*b);
}

static bool
table_is_sound(const struct table *t)
{
	for (size_t i = 0; i < CELLS_MAX; i++) {
		if (!(t->n[i] >= 0 && t->n[i] < 1e15))
			return false;
	}
	return true;
}

bool
baseline_is_sound(const struct baseline *b)
{
	if (b->magic != BASELINE_MAGIC || b->size != sizeof(*b) ||
	    !(b->births >= 0) || !(b->rounds >= 0) || !table_is_sound(&b->lasting))
		return false;
	for (int f = 0; f < FAM_N; f++) {
		if (!table_is_sound(&b->genuine[f]))
			return false;
	}
	return true;
}

bool
baseline_is_ripe(const struct baseline *b)
{
	return b->rounds >= DAY_ROUNDS && b->births >= 50;
}

/* ---- opening ---- */

int
model_open(struct model *m, const struct baseline *past, const struct births *b,
    const struct members *ms, const struct window *w)
{
	size_t rounds = b->per_round.n;

	memset(m, 0, sizeof(*m));
	m->past = past;
	m->births = b;
	m->members = ms;
	m->window = w;
	m->share = calloc(rounds + 1, sizeof(*m->share));
	m->on = calloc(rounds + 1, sizeof(*m->on));
	if (m->share == NULL || m->on == NULL ||
	    array_reach(&m->opinion, sizeof(struct opinion), b->birth.n) != 0 ||
	    array_reach(&m->relay, sizeof(struct relay_use), (size_t)ms->n + 1) != 0 ||
	    array_reach(&m->hot, sizeof(struct hot_hash), b->hash_use.n) != 0) {
		model_free(m);
		return -1;
	}
	for (size_t i = 0; i < rounds; i++)
		m->share[i] = FIRST_SHARE;
	m->cold = true;
	return 0;
}

void
model_free(struct model *m)
{
	array_free(&m->opinion);
	array_free(&m->relay);
	array_free(&m->hot);
	free(m->share);
	free(m->on);
	memset(m, 0, sizeof(*m));
}

static const struct birth *
birth(const struct model *m, size_t i)
{
	return (const struct birth *)m->births->birth.p + i;
}

static struct opinion *
opinion(const struct model *m, size_t i)
{
	return (struct opinion *)m->opinion.p + i;
}

static unsigned
parity(const struct model *m, const struct birth *x)
{
	return m->window->d[m->window->open + x->round]->round & 1;
}

static size_t
cell_at(const struct birth *x, enum family f)
{
	return (size_t)x->context[f] * kind[f].width + x->cell[f];
}

/* In the first rounds of all, those who had been there for long are new to us. */
static bool
is_settling(const struct model *m, const struct birth *x)
{
	return m->window->open == 0 && m->past->rounds == 0 && x->round < SETTLING_ROUNDS;
}

/* ---- the genuine class ---- */

/* How much a birth may teach about genuine ones. */
static double
genuine_weight(const struct model *m, size_t i)
{
	const struct birth *x = birth(m, i);

	if (x->verified)
		return 1;
	if (x->fanned || m->cold || m->on[x->round])
		return 0;
	return 1 - opinion(m, i)->p;
}

static bool
tells(const struct model *m, const struct birth *x, enum family f)
{
	if (x->cell[f] == CELL_NONE || (f == FAM_LIFE && x->verified))
		return false;
	/* Lives and dials while a flood is under way are known of one kind only. */
	if (f == FAM_DIAL && (m->cold || m->on[x->round]))
		return false;
	return f == FAM_ADDRESS || f == FAM_PORT || f == FAM_HASH || !is_settling(m, x);
}

/* Every age that a life has reached tells something about the lives of that age. */
static void
add_lives(struct table *t, const struct birth *x, double weight)
{
	for (unsigned age = 0; age <= x->age; age++)
		t->n[age * LIFE_CELLS + life_cell(x->mask, x->later, age)] += weight;
}

static void
add_genuine(const struct model *m, struct table t[FAM_N], const struct birth *x, double weight)
{
	for (int f = 0; f < FAM_N; f++) {
		if (!tells(m, x, f))
			continue;
		if (f == FAM_LIFE)
			add_lives(&t[f], x, weight);
		else
			t[f].n[cell_at(x, f)] += weight;
		/* What the youngest look like is what all look like. */
		if ((f == FAM_CONTENT || f == FAM_TIMER || f == FAM_HASH) && x->rc != RC_N - 1)
			t[f].n[(size_t)(RC_N - 1) * kind[f].width + x->cell[f]] += weight;
	}
}

/* To shares that add up to 1, none of them 0. */
static void
to_shares(double *n, unsigned width)
{
	double sum = 0, all = 0;

	for (unsigned i = 0; i < width; i++)
		sum += n[i];
	for (unsigned i = 0; i < width; i++)
		all += n[i] = fmax(n[i] / sum, 1e-6);
	for (unsigned i = 0; i < width; i++)
		n[i] /= all;
}

/* Counts to shares, with the prior's weight in each context. */
static void
normalise(struct table *t, enum family f, bool flood)
{
	const struct family_kind *k = &kind[f];
	double weight = flood ? k->flood_weight : k->genuine_weight;

	for (unsigned c = 0; c < k->contexts; c++) {
		double *n = &t->n[c * k->width];

		for (unsigned i = 0; i < k->width; i++)
			n[i] += weight * prior(f, c, i, flood);
		to_shares(n, k->width);
	}
}

/*
 * Lives become shorter or longer for everybody at times.  Those who shook hands
 * tell by how much: their shares now against their shares in the baseline.
 */
static void
shift_lives(const struct model *m, struct table *t, const struct table *lasting)
{
	for (unsigned age = 0; age < AGES; age++) {
		const double *now = &lasting->n[age * LIFE_CELLS];
		const double *then = &m->past->lasting.n[age * LIFE_CELLS];
		double *to = &t->n[age * LIFE_CELLS], all_now = 0, all_then = 0;

		for (unsigned c = 0; c < LIFE_CELLS; c++) {
			all_now += now[c];
			all_then += then[c];
		}
		if (all_then < 100 || all_now < 20)
			continue;
		for (unsigned c = 0; c < LIFE_CELLS; c++) {
			double expected = then[c] / all_then * all_now;

			/* Ten lives of prior knowledge: a rare length says nothing. */
			to[c] *= fmin(fmax((now[c] + 10) / (expected + 10), 0.25), 4);
		}
		to_shares(to, LIFE_CELLS);
	}
}

static void
learn_genuine(struct model *m)
{
	struct table lasting = { { 0 } };

	memcpy(m->genuine, m->past->genuine, sizeof(m->genuine));
	for (size_t i = 0; i < m->births->birth.n; i++) {
		const struct birth *x = birth(m, i);
		double weight = genuine_weight(m, i);

		if (weight > 0)
			add_genuine(m, m->genuine, x, weight);
		if (x->verified && !is_settling(m, x))
			add_lives(&lasting, x, 1);
	}
	for (int f = 0; f < FAM_N; f++)
		normalise(&m->genuine[f], f, false);
	shift_lives(m, &m->genuine[FAM_LIFE], &lasting);
}

/* ---- the flood's class ---- */

/* A life still going on may become any longer one: shared out as these are. */
static void
add_open_life(double life[LIFE_CELLS], const double q[LIFE_CELLS], const struct birth *x,
    double weight)
{
	static const unsigned at_most[LIFE_CELLS] = { 1, 2, 3, 4, 8, 100 };
	unsigned cell = x->cell[FAM_LIFE], last = LIFE_CELLS - 1;
	bool whole = at_most[cell] > x->age;	/* seen in every round so far */
	double rest = 0;

	if (!whole || x->age >= 16)
		last = cell;
	for (unsigned c = cell; c <= last; c++)
		rest += q[c];
	for (unsigned c = cell; c <= last; c++)
		life[c] += weight * q[c] / rest;
}

/* The shares of the flood's lives at each age, from those of whole lives. */
static void
spread_lives(struct table *t, const double q[LIFE_CELLS])
{
	static const unsigned at_least[LIFE_CELLS] = { 1, 2, 3, 4, 5, 9 };

	for (unsigned age = 0; age < AGES; age++) {
		double *n = &t->n[age * LIFE_CELLS];

		memset(n, 0, LIFE_CELLS * sizeof(*n));
		for (unsigned c = 0; c < LIFE_CELLS; c++) {
			unsigned seen = at_least[c] > age + 1 ? age + 1 : at_least[c];
			unsigned to = seen <= 4 ? seen - 1 : seen <= 8 ? 4 : 5;

			n[to] += q[c];
		}
		for (unsigned c = 0; c < LIFE_CELLS; c++)
			n[c] = fmax(n[c], 1e-4);
	}
}

static void
learn_flood(struct model *m, unsigned half)
{
	struct table *t = m->flood[half], old = t[FAM_LIFE];
	double q[LIFE_CELLS], life[LIFE_CELLS] = { 0 }, sum = 0;

	memcpy(q, &old.n[16 * LIFE_CELLS], sizeof(q));
	for (unsigned c = 0; c < LIFE_CELLS; c++)
		q[c] = q[c] > 0 ? q[c] : prior(FAM_LIFE, 16, c, true);
	memset(t, 0, FAM_N * sizeof(*t));
	for (size_t i = 0; i < m->births->birth.n; i++) {
		const struct birth *x = birth(m, i);
		double p = opinion(m, i)->p;

		if (p < 1e-4 || x->fanned || parity(m, x) != half)
			continue;
		add_open_life(life, q, x, p);
		for (int f = 0; f < FAM_N; f++)
			if (f != FAM_LIFE && x->cell[f] != CELL_NONE)
				t[f].n[x->cell[f]] += p;
	}
	for (int f = 0; f < FAM_N; f++) {	/* one and the same in every context */
		for (unsigned c = 1; c < kind[f].contexts; c++)
			memcpy(&t[f].n[c * kind[f].width], t[f].n, kind[f].width * sizeof(double));
		normalise(&t[f], f, true);
	}
	for (unsigned c = 0; c < LIFE_CELLS; c++)
		sum += life[c] += kind[FAM_LIFE].flood_weight * prior(FAM_LIFE, 16, c, true);
	for (unsigned c = 0; c < LIFE_CELLS; c++)
		life[c] /= sum;
	spread_lives(&t[FAM_LIFE], life);
	t[FAM_DIAL] = (struct table){ { 0.995, 0.005, 0.995, 0.005, 0.995, 0.005 } };
}

/* ---- relays and hashes: too many for tables ---- */

static double
capped(double v, double low, double high)
{
	return fmin(fmax(v, low), high);
}

static struct relay_use *
relay(const struct model *m, uint32_t node)
{
	return (struct relay_use *)m->relay.p + m->members->of[node];
}

/* Who delivers the keys of sources that have been there for a while. */
static void
count_relays(struct model *m)
{
	const struct window *w = m->window;

	if (m->relay_total > 0)
		return;
	for (size_t i = w->open; i < w->n; i++) {
		for (size_t k = 0; k < w->d[i]->nlink; k++) {
			const struct link *l = &w->d[i]->link[k];
			const struct member *s = &m->members->m[m->members->of[l->source]];

			if (l->peer == l->source || s->now.sourced < 4)
				continue;
			relay(m, l->peer)->links++;
			m->relay_total++;
		}
	}
}

/* Shares a birth out over the relays of its first round. */
static void
each_relay(struct model *m, size_t i, void (*fn)(struct model *, struct relay_use *, double,
    unsigned, void *), double weight, void *arg)
{
	const struct birth *x = birth(m, i);
	const struct digest *d = m->window->d[m->window->open + x->round];
	const struct source *s = &d->source[x->source];

	for (uint32_t k = 0; k < s->links; k++) {
		const struct link *l = &d->link[s->link + k];

		if (l->peer != l->source)
			fn(m, relay(m, l->peer), weight / s->links, parity(m, x), arg);
	}
}

static void
add_relay(struct model *m, struct relay_use *r, double weight, unsigned half, void *arg)
{
	(void)arg;
	r->flood[half] += weight;
	m->relay_flood[half] += weight;
}

static void
weigh_relays(struct model *m)
{
	const double alpha = 15;
	double known = 0;

	for (size_t i = 0; i < m->relay.n; i++)
		known += ((struct relay_use *)m->relay.p + i)->links > 0;
	for (size_t i = 0; i < m->relay.n; i++) {
		struct relay_use *r = (struct relay_use *)m->relay.p + i;
		double usual = (r->links + 0.5) / (m->relay_total + 0.5 * (known + 1));

		for (unsigned h = 0; h < 2; h++) {
			double seen = (r->flood[h] + alpha * usual) / (m->relay_flood[h] + alpha);

			r->llr[h] = (float)capped(log(seen / usual), -1.5, 5);
		}
	}
}

static void
weigh_hashes(struct model *m)
{
	const double alpha = 10;
	const struct hash_use *use = m->births->hash_use.p;
	size_t hot = 0;

	for (size_t i = 0; i < m->hot.n; i++)
		hot += use[i].births >= HOT_BIRTHS;
	for (size_t i = 0; i < m->hot.n; i++) {
		struct hot_hash *h = (struct hot_hash *)m->hot.p + i;
		double usual = (h->genuine + 0.5) / (m->hot_total + 0.5 * (double)hot + 1);

		for (unsigned k = 0; k < 2; k++) {
			double seen = (h->flood[k] + alpha * usual) / (m->hot_flood[k] + alpha);

			h->llr[k] = (float)capped(log(seen / usual), -2, CAP);
		}
	}
}

static void
learn_names(struct model *m)
{
	for (size_t i = 0; i < m->relay.n; i++)
		memset(((struct relay_use *)m->relay.p + i)->flood, 0, sizeof(double[2]));
	if (m->hot.n > 0)
		memset(m->hot.p, 0, m->hot.n * sizeof(struct hot_hash));
	m->hot_total = 0;
	memset(m->relay_flood, 0, sizeof(m->relay_flood));
	memset(m->hot_flood, 0, sizeof(m->hot_flood));
	for (size_t i = 0; i < m->births->birth.n; i++) {
		const struct birth *x = birth(m, i);
		struct hot_hash *h = (struct hot_hash *)m->hot.p + x->hash;
		double p = opinion(m, i)->p, g = genuine_weight(m, i);

		if (x->cell[FAM_HASH] != CELL_HOT)
			g = 0;
		h->genuine += g;
		m->hot_total += g;
		if (p < 1e-4 || x->fanned)
			continue;
		if (x->cell[FAM_HASH] == CELL_HOT) {
			h->flood[parity(m, x)] += p;
			m->hot_flood[parity(m, x)] += p;
		}
		each_relay(m, i, add_relay, p, NULL);
	}
	weigh_relays(m);
	weigh_hashes(m);
}

/* ---- opinions ---- */

static void
weigh_tables(struct model *m)
{
	for (unsigned half = 0; half < 2; half++) {
		for (int f = 0; f < FAM_N; f++) {
			unsigned n = kind[f].contexts * kind[f].width;

			/* Learned from the other half of the rounds. */
			for (unsigned i = 0; i < n; i++)
				m->llr[half][f].n[i] = capped(log(m->flood[!half][f].n[i] /
				    m->genuine[f].n[i]), -CAP, CAP);
		}
	}
}

struct relay_sum { double llr; unsigned n; };

static void
sum_relay(struct model *m, struct relay_use *r, double weight, unsigned half, void *arg)
{
	struct relay_sum *s = arg;

	(void)m;
	(void)weight;
	s->llr += r->llr[!half];
	s->n++;
}

static double
relay_evidence(struct model *m, size_t i)
{
	struct relay_sum s = { 0, 0 };

	each_relay(m, i, sum_relay, 1, &s);
	return s.n == 0 ? 0 : capped(s.llr / sqrt(s.n), -1.5, 5);
}

static double
hash_evidence(const struct model *m, const struct birth *x, unsigned half)
{
	const struct hash_use *use = (const struct hash_use *)m->births->hash_use.p + x->hash;

	double llr = m->llr[half][FAM_HASH].n[cell_at(x, FAM_HASH)];

	if (use->births >= HOT_BIRTHS)	/* which one, among the hot */
		llr += ((const struct hot_hash *)m->hot.p)[x->hash].llr[!half];
	return capped(llr, -CAP, CAP);
}

static void
weigh(struct model *m, size_t i)
{
	static const enum evidence of[FAM_N] = {
		[FAM_ADDRESS] = EVIDENCE_ADDRESS, [FAM_PORT] = EVIDENCE_PORT,
		[FAM_LIFE] = EVIDENCE_PERSISTENCE, [FAM_DIAL] = EVIDENCE_REACHABILITY,
		[FAM_CONTENT] = EVIDENCE_CONTENT, [FAM_TIMER] = EVIDENCE_TIMER,
		[FAM_HASH] = EVIDENCE_HASH,
	};
	const struct birth *x = birth(m, i);
	struct opinion *o = opinion(m, i);
	unsigned half = parity(m, x);
	double sum = 0, share = m->share[x->round];

	memset(o->evidence, 0, sizeof(o->evidence));
	for (int f = 0; f < FAM_N; f++)
		if (x->cell[f] != CELL_NONE)
			o->evidence[of[f]] = (float)m->llr[half][f].n[cell_at(x, f)];
	o->evidence[EVIDENCE_HASH] = (float)hash_evidence(m, x, half);
	o->evidence[EVIDENCE_RELAY] = (float)relay_evidence(m, i);
	for (int e = 0; e < EVIDENCE_N; e++)
		sum += o->evidence[e];
	o->llr = (float)sum;
	if (x->verified)
		o->p = 0;
	else
		o->p = (float)(1 / (1 + exp(-sum) * (1 - share) / share));
}

void
model_weigh(struct model *m)
{
	for (size_t i = 0; i < m->births->birth.n; i++)
		weigh(m, i);
}

int
model_step(struct model *m)
{
	learn_genuine(m);
	count_relays(m);
	for (unsigned half = 0; half < 2; half++)
		learn_flood(m, half);
	learn_names(m);
	weigh_tables(m);
	model_weigh(m);
	return 0;
}

/* ---- teaching ---- */

static void
fade(struct table *t, double factor)
{
	for (size_t i = 0; i < CELLS_MAX; i++)
		t->n[i] *= factor;
}

void
model_teach(const struct model *m, struct baseline *b, size_t rounds)
{
	double quiet = 0;

	for (size_t r = 0; r < rounds; r++) {
		const struct round_births *rb = (const struct round_births *)m->births->per_round.p + r;
		const struct digest *d = m->window->d[m->window->open + r];

		if (!rb->counted || m->on[r])
			continue;
		quiet++;
		b->from_ms = b->from_ms == 0 ? d->start_ms : b->from_ms;
		b->to_ms = d->end_ms;
	}
	for (int f = 0; f < FAM_N; f++)
		fade(&b->genuine[f], pow(0.5, quiet / MEMORY_ROUNDS));
	fade(&b->lasting, pow(0.5, quiet / MEMORY_ROUNDS));
	for (size_t i = 0; i < m->births->birth.n; i++) {
		const struct birth *x = birth(m, i);
		double weight = genuine_weight(m, i);

		if (x->round >= rounds || weight <= 0)
			continue;
		add_genuine(m, b->genuine, x, weight);
		if (x->verified && !is_settling(m, x))
			add_lives(&b->lasting, x, 1);
		b->births += weight;
	}
	b->rounds += quiet;
}
