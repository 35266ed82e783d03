/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store against what SQLite, gzip and jansson do with the same data in the
 * same run, a slice of the one after a slice of the other, so that a busy
 * machine is busy for both.
 *
 * The population is that of a round: 20,000 sources with ten files each, in
 * answers of 30 keys from 5,000 peers.  "Repeated" keys were seen in the round
 * before; "flood" keys name a source that nobody named before.
 */
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "data/format/jsonl.h"
#include "data/store/rows.h"
#include "data/store/store.h"
#include "data/lib/text.h"
#include "tests/winny_records.h"

#define ADVERTS		200000u
#define ANSWER		30u
#define SLICE		262144u		/* keys: a batch of the store */

static char folder[] = "/tmp/kansoku-bench-XXXXXX";
static uint32_t keys = 3000000;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
figure(const char *name, double v, const char *unit, const char *limit, double l,
    const char *target)
{
	printf("%s %.6g %s %s %.6g %s %.4f %s\n", name, v, unit, limit, l, unit, v / l, target);
	fflush(stdout);
}

static void
die(const char *what)
{
	fprintf(stderr, "bench_store: %s\n", what);
	exit(1);
}

static char *
path(const char *name)
{
	static char buf[128];

	snprintf(buf, sizeof(buf), "%s/%s", folder, name);
	return buf;
}

static double
size_of(const char *name)
{
	struct stat st;

	return stat(path(name), &st) == 0 ? (double)st.st_size : 0;
}

/* ---- keys ---- */

