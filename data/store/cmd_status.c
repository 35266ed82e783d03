/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku status: is the sensor well?  For an operator at three in the morning
 * in words, for a monitor with --json.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "data/lib/array.h"
#include "data/lib/cli.h"
#include "data/lib/json_pull.h"
#include "data/lib/json_write.h"
#include "data/lib/listing.h"
#include "data/lib/log.h"
#include "data/store/health.h"
#include "data/store/sensor_facts.h"
#include "data/store/sensors.h"
#include "data/store/store_impl.h"
#include "data/lib/text.h"
#include "data/store/verbs.h"
#include "data/lib/utctime.h"

struct round_brief {
	int64_t	id;		/* 0: there is none */
	int64_t	start_ms, end_ms, tried, reached, sampling, cut, not_stored;
};

struct sensor_status {
	char		*sensor, *overlay, *listen_port;	/* NULL: not told */
	int64_t		 run;		/* 0: none */
	int64_t		 run_start_ms, run_end_ms;
	char		*run_version, *run_parameters;

	int64_t		 complete, incomplete, pruned;
	struct round_brief last_complete, last_incomplete;
	struct health	 health;
};

struct status {
	const char	*path;
	int64_t		 bytes, journal_bytes, free_bytes;	/* UNKNOWN if not known */
	char		*names;
	bool		 locked;
	long		 pid;
	ARRAY_OF(struct sensor_status) sensors;
	int64_t		 count[9];	/* in the order of table[] */
};

static const struct { const char *name, *key, *what; } table[] = {
	{ "nodes", "nodes", "addresses with port that somebody named" },
	{ "files", "files", "hash, size and name" },
	{ "adverts", "adverts", "a source that offers a file" },
	{ "answers", "deliveries", "from peers" },
	{ "keys", "sightings", "as they were handed over" },
	{ "raw", "raw_records", "of these keys, with their bytes" },
	{ "neighbours", "neighbours", "told of by peers" },
	{ "queries", "queries", "passed on to us" },
	{ "contacts", "contacts", "dials and calls" },
};
_Static_assert(sizeof(table) / sizeof(table[0]) ==
    sizeof(((struct status *)0)->count) / sizeof(int64_t), "a name for each count");

/* ---- gathering ---- */

static void
gather_files(struct store *s, struct status *u)
{
	struct statvfs fs;
	struct stat st;
	char *journal;

	u->bytes = u->journal_bytes = u->free_bytes = UNKNOWN;
	if (stat(s->path, &st) == 0)
		u->bytes = st.st_size;
	if (statvfs(s->path, &fs) == 0)
		u->free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (asprintf(&journal, "%s-wal", s->path) == -1)
		return;
	u->journal_bytes = stat(journal, &st) == 0 ? st.st_size : 0;
	free(journal);
}

static char *
copy_column(sqlite3_stmt *st, int column)
{
	const unsigned char *t = sqlite3_column_text(st, column);

	return strdup(t == NULL ? "" : (const char *)t);
}

static int
gather_run(struct store *s, struct sensor_status *u)
{
	sqlite3_stmt *st = query_bind(s, Q_RUN_LAST, "i", s->sensor);
	int rc;

	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		u->run = sqlite3_column_int64(st, 0);
		u->run_start_ms = column_time(st, 1);
		u->run_end_ms = column_time(st, 2);
		u->run_version = copy_column(st, 3);
		u->run_parameters = copy_column(st, 4);
	}
	sqlite3_reset(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : store_fail_db(s);
}

