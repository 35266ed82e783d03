/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/mixture_impl.h"

#include <math.h>
#include <string.h>

#define SETTLING_ROUNDS	8	/* first rounds of all: everybody is new in them */
#define ODD		4.0	/* standard deviations that make an excess worth a fit */
#define ODD_NEWCOMERS	5.0	/* ... and how many newcomers it must have beyond these */
#define EXCESS		2.0	/* standard deviations that are left to chance in a fit */

bool
mixture_is_settling(const struct mixture *m, const struct newcomer *x)
{
	return mixture_is_settling_round(m, x->round);
}

bool
mixture_is_settling_round(const struct mixture *m, size_t round)
{
	return m->window->open == 0 && m->past->rounds == 0 && round < SETTLING_ROUNDS;
}

/* ---- the genuine class ---- */

double
mixture_genuine_weight(const struct mixture *m, size_t i)
{
	const struct newcomer *x = mixture_newcomer(m, i);

	if (x->verified)
		return 1;
	if (x->fanned || m->cold || m->on[x->round])
		return 0;
	return 1 - mixture_opinion(m, i)->p;
}

static bool
tells(const struct mixture *m, const struct newcomer *x, enum family f)
{
	if (x->cell[f] == CELL_NONE || (f == FAM_LIFE && x->verified))
		return false;
	/* Lives and dials while a flood is under way are known of one kind only. */
	if (f == FAM_DIAL && (m->cold || m->on[x->round]))
		return false;
	return f == FAM_ADDRESS || f == FAM_PORT || f == FAM_HASH || !mixture_is_settling(m, x);
}

/* Every age that a life has reached tells something about the lives of that age. */
void
mixture_add_lives(struct table *t, const struct newcomer *x, double weight)
{
	for (unsigned age = 0; age <= x->age; age++)
		t->n[age * LIFE_CELLS + life_cell(x->mask, x->later, age)] += weight;
}

/* The unreached are among all as well; the youngest look as those of any length do. */
static void
add_sign(struct table *t, const struct newcomer *x, enum family f, double weight)
{
	unsigned groups = newcomer_is_unreached(x) ? 2 : 1;

	for (unsigned group = 0; group < groups; group++) {
		double *n = &t->n[(size_t)group * RC_N * family_kind[f].width + x->cell[f]];

		n[(size_t)x->rc * family_kind[f].width] += weight;
		if (x->rc != RC_N - 1)
			n[(size_t)(RC_N - 1) * family_kind[f].width] += weight;
	}
}

void
mixture_add(const struct mixture *m, struct table t[FAM_N], const struct newcomer *x,
    double weight)
{
	for (int f = 0; f < FAM_N; f++) {
		if (!tells(m, x, f))
			continue;
		if (f == FAM_LIFE)
			mixture_add_lives(&t[f], x, weight);
		else if (family_kind[f].unreached > 0)
			add_sign(&t[f], x, f, weight);
		else
			t[f].n[mixture_cell(x, f)] += weight;
	}
}

/*
 * Lives become shorter or longer for everybody at times.  Those who shook hands
 * tell by how much: their shares now against their shares in the baseline.
 */
static void
shift_lives(const struct mixture *m, struct table *t, const struct table *lasting)
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
		table_shares(to, LIFE_CELLS);
	}
}

/* ---- what is known, not learned ---- */

static const struct table never_answers = { {
	0.995, 0.005, 0.995, 0.005, 0.995, 0.005, 0.995, 0.005 } };
/* A made-up source has the port and a file of a real node by chance: so often, where the port
 * is an odd one and where it is popular (analysis/detect/newcomers.h, MOVED_CONTEXTS). */
static const double flood_moved[2] = { 0.001, 0.01 };
#define LEAST_MOVED	0.05	/* of genuine newcomers: providers renumber, if seldom */

/* The share of nodes that moved is given, whatever was counted. */
static void
fix_moved(struct table *t, unsigned context, double share)
{
	double *n = &t->n[context * MOVED_CELLS];

	n[CELL_MOVED] = share / (1 - share) * (n[CELL_NEW] + n[CELL_PORT_KNOWN]);
	table_shares(n, MOVED_CELLS);
}

/*
 * What a flood cannot be is not learned: its sources do not answer, and did not come from
 * another address.  Else a provider's renumbering, whose nodes all moved, would form a flood
 * and teach it that floods consist of such, and the sign that clears them were lost.
 */
static void
fix_impossible(struct table t[FAM_N])
{
	t[FAM_DIAL] = never_answers;
	for (unsigned c = 0; c < MOVED_CONTEXTS; c++)
		fix_moved(&t[FAM_MOVED], c, flood_moved[c & 1]);
}

/* ---- the genuine class, as counted ---- */

