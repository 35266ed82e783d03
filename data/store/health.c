/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/health.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/utctime.h"
#include "data/store/store_impl.h"

#define USUAL	50	/* rounds that say what is usual */

const char *const health_level_name[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

static int
ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The newest complete rounds, the last first. */
static int
read_rounds(struct store *s, struct health *h)
{
	sqlite3_stmt *st = query_bind(s, Q_HEALTH_ROUNDS, "iii", scoped_first(s), scoped_last(s),
	    (int64_t)USUAL);
	int64_t step[USUAL], later = UNKNOWN, start, tried, reached;
	double sum = 0;
	int n = 0, steps = 0, reaches = 0, rc = SQLITE_DONE;

	while (st != NULL && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		start = column_time(st, 1);
		tried = column_known(st, 3);
		reached = column_known(st, 4);
		if (n++ == 0) {
			h->round = scoped_number(sqlite3_column_int64(st, 0));
			h->end_ms = column_time(st, 2);
			h->reach = tried > 0 && reached >= 0 ? (double)reached / (double)tried : NAN;
		} else if (tried > 0 && reached >= 0) {
			sum += (double)reached / (double)tried;
			reaches++;
		}
		if (later != UNKNOWN && start != UNKNOWN && later > start)
			step[steps++] = later - start;
		later = start;
	}
	if (st != NULL)
		sqlite3_reset(st);
	if (st == NULL || rc != SQLITE_DONE)
		return store_fail_db(s);
	qsort(step, (size_t)steps, sizeof(step[0]), ascending);
	h->period_ms = steps > 0 ? step[steps / 2] : UNKNOWN;
	h->usual_reach = reaches > 0 ? sum / reaches : NAN;
	return 0;
}

int
health_read(struct store *s, struct health *h, int64_t now_ms)
{
	int64_t first = s->sensor * 1000000, last = first + 999999, analysed = 0, cut = 0;

	*h = (struct health){ .end_ms = UNKNOWN, .age_ms = UNKNOWN, .period_ms = UNKNOWN,
		.reach = NAN, .usual_reach = NAN };
	if (read_rounds(s, h) != 0 ||
	    query_value(s, &cut, Q_HEALTH_CUT, "ii", scoped_first(s), scoped_last(s)) == -1 ||
	    query_value(s, &analysed, Q_HEALTH_ANALYSED, "ii", scoped_first(s), scoped_last(s)) == -1 ||
	    query_value(s, &h->not_analysed, Q_HEALTH_BEHIND, "ii", analysed > 0 ? analysed + 1 :
	    scoped_first(s), scoped_last(s)) == -1 ||
	    query_value(s, &h->open_incidents, Q_HEALTH_OPEN, "ii", first, last) == -1 ||
	    query_value(s, &h->overdue_cases, Q_HEALTH_OVERDUE, "iii", first, last, now_ms) == -1)
		return -1;
	h->cut = (uint32_t)cut;
	h->analysed_round = scoped_number(analysed);
	if (h->end_ms != UNKNOWN)
		h->age_ms = now_ms - h->end_ms;
	return 0;
}

bool
health_is_stale(const struct health *h, int64_t stale_ms)
{
	if (stale_ms == UNKNOWN)
		return false;
	if (h->age_ms == UNKNOWN)
		return true;
	if (stale_ms == 0) {
		stale_ms = h->period_ms == UNKNOWN ? HEALTH_NO_PERIOD : h->period_ms * HEALTH_PERIODS;
		if (stale_ms < HEALTH_YOUNGEST)
			stale_ms = HEALTH_YOUNGEST;
	}
	return h->age_ms > stale_ms;
}

struct judgement {
	enum health_level level;
	char	*why;
	size_t	 size, len;
};

__attribute__((format(printf, 3, 4))) static void
say(struct judgement *j, enum health_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > j->level)
		j->level = level;
	if (j->len > 0 && j->len + 2 < j->size)
		j->len += (size_t)snprintf(j->why + j->len, j->size - j->len, ", ");
	va_start(ap, fmt);
	if (j->len < j->size)
		j->len += (size_t)vsnprintf(j->why + j->len, j->size - j->len, fmt, ap);
	va_end(ap);
}

enum health_level
health_judge(const struct health *h, int64_t free_bytes, int64_t stale_ms, char *why, size_t size)
{
	struct judgement j = { HEALTH_OK, why, size, 0 };
	char cut[ROUND_CUT_TEXT];

	why[0] = '\0';
	if (h->round == 0)
		say(&j, HEALTH_CRITICAL, "no round was finished yet");
	else if (health_is_stale(h, stale_ms))
		say(&j, HEALTH_CRITICAL, "the newest round is old");
	if (free_bytes != UNKNOWN && free_bytes < HEALTH_FREE)
		say(&j, free_bytes < HEALTH_FREE_LEAST ? HEALTH_CRITICAL : HEALTH_WARNING,
		    "the disk is nearly full");
	/* Budgets of single peers do what they are for; when all are cut, the operator must know. */
	if (h->cut & CUT_SHORT)
		say(&j, h->cut & (1u << CUT_DATABASE | 1u << CUT_DISK) ? HEALTH_CRITICAL : HEALTH_WARNING,
		    "the newest round was cut by %s", round_cut_format(cut, h->cut & CUT_SHORT));
	if (h->reach < HEALTH_REACH * h->usual_reach)
		say(&j, HEALTH_WARNING, "fewer nodes are reached than usual");
	if (h->not_analysed > 0 && (h->analysed_round == 0 ||
	    h->not_analysed * (h->period_ms > 0 ? h->period_ms : 0) > HEALTH_BEHIND_MS))
		say(&j, HEALTH_WARNING, "%" PRId64 " round%s not analysed", h->not_analysed,
		    h->not_analysed == 1 ? " is" : "s are");
	if (h->open_incidents > 0)
		say(&j, HEALTH_WARNING, "%" PRId64 " incident%s open", h->open_incidents,
		    h->open_incidents == 1 ? " is" : "s are");
	if (h->overdue_cases > 0)
		say(&j, HEALTH_WARNING, "%" PRId64 " case%s overdue", h->overdue_cases,
		    h->overdue_cases == 1 ? " is" : "s are");
	return j.level;
}
