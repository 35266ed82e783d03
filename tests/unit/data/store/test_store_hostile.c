/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A database that somebody else made: numbers that no sensor writes, bytes
 * changed at random.  Whatever is in it, reading ends, in bounds, with rows or
 * an error.  (Run it under sanitizers: that is what it is for.)
 */
#include "tests/unit/data/store/store_fixture.h"

#include "data/format/jsonl.h"

/* ---- everything that reads ---- */

struct reading {
	struct store	*s;
	FILE		*f;
	long		 rows;
};

#define ROWS_MAX	20000	/* a hostile walk may be long; we need not wait for its end */

static int
on_observation(const struct observation *o, void *arg)
{
	struct reading *r = arg;

	jsonl_write(r->f, o);
	return ++r->rows > ROWS_MAX;
}

static int
on_sighting(const struct sighting_row *row, void *arg)
{
	struct reading *r = arg;

	(void)row;
	return ++r->rows > ROWS_MAX;
}

static int
on_seen(const struct seen_row *row, void *arg)
{
	(void)row;
	return ++((struct reading *)arg)->rows > ROWS_MAX;
}

static int
on_contact(const struct contact_row *row, void *arg)
{
	if (row->outcome >= OUT_N)
		abort();
	return ++((struct reading *)arg)->rows > ROWS_MAX;
}

static int
on_neighbour(const struct neighbour_row *row, void *arg)
{
	(void)row;
	return ++((struct reading *)arg)->rows > ROWS_MAX;
}

static int
on_node(int64_t id, struct endpoint e, void *arg)
{
	(void)id, (void)e;
	return ++((struct reading *)arg)->rows > ROWS_MAX;
}

static int
on_round(const struct round_row *row, void *arg)
{
	struct reading *r = arg;
	struct channel_totals t;

	r->rows = 0;
	(void)rows_observations(r->s, row->id, on_observation, r);
	(void)rows_sightings(r->s, row->id, on_sighting, r);
	(void)rows_seen(r->s, row->id, on_seen, r);
	(void)rows_contacts(r->s, row->id, on_contact, r);
	(void)rows_neighbours(r->s, row->id, on_neighbour, r);
	(void)rows_totals(r->s, row->id, &t);
	return 0;
}

static void
read_everything(void *arg)
{
	struct reading r = { store_open(db_path, STORE_READ), fopen("/dev/null", "w"), 0 };
	struct endpoint e;
	struct content_id content;
	long pid;

	*(bool *)arg = r.s != NULL;
	fputs("read\n", stderr);
	if (r.s != NULL) {
		(void)rows_rounds(r.s, 1, 0, on_round, &r);
		(void)rows_nodes(r.s, INT64_MIN, on_node, &r);
		(void)rows_node(r.s, rows_max_node(r.s), &e);
		(void)rows_content(r.s, rows_max_file(r.s), &content);
		(void)store_last_round(r.s);
		(void)store_is_locked(r.s, &pid);
	}
	store_close(r.s);
	fclose(r.f);
}

/* And what writes: the next crawl on it. */
static void
go_on(void *arg)
{
	struct store *s = store_open(db_path, STORE_WRITE);
	struct observation o = key(77, 2000, 1, 2, 3);

	(void)arg;
	fputs("went on\n", stderr);
	if (s != NULL && store_add(s, &o) == 0) {
		o = round_line(77, true);
		(void)store_add(s, &o);
	}
	store_close(s);
}

static void
make_database(void)
{
	struct endpoint via[2] = { ep(4), ep(5) };
	struct observation o, q = { .round = 1, .t_ms = 4000, .peer = ep(1) };
	struct store *s = open_store(STORE_CREATE);

	set_winny_query(&q, (struct winny_query){ .via = via, .nvia = 2, .words = text_of("w"), .id = 7 });
	for (uint32_t i = 0; i < 200; i++) {
		o = key(1, 2000 + i / 30, i % 9, i, i % 70);
		o.key.raw = text_of("raw");
		add(s, o);
		add(s, neighbour(1, i, i + 1));
		add(s, contact(1, i, i % 2, (enum outcome)(i % OUT_N)));
	}
	add(s, q);
	add(s, round_line(1, true));
	store_close(s);
}

