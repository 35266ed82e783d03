/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of a line of keys.jsonl that says what its record says: written from
 * the record, and written again by whoever checks the line.
 */
#ifndef KANSOKU_DATA_EVIDENCE_KEYLINE_H
#define KANSOKU_DATA_EVIDENCE_KEYLINE_H

#include "data/lib/json_write.h"
#include "data/format/pseudonym.h"

/* Who is named in a record: endpoints or tokens. */
struct keyline {
	char	peer[NAME_TEXT], source[NAME_TEXT];
	char	bbs[NAME_TEXT];		/* "" if there is none */
};

/* From the record's own endpoints. */
void	 keyline_name(struct keyline *, const struct pseudonyms *, const struct observation *);
/* The members from type to the last that the record holds; a key or a neighbour. */
void	 keyline_put(struct json_out *, const struct keyline *, const struct observation *);

#endif
