/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of any overlay and of any network: what was added comes out as it was. */
#include "tests/unit/data/store/store_fixture.h"
#include "tests/unit/data/toy_overlay.h"

#include "data/format/jsonl.h"
#include "data/store/sensors.h"
#include "data/store/translog.h"

#define TURNS	(2 * NET_N * 3)

/* ---- as text, to compare ---- */

struct lines {
	char	*line[1024];
	size_t	 n;
};

static void
keep_line(struct lines *l, const struct observation *o)
{
	size_t len;
	FILE *f = open_memstream(&l->line[l->n], &len);

	assert_true(l->n < sizeof(l->line) / sizeof(l->line[0]));
	assert_non_null(f);
	assert_int_equal(jsonl_write(f, o), 0);
	fclose(f);
	l->n++;
}

static int
read_line(const struct observation *o, void *arg)
{
	if (o->type != OBS_ROUND)
		keep_line(arg, o);
	return 0;
}

static void
add_line(struct store *s, struct lines *l, const struct observation *o)
{
	add(s, *o);
	keep_line(l, o);
}

static void
free_lines(struct lines *l)
{
	while (l->n > 0)
		free(l->line[--l->n]);
}

static void
same_lines(const struct lines *a, const struct lines *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_string_equal(a->line[i], b->line[i]);
}

static void
told(uint32_t round, const char *what, void *arg)
{
	(void)arg;
	fail_msg("round %u: %s", round, what);
}

static void
count_told(uint32_t round, const char *what, void *arg)
{
	(void)round;
	(void)what;
	++*(int *)arg;
}

/* ---- facts ---- */

/* In the order in which a round is read back: by kind. */
static void
a_made_up_overlay_is_stored_as_it_was(void **state)
{
	static const enum observation_type order[] = { OBS_CONTACT, OBS_NEIGHBOUR, OBS_QUERY, OBS_KEY };
	struct store *s = open_store(STORE_CREATE);
	static struct lines in, out;
	struct endpoint e[FIELDS_MAX + 8];

	(void)state;
	store_keep_all_raw(s);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		for (uint8_t turn = 0; turn < TURNS; turn++) {
			struct observation o = toy_record(&toy_fields, order[i], turn, e);

			if (order[i] == OBS_KEY && turn % 4 == 0)
				o.key.raw = text_of("raw");
			add_line(s, &in, &o);
			if (turn == TURNS / 2)		/* the rest meets what is on the disk */
				assert_int_equal(store_commit(s), 0);
		}
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(rows_observations(s, 1, read_line, &out), 0);
	same_lines(&in, &out);
	assert_int_equal(translog_check(s, told, NULL), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM field WHERE overlay = 'toy'"), 30);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM node WHERE typeof(address) = 'blob'"
	    " AND length(address) NOT IN (17, 33)"), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM file WHERE length(hash) <> 20"), 0);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM (SELECT 1 FROM node GROUP BY address, port"
	    " HAVING count(*) > 1)"), 0);
	assert_true(integrity_ok(s));
	free_lines(&in);
	free_lines(&out);
	store_close(s);
}

/* Contents without an id, and fields that belong to a sighting alone. */
static void
fields_of_a_sighting_are_its_own(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	static struct lines in, out;
	struct endpoint e[FIELDS_MAX + 8];

	(void)state;
	for (uint8_t turn = 0; turn < TURNS; turn++) {
		struct observation o = toy_record(&toy_sightings, OBS_KEY, turn, e);

		add_line(s, &in, &o);
	}
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(rows_observations(s, 1, read_line, &out), 0);
	same_lines(&in, &out);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM file"), 1);
	free_lines(&in);
	free_lines(&out);
	store_close(s);
}

static int
take_any(const struct observation *o, void *arg)
{
	(void)o;
	(void)arg;
	return 0;
}

static void
an_overlay_that_nobody_knows_is_refused_later(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct endpoint e[FIELDS_MAX + 8];

	(void)state;
	add(s, toy_record(&toy_fields, OBS_CONTACT, 0, e));
	assert_int_equal(sensors_enter(s, "s1", "toy", UNKNOWN), 0);
	store_close(s);
	s = open_store(STORE_READ);
	assert_int_equal(rows_observations(s, 1, take_any, NULL), -1);
	assert_non_null(strstr(store_error(s), "the overlay toy, which this program"));
	store_close(s);
}

/* Two overlays may share a column, but not with two types. */
static void
a_column_has_one_type(void **state)
{
	static const struct field other[] = { TOY_FIELD("k_number", FIELD_TEXT, LEVEL_CONTACT) };
	static const struct overlay_fields fields = { .overlay = "other", .of[OBS_CONTACT] = TOY_TABLE(other) };
	struct store *s = open_store(STORE_CREATE);
	struct endpoint e[FIELDS_MAX + 8];

	(void)state;
	add(s, toy_record(&toy_fields, OBS_CONTACT, 0, e));
	assert_int_equal(store_commit(s), 0);
	refused(s, toy_record(&fields, OBS_CONTACT, 0, e),
	    "column k_number of table contact has another type in another overlay");
	store_close(s);
}

