/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may be called a probable injector, and who may not: each case is the clear
 * one with one thing changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "analysis/incidents/attribution.h"
#include "data/lib/utctime.h"

#define PEERS	60
#define ROUNDS	40	/* of the incident, 25 minutes each */
#define T0	(10 * DAY_MS)
#define OURS	0x0a0b0c0d

static struct member person[PEERS + 1];
static uint32_t of[PEERS + 1];
static struct deliverer peer[PEERS];
static struct incident flood;
static struct members everybody;
static struct self sensor;
static struct endpoint address;
static int64_t start;

/* Sixty relays that hand over one bogus source in fifty, each met in every other round. */
static int
calm(void **state)
{
	(void)state;
	memset(peer, 0, sizeof(peer));
	memset(person, 0, sizeof(person));
	for (uint32_t i = 1; i <= PEERS; i++) {
		of[i] = i;
		person[i].node = i;
		person[i].endpoint = endpoint_ipv4(0x3a000000 + i, 7743);
		person[i].now.sourced = 200;
		peer[i - 1] = (struct deliverer){ .node = i, .met = 20, .rounds = 7, .first_round = 103,
		    .last_round = 139, .bogus = 8, .all = 400, .full_bogus = 0, .full = 60, .first = 3 };
	}
	memset(&flood, 0, sizeof(flood));
	flood.is = (struct incident_facts){ .kind = INC_RANDOM_SOURCES, .id = 1, .rounds = ROUNDS,
	    .first_round = 100, .last_round = 139, .start_ms = T0, .end_ms = T0 + ROUNDS * 25 * MINUTE_MS,
	    .bogus = 800 };
	flood.deliverer.any = (struct array){ peer, PEERS, PEERS };
	everybody = (struct members){ .m.any = { person, PEERS + 1, PEERS + 1 }, .of = of,
	    .max_node = PEERS };
	memset(&sensor, 0, sizeof(sensor));
	return 0;
}

/* Peer 7 sends little else than the flood, fresh, in each round, and some of it no relay passes on. */
static struct deliverer *
inject(void)
{
	peer[6] = (struct deliverer){ .node = 7, .met = ROUNDS, .rounds = ROUNDS, .led = ROUNDS,
	    .first_round = 100, .last_round = 139, .bogus = 1900, .all = 2000, .full_bogus = 1800,
	    .full = 1800, .first = 500, .unrelayed = 12 };
	flood.is.led = ROUNDS;
	return &peer[6];
}

static struct attribution
judged(void)
{
	struct attribution b;

	attribute(&b, &flood, &everybody, &sensor);
	return b;
}

static void
not_labelled(const char *why)
{
	struct attribution b = judged();

	if (b.injector)
		fail_msg("labelled although %s", why);
	assert_string_equal(b.row[0].label, "delivered by");
}

static void
the_clear_case_is_labelled(void **state)
{
	struct attribution b;

	(void)state;
	inject();
	b = judged();
	assert_true(b.injector);
	assert_int_equal(b.row[0].peer, 7);
	assert_int_equal(b.row[0].rank, 1);
	assert_string_equal(b.row[0].label, "probable injector");
	assert_string_equal(b.row[1].label, "delivered by");
	assert_int_equal(b.agreeing, RANKINGS);
	assert_int_equal(b.roving, 0);
	assert_true(fabs(b.row[0].share - 0.95) < 1e-9 && b.row[0].ratio > 40);
}

/* All that a neighbour can make a genuine node hand over. */
static void
a_framed_node_is_first_but_not_labelled(void **state)
{
	struct deliverer *d;

	(void)state;
	d = inject();
	d->bogus = d->all = d->full_bogus = d->full = 5000;
	d->unrelayed = 0;
	not_labelled("it brought nothing but what a relay passes on");
	assert_int_equal(judged().row[0].peer, 7);
	assert_int_equal(judged().agreeing, RANKINGS);
	assert_int_equal(judged().roving, 0);
	person[7].now.sourced = 0;
	not_labelled("it offers no files, which is no crime");
	d->unrelayed = 2;
	not_labelled("two rounds are too few for what no relay passes on");
	d->unrelayed = 3;
	assert_true(judged().injector && judged().unrelayed == 3);
}

