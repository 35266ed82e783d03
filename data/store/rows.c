/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "data/store/seen_pack.h"
#include "data/store/record_fields.h"
#include "data/store/sensor_facts.h"
#include "data/store/store_impl.h"
#include "data/lib/text.h"

/* ---- what all walks share ---- */

/* A walk over one round (or from one id on), whose rows a table function makes. */
static int
walk(struct store *s, enum query q, int64_t first, int (*row)(sqlite3_stmt *, void *), void *arg)
{
	sqlite3_stmt *st = statement_walk(s, q);

	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, first);
	return statement_each(s, st, row, arg);
}

bool
rows_is_hidden(struct endpoint e)
{
	return e.ip != 0 && (e.ip & 0xffffff) == 0 && e.port == 0;
}

char *
rows_node_text(char buf[ENDPOINT_TEXT], struct endpoint e, int64_t node)
{
	if (!rows_is_hidden(e))
		return endpoint_format(buf, e);
	snprintf(buf, ENDPOINT_TEXT, "hidden-%u", (unsigned)node);
	return buf;
}

int
rows_snapshot(struct store *s)
{
	return query_do(s, Q_SNAPSHOT, "");
}

void
rows_snapshot_end(struct store *s)
{
	store_undo(s);
}

/* The caller's function and its argument, on the way through SQLite's rows. */
struct runs_walk { int (*fn)(const struct run_row *, void *); void *arg; };
struct rounds_walk { int (*fn)(const struct round_row *, void *); void *arg; };
struct seen_walk { int (*fn)(const struct seen_row *, void *); void *arg; uint32_t round; };
struct contacts_walk { int (*fn)(const struct contact_row *, void *); void *arg; uint32_t round; };
struct neighbours_walk { int (*fn)(const struct neighbour_row *, void *); void *arg; uint32_t round; };
struct nodes_walk { int (*fn)(int64_t, struct endpoint, void *); void *arg; };

/* ---- runs ---- */

static int
run_row(sqlite3_stmt *st, void *arg)
{
	struct runs_walk *w = arg;
	struct run_row r = {
		.start_ms = column_time(st, 0),
		.end_ms = column_time(st, 1),
		.parameters = { sqlite3_column_text(st, 2), (size_t)sqlite3_column_bytes(st, 2) },
	};

	return w->fn(&r, w->arg);
}

int
rows_runs(struct store *s, int (*fn)(const struct run_row *, void *), void *arg)
{
	struct runs_walk w = { fn, arg };

	return walk(s, Q_RUNS, s->sensor, run_row, &w);
}

int
rows_round_run(struct store *s, uint32_t round, int (*fn)(const struct run_row *, void *), void *arg)
{
	sqlite3_stmt *st = query_bind(s, Q_ROUND_RUN, "i", scoped_key(s, round));
	struct run_row r = { .end_ms = UNKNOWN };
	int rc, bad = 1;

	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		r.id = sqlite3_column_int64(st, 0);
		r.start_ms = column_time(st, 1);
		r.version = column_text(st, 2);
		r.parameters = column_text(st, 3);
		bad = fn(&r, arg);
	} else if (rc != SQLITE_DONE) {
		return store_fail_db(s);
	}
	sqlite3_reset(st);
	return bad;
}

/* ---- rounds ---- */

enum origin
rows_origin(int64_t stored)
{
	return stored >= 0 && stored <= ORIGIN_IMPORTED ? (enum origin)stored : ORIGIN_IMPORTED;
}

static int
round_row(sqlite3_stmt *st, void *arg)
{
	struct rounds_walk *w = arg;
	struct round_row r = {
		.id = scoped_number(sqlite3_column_int64(st, 0)),
		.start_ms = column_time(st, 1),
		.end_ms = column_time(st, 2),
		.complete = sqlite3_column_int(st, 3) != 0,
		.tried = column_known(st, 4),
		.reached = column_known(st, 5),
		.known = column_known(st, 6),
		.clock_jump_ms = sqlite3_column_int64(st, 7),
		.sampling = column_known(st, 10),
		.pruned = sqlite3_column_type(st, 8) != SQLITE_NULL,
		.hidden = sqlite3_column_type(st, 9) != SQLITE_NULL,
		.origin = rows_origin(sqlite3_column_int64(st, 11)),
		.cut = (uint32_t)sqlite3_column_int64(st, 12),
		.not_dialled = column_known(st, 13),
		.not_stored = column_known(st, 14),
	};

	return w->fn(&r, w->arg);
}

