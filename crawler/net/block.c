/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/block.h"

#include <sodium.h>
#include <string.h>

size_t
address_block(struct endpoint e, uint8_t out[BLOCK_BYTES])
{
	size_t n = address_bytes(e, out + 1);

	out[0] = (uint8_t)network_number(e.net);
	return 1 + (e.net == NET_IPV4 ? 3 : e.net == NET_IPV6 ? 6 : n);
}

uint32_t
address_block_number(struct endpoint e)
{
	static uint8_t secret[crypto_shorthash_KEYBYTES];
	static bool made;
	uint8_t block[BLOCK_BYTES], hash[crypto_shorthash_BYTES];
	uint32_t v;

	if (e.net == NET_IPV4)
		return e.ip >> 8;
	if (!made)
		randombytes_buf(secret, sizeof(secret));
	made = true;
	crypto_shorthash(hash, block, address_block(e, block), secret);
	memcpy(&v, hash, sizeof(v));
	return v | UINT32_C(1) << 31;	/* no /24 has this number */
}

bool
address_is_loopback(struct endpoint e)
{
	static const uint8_t one[16] = { [15] = 1 };

	return e.net == NET_IPV4 ? e.ip >> 24 == 127
	    : e.net == NET_IPV6 && memcmp(e.addr, one, sizeof(one)) == 0;
}
