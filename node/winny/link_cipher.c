/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/link_cipher.h"

void
link_cipher_start(struct link_cipher *l, const uint8_t preamble[PREAMBLE_LEN])
{
	const uint8_t *seed = preamble + 2;
	/* The XOR is on the seed, not on the shortened key: it can lengthen it. */
	const uint8_t next[4] = { seed[0], seed[1] ^ 0x39, seed[2] ^ 0x39, seed[3] ^ 0x39 };

	rc4_key_both(&l->rc4, seed, &l->next, next, sizeof(next));
}

void
link_cipher_rekey(struct link_cipher *l)
{
	l->rc4 = l->next;
}

void
link_cipher_apply(struct link_cipher *l, uint8_t *out, const uint8_t *in, size_t n)
{
	rc4_apply(&l->rc4, out, in, n);
}

void
link_cipher_skip(struct link_cipher *l, uint64_t n)
{
	uint8_t nobody[512] = { 0 };

	for (size_t some; n > 0; n -= some) {
		some = n < sizeof(nobody) ? (size_t)n : sizeof(nobody);
		rc4_apply(&l->rc4, nobody, nobody, some);
	}
}
