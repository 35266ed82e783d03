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
#include "data/format/jsonl.h"
#include "data/lib/outfile.h"
#include "data/store/rows.h"
#include "data/lib/log.h"

/* Names and addresses of people are in it. */
#define PRIVATE	0600

/* ---- observations ---- */

struct writing {
	struct store	*s;
	FILE		*f;
	int64_t		 lines, rounds, pruned, hidden;
};

static int
write_line(const struct observation *o, void *arg)
{
	struct writing *w = arg;

	if (w->lines++ % 8192 == 0)
		log_progress("export: round %u, %" PRId64 " lines", o->round, w->lines);
	return jsonl_write(w->f, o) == 0 ? 0 : 2;
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
	w->rounds++;
	return rows_observations(w->s, r->id, write_line, w);
}

/* All rounds, as they are at this moment. */
static int
write_rounds(struct writing *w)
{
	int stop = rows_snapshot(w->s) == 0 ? rows_rounds(w->s, 1, 0, write_round, w) : -1;

	rows_snapshot_end(w->s);
	log_progress_end();
	return stop;
}

int
export_observations(struct store *s, const char *path)
{
	struct outfile *o = outfile_open(path, PRIVATE);
	struct writing w = { .s = s };
	int stop;

	if (o == NULL) {
		log_error("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	w.f = outfile_stream(o);
	stop = write_rounds(&w);
	if (stop == -1) {
		log_error("%s", store_error(s));
		outfile_abandon(o);
		return EXIT_FAILED;
	}
	if (outfile_commit(o) != 0) {
		log_error("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	if (w.pruned > 0)
		log_info("left out, because their records were pruned: rounds %" PRId64, w.pruned);
	if (w.hidden > 0)
		log_info("left out, because their addresses are tokens: rounds %" PRId64, w.hidden);
	log_info("%s: observations %" PRId64 ", rounds %" PRId64,
	    strcmp(path, "-") == 0 ? "standard output" : path, w.lines, w.rounds);
	return w.lines > 0 ? EXIT_DONE : EXIT_NOTHING;
}
