/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes out: walks in order, nested, one round at a time. */
#include "tests/unit/data/store/store_fixture.h"

#include "data/store/record_fields.h"

/* ---- what a walk saw ---- */

struct trace {
	struct store	*s;
	char		 text[512];
};

static void __attribute__((format(printf, 2, 3)))
note(struct trace *t, const char *fmt, ...)
{
	size_t n = strlen(t->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->text + n, sizeof(t->text) - n, fmt, ap);
	va_end(ap);
}

static int
note_round(const struct round_row *r, void *arg)
{
	note(arg, "%u:%d:%lld ", r->id, r->complete, (long long)r->start_ms);
	return 0;
}

static int
note_sighting(const struct sighting_row *r, void *arg)
{
	note(arg, "%lld.%u/%lld ", (long long)r->delivery, r->seq, (long long)r->id);
	assert_int_equal(r->lifetime_s, 1400);
	return 0;
}

static int
note_node(int64_t id, struct endpoint e, void *arg)
{
	note(arg, "%lld=%u ", (long long)id, e.ip - 0xcb007100u);
	return 0;
}

static int
note_contact(const struct contact_row *r, void *arg)
{
	note(arg, "%lld:%d:%s:%d ", (long long)r->node, r->inbound, outcome_name[r->outcome],
	    r->undialable);
	return 0;
}

static int
note_neighbour(const struct neighbour_row *r, void *arg)
{
	note(arg, "%lld>%lld ", (long long)r->peer, (long long)r->node);
	return 0;
}

/* What the overlay itself says of a record comes with everything of the round. */
static int
note_fields(const struct observation *o, void *arg)
{
	if (o->type == OBS_KEY)
		note(arg, "%d,%d,%d ", (int)winny_key_of(o).ttl, (int)winny_key_of(o).version,
		    (int)winny_key_of(o).downstream);
	else if (o->type == OBS_CONTACT)
		note(arg, "%d,%d ", (int)winny_contact_of(o).command, (int)winny_contact_of(o).port0);
	else if (o->type == OBS_NEIGHBOUR)
		note(arg, "%d ", (int)winny_neighbour_of(o).speed);
	return 0;
}

static int
stop_at_once(const struct sighting_row *r, void *arg)
{
	(void)r;
	++*(int *)arg;
	return 42;
}

/* ---- facts ---- */

static void
rounds_come_in_order(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct trace t = { s, "" };

	(void)state;
	add(s, key(9, 2000, 1, 2, 3));
	add(s, round_line(2, true));
	add(s, round_line(5, false));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(rows_rounds(s, 1, 0, note_round, &t), 0);
	assert_string_equal(t.text, "2:1:1000 5:0:1000 9:0:-1 ");
	t.text[0] = '\0';
	assert_int_equal(rows_rounds(s, 3, 8, note_round, &t), 0);
	assert_string_equal(t.text, "5:0:1000 ");
	store_close(s);
}

static void
sightings_come_in_order_of_delivery(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct trace t = { s, "" };
	int calls = 0;

	(void)state;
	add(s, key(1, 2000, 1, 2, 3));
	add(s, key(1, 2000, 1, 4, 5));
	add(s, key(2, 2000, 1, 4, 5));
	add(s, key(1, 2001, 6, 2, 3));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(rows_sightings(s, 1, note_sighting, &t), 0);
	assert_string_equal(t.text, "1.0/1 1.1/2 3.0/4 ");
	t.text[0] = '\0';
	assert_int_equal(rows_observations(s, 1, note_fields, &t), 0);
	assert_string_equal(t.text, "1400,5,1 1400,5,1 1400,5,1 ");
	assert_int_equal(rows_sightings(s, 1, stop_at_once, &calls), 42);
	assert_int_equal(calls, 1);
	assert_int_equal(rows_sightings(s, 77, stop_at_once, &calls), 0);
	assert_int_equal(calls, 1);
	store_close(s);
}

static void
other_channels_come_as_they_were_added(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct trace t = { s, "" };
	struct observation o = contact(1, 3, false, OUT_DROPPED);
	struct channel_totals totals;

	(void)state;
	o.value[WINNY_CONTACT_COMMAND].number = 31;
	o.value[WINNY_CONTACT_PORT0].number = 1;
	add(s, contact(1, 2, true, OUT_OK));
	add(s, o);
	add(s, neighbour(1, 2, 5));
	add(s, neighbour(1, 2, 6));
	add(s, key(1, 2000, 2, 5, 1));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(rows_contacts(s, 1, note_contact, &t), 0);
	assert_int_equal(rows_neighbours(s, 1, note_neighbour, &t), 0);
	assert_string_equal(t.text, "1:1:ok:0 2:0:dropped:1 1>3 1>4 ");
	t.text[0] = '\0';
	assert_int_equal(rows_observations(s, 1, note_fields, &t), 0);
	assert_string_equal(t.text, "-1,0 31,1 120 120 1400,5,1 ");
	assert_int_equal(rows_totals(s, 1, &totals), 0);
	assert_int_equal(totals.keys, 1);
	assert_int_equal(totals.neighbours, 2);
	assert_int_equal(totals.queries, 0);
	assert_int_equal(totals.contacts, 2);
	assert_int_equal(rows_totals(s, 2, &totals), 0);
	assert_int_equal(totals.keys, 0);
	store_close(s);
}

