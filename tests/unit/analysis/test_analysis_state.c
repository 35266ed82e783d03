/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What analyze takes over from its last run, who we are, and when it must begin anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "analysis/analyze.h"
#include "bounds.h"
#include "tests/unit/analysis/store.h"
#include "tests/winny_records.h"

/* A run of crawl that was told of its address and port. */
static void
run(struct store *s, const char *parameters)
{
	assert_true(store_begin_run(s, "test", parameters) >= 0);
	assert_int_equal(store_end_run(s), 0);
}

static void
add_round(struct store *s, uint32_t round)
{
	int64_t start = round * 25 * MINUTE_MS;
	struct observation o = { .type = OBS_ROUND, .round = round, .t_ms = start };

	o.run = (struct obs_round){ .start_ms = start, .end_ms = UNKNOWN, .tried = UNKNOWN,
	    .reached = UNKNOWN };
	assert_int_equal(store_add(s, &o), 0);
	o = (struct observation){ .round = round, .t_ms = start + 5000,
	    .peer = endpoint_ipv4(0x3a000001, 7743) };
	set_winny_key(&o, (struct winny_key){ .source = endpoint_ipv4(0x3a000002 + round % 3, 54),
	    .hash = { 1 }, .size = 7, .ttl = 1500, .version = 5, .blocks = 1, .mtime = 5,
	    .downstream = 1 });
	assert_int_equal(store_add(s, &o), 0);
	o = (struct observation){ .type = OBS_ROUND, .round = round, .t_ms = start };
	o.run = (struct obs_round){ .start_ms = start, .end_ms = start + 20 * MINUTE_MS, .tried = 1,
	    .reached = 1 };
	assert_int_equal(store_add(s, &o), 0);
	assert_int_equal(store_commit(s), 0);
}

struct came { bool fresh; uint32_t taken; };

static struct came
analysed(struct store *s, int64_t to_ms)
{
	struct analysis a;
	struct came c;

	assert_int_equal(analyze(&a, s, INT64_MIN, to_ms, ANALYSIS_MEMORY), 0);
	c = (struct came){ a.fresh, a.taken };
	analysis_free(&a);
	return c;
}

static void
it_goes_on_where_it_stood(void **state)
{
	struct came c;

	add_round(*state, 1);
	add_round(*state, 2);
	c = analysed(*state, INT64_MAX);
	assert_true(c.fresh && c.taken == 2);
	c = analysed(*state, INT64_MAX);
	assert_true(!c.fresh && c.taken == 0);
	add_round(*state, 3);
	c = analysed(*state, INT64_MAX);
	assert_true(!c.fresh && c.taken == 1);
	c = analysed(*state, 60 * MINUTE_MS);	/* another window: rounds 1 and 2 */
	assert_true(c.fresh && c.taken == 2);
	c = analysed(*state, INT64_MAX);
	assert_true(c.fresh && c.taken == 3);
}

/* What is stored under a name, with room for one more byte. */
struct stored { uint8_t byte[1 << 15]; size_t len; };

static int
keep_stored(struct text bytes, void *arg)
{
	struct stored *s = arg;

	assert_in_range(bytes.len, 1, sizeof(s->byte) - 1);
	memcpy(s->byte, bytes.p, bytes.len);
	s->len = bytes.len;
	return 0;
}

static void
store_state(struct store *s, const char *name, const uint8_t *byte, size_t len)
{
	assert_int_equal(results_begin(s), 0);
	assert_int_equal(results_state_put(s, name, (struct text){ byte, len }), 0);
	assert_int_equal(results_commit(s), 0);
}

static void
spoilt_state_is_not_believed(void **state)
{
	static const char *const name[] = { "state", "incidents" };
	static struct stored is;

	add_round(*state, 1);
	analysed(*state, INT64_MAX);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(results_state_get(*state, name[i], keep_stored, &is), 0);
		is.byte[is.len] = 0;
		for (size_t len = 0; len <= is.len + 1; len++) {
			if (len == 40 && is.len > 42)
				len = is.len - 1;
			store_state(*state, name[i], is.byte, len);
			assert_int_equal(analysed(*state, INT64_MAX).fresh, len != is.len);
			assert_false(analysed(*state, INT64_MAX).fresh);
		}
		is.byte[0]++;		/* another version */
		store_state(*state, name[i], is.byte, is.len);
		assert_true(analysed(*state, INT64_MAX).fresh);
		memset(is.byte, 0, is.len);
		store_state(*state, name[i], is.byte, is.len);
		assert_true(analysed(*state, INT64_MAX).fresh);
	}
}

