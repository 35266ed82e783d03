/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who was dialled so lately that asking again is useless, or rude: where an overlay's nodes give
 * the same answer for a day, a node is dialled once a day, whatever is claimed of it, whether
 * it answered or not.
 *
 * What is remembered is bounded: when that many were dialled in a span, nobody else is.
 * Times are UTC milliseconds as observations have them, of a lab too.
 */
#ifndef KANSOKU_CRAWLER_REVISIT_H
#define KANSOKU_CRAWLER_REVISIT_H

#include "observation.h"

struct revisit;

/* NULL without memory. */
struct revisit	*revisit_new(int64_t span_ms);
void		 revisit_free(struct revisit *);	/* NULL is fine */
/* It was dialled, or ended a link of ours, at this time.  0, or -1 without memory. */
int		 revisit_note(struct revisit *, struct endpoint, int64_t t_ms);
/* May it be dialled (again)? */
bool		 revisit_is_due(struct revisit *, struct endpoint, int64_t now_ms);

#endif
