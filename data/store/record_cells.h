/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The values of an overlay's fields on their way into rows: what tells one
 * content, advertisement or claim from another, the cells of the batch, the
 * parameters of a search.
 *
 * Names are hidden already (data/store/record_fields.h).  Endpoints become ids
 * of nodes, which are given when they are new.
 */
#ifndef KANSOKU_DATA_STORE_RECORD_CELLS_H
#define KANSOKU_DATA_STORE_RECORD_CELLS_H

#include "data/store/batch.h"

/*
 * What a fingerprint is taken of: a level's values, behind what the caller put
 * there.  Room is made first, -1 without memory; what is added fits into it.
 */
int	 scratch_room(struct vec *, size_t len);
void	 scratch_add(struct vec *, const void *, size_t len);
int	 scratch_add_values(struct vec *, const struct store *, enum field_level,
	    const union value[FIELDS_MAX]);

/* A level's values into the cells of a row of the batch; -1 with store_error set. */
int	 cells_fill(struct store *, enum field_level, const union value[FIELDS_MAX],
	    union cell *);
/* Binds a level's values for a search; an endpoint by the id of its node, looked up. */
int	 cells_bind_values(struct store *, sqlite3_stmt *, int at, enum field_level,
	    const union value[FIELDS_MAX]);

#endif
