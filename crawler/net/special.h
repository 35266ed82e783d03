/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The special-purpose blocks of data/registries/special-purpose.csv and
 * special-purpose-ipv6.csv, which are dated and travel inside the program: addresses that no node can have.
 */
#ifndef KANSOKU_CRAWLER_NET_SPECIAL_H
#define KANSOKU_CRAWLER_NET_SPECIAL_H

#include "data/lib/cidr.h"

#define SPECIAL_ROOM	48	/* rows; the registries have 32 of our kind */

struct special_block {
	struct cidr	 block;
	const char	*name;		/* "private use" */
	const char	*reference;	/* "RFC 1918" */
};
struct special {
	struct special_block row[SPECIAL_ROOM];
	size_t		 n;
	char		*text[2];	/* what the names point into */
};

/* 0, or -1 when the registry cannot be read: a fault of the build, complained about. */
int	 special_load(struct special *);
void	 special_free(struct special *);
/* The block that holds an address, or NULL for an ordinary address. */
const struct special_block *special_find(const struct special *, const struct ip *);
/* The block that a whole block lies in, or NULL. */
const struct special_block *special_around(const struct special *, const struct cidr *);

#endif
