/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes wrong: files that are not ours, full disks, other programs, sudden ends. */
#include "tests/unit/data/store/store_fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "bounds.h"
#include "data/store/writer.h"

/* ---- files that cannot be opened ---- */

struct opening {
	enum store_mode	mode;
	struct store	*s;
};

static void
try_open(void *arg)
{
	struct opening *o = arg;

	o->s = store_open(db_path, o->mode);
}

static void
assert_refused(enum store_mode mode, const char *reason)
{
	struct opening o = { mode, NULL };
	const char *said = complaint_of(try_open, &o);

	assert_null(o.s);
	if (strstr(said, reason) == NULL || strstr(said, db_path) == NULL)
		fail_msg("\"%s\" does not say \"%s\" of %s", said, reason, db_path);
}

static void
run_sql(const char *statements)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, statements, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
write_file(const char *content, size_t len)
{
	FILE *f = fopen(db_path, "wb");

	assert_non_null(f);
	fwrite(content, 1, len, f);
	fclose(f);
}

static void
an_absent_database_is_said_to_be(void **state)
{
	(void)state;
	assert_refused(STORE_READ, "no such database");
	assert_refused(STORE_WRITE, "no such database");
	assert_int_equal(access(db_path, F_OK), -1);
	strcpy(db_path, folder);
	assert_refused(STORE_CREATE, "is a folder");
	strcpy(db_path, "/nonexistent/x/t.db");
	assert_refused(STORE_CREATE, "No such file or directory");
}

static void
a_file_that_is_no_database_is_left_alone(void **state)
{
	static const char text[] = "my thesis, of which there is no second copy\n";
	char buf[sizeof(text)];
	FILE *f;

	(void)state;
	write_file(text, sizeof(text));
	assert_refused(STORE_CREATE, "is no database of kansoku");
	f = fopen(db_path, "rb");
	assert_int_equal(fread(buf, 1, sizeof(buf), f), sizeof(text));
	fclose(f);
	assert_memory_equal(buf, text, sizeof(text));
}

static void
somebody_elses_database_is_left_alone(void **state)
{
	(void)state;
	run_sql("CREATE TABLE book (title TEXT)");
	assert_refused(STORE_CREATE, "not one of kansoku's");
	assert_refused(STORE_READ, "not one of kansoku's");
}

static void
an_empty_file_is_filled_but_not_read(void **state)
{
	(void)state;
	write_file("", 0);
	assert_refused(STORE_READ, "is empty");
	assert_refused(STORE_WRITE, "is empty");
	store_close(open_store(STORE_CREATE));
	store_close(open_store(STORE_READ));
}

static void
a_newer_schema_is_refused(void **state)
{
	(void)state;
	store_close(open_store(STORE_CREATE));
	run_sql("PRAGMA user_version = 999");
	assert_refused(STORE_READ, "newer kansoku (schema 999");
	assert_refused(STORE_CREATE, "newer kansoku (schema 999");
}

/* What the last migration added is taken away: a database as it was before. */
static void
an_older_schema_is_brought_up_by_a_writer_alone(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add(s, round_line(1, true));
	store_close(s);
	run_sql("ALTER TABLE round DROP COLUMN cut; ALTER TABLE round DROP COLUMN not_dialled;"
	    "ALTER TABLE round DROP COLUMN not_stored;"
	    "ALTER TABLE series DROP COLUMN sampling; ALTER TABLE incident DROP COLUMN sampling;"
	    "ALTER TABLE log_round DROP COLUMN fields; ALTER TABLE incident DROP COLUMN quiet;"
	    "ALTER TABLE incident DROP COLUMN last_ms; DROP TABLE stated; DROP TABLE notice;"
	    "CREATE TABLE notice (id INTEGER PRIMARY KEY, incident INTEGER NOT NULL, ip INTEGER NOT NULL,"
	    " t_ms INTEGER NOT NULL) STRICT; INSERT INTO notice VALUES (1, 2, 3, 4);"
	    "DELETE FROM meta WHERE key = 'database'; DROP VIEW v_verdict; DROP VIEW v_contact;"
	    "DROP VIEW v_key; DROP VIEW v_round; DROP VIEW v_node; PRAGMA user_version = 9");
	assert_refused(STORE_READ, "has the older schema 9");
	store_close(open_store(STORE_WRITE));
	s = open_store(STORE_READ);
	assert_int_equal(ask_db(s, "SELECT id FROM sensor WHERE name = 's1' AND overlay = 'winny'"), 0);
	assert_int_equal(store_last_round(s), 1);
	assert_int_equal(ask_db(s, "SELECT complete FROM round WHERE sampling IS NULL"), 1);
	assert_int_equal(ask_db(s, "SELECT address FROM notice"), 3);
	assert_int_equal(ask_db(s, "SELECT length(value) FROM meta WHERE key = 'database'"), 32);
	store_close(s);
}

