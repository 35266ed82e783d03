/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results come back as they were put, and what was not measured stays so. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/store/results.h"
#include "data/store/rows.h"
#include "tests/winny_records.h"

struct scratch {
	char		dir[64], db[96];
	struct store	*store;
};

static int
open_scratch(void **state)
{
	static struct scratch s;

	strcpy(s.dir, "/tmp/kansoku-results-XXXXXX");
	if (mkdtemp(s.dir) == NULL)
		return -1;
	snprintf(s.db, sizeof(s.db), "%s/db", s.dir);
	s.store = store_open(s.db, STORE_CREATE);
	*state = &s;
	return s.store == NULL ? -1 : 0;
}

static int
close_scratch(void **state)
{
	struct scratch *s = *state;
	char path[112];

	store_close(s->store);
	for (const char *const *end = (const char *const[]){ "", "-wal", "-shm", ".lock", NULL }; *end != NULL; end++) {
		snprintf(path, sizeof(path), "%s%s", s->db, *end);
		unlink(path);
	}
	return rmdir(s->dir);
}

/* A round with one key: nodes 1.2.3.4:5 (peer) and 9.8.7.6:54 (source) exist. */
static void
add_nodes(struct store *s)
{
	struct observation o = { .type = OBS_ROUND, .round = 1, .t_ms = 1000 };

	o.run = (struct obs_round){ .start_ms = 1000, .end_ms = UNKNOWN, .tried = UNKNOWN, .reached = UNKNOWN };
	assert_int_equal(store_add(s, &o), 0);
	o = (struct observation){ .round = 1, .t_ms = 1500, .peer = endpoint_ipv4(0x01020304, 5) };
	set_winny_key(&o, (struct winny_key){ .source = endpoint_ipv4(0x09080706, 54), .hash = { 1 },
	    .size = 7, .ttl = 1500, .version = 5, .blocks = 1, .mtime = 5, .downstream = 1 });
	assert_int_equal(store_add(s, &o), 0);
	o = (struct observation){ .type = OBS_ROUND, .round = 1, .t_ms = 1000 };
	o.run = (struct obs_round){ .start_ms = 1000, .end_ms = 2000, .tried = 1, .reached = 1 };
	assert_int_equal(store_add(s, &o), 0);
	assert_int_equal(store_commit(s), 0);
}

static int
keep_series(const struct series_row *row, void *arg)
{
	*(struct series_row *)arg = *row;
	return 7;
}

static void
a_series_row_keeps_its_gaps(void **state)
{
	struct scratch *s = *state;
	struct series_row in = { .round = 3, .start_ms = 10, .end_ms = 20, .complete = true }, out;

	for (double *d = &in.tried; d <= &in.verified_before; d++)
		*d = NAN;
	in.instant = 3001;
	in.verified_before = 17.5;
	assert_int_equal(results_begin(s->store), 0);
	assert_int_equal(results_put_series(s->store, &in), 0);
	assert_int_equal(results_commit(s->store), 0);
	assert_int_equal(results_series(s->store, 0, INT64_MAX, keep_series, &out), 7);
	assert_int_equal(out.round, 3);
	assert_int_equal(out.end_ms, 20);
	assert_true(out.complete && out.instant == 3001 && out.verified_before == 17.5);
	assert_true(isnan(out.tried) && isnan(out.day_all_clean) && isnan(out.flood_high));
	/* by the end of the round, and the upper end is outside */
	assert_int_equal(results_series(s->store, 0, 20, keep_series, &out), 0);
	assert_int_equal(results_series(s->store, 21, INT64_MAX, keep_series, &out), 0);
}

struct seen { struct verdict_row row; char memory[16]; size_t len; };

static int
keep_verdict(const struct verdict_row *row, void *arg)
{
	((struct seen *)arg)->row = *row;
	return 0;
}

static int
keep_memory(const struct verdict_row *row, struct text memory, void *arg)
{
	struct seen *seen = arg;

	seen->row = *row;
	seen->len = memory.len;
	if (memory.len > 0)
		memcpy(seen->memory, memory.p, memory.len);
	return 0;
}

static void
a_verdict_comes_with_its_node(void **state)
{
	struct scratch *s = *state;
	struct verdict_row in = { .first_round = 1, .last_round = 4, .first_ms = 1000, .last_ms = 9000,
	    .rounds = 3, .keys = 2, .relays = 5, .contact = UNKNOWN, .probability = 0.25,
	    .verdict = VERDICT_UNDETERMINED, .flags = 1u << FLAG_ONE_SHOT, .judged = true };
	struct seen out = { .len = 99 };

	add_nodes(s->store);
	assert_int_equal(rows_node_id(s->store, endpoint_ipv4(0x09080706, 54), &in.node), 0);
	for (int i = 0; i < EVIDENCE_N; i++)
		in.evidence[i] = (float)i;
	assert_int_equal(results_memory(s->store, in.node, keep_memory, &out), 1);
	assert_int_equal(results_begin(s->store), 0);
	assert_int_equal(results_put_verdict(s->store, &in, (struct text){ (const uint8_t *)"abc", 3 }), 0);
	assert_int_equal(results_commit(s->store), 0);
	assert_int_equal(results_memory(s->store, in.node, keep_memory, &out), 0);
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.memory, "abc", 3);
	assert_int_equal(results_verdicts(s->store, keep_verdict, &out), 0);
	assert_int_equal(out.row.endpoint.ip, 0x09080706);
	assert_int_equal(out.row.endpoint.port, 54);
	assert_int_equal(out.row.contact, UNKNOWN);
	assert_int_equal(out.row.verdict, VERDICT_UNDETERMINED);
	assert_true(out.row.judged && out.row.evidence[3] == 3 && out.row.probability == 0.25);
	in.judged = false;
	assert_int_equal(results_begin(s->store), 0);
	assert_int_equal(results_put_verdict(s->store, &in, (struct text){ NULL, 0 }), 0);
	assert_int_equal(results_commit(s->store), 0);
	assert_int_equal(results_verdicts(s->store, keep_verdict, &out), 0);
	assert_true(!out.row.judged && isnan(out.row.evidence[0]));
}

