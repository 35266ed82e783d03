/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku analyze: works, then says in plain words what was found. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analyze.h"
#include "analysis/verbs.h"
#include "bounds.h"
#include "data/lib/cli.h"
#include "data/lib/log.h"
#include "data/store/sensors.h"

struct telling { int floods, open, others; };

static int
tell_incident(const struct incident_row *row, void *arg)
{
	struct telling *t = arg;
	bool flood = row->kind != INC_OUTAGE && row->kind != INC_POPULATION_STEP;

	t->floods += flood;
	t->others += !flood;
	t->open += flood && row->end_ms == UNKNOWN;
	log_info("incident %" PRId64 ": %s", row->id, row->summary);
	return 0;
}

/* Says how many there are in all, of those who answer, from the last two rounds. */
static void
tell_population(const struct series_row *last)
{
	struct population p = series_population(last);

	if (!isnan(p.estimate))
		log_info("nodes that answer, met or not: about %.0f (%.0f to %.0f); the round met %.0f %% of"
		    " them (\"kansoku counts --population\" says what that supposes)",
		    p.estimate, p.interval.low, p.interval.high, p.coverage * 100);
}

/* The last complete row, and how much of it was bogus. */
static void
tell_counts(const struct analysis *a)
{
	const struct series_row *row = a->row.p, *last = NULL;
	char when[WHEN_TEXT];

	for (size_t i = a->window.open; i < a->window.round.n; i++)
		if (row[i].complete)
			last = &row[i];
	if (last == NULL)
		return;
	log_info("round %u, %s: %.0f nodes with keys, %.0f of them genuine; in 24 hours %.0f, %.0f genuine",
	    last->round, utctime_format(when, last->end_ms), last->instant, last->instant_clean,
	    last->day_keys, last->day_keys_clean);
	tell_population(last);
}

static int
tell(struct analysis *a, struct store *s)
{
	struct telling t = { 0, 0, 0 };

	log_info("%u new rounds analysed%s", a->taken, a->fresh ? ", from the beginning" : "");
	if (a->state.level > 0)
		log_info("not all fits into --max-memory: one address in %.0f is looked at, drawn by a"
		    " secret; counts are multiplied by that, and intervals are wider",
		    sample_weight(a->state.level));
	tell_counts(a);
	if (results_incidents(s, tell_incident, &t) < 0) {
		log_error("%s", store_error(s));
		return EXIT_FAILED;
	}
	if (t.floods == 0)
		log_info("no flood of bogus advertisements was found");
	if (!baseline_is_ripe(&a->state.baseline))
		log_info("less than a day of quiet rounds is known by now: weak floods may be missed");
	return EXIT_DONE;
}

struct request {
	const char	*db;
	struct sensor_filter filter;
	int64_t		 from_ms, to_ms, max_memory;
};

static int
analyze_sensor(struct store *s, const struct sensor_row *of, void *arg)
{
	const struct request *r = arg;
	char label[SENSOR_LABEL];
	struct analysis a;
	int status;

	if (of->of > 1)
		log_info("sensor %s:", sensors_label(label, of));
	switch (analyze(&a, s, r->from_ms, r->to_ms, r->max_memory)) {
	case 0:
		status = tell(&a, s);
		break;
	case 3:
		log_error("%s: no rounds to analyse%s", r->db,
		    r->from_ms == INT64_MIN && r->to_ms == INT64_MAX ? "" : " between --from and --to");
		status = EXIT_NOTHING;
		break;
	default:
		status = EXIT_FAILED;
	}
	analysis_free(&a);
	return status;
}

static int
run(struct request *r)
{
	struct store *s = store_open(r->db, STORE_WRITE);
	int status;

	if (s == NULL)
		return EXIT_FAILED;
	status = sensors_each(s, &r->filter, analyze_sensor, r);
	store_close(s);
	return status;
}

int
verb_analyze(int argc, char **argv)
{
	struct request r = { .filter.no_taps = true, .from_ms = INT64_MIN, .to_ms = INT64_MAX,
	    .max_memory = ANALYSIS_MEMORY };
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &r.db, .value = "FILE", .help = "the database" },
		{ .name = "from", .kind = OPT_TIME, .into = &r.from_ms, .value = "TIME",
		    .help = "leave out rounds that began before" },
		{ .name = "to", .kind = OPT_TIME, .into = &r.to_ms, .value = "TIME",
		    .help = "leave out rounds that began then or later" },
		{ .name = "max-memory", .kind = OPT_SIZE, .into = &r.max_memory, .value = "SIZE",
		    .help = "beyond, look at a sample of addresses (1G)",
		    .min = ANALYSIS_MEMORY_LEAST, .max = 1e15 },
		SENSOR_OPTIONS(&r.filter),
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku analyze",
		.operands = "",
		.about = "Judge what was observed: verdicts, incidents, counts without the bogus.\n"
		    "Continues where the last run stood; may be repeated at any time.",
		.options = options,
	};
	int status;

	if (cli_options(&usage, argc, argv, &status) < 0)
		return status;
	if (r.from_ms >= r.to_ms) {
		log_error("--from must be before --to");
		return EXIT_MISUSED;
	}
	if ((r.db = cli_database_there(r.db)) == NULL)
		return EXIT_MISUSED;
	return run(&r);
}
