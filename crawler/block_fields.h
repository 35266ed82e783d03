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

struct fields {
	FILE	*to;
	bool	 json;
	bool	 first;		/* nothing was written since a list or an object began */
	uint8_t	*utf8;		/* room for the longest text of a block */
};

bool	fields_init(struct fields *, FILE *to, bool json);	/* false: no memory */
void	fields_clear(struct fields *);

/* The line above all others; none in JSON. */
void	fields_heading(struct fields *);
/* One line: the block, and its fields if m is not NULL. */
void	fields_block(struct fields *, const struct block *, const struct message *m);
/* One line: why the stream breaks at that offset; with the block if there is one. */
void	fields_error(struct fields *, uint64_t offset, const struct block *, const char *why);

#endif
