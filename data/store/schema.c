/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is this file ours, and of this program's version?  Makes new databases and
 * brings old ones up, one version a transaction.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bounds.h"
#include "data/lib/cli.h"
#include "data/store/store_impl.h"
#include "store/retention.sql.h"
#include "store/evidence.sql.h"
#include "store/provenance.sql.h"
#include "store/budgets.sql.h"
#include "store/limits.sql.h"
#include "store/results.sql.h"
#include "store/sampling.sql.h"
#include "store/schema.sql.h"
#include "store/verdict_view.sql.h"
#include "store/views.sql.h"

#define TEXT_OF_(x)	#x
#define TEXT_OF(x)	TEXT_OF_(x)

/*
 * Versions 1 to 5 were those of kansoku 0.1, whose tables knew one overlay and
 * IPv4 alone.  What leads from there to 6, from 6 to 7 and so on.  Never change a
 * row that was released: add one.
 */
#define OLD_VERSIONS	5
static const char *const migration[] = {
	schema_sql,
	results_sql,
	evidence_sql,
	retention_sql,
	provenance_sql,
	sampling_sql,
	limits_sql,
	views_sql,
	budgets_sql,
	verdict_view_sql,
};
#define MIGRATIONS	((int64_t)(sizeof(migration) / sizeof(migration[0])))
#define VERSION		(OLD_VERSIONS + MIGRATIONS)

int64_t
schema_version(void)
{
	return VERSION;
}

/*
 * The file may not be ours: let nothing in it act.  Foreign keys stay off: the
 * writer makes every id itself, and pruning would search for children.
 */
void
schema_harden(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, DATABASE_VALUE_MAX);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_exec(db, "PRAGMA cell_size_check = ON; PRAGMA cache_size = -" TEXT_OF(CACHE_KIB),
	    NULL, NULL, NULL);
}

void
schema_expect_additions(sqlite3 *db)
{
	sqlite3_exec(db, "PRAGMA cache_size = -" TEXT_OF(CACHE_ADDING_KIB), NULL, NULL, NULL);
}

/* ---- which one is it ---- */

/* One number from a statement that is used once. */
static int
ask(struct store *s, const char *text, int64_t *v)
{
	sqlite3_stmt *st;
	int rc;

	if (sqlite3_prepare_v2(s->db, text, -1, &st, NULL) != SQLITE_OK)
		return store_fail_db(s);
	if ((rc = sqlite3_step(st)) == SQLITE_ROW)
		*v = sqlite3_column_int64(st, 0);
	else
		store_fail_db(s);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : -1;
}

struct identity {
	int64_t	application, version, objects;
};

static int
identify(struct store *s, struct identity *id)
{
	if (ask(s, "PRAGMA application_id", &id->application) != 0 ||
	    ask(s, "PRAGMA user_version", &id->version) != 0 ||
	    ask(s, "SELECT count(*) FROM sqlite_schema", &id->objects) != 0)
		return -1;
	return 0;
}

static bool
is_new(const struct identity *id)
{
	return id->application == 0 && id->version == 0 && id->objects == 0;
}

/* ---- bringing it up ---- */

