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
	int64_t		verified_ms;	/* UNKNOWN: it is whom a lead named */
	bool		dropped;	/* it ended our link then, which says no more */
};

struct list_reading {
	struct store	*store;
	struct frontier	*frontier;
	struct panel	*panel;		/* may be NULL */
	int64_t		 since_ms;
	int		 leads;		/* enum seen_bit: whose nodes are visited */
	struct known	*known;
	size_t		 n, room, at;
};

static int
remember_answer(struct list_reading *r, int64_t node, int64_t verified_ms, bool dropped)
{
	if (r->n == r->room) {
		size_t room = r->room > 0 ? 2 * r->room : 4096;
		struct known *known = reallocarray(r->known, room, sizeof(*known));

		if (known == NULL)
			return -1;
		r->known = known;
		r->room = room;
	}
	r->known[r->n++] = (struct known){ node, verified_ms, dropped };
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
	return is_lead(row, arg) ? remember_answer(arg, row->node, UNKNOWN, false) : 0;
}

static int
take_contact(const struct contact_row *row, void *arg)
{
	struct list_reading *r = arg;

	bool dropped = row->outcome == OUT_DROPPED && r->panel != NULL;

	/* The port of a caller is its claim. */
	if ((row->outcome != OUT_OK && !dropped) || row->inbound || row->undialable ||
	    row->t_ms < r->since_ms)
		return 0;
	return remember_answer(r, row->node, row->t_ms, dropped);
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

		if (recent && rows_contacts(r->store, row->id, take_contact, r) != 0)
			return -1;
		if (sources && !recent)
			return 0;
		if (sources || !row->complete)
			continue;
		if ((status = rows_seen(r->store, row->id, is_lead, r)) == -1 ||
		    (status == 1 && rows_seen(r->store, row->id, take_lead, r) != 0))
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

/* Both ascend by node: one pass over the nodes of the database. */
static int
place_node(int64_t id, struct endpoint e, void *arg)
{
	struct list_reading *r = arg;

	while (r->at < r->n && r->known[r->at].node < id)
		r->at++;
	for (; r->at < r->n && r->known[r->at].node == id; r->at++) {
		const struct known *k = &r->known[r->at];

		if (k->verified_ms == UNKNOWN)
			(void)frontier_claim(r->frontier, e, true);
		else if (!k->dropped)
			frontier_verify(r->frontier, e, k->verified_ms / SECOND_MS);
		if (r->panel != NULL && k->verified_ms != UNKNOWN &&
		    (k->dropped ? panel_rest : panel_candidate)(r->panel, e, k->verified_ms) != 0)
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
visit_list_load(struct frontier *f, struct panel *panel, struct store *store,
    const struct overlay *overlay, int64_t since_ms, int64_t *last_start_ms)
{
	struct list_reading r = { .store = store, .frontier = f, .panel = panel, .since_ms = since_ms,
		.leads = (overlay->traits->leads & 1u << OBS_KEY ? SEEN_KEY : 0) |
		    (overlay->traits->leads & 1u << OBS_NEIGHBOUR ? SEEN_NEIGHBOUR : 0) };
	struct round_list all = { NULL, 0, 0 };
	int status = rows_rounds(store, 1, 0, keep_round, &all);

	*last_start_ms = last_start(&all);
	if (*last_start_ms != UNKNOWN && *last_start_ms < since_ms)
		r.since_ms = *last_start_ms;
	if (status == 0)
		status = take_rounds(&r, &all);
	if (status == 0 && r.n > 0) {
		qsort(r.known, r.n, sizeof(*r.known), by_node);
		status = rows_nodes(store, r.known[0].node, place_node, &r) == -1 ? -1 : 0;
	}
	free(r.known);
	free(all.row);
	return status;
}
