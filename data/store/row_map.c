/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/row_map.h"

#include <math.h>

static int
bind_field(sqlite3_stmt *st, int i, const void *p, enum kind kind)
{
	int64_t v = 0;

	switch (kind) {
	case IS_REAL:
		return isnan(*(const double *)p) ? sqlite3_bind_null(st, i)
		    : sqlite3_bind_double(st, i, *(const double *)p);
	case IS_TEXT:
		return sqlite3_bind_text(st, i, *(const char *const *)p, -1, SQLITE_STATIC);
	case IS_INT64: case IS_KNOWN64: v = *(const int64_t *)p; break;
	case IS_UINT32: v = *(const uint32_t *)p; break;
	case IS_INT: case IS_KNOWN_INT: v = *(const int *)p; break;
	case IS_BOOL: v = *(const bool *)p; break;
	}
	if ((kind == IS_KNOWN64 || kind == IS_KNOWN_INT) && v == UNKNOWN)
		return sqlite3_bind_null(st, i);
	return sqlite3_bind_int64(st, i, v);
}

static void
read_field(sqlite3_stmt *st, int i, void *p, enum kind kind)
{
	bool null = sqlite3_column_type(st, i) == SQLITE_NULL;
	int64_t v = UNKNOWN;

	if (!null && kind != IS_REAL && kind != IS_TEXT)
		v = sqlite3_column_int64(st, i);
	switch (kind) {
	case IS_REAL: *(double *)p = null ? NAN : sqlite3_column_double(st, i); break;
	case IS_TEXT:
		*(const char **)p = null ? "" : (const char *)sqlite3_column_text(st, i);
		break;
	case IS_INT64: case IS_KNOWN64: *(int64_t *)p = v; break;
	case IS_UINT32: *(uint32_t *)p = null ? 0 : (uint32_t)v; break;
	case IS_INT: case IS_KNOWN_INT: *(int *)p = (int)v; break;
	case IS_BOOL: *(bool *)p = v == 1; break;
	}
}

int
struct_bind(struct store *s, sqlite3_stmt *st, const struct column_map *f, size_t n, const void *row)
{
	for (size_t i = 0; i < n; i++) {
		if (bind_field(st, (int)i + 1, (const char *)row + f[i].at, f[i].kind) != SQLITE_OK)
			return store_fail_db(s);
	}
	return 0;
}

void
struct_read(sqlite3_stmt *st, const struct column_map *f, size_t n, void *row)
{
	for (size_t i = 0; i < n; i++)
		read_field(st, (int)i, (char *)row + f[i].at, f[i].kind);
}
