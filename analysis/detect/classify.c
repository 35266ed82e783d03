/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/classify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/detect/classify_impl.h"
#include "analysis/detect/flood_hmm.h"
#include "data/lib/log.h"

#define COLD_STEPS	4
#define WARM_STEPS	3
#define WARM_TURNS	3
#define QUIET_SHARE	1e-6

void
classification_free(struct classification *j)
{
	newcomers_free(&j->newcomers);
	port_fanout_free(&j->fanout);
	mixture_free(&j->model);
	array_free(&j->episode);
	free(j->level);
	free(j->least);
	free(j->of_member);
	memset(j, 0, sizeof(*j));
}

/* ---- how much of a round is bogus, by the opinions so far ---- */

static double
bogus_in(const struct classification *j, size_t round)
{
	const struct round_newcomers *r = round_at(j, round);
	double sum = 0;

	for (size_t i = r->first; i < r->first + r->n; i++)
		sum += newcomer_at(j, i)->fanned ? 0 : opinion_at(j, i)->p;
	return sum;
}

/* Before any flood is dated: neighbouring rounds are alike. */
static int
smooth_shares(struct classification *j)
{
	size_t n = j->newcomers.per_round.n;
	double *bogus = calloc(n + 1, sizeof(*bogus));

	if (bogus == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		bogus[i] = bogus_in(j, i);
	for (size_t i = 0; i < n; i++) {
		double sum = 0.1, all = 5;

		for (size_t k = i < 2 ? 0 : i - 2; k < n && k <= i + 2; k++) {
			sum += bogus[k];
			all += round_at(j, k)->n;
		}
		j->model.share[i] = fmin(fmax(sum / all, 1e-4), 0.98);
	}
	free(bogus);
	return 0;
}

/* ---- as dated ---- */

/* Floods as dated: their share of each round; elsewhere next to none. */
static void
set_shares(struct classification *j)
{
	for (size_t i = 0; i < j->newcomers.per_round.n; i++) {
		double rate = flood_hmm_rate(j->level[i]), n = round_at(j, i)->n;
		double bogus = bogus_in(j, i);

		j->model.on[i] = j->level[i] > 0;
		/* The level is worth two newcomers of prior knowledge. */
		j->model.share[i] = !j->model.on[i] ? QUIET_SHARE
		    : fmin((bogus + 2 * rate / (rate + fmax(n - bogus, 1))) / (n + 2), 0.999);
		if (j->model.on[i])
			j->model.share[i] = fmax(j->model.share[i], 1e-3);
	}
}

/* ---- who is called bogus ---- */

/* Nats below which a source is an outlier among those of its flood. */
static double
outlier_below(const struct classification *j, const struct episode *s)
{
	size_t from = round_at(j, s->first)->first;
	size_t to = round_at(j, s->last)->first + round_at(j, s->last)->n;
	double n = 0, sum = 0, squares = 0, mean;

	for (size_t i = from; i < to; i++) {
		const struct opinion *o = opinion_at(j, i);
		double p = newcomer_at(j, i)->fanned ? 0 : o->p;

		n += p;
		sum += p * o->llr;
		squares += p * o->llr * o->llr;
	}
	mean = sum / n;
	return mean - OUTLIER * sqrt(fmax(squares / n - mean * mean, 1));
}

struct standing
classify_standing(const struct classification *j, size_t round)
{
	struct standing now = { .level = j->level[round] };

	array_each(s, &j->episode)
		if (now.ahead == 0 && s->accepted && s->first > round)
			now.ahead = digest_at(j, s->first)->round;
	if (now.level > 0)
		now.decoys = j->decoys;
	return now;
}

enum verdict
classify_verdict(const struct classification *j, size_t newcomer)
{
	const struct opinion *o = opinion_at(j, newcomer);

	if (o->p >= j->threshold &&
	    (o->p >= OUTLIER_FROM || o->llr >= j->least[newcomer_at(j, newcomer)->round]))
		return VERDICT_BOGUS;
	return o->p <= GENUINE_TO ? VERDICT_GENUINE :
	    o->p >= PROBABLY_FROM ? VERDICT_PROBABLY_BOGUS : VERDICT_UNDETERMINED;
}

/* ---- all of it ---- */

/* From one supposition to what the rounds make of it.  Its gain, or NAN without memory. */
static double
pursue(struct classification *j, struct standing before, enum start start)
{
	double gain = 0;

	if (mixture_start(&j->model, start) != 0)
		return NAN;
	for (int i = 0; i < COLD_STEPS; i++)
		if (mixture_step(&j->model) != 0 || smooth_shares(j) != 0)
			return NAN;
	for (int turn = 0; turn < WARM_TURNS; turn++) {
		if (episodes_find(j, before.level) != 0)
			return NAN;
		set_shares(j);
		j->model.cold = false;
		for (int i = 0; i < WARM_STEPS; i++) {
			if (mixture_step(&j->model) != 0)
				return NAN;
			set_shares(j);
		}
	}
	if (episodes_find(j, before.level) != 0)
		return NAN;
	set_shares(j);
	mixture_weigh(&j->model);
	episodes_doubt(j, before);
	set_shares(j);
	mixture_weigh(&j->model);
	array_each(s, &j->episode)
		gain += s->accepted ? s->gain : 0;
	return gain;
}

/* Where no flood of the usual kinds is found, what is in excess now may be one. */
static int
iterate(struct classification *j, struct standing before)
{
	double odd = 0, usual;

	if (mixture_has_excess(&j->model) && isnan(odd = pursue(j, before, START_EXCESS)))
		return -1;
	if (isnan(usual = pursue(j, before, START_USUAL)))
		return -1;
	if (usual == 0 && odd > 0 && isnan(pursue(j, before, START_EXCESS)))
		return -1;
	array_each(s, &j->episode) {
		double below = s->accepted ? outlier_below(j, s) : 0;

		for (size_t k = s->first; k <= s->last && s->accepted; k++)
			j->least[k] = below;
	}
	calibrate(j, &before.decoys);
	return calibration_threshold(j, BOGUS_FROM, WRONG_SHARE);
}

/* Everything that iterate works on; -1 without memory. */
static int
make_room(struct classification *j, const struct members *ms, const struct window *w,
    const struct baseline *past)
{
	size_t rounds = w->round.n - w->open;

	if ((j->level = calloc(rounds + 1, sizeof(*j->level))) == NULL)
		return -1;
	if ((j->least = calloc(rounds + 1, sizeof(*j->least))) == NULL)
		return -1;
	if ((j->of_member = calloc(ms->m.n, sizeof(*j->of_member))) == NULL)
		return -1;
	for (size_t i = 0; i < j->newcomers.newcomer.n; i++) {
		struct newcomer *x = newcomer_at(j, i);

		j->of_member[x->member] = (uint32_t)i + 1;
		x->fanned = port_fanout_has(&j->fanout, &ms->m.p[x->member]);
	}
	return mixture_open(&j->model, past, &j->newcomers, ms, w);
}

int
classify(struct classification *j, struct members *ms, const struct window *w,
    const struct address_space *space, const struct baseline *past, struct standing before)
{
	memset(j, 0, sizeof(*j));
	members_replay(ms, w->round.p, w->round.n, w->open);
	if (newcomers_find(&j->newcomers, ms, w, space) != 0)
		return -1;
	if (port_fanout_find(&j->fanout, ms, w) != 0)
		return -1;
	if (make_room(j, ms, w, past) != 0 || iterate(j, before) != 0) {
		log_error("out of memory");
		return -1;
	}
	return 0;
}
