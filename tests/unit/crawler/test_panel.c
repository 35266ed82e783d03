/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bounds.h"
#include "crawler/panel.h"
#include "data/lib/utctime.h"

#define T0	INT64_C(1790000000000)

static const uint8_t key[PANEL_KEY] = { 7 };

/* Node i: each in a /16 of its own. */
static struct endpoint
node(uint32_t i)
{
	return endpoint_ipv4(UINT32_C(44) << 24 | i << 16 | 1, 8333);
}

static struct panel *
panel_of(size_t target, uint32_t candidates)
{
	struct panel *p = panel_new(target, key);

	assert_non_null(p);
	for (uint32_t i = 0; i < candidates; i++)
		assert_int_equal(panel_candidate(p, node(i), T0), 0);
	return p;
}

/* Dials all that it wants, a second apart from `now` on; returns how many, in order in `got`. */
static size_t
fill(struct panel *p, int64_t now, struct endpoint *got, size_t room)
{
	size_t n = 0;

	for (struct endpoint e; panel_next(p, now, &e); now += LIMIT_HOLD_EVERY_MS) {
		assert_true(n < room);
		assert_true(panel_holds(p, e));
		panel_up(p, e, now);
		got[n++] = e;
	}
	return n;
}

static void
the_same_key_chooses_the_same_nodes(void **state)
{
	static const uint8_t other[PANEL_KEY] = { 8 };
	struct endpoint first[16], second[16], third[16];
	struct panel *a = panel_of(16, 200), *b = panel_new(16, key), *c = panel_new(16, other);
	size_t same = 0;

	(void)state;
	for (uint32_t i = 200; i-- > 0;) {	/* in whatever order they are heard of */
		assert_int_equal(panel_candidate(b, node(i), T0), 0);
		assert_int_equal(panel_candidate(c, node(i), T0), 0);
	}
	assert_int_equal(fill(a, T0, first, 16), 16);
	assert_int_equal(fill(b, T0, second, 16), 16);
	assert_int_equal(fill(c, T0, third, 16), 16);
	assert_int_equal(panel_held(a), 16);
	for (int i = 0; i < 16; i++) {
		assert_int_equal(endpoint_compare(first[i], second[i]), 0);
		same += endpoint_compare(first[i], third[i]) == 0;
	}
	assert_true(same < 8);
	panel_free(a);
	panel_free(b);
	panel_free(c);
}

static void
a_dial_a_second_and_no_more_than_wanted(void **state)
{
	struct panel *p = panel_of(2, 5);
	struct endpoint e;

	(void)state;
	assert_true(panel_next(p, T0, &e));
	assert_false(panel_next(p, T0 + LIMIT_HOLD_EVERY_MS - 1, &e));
	assert_true(panel_next(p, T0 + LIMIT_HOLD_EVERY_MS, &e));
	assert_false(panel_next(p, T0 + 10 * LIMIT_HOLD_EVERY_MS, &e));
	assert_int_equal(panel_held(p), 0);
	panel_up(p, e, T0);
	assert_int_equal(panel_held(p), 1);
	panel_free(p);
}

static void
who_ended_a_link_is_left_alone_for_a_day(void **state)
{
	struct panel *p = panel_of(1, 1);
	struct endpoint e;

	(void)state;
	assert_true(panel_next(p, T0, &e));
	panel_up(p, e, T0);
	panel_lost(p, e, T0 + 5000, true);
	assert_false(panel_holds(p, e));
	assert_int_equal(panel_candidate(p, e, T0 + DAY_MS), 0);	/* it answers, all the same */
	assert_false(panel_next(p, T0 + 5000 + DAY_MS - 1, &e));
	assert_true(panel_next(p, T0 + 5000 + DAY_MS + LIMIT_HOLD_EVERY_MS, &e));
	/* One that we ended, or never had, may have its place again. */
	panel_lost(p, e, T0 + 2 * DAY_MS - 5000, false);
	assert_true(panel_next(p, T0 + 2 * DAY_MS - 3000, &e));
	panel_free(p);
}

