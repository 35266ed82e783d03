/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sensor among gossiping nodes, without sockets: the records that a crawl with held links
 * would make of a world, round by round, and the truth beside them.
 *
 * Nodes announce themselves, each announcement shows on a held link with a fixed chance, and a
 * visit to a reachable node once a day brings a share of its table.  It is a model of relaying,
 * and not the relaying itself: who told whom is drawn, not followed.
 */
#ifndef KANSOKU_TESTS_LAB_GOSSIP_SENSOR_H
#define KANSOKU_TESTS_LAB_GOSSIP_SENSOR_H

#include <stdio.h>

#include "node/bitcoin/fields.h"
#include "tests/lab/gossip_worldfile.h"

struct gossip_sensor;

typedef int	 gossip_sink(void *arg, const struct observation *);

/*
 * The world's play ends after so many seconds; the truth goes to f, which stays the caller's.
 * name NULL: as the world file says.  NULL without memory.
 */
struct gossip_sensor *gossip_sensor_new(const struct gossip_world_file *, uint64_t seed, const char *name,
		    double until, FILE *truth, gossip_sink *, void *arg);
void		 gossip_sensor_free(struct gossip_sensor *);
/* Round n (from 1): its records, then its own line, and the round's truth.  0, the sink's value, or -1. */
int		 gossip_sensor_round(struct gossip_sensor *, uint32_t n);
uint64_t	 gossip_sensor_made(const struct gossip_sensor *);	/* records so far */

#endif
