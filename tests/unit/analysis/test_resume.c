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

#include "analysis/analyze.h"
#include "tests/unit/analysis/store.h"

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
	o = (struct observation){ .type = OBS_KEY, .round = round, .t_ms = start + 5000,
	    .peer = { 0x3a000001, 7743 } };
	o.key = (struct obs_key){ .source = { 0x3a000002 + round % 3, 54 }, .hash = { 1 }, .size = 7,
	    .ttl = 1500, .version = 5, .blocks = 1, .mtime = 5, .downstream = 1 };
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

	assert_int_equal(analyze(&a, s, INT64_MIN, to_ms), 0);
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

static void
spoilt_state_is_not_believed(void **state)
{
	uint8_t bytes[sizeof(struct analysis_state)] = { 0 };

	add_round(*state, 1);
	analysed(*state, INT64_MAX);
	for (size_t len = 0; len <= sizeof(bytes); len += sizeof(bytes) / 2) {
		assert_int_equal(results_begin(*state), 0);
		assert_int_equal(results_state_put(*state, "state", (struct text){ bytes, len }), 0);
		assert_int_equal(results_commit(*state), 0);
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

static void
the_runs_of_crawl_say_who_we_are(void **state)
{
	struct self self;

	run(*state, "{\"verb\":\"import\",\"own_address\":[\"9.9.9.9\"],\"listen\":9}");
	run(*state, "no JSON");
	assert_int_equal(self_load(&self, *state), 0);
	assert_true(self.address.n == 0 && self.port == 0);
	assert_int_equal(self_started(&self, INT64_MAX), UNKNOWN);
	self_free(&self);
	run(*state, "{\"verb\":\"crawl\",\"own_address\":[\"219.1.2.3\",\"nonsense\",7,\"219.1.2.3\"],"
	    "\"listen\":7743}");
	run(*state, "{\"verb\":\"crawl\",\"own_address\":[\"219.1.2.4\"],\"listen\":70000}");
	assert_int_equal(self_load(&self, *state), 0);
	assert_int_equal(self.address.n, 2);
	assert_true(self_has(&self, 0xdb010203) && self_has(&self, 0xdb010204));
	assert_false(self_has(&self, 0x09090909));
	assert_int_equal(self.port, 7743);
	assert_int_equal(self.start.n, 2);
	assert_int_equal(self_started(&self, INT64_MAX), ((const int64_t *)self.start.p)[1]);
	assert_int_equal(self_started(&self, ((const int64_t *)self.start.p)[0] - 1), UNKNOWN);
	self_free(&self);
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
		ON_STORE(rows_that_are_missing_are_counted_anew),
		ON_STORE(the_runs_of_crawl_say_who_we_are),
		ON_STORE(another_address_of_ours_is_no_reason_to_begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
