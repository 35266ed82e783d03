/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/utctime.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Floor division: days before 1970 are negative. */
static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Days since 1970-01-01 in the proleptic Gregorian calendar, counted in years
 * that begin in March so that the leap day is a year's last (the usual
 * 400-year-era arithmetic: 146,097 days an era).
 */
static int64_t
days_from_civil(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = floor_div(y, 400);
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void
utctime_civil(struct civil *c, int64_t ms)
{
	int64_t days = floor_div(ms, DAY_MS);
	int64_t in_day = ms - days * DAY_MS;
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t of_era = z - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	c->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	c->month = (int)(month + (month < 10 ? 3 : -9));
	c->year = (int)(year + era * 400 + (c->month <= 2));
	c->hour = (int)(in_day / HOUR_MS);
	c->minute = (int)(in_day / MINUTE_MS % 60);
	c->second = (int)(in_day / SECOND_MS % 60);
	c->ms = (int)(in_day % 1000);
	c->weekday = (int)(((days + 4) % 7 + 7) % 7);	/* 1970-01-01 was a Thursday */
}

int64_t
utctime_from_civil(int year, int month, int day, int hour, int minute, int second, int ms)
{
	return days_from_civil(year, month, day) * DAY_MS + hour * HOUR_MS +
	    minute * MINUTE_MS + second * SECOND_MS + ms;
}

/* Exactly n decimal digits and the mark behind them. */
static char *
put_digits(char *p, int v, int n, char mark)
{
	for (int i = n - 1; i >= 0; i--) {
		p[i] = (char)('0' + v % 10);
		v /= 10;
	}
	p[n] = mark;
	return p + n + 1;
}

char *
utctime_format(char buf[WHEN_TEXT], int64_t ms)
{
	struct civil c;
	char *p;

	utctime_civil(&c, ms);
	if (c.year >= 0 && c.year <= 9999) {	/* without printf: exports write millions */
		p = put_digits(buf, c.year, 4, '-');
		p = put_digits(p, c.month, 2, '-');
		p = put_digits(p, c.day, 2, 'T');
		p = put_digits(p, c.hour, 2, ':');
		p = put_digits(p, c.minute, 2, ':');
		p = put_digits(p, c.second, 2, '.');
		*put_digits(p, c.ms, 3, 'Z') = '\0';
		return buf;
	}
	snprintf(buf, WHEN_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month,
	    c.day, c.hour, c.minute, c.second, c.ms);
	return buf;
}

/* Exactly n digits at *s into *v; moves *s behind them. */
static bool
digits(const char **s, int n, int *v)
{
	*v = 0;
	for (int i = 0; i < n; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		*v = *v * 10 + (**s - '0');
	}
	return true;
}

static bool
literal(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool
parse_date(const char **s, struct civil *c)
{
	return digits(s, 4, &c->year) && literal(s, '-') && digits(s, 2, &c->month) &&
	    literal(s, '-') && digits(s, 2, &c->day) && c->year >= 1 && c->month >= 1 &&
	    c->month <= 12 && c->day >= 1 && c->day <= days_in_month(c->year, c->month);
}

/* "." and 1 to 9 digits, cut to milliseconds; absent is zero. */
static bool
parse_fraction(const char **s, int *ms)
{
	int n = 0;

	*ms = 0;
	if (!literal(s, '.'))
		return true;
	for (; **s >= '0' && **s <= '9' && n < 9; (*s)++, n++)
		if (n < 3)
			*ms = *ms * 10 + (**s - '0');
	for (int i = n; i < 3; i++)
		*ms *= 10;
	return n > 0;
}

static bool
parse_clock(const char **s, struct civil *c)
{
	return digits(s, 2, &c->hour) && literal(s, ':') && digits(s, 2, &c->minute) &&
	    literal(s, ':') && digits(s, 2, &c->second) && c->hour <= 23 &&
	    c->minute <= 59 && c->second <= 60 && parse_fraction(s, &c->ms);
}

bool
utctime_parse_offset(int *minutes, const char *s)
{
	int sign = *s == '-' ? -1 : 1;
	int h, m;

	if (strcmp(s, "Z") == 0 || strcmp(s, "z") == 0 || strcmp(s, "UTC") == 0) {
		*minutes = 0;
		return true;
	}
	if (*s != '+' && *s != '-')
		return false;
	s++;
	if (!digits(&s, 2, &h) || !literal(&s, ':') || !digits(&s, 2, &m) || *s != '\0' ||
	    h > 23 || m > 59)
		return false;
	*minutes = sign * (h * 60 + m);
	return true;
}

/* Leap seconds end a month of UTC; this clock counts one as the first second of the next. */
static bool
is_leap_second(int64_t ms)
{
	struct civil c;

	utctime_civil(&c, ms);
	return c.day == 1 && c.hour == 0 && c.minute == 0 && c.second == 0;
}

bool
utctime_parse(int64_t *ms, const char *s)
{
	struct civil c = { 0 };
	int offset = 0;

	if (!parse_date(&s, &c))
		return false;
	if (*s != '\0') {
		if (!literal(&s, 'T') && !literal(&s, 't') && !literal(&s, ' '))
			return false;
		if (!parse_clock(&s, &c) || !utctime_parse_offset(&offset, s))
			return false;
	}
	*ms = utctime_from_civil(c.year, c.month, c.day, c.hour, c.minute, c.second, c.ms) -
	    offset * MINUTE_MS;
	return c.second < 60 || is_leap_second(*ms - c.ms);
}

static int64_t
clock_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
utctime_now(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t
utctime_monotonic(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}
