/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two names of a lab node: where it listens on loopback, and the address
 * that keys and statistics use.  Lines "127.1.2.3:4000 198.20.3.4:21045", one
 * to one.  Used at the socket boundary only; all above it sees public addresses.
 */
#ifndef KANSOKU_CRAWLER_NET_LAB_MAP_H
#define KANSOKU_CRAWLER_NET_LAB_MAP_H

#include "observation.h"

struct lab_map;

/* NULL after a complaint that names FILE:LINE: not two endpoints, a lab
 * endpoint outside 127.0.0.0/8, or one that stands there twice. */
struct lab_map	*lab_map_read(const char *path);
void		 lab_map_free(struct lab_map *);	/* NULL is fine */
/* Where to dial a public endpoint; false: it belongs to nobody here. */
bool		 lab_map_lab(const struct lab_map *, struct endpoint public, struct endpoint *lab);
/* The public address of who calls from a lab address (its port says nothing). */
bool		 lab_map_public_ip(const struct lab_map *, uint32_t lab_ip, uint32_t *public_ip);

#endif
