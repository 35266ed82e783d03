/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/retention_hide.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/translog.h"
#include "data/store/rows.h"
#include "data/store/record_fields.h"
#include "data/store/store_impl.h"
#include "data/lib/text.h"

#define TOKEN_TEXT	33		/* 't' and 32 hex digits */

int
retention_hide_key(struct pseudonyms *n, const uint8_t master[EXPORT_KEY])
{
	static const char what[] = "database";

	return pseudonym_hide(n, master, what, sizeof(what));
}

/* ---- who is young ------------------------------------------------------------------- */

enum thing { NODE, ADVERT, FILE_, CLAIM, THINGS };

struct young {
	struct store	*s;
	uint8_t		*bits[THINGS];
	int64_t		 max[THINGS];
	uint32_t	 round;
};

static void
mark(struct young *y, enum thing t, int64_t id)
{
	if (id > 0 && id <= y->max[t])
		y->bits[t][id / 8] |= (uint8_t)(1u << id % 8);
}

static bool
is_young(const struct young *y, enum thing t, int64_t id)
{
	return id <= 0 || id > y->max[t] || (y->bits[t][id / 8] >> id % 8 & 1) != 0;
}

static void
young_free(struct young *y)
{
	for (int t = 0; t < THINGS; t++)
		free(y->bits[t]);
}

static int
young_open(struct young *y, struct store *s)
{
	static const enum query max[THINGS] = {
		[NODE] = Q_NODE_MAX, [ADVERT] = Q_ADVERT_MAX, [FILE_] = Q_FILE_MAX, [CLAIM] = Q_CLAIM_MAX,
	};

	*y = (struct young){ .s = s };
	for (int t = 0; t < THINGS; t++) {
		if (query_value(s, &y->max[t], max[t], "") == -1)
			return -1;
		if (y->max[t] < 0 || y->max[t] > UINT32_MAX)
			return store_fail(s, "holds an id out of range; it is damaged");
		if ((y->bits[t] = calloc((size_t)y->max[t] / 8 + 1, 1)) == NULL)
			return store_fail(s, "out of memory");
	}
	return 0;
}

static int
mark_seen(const struct seen_row *r, void *arg)
{
	mark(arg, NODE, r->node);
	return 0;
}

static int
mark_peer(sqlite3_stmt *st, void *arg)
{
	mark(arg, NODE, sqlite3_column_int64(st, 0));
	return 0;
}

static int
mark_neighbour(sqlite3_stmt *st, void *arg)
{
	mark(arg, CLAIM, sqlite3_column_int64(st, 0));
	mark(arg, NODE, sqlite3_column_int64(st, 1));
	return 0;
}

static int
mark_advert(sqlite3_stmt *st, void *arg)
{
	mark(arg, ADVERT, sqlite3_column_int64(st, 0));
	return 0;
}

/* A node that a record names by its address. */
static int
mark_endpoint(struct young *y, struct endpoint e)
{
	int64_t id = 0;

	if (rows_node_id(y->s, e, &id) == -1)
		return -1;
	mark(y, NODE, id);
	return 0;
}

/* Nodes that a query came by stand in it by address. */
static int
mark_via(sqlite3_stmt *st, void *arg)
{
	struct young *y = arg;
	struct text via = column_blob(st, 0);
	struct endpoint e;

	while (rows_via_next(&via, &e)) {
		if (mark_endpoint(y, e) != 0)
			return -1;
	}
	return 0;
}

static int
mark_round(sqlite3_stmt *st, void *arg)
{
	static const struct { enum query q; int (*row)(sqlite3_stmt *, void *); } walks[] = {
		{ Q_YOUNG_PEERS, mark_peer }, { Q_YOUNG_NEIGHBOURS, mark_neighbour },
		{ Q_YOUNG_ADVERTS, mark_advert }, { Q_HEARD_QUERY, mark_via },
	};
	struct young *y = arg;
	int64_t round = sqlite3_column_int64(st, 0), scope = y->s->sensor;
	int bad;

	y->s->sensor = scoped_sensor(round);
	bad = rows_seen(y->s, scoped_number(round), mark_seen, y);
	y->s->sensor = scope;
	if (bad != 0)
		return -1;
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		sqlite3_stmt *w = statement_walk(y->s, walks[i].q);

		if (w == NULL)
			return -1;
		sqlite3_bind_int64(w, 1, round);
		if (statement_each(y->s, w, walks[i].row, y) != 0)
			return -1;
	}
	return 0;
}

