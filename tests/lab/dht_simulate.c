/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku-lab simulate --overlay mainline: rounds of a DHT as JSON lines, and the truth beside them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/format/line_set.h"
#include "data/lib/cli.h"
#include "data/lib/log.h"
#include "data/lib/outfile.h"
#include "tests/lab/dht_sensor.h"
#include "tests/lab/dht_truth.h"
#include "tests/lab/verbs.h"

#define DAY_S	86400

struct dht_simulate {
	const char	*overlay, *world, *jsonl, *truth, *sensor;
	double		 days;
	int64_t		 nodes, seed;
};

static int
parse_options(struct dht_simulate *a, int argc, char **argv, int *status)
{
	const struct option_spec list[] = {
		OVERLAY_OPTION(&a->overlay),
		{ "world", OPT_FILE, &a->world, "FILE", "what world it is", 0, 0, NULL, true },
		{ "days", OPT_REAL, &a->days, "N", "how long it is watched", 0.001, 400, NULL, true },
		{ "jsonl", OPT_TEXT, &a->jsonl, "FILE", "write observations; - is standard output", 0, 0, NULL, true },
		{ "truth", OPT_TEXT, &a->truth, "FILE", "write what was really so", 0, 0, NULL, false },
		{ "nodes", OPT_INT, &a->nodes, "N", "nodes online, in place of the file's", 20, 2000000, NULL, false },
		{ "seed", OPT_INT, &a->seed, "S", "another run of the same world", 1, UINT32_MAX, NULL, false },
		{ "sensor", OPT_TEXT, &a->sensor, "NAME", "name of the observer", 0, 0, NULL, false },
		{ NULL, OPT_FLAG, NULL, NULL, NULL, 0, 0, NULL, false }
	};
	const struct usage usage = { "kansoku-lab simulate", "", "Writes what a sensor would have observed of a "
	    "simulated DHT, and the truth to score it against.", 0, 0, list };

	return cli_options(&usage, argc, argv, status);
}

/* A round's line comes last, and is written first: whoever reads learns from it which overlay this is. */
struct dht_lines {
	FILE		*f, *held;
	char		*text;		/* of held: the records of the round under way */
	size_t		 len;
	struct line_writer writer;	/* to held */
};

static int
write_line(void *arg, const struct observation *o)
{
	struct dht_lines *l = arg;
	size_t held;
	int status;

	if (o->type != OBS_ROUND)
		return line_writer_put(&l->writer, o);
	status = fflush(l->held);
	held = (size_t)ftell(l->held);
	l->writer.f = l->f;
	if (status == 0)
		status = line_writer_put(&l->writer, o);
	l->writer.f = l->held;
	if (status == 0 && fwrite(l->text, 1, held, l->f) != held)
		status = -1;
	rewind(l->held);
	return status;
}

static int
simulate_rounds(const struct dht_world *w, const struct dht_simulate *a, struct dht_lines *lines, FILE *truth)
{
	uint32_t last = (uint32_t)(a->days * DAY_S / w->file.world.round);
	struct dht_sensor *s = dht_sensor_new(w, a->sensor, write_line, lines);
	int status = s != NULL ? dht_truth_begin(w, truth, a->days * DAY_S) : -1;

	for (uint32_t n = 1; n <= last && status == 0; n++) {
		status = dht_sensor_round(s, n);
		if (status == 0)
			status = dht_truth_round(w, truth, n);
		log_progress("round %u of %u, %llu lines", n, last, (unsigned long long)dht_sensor_made(s));
	}
	log_progress_end();
	if (status != 0)
		log_error("simulate: %s; nothing was kept", strerror(errno != 0 ? errno : EIO));
	else
		log_info("%u rounds, %llu lines", last, (unsigned long long)dht_sensor_made(s));
	dht_sensor_free(s);
	return status;
}

/* Opens, plays, and keeps both files or none. */
static int
write_files(const struct dht_world *w, const struct dht_simulate *a)
{
	const char *truth_path = a->truth != NULL ? a->truth : "/dev/null";
	struct outfile *lines = outfile_open(a->jsonl, 0644), *truth = outfile_open(truth_path, 0644);
	struct dht_lines out = { .f = NULL };
	int status = -1;

	if (lines == NULL || truth == NULL) {
		log_error("%s: %s; name a file that can be written", lines == NULL ? a->jsonl : truth_path, strerror(errno));
	} else if ((out.f = outfile_stream(lines)) != NULL && (out.held = open_memstream(&out.text, &out.len)) != NULL &&
	    line_writer_open(&out.writer, out.held) == 0) {
		status = simulate_rounds(w, a, &out, outfile_stream(truth));
		line_writer_close(&out.writer);
	}
	if (out.held != NULL)
		fclose(out.held);
	free(out.text);
	if (status != 0) {
		outfile_abandon(lines);
		outfile_abandon(truth);
		return EXIT_FAILED;
	}
	status = outfile_commit(lines) | outfile_commit(truth);
	if (status != 0)
		log_error("%s, %s: %s", a->jsonl, truth_path, strerror(errno));
	return status == 0 ? EXIT_DONE : EXIT_FAILED;
}

int
mainline_simulate(int argc, char **argv)
{
	struct dht_simulate a = { 0 };
	struct dht_world *w;
	char *why;
	int status;

	if (parse_options(&a, argc, argv, &status) < 0)
		return status;
	if ((w = dht_world_load(a.world, (uint32_t)a.nodes, (uint64_t)a.seed, &why)) == NULL) {
		log_error("%s", why != NULL ? why : "no memory");
		free(why);
		return EXIT_MISUSED;
	}
	w->named_public = true;
	if (a.days * DAY_S < w->file.world.round) {
		log_error("--days %g is shorter than one round of this world, %g s", a.days, w->file.world.round);
		status = EXIT_MISUSED;
	} else if (a.sensor != NULL && (*a.sensor == '\0' || strlen(a.sensor) > 63)) {
		log_error("--sensor: want 1 to 63 bytes");
		status = EXIT_MISUSED;
	} else
		status = write_files(w, &a);
	dht_world_free(w);
	return status;
}
