/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tells which IPv4 addresses nobody could have at a given time, from the dated tables
 * in data/registries/: special-purpose blocks and multicast at any time, and
 * the /8s that IANA had not given out yet.  Country and routing are not here.
 *
 * A block that became special-purpose later counts as special at any time: no
 * node of the public network had an address in it before either.
 *
 * And which addresses no relay passes on as the source of a key.
 */
#ifndef KANSOKU_ANALYSIS_ROUNDS_ADDRESS_SPACE_H
#define KANSOKU_ANALYSIS_ROUNDS_ADDRESS_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "observation.h"

enum address_class { ADDRESS_ORDINARY, ADDRESS_SPECIAL, ADDRESS_UNALLOCATED };

#define SPACE_BLOCKS	48

struct address_space {
	struct { uint32_t base, mask; } special[SPACE_BLOCKS];
	unsigned	nspecial;
	struct { uint32_t base, mask; } unrelayed[SPACE_BLOCKS];
	unsigned	nunrelayed;
	bool		mixed[256];	/* some special block is smaller than this /8 */
	bool		whole[256];	/* all of this /8 is special */
	int64_t		since_ms[256];	/* given out then; INT64_MIN: before the table begins */
};

/* From the tables inside the program; false if they cannot be read (a bug). */
/* unrelayed: the overlay's blocks that are not passed on (observation.h), or NULL. */
bool			 address_space_load(struct address_space *, const char *unrelayed);
enum address_class	 address_space_class(const struct address_space *, uint32_t ip, int64_t t_ms);
/* The same of any endpoint: what is no IPv4 address is ordinary, as far as is known here. */
enum address_class	 endpoint_class(const struct address_space *, struct endpoint, int64_t t_ms);
/* One number for all ports of an address: IPv4 is itself, others lie above 2^32. */
uint64_t		 address_number(struct endpoint);
/* False: genuine nodes drop keys with this source, whoever sends them. */
bool			 address_space_relayed(const struct address_space *, uint32_t ip);
/* Share of all 2^32 addresses that are special or unallocated at that time: what
 * a flood of uniformly random addresses hits (13.8 % today, 25.4 % in May 2009). */
double			 address_space_impossible(const struct address_space *, int64_t t_ms);

#endif
