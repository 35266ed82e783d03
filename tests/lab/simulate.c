/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku-lab simulate: a world's rounds as JSON lines, and the truth beside them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/cli.h"
#include "data/format/line_set.h"
#include "data/lib/outfile.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"
#include "tests/lab/simulated_sensor.h"
#include "tests/lab/truth.h"
#include "tests/lab/verbs.h"

#define DAY_S	86400
#define NOWHERE	"/dev/null"	/* takes both outputs at once */

struct simulate_options {
	const char	*overlay, *world, *jsonl, *truth, *sensor;
	double		 days;
	int64_t		 nodes, seed;
};

static int
parse_options(struct simulate_options *a, int argc, char **argv, int *status)
{
	const struct option_spec list[] = {
		OVERLAY_OPTION(&a->overlay),
		{ "world", OPT_FILE, &a->world, "FILE", "what world it is", 0, 0, NULL, true },
		{ "days", OPT_REAL, &a->days, "N", "how long it is watched", 0.001, 400, NULL, true },
		{ "jsonl", OPT_TEXT, &a->jsonl, "FILE", "write observations; - is standard output",
		    0, 0, NULL, true },
		{ "truth", OPT_TEXT, &a->truth, "FILE", "write what was really so", 0, 0, NULL, false },
		{ "nodes", OPT_INT, &a->nodes, "N", "nodes online, in place of the file's", 20, 200000,
		    NULL, false },
		{ "seed", OPT_INT, &a->seed, "N", "another run of the same world", 1, UINT32_MAX, NULL,
		    false },
		{ "sensor", OPT_TEXT, &a->sensor, "NAME", "name of the observer", 0, 0, NULL, false },
		{ NULL, OPT_FLAG, NULL, NULL, NULL, 0, 0, NULL, false }
	};
	const struct usage usage = { "kansoku-lab simulate", "", "Writes what a sensor would have "
	    "observed of a simulated overlay, and the truth to score it against.", 0, 0, list };

	return cli_options(&usage, argc, argv, status);
}

static int
write_line(void *out, const struct observation *o)
{
	return line_writer_put(out, o);
}

/* All rounds.  0, or -1 after a complaint. */
static int
simulate_rounds(struct world *w, const struct simulate_options *a, struct line_writer *lines,
    FILE *truth_file)
{
	double until = a->days * DAY_S;
	uint32_t last = (uint32_t)(until / (double)world_round_s(w));
	struct truth *truth = truth_new(w, truth_file, until);
	struct sensor *sensor = simulated_sensor_new(w, a->sensor, write_line, lines);
	int status = truth != NULL && sensor != NULL ? 0 : -1;

	errno = status == 0 ? 0 : ENOMEM;
	for (uint32_t n = 1; n <= last && status == 0; n++) {
		bool out = simulated_sensor_out(sensor, n);

		status = truth_begin(truth, n);
		if (status == 0 && !out)
			status = simulated_sensor_round(sensor, n, truth_recent(truth));
		if (status == 0)
			status = truth_end(truth, !out);
		log_progress("round %u of %u, %llu lines", n, last,
		    (unsigned long long)simulated_sensor_made(sensor));
	}
	log_progress_end();
	if (status != 0)
		log_error("simulate: %s; nothing was kept", strerror(errno != 0 ? errno : EIO));
	else
		log_info("%u rounds, %llu lines", last, (unsigned long long)simulated_sensor_made(sensor));
	simulated_sensor_free(sensor);
	truth_free(truth);
	return status;
}

/* Opens, plays, and keeps both files or none. */
static int
write_files(struct world *w, const struct simulate_options *a)
{
	struct outfile *lines, *truth = NULL;
	struct line_writer out;
	const char *truth_path = a->truth != NULL ? a->truth : NOWHERE;
	int status;

	if ((lines = outfile_open(a->jsonl, 0644)) == NULL ||
	    (truth = outfile_open(truth_path, 0644)) == NULL) {
		log_error("%s: %s; name a file that can be written", lines == NULL ? a->jsonl : truth_path,
		    strerror(errno));
		outfile_abandon(lines);
		return EXIT_FAILED;
	}
	status = line_writer_open(&out, outfile_stream(lines)) == 0 ?
	    simulate_rounds(w, a, &out, outfile_stream(truth)) : -1;
	line_writer_close(&out);
	if (status != 0) {
		outfile_abandon(lines);
		outfile_abandon(truth);
		return EXIT_FAILED;
	}
	if (outfile_commit(lines) != 0) {
		log_error("%s: %s", a->jsonl, strerror(errno));
		outfile_abandon(truth);
		return EXIT_FAILED;
	}
	if (outfile_commit(truth) != 0) {
		log_error("%s: %s", truth_path, strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

/* Checks the options against each other; false after a complaint. */
static bool
options_agree(const struct simulate_options *a, const struct world *w)
{
	if (a->days * DAY_S < (double)world_round_s(w))
		log_error("--days %g is shorter than one round of this world, %lld s", a->days,
		    (long long)world_round_s(w));
	else if (a->truth != NULL && strcmp(a->truth, a->jsonl) == 0 &&
	    strcmp(a->truth, NOWHERE) != 0)
		log_error("--truth and --jsonl are both %s; name two files", a->truth);
	else if (a->sensor != NULL && (*a->sensor == '\0' || strlen(a->sensor) > SENSOR_NAME))
		log_error("--sensor: want 1 to %d bytes", SENSOR_NAME);
	else
		return true;
	return false;
}

int
winny_simulate(int argc, char **argv)
{
	struct simulate_options a = { 0 };
	struct world *w;
	char *why;
	int status;

	if (parse_options(&a, argc, argv, &status) < 0)
		return status;
	if ((w = world_load(a.world, (uint32_t)a.nodes, (uint64_t)a.seed, &why)) == NULL) {
		log_error("%s", why != NULL ? why : "no memory");
		free(why);
		return EXIT_MISUSED;
	}
	status = options_agree(&a, w) ? write_files(w, &a) : EXIT_MISUSED;
	world_free(w);
	return status;
}