static int
spoil_digest(uint32_t round, struct text bytes, void *arg)
{
	(void)round;
	return keep_stored(bytes, arg);
}

/* The digest of a round at hand, cut short, of another version, or with a byte too many. */
static void
spoilt_digests_are_not_believed(void **state)
{
	static struct stored is;

	add_round(*state, 1);
	analysed(*state, INT64_MAX);
	assert_int_equal(results_digest_each(*state, spoil_digest, &is), 0);
	is.byte[is.len] = 0;
	for (size_t i = 0; i < 3; i++) {
		is.byte[0] += i == 1;
		assert_int_equal(results_begin(*state), 0);
		assert_int_equal(results_digest_put(*state, 1,
		    (struct text){ is.byte, is.len + i - 1 }), 0);
		assert_int_equal(results_commit(*state), 0);
		is.byte[0] -= i == 1;
		assert_true(analysed(*state, INT64_MAX).fresh);
		assert_false(analysed(*state, INT64_MAX).fresh);
	}
}

static int
spoil_row(struct store *s)
{
	const struct series_row other = { .round = 2, .complete = false };

	return results_put_series(s, &other);
}

static int
drop_rows(struct store *s)
{
	return results_delete_series(s, 2);
}

/* Rows of open rounds that are gone, or say something else than their digests. */
static void
rows_that_are_missing_are_counted_anew(void **state)
{
	int (*const spoil[])(struct store *) = { drop_rows, spoil_row };

	add_round(*state, 1);
	add_round(*state, 2);
	analysed(*state, INT64_MAX);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(results_begin(*state), 0);
		assert_int_equal(spoil[i](*state), 0);
		assert_int_equal(results_commit(*state), 0);
		assert_true(analysed(*state, INT64_MAX).fresh);
		assert_false(analysed(*state, INT64_MAX).fresh);
	}
}

/* ---- results of another version, and the records gone -------------------------------- */

