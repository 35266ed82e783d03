/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The observation log: what was stored cannot be changed unnoticed.
 *
 * Each round has four Merkle trees (data/format/merkle.h), one for its keys, one for
 * its neighbours, queries and contacts, whose leaves are the canonical records
 * (data/format/canonical.h) in the order of arrival, and a fifth of one leaf, the record
 * of the round itself.  With
 *
 *	parts = for round, keys, neighbours, queries, contacts: count 8 | root 32
 *	root  = H(0x03 | parts)
 *	head  = H(0x02 | head before | round 8 | leaves 8 | start 8 | end 8 | root)
 *
 * (H is BLAKE2b-256, numbers are big-endian, the first head before is zeros)
 * the heads form a chain over the rounds in the order in which they ended.  A
 * published head commits to everything before it.  Each sensor of the database has
 * a chain of its own, and its rounds their numbers in it.
 *
 * Salts: leaf i of tree t has bytes 16*(i%4) to +16 of BLAKE2b-512 keyed with
 * the round's 32 secret bytes over t 1 | i/4 8.  To disclose one salt says
 * nothing of the others.  Pruning a round's records keeps their leaves and
 * forgets the secret, so no leaf can be tried against guesses.
 *
 * In the round's record, `seen` is H over node 8 | bits 1 of its seen rows by
 * node, zeros while it is incomplete, and `parameters` is H(version | 0 |
 * parameters) of its run, zeros if it has none.
 *
 * This is not a defence against the sensor's owner before a head is published.
 */
#ifndef KANSOKU_DATA_STORE_TRANSLOG_H
#define KANSOKU_DATA_STORE_TRANSLOG_H

#include "data/format/merkle.h"
#include "data/store/store.h"

#define TRANSLOG_PART	(8 + MERKLE_HASH)
#define TRANSLOG_PARTS	(OBS_NTYPE * TRANSLOG_PART)	/* by enum observation_type */

/* ---- the write path: for data/store/writer.c alone --------------------------------- */

/* What has ids; rows above the highest that the log remembers are not its round's. */
enum known { KNOWN_NODE, KNOWN_FILE, KNOWN_ADVERT, KNOWN_CLAIM, KNOWN_N };

struct translog;

struct translog	*translog_new(void);		/* NULL without memory */
void		 translog_free(struct translog *);	/* NULL is fine; wipes */
/* Observations of this round follow; must succeed before translog_add. */
int		 translog_enter(struct store *, struct translog *, uint32_t round);
/* One more leaf: what will be stored, with the raw record only if that is kept. */
int		 translog_add(struct store *, struct translog *, const struct observation *);
/* Inside the transaction, after the rows, of which these are the highest ids: makes the log
 * agree with them. */
int		 translog_write(struct store *, struct translog *, const uint32_t last[KNOWN_N]);
/* Written or not, what is in memory of any round is dropped: another sensor's follow. */
void		 translog_close_rounds(struct translog *);
/* The transaction is committed, or held open for more. */
void		 translog_written(struct translog *);

/* ---- reading -------------------------------------------------------------------- */

struct translog_entry {
	int64_t		seq;
	uint32_t	round;
	int64_t		start_ms, end_ms;	/* UNKNOWN if not recorded */
	uint8_t		parts[TRANSLOG_PARTS];
	uint8_t		head[MERKLE_HASH];
};
uint64_t	 translog_part_count(const uint8_t parts[TRANSLOG_PARTS], enum observation_type);
const uint8_t	*translog_part_root(const uint8_t parts[TRANSLOG_PARTS], enum observation_type);
/* The head that follows before with this entry; its own head is not looked at. */
void		 translog_head(const struct translog_entry *, const uint8_t before[MERKLE_HASH],
		    uint8_t out[MERKLE_HASH]);

/* The chain of the sensor, in order. */
int		 translog_chain(struct store *, int (*fn)(const struct translog_entry *, void *), void *);

/* One leaf of a round whose records are still there. */
struct translog_leaf {
	enum observation_type tree;
	uint64_t	index;
	uint8_t		salt[MERKLE_SALT], hash[MERKLE_HASH];
	const uint8_t	*record;	/* borrowed */
	size_t		 len;
	const struct observation *of;	/* borrowed; NULL for the round itself */
};
/*
 * All leaves of a round, computed from its rows; tree by tree in no promised
 * order, but in order of index inside each.  1: there is no such round in the
 * log, or its records were pruned.
 */
int		 translog_leaves(struct store *, uint32_t round,
		    int (*fn)(const struct translog_leaf *, void *), void *);

/*
 * The leaf of the round itself, for pruned rounds too; its record lies in *keep,
 * to be freed by the caller.  1: there is no such round in the log.
 */
struct canonical;
int		 translog_own_leaf(struct store *, uint32_t round, struct translog_leaf *,
		    struct canonical *keep);
/* 0 if the chain's last word on this round is all that its log holds; 1 if not; -1. */
int		 translog_sealed(struct store *, uint32_t round);

/*
 * Before the records of a round are removed, in the same transaction: keeps
 * their leaves and forgets the round's secret.  Refused if the rows do not
 * match the log.
 */
int		 translog_fold(struct store *, uint32_t round);
/* Before the raw records of a round are removed, in the same transaction: keeps their hashes. */
int		 translog_fold_raw(struct store *, uint32_t round);

/*
 * Recomputes everything of the sensor from the rows.  fn is told of each thing that
 * does not match: the round (0: none can be named) and what is wrong with it,
 * ordered by round.  What is wrong with the file and with no round of any sensor is
 * told for sensor 0.  Returns the number of things told, or -1.
 */
int64_t		 translog_check(struct store *, void (*fn)(uint32_t round, const char *what, void *),
		    void *);

/* Of how many rounds the rows cannot be compared with the log any more. */
struct translog_coverage {
	int64_t		rounds;		/* all */
	int64_t		pruned;		/* no records left */
	int64_t		hidden;		/* tokens in the records: only their number is compared */
	int64_t		no_leaves;	/* of these two: the roots of their leaves alone are left */
};
int		 translog_coverage(struct store *, struct translog_coverage *);

#endif