static void
nodes_and_files_are_found_both_ways(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct trace t = { s, "" };
	struct endpoint e;
	struct content_id content;
	int64_t id = 0;

	(void)state;
	assert_int_equal(rows_max_node(s), 0);
	add(s, key(1, 2000, 1, 2, 3));
	add(s, key(1, 2000, 1, 9, 0x44332211));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(rows_max_node(s), 3);
	assert_int_equal(rows_max_file(s), 2);
	assert_int_equal(rows_nodes(s, 2, note_node, &t), 0);
	assert_string_equal(t.text, "2=2 3=9 ");
	assert_int_equal(rows_node_id(s, ep(9), &id), 0);
	assert_int_equal(id, 3);
	assert_int_equal(rows_node(s, 3, &e), 0);
	assert_int_equal(endpoint_compare(e, ep(9)), 0);
	assert_int_equal(rows_node(s, 4, &e), 1);
	assert_int_equal(rows_node_id(s, ep(8), &id), 1);
	assert_int_equal(rows_content(s, 2, &content), 0);
	assert_int_equal(content.len, 16);
	assert_memory_equal(content.id, "\x11\x22\x33\x44\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(rows_content(s, 3, &content), 1);
	store_close(s);
}

static int
walk_inside(const struct sighting_row *r, void *arg)
{
	struct trace *t = arg;
	int calls = 0;

	assert_int_equal(rows_sightings(t->s, r->round, stop_at_once, &calls), 42);
	note(t, "%u:%d ", r->seq, calls);
	return 0;
}

static void
walks_may_nest(void **state)
{
	struct store *s = open_store(STORE_CREATE);
	struct trace t = { s, "" };

	(void)state;
	add(s, key(1, 2000, 1, 2, 3));
	add(s, key(1, 2000, 1, 4, 5));
	assert_int_equal(store_commit(s), 0);
	assert_int_equal(rows_sightings(s, 1, walk_inside, &t), 0);
	assert_string_equal(t.text, "0:1 1:1 ");
	store_close(s);
}

static void
a_snapshot_stands_still(void **state)
{
	struct store *s = open_store(STORE_CREATE), *reader;

	(void)state;
	add(s, round_line(1, true));
	reader = open_store(STORE_READ);
	assert_int_equal(rows_snapshot(reader), 0);
	assert_int_equal(store_last_round(reader), 1);
	add(s, round_line(2, true));
	assert_int_equal(store_last_round(reader), 1);
	rows_snapshot_end(reader);
	assert_int_equal(store_last_round(reader), 2);
	store_close(reader);
	store_close(s);
}

/* No walk over one round looks at the rows of another, or sorts. */
static void
walks_use_their_index(void **state)
{
	static const enum query walks[] = { Q_SIGHTINGS, Q_SEEN, Q_CONTACTS, Q_NEIGHBOURS,
		Q_ALL_CONTACTS, Q_ALL_NEIGHBOURS, Q_ALL_QUERIES, Q_ALL_KEYS, Q_HEARD_KEY,
		Q_HEARD_NEIGHBOUR, Q_HEARD_CONTACT, Q_HEARD_QUERY, Q_TOTALS, Q_NODE_FIND,
		Q_FILE_FIND, Q_ADVERT_FIND, Q_CLAIM_FIND };
	struct store *s = open_store(STORE_CREATE);

	(void)state;
	add(s, key(1, 2000, 1, 2, 3));		/* and the columns of its overlay */
	assert_int_equal(store_commit(s), 0);
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		char explain[2048], *expanded = fields_expand(s, sql[walks[i]]);
		sqlite3_stmt *st = NULL;

		assert_non_null(expanded);
		snprintf(explain, sizeof(explain), "EXPLAIN QUERY PLAN %s", expanded);
		free(expanded);
		assert_int_equal(sqlite3_prepare_v2(s->db, explain, -1, &st, NULL), SQLITE_OK);
		while (sqlite3_step(st) == SQLITE_ROW) {
			const char *plan = (const char *)sqlite3_column_text(st, 3);

			if ((strncmp(plan, "SCAN", 4) == 0 && strcmp(plan, "SCAN CONSTANT ROW") != 0) ||
			    strstr(plan, "TEMP B-TREE") != NULL)
				fail_msg("%s\n  %s", sql[walks[i]], plan);
		}
		sqlite3_finalize(st);
	}
	store_close(s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(rounds_come_in_order),
		STORE_TEST(sightings_come_in_order_of_delivery),
		STORE_TEST(other_channels_come_as_they_were_added),
		STORE_TEST(nodes_and_files_are_found_both_ways),
		STORE_TEST(walks_may_nest),
		STORE_TEST(a_snapshot_stands_still),
		STORE_TEST(walks_use_their_index),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
