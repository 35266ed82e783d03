/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/node_history.h"

#include "data/store/store_impl.h"

struct walk {
	int	(*node)(int64_t, struct endpoint, void *);
	int	(*namer)(const struct named_by *, void *);
	int	(*incident)(int64_t, void *);
	void	*arg;
};

static int
each(struct store *s, sqlite3_stmt *st, int (*row)(sqlite3_stmt *, void *), struct walk *w)
{
	return st == NULL ? -1 : statement_each(s, st, row, w);
}

static int
give_node(sqlite3_stmt *st, void *p)
{
	struct walk *w = p;

	return w->node(sqlite3_column_int64(st, 0), column_endpoint(st, 1), w->arg);
}

int
node_history_find(struct store *s, struct endpoint e, bool any_port,
    int (*fn)(int64_t, struct endpoint, void *), void *arg)
{
	struct walk w = { .node = fn, .arg = arg };
	sqlite3_stmt *st = statement_walk(s, Q_HISTORY_NODES);

	if (st != NULL && (bind_address(st, 1, &e) != SQLITE_OK ||
	    sqlite3_bind_int(st, 2, any_port ? 0 : e.port) != SQLITE_OK ||
	    sqlite3_bind_int(st, 3, any_port ? UINT16_MAX : e.port) != SQLITE_OK)) {
		sqlite3_finalize(st);
		return store_fail_db(s);
	}
	return each(s, st, give_node, &w);
}

static void
widen(struct node_history *h, int64_t first_ms, int64_t last_ms)
{
	if (first_ms != UNKNOWN && (h->first_ms == UNKNOWN || first_ms < h->first_ms))
		h->first_ms = first_ms;
	if (last_ms > h->last_ms)
		h->last_ms = last_ms;
}

int
node_history_read(struct store *s, int64_t node, struct node_history *h)
{
	static const enum query part[] = { Q_HISTORY_NAMED, Q_HISTORY_NEIGHBOUR, Q_HISTORY_CONTACT };

	*h = (struct node_history){ .first_ms = UNKNOWN, .last_ms = UNKNOWN };
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		sqlite3_stmt *st = query_bind(s, part[i], "iii", scoped_first(s), scoped_last(s), node);

		if (st == NULL || sqlite3_step(st) != SQLITE_ROW)
			return store_fail_db(s);
		widen(h, column_known(st, 1), column_known(st, 2));
		if (i == 2) {
			h->dialled = sqlite3_column_int64(st, 0);
			h->reached = sqlite3_column_int64(st, 3);
			h->called = sqlite3_column_int64(st, 4);
		} else {
			*(i == 0 ? &h->named : &h->neighbour) = sqlite3_column_int64(st, 0);
		}
		sqlite3_reset(st);
	}
	return query_value(s, &h->handed_over, Q_HISTORY_HANDED, "iii", scoped_first(s), scoped_last(s),
	    node) == -1 ? -1 : 0;
}

static int
give_namer(sqlite3_stmt *st, void *p)
{
	struct walk *w = p;
	struct named_by n = { sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
		column_known(st, 2), column_known(st, 3), column_endpoint(st, 4) };

	return w->namer(&n, w->arg);
}

int
node_history_namers(struct store *s, int64_t node, int (*fn)(const struct named_by *, void *),
    void *arg)
{
	struct walk w = { .namer = fn, .arg = arg };
	sqlite3_stmt *st = statement_walk_scoped(s, Q_HISTORY_NAMERS);

	if (st != NULL && sqlite3_bind_int64(st, 3, node) != SQLITE_OK) {
		sqlite3_finalize(st);
		return store_fail_db(s);
	}
	return each(s, st, give_namer, &w);
}

static int
give_incident(sqlite3_stmt *st, void *p)
{
	struct walk *w = p;

	return w->incident(sqlite3_column_int64(st, 0), w->arg);
}

int
node_history_delivered(struct store *s, int64_t node, int (*fn)(int64_t, void *), void *arg)
{
	struct walk w = { .incident = fn, .arg = arg };
	sqlite3_stmt *st = statement_walk(s, Q_HISTORY_DELIVERED);
	int64_t first = s->sensor * 1000000;

	if (st != NULL && (sqlite3_bind_int64(st, 1, first) != SQLITE_OK ||
	    sqlite3_bind_int64(st, 2, first + 999999) != SQLITE_OK ||
	    sqlite3_bind_int64(st, 3, node) != SQLITE_OK)) {
		sqlite3_finalize(st);
		return store_fail_db(s);
	}
	return each(s, st, give_incident, &w);
}
