/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The visiting list out of the database: whom the leads of the last complete
 * round that heard any named, and nodes that answered lately.
 */
#include <stdlib.h>

#include "crawler/crawl.h"
#include "data/store/rows.h"
#include "data/lib/utctime.h"

struct known {
	int64_t		node;		/* id in the database */
	int64_t		t_ms;		/* of a contact; UNKNOWN: it is whom a lead named */
	enum outcome	outcome;	/* how that contact ended */
};

struct list_reading {
	struct crawl	*c;
	int64_t		 since_ms;
	int		 leads;		/* enum seen_bit: whose nodes are visited */
	struct known	*known;
	size_t		 n, room, at;
};

static int
remember(struct list_reading *r, int64_t node, int64_t t_ms, enum outcome outcome)
{
	if (r->n == r->room) {
		size_t room = r->room > 0 ? 2 * r->room : 4096;
		struct known *known = reallocarray(r->known, room, sizeof(*known));

		if (known == NULL)
			return -1;
		r->known = known;
		r->room = room;
	}
	r->known[r->n++] = (struct known){ node, t_ms, outcome };
	return 0;
}

/* ---- which rounds ---------------------------------------------------------------------- */

static int
is_lead(const struct seen_row *row, void *arg)
{
	const struct list_reading *r = arg;

	return row->bits & r->leads ? 1 : 0;
}

struct round_list { struct round_row *row; size_t n, room; };

static int
keep_round(const struct round_row *row, void *arg)
{
	struct round_list *all = arg;

	if (all->n == all->room) {
		size_t room = all->room > 0 ? 2 * all->room : 256;
		struct round_row *grown = reallocarray(all->row, room, sizeof(*grown));

		if (grown == NULL)
			return -1;
		all->row = grown;
		all->room = room;
	}
	all->row[all->n++] = *row;
	return 0;
}

/* ---- what they say ---------------------------------------------------------------------- */

static int
take_lead(const struct seen_row *row, void *arg)
{
	return is_lead(row, arg) ? remember(arg, row->node, UNKNOWN, OUT_OK) : 0;
}

static int
take_contact(const struct contact_row *row, void *arg)
{
	struct list_reading *r = arg;
	/* Who did not answer matters where nodes are left alone for a while. */
	bool counts = row->outcome == OUT_OK ? !row->undialable
	    : row->outcome != OUT_EXCLUDED && r->c->revisit != NULL;

	/* The port of a caller is its claim. */
	if (!counts || row->inbound || row->t_ms < r->since_ms)
		return 0;
	return remember(r, row->node, row->t_ms, row->outcome);
}

/* Newest first: recent contacts of all rounds, sources of the last one that heard any. */
static int
take_rounds(struct list_reading *r, const struct round_list *all)
{
	bool sources = false;
	int status;

	for (size_t i = all->n; i-- > 0;) {
		const struct round_row *row = &all->row[i];
		/* A round may have begun a while before its contacts. */
		bool recent = row->start_ms == UNKNOWN || row->start_ms >= r->since_ms - DAY_MS;

		if (recent && rows_contacts(r->c->store, row->id, take_contact, r) != 0)
			return -1;
		if (sources && !recent)
			return 0;
		if (sources || !row->complete)
			continue;
		if ((status = rows_seen(r->c->store, row->id, is_lead, r)) == -1 ||
		    (status == 1 && rows_seen(r->c->store, row->id, take_lead, r) != 0))
			return -1;
		sources = status == 1;
	}
	return 0;
}

/* ---- into the frontier -------------------------------------------------------------------- */

static int
by_node(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return (x->node > y->node) - (x->node < y->node);
}

/* What a contact of before means for the list, the panel and who is left alone. */
static int
place_contact(struct crawl *c, struct endpoint e, const struct known *k)
{
	if (k->outcome == OUT_OK)
		frontier_verify(c->frontier, e, k->t_ms / SECOND_MS);
	if (c->panel != NULL && k->outcome == OUT_OK && panel_candidate(c->panel, e, k->t_ms) != 0)
		return -1;
	if (c->panel != NULL && k->outcome == OUT_DROPPED && panel_rest(c->panel, e, k->t_ms) != 0)
		return -1;
	return c->revisit == NULL ? 0 : revisit_note(c->revisit, e, k->t_ms);
}

/* Both ascend by node: one pass over the nodes of the database. */
static int
place_node(int64_t id, struct endpoint e, void *arg)
{
	struct list_reading *r = arg;

	while (r->at < r->n && r->known[r->at].node < id)
		r->at++;
	for (; r->at < r->n && r->known[r->at].node == id; r->at++) {
		const struct known *k = &r->known[r->at];

		if (k->t_ms == UNKNOWN)
			(void)frontier_claim(r->c->frontier, e, true);
		else if (place_contact(r->c, e, k) != 0)
			return -1;
	}
	return r->at == r->n;
}

/* Start of the last complete round in which somebody answered. */
static int64_t
last_start(const struct round_list *all)
{
	for (size_t i = all->n; i-- > 0;)
		if (all->row[i].complete && all->row[i].reached > 0)
			return all->row[i].start_ms;
	return UNKNOWN;
}

int
visit_list_load(struct crawl *c, int64_t since_ms)
{
	uint32_t leads = c->overlay->traits->leads;
	struct list_reading r = { .c = c, .since_ms = since_ms,
		.leads = (leads & 1u << OBS_KEY ? SEEN_KEY : 0) | (leads & 1u << OBS_NEIGHBOUR ? SEEN_NEIGHBOUR : 0) };
	struct round_list all = { NULL, 0, 0 };
	int status = rows_rounds(c->store, 1, 0, keep_round, &all);

	c->last_start_ms = last_start(&all);
	if (c->last_start_ms != UNKNOWN && c->last_start_ms < since_ms)
		r.since_ms = c->last_start_ms;
	if (status == 0)
		status = take_rounds(&r, &all);
	if (status == 0 && r.n > 0) {
		qsort(r.known, r.n, sizeof(*r.known), by_node);
		status = rows_nodes(c->store, r.known[0].node, place_node, &r) == -1 ? -1 : 0;
	}
	free(r.known);
	free(all.row);
	return status;
}
