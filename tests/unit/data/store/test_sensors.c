/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two sensors of two overlays in one database, whose rounds have the same numbers. */
#include "tests/unit/data/store/store_fixture.h"

#include "data/lib/cli.h"
#include "data/lib/utctime.h"
#include "data/store/results.h"
#include "data/store/retention.h"
#include "data/store/sensors.h"
#include "data/store/translog.h"

static void
enter(struct store *s, const char *name, const char *overlay)
{
	if (sensors_enter(s, name, overlay, UNKNOWN) != 0)
		fail_msg("%s", store_error(s));
}

/* A round of the sensor in scope, with so many keys of sources that begin at first. */
static void
add_round(struct store *s, const char *name, const char *overlay, uint32_t round, unsigned first,
    unsigned keys)
{
	struct observation o = round_line(round, true);

	enter(s, name, overlay);
	for (unsigned i = 0; i < keys; i++)
		add(s, key(round, 2000, 1, first + i, i));
	o.run.sensor = text_of(name);
	o.run.overlay = text_of(overlay);
	add(s, o);
}

/* Rounds 1 and 2 of both, and a third of the second; the first one's go before and behind. */
static void
make_two(void)
{
	struct store *s = open_store(STORE_CREATE);

	add_round(s, "east", "winny", 1, 100, 3);
	add_round(s, "west", "winny", 1, 200, 5);
	add_round(s, "west", "winny", 2, 210, 4);
	add_round(s, "east", "winny", 2, 100, 2);
	add_round(s, "west", "winny", 3, 200, 1);
	assert_int_equal(store_commit(s), 0);
	store_close(s);
}

static int
note_round(const struct round_row *r, void *arg)
{
	sprintf((char *)arg + strlen(arg), "%u ", r->id);
	return 0;
}

static int
count_sighting(const struct sighting_row *r, void *arg)
{
	(void)r;
	++*(int *)arg;
	return 0;
}

static int
count_seen(const struct seen_row *r, void *arg)
{
	(void)r;
	++*(int *)arg;
	return 0;
}

static void
each_has_its_own_rows(void **state)
{
	static const struct { const char *name, *rounds; int keys; uint32_t last; } want[] = {
		{ "east", "1 2 ", 3, 2 }, { "west", "1 2 3 ", 5, 3 },
	};
	struct store *s;
	int64_t rounds, complete;

	(void)state;
	make_two();
	s = open_store(STORE_READ);
	for (size_t i = 0; i < 2; i++) {
		struct channel_totals t;
		char text[64] = "";
		int n = 0, seen = 0;

		assert_int_equal(sensors_select(s, want[i].name), 0);
		assert_int_equal(rows_rounds(s, 1, 0, note_round, text), 0);
		assert_string_equal(text, want[i].rounds);
		assert_int_equal(rows_sightings(s, 1, count_sighting, &n), 0);
		assert_int_equal(n, want[i].keys);
		assert_int_equal(rows_seen(s, 1, count_seen, &seen), 0);
		assert_int_equal(seen, want[i].keys);
		assert_int_equal(rows_totals(s, 1, &t), 0);
		assert_int_equal(t.keys, want[i].keys);
		assert_int_equal(store_last_round(s), want[i].last);
		assert_int_equal(rows_count_rounds(s, 1, 0, INT64_MAX, &rounds, &complete), 0);
		assert_int_equal(rounds, 1);
	}
	assert_int_equal(ask_db(s, "SELECT count(*) FROM round WHERE sensor = 1 AND number < 3"), 2);
	assert_int_equal(ask_db(s, "SELECT id FROM round WHERE sensor = 0 AND number = 2"), 2);
	assert_int_equal(sensors_select(s, "north"), 1);
	store_close(s);
}

