/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the sensor has seen, in one SQLite file (data/store/schema.sql).
 *
 * One writer at a time: the crawler or import.  Everything that reports opens
 * the same file STORE_READ and cannot change it.  No sqlite3 type and no SQL
 * leaves data/.  Calls return 0, or -1 with a reason in store_error().
 *
 * One handle works for one sensor of the file at a time (data/store/sensors.h):
 * round numbers are that sensor's.
 *
 * Reading is data/store/rows.h; results of the analysis are data/store/results.h.
 */
#ifndef KANSOKU_DATA_STORE_STORE_H
#define KANSOKU_DATA_STORE_STORE_H

#include "observation.h"

struct store;

enum store_mode {
	STORE_READ,	/* must exist */
	STORE_WRITE,	/* must exist; observations or results will be added */
	STORE_CREATE,	/* as WRITE, made if it does not exist */
};


/*
 * NULL on failure, with a complaint already made that names the file and says
 * what is wrong (absent, not ours, newer schema, corrupt, read-only, locked).
 * A database of an older schema is migrated when opened for writing, one
 * version a transaction.
 */
struct store	*store_open(const char *path, enum store_mode);
void		 store_close(struct store *);	/* commits; NULL is fine */
const char	*store_error(const struct store *);

/* The fields of the overlay whose records it holds; NULL while it holds none. */
const struct overlay_fields *store_fields(const struct store *);

/*
 * Only one crawl may work on a database: an flock on PATH.lock held until
 * close.  0 held, 1 somebody else holds it, -1 error.
 */
int		 store_lock(struct store *);

/* Takes a database that this handle made, and its lock, off the disk; it is to be closed then. */
void		 store_remove(struct store *);

/* Facts about the whole file.  0 found (free the value), 1 unset, -1 error, the value NULL then. */
int		 store_meta_set(struct store *, const char *key, const char *value);
int		 store_meta_find(struct store *, const char *key, char **value);

/* Names and words stored as keyed hashes from now on (--no-names). */
int		 store_hide_names(struct store *);

/* A run: parameters is a JSON object.  Returns its id, or -1. */
int64_t		 store_begin_run(struct store *, const char *version, const char *parameters);
/* How all that is added from here on came here; a store is opened for ORIGIN_CRAWLED. */
void		 store_set_origin(struct store *, enum origin);
int		 store_end_run(struct store *);

/*
 * Adds one observation to the batch under way.  Batches commit by themselves
 * by size and age; store_commit does it now.  OBS_ROUND with end_ms UNKNOWN
 * opens a round, with an end it completes it: everything of the round is then
 * committed together with its `seen` rows.  Outside the crawl (import) rounds
 * may arrive in any order and their OBS_ROUND first or last.
 * Refused: a round number that is complete already.
 *
 * Batches are looked at when something is added: call store_commit from time to
 * time when nothing is.  The lock is taken by the first addition if it is not
 * held yet.  What failed has not been added and may be tried again (the disk
 * was full, somebody else was writing); out of memory wants a store_rollback.
 */
int		 store_add(struct store *, const struct observation *);
int		 store_commit(struct store *);
/* Drops what was added since the last commit. */
void		 store_rollback(struct store *);
/* While held, nothing commits by itself (import: all of a file or nothing);
 * store_commit commits and ends it. */
void		 store_hold(struct store *, bool);

/*
 * Bytes that the file grows by for all that was added so far, with all its indexes; the
 * truth is below it, for pages fill differently.  What grows with neither is left out:
 * a round's own rows.
 */
uint64_t	 store_written(const struct store *);
/* Bytes of the file that are in use, the journal's included; UNKNOWN on error. */
int64_t		 store_size(struct store *);

/* Keep every raw record that is given (import), not a sample of each round. */
void		 store_keep_all_raw(struct store *);

/* What the row of a round holds beside its OBS_ROUND. */
struct round_facts {
	int64_t	known;		/* nodes on the visiting list */
	int64_t	sampling;	/* of mere claims one in so many is on it; 1: all */
	int64_t	clock_jump_ms;	/* wall clock against monotonic clock */
};
/* Of a round that is open. */
int		 store_round_facts(struct store *, uint32_t round, const struct round_facts *);
/*
 * An OBS_ROUND with an end, of a round that was not seen through: it keeps end,
 * tried and reached and stays incomplete.
 */
int		 store_round_stopped(struct store *, const struct observation *);

/* The highest round number that the sensor used, complete or not; 0 if none. */
uint32_t	 store_last_round(struct store *);

#endif
