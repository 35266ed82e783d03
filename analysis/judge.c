/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/regime.h"
#include "data/say.h"

#define COLD_STEPS	4
#define WARM_STEPS	3
#define WARM_TURNS	3
#define LOUD		(-3.0f)	/* nats: births below are alike in what they say about floods */
#define QUIET_SHARE	1e-6

void
judgement_free(struct judgement *j)
{
	births_free(&j->births);
	fanout_free(&j->fanout);
	model_free(&j->model);
	array_free(&j->stretch);
	free(j->level);
	free(j->of_member);
	memset(j, 0, sizeof(*j));
}

static const struct round_births *
round_of(const struct judgement *j, size_t i)
{
	return (const struct round_births *)j->births.per_round.p + i;
}

static struct birth *
birth(const struct judgement *j, size_t i)
{
	return (struct birth *)j->births.birth.p + i;
}

static const struct opinion *
opinion(const struct judgement *j, size_t i)
{
	return (const struct opinion *)j->model.opinion.p + i;
}

/* ---- how much of a round is bogus, by the opinions so far ---- */

static double
bogus_in(const struct judgement *j, size_t round)
{
	const struct round_births *r = round_of(j, round);
	double sum = 0;

	for (size_t i = r->first; i < r->first + r->n; i++)
		sum += birth(j, i)->fanned ? 0 : opinion(j, i)->p;
	return sum;
}

