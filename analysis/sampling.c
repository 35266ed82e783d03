/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps the rounds at hand inside the memory that analyze may use: when a round comes in
 * with which they would not fit, every second address is let go, in that round and in all
 * that are there already, until they do (analysis/rounds/address_sample.h).
 *
 * The level of the sample only rises: who was outside has no memory, and would be new to
 * everybody if it came back.  It begins anew when the past is analysed anew.
 */
#include "analysis/analyze.h"
#include "bounds.h"
#include "data/lib/log.h"

/* Bytes of digests that the window may hold. */
static size_t
room_for_digests(const struct analysis *a)
{
	return (size_t)((double)a->max_memory * ANALYSIS_DIGESTS);
}

static size_t
window_bytes(const struct window *w)
{
	size_t n = 0;

	array_each(d, &w->round)
		n += round_digest_bytes(*d);
	return n;
}

/* What is counted of the day is counted again, of the sample alone. */
static int
count_day_again(struct analysis *a)
{
	series_free(&a->series);
	series_open(&a->series, &a->members, &a->space);
	array_each(d, &a->window.round)
		if (series_queue(&a->series, *d) != 0)
			return -1;
	return series_recall(&a->series);
}

/* A flood half of whose sources are out of sight is one of a level less (flood_hmm.h). */
static void
lower_levels(struct analysis *a, unsigned by)
{
	uint32_t *level = &a->state.standing.level;

	if (*level > 0)
		*level = *level > by ? *level - by : 1;
	array_each(i, &a->incidents.all)
		if (i->is.open)
			i->is.level = i->is.level > by ? i->is.level - by : 1;
}

static int
thin_window(struct analysis *a, unsigned level)
{
	unsigned before = a->window.level;

	array_each(d, &a->window.round)
		if (round_digest_thin(*d, &a->reader, level) != 0)
			return -1;
	a->window.level = a->state.level = a->reader.level = level;
	a->first_new = 0;	/* all digests are to be kept again */
	lower_levels(a, level - before);
	if (count_day_again(a) == 0)
		return 0;
	log_error("%s", memory_missing());
	return -1;
}

int
analysis_sample(struct analysis *a, struct round_digest *d)
{
	size_t room = room_for_digests(a), more = d == NULL ? 0 : round_digest_bytes(d);
	unsigned level = d == NULL ? a->window.level : d->level;

	while (level < SAMPLE_LEVEL_MAX) {
		if (level > a->window.level && thin_window(a, level) != 0)
			return -1;
		if (d != NULL && d->level < level) {
			if (round_digest_thin(d, &a->reader, level) != 0)
				return -1;
			more = round_digest_bytes(d);
		}
		if (window_bytes(&a->window) + more <= room)
			return 0;
		level = a->window.level + 1;
	}
	return 0;
}

bool
analysis_is_crowded(const struct analysis *a)
{
	size_t most = (size_t)((double)a->max_memory * ANALYSIS_MEMBERS) / sizeof(struct member);

	return a->members.m.n > most && a->members.m.n > 2 * a->recalled;
}
