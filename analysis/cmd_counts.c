/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku counts: the node counts of every round, as the last analyze left them;
 * rounds that were not analysed are counted here, without the clean columns.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells.h"
#include "analysis/rounds/series.h"
#include "analysis/verbs.h"
#include "data/lib/cli.h"
#include "data/lib/json_write.h"
#include "data/lib/log.h"
#include "data/store/sensors.h"
#include "data/lib/utctime.h"

enum { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSONL };

struct counting {
	struct store	*store;
	int		 format;
	bool		 population;
	struct sensor_filter filter;
	const struct sensor_row *sensor;	/* whose rounds; what follows but the lines is its own */
	uint32_t	 analysed;	/* the last complete round that has a row */
	uint32_t	 printed;	/* the last round that has one, complete or not */
	int64_t		 lines, before;	/* before: of other sensors */
	struct members	 members;
	struct address_space	 space;
	struct series	 series;
	ARRAY_OF(struct round_digest *) digest;	/* freed at the end */
};

/* ---- one row ---- */

/* The first COLUMNS make a table and CSV; JSON lines hold every series. */
static const struct { const char *name; size_t at; bool share; } column[] = { /* flat */
#define C(n)	{ #n, offsetof(struct series_row, n), false }
#define S(n)	{ #n, offsetof(struct series_row, n), true }
	C(tried), C(reached), C(instant), C(day_keys), C(day_all), C(instant_clean),
	C(day_keys_clean), C(day_all_clean), S(impossible_share),
	S(success_low), S(success_high), S(new16_share), S(one_shot_share), S(top_share),
	C(day_addresses), C(max_ports), C(max_sources), C(records_keys), C(records_neighbours),
	C(records_queries), C(flood), C(flood_low), C(flood_high), C(verified),
	C(verified_before), C(verified_again), C(sampling),
#undef C
#undef S
};
#define COLUMNS	9
#define SERIES	(sizeof(column) / sizeof(column[0]))

static double
value(const struct series_row *row, size_t i)
{
	return *(const double *)((const char *)row + column[i].at);
}

static void
print_csv(const struct sensor_row *sensor, const struct series_row *row, int64_t sampling)
{
	(void)sampling;		/* its columns are what others read: they stay */
	cell_sensor(stdout, sensor);
	printf("%u", row->round);
	cell_time(stdout, row->start_ms);
	cell_time(stdout, row->end_ms);
	printf(",%d", row->complete);
	for (size_t i = 0; i < COLUMNS; i++)
		(column[i].share ? cell_share : cell_count)(stdout, value(row, i));
	putchar('\n');
}

static void
print_json(const struct sensor_row *sensor, const struct series_row *row, int64_t sampling)
{
	struct json_out j;

	json_start(&j, stdout, JSON_FORM_LINE);
	json_put_object(&j, NULL);
	json_sensor(&j, sensor);
	json_put_int(&j, "round", row->round);
	json_put_time(&j, "start", row->start_ms);
	json_put_time(&j, "end", row->end_ms);
	json_put_int(&j, "complete", row->complete);
	for (size_t i = 0; i < SERIES; i++)
		(column[i].share ? json_put_share : json_put_count)(&j, column[i].name,
		    value(row, i));
	json_put_share(&j, "day_ratio", row->instant > 0 ? row->day_keys / row->instant : NAN);
	json_put_known(&j, "sampling", sampling);
	json_put_end(&j);
}

static void
print_table(const struct sensor_row *sensor, const struct series_row *row, int64_t sampling)
{
	char when[WHEN_TEXT] = "-";

	(void)sensor;		/* stands above the table */
	if (row->start_ms >= 0) {
		utctime_format(when, row->start_ms);
		when[16] = '\0';
	}
	printf("%7u  %-16s", row->round, when);
	if (!row->complete)
		printf("  not complete");
	for (size_t i = 0; i < COLUMNS && row->complete; i++) {
		double v = value(row, i);

		if (isnan(v))
			printf("  %*s", (int)strlen(column[i].name), "-");
		else if (column[i].share)
			printf("  %*.4f", (int)strlen(column[i].name), v);
		else
			printf("  %*.0f", (int)strlen(column[i].name), round(v));
	}
	if (sampling > 1)
		printf("  tried of claims: one in %" PRId64, sampling);
	putchar('\n');
}