static void
a_sensor_keeps_its_overlay_and_port(void **state)
{
	struct store *s;

	(void)state;
	make_two();
	s = open_store(STORE_WRITE);
	assert_int_equal(sensors_enter(s, "east", "toy", UNKNOWN), -1);
	assert_non_null(strstr(store_error(s), "holds the overlay winny; these observations are of toy"));
	assert_int_equal(sensors_enter(s, "east", "winny", 7743), 0);
	assert_int_equal(sensors_enter(s, "east", "", UNKNOWN), 0);
	assert_int_equal(sensors_enter(s, "east", "winny", 7744), -1);
	assert_int_equal(sensors_enter(s, "west", "winny", 7744), 0);
	assert_int_equal(ask_db(s, "SELECT sum(listen_port) FROM sensor"), 7743 + 7744);
	store_close(s);
}

/* ---- the log ---- */

static void
print_told(uint32_t round, const char *what, void *arg)
{
	print_message("round %u: %s\n", round, what);
	++*(int *)arg;
}

static int64_t
check(struct store *s, const char *name)
{
	int told = 0;

	assert_int_equal(sensors_select(s, name), 0);
	return translog_check(s, print_told, &told);
}

static int
note_entry(const struct translog_entry *e, void *arg)
{
	sprintf((char *)arg + strlen(arg), "%d:%u ", (int)e->seq, e->round);
	return 0;
}

