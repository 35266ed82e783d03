/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/evidence/ledger.h"

#include <string.h>

#include "bounds.h"
#include "data/lib/log.h"
#include "data/store/store_impl.h"
#include "data/lib/utctime.h"

const char *const case_kind_name[CASE_NKIND + 1] = {
	[CASE_REPORTED] = "reported",
	[CASE_ACKNOWLEDGED] = "acknowledged",
	[CASE_SCHEDULE] = "schedule",
	[CASE_FIXED] = "fixed",
	[CASE_DISCLOSURE] = "disclosure",
	[CASE_PUBLISHED] = "published",
	[CASE_RECONTACT] = "re-contact",
	[CASE_GRADE_SPEED] = "grade-speed",
	[CASE_GRADE_CONTACT] = "grade-contact",
	[CASE_GRADE_FOLLOWUP] = "grade-follow-up",
	[CASE_NOTE] = "note",
};

static int
failed(struct store *s)
{
	store_undo(s);
	log_error("%s", store_error(s));
	return -1;
}

/* ---- bundles --------------------------------------------------------------------- */

/* The bundle before seq: its hash, or none. */
static int
bundle_before(struct store *s, struct ledger_bundle *b)
{
	sqlite3_stmt *st = query_bind(s, Q_BUNDLE_BEFORE, "i", b->seq);
	struct text hash;
	int rc;

	b->first = true;
	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		hash = column_blob(st, 0);
		b->first = hash.len != DIGEST;
		if (!b->first)
			memcpy(b->before, hash.p, DIGEST);
	} else if (rc != SQLITE_DONE) {
		return store_fail_db(s);
	}
	sqlite3_reset(st);
	return 0;
}

static int
bundle_find(struct store *s, const uint8_t hash[DIGEST], struct ledger_bundle *b)
{
	struct text h = { hash, DIGEST };
	int absent = query_value(s, &b->seq, Q_BUNDLE_FIND, "b", h);

	return absent == 0 ? query_value(s, &b->made_ms, Q_BUNDLE_MADE, "i", b->seq) : absent;
}

static int
bundle_add(struct store *s, int64_t incident, const uint8_t hash[DIGEST],
    struct ledger_bundle *b)
{
	b->seq = 0;
	if (query_value(s, &b->seq, Q_BUNDLE_LAST, "") == -1)
		return -1;
	b->seq++;
	b->made_ms = utctime_now();
	return query_do(s, Q_BUNDLE_ADD, "iiib", b->seq, incident, b->made_ms,
	    (struct text){ hash, DIGEST });
}

int
ledger_bundle(struct store *s, int64_t incident, const uint8_t hash[DIGEST],
    struct ledger_bundle *b)
{
	int absent;

	memset(b, 0, sizeof(*b));
	if (store_begin(s, PATIENCE_LAST_MS) != 0 || (absent = bundle_find(s, hash, b)) == -1)
		return failed(s);
	if (absent == 1 && bundle_add(s, incident, hash, b) != 0)
		return failed(s);
	if (bundle_before(s, b) != 0 || store_end(s) != 0)
		return failed(s);
	return 0;
}

int
ledger_bundle_find(struct store *s, const uint8_t hash[DIGEST], int64_t *incident)
{
	int absent = query_value(s, incident, Q_BUNDLE_OF, "b", (struct text){ hash, DIGEST });

	return absent == -1 ? failed(s) : absent;
}

int
ledger_bundles_of(struct store *s, int64_t incident, int64_t *n)
{
	return query_value(s, n, Q_BUNDLES_OF, "i", incident) == -1 ? failed(s) : 0;
}

int
ledger_state(struct store *s, const struct incident_row *r, const char *form, int64_t t_ms)
{
	if (store_begin(s, PATIENCE_LAST_MS) != 0 || query_do(s, Q_STATED_ADD, "iisikkidi", r->id, t_ms,
	    form, (int64_t)r->kind, r->start_ms, r->end_ms, r->rounds, r->bogus, (int64_t)r->injector) != 0 ||
	    store_end(s) != 0)
		return failed(s);
	return 0;
}

/* ---- notices ----------------------------------------------------------------------- */

int
ledger_last_notice(struct store *s, struct endpoint host, int64_t *t_ms)
{
	*t_ms = UNKNOWN;
	return query_value(s, t_ms, Q_NOTICE_LAST, "e", &host) == -1 ? failed(s) : 0;
}

int
ledger_notice(struct store *s, int64_t incident, struct endpoint host, int64_t t_ms)
{
	if (store_begin(s, PATIENCE_LAST_MS) != 0 ||
	    query_do(s, Q_NOTICE_ADD, "iei", incident, &host, t_ms) != 0 || store_end(s) != 0)
		return failed(s);
	return 0;
}

/* ---- cases --------------------------------------------------------------------------- */

int
ledger_add(struct store *s, const struct case_event *e)
{
	if (store_begin(s, PATIENCE_LAST_MS) != 0 ||
	    query_do(s, Q_CASE_ADD, "iisskks", e->incident, e->t_ms, case_kind_name[e->kind],
	    e->party, e->due_ms, e->grade, e->note) != 0 || store_end(s) != 0)
		return failed(s);
	return 0;
}

struct events_walk {
	int	(*fn)(const struct case_event *, void *);
	void	*arg;
};

static enum case_kind
kind_of(const char *name)
{
	for (int k = 0; k < CASE_NKIND; k++)
		if (name != NULL && strcmp(case_kind_name[k], name) == 0)
			return (enum case_kind)k;
	return CASE_NOTE;
}

static int
event_row(sqlite3_stmt *st, void *arg)
{
	struct events_walk *w = arg;
	struct case_event e = {
		.id = sqlite3_column_int64(st, 0),
		.incident = sqlite3_column_int64(st, 1),
		.t_ms = sqlite3_column_int64(st, 2),
		.kind = kind_of((const char *)sqlite3_column_text(st, 3)),
		.party = (const char *)sqlite3_column_text(st, 4),
		.due_ms = column_known(st, 5),
		.grade = column_known(st, 6),
		.note = (const char *)sqlite3_column_text(st, 7),
	};

	return w->fn(&e, w->arg);
}

int
ledger_events(struct store *s, int64_t incident, int (*fn)(const struct case_event *, void *),
    void *arg)
{
	struct events_walk w = { fn, arg };
	sqlite3_stmt *st = statement_walk(s, Q_CASE_ALL);
	int stop;

	if (st == NULL)
		return failed(s);
	sqlite3_bind_int64(st, 1, incident);
	stop = statement_each(s, st, event_row, &w);
	return stop == -1 ? failed(s) : stop;
}
