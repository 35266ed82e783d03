/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/classify_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/detect/flood_hmm.h"
#include "data/lib/utctime.h"

#define FLOOD_LEAST	3.0	/* bogus sources of a flood ... */
#define FLOOD_GROWN	8.0	/* ... that began a day ago: whims have ended by then */
#define FLOOD_GAIN	14.0	/* nats that a flood must gain over none */
#define FLOOD_MARK	3.5	/* ... and for each bogus source: else it is a faint one */
#define REST_LEAST	1.5	/* bogus sources of the rest of a flood that is settled so far, */
#define REST_GAIN	7.0	/* and nats that it must gain */
#define FIRM_GAIN	60.0	/* nats that a faint flood must gain; a small one gains less */
#define FAINT_MARK	1.2	/* nats for each source of a faint one */
#define FAINT_CALM	0.15	/* of its rate that its kind may have in calm rounds at most ... */
#define SMALL_CALM	0.07	/* ... and of a small one */
#define CALM_ROUNDS	12	/* that must be in sight to say so */
#define EDGE_SHARE	0.1	/* of a flood's sources: a weaker episode beside it with fewer ... */
#define EDGE_ROUNDS	12	/* ... is its edge, if no longer: weak floods lead up to strong ones */
#define LOUD	(-3.0f)	/* nats: newcomers below are alike in what they say about floods */

/* ---- dating ---- */

static void
fill_round(const struct classification *j, size_t round, struct flood_hmm_round *r, double *llr)
{
	const struct round_newcomers *rb = round_at(j, round);
	double quiet = 0;

	*r = (struct flood_hmm_round){ .llr = llr, .usable = digest_at(j, round)->complete };
	for (size_t i = rb->first; i < rb->first + rb->n; i++) {
		const struct newcomer *x = newcomer_at(j, i);

		if (x->fanned)
			continue;
		r->genuine += 1 - opinion_at(j, i)->p;
		if (x->verified) {
			r->others++;
		} else if (opinion_at(j, i)->llr > LOUD) {
			llr[r->n++] = opinion_at(j, i)->llr;
		} else {
			r->others++;
			quiet += exp(opinion_at(j, i)->llr);
		}
	}
	r->mean_ratio = r->others > 0 ? quiet / r->others : 1;
}

/* Cuts the path into episodes; levels that differ by less than fourfold are one. */
static int
cut(struct classification *j, const unsigned *level)
{
	size_t n = j->newcomers.per_round.n;
	struct episode *s = NULL;

	j->episode.n = 0;
	for (size_t i = 0; i < n; i++) {
		if (level[i] == 0) {
			s = NULL;
			continue;
		}
		if (s == NULL || abs((int)level[i] - (int)s->level) > 2) {
			if ((s = array_add(&j->episode)) == NULL)
				return -1;
			*s = (struct episode){ .first = i, .level = level[i] };
		}
		s->last = i;
	}
	return 0;
}

int
episodes_find(struct classification *j, unsigned before)
{
	size_t n = j->newcomers.per_round.n;
	struct flood_hmm_round *r = calloc(n + 1, sizeof(*r));
	double *llr = calloc(j->newcomers.newcomer.n + 1, sizeof(*llr));
	int rc = -1;

	if (r == NULL || llr == NULL)
		goto out;
	for (size_t i = 0; i < n; i++)
		fill_round(j, i, &r[i], llr + round_at(j, i)->first);
	if ((rc = flood_hmm_path(j->level, r, n, before)) != 0 || (rc = cut(j, j->level)) != 0)
		goto out;
	array_each(s, &j->episode)
		s->gain = flood_hmm_gain(r + s->first, s->last - s->first + 1, s->level);
out:
	free(r);
	free(llr);
	return rc;
}

/* ---- is it a flood? ---- */

static const bool needs_baseline[EVIDENCE_N] = {
	[EVIDENCE_PERSISTENCE] = true, [EVIDENCE_REACHABILITY] = true,
	[EVIDENCE_CONTENT] = true, [EVIDENCE_TIMER] = true,
};

static void
weigh_episode(const struct classification *j, struct episode *s)
{
	size_t from = round_at(j, s->first)->first;
	size_t to = round_at(j, s->last)->first + round_at(j, s->last)->n;

	s->bogus = 0;
	memset(s->family, 0, sizeof(s->family));
	for (size_t i = from; i < to; i++) {
		const struct opinion *o = opinion_at(j, i);

		if (newcomer_at(j, i)->fanned || o->p < 0.05f)
			continue;
		s->bogus += o->p;
		for (int e = 0; e < EVIDENCE_N; e++)
			s->family[e] += o->p * o->evidence[e];
	}
}

