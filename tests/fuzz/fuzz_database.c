/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A database that somebody else changed, opened by the analysis.  A small sound
 * one is made first, analysed and kept; the input is a script of edits to a copy
 * of it: bytes of the file, or values of its tables.
 *
 * Whatever was changed, analysing ends: refused with a complaint in printable
 * lines, or done.  Then the results can be read, each kind one that there is; and if
 * only observations were changed, every probability, share and interval is in its range.
 */
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdint.h>

#include "analysis/analyze.h"
#include "bounds.h"
#include "data/store/results.h"
#include "data/store/store.h"
#include "data/lib/text.h"
#include "tests/fuzz/hush.h"
#include "tests/winny_records.h"

#define ROUNDS		6
#define SOURCES		24
#define EDIT		12	/* bytes: kind, table, column, row, value */
#define EDITS_MAX	16

static char path[64];
static uint8_t *sound;
static size_t size;

/* ---- the sound one ------------------------------------------------------------------ */

static struct endpoint
node(uint32_t n)
{
	return endpoint_ipv4(0x52000000u + n * 65543u, (uint16_t)(7000 + n));
}

static void
add(struct store *s, const struct observation *o)
{
	MUST(store_add(s, o) == 0);
}

static void
add_round(struct store *s, uint32_t round)
{
	int64_t start = 1274400000000 + round * 1800000;
	struct observation o = { .type = OBS_ROUND, .round = round, .t_ms = start };

	o.run = (struct obs_round){ .sensor = text_of("s1"), .overlay = text_of("winny"),
		.start_ms = start, .end_ms = start + 600000, .tried = 10, .reached = 8 };
	for (uint32_t i = 0; i < SOURCES; i++) {
		struct observation k = { .round = round, .t_ms = start + 60000 + i,
			.peer = node(i % 5) };

		set_winny_key(&k, (struct winny_key){ .source = node(i + (i > 16 ? 100 * round : 0)),
			.size = 1000, .name = text_of("file"), .ttl = 1500 - (int)i, .blocks = 3,
			.version = 5 });
		k.key.content.id[0] = (uint8_t)(i % 7);
		add(s, &k);
	}
	for (uint32_t i = 0; i < 5; i++) {
		struct observation c = { .round = round, .t_ms = start + 1000 + i };

		set_winny_contact(&c, (struct winny_contact){ .node = node(i), .outcome = OUT_OK,
			.command = UNKNOWN, .version = 12710, .speed = 120, .port0 = 0 });
		add(s, &c);
	}
	add(s, &o);
}

static void
keep_file(void)
{
	FILE *f = fopen(path, "rb");

	MUST(f != NULL && fseek(f, 0, SEEK_END) == 0);
	size = (size_t)ftell(f);
	rewind(f);
	sound = malloc(size);
	MUST(sound != NULL && fread(sound, 1, size, f) == size);
	fclose(f);
}

static int
analyse(void)
{
	struct store *s = store_open(path, STORE_WRITE);
	struct analysis a;
	int status = -1;

	if (s != NULL) {
		status = analyze(&a, s, INT64_MIN, INT64_MAX, ANALYSIS_MEMORY);
		analysis_free(&a);
	}
	store_close(s);
	return status;
}

static void
forget_file(void)
{
	static const char *const also[] = { "", "-wal", "-shm", "-journal", ".lock" };
	char name[96];

	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, also[i]);
		unlink(name);
	}
}

static void
forget_folder(void)
{
	forget_file();
	*strrchr(path, '/') = '\0';
	rmdir(path);
	free(sound);
}

