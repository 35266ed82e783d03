/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/lib/utctime.h"

static const char month_name[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

static void
add_tick(struct axis *a, double at, bool major, const char *label)
{
	struct tick *t;

	if (a->n == AXIS_TICKS)
		return;
	t = &a->tick[a->n++];
	t->at = at;
	t->major = major;
	snprintf(t->label, sizeof(t->label), "%s", label);
}

/* ---- numbers ---------------------------------------------------------- */

/* Digits in groups of three. */
static void
format_grouped(char buf[NUMBER_TEXT], double v)
{
	char digits[NUMBER_TEXT];
	size_t n, out = 0;

	snprintf(digits, sizeof(digits), "%.0f", v);
	n = strlen(digits);
	for (size_t i = 0; i < n && out + 2 < NUMBER_TEXT; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
}

static void
format_count(char buf[NUMBER_TEXT], double v)
{
	static const struct { double below, unit; const char *suffix; } scales[] = {
		{ 1e9, 1e6, " M" }, { 1e12, 1e9, " G" }, { 1e15, 1e12, " T" },
	};

	if (v < 9999999.5) {
		format_grouped(buf, v);
		return;
	}
	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++)
		if (v < scales[i].below * 0.9995) {
			snprintf(buf, NUMBER_TEXT, "%.*f%s", v / scales[i].unit < 99.95,
			    v / scales[i].unit, scales[i].suffix);
			return;
		}
	snprintf(buf, NUMBER_TEXT, "%.1e", v);
}

double
unit_shown(enum unit unit, double v)
{
	return unit == UNIT_PERCENT ? 100 * v : v;
}

char *
number_format(char buf[NUMBER_TEXT], double v, enum unit unit)
{
	char body[NUMBER_TEXT];
	double size = fmin(fabs(v), 1e300);

	if (isnan(v))
		snprintf(body, sizeof(body), "-");
	else if (unit == UNIT_PERCENT && size < 1e12)
		snprintf(body, sizeof(body), "%.*f %%",
		    size == 0 || size >= 99.95 ? 0 : size < 0.9995 ? 2 : 1, size);
	else if (size < 0.005)
		snprintf(body, sizeof(body), "0");
	else if (size < 1e9 && (unit == UNIT_RATIO || (size < 10 && size != floor(size))))
		snprintf(body, sizeof(body), "%.2f", size);
	else
		format_count(body, size);
	snprintf(buf, NUMBER_TEXT, "%s%.*s", v < 0 ? "-" : "", NUMBER_TEXT - 2, body);
	return buf;
}

/* ---- linear and logarithmic ------------------------------------------- */

/* The smallest of 1, 2, 2.5, 5 times a power of ten not below x > 0; whole if asked. */
static double
round_up(double x, bool whole)
{
	static const double steps[] = { 1, 2, 2.5, 5, 10 };
	double power = pow(10, floor(log10(x)));

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		double step = steps[i] * power;

		if (step >= x * (1 - 1e-9) && (!whole || step == floor(step)))
			return step;
	}
	return 10 * power;
}

/* Air above the highest line. */
static const double HEADROOM = 1.04;

void
axis_linear(struct axis *a, double most, double pixels, enum unit unit)
{
	double want = fmax(2, fmin(12, floor(pixels / 38))), step;
	double limit = unit == UNIT_PERCENT ? 100 : 1e300;
	char label[NUMBER_TEXT];
	int decimals;
	bool whole;

	if (!isfinite(most) || most <= 0)
		most = unit == UNIT_PERCENT ? 100 : 1;
	most = fmax(fmin(most * HEADROOM, limit), 1e-6);
	step = round_up(unit == UNIT_COUNT ? fmax(1, most / want) : most / want,
	    unit == UNIT_COUNT);
	a->log = false;
	a->n = 0;
	a->lo = 0;
	a->hi = ceil(most / step * (1 - 1e-9)) * step;
	a->hi = fmin(a->hi, limit);
	whole = step == floor(step);
	decimals = whole ? 0 : step < 0.1 ? 2 + (step < 0.01) :
	    step * 10 == floor(step * 10) ? 1 : 2;
	for (int i = 0; i * step <= a->hi * (1 + 1e-9); i++) {
		double v = i * step;

		if (unit == UNIT_PERCENT)
			snprintf(label, NUMBER_TEXT, "%.*f %%", decimals, v);
		else if (!whole && v < 1e6)
			snprintf(label, NUMBER_TEXT, "%.*f", decimals, v);
		else
			number_format(label, v, UNIT_COUNT);
		add_tick(a, v, true, label);
	}
}

