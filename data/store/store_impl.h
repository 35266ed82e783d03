/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a store, for the files of data/ that run SQL and nobody else.
 *
 * Every statement is a row of the table in sql.c; it is prepared on first use
 * and lives in the handle.  Results and logs that bring statements of their
 * own keep them the same way, through statement().
 */
#ifndef KANSOKU_DATA_STORE_STORE_IMPL_H
#define KANSOKU_DATA_STORE_STORE_IMPL_H

#include <sqlite3.h>

#include "data/store/store.h"

enum query { /* flat */
	Q_BEGIN, Q_COMMIT, Q_ROLLBACK, Q_SNAPSHOT,
	Q_SENSORS, Q_SENSOR_ANY, Q_SENSOR_FIND, Q_SENSOR_NEXT, Q_SENSOR_PUT,
	Q_SENSOR_NAME, Q_SENSOR_OVERLAY, Q_SENSOR_PORT,
	Q_META_SET, Q_META_GET, Q_RUN_BEGIN, Q_RUN_END, Q_RUN_LAST,

	/* the writer */
	Q_FIELD_TYPE, Q_FIELD_ADD, Q_FIELDS_KNOWN,
	Q_NODE_FIND, Q_FILE_FIND, Q_ADVERT_FIND, Q_CLAIM_FIND, Q_ROUND_STATE, Q_ROUND_ORIGIN,
	Q_NODE_LOAD, Q_FILE_LOAD, Q_ADVERT_LOAD, Q_CLAIM_LOAD,
	Q_NODE_MAX, Q_FILE_MAX, Q_ADVERT_MAX, Q_CLAIM_MAX, Q_DELIVERY_MAX, Q_SIGHTING_MAX,
	Q_NODE_ADD, Q_FILE_ADD, Q_ADVERT_ADD, Q_CLAIM_ADD, Q_ROUND_ADD, Q_DELIVERY_ADD,
	Q_SIGHTING_ADD, Q_SIGHTINGS_ADD, Q_RAW_ADD, Q_NEIGHBOUR_ADD, Q_QUERY_ADD, Q_CONTACT_ADD,
	Q_ROUND_PUT, Q_ROUND_FACTS, Q_SEEN_CLEAR, Q_SEEN_ADD,
	Q_HEARD_KEY, Q_HEARD_NEIGHBOUR, Q_HEARD_CONTACT, Q_HEARD_QUERY,

	/* the reader */
	Q_RUNS, Q_ROUND_RUN, Q_ROUND_LAST, Q_ROUNDS, Q_ROUNDS_COUNT, Q_ROUND, Q_SIGHTINGS, Q_ADVERT, Q_SEEN, Q_CONTACTS, Q_NEIGHBOURS,
	Q_TOTALS, Q_NODES, Q_NODE, Q_FILE_HASH,
	Q_ALL_CONTACTS, Q_ALL_NEIGHBOURS, Q_ALL_QUERIES, Q_ALL_KEYS,

	/* the log over the observations */
	Q_LOG_ROUND, Q_LOG_FACTS, Q_LOG_RUN, Q_LOG_CHAIN, Q_LOG_ENTRY_OF, Q_LOG_ENTRY_BEFORE,
	Q_LOG_APPEND, Q_LOG_PUT, Q_LOG_OPEN, Q_LOG_LEAF_ADD, Q_LOG_LEAVES, Q_LOG_FOLD,
	Q_LOG_RAW_OF, Q_LOG_RAW_HASHES, Q_LOG_RAW_ADD, Q_LOG_RAW_DROP, Q_LOG_ALL_ROUNDS, Q_LOG_STRAY_ROUNDS,
	Q_LOG_ODD_ROUND, Q_LOG_ODD_DELIVERY, Q_LOG_ODD_SIGHTING, Q_LOG_ODD_NEIGHBOUR,
	Q_LOG_ODD_QUERY, Q_LOG_ODD_CONTACT, Q_LOG_ODD_SEEN,
	Q_LOG_LOST_SIGHTING, Q_LOG_LOST_RAW, Q_LOG_ODD_NODE, Q_LOG_ODD_FILE, Q_LOG_ODD_ADVERT,
	Q_LOG_ODD_CLAIM, Q_LOG_NEW_NODE, Q_LOG_NEW_FILE, Q_LOG_NEW_ADVERT, Q_LOG_NEW_CLAIM,

	/* the ledger of reports */
	Q_BUNDLE_FIND, Q_BUNDLE_MADE, Q_BUNDLE_OF, Q_BUNDLES_OF, Q_BUNDLE_LAST, Q_BUNDLE_BEFORE, Q_BUNDLE_ADD,
	Q_NOTICE_LAST, Q_NOTICE_ADD, Q_STATED_ADD, Q_CASE_ADD, Q_CASE_ALL,

