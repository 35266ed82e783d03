/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts of what evidence is made of: address space, density, lives, relays, floods dated. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/detect/baseline.h"
#include "analysis/detect/flood_hmm.h"
#include "analysis/detect/mixture_impl.h"
#include "data/lib/utctime.h"
#include "node/winny/fields.h"

#define NEAR(a, b, tolerance)	assert_true(fabs((a) - (b)) <= (tolerance))
#define IP(a, b, c, d)	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static void
impossible_shares_are_those_of_the_registries(void **state)
{
	struct address_space s;

	(void)state;
	assert_true(address_space_load(&s, winny_fields.unrelayed));
	NEAR(address_space_impossible(&s, utctime_from_civil(2026, 1, 1, 0, 0, 0, 0)), 0.13800079, 1e-8);
	NEAR(address_space_impossible(&s, utctime_from_civil(2009, 5, 12, 0, 0, 0, 0)), 0.2542, 5e-5);
	NEAR(address_space_impossible(&s, utctime_from_civil(2010, 7, 1, 0, 0, 0, 0)), 0.1995, 5e-5);
}

static void
an_address_is_judged_by_its_date(void **state)
{
	int64_t then = utctime_from_civil(2009, 5, 12, 0, 0, 0, 0), now = utctime_from_civil(2026, 1, 1, 0, 0, 0, 0);
	struct address_space s;

	(void)state;
	assert_true(address_space_load(&s, winny_fields.unrelayed));
	assert_int_equal(address_space_class(&s, IP(1, 1, 1, 1), then), ADDRESS_UNALLOCATED);
	assert_int_equal(address_space_class(&s, IP(1, 1, 1, 1), now), ADDRESS_ORDINARY);
	assert_int_equal(address_space_class(&s, IP(10, 1, 2, 3), then), ADDRESS_SPECIAL);
	assert_int_equal(address_space_class(&s, IP(100, 64, 0, 1), now), ADDRESS_SPECIAL);
	assert_int_equal(address_space_class(&s, IP(100, 128, 0, 1), now), ADDRESS_ORDINARY);
	assert_false(address_space_relayed(&s, IP(127, 0, 0, 1)) || address_space_relayed(&s, IP(127, 255, 255, 255)));
	assert_false(address_space_relayed(&s, IP(192, 0, 0, 0)) || address_space_relayed(&s, IP(192, 255, 255, 255)));
	assert_true(address_space_relayed(&s, IP(10, 1, 2, 3)) && address_space_relayed(&s, IP(191, 255, 255, 255)));
	assert_true(address_space_relayed(&s, IP(128, 0, 0, 0)) && address_space_relayed(&s, IP(193, 0, 0, 0)));
	assert_int_equal(address_space_class(&s, IP(255, 255, 255, 255), now), ADDRESS_SPECIAL);
}

/* An overlay that says nothing of it has no such blocks. */
static void
without_a_table_every_address_is_relayed(void **state)
{
	struct address_space s;

	(void)state;
	assert_true(address_space_load(&s, NULL));
	assert_true(address_space_relayed(&s, IP(127, 0, 0, 1)) && address_space_relayed(&s, IP(192, 0, 0, 0)));
	assert_int_equal(address_space_class(&s, IP(10, 1, 2, 3), 0), ADDRESS_SPECIAL);
}

static void
address_density_knows_its_networks_and_nothing_else(void **state)
{
	struct address_density d = { 0 };
	double inside;

	(void)state;
	address_density_clear(&d);
	address_density_fit(&d);		/* of nobody */
	assert_true(isfinite(address_density_gain(&d, IP(1, 2, 3, 4))));
	for (uint32_t i = 0; i < 2000; i++)
		assert_int_equal(address_density_add(&d, IP(61, 7 + i % 4, i * 37 % 256, i * 11 % 256)), 0);
	address_density_fit(&d);
	NEAR(d.weight[0] + d.weight[1] + d.weight[2] + d.weight[3], 1, 1e-5);
	inside = address_density_gain(&d, IP(61, 8, 200, 200));
	assert_true(inside > 10 && inside < 18);	/* four /16s of 65,536: 14 bits */
	assert_true(address_density_gain(&d, IP(200, 1, 1, 1)) < -5);
	assert_true(address_density_has_slash16(&d, IP(61, 8, 0, 0)) && !address_density_has_slash16(&d, IP(61, 99, 0, 0)));
	address_density_free(&d);
}

/* An address that is alone in its network does not speak for itself. */
static void
an_address_is_foretold_by_the_others(void **state)
{
	struct address_density d = { 0 };

	(void)state;
	address_density_clear(&d);
	for (uint32_t i = 0; i < 500; i++)
		address_density_add(&d, IP(61, 7, i % 256, i * 11 % 256));
	address_density_add(&d, IP(99, 1, 2, 3));
	address_density_fit(&d);
	assert_true(address_density_gain(&d, IP(99, 1, 2, 3)) < 0);
	assert_false(address_density_has_slash16(&d, IP(99, 1, 2, 3)));
	address_density_free(&d);
}

static void
lives_are_told_apart_by_length_and_gaps(void **state)
{
	(void)state;
	assert_int_equal(life_cell(1, false, 16), LIFE_1);
	assert_int_equal(life_cell(7, false, 16), LIFE_3);
	assert_int_equal(life_cell(0xb, false, 16), LIFE_3_GAPS);
	assert_int_equal(life_cell(0xb, false, 1), LIFE_2);	/* as it looked after one more round */
	assert_int_equal(life_cell(0xb, false, 0), LIFE_1);
	assert_int_equal(life_cell(0xffff, false, 16), LIFE_LONG);
	assert_int_equal(life_cell(1, true, 16), LIFE_LONG);
	assert_int_equal(life_cell(0xff, false, 16), LIFE_8);
	assert_int_equal(life_cell(0x1fe01, false, 15), LIFE_LONG);
}