int
rows_rounds(struct store *s, uint32_t from, uint32_t to,
    int (*fn)(const struct round_row *, void *), void *arg)
{
	struct rounds_walk w = { fn, arg };
	sqlite3_stmt *st = statement_walk(s, Q_ROUNDS);

	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, scoped_key(s, from));
	sqlite3_bind_int64(st, 2, scoped_key(s, to == 0 ? UINT32_MAX : to));
	return statement_each(s, st, round_row, &w);
}

int
rows_count_rounds(struct store *s, uint32_t to, int64_t from_ms, int64_t to_ms,
    int64_t *rounds, int64_t *complete)
{
	sqlite3_stmt *st = query_bind(s, Q_ROUNDS_COUNT, "iiii", scoped_key(s, to), from_ms, to_ms - 1,
	    scoped_first(s));

	if (st == NULL)
		return -1;
	if (sqlite3_step(st) != SQLITE_ROW)
		return store_fail_db(s);
	*rounds = sqlite3_column_int64(st, 0);
	*complete = sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return 0;
}

/* ---- what a round holds ---- */

/*
 * Adverts as they were met: a key is handed over many times in a round, and a
 * look at this memory costs a tenth of SQLite's.  Ids are dense, so their last
 * bits are as good as a hash.
 */
#define REMEMBERED_ADVERTS	(1u << 20)	/* 16 bytes each, touched when used */

struct advert_row {
	uint32_t	id, source, file;
};
struct sightings_walk {
	int		(*fn)(const struct sighting_row *, void *);
	void		*arg;
	struct store	*s;
	uint32_t	round;
};

static int
read_advert(struct store *s, int64_t id, struct advert_row *a)
{
	sqlite3_stmt *st = query_bind(s, Q_ADVERT, "i", id);
	int rc;

	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		*a = (struct advert_row){ (uint32_t)id, (uint32_t)sqlite3_column_int64(st, 0),
			(uint32_t)sqlite3_column_int64(st, 1) };
	else if (rc == SQLITE_DONE)
		store_fail(s, "is damaged: a key names an advert that is not there");
	else
		store_fail_db(s);
	sqlite3_reset(st);
	return rc == SQLITE_ROW ? 0 : -1;
}

static int
sighting_row(sqlite3_stmt *st, void *arg)
{
	struct sightings_walk *w = arg;
	int64_t id = sqlite3_column_int64(st, 3);
	struct advert_row *a = &w->s->adverts[(uint64_t)id % REMEMBERED_ADVERTS];
	struct sighting_row r = {
		.round = w->round,
		.delivery = sqlite3_column_int64(st, 0),
		.seq = (uint32_t)sqlite3_column_int64(st, 1),
		.peer = sqlite3_column_int64(st, 2),
		.advert = id,
		.t_ms = column_time(st, 4),
		.id = sqlite3_column_int64(st, 5),
		.lifetime_s = column_known(st, 6),
	};

	if (a->id != id && read_advert(w->s, id, a) != 0)
		return -1;
	r.source = a->source;
	r.file = a->file;
	return w->fn(&r, w->arg);
}

int
rows_sightings(struct store *s, uint32_t round,
    int (*fn)(const struct sighting_row *, void *), void *arg)
{
	struct sightings_walk w = { fn, arg, s, round };

	if (s->adverts == NULL &&
	    (s->adverts = calloc(REMEMBERED_ADVERTS, sizeof(*s->adverts))) == NULL)
		return store_fail(s, "out of memory");
	return walk(s, Q_SIGHTINGS, scoped_key(s, round), sighting_row, &w);
}

static int
unpacked_seen(int64_t node, int bits, void *arg)
{
	struct seen_walk *w = arg;

	return w->fn(&(struct seen_row){ w->round, node, bits }, w->arg);
}

static int
seen_row(sqlite3_stmt *st, void *arg)
{
	return unpacked_seen(sqlite3_column_int64(st, 0), sqlite3_column_int(st, 1), arg);
}

