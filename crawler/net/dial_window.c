/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/dial_window.h"

#include <math.h>
#include <string.h>

#include "bounds.h"

/* While answers come, however few among how much silence: from the start to 20,000
 * links in half a second, for which the kernel needs as long; with care once we
 * have been too many. */
#define DOUBLING_MS	100
#define CAREFUL_MS	2000
#define COHORT_MIN	512	/* dials: a share is then known to about 2 % */
#define COHORT_JUDGED	64	/* ended dials without which a cohort says nothing */
#define SMOOTHING	0.25
#define FALL		0.7	/* of the smoothed share: below it we are in the way */
#define CUT		0.75
#define HOLD_MIN_MS	50
#define HOLD_MAX_MS	2000

void
dial_window_init(struct dial_window *p, uint32_t max, int64_t now_ms)
{
	*p = (struct dial_window){
		.min = fmin(DIAL_WINDOW_MIN, max), .max = max,
		.window = fmin(DIAL_WINDOW_START, max),
		.hold_ms = INT64_MIN, .backoff_ms = HOLD_MIN_MS, .grown_ms = now_ms,
		.doubling_ms = DOUBLING_MS,
	};
	dial_window_new_round(p);
}

void
dial_window_new_round(struct dial_window *p)
{
	/* Numbers go on: who was dialled in the last round is in no cohort of this one. */
	p->oldest = p->judge_from = ++p->newest;
	memset(p->cohort, 0, sizeof(p->cohort));
	p->share = -1;
}

static struct cohort *
cohort_at(struct dial_window *p, uint32_t number)
{
	return &p->cohort[number % DIAL_WINDOW_COHORTS];
}

static void
cut_window(struct dial_window *p)
{
	p->window = fmax(p->min, p->window * CUT);
	p->judge_from = p->newest + 1;
	p->doubling_ms = CAREFUL_MS;
	p->cuts++;
}

static void
judge_cohort(struct dial_window *p, uint32_t number)
{
	const struct cohort *c = cohort_at(p, number);
	double share = (double)c->answered / c->ended;

	if (c->ended < COHORT_JUDGED)
		return;
	/* The difference of numbers is signed, so that they may wrap. */
	if (p->share >= 0 && share < p->share * FALL && (int32_t)(number - p->judge_from) >= 0)
		cut_window(p);
	p->share = p->share < 0 ? share : p->share + SMOOTHING * (share - p->share);
}

static void
judge_oldest(struct dial_window *p)
{
	judge_cohort(p, p->oldest);
	*cohort_at(p, p->oldest++) = (struct cohort){ 0, 0, 0 };
}

uint32_t
dial_window_dialled(struct dial_window *p)
{
	uint32_t number = p->newest;
	double full = fmax(COHORT_MIN, p->window / (DIAL_WINDOW_COHORTS / 4));

	if (++cohort_at(p, number)->dialled < full)
		return number;
	p->newest++;
	if (p->newest - p->oldest == DIAL_WINDOW_COHORTS)
		judge_oldest(p);	/* somebody takes very long: do without */
	return number;
}

void
dial_window_ended(struct dial_window *p, uint32_t number, bool answered, int64_t now_ms)
{
	if (answered) {
		double passed = fmin((double)(now_ms - p->grown_ms), p->doubling_ms);

		p->window = fmin(p->max, p->window * exp2(passed / p->doubling_ms));
		p->grown_ms = now_ms;
		p->backoff_ms = HOLD_MIN_MS;
	}
	if (number - p->oldest > p->newest - p->oldest)
		return;		/* of a cohort that was judged without it */
	cohort_at(p, number)->ended++;
	cohort_at(p, number)->answered += answered;
	while (p->oldest != p->newest &&
	    cohort_at(p, p->oldest)->ended == cohort_at(p, p->oldest)->dialled)
		judge_oldest(p);
}

void
dial_window_local_error(struct dial_window *p, int64_t now_ms)
{
	if (now_ms < p->hold_ms)
		return;		/* of the same burst */
	cut_window(p);
	p->hold_ms = now_ms + p->backoff_ms;
	p->backoff_ms = p->backoff_ms * 2 < HOLD_MAX_MS ? p->backoff_ms * 2 : HOLD_MAX_MS;
}

uint32_t
dial_window_room(const struct dial_window *p, uint32_t open, int64_t now_ms)
{
	uint32_t window = (uint32_t)p->window;

	return now_ms < p->hold_ms || open >= window ? 0 : window - open;
}
