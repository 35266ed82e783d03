/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/cells.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "data/lib/cli.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"
#include "data/store/sensors.h"

/* Never "-0" and never "nan". */
static double
plain(double v)
{
	return v == 0 ? 0 : v;
}

void
cell_count(FILE *f, double v)
{
	if (isfinite(v))
		fprintf(f, ",%.0f", plain(round(v)));
	else
		putc(',', f);
}

void
cell_share(FILE *f, double v)
{
	if (isfinite(v))
		fprintf(f, ",%.6g", plain(v));
	else
		putc(',', f);
}

void
cell_time(FILE *f, int64_t ms)
{
	char buf[WHEN_TEXT];

	putc(',', f);
	if (ms >= 0)
		fputs(utctime_format(buf, ms), f);
}

void
json_open(struct json *j, FILE *f)
{
	j->f = f;
	j->inside = false;
	putc('{', f);
}

void
json_name(struct json *j, const char *name)
{
	fprintf(j->f, "%s\"%s\":", j->inside ? "," : "", name);
	j->inside = true;
}

void
json_count(struct json *j, const char *name, double v)
{
	json_name(j, name);
	if (isfinite(v))
		fprintf(j->f, "%.0f", plain(round(v)));
	else
		fputs("null", j->f);
}

void
json_share(struct json *j, const char *name, double v)
{
	json_name(j, name);
	if (isfinite(v))
		fprintf(j->f, "%.6g", plain(v));
	else
		fputs("null", j->f);
}

void
json_time(struct json *j, const char *name, int64_t ms)
{
	char buf[WHEN_TEXT];

	json_name(j, name);
	if (ms >= 0)
		fprintf(j->f, "\"%s\"", utctime_format(buf, ms));
	else
		fputs("null", j->f);
}

void
json_text(struct json *j, const char *name, const char *text)
{
	json_name(j, name);
	if (text == NULL)
		fputs("null", j->f);
	else
		text_json(j->f, text_of(text));
}

void
json_close(struct json *j)
{
	putc('}', j->f);
}

int
print_end(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_DONE;
	log_error("standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

/* ---- sensors ---- */

void
cell_sensor(FILE *f, const struct sensor_row *r)
{
	if (r->of <= 1)
		return;
	text_csv(f, text_of(r->name));
	putc(',', f);
}

void
json_sensor(struct json *j, const struct sensor_row *r)
{
	if (r->of <= 1)
		return;
	json_text(j, "sensor", r->name);
	json_text(j, "overlay", r->overlay);
}

void
print_sensor(const struct sensor_row *r)
{
	char label[SENSOR_LABEL];

	if (r->of > 1)
		printf("%ssensor %s\n", r->place > 0 ? "\n" : "", sensors_label(label, r));
}
