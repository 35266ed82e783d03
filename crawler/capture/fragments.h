/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Puts fragmented IP packets together: so many at once, in so much memory, for so
 * long (bounds.h); what does not fit makes the oldest go.
 *
 * Of bytes that come twice the first copy counts.  Addresses and numbers are chosen
 * by strangers, so they are found by a keyed hash.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_FRAGMENTS_H
#define KANSOKU_CRAWLER_CAPTURE_FRAGMENTS_H

#include <stddef.h>

#include "crawler/capture/layers.h"

struct fragments;

struct fragments *fragments_new(const uint8_t key[16]);	/* NULL without memory */
void	 fragments_free(struct fragments *);
/*
 * Takes a fragment.  The number of packets, this one too, that the whole packet came in,
 * when it is whole: then *p and *len are what stands behind its IP header, until the next
 * call.  0: some are missing.  now_ms never decreases.
 */
unsigned fragments_add(struct fragments *, const struct ip_packet *, int64_t now_ms,
	    const uint8_t **p, uint32_t *len);
size_t	 fragments_bytes(const struct fragments *);

#endif