static void
a_rest_is_known_from_before(void **state)
{
	struct panel *p = panel_of(1, 1);
	struct endpoint e;

	(void)state;
	assert_int_equal(panel_rest(p, node(0), T0 - 1000), 0);
	assert_false(panel_next(p, T0, &e));
	panel_free(p);
}

static void
who_did_not_answer_for_a_day_is_no_candidate(void **state)
{
	struct panel *p = panel_of(1, 1);
	struct endpoint e;

	(void)state;
	assert_false(panel_next(p, T0 + DAY_MS, &e));
	panel_free(p);
}

static void
few_in_a_network_and_one_to_a_node(void **state)
{
	struct panel *p = panel_new(50, key);
	struct endpoint got[50];

	(void)state;
	for (uint32_t i = 0; i < 20; i++)	/* one /16, and three ports of one address in another */
		assert_int_equal(panel_candidate(p, endpoint_ipv4(0x2c010000 + i, 8333), T0), 0);
	for (uint16_t i = 0; i < 3; i++)
		assert_int_equal(panel_candidate(p, endpoint_ipv4(0x2c020001, (uint16_t)(8333 + i)), T0), 0);
	assert_int_equal(fill(p, T0, got, 50), LIMIT_HELD_NETWORK + 1);
	panel_free(p);
	/* A lab on loopback is one network. */
	p = panel_new(50, key);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(panel_candidate(p, endpoint_ipv4(0x7f000001 + i, 8333), T0), 0);
	assert_int_equal(fill(p, T0, got, 50), 20);
	panel_free(p);
}

static void
exposure_is_told_once(void **state)
{
	struct panel *p = panel_of(1, 1);
	struct endpoint e;

	(void)state;
	assert_true(panel_next(p, T0, &e));
	assert_int_equal(panel_exposure(p, e, T0 + 100), 0);	/* not up yet */
	panel_up(p, e, T0 + 100);
	panel_up(p, e, T0 + 900);				/* once is enough */
	assert_int_equal(panel_exposure(p, e, T0 + 1100), 1000);
	assert_int_equal(panel_exposure(p, e, T0 + 1100), 0);
	assert_int_equal(panel_exposure(p, e, T0 + 1600), 500);
	panel_lost(p, e, T0 + 2000, true);
	assert_int_equal(panel_exposure(p, e, T0 + 3000), 0);
	assert_int_equal(panel_exposure(p, node(9), T0), 0);
	panel_up(p, node(9), T0);				/* nobody's place */
	panel_lost(p, node(9), T0, true);
	assert_int_equal(panel_held(p), 0);
	panel_free(p);
}

static void
it_forgets_to_make_room(void **state)
{
	struct panel *p = panel_new(1, key);
	struct endpoint e;

	(void)state;
	for (uint32_t i = 0; i < LIMIT_PANEL; i++)
		assert_int_equal(panel_candidate(p, endpoint_ipv4(0x10000000 + i, 1), T0), 0);
	/* Full of such as still count: one more is passed over. */
	assert_int_equal(panel_candidate(p, node(1), T0), 0);
	assert_int_equal(panel_rest(p, node(2), T0), 0);
	assert_false(panel_holds(p, node(1)));
	/* A day later they make room. */
	assert_int_equal(panel_candidate(p, node(1), T0 + DAY_MS), 0);
	assert_true(panel_next(p, T0 + DAY_MS, &e));
	assert_int_equal(endpoint_compare(e, node(1)), 0);
	panel_free(p);
	panel_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_key_chooses_the_same_nodes),
		cmocka_unit_test(a_dial_a_second_and_no_more_than_wanted),
		cmocka_unit_test(who_ended_a_link_is_left_alone_for_a_day),
		cmocka_unit_test(a_rest_is_known_from_before),
		cmocka_unit_test(who_did_not_answer_for_a_day_is_no_candidate),
		cmocka_unit_test(few_in_a_network_and_one_to_a_node),
		cmocka_unit_test(exposure_is_told_once),
		cmocka_unit_test(it_forgets_to_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