static int count_incident(const struct incident_row *row, void *arg)
{
	*(int64_t *)arg = *(int64_t *)arg * 10 + row->id;
	return 0;
}
static int count_test(const struct test_row *row, void *arg)
{
	*(int *)arg = *(int *)arg * 10 + row->name[0] - '0';
	return 0;
}
static int keep_peer(const struct delivering_row *row, void *arg)
{
	*(struct delivering_row *)arg = *row;
	return 0;
}

static void
put_incident(struct store *s, int64_t id)
{
	struct incident_row row = { .id = id, .kind = INC_TARGETED_HASH, .first_round = 1, .last_round = 2,
	    .peak_round = 1, .end_ms = UNKNOWN, .roving = UNKNOWN, .summary = "x" };
	struct test_row a = { id, "1", "address", 1, 2 }, b = { id, "2", "relay", NAN, 2 };
	struct delivering_row d = { .incident = id, .peer = 1, .rank = 1, .share = 0.5,
	    .label = delivered_name[DELIVERED_SELF] };

	assert_int_equal(results_put_incident(s, &row), 0);
	assert_int_equal(results_put_test(s, &a), 0);
	assert_int_equal(results_put_test(s, &b), 0);
	assert_int_equal(results_put_delivering(s, &d), 0);
}

static void
an_incident_replaces_itself_with_all_that_is_its(void **state)
{
	struct scratch *s = *state;
	struct delivering_row peer = { 0 };
	int64_t ids = 0;
	int tests = 0;

	add_nodes(s->store);
	assert_int_equal(results_begin(s->store), 0);
	put_incident(s->store, 1);
	put_incident(s->store, 2);
	put_incident(s->store, 1);
	assert_int_equal(results_commit(s->store), 0);
	assert_int_equal(results_incidents(s->store, count_incident, &ids), 0);
	assert_int_equal(ids, 12);
	assert_int_equal(results_tests(s->store, 1, count_test, &tests), 0);
	assert_int_equal(tests, 12);
	assert_int_equal(results_delivering(s->store, 2, keep_peer, &peer), 0);
	assert_ptr_equal(peer.label, delivered_name[DELIVERED_SELF]);
	assert_true(peer.endpoint.port != 0);
	assert_int_equal(results_begin(s->store), 0);
	assert_int_equal(results_delete_incidents(s->store, 2), 0);
	assert_int_equal(results_commit(s->store), 0);
	tests = 0;
	assert_int_equal(results_tests(s->store, 2, count_test, &tests), 0);
	assert_int_equal(tests, 0);
}

static int keep_digest(uint32_t round, struct text t, void *arg)
{
	*(uint32_t *)arg = *(uint32_t *)arg * 100 + round * 10 + (uint32_t)t.len;
	return 0;
}
static int keep_len(struct text t, void *arg)
{
	*(size_t *)arg = t.len;
	return 0;
}

static void
state_is_kept_until_cleared(void **state)
{
	struct scratch *s = *state;
	struct text t = { (const uint8_t *)"\0\1\2", 3 };
	uint32_t seen = 0;
	size_t len = 0;

	assert_int_equal(results_begin(s->store), 0);
	assert_int_equal(results_state_put(s->store, "model", t), 0);
	for (uint32_t r = 1; r <= 3; r++)
		assert_int_equal(results_digest_put(s->store, r, t), 0);
	assert_int_equal(results_digest_drop(s->store, 2), 0);
	assert_int_equal(results_commit(s->store), 0);
	assert_int_equal(results_state_get(s->store, "model", keep_len, &len), 0);
	assert_int_equal(len, 3);
	assert_int_equal(results_state_get(s->store, "other", keep_len, &len), 1);
	assert_int_equal(results_digest_each(s->store, keep_digest, &seen), 0);
	assert_int_equal(seen, 2333);
	assert_int_equal(results_begin(s->store), 0);
	assert_int_equal(results_clear(s->store), 0);
	assert_int_equal(results_commit(s->store), 0);
	assert_int_equal(results_state_get(s->store, "model", keep_len, &len), 1);
}

static void
every_name_is_there(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FLAG_N; i++)
		assert_non_null(results_flag_name(i));
	assert_null(results_flag_name(FLAG_N));
	for (int i = 0; i < EVIDENCE_N; i++)
		assert_non_null(evidence_name[i]);
	for (int i = 0; i < INC_NKIND; i++)
		assert_non_null(incident_kind_name[i]);
}

int
main(void)
{
#define ON_STORE(f)	cmocka_unit_test_setup_teardown(f, open_scratch, close_scratch)
	const struct CMUnitTest tests[] = {
		ON_STORE(a_series_row_keeps_its_gaps),
		ON_STORE(a_verdict_comes_with_its_node),
		ON_STORE(an_incident_replaces_itself_with_all_that_is_its),
		ON_STORE(state_is_kept_until_cleared),
		cmocka_unit_test(every_name_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
