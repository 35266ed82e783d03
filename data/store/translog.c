/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log while observations are added. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "data/store/translog_impl.h"
#include "data/store/sensor_facts.h"
#include "data/store/merkle_worker.h"
#include "data/lib/text.h"
#include "data/lib/utctime.h"
#include "data/store/record_fields.h"

#define LIVE_MS		MINUTE_MS	/* a round that ended so long ago at most ended now */

struct open_round {
	struct log_round	 l;
	bool			 dirty;
	struct open_round	*next;
};

struct translog {
	struct open_round	*rounds;	/* the one under way first */
	struct merkle_worker		*leaves;	/* on their way into the trees */
	struct canonical		 record;	/* scratch */
	bool			 swept;		/* what earlier runs left open is in the chain */
};

struct translog *
translog_new(void)
{
	struct translog *g = calloc(1, sizeof(*g));

	if (g == NULL || (g->leaves = merkle_worker_new()) != NULL)
		return g;
	free(g);
	return NULL;
}

static void
forget(struct open_round *r)
{
	log_round_clear(&r->l);
	free(r);
}

void
translog_close_rounds(struct translog *g)
{
	merkle_worker_finish(g->leaves);
	while (g->rounds != NULL) {
		struct open_round *next = g->rounds->next;

		forget(g->rounds);
		g->rounds = next;
	}
}

void
translog_free(struct translog *g)
{
	if (g == NULL)
		return;
	translog_close_rounds(g);
	merkle_worker_free(g->leaves);
	free(g->record.p);
	free(g);
}

/* ---- leaves -------------------------------------------------------------------- */

/* A round of which the log has not heard yet. */
static int
begin(struct store *s, struct log_round *l, uint32_t round)
{
	memset(l, 0, sizeof(*l));
	l->round = round;
	l->clock_us = UNKNOWN;
	memset(l->fields, FIELDS_NOT_COUNTED, sizeof(l->fields));
	randombytes_buf(l->salts.secret, sizeof(l->salts.secret));
	l->sensor = strdup("");
	l->overlay = strdup("");
	if (l->sensor != NULL && l->overlay != NULL)
		return 0;
	log_round_clear(l);
	return store_fail(s, "out of memory");
}

/* From the rounds that are open in memory, else from the disk, else new. */
static struct open_round *
take(struct store *s, struct translog *g, uint32_t round)
{
	struct open_round **at = &g->rounds, *r;
	int absent;

	for (; *at != NULL; at = &(*at)->next) {
		if ((*at)->l.round == round) {
			r = *at;
			*at = r->next;
			return r;
		}
	}
	if ((r = calloc(1, sizeof(*r))) == NULL) {
		store_fail(s, "out of memory");
		return NULL;
	}
	absent = log_round_load(s, round, &r->l);
	if (absent == 0 && r->l.folded)
		absent = store_fail(s, "round %u was pruned; nothing can be added to it", round);
	if (absent == -1 || (absent == 1 && begin(s, &r->l, round) != 0)) {
		forget(r);
		return NULL;
	}
	return r;
}

int
translog_enter(struct store *s, struct translog *g, uint32_t round)
{
	struct open_round *r = g->rounds;

	if (r == NULL || r->l.round != round) {
		if ((r = take(s, g, round)) == NULL)
			return -1;
		r->next = g->rounds;
		g->rounds = r;
	}
	r->dirty = true;
	return 0;
}

int
translog_add(struct store *s, struct translog *g, const struct observation *o)
{
	struct log_round *l = &g->rounds->l;
	const struct overlay_fields *fields = o->fields;
	struct stored_values stored;
	struct observation logged;

	for (int t = 0; t < OBS_NTYPE; t++)
		if (l->fields[t] == FIELDS_NOT_COUNTED && !l->old)
			l->fields[t] = fields->of[t].n;
	fields = log_round_fields(l, fields);
	if (s->hide_names || fields != o->fields) {	/* the log commits to what is stored: tokens */
		logged = *o;
		if (s->hide_names) {
			fields_stored(s, &stored, o);
			memcpy(logged.value, stored.value, sizeof(logged.value));
		}
		logged.fields = fields;
		o = &logged;
	}
	if (canonical_of_observation(&g->record, o) != 0)
		return -1;
	merkle_worker_add(g->leaves, &l->tree[o->type], &l->salts, o->type, g->record.p,
	    g->record.len);
	return 0;
}

/* ---- the chain ------------------------------------------------------------------- */

static int
last_entry(struct store *s, sqlite3_stmt *st, struct translog_entry *e)
{
	int rc, answer = 1;

	memset(e, 0, sizeof(*e));
	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		answer = translog_entry_row(s, st, e);
	else if (rc != SQLITE_DONE)
		return store_fail_db(s);
	sqlite3_reset(st);
	return answer;
}

/* Appends, unless the last entry of the round says the same. */
static int
append(struct store *s, struct translog_entry *e)
{
	struct translog_entry last;
	int absent = last_entry(s, query_bind(s, Q_LOG_ENTRY_OF, "i", scoped_key(s, e->round)), &last);

	if (absent == -1 || (absent == 0 && memcmp(last.parts, e->parts, TRANSLOG_PARTS) == 0))
		return absent;
	if (last_entry(s, query_bind(s, Q_LOG_ENTRY_BEFORE, "ii", scoped_first(s), scoped_last(s)),
	    &last) == -1)	/* absent: zeros */
		return -1;
	if (last.seq >= UINT32_MAX)
		return store_fail(s, "the log's chain is full");
	e->seq = last.seq + 1;
	translog_head(e, last.head, e->head);
	return query_do(s, Q_LOG_APPEND, "iiiibb", scoped_key(s, (uint32_t)e->seq),
	    scoped_key(s, e->round), e->start_ms,
	    e->end_ms, (struct text){ e->parts, TRANSLOG_PARTS },
	    (struct text){ e->head, MERKLE_HASH });
}