/* Its tables knew one overlay and IPv4 alone: one line says what to do, and nothing is changed. */
static void
a_database_of_the_first_version_is_refused(void **state)
{
	static const enum store_mode modes[] = { STORE_READ, STORE_WRITE, STORE_CREATE };

	(void)state;
	store_close(open_store(STORE_CREATE));
	run_sql("DROP TABLE field; CREATE TABLE book (title TEXT)");
	for (int version = 1; version <= 5; version++) {
		char pragma[64];

		snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", version);
		run_sql(pragma);
		for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
			assert_refused(modes[i], "was made by kansoku 0.1, which knew one overlay");
	}
	run_sql("DROP TABLE book");	/* and it is still there */
}

/* What another connection does to a row of the table of fields. */
static void
columns_that_are_not_ours_are_refused(void **state)
{
	static const struct { const char *change, *reason; } known[] = {
		{ "UPDATE field SET type = 'BLOB' WHERE column_name = 'size'", "file is not what" },
		{ "UPDATE field SET table_name = 'file; DROP TABLE file' WHERE id = 1", "is damaged" },
		{ "UPDATE field SET column_name = 'a b' WHERE id = 1", "is damaged" },
		{ "ALTER TABLE file ADD COLUMN extra INTEGER", "file is not what" },
	};
	struct store *s;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		unlink(db_path);
		s = open_store(STORE_CREATE);
		add(s, key(1, 2000, 1, 2, 3));
		store_close(s);
		run_sql(known[i].change);
		assert_refused(STORE_READ, known[i].reason);
		assert_refused(STORE_WRITE, known[i].reason);
	}
}

static int
take_any(const struct observation *o, void *arg)
{
	(void)o;
	(void)arg;
	return 0;
}

/* Counts and findings need no driver, records do. */
static void
an_overlay_without_a_driver_can_be_counted_but_not_read(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct channel_totals totals;

	(void)state;
	add(s, key(1, 2000, 1, 2, 3));
	store_close(s);
	run_sql("UPDATE field SET overlay = 'nobody'; INSERT OR REPLACE INTO sensor"
	    " (id, name, overlay, created_ms) VALUES (0, 's1', 'nobody', 0)");
	s = open_store(STORE_READ);
	assert_int_equal(rows_totals(s, 1, &totals), 0);
	assert_int_equal(totals.keys, 1);
	assert_int_equal(rows_observations(s, 1, take_any, NULL), -1);
	assert_non_null(strstr(store_error(s), "holds the overlay nobody, which this program does not know"));
	store_close(s);
}

static void
tables_that_are_not_ours_are_refused(void **state)
{
	(void)state;
	store_close(open_store(STORE_CREATE));
	run_sql("DROP TABLE seen; CREATE VIEW seen AS WITH RECURSIVE r(round, node, bits) AS"
	    " (VALUES (1, 1, 1) UNION ALL SELECT round, node + 1, bits FROM r) SELECT * FROM r");
	assert_refused(STORE_READ, "seen is not what kansoku made");
	run_sql("DROP VIEW seen");
	assert_refused(STORE_READ, "seen is missing");
}