/* What a young advert or claim names is young. */
static int
mark_named_by_advert(sqlite3_stmt *st, void *arg)
{
	struct young *y = arg;
	struct endpoint endpoint[FIELDS_MAX];
	union value value[FIELDS_MAX];
	const struct store *s = y->s;
	int bad = 0;

	if (!is_young(y, ADVERT, sqlite3_column_int64(st, 0)))
		return 0;
	mark(y, NODE, sqlite3_column_int64(st, 1));
	mark(y, FILE_, sqlite3_column_int64(st, 2));
	if (fields_read(y->s, st, 3, LEVEL_ADVERT, value, endpoint) == -1)
		return -1;
	for (int i = 0; bad == 0 && i < s->level[LEVEL_ADVERT].n; i++) {
		int k = s->level[LEVEL_ADVERT].at[i];

		if (s->fields->of[OBS_KEY].field[k].type == FIELD_ENDPOINT && value[k].endpoint != NULL)
			bad = mark_endpoint(y, *value[k].endpoint);
	}
	return bad;
}

static int
mark_named_by_claim(sqlite3_stmt *st, void *arg)
{
	struct young *y = arg;

	if (is_young(y, CLAIM, sqlite3_column_int64(st, 0)))
		mark(y, NODE, sqlite3_column_int64(st, 1));
	return 0;
}

static int
each_row(struct store *s, enum query q, int (*row)(sqlite3_stmt *, void *), void *arg)
{
	sqlite3_stmt *st = statement_walk(s, q);

	return st == NULL ? -1 : statement_each(s, st, row, arg);
}

static int
find_young(struct young *y, int64_t since_ms)
{
	sqlite3_stmt *st = statement_walk(y->s, Q_YOUNG_ROUNDS);

	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, since_ms);
	if (statement_each(y->s, st, mark_round, y) != 0)
		return -1;
	if (each_row(y->s, Q_HIDE_ADVERTS, mark_named_by_advert, y) != 0)
		return -1;
	return each_row(y->s, Q_HIDE_CLAIMS, mark_named_by_claim, y);
}

/* ---- tokens ----------------------------------------------------------------------------- */

struct hiding {
	const struct pseudonyms *names;	/* NULL: only count */
	struct young	 young;
	struct hidden	*n;
};

/* Nothing to hide: nothing is said, or it is a token already. */
static bool
is_token(struct text t)
{
	if (t.len == 0)
		return true;
	if (t.len != TOKEN_TEXT || t.p[0] != 't')
		return false;
	for (size_t i = 1; i < t.len; i++) {
		if (strchr("0123456789abcdef", t.p[i]) == NULL || t.p[i] == '\0')
			return false;
	}
	return true;
}

static struct text
token_of(const void *names, struct text t, char buf[NAME_TEXT])
{
	return is_token(t) ? t : pseudonym_text(names, t, buf);
}

static uint64_t
get_be64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

