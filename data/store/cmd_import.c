/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kansoku import: observations in JSON lines become rows.
 *
 * A file is one transaction: all of it or nothing.  A round's line may stand
 * before or behind what belongs to the round, and completes it when the sensor's
 * next round or the end of the file is reached.  A round line says whose round it
 * is, and so are the lines behind it that bear its number; others are of the
 * sensor whose lines came last.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/lib/array.h"
#include "data/lib/cli.h"
#include "data/format/jsonl.h"
#include "data/lib/lines.h"
#include "data/lib/log.h"
#include "data/format/line_set.h"
#include "data/store/sensors.h"
#include "data/lib/text.h"
#include "data/store/verbs.h"
#include "data/lib/utctime.h"

#define BAD_LINES_TOLD	10	/* with --skip-bad; the rest is only counted */
#define NOBODY		SIZE_MAX
#define ENDLESS_LINE	((size_t)16 * JSON_LINE_MAX)	/* far beyond what is refused as too long */
#define PROGRESS_LINES	8192	/* between two looks at the clock */

/* Where the file is among the rounds of one sensor. */
struct progress {
	int64_t		 sensor;
	bool		 named;		/* by a round line, or on the command line */
	uint32_t	 round;		/* that we are in; 0: none yet */
	int64_t		 round_line;	/* number of its round line; 0: not met yet */
	struct observation run;		/* that line; its texts are below */
	char		*name, *overlay;
};

struct import {
	struct store	*store;
	const char	*file;
	struct sensor_filter whose;	/* lines that no round line goes before; NULL: not told */
	bool		 skip_bad;
	struct jsonl	 reader;
	struct lines	 lines;
	char		 sha256[2 * crypto_hash_sha256_BYTES + 1];	/* of the file, as it was read */
	ARRAY_OF(struct progress) progress;	/* one for each sensor that was met */
	size_t		 now;		/* the one whose lines come; NOBODY: not known yet */