static void
shares_add_up_in_every_context(void **state)
{
	(void)state;
	for (int f = 0; f < FAM_N; f++) {
		for (int flood = 0; flood < 2; flood++) {
			struct table t = { { 0 } };

			table_normalise(&t, f, flood);
			for (unsigned c = 0; c < family_kind[f].contexts; c++) {
				double sum = 0;

				for (unsigned i = 0; i < family_kind[f].width; i++) {
					assert_true(t.n[c * family_kind[f].width + i] > 0);
					sum += t.n[c * family_kind[f].width + i];
				}
				NEAR(sum, 1, 1e-9);
			}
		}
	}
}

static void
the_unreached_are_like_all_until_they_were_counted(void **state)
{
	static struct table none, few, made_up;
	unsigned w = family_kind[FAM_TIMER].width, from = RC_N * w;

	(void)state;
	none.n[3] = 1000;
	few = made_up = none;
	few.n[from + 5] = 1000;
	table_normalise(&none, FAM_TIMER, false);
	table_normalise(&few, FAM_TIMER, false);
	table_normalise(&made_up, FAM_TIMER, true);
	for (unsigned i = 0; i < w; i++)
		NEAR(none.n[from + i], none.n[i], 1e-9);
	assert_true(few.n[from + 5] > 0.95 && few.n[5] < 0.01 && few.n[3] > 0.95);
	assert_true(made_up.n[3] > 0.95 && made_up.n[from + 3] < 0.1);	/* it was counted in one */
}

static void
what_a_dial_did_not_reach_is_a_kind_of_its_own(void **state)
{
	struct newcomer x = { .dial = NOT_DIALLED };

	(void)state;
	assert_false(newcomer_is_unreached(&x));	/* nobody tried */
	x.dial = 1;
	x.cell[FAM_DIAL] = 1;
	assert_false(newcomer_is_unreached(&x));
	x.cell[FAM_DIAL] = 0;
	assert_true(newcomer_is_unreached(&x));
}

static void
names_without_anything_in_common_say_nothing(void **state)
{
	struct split_share t[200];
	double total[2] = { 100, 100 }, weight;

	(void)state;
	for (int i = 0; i < 200; i++)	/* each half by peers of its own */
		t[i] = (struct split_share){ 1 / 200.0, { i < 100, i >= 100 } };
	weight = split_share_weight(t, 200, total);
	NEAR(split_share_llr(&t[0], total, 0, weight), 0, 0.01);
	NEAR(split_share_llr(&t[150], total, 0, weight), 0, 0.01);
}

static void
a_name_behind_half_of_them_is_believed(void **state)
{
	struct split_share t[200];
	double total[2] = { 100, 100 }, weight;

	(void)state;
	for (int i = 0; i < 200; i++)
		t[i] = (struct split_share){ 1 / 200.0, { 50 / 199.0, 50 / 199.0 } };
	t[7].seen[0] = t[7].seen[1] = 50;
	weight = split_share_weight(t, 200, total);
	assert_true(split_share_llr(&t[7], total, 0, weight) > 3.5);	/* log(0.5 * 200) = 4.6 */
	assert_true(split_share_llr(&t[8], total, 0, weight) < 0);
	NEAR(split_share_weight(NULL, 0, (double[]){ 0, 0 }), 1e6, 0);
}

static void
a_flood_begins_and_ends_where_the_signs_do(void **state)
{
	static const double loud[4] = { 5, 5, 5, 5 };
	struct flood_hmm_round r[40];
	unsigned level[40];

	(void)state;
	for (size_t i = 0; i < 40; i++)
		r[i] = (struct flood_hmm_round){ .llr = loud, .n = i >= 10 && i < 25 ? 4 : 0, .others = 50,
		    .mean_ratio = 0.01, .genuine = 50, .usable = i != 17 };
	assert_int_equal(flood_hmm_path(level, r, 40, 0), 0);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(level[i] > 0, i >= 10 && i < 25);	/* a gap is no end */
	assert_true(flood_hmm_rate(level[12]) >= 2 && flood_hmm_rate(level[12]) <= 8);
	assert_true(flood_hmm_gain(r + 10, 15, level[12]) > 70);	/* 14 rounds of 6.2 nats */
	assert_int_equal(flood_hmm_path(level, r, 0, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impossible_shares_are_those_of_the_registries),
		cmocka_unit_test(an_address_is_judged_by_its_date),
		cmocka_unit_test(without_a_table_every_address_is_relayed),
		cmocka_unit_test(address_density_knows_its_networks_and_nothing_else),
		cmocka_unit_test(an_address_is_foretold_by_the_others),
		cmocka_unit_test(lives_are_told_apart_by_length_and_gaps),
		cmocka_unit_test(shares_add_up_in_every_context),
		cmocka_unit_test(the_unreached_are_like_all_until_they_were_counted),
		cmocka_unit_test(what_a_dial_did_not_reach_is_a_kind_of_its_own),
		cmocka_unit_test(names_without_anything_in_common_say_nothing),
		cmocka_unit_test(a_name_behind_half_of_them_is_believed),
		cmocka_unit_test(a_flood_begins_and_ends_where_the_signs_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