static int
gather_last(struct store *s, struct round_brief *r, int64_t complete)
{
	sqlite3_stmt *st = query_bind(s, Q_STATUS_LAST, "iii", scoped_first(s), scoped_last(s), complete);
	int rc;

	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		*r = (struct round_brief){ scoped_number(sqlite3_column_int64(st, 0)), column_time(st, 1),
			column_time(st, 2), column_known(st, 3), column_known(st, 4),
			column_known(st, 5), sqlite3_column_int64(st, 6), column_known(st, 7) };
	sqlite3_reset(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : store_fail_db(s);
}

static int
gather_counts(struct store *s, struct status *u)
{
	sqlite3_stmt *st = query_bind(s, Q_STATUS_TABLES, "");

	if (st == NULL || sqlite3_step(st) != SQLITE_ROW)
		return store_fail_db(s);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		u->count[i] = sqlite3_column_int64(st, (int)i);
	sqlite3_reset(st);
	return 0;
}

/* What belongs to the sensor that the store works for. */
static int
gather_sensor(struct store *s, struct sensor_status *u)
{
	sqlite3_stmt *st = query_bind(s, Q_STATUS_ROUNDS, "ii", scoped_first(s), scoped_last(s));

	if (st == NULL || sqlite3_step(st) != SQLITE_ROW)
		return store_fail_db(s);
	u->complete = sqlite3_column_int64(st, 1);
	u->incomplete = sqlite3_column_int64(st, 0) - u->complete;
	u->pruned = sqlite3_column_int64(st, 2);
	sqlite3_reset(st);
	if (sensor_fact_find(s, SENSOR_NAME, &u->sensor) == -1 ||
	    sensor_fact_find(s, SENSOR_OVERLAY, &u->overlay) == -1 ||
	    sensor_fact_find(s, SENSOR_PORT, &u->listen_port) == -1 || gather_run(s, u) != 0 ||
	    gather_last(s, &u->last_complete, 1) != 0 || health_read(s, &u->health, utctime_now()) != 0)
		return -1;
	return gather_last(s, &u->last_incomplete, 0);
}

static int
gather(struct store *s, struct status *u)
{
	u->path = s->path;
	gather_files(s, u);
	u->locked = store_is_locked(s, &u->pid);
	return store_meta_find(s, "names", &u->names) == -1 ? -1 : gather_counts(s, u);
}

static void
forget(struct status *u)
{
	for (size_t i = 0; i < u->sensors.n; i++) {
		struct sensor_status *v = (struct sensor_status *)u->sensors.p + i;

		free(v->sensor);
		free(v->overlay);
		free(v->listen_port);
		free(v->run_version);
		free(v->run_parameters);
	}
	array_free(&u->sensors);
	free(u->names);
}

/* ---- in words ---- */

static const char *
size_text(char buf[32], int64_t bytes)
{
	static const char *const unit[] = { "bytes", "KB", "MB", "GB", "TB" };
	double v = (double)bytes;
	size_t i = 0;

	if (bytes == UNKNOWN)
		return "an unknown size";
	for (; v >= 1000 && i + 1 < sizeof(unit) / sizeof(unit[0]); i++)
		v /= 1000;
	snprintf(buf, 32, i == 0 ? "%.0f %s" : v < 10 ? "%.1f %s" : "%.0f %s", v, unit[i]);
	return buf;
}

/* "12 min ago"; the clock of the sensor may be ahead of ours. */
static const char *
age_text(char buf[32], int64_t ms)
{
	static const struct { int64_t from, unit; const char *name; } scale[] = {
		{ 2 * DAY_MS, DAY_MS, "days" }, { 2 * HOUR_MS, HOUR_MS, "h" },
		{ 2 * MINUTE_MS, MINUTE_MS, "min" }, { 0, SECOND_MS, "s" },
	};
	int64_t age = utctime_now() - ms;
	size_t i = 0;

	if (age < 0)
		return "in the future";
	while (age < scale[i].from)
		i++;
	snprintf(buf, 32, "%" PRId64 " %s ago", age / scale[i].unit, scale[i].name);
	return buf;
}

/* "2010-05-21 03:00:00 UTC", or "at an unknown time". */
static const char *
time_text(char buf[WHEN_TEXT], int64_t ms)
{
	struct civil c;

	if (ms == UNKNOWN)
		return "an unknown time";
	utctime_civil(&c, ms);
	snprintf(buf, WHEN_TEXT, "%04d-%02d-%02d %02d:%02d:%02d UTC", c.year, c.month, c.day,
	    c.hour, c.minute, c.second);
	return buf;
}

/* Text from the file, which may have been made by anybody. */
static const char *
shown(char *buf, size_t size, const char *text)
{
	return text == NULL ? "not recorded" : text_vis(buf, size, text_of(text));
}

/* 1,234,567 */
static const char *
count_text(char buf[32], int64_t v)
{
	char digits[24], *p = buf;
	int n = snprintf(digits, sizeof(digits), "%" PRId64, v < 0 ? 0 : v);

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return buf;
}

static void
print_sensor(const struct sensor_status *v, bool names_hidden)
{
	char sensor[80], overlay[80], port[80];

	printf("sensor      %s, overlay %s, port %s, names %s\n",
	    shown(sensor, sizeof(sensor), v->sensor), shown(overlay, sizeof(overlay), v->overlay),
	    shown(port, sizeof(port), v->listen_port), names_hidden ? "hidden" : "stored");
}

static void
print_lock(const struct status *u)
{
	if (u->locked && u->pid > 0)
		printf("now         process %ld is working on it\n", u->pid);
	else
		printf("now         %s\n", u->locked ? "another program is working on it"
		    : "nobody is working on it");
}

static void
print_run(const struct sensor_status *v, bool locked)
{
	char a[WHEN_TEXT], b[WHEN_TEXT], version[40], parameters[4096];

	if (v->run == 0) {
		printf("last run    none\n");
		return;
	}
	printf("last run    %" PRId64 ", from %s, ", v->run, time_text(a, v->run_start_ms));
	if (v->run_end_ms != UNKNOWN)
		printf("to %s", time_text(b, v->run_end_ms));
	else
		printf("%s", locked ? "going on" : "never ended: it was killed, or the machine was");
	printf(", version %s\n", shown(version, sizeof(version), v->run_version));
	listing_wrap(shown(parameters, sizeof(parameters), v->run_parameters), 12, listing_terminal());
}

static void
print_round(const char *label, const struct round_brief *r)
{
	char a[WHEN_TEXT], b[WHEN_TEXT], age[32], cut[ROUND_CUT_TEXT];

	if (r->id == 0)
		return;
	printf("%-11s %" PRId64 ", from %s", label, r->id, time_text(a, r->start_ms));
	if (r->end_ms != UNKNOWN)
		printf(" to %s, %s", time_text(b, r->end_ms), age_text(age, r->end_ms));
	if (r->tried != UNKNOWN && r->reached != UNKNOWN)
		printf(", reached %" PRId64 " of %" PRId64 " tried", r->reached, r->tried);
	if (r->sampling > 1)
		printf(", of claims one in %" PRId64, r->sampling);
	if (r->cut != 0)
		printf(", cut by %s", round_cut_format(cut, (uint32_t)r->cut));
	if (r->not_stored > 0)
		printf(" (%" PRId64 " records not stored)", r->not_stored);
	printf("\n");
}

/* "97.1 % (96.3 % is usual)" */
static void
print_health(const struct sensor_status *v, int64_t free_bytes)
{
	const struct health *h = &v->health;
	char why[256];
	enum health_level level = health_judge(h, free_bytes, 0, why, sizeof(why));

	if (h->reach >= 0)
		printf("reach       %.1f %%", h->reach * 100);
	if (h->reach >= 0 && h->usual_reach >= 0)
		printf(" (%.1f %% is usual)", h->usual_reach * 100);
	if (h->reach >= 0)
		putchar('\n');
	if (h->analysed_round == 0)
		printf("analysis    none yet: %" PRId64 " rounds are not analysed\n", h->not_analysed);
	else
		printf("analysis    up to round %" PRId64 ", %" PRId64 " rounds behind it are not analysed;"
		    " %" PRId64 " incidents open, %" PRId64 " cases overdue\n", h->analysed_round,
		    h->not_analysed, h->open_incidents, h->overdue_cases);
	printf("well        %s%s%s\n", level == HEALTH_OK ? "yes" : "no: ", why,
	    level == HEALTH_CRITICAL ? " (critical)" : "");
}

static void
print_words(const struct status *u)
{
	char a[32], b[32], c[32];

	printf("database    %s: %s, journal %s, %s free on its disk, schema %" PRId64 "\n", u->path,
	    size_text(a, u->bytes), size_text(b, u->journal_bytes), size_text(c, u->free_bytes),
	    schema_version());
	for (size_t i = 0; i < u->sensors.n; i++) {
		const struct sensor_status *v = (const struct sensor_status *)u->sensors.p + i;

		if (i > 0)
			putchar('\n');
		print_sensor(v, u->names != NULL);
		if (i == 0)
			print_lock(u);
		print_run(v, u->locked);
		printf("rounds      %" PRId64 " complete, %" PRId64 " incomplete, %" PRId64
		    " without their records (pruned)\n", v->complete, v->incomplete, v->pruned);
		print_round("complete", &v->last_complete);
		if (v->last_incomplete.id > v->last_complete.id)
			print_round("incomplete", &v->last_incomplete);
		print_health(v, u->free_bytes);
	}
	if (u->sensors.n > 1)
		printf("\nof all sensors of this database:\n");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		printf("%-11s %s %s\n", table[i].name, count_text(a, u->count[i]),
		    table[i].what);
}

/* ---- for a machine ---- */

static void
put_round(struct json_out *j, const char *key, const struct round_brief *r)
{
	char cut[ROUND_CUT_TEXT];

	if (r->id == 0) {
		json_put_null(j, key);
		return;
	}
	json_put_object(j, key);
	json_put_int(j, "round", r->id);
	json_put_time(j, "start", r->start_ms);
	json_put_time(j, "end", r->end_ms);
	json_put_known(j, "tried", r->tried);
	json_put_known(j, "reached", r->reached);
	json_put_known(j, "sampling", r->sampling);
	json_put_string(j, "cut", r->cut != 0 ? round_cut_format(cut, (uint32_t)r->cut) : NULL);
	json_put_known(j, "not_stored", r->not_stored);
	json_put_end(j);
}

/* The parameters of a run are JSON, but the file may have been made by anybody. */
static bool
is_json(const char *text)
{
	char *copy = strdup(text);
	struct json_pull p;
	bool good = false;

	if (copy != NULL) {
		json_pull_start(&p, copy, strlen(copy));
		good = json_pull_skip(&p) && json_pull_over(&p);
	}
	free(copy);
	return good;
}

static void
put_run(struct json_out *j, const struct sensor_status *v)
{
	if (v->run == 0) {
		json_put_null(j, "last_run");
		return;
	}
	json_put_object(j, "last_run");
	json_put_int(j, "run", v->run);
	json_put_time(j, "start", v->run_start_ms);
	json_put_time(j, "end", v->run_end_ms);
	json_put_string(j, "version", v->run_version);
	if (v->run_parameters != NULL && is_json(v->run_parameters))
		json_put_json(j, "parameters", v->run_parameters);
	else
		json_put_string(j, "parameters", v->run_parameters);
	json_put_end(j);
}

/* Who it is, and what it did: they stand before and behind what is said of the file. */
static void
put_sensor(struct json_out *j, const struct sensor_status *v)
{
	json_put_string(j, "sensor", v->sensor);
	json_put_string(j, "overlay", v->overlay);
	json_put_known(j, "listen_port", v->listen_port != NULL ? strtoll(v->listen_port, NULL, 10) : UNKNOWN);
}

static void
put_health(struct json_out *j, const struct health *h, int64_t free_bytes)
{
	char why[256];
	enum health_level level = health_judge(h, free_bytes, 0, why, sizeof(why));

	json_put_object(j, "health");
	json_put_string(j, "level", health_level_name[level]);
	json_put_string(j, "why", why);
	json_put_known(j, "age_seconds", h->age_ms == UNKNOWN ? UNKNOWN : h->age_ms / SECOND_MS);
	json_put_known(j, "period_seconds", h->period_ms == UNKNOWN ? UNKNOWN : h->period_ms / SECOND_MS);
	json_put_share(j, "reach", h->reach);
	json_put_share(j, "usual_reach", h->usual_reach);
	json_put_known(j, "analysed_round", h->analysed_round > 0 ? h->analysed_round : UNKNOWN);
	json_put_int(j, "rounds_not_analysed", h->not_analysed);
	json_put_int(j, "open_incidents", h->open_incidents);
	json_put_int(j, "overdue_cases", h->overdue_cases);
	json_put_end(j);
}

static void
put_rounds(struct json_out *j, const struct sensor_status *v, int64_t free_bytes)
{
	json_put_int(j, "rounds_complete", v->complete);
	json_put_int(j, "rounds_incomplete", v->incomplete);
	json_put_int(j, "rounds_pruned", v->pruned);
	put_round(j, "last_complete", &v->last_complete);
	put_round(j, "last_incomplete", &v->last_incomplete);
	put_health(j, &v->health, free_bytes);
	put_run(j, v);
}

/* Of one sensor everything stands in one object, of several each has one in "sensors". */
static void
print_json(const struct status *u, enum json_form form)
{
	const struct sensor_status *only = u->sensors.n == 1 ? u->sensors.p : NULL;
	struct json_out j;

	json_start(&j, stdout, form);
	json_put_object(&j, NULL);
	json_put_string(&j, "database", u->path);
	json_put_int(&j, "schema", schema_version());
	json_put_known(&j, "bytes", u->bytes);
	json_put_known(&j, "journal_bytes", u->journal_bytes);
	json_put_known(&j, "free_bytes", u->free_bytes);
	if (only != NULL)
		put_sensor(&j, only);
	json_put_bool(&j, "names_hidden", u->names != NULL);
	json_put_bool(&j, "locked", u->locked);
	json_put_known(&j, "pid", u->pid > 0 ? u->pid : UNKNOWN);
	if (only != NULL) {
		put_rounds(&j, only, u->free_bytes);
	} else {
		json_put_array(&j, "sensors");
		array_each(v, &u->sensors) {
			json_put_object(&j, NULL);
			put_sensor(&j, v);
			put_rounds(&j, v, u->free_bytes);
			json_put_end(&j);
		}
		json_put_end(&j);
	}
	json_put_object(&j, "counts");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		json_put_int(&j, table[i].key, u->count[i]);
	json_put_end(&j);
	json_put_end(&j);
}

/* ---- for a monitor ---- */

/* One line, as plugins of Nagios write it: the worst of all sensors, and its figures. */
static int
print_check(const struct status *u, int64_t stale_ms)
{
	enum health_level worst = HEALTH_OK;
	char line[4096] = "", why[256], age[32], free_text[32];
	size_t len = 0;

	array_each(v, &u->sensors) {
		const struct health *h = &v->health;
		enum health_level level = health_judge(h, u->free_bytes, stale_ms, why, sizeof(why));

		worst = level > worst ? level : worst;
		if (len >= sizeof(line))
			break;
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%s%s%s%s%s", len > 0 ? "; " : "",
		    u->sensors.n > 1 && v->sensor != NULL ? v->sensor : "", u->sensors.n > 1 ? ": " : "",
		    why, why[0] != '\0' ? "; " : "");
		if (len < sizeof(line) && h->round > 0)
			len += (size_t)snprintf(line + len, sizeof(line) - len, "round %" PRId64 " ended %s, reached"
			    " %" PRId64 " of %" PRId64, h->round, h->end_ms == UNKNOWN ? "at an unknown time" :
			    age_text(age, h->end_ms), v->last_complete.reached, v->last_complete.tried);
	}
	/* What the file says of itself may have been made by anybody. */
	printf("KANSOKU %s - ", health_level_name[worst]);
	text_vis_write(stdout, text_of(line));
	printf(", %s free", size_text(free_text, u->free_bytes));
	if (u->sensors.n == 1) {
		const struct health *h = &u->sensors.p->health;

		printf(" | age=%" PRId64 "s free=%" PRId64 "B not_analysed=%" PRId64 " open_incidents=%" PRId64
		    " overdue_cases=%" PRId64, h->age_ms == UNKNOWN ? 0 : h->age_ms / SECOND_MS, u->free_bytes,
		    h->not_analysed, h->open_incidents, h->overdue_cases);
	}
	putchar('\n');
	return (int)worst;
}