/* The log commits to what an address says, and one node's address is written in one way. */
static void
an_address_in_another_form_is_found(void **state)
{
	static const char *const change[] = {
		"x'01cb007101'", "x'02cb007101'", "x'07' || zeroblob(16)", "x''", "'203.0.113.1'",
		"x'0420010000000000000000000000000000'",
	};
	char update[128];

	(void)state;
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		struct store *s;
		int heard = 0;

		unlink(db_path);
		s = open_store(STORE_CREATE);
		add(s, contact(1, 1, false, OUT_OK));
		add(s, round_line(1, true));
		assert_int_equal(translog_check(s, count_told, &heard), 0);
		snprintf(update, sizeof(update), "UPDATE node SET address = CAST(%s AS BLOB)", change[i]);
		assert_int_equal(sqlite3_exec(s->db, update, NULL, NULL, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_changes(s->db), 1);
		if (translog_check(s, count_told, &heard) == 0)
			fail_msg("not found: %s", change[i]);
		assert_true(heard > 0);
		store_close(s);
	}
}

/* Bytes behind the last node that is read are in no record, and yet in the row. */
static void
what_follows_the_nodes_of_a_query_is_found(void **state)
{
	static const char *const more[] = { "x'00'", "x'01cb0071'", "x'01cb0071014e21'" };
	static struct endpoint via[VIA_MAX];
	char update[128];

	(void)state;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		struct observation o = { .round = 1, .t_ms = 6000, .peer = ep(1) };
		struct store *s;
		int heard = 0;

		for (int k = 0; k < VIA_MAX; k++)
			via[k] = ep(1);
		unlink(db_path);
		s = open_store(STORE_CREATE);
		set_winny_query(&o, (struct winny_query){ .via = via, .nvia = VIA_MAX });
		add(s, o);
		add(s, round_line(1, true));
		assert_int_equal(translog_check(s, count_told, &heard), 0);
		snprintf(update, sizeof(update), "UPDATE query SET via = CAST(via || %s AS BLOB)", more[i]);
		assert_int_equal(sqlite3_exec(s->db, update, NULL, NULL, NULL), SQLITE_OK);
		if (translog_check(s, count_told, &heard) == 0)
			fail_msg("not found: %s", more[i]);
		store_close(s);
	}
}

/* Each network in each place where a record of Winny's names a node; reopened in the midst. */
static void
add_winny(struct store *s, struct lines *l, uint32_t round, int net)
{
	struct endpoint e[6];
	struct observation o = { .round = round, .t_ms = 6000 };

	for (int i = 0; i < 6; i++)
		e[i] = toy_endpoint((net + i) % NET_N, (uint8_t)i);
	set_winny_contact(&o, (struct winny_contact){ e[0], true, OUT_OK, UNKNOWN, 12710, 120, 0 });
	add_line(s, l, &o);
	o.peer = e[1];
	o.to = e[2];
	set_winny_neighbour(&o, (struct winny_neighbour){ .node = e[3], .speed = 120 });
	add_line(s, l, &o);
	set_winny_query(&o, (struct winny_query){ e, 6, text_of("w"), text_of(""), 7 });
	add_line(s, l, &o);
	for (int again = 0; again < 2; again++) {
		set_winny_key(&o, (struct winny_key){ .source = e[4], .name = text_of("n"), .bbs = e[5] });
		add_line(s, l, &o);
	}
}

static void
a_node_of_any_network_stays_the_same_node(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	int64_t nodes = 0, id;
	char buf[ENDPOINT_TEXT];

	(void)state;
	for (uint32_t round = 1; round <= 2; round++) {
		for (int net = 0; net < NET_N; net++) {
			static struct lines in, out;
			uint32_t one = (round - 1) * NET_N + (uint32_t)net + 1;

			add_winny(s, &in, one, net);
			add(s, round_line(one, true));
			assert_int_equal(rows_observations(s, one, read_line, &out), 0);
			same_lines(&in, &out);
			free_lines(&in);
			free_lines(&out);
		}
		assert_int_equal(translog_check(s, told, NULL), 0);
		store_close(s);
		s = open_store(STORE_WRITE);
		if (round == 1)
			nodes = rows_max_node(s);
	}
	assert_int_equal(rows_max_node(s), nodes);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM advert"), NET_N);
	assert_int_equal(ask_db(s, "SELECT count(*) FROM claim"), NET_N);
	assert_int_equal(ask_db(s, "SELECT length(via) FROM query WHERE round = 1"), 7 + 19 + 35 + 35 + 19 + 19);
	for (int net = 0; net < NET_N; net++) {
		struct endpoint e = toy_endpoint(net, 0), back;

		assert_int_equal(rows_node_id(s, e, &id), 0);
		assert_int_equal(rows_node(s, id, &back), 0);
		assert_int_equal(endpoint_compare(e, back), 0);
		assert_int_equal(strncmp(rows_node_text(buf, back, id), "hidden", 6) == 0, 0);
		e.port++;
		assert_int_equal(rows_node_id(s, e, &id), 1);
	}
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_made_up_overlay_is_stored_as_it_was),
		STORE_TEST(fields_of_a_sighting_are_its_own),
		STORE_TEST(an_overlay_that_nobody_knows_is_refused_later),
		STORE_TEST(a_column_has_one_type),
		STORE_TEST(an_address_in_another_form_is_found),
		STORE_TEST(what_follows_the_nodes_of_a_query_is_found),
		STORE_TEST(a_node_of_any_network_stays_the_same_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
