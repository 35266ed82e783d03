/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/network_counts.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/verbs.h"
#include "data/lib/array.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"
#include "data/store/results.h"
#include "data/store/rows.h"

/* What is kept of a node: 1 + number of the last complete round in which it was so; 0: never. */
struct node_seen {
	uint32_t	advertised, announced, reached;
	float		genuine;	/* 1 - probability that it is bogus */
	uint8_t		net;
	bool		known;		/* its address is: it is not hidden */
};

struct network_counting {
	struct store	*store;
	struct request	*asked;
	struct listing	*list;
	struct node_seen *node;		/* by id */
	int64_t		 most;
	uint32_t	 bit;		/* rows_advert_bit */
	bool		 judged, tells_news;
	bool		 there[NET_N];	/* the database has nodes of it */
	ARRAY_OF(int64_t) end_ms;	/* of the complete rounds so far */
	size_t		 day;		/* the first of them in the last 24 hours */
};

/* ---- rows ---- */

struct network_row {
	uint32_t	round;
	int64_t		start_ms;
	int		net;
	double		now[3], day[3], clean[2];	/* advertised, announced, reached */
};

#define C(name, forms, rank, about) { name, CELL_COUNT, forms, rank, "nodes", about, "0.2" }
static const struct column columns[] = {
	{ "round", CELL_INTEGER, IN_ALL, 0, "", "number of the round", "0.2" },
	{ "start", CELL_TIME, IN_ALL, 1, "UTC", "when it began", "0.2" },
	{ "network", CELL_TEXT, IN_ALL, 0, "", "that the addresses are of: ipv4, ipv6, torv3, i2p, cjdns, yggdrasil", "0.2" },
	C("advertised", IN_ALL, 0, "distinct nodes that were advertised in the round"),
	C("announced", IN_ALL, 0, "of these, told as news and not out of a table; empty: not told apart"),
	C("reached", IN_ALL, 0, "that completed a handshake in the round, or whose link was held"),
	C("day_advertised", IN_ALL, 0, "advertised in the 24 hours to its end"),
	C("day_announced", IN_ALL, 0, "told as news in them"),
	C("day_reached", IN_ALL, 0, "reached in them"),
	C("day_advertised_clean", IN_ALL, 3, "day_advertised without what is judged bogus; empty: not analysed"),
	C("day_announced_clean", IN_ALL, 2, "the same of day_announced"),
};
#undef C

static void
network_cells(const void *row, struct cell *out)
{
	const struct network_row *r = row;

	out[0].number = r->round;
	out[1].number = r->start_ms;
	out[2].text = network_name[r->net];
	for (int i = 0; i < 3; i++) {
		out[3 + i].real = r->now[i];
		out[6 + i].real = r->day[i];
	}
	out[9].real = r->clean[0];
	out[10].real = r->clean[1];
}

const struct listing_spec network_counts_listing = {
	"counts --networks", columns, sizeof(columns) / sizeof(columns[0]), network_cells, NULL
};

/* ---- who was seen how ---- */

static struct node_seen *
seen_of(struct network_counting *c, int64_t node)
{
	return node >= 0 && node <= c->most && c->node[node].known ? &c->node[node] : NULL;
}

static int
take_node(int64_t id, struct endpoint e, void *arg)
{
	struct network_counting *c = arg;

	if (id > c->most || rows_is_hidden(e))
		return 0;
	c->node[id] = (struct node_seen){ .net = e.net, .known = true, .genuine = 1 };
	c->there[e.net] = true;
	return 0;
}

static int
take_verdict(const struct verdict_row *row, void *arg)
{
	struct network_counting *c = arg;
	struct node_seen *n = seen_of(c, row->node);

	c->judged = true;
	if (n != NULL)
		n->genuine = (float)(1 - row->probability);
	return 0;
}

static int
take_seen(const struct seen_row *row, void *arg)
{
	struct network_counting *c = arg;
	struct node_seen *n = seen_of(c, row->node);

	if (n != NULL && (row->bits & c->bit) != 0)
		n->advertised = (uint32_t)c->end_ms.n;
	if (n != NULL && (row->bits & SEEN_CONTACTED) != 0)
		n->reached = (uint32_t)c->end_ms.n;
	return 0;
}

static int
take_told(const struct neighbour_row *row, void *arg)
{
	struct network_counting *c = arg;
	struct node_seen *n = seen_of(c, row->node);

	if (n != NULL && row->fresh == 1)
		n->announced = (uint32_t)c->end_ms.n;
	return 0;
}

/* ---- counting ---- */

static void
count_nodes(const struct network_counting *c, struct network_row row[NET_N])
{
	for (int64_t i = 0; i <= c->most; i++) {
		const struct node_seen *n = &c->node[i];
		const uint32_t last[3] = { n->advertised, n->announced, n->reached };
		struct network_row *r = &row[n->net];

		if (!n->known)
			continue;
		for (int k = 0; k < 3; k++) {
			r->now[k] += last[k] == c->end_ms.n;
			r->day[k] += last[k] > c->day;
			if (k < 2)
				r->clean[k] += last[k] > c->day ? (double)n->genuine : 0;
		}
	}
}

static int
print_round(struct network_counting *c, const struct round_row *round)
{
	struct network_row row[NET_N] = { { 0 } };

	count_nodes(c, row);
	for (int net = 0; net < NET_N; net++) {
		struct network_row *r = &row[net];

		if (!c->there[net] || !request_take(c->asked))
			continue;
		r->round = round->id;
		r->start_ms = round->start_ms;
		r->net = net;
		if (!c->tells_news || round->pruned)
			r->now[1] = r->day[1] = r->clean[1] = NAN;
		if (!c->judged)
			r->clean[0] = r->clean[1] = NAN;
		if (listing_row(c->list, r) != 0)
			return 1;
	}
	return 0;
}

static int
take_round(const struct round_row *round, void *arg)
{
	struct network_counting *c = arg;
	int64_t *end_ms;
	int rc;

	if (!round->complete)
		return 0;
	if ((end_ms = array_add(&c->end_ms)) == NULL) {
		log_error("out of memory");
		return 1;
	}
	*end_ms = round->end_ms;
	while (c->end_ms.p[c->day] <= round->end_ms - DAY_MS)
		c->day++;
	if ((rc = rows_seen(c->store, round->id, take_seen, c)) != 0 ||
	    (c->tells_news && (rc = rows_neighbours(c->store, round->id, take_told, c)) != 0))
		return rc;
	return request_in_time(c->asked, round->start_ms, round->start_ms) &&
	    request_in_rounds(c->asked, round->id, round->id) ? print_round(c, round) : 0;
}

int
network_counts_list(struct store *s, struct request *asked, struct listing *list)
{
	const struct overlay_fields *fields = store_fields(s);
	struct network_counting c = { .store = s, .asked = asked, .list = list, .most = rows_max_node(s),
		.bit = rows_advert_bit(s) };
	int rc;

	c.tells_news = fields != NULL && field_of_role(fields, OBS_NEIGHBOUR, ROLE_FRESH) != -1;
	if (c.most < 0)
		return -1;
	if ((c.node = calloc((size_t)c.most + 1, sizeof(*c.node))) == NULL) {
		log_error("out of memory");
		return 1;
	}
	if ((rc = rows_nodes(s, 0, take_node, &c)) == 0 && (rc = results_verdicts(s, take_verdict, &c)) == 0)
		rc = rows_rounds(s, 1, 0, take_round, &c);
	array_free(&c.end_ms);
	free(c.node);
	return rc;
}
