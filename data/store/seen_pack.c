/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/seen_pack.h"

#include <stdlib.h>
#include <string.h>

#include "data/store/store_impl.h"

#define PART_BYTES	(1u << 20)	/* a part is cut when it has so many */
#define NODE_BYTES_MAX	(10 + 2 + PACK_ROUNDS * 4)	/* of one node */

/* ---- packing ------------------------------------------------------------------------ */

/* One seen row: node << 11 | place << 5 | bits, so that sorting groups nodes. */
struct packing {
	struct store	*s;
	uint64_t	*row;
	size_t		 n, room;
	unsigned	 place;
	uint32_t	 round;
	int64_t		 pack, part;
	uint8_t		*out;
	size_t		 len;
	uint64_t	 before;	/* the node before in this part */
};

static int
take_row(sqlite3_stmt *st, void *arg)
{
	struct packing *p = arg;
	int64_t node = sqlite3_column_int64(st, 0), bits = sqlite3_column_int64(st, 1);
	uint64_t *more;

	if (node < 1 || node > UINT32_MAX || bits < 0 || bits > 31)
		return store_fail(p->s, "round %u has a seen row that kansoku never writes", p->round);
	if (p->n == p->room) {
		p->room = p->room == 0 ? 1 << 16 : p->room * 2;
		if ((more = reallocarray(p->row, p->room, sizeof(*more))) == NULL)
			return store_fail(p->s, "out of memory");
		p->row = more;
	}
	p->row[p->n++] = (uint64_t)node << 11 | p->place << 5 | (uint64_t)bits;
	return 0;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
put(struct packing *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		p->out[p->len++] = (uint8_t)(v | 0x80);
	p->out[p->len++] = (uint8_t)v;
}

/* The rows from i on that make one run; the number of them. */
static size_t
run_at(const uint64_t *row, size_t n)
{
	size_t k = 1;

	/* The next place with the same bits: 32 more. */
	while (k < n && row[k] == row[0] + 32 * k && row[k] >> 11 == row[0] >> 11)
		k++;
	return k;
}

/* All n rows of one node. */
static void
put_node(struct packing *p, const uint64_t *row, size_t n)
{
	uint64_t node = row[0] >> 11, place = 0, runs = 0;

	for (size_t i = 0; i < n; i += run_at(row + i, n - i))
		runs++;
	put(p, node - p->before);
	put(p, runs);
	p->before = node;
	for (size_t i = 0, k; i < n; i += k) {
		k = run_at(row + i, n - i);
		put(p, (row[i] >> 5 & 63) - place);
		put(p, k << 5 | (row[i] & 31));
		place = (row[i] >> 5 & 63) + k;
	}
}

static int
end_part(struct packing *p)
{
	struct text bytes = { p->out, p->len };

	p->len = 0;
	p->before = 0;
	return query_do(p->s, Q_PACK_ADD, "iib", p->pack, p->part++, bytes);
}

static int
put_rows(struct packing *p)
{
	for (size_t i = 0, n; i < p->n; i += n) {
		for (n = 1; i + n < p->n && p->row[i + n] >> 11 == p->row[i] >> 11;)
			n++;
		put_node(p, p->row + i, n);
		if (p->len >= PART_BYTES && end_part(p) != 0)
			return -1;
	}
	return p->len > 0 ? end_part(p) : 0;
}

static int
pack_rounds(struct packing *p, const uint32_t *rounds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sqlite3_stmt *st = statement_walk(p->s, Q_SEEN);

		if (st == NULL)
			return -1;
		p->place = (unsigned)i;
		p->round = rounds[i];
		sqlite3_bind_int64(st, 1, scoped_key(p->s, p->round));
		if (statement_each(p->s, st, take_row, p) != 0)
			return -1;
	}
	if (p->n > 0)
		qsort(p->row, p->n, sizeof(*p->row), by_value);
	if (put_rows(p) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (query_do(p->s, Q_AGED_PACKED, "iii", scoped_key(p->s, rounds[i]), p->pack, (int64_t)i) != 0 ||
		    query_do(p->s, Q_SEEN_CLEAR, "i", scoped_key(p->s, rounds[i])) != 0)
			return -1;
	}
	return 0;
}

int
seen_pack(struct store *s, const uint32_t *rounds, size_t n)
{
	struct packing p = { .s = s, .pack = scoped_key(s, rounds[0]),
		.out = malloc(PART_BYTES + NODE_BYTES_MAX) };
	int bad = p.out == NULL ? store_fail(s, "out of memory") : pack_rounds(&p, rounds, n);

	free(p.row);
	free(p.out);
	return bad;
}

/* ---- reading, from a file that may not be ours ------------------------------------------ */

struct unpacking {
	struct store	*s;
	int64_t		 pack;
	uint64_t	 place;
	int		(*fn)(int64_t node, int bits, void *);
	void		*arg;
	uint64_t	 last;		/* node given, so that they ascend */
};

static bool
get(struct text *t, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; t->len > 0 && shift < 42; shift += 7) {
		uint8_t b = *t->p++;

		t->len--;
		*v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return true;
	}
	return false;
}

/* The runs of one node: its bits at the place that is wanted, 0 if it was not seen, -1. */
static int
get_runs(struct text *t, uint64_t wanted)
{
	uint64_t runs, gap, run, place = 0;
	int bits = 0;

	if (!get(t, &runs) || runs == 0 || runs > PACK_ROUNDS)
		return -1;
	for (; runs > 0; runs--) {
		if (!get(t, &gap) || !get(t, &run) || gap >= PACK_ROUNDS || run >> 5 == 0 ||
		    run >> 5 > PACK_ROUNDS || place + gap + (run >> 5) > PACK_ROUNDS)
			return -1;
		place += gap;
		if (wanted >= place && wanted - place < run >> 5)
			bits = (int)(run & 31);
		place += run >> 5;
	}
	return bits;
}

static int
damaged(const struct unpacking *u)
{
	return store_fail(u->s, "is damaged: pack %lld of seen rows", (long long)u->pack);
}

static int
unpack_part(sqlite3_stmt *st, void *arg)
{
	struct unpacking *u = arg;
	struct text t = column_blob(st, 0);
	uint64_t node = 0, step;
	int bits, stop;

	while (t.len > 0) {
		if (!get(&t, &step) || (bits = get_runs(&t, u->place)) == -1)
			return damaged(u);
		node += step;
		if (node <= u->last || node > UINT32_MAX)
			return damaged(u);
		u->last = node;
		if (bits != 0 && (stop = u->fn((int64_t)node, bits, u->arg)) != 0)
			return stop;
	}
	return 0;
}

int
seen_unpack(struct store *s, int64_t pack, int place, int (*fn)(int64_t node, int bits, void *),
    void *arg)
{
	struct unpacking u = { .s = s, .pack = pack, .place = (uint64_t)place, .fn = fn, .arg = arg };
	sqlite3_stmt *st = statement_walk(s, Q_PACK_PARTS);

	if (place < 0 || place >= PACK_ROUNDS)
		return damaged(&u);
	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, pack);
	return statement_each(s, st, unpack_part, &u);
}
