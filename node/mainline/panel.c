/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/mainline/panel.h"

#include <sodium/crypto_shorthash.h>

uint64_t
panel_rank(const uint8_t secret[16], const uint8_t *p, size_t len)
{
	uint64_t h;

	_Static_assert(crypto_shorthash_BYTES == sizeof(h) && crypto_shorthash_KEYBYTES == 16, "SipHash");
	crypto_shorthash((uint8_t *)&h, p, len, secret);
	return h;
}

bool
panel_has(const uint8_t secret[16], uint32_t one_in, const uint8_t hash[NODE_ID])
{
	return one_in != 0 && panel_rank(secret, hash, NODE_ID) % one_in == 0;
}

int
panel_choose(const uint8_t secret[16], uint32_t one_in, const uint8_t random[16],
    struct text sample, const uint8_t *chosen[LIMIT_ASKED])
{
	uint64_t rank[LIMIT_ASKED];
	int n = 0, at;

	for (size_t i = 0; i + NODE_ID <= sample.len; i += NODE_ID) {
		uint64_t its;

		if (!panel_has(secret, one_in, sample.p + i))
			continue;
		its = panel_rank(random, sample.p + i, NODE_ID);
		for (at = 0; at < n && rank[at] < its; at++)
			continue;
		if (at == LIMIT_ASKED || (at < n && rank[at] == its))
			continue;	/* too far behind, or a hash that came twice */
		n += n < LIMIT_ASKED;
		for (int k = n - 1; k > at; k--) {
			rank[k] = rank[k - 1];
			chosen[k] = chosen[k - 1];
		}
		rank[at] = its;
		chosen[at] = sample.p + i;
	}
	return n;
}
