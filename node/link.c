/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/link.h"

#include <string.h>

void
link_start(struct link *l, const uint8_t preamble[PREAMBLE_LEN])
{
	memcpy(l->seed, preamble + 2, sizeof(l->seed));
	rc4_key(&l->rc4, l->seed, sizeof(l->seed));
}

void
link_rekey(struct link *l)
{
	/* The XOR is on the seed, not on the shortened key: it can lengthen it. */
	const uint8_t key[4] = { l->seed[0], l->seed[1] ^ 0x39, l->seed[2] ^ 0x39,
		l->seed[3] ^ 0x39 };

	rc4_key(&l->rc4, key, sizeof(key));
}

void
link_apply(struct link *l, uint8_t *out, const uint8_t *in, size_t n)
{
	rc4_apply(&l->rc4, out, in, n);
}