/* Before any flood is dated: neighbouring rounds are alike. */
static int
smooth_shares(struct judgement *j)
{
	size_t n = j->births.per_round.n;
	double *bogus = calloc(n + 1, sizeof(*bogus));

	if (bogus == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		bogus[i] = bogus_in(j, i);
	for (size_t i = 0; i < n; i++) {
		double sum = 0.1, all = 5;

		for (size_t k = i < 2 ? 0 : i - 2; k < n && k <= i + 2; k++) {
			sum += bogus[k];
			all += round_of(j, k)->n;
		}
		j->model.share[i] = fmin(fmax(sum / all, 1e-4), 0.98);
	}
	free(bogus);
	return 0;
}

/* ---- regimes ---- */

static void
fill_round(const struct judgement *j, size_t round, struct regime_round *r, double *llr)
{
	const struct round_births *rb = round_of(j, round);
	double quiet = 0;

	*r = (struct regime_round){ .llr = llr, .usable = j->model.window->d[j->model.window->open +
	    round]->complete };
	for (size_t i = rb->first; i < rb->first + rb->n; i++) {
		const struct birth *x = birth(j, i);

		if (x->fanned)
			continue;
		r->genuine += 1 - opinion(j, i)->p;
		if (x->verified) {
			r->others++;
		} else if (opinion(j, i)->llr > LOUD) {
			llr[r->n++] = opinion(j, i)->llr;
		} else {
			r->others++;
			quiet += exp(opinion(j, i)->llr);
		}
	}
	r->mean_ratio = r->others > 0 ? quiet / r->others : 1;
}

/* Cuts the path into stretches; levels that differ by less than fourfold are one. */
static int
cut(struct judgement *j, const unsigned *level)
{
	size_t n = j->births.per_round.n;
	struct stretch *s = NULL;

	j->stretch.n = 0;
	for (size_t i = 0; i < n; i++) {
		if (level[i] == 0) {
			s = NULL;
			continue;
		}
		if (s == NULL || abs((int)level[i] - (int)s->level) > 2) {
			if ((s = array_add(&j->stretch, sizeof(*s))) == NULL)
				return -1;
			*s = (struct stretch){ .first = i, .level = level[i] };
		}
		s->last = i;
	}
	return 0;
}

static int
date_floods(struct judgement *j, unsigned before)
{
	size_t n = j->births.per_round.n;
	struct regime_round *r = calloc(n + 1, sizeof(*r));
	double *llr = calloc(j->births.birth.n + 1, sizeof(*llr));
	int rc = -1;

	if (r == NULL || llr == NULL)
		goto out;
	for (size_t i = 0; i < n; i++)
		fill_round(j, i, &r[i], llr + round_of(j, i)->first);
	if ((rc = regime_path(j->level, r, n, before)) != 0 || (rc = cut(j, j->level)) != 0)
		goto out;
	for (size_t i = 0; i < j->stretch.n; i++) {
		struct stretch *s = (struct stretch *)j->stretch.p + i;

		s->gain = regime_gain(r + s->first, s->last - s->first + 1, s->level);
	}
out:
	free(r);
	free(llr);
	return rc;
}

/* Floods as dated: their share of each round; elsewhere next to none. */
static void
set_shares(struct judgement *j)
{
	for (size_t i = 0; i < j->births.per_round.n; i++) {
		double rate = regime_rate(j->level[i]), n = round_of(j, i)->n;
		double bogus = bogus_in(j, i);

		j->model.on[i] = j->level[i] > 0;
		/* The level is worth two births of prior knowledge. */
		j->model.share[i] = !j->model.on[i] ? QUIET_SHARE
		    : fmin((bogus + 2 * rate / (rate + fmax(n - bogus, 1))) / (n + 2), 0.999);
		if (j->model.on[i])
			j->model.share[i] = fmax(j->model.share[i], 1e-3);
	}
}

/* ---- is it a flood? ---- */

static const bool needs_baseline[EVIDENCE_N] = {
	[EVIDENCE_PERSISTENCE] = true, [EVIDENCE_REACHABILITY] = true,
	[EVIDENCE_CONTENT] = true, [EVIDENCE_TIMER] = true,
};

static void
weigh_stretch(const struct judgement *j, struct stretch *s)
{
	size_t from = round_of(j, s->first)->first;
	size_t to = round_of(j, s->last)->first + round_of(j, s->last)->n;

	s->bogus = 0;
	memset(s->family, 0, sizeof(s->family));
	for (size_t i = from; i < to; i++) {
		const struct opinion *o = opinion(j, i);

		if (birth(j, i)->fanned || o->p < 0.05f)
			continue;
		s->bogus += o->p;
		for (int e = 0; e < EVIDENCE_N; e++)
			s->family[e] += o->p * o->evidence[e];
	}
}

static bool
believe(const struct judgement *j, struct stretch *s)
{
	bool ripe = baseline_is_ripe(j->model.past);
	unsigned firm = 0;

	weigh_stretch(j, s);
	s->agreeing = 0;
	for (int e = 0; e < EVIDENCE_N; e++) {
		if (s->family[e] < FAMILY_GAIN || s->family[e] < FAMILY_MEAN * s->bogus)
			continue;
		s->agreeing++;
		firm += !needs_baseline[e] && s->family[e] >= 0.7 * s->bogus;
	}
	return s->last > s->first && s->bogus >= 3 && s->gain >= FLOOD_GAIN &&
	    s->gain >= FLOOD_MARK * s->bogus && s->agreeing >= 2 && (ripe || firm > 0);
}

static void
drop_doubtful(struct judgement *j)
{
	for (size_t i = 0; i < j->stretch.n; i++) {
		struct stretch *s = (struct stretch *)j->stretch.p + i;

		s->accepted = believe(j, s);
		for (size_t k = s->first; k <= s->last && !s->accepted; k++)
			j->level[k] = 0;
	}
}

/* ---- who is called bogus ---- */

static int
by_doubt(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* The probability needed so that of the genuine ones few enough are expected to be hit. */
static int
set_threshold(struct judgement *j)
{
	size_t n = j->births.birth.n, m = 0;
	float *doubt = calloc(n + 1, sizeof(*doubt));
	double genuine = j->births.known, wrong = 0;

	if (doubt == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		genuine += birth(j, i)->verified ? 0 : 1 - opinion(j, i)->p;
		if (opinion(j, i)->p >= BOGUS_FROM)
			doubt[m++] = 1 - opinion(j, i)->p;
	}
	qsort(doubt, m, sizeof(*doubt), by_doubt);
	j->threshold = BOGUS_FROM;
	for (size_t i = 0; i < m; i++) {
		wrong += doubt[i];
		if (wrong > WRONG_SHARE * genuine + 0.05) {
			j->threshold = 1 - doubt[i] + 1e-7;
			break;
		}
	}
	free(doubt);
	return 0;
}

enum verdict
judge_verdict(const struct judgement *j, double p)
{
	if (p >= j->threshold)
		return VERDICT_BOGUS;
	return p <= GENUINE_TO ? VERDICT_GENUINE : VERDICT_UNDETERMINED;
}

/* ---- all of it ---- */

static int
iterate(struct judgement *j, unsigned before)
{
	for (int i = 0; i < COLD_STEPS; i++)
		if (model_step(&j->model) != 0 || smooth_shares(j) != 0)
			return -1;
	for (int turn = 0; turn < WARM_TURNS; turn++) {
		if (date_floods(j, before) != 0)
			return -1;
		set_shares(j);
		j->model.cold = false;
		for (int i = 0; i < WARM_STEPS; i++) {
			if (model_step(&j->model) != 0)
				return -1;
			set_shares(j);
		}
	}
	if (date_floods(j, before) != 0)
		return -1;
	set_shares(j);
	model_weigh(&j->model);
	drop_doubtful(j);
	set_shares(j);
	model_weigh(&j->model);
	return set_threshold(j);
}

static int
index_births(struct judgement *j, const struct members *ms)
{
	j->of_member = calloc((size_t)ms->n + 1, sizeof(*j->of_member));
	if (j->of_member == NULL)
		return -1;
	for (size_t i = 0; i < j->births.birth.n; i++)
		j->of_member[birth(j, i)->member] = (uint32_t)i + 1;
	return 0;
}

static void
leave_out_fanned(struct judgement *j, const struct members *ms)
{
	for (size_t i = 0; i < j->births.birth.n; i++)
		birth(j, i)->fanned = fanout_has(&j->fanout, &ms->m[birth(j, i)->member]);
}

int
judge(struct judgement *j, struct members *ms, const struct window *w, const struct space *space,
    const struct baseline *past, unsigned before)
{
	memset(j, 0, sizeof(*j));
	members_replay(ms, w->d, w->n, w->open);
	if (births_find(&j->births, ms, w, space) != 0 || fanout_find(&j->fanout, ms, w) != 0)
		return -1;
	leave_out_fanned(j, ms);
	j->level = calloc(w->n - w->open + 1, sizeof(*j->level));
	if (j->level == NULL || index_births(j, ms) != 0 || model_open(&j->model, past, &j->births, ms, w) != 0 ||
	    iterate(j, before) != 0) {
		complain("out of memory");
		return -1;
	}
	return 0;
}
