/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads bencode (BEP 3) token by token: strings are slices of the bytes that are
 * read, nothing is copied, nothing allocated, and nothing calls itself.  A number
 * in another than its shortest form, keys out of order and doubled keys are read
 * and noted; what cannot be read ends it for good.
 *
 * This is no tree: whoever reads keeps what it needs as the tokens go by.
 */
#ifndef KANSOKU_NODE_MAINLINE_BENCODE_H
#define KANSOKU_NODE_MAINLINE_BENCODE_H

#include "node/mainline/limits.h"
#include "observation.h"

enum bencode_token {
	BENCODE_BAD,		/* see bad; it stays so */
	BENCODE_INTEGER,	/* number */
	BENCODE_STRING,		/* text */
	BENCODE_KEY,		/* text: a key of a dictionary; its value follows */
	BENCODE_LIST,		/* begins */
	BENCODE_DICT,		/* begins */
	BENCODE_END,		/* of the innermost list or dictionary */
	BENCODE_OVER,		/* the outermost value is complete; p is behind it */
};

/* What is wrong with bytes that are read all the same; bits. */
enum {
	SLOPPY_NUMBER = 1,	/* -0, 007, 020: */
	SLOPPY_ORDER = 2,	/* keys do not ascend */
	SLOPPY_DOUBLED = 4,	/* a key comes twice */
};

struct bencode {
	const uint8_t	*p, *end;	/* next unread byte; one past the last */
	const char	*bad;		/* why nothing more can be read, or NULL */
	unsigned	 sloppy;
	int		 depth;		/* containers that are open; a token that begins one counts it */
	bool		 begun;
	int64_t		 number;
	struct text	 text;
	struct {
		bool		dict;
		bool		keyed;		/* a key came, its value did not */
		struct text	key;		/* the last one; p NULL: none yet */
	} open[LIMIT_DEPTH];
};

struct bencode	 bencode_of(const uint8_t *, size_t len);
enum bencode_token bencode_next(struct bencode *);

#endif
