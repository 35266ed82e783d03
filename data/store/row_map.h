/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows of the database as structs: a table says where each field lies and how
 * it is stored, and serves for writing and for reading alike.
 */
#ifndef KANSOKU_DATA_STORE_ROW_MAP_H
#define KANSOKU_DATA_STORE_ROW_MAP_H

#include "data/store/store_impl.h"

/*
 * What a field is in C, and NULL in the database: NAN for IS_REAL, UNKNOWN for the
 * KNOWN kinds, "" for a text, which is borrowed from the statement until its next step.
 */
enum kind { IS_REAL, IS_INT64, IS_KNOWN64, IS_UINT32, IS_INT, IS_KNOWN_INT, IS_BOOL, IS_TEXT };
struct column_map { size_t at; enum kind kind; };	/* at: offset in the struct */

/* Field i is parameter i + 1.  0, or -1 with the store's error set. */
int	 struct_bind(struct store *, sqlite3_stmt *, const struct column_map *, size_t n, const void *row);
/* Field i is column i. */
void	 struct_read(sqlite3_stmt *, const struct column_map *, size_t n, void *row);

#endif
