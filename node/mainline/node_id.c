/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/mainline/node_id.h"

#include <string.h>

int
node_id_shared_bits(const uint8_t a[NODE_ID], const uint8_t b[NODE_ID])
{
	for (int i = 0; i < NODE_ID; i++)
		if (a[i] != b[i])
			return 8 * i + __builtin_clz((unsigned)(a[i] ^ b[i])) - 24;
	return NODE_ID_BITS;
}

int
node_id_nearer(const uint8_t a[NODE_ID], const uint8_t b[NODE_ID], const uint8_t target[NODE_ID])
{
	for (int i = 0; i < NODE_ID; i++)
		if (a[i] != b[i])
			return (a[i] ^ target[i]) - (b[i] ^ target[i]);
	return 0;
}

void
node_id_within(uint8_t id[NODE_ID], const uint8_t prefix[NODE_ID], int bits,
    const uint8_t random[NODE_ID])
{
	for (int i = 0; i < NODE_ID; i++, bits -= 8) {
		uint8_t mask = bits >= 8 ? 0xff : bits <= 0 ? 0 : (uint8_t)(0xff00 >> bits);

		id[i] = (uint8_t)((prefix[i] & mask) | (random[i] & ~mask));
	}
}

uint32_t
node_id_crc32c(const uint8_t *p, size_t len)
{
	uint32_t c = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		c ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? UINT32_C(0x82f63b78) : 0);
	}
	return ~c;
}

uint32_t
node_id_checksum(struct endpoint e, uint8_t last)
{
	static const uint8_t mask[2][8] = {
		{ 0x03, 0x0f, 0x3f, 0xff }, { 0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff }
	};
	uint8_t address[ADDRESS_MAX];
	bool ipv6 = e.net == NET_IPV6;
	size_t n = ipv6 ? 8 : 4;

	address_bytes(e, address);
	for (size_t i = 0; i < n; i++)
		address[i] &= mask[ipv6][i];
	address[0] |= (uint8_t)((last & 7) << 5);
	return node_id_crc32c(address, n);
}

static bool
is_exempt(uint32_t ip)
{
	return ip >> 24 == 10 || ip >> 24 == 127 || ip >> 20 == (172 << 4 | 1) ||
	    ip >> 16 == (192 << 8 | 168) || ip >> 16 == (169 << 8 | 254);
}

int
node_id_fits(const uint8_t id[NODE_ID], struct endpoint e)
{
	uint32_t c;

	if ((e.net != NET_IPV4 && e.net != NET_IPV6) || (e.net == NET_IPV4 && is_exempt(e.ip)))
		return UNKNOWN;
	c = node_id_checksum(e, id[NODE_ID - 1]);
	return id[0] == c >> 24 && id[1] == (c >> 16 & 0xff) && ((id[2] ^ c >> 8) & 0xf8) == 0;
}
