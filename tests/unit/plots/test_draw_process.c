/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows counted from a database, pictures drawn by processes that may die. */
#include "tests/unit/plots/fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/store/rows.h"
#include "plots/gallery_build.h"
#include "plots/draw_process.h"
#include "plots/row_counts.h"
#include "tests/winny_records.h"

static char folder[64], db[96], out[96];

static int
make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/kansoku-plots-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(db, sizeof(db), "%s/t.db", folder);
	snprintf(out, sizeof(out), "%s/out", folder);
	return mkdir(out, 0755);
}

static int
remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void
put_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", out, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static char *
file_text(const char *name)
{
	static char buf[1 << 20];
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", out, name);
	if ((f = fopen(path, "r")) == NULL)
		return NULL;
	buf[fread(buf, 1, sizeof(buf) - 1, f)] = '\0';
	fclose(f);
	return buf;
}

static size_t
files_ending(const char *end)
{
	DIR *d = opendir(out);
	struct dirent *e;
	size_t n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += strlen(e->d_name) >= strlen(end) &&
		    strcmp(e->d_name + strlen(e->d_name) - strlen(end), end) == 0;
	closedir(d);
	return n;
}

/* The test's stderr is not the place for what is meant to go wrong. */
static int
hush(void)
{
	int saved = dup(2), null = open("/dev/null", O_WRONLY);

	dup2(null, 2);
	close(null);
	return saved;
}

static void
unhush(int saved)
{
	dup2(saved, 2);
	close(saved);
}

/* ---- a database of ten rounds: 20 genuine nodes, in the last five 10 random ones -------- */

enum { ROUNDS = 10, GENUINE = 20, BOGUS = 10 };

static struct endpoint
genuine(unsigned i)
{
	return endpoint_ipv4(0x3a000001u + (i << 8), (uint16_t)(2000 + i));	/* 58/8 */
}

static struct endpoint
bogus(unsigned i)
{
	return endpoint_ipv4((i * 25) << 24 | 7, 99);
}

static void
add_key(struct store *s, uint32_t round, struct endpoint source, int32_t ttl)
{
	static const char name[] = "</svg><script>alert(1)</script>";
	struct observation o = { .round = round, .peer = genuine(1) };
	struct winny_key k = { .source = source, .size = 1, .ttl = ttl, .blocks = 1, .mtime = 1,
		.version = 5, .name = { (const uint8_t *)name, sizeof(name) - 1 } };

	o.t_ms = FIRST_MS + (int64_t)(round - 1) * ROUND_MS + 5;
	memcpy(k.hash, &source.ip, sizeof(source.ip));
	memcpy(k.hash + sizeof(source.ip), &source.port, sizeof(source.port));
	set_winny_key(&o, k);
	assert_int_equal(store_add(s, &o), 0);
}

static void
add_rounds(struct store *s)
{
	for (uint32_t r = 1; r <= ROUNDS; r++) {
		struct observation o = { .type = OBS_ROUND, .round = r };

		o.t_ms = o.run.start_ms = FIRST_MS + (int64_t)(r - 1) * ROUND_MS;
		o.run.end_ms = o.t_ms + ROUND_MS * 9 / 10;
		o.run.sensor = (struct text){ (const uint8_t *)"s1", 2 };
		o.run.overlay = (struct text){ (const uint8_t *)"winny", 5 };
		for (unsigned i = 0; i < GENUINE; i++)
			add_key(s, r, genuine(i), 700);
		for (unsigned i = 0; i < BOGUS && r > ROUNDS / 2; i++)
			add_key(s, r, bogus(i), 1550);
		assert_int_equal(store_add(s, &o), 0);
	}
	assert_int_equal(store_commit(s), 0);
}

static void
add_verdicts(struct store *s)
{
	for (int64_t id = 1; id <= rows_max_node(s); id++) {
		struct verdict_row v = { .node = id, .first_round = 1, .last_round = ROUNDS,
		    .keys = 5,
			.rounds = 1, .relays = 1, .contact = UNKNOWN };

		assert_int_equal(rows_node(s, id, &v.endpoint), 0);
		v.verdict = v.endpoint.ip >> 24 == 58 ? VERDICT_GENUINE : VERDICT_BOGUS;
		assert_int_equal(results_put_verdict(s, &v, (struct text){ NULL, 0 }), 0);
	}
}

