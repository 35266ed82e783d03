/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many unheard-of addresses may still be put on the visiting list: by all
 * peers of one /24 together, and inside one /24.  Both are token buckets
 * (bounds.h), so that nobody fills the list by owning many ports or by
 * naming many of somebody else's.
 *
 * The buckets are a fixed table under a keyed hash.  /24s that meet in one
 * share it, and nobody outside can say which do; a bucket is large against the
 * handful of /24s that share it while a whole network is being heard of.
 */
#ifndef KANSOKU_CRAWLER_NET_CLAIM_QUOTA_H
#define KANSOKU_CRAWLER_NET_CLAIM_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "observation.h"

struct claim_quota;

/* key is 16 secret bytes; a minute is `scale` times shorter.  NULL without memory. */
struct claim_quota	*claim_quota_new(const uint8_t key[16], double scale);
void		 claim_quota_free(struct claim_quota *);	/* NULL is fine */
/* May a peer at this address name a new source at that one?  Takes nothing. */
bool		 claim_quota_left(const struct claim_quota *, struct endpoint peer,
		    struct endpoint source,
		    int64_t now_ms);
/* It did. */
void		 claim_quota_spend(struct claim_quota *, struct endpoint peer, struct endpoint source,
		    int64_t now_ms);

#endif
