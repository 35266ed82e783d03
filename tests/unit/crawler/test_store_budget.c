/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each budget of what is stored, driven to its edge, and what it is worth on the disk. */
#include "tests/unit/data/store/store_fixture.h"

#include <sys/stat.h>

#include "bounds.h"
#include "crawler/settings.h"
#include "crawler/store_budget.h"
#include "crawler/store_thread.h"

#define MINE	UINT32_C(0x3a010203)	/* 58.1.2.3 */

static struct observation
from(uint32_t ip, uint16_t port)
{
	struct observation o = key(1, 2000, 1, 2, 3);

	o.peer = endpoint_ipv4(ip, port);
	return o;
}

/* How many records of so many bytes are let by, of at most that many. */
static unsigned
let_by(struct store_budget *b, struct observation o, uint64_t bytes, unsigned most)
{
	for (unsigned i = 0; i < most; i++) {
		if (store_budget_refuses(b, &o))
			return i;
		store_budget_spend(b, &o, bytes);
	}
	return most;
}

static struct store_budget *
budget(enum store_account a, int64_t bytes, int64_t rows)
{
	struct store_limits l = { .of = { [0] = { 0, 0 } } };
	struct store_budget *b;

	l.of[a] = (struct store_allowance){ bytes, rows };
	b = store_budget_new(&l);
	assert_non_null(b);
	store_budget_begin(b, a == ACCOUNT_DATABASE ? bytes : 0);
	return b;
}

/* That account stops who fills it after ten records, by bytes or by rows, and the other goes on. */
static void
stops(enum store_account a, enum round_cut cut, struct observation mine, struct observation other)
{
	/* The database's has no rows: what fills it is bytes. */
	for (int rows = 0; rows < (a == ACCOUNT_DATABASE ? 1 : 2); rows++) {
		struct store_budget *b = budget(a, rows ? 0 : 1000, rows ? 10 : 0);

		assert_int_equal(let_by(b, mine, 100, 50), 10);
		assert_int_equal(let_by(b, mine, 100, 50), 0);
		assert_int_equal(store_budget_cut(b), 1u << cut);
		assert_int_equal(store_budget_refused(b), 2);
		assert_int_equal(let_by(b, other, 100, 5), 5);
		store_budget_begin(b, a == ACCOUNT_DATABASE ? 1000 : 0);
		assert_int_equal(store_budget_cut(b), 0);
		assert_int_equal(store_budget_refused(b), 0);
		assert_int_equal(let_by(b, mine, 100, 50), 10);
		store_budget_free(b);
	}
}

static void
each_account_stops_whom_it_is_for(void **state)
{
	struct observation dial = contact(1, 9, false, OUT_OK), call = contact(1, 9, true, OUT_OK);

	(void)state;
	call.contact.node = endpoint_ipv4(MINE, 5000);
	stops(ACCOUNT_PEER, CUT_PEER, from(MINE, 7743), from(MINE, 7744));
	stops(ACCOUNT_NET, CUT_NET, from(MINE, 7743), from(MINE + 256, 7743));
	stops(ACCOUNT_CALLER, CUT_INBOUND, from(MINE, 0), from(MINE + 1, 0));
	stops(ACCOUNT_CALLER, CUT_INBOUND, call, from(MINE, 7743));
	stops(ACCOUNT_CALLER_NET, CUT_INBOUND, from(MINE, 0), from(MINE + 256, 0));
	stops(ACCOUNT_INBOUND, CUT_INBOUND, from(MINE, 0), from(MINE, 7743));
	/* What became of those whom we dialled is always stored. */
	stops(ACCOUNT_ROUND, CUT_ROUND, from(MINE, 7743), dial);
	stops(ACCOUNT_DATABASE, CUT_DATABASE, from(MINE, 0), dial);
}

/* Whatever port or host he takes. */
static void
all_hosts_of_a_net_are_one(void **state)
{
	struct store_budget *b = budget(ACCOUNT_NET, 0, 1000);
	struct observation six = from(MINE, 7743);
	unsigned n = 0;

	(void)state;
	for (uint32_t i = 0; i < 5000; i++)
		n += let_by(b, from(MINE - 3 + i % 256, (uint16_t)(1024 + i)), 1, 1);
	assert_int_equal(n, 1000);
	n = 0;
	for (uint32_t i = 0; i < 5000; i++) {
		assert_null(endpoint_read(&six.peer, "[2001:db8:1::]:7743"));
		memcpy(six.peer.addr + 8, &i, sizeof(i));
		n += let_by(b, six, 1, 1);
	}
	assert_int_equal(n, 1000);
	store_budget_free(b);
}

