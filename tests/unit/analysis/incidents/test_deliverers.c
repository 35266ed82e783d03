/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose keys no relay passes on: counted for who brought them over a link that we dialled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analysis/incidents/incidents_impl.h"
#include "node/winny/fields.h"

#define ROUND	30
#define FLOOD	7	/* id of the incident */
enum { NOBODY, MAKER, RELAY, LOOPBACK, PRIVATE, ORDINARY, GENUINE, NODES };

static struct member person[NODES];
static uint32_t of[NODES];
static int64_t incident_of[NODES];
static struct link link[8];
static struct visit visit[4];
static struct round_digest digest;
static struct incidents all;
static struct members everybody;
static struct assignment to;
static struct address_space space;
static struct feed feed;

static int
set_up(void **state)
{
	static const uint32_t ip[NODES] = { [MAKER] = 0x3a010101, [RELAY] = 0x3a020202,
	    [LOOPBACK] = 0x7f010203, [PRIVATE] = 0xc0050607, [ORDINARY] = 0x08080808,
	    [GENUINE] = 0xc0090a0b };
	struct incident *i;

	(void)state;
	memset(person, 0, sizeof(person));
	memset(incident_of, 0, sizeof(incident_of));
	for (uint32_t n = 1; n < NODES; n++) {
		of[n] = n;
		person[n] = (struct member){ .node = n, .endpoint = endpoint_ipv4(ip[n], 7743) };
		person[n].now.newcomer_round = ROUND;
		incident_of[n] = n >= LOOPBACK && n <= ORDINARY ? FLOOD : 0;
	}
	memset(&all, 0, sizeof(all));
	if ((i = array_add(&all.all)) == NULL || !address_space_load(&space, winny_fields.unrelayed))
		return -1;
	i->is = (struct incident_facts){ .id = FLOOD, .open = 1, .last_round = ROUND,
	    .full_level = 1440 };
	everybody = (struct members){ .m.any = { person, NODES, NODES }, .of = of,
	    .max_node = NODES - 1 };
	to.of_member = incident_of;
	digest = (struct round_digest){ .round = ROUND, .link.any = { link, 0, 0 },
	    .visit.any = { visit, 0, 0 } };
	visit[digest.visit.n++] = (struct visit){ .node = MAKER, .outcome = OUT_OK };
	feed = (struct feed){ .in = &all, .ms = &everybody, .to = &to, .space = &space,
	    .d = &digest };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	incidents_free(&all);
	return 0;
}

static void
brings(uint32_t peer, uint32_t source)
{
	link[digest.link.n++] = (struct link){ .source = source, .peer = peer, .keys = 1, .ttl = 1550 };
}

/* Rounds with a key that no relay passes on, after one more round. */
static unsigned
counted(uint32_t peer)
{
	const struct incident *i;

	assert_int_equal(incidents_deliveries(&feed), 0);
	i = &all.all.p[0];
	return i->deliverer.p[index_find(&i->who, peer)].unrelayed;
}

static void
next_round(void)
{
	digest.round++;
	all.all.p[0].is.last_round++;
	for (uint32_t n = 1; n < NODES; n++)
		person[n].now.newcomer_round++;
}

static void
a_round_counts_once_for_who_brought_them(void **state)
{
	(void)state;
	brings(MAKER, LOOPBACK);
	brings(MAKER, PRIVATE);
	brings(RELAY, ORDINARY);
	assert_int_equal(counted(MAKER), 1);
	next_round();
	assert_int_equal(counted(MAKER), 2);
	assert_int_equal(counted(RELAY), 0);
}

static void
what_any_relay_passes_on_counts_for_nothing(void **state)
{
	(void)state;
	brings(MAKER, ORDINARY);
	brings(MAKER, GENUINE);		/* of no flood, wherever it is */
	assert_int_equal(counted(MAKER), 0);
}

static void
an_old_source_counts_for_nothing(void **state)
{
	(void)state;
	brings(MAKER, PRIVATE);
	person[PRIVATE].now.newcomer_round = ROUND - 1;
	assert_int_equal(counted(MAKER), 0);
}

static void
only_a_link_that_we_dialled_is_sure(void **state)
{
	(void)state;
	brings(RELAY, LOOPBACK);
	assert_int_equal(counted(RELAY), 0);	/* no visit is on record */
	visit[digest.visit.n++] = (struct visit){ .node = RELAY, .outcome = OUT_TIMEOUT };
	next_round();
	assert_int_equal(counted(RELAY), 0);
	visit[1].outcome = OUT_OK;
	next_round();
	assert_int_equal(counted(RELAY), 1);
	visit[digest.visit.n++] = (struct visit){ .node = RELAY, .outcome = OUT_OK, .inbound = 1 };
	next_round();
	assert_int_equal(counted(RELAY), 1);	/* it may have come over the caller's link */
}

int
main(void)
{
#define CASE(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_round_counts_once_for_who_brought_them),
		CASE(what_any_relay_passes_on_counts_for_nothing),
		CASE(an_old_source_counts_for_nothing),
		CASE(only_a_link_that_we_dialled_is_sure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
