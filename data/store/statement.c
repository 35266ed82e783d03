/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How statements are prepared, bound and run, and what is said when they fail. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/record_fields.h"

#define TIME_MAX_MS	INT64_C(253402300799999)	/* 9999-12-31T23:59:59.999Z */

/* ---- errors ---- */

int
store_fail(struct store *s, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(s->error, sizeof(s->error), "%s: ", s->path);

	if (n < 0 || (size_t)n >= sizeof(s->error))
		n = 0;
	va_start(ap, fmt);
	vsnprintf(s->error + n, sizeof(s->error) - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

/* What an operator can do about the failures that are not our fault. */
static const char *
advice(int code)
{
	static const struct { int code; const char *text; } known[] = {
		{ SQLITE_FULL, "the disk is full; free some space and start again" },
		{ SQLITE_BUSY, "another program is writing to it; try again later" },
		{ SQLITE_LOCKED, "another program is writing to it; try again later" },
		{ SQLITE_READONLY, "may not be written: check the permissions of the file,"
		    " of its folder and of its -wal and -shm files" },
		{ SQLITE_NOTADB, "is no database of kansoku" },
		{ SQLITE_CORRUPT, "is damaged; restore a copy, or try the sqlite3 shell's .recover" },
		{ SQLITE_NOMEM, "out of memory" },
		{ SQLITE_PERM, "permission denied" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].code == (code & 0xff))
			return known[i].text;
	}
	return NULL;
}

/* The wal-index and temporary files fail as input and output; the system knows why. */
static int
real_cause(int code, int system_errno)
{
	if ((code & 0xff) != SQLITE_IOERR)
		return code;
	if (system_errno == ENOSPC || system_errno == EDQUOT)
		return SQLITE_FULL;
	return code == SQLITE_IOERR_NOMEM || system_errno == ENOMEM ? SQLITE_NOMEM : code;
}

int
store_fail_db(struct store *s)
{
	int code = sqlite3_extended_errcode(s->db);
	const char *text = advice(real_cause(code, sqlite3_system_errno(s->db)));

	if (text != NULL)
		return store_fail(s, "%s", text);
	return store_fail(s, "%s (SQLite error %d, system error %d)", sqlite3_errmsg(s->db), code,
	    sqlite3_system_errno(s->db));
}

/* ---- statements ---- */

/* Prepares a text, in which braces stand for the columns of the overlay. */
static bool
prepare(struct store *s, const char *text, unsigned flags, sqlite3_stmt **st)
{
	char *expanded = strchr(text, '{') != NULL ? fields_expand(s, text) : NULL;
	int rc;

	if (strchr(text, '{') != NULL && expanded == NULL) {
		store_fail(s, "out of memory");
		return false;
	}
	rc = sqlite3_prepare_v3(s->db, expanded != NULL ? expanded : text, -1, flags, st, NULL);
	free(expanded);
	if (rc != SQLITE_OK)
		store_fail_db(s);
	return rc == SQLITE_OK;
}

sqlite3_stmt *
statement(struct store *s, sqlite3_stmt **slot, const char *text)
{
	if (*slot != NULL) {
		sqlite3_reset(*slot);
		return *slot;
	}
	return prepare(s, text, SQLITE_PREPARE_PERSISTENT, slot) ? *slot : NULL;
}

void
statements_forget(struct store *s)
{
	for (int q = 0; q < Q_N; q++) {
		sqlite3_finalize(s->q[q]);
		s->q[q] = NULL;
	}
}

sqlite3_stmt *
statement_walk(struct store *s, enum query q)
{
	sqlite3_stmt *st = NULL;

	prepare(s, sql[q], 0, &st);
	return st;
}

sqlite3_stmt *
statement_walk_scoped(struct store *s, enum query q)
{
	sqlite3_stmt *st = statement_walk(s, q);

	if (st != NULL) {
		sqlite3_bind_int64(st, 1, scoped_first(s));
		sqlite3_bind_int64(st, 2, scoped_last(s));
	}
	return st;
}

static int
bind_text(sqlite3_stmt *st, int i, struct text t, bool blob)
{
	/* A NULL pointer would bind NULL, and nothing is something else. */
	const char *p = t.p == NULL ? "" : (const char *)t.p;

	return blob ? sqlite3_bind_blob64(st, i, p, t.len, SQLITE_STATIC)
	    : sqlite3_bind_text64(st, i, p, t.len, SQLITE_STATIC, SQLITE_UTF8);
}

int
bind_some(sqlite3_stmt *st, int i, struct text t, bool blob)
{
	return t.len == 0 ? sqlite3_bind_null(st, i) : bind_text(st, i, t, blob);
}

static int
bind_real(sqlite3_stmt *st, int i, double v)
{
	return isnan(v) ? sqlite3_bind_null(st, i) : sqlite3_bind_double(st, i, v);
}

int
bind_known(sqlite3_stmt *st, int i, int64_t v)
{
	return v == UNKNOWN ? sqlite3_bind_null(st, i) : sqlite3_bind_int64(st, i, v);
}

/* IPv4 as its number; others as a blob that begins with the network's BIP 155 number. */
int
bind_address(sqlite3_stmt *st, int i, const struct endpoint *e)
{
	uint8_t blob[1 + ADDRESS_MAX];

	if (e->net == NET_IPV4)
		return sqlite3_bind_int64(st, i, e->ip);
	blob[0] = (uint8_t)network_number(e->net);
	return sqlite3_bind_blob(st, i, blob, 1 + (int)address_bytes(*e, blob + 1), SQLITE_TRANSIENT);
}

static sqlite3_stmt *
bind_all(struct store *s, enum query q, const char *fmt, va_list ap)
{
	sqlite3_stmt *st = statement(s, &s->q[q], sql[q]);
	int rc = SQLITE_OK;

	for (int i = 1; st != NULL && rc == SQLITE_OK && fmt[i - 1] != '\0'; i++) {
		switch (fmt[i - 1]) {
		case 'i': rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t)); break;
		case 'k': rc = bind_known(st, i, va_arg(ap, int64_t)); break;
		case 'd': rc = bind_real(st, i, va_arg(ap, double)); break;
		case 's': rc = sqlite3_bind_text(st, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
			break;
		case 't': rc = bind_text(st, i, va_arg(ap, struct text), false); break;
		case 'e': rc = bind_address(st, i, va_arg(ap, const struct endpoint *)); break;
		case 'n': rc = bind_some(st, i, va_arg(ap, struct text), false); break;
		case 'b': rc = bind_text(st, i, va_arg(ap, struct text), true); break;
		default: rc = SQLITE_MISUSE;
		}
	}
	if (rc == SQLITE_OK)
		return st;
	store_fail_db(s);
	return NULL;
}

