/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/seen.h"

#include <stdlib.h>
#include <string.h>

#include "data/store/rows.h"

#define FIRST_ROOM	4096

void
seen_start(struct seen *seen, bool whole)
{
	for (size_t i = 0; i < seen->n; i++)
		seen->bits[seen->node[i]] = 0;
	seen->n = 0;
	seen->whole = whole;
}

void
seen_free(struct seen *seen)
{
	free(seen->bits);
	free(seen->node);
	memset(seen, 0, sizeof(*seen));
}

static int
grow_bits(struct seen *seen, uint32_t node)
{
	size_t room = seen->room == 0 ? FIRST_ROOM : seen->room;
	uint8_t *bits;

	while (room <= node)
		room *= 2;
	if ((bits = realloc(seen->bits, room)) == NULL)
		return -1;
	memset(bits + seen->room, 0, room - seen->room);
	seen->bits = bits;
	seen->room = room;
	return 0;
}

static int
grow_nodes(struct seen *seen)
{
	size_t room = seen->node_room == 0 ? FIRST_ROOM : seen->node_room * 2;
	uint32_t *node = realloc(seen->node, room * sizeof(*node));

	if (node == NULL)
		return -1;
	seen->node = node;
	seen->node_room = room;
	return 0;
}

void
seen_mark(struct seen *seen, uint32_t node, uint8_t bit)
{
	if (!seen->whole)
		return;
	if ((node >= seen->room && grow_bits(seen, node) != 0) ||
	    (seen->n == seen->node_room && grow_nodes(seen) != 0)) {
		seen->whole = false;
		return;
	}
	if (seen->bits[node] == 0)
		seen->node[seen->n++] = node;
	seen->bits[node] |= bit;
}

/* ---- from the rows ---- */

struct gathering {
	struct store	*s;
	struct seen	*seen;
	uint8_t		 bit;
};

static int
mark_row(sqlite3_stmt *st, void *arg)
{
	struct gathering *g = arg;

	seen_mark(g->seen, (uint32_t)sqlite3_column_int64(st, 0), g->bit);
	return 0;
}

static int
mark_contact(sqlite3_stmt *st, void *arg)
{
	struct gathering *g = arg;

	seen_mark(g->seen, (uint32_t)sqlite3_column_int64(st, 0),
	    sqlite3_column_int(st, 1) ? SEEN_INBOUND : SEEN_CONTACTED);
	return 0;
}

static int
mark_via(sqlite3_stmt *st, void *arg)
{
	struct gathering *g = arg;
	struct text via = column_blob(st, 0);
	struct endpoint e;
	int64_t id;

	while (rows_via_next(&via, &e)) {
		if (rows_node_id(g->s, e, &id) != 0)
			return -1;
		seen_mark(g->seen, (uint32_t)id, g->bit);
	}
	return 0;
}

static int
gather(struct store *s, struct seen *seen, uint32_t round)
{
	static const struct {
		enum query	q;
		uint8_t		bit;
		int		(*mark)(sqlite3_stmt *, void *);
	} source[] = {
		{ Q_HEARD_KEY, SEEN_KEY, mark_row },
		{ Q_HEARD_NEIGHBOUR, SEEN_NEIGHBOUR, mark_row },
		{ Q_HEARD_QUERY, SEEN_QUERY, mark_via },
		{ Q_HEARD_CONTACT, SEEN_CONTACTED, mark_contact },
	};

	seen_start(seen, true);
	for (size_t i = 0; i < sizeof(source) / sizeof(source[0]); i++) {
		struct gathering g = { s, seen, source[i].bit };
		sqlite3_stmt *st = statement_walk(s, source[i].q);

		if (st == NULL)
			return -1;
		sqlite3_bind_int64(st, 1, scoped_key(s, round));
		if (statement_each(s, st, source[i].mark, &g) != 0)
			return -1;
	}
	return seen->whole ? 0 : store_fail(s, "out of memory");
}

/* ---- writing ---- */

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int
seen_write(struct store *s, struct seen *seen, uint32_t round)
{
	if (!seen->whole && gather(s, seen, round) != 0)
		return -1;
	if (query_do(s, Q_SEEN_CLEAR, "i", scoped_key(s, round)) != 0)
		return -1;
	if (seen->n > 0)
		qsort(seen->node, seen->n, sizeof(*seen->node), by_number);
	for (size_t i = 0; i < seen->n; i++) {
		uint32_t node = seen->node[i];

		if (query_do(s, Q_SEEN_ADD, "iii", scoped_key(s, round), (int64_t)node,
		    (int64_t)seen->bits[node]) != 0)
			return -1;
	}
	return 0;
}
