/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The batch becomes rows of the database: every INSERT of an observation is here. */
#ifndef KANSOKU_DATA_STORE_ROW_INSERT_H
#define KANSOKU_DATA_STORE_ROW_INSERT_H

#include "data/store/batch.h"

/* Inserts everything, inside the caller's transaction: 0, or -1 with store_error set.
 * The batch is unchanged. */
int	 row_insert_all(struct store *, const struct batch *);

#endif
