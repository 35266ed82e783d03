/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes in: rounds, identities, answers, samples, hidden names. */
#include "tests/unit/data/store/store_fixture.h"
#include "data/store/sensor_facts.h"

#include <sys/stat.h>

#include "bounds.h"

/* ---- rounds ---- */

static void
a_round_line_with_an_end_completes_the_round(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add(s, round_line(1, false));
	add(s, key(1, 2000, 1, 2, 3));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(ask_db(s, "SELECT complete FROM round"), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM seen"), 0);
	add(s, round_line(1, true));
	assert_int_equal(ask_db(s, "SELECT complete FROM round"), 1);
	assert_int_equal(ask_db(s, "SELECT end_ms FROM round"), 9000);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM seen"), 1);
	store_close(s);
}

/* One node for each way of being heard of, and one for all of them. */
static void
add_every_channel(struct store *s, uint32_t round)
{
	struct endpoint via[2] = { ep(14), ep(19) };
	struct observation q = { .round = round, .t_ms = 4000, .peer = ep(1) };

	set_winny_query(&q, (struct winny_query){ .via = via, .nvia = 2, .words = text_of("w"), .id = 7 });
	add(s, key(round, 2000, 1, 12, 1));
	add(s, key(round, 2000, 1, 19, 1));
	add(s, neighbour(round, 1, 13));
	add(s, neighbour(round, 1, 19));
	add(s, q);
	add(s, contact(round, 15, false, OUT_OK));
	add(s, contact(round, 16, true, OUT_OK));
	add(s, contact(round, 17, false, OUT_TIMEOUT));
	add(s, contact(round, 18, true, OUT_RESET));
	add(s, contact(round, 19, false, OUT_OK));
	add(s, contact(round, 19, true, OUT_OK));
}

static void
assert_every_channel(struct store *s, uint32_t round)
{
	assert_int_equal(seen_of(s, round, 1), 0);	/* it only delivered */
	assert_int_equal(seen_of(s, round, 12), SEEN_KEY);
	assert_int_equal(seen_of(s, round, 13), SEEN_NEIGHBOUR);
	assert_int_equal(seen_of(s, round, 14), SEEN_QUERY);
	assert_int_equal(seen_of(s, round, 15), SEEN_CONTACTED);
	assert_int_equal(seen_of(s, round, 16), SEEN_INBOUND);
	assert_int_equal(seen_of(s, round, 17), 0);
	assert_int_equal(seen_of(s, round, 18), 0);
	assert_int_equal(seen_of(s, round, 19), SEEN_KEY | SEEN_NEIGHBOUR | SEEN_QUERY |
	    SEEN_CONTACTED | SEEN_INBOUND);
}

static void
seen_tells_how_a_node_was_heard_of(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add_every_channel(s, 1);
	add(s, round_line(1, true));
	assert_every_channel(s, 1);
	store_close(s);
}

static void
seen_is_right_for_a_round_that_was_interrupted(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add_every_channel(s, 1);
	store_close(s);
	s = open_store(STORE_WRITE);
	add(s, key(1, 2500, 1, 30, 2));
	add(s, round_line(1, true));
	assert_every_channel(s, 1);
	assert_int_equal(seen_of(s, 1, 30), SEEN_KEY);
	store_close(s);
}

static void
seen_is_right_for_rounds_in_any_order(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add(s, key(2, 2000, 1, 40, 1));
	add_every_channel(s, 1);
	add(s, key(2, 2000, 1, 41, 1));
	add(s, round_line(1, true));
	add(s, round_line(2, true));
	assert_every_channel(s, 1);
	assert_int_equal(seen_of(s, 2, 40), SEEN_KEY);
	assert_int_equal(seen_of(s, 2, 41), SEEN_KEY);
	assert_int_equal(seen_of(s, 1, 41), 0);
	store_close(s);
}

static void
a_complete_round_takes_no_more(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add(s, key(1, 2000, 1, 2, 3));
	add(s, round_line(1, true));
	refused(s, key(1, 2000, 1, 2, 3), "round 1 is complete already");
	refused(s, round_line(1, true), "round 1 is complete already");
	refused(s, key(0, 2000, 1, 2, 3), "rounds are counted from 1");
	add(s, key(2, 2000, 1, 2, 3));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM sighting"), 2);
	store_close(s);
}

static void
an_interrupted_round_stays_incomplete(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add(s, round_line(7, false));
	add(s, key(7, 2000, 1, 2, 3));
	store_close(s);
	s = open_store(STORE_WRITE);
	assert_int_equal(store_last_round(s), 7);
	add(s, key(8, 2000, 1, 2, 3));
	assert_int_equal(store_last_round(s), 8);
	add(s, round_line(8, true));
	assert_int_equal(ask_db(s, "SELECT complete FROM round WHERE id = 7"), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM seen WHERE round = 7"), 0);
	store_close(s);
}

static void
a_database_is_of_one_sensor_and_one_overlay(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct observation o = round_line(2, true);
	char *sensor;

	(void)state;
	add(s, round_line(1, true));
	o.run.sensor = text_of("s2\x1b[2J");
	refused(s, o, "holds the sensor s1; these observations are of s2\\x1b[2J");
	o = round_line(2, true);
	o.run.overlay = text_of("dht");
	refused(s, o, "holds the overlay winny; these observations are of dht");
	o.run.overlay = o.run.sensor = text_of("");
	add(s, o);
	sensor = sensor_fact_get(s, SENSOR_NAME);
	assert_string_equal(sensor, "s1");
	free(sensor);
	store_close(s);
}

static void
facts_of_a_round_are_kept(void **state)
{
	const struct round_facts facts = { .known = 4321, .sampling = 8, .clock_jump_ms = -86400000 };
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add(s, round_line(1, false));
	assert_int_equal(ask_db(s, "SELECT count(sampling) FROM round"), 0);
	assert_int_equal(store_round_facts(s, 1, &facts), 0);
	add(s, round_line(1, true));
	assert_int_equal(ask_db(s, "SELECT known FROM round"), 4321);
	assert_int_equal(ask_db(s, "SELECT sampling FROM round"), 8);
	assert_int_equal(ask_db(s, "SELECT clock_jump_ms FROM round"), -86400000);
	store_close(s);
}

static int
export_line(const struct observation *o, void *end_ms)
{
	if (o->type == OBS_ROUND)
		*(int64_t *)end_ms = o->run.end_ms;
	return 0;
}

/* What came of it is known, and yet nobody takes it for a whole round. */
static void
a_round_that_was_stopped_keeps_its_end(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct observation end = round_line(1, true);
	int64_t exported = 0;

	(void)state;
	add(s, round_line(1, false));
	add(s, key(1, 2000, 1, 2, 3));
	assert_int_equal(store_round_stopped(s, &end), 0);
	assert_int_equal(ask_db(s, "SELECT end_ms FROM round"), end.run.end_ms);
	assert_int_equal(ask_db(s, "SELECT tried FROM round"), end.run.tried);
	assert_int_equal(ask_db(s, "SELECT reached FROM round"), end.run.reached);
	assert_int_equal(ask_db(s, "SELECT complete FROM round"), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM seen"), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM sighting"), 1);
	assert_int_equal(rows_observations(s, 1, export_line, &exported), 0);
	assert_int_equal(exported, UNKNOWN);
	store_close(s);
}

/* ---- identities ---- */

static void
the_same_thing_gets_the_same_id(void **state)
{
	(void)state;
	for (int again = 0; again < 3; again++) {
		struct store *s = open_store(STORE_CREATE);
		struct observation o = key((uint32_t)again + 1, 2000, 1, 2, 3);

		add(s, o);
		add(s, o);
		o.value[WINNY_KEY_TTL].number = 3;
		o.value[WINNY_KEY_BLOCKS].number = 99;		/* what does not last makes no new advert */
		add(s, o);
		o.value[WINNY_KEY_BBS].endpoint = winny_kept_endpoint(ep(9));
		o.value[WINNY_KEY_BBS_TRIP].text = text_of("thread");
		add(s, o);
		add(s, neighbour((uint32_t)again + 1, 1, 2));
		store_close(s);
	}
	struct store *s = open_store(STORE_READ);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM node"), 3);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM file"), 1);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM advert"), 2);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM claim"), 1);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM sighting"), 12);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM neighbour"), 3);
	assert_true(integrity_ok(s));
	store_close(s);
}

