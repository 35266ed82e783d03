/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of fields that the writer and the reader of JSON lines share, and nobody else. */
#ifndef KANSOKU_DATA_FORMAT_JSONL_IMPL_H
#define KANSOKU_DATA_FORMAT_JSONL_IMPL_H

#include "data/format/jsonl.h"

enum jsonl_kind { K_TYPE, K_ROUND, K_TIME, K_ENDPOINT, K_TEXT, K_HASH, K_INT64, K_INT32, K_INT16,
	K_BOOL, K_WORDS, K_VIA, K_DIRECTION, K_OUTCOME, K_HEX, K_N };

enum { MUST = 1, QUIET = 2 };	/* may not be missing; not written when it says nothing */

struct field {
	const char	*label;		/* as written: ,"name": */
	uint8_t		 len;		/* of the label */
	uint8_t		 kind, flags;
	uint16_t	 at;		/* in struct observation */
};

/* Of each type, in the order in which they are written; ends with label NULL. */
extern const struct field *const jsonl_fields[];
extern const char *const jsonl_direction[2];	/* by obs_contact.inbound */

#endif
