/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many nodes there are of each network that addresses can be of (IPv4, IPv6, Tor v3, ...):
 * advertised, told as news, and reached, in a round and in the 24 hours to its end.
 *
 * It reads the rows of a sensor; what analyze found is used for the clean counts, and
 * nothing is stored.
 */
#ifndef KANSOKU_ANALYSIS_NETWORK_COUNTS_H
#define KANSOKU_ANALYSIS_NETWORK_COUNTS_H

#include "data/store/request.h"

/* A row for each complete round that is asked for, and each network with nodes.  0; 1 after a
 * complaint; -1 with a reason in store_error. */
int	 network_counts_list(struct store *, struct request *, struct listing *);

#endif
