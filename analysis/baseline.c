/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/baseline.h"

#include <math.h>
#include <string.h>

#define BASELINE_MAGIC	UINT32_C(0x6b620003)	/* changes with the layout */
#define DAY_ROUNDS	48
#define UNREACHED_WEIGHT 40.0	/* births that it is worth to know what all look like */

/* ---- what is supposed before anything was seen ---- */

const struct family_kind family_kind[FAM_N] = {
	[FAM_ADDRESS] = { 1, ADDRESS_CELLS, 20, 10, 0 },
	[FAM_PORT] = { 1, PORT_CELLS, 10, 10, 0 },
	[FAM_LIFE] = { AGES, LIFE_CELLS, 30, 10, 0 },
	[FAM_DIAL] = { DIAL_CONTEXTS, DIAL_CELLS, 20, 20, 0 },
	[FAM_CONTENT] = { SIGN_CONTEXTS, CONTENT_CELLS, 8, 8, RC_N },
	[FAM_TIMER] = { SIGN_CONTEXTS, TIMER_CELLS, 9, 9, RC_N },
	[FAM_HASH] = { SIGN_CONTEXTS, HASH_CELLS, 10, 8, RC_N },
};

static double
address_prior(unsigned cell, bool flood)
{
	static const double special[2][CELL_GAIN] = {
		{ 0.002, 0.002, 0.02, 0.004, 0.002 }, { 0.08, 0.03, 0.05, 0.02, 0.02 } };

	if (cell < CELL_GAIN)
		return special[flood][cell];
	if (cell < CELL_GAIN + 4)		/* likelier by a uniform draw */
		return flood ? 0.15 : 0.01;
	return flood ? 0.2 / 12 : 0.93 / 12;
}

static double
port_prior(unsigned cell, bool flood)
{
	double width = cell == 0 ? 1 : cell == 1 ? 1023 : cell == 2 ? 1024 : 2048;

	if (cell == PORT_CELLS - 1)
		return flood ? 0.01 : 0.1;
	return width / 65536 * (flood ? 0.99 : 0.9);
}

/* Whole lives: sessions that end with a chance of 7 % a round, and what floods are like. */
static void
whole_lives(double q[LIFE_CELLS], bool flood)
{
	static const double made_up[LIFE_CELLS] = { [LIFE_1] = 0.55, [LIFE_2] = 0.16,
	    [LIFE_2_GAPS] = 0.04, [LIFE_3] = 0.1, [LIFE_3_GAPS] = 0.02, [LIFE_4] = 0.05,
	    [LIFE_4_GAPS] = 0.01, [LIFE_8] = 0.04, [LIFE_8_GAPS] = 0.01, [LIFE_LONG] = 0.02 };

	memcpy(q, made_up, sizeof(made_up));
	if (flood)
		return;
	memset(q, 0, sizeof(made_up));
	for (unsigned n = 1; n <= 8; n++) {
		double p = 0.07 * pow(0.93, n - 1), gaps = n == 1 ? 0 : 0.3;

		q[life_cell_of(n, false)] += p * (1 - gaps);
		q[life_cell_of(n, true)] += p * gaps;
	}
	q[LIFE_LONG] = pow(0.93, 8);
}

/* What a whole life looks like when it is no older than this: gaps come late. */
static unsigned
young_cell(unsigned cell, unsigned age)
{
	static const struct { unsigned n; bool gaps; } whole[LIFE_CELLS] = {
		[LIFE_1] = { 1, false }, [LIFE_2] = { 2, false }, [LIFE_2_GAPS] = { 2, true },
		[LIFE_3] = { 3, false }, [LIFE_3_GAPS] = { 3, true }, [LIFE_4] = { 4, false },
		[LIFE_4_GAPS] = { 4, true }, [LIFE_8] = { 6, false }, [LIFE_8_GAPS] = { 6, true },
		[LIFE_LONG] = { 17, false },
	};

	if (age + 1 <= whole[cell].n)
		return life_cell_of(age + 1, false);
	return life_cell_of(whole[cell].n, whole[cell].gaps);
}

