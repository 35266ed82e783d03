/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/flood_hmm.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rounds/stats.h"

#define STATES		(FLOOD_LEVELS + 1)
#define QUIET_SHARE	1e-5	/* of newcomers that are bogus when there is no flood */

/* Costs of a change, nats: a flood begins once in 200,000 rounds (ten years). */
#define COST_BEGIN	12.2
#define COST_END	7.0
#define COST_LEVEL	7.0

double
flood_hmm_rate(unsigned level)
{
	return level == 0 ? 0 : ldexp(0.5, (int)level - 1);
}

static double
emission(const struct flood_hmm_round *r, unsigned level)
{
	double rate = flood_hmm_rate(level), sum;
	double share = level == 0 ? QUIET_SHARE : rate / (rate + fmax(r->genuine, 1));

	if (!r->usable)
		return 0;
	sum = r->others * log1p(share * (r->mean_ratio - 1));
	for (size_t i = 0; i < r->n; i++)
		sum += stats_log_mix(share, r->llr[i]);
	return sum;
}

static double
change(unsigned from, unsigned to)
{
	if (from == to)
		return 0;
	return from == 0 ? COST_BEGIN : to == 0 ? COST_END : COST_LEVEL;
}

/* Best way into each state; `from` remembers where it came from. */
static void
advance(double cost[STATES], uint8_t from[STATES], const struct flood_hmm_round *r)
{
	double next[STATES];

	for (unsigned to = 0; to < STATES; to++) {
		unsigned best = to;

		for (unsigned s = 0; s < STATES; s++)
			if (cost[s] + change(s, to) < cost[best] + change(best, to))
				best = s;
		from[to] = (uint8_t)best;
		next[to] = cost[best] + change(best, to) - emission(r, to);
	}
	memcpy(cost, next, sizeof(next));
}

int
flood_hmm_path(unsigned *level, const struct flood_hmm_round *r, size_t n, unsigned before)
{
	uint8_t (*from)[STATES] = malloc((n + 1) * sizeof(*from));
	double cost[STATES];
	unsigned at = 0;

	if (from == NULL)
		return -1;
	for (unsigned s = 0; s < STATES; s++)
		cost[s] = s == before ? 0 : INFINITY;
	for (size_t i = 0; i < n; i++)
		advance(cost, from[i], &r[i]);
	for (unsigned s = 1; s < STATES; s++)
		at = cost[s] < cost[at] ? s : at;
	for (size_t i = n; i-- > 0; ) {
		level[i] = at;
		at = from[i][at];
	}
	free(from);
	return 0;
}

double
flood_hmm_gain(const struct flood_hmm_round *r, size_t n, unsigned level)
{
	double gain = 0;

	for (size_t i = 0; i < n; i++)
		gain += emission(&r[i], level) - emission(&r[i], 0);
	return gain;
}
