/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All that is stored of one node, for the sensor that the store works for: who named
 * it, what came of dialling it, what it handed over itself.  It reads the records of
 * all rounds once; what was pruned is not in it.
 */
#ifndef KANSOKU_DATA_STORE_NODE_HISTORY_H
#define KANSOKU_DATA_STORE_NODE_HISTORY_H

#include "data/store/store.h"

struct node_history {
	int64_t	named, neighbour;	/* key records with it as the source; neighbour records */
	int64_t	first_ms, last_ms;	/* of these and of contacts; UNKNOWN */
	int64_t	dialled, reached, called;	/* contacts: by us, with a handshake, by it */
	int64_t	handed_over;		/* key records that came from it */
};

struct named_by { int64_t peer, records, first_ms, last_ms; struct endpoint endpoint; };

/* The nodes of this address, with any port or with this one, by port. */
int	 node_history_find(struct store *, struct endpoint, bool any_port,
	    int (*fn)(int64_t node, struct endpoint, void *), void *);
int	 node_history_read(struct store *, int64_t node, struct node_history *);
/* The peers that named it as a source of keys, those with most records first. */
int	 node_history_namers(struct store *, int64_t node,
	    int (*fn)(const struct named_by *, void *), void *);
/* Ids of the incidents of the sensor that it delivered. */
int	 node_history_delivered(struct store *, int64_t node, int (*fn)(int64_t incident, void *),
	    void *);

#endif
