/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key records: the advertisements inside command 13 (protocol 3.9, 6).
 *
 * A record says that a hash can be had from an address; every field is a claim
 * of whoever wrote it.  A record that does not fit, or whose BBS signature is
 * longer than its place, costs the block; a record that fits and fails a check
 * costs only itself.
 */
#ifndef KANSOKU_NODE_WINNY_KEY_H
#define KANSOKU_NODE_WINNY_KEY_H

#include "node/wire.h"

#define KEY_FIXED	59	/* bytes of a record without name and signature */
#define KEY_TRIP	11
#define KEY_NAME_MAX	255

struct key {
	struct endpoint	source;
	struct endpoint	bbs;		/* thread owner, {0, 0} for files */
	uint32_t	size;		/* bytes */
	const uint8_t	*hash;		/* 16 */
	struct text	name;		/* encrypted */
	uint16_t	name_sum;	/* of the plain name's bytes */
	struct text	trip;		/* before its NUL */
	struct text	signature;	/* of a BBS thread */
	uint16_t	ttl;		/* seconds */
	uint32_t	blocks;		/* reference amount */
	uint32_t	mtime;		/* Unix seconds */
	uint8_t		ignore;
	uint8_t		version;
	struct text	raw;		/* the whole record */
};

/*
 * Passes a record without reading its fields; false where it does not fit, or where its
 * signature is longer than KEY_TRIP: *signature is then that length, otherwise 0.
 */
bool			 key_skip(struct wire *, uint8_t *signature);
/* The next record; false when nothing is left or it does not fit. */
bool			 key_next(struct key *, struct wire *keys);

/* Why a genuine node would drop the record without a word. */
enum key_error {
	KEY_OK,
	KEY_NO_HASH,
	KEY_SIZE,
	KEY_TRIP_FORM,
	KEY_NAME_SUM,
	KEY_NAME_SHORT,
	KEY_NAME_MARK,
	KEY_BBS_SIZE,
	KEY_BBS_TRIP,
	KEY_BBS_BLOCKS,
	KEY_BBS_NAME,
	KEY_NERR
};

/* Checks the record and writes its plain name, key->name.len bytes of CP932. */
enum key_error		 key_open(const struct key *, uint8_t name[KEY_NAME_MAX]);
const char		*key_error_text(enum key_error);

/*
 * Names are encrypted under one-byte keys, so all their keystreams fit a table.
 * It is made on the first call, which any thread may make, and constant after.
 */
const uint8_t		*name_stream(uint8_t key);	/* KEY_NAME_MAX bytes */
/* XORs n <= KEY_NAME_MAX bytes, both ways; returns name_sum of what it wrote. */
uint16_t		 name_crypt(uint8_t *out, const uint8_t *in, size_t n, uint8_t key);
uint16_t		 name_sum(const uint8_t *plain, size_t n);

#endif
