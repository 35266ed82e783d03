/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writer and the reader of JSON lines share this, and nobody else does. */
#ifndef KANSOKU_DATA_FORMAT_JSONL_IMPL_H
#define KANSOKU_DATA_FORMAT_JSONL_IMPL_H

#include "data/format/jsonl.h"

enum jsonl_kind { K_TYPE, K_ROUND, K_TIME, K_ENDPOINT, K_TEXT, K_CONTENT, K_INT64, K_VIA,
	K_DIRECTION, K_OUTCOME, K_CUT, K_HEX, K_FIELDS, K_N };

enum { MUST = 1, QUIET = 2 };	/* may not be missing; not written when it says nothing */

/* A member that records of every overlay have; K_FIELDS is where the overlay's own stand. */
struct member {
	const char	*label;		/* as written: ,"name": */
	uint8_t		 len;		/* of the label */
	uint8_t		 kind, flags;
	uint16_t	 at;		/* in struct observation */
};

/* The members of each type, in the order in which they are written; the last label is NULL. */
extern const struct member *const jsonl_members[];
extern const char *const jsonl_direction[2];	/* by obs_contact.inbound */

#endif
