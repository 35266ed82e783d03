/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How each node was heard of in the round under way: one byte a node.
 *
 * As long as every observation of the round passed through this process the
 * bytes are `whole` and become the round's seen rows as they are; otherwise
 * (resumed import, rounds mixed in one file) they are gathered again from the
 * rows themselves.
 */
#ifndef KANSOKU_DATA_STORE_SEEN_H
#define KANSOKU_DATA_STORE_SEEN_H

#include "data/store/store_impl.h"

struct seen {
	bool		 whole;
	uint8_t		*bits;		/* by node id */
	size_t		 room;
	uint32_t	*node;		/* those with any bit */
	size_t		 n, node_room;
};

void	 seen_start(struct seen *, bool whole);
/* Does nothing while it is not whole; without memory it is whole no longer. */
void	 seen_mark(struct seen *, uint32_t node, uint8_t bit);
/* Writes the rows of the round, inside the caller's transaction. */
int	 seen_write(struct store *, struct seen *, uint32_t round);
void	 seen_free(struct seen *);

#endif
