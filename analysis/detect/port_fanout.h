/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One address, more ports than any household has nodes.
 *
 * In January 2010 three addresses stood for 84,000 phantom nodes: a crawler had
 * told each peer another port of its own, and its peers passed them on.  What
 * counts is ports that never spoke to us and never lasted as sources; a carrier's
 * shared address, whose ports do, is no such thing.
 */
#ifndef KANSOKU_ANALYSIS_DETECT_PORT_FANOUT_H
#define KANSOKU_ANALYSIS_DETECT_PORT_FANOUT_H

#include "analysis/detect/newcomers.h"

struct host {
	uint32_t	ports;		/* named in the window */
	uint32_t	phantoms;	/* of these, never verified and never lasting */
	bool		flooded;
};
struct port_fanout {
	struct index	addresses;	/* address_number of everybody named in the window */
	ARRAY_OF(struct host) host;	/* by number in addresses */
	double		usual;		/* phantoms that one in a thousand addresses has */
	double		threshold;	/* phantoms that make a flood */
	double		phantom_share;	/* of all nodes outside the flooded addresses */
};

int		 port_fanout_find(struct port_fanout *, struct members *, const struct window *);
void		 port_fanout_free(struct port_fanout *);
const struct host *port_fanout_host(const struct port_fanout *, struct endpoint);
/* A port of a flooded address that nobody ever found to be a node. */
bool		 port_fanout_has(const struct port_fanout *, const struct member *);

#endif
