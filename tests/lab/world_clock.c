/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/world_clock.h"

#include <math.h>
#include <time.h>

static int64_t
monotonic_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
world_clock_start(struct world_clock *p, double scale)
{
	p->start_us = monotonic_us();
	p->scale = scale;
}

int64_t
world_clock_real(const struct world_clock *p)
{
	return (monotonic_us() - p->start_us) / 1000;
}

int64_t
world_clock_world(const struct world_clock *p)
{
	return (int64_t)((double)(monotonic_us() - p->start_us) / 1000 * p->scale);
}

int64_t
world_clock_when(const struct world_clock *p, int64_t world_ms)
{
	double real = ceil((double)world_ms / p->scale);

	return world_ms < INT64_MAX && real < 9e18 ? (int64_t)real : INT64_MAX;
}

int64_t
world_clock_span(const struct world_clock *p, int64_t world_ms)
{
	return llround((double)world_ms / p->scale);
}
