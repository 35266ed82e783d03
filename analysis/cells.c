/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/cells.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "data/lib/cli.h"
#include "data/lib/json_write.h"
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
json_sensor(struct json_out *j, const struct sensor_row *r)
{
	if (r->of <= 1)
		return;
	json_put_string(j, "sensor", r->name);
	json_put_string(j, "overlay", r->overlay);
}

void
print_sensor(const struct sensor_row *r)
{
	char label[SENSOR_LABEL];

	if (r->of > 1)
		printf("%ssensor %s\n", r->place > 0 ? "\n" : "", sensors_label(label, r));
}