/* Where prune has packed them: 0, 1 if they are rows, -1. */
static int
find_pack(struct store *s, uint32_t round, int64_t *pack, int *place)
{
	sqlite3_stmt *st = query_bind(s, Q_AGED, "i", scoped_key(s, round));
	int rc, absent = 1;

	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW && sqlite3_column_type(st, 2) != SQLITE_NULL) {
		*pack = sqlite3_column_int64(st, 2);
		*place = sqlite3_column_int(st, 3);
		absent = 0;
	} else if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		return store_fail_db(s);
	}
	sqlite3_reset(st);
	return absent;
}

int
rows_seen(struct store *s, uint32_t round, int (*fn)(const struct seen_row *, void *), void *arg)
{
	struct seen_walk w = { fn, arg, round };
	int64_t pack = 0;
	int place = 0, absent = find_pack(s, round, &pack, &place);

	if (absent != 1)
		return absent == -1 ? -1 : seen_unpack(s, pack, place, unpacked_seen, &w);
	return walk(s, Q_SEEN, scoped_key(s, round), seen_row, &w);
}

struct lifetimes_walk { int (*fn)(const struct lifetime_row *, void *); void *arg; };

static int
lifetime_row(sqlite3_stmt *st, void *arg)
{
	struct lifetimes_walk *w = arg;
	struct lifetime_row r = { sqlite3_column_int(st, 0), sqlite3_column_int(st, 1),
		sqlite3_column_int64(st, 2) };

	return r.bin >= 0 && r.bin < LIFETIME_BINS && r.n > 0 ? w->fn(&r, w->arg) : 0;
}

int
rows_lifetimes(struct store *s, uint32_t round, int (*fn)(const struct lifetime_row *, void *),
    void *arg)
{
	return walk(s, Q_LIFETIMES, scoped_key(s, round), lifetime_row, &(struct lifetimes_walk){ fn, arg });
}

/* A number that no table of ours holds is what a damaged or hostile file holds. */
static enum outcome
outcome_of(int stored)
{
	return stored >= 0 && stored < OUT_N ? (enum outcome)stored : OUT_EXCLUDED;
}

static int
contact_row(sqlite3_stmt *st, void *arg)
{
	struct contacts_walk *w = arg;
	struct contact_row r = {
		.round = w->round,
		.node = sqlite3_column_int64(st, 0),
		.t_ms = column_time(st, 1),
		.inbound = sqlite3_column_int(st, 2) != 0,
		.outcome = outcome_of(sqlite3_column_int(st, 3)),
		.undialable = sqlite3_column_int(st, 4) == 1,
	};

	return w->fn(&r, w->arg);
}

int
rows_contacts(struct store *s, uint32_t round,
    int (*fn)(const struct contact_row *, void *), void *arg)
{
	return walk(s, Q_CONTACTS, scoped_key(s, round), contact_row, &(struct contacts_walk){ fn, arg, round });
}

static int
neighbour_row(sqlite3_stmt *st, void *arg)
{
	struct neighbours_walk *w = arg;
	struct neighbour_row r = { w->round, column_time(st, 0),
		sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2),
		sqlite3_column_type(st, 3) == SQLITE_NULL ? (int)UNKNOWN : sqlite3_column_int(st, 3) != 0 };

	return w->fn(&r, w->arg);
}

int
rows_neighbours(struct store *s, uint32_t round,
    int (*fn)(const struct neighbour_row *, void *), void *arg)
{
	return walk(s, Q_NEIGHBOURS, scoped_key(s, round), neighbour_row,
	    &(struct neighbours_walk){ fn, arg, round });
}

enum seen_bit
rows_advert_bit(const struct store *s)
{
	const struct overlay_fields *f = s == NULL ? NULL : store_fields(s);

	return f != NULL && (f->judged & (1u << OBS_KEY | 1u << OBS_NEIGHBOUR)) == 1u << OBS_NEIGHBOUR ?
	    SEEN_NEIGHBOUR : SEEN_KEY;
}

