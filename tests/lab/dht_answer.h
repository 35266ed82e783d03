/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a node of a simulated DHT answers to a datagram: as the client does that it is, or
 * as its anomaly wants.  A pure function but for the meters of what it was asked lately.
 */
#ifndef KANSOKU_TESTS_LAB_DHT_ANSWER_H
#define KANSOKU_TESTS_LAB_DHT_ANSWER_H

#include "tests/lab/dht_world.h"

#define DHT_DATAGRAM	2304	/* bytes of an answer, at most */

/* What a client counts of one that asks; zeroed at first.  There is one asker. */
struct dht_meter {
	float	since;		/* seconds of world time */
	float	n;		/* datagrams since, or in its bucket */
	float	deaf_until;
};

/*
 * The answer's bytes into out; how many, 0: none.  asker: as the node sees it.  meter NULL:
 * nobody is limited.
 */
size_t	 dht_answer(const struct dht_world *, uint32_t slot, double t, struct endpoint asker,
	    const uint8_t *query, size_t len, struct dht_meter *, uint8_t out[DHT_DATAGRAM]);

#endif
