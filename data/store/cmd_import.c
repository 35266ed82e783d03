/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku import: observations in JSON lines become rows.
 *
 * A file is one transaction: all of it or nothing.  A round's line may stand
 * before or behind what belongs to the round, and completes it when the next
 * round or the end of the file is reached.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/cli.h"
#include "data/format/jsonl.h"
#include "data/lib/lines.h"
#include "data/lib/log.h"
#include "data/store/store.h"
#include "data/lib/text.h"
#include "data/store/verbs.h"
#include "data/lib/utctime.h"

#define BAD_LINES_TOLD	10	/* with --skip-bad; the rest is only counted */
#define PROGRESS_LINES	8192	/* between two looks at the clock */

struct import {
	struct store	*store;
	const char	*file;
	bool		 skip_bad;
	struct jsonl	 reader;
	struct lines	 lines;

	uint32_t	 round;		/* that we are in; 0: none yet */
	int64_t		 round_line;	/* number of its round line; 0: not met yet */
	struct observation run;		/* that line; its texts are below */
	char		*sensor, *overlay;

	int64_t		 observations, rounds, complete, bad;
	int64_t		 began_ms;
};

/* ---- what goes wrong ---- */

/* The store said no: no line is to blame but that one, and no other will do. */
static int
refuse(const struct import *im, int64_t line)
{
	log_error("%s:%" PRId64 ": %s", im->file, line, store_error(im->store));
	return -1;
}

/* A line that cannot be read: the end of this file, or one more to count. */
static int
bad_line(struct import *im, const char *why)
{
	im->bad++;
	if (!im->skip_bad || im->bad <= BAD_LINES_TOLD)
		log_error("%s:%" PRId64 ": %s", im->file, im->lines.number, why);
	if (im->skip_bad && im->bad == BAD_LINES_TOLD)
		log_error("%s: more bad lines are counted, not shown", im->file);
	return im->skip_bad ? 0 : -1;
}

/* ---- rounds ---- */

/* Everything of the round is in: now its line, if there was one. */
static int
finish_round(struct import *im)
{
	if (im->round_line == 0)
		return 0;
	if (store_add(im->store, &im->run) != 0)
		return refuse(im, im->round_line);
	im->round_line = 0;
	im->complete += im->run.run.end_ms != UNKNOWN;
	return 0;
}

static char *
copy_text(struct text *t)
{
	char *copy = strndup(t->len > 0 ? (const char *)t->p : "", t->len);

	*t = text_of(copy);
	return copy;
}

/* Keeps the line until its round is over. */
static int
keep_round_line(struct import *im, const struct observation *o)
{
	if (im->round_line != 0)
		return bad_line(im, "a second round line of the same round");
	free(im->sensor);
	free(im->overlay);
	im->run = *o;
	im->sensor = copy_text(&im->run.run.sensor);
	im->overlay = copy_text(&im->run.run.overlay);
	im->round_line = im->lines.number;
	return 0;
}

/* 0: go on with the line; 1: it was bad and is skipped; -1. */
static int
enter_round(struct import *im, const struct observation *o)
{
	char why[96];

	if (o->round < im->round) {
		snprintf(why, sizeof(why), "round %u behind round %u; rounds ascend", o->round,
		    im->round);
		return bad_line(im, why) == 0 ? 1 : -1;
	}
	if (o->round > im->round) {
		if (finish_round(im) != 0)
			return -1;
		im->round = o->round;
		im->rounds++;
	}
	return 0;
}

/* ---- lines ---- */

static int
take_line(struct import *im, char *line, size_t len)
{
	struct observation o;
	int bad;

	if (len == 0)
		return 0;
	if (jsonl_read(&im->reader, &o, line, len) != 0)
		return bad_line(im, im->reader.why);
	if ((bad = enter_round(im, &o)) != 0)
		return bad == 1 ? 0 : -1;
	im->observations++;
	if (o.type == OBS_ROUND)
		return keep_round_line(im, &o);
	return store_add(im->store, &o) == 0 ? 0 : refuse(im, im->lines.number);
}

static double
per_second(const struct import *im)
{
	int64_t ms = utctime_monotonic() - im->began_ms;

	return (double)im->lines.number * 1000 / (double)(ms > 0 ? ms : 1);
}