static void
print_head(const struct counting *c)
{
	if (c->format == FORMAT_JSONL || (c->format == FORMAT_CSV && c->before > 0))
		return;
	if (c->format == FORMAT_TABLE)
		print_sensor(c->sensor);
	else if (c->sensor->of > 1)
		printf("sensor,");
	printf(c->format == FORMAT_CSV ? "round,start,end,complete" : "  round  %-16s", "start (UTC)");
	for (size_t i = 0; i < COLUMNS; i++)
		printf("%s%s", c->format == FORMAT_CSV ? "," : "  ", column[i].name);
	putchar('\n');
}

static int
take_sampling(const struct round_row *r, void *arg)
{
	*(int64_t *)arg = r->sampling;
	return 0;
}

static int
print_row(const struct series_row *row, void *arg)
{
	static void (*const print[])(const struct sensor_row *, const struct series_row *,
	    int64_t sampling) = {
		[FORMAT_TABLE] = print_table, [FORMAT_CSV] = print_csv, [FORMAT_JSONL] = print_json,
	};
	struct counting *c = arg;
	int64_t sampling = UNKNOWN;

	if (rows_rounds(c->store, row->round, row->round, take_sampling, &sampling) != 0)
		return -1;
	if (c->lines++ == c->before)
		print_head(c);
	print[c->format](c->sensor, row, sampling);
	c->printed = row->round;
	if (row->complete)
		c->analysed = row->round;
	return ferror(stdout) ? 1 : 0;
}

/* ---- how many there are in all ---- */

static void
print_population_head(const struct sensor_row *sensor)
{
	printf("# How many nodes there are, from those that we shook hands with in two rounds that\n"
	    "# follow each other (Chapman 1951).  It supposes that nobody came or went between the\n"
	    "# rounds, that each node is met with the same chance, and that a node is known again\n"
	    "# by its address and port.  Nodes that come and go make it too high; nodes that can\n"
	    "# never be reached are not in it.  coverage: share of them that the round met.\n"
	    "%sround,start,verified,verified_before,verified_again,population,low,high,coverage\n",
	    sensor->of > 1 ? "sensor," : "");
}