/* ---- the verb ---- */

struct asked {
	struct sensor_filter filter;
	const char	*db;
	bool		 as_json, check;
	int64_t		 stale_ms;
	int		 format;
	enum json_form	 form;
};

static int
add_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct status *u = arg;
	struct sensor_status *v = array_add(&u->sensors);

	(void)r;
	if (v != NULL && gather_sensor(s, v) == 0)
		return EXIT_DONE;
	log_error("%s", v == NULL ? "out of memory" : store_error(s));
	return EXIT_FAILED;
}

static int
show(struct store *s, const struct asked *a)
{
	struct status u = { .locked = false };
	int status = sensors_each(s, &a->filter, add_sensor, &u);

	if (status == EXIT_DONE && gather(s, &u) != 0) {
		log_error("%s", store_error(s));
		status = EXIT_FAILED;
	}
	if (status == EXIT_DONE && a->check)
		status = print_check(&u, a->stale_ms);
	else if (status == EXIT_DONE && a->as_json)
		print_json(&u, a->form);
	else if (status == EXIT_DONE)
		print_words(&u);
	else if (a->check)
		status = HEALTH_UNKNOWN;
	forget(&u);
	return status;
}

/* A monitor takes any other status for what it says of the sensor. */
static int
unknown(const struct asked *a, int status)
{
	if (!a->check)
		return status;
	printf("KANSOKU UNKNOWN - the database cannot be read\n");
	return HEALTH_UNKNOWN;
}

