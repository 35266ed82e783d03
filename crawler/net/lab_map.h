/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two names of a lab node: where it listens on loopback, and the address
 * that keys and statistics use.  Lines "127.1.2.3:4000 198.20.3.4:21045", one
 * to one.  Used at the socket boundary only; all above it sees public addresses.
 */
#ifndef KANSOKU_CRAWLER_NET_LAB_MAP_H
#define KANSOKU_CRAWLER_NET_LAB_MAP_H

#include "observation.h"

struct labmap;

/* NULL after a complaint that names FILE:LINE: not two endpoints, a lab
 * endpoint outside 127.0.0.0/8, or one that stands there twice. */
struct labmap	*labmap_read(const char *path);
void		 labmap_free(struct labmap *);	/* NULL is fine */
size_t		 labmap_size(const struct labmap *);
/* Where to dial a public endpoint; false: it belongs to nobody here. */
bool		 labmap_lab(const struct labmap *, struct endpoint public, struct endpoint *lab);
/* The public address of who calls from a lab address (its port says nothing). */
bool		 labmap_public_ip(const struct labmap *, uint32_t lab_ip, uint32_t *public_ip);

#endif
