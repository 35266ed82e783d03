/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files by which a sensor finds its way in the lab.
 *
 * A map has a line for each endpoint that any node has in a span of world time:
 *
 *	127.1.2.3:7743 203.0.113.9:21045
 *
 * first where it listens on loopback, then what keys name; ascending by the
 * former, each endpoint once on either side.  Lines that begin with # are
 * remarks.  The span begins before the world does, by the life of a key: what
 * the first tables name is in the map too.  A peers file has one node string a
 * line, as in a noderef file.
 */
#ifndef KANSOKU_TESTS_LAB_MAP_FILE_H
#define KANSOKU_TESTS_LAB_MAP_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/lab/world.h"

/* Both complain and return false on failure; port_shift is added to lab ports. */
bool		 map_file_write_map(const struct world *, double seconds, int port_shift,
		    const char *path);
/* Up to n nodes that are online and answer when the world begins, spread over all slots:
 * public endpoints, or lab ones. */
bool		 map_file_write_peers(const struct world *, int port_shift, bool public,
		    uint32_t n, const char *path);
/* How many nodes are online when the world begins. */
uint32_t	 map_file_online(const struct world *);

#endif