static void
where_others_relay_such_keys_they_prove_nothing(void **state)
{
	(void)state;
	inject();
	peer[20].unrelayed = 1;		/* of 13 */
	assert_true(judged().injector);
	peer[21].unrelayed = 1;
	not_labelled("there are programs that do pass them on");
}

static void
two_rounds_are_too_few(void **state)
{
	struct deliverer *d;

	(void)state;
	d = inject();
	d->rounds = d->met = 2;
	flood.is.rounds = 2;
	not_labelled("it was there in two rounds");
	assert_int_equal(judged().roving, UNKNOWN);
}

static void
a_link_of_an_hour_proves_nothing(void **state)
{
	(void)state;
	inject();
	flood.is.end_ms = flood.is.start_ms + 80 * MINUTE_MS;
	not_labelled("a neighbour of the injector stays one for an hour");
}

static void
a_neighbour_that_came_late_is_not_the_origin(void **state)
{
	(void)state;
	inject()->first_round = 125;
	not_labelled("the flood was there before it");
}

static void
a_neighbour_for_some_rounds_is_not_the_origin(void **state)
{
	(void)state;
	inject()->rounds = ROUNDS / 2;
	not_labelled("in every other round it delivered none");
}

static void
one_method_alone_is_not_enough(void **state)
{
	struct deliverer *d;

	(void)state;
	d = inject();
	d->full_bogus = 0;
	not_labelled("no timer is fresh");
}

static void
two_that_are_alike_are_both_spared(void **state)
{
	(void)state;
	inject();
	peer[7] = peer[6];
	peer[7].node = 8;
	not_labelled("another peer looks the same");
}

static void
a_popular_relay_is_no_injector(void **state)
{
	(void)state;
	/* Ten times the keys, and three times the share, for it is next to the injector. */
	peer[20].bogus = 240;
	peer[20].all = 4000;
	peer[20].full_bogus = 60;
	peer[20].met = peer[20].rounds = ROUNDS;
	peer[20].first = 90;
	not_labelled("it relays for everybody");
	assert_int_equal(judged().row[0].peer, 21);
}

static void
few_keys_outrank_nobody(void **state)
{
	(void)state;
	inject()->bogus = 900;		/* 45 %: it relays for others as well */
	peer[30] = (struct deliverer){ .node = 31, .met = 3, .rounds = 3, .first_round = 110,
	    .last_round = 112, .bogus = 3, .all = 3, .first = 1 };
	assert_int_equal(judged().row[0].peer, 7);
}

/* A neighbour of the injector may hand over nothing else, and older. */
static void
of_two_the_one_with_fresh_keys_is_first(void **state)
{
	(void)state;
	flood.is.rounds = 5;
	peer[6] = (struct deliverer){ .node = 7, .met = 5, .rounds = 4, .first_round = 101,
	    .last_round = 104, .bogus = 12, .all = 15, .full_bogus = 12, .full = 12, .first = 4 };
	peer[20] = (struct deliverer){ .node = 21, .met = 3, .rounds = 3, .first_round = 101,
	    .last_round = 104, .bogus = 8, .all = 8, .first = 6 };
	assert_int_equal(judged().row[0].peer, 7);
	assert_int_equal(judged().row[1].peer, 21);
	assert_int_equal(judged().agreeing, 2);		/* full timers and fan-out */
	peer[6].full_bogus = peer[6].full = 0;
	assert_int_equal(judged().row[0].peer, 21);
}

