/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fields of one block, for a reader or for a program.
 *
 * One description of each command serves both forms: a line for people, or a
 * JSON object on a line.  All peer text passes through data/lib/text.h.
 */
#ifndef KANSOKU_CRAWLER_BLOCK_FIELDS_H
#define KANSOKU_CRAWLER_BLOCK_FIELDS_H

#include <stdio.h>

#include "node/winny/frame.h"
#include "node/winny/message.h"

struct block_fields {
	FILE	*to;
	bool	 json;
	bool	 first;		/* nothing was written since a list or an object began */
	uint8_t	*utf8;		/* room for the longest text of a block */
};

bool	block_fields_init(struct block_fields *, FILE *to, bool json);	/* false: no memory */
void	block_fields_clear(struct block_fields *);

/* The line above all others; none in JSON. */
void	block_fields_heading(struct block_fields *);
/* One line: the block, and its fields if m is not NULL. */
void	block_fields_block(struct block_fields *, const struct block *, const struct message *m);
/* One line: why the stream breaks at that offset; with the block if there is one. */
void	block_fields_error(struct block_fields *, uint64_t offset, const struct block *, const char *why);

#endif