static void
read_what_is_left(void *arg)
{
	struct channel_totals totals;
	struct store *s = store_open(db_path, STORE_READ);

	(void)arg;
	fputs("tried\n", stderr);
	if (s == NULL)
		return;
	(void)rows_totals(s, 1, &totals);
	(void)integrity_ok(s);
	store_close(s);
}

/* Cut short or overwritten at any page: never a crash. */
static void
a_damaged_database_is_never_more_than_an_error(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	long size;
	FILE *f;

	(void)state;
	for (uint32_t i = 0; i < 2000; i++)
		add(s, key(1, 2000 + i / 30, i % 50, i % 300, i));
	add(s, round_line(1, true));
	store_close(s);
	f = fopen(db_path, "rb");
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	fclose(f);
	assert_int_equal(truncate(db_path, size / 2), 0);
	assert_refused(STORE_READ, "damaged");
	f = fopen(db_path, "r+b");
	for (long at = 200; at < size / 2; at += 512) {
		fseek(f, at, SEEK_SET);
		fputs("garbage", f);
	}
	fclose(f);
	assert_non_null(complaint_of(read_what_is_left, NULL));
}

static void
a_reader_cannot_write(void **state)
{
	struct store *s;

	(void)state;
	store_close(open_store(STORE_CREATE));
	s = open_store(STORE_READ);
	refused(s, key(1, 2000, 1, 2, 3), "for reading only");
	assert_int_equal(store_meta_set(s, "a", "b"), -1);
	store_close(s);
}

/* ---- others ---- */

static void
only_one_holds_the_lock(void **state)
{
	struct store *a = open_store(STORE_CREATE), *b = open_store(STORE_WRITE);
	long pid;

	(void)state;
	assert_false(store_is_locked(b, &pid));
	assert_int_equal(store_lock(a), 0);
	assert_int_equal(store_lock(a), 0);
	assert_int_equal(store_lock(b), 1);
	assert_true(store_is_locked(b, &pid));
	assert_int_equal(pid, getpid());
	refused(b, key(1, 2000, 1, 2, 3), "another crawl or import");
	store_close(a);
	assert_false(store_is_locked(b, &pid));
	assert_int_equal(store_lock(b), 0);
	add(b, key(1, 2000, 1, 2, 3));
	store_close(b);
}

static void
a_crawl_goes_on_while_somebody_else_writes(void **state)
{
	struct store *crawl = open_store(STORE_CREATE), *other = open_store(STORE_WRITE);

	(void)state;
	add(crawl, round_line(1, false));
	assert_int_equal(store_begin(other, 0), 0);
	for (uint32_t i = 0; crawl->writer->batch.bytes < BATCH_BYTES * 3; i++)
		add(crawl, key(1, 2000, 1, 2, i % 100));
	assert_int_equal(ask_db(other, "SELECT count(*) FROM sighting"), 0);
	assert_int_equal(store_end(other), 0);
	assert_int_equal(store_commit(crawl), 0);
	assert_true(ask_db(other, "SELECT count(*) FROM sighting") > 100000);
	store_close(crawl);
	store_close(other);
}

/* A round that cannot be written yet is not forgotten when the first record comes. */
static void
a_round_waits_while_somebody_else_writes(void **state)
{
	struct store *crawl = open_store(STORE_CREATE), *other = open_store(STORE_WRITE);
	struct observation o = round_line(1, false);

	(void)state;
	o.run.overlay = text_of("");
	assert_int_equal(store_begin(other, 0), 0);
	refused(crawl, o, "another program is writing");
	assert_int_equal(store_end(other), 0);
	add(crawl, key(1, 2000, 1, 2, 3));
	add(crawl, o);
	assert_int_equal(store_commit(crawl), 0);
	assert_int_equal(ask_db(other, "SELECT start_ms FROM round WHERE id = 1"), 1000);
	store_close(crawl);
	store_close(other);
}

