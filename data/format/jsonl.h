/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Observations as JSON lines: the one writer and the one reader.
 *
 * One table of fields drives both.  Times are RFC 3339 in UTC with
 * milliseconds; what is not known is null; fields that we add to the shared
 * format (bbs_trip, raw, command, trip of a query) are left out when empty.
 * Unknown fields are ignored.  Depends on observation.h, text, when and pull:
 * no database.
 */
#ifndef KANSOKU_DATA_FORMAT_JSONL_H
#define KANSOKU_DATA_FORMAT_JSONL_H

#include <stdio.h>

#include "observation.h"
#include "bounds.h"

/* Writes one line and its LF.  0, or -1 when the stream said no. */
int	 jsonl_write(FILE *, const struct observation *);

/* What a line is read into; no need to initialise. */
struct jsonl {
	char		why[160];	/* one line, fit to print */
	struct endpoint	via[VIA_MAX];
};

/*
 * Reads one line, without its LF, of at most JSON_LINE_MAX bytes.  Texts point
 * into the line, which is changed; via points into the struct.  0, or -1 with
 * the reason in why, naming the field.
 */
int	 jsonl_read(struct jsonl *, struct observation *, char *line, size_t len);

#endif
