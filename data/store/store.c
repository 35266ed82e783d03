/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Closing, and the facts about the whole file. */
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "bounds.h"
#include "data/lib/log.h"
#include "data/store/store_impl.h"
#include "data/lib/utctime.h"

const struct overlay_fields *
store_fields(const struct store *s)
{
	return s->fields;
}

void
store_close(struct store *s)
{
	sqlite3_stmt *st;

	if (s == NULL)
		return;
	if (s->writer != NULL && store_commit(s) != 0)
		log_error("%s", s->error);
	writer_free(s->writer);
	free(s->adverts);
	free(s->unknown_overlay);
	while (s->db != NULL && (st = sqlite3_next_stmt(s->db, NULL)) != NULL)
		sqlite3_finalize(st);
	sqlite3_close(s->db);
	if (s->lock_fd != -1)
		close(s->lock_fd);
	sodium_memzero(s->name_key, sizeof(s->name_key));
	free(s->real_path);
	free(s->path);
	free(s);
}

const char *
store_error(const struct store *s)
{
	return s->error;
}

/* ---- facts about the whole file ---- */

/* Runs one statement as a transaction of its own, or inside the one under way. */
static int
alone(struct store *s, int bad)
{
	if (bad != 0) {
		store_undo(s);
		return -1;
	}
	return store_end(s);
}

int
store_meta_set(struct store *s, const char *key, const char *value)
{
	bool inside = store_in_transaction(s) || s->hold;
	int bad;

	if (store_begin(s, PATIENCE_LAST_MS) != 0)
		return -1;
	bad = query_do(s, Q_META_SET, "ss", key, value);
	return inside ? bad : alone(s, bad);
}

int
store_meta_find(struct store *s, const char *key, char **value)
{
	return query_string(s, value, Q_META_GET, "s", key);
}

int64_t
store_begin_run(struct store *s, const char *version, const char *parameters)
{
	bool inside = store_in_transaction(s) || s->hold;
	int bad;

	if (store_begin(s, PATIENCE_LAST_MS) != 0)
		return -1;
	bad = query_do(s, Q_RUN_BEGIN, "issk", utctime_now(), version, parameters,
	    s->origin == ORIGIN_IMPORTED ? (int64_t)UNKNOWN : s->sensor);
	if (bad == 0)
		s->run = sqlite3_last_insert_rowid(s->db);
	if (!inside)
		bad = alone(s, bad);
	return bad == 0 ? s->run : -1;
}

void
store_set_origin(struct store *s, enum origin origin)
{
	s->origin = origin;
}

int
store_end_run(struct store *s)
{
	bool inside = store_in_transaction(s) || s->hold;
	int bad;

	if (store_begin(s, PATIENCE_LAST_MS) != 0)
		return -1;
	bad = query_do(s, Q_RUN_END, "ii", s->run, utctime_now());
	return inside ? bad : alone(s, bad);
}
