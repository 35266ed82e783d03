/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/time_frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/lib/utctime.h"
#include "plots/window.h"

/* The first row that ended at or after t. */
static size_t
first_row(const struct source *s, int64_t t)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->row[mid].end_ms < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

double *
time_frame_column(struct arena *a, const struct time_frame *f, const struct source *s,
    size_t field)
{
	const struct series_row *row = s->row + first_row(s, f->window.from_ms);
	double *v = arena_take(a, f->n, sizeof(*v));

	for (size_t i = 0; i < f->n; i++)
		memcpy(&v[i], (const char *)&row[i] + field, sizeof(v[i]));
	return v;
}

/* ---- rounds -------------------------------------------------------------------- */

/* How much of the day before each round was measured, also by rounds before the frame. */
static void
take_coverage(struct arena *a, struct time_frame *f, const struct source *s, size_t first)
{
	size_t from = first_row(s, f->window.from_ms - DAY_MS), n = first + f->n - from,
	    full = 0;
	int64_t *start = arena_take(a, n, sizeof(*start)),
	    *end = arena_take(a, n, sizeof(*end));
	uint8_t *ok = arena_take(a, n, 1);
	double *share = arena_take(a, n, sizeof(*share));

	for (size_t i = 0; i < n; i++) {
		start[i] = s->row[from + i].start_ms;
		end[i] = s->row[from + i].end_ms;
		ok[i] = s->row[from + i].complete;
	}
	series_prep_coverage(start, end, ok, n, DAY_MS, share);
	f->day_share = share + (first - from);
	for (size_t i = 0; i < f->n; i++)
		full += f->day_share[i] >= FULL_DAY;
	f->partial = full > 0 && full < f->n;
	f->young = full == 0 && f->n > 0;
}

static void
take_rounds(struct arena *a, struct time_frame *f, const struct series_row *row)
{
	uint32_t *round = arena_take(a, f->n, sizeof(*round));
	int64_t *start = arena_take(a, f->n, sizeof(*start));
	int64_t *end = arena_take(a, f->n, sizeof(*end));
	uint8_t *ok = arena_take(a, f->n, 1), *cut = arena_take(a, f->n, 1);
	struct span *gaps = arena_take(a, f->n + 2, sizeof(*gaps));

	for (size_t i = 0; i < f->n; i++) {
		round[i] = row[i].round;
		start[i] = row[i].start_ms;
		end[i] = row[i].end_ms;
		ok[i] = row[i].complete;
		f->ncut += (row[i].cut & (CUT_SHORT | CUT_RECORDS)) != 0;
		f->cut_by |= row[i].cut & (CUT_SHORT | CUT_RECORDS);
	}
	f->ngaps = series_prep_gaps(start, end, ok, f->n, f->window, cut, gaps);
	f->round = round;
	f->start_ms = start;
	f->end_ms = end;
	f->cut = cut;
	f->gaps = gaps;
}

/* ---- incidents as marks ----------------------------------------------------------- */

static const enum mark_kind mark_of[INC_NKIND] = {
	[INC_RANDOM_SOURCES] = MARK_ALERT, [INC_PORT_FANOUT] = MARK_ALERT,
	[INC_TARGETED_HASH] = MARK_ALERT, [INC_REACHABILITY_DROP] = MARK_WARN,
	[INC_OUTAGE] = MARK_OUTAGE, [INC_POPULATION_STEP] = MARK_STEP,
	[INC_MADE_UP_CONTACTS] = MARK_ALERT, [INC_SYBIL_CLUSTER] = MARK_ALERT,
	[INC_SYBIL_FLEET] = MARK_ALERT, [INC_ID_HOP] = MARK_ALERT, [INC_JUNK_HASHES] = MARK_ALERT,
};

static const char *
mark_text(struct arena *a, const struct incident_row *i, struct span w, int offset)
{
	/* What reaches out of the window needs its date, however short the window is. */
	int64_t end = i->end_ms > w.to_ms ? i->end_ms : w.to_ms;
	int64_t span = end - (i->start_ms < w.from_ms ? i->start_ms : w.from_ms);
	char from[FORMAT_TEXT], to[FORMAT_TEXT], number[NUMBER_TEXT];
	const char *what = incident_in_brief(i->kind), *size = "";

	if (isfinite(i->bogus) && i->bogus > 0)
		size = arena_print(a, ", %s bogus", number_format(number, i->bogus,
		    UNIT_COUNT));
	format_short(from, i->start_ms, offset, span);
	if (i->end_ms == UNKNOWN)
		return arena_print(a, "since %s %s%s", from, what, size);
	format_short(to, i->end_ms, offset, span);
	if (strcmp(from, to) == 0)
		return arena_print(a, "%s %s%s", from, what, size);
	return arena_print(a, "%s - %s %s%s", from, to, what, size);
}

/* Incidents in the window, by id; the list names the gravest and then the latest. */
static void
take_marks(struct arena *a, struct time_frame *f, const struct source *s, int offset)
{
	struct mark *m = arena_take(a, s->nincidents, sizeof(*m));

	for (size_t k = 0; k < s->nincidents; k++) {
		const struct incident_row *i = &s->incident[k];
		struct mark *to = &m[f->nmarks];
		int64_t end = i->end_ms == UNKNOWN ? f->window.to_ms : i->end_ms;

		if (i->start_ms >= f->window.to_ms || end < f->window.from_ms)
			continue;
		to->when = (struct span){ i->start_ms, end };
		to->kind = mark_of[i->kind];
		to->rank = i->severity;
		snprintf(to->name, sizeof(to->name), "#%lld", (long long)(i->id % 100000000));
		to->text = mark_text(a, i, f->window, offset);
		f->nmarks++;
	}
	f->marks = m;
	for (size_t left = FRAME_EVENTS; left > 0; left--) {
		struct mark *best = NULL;

		for (size_t k = 0; k < f->nmarks; k++)
			if (!m[k].listed && (best == NULL || m[k].rank >= best->rank))
				best = &m[k];
		if (best != NULL)
			best->listed = true;
	}
}

void
time_frame_make(struct arena *a, struct time_frame *f, const struct source *s,
    struct span window, int offset)
{
	size_t first = first_row(s, window.from_ms);

	*f = (struct time_frame){ .window = window, .offset_minutes = offset };
	f->weekends = window.to_ms - window.from_ms >= 2 * DAY_MS &&
	    window.to_ms - window.from_ms <= 130 * DAY_MS;
	f->n = first_row(s, window.to_ms + 1) - first;
	take_rounds(a, f, s->row + first);
	take_coverage(a, f, s, first);
	take_marks(a, f, s, offset);
}
