/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of the log, for the files that write, read and check it. */
#ifndef KANSOKU_DATA_STORE_TRANSLOG_IMPL_H
#define KANSOKU_DATA_STORE_TRANSLOG_IMPL_H

#include "data/store/translog.h"
#include "data/format/canonical.h"
#include "data/store/leaf_salts.h"
#include "data/store/store_impl.h"

#define LEAVES_A_PART	4096	/* hashes in one row of log_leaf: 128 KB */

/* A row of log_round. */
struct log_round {
	uint32_t	round;
	struct salts	salts;
	bool		folded;		/* its records were pruned; then only: */
	uint8_t		own_salt[MERKLE_SALT];	/* of the round's own leaf */
	struct merkle	tree[OBS_NTYPE];	/* that of the round itself is in parts alone */
	uint8_t		parts[TRANSLOG_PARTS];
	char		*sensor, *overlay;
	int64_t		clock_us;
	uint8_t		fields[OBS_NTYPE];	/* that its records have, by type */
	bool		old;		/* logged before fields were counted and origins told */
	struct overlay_fields then;	/* for log_round_fields */
};
#define FIELDS_NOT_COUNTED	255	/* no record has come yet: as many as there are now */
/* The fields of an overlay as far as the round's records have them; lives as long as l. */
const struct overlay_fields *log_round_fields(struct log_round *l, const struct overlay_fields *now);
/*
 * 0 found, 1 absent, -1 error; a damaged one is 2 for read, an error for load.
 * Free what it holds with log_round_clear.
 */
int	 log_round_read(struct store *, uint32_t round, struct log_round *);
int	 log_round_load(struct store *, uint32_t round, struct log_round *);
void	 log_round_clear(struct log_round *);

/*
 * The canonical record of the round itself as its rows say now, with the
 * sensor, overlay and clock of l.  1: there is no such round.
 */
int	 log_round_record(struct store *, const struct log_round *l, struct canonical *,
	    struct canonical_round *);
/* The round's own leaf and the roots of all trees. */
void	 log_round_parts(struct log_round *, const struct canonical *own, uint8_t parts[TRANSLOG_PARTS]);

/* Writes count and root where parts has them. */
void	 translog_part_set(uint8_t parts[TRANSLOG_PARTS], enum observation_type, uint64_t count,
	    const uint8_t root[MERKLE_HASH]);

/* One row of the chain from columns seq, round, start_ms, end_ms, parts, head; -1 if damaged. */
int	 translog_entry_row(struct store *, sqlite3_stmt *, struct translog_entry *);

#endif
