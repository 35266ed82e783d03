/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/sensors.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/array.h"
#include "data/lib/cli.h"
#include "data/lib/log.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"
#include "data/store/record_fields.h"
#include "data/store/sensor_facts.h"
#include "data/store/writer.h"

/* ---- which one the store works for ---- */

int64_t
sensors_current(const struct store *s)
{
	return s->sensor;
}

/* One batch and the rounds that the log has open are of one sensor. */
int
sensors_switch(struct store *s, int64_t id)
{
	struct writer *w = s->writer;

	if (id == s->sensor)
		return 0;
	if (w != NULL) {
		if (w->broken)
			return -1;
		if (w->batch.bytes > 0 && writer_transact(s, PATIENCE_LAST_MS, NULL) != 0)
			return -1;
		translog_close_rounds(w->log);
		w->round = w->delivery.round = 0;
	}
	s->sensor = id;
	return fields_resume(s);
}

int
sensors_select(struct store *s, const char *name)
{
	int64_t id;
	int absent = query_value(s, &id, Q_SENSOR_FIND, "s", name);

	return absent != 0 ? absent : sensors_switch(s, id);
}

/* ---- making one ---- */

/* Says that something of this sensor is for good. */
static int
keeps(struct store *s, const char *what, const char *have, const char *want)
{
	char is_of[128], seen_as[128];

	text_vis(is_of, sizeof(is_of), text_of(have));
	text_vis(seen_as, sizeof(seen_as), text_of(want));
	return store_fail(s, "holds the %s %s; these observations are of %s", what, is_of, seen_as);
}

/* 0 if what is known of the sensor is what is wanted, or nothing is. */
static int
agrees(struct store *s, enum sensor_fact f, const char *what, const char *want)
{
	char *have;
	int bad = sensor_fact_find(s, f, &have) == -1 ? -1 : 0;

	if (have != NULL && want[0] != '\0' && strcmp(have, want) != 0)
		bad = keeps(s, what, have, want);
	free(have);
	return bad;
}

int
sensor_update(struct store *s, const char *name, const char *overlay, int64_t port)
{
	char number[24] = "";
	int64_t other = s->sensor;

	if (port != UNKNOWN)
		snprintf(number, sizeof(number), "%lld", (long long)port);
	if (agrees(s, SENSOR_NAME, "sensor", name) != 0 ||
	    agrees(s, SENSOR_OVERLAY, "overlay", overlay) != 0 ||
	    agrees(s, SENSOR_PORT, "port", number) != 0 ||
	    query_value(s, &other, Q_SENSOR_FIND, "s", name) == -1)
		return -1;
	if (other != s->sensor && name[0] != '\0')
		return store_fail(s, "sensor %s has rounds of its own", name);
	return query_do(s, Q_SENSOR_PUT, "isski", s->sensor, name, overlay, port, utctime_now());
}

/* The id for a name that is not there: that of who has none yet, or the next. */
static int
new_id(struct store *s, int64_t *id)
{
	int absent = query_value(s, id, Q_SENSOR_FIND, "s", "");

	if (absent != 1)
		return absent;
	*id = 0;
	if (query_value(s, id, Q_SENSOR_NEXT, "") == -1)
		return -1;
	return *id < SENSORS_MAX ? 0 : store_fail(s, "is full: it holds %d sensors", SENSORS_MAX);
}

static int
enter(struct store *s, const char *name, const char *overlay, int64_t port)
{
	int64_t id = s->sensor;
	int absent = name[0] == '\0' ? 0 : query_value(s, &id, Q_SENSOR_FIND, "s", name);

	if (absent == -1 || (absent == 1 && new_id(s, &id) != 0) || sensors_switch(s, id) != 0)
		return -1;
	return sensor_update(s, name, overlay, port);
}

int
sensors_enter(struct store *s, const char *name, const char *overlay, int64_t port)
{
	bool inside = store_in_transaction(s) || s->hold;
	int64_t before = s->sensor;
	int bad;

	if ((name[0] != '\0' && sensors_select(s, name) == -1) || store_begin(s, PATIENCE_LAST_MS) != 0)
		return -1;
	if ((bad = enter(s, name, overlay, port)) != 0)
		s->sensor = before;
	if (inside)
		return bad;
	if (bad == 0)
		return store_end(s);
	store_undo(s);
	return -1;
}

/* ---- going through them ---- */

/* A row whose texts are owned. */
struct wanted {
	struct sensor_row is;
	char	*name, *overlay;
};

struct walk {
	struct store	*s;
	struct sensor_filter want;
	ARRAY_OF(struct wanted) wanted;
	size_t		 all;
};

struct list_walk {
	int	(*fn)(const struct sensor_row *, void *);
	void	*arg;
	size_t	 n;
};

static int
list_row(sqlite3_stmt *st, void *arg)
{
	struct list_walk *w = arg;
	struct sensor_row r = { sqlite3_column_int64(st, 0), (const char *)sqlite3_column_text(st, 1),
		(const char *)sqlite3_column_text(st, 2), sqlite3_column_int64(st, 3), w->n++, 0, 0 };

	if (r.id < 0 || r.id >= SENSORS_MAX || r.name == NULL || r.overlay == NULL)
		return 0;
	return w->fn(&r, w->arg);
}

int
sensors_list(struct store *s, int (*fn)(const struct sensor_row *, void *), void *arg)
{
	struct list_walk w = { fn, arg, 0 };
	sqlite3_stmt *st = statement_walk(s, Q_SENSORS);

	return st == NULL ? -1 : statement_each(s, st, list_row, &w);
}