static void
change(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* As another version would have left it, and rounds 1 to `pruned` without their records. */
static void
make_foreign(struct store *s, int pruned)
{
	static struct stored is;
	char text[80];

	assert_int_equal(results_state_get(s, "state", keep_stored, &is), 0);
	is.byte[0] ^= 1;
	store_state(s, "state", is.byte, is.len);
	snprintf(text, sizeof(text), "UPDATE round SET pruned_ms = 1 WHERE id <= %d", pruned);
	change(text);
}

struct results { struct series_row row[16]; struct verdict_row verdict[8]; size_t rows, verdicts; };

static int
keep_row(const struct series_row *row, void *arg)
{
	struct results *r = arg;

	r->row[r->rows++] = *row;
	return 0;
}

static int
keep_verdict(const struct verdict_row *row, void *arg)
{
	struct results *r = arg;

	r->verdict[r->verdicts++] = *row;
	return 0;
}

static struct results
results_of(struct store *s)
{
	struct results r = { .rows = 0 };

	assert_int_equal(results_series(s, INT64_MIN, INT64_MAX, keep_row, &r), 0);
	assert_int_equal(results_verdicts(s, keep_verdict, &r), 0);
	return r;
}

static bool
same_counts(const struct series_row *x, const struct series_row *y)
{
	return x->round == y->round && x->instant == y->instant && x->day_keys == y->day_keys &&
	    x->day_all == y->day_all && x->instant_clean == y->instant_clean &&
	    x->one_shot_share == y->one_shot_share && x->flood_high == y->flood_high;
}

static bool
same_verdict(const struct verdict_row *x, const struct verdict_row *y)
{
	return x->node == y->node && x->first_round == y->first_round && x->keys == y->keys &&
	    x->last_round == y->last_round && x->rounds == y->rounds && x->relays == y->relays &&
	    x->contact == y->contact && x->probability == y->probability &&
	    x->verdict == y->verdict && x->flags == y->flags && x->incident == y->incident &&
	    x->judged == y->judged;
}

static void
results_of_another_version_stay_and_are_gone_on_from(void **state)
{
	struct results before, after;
	struct came c;

	for (uint32_t r = 1; r <= 6; r++)
		add_round(*state, r);
	analysed(*state, INT64_MAX);
	before = results_of(*state);
	make_foreign(*state, 3);
	c = analysed(*state, INT64_MAX);
	assert_true(!c.fresh && c.taken == 0);
	after = results_of(*state);
	assert_true(before.rows == 6 && after.rows == 6);
	assert_true(before.verdicts == 3 && after.verdicts == 3);
	for (size_t i = 0; i < 6; i++)
		assert_true(same_counts(&before.row[i], &after.row[i]));
	for (size_t i = 0; i < 3; i++)
		assert_true(same_verdict(&before.verdict[i], &after.verdict[i]));

	add_round(*state, 7);
	c = analysed(*state, INT64_MAX);
	assert_true(!c.fresh && c.taken == 1);
	after = results_of(*state);
	for (size_t i = 0; i < 6; i++)
		assert_true(same_counts(&before.row[i], &after.row[i]));
	assert_true(after.rows == 7 && after.row[6].instant == 1 && after.row[6].day_keys == 3);
	for (size_t i = 0; i < 3; i++) {
		bool again = after.verdict[i].last_round == 7;

		assert_true(after.verdict[i].first_round == before.verdict[i].first_round);
		assert_true(after.verdict[i].rounds == before.verdict[i].rounds + again);
		assert_true(after.verdict[i].keys == 1 && after.verdict[i].relays == 1);
	}
	assert_true(!analysed(*state, INT64_MAX).fresh);
}

static void
results_of_another_version_are_made_anew_from_their_records(void **state)
{
	add_round(*state, 1);
	analysed(*state, INT64_MAX);
	make_foreign(*state, 0);
	assert_true(analysed(*state, INT64_MAX).fresh);
}

static void
same_results(const struct results *before, const struct results *after)
{
	assert_true(before->rows == after->rows && before->verdicts == after->verdicts);
	for (size_t i = 0; i < before->rows; i++)
		assert_true(same_counts(&before->row[i], &after->row[i]));
	for (size_t i = 0; i < before->verdicts; i++)
		assert_true(same_verdict(&before->verdict[i], &after->verdict[i]));
}

/* What is no memory of this version: cut short, a byte too many, another version, a
 * probability or an outcome that is none, what 0.1.0 wrote. */
static const char *const no_memory[] = {
	"substr(memory, 1, length(memory) - 1)", "CAST(memory || x'00' AS BLOB)", "x'7f'",
	"CAST(x'00' || substr(memory, 2) AS BLOB)", "zeroblob(length(memory))", "zeroblob(232)",
	"CAST(x'010101010101ff' || substr(memory, 8) AS BLOB)",
};

/* A node at hand, or one that turns up again: all is analysed anew, with the same results. */
static void
spoilt_memories_are_not_believed(void **state)
{
	struct results before, after;

	for (uint32_t r = 1; r <= 6; r++)
		add_round(*state, r);
	analysed(*state, INT64_MAX);
	before = results_of(*state);
	for (size_t i = 0; i < sizeof(no_memory) / sizeof(no_memory[0]); i++) {
		char text[160];

		snprintf(text, sizeof(text), "UPDATE verdict SET memory = %s", no_memory[i]);
		change(text);
		assert_true(analysed(*state, INT64_MAX).fresh);
		after = results_of(*state);
		same_results(&before, &after);
		assert_false(analysed(*state, INT64_MAX).fresh);
	}
	/* Round 300 is days later: nobody of before is at hand when the state is loaded. */
	add_round(*state, 300);
	add_round(*state, 301);
	add_round(*state, 302);
	analysed(*state, INT64_MAX);
	change("UPDATE verdict SET memory = x'7f' WHERE node = (SELECT max(node) FROM verdict)");
	for (uint32_t r = 600; r <= 602; r++)
		add_round(*state, r);
	assert_true(analysed(*state, INT64_MAX).taken == 12);
	assert_false(analysed(*state, INT64_MAX).fresh);
}

static void
spoilt_memories_of_pruned_rounds_leave_the_verdicts(void **state)
{
	struct results before, after;

	for (uint32_t r = 1; r <= 6; r++)
		add_round(*state, r);
	analysed(*state, INT64_MAX);
	before = results_of(*state);
	change("UPDATE round SET pruned_ms = 1 WHERE id <= 3; UPDATE verdict SET memory = x'7f'");
	assert_false(analysed(*state, INT64_MAX).fresh);
	after = results_of(*state);
	same_results(&before, &after);
}

/* Another window would drop results that cannot be had again. */
static void
another_window_over_pruned_rounds_is_refused(void **state)
{
	struct analysis a;

	add_round(*state, 1);
	add_round(*state, 2);
	analysed(*state, INT64_MAX);
	make_foreign(*state, 1);
	assert_int_equal(analyze(&a, *state, INT64_MIN, 60 * MINUTE_MS, ANALYSIS_MEMORY), -1);
	analysis_free(&a);
	assert_int_equal(results_of(*state).rows, 2);
}

static void
the_runs_of_crawl_say_who_we_are(void **state)
{
	struct self self;

	run(*state, "{\"verb\":\"import\",\"own_address\":[\"9.9.9.9\"],\"listen\":9}");
	run(*state, "no JSON");
	assert_int_equal(selfcheck_load(&self, *state), 0);
	assert_true(self.address.n == 0 && self.announced.n == 0);
	assert_int_equal(selfcheck_started(&self, INT64_MAX), UNKNOWN);
	selfcheck_free(&self);
	run(*state, "{\"verb\":\"crawl\",\"own_address\":[\"219.1.2.3\",\"nonsense\",7,\"219.1.2.3\"],"
	    "\"listen\":7743}");
	run(*state, "{\"verb\":\"crawl\",\"own_address\":[\"219.1.2.4\"],\"listen\":70000,"
	    "\"address\":[\"219.1.2.4\",\"219.1.2.5\"]}");
	assert_int_equal(selfcheck_load(&self, *state), 0);
	assert_int_equal(self.address.n, 3);
	assert_true(selfcheck_has(&self, endpoint_ipv4(0xdb010203, 0)) && selfcheck_has(&self, endpoint_ipv4(0xdb010204, 0)));
	assert_true(selfcheck_has(&self, endpoint_ipv4(0xdb010205, 0)));
	assert_false(selfcheck_has(&self, endpoint_ipv4(0x09090909, 0)));
	assert_true(selfcheck_announced(&self, 7743) && !selfcheck_announced(&self, 7744));
	assert_int_equal(self.start.n, 2);
	assert_int_equal(selfcheck_started(&self, INT64_MAX), self.start.p[1]);
	assert_int_equal(selfcheck_started(&self, self.start.p[0] - 1), UNKNOWN);
	selfcheck_free(&self);
}

static void
another_address_of_ours_is_no_reason_to_begin_anew(void **state)
{
	add_round(*state, 1);
	analysed(*state, INT64_MAX);
	run(*state, "{\"verb\":\"crawl\",\"own_address\":[\"219.1.2.3\"],\"listen\":7743}");
	assert_false(analysed(*state, INT64_MAX).fresh);
}

int
main(void)
{
#define ON_STORE(f)	cmocka_unit_test_setup_teardown(f, make_store, drop_store)
	const struct CMUnitTest tests[] = {
		ON_STORE(it_goes_on_where_it_stood),
		ON_STORE(spoilt_state_is_not_believed),
		ON_STORE(spoilt_digests_are_not_believed),
		ON_STORE(spoilt_memories_are_not_believed),
		ON_STORE(spoilt_memories_of_pruned_rounds_leave_the_verdicts),
		ON_STORE(rows_that_are_missing_are_counted_anew),
		ON_STORE(results_of_another_version_stay_and_are_gone_on_from),
		ON_STORE(results_of_another_version_are_made_anew_from_their_records),
		ON_STORE(another_window_over_pruned_rounds_is_refused),
		ON_STORE(the_runs_of_crawl_say_who_we_are),
		ON_STORE(another_address_of_ours_is_no_reason_to_begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
