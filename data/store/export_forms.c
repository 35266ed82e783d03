/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the database holds, for others.
 *
 * Each form is one function from an open database to a file; the verb, which
 * only reads the options and picks one, is data/evidence/cmd_export.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "data/lib/cli.h"
#include "data/store/export_forms.h"
#include "data/format/line_set.h"
#include "data/format/jsonl.h"
#include "data/lib/outfile.h"
#include "data/store/rows.h"
#include "data/store/sensors.h"
#include "data/lib/log.h"

/* Names and addresses of people are in it. */
#define PRIVATE	0600

/* ---- observations ---- */

struct writing {
	struct store	*s;
	struct line_writer out;
	bool		 several;	/* sensors: only a round line says whose what follows is */
	int64_t		 lines, rounds, pruned, hidden, nameless;
};

static int
write_line(const struct observation *o, void *arg)
{
	struct writing *w = arg;

	if (w->lines++ % 8192 == 0)
		log_progress("export: round %u, %" PRId64 " lines", o->round, w->lines);
	return line_writer_put(&w->out, o) == 0 ? 0 : 2;
}

static int
write_round(const struct round_row *r, void *arg)
{
	struct writing *w = arg;

	/* A round line alone would say that nothing was seen, and a token is no address. */
	if (r->pruned || r->hidden) {
		w->pruned += r->pruned;
		w->hidden += !r->pruned;
		return 0;
	}
	if (w->several && r->start_ms == UNKNOWN) {
		w->nameless++;
		return 0;
	}
	w->rounds++;
	return rows_observations(w->s, r->id, write_line, w);
}

static int
write_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct writing *w = arg;

	w->several = r->of > 1;
	switch (rows_rounds(s, 1, 0, write_round, w)) {
	case 0:
		return EXIT_DONE;
	case -1:
		log_progress_end();
		log_error("%s", store_error(s));
		return EXIT_FAILED;
	default:
		return EXIT_NOTHING;	/* told by the file's end */
	}
}

/* All rounds of one sensor after the other, as they are at this moment; an exit status. */
static int
write_rounds(struct writing *w, const struct sensor_filter *f)
{
	int status = EXIT_FAILED;

	if (rows_snapshot(w->s) == 0)
		status = sensors_each(w->s, f, write_sensor, w);
	else
		log_error("%s", store_error(w->s));
	rows_snapshot_end(w->s);
	log_progress_end();
	return status;
}

int
export_observations(struct store *s, const struct sensor_filter *f, const char *path)
{
	struct outfile *o = outfile_open_over(path, PRIVATE, "{\"type\":\"");
	struct writing w = { .s = s };
	int status;

	if (o == NULL) {
		if (errno == EEXIST)
			log_error("%s exists, and is no file of observations; name another file", path);
		else
			log_error("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	status = line_writer_open(&w.out, outfile_stream(o)) == 0 ? write_rounds(&w, f) : EXIT_FAILED;
	line_writer_close(&w.out);
	if (memory_was_missing())
		status = EXIT_FAILED;
	if (status != EXIT_DONE && status != EXIT_NOTHING) {
		outfile_abandon(o);
		return status;
	}
	if (outfile_commit(o) != 0) {
		log_error("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	if (w.pruned > 0)
		log_info("left out, because their records were pruned: rounds %" PRId64, w.pruned);
	if (w.hidden > 0)
		log_info("left out, because their addresses are tokens: rounds %" PRId64, w.hidden);
	if (w.nameless > 0)
		log_info("left out, because nothing in them would say which sensor's they are: rounds %" PRId64
		    "; export them with --sensor", w.nameless);
	log_info("%s: observations %" PRId64 ", rounds %" PRId64,
	    strcmp(path, "-") == 0 ? "standard output" : path, w.lines, w.rounds);
	return w.lines > 0 ? EXIT_DONE : EXIT_NOTHING;
}