static bool
wants(const struct sensor_filter *f, const struct sensor_row *r)
{
	return !(f->no_taps && strncmp(r->name, SENSOR_TAP, strlen(SENSOR_TAP)) == 0) &&
	    (f->name == NULL || strcmp(f->name, r->name) == 0) &&
	    (f->overlay == NULL || strcmp(f->overlay, r->overlay) == 0);
}

static int
keep_wanted(const struct sensor_row *r, void *arg)
{
	struct walk *w = arg;
	struct wanted *to;

	w->all++;
	if (!wants(&w->want, r))
		return 0;
	if ((to = array_add(&w->wanted)) == NULL)
		return store_fail(w->s, "out of memory");
	to->is = *r;
	to->is.name = to->name = strdup(r->name);
	to->is.overlay = to->overlay = strdup(r->overlay);
	return to->name != NULL && to->overlay != NULL ? 0 : store_fail(w->s, "out of memory");
}

static void
walk_free(struct walk *w)
{
	array_each(x, &w->wanted) {
		free(x->name);
		free(x->overlay);
	}
	array_free(&w->wanted);
}

char *
sensors_label(char out[SENSOR_LABEL], const struct sensor_row *r)
{
	char name[96], overlay[48];

	text_vis(name, sizeof(name), text_of(r->name));
	text_vis(overlay, sizeof(overlay), text_of(r->overlay));
	snprintf(out, SENSOR_LABEL, "%s (%s)", name[0] != '\0' ? name : "without a name",
	    overlay[0] != '\0' ? overlay : "overlay not recorded");
	return out;
}

/* Adds one to a list of those that are there, as far as there is room. */
static int
name_one(const struct sensor_row *r, void *arg)
{
	char label[SENSOR_LABEL], *list = arg;
	size_t n = strlen(list);

	snprintf(list + n, SENSORS_TEXT - n, "%s%s", n > 0 ? ", " : "", sensors_label(label, r));
	return 0;
}

/* EXIT_MISUSED: the filter names nobody, or more than one where one is wanted. */
static int
misused(const struct walk *w, bool several)
{
	char list[SENSORS_TEXT] = "", name[128] = "", overlay[64] = "";

	if (sensors_list(w->s, name_one, list) == -1) {
		log_error("%s", store_error(w->s));
		return EXIT_FAILED;
	}
	text_vis(name, sizeof(name), text_of(w->want.name != NULL ? w->want.name : ""));
	text_vis(overlay, sizeof(overlay), text_of(w->want.overlay != NULL ? w->want.overlay : ""));
	log_error("%s%s%s%s%s: %s; there are: %s", w->want.name != NULL ? "--sensor " : "", name,
	    w->want.name != NULL && w->want.overlay != NULL ? " " : "",
	    w->want.overlay != NULL ? "--overlay " : "", overlay[0] != '\0' ? overlay :
	    w->want.name == NULL ? w->s->path : "", several ? "want one sensor: name it with --sensor"
	    : "no such sensor in this database", list[0] != '\0' ? list : "none that has a name");
	return EXIT_MISUSED;
}

/* EXIT_DONE when there is at least one to go through. */
static int
find_wanted(struct store *s, const struct sensor_filter *f, struct walk *w)
{
	int64_t any;
	int absent;

	*w = (struct walk){ .s = s, .want = *f };
	if (sensors_list(s, keep_wanted, w) != 0 ||
	    (absent = query_value(s, &any, Q_SENSOR_ANY, "")) == -1) {
		log_error("%s", store_error(s));
		return EXIT_FAILED;
	}
	if (w->wanted.n == 0 && f->no_taps && w->all > 0 && f->name == NULL && f->overlay == NULL) {
		log_error("%s: holds captures alone, which enter no counts of a population", s->path);
		return EXIT_NOTHING;
	}
	if (w->wanted.n == 0 && (absent == 0 || f->name != NULL || f->overlay != NULL))
		return misused(w, false);
	if (w->wanted.n == 0 && keep_wanted(&(struct sensor_row){ .name = "", .overlay = "" }, w) != 0) {
		log_error("%s", store_error(s));
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

int
sensors_each(struct store *s, const struct sensor_filter *f,
    int (*fn)(struct store *, const struct sensor_row *, void *), void *arg)
{
	int64_t before = s->sensor;
	struct walk w;
	int status = find_wanted(s, f, &w), answer = EXIT_NOTHING;

	for (size_t i = 0; status == EXIT_DONE && i < w.wanted.n; i++) {
		struct sensor_row *r = &w.wanted.p[i].is;

		r->place = i;
		r->of = w.wanted.n;
		r->all = w.all;
		if (sensors_switch(s, r->id) != 0) {
			log_error("%s", store_error(s));
			status = EXIT_FAILED;
		} else if ((status = fn(s, r, arg)) == EXIT_DONE) {
			answer = EXIT_DONE;
		} else if (status == EXIT_NOTHING) {
			status = EXIT_DONE;
		}
	}
	walk_free(&w);
	if (sensors_switch(s, before) != 0 && status == EXIT_DONE) {
		log_error("%s", store_error(s));
		status = EXIT_FAILED;
	}
	return status != EXIT_DONE ? status : answer;
}

int
sensors_one(struct store *s, const struct sensor_filter *f)
{
	struct walk w;
	int status = find_wanted(s, f, &w);

	if (status == EXIT_DONE && w.wanted.n > 1)
		status = misused(&w, true);
	if (status == EXIT_DONE && sensors_switch(s, w.wanted.p[0].is.id) != 0) {
		log_error("%s", store_error(s));
		status = EXIT_FAILED;
	}
	walk_free(&w);
	return status;
}
