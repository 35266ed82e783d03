/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/pace.h"

#include <math.h>

#include "crawler/limits.h"

/* An answer opens two more places: silent nodes fill places for seconds, so
 * one for one would take many time-outs to grow. */
#define GROWTH		2
#define EPOCH		512	/* dials judged together: a share known to about 2 % */
#define SMOOTHING	0.25
#define FALL		0.7	/* of the smoothed share: below it we are in the way */
#define CUT		0.75
#define HOLD_MIN_MS	50
#define HOLD_MAX_MS	2000
#define SETTLE		4	/* epochs after a cut before the next */

void
pace_init(struct pace *p, uint32_t max)
{
	*p = (struct pace){
		.min = fmin(PACE_MIN, max), .max = max,
		.window = fmin(PACE_START, max),
		.hold_ms = INT64_MIN, .backoff_ms = HOLD_MIN_MS,
		.share = -1,
	};
}

static void
cut(struct pace *p)
{
	p->window = fmax(p->min, p->window * CUT);
	p->since_cut = 0;
	p->cuts++;
}

static void
end_epoch(struct pace *p)
{
	double share = (double)p->epoch_ok / p->epoch_n;

	p->since_cut++;
	if (p->share >= 0 && share < p->share * FALL && p->since_cut > SETTLE)
		cut(p);
	p->share = p->share < 0 ? share : p->share + SMOOTHING * (share - p->share);
	p->epoch_n = p->epoch_ok = 0;
}

void
pace_ended(struct pace *p, bool answered)
{
	p->epoch_n++;
	p->epoch_ok += answered;
	if (answered) {
		p->window = fmin(p->max, p->window + GROWTH);
		p->backoff_ms = HOLD_MIN_MS;
	}
	if (p->epoch_n == EPOCH)
		end_epoch(p);
}

void
pace_local_error(struct pace *p, int64_t now_ms)
{
	if (now_ms < p->hold_ms)
		return;		/* of the same burst */
	cut(p);
	p->hold_ms = now_ms + p->backoff_ms;
	p->backoff_ms = p->backoff_ms * 2 < HOLD_MAX_MS ? p->backoff_ms * 2 : HOLD_MAX_MS;
}

uint32_t
pace_room(const struct pace *p, uint32_t open, int64_t now_ms)
{
	uint32_t window = (uint32_t)p->window;

	return now_ms < p->hold_ms || open >= window ? 0 : window - open;
}