/* The columns were made in what is undone, and are made again. */
static void
after_a_rollback_it_goes_on(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	store_hold(s, true);
	assert_true(store_begin_run(s, "1", "{}") > 0);
	add(s, key(1, 2000, 1, 2, 3));
	store_rollback(s);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM field"), 0);
	add(s, key(1, 2000, 1, 2, 3));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(ask_db(s, "SELECT size FROM file"), 1003);
	store_close(s);
}

static void
a_reader_sees_what_is_committed_while_a_crawl_runs(void **state)
{
	struct store *crawl = open_store(STORE_CREATE), *reader;

	(void)state;
	add(crawl, key(1, 2000, 1, 2, 3));
	reader = open_store(STORE_READ);
	assert_int_equal(ask_db(reader, "SELECT count(*) FROM sighting"), 0);
	assert_int_equal(store_commit(crawl), 0);
	assert_int_equal(ask_db(reader, "SELECT count(*) FROM sighting"), 1);
	store_close(reader);
	store_close(crawl);
}

static void
held_observations_come_together_or_not_at_all(void **state)
{
	struct store *s = open_store(STORE_CREATE), *reader;

	(void)state;
	store_hold(s, true);
	for (uint32_t i = 0; i < 200000; i++)
		add(s, key(1, 2000 + i / 30, 1, 2, i % 100));
	add(s, round_line(1, true));
	reader = open_store(STORE_READ);
	assert_int_equal(ask_db(reader, "SELECT count(*) FROM round"), 0);
	store_rollback(s);
	assert_int_equal(ask_db(reader, "SELECT count(*) FROM node"), 0);
	store_hold(s, true);
	add(s, key(1, 2000, 1, 2, 3));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(ask_db(reader, "SELECT count(*) FROM sighting"), 1);
	assert_int_equal(ask_db(reader, "SELECT max(id) FROM node"), 2);
	assert_true(integrity_ok(reader));
	store_close(reader);
	store_close(s);
}

/* ---- a full disk ---- */

static void
limit_pages(struct store *s, int more)
{
	char pragma[64];

	snprintf(pragma, sizeof(pragma), "PRAGMA max_page_count = %d",
	    (int)ask_db(s, "PRAGMA page_count") + more);
	sqlite3_exec(s->db, pragma, NULL, NULL, NULL);
}

static void
a_full_disk_loses_nothing_that_was_added(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct observation o;
	uint32_t n = 0, failures = 0;

	(void)state;
	add(s, round_line(1, false));
	limit_pages(s, 40);
	while (failures < 3) {
		o = key(1, 2000 + n / 30, 1, 2, n % 1000);
		if (store_add(s, &o) == 0) {
			n++;
			continue;
		}
		assert_non_null(strstr(store_error(s), "disk is full"));
		failures++;
	}
	o = round_line(1, true);
	assert_int_equal(store_add(s, &o), -1);
	assert_int_equal(ask_db(s, "SELECT complete FROM round"), 0);
	limit_pages(s, 100000);			/* somebody made space */
	add(s, round_line(1, true));
	assert_int_equal(ask_db(s, "SELECT count(*) FROM sighting"), n);
	assert_int_equal(ask_db(s, "SELECT sum(n) FROM delivery"), n);
	assert_int_equal(ask_db(s, "SELECT complete FROM round"), 1);
	assert_true(integrity_ok(s));
	store_close(s);
}

static void
a_held_file_on_a_full_disk_must_be_rolled_back(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct observation o = key(1, 2000, 1, 2, 3);
	uint32_t n = 0;

	(void)state;
	store_hold(s, true);
	limit_pages(s, 2000);		/* enough for a batch, not for two */
	do {
		o = key(1, 2000 + n / 30, 1, 2, n % 1000);
		n++;
	} while (store_add(s, &o) == 0 && n < 1000000);
	assert_true(n < 1000000);
	limit_pages(s, 100000);
	assert_int_equal(store_add(s, &o), -1);
	assert_int_equal(store_commit(s), -1);
	store_rollback(s);
	add(s, o);
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM sighting"), 1);
	assert_true(integrity_ok(s));
	store_close(s);
}

/* ---- sudden ends ---- */