	struct line_set	 met;
	uint8_t		 hash[crypto_shorthash_siphashx24_BYTES];	/* of the line */
	int64_t		 observations, rounds, complete, bad, again;
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

static struct progress *
progress_at(const struct import *im, size_t i)
{
	return (struct progress *)im->progress.p + i;
}

/* Everything of the round is in: now its line, if there was one. */
static int
finish_round(struct import *im, struct progress *p)
{
	if (p->round_line == 0)
		return 0;
	if (sensors_switch(im->store, p->sensor) != 0 || store_add(im->store, &p->run) != 0)
		return refuse(im, p->round_line);
	p->round_line = 0;
	im->complete += p->run.run.end_ms != UNKNOWN;
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
keep_round_line(struct import *im, struct progress *p, const struct observation *o)
{
	if (p->round_line != 0)
		return bad_line(im, "a second round line of the same round");
	free(p->name);
	free(p->overlay);
	p->run = *o;
	p->name = copy_text(&p->run.run.sensor);
	p->overlay = copy_text(&p->run.run.overlay);
	p->round_line = im->lines.number;
	if (p->name == NULL || p->overlay == NULL) {
		log_error("out of memory");
		return -1;
	}
	return 0;
}

/* The lines that come are of the sensor that the store works for. */
static int
follow_store(struct import *im, bool named)
{
	struct progress *p;

	for (im->now = 0; im->now < im->progress.n; im->now++)
		if (progress_at(im, im->now)->sensor == sensors_current(im->store))
			break;
	if (im->now == im->progress.n) {
		if ((p = array_add(&im->progress)) == NULL) {
			log_error("out of memory");
			return -1;
		}
		p->sensor = sensors_current(im->store);
	}
	progress_at(im, im->now)->named |= named;
	return 0;
}

static int
enter_sensor(struct import *im, struct text name, struct text overlay)
{
	size_t before = im->now;
	char *a = copy_text(&name), *b = copy_text(&overlay);
	int bad = a == NULL || b == NULL ? -1 : sensors_enter(im->store, a, b, UNKNOWN);

	free(a);
	free(b);
	if (bad != 0)
		return refuse(im, im->lines.number);
	if (follow_store(im, true) != 0)
		return -1;
	return before != im->now && before != NOBODY && !progress_at(im, before)->named ? 1 : 0;
}

/* Whose line is it?  0: im->now says it; 1: it was bad and is skipped; -1. */
static int
find_sensor(struct import *im, const struct observation *o)
{
	int64_t line = 0;
	size_t before = im->now;
	int stray;

	if (o->type == OBS_ROUND && o->run.sensor.len > 0) {
		if ((stray = enter_sensor(im, o->run.sensor, o->run.overlay)) != 1)
			return stray;
		if (progress_at(im, before)->round != o->round)
			return 0;
		log_error("%s:%" PRId64 ": lines of round %u went before this, which says whose they are:"
		    " put it first, or give --sensor", im->file, im->lines.number, o->round);
		return -1;
	}
	for (size_t i = 0; i < im->progress.n; i++) {
		const struct progress *p = progress_at(im, i);

		if (p->round == o->round && p->round_line > line) {
			line = p->round_line;
			im->now = i;
		}
	}
	if (im->now == NOBODY)
		return bad_line(im, "the database holds several sensors, and no round line says whose"
		    " this is; give --sensor NAME") == 0 ? 1 : -1;
	if (sensors_switch(im->store, progress_at(im, im->now)->sensor) != 0)
		return refuse(im, im->lines.number);
	return 0;
}

/* 0: go on with the line; 1: it was bad and is skipped; -1. */
static int
enter_round(struct import *im, struct progress *p, const struct observation *o)
{
	char why[96];

	if (o->round < p->round) {
		snprintf(why, sizeof(why), "round %u behind round %u; rounds ascend", o->round,
		    p->round);
		return bad_line(im, why) == 0 ? 1 : -1;
	}
	if (o->round > p->round) {
		if (finish_round(im, p) != 0)
			return -1;
		p->round = o->round;
		im->rounds++;
	}
	return 0;
}

/* ---- lines ---- */

/* Who delivers at least once sends some lines again: 1 such a line, 0, -1. */
static int
is_again(struct import *im, const struct observation *o)
{
	int64_t times = line_set_meet(&im->met, o->round, im->hash, sizeof(im->hash));

	if (times == -1)
		log_error("%s", memory_missing());
	im->again += times > 0;
	return times == -1 ? -1 : times > 0;
}

static int
take_line(struct import *im, char *line, size_t len)
{
	struct observation o;
	struct progress *p;
	int bad;

	if (len == 0)
		return 0;
	/* Reading changes the line. */
	crypto_shorthash_siphashx24(im->hash, (const unsigned char *)line, len, im->met.key);
	if (jsonl_read(&im->reader, &o, line, len) != 0)
		return bad_line(im, im->reader.why);
	if ((bad = is_again(im, &o)) != 0)
		return bad == 1 ? 0 : -1;
	if ((bad = find_sensor(im, &o)) != 0)
		return bad == 1 ? 0 : -1;
	p = progress_at(im, im->now);
	if ((bad = enter_round(im, p, &o)) != 0)
		return bad == 1 ? 0 : -1;
	im->observations++;
	if (o.type == OBS_ROUND)
		return keep_round_line(im, p, &o);
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
			    im->file, im->now == NOBODY ? 0 : progress_at(im, im->now)->round,
			    im->lines.number, per_second(im));
	}
	if (got == LINES_ERROR) {
		lines_complain(&im->lines);
		return -1;
	}
	for (size_t i = 0; i < im->progress.n; i++)
		if (finish_round(im, progress_at(im, i)) != 0)
			return -1;
	return 0;
}

/* ---- which file it was ---- */

