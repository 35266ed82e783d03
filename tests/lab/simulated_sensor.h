/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sensor that visits a world without sockets: the observations that the
 * crawler would make of it, thinned to what the world file's [sensor] says.
 *
 * It visits the key sources of its previous round and the nodes it reached
 * there, each once, and believes nothing else.  It is a model of the crawler, and not the crawler.
 */
#ifndef KANSOKU_TESTS_LAB_SIMULATED_SENSOR_H
#define KANSOKU_TESTS_LAB_SIMULATED_SENSOR_H

#include "tests/lab/recent.h"
#include "tests/lab/world.h"

struct sensor;

#define SENSOR_NAME	63	/* bytes of its name, at most */

/* Where observations go; they are borrowed.  Non-zero stops the round. */
typedef int	 sensor_sink(void *arg, const struct observation *);

/* name NULL: as the world file says.  NULL: no memory. */
struct sensor	*simulated_sensor_new(struct world *, const char *name, sensor_sink *, void *arg);
void		 simulated_sensor_free(struct sensor *);
/* Is the sensor out of order in this round?  Then it makes none. */
bool		 simulated_sensor_out(const struct sensor *, uint32_t round);
/*
 * Round n (from 1): contacts, keys, neighbours and queries, then the round's own
 * line.  What was seen is noted in r.  0, the sink's value, or -1: no memory.
 */
int		 simulated_sensor_round(struct sensor *, uint32_t round, struct recent *r);
/* Observations made so far. */
uint64_t	 simulated_sensor_made(const struct sensor *);

#endif