static double
life_prior(unsigned cell, unsigned age, bool flood)
{
	double q[LIFE_CELLS], p = 0;

	whole_lives(q, flood);
	for (unsigned c = 0; c < LIFE_CELLS; c++)
		p += young_cell(c, age) == cell ? q[c] : 0;
	return p;
}

static double
content_prior(unsigned cell, bool flood)
{
	static const double hashes[2][4] = { { 0.4, 0.2, 0.25, 0.15 }, { 0.75, 0.15, 0.07, 0.03 } };
	static const double relays[2][4] = { { 0.4, 0.2, 0.25, 0.15 }, { 0.5, 0.25, 0.2, 0.05 } };

	return hashes[flood][cell / 4] * relays[flood][cell % 4];
}

static double
prior(enum family f, unsigned context, unsigned cell, bool flood)
{
	static const double hash[2][HASH_CELLS] = {
		{ 0.12, 0.35, 0.08, 0.05, 0.2, 0.05, 0.15 }, { 0.5, 0.05, 0.15, 0.08, 0.02, 0.03, 0.17 } };
	static const double unreached[2] = { 0.45, 0.8 };	/* of the dialled, of others */

	switch (f) {
	case FAM_ADDRESS: return address_prior(cell, flood);
	case FAM_PORT: return port_prior(cell, flood);
	case FAM_LIFE: return life_prior(cell, context, flood);
	case FAM_DIAL: return cell == 0 ? unreached[context == NOT_DIALLED] : 1 - unreached[context == NOT_DIALLED];
	case FAM_CONTENT: return content_prior(cell, flood);
	case FAM_HASH: return hash[flood][cell];
	case FAM_TIMER: case FAM_N: break;
	}
	return 1.0 / family_kind[f].width;
}

/* ---- tables ---- */

/* To shares that add up to 1, none of them 0. */
void
table_shares(double *n, unsigned width)
{
	double sum = 0, all = 0;

	for (unsigned i = 0; i < width; i++)
		sum += n[i];
	for (unsigned i = 0; i < width; i++)
		all += n[i] = fmax(n[i] / sum, 1e-6);
	for (unsigned i = 0; i < width; i++)
		n[i] /= all;
}

/*
 * Counts to shares, with the prior's weight in each context.  Genuine nodes that
 * cannot be reached are supposed to be like all others until they were counted.
 */
void
table_normalise(struct table *t, enum family f, bool flood)
{
	const struct family_kind *k = &family_kind[f];
	double weight = flood ? k->flood_weight : k->genuine_weight;

	for (unsigned c = 0; c < k->contexts; c++) {
		bool special = !flood && k->unreached > 0 && c >= k->unreached;
		double *n = &t->n[c * k->width];
		const double *all = special ? n - k->unreached * k->width : n;

		for (unsigned i = 0; i < k->width; i++)
			n[i] += special ? UNREACHED_WEIGHT * all[i]
			    : weight * prior(f, c, i, flood);
		table_shares(n, k->width);
	}
}

/* ---- the baseline ---- */

void
baseline_init(struct baseline *b)
{
	memset(b, 0, sizeof(*b));
	b->magic = BASELINE_MAGIC;
	b->size = sizeof(*b);
}

static bool
table_is_sound(const struct table *t)
{
	for (size_t i = 0; i < CELLS_MAX; i++) {
		if (!(t->n[i] >= 0 && t->n[i] < 1e15))
			return false;
	}
	return true;
}

bool
baseline_is_sound(const struct baseline *b)
{
	if (b->magic != BASELINE_MAGIC || b->size != sizeof(*b) ||
	    !(b->births >= 0) || !(b->rounds >= 0) || !table_is_sound(&b->lasting))
		return false;
	for (int f = 0; f < FAM_N; f++) {
		if (!table_is_sound(&b->genuine[f]))
			return false;
	}
	return true;
}

bool
baseline_is_ripe(const struct baseline *b)
{
	return b->rounds >= DAY_ROUNDS && b->births >= 50;
}
