/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku checkpoint: today's head of the log, signed, for others to keep. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/lib/cli.h"
#include "data/evidence/checkpoint.h"
#include "data/evidence/keys.h"
#include "data/evidence/verbs.h"
#include "data/store/translog.h"
#include "data/store/sensors.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"

/* The chain as far as it matters here: its last entry, and one that was published. */
struct ends {
	struct translog_entry last;
	struct checkpoint published;	/* entry 0: none yet */
	bool		 there;		/* the chain has the published entry as it was */
	const char	*origin;	/* whose checkpoints count; NULL: there is one sensor only */
};

struct request {
	const char	*db, *key, *password_file, *out;
	struct sensor_filter sensors;
	struct minisign_secret *secret;	/* once it is needed */
};

static int
take_entry(const struct translog_entry *e, void *arg)
{
	struct ends *x = arg;

	x->last = *e;
	if (e->seq == x->published.entry)
		x->there = memcmp(e->head, x->published.head, sizeof(e->head)) == 0;
	return 0;
}

static int
take_published(const struct checkpoint *c, enum minisign_error sig, void *arg)
{
	struct ends *x = arg;

	(void)sig;
	if (x->origin == NULL || strcmp(x->origin, c->origin) == 0)
		x->published = *c;
	return 0;
}

/* The newest checkpoint in the file; none if there is no such file. */
static int
load_published(const char *path, struct ends *x)
{
	FILE *f = fopen(path, "re");
	int line, bad;

	if (f == NULL && errno == ENOENT)
		return 0;
	if (f == NULL) {
		log_error("%s: %s", path, strerror(errno));
		return -1;
	}
	if ((bad = checkpoint_each(f, NULL, &line, take_published, x)) != 0)
		log_error("%s:%d: is no file of checkpoints; name another", path, line);
	fclose(f);
	return bad;
}

/* In one write at the end of the file, so that nobody reads half of it. */
static int
append(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	bool good = fd != -1 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;

	if (fd != -1)
		good &= close(fd) == 0;
	if (!good)
		log_error("%s: %s", path, strerror(errno));
	return good ? 0 : -1;
}

static int
sign_and_append(struct request *r, const struct checkpoint *c)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f;
	int bad = -1;

	if (r->secret == NULL && (r->secret = keys_secret(r->key, r->password_file)) == NULL)
		return -1;
	if ((f = open_memstream(&text, &n)) != NULL) {
		bad = checkpoint_write(f, c, r->secret) == MINISIGN_OK ? 0 : -1;
		bad |= fclose(f);
	}
	if (bad != 0)
		log_error("out of memory");
	else
		bad = append(r->out, text, n);
	free(text);
	return bad;
}

static int
publish_sensor(struct store *s, const struct sensor_row *of, void *arg)
{
	struct request *r = arg;
	struct checkpoint c = { .t_ms = utctime_now() };
	struct ends x = { .origin = of->all > 1 ? c.origin : NULL };
	char name[SENSOR_LABEL], label[SENSOR_LABEL + 2] = "";

	if (of->of > 1)
		snprintf(label, sizeof(label), "%s: ", sensors_label(name, of));
	text_vis(c.origin, sizeof(c.origin), text_of(of->name));
	if (load_published(r->out, &x) != 0)
		return EXIT_FAILED;
	if (translog_chain(s, take_entry, &x) != 0) {
		log_error("%s", store_error(s));
		return EXIT_FAILED;
	}
	c.entry = x.last.seq;
	c.round = x.last.round;
	memcpy(c.head, x.last.head, sizeof(c.head));
	if (x.published.entry != 0 && !x.there) {
		log_error("%s: its last checkpoint is not in the log of %s any more: the log was changed,"
		    " or this is another database", r->out, r->db);
		return EXIT_FAILED;
	}
	if (c.entry == 0 || c.entry == x.published.entry ||
	    (x.published.entry != 0 && c.t_ms / DAY_MS == x.published.t_ms / DAY_MS)) {
		log_info("%snothing to publish: %s", label, c.entry == 0 ? "no round is complete yet" :
		    c.entry == x.published.entry ? "no round was completed since the last checkpoint" :
		    "there is a checkpoint of today (UTC) already");
		return EXIT_NOTHING;
	}
	if (sign_and_append(r, &c) != 0)
		return EXIT_FAILED;
	log_info("%s: %sentry %" PRId64 " of the chain, round %" PRId64, r->out, label, c.entry, c.round);
	return EXIT_DONE;
}

static int
publish(struct request *r)
{
	struct store *s;
	int status;

	if (keys_start() != 0 || (s = store_open(r->db, STORE_READ)) == NULL)
		return EXIT_FAILED;
	status = sensors_each(s, &r->sensors, publish_sensor, r);
	minisign_forget(r->secret);
	store_close(s);
	return status;
}

int
verb_checkpoint(int argc, char **argv)
{
	struct request r = { .db = NULL };
	const struct option_spec options[] = {
		{ .name = "db", .kind = OPT_TEXT, .into = &r.db, .value = "FILE",
		    .help = "the database (or KANSOKU_DB)" },
		{ .name = "key", .kind = OPT_FILE, .into = &r.key, .value = "KEY", .required = true,
		    .help = "sign with this secret key of keygen or minisign" },
		{ .name = "password-file", .kind = OPT_FILE, .into = &r.password_file, .value = "FILE",
		    .help = "first line: the key's password, if it has one (asked for)" },
		{ .name = "out", .kind = OPT_TEXT, .into = &r.out, .value = "FILE", .required = true,
		    .help = "text file that the checkpoint is appended to; publish it" },
		SENSOR_OPTIONS(&r.sensors),
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku checkpoint", .operands = "",
		.about = "Appends the signed head of the observation log to a file, once a day (UTC).  "
		    "Whoever has a copy can tell if the log is changed later.",
		.options = options,
	};
	int status;

	if (cli_options(&usage, argc, argv, &status) < 0)
		return status;
	if ((r.db = cli_database_there(r.db)) == NULL)
		return EXIT_MISUSED;
	return publish(&r);
}