int
rows_totals(struct store *s, uint32_t round, struct channel_totals *t)
{
	sqlite3_stmt *st = query_bind(s, Q_TOTALS, "i", scoped_key(s, round));

	if (st == NULL)
		return -1;
	if (sqlite3_step(st) != SQLITE_ROW)
		return store_fail_db(s);
	*t = (struct channel_totals){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
		sqlite3_column_int64(st, 2), sqlite3_column_int64(st, 3) };
	sqlite3_reset(st);
	return 0;
}

/* ---- nodes and files ---- */

static int
node_row(sqlite3_stmt *st, void *arg)
{
	struct nodes_walk *w = arg;

	return w->fn(sqlite3_column_int64(st, 0), column_endpoint(st, 1), w->arg);
}

int
rows_nodes(struct store *s, int64_t from, int (*fn)(int64_t, struct endpoint, void *), void *arg)
{
	return walk(s, Q_NODES, from, node_row, &(struct nodes_walk){ fn, arg });
}

static int64_t
maximum(struct store *s, enum query q)
{
	int64_t max = 0;

	return query_value(s, &max, q, "") == -1 ? -1 : max;
}

int64_t
rows_max_node(struct store *s)
{
	return maximum(s, Q_NODE_MAX);
}

int64_t
rows_max_file(struct store *s)
{
	return maximum(s, Q_FILE_MAX);
}

int
rows_node(struct store *s, int64_t id, struct endpoint *e)
{
	return query_node(s, id, e);
}

int
rows_node_id(struct store *s, struct endpoint e, int64_t *id)
{
	return query_value(s, id, Q_NODE_FIND, "ei", &e, (int64_t)e.port);
}

static bool
content_of(struct text id, struct content_id *c)
{
	if (id.len > sizeof(c->id))
		return false;
	c->len = (uint8_t)id.len;
	if (id.len > 0)
		memcpy(c->id, id.p, id.len);
	return true;
}

int
rows_content(struct store *s, int64_t file, struct content_id *c)
{
	sqlite3_stmt *st = query_bind(s, Q_FILE_HASH, "i", file);
	int rc, found = 1;

	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		found = content_of(column_blob(st, 0), c) ? 0 : 1;
	else if (rc != SQLITE_DONE)
		return store_fail_db(s);
	sqlite3_reset(st);
	return found;
}

/* ---- everything of a round, as it was added ---- */

struct observations_walk {
	struct store	*s;
	int		(*fn)(const struct observation *, void *);
	void		*arg;
	uint32_t	 round;
	struct endpoint	 endpoint[FIELDS_MAX];	/* that fields of the record name */
};

static struct observation
begin_observation(const struct observations_walk *w, enum observation_type type, sqlite3_stmt *st)
{
	return (struct observation){ .type = type, .round = w->round, .t_ms = column_time(st, 0),
		.fields = w->s->fields };
}

/* To whom it was handed, if that was not the sensor. */
static int
read_receiver(struct store *s, sqlite3_stmt *st, int column, struct endpoint *to)
{
	int64_t id = column_known(st, column);

	return id == UNKNOWN ? 0 : rows_node(s, id, to) == -1 ? -1 : 0;
}

static int
contact_observation(sqlite3_stmt *st, void *arg)
{
	struct observations_walk *w = arg;
	struct observation o = begin_observation(w, OBS_CONTACT, st);

	o.contact = (struct obs_contact){
		.node = column_endpoint(st, 3),
		.inbound = sqlite3_column_int(st, 1) != 0,
		.outcome = outcome_of(sqlite3_column_int(st, 2)),
	};
	if (fields_read(w->s, st, 5, LEVEL_CONTACT, o.value, w->endpoint) == -1)
		return -1;
	return w->fn(&o, w->arg);
}

static int
neighbour_observation(sqlite3_stmt *st, void *arg)
{
	struct observations_walk *w = arg;
	struct observation o = begin_observation(w, OBS_NEIGHBOUR, st);
	int next;

	o.peer = column_endpoint(st, 1);
	o.neighbour.node = column_endpoint(st, 4);
	if (read_receiver(w->s, st, 3, &o.to) != 0 ||
	    (next = fields_read(w->s, st, 6, LEVEL_CLAIM, o.value, w->endpoint)) == -1 ||
	    fields_read(w->s, st, next, LEVEL_TELLING, o.value, w->endpoint) == -1)
		return -1;
	return w->fn(&o, w->arg);
}