static void
each_has_a_chain_of_its_own(void **state)
{
	struct store *s;
	char east[64] = "", west[64] = "";

	(void)state;
	make_two();
	s = open_store(STORE_READ);
	assert_int_equal(check(s, "east"), 0);
	assert_int_equal(translog_chain(s, note_entry, east), 0);
	assert_int_equal(check(s, "west"), 0);
	assert_int_equal(translog_chain(s, note_entry, west), 0);
	assert_string_equal(east, "1:1 2:2 ");
	assert_string_equal(west, "1:1 2:2 3:3 ");
	store_close(s);

	/* What is changed is found where it is, and not by the other. */
	s = open_store(STORE_WRITE);
	assert_int_equal(sqlite3_exec(s->db, "UPDATE delivery SET t_ms = t_ms + 1"
	    " WHERE round = (1 << 32) + 2", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(check(s, "east"), 0);
	assert_int_equal(check(s, "west"), 1);
	/* Rounds of nobody are told for the first sensor. */
	assert_int_equal(sqlite3_exec(s->db, "INSERT INTO round (id) VALUES ((7 << 32) + 1)", NULL, NULL,
	    NULL), SQLITE_OK);
	assert_int_equal(check(s, "east"), 1);
	store_close(s);
}

/* ---- results ---- */

static void
put_results(struct store *s, const char *name, int n)
{
	struct series_row series = { .round = 1, .complete = true, .instant = n };
	struct verdict_row verdict = { .node = 1, .first_round = 1, .last_round = 1, .keys = n };
	struct incident_row incident = { .kind = INC_RANDOM_SOURCES, .first_round = 1, .last_round = 1,
		.peak_round = 1, .start_ms = 0, .end_ms = UNKNOWN, .peak_ms = 0, .summary = name };
	struct test_row test = { .name = name, .family = "f" };

	assert_int_equal(sensors_select(s, name), 0);
	assert_int_equal(results_begin(s), 0);
	assert_int_equal(results_put_series(s, &series), 0);
	assert_int_equal(results_put_verdict(s, &verdict, (struct text){ NULL, 0 }), 0);
	for (int i = 1; i <= n; i++) {
		incident.id = test.incident = results_incident_base(s) + i;
		assert_int_equal(results_put_incident(s, &incident), 0);
		assert_int_equal(results_put_test(s, &test), 0);
	}
	assert_int_equal(results_state_put(s, "state", text_of(name)), 0);
	assert_int_equal(results_digest_put(s, 1, text_of(name)), 0);
	assert_int_equal(results_commit(s), 0);
}

struct found { int series, verdicts, incidents, tests, digests; double keys; char state[16]; };

static int
find_series(const struct series_row *r, void *arg)
{
	struct found *f = arg;

	assert_int_equal(r->round, 1);
	f->series++;
	return 0;
}

static int
find_verdict(const struct verdict_row *r, void *arg)
{
	struct found *f = arg;

	assert_int_equal(r->node, 1);
	f->verdicts++;
	f->keys = (double)r->keys;
	return 0;
}

static int
find_incident(const struct incident_row *r, void *arg)
{
	struct found *f = arg;

	(void)r;
	f->incidents++;
	return 0;
}

static int
find_test(const struct test_row *r, void *arg)
{
	(void)r;
	((struct found *)arg)->tests++;
	return 0;
}

static int
find_digest(uint32_t round, struct text t, void *arg)
{
	struct found *f = arg;

	assert_int_equal(round, 1);
	snprintf(f->state, sizeof(f->state), "%.*s", (int)t.len, (const char *)t.p);
	f->digests++;
	return 0;
}

static int
find_state(struct text t, void *arg)
{
	struct found *f = arg;

	snprintf(f->state, sizeof(f->state), "%.*s", (int)t.len, (const char *)t.p);
	return 0;
}

static struct found
find_results(struct store *s, const char *name)
{
	struct found f = { .keys = -1 };

	assert_int_equal(sensors_select(s, name), 0);
	assert_int_equal(results_series(s, INT64_MIN, INT64_MAX, find_series, &f), 0);
	assert_int_equal(results_clean_counts(s, find_series, &f), 0);
	assert_int_equal(results_series_from(s, 1, find_series, &f), 0);
	assert_int_equal(results_verdicts(s, find_verdict, &f), 0);
	assert_int_equal(results_incidents(s, find_incident, &f), 0);
	assert_int_equal(results_tests(s, results_incident_base(s) + 1, find_test, &f), 0);
	assert_int_equal(results_digest_each(s, find_digest, &f), 0);
	if (f.digests > 0)
		assert_string_equal(f.state, name);
	f.state[0] = '\0';
	assert_int_not_equal(results_state_get(s, "state", find_state, &f), -1);
	return f;
}

static void
results_are_each_sensors_own(void **state)
{
	struct store *s;
	struct found f;

	(void)state;
	make_two();
	s = open_store(STORE_WRITE);
	put_results(s, "east", 1);
	put_results(s, "west", 2);
	f = find_results(s, "east");
	assert_int_equal(f.series + 10 * f.verdicts + 100 * f.incidents + 1000 * f.tests, 1113);
	assert_true(f.keys == 1);
	assert_string_equal(f.state, "east");
	f = find_results(s, "west");
	assert_int_equal(f.series + 10 * f.verdicts + 100 * f.incidents + 1000 * f.tests, 1213);
	assert_true(f.keys == 2);
	assert_string_equal(f.state, "west");
	assert_int_equal(ask_db(s, "SELECT count(DISTINCT id) FROM incident"), 3);
	assert_int_equal(ask_db(s, "SELECT max(id) FROM incident WHERE sensor = 1"), INCIDENTS + 2);
	assert_int_equal(results_select(s, INCIDENTS + 2), 0);
	assert_int_equal(sensors_current(s), 1);

	/* One is computed anew; the other stays. */
	assert_int_equal(sensors_select(s, "east"), 0);
	assert_int_equal(results_begin(s), 0);
	assert_int_equal(results_clear(s), 0);
	assert_int_equal(results_commit(s), 0);
	f = find_results(s, "east");
	assert_int_equal(f.series + f.verdicts + f.incidents + f.tests + f.digests, 0);
	assert_string_equal(f.state, "");
	f = find_results(s, "west");
	assert_int_equal(f.series + 10 * f.verdicts + 100 * f.incidents + 1000 * f.tests, 1213);
	assert_string_equal(f.state, "west");
	store_close(s);
}

/* ---- retention ---- */

static void
pruning_one_leaves_the_other(void **state)
{
	struct retention p = { .span = { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN }, .some_sensors = true,
		.now_ms = DAY_MS };
	struct store *s;

	(void)state;
	make_two();
	p.s = s = open_store(STORE_WRITE);
	p.span[AGE_PSEUDONYMOUS] = HOUR_MS;
	assert_int_equal(sensors_select(s, "east"), 0);
	assert_int_equal(retention_run_rounds(&p), 0);
	assert_int_equal(retention_run_names(&p), 0);
	assert_int_equal(p.done, 2);
	assert_int_equal(ask_db(s, "SELECT group_concat(id) = '1,2' FROM round WHERE pruned_ms IS NOT NULL"), 1);
	assert_int_equal(ask_db(s, "SELECT sum(n) FROM delivery"), 10);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM delivery WHERE round >> 32 = 0"), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM sighting"), 10);
	assert_int_equal(check(s, "east"), 0);
	assert_int_equal(check(s, "west"), 0);
	store_close(s);
}

