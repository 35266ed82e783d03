/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the holder of a network allows to be read in it, as a file says: of which
 * addresses, for which overlays, from when to when, on what ground.
 *
 * Whether that ground holds before the law is not judged here: the file says who
 * answers for it.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_CONSENT_H
#define KANSOKU_CRAWLER_CAPTURE_CONSENT_H

#include <stdio.h>

#include "data/lib/array.h"
#include "data/lib/cidr.h"
#include "node/overlay.h"

struct consent {
	ARRAY_OF(struct cidr) network;
	ARRAY_OF(char *) scope;		/* names of overlays */
	char		*holder, *contact, *basis;
	int64_t		 told_ms, until_ms;	/* UTC; UNKNOWN: not said.  The day of `until` belongs to it */
	ARRAY_OF(char)	 text;		/* of the file, without remarks; not terminated */
	char		 hash[65];	/* BLAKE2b-256 of the file, in hex */
};

/* False after a complaint that names the file and what is missing or wrong in it. */
bool	 consent_read(struct consent *, const char *path);
void	 consent_free(struct consent *);
/* NULL if the whole block is in it, else what is wrong: static text. */
const char *consent_covers(const struct consent *, const struct cidr *);
bool	 consent_names(const struct consent *, const char *overlay);
/* Does it allow packets of that time? */
bool	 consent_in_force(const struct consent *, int64_t t_ms);
/* An example to be filled in. */
void	 consent_template(FILE *);

#endif