/* A file that nobody else can open, beside the database, for what can be read only once. */
static int
open_spool(const char *db)
{
	char *copy = strdup(db), *slash = copy != NULL ? strrchr(copy, '/') : NULL;
	int fd;

	if (slash != NULL)
		slash[slash == copy] = '\0';
	fd = copy == NULL ? -1 : open(slash != NULL ? copy : ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	free(copy);
	return fd;
}

static bool
write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put == -1 && errno != EINTR)
			return false;
		p += put > 0 ? put : 0;
		n -= put > 0 ? (size_t)put : 0;
	}
	return true;
}

/*
 * Hashes all of fd; what it reads goes to spool, too, unless that is -1.  A line that
 * goes on and on ends it, for such a file may have no end.
 */
static bool
hash_all(int fd, int spool, uint8_t hash[crypto_hash_sha256_BYTES])
{
	crypto_hash_sha256_state st;
	uint8_t buf[1 << 16];
	const uint8_t *end;
	size_t line = 0;
	ssize_t n;

	crypto_hash_sha256_init(&st);
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 || (spool != -1 && !write_all(spool, buf, (size_t)n)))
			return false;
		end = memrchr(buf, '\n', (size_t)n);
		if ((line = end != NULL ? (size_t)(buf + n - end) : line + (size_t)n) > ENDLESS_LINE) {
			errno = EFBIG;
			return false;
		}
		crypto_hash_sha256_update(&st, buf, (size_t)n);
	}
	crypto_hash_sha256_final(&st, hash);
	return true;
}

/*
 * The log commits to the hash of the file with each round that came from it, so it
 * is known before the first line is read.
 */
static int
hash_file(struct import *im, const char *db)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	int from = im->lines.fd, spool = -1;
	off_t start = lseek(from, 0, SEEK_CUR);

	if (start == -1 && (spool = open_spool(db)) == -1)
		log_error("%s: it cannot be read twice, and there is no place for a copy: %s", im->file,
		    os_error());
	else if (!hash_all(from, spool, hash) ||
	    lseek(spool != -1 ? spool : from, spool != -1 ? 0 : start, SEEK_SET) == -1)
		log_error(errno == EFBIG ? "%s: a line has no end; want JSON lines" : "%s: %s", im->file,
		    os_error());
	else {
		if (spool != -1 && from > STDIN_FILENO)
			close(from);
		if (spool != -1)
			im->lines.fd = spool;
		sodium_bin2hex(im->sha256, sizeof(im->sha256), hash, sizeof(hash));
		return 0;
	}
	if (spool != -1)
		close(spool);
	return -1;
}

/* ---- files ---- */

struct import_request {
	const char	*db;
	struct sensor_filter whose;
	bool		 skip_bad;
};

static int
begin_run(struct import *im)
{
	json_t *parameters = json_pack("{s:s, s:s%, s:s, s:b}", "verb", "import", "file", im->file,
	    strlen(im->file), "sha256", im->sha256, "skip_bad", im->skip_bad);
	char *text = parameters == NULL ? NULL : json_dumps(parameters, JSON_COMPACT);
	int64_t run = text == NULL ? -1 : store_begin_run(im->store, KANSOKU_VERSION, text);

	if (run == -1)
		log_error("%s: %s", im->file, text == NULL ? "the file's name is no UTF-8"
		    : store_error(im->store));
	json_decref(parameters);
	free(text);
	return run == -1 ? -1 : 0;
}

static int
count_sensor(const struct sensor_row *r, void *arg)
{
	int64_t *only = arg;

	only[0] = only[1]++ == 0 ? r->id : only[0];
	return 0;
}

/* Whose are lines that no round line goes before? */
static int
begin_sensor(struct import *im)
{
	int64_t only[2] = { 0, 0 };	/* the first, and how many there are */

	im->now = NOBODY;
	if (im->whose.name != NULL)
		return enter_sensor(im, text_of(im->whose.name),
		    text_of(im->whose.overlay != NULL ? im->whose.overlay : "")) == -1 ? -1 : 0;
	if (sensors_list(im->store, count_sensor, only) != 0)
		return refuse(im, 0);
	if (only[1] > 1)
		return 0;
	return sensors_switch(im->store, only[0]) != 0 ? refuse(im, 0) : follow_store(im, false);
}

