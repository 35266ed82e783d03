/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/baseline.h"

#include <math.h>
#include <string.h>

#define BASELINE_VERSION 5	/* changes with the families, their cells, and the layout */
#define DAY_ROUNDS	48
#define UNREACHED_WEIGHT 40.0	/* newcomers that it is worth to know what all look like */

/* ---- what is supposed before anything was seen ---- */

const struct family_kind family_kind[FAM_N] = {
	[FAM_ADDRESS] = { 1, ADDRESS_CELLS, 20, 10, 0, false },
	[FAM_PORT] = { 1, PORT_CELLS, 10, 10, 0, false },
	[FAM_LIFE] = { AGES, LIFE_CELLS, 30, 10, 0, true },
	[FAM_DIAL] = { DIAL_CONTEXTS, DIAL_CELLS, 20, 20, 0, false },
	[FAM_CONTENT] = { SIGN_CONTEXTS, CONTENT_CELLS, 8, 8, RC_N, false },
	[FAM_TIMER] = { SIGN_CONTEXTS, TIMER_CELLS, 9, 9, RC_N, false },
	[FAM_HASH] = { SIGN_CONTEXTS, HASH_CELLS, 10, 8, RC_N, false },
	[FAM_MOVED] = { MOVED_CONTEXTS, MOVED_CELLS, 10, 10, 0, true },
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

/*
 * Lives: sessions that end with some chance in each round, seen in some of their rounds.
 * Genuine ones have no usual length: many last for minutes and some for days (log-normal
 * with sigma 1.3 to 1.8 in 18 file-sharing traces: B. Zhang, A. Iosup and D. Epema, PDS
 * report 2010-003).  Those of floods are named once or twice.
 */
struct lives { double share, ends; };
#define LIVES_N		3
static const struct lives usual_lives[2][LIVES_N] = {
	{ { 0.3, 0.6 }, { 0.4, 0.15 }, { 0.3, 0.03 } },
	{ { 0.87, 0.6 }, { 0.1, 0.4 }, { 0.03, 0.05 } } };
static const double usual_sight[] = { 0.5, 0.75, 0.95 };	/* shares of rounds, alike likely */
#define SIGHTS		(sizeof(usual_sight) / sizeof(usual_sight[0]))

/* A life so far: rounds seen, and whether one was missed: never, since the last, in between. */
enum missed { MISSED_NONE, MISSED_SINCE, MISSED_BETWEEN, MISSED_N };
#define SEEN_MAX	9
struct lived { double on[SEEN_MAX + 1][MISSED_N], over[SEEN_MAX + 1][MISSED_N]; };

static void
live_on(struct lived *l, double ends, double sight)
{
	struct lived next = { 0 };

	memcpy(next.over, l->over, sizeof(next.over));
	for (unsigned n = 1; n <= SEEN_MAX; n++) {
		for (unsigned m = 0; m < MISSED_N; m++) {
			double on = l->on[n][m] * (1 - ends);
			unsigned more = n < SEEN_MAX ? n + 1 : n;

			next.over[n][m] += l->on[n][m] * ends;
			next.on[more][m == MISSED_NONE ? m : MISSED_BETWEEN] += on * sight;
			next.on[n][m == MISSED_NONE ? MISSED_SINCE : m] += on * (1 - sight);
		}
	}
	*l = next;
}

/* Adds how lives of one kind look at each age; at the last one it is known who is there yet. */
static void
add_lives(struct table *t, const struct lived *l, unsigned age, double weight)
{
	for (unsigned n = 1; n <= SEEN_MAX; n++) {
		for (unsigned m = 0; m < MISSED_N; m++) {
			uint8_t cell = life_cell_of(n, m == MISSED_BETWEEN);

			t->n[age * LIFE_CELLS + cell] += weight * l->over[n][m];
			cell = age == AGES - 1 ? LIFE_LONG : cell;
			t->n[age * LIFE_CELLS + cell] += weight * l->on[n][m];
		}
	}
}

static void
add_life_prior(struct table *t, double weight, bool flood)
{
	for (unsigned k = 0; k < LIVES_N; k++) {
		const struct lives *kind = &usual_lives[flood][k];

		for (unsigned s = 0; s < SIGHTS; s++) {
			struct lived l = { .on = { [1] = { 1 } } };

			for (unsigned age = 0; age < AGES; age++) {
				add_lives(t, &l, age, weight * kind->share / SIGHTS);
				live_on(&l, kind->ends, usual_sight[s]);
			}
		}
	}
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
		{ 0.12, 0.35, 0.08, 0.05, 0.2, 0.05, 0.15 },
		{ 0.5, 0.05, 0.15, 0.08, 0.02, 0.03, 0.17 } };
	static const double moved[2][2][MOVED_CELLS] = {	/* odd ports, popular ones */
		{ { 0.8, 0.1, 0.1 }, { 0.05, 0.75, 0.2 } },
		{ { 0.9, 0.08, 0.02 }, { 0.05, 0.85, 0.1 } } };
	static const double unreached[2] = { 0.45, 0.8 };	/* of the dialled, of others */

	switch (f) {
	case FAM_ADDRESS: return address_prior(cell, flood);
	case FAM_PORT: return port_prior(cell, flood);
	case FAM_DIAL: return cell == 0 ? unreached[context == NOT_DIALLED]
	    : 1 - unreached[context == NOT_DIALLED];
	case FAM_CONTENT: return content_prior(cell, flood);
	case FAM_HASH: return hash[flood][cell];
	case FAM_MOVED: return moved[flood][context & 1][cell];
	case FAM_LIFE: case FAM_TIMER: case FAM_N: break;
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

	if (f == FAM_LIFE)
		add_life_prior(t, weight, flood);
	for (unsigned c = 0; c < k->contexts; c++) {
		bool special = !flood && k->unreached > 0 && c >= k->unreached;
		double *n = &t->n[c * k->width];
		const double *all = special ? n - k->unreached * k->width : n;

		for (unsigned i = 0; i < k->width && f != FAM_LIFE; i++)
			n[i] += special ? UNREACHED_WEIGHT * all[i]
			    : weight * prior(f, c, i, flood);
		table_shares(n, k->width);
	}
}

/* ---- the baseline ---- */

static void
pack_table(struct pack *p, struct table *t, enum family f)
{
	for (unsigned i = 0; i < family_kind[f].contexts * family_kind[f].width; i++)
		pack_f64(p, &t->n[i]);
}

void
baseline_pack(struct pack *p, struct baseline *b)
{
	pack_version(p, BASELINE_VERSION);
	pack_i64(p, &b->from_ms);
	pack_i64(p, &b->to_ms);
	pack_f64(p, &b->newcomers);
	pack_f64(p, &b->rounds);
	for (int f = 0; f < FAM_N; f++)
		pack_table(p, &b->genuine[f], f);
	pack_table(p, &b->lasting, FAM_LIFE);
	if (p->reading && !baseline_is_sound(b))
		pack_fail(p);
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
	if (!(b->newcomers >= 0) || !(b->rounds >= 0) || !table_is_sound(&b->lasting))
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
	return b->rounds >= DAY_ROUNDS && b->newcomers >= 50;
}