static void
a_roving_injector_is_told_from_one_nobody_met(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < ROUNDS; i++)
		peer[i] = (struct deliverer){ .node = i + 1, .met = 20, .rounds = 8, .led = 1,
		    .first_round = 100 + i, .last_round = 100 + i, .bogus = 25, .all = 400, .first = 20 };
	not_labelled("each round has another one");
	assert_int_equal(judged().roving, UNKNOWN);
	flood.is.led = ROUNDS;
	assert_int_equal(judged().roving, 1);
	/* One and the same stood out in each: it does not rove, though its share is below five times. */
	peer[0].led = ROUNDS;
	assert_int_equal(judged().roving, UNKNOWN);
	peer[0].rounds = ROUNDS;
	peer[0].met = ROUNDS;
	peer[0].bogus = 40;
	assert_int_equal(judged().roving, 0);
}

static void
it_may_be_us(void **state)
{
	struct attribution b;

	(void)state;
	inject();
	address = endpoint_ipv4(OURS, 0);
	sensor.address.any = (struct array){ &address, 1, 1 };
	assert_true(judged().injector && judged().self.sources == 0);
	/* Anybody can name us, and shields no one by it. */
	flood.is.own = 790;
	b = judged();
	assert_true(!b.self.suspect && b.injector && b.self.sources == 790.0 / 800);
	flood.is.own = 0;
	person[7].endpoint.ip = OURS;
	assert_string_equal(judged().row[0].label, delivered_name[DELIVERED_SELF]);
	assert_false(judged().injector);
}

static void
what_we_announced_and_our_start_are_compared(void **state)
{
	static uint16_t announced[90] = { 7743, 7744 };

	(void)state;
	inject();
	assert_true(isnan(judged().self.sent) && isnan(judged().self.start_h));
	sensor.announced.any = (struct array){ announced, 1, 1 };
	flood.is.own_ports = 790;
	assert_true(judged().injector && judged().self.sent == 0);
	sensor.announced.any = (struct array){ announced, 79, 79 };
	assert_true(judged().injector && judged().self.sent == 79.0 / 800);
	sensor.announced.any = (struct array){ announced, 90, 90 };
	not_labelled("we announced so many ports that this may be we");
	sensor.announced.any = (struct array){ NULL, 0, 0 };
	start = T0 - 10 * MINUTE_MS;
	sensor.start.any = (struct array){ &start, 1, 1 };
	not_labelled("it began when we were started");
	start = T0 - DAY_MS;
	assert_true(judged().injector && judged().self.start_h == 24);
	start = T0 + DAY_MS;	/* later starts say nothing */
	assert_true(judged().injector && isnan(judged().self.start_h));
}

static void
nobody_is_blamed_for_nothing(void **state)
{
	struct attribution b;

	(void)state;
	flood.deliverer.n = 0;
	b = judged();
	assert_true(b.n == 0 && !b.injector && b.roving == UNKNOWN && isnan(b.outlier));
	flood.deliverer.n = PEERS;
	for (size_t i = 0; i < PEERS; i++)
		peer[i].bogus = 0;
	assert_int_equal(judged().n, 0);
}

int
main(void)
{
#define CASE(f)	cmocka_unit_test_setup(f, calm)
	const struct CMUnitTest tests[] = {
		CASE(the_clear_case_is_labelled),
		CASE(a_framed_node_is_first_but_not_labelled),
		CASE(where_others_relay_such_keys_they_prove_nothing),
		CASE(two_rounds_are_too_few),
		CASE(a_link_of_an_hour_proves_nothing),
		CASE(a_neighbour_that_came_late_is_not_the_origin),
		CASE(a_neighbour_for_some_rounds_is_not_the_origin),
		CASE(one_method_alone_is_not_enough),
		CASE(two_that_are_alike_are_both_spared),
		CASE(a_popular_relay_is_no_injector),
		CASE(few_keys_outrank_nobody),
		CASE(of_two_the_one_with_fresh_keys_is_first),
		CASE(a_roving_injector_is_told_from_one_nobody_met),
		CASE(it_may_be_us),
		CASE(what_we_announced_and_our_start_are_compared),
		CASE(nobody_is_blamed_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