static int
take_lines(struct import *im)
{
	enum lines_result got;
	char *line;
	size_t len;

	while ((got = lines_next(&im->lines, &line, &len)) == LINES_LINE ||
	    got == LINES_BAD) {
		if ((got == LINES_LINE ? take_line(im, line, len)
		    : bad_line(im, im->lines.why)) != 0)
			return -1;
		if (im->lines.number % PROGRESS_LINES == 0)
			log_progress("import: %s: round %u, %" PRId64 " lines, %.0f a second",
			    im->file, im->round, im->lines.number, per_second(im));
	}
	if (got != LINES_ERROR)
		return finish_round(im);
	lines_complain(&im->lines);
	return -1;
}

/* ---- files ---- */

static int
begin_run(struct import *im)
{
	json_t *parameters = json_pack("{s:s, s:s%, s:b}", "verb", "import", "file", im->file,
	    strlen(im->file), "skip_bad", im->skip_bad);
	char *text = parameters == NULL ? NULL : json_dumps(parameters, JSON_COMPACT);
	int64_t run = text == NULL ? -1 : store_begin_run(im->store, KANSOKU_VERSION, text);

	if (run == -1)
		log_error("%s: %s", im->file, text == NULL ? "the file's name is no UTF-8"
		    : store_error(im->store));
	json_decref(parameters);
	free(text);
	return run == -1 ? -1 : 0;
}

/* The whole file as one transaction. */
static int
take_file(struct import *im)
{
	store_hold(im->store, true);
	im->began_ms = utctime_monotonic();
	if (begin_run(im) != 0 || take_lines(im) != 0)
		goto undo;
	if (store_end_run(im->store) == 0 && store_commit(im->store) == 0) {
		log_info("%s: observations %" PRId64 ", rounds %" PRId64 " (%" PRId64
		    " complete), bad lines %" PRId64 "; %.0f lines a second", im->file,
		    im->observations, im->rounds, im->complete, im->bad, per_second(im));
		return 0;
	}
	log_error("%s", store_error(im->store));
undo:
	store_rollback(im->store);
	log_error("%s: nothing of it was stored", im->file);
	return -1;
}

static int
import_file(struct store *s, const char *path, bool skip_bad, int64_t *observations)
{
	struct import *im = calloc(1, sizeof(*im));
	int bad = -1;

	if (im == NULL) {
		log_error("%s: %s", path, memory_missing());
	} else if (lines_open(&im->lines, path, JSON_LINE_MAX) != 0) {
		lines_complain(&im->lines);
	} else {
		im->store = s;
		im->file = im->lines.name;
		im->skip_bad = skip_bad;
		bad = take_file(im);
		*observations += im->observations;
		lines_close(&im->lines);
		free(im->sensor);
		free(im->overlay);
	}
	free(im);
	return bad;
}

static int
import_files(struct store *s, char **path, int n, bool skip_bad)
{
	int64_t observations = 0;
	int locked = store_lock(s), bad = 0;

	if (locked != 0) {
		log_error("%s", store_error(s));
		return locked == 1 ? EXIT_LOCKED : EXIT_FAILED;
	}
	store_keep_all_raw(s);
	for (int i = 0; i < n && bad == 0; i++)
		bad = import_file(s, path[i], skip_bad, &observations);
	log_progress_end();
	if (bad != 0)
		return EXIT_FAILED;
	return observations > 0 ? EXIT_DONE : EXIT_NOTHING;
}

/* Before the database is made: is there something to read? */
static bool
can_be_read(char **path, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(path[i], "-") != 0 && !cli_can_be_read("", path[i]))
			return false;
	return true;
}

int
verb_import(int argc, char **argv)
{
	const char *db = NULL;
	bool skip_bad = false;
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &db, .value = "FILE",
		    .help = "the database; made if there is none" },
		{ .name = "skip-bad", .kind = OPT_FLAG, .into = &skip_bad,
		    .help = "pass over lines that cannot be read, and count them" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku import",
		.operands = "FILE...",
		.about = "Store observations in JSON lines; - is standard input.  A file is stored"
		    " whole or\nnot at all.",
		.min_operands = 1,
		.max_operands = -1,
		.options = options,
	};
	struct store *s;
	int status, at = cli_options(&usage, argc, argv, &status);

	if (at < 0)
		return status;
	if ((db = cli_database(db)) == NULL || !can_be_read(argv + at, argc - at))
		return EXIT_MISUSED;
	if ((s = store_open(db, STORE_CREATE)) == NULL)
		return EXIT_FAILED;
	status = import_files(s, argv + at, argc - at, skip_bad);
	store_close(s);
	return status;
}