bool
rows_via_next(struct text *packed, struct endpoint *e)
{
	size_t n = endpoint_unpack(e, packed->p, packed->len);

	packed->p += n;
	packed->len -= n;
	return n > 0;
}

static int
query_observation(sqlite3_stmt *st, void *arg)
{
	struct observations_walk *w = arg;
	struct observation o = begin_observation(w, OBS_QUERY, st);
	struct endpoint via[VIA_MAX];
	struct text packed = column_blob(st, 4);

	o.peer = column_endpoint(st, 1);
	o.query.via = via;
	while (o.query.nvia < VIA_MAX && rows_via_next(&packed, &via[o.query.nvia]))
		o.query.nvia++;
	if (read_receiver(w->s, st, 3, &o.to) != 0 ||
	    fields_read(w->s, st, 5, LEVEL_QUERY, o.value, w->endpoint) == -1)
		return -1;
	return w->fn(&o, w->arg);
}

static int
key_observation(sqlite3_stmt *st, void *arg)
{
	static const enum field_level levels[] = { LEVEL_CONTENT, LEVEL_ADVERT, LEVEL_DELIVERY,
		LEVEL_SIGHTING };
	struct observations_walk *w = arg;
	struct observation o = begin_observation(w, OBS_KEY, st);
	int column = 8;

	o.peer = column_endpoint(st, 1);
	o.key.source = column_endpoint(st, 4);
	o.key.raw = column_blob(st, 7);
	content_of(column_blob(st, 6), &o.key.content);
	if (read_receiver(w->s, st, 3, &o.to) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if ((column = fields_read(w->s, st, column, levels[i], o.value, w->endpoint)) == -1)
			return -1;
	}
	return w->fn(&o, w->arg);
}

/* A round whose start nobody told has no line of its own; 1 if there is no such round. */
static int
round_observation(struct store *s, struct observations_walk *w)
{
	struct observation o = { .type = OBS_ROUND, .round = w->round };
	char *sensor, *overlay = NULL;
	bool known = sensor_fact_find(s, SENSOR_NAME, &sensor) != -1 &&
	    sensor_fact_find(s, SENSOR_OVERLAY, &overlay) != -1;
	sqlite3_stmt *st = known ? query_bind(s, Q_ROUND, "i", scoped_key(s, w->round)) : NULL;
	int stop, rc = st != NULL ? sqlite3_step(st) : SQLITE_DONE;

	if (rc != SQLITE_ROW) {
		stop = st == NULL ? -1 : rc == SQLITE_DONE ? 1 : store_fail_db(s);
	} else if ((o.t_ms = column_time(st, 1)) == UNKNOWN) {
		stop = 0;
	} else {
		o.run = (struct obs_round){
			.sensor = text_of(sensor),
			.overlay = text_of(overlay),
			.start_ms = o.t_ms,
			.end_ms = sqlite3_column_int(st, 3) ? column_time(st, 2) : UNKNOWN,
			.tried = column_known(st, 4),
			.reached = column_known(st, 5),
			.cut = (uint32_t)sqlite3_column_int64(st, 7),
			.not_dialled = column_known(st, 8),
			.not_stored = column_known(st, 9),
		};
		stop = w->fn(&o, w->arg);
	}
	if (st != NULL)
		sqlite3_reset(st);
	free(sensor);
	free(overlay);
	return stop;
}

int
rows_observations(struct store *s, uint32_t round,
    int (*fn)(const struct observation *, void *), void *arg)
{
	static const struct { enum query q; int (*row)(sqlite3_stmt *, void *); } channel[] = {
		{ Q_ALL_CONTACTS, contact_observation },
		{ Q_ALL_NEIGHBOURS, neighbour_observation },
		{ Q_ALL_QUERIES, query_observation },
		{ Q_ALL_KEYS, key_observation },
	};
	struct observations_walk w = { .s = s, .fn = fn, .arg = arg, .round = round };
	int stop = fields_known(s) != 0 ? -1 : round_observation(s, &w);

	for (size_t i = 0; stop == 0 && i < sizeof(channel) / sizeof(channel[0]); i++)
		stop = walk(s, channel[i].q, scoped_key(s, round), channel[i].row, &w);
	return stop;
}