/* ---- going through them ---- */

static int
note_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	assert_int_equal(r->id, sensors_current(s));
	sprintf((char *)arg + strlen(arg), "%s/%s/%d ", r->name, r->overlay, (int)r->of);
	return strcmp(r->name, "east") == 0 ? EXIT_NOTHING : EXIT_DONE;
}

static struct sensor_filter nobody = { .name = "nor\x1bth" };

static void
ask_for_nobody(void *arg)
{
	assert_int_equal(sensors_each(arg, &nobody, note_sensor, NULL), EXIT_MISUSED);
}

static void
ask_for_one(void *arg)
{
	assert_int_equal(sensors_one(arg, &(struct sensor_filter){ .name = NULL }), EXIT_MISUSED);
}

static void
a_filter_lets_through_whom_it_names(void **state)
{
	sqlite3 *db;
	struct store *s;
	char text[128] = "";

	(void)state;
	make_two();
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);	/* to be listed, not read */
	assert_int_equal(sqlite3_exec(db, "UPDATE sensor SET overlay = 'toy' WHERE name = 'west'", NULL,
	    NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	s = open_store(STORE_READ);
	assert_int_equal(sensors_each(s, &(struct sensor_filter){ .name = NULL }, note_sensor, text), EXIT_DONE);
	assert_int_equal(sensors_each(s, &(struct sensor_filter){ .name = "east" }, note_sensor, text),
	    EXIT_NOTHING);
	assert_int_equal(sensors_each(s, &(struct sensor_filter){ .overlay = "toy" }, note_sensor, text), EXIT_DONE);
	assert_string_equal(text, "east/winny/2 west/toy/2 east/winny/1 west/toy/1 ");
	assert_int_equal(sensors_current(s), 0);
	assert_non_null(strstr(complaint_of(ask_for_nobody, s), "--sensor nor\\x1bth: no such sensor in this"
	    " database; there are: east (winny), west (toy)"));
	assert_non_null(strstr(complaint_of(ask_for_one, s), "t.db: want one sensor: name it with --sensor;"
	    " there are: east (winny), west (toy)"));
	assert_int_equal(sensors_one(s, &(struct sensor_filter){ .overlay = "toy" }), EXIT_DONE);
	assert_int_equal(sensors_current(s), 1);
	store_close(s);
}

/* Rounds that came without a name are those of who is named first. */
static void
who_has_no_name_yet_gets_it(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct observation o = round_line(1, true);
	char text[64] = "";

	(void)state;
	o.run.sensor = o.run.overlay = text_of("");
	add(s, o);
	assert_int_equal(sensors_each(s, &(struct sensor_filter){ .name = NULL }, note_sensor, text), EXIT_DONE);
	assert_string_equal(text, "//1 ");
	o = round_line(2, true);
	o.run.sensor = text_of("");
	add(s, o);
	enter(s, "north", "winny");
	assert_int_equal(store_last_round(s), 2);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM sensor WHERE id = 0 AND name = 'north'"), 1);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(each_has_its_own_rows),
		STORE_TEST(a_sensor_keeps_its_overlay_and_port),
		STORE_TEST(each_has_a_chain_of_its_own),
		STORE_TEST(results_are_each_sensors_own),
		STORE_TEST(pruning_one_leaves_the_other),
		STORE_TEST(a_filter_lets_through_whom_it_names),
		STORE_TEST(who_has_no_name_yet_gets_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