static int
migrate_once(struct store *s, int64_t from)
{
	struct identity now = { 0, 0, 0 };
	char pragma[96];

	if (store_begin(s, PATIENCE_LAST_MS) != 0 || identify(s, &now) != 0)
		return -1;
	if (now.version != from && !(is_new(&now) && from == OLD_VERSIONS))	/* somebody else was faster */
		return store_end(s);
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id = " TEXT_OF(DATABASE_ID)
	    "; PRAGMA user_version = %" PRId64, from + 1);
	if (sqlite3_exec(s->db, migration[from - OLD_VERSIONS], NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(s->db, pragma, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail_db(s);
	return store_end(s);
}

static int
migrate(struct store *s, int64_t from)
{
	for (int64_t v = from; v < VERSION; v++) {
		if (migrate_once(s, v) != 0) {
			store_undo(s);
			return -1;
		}
	}
	return 0;
}

/* ---- are its tables what they should be ---- */

/* Compares one object of the model with the file's object of that name. */
static int
compare_object(struct store *s, sqlite3_stmt *find, sqlite3_stmt *model)
{
	const char *name = (const char *)sqlite3_column_text(model, 0);
	const char *want = (const char *)sqlite3_column_text(model, 1);
	const char *have;
	int rc;

	if (name == NULL || want == NULL)
		return store_fail(s, "out of memory");
	sqlite3_reset(find);
	sqlite3_bind_text(find, 1, name, -1, SQLITE_STATIC);
	if ((rc = sqlite3_step(find)) == SQLITE_DONE)
		return store_fail(s, "is damaged: %s is missing", name);
	have = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(find, 0) : NULL;
	if (have == NULL && sqlite3_errcode(s->db) != SQLITE_ROW)
		return store_fail_db(s);
	if (have != NULL && strcmp(have, want) == 0)
		return 0;
	return store_fail(s, "is damaged: %s is not what kansoku made", name);
}

static int
compare_all(struct store *s, sqlite3 *model)
{
	sqlite3_stmt *all = NULL, *find = NULL;
	int rc, bad;

	if ((rc = sqlite3_prepare_v2(model, "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL",
	    -1, &all, NULL)) != SQLITE_OK) {
		bad = store_fail(s, "%s", sqlite3_errstr(rc));
	} else if (sqlite3_prepare_v2(s->db, "SELECT sql FROM sqlite_schema WHERE name = ?1",
	    -1, &find, NULL) != SQLITE_OK) {
		bad = store_fail_db(s);
	} else {
		bad = 0;
		while (bad == 0 && (rc = sqlite3_step(all)) == SQLITE_ROW)
			bad = compare_object(s, find, all);
		if (bad == 0 && rc != SQLITE_DONE)
			bad = store_fail(s, "%s", sqlite3_errstr(rc));
	}
	sqlite3_finalize(all);
	sqlite3_finalize(find);
	return bad;
}

/* Letters and underscores of a name that may stand in a statement as it is. */
static bool
is_identifier(const char *name)
{
	return name != NULL && name[0] != '\0' &&
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* Not a view, which might do anything. */
static bool
has_table_of_fields(sqlite3 *db)
{
	return sqlite3_table_column_metadata(db, "main", "field", "column_name", NULL, NULL, NULL,
	    NULL, NULL) == SQLITE_OK;
}

/* The model gets the columns that the file says overlays have, in the same order. */
static int
add_columns(sqlite3 *db, sqlite3 *model)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT table_name, column_name, type FROM field"
	    " GROUP BY table_name, column_name ORDER BY min(id)", -1, &st, NULL), step;
	char alter[160];

	while (rc == SQLITE_OK && (step = sqlite3_step(st)) != SQLITE_DONE) {
		const char *table = (const char *)sqlite3_column_text(st, 0);
		const char *column = (const char *)sqlite3_column_text(st, 1);
		const char *type = (const char *)sqlite3_column_text(st, 2);

		if (step != SQLITE_ROW || !is_identifier(table) || !is_identifier(column) || type == NULL ||
		    (strcmp(type, "INTEGER") != 0 && strcmp(type, "TEXT") != 0 && strcmp(type, "BLOB") != 0) ||
		    snprintf(alter, sizeof(alter), "ALTER TABLE %s ADD COLUMN %s %s", table, column, type) >=
		    (int)sizeof(alter))
			rc = SQLITE_CORRUPT;
		else
			rc = sqlite3_exec(model, alter, NULL, NULL, NULL);
	}
	sqlite3_finalize(st);
	return rc;
}

/* A stranger's file may hold a view that never ends where we expect a table. */
static int
compare_schema(struct store *s)
{
	sqlite3 *model = NULL;
	int rc = sqlite3_open(":memory:", &model), bad;

	for (int64_t v = 0; rc == SQLITE_OK && v < MIGRATIONS; v++)
		rc = sqlite3_exec(model, migration[v], NULL, NULL, NULL);
	if (rc == SQLITE_OK && has_table_of_fields(s->db))
		rc = add_columns(s->db, model);
	bad = rc == SQLITE_OK ? compare_all(s, model) : store_fail(s, "is damaged: %s",
	    sqlite3_errstr(rc));
	sqlite3_close(model);
	return bad;
}

static int
bring_up(struct store *s, const struct identity *id)
{
	if (id->version == VERSION)
		return 0;
	if (!is_new(id) && id->version <= OLD_VERSIONS)
		return store_fail(s, "was made by kansoku 0.1, which knew one overlay; write it out with that"
		    " version (\"kansoku export --db %s --observations FILE\") and read FILE in with this one"
		    " (\"kansoku import\")", s->path);
	if (s->mode == STORE_READ)
		return store_fail(s, "has the older schema %" PRId64 "; \"kansoku analyze --db %s\""
		    " brings it up to %" PRId64, id->version, s->path, VERSION);
	return migrate(s, is_new(id) ? OLD_VERSIONS : id->version);
}

int
schema_check(struct store *s)
{
	struct identity id = { 0, 0, 0 };

	if (identify(s, &id) != 0)
		return -1;
	if (is_new(&id) && s->mode != STORE_CREATE)
		return store_fail(s, "is empty; \"kansoku crawl\" or \"kansoku import\" fills it");
	if (!is_new(&id) && id.application != DATABASE_ID)
		return store_fail(s, "is an SQLite database, but not one of kansoku's");
	if (id.version > VERSION)
		return store_fail(s, "was written by a newer kansoku (schema %" PRId64
		    ", this one knows up to %" PRId64 ")", id.version, VERSION);
	if (s->mode != STORE_READ && sqlite3_exec(s->db, "PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = NORMAL;"
	    "PRAGMA wal_autocheckpoint = " TEXT_OF(CHECKPOINT_PAGES), NULL, NULL, NULL) != SQLITE_OK)
		return store_fail_db(s);
	if (bring_up(s, &id) != 0)
		return -1;
	return compare_schema(s);
}