static void
add_results(struct store *s)
{
	struct incident_row i = { .id = 1, .kind = INC_RANDOM_SOURCES, .first_round = 6,
	    .last_round = 10,
		.peak_round = 7, .start_ms = FIRST_MS + 5 * ROUND_MS, .end_ms = UNKNOWN,
		    .rounds = 5,
		.peak_ms = FIRST_MS + 6 * ROUND_MS, .severity = 2, .bogus = 10, .bogus_low = 8,
		.bogus_high = 12, .roving = UNKNOWN, .summary = "A <flood>." };
	struct test_row t = { 1, "impossible", "address", 9, 5 };
	struct delivering_row d = { .incident = 1, .endpoint = genuine(1), .rank = 1,
	    .share = 0.3,
		.ratio = 12.3, .keys = 50, .rounds = 5, .label = "delivered by" };

	assert_int_equal(results_begin(s), 0);
	for (uint32_t r = 0; r < ROUNDS; r++) {
		struct series_row row = round_of(r, 20, r >= 5 ? 10 : 0);

		assert_int_equal(results_put_series(s, &row), 0);
	}
	add_verdicts(s);
	assert_int_equal(rows_node_id(s, genuine(1), &d.peer), 0);
	assert_int_equal(results_put_incident(s, &i), 0);
	assert_int_equal(results_put_test(s, &t), 0);
	assert_int_equal(results_put_delivering(s, &d), 0);
	assert_int_equal(results_commit(s), 0);
}

static void
make_database(void)
{
	struct store *s = store_open(db, STORE_CREATE);

	assert_non_null(s);
	add_rounds(s);
	add_results(s);
	store_close(s);
}

static struct source
source_of_database(void)
{
	struct store *store = store_open(db, STORE_READ);
	struct source s;

	assert_non_null(store);
	assert_int_equal(source_load(&s, store, UNKNOWN), 0);
	store_close(store);
	return s;
}

/* ---- the present put back ----------------------------------------------------------------- */

static void
what_came_later_is_forgotten_or_said(void **state)
{
	struct store *store;
	struct source s;
	int64_t then = FIRST_MS + 8 * ROUND_MS;

	(void)state;
	make_database();
	store = store_open(db, STORE_READ);
	assert_non_null(store);
	assert_int_equal(source_load(&s, store, then), 0);
	assert_int_equal(s.n, 8);
	assert_true(source_in_hindsight(&s) && s.judged_ms > then);
	assert_int_equal(s.nincidents,
	    1);		/* open then, and its size not yet known */
	assert_true(s.incident[0].end_ms == UNKNOWN && isnan(s.incident[0].bogus));
	source_free(&s);
	assert_int_equal(source_load(&s, store, then + DAY_MS), 0);
	assert_false(source_in_hindsight(&s));
	assert_true(s.incident[0].bogus == 10);
	source_free(&s);
	store_close(store);
}

/* ---- counting rows -------------------------------------------------------------------- */

static void
sources_are_counted_once_by_first_octet(void **state)
{
	const uint32_t id[] = { 8, 9, 10 };
	struct rounds r = { id, 3, 0, 0, 0 };
	double cell[256], sum = 0;

	(void)state;
	make_database();
	assert_int_equal(row_counts_octets(db, &r, cell), 0);
	for (size_t i = 0; i < 256; i++)
		sum += cell[i];
	assert_true(sum == GENUINE + BOGUS && cell[58] == GENUINE && cell[25] == 1 &&
	    cell[225] == 1);
	r.n = 0;
	assert_int_equal(row_counts_octets(db, &r, cell), 0);
	assert_true(cell[58] == 0);
}

