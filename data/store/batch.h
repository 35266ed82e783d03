/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows on their way to the disk.
 *
 * While rows are gathered the database is not locked, so that analyze may
 * write beside a crawl; a batch that could not be written is kept and tried
 * again.  Rows hold ids already; texts lie in one arena.  A batch is emptied
 * without giving its memory back, so a steady crawl allocates nothing.
 */
#ifndef KANSOKU_DATA_STORE_BATCH_H
#define KANSOKU_DATA_STORE_BATCH_H

#include "data/store/store_impl.h"

#define SEEN_ON_DISK	20	/* bytes of a row that says how a node was heard of in a round */

/* In the order in which they are written. */
enum batch_kind {
	B_NODE, B_FILE, B_ADVERT, B_CLAIM, B_ROUND, B_DELIVERY, B_SIGHTING, B_RAW,
	B_NEIGHBOUR, B_QUERY, B_CONTACT, B_TEXT, B_N
};

/* Bytes in the arena. */
struct span {
	uint32_t	at, len;
};

/* One field of an overlay: a number, the id of a node, or bytes in the arena. */
union cell {
	int64_t		number;
	struct span	text;
};

/* Where a row ends by cells, they are those of its level, as many as the overlay has. */
struct row_node { uint32_t id; struct endpoint e; };
struct row_file { uint32_t id; struct span hash; union cell cell[]; };
struct row_advert { uint32_t id, source, file; union cell cell[]; };
struct row_claim { uint32_t id, node; union cell cell[]; };
struct row_round { uint32_t id; };
struct delivery {
	int64_t		id, t_ms, first;
	uint32_t	round, peer, n, receiver;	/* receiver 0: the sensor */
};
struct row_delivery { struct delivery is; union cell cell[]; };
struct row_sighting { int64_t advert; union cell cell[]; };
struct row_raw { int64_t sighting; struct span record; };
struct row_neighbour { int64_t t_ms; uint32_t round, peer, claim, receiver; union cell cell[]; };
struct row_query {
	int64_t		t_ms;
	uint32_t	round, peer, receiver;
	struct span	via;
	union cell	cell[];
};
struct row_contact {
	int64_t		t_ms;
	uint32_t	round, node;
	int8_t		inbound, outcome;
	union cell	cell[];
};

struct batch {
	struct vec {
		uint8_t	*p;
		size_t	 n, room;	/* rows; bytes for B_TEXT */
	}		 rows[B_N];
	size_t		 width[B_N];	/* bytes of a row, its cells included */
	uint8_t		 cells[B_N];	/* of a row */
	size_t		 bytes;		/* of all rows */
	uint64_t	 written;	/* store_written: never less than before */
	int64_t		 sighting;	/* id of the first sighting in it */
};

/* Rows have so many cells from here on; the batch must be empty. */
void	 batch_layout(struct batch *, const struct level_fields level[LEVEL_N]);
/* Room for one more row, zeroed; NULL without memory. */
void	*batch_add(struct batch *, enum batch_kind);
/* The last row, or NULL. */
void	*batch_last(const struct batch *, enum batch_kind);
/* Copies a text into the arena; -1 without memory. */
int	 batch_text(struct batch *, struct span *, struct text);

struct text batch_text_at(const struct batch *, struct span);

void	 batch_clear(struct batch *);
void	 batch_free(struct batch *);

#endif
