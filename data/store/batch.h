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

/* In the order in which they are written. */
enum batch_kind {
	B_NODE, B_FILE, B_ADVERT, B_CLAIM, B_ROUND, B_DELIVERY, B_SIGHTING, B_RAW,
	B_NEIGHBOUR, B_QUERY, B_CONTACT, B_TEXT, B_N
};

/* Bytes in the arena. */
struct span {
	uint32_t	at, len;
};

struct row_node { uint32_t id; struct endpoint e; };
struct row_file { uint32_t id; struct span name, trip; uint8_t hash[16]; int64_t size; };
struct row_advert {
	uint32_t	id, source, file, bbs;		/* bbs 0: none */
	int64_t		mtime;
	struct span	bbs_trip;
	int16_t		version;
	int8_t		ignore;
};
struct row_claim { uint32_t id, node; int32_t speed; int8_t bbs; struct span words[3]; };
struct row_round { uint32_t id; };
struct row_delivery {
	int64_t		id, t_ms, first;
	uint32_t	round, peer, n;
	int8_t		downstream;
};
struct row_sighting { int64_t blocks; uint32_t advert; int32_t ttl; };
struct row_raw { int64_t sighting; struct span record; };
struct row_neighbour { int64_t t_ms; uint32_t round, peer, claim; };
struct row_query {
	int64_t		t_ms, id;
	uint32_t	round, peer;
	struct span	words, trip, via;
};
struct row_contact {
	int64_t		t_ms;
	uint32_t	round, node;
	int32_t		version, speed;
	int16_t		command;
	int8_t		port0, inbound, outcome;
};

struct batch {
	struct vec {
		uint8_t	*p;
		size_t	 n, room;	/* rows; bytes for B_TEXT */
	}		 rows[B_N];
	size_t		 bytes;		/* of all rows */
	int64_t		 sighting;	/* id of the first sighting in it */
};

/* Room for one more row, zeroed; NULL without memory. */
void	*batch_add(struct batch *, enum batch_kind);
/* The last row, or NULL. */
void	*batch_last(const struct batch *, enum batch_kind);
/* Copies a text into the arena; -1 without memory. */
int	 batch_text(struct batch *, struct span *, struct text);

/* Inserts everything, inside the caller's transaction.  The batch is unchanged. */
int	 batch_insert(struct store *, const struct batch *);
void	 batch_clear(struct batch *);
void	 batch_free(struct batch *);

#endif