static void
lifetimes_are_counted_by_verdict(void **state)
{
	const uint32_t id[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	struct rounds r = { id, 10, 0, 0, 0 };
	struct ttl_tally t;
	struct source s;

	(void)state;
	make_database();
	s = source_of_database();
	assert_int_equal(row_counts_ttl(db, &s, &r, &t), 0);
	assert_int_equal(t.used, 10);
	assert_true(t.total[VERDICT_GENUINE] == ROUNDS * GENUINE &&
	    t.total[VERDICT_BOGUS] == 5 * BOGUS);
	assert_true(t.bin[VERDICT_GENUINE][7] == ROUNDS * GENUINE);
	assert_true(t.bin[VERDICT_BOGUS][15] == 5 * BOGUS);
	source_free(&s);
}

static void
files_of_a_source_fall_into_doubling_bins(void **state)
{
	const uint32_t id[] = { 10 };
	struct rounds r = { id, 1, 0, 0, 0 };
	double bin[VERDICT_N][TALLY_KEY_BINS];
	struct source s;

	(void)state;
	make_database();
	s = source_of_database();
	assert_int_equal(row_counts_keys(db, &s, &r, bin), 0);
	assert_true(bin[VERDICT_GENUINE][2] == GENUINE &&
	    bin[VERDICT_BOGUS][2] == BOGUS);	/* 4-7 */
	source_free(&s);
}

static void
a_database_that_is_gone_is_an_error(void **state)
{
	const uint32_t id[] = { 1 };
	struct rounds r = { id, 1, 0, 0, 0 };
	struct source s = { .until_ms = UNKNOWN };
	double cell[256], bin[VERDICT_N][TALLY_KEY_BINS];
	int saved = hush();

	(void)state;
	assert_int_equal(row_counts_octets(db, &r, cell), -1);
	assert_int_equal(row_counts_keys(db, &s, &r, bin), -1);
	unhush(saved);
}

/* ---- processes that die ------------------------------------------------------------------ */

static int
make_good(const struct request *q, struct figure *fig)
{
	return chart_nodes(q, fig);
}

static int
make_abort(const struct request *q, struct figure *fig)
{
	const struct rlimit none = { 0, 0 };

	(void)q;
	(void)fig;
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGABRT, SIG_DFL);
	abort();
}

static int
make_exit(const struct request *q, struct figure *fig)
{
	(void)q;
	(void)fig;
	_exit(1);		/* as libplot does when it is out of memory */
}

static int
make_error(const struct request *q, struct figure *fig)
{
	(void)q;
	(void)fig;
	return -1;
}

static int
make_nothing(const struct request *q, struct figure *fig)
{
	(void)q;
	(void)fig;
	return 1;
}

static void
one_that_dies_leaves_the_others_and_yesterday_s(void **state)
{
	static const struct chart kinds[] = {
		{ "good", "Good", SCOPE_WINDOW, make_good, "" },
		{ "abort", "Abort", SCOPE_WINDOW, make_abort, "" },
		{ "exit", "Exit", SCOPE_WINDOW, make_exit, "" },
		{ "error", "Error", SCOPE_WINDOW, make_error, "" },
		{ "nothing", "Nothing", SCOPE_WINDOW, make_nothing, "" },
		{ "better", "Better", SCOPE_WINDOW, make_good, "" },
	};
	static const enum picture_state want[] = { PICTURE_DRAWN, PICTURE_OLD, PICTURE_FAILED,
		PICTURE_FAILED, PICTURE_NONE, PICTURE_DRAWN };
	struct picture p[6] = { 0 };
	struct source s;
	int saved;

	(void)state;
	fill_source(&s, 50);
	for (size_t i = 0; i < 6; i++) {
		p[i].chart = &kinds[i];
		p[i].request = request_of(NULL, &s);
		p[i].svg = true;
		p[i].png = i == 0;
		strcpy(p[i].stem, kinds[i].name);
	}
	put_file("abort.svg", "yesterday's");
	saved = hush();
	assert_int_equal(draw_process_run(p, 6, out), 3);
	unhush(saved);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(p[i].state, want[i]);
	assert_string_equal(file_text("abort.svg"), "yesterday's");
	assert_non_null(strstr(file_text("good.svg"), "</svg>"));
	assert_non_null(file_text("good.png"));
	assert_non_null(file_text("better-narrow.svg"));
	assert_null(file_text("exit.svg"));
	assert_null(file_text("nothing.csv"));
	assert_int_equal(files_ending(".part"), 0);
	assert_true(p[0].width == 1200 && p[0].height > 400 && p[0].narrow_width == 420);
	assert_non_null(strstr(p[0].about, "Line chart"));
	source_free(&s);
}

