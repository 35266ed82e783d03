/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku-lab simulate --overlay bitcoin: rounds of address gossip as JSON lines, and the truth beside them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/format/line_set.h"
#include "data/lib/cli.h"
#include "data/lib/log.h"
#include "data/lib/outfile.h"
#include "tests/lab/gossip_sensor.h"
#include "tests/lab/verbs.h"

#define DAY_S	86400
#define NOWHERE	"/dev/null"

struct gossip_simulate {
	const char	*overlay, *world, *jsonl, *truth, *sensor;
	double		 days;
	int64_t		 nodes, seed;
};

static int
parse_options(struct gossip_simulate *a, int argc, char **argv, int *status)
{
	const struct option_spec list[] = {
		OVERLAY_OPTION(&a->overlay),
		{ "world", OPT_FILE, &a->world, "FILE", "what world it is", 0, 0, NULL, true },
		{ "days", OPT_REAL, &a->days, "N", "how long it is watched", 0.001, 400, NULL, true },
		{ "jsonl", OPT_TEXT, &a->jsonl, "FILE", "write observations; - is standard output", 0, 0, NULL, true },
		{ "truth", OPT_TEXT, &a->truth, "FILE", "write what was really so", 0, 0, NULL, false },
		{ "nodes", OPT_INT, &a->nodes, "N", "nodes online, in place of the file's", 20, 200000, NULL, false },
		{ "seed", OPT_INT, &a->seed, "N", "another run of the same world", 1, UINT32_MAX, NULL, false },
		{ "sensor", OPT_TEXT, &a->sensor, "NAME", "name of the observer", 0, 0, NULL, false },
		{ NULL, OPT_FLAG, NULL, NULL, NULL, 0, 0, NULL, false }
	};
	const struct usage usage = { "kansoku-lab simulate", "", "Writes what a sensor would have observed of "
	    "simulated address gossip, and the truth to score it against.", 0, 0, list };

	return cli_options(&usage, argc, argv, status);
}

/* A round's line is known last and written first: whoever reads learns from it which overlay this is. */
struct gossip_lines {
	FILE		*f, *held;
	char		*text;		/* of held: the records of the round under way */
	size_t		 len;
	struct line_writer writer;	/* to held */
};

static int
write_line(void *arg, const struct observation *o)
{
	struct gossip_lines *l = arg;
	int status;

	if (o->type != OBS_ROUND)
		return line_writer_put(&l->writer, o);
	status = fflush(l->held);
	l->writer.f = l->f;
	if (status == 0)
		status = line_writer_put(&l->writer, o);
	l->writer.f = l->held;
	if (status == 0 && fwrite(l->text, 1, l->len, l->f) != l->len)
		status = -1;
	rewind(l->held);
	return status;
}

static int
play(const struct gossip_world_file *w, const struct gossip_simulate *a, struct gossip_lines *lines, FILE *truth)
{
	uint32_t last = (uint32_t)(a->days * DAY_S / w->world.round);
	struct gossip_sensor *s = gossip_sensor_new(w, a->seed > 0 ? (uint64_t)a->seed : w->world.seed, a->sensor,
	    a->days * DAY_S, truth, write_line, lines);
	int status = s != NULL ? 0 : -1;

	for (uint32_t n = 1; n <= last && status == 0; n++) {
		status = gossip_sensor_round(s, n);
		log_progress("round %u of %u, %llu lines", n, last, (unsigned long long)gossip_sensor_made(s));
	}
	log_progress_end();
	if (status != 0)
		log_error("simulate: %s; nothing was kept", strerror(errno != 0 ? errno : EIO));
	else
		log_info("%u rounds, %llu lines", last, (unsigned long long)gossip_sensor_made(s));
	gossip_sensor_free(s);
	return status;
}

/* Opens, plays, and keeps both files or none. */
static int
write_files(const struct gossip_world_file *w, const struct gossip_simulate *a)
{
	const char *truth_path = a->truth != NULL ? a->truth : NOWHERE;
	struct outfile *lines = outfile_open(a->jsonl, 0644), *truth = NULL;
	struct gossip_lines out = { .f = NULL };
	int status = -1;

	if (lines == NULL || (truth = outfile_open(truth_path, 0644)) == NULL)
		log_error("%s: %s; name a file that can be written", lines == NULL ? a->jsonl : truth_path, strerror(errno));
	else if ((out.held = open_memstream(&out.text, &out.len)) != NULL && line_writer_open(&out.writer, out.held) == 0) {
		out.f = outfile_stream(lines);
		status = play(w, a, &out, outfile_stream(truth));
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
options_agree(const struct gossip_simulate *a, const struct gossip_world_file *w)
{
	if (a->days * DAY_S < w->world.round)
		log_error("--days %g is shorter than one round of this world, %g s", a->days, w->world.round);
	else if (a->truth != NULL && strcmp(a->truth, a->jsonl) == 0 && strcmp(a->truth, NOWHERE) != 0)
		log_error("--truth and --jsonl are both %s; name two files", a->truth);
	else if (a->sensor != NULL && (*a->sensor == '\0' || strlen(a->sensor) >= SETTING_NAME + 32))
		log_error("--sensor: want 1 to %d bytes", SETTING_NAME + 31);
	else
		return true;
	return false;
}

int
bitcoin_simulate(int argc, char **argv)
{
	struct gossip_simulate a = { 0 };
	struct gossip_world_file w;
	char *why;
	int status;

	if (parse_options(&a, argc, argv, &status) < 0)
		return status;
	if (!gossip_worldfile_read(a.world, (uint32_t)a.nodes, &w, &why)) {
		log_error("%s", why != NULL ? why : "no memory");
		free(why);
		return EXIT_MISUSED;
	}
	return options_agree(&a, &w) ? write_files(&w, &a) : EXIT_MISUSED;
}