/* ---- numbers ---- */

static const char *const columns[][2] = {
	{ "round", "start_ms" }, { "round", "end_ms" }, { "round", "tried" },
	{ "round", "clock_jump_ms" }, { "round", "pruned_ms" }, { "node", "address" }, { "node", "port" },
	{ "file", "size" }, { "advert", "source" }, { "advert", "file" }, { "advert", "version" },
	{ "advert", "ignore" }, { "advert", "mtime" }, { "advert", "bbs" }, { "delivery", "peer" },
	{ "delivery", "t_ms" }, { "delivery", "downstream" }, { "delivery", "first" },
	{ "delivery", "n" }, { "sighting", "advert" }, { "sighting", "ttl" },
	{ "sighting", "blocks" }, { "claim", "node" }, { "claim", "speed" }, { "claim", "bbs" },
	{ "neighbour", "t_ms" }, { "neighbour", "peer" }, { "neighbour", "claim" },
	{ "query", "t_ms" }, { "query", "query_id" }, { "query", "peer" }, { "contact", "t_ms" },
	{ "contact", "node" }, { "contact", "outcome" }, { "contact", "command" },
	{ "contact", "version" }, { "contact", "speed" }, { "contact", "port0" }, { "seen", "bits" },
	{ "node", "id" }, { "file", "id" }, { "advert", "id" }, { "sighting", "id" },
	{ "delivery", "id" }, { "round", "id" }, { "delivery", "receiver" },
	{ "neighbour", "receiver" }, { "query", "receiver" }, { "query", "via" }, { "file", "hash" },
};
static const char *const numbers[] = { "-9223372036854775807 - 1", "9223372036854775807", "-1",
	"0", "4294967296", "32768", "-9223372036854775807",
	/* addresses of no network, too short, too long; a path that ends in the midst of a node */
	"x''", "x'00'", "x'04'", "x'017f0000'", "zeroblob(40)", "x'017f0000011e6104'" };

static void
any_number_in_any_column_is_survived(void **state)
{
	bool opened = false;
	char update[160];

	(void)state;
	for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++) {
		unlink(db_path);
		make_database();
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
			sqlite3 *db;

			snprintf(update, sizeof(update), "UPDATE OR IGNORE %s SET %s = %s"
			    " WHERE rowid %% 7 = 0 OR (SELECT count(*) FROM %s) < 9",
			    columns[c][0], columns[c][1], numbers[n], columns[c][0]);
			if (strcmp(columns[c][0], "seen") == 0)
				snprintf(update, sizeof(update), "UPDATE seen SET bits = %s", numbers[n]);
			assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
			if (sqlite3_exec(db, update, NULL, NULL, NULL) != SQLITE_OK)
				assert_true(sqlite3_errcode(db) == SQLITE_CONSTRAINT ||
				    sqlite3_errcode(db) == SQLITE_MISMATCH);
			sqlite3_close(db);
			(void)complaint_of(read_everything, &opened);
			assert_true(opened);
		}
		(void)complaint_of(go_on, NULL);
	}
}

/* ---- bytes ---- */

static uint32_t
next(uint32_t *x)
{
	return *x = *x * 1664525u + 1013904223u;
}

static void
any_byte_changed_is_survived(void **state)
{
	static uint8_t good[1 << 20], bad[1 << 20];
	uint32_t x = 1;
	bool opened;
	FILE *f;
	size_t n;

	(void)state;
	make_database();
	f = fopen(db_path, "rb");
	n = fread(good, 1, sizeof(good), f);
	fclose(f);
	for (int trial = 0; trial < 300; trial++) {
		memcpy(bad, good, n);
		for (int i = trial % 20; i >= 0; i--)
			bad[100 + (next(&x) >> 8) % (n - 100)] = (uint8_t)(next(&x) >> 24);
		f = fopen(db_path, "wb");
		fwrite(bad, 1, n, f);
		fclose(f);
		(void)complaint_of(read_everything, &opened);
		(void)complaint_of(go_on, NULL);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(any_number_in_any_column_is_survived),
		STORE_TEST(any_byte_changed_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