void
axis_log(struct axis *a, double most, double pixels)
{
	char label[NUMBER_TEXT];
	int decades = 1, every;

	while (decades < 300 && pow(10, decades) < most * (1 - 1e-9))
		decades++;
	a->log = true;
	a->n = 0;
	a->lo = 1;
	a->hi = pow(10, decades);
	every = 1 + (int)(decades * 24 / fmax(pixels, 24));
	for (int d = 0; d <= decades; d++) {
		double at = pow(10, d);
		bool major = d % every == 0;

		add_tick(a, at, major, major ? number_format(label, at, UNIT_COUNT) : "");
		for (int m = 2; m <= 9 && d < decades && every == 1 &&
		    pixels / decades > 30; m++)
			add_tick(a, at * m, false, "");
	}
}

/* ---- time -------------------------------------------------------------- */

enum time_form { FORM_HMS, FORM_HM, FORM_DAY, FORM_MONTH, FORM_YEAR };

/* Ordered by step; months where ms is 0.  The first whose labels have room wins. */
static const struct time_step {
	int64_t	ms, minor_ms;
	int	months;
	enum time_form form;
} time_steps[] = {
	{ SECOND_MS, 0, 0, FORM_HMS },
	{ 5 * SECOND_MS, SECOND_MS, 0, FORM_HMS },
	{ 10 * SECOND_MS, SECOND_MS, 0, FORM_HMS },
	{ 15 * SECOND_MS, 5 * SECOND_MS, 0, FORM_HMS },
	{ 30 * SECOND_MS, 10 * SECOND_MS, 0, FORM_HMS },
	{ MINUTE_MS, 15 * SECOND_MS, 0, FORM_HM },
	{ 2 * MINUTE_MS, 30 * SECOND_MS, 0, FORM_HM },
	{ 5 * MINUTE_MS, MINUTE_MS, 0, FORM_HM },
	{ 10 * MINUTE_MS, 2 * MINUTE_MS, 0, FORM_HM },
	{ 15 * MINUTE_MS, 5 * MINUTE_MS, 0, FORM_HM },
	{ 30 * MINUTE_MS, 10 * MINUTE_MS, 0, FORM_HM },
	{ HOUR_MS, 15 * MINUTE_MS, 0, FORM_HM },
	{ 2 * HOUR_MS, 30 * MINUTE_MS, 0, FORM_HM },
	{ 3 * HOUR_MS, HOUR_MS, 0, FORM_HM },
	{ 6 * HOUR_MS, HOUR_MS, 0, FORM_HM },
	{ 12 * HOUR_MS, 3 * HOUR_MS, 0, FORM_HM },
	{ DAY_MS, 6 * HOUR_MS, 0, FORM_DAY },
	{ 2 * DAY_MS, 12 * HOUR_MS, 0, FORM_DAY },
	{ 7 * DAY_MS, DAY_MS, 0, FORM_DAY },
	{ 14 * DAY_MS, DAY_MS, 0, FORM_DAY },
	{ 0, 7 * DAY_MS, 1, FORM_MONTH },
	{ 0, 0, 3, FORM_MONTH },
	{ 0, 0, 12, FORM_YEAR },
	{ 0, 0, 60, FORM_YEAR },
	{ 0, 0, 600, FORM_YEAR },
};
/* Pixels that a label and the air around it take, at 12 px letters. */
static const double form_room[] = {
	[FORM_HMS] = 76, [FORM_HM] = 58, [FORM_DAY] = 66, [FORM_MONTH] = 76, [FORM_YEAR] = 48,
};