static void
a_directory_that_cannot_be_written_fails_every_picture(void **state)
{
	struct picture p = { .chart = chart_named("nodes"), .svg = true, .stem = "nodes" };
	struct source s;
	int saved = hush();

	(void)state;
	fill_source(&s, 50);
	p.request = request_of(NULL, &s);
	assert_int_equal(draw_process_run(&p, 1, "/nonexistent/folder"), 1);
	assert_int_equal(p.state, PICTURE_FAILED);
	unhush(saved);
	source_free(&s);
}

/* ---- a whole gallery --------------------------------------------------------------------------- */

static struct gallery_options
options(void)
{
	return (struct gallery_options){ .db = db, .out = out, .until_ms = UNKNOWN,
	    .offset_minutes = JST,
		.svg = true };
}

static int
quietly(const struct gallery_options *o)
{
	int saved = hush(), status = gallery_build(o);

	unhush(saved);
	return status;
}

static void
an_album_has_its_pages_and_pictures(void **state)
{
	static const char *const names[] = { "index.html", "incident-1.html", "summary.json",
	    "summary.txt",
		"kansoku.prom", "nodes-24h.svg", "nodes-24h-narrow.svg", "nodes-24h.csv",
		    "blocks-day.svg",
		"ttl-day.svg", "keys-day.svg", "sheet-incident-1.svg", "peers-incident-1.svg" };
	struct gallery_options o = options();

	(void)state;
	make_database();
	assert_int_equal(quietly(&o), EXIT_DONE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(file_text(names[i]));
	assert_int_equal(files_ending(".part"), 0);
	assert_null(strstr(file_text("index.html"), "<script"));
	assert_non_null(strstr(file_text("incident-1.html"),
	    "Flood of advertisements that name random addresses, since "));
	assert_non_null(strstr(file_text("blocks-day.csv"), "\n58,0,20,"));
}

static void
delivering_peers_are_masked_unless_asked_for(void **state)
{
	struct gallery_options o = options();

	(void)state;
	make_database();
	assert_int_equal(quietly(&o), EXIT_DONE);
	assert_non_null(strstr(file_text("peers-incident-1.svg"), "58.0.1.x:2001"));
	assert_non_null(strstr(file_text("peers-incident-1.csv"), "58.0.1.x:2001"));
	assert_null(strstr(file_text("peers-incident-1.csv"), "58.0.1.1"));
	o.addresses = true;
	assert_int_equal(quietly(&o), EXIT_DONE);
	assert_non_null(strstr(file_text("peers-incident-1.csv"), "58.0.1.1:2001"));
}

static void
the_present_can_be_put_back(void **state)
{
	struct gallery_options o = options();

	(void)state;
	make_database();
	o.until_ms = FIRST_MS + 3 * ROUND_MS;
	assert_int_equal(quietly(&o), EXIT_DONE);
	assert_non_null(strstr(file_text("summary.json"), "\"round\": 3,"));
	assert_non_null(strstr(file_text("summary.txt"), "no flood"));
	assert_null(file_text("incident-1.html"));
	o.until_ms = FIRST_MS - 1;
	assert_int_equal(quietly(&o), EXIT_NOTHING);
}

static void
nothing_to_draw_touches_nothing(void **state)
{
	const char *windows[] = { "2001-01-01/2001-02-01" };
	struct gallery_options o = options();
	struct store *s = store_open(db, STORE_CREATE);

	(void)state;
	store_close(s);
	put_file("index.html", "yesterday's");
	assert_int_equal(quietly(&o), EXIT_NOTHING);
	unlink(db);
	make_database();
	o.windows = windows;
	o.nwindows = 1;
	assert_int_equal(quietly(&o), EXIT_NOTHING);
	windows[0] = "yesterday";
	assert_int_equal(quietly(&o), EXIT_MISUSED);
	assert_string_equal(file_text("index.html"), "yesterday's");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_came_later_is_forgotten_or_said),
		TEST(sources_are_counted_once_by_first_octet),
		TEST(lifetimes_are_counted_by_verdict),
		TEST(files_of_a_source_fall_into_doubling_bins),
		TEST(a_database_that_is_gone_is_an_error),
		TEST(one_that_dies_leaves_the_others_and_yesterday_s),
		TEST(a_directory_that_cannot_be_written_fails_every_picture),
		TEST(an_album_has_its_pages_and_pictures),
		TEST(delivering_peers_are_masked_unless_asked_for),
		TEST(the_present_can_be_put_back),
		TEST(nothing_to_draw_touches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
