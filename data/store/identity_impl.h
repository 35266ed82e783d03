/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How things are recognised in memory, for identity.c and warm_cache.c alone. */
#ifndef KANSOKU_DATA_STORE_IDENTITY_IMPL_H
#define KANSOKU_DATA_STORE_IDENTITY_IMPL_H

#include "data/store/record_cells.h"
#include "data/store/record_fields.h"
#include "data/store/writer.h"

struct node_key {
	uint32_t	ip;
	uint16_t	port, zero;
};
struct fingerprint {
	uint8_t		byte[16];
};
union node_name {
	struct node_key		narrow;		/* IPv4 */
	struct fingerprint	wide;		/* every other network */
};

/* Fingerprints of what is too long to remember; -1 without memory.  Values are as stored. */
void	 identity_of_node(struct writer *, struct fingerprint *, struct endpoint);
int	 identity_of_file(const struct store *, struct fingerprint *, struct text content,
	    const union value[FIELDS_MAX]);
int	 identity_of_advert(const struct store *, struct fingerprint *, struct endpoint source,
	    struct text content, const union value[FIELDS_MAX]);
int	 identity_of_claim(const struct store *, struct fingerprint *, int64_t node,
	    const union value[FIELDS_MAX]);

/* Remembers a key that was found on the disk, or is new; returns id, or 0 without memory. */
uint32_t identity_remember(struct store *, enum known, const void *key, uint32_t id);
uint32_t identity_remember_node(struct store *, struct endpoint, uint32_t id);

#endif