/* Newcomers of a round that would pass for the episode's, were it flooded as well. */
static double
alike_in(const struct classification *j, size_t round, double share)
{
	const struct round_newcomers *r = round_at(j, round);
	double sum = 0;

	for (size_t i = r->first; i < r->first + r->n; i++)
		if (!newcomer_at(j, i)->fanned && !newcomer_at(j, i)->verified)
			sum += 1 / (1 + exp(-opinion_at(j, i)->llr) * (1 - share) / share);
	return sum;
}

/* Is it the rest of one that was believed, and settled as far as these rounds?  Its level
 * may have changed a little. */
static bool
goes_on(const struct episode *s, struct standing before)
{
	return s->first == 0 && before.level > 0 && abs((int)s->level - (int)before.level) <= 2;
}

/* Was it believed when it was younger, and more calm rounds were in sight? */
static bool
stood_out(const struct classification *j, const struct episode *s, struct standing before)
{
	uint32_t first = digest_at(j, s->first)->round;

	return before.ahead > 0 && first < before.ahead + CALM_ROUNDS &&
	    before.ahead < first + CALM_ROUNDS;
}

static bool
stands_out(const struct classification *j, const struct episode *s, struct standing before)
{
	size_t inside = s->last - s->first + 1, outside = 0;
	double allowed = s->gain < FIRM_GAIN ? SMALL_CALM : FAINT_CALM;
	double in = 0, out = 0, share = 0;

	if (goes_on(s, before) || stood_out(j, s, before))
		return true;
	for (size_t i = s->first; i <= s->last; i++)
		share += j->model.share[i] / (double)inside;
	for (size_t i = 0; i < j->newcomers.per_round.n; i++) {
		if (i >= s->first && i <= s->last) {
			in += alike_in(j, i, share);
		} else if (j->level[i] == 0 && round_at(j, i)->counted) {
			out += alike_in(j, i, share);
			outside++;
		}
	}
	return outside >= CALM_ROUNDS && out / (double)outside <= allowed * in / (double)inside;
}

static bool
is_marked(const struct classification *j, const struct episode *s, struct standing before)
{
	bool faint = s->gain < FLOOD_MARK * s->bogus, small = s->gain < FIRM_GAIN;

	if (faint && (small || s->gain < FAINT_MARK * s->bogus))
		return false;
	/* Before a day is known what is calm is not. */
	if (!faint && (!small || !baseline_is_ripe(j->model.past)))
		return true;
	return stands_out(j, s, before);
}

/* Has it gathered enough by now?  Of one that goes on most is behind the rounds at hand. */
static bool
is_large(const struct classification *j, const struct episode *s, struct standing before)
{
	int64_t age = digest_at(j, j->newcomers.per_round.n - 1)->end_ms -
	    digest_at(j, s->first)->start_ms;

	if (goes_on(s, before))
		return s->bogus >= REST_LEAST && s->gain >= REST_GAIN;
	return s->bogus >= (age < DAY_MS ? FLOOD_LEAST : FLOOD_GROWN) && s->gain >= FLOOD_GAIN;
}

/*
 * Evidence that follows from the same facts is of one group: who leaves at once is never
 * reached, and one advert brings its hash, its timer and its number of files.
 */
enum group { GROUP_ADDRESS, GROUP_PORT, GROUP_PRESENCE, GROUP_ADVERT, GROUP_RELAY, GROUP_N };
static const enum group group_of[EVIDENCE_N] = {
	[EVIDENCE_ADDRESS] = GROUP_ADDRESS, [EVIDENCE_FANOUT] = GROUP_ADDRESS,
	[EVIDENCE_PORT] = GROUP_PORT, [EVIDENCE_RELAY] = GROUP_RELAY,
	[EVIDENCE_PERSISTENCE] = GROUP_PRESENCE, [EVIDENCE_REACHABILITY] = GROUP_PRESENCE,
	[EVIDENCE_CONTENT] = GROUP_ADVERT, [EVIDENCE_TIMER] = GROUP_ADVERT,
	[EVIDENCE_HASH] = GROUP_ADVERT,
};