static void
make_sound(void)
{
	struct store *s;

	/* In memory if there is such a place. */
	snprintf(path, sizeof(path), "%s/kansoku-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	MUST(mkdtemp(path) != NULL);
	strcat(path, "/t.db");
	atexit(forget_folder);
	MUST((s = store_open(path, STORE_CREATE)) != NULL);
	for (uint32_t r = 1; r <= ROUNDS; r++)
		add_round(s, r);
	store_close(s);
	MUST(analyse() == 0);
	keep_file();
}

/* ---- the edits ------------------------------------------------------------------------ */

static const char *const column[] = {
	"round.id", "round.start_ms", "round.end_ms", "round.complete", "round.tried", "round.reached",
	"node.address", "node.port", "file.hash", "advert.source", "advert.file", "delivery.round", "delivery.peer",
	"delivery.t_ms", "delivery.first", "delivery.n", "sighting.advert", "sighting.ttl", "sighting.blocks",
	"neighbour.claim", "contact.node", "contact.outcome", "contact.round", "contact.inbound", "seen.round",
	"seen.node", "seen.bits", "series.instant", "series.flood", "series.end_ms", "verdict.memory",
	"verdict.probability", "verdict.verdict", "verdict.first_round", "verdict.evidence", "incident.kind",
	"incident.first_round", "incident.bogus", "analysis_state.value", "analysis_round.digest",
	"analysis_round.round",
};
#define COLUMNS	(sizeof(column) / sizeof(column[0]))
#define RESULTS_FROM	27	/* the columns from here on are what an analysis concluded */

/* Only observations were changed, and none of the bytes behind them. */
static bool
is_results_own(const uint8_t *script, size_t edits)
{
	for (size_t i = 0; i < edits; i++)
		if (script[i * EDIT + 1] % 4 == 0 || script[i * EDIT + 2] % COLUMNS >= RESULTS_FROM)
			return false;
	return true;
}

static const int64_t extreme[] = {
	0, 1, -1, 2, 255, 65535, 65536, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN,
	1274400000000, -1274400000000, INT64_MAX / 1000, 1000000,
};

/* A whole number, a number with a fraction, bytes of any length, or nothing. */
static void
bind_value(sqlite3_stmt *st, const uint8_t *e)
{
	int64_t v;
	double d;
	uint8_t bytes[64];

	memcpy(&v, e + 4, sizeof(v));
	memcpy(&d, e + 4, sizeof(d));
	memset(bytes, e[5], sizeof(bytes));
	switch (e[0] % 5) {
	case 0: sqlite3_bind_int64(st, 1, extreme[e[4] % (sizeof(extreme) / sizeof(extreme[0]))]); break;
	case 1: sqlite3_bind_int64(st, 1, v); break;
	case 2: sqlite3_bind_double(st, 1, d); break;
	case 3: sqlite3_bind_blob(st, 1, bytes, e[4] % (int)sizeof(bytes), SQLITE_TRANSIENT); break;
	default: sqlite3_bind_null(st, 1);
	}
}

static void
edit_value(sqlite3 *db, const uint8_t *e)
{
	const char *c = column[e[2] % COLUMNS], *dot = strchr(c, '.');
	sqlite3_stmt *st = NULL;
	char sql[160];

	snprintf(sql, sizeof(sql), "UPDATE OR REPLACE %.*s SET %s = ?1 WHERE ?2 = 255 OR "
	    "(%s) = (SELECT %s FROM %.*s LIMIT 1 OFFSET ?2)", (int)(dot - c), c, dot + 1,
	    dot + 1, dot + 1, (int)(dot - c), c);
	MUST(sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK);
	bind_value(st, e);
	sqlite3_bind_int(st, 2, e[3]);
	sqlite3_step(st);	/* refused by the schema: then nothing was changed */
	sqlite3_finalize(st);
}

static void
edit_values(const uint8_t *script, size_t edits)
{
	sqlite3 *db = NULL;

	MUST(sqlite3_open(path, &db) == SQLITE_OK);
	sqlite3_exec(db, "PRAGMA ignore_check_constraints = 1; PRAGMA synchronous = 0; BEGIN", NULL, NULL, NULL);
	for (size_t i = 0; i < edits; i++)
		if (script[i * EDIT + 1] % 4 != 0)
			edit_value(db, script + i * EDIT);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
}

static void
edit_bytes(const uint8_t *script, size_t edits)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	MUST(fd != -1);
	for (size_t i = 0; i < edits; i++) {
		const uint8_t *e = script + i * EDIT;
		uint32_t at;

		memcpy(&at, e + 4, sizeof(at));
		if (e[1] % 4 == 0)
			MUST(pwrite(fd, e + 8, 1 + e[2] % 4, (off_t)(at % size)) > 0);
	}
	close(fd);
}

static void
make_copy(const uint8_t *script, size_t edits)
{
	int fd;

	forget_file();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	MUST(fd != -1 && write(fd, sound, size) == (ssize_t)size);
	close(fd);
	edit_values(script, edits);
	edit_bytes(script, edits);
}

/* ---- what may be in the results ------------------------------------------------------- */

static bool
is_share(double v)
{
	return isnan(v) || (v >= 0 && v <= 1);
}

static int
judge_series(const struct series_row *r, void *own)
{
	if (!*(bool *)own)
		return 0;
	MUST(is_share(r->impossible_share) && is_share(r->new16_share) && is_share(r->top_share));
	MUST(isnan(r->flood) || (r->flood_low <= r->flood && r->flood <= r->flood_high));
	MUST(!isinf(r->instant_clean) && !isinf(r->day_keys_clean) && !isinf(r->day_all_clean));
	return 0;
}

static int
judge_verdict_row(const struct verdict_row *r, void *own)
{
	MUST(r->verdict < VERDICT_N);
	MUST(!*(bool *)own || (r->probability >= 0 && r->probability <= 1));
	return 0;
}

static int
judge_incident(const struct incident_row *r, void *own)
{
	MUST(r->kind < INC_NKIND);
	MUST(!*(bool *)own || (r->bogus_low <= r->bogus && r->bogus <= r->bogus_high));
	return 0;
}

static void
judge_results(bool own)
{
	struct hush h = hush();
	struct store *s = store_open(path, STORE_READ);

	hush_end(h);
	if (s == NULL)
		return;
	results_series(s, INT64_MIN, INT64_MAX, judge_series, &own);
	results_verdicts(s, judge_verdict_row, &own);
	results_incidents(s, judge_incident, &own);
	store_close(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t edits = n / EDIT < EDITS_MAX ? n / EDIT : EDITS_MAX;
	struct hush h;
	int status, lines;

	if (sound == NULL)
		make_sound();
	make_copy(data, edits);
	h = hush();
	status = analyse();
	lines = hush_end(h);
	MUST(status == 0 || status == 3 || lines > 0);
	if (status == 0)
		judge_results(is_results_own(data, edits));
	return 0;
}
