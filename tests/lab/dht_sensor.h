/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sensor that visits a simulated DHT without sockets: the driver's own dialogs, against
 * what the world answers, under a clock of its own.  Rounds, whom to visit and in which
 * order are a model of the crawler; what is said and found in a visit is not.
 */
#ifndef KANSOKU_TESTS_LAB_DHT_SENSOR_H
#define KANSOKU_TESTS_LAB_DHT_SENSOR_H

#include "tests/lab/dht_world.h"

struct dht_sensor;

/* Where observations go; they are borrowed.  Non-zero stops the round. */
typedef int	 dht_sink(void *arg, const struct observation *);

/* name NULL: as the world file says.  NULL: no memory. */
struct dht_sensor *dht_sensor_new(const struct dht_world *, const char *name, dht_sink *, void *arg);
void		 dht_sensor_free(struct dht_sensor *);
/* Round n, from 1: visits, then the round's own line.  0, the sink's value, or -1: no memory. */
int		 dht_sensor_round(struct dht_sensor *, uint32_t round);
uint64_t	 dht_sensor_made(const struct dht_sensor *);

#endif
