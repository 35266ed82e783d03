/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was really so in a world of the DHT, as JSON lines: the world, its anomalies with
 * the nodes that make them, its events; then for each round what was made up in it, and its
 * numbers.  kansoku-lab(1) says what each is.
 */
#ifndef KANSOKU_TESTS_LAB_DHT_TRUTH_H
#define KANSOKU_TESTS_LAB_DHT_TRUTH_H

#include <stdio.h>

#include "tests/lab/dht_world.h"

/* until: seconds of world time, 0 if nobody knows.  0, or -1 with errno. */
int	 dht_truth_begin(const struct dht_world *, FILE *, double until);
int	 dht_truth_round(const struct dht_world *, FILE *, uint32_t round);
/* A line "ENDPOINT ID" for each node that is online at t, as contacts name it. */
int	 dht_truth_nodes(const struct dht_world *, FILE *, double t);

#endif