	/* status and prune */
	Q_SIZE, Q_ROUND_NEWEST, Q_HEALTH_ROUNDS, Q_HEALTH_CUT, Q_HEALTH_ANALYSED, Q_HEALTH_BEHIND, Q_HEALTH_OPEN, Q_HEALTH_OVERDUE,
	Q_HISTORY_NODES, Q_HISTORY_NAMED, Q_HISTORY_NEIGHBOUR, Q_HISTORY_CONTACT, Q_HISTORY_HANDED,
	Q_HISTORY_NAMERS, Q_HISTORY_DELIVERED, Q_STATUS_ROUNDS, Q_STATUS_LAST, Q_STATUS_TABLES,
	Q_OLD_ROUNDS, Q_PRUNE_RAW, Q_PRUNE_SIGHTING, Q_PRUNE_DELIVERY,
	Q_PRUNE_NEIGHBOUR, Q_PRUNE_QUERY, Q_PRUNE_CONTACT, Q_PRUNE_ROUND,
	Q_PRUNE_ADVERT, Q_PRUNE_FILE, Q_PRUNE_CLAIM, Q_ROUND_UNDER_WAY, Q_EPOCH_NEXT,

	/* what grew old */
	Q_AGED, Q_AGED_SUMS, Q_ROUND_PRUNED, Q_AGED_HIDDEN, Q_AGED_LEAVES, Q_OLD_LEAVES, Q_LEAVES_DROP,
	Q_AGED_PACKED, Q_PACK_ADD, Q_PACK_PARTS, Q_OLD_SEEN, Q_LIFETIME_KEEP, Q_LIFETIMES,
	Q_YOUNG_ROUNDS, Q_YOUNG_PEERS, Q_YOUNG_NEIGHBOURS, Q_YOUNG_ADVERTS,
	Q_HIDE_ADVERTS, Q_HIDE_CLAIMS, Q_HIDE_FILES, Q_HIDE_NODES, Q_HIDE_QUERIES,
	Q_HIDE_ADVERT, Q_HIDE_CLAIM, Q_HIDE_FILE, Q_HIDE_NODE, Q_HIDE_QUERY,
	Q_HIDE_VERDICT, Q_HIDE_SUMMARY, Q_HIDE_NOTICE,
	Q_N
};
extern const char *const sql[Q_N];
#define SIGHTINGS_AT_ONCE	64	/* rows of Q_SIGHTINGS_ADD; more gain nothing */

/* Statements of the results and of the log, for whoever keeps them. */
#define GUEST_STATEMENTS	64

struct writer;
struct advert_row;

/* The fields of one level, by position in their type of record. */
struct level_fields {
	uint8_t	n;
	uint8_t	at[FIELDS_MAX];
	uint8_t	type[FIELDS_MAX];	/* enum field_type; every key that is stored asks for it */
};

struct store {
	sqlite3		*db;
	char		*path;		/* as the operator wrote it, for messages */
	char		*real_path;	/* for the files beside it */
	enum store_mode	 mode;
	int		 lock_fd;	/* -1: not held */
	int64_t		 sensor;	/* it works for this one */
	enum origin	 origin;
	int64_t		 run;		/* 0: none begun */
	bool		 hold;		/* nothing commits by itself */
	bool		 pretend;	/* nothing commits at all: a dry run, undone in the end */
	bool		 keep_all_raw;
	bool		 hide_names;
	uint8_t		 name_key[32];
	const struct overlay_fields *fields;	/* of its records; NULL: not known yet */
	bool		 fields_made;	/* their columns are there */
	char		*unknown_overlay;	/* of the sensor; NULL: it is known */
	struct level_fields level[LEVEL_N];
	struct writer	*writer;	/* from the first observation on */
	struct advert_row *adverts;	/* what rows_sightings remembers of them */
	sqlite3_stmt	*q[Q_N];
	sqlite3_stmt	*guest[GUEST_STATEMENTS];
	char		 error[512];
};

/* ---- keys that hold the sensor (data/store/sensors.sql) ---- */

/* Of a round, node or place in the chain: a number of 32 bits. */
static inline int64_t
scoped_key(const struct store *s, uint32_t number)
{
	return s->sensor << 32 | number;
}

static inline uint32_t
scoped_number(int64_t key)
{
	return (uint32_t)(key & UINT32_MAX);
}

static inline int64_t
scoped_sensor(int64_t key)
{
	return key >> 32;
}

