/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Observations as JSON lines: the one writer and the one reader.
 *
 * Two tables drive both: the members that records of every overlay have, and
 * the overlay's own table of fields.  Times are RFC 3339 in UTC with
 * milliseconds; what is not known is null; what seldom says anything (raw, to,
 * an overlay's quiet fields) is left out when it does not.  Of records of a round that
 * are alike in everything all but the first have the member "copy", 1, 2, ..., so that
 * no two lines of a round are the same: a line that comes again was sent again.  Unknown members are
 * ignored.  Depends on observation.h and data/lib: no database.
 */
#ifndef KANSOKU_DATA_FORMAT_JSONL_H
#define KANSOKU_DATA_FORMAT_JSONL_H

#include <stdio.h>

#include "observation.h"
#include "bounds.h"

/* Writes one line and its LF.  0, or -1 when the stream said no. */
int	 jsonl_write(FILE *, const struct observation *);

struct member;

/* A place in a line: a member, or a run of the overlay's fields of one name; the reader's own. */
struct jsonl_slot {
	const char		*name;
	size_t			 len;
	const struct member	*member;	/* NULL: it is fields */
	int			 field, run;
};
#define JSONL_SLOTS	(12 + FIELDS_MAX)
struct jsonl_form {
	const struct overlay_fields *of;	/* NULL: not made yet */
	struct jsonl_slot slot[JSONL_SLOTS];
	int		n;
};

/*
 * What lines are read into; zeroed to begin with.  fields is the overlay of the
 * records to come: a round's line sets it, and who reads records without one
 * sets it first (NULL: the first overlay that this program knows).
 */
struct jsonl {
	const struct overlay_fields *fields;
	char		why[160];	/* one line, fit to print */
	char		reason[96];	/* a part of it */
	struct endpoint	via[VIA_MAX];
	struct endpoint	endpoint[FIELDS_MAX];
	struct jsonl_form form[OBS_NTYPE];
};

/*
 * Reads one line, without its LF, of at most JSON_LINE_MAX bytes.  Texts point
 * into the line, which is changed; via and endpoints into the struct.  0, or -1
 * with the reason in why, naming the member.
 */
int	 jsonl_read(struct jsonl *, struct observation *, char *line, size_t len);

#endif
