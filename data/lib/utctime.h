/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTC milliseconds since 1970, to and from RFC 3339.  Proleptic Gregorian
 * arithmetic, years 1..9999; no time zone files, no locale, no leap seconds but where one is read.
 */
#ifndef KANSOKU_DATA_LIB_UTCTIME_H
#define KANSOKU_DATA_LIB_UTCTIME_H

#include <stdbool.h>
#include <stdint.h>

#define WHEN_TEXT	40	/* enough for every form below */
#define SECOND_MS	INT64_C(1000)
#define MINUTE_MS	(60 * SECOND_MS)
#define HOUR_MS		(60 * MINUTE_MS)
#define DAY_MS		(24 * HOUR_MS)

struct civil { int year, month, day, hour, minute, second, ms, weekday; /* 0 = Sunday */ };

void	 utctime_civil(struct civil *, int64_t ms);
int64_t	 utctime_from_civil(int year, int month, int day, int hour, int minute, int second,
    int ms);

/* "2010-05-21T03:00:00.000Z"; returns buf. */
char	*utctime_format(char buf[WHEN_TEXT], int64_t ms);
/*
 * RFC 3339 date-time with Z or a numeric offset and up to nine fractional
 * digits (cut to ms); T and Z may be small, and a leap second at the end of a month
 * of UTC is the second behind it.  Or a bare date for its midnight UTC.  Impossible dates
 * and anything behind the end are refused.
 */
bool	 utctime_parse(int64_t *ms, const char *text);
/* "+09:00", "-05:30", "UTC" or "Z" to minutes, within a day. */
bool	 utctime_parse_offset(int *minutes, const char *text);
/* Now, by the system's clock (UTC) and by the monotonic one. */
int64_t	 utctime_now(void);
int64_t	 utctime_monotonic(void);

#endif