sqlite3_stmt *
query_bind(struct store *s, enum query q, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;

	va_start(ap, fmt);
	st = bind_all(s, q, fmt, ap);
	va_end(ap);
	return st;
}

int
query_do(struct store *s, enum query q, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	st = bind_all(s, q, fmt, ap);
	va_end(ap);
	if (st == NULL)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		continue;
	if (rc != SQLITE_DONE)
		store_fail_db(s);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

int
query_value(struct store *s, int64_t *v, enum query q, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int rc, found = 1;

	va_start(ap, fmt);
	st = bind_all(s, q, fmt, ap);
	va_end(ap);
	if (st == NULL)
		return -1;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL) {
		*v = sqlite3_column_int64(st, 0);
		found = 0;
	} else if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		found = store_fail_db(s);
	}
	sqlite3_reset(st);
	return found;
}

int
query_string(struct store *s, char **value, enum query q, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int rc, absent = 1;

	va_start(ap, fmt);
	st = bind_all(s, q, fmt, ap);
	va_end(ap);
	*value = NULL;
	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) != SQLITE_ROW && rc != SQLITE_DONE) {
		absent = store_fail_db(s);
	} else if (rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		*value = text != NULL ? strdup(text) : NULL;
		absent = *value != NULL ? 0 : store_fail(s, "out of memory");
	}
	sqlite3_reset(st);
	return absent;
}