static int
print_population(const struct series_row *row, void *arg)
{
	struct counting *c = arg;
	struct population p = series_population(row);

	if (c->lines++ == 0)
		print_population_head(c->sensor);
	cell_sensor(stdout, c->sensor);
	printf("%u", row->round);
	cell_time(stdout, row->start_ms);
	cell_count(stdout, row->verified);
	cell_count(stdout, row->verified_before);
	cell_count(stdout, row->verified_again);
	cell_count(stdout, p.estimate);
	cell_count(stdout, p.interval.low);
	cell_count(stdout, p.interval.high);
	cell_share(stdout, p.coverage);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

/* ---- rounds that were not analysed ---- */

static int
count_round(const struct round_row *r, void *arg)
{
	struct counting *c = arg;
	struct round_digest *d = round_digest_read_named(c->store, r), **p;
	struct series_row row;

	if (d == NULL)
		return 1;
	if ((p = array_add(&c->digest)) == NULL) {
		round_digest_free(d);
		log_error("out of memory");
		return 1;
	}
	*p = d;
	if (members_meet_all(&c->members, d) != 0)
		return 1;
	if (series_push(&c->series, d, &row) != 0) {
		log_error("out of memory");
		return 1;
	}
	/* Only who was named was read. */
	row.max_sources = row.verified = row.verified_before = row.verified_again = NAN;
	row.records_keys = row.records_neighbours = row.records_queries = NAN;
	return r->id <= c->printed ? 0 : print_row(&row, c);
}

struct start { uint32_t round; int64_t not_before; };

static int
find_start(const struct round_row *r, void *arg)
{
	struct start *s = arg;

	if (s->round == 0 && (r->end_ms >= s->not_before || r->end_ms == UNKNOWN))
		s->round = r->id;
	return 0;
}

static int
last_end(const struct round_row *r, void *arg)
{
	*(int64_t *)arg = r->end_ms;
	return 0;
}

/* Counting must begin a day before the first round that is wanted. */
static int
count_rest(struct counting *c)
{
	struct start s = { 0, INT64_MIN };
	int64_t end = UNKNOWN;
	int rc;

	if (c->analysed > 0 && rows_rounds(c->store, c->analysed, c->analysed, last_end, &end) != 0)
		return -1;
	if (end != UNKNOWN)
		s.not_before = end - DAY_MS;
	if (rows_rounds(c->store, 1, 0, find_start, &s) != 0)
		return -1;
	if (s.round == 0 || store_last_round(c->store) <= c->printed)
		return 0;
	if (members_open(&c->members, c->store, true) != 0)
		return 1;
	series_open(&c->series, &c->members, &c->space);
	rc = rows_rounds(c->store, s.round, 0, count_round, c);
	log_progress_end();
	return rc;
}

/* ---- the verb ---- */

static int
list_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct counting *c = arg;
	int rc;

	c->sensor = r;
	c->before = c->lines;
	c->analysed = c->printed = 0;
	rc = results_series(s, INT64_MIN, INT64_MAX, c->population ? print_population : print_row, c);
	if (rc == 0 && !c->population)
		rc = count_rest(c);
	if (rc == -1)
		log_error("%s", store_error(s));
	series_free(&c->series);
	members_free(&c->members);
	for (size_t i = 0; i < c->digest.n; i++)
		round_digest_free(((struct round_digest **)c->digest.p)[i]);
	array_free(&c->digest);
	if (rc != 0)
		return ferror(stdout) ? print_end() : EXIT_FAILED;
	return c->lines > c->before ? EXIT_DONE : EXIT_NOTHING;
}

static int
run(struct counting *c, const char *db)
{
	int status;

	if (!address_space_load(&c->space, NULL)) {
		log_error("the registries inside the program cannot be read");
		return EXIT_FAILED;
	}
	if ((c->store = store_open(db, STORE_READ)) == NULL)
		return EXIT_FAILED;
	rows_snapshot(c->store);
	status = sensors_each(c->store, &c->filter, list_sensor, c);
	rows_snapshot_end(c->store);
	store_close(c->store);
	if (status == EXIT_NOTHING)
		log_error(c->population ? "no rounds analysed yet; \"kansoku analyze\" does it"
		    : "no rounds in this database; \"kansoku crawl\" or \"kansoku import\" brings some");
	return status == EXIT_DONE ? print_end() : status;
}

int
verb_counts(int argc, char **argv)
{
	static const char *const formats[] = { "table", "csv", "jsonl", NULL };
	static struct counting zero;
	struct counting c = zero;
	const char *db = NULL;
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &db, .value = "FILE", .help = "the database" },
		{ .name = "format", .kind = OPT_CHOICE, .into = &c.format, .value = "FORMAT",
		    .help = "table, csv or jsonl", .choices = formats },
		{ .name = "population", .kind = OPT_FLAG, .into = &c.population,
		    .help = "estimate how many nodes there are in all, with what that supposes (csv)" },
		SENSOR_OPTIONS(&c.filter),
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku counts",
		.operands = "",
		.about = "Print the node counts of each round: in the round (instant), in the 24 hours\n"
		    "to its end from keys alone (day_keys) and by any channel (day_all); clean\n"
		    "columns leave out what analyze found bogus.  jsonl holds every series.",
		.options = options,
	};
	int status;

	c.filter.no_taps = true;
	if (cli_options(&usage, argc, argv, &status) < 0)
		return status;
	if ((db = cli_database_there(db)) == NULL)
		return EXIT_MISUSED;
	return run(&c, db);
}
