/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every bound of the store and its text formats, with its reason.
 */
#ifndef KANSOKU_DATA_LIMITS_H
#define KANSOKU_DATA_LIMITS_H

/*
 * A batch is written when it has this many bytes: 260,000 sightings, or 50,000
 * keys of a flood whose every source is new and lands on its own page of the
 * index.  Either takes 0.2 s, which an event loop can wait; a batch a quarter
 * as large halves the rate of a flood.
 */
#define BATCH_BYTES		(4u << 20)
/* ... or is this old: what a kill can cost. */
#define BATCH_AGE_MS		2000
/* A batch that could not be written (disk full, somebody else writing) may grow
 * to this before store_add refuses more: minutes of a busy crawl. */
#define BATCH_BYTES_MAX		(64u << 20)
/* How long a batch that may still grow waits for another writer, and one that may not. */
#define PATIENCE_SOON_MS	100
#define PATIENCE_LAST_MS	10000

/* SQLite's own memory.  Who reads goes through the file once, and the kernel keeps it
 * as well: more only costs the making of it.  Who adds observations: the inner pages
 * and hot leaves of the indexes fit. */
#define CACHE_KIB		2048
#define CACHE_ADDING_KIB	65536
/* Pages of journal before they go back into the file: 32 MB. */
#define CHECKPOINT_PAGES	8192

/*
 * Slots in which the writer remembers what is on the disk, two of three used;
 * [bytes of all of them].  A full memory is emptied, and fills again from the
 * disk as needed.
 */
#define REMEMBER_NODES		(8u << 20)	/* [100 MB] */
#define REMEMBER_FILES		(4u << 20)	/* [84 MB] */
#define REMEMBER_ADVERTS	(8u << 20)	/* [201 MB] */
#define REMEMBER_CLAIMS		(2u << 20)	/* [42 MB] */

/* A table of at most this many rows is read whole when writing begins, in a second or so. */
#define PRELOAD_ROWS		1000000

/*
 * Raw records kept per round while crawling: all of the first RAW_STEP, then
 * one in four until another RAW_STEP are kept, one in sixteen, and so on, for
 * RAW_STEPS steps: spread over 1.4 million records, 0.5 MB a round.
 */
#define RAW_STEP		1024
#define RAW_STEPS		6

/* One line of JSON; a key with the longest name, all escaped, and its raw bytes take 3,000. */
#define JSON_LINE_MAX		(1u << 20)
/* Arrays and objects inside unknown fields. */
#define JSON_DEPTH_MAX		64
/* Nodes named by one query; the wire's count is one byte. */
#define VIA_MAX			256

/* No text or blob in a database of ours is longer, so none is read. */
#define DATABASE_VALUE_MAX	(16 << 20)

#endif
