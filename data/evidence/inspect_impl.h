/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bundle while it is looked at. */
#ifndef KANSOKU_DATA_EVIDENCE_INSPECT_IMPL_H
#define KANSOKU_DATA_EVIDENCE_INSPECT_IMPL_H

#include <jansson.h>

#include "data/evidence/inspect.h"
#include "data/evidence/tar_pack.h"
#include "data/store/translog.h"
#include "data/lib/id_table.h"

/* A row of rounds.csv, and what keys.jsonl has of it. */
struct csv_round {
	int64_t		seq, round;
	bool		own;		/* it holds the round's record: the last word on it */
	uint8_t		parts[TRANSLOG_PARTS], head[MERKLE_HASH];
	int64_t		complete, tried, reached;	/* UNKNOWN if empty */
	int64_t		stated_records, stated_sources;
	int64_t		records, sources;
	int64_t		key_sources;	/* of these, named by keys */
	int		origin;		/* of its record; UNKNOWN without */
	int64_t		start_ms, end_ms;
	uint8_t		parameters[32], seen[32];	/* as its record commits to */
	bool		shown;		/* seen.txt has a line of it */
	double		series[10];	/* instant to flood_high; NAN where empty */
};
enum { /* flat */
	S_INSTANT, S_DAY_KEYS, S_DAY_ALL, S_INSTANT_CLEAN, S_DAY_KEYS_CLEAN, S_DAY_ALL_CLEAN, S_IMPOSSIBLE,
	S_FLOOD, S_FLOOD_LOW, S_FLOOD_HIGH
};

/* What a row of peers.csv says beside what follows from the records. */
struct csv_peer {
	char		name[64], label[40], level[64];
	int64_t		rank, records, imported, rounds, dialled, answered;
	double		share, ratio;
};

struct inspector {
	struct inspection *i;
	const struct tar_pack *k;
	const struct minisign_public *public;
	json_t		*manifest, *kase;	/* NULL if unreadable; case is a word of C */
	struct csv_round *round;
	size_t		 nrounds;
	bool		 hidden;		/* pseudonymous */
	const struct overlay_fields *fields;	/* of the records, by what the rounds say */
	int64_t		 records;
	struct id_table	 sources, peers, pairs;	/* by hash of their text */
	struct line_peer {
		char		 name[64];
		int64_t		 records, imported, sources, rounds, last_round, first_s, last_s;
	}		*peer;
	size_t		 npeers, peer_room;
	uint32_t	*source_round;		/* last round in which it was met */
	uint64_t	*source_says;		/* hash of what the lines say of it */
	struct csv_peer	*csv_peer;		/* rows of peers.csv */
	size_t		 ncsv_peers;
	size_t		 nsources, source_room;
	bool		 oom;
};

struct inspected {
	uint8_t		 hash[MINISIGN_HASH];
	char		 comment[MINISIGN_COMMENT_MAX];
	json_t		*manifest, *kase;
	struct csv_round *round;
	size_t		 nrounds;
	struct csv_peer	*peer;
	size_t		 npeers;
};
struct inspected *inspect_keep_new(const uint8_t hash[MINISIGN_HASH], const char *comment);
/* Takes over what is compared later. */
void	 inspect_keep(struct inspector *, struct inspected *);
/* The value of "name:value" among the fields of a signed comment, TAB between them. */
bool	 inspect_field(const char *comment, const char *name, char *out, size_t size);

/* Counts and tells one failure. */
void	 inspect_fail(struct inspector *, const char *part, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

void	 inspect_rounds(struct inspector *);
void	 inspect_seen(struct inspector *);
void	 inspect_keys(struct inspector *);
void	 inspect_case(struct inspector *);
void	 inspect_peers(struct inspector *);
void	 inspect_checkpoints(struct inspector *);
void	 inspect_claims(struct inspector *);
/*
 * Holds published checkpoints (f, called path) against the bundle's part of the chain; those
 * of other sensors and other times are passed over.  How many agree.
 */
int64_t	 inspect_published(struct inspector *, FILE *f, const char *path);
/* A real number, or NAN for an empty cell; false if it is neither. */
bool	 inspect_real(const char *cell, double *v);

/* The row that speaks for a round, or NULL. */
struct csv_round *inspect_round(const struct inspector *, int64_t round);
/* What keys.jsonl has of a peer, or NULL. */
const struct line_peer *inspect_peer(const struct inspector *, const char *name);
/* Lower-case hex of exactly n bytes. */
bool	 inspect_hex(const char *text, size_t len, uint8_t *out, size_t n);

#define CSV_COLUMNS	32
/*
 * The next line of a table in lines ended by CR LF, cut at its commas; no cell
 * of ours is quoted.  0 at the end, -1 if the line is none of ours, else the
 * number of cells.  *at moves; cells are copied into buf.
 */
int	 inspect_csv(const struct tar_file *, size_t *at, char *buf, size_t size,
	    char *cell[CSV_COLUMNS]);
/* A whole number, or UNKNOWN for an empty cell; false if it is neither. */
bool	 inspect_number(const char *cell, int64_t *v);

#endif