static void
label_time(char label[NUMBER_TEXT], int64_t local_ms, enum time_form form)
{
	struct civil c;

	utctime_civil(&c, local_ms);
	if (form <= FORM_HM && c.hour == 0 && c.minute == 0 && c.second == 0)
		form = FORM_DAY;
	switch (form) {
	case FORM_HMS:
		snprintf(label, NUMBER_TEXT, "%02d:%02d:%02d", c.hour, c.minute, c.second);
		break;
	case FORM_HM:
		snprintf(label, NUMBER_TEXT, "%02d:%02d", c.hour, c.minute);
		break;
	case FORM_DAY:
		snprintf(label, NUMBER_TEXT, "%s %d", month_name[c.month - 1], c.day);
		break;
	case FORM_MONTH:
		snprintf(label, NUMBER_TEXT, "%s %d", month_name[c.month - 1], c.year);
		break;
	case FORM_YEAR:
		snprintf(label, NUMBER_TEXT, "%d", c.year);
		break;
	}
}

/* The first multiple of step not before t, counted from Monday 1970-01-05. */
static int64_t
first_multiple(int64_t t, int64_t step)
{
	int64_t rest = (t - 4 * DAY_MS) % step;

	if (rest < 0)
		rest += step;
	return rest == 0 ? t : t + (step - rest);
}

static void
add_months(struct axis *a, const struct time_step *s, int64_t from, int64_t to, int64_t offset)
{
	char label[NUMBER_TEXT];
	struct civil c;

	utctime_civil(&c, from);
	for (int64_t k = ((int64_t)c.year * 12 + c.month - 1) / s->months;
	    k * s->months / 12 < 9999; k++) {
		int64_t m = k * s->months;	/* from year 1 */
		int64_t t = utctime_from_civil((int)(m / 12), (int)(m % 12) + 1, 1, 0, 0, 0, 0);

		if (t > to)
			return;
		label_time(label, t, s->form);
		if (t >= from)
			add_tick(a, (double)(t - offset), true, label);
	}
}

static void
add_even(struct axis *a, int64_t step, enum time_form form, bool major, int64_t from,
    int64_t to, int64_t offset)
{
	char label[NUMBER_TEXT] = "";

	for (int64_t t = first_multiple(from, step); t <= to; t += step) {
		if (major)
			label_time(label, t, form);
		add_tick(a, (double)(t - offset), major, label);
	}
}

void
axis_time(struct axis *a, int64_t from_ms, int64_t to_ms, int offset_minutes, double pixels)
{
	const struct time_step *s = time_steps;
	const struct time_step *last = s + sizeof(time_steps) / sizeof(time_steps[0]) - 1;
	int64_t offset = offset_minutes * MINUTE_MS, from, to;
	double per_ms;

	if (to_ms - from_ms < SECOND_MS)
		to_ms = from_ms + SECOND_MS;
	per_ms = pixels / (double)(to_ms - from_ms);
	from = from_ms + offset;
	to = to_ms + offset;
	while (s < last &&
	    per_ms * (double)(s->ms + s->months * 30 * DAY_MS) < form_room[s->form])
		s++;
	a->log = false;
	a->n = 0;
	a->lo = (double)from_ms;
	a->hi = (double)to_ms;
	if (s->minor_ms != 0 && per_ms * (double)s->minor_ms >= 4)
		add_even(a, s->minor_ms, s->form, false, from, to, offset);
	if (s->months != 0)
		add_months(a, s, from, to, offset);
	else
		add_even(a, s->ms, s->form, true, from, to, offset);
}

double
axis_place(const struct axis *a, double v, double from, double to)
{
	double share;

	if (isnan(v))
		return from;
	if (a->log)
		share = log(fmax(v, a->lo) / a->lo) / log(a->hi / a->lo);
	else
		share = (v - a->lo) / (a->hi - a->lo);
	return from + fmax(0, fmin(1, share)) * (to - from);
}