/* Adds rounds for ever, and tells about each that is complete. */
static void
crawl_for_ever(int tell)
{
	struct store *s = store_open(db_path, STORE_CREATE);

	for (uint32_t round = 1; s != NULL; round++) {
		struct observation o = round_line(round, false);

		if (store_add(s, &o) != 0)
			_exit(1);
		for (uint32_t i = 0; i < 20000; i++) {
			o = key(round, 2000 + i / 30, i % 70, i % 500, i % 4000);
			if (store_add(s, &o) != 0 || (i % 1000 == 0 && store_commit(s) != 0))
				_exit(1);
		}
		o = round_line(round, true);
		if (store_add(s, &o) != 0 || write(tell, &round, sizeof(round)) < 0)
			_exit(1);
	}
	_exit(1);
}

static void
a_kill_costs_only_the_batch_in_flight(void **state)
{
	(void)state;
	for (int trial = 0; trial < 8; trial++) {
		uint32_t told = 0, more;
		int ends[2];
		pid_t child;
		struct store *s;

		assert_int_equal(pipe(ends), 0);
		if ((child = fork()) == 0)
			crawl_for_ever(ends[1]);
		close(ends[1]);
		for (int i = 0; i <= trial % 3; i++)
			assert_int_equal(read(ends[0], &told, sizeof(told)), sizeof(told));
		for (volatile int spin = 0; spin < trial * 1000000; spin++)
			continue;			/* somewhere else in a round each time */
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		while (read(ends[0], &more, sizeof(more)) == sizeof(more))
			told = more;
		close(ends[0]);

		s = open_store(STORE_WRITE);
		assert_true(integrity_ok(s));
		assert_true(ask_db(s, "SELECT max(id) FROM round WHERE complete") >= told);
		assert_int_equal(ask_db(s, "SELECT count(*) FROM round AS r WHERE complete AND"
		    " (SELECT sum(n) FROM delivery WHERE round = r.id) IS NOT 20000"), 0);
		assert_int_equal(ask_db(s, "SELECT count(*) FROM seen WHERE round NOT IN"
		    " (SELECT id FROM round WHERE complete)"), 0);
		assert_int_equal(ask_db(s, "SELECT count(*) FROM round AS r WHERE complete AND"
		    " (SELECT count(*) FROM seen WHERE round = r.id) <> 500"), 0);
		assert_int_equal(ask_db(s, "SELECT (SELECT sum(n) FROM delivery) -"
		    " (SELECT count(*) FROM sighting)"), 0);
		add(s, key(store_last_round(s) + 1, 2000, 1, 2, 3));
		store_close(s);
		unlink(db_path);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(an_absent_database_is_said_to_be),
		STORE_TEST(a_file_that_is_no_database_is_left_alone),
		STORE_TEST(somebody_elses_database_is_left_alone),
		STORE_TEST(an_empty_file_is_filled_but_not_read),
		STORE_TEST(a_newer_schema_is_refused),
		STORE_TEST(an_older_schema_is_brought_up_by_a_writer_alone),
		STORE_TEST(a_database_of_the_first_version_is_refused),
		STORE_TEST(columns_that_are_not_ours_are_refused),
		STORE_TEST(an_overlay_without_a_driver_can_be_counted_but_not_read),
		STORE_TEST(tables_that_are_not_ours_are_refused),
		STORE_TEST(a_reader_cannot_write),
		STORE_TEST(only_one_holds_the_lock),
		STORE_TEST(a_crawl_goes_on_while_somebody_else_writes),
		STORE_TEST(a_round_waits_while_somebody_else_writes),
		STORE_TEST(after_a_rollback_it_goes_on),
		STORE_TEST(a_reader_sees_what_is_committed_while_a_crawl_runs),
		STORE_TEST(held_observations_come_together_or_not_at_all),
		STORE_TEST(a_full_disk_loses_nothing_that_was_added),
		STORE_TEST(a_held_file_on_a_full_disk_must_be_rolled_back),
		STORE_TEST(a_kill_costs_only_the_batch_in_flight),
		STORE_TEST(a_damaged_database_is_never_more_than_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
