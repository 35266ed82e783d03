/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Read-only walks over what was observed, in order, for analysis and export.
 *
 * A callback gets a borrowed row and returns 0 to go on; any other value ends
 * the walk and is returned.  -1 is kept for errors (store_error says which).
 * Node, file and advert ids are small dense integers, fit for array indices.
 */
#ifndef KANSOKU_DATA_STORE_ROWS_H
#define KANSOKU_DATA_STORE_ROWS_H

#include "data/store/store.h"

/*
 * How a node was heard of in a round: as the source of a key, in a neighbour
 * record, in a query's via; or we dialled it and shook hands (contacted), or it
 * dialled us and we shook hands (inbound: the port is what it announced).
 */
enum seen_bit { SEEN_KEY = 1, SEEN_NEIGHBOUR = 2, SEEN_QUERY = 4, SEEN_CONTACTED = 8, SEEN_INBOUND = 16 };

struct round_row {
	uint32_t	id;
	int64_t		start_ms, end_ms;	/* UNKNOWN if not recorded */
	bool		complete;
	int64_t		tried, reached, known;	/* UNKNOWN if not recorded */
	int64_t		clock_jump_ms;
	int64_t		sampling;	/* claims on its visiting list are one in so many; UNKNOWN */
	uint32_t	cut;		/* 1 << enum round_cut */
	int64_t		not_dialled;	/* nodes of its list that a limit left out; UNKNOWN */
	int64_t		not_stored;	/* records that a budget left out; UNKNOWN */
	bool		pruned;		/* its records were removed: only seen rows are left */
	enum origin	origin;
	bool		hidden;		/* tokens stand for its addresses and names */
};
/* A run of a verb that writes: crawl, import. */
struct run_row {
	int64_t		id;			/* of rows_round_run alone, as is the version */
	int64_t		start_ms, end_ms;	/* end UNKNOWN: still running, or killed */
	struct text	version;
	struct text	parameters;		/* JSON, as the verb wrote it; borrowed */
};
struct sighting_row {
	uint32_t	round;
	int64_t		delivery;
	uint32_t	seq;
	int64_t		peer;		/* node id: who delivered */
	int64_t		source;		/* node id: the claim */
	int64_t		file, advert;
	int64_t		t_ms;
	int64_t		lifetime_s;	/* that it has left; UNKNOWN if the overlay does not say */
	int64_t		id;		/* its own number: delivery's first + seq */
};
struct seen_row { uint32_t round; int64_t node; int bits; };
struct contact_row {
	uint32_t	round;
	int64_t		node, t_ms;
	bool		inbound;
	enum outcome	outcome;
	bool		undialable;	/* it says that nobody can dial it */
};
struct neighbour_row {
	uint32_t	round;
	int64_t		t_ms, peer, node;
	int		fresh;		/* 1: told as news, 0: out of a table; UNKNOWN if the overlay does not say */
};
/* Key records of a pruned round: verdict on the source (data/store/results.h), bin of the lifetime. */
enum { LIFETIME_SECONDS = 100, LIFETIME_BINS = 17 };	/* the last is everything above */
struct lifetime_row { int verdict, bin; int64_t n; };
struct channel_totals { int64_t keys, neighbours, queries, contacts; };	/* records in a round */

/* From here to the end all walks see the database as it is now; 0 or -1. */
int	rows_snapshot(struct store *);
void	rows_snapshot_end(struct store *);

/* All runs of the sensor and all imports, in the order in which they began. */
int	rows_runs(struct store *, int (*fn)(const struct run_row *, void *), void *);
/* The run that a round belongs to: what fn returned; 1 if the round has none. */
int	rows_round_run(struct store *, uint32_t round,
	    int (*fn)(const struct run_row *, void *), void *);
/* An origin as it is stored; what this program does not know is the least trusted, imported. */
enum origin rows_origin(int64_t stored);
/* All rounds of the sensor with from <= id <= to, ascending; to 0 means no upper end. */
int	rows_rounds(struct store *, uint32_t from, uint32_t to,
	    int (*fn)(const struct round_row *, void *), void *);
/* How many rounds up to `to` lie in [from_ms, to_ms), or at a time that nobody knows. */
int	rows_count_rounds(struct store *, uint32_t to, int64_t from_ms, int64_t to_ms,
	    int64_t *rounds, int64_t *complete);
/* All of one round, in order of delivery. */
int	rows_sightings(struct store *, uint32_t round,
	    int (*fn)(const struct sighting_row *, void *), void *);
int	rows_seen(struct store *, uint32_t round,
	    int (*fn)(const struct seen_row *, void *), void *);
int	rows_contacts(struct store *, uint32_t round,
	    int (*fn)(const struct contact_row *, void *), void *);
int	rows_neighbours(struct store *, uint32_t round,
	    int (*fn)(const struct neighbour_row *, void *), void *);
int	rows_totals(struct store *, uint32_t round, struct channel_totals *);

/* What is kept of the sightings of a round that was pruned; nothing of any other. */
int	rows_lifetimes(struct store *, uint32_t round,
	    int (*fn)(const struct lifetime_row *, void *), void *);

/*
 * Which bit of a seen_row says that the node was advertised, as what verdicts are given on:
 * SEEN_NEIGHBOUR where the overlay's fields judge the nodes of neighbour records alone, else
 * SEEN_KEY, also where neither is judged.  NULL is a database that holds nothing yet.
 */
enum seen_bit rows_advert_bit(const struct store *);

/* All nodes with id >= from, ascending. */
int	rows_nodes(struct store *, int64_t from,
	    int (*fn)(int64_t id, struct endpoint, void *), void *);
int64_t	rows_max_node(struct store *);	/* 0 if there is none; -1 error */
int64_t	rows_max_file(struct store *);
/*
 * 0 found, 1 absent, -1 error.  A node whose address was replaced by a token
 * (kansoku prune) comes as A.0.0.0:0, A being the first octet of its address (255
 * if that was no IPv4 address),
 * here and wherever rows and results name a node; rows_nodes leaves it out.
 */
int	rows_node(struct store *, int64_t id, struct endpoint *);
int	rows_node_id(struct store *, struct endpoint, int64_t *id);
/* Takes the next node off the column via of table query; false when none is left. */
bool	rows_via_next(struct text *packed, struct endpoint *);
bool	rows_is_hidden(struct endpoint);
/* For people: the endpoint, or "hidden-ID" of a node that is hidden. */
char	*rows_node_text(char buf[ENDPOINT_TEXT], struct endpoint, int64_t node);
int	rows_content(struct store *, int64_t file, struct content_id *);

/*
 * Everything of one round as it was added, for export: the round line first
 * (end UNKNOWN while it is incomplete; no line if its start is not known), then
 * contacts, neighbours, queries and keys, each in the order in which they came.
 * Texts are borrowed until the callback returns.  1: there is no such round.
 */
int	rows_observations(struct store *, uint32_t round,
	    int (*fn)(const struct observation *, void *), void *);

#endif