static bool
believe(const struct classification *j, struct episode *s, struct standing before)
{
	bool ripe = baseline_is_ripe(j->model.past);
	unsigned firm = 0, groups = 0;

	weigh_episode(j, s);
	for (int e = 0; e < EVIDENCE_N; e++) {
		if (s->family[e] < FAMILY_GAIN || s->family[e] < FAMILY_MEAN * s->bogus)
			continue;
		groups |= 1u << group_of[e];
		/* In the first rounds of all it is not known who usually delivers what, either. */
		firm += !needs_baseline[e] && (e != EVIDENCE_RELAY ||
		    !mixture_is_settling_round(&j->model, s->first)) && s->family[e] >= 0.7 * s->bogus;
	}
	s->agreeing = (unsigned)__builtin_popcount(groups);
	/* What begins with the first round of all has no calm one to be told from. */
	if (mixture_is_settling_round(&j->model, s->first == 0 ? s->last : SIZE_MAX))
		return false;
	return s->last > s->first && is_large(j, s, before) && s->agreeing >= 2 &&
	    (ripe || firm > 0) && is_marked(j, s, before);
}

/* Takes the rounds of an edge, or of a piece that is none by itself, into the flood that it
 * belongs to. */
static void
absorb(struct classification *j, struct episode *flood, struct episode *edge)
{
	for (size_t k = edge->first; k <= edge->last; k++)
		j->level[k] = flood->level;
	if (edge->first < flood->first)
		flood->first = edge->first;
	if (edge->last > flood->last)
		flood->last = edge->last;
	flood->bogus += edge->bogus;
	flood->gain += edge->gain;
	edge->accepted = false;
}

/*
 * Believes a run of pieces that touch, s[0..n), or not.  Where few nodes are visited a
 * flood is met by luck, many of its sources in one round and few in the next, and the
 * path of levels is cut into pieces that are too weak each: what touches a believed
 * piece is of it, and where none is believed the whole may be.
 */
static void
believe_run(struct classification *j, struct episode *s, size_t n, struct standing before)
{
	struct episode all = s[0], *flood = NULL;
	size_t strongest = 0;

	for (size_t i = 0; i < n; i++) {
		s[i].accepted = believe(j, &s[i], before);
		strongest = s[i].gain > s[strongest].gain ? i : strongest;
		all.gain += i > 0 ? s[i].gain : 0;
		if (s[i].accepted)
			flood = &s[i];
	}
	all.last = s[n - 1].last;
	all.level = s[strongest].level;
	/* In the first rounds everybody is new, whole runs of them. */
	if (flood == NULL && n > 1 && baseline_is_ripe(j->model.past) && believe(j, &all, before)) {
		flood = &s[strongest];
		flood->accepted = true;
	}
	for (size_t i = 0; i < n && flood == NULL; i++)
		for (size_t k = s[i].first; k <= s[i].last; k++)
			j->level[k] = 0;
	if (flood == NULL)
		return;
	flood = NULL;
	for (size_t i = 0; i < n; i++) {
		if (s[i].accepted)
			flood = &s[i];
		else if (flood != NULL)
			absorb(j, flood, &s[i]);
	}
	for (flood = NULL; n-- > 0;) {
		if (s[n].accepted)
			flood = &s[n];
		else if (flood != NULL && s[n].last + 1 == flood->first)
			absorb(j, flood, &s[n]);
	}
}

static bool
is_edge(const struct episode *edge, const struct episode *flood)
{
	return edge->accepted && flood->accepted && edge->level < flood->level &&
	    edge->bogus < EDGE_SHARE * flood->bogus && edge->last - edge->first < EDGE_ROUNDS &&
	    (edge->last + 1 == flood->first || flood->last + 1 == edge->first);
}

/*
 * Joins what a strong flood's first and last rounds leave over to it: that is no flood
 * of its own.
 * One that went on before the rounds at hand is no edge, however little of it is left.
 */
static void
absorb_edges(struct classification *j, struct standing before)
{
	struct episode *s = j->episode.p;
	size_t first = j->episode.n > 0 && s[0].first == 0 && before.level > 0;

	for (size_t i = first; i + 1 < j->episode.n; i++) {
		if (is_edge(&s[i], &s[i + 1]))
			absorb(j, &s[i + 1], &s[i]);
	}
	for (size_t i = j->episode.n; i-- > 1;) {
		if (is_edge(&s[i], &s[i - 1]))
			absorb(j, &s[i - 1], &s[i]);
	}
}

void
episodes_doubt(struct classification *j, struct standing before)
{
	struct episode *s = j->episode.p;

	for (size_t i = 0, n; i < j->episode.n; i += n) {
		for (n = 1; i + n < j->episode.n && s[i + n - 1].last + 1 == s[i + n].first; n++)
			;
		believe_run(j, s + i, n, before);
	}
	absorb_edges(j, before);
}
