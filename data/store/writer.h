/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a store needs while observations are added: what is known to be on the
 * disk, the batch under way, and the round under way.
 */
#ifndef KANSOKU_DATA_STORE_WRITER_H
#define KANSOKU_DATA_STORE_WRITER_H

#include "data/store/batch.h"
#include "data/store/translog.h"
#include "data/lib/id_table.h"
#include "data/store/seen.h"

struct writer {
	struct id_table	 known[KNOWN_N];
	struct id_table	 wide;			/* nodes whose address is no IPv4 */
	uint32_t	 last[KNOWN_N];		/* highest id given */
	/*
	 * Ids up to this one may be on the disk without being remembered here;
	 * what is not remembered and cannot be that old is new.
	 */
	uint32_t	 forgotten[KNOWN_N];
	uint8_t		 secret[16];		/* of the fingerprints of files and claims */
	struct vec	 scratch;		/* what a fingerprint is taken of */

	struct translog	*log;			/* commits to all that is added */
	struct batch	 batch;
	const struct overlay_fields *laid_out;	/* its rows have the cells of these; NULL: none yet */
	size_t		 write_at;		/* bytes */
	int64_t		 batch_since_ms;	/* monotonic */
	unsigned	 adds;

	struct delivery	 delivery;		/* the last one; round 0: none, */
	union cell	 delivery_cell[FIELDS_MAX];	/* and its fields */
	struct endpoint	 peer;			/* who handed over the last key, */
	uint32_t	 peer_id;		/* and its id; 0: nobody yet */
	int64_t		 sightings;		/* id of the last sighting */

	uint32_t	 round;			/* under way; 0: none */
	struct seen	 seen;
	uint32_t	 raw_kept;		/* in this round */
	bool		 raw_taken;		/* the last key's record was kept */
	uint64_t	 dice;

	/* A held transaction was lost, or half an observation is in the batch:
	 * nothing more is written before a rollback. */
	bool		 broken;

	int64_t		 epoch;		/* of the file: prune changes what ids stand for */
};

/* ---- writer.c ---- */

/* The writer is there, and may be used. */
int		 writer_ready(struct store *);

/* What else belongs into the transaction of a batch. */
struct writer_extra {
	int	(*run)(struct store *, const void *);
	const void *arg;
};
/*
 * Writes the batch, and extra (or NULL) with it: 0, 1 if another writer did not
 * let go in time, -1.  Unless it returns 0 the batch is still there to be tried
 * again; but if a held transaction failed, what was in it is lost.
 */
int		 writer_transact(struct store *, int patience_ms, const struct writer_extra *);

/* Memory ran out in the midst of an observation; returns -1. */
int		 writer_no_memory(struct store *);

/* ---- writer_rounds.c, writer_kinds.c ---- */

/* From here on this is the round under way. */
int		 writer_enter_round(struct store *, uint32_t round);
int		 writer_add_round(struct store *, const struct observation *);
int		 writer_add_key(struct store *, const struct observation *);
int		 writer_add_neighbour(struct store *, const struct observation *);
int		 writer_add_query(struct store *, const struct observation *);
int		 writer_add_contact(struct store *, const struct observation *);

/* ---- identity.c, preload.c ---- */

/* Ids by content, given when new; 0 with store_error set. */
uint32_t	 identity_node(struct store *, struct endpoint);
uint32_t	 identity_advert(struct store *, const struct obs_key *,
		    const union value[FIELDS_MAX], uint32_t *source);
uint32_t	 identity_claim(struct store *, uint32_t node, const union value[FIELDS_MAX]);

/* Reads the highest ids. */
int		 identity_load(struct store *);
/* One more observation may not fit into what is remembered. */
bool		 identity_is_crowded(const struct writer *);
void		 identity_forget(struct writer *);
/* Nothing is remembered: what is on the disk may have changed. */
void		 identity_forget_all(struct writer *);

#endif