static void
whatever_differs_gets_its_own_id(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct observation base = key(1, 2000, 1, 2, 3), o;
	union value *name = &o.value[WINNY_KEY_NAME], *trip = &o.value[WINNY_KEY_TRIP];

	(void)state;
	for (int again = 0; again < 2; again++) {
		add(s, base);
		o = base, name->text = text_of("other"), add(s, o);
		o = base, trip->text = text_of("trip"), add(s, o);
		o = base, o.value[WINNY_KEY_SIZE].number = UNKNOWN, add(s, o);
		o = base, o.key.content.id[15] ^= 1, add(s, o);
		/* the same bytes, cut elsewhere */
		o = base, name->text = text_of("ab"), trip->text = text_of("c"), add(s, o);
		o = base, name->text = text_of("a"), trip->text = text_of("bc"), add(s, o);
		assert_int_equal(store_commit(s), 0);
		assert_int_equal(ask_db(s, "SELECT count(*) FROM file"), 7);
		o = base, o.value[WINNY_KEY_VERSION].number = 6, add(s, o);
		o = base, o.value[WINNY_KEY_IGNORE].number = 1, add(s, o);
		o = base, o.value[WINNY_KEY_MTIME].number = UNKNOWN, add(s, o);
		o = base, o.key.source.port++, add(s, o);
		assert_int_equal(store_commit(s), 0);
		assert_int_equal(ask_db(s, "SELECT count(*) FROM advert"), 11);
		store_close(s);
		s = open_store(STORE_WRITE);
	}
	store_close(s);
}

/* ---- answers ---- */