static uint32_t
mix(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

/* Advert a as the i-th key of a round. */
static void
make_key(struct observation *o, uint32_t round, uint32_t i, uint32_t a, uint32_t source)
{
	static char name[64];
	int n = snprintf(name, sizeof(name), "[tag] a file of the usual length %06u.avi", a);

	*o = (struct observation){ .round = round,
		.t_ms = INT64_C(1274410800000) + round * 1800000 + i / ANSWER,
		.peer = endpoint_ipv4(0x0a000000u + mix(i / ANSWER) % 5000, 7743) };
	set_winny_key(o, (struct winny_key){ .source = endpoint_ipv4(source, 20000), .size = a * 1000,
		.name = { (const uint8_t *)name, (size_t)n }, .ttl = mix(i) % 1500,
		.blocks = mix(i) >> 20, .mtime = 1274400000 + a, .ignore = 0, .version = 5,
		.downstream = 1 });
	for (int k = 0; k < 4; k++)
		memcpy(o->key.content.id + 4 * k, &(uint32_t){ mix(a * 4 + (uint32_t)k) }, 4);
}

static void
make_known(struct observation *o, uint32_t round, uint32_t i)
{
	uint32_t a = round == 1 ? i % ADVERTS : mix(i * 7 + round) % ADVERTS;

	make_key(o, round, i, a, 0x3d000000u + mix(a / 10));
}

static void
round_line(struct store *s, uint32_t round, bool over)
{
	struct observation o = { .type = OBS_ROUND, .round = round };

	o.run = (struct obs_round){ .sensor = text_of("s1"), .overlay = text_of("winny"),
		.start_ms = 1000, .end_ms = over ? 2000 : UNKNOWN, .tried = 1, .reached = 1 };
	if (store_add(s, &o) != 0)
		die(store_error(s));
}

/* ---- sightings ---- */

/* Seconds to add keys from..to of a round, from the record in hand to the row on disk. */
static double
add_keys(struct store *s, uint32_t round, uint32_t from, uint32_t to, bool flood)
{
	static struct observation o[4096];
	static char names[4096][64];
	double spent = 0, t;

	for (uint32_t i = from; i < to; i += 4096) {
		uint32_t m = to - i < 4096 ? to - i : 4096;

		for (uint32_t k = 0; k < m; k++) {	/* the making is not what is measured */
			if (flood)
				make_key(&o[k], round, i + k, mix(i + k) % ADVERTS, mix(i + k + 1));
			else
				make_known(&o[k], round, i + k);
			struct text *name = &o[k].value[WINNY_KEY_NAME].text;

			memcpy(names[k], name->p, name->len);
			name->p = (const uint8_t *)names[k];
		}
		t = now();
		for (uint32_t k = 0; k < m; k++) {
			if (store_add(s, &o[k]) != 0)
				die(store_error(s));
		}
		spent += now() - t;
	}
	t = now();
	if (store_commit(s) != 0)
		die(store_error(s));
	return spent + now() - t;
}

/* Seconds to complete a round whose keys are there. */
static double
complete(struct store *s, uint32_t round)
{
	double t = now();

	round_line(s, round, true);
	return now() - t;
}

/* ---- what SQLite alone makes of such rows ---- */

struct bare {
	sqlite3		*db;
	sqlite3_stmt	*add;
};

static void
bare_open(struct bare *b)
{
	if (sqlite3_open(path("bare.db"), &b->db) != SQLITE_OK ||
	    sqlite3_exec(b->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
	    "CREATE TABLE s (id INTEGER PRIMARY KEY, advert INTEGER NOT NULL, ttl INTEGER,"
	    " blocks INTEGER) STRICT", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(b->db, "INSERT INTO s VALUES (?1, ?2, ?3, ?4)", -1, &b->add, NULL))
		die("bare append");
}

/* Seconds to append rows of the same widths to one table, nothing else. */
static double
bare_append(struct bare *b, uint32_t from, uint32_t to)
{
	double t = now();

	sqlite3_exec(b->db, "BEGIN", NULL, NULL, NULL);
	for (uint32_t i = from; i < to; i++) {
		sqlite3_bind_int64(b->add, 1, i + 1);
		sqlite3_bind_int64(b->add, 2, mix(i) % ADVERTS + 1);
		sqlite3_bind_int64(b->add, 3, mix(i) % 1500);
		sqlite3_bind_int64(b->add, 4, mix(i) >> 20);
		if (sqlite3_step(b->add) != SQLITE_DONE)
			die("bare append");
		sqlite3_reset(b->add);
	}
	sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL);
	return now() - t;
}

static void
bare_close(struct bare *b)
{
	sqlite3_finalize(b->add);
	sqlite3_close(b->db);
}

/* Seconds that the sqlite3 shell takes to import such rows from CSV. */
static double
shell_import(uint32_t from, uint32_t to)
{
	char command[512];
	FILE *f = fopen(path("rows.csv"), "w");
	double t;

	for (uint32_t i = from; f != NULL && i < to; i++)
		fprintf(f, "%u,%u,%u,%u\n", i + 1, mix(i) % ADVERTS + 1, mix(i) % 1500, mix(i) >> 20);
	if (f == NULL || fclose(f) != 0)
		die("rows.csv");
	snprintf(command, sizeof(command), "sqlite3 '%s/import.db' 'PRAGMA journal_mode = WAL'"
	    " 'PRAGMA synchronous = NORMAL' 'CREATE TABLE IF NOT EXISTS s (id INTEGER PRIMARY KEY,"
	    " advert INTEGER NOT NULL, ttl INTEGER, blocks INTEGER) STRICT'"
	    " '.import --csv %s/rows.csv s' >/dev/null", folder, folder);
	t = now();
	if (system(command) != 0)
		die("sqlite3 .import");
	return now() - t;
}

/* Bytes a row that gzip -6 makes of the same keys as CSV. */
static double
gzip_csv(uint32_t round)
{
	char command[256], peer[ENDPOINT_TEXT], source[ENDPOINT_TEXT];
	struct observation o;
	FILE *f;

	snprintf(command, sizeof(command), "gzip -6 >'%s'", path("rows.csv.gz"));
	if ((f = popen(command, "w")) == NULL)
		die("gzip");
	for (uint32_t i = 0; i < keys; i++) {
		make_known(&o, round, i);
		fprintf(f, "%u,%lld,%s,%s,", round, (long long)o.t_ms, endpoint_format(peer, o.peer),
		    endpoint_format(source, o.key.source));
		text_hex(f, o.key.content.id, 16);
		fprintf(f, ",%d,%lld\n", (int)winny_key_of(&o).ttl, (long long)winny_key_of(&o).blocks);
	}
	if (pclose(f) != 0)
		die("gzip");
	return size_of("rows.csv.gz") / keys;
}

static int
count_sighting(const struct sighting_row *r, void *arg)
{
	*(int64_t *)arg += r->advert > 0;
	return 0;
}

/* Round 2, slice by slice, each side in its turn; seconds of each in t. */
static void
race(struct store *s, double t[3])
{
	struct bare bare;

	bare_open(&bare);
	round_line(s, 2, false);	/* small tables are read whole, once, before this returns */
	for (uint32_t at = 0; at < keys; at += SLICE) {
		uint32_t to = keys - at < SLICE ? keys : at + SLICE;

		t[0] += add_keys(s, 2, at, to, false);
		t[1] += bare_append(&bare, at, to);
		t[2] += shell_import(at, to);
	}
	t[0] += complete(s, 2);
	bare_close(&bare);
}

static void
bench_sightings(void)
{
	struct store *s = store_open(path("s.db"), STORE_CREATE);
	double t[3] = { 0 }, bare, from, before;
	int64_t n = 0;

	if (s == NULL)
		die("no store");
	round_line(s, 1, false);
	add_keys(s, 1, 0, ADVERTS, false);
	complete(s, 1);
	store_close(s);
	before = size_of("s.db");
	s = store_open(path("s.db"), STORE_WRITE);
	race(s, t);
	store_close(s);
	bare = keys / t[1];
	figure("store-repeated", keys / t[0], "keys/s", "bare-append", bare, "ratio>=0.4,value>=400000");
	figure("store-repeated-shell", keys / t[0], "keys/s", "sqlite3-.import", keys / t[2], "");
	figure("store-bytes", (size_of("s.db") - before) / keys, "bytes/key", "gzip-6-of-csv",
	    gzip_csv(2), "ratio<1,value<24");

	s = store_open(path("s.db"), STORE_WRITE);
	from = now();
	if (rows_sightings(s, 2, count_sighting, &n) != 0 || n != keys)
		die("rows_sightings");
	figure("rows-sightings", keys / (now() - from), "keys/s", "bare-append", bare, "");
	round_line(s, 3, false);
	t[0] = add_keys(s, 3, 0, keys / 4, true) + complete(s, 3);
	figure("store-flood", keys / 4 / t[0], "keys/s", "bare-append", bare, "");
	store_close(s);
}

/* ---- JSON lines ---- */

static double
write_lines(const char *name)
{
	FILE *f = fopen(path(name), "w");
	struct observation o;
	double spent = 0, t;

	for (uint32_t i = 0; i < keys / 3; i++) {
		make_known(&o, 1, i);
		t = now();
		jsonl_write(f, &o);
		spent += now() - t;
	}
	fclose(f);
	return spent;
}

/* Seconds to read every line, with our reader or with jansson. */
static double
read_lines(const char *name, bool with_jansson)
{
	static struct jsonl reader;
	FILE *f = fopen(path(name), "r");
	struct observation o;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	double spent = 0, t;

	while ((n = getline(&line, &room, f)) > 0) {
		t = now();
		if (with_jansson)
			json_decref(json_loadb(line, (size_t)n - 1, JSON_REJECT_DUPLICATES, NULL));
		else if (jsonl_read(&reader, &o, line, (size_t)n - 1) != 0)
			die(reader.why);
		spent += now() - t;
	}
	fclose(f);
	free(line);
	return spent;
}

static void
bench_lines(void)
{
	double n = keys / 3, wrote = n / write_lines("l.jsonl"), t;
	size_t size = (size_t)size_of("l.jsonl");
	char *buf = malloc(size), command[512];
	FILE *f = fopen(path("l.jsonl"), "r"), *to;

	if (buf == NULL || f == NULL || fread(buf, 1, size, f) != size)
		die("l.jsonl");
	fclose(f);
	to = fopen(path("copy"), "w");
	t = now();
	fwrite(buf, 1, size, to);
	fclose(to);
	figure("jsonl-write", wrote, "lines/s", "same-bytes-fwrite", n / (now() - t), "");
	free(buf);
	figure("jsonl-read", n / read_lines("l.jsonl", false), "lines/s", "jansson-parse",
	    n / read_lines("l.jsonl", true), "");
	snprintf(command, sizeof(command), "%s/kansoku import -q --db %s/i.db %s/l.jsonl",
	    getenv("BUILD") != NULL ? getenv("BUILD") : "build", folder, folder);
	t = now();
	if (system(command) != 0)
		die("import");
	figure("import", n / (now() - t), "lines/s", "goal", 200000, "");
}

int
main(void)
{
	const char *mode = getenv("BENCH");
	char command[96];

	if (mode != NULL && strcmp(mode, "quick") == 0)
		keys = 900000;
	if (mkdtemp(folder) == NULL)
		die("no folder in /tmp");
	bench_sightings();
	bench_lines();
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}