/* No key of the sensor is below, or above. */
static inline int64_t
scoped_first(const struct store *s)
{
	return scoped_key(s, 0);
}

static inline int64_t
scoped_last(const struct store *s)
{
	return scoped_key(s, UINT32_MAX);
}

/* ---- errors: set what store_error says, return -1 ---- */

int	 store_fail(struct store *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* From what SQLite says last. */
int	 store_fail_db(struct store *);

/* ---- statements ---- */

/* The statement in *slot, prepared if it is the first time, reset; NULL on error. */
sqlite3_stmt *statement(struct store *, sqlite3_stmt **slot, const char *text);
/* All prepared statements go: the columns are others. */
void	 statements_forget(struct store *);
/* A statement of its own for a walk, so that walks may nest; to be finalized. */
sqlite3_stmt *statement_walk(struct store *, enum query);

/*
 * Binds ?1, ?2, ... by the letters of fmt and runs: i int64_t, k int64_t with
 * UNKNOWN for NULL, d double with NAN for NULL, s const char * or NULL,
 * t struct text as text, n the same with NULL for empty, b struct text as a blob,
 * e const struct endpoint * for its address.  Texts must outlive the run.
 */
int	 query_do(struct store *, enum query, const char *fmt, ...);
/* The first column of the first row: 0 found, 1 no row or NULL, -1 error. */
int	 query_value(struct store *, int64_t *, enum query, const char *fmt, ...);
/* The same of a text, which is the caller's; what is found may be "". */
int	 query_string(struct store *, char **, enum query, const char *fmt, ...);
/* The endpoint of a node by its id, or its token: 0 found, 1 absent, -1 error. */
int	 query_node(struct store *, int64_t id, struct endpoint *);
/* Bound and ready to step, or NULL. */
sqlite3_stmt *query_bind(struct store *, enum query, const char *fmt, ...);

/* The same with the sensor's first and last key bound to ?1 and ?2. */
sqlite3_stmt *statement_walk_scoped(struct store *, enum query);

/* Steps through a walk, 0 when the rows are over; finalizes it. */
int	 statement_each(struct store *, sqlite3_stmt *,
	    int (*row)(sqlite3_stmt *, void *), void *arg);
/* One parameter, as an SQLite status: NULL for UNKNOWN, and for no bytes.  Texts must outlive the run. */
int	 bind_known(sqlite3_stmt *, int at, int64_t);
/* The address of an endpoint, without its port. */
int	 bind_address(sqlite3_stmt *, int at, const struct endpoint *);
int	 bind_some(sqlite3_stmt *, int at, struct text, bool blob);
/* Columns: NULL is UNKNOWN, "" and nothing. */
int64_t	 column_known(sqlite3_stmt *, int column);
int64_t	 column_time(sqlite3_stmt *, int column);	/* UNKNOWN, too, if in no year 1970..9999 */
struct text column_text(sqlite3_stmt *, int column);
struct text column_blob(sqlite3_stmt *, int column);
struct endpoint column_endpoint(sqlite3_stmt *, int column);	/* and the next: ip, port */

/* ---- transactions ---- */

/* Takes the write lock, waiting at most so long: 0, 1 if somebody else has it, -1. */
int	 store_begin(struct store *, int patience_ms);
int	 store_end(struct store *);	/* COMMIT; after a failure nothing is left */
bool	 store_in_transaction(const struct store *);
void	 store_undo(struct store *);	/* ROLLBACK, if there is anything to */

/* ---- schema.c ---- */

void	 schema_harden(sqlite3 *);
void	 schema_expect_additions(sqlite3 *);	/* memory for many rows */
/* Ours, of this version, with all its tables; makes or migrates it when mode allows. */
int	 schema_check(struct store *);
int64_t	 schema_version(void);		/* that this program writes */

/* ---- lock.c ---- */

/* True if a crawl or import works on it now; its process in *pid, 0 if unknown. */
bool	 store_is_locked(const struct store *, long *pid);

/* ---- names.c ---- */

#define NAME_TOKEN	32	/* hex digits of a hidden name */
/* The name, or what stands for it in this database; empty stays empty. */
struct text name_stored(const struct store *, struct text name, char token[NAME_TOKEN]);
/* Takes up the key of a database whose names are hidden; nothing if they are not. */
int	 names_resume(struct store *);

/* ---- sensors.c ---- */

/*
 * Inside a transaction: makes known of the sensor in scope what is not known yet;
 * -1 if something else is known.
 */
int	 sensor_update(struct store *, const char *name, const char *overlay, int64_t port);

/* ---- writer.c ---- */

void	 writer_free(struct writer *);

#endif
