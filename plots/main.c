/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku-plot: the charts of a database and the pages that show them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "data/lib/cli.h"
#include "data/lib/confine.h"
#include "data/lib/log.h"
#include "data/store/sensors.h"
#include "data/lib/utctime.h"
#include "observation.h"
#include "plots/arena.h"
#include "plots/gallery_build.h"

/* The options as they were given; gallery_options is what they mean. */
struct given {
	const char	*db, *tz, *format, *date;
	struct text_list windows;
	struct sensor_filter sensors;
};

/*
 * When the pages are made, to the hour, so that two runs side by side make the same bytes;
 * or what SOURCE_DATE_EPOCH says, as for other things that are to be made again alike.
 */
static int64_t
made_now(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	int64_t ms = epoch != NULL ? strtoll(epoch, NULL, 10) * SECOND_MS : utctime_now();

	return ms - ms % HOUR_MS;
}

/* ---- the command line -------------------------------------------------------------- */

static bool
wrong(const char *option, const char *value, const char *right)
{
	log_error("--%s %s: want %s", option, value, right);
	return false;
}

static bool
read_formats(struct gallery_options *o, const char *text)
{
	static const struct { const char *text; bool svg, png; } known[] = {
		{ "svg", true, false }, { "png", false, true }, { "svg,png", true, true },
		{ "png,svg", true, true },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(text, known[i].text) == 0) {
			o->svg = known[i].svg;
			o->png = known[i].png;
			return true;
		}
	return wrong("format", text, "svg, png or svg,png");
}

/* --date is the end of that day at the offset. */
static bool
read_date(struct gallery_options *o, const char *text)
{
	if (text == NULL)
		return true;
	if (o->until_ms != UNKNOWN) {
		log_error("--date and --until both say when the pictures end: give one of"
		    " them");
		return false;
	}
	if (strlen(text) != strlen("2010-07-02") || !utctime_parse(&o->until_ms, text))
		return wrong("date", text, "a day such as 2010-07-02");
	o->until_ms += DAY_MS - o->offset_minutes * MINUTE_MS;
	return true;
}

static bool
understand(struct gallery_options *o, const struct given *g)
{
	struct stat st;

	o->windows = g->windows.item;
	o->nwindows = g->windows.n;
	if (o->nwindows > GALLERY_WINDOWS) {
		log_error("--window may be given %d times, not %zu", GALLERY_WINDOWS,
		    o->nwindows);
		return false;
	}
	if (!utctime_parse_offset(&o->offset_minutes, g->tz))
		return wrong("tz", g->tz, "an offset such as +09:00, or UTC");
	if (stat(o->out, &st) == 0 && !S_ISDIR(st.st_mode))
		return wrong("out", o->out, "a folder, or a name for a new one");
	return read_formats(o, g->format) && read_date(o, g->date) &&
	    (o->db = cli_database_there(g->db)) != NULL;
}

static bool
parse(struct gallery_options *o, struct given *g, int argc, char **argv, int *status)
{
	const struct option_spec specs[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &g->db, .value = "DB",
		    .help = "the database, analysed (or KANSOKU_DB)" },
		{ .name = "out", .kind = OPT_TEXT, .into = &o->out, .value = "DIR",
		    .required = true,
		    .help = "where the pages and pictures go; made if it is not there" },
		SENSOR_OPTIONS(&g->sensors),
		{ .name = "window", .kind = OPT_LIST, .into = &g->windows, .value = "SPAN",
		    .help = "24h, 7d, 60d, 400d or FROM/TO (those that the data fill)" },
		{ .name = "tz", .kind = OPT_TEXT, .into = &g->tz, .value = "OFFSET",
		    .help = "time zone of the charts, +HH:MM or UTC (+09:00)" },
		{ .name = "date", .kind = OPT_TEXT, .into = &g->date, .value = "DAY",
		    .help = "draw as at the end of this day, 2010-07-02" },
		{ .name = "until", .kind = OPT_TIME, .into = &o->until_ms, .value = "TIME",
		    .help = "draw as at this time (the last round's end)" },
		{ .name = "format", .kind = OPT_TEXT, .into = &g->format, .value = "LIST",
		    .help = "svg, png or both (svg,png)" },
		{ .name = "addresses", .kind = OPT_FLAG, .into = &o->addresses,
		    .help = "name delivering peers in full; do not publish such pages" },
		{ .name = NULL },
	};
	const struct usage usage = {
		.program = "kansoku-plot", .operands = "",
		.about = "Draws the charts of an analysed database, with the numbers behind "
		    "each as CSV, and the pages that show them.",
		.options = specs,
	};

	if (cli_options(&usage, argc, argv, status) < 0)
		return false;
	*status = EXIT_MISUSED;
	return understand(o, g);
}

/* ---- limits ---------------------------------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__)
#define BIG_ADDRESS_SPACE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BIG_ADDRESS_SPACE 1
#endif
#endif

/* libplot may ask for any memory and reads the environment: it gets neither, nor a socket. */
static void
limit(void)
{
	const struct rlimit none = { 0, 0 };
	struct confinement confined;

	setrlimit(RLIMIT_CORE, &none);
#ifndef BIG_ADDRESS_SPACE
	const struct rlimit space = { 2UL << 30, 2UL << 30 };

	setrlimit(RLIMIT_AS, &space);
#endif
	clearenv();
	umask(022);
	confine_offline(&confined);
	if (!confined.calls)
		log_debug("not confined: seccomp: %s", strerror(confined.calls_error));
}

/* ---- sensors ---------------------------------------------------------------------------- */

/* DIR/NAME, the name made plain: a folder for each of several sensors. */
static char *
folder_of(const char *out, const struct sensor_row *r)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t n = strspn(r->name, plain);
	char *path;
	int made = r->name[n] == '\0' && n > 0 && n < 64 ? asprintf(&path, "%s/%s", out, r->name)
	    : asprintf(&path, "%s/sensor.%lld", out, (long long)r->id);

	return made == -1 ? NULL : path;
}

static int
draw_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct gallery_options o = *(const struct gallery_options *)arg;
	char *folder = NULL;
	int status;

	(void)s;
	o.sensor = r->id;
	if (r->of > 1) {
		if ((folder = folder_of(o.out, r)) == NULL) {
			log_error("out of memory");
			return EXIT_FAILED;
		}
		mkdir(o.out, 0755);	/* if it fails, so does what is made in it */
		o.out = folder;
	}
	status = gallery_build(&o);
	free(folder);
	return status;
}

static int
draw_sensors(struct gallery_options *o, const struct sensor_filter *f)
{
	struct store *s = store_open(o->db, STORE_READ);
	int status;

	if (s == NULL)
		return EXIT_FAILED;
	status = sensors_each(s, f, draw_sensor, o);
	store_close(s);
	return status;
}

/* The door of arena.h, in this process and in those that draw. */
static __attribute__((noreturn)) void
no_memory(void)
{
	log_error("out of memory");
	exit(EXIT_FAILED);
}

int
main(int argc, char **argv)
{
	struct gallery_options o = { .until_ms = UNKNOWN, .made_ms = made_now() };
	struct given g = { .tz = "+09:00", .format = "svg,png", .sensors.no_taps = true };
	int status;

	log_setup("kansoku-plot", LOG_NORMAL);
	arena_no_memory = no_memory;
	if (parse(&o, &g, argc, argv, &status)) {
		limit();
		status = draw_sensors(&o, &g.sensors);
	}
	free(g.windows.item);
	return status;
}