int
verb_status(int argc, char **argv)
{
	static const char *const formats[] = { "table", "json", "jsonl", NULL };
	struct asked a = { .db = NULL };
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &a.db, .value = "FILE",
		    .help = "the database" },
		{ .name = "json", .kind = OPT_FLAG, .into = &a.as_json, .help = "one JSON object" },
		{ .name = "format", .kind = OPT_CHOICE, .into = &a.format, .value = "FORMAT",
		    .help = "how it is written", .choices = formats },
		{ .name = "check", .kind = OPT_FLAG, .into = &a.check,
		    .help = "one line for a monitor; status 0 well, 1 warning, 2 critical, 3 not known" },
		{ .name = "stale", .kind = OPT_SPAN, .into = &a.stale_ms, .value = "SPAN",
		    .help = "with --check: a newest round older than this is critical (five usual periods)",
		    .min = 1, .max = 1e14 },
		SENSOR_OPTIONS(&a.filter),
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku status",
		.operands = "",
		.about = "Say what the database holds, what ran last, and whether something runs now.",
		.options = options,
	};
	struct store *s;
	int status;

	if (cli_options(&usage, argc, argv, &status) < 0)
		return status;
	a.as_json |= a.format > 0;
	a.form = a.format == 2 ? JSON_FORM_LINE : JSON_FORM_INDENTED;
	if ((a.db = cli_database_there(a.db)) == NULL)
		return unknown(&a, EXIT_MISUSED);
	if ((s = store_open(a.db, STORE_READ)) == NULL)
		return unknown(&a, EXIT_FAILED);
	status = show(s, &a);
	store_close(s);
	return status;
}