void
mixture_learn_genuine(struct mixture *m)
{
	struct table lasting = { { 0 } };

	memcpy(m->genuine, m->past->genuine, sizeof(m->genuine));
	for (size_t i = 0; i < m->newcomers->newcomer.n; i++) {
		const struct newcomer *x = mixture_newcomer(m, i);
		double weight = mixture_genuine_weight(m, i);

		if (weight > 0)
			mixture_add(m, m->genuine, x, weight);
		if (x->verified && !mixture_is_settling(m, x))
			mixture_add_lives(&lasting, x, 1);
	}
	for (int f = 0; f < FAM_N; f++)
		table_normalise(&m->genuine[f], f, false);
	for (unsigned c = 0; c < MOVED_CONTEXTS; c++)
		if (m->genuine[FAM_MOVED].n[c * MOVED_CELLS + CELL_MOVED] < LEAST_MOVED)
			fix_moved(&m->genuine[FAM_MOVED], c, LEAST_MOVED);
	shift_lives(m, &m->genuine[FAM_LIFE], &lasting);
}

/* ---- the flood's class ---- */

void
mixture_learn_flood(struct mixture *m, unsigned half)
{
	struct table *t = m->flood[half];

	memset(t, 0, FAM_N * sizeof(*t));
	for (size_t i = 0; i < m->newcomers->newcomer.n; i++) {
		const struct newcomer *x = mixture_newcomer(m, i);
		double p = mixture_opinion(m, i)->p;

		if (p < 1e-4 || x->fanned || mixture_half(m, x) != half)
			continue;
		mixture_add_lives(&t[FAM_LIFE], x, p);
		for (int f = 0; f < FAM_N; f++)
			if (f != FAM_LIFE && x->cell[f] != CELL_NONE)
				t[f].n[family_kind[f].apart ? mixture_cell(x, f) : x->cell[f]] += p;
	}
	for (int f = 0; f < FAM_N; f++) {
		unsigned w = family_kind[f].width;

		for (unsigned c = 1; c < family_kind[f].contexts && !family_kind[f].apart; c++)
			memcpy(&t[f].n[c * w], t[f].n, w * sizeof(double));
		table_normalise(&t[f], f, true);
	}
	fix_impossible(t);
}

/* ---- what is in excess ---- */

/* Counts what the newcomers of one half are, verified ones left out. */
static void
count_newcomers(const struct mixture *m, struct table t[FAM_N], unsigned half)
{
	memset(t, 0, FAM_N * sizeof(*t));
	for (size_t i = 0; i < m->newcomers->newcomer.n; i++) {
		const struct newcomer *x = mixture_newcomer(m, i);

		if (x->verified || x->fanned || mixture_half(m, x) != half)
			continue;
		for (int f = 0; f < FAM_N; f++) {
			if (!tells(m, x, f))
				continue;
			if (f == FAM_LIFE)
				mixture_add_lives(&t[f], x, 1);
			else
				t[f].n[mixture_cell(x, f)]++;
		}
	}
}

/* Leaves in n, one context, what is beyond the expected by more than z standard deviations;
 * returns the sum. */
static double
excess(double *n, const double *genuine, unsigned width, double z)
{
	double all = 0, sum = 0;

	for (unsigned c = 0; c < width; c++)
		all += n[c];
	for (unsigned c = 0; c < width; c++) {
		double expected = all * genuine[c];

		n[c] = fmax(0, n[c] - expected - z * sqrt(expected + 1));
		sum += n[c];
	}
	return sum;
}

bool
mixture_has_excess(const struct mixture *m)
{
	struct table t[FAM_N];
	double most = 0;

	if (!baseline_is_ripe(m->past))
		return false;
	for (unsigned half = 0; half < 2; half++) {
		count_newcomers(m, t, half);
		for (int f = 0; f < FAM_N; f++) {
			struct table g = m->past->genuine[f];

			table_normalise(&g, f, false);
			for (unsigned c = 0; c < family_kind[f].contexts && f != FAM_DIAL; c++)
				most = fmax(most, excess(&t[f].n[c * family_kind[f].width],
				    &g.n[c * family_kind[f].width], family_kind[f].width, ODD));
		}
	}
	return most >= ODD_NEWCOMERS;
}

/* A flood is supposed to look as everybody does where nothing is in excess. */
static void
suppose_family(struct mixture *m, struct table *t, enum family f)
{
	double sum[CELLS_MAX] = { 0 };
	unsigned w = family_kind[f].width;

	for (unsigned c = 0; c < family_kind[f].contexts; c++) {
		double *n = &t->n[c * w];
		const double *g = &m->genuine[f].n[c * w];

		excess(n, g, w, EXCESS);
		for (unsigned i = 0; i < w; i++)
			sum[i] += n[i] += family_kind[f].flood_weight * g[i];
	}
	for (unsigned c = 0; c < family_kind[f].contexts; c++) {
		if (!family_kind[f].apart)
			memcpy(&t->n[c * w], sum, w * sizeof(double));
		table_shares(&t->n[c * w], w);
	}
}

void
mixture_suppose_flood(struct mixture *m, unsigned half)
{
	struct table *t = m->flood[half];

	count_newcomers(m, t, half);
	for (int f = 0; f < FAM_N; f++)
		suppose_family(m, &t[f], f);
	fix_impossible(t);
}