int
statement_each(struct store *s, sqlite3_stmt *st, int (*row)(sqlite3_stmt *, void *), void *arg)
{
	int rc = SQLITE_ROW, stop = 0;

	while (stop == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW)
		stop = row(st, arg);
	if (stop == 0 && rc != SQLITE_DONE)
		stop = store_fail_db(s);
	sqlite3_finalize(st);
	return stop;
}

int64_t
column_known(sqlite3_stmt *st, int column)
{
	if (sqlite3_column_type(st, column) == SQLITE_NULL)
		return UNKNOWN;
	return sqlite3_column_int64(st, column);
}

int64_t
column_time(sqlite3_stmt *st, int column)
{
	int64_t ms = column_known(st, column);

	return ms < 0 || ms > TIME_MAX_MS ? UNKNOWN : ms;
}

struct text
column_text(sqlite3_stmt *st, int column)
{
	const uint8_t *p = sqlite3_column_text(st, column);

	return (struct text){ p, (size_t)sqlite3_column_bytes(st, column) };
}

struct text
column_blob(sqlite3_stmt *st, int column)
{
	const uint8_t *p = sqlite3_column_blob(st, column);

	return (struct text){ p, (size_t)sqlite3_column_bytes(st, column) };
}

/* ---- transactions ---- */

bool
store_in_transaction(const struct store *s)
{
	return sqlite3_get_autocommit(s->db) == 0;
}

int
store_begin(struct store *s, int patience_ms)
{
	int bad;

	if (store_in_transaction(s))
		return 0;
	sqlite3_busy_timeout(s->db, patience_ms);
	bad = query_do(s, Q_BEGIN, "");
	return bad != 0 && (sqlite3_errcode(s->db) & 0xff) == SQLITE_BUSY ? 1 : bad;
}

void
store_undo(struct store *s)
{
	if (store_in_transaction(s))
		sqlite3_exec(s->db, sql[Q_ROLLBACK], NULL, NULL, NULL);
}

int
store_end(struct store *s)
{
	if (s->pretend)
		return 0;
	if (query_do(s, Q_COMMIT, "") == 0)
		return 0;
	store_undo(s);
	return -1;
}

/*
 * IPv4 is its number, another network a blob that begins with its BIP 155 number.
 * A token is a negative number: bits 55 to 62 of what is below -1 are the octet
 * (data/store/retention_hide.h).
 */
struct endpoint
column_endpoint(sqlite3_stmt *st, int column)
{
	int64_t ip = sqlite3_column_int64(st, column);
	uint16_t port = (uint16_t)sqlite3_column_int64(st, column + 1);
	struct endpoint e = { .port = port };
	struct text blob;

	if (sqlite3_column_type(st, column) == SQLITE_BLOB) {
		blob = column_blob(st, column);
		if (blob.len > 0)
			endpoint_of_bytes(&e, network_of_number(blob.p[0]), blob.p + 1, blob.len - 1, port);
	} else if (ip < 0) {
		e.ip = (uint32_t)((uint64_t)~ip >> 55) << 24;
		e.port = 0;
	} else {
		e.ip = (uint32_t)ip;
	}
	return e;
}

int
query_node(struct store *s, int64_t id, struct endpoint *e)
{
	sqlite3_stmt *st = query_bind(s, Q_NODE, "i", id);
	int rc;

	if (st == NULL)
		return -1;
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		*e = column_endpoint(st, 0);
	else if (rc != SQLITE_DONE)
		return store_fail_db(s);
	sqlite3_reset(st);
	return rc == SQLITE_ROW ? 0 : 1;
}
