/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/mixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/detect/mixture_impl.h"

#define MEMORY_ROUNDS	400		/* a week of rounds: older ones have faded to a half */
#define FIRST_SHARE	0.02		/* of newcomers that are bogus, as supposed at first */
#define EXCESS_SHARE	0.1

/* ---- opening ---- */

int
mixture_open(struct mixture *m, const struct baseline *past, const struct newcomers *b,
    const struct members *ms, const struct window *w)
{
	size_t rounds = b->per_round.n;

	memset(m, 0, sizeof(*m));
	m->past = past;
	m->newcomers = b;
	m->members = ms;
	m->window = w;
	m->share = calloc(rounds + 1, sizeof(*m->share));
	m->on = calloc(rounds + 1, sizeof(*m->on));
	if (m->share == NULL || m->on == NULL ||
	    array_reach(&m->opinion, b->newcomer.n) != 0 || array_reach(&m->relay, ms->m.n) != 0 ||
	    array_reach(&m->hot, b->hash_use.n) != 0)
		return -1;
	return relay_evidence_open(m);
}

void
mixture_free(struct mixture *m)
{
	array_free(&m->opinion);
	array_free(&m->relay);
	index_free(&m->outsiders);
	array_free(&m->hot);
	array_free(&m->via);
	array_free(&m->via_of);
	free(m->share);
	free(m->on);
	memset(m, 0, sizeof(*m));
}

/* ---- opinions ---- */

static void
weigh_tables(struct mixture *m)
{
	for (unsigned half = 0; half < 2; half++) {
		for (int f = 0; f < FAM_N; f++) {
			unsigned n = family_kind[f].contexts * family_kind[f].width;

			/* Learned from the other half of the rounds. */
			for (unsigned i = 0; i < n; i++)
				m->llr[half][f].n[i] = capped(log(m->flood[!half][f].n[i] /
				    m->genuine[f].n[i]), -EVIDENCE_CAP, EVIDENCE_CAP);
		}
	}
}

static void
weigh(struct mixture *m, size_t i)
{
	static const enum evidence of[FAM_N] = {
		[FAM_ADDRESS] = EVIDENCE_ADDRESS, [FAM_PORT] = EVIDENCE_PORT,
		[FAM_LIFE] = EVIDENCE_PERSISTENCE, [FAM_DIAL] = EVIDENCE_REACHABILITY,
		[FAM_CONTENT] = EVIDENCE_CONTENT, [FAM_TIMER] = EVIDENCE_TIMER,
		[FAM_HASH] = EVIDENCE_HASH, [FAM_MOVED] = EVIDENCE_PERSISTENCE,
	};
	const struct newcomer *x = mixture_newcomer(m, i);
	struct opinion *o = mixture_opinion(m, i);
	unsigned half = mixture_half(m, x);
	double sum = 0, share = m->share[x->round];

	memset(o->evidence, 0, sizeof(o->evidence));
	for (int f = 0; f < FAM_N; f++)
		if (x->cell[f] != CELL_NONE)
			o->evidence[of[f]] += (float)m->llr[half][f].n[mixture_cell(x, f)];
	o->evidence[EVIDENCE_PERSISTENCE] = (float)capped(o->evidence[EVIDENCE_PERSISTENCE],
	    -EVIDENCE_CAP, EVIDENCE_CAP);	/* of two families */
	/* Who moves goes to another network as often as not (R. Padmanabhan et al., IMC 2016). */
	if (x->cell[FAM_MOVED] == CELL_MOVED)
		o->evidence[EVIDENCE_ADDRESS] = fminf(o->evidence[EVIDENCE_ADDRESS], 0);
	o->evidence[EVIDENCE_HASH] = (float)relay_hash_evidence(m, x, half);
	o->evidence[EVIDENCE_RELAY] = (float)relay_evidence(m, i);
	for (int e = 0; e < EVIDENCE_N; e++)
		sum += o->evidence[e];
	o->llr = (float)sum;
	if (x->verified)
		o->p = 0;
	else
		o->p = (float)(1 / (1 + exp(-(m->slope * sum + m->offset)) * (1 - share) / share));
}

void
mixture_weigh(struct mixture *m)
{
	for (size_t i = 0; i < m->newcomers->newcomer.n; i++)
		weigh(m, i);
}

int
mixture_step(struct mixture *m)
{
	mixture_learn_genuine(m);
	for (unsigned half = 0; half < 2; half++)
		mixture_learn_flood(m, half);
	if (relay_evidence_learn(m) != 0)
		return -1;
	weigh_tables(m);
	mixture_weigh(m);
	return 0;
}

int
mixture_start(struct mixture *m, enum start start)
{
	array_each(o, &m->opinion)
		*o = (struct opinion){ .p = 0 };
	for (size_t i = 0; i < m->newcomers->per_round.n; i++) {
		m->share[i] = start == START_USUAL ? FIRST_SHARE : EXCESS_SHARE;
		m->on[i] = false;
	}
	m->cold = true;
	m->slope = 1;
	m->offset = 0;
	if (start == START_USUAL)
		return 0;
	mixture_learn_genuine(m);
	for (unsigned half = 0; half < 2; half++)
		mixture_suppose_flood(m, half);
	if (relay_evidence_learn(m) != 0)
		return -1;
	weigh_tables(m);
	mixture_weigh(m);
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
mixture_teach(const struct mixture *m, struct baseline *b, size_t rounds)
{
	double quiet = 0;

	for (size_t r = 0; r < rounds; r++) {
		const struct round_newcomers *rb = &m->newcomers->per_round.p[r];
		const struct round_digest *d = m->window->round.p[m->window->open + r];

		if (!rb->counted || m->on[r])
			continue;
		quiet++;
		b->from_ms = b->from_ms == 0 ? d->start_ms : b->from_ms;
		b->to_ms = d->end_ms;
	}
	for (int f = 0; f < FAM_N; f++)
		fade(&b->genuine[f], pow(0.5, quiet / MEMORY_ROUNDS));
	fade(&b->lasting, pow(0.5, quiet / MEMORY_ROUNDS));
	for (size_t i = 0; i < m->newcomers->newcomer.n; i++) {
		const struct newcomer *x = mixture_newcomer(m, i);
		double weight = mixture_genuine_weight(m, i);

		if (x->round >= rounds || weight <= 0)
			continue;
		mixture_add(m, b->genuine, x, weight);
		if (x->verified && !mixture_is_settling(m, x))
			mixture_add_lives(&b->lasting, x, 1);
		b->newcomers += weight;
	}
	b->rounds += quiet;
}