/* The whole file as one transaction. */
static int
take_file(struct import *im)
{
	char again[48] = "";

	store_hold(im->store, true);
	im->began_ms = utctime_monotonic();
	if (begin_run(im) != 0 || begin_sensor(im) != 0 || take_lines(im) != 0)
		goto undo;
	if (store_end_run(im->store) == 0 && store_commit(im->store) == 0) {
		if (im->again > 0)
			snprintf(again, sizeof(again), ", sent again %" PRId64, im->again);
		log_info("%s: observations %" PRId64 ", rounds %" PRId64 " (%" PRId64
		    " complete), bad lines %" PRId64 "%s; %.0f lines a second", im->file,
		    im->observations, im->rounds, im->complete, im->bad, again, per_second(im));
		return 0;
	}
	log_error("%s", store_error(im->store));
undo:
	store_rollback(im->store);
	log_error("%s: nothing of it was stored", im->file);
	return -1;
}

static int
import_file(struct store *s, const char *path, const struct import_request *r, int64_t *observations)
{
	struct import *im = calloc(1, sizeof(*im));
	int bad = -1;

	if (im == NULL) {
		log_error("%s: %s", path, memory_missing());
	} else if (lines_open(&im->lines, path, JSON_LINE_MAX) != 0) {
		lines_complain(&im->lines);
	} else {
		im->store = s;
		line_set_init(&im->met);
		im->file = im->lines.name;
		im->skip_bad = r->skip_bad;
		im->whose = r->whose;
		bad = hash_file(im, r->db) == 0 ? take_file(im) : -1;
		*observations += im->observations;
		lines_close(&im->lines);
		line_set_free(&im->met);
		for (size_t i = 0; i < im->progress.n; i++) {
			free(progress_at(im, i)->name);
			free(progress_at(im, i)->overlay);
		}
		array_free(&im->progress);
	}
	free(im);
	return bad;
}

static int
import_files(struct store *s, char **path, int n, const struct import_request *r)
{
	int64_t observations = 0;
	int locked = store_lock(s), bad = 0;

	if (locked != 0) {
		log_error("%s", store_error(s));
		return locked == 1 ? EXIT_LOCKED : EXIT_FAILED;
	}
	store_keep_all_raw(s);
	store_set_origin(s, ORIGIN_IMPORTED);
	for (int i = 0; i < n && bad == 0; i++)
		bad = import_file(s, path[i], r, &observations);
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
	struct import_request r = { .db = NULL };
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &r.db, .value = "FILE",
		    .help = "the database; made if there is none" },
		{ .name = "skip-bad", .kind = OPT_FLAG, .into = &r.skip_bad,
		    .help = "pass over lines that cannot be read, and count them" },
		{ .name = "sensor", .kind = OPT_TEXT, .into = &r.whose.name, .value = "NAME",
		    .help = "whose lines are that come before any round line (the only sensor's)" },
		{ .name = "overlay", .kind = OPT_TEXT, .into = &r.whose.overlay, .value = "NAME",
		    .help = "what that sensor observed, if it is new" },
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
	bool made;
	int status, at = cli_options(&usage, argc, argv, &status);

	if (at < 0)
		return status;
	if (r.whose.overlay != NULL && r.whose.name == NULL) {
		log_error("--overlay goes with --sensor NAME, whose overlay it is");
		return EXIT_MISUSED;
	}
	if ((r.db = cli_database(r.db)) == NULL || !can_be_read(argv + at, argc - at))
		return EXIT_MISUSED;
	made = access(r.db, F_OK) != 0;
	if ((s = store_open(r.db, STORE_CREATE)) == NULL)
		return EXIT_FAILED;
	status = import_files(s, argv + at, argc - at, &r);
	/* Of what could not be read nothing is left, not even an empty database. */
	if (made && status != EXIT_DONE && status != EXIT_LOCKED && store_last_round(s) == 0)
		store_remove(s);
	store_close(s);
	return status;
}
