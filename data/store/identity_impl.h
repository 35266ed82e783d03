/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How things are recognised in memory, for identity.c and preload.c alone. */
#ifndef KANSOKU_DATA_STORE_IDENTITY_IMPL_H
#define KANSOKU_DATA_STORE_IDENTITY_IMPL_H

#include "data/store/writer.h"

struct node_key {
	uint32_t	ip;
	uint16_t	port, zero;
};
struct fingerprint {
	uint8_t		byte[16];
};

/* A key's names as they are stored, and the room for what stands for them. */
struct pseudonyms {
	struct text	name, trip, bbs_trip;
	char		token[3][NAME_TOKEN];
};

/* Fingerprints of what is too long to remember; -1 without memory. */
int	 identity_of_file(struct writer *, struct fingerprint *, const uint8_t hash[16],
	    int64_t size, struct text name, struct text trip);
int	 identity_of_advert(struct writer *, struct fingerprint *, const struct obs_key *,
	    const struct pseudonyms *);
int	 identity_of_claim(struct writer *, struct fingerprint *, int64_t node, int64_t speed,
	    int64_t bbs, const struct text words[3]);

/* Remembers a key that was found on the disk, or is new; returns id, or 0 without memory. */
uint32_t identity_remember(struct store *, enum known, const void *key, uint32_t id);

#endif