/* ---- on the disk -------------------------------------------------------------------- */

static int64_t
file_bytes(void)
{
	struct stat st;

	assert_int_equal(stat(db_path, &st), 0);
	return st.st_size;
}

static uint64_t
next_dice(uint64_t *dice)
{
	*dice ^= *dice << 13;
	*dice ^= *dice >> 7;
	return *dice ^= *dice << 17;
}

/* Stores n keys of a peer; every source, content and name is new, or there are 64 of them. */
static void
push(struct store_thread *c, struct endpoint peer, uint32_t n, bool all_new)
{
	uint64_t dice = 88172645463325252u + peer.ip + peer.port, r[3];
	char name[LIMIT_STORED_TEXT];

	for (uint32_t i = 0; i < n; i++) {
		struct observation o = { .round = 1, .t_ms = 2000, .peer = peer };

		for (int k = 0; k < 3; k++)
			r[k] = all_new ? next_dice(&dice) : 1000 + i % 64;
		memset(name, 'a' + (int)(r[0] % 26), sizeof(name));
		set_winny_key(&o, (struct winny_key){
			.source = endpoint_ipv4((uint32_t)r[0], (uint16_t)(1024 + r[1] % 60000)),
			.size = (uint32_t)r[1], .name = { (const uint8_t *)name, all_new ? sizeof(name) : 20 },
			.ttl = 1400, .blocks = 7, .mtime = (uint32_t)r[2], .version = 5 });
		memcpy(o.key.content.id, r + 1, 16);
		assert_int_equal(store_thread_add(c, &o), 0);
	}
}

/* By the budgets that hold by default: the file's bytes, and the records left out. */
static int64_t
store_of(unsigned hosts, unsigned ports, uint32_t keys, bool all_new, uint64_t *refused)
{
	struct settings set;
	struct store_limits limits;
	struct store *s = open_store(STORE_CREATE);
	struct store_budget *b;
	struct store_thread *c;

	settings_init(&set);
	set.net_store = LIMIT_STORE_NET;
	limits = settings_store(&set);
	b = store_budget_new(&limits);
	store_budget_begin(b, 0);
	c = store_thread_new(s, b);
	add(s, round_line(1, false));
	for (unsigned i = 0; i < hosts * ports; i++)
		push(c, endpoint_ipv4(MINE + i / ports, (uint16_t)(7000 + i % ports)), keys, all_new);
	assert_int_equal(store_thread_finish(c), 0);
	*refused = store_budget_refused(b);
	add(s, round_line(1, true));
	store_thread_free(c);
	store_budget_free(b);
	store_close(s);
	return file_bytes();
}

#define FIRST_PAGES	300000		/* of all tables and indexes, with nothing in them */

static void
no_more_of_the_disk_is_taken_than_is_said(void **state)
{
	uint64_t refused;

	(void)state;
	assert_in_range(store_of(1, 1, 16000, true, &refused), LIMIT_STORE_PEER / 2,
	    LIMIT_STORE_PEER + FIRST_PAGES);
	assert_true(refused > 0);
	assert_int_equal(unlink(db_path), 0);
	/* Two hosts with six ports each. */
	assert_in_range(store_of(2, 6, 6000, true, &refused), LIMIT_STORE_NET / 2,
	    LIMIT_STORE_NET + FIRST_PAGES);
	assert_true(refused > 0);
}

/* Nodes whose windows are as large as any, and overlap as those of nodes do. */
static void
honest_nodes_are_not_cut(void **state)
{
	uint64_t refused;

	(void)state;
	store_of(8, 1, 8001, false, &refused);
	assert_int_equal(refused, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_account_stops_whom_it_is_for),
		cmocka_unit_test(all_hosts_of_a_net_are_one),
		STORE_TEST(no_more_of_the_disk_is_taken_than_is_said),
		STORE_TEST(honest_nodes_are_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