static int
sweep_row(sqlite3_stmt *st, void *arg)
{
	struct store *s = arg;
	struct text parts = column_blob(st, 3);
	int64_t key = sqlite3_column_int64(st, 0), scope = s->sensor;
	struct translog_entry e = { .round = scoped_number(key),
		.start_ms = column_known(st, 1), .end_ms = column_known(st, 2) };
	int bad;

	if (parts.len != TRANSLOG_PARTS)
		return store_fail(s, "the log of round %u is damaged", e.round);
	memcpy(e.parts, parts.p, TRANSLOG_PARTS);
	s->sensor = scoped_sensor(key);
	bad = append(s, &e);
	s->sensor = scope;
	return bad;
}

/* Rounds of any sensor that an earlier run left incomplete get into its chain as they are. */
static int
sweep(struct store *s)
{
	sqlite3_stmt *st = statement_walk(s, Q_LOG_OPEN);

	return st == NULL ? -1 : statement_each(s, st, sweep_row, s);
}

/* ---- writing ------------------------------------------------------------------------ */

/* What the kernel says of a clock that is being steered; UNKNOWN if nothing steers it. */
static int64_t
clock_error_us(void)
{
	struct timex tx = { 0 };

	if (ntp_adjtime(&tx) == TIME_ERROR || (tx.status & STA_UNSYNC) != 0)
		return UNKNOWN;
	return tx.maxerror;
}

/* The sensor's and overlay's names, as soon as the round has a line of its own. */
static int
name_origin(struct store *s, struct log_round *l)
{
	char *name, *overlay;

	if (sensor_fact_find(s, SENSOR_NAME, &name) == -1 ||
	    sensor_fact_find(s, SENSOR_OVERLAY, &overlay) == -1) {
		free(name);
		return -1;
	}
	if (name != NULL) {
		free(l->sensor);
		l->sensor = name;
	}
	if (overlay != NULL) {
		free(l->overlay);
		l->overlay = overlay;
	}
	return 0;
}

static int
complete_facts(struct store *s, struct log_round *l, struct canonical *own, struct canonical_round *d)
{
	int bad = log_round_record(s, l, own, d);

	if (bad != 0)
		return bad == 1 ? store_fail(s, "round %u has no row", l->round) : -1;
	if (d->run.start_ms == UNKNOWN)
		return 0;
	if (name_origin(s, l) != 0)
		return -1;
	if (d->complete && l->clock_us == UNKNOWN) {
		int64_t age = utctime_now() - d->run.end_ms;

		if (age >= 0 && age < LIVE_MS)
			l->clock_us = clock_error_us();
	}
	return log_round_record(s, l, own, d);
}

static size_t
save_trees(const struct log_round *l, uint8_t out[OBS_NTYPE * MERKLE_STATE_MAX])
{
	size_t n = 0;

	for (int t = OBS_ROUND + 1; t < OBS_NTYPE; t++)
		n += merkle_save(&l->tree[t], out + n);
	return n;
}

static int
write_round(struct store *s, struct translog *g, struct log_round *l, const uint32_t last[KNOWN_N])
{
	uint8_t trees[OBS_NTYPE * MERKLE_STATE_MAX];
	struct translog_entry e = { .round = l->round };
	struct canonical_round d;

	if (complete_facts(s, l, &g->record, &d) != 0)
		return -1;
	log_round_parts(l, &g->record, l->parts);
	if (query_do(s, Q_LOG_PUT, "ibbbsskiiiib", scoped_key(s, l->round),
	    (struct text){ l->salts.secret, SECRET_BYTES },
	    (struct text){ trees, save_trees(l, trees) }, (struct text){ l->parts, TRANSLOG_PARTS },
	    l->sensor, l->overlay, l->clock_us, (int64_t)last[KNOWN_NODE],
	    (int64_t)last[KNOWN_FILE], (int64_t)last[KNOWN_ADVERT],
	    (int64_t)last[KNOWN_CLAIM],
	    (struct text){ l->fields, l->old ? 0 : sizeof(l->fields) }) != 0)
		return -1;
	if (!d.complete)
		return 0;
	memcpy(e.parts, l->parts, TRANSLOG_PARTS);
	e.start_ms = d.run.start_ms;
	e.end_ms = d.run.end_ms;
	return append(s, &e);
}

int
translog_write(struct store *s, struct translog *g, const uint32_t last[KNOWN_N])
{
	merkle_worker_finish(g->leaves);
	if (!g->swept && sweep(s) != 0)
		return -1;
	for (struct open_round *r = g->rounds; r != NULL; r = r->next)
		if (r->dirty && write_round(s, g, &r->l, last) != 0)
			return -1;
	return 0;
}

void
translog_written(struct translog *g)
{
	struct open_round *r = g->rounds;

	g->swept = true;
	if (r == NULL)
		return;
	r->dirty = false;
	while (r->next != NULL) {	/* the disk remembers the others */
		struct open_round *next = r->next->next;

		forget(r->next);
		r->next = next;
	}
}