static void
put_be(uint8_t *out, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		out[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
}

static void
node_token(const struct pseudonyms *n, int64_t id, struct endpoint e, int64_t *ip, int64_t *port)
{
	uint8_t what[8 + ENDPOINT_PACKED], token[TOKEN_BYTES];
	uint64_t octet = e.net == NET_IPV4 ? e.ip >> 24 : 255;
	size_t len = endpoint_pack(what + 8, e);

	put_be(what, (uint64_t)id, 8);
	pseudonym_token(n, 'n', what, 8 + len, token);
	*port = (int64_t)(get_be64(token) >> 1);
	pseudonym_token(n, 'a', what + 8, len - 2, token);	/* without the port */
	*ip = -1 - (int64_t)(octet << 55 | get_be64(token) >> 9);
}

/* ---- rows: walked by id, each changed when it is met ------------------------------------ */

/* The incidents that it delivered to name it in a sentence. */
static int
hide_in_results(struct store *s, int64_t node, struct endpoint e)
{
	char was[ENDPOINT_TEXT], now[ENDPOINT_TEXT];

	endpoint_format(was, e);
	snprintf(now, sizeof(now), "hidden-%u", (unsigned)node);
	if (query_do(s, Q_HIDE_VERDICT, "i", node) != 0)
		return -1;
	return query_do(s, Q_HIDE_SUMMARY, "iss", node, was, now);
}

static int
hide_node(sqlite3_stmt *st, void *arg)
{
	struct hiding *h = arg;
	struct store *s = h->young.s;
	int64_t id = sqlite3_column_int64(st, 0), ip, port;
	struct endpoint e = column_endpoint(st, 1);

	if (is_young(&h->young, NODE, id))
		return 0;
	h->n->nodes++;
	node_token(h->names, id, e, &ip, &port);
	if (hide_in_results(s, id, e) != 0)
		return -1;
	return query_do(s, Q_HIDE_NODE, "iii", id, ip, port);
}

/* Writes tokens in place of the names of one row. */
static int
put_tokens(struct store *s, const struct pseudonyms *names, enum query q, enum field_level l,
    const union value value[FIELDS_MAX], int64_t id)
{
	sqlite3_stmt *st = query_bind(s, q, "");
	int rc;

	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, fields_bind_names(s, st, 1, l, value, token_of, names), id);
	if ((rc = sqlite3_step(st)) != SQLITE_DONE)
		store_fail_db(s);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* How a row that says names is hidden: by which statement, and what counts it. */
struct named_row {
	enum thing		 thing;
	enum field_level	 level;
	int			 column;	/* of its fields */
	enum query		 update;
	int64_t			*count;
};

static int
hide_names(struct hiding *h, sqlite3_stmt *st, const struct named_row *r)
{
	struct store *s = h->young.s;
	int64_t id = sqlite3_column_int64(st, 0);
	struct endpoint endpoint[FIELDS_MAX];
	union value value[FIELDS_MAX];

	if (is_young(&h->young, r->thing, id))
		return 0;
	if (fields_read(s, st, r->column, r->level, value, endpoint) == -1)
		return -1;
	if (fields_names_all(s, r->level, value, is_token))
		return 0;
	++*r->count;
	return put_tokens(s, h->names, r->update, r->level, value, id);
}

static int
hide_file(sqlite3_stmt *st, void *arg)
{
	struct hiding *h = arg;

	return hide_names(h, st, &(struct named_row){ FILE_, LEVEL_CONTENT, 1, Q_HIDE_FILE,
	    &h->n->files });
}

static int
hide_advert(sqlite3_stmt *st, void *arg)
{
	struct hiding *h = arg;

	return hide_names(h, st, &(struct named_row){ ADVERT, LEVEL_ADVERT, 3, Q_HIDE_ADVERT,
	    &h->n->threads });
}

static int
hide_claim(sqlite3_stmt *st, void *arg)
{
	struct hiding *h = arg;

	return hide_names(h, st, &(struct named_row){ CLAIM, LEVEL_CLAIM, 2, Q_HIDE_CLAIM,
	    &h->n->claims });
}

int
retention_hide_all(struct store *s, const struct pseudonyms *names, int64_t before_ms, struct hidden *n)
{
	static const struct { enum query q; int (*row)(sqlite3_stmt *, void *); } walks[] = {
		{ Q_HIDE_FILES, hide_file }, { Q_HIDE_ADVERTS, hide_advert },
		{ Q_HIDE_CLAIMS, hide_claim }, { Q_HIDE_NODES, hide_node },
	};
	struct hiding h = { .names = names, .n = n };
	int bad = young_open(&h.young, s);

	memset(n, 0, sizeof(*n));
	if (bad == 0)
		bad = find_young(&h.young, before_ms);
	for (size_t i = 0; bad == 0 && i < sizeof(walks) / sizeof(walks[0]); i++)
		bad = each_row(s, walks[i].q, walks[i].row, &h);
	young_free(&h.young);
	return bad;
}

/* ---- a round ------------------------------------------------------------------------------- */

struct round_hiding {
	struct store	*s;
	const struct pseudonyms *names;
};

static int
hide_query(sqlite3_stmt *st, void *arg)
{
	const struct round_hiding *r = arg;
	struct endpoint endpoint[FIELDS_MAX];
	union value value[FIELDS_MAX];

	if (fields_read(r->s, st, 1, LEVEL_QUERY, value, endpoint) == -1)
		return -1;
	return put_tokens(r->s, r->names, Q_HIDE_QUERY, LEVEL_QUERY, value,
	    sqlite3_column_int64(st, 0));
}

int
retention_hide_round(struct store *s, const struct pseudonyms *names, uint32_t round, int64_t now_ms)
{
	struct round_hiding r = { s, names };
	sqlite3_stmt *st;

	if (translog_fold(s, round) != 0 || query_do(s, Q_PRUNE_RAW, "i", scoped_key(s, round)) != 0 ||
	    (st = statement_walk(s, Q_HIDE_QUERIES)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, scoped_key(s, round));
	if (statement_each(s, st, hide_query, &r) != 0)
		return -1;
	return query_do(s, Q_AGED_HIDDEN, "ii", scoped_key(s, round), now_ms);
}