static void
keys_of_one_answer_share_a_delivery(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct observation o;

	(void)state;
	add(s, key(1, 2000, 1, 2, 3));
	add(s, key(1, 2000, 1, 4, 5));
	assert_int_equal(store_commit(s), 0);	/* in the midst of it */
	add(s, key(1, 2000, 1, 6, 7));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM delivery"), 1);
	assert_int_equal(ask_db(s, "SELECT n FROM delivery"), 3);
	add(s, key(1, 2001, 1, 2, 3));
	add(s, key(1, 2001, 8, 2, 3));
	o = key(1, 2001, 8, 2, 3), o.value[WINNY_KEY_DOWNSTREAM].number = 0, add(s, o);
	add(s, key(2, 2001, 8, 2, 3));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM delivery"), 5);
	assert_int_equal(ask_db(s, "SELECT sum(n) FROM delivery"), 7);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM key_seen"), 7);
	store_close(s);
}

/* ---- samples ---- */

static void
raw_records_are_a_bounded_sample_spread_over_the_round(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	const int n = 60000;

	(void)state;
	for (int i = 0; i < n; i++) {
		struct observation o = key(1, 2000 + i / 30, 1, 2, (uint32_t)i % 100);

		o.key.raw = (struct text){ (const uint8_t *)&i, sizeof(i) };
		add(s, o);
	}
	assert_int_equal(store_commit(s), 0);
	assert_in_range(ask_db(s, "SELECT count(*) FROM raw_record"), RAW_STEP, RAW_STEP * RAW_STEPS);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM raw_record WHERE sighting <= 1024"), 1024);
	assert_true(ask_db(s, "SELECT max(sighting) FROM raw_record") > n / 2);
	store_close(s);
}

static void
import_keeps_every_raw_record(void **state)
{
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	store_keep_all_raw(s);
	for (int i = 0; i < 3000; i++) {
		struct observation o = key(1, 2000, 1, 2, 3);

		o.key.raw = (struct text){ (const uint8_t *)&i, sizeof(i) };
		add(s, o);
	}
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM raw_record"), 3000);
	store_close(s);
}

/* ---- hidden names ---- */

static bool
file_contains(const char *path, const char *needle)
{
	FILE *f = fopen(path, "rb");
	static char buf[1 << 20];
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return memmem(buf, n, needle, strlen(needle)) != NULL;
}

static void
add_secrets(struct store *s, uint32_t round)
{
	struct observation o = key(round, 2000, 1, 2, 3);
	struct observation q = { .round = round, .t_ms = 4000, .peer = ep(1) };

	set_winny_query(&q, (struct winny_query){ .words = text_of("SECRETQUERY"),
		.trip = text_of("SECRETQTRIP") });
	o.value[WINNY_KEY_NAME].text = text_of("SECRETNAME");
	o.value[WINNY_KEY_TRIP].text = text_of("SECRETTRIP");
	o.value[WINNY_KEY_BBS_TRIP].text = text_of("SECRETBBS");
	o.key.raw = text_of("SECRETRAW");
	add(s, o);
	o = neighbour(round, 1, 2);
	o.value[WINNY_NEIGHBOUR_WORDS + 1].text = text_of("SECRETWORD");
	add(s, o);
	add(s, q);
	add(s, round_line(round, true));
}

static void
open_without_key(void *arg)
{
	*(struct store **)arg = store_open(db_path, STORE_WRITE);
}

static void
hidden_names_are_nowhere_in_the_file(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	char key_path[128];
	struct stat st;

	(void)state;
	assert_int_equal(store_hide_names(s), 0);
	add_secrets(s, 1);
	store_close(s);
	s = open_store(STORE_WRITE);	/* and they stay hidden, with the same key */
	add_secrets(s, 2);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM file"), 1);
	assert_int_equal(ask_db(s, "SELECT length(name) FROM file"), NAME_TOKEN);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM raw_record"), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM claim WHERE word3 IS NULL"), 1);
	store_close(s);
	assert_false(file_contains(db_path, "SECRET"));

	snprintf(key_path, sizeof(key_path), "%s.names-key", db_path);
	assert_int_equal(stat(key_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(unlink(key_path), 0);
	assert_non_null(strstr(complaint_of(open_without_key, &s), "names are hidden"));
	assert_null(s);
	store_close(open_store(STORE_READ));	/* reading needs no key */
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(a_round_line_with_an_end_completes_the_round),
		STORE_TEST(seen_tells_how_a_node_was_heard_of),
		STORE_TEST(seen_is_right_for_a_round_that_was_interrupted),
		STORE_TEST(seen_is_right_for_rounds_in_any_order),
		STORE_TEST(a_complete_round_takes_no_more),
		STORE_TEST(an_interrupted_round_stays_incomplete),
		STORE_TEST(a_database_is_of_one_sensor_and_one_overlay),
		STORE_TEST(facts_of_a_round_are_kept),
		STORE_TEST(a_round_that_was_stopped_keeps_its_end),
		STORE_TEST(the_same_thing_gets_the_same_id),
		STORE_TEST(whatever_differs_gets_its_own_id),
		STORE_TEST(keys_of_one_answer_share_a_delivery),
		STORE_TEST(raw_records_are_a_bounded_sample_spread_over_the_round),
		STORE_TEST(import_keeps_every_raw_record),
		STORE_TEST(hidden_names_are_nowhere_in_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
