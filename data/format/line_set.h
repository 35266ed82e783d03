/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of a round that were met before, byte for byte: who delivers at least once
 * delivers some of them twice.  Remembers keyed hashes of the last LINES_REMEMBERED or
 * so, and so may take one line in 10^12 for another.  The export tells records that are
 * alike in everything apart by a number, and so nothing of them is lost on the way back.
 */
#ifndef KANSOKU_DATA_FORMAT_LINE_SET_H
#define KANSOKU_DATA_FORMAT_LINE_SET_H

#include <stdint.h>
#include <stdio.h>

#include "data/lib/hash_table.h"

struct line_set {
	struct hash_table table;
	uint32_t	round;
	uint8_t		key[16];
};

void	 line_set_init(struct line_set *);
void	 line_set_free(struct line_set *);
/* How often this line was met in this round before; -1 without memory. */
int64_t	 line_set_meet(struct line_set *, uint32_t round, const void *line, size_t len);


/* Lines of observations that are told apart by "copy" (data/format/jsonl.h). */
struct line_writer {
	FILE		*f, *line;	/* line: into text, to be looked at first */
	char		*text;
	size_t		 len;
	struct line_set	 met;
};

struct observation;
int	 line_writer_open(struct line_writer *, FILE *);	/* 0, or -1 after a complaint */
void	 line_writer_close(struct line_writer *);
/* 0; -1 when the stream said no, or without memory, which is complained of. */
int	 line_writer_put(struct line_writer *, const struct observation *);

#endif
