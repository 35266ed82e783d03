/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets of any link type.  The input is a list of them: a byte that picks the link
 * type, one with bits, two of length, then the bytes.  What layers make of each lies inside it;
 * fragments are put together from what came, whatever they claim.
 */
#include <string.h>

#include "bounds.h"
#include "crawler/capture/fragments.h"
#include "tests/fuzz/fuzz.h"

static const int links[] = { 1, 113, 276, 0, 108, 101, 12, 14, 228, 229, 9, 50, 51, 104, 147 };

static void
hold(const struct ip_packet *ip, const uint8_t *p, size_t n, enum layers_verdict v)
{
	MUST(v <= LAYERS_DAMAGED);
	MUST(ip->tunnels <= LAYERS_TUNNELS + 1);
	if (v != LAYERS_IP && v != LAYERS_FRAGMENT)
		return;
	MUST(ip->has_ip && (ip->version == 4 || ip->version == 6));
	MUST(ip->n <= ip->len);
	MUST(ip->p >= p && ip->p + ip->n <= p + n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	static const uint8_t key[16] = { 1 };
	struct fragments *f = fragments_new(key);
	int64_t now = 0;

	MUST(f != NULL);
	while (size >= 4) {
		size_t n = (size_t)(in[2] << 8 | in[3]);
		struct packet packet = { .link = links[in[0] % (sizeof(links) / sizeof(links[0]))] };
		enum layers_verdict v;
		struct ip_packet ip;
		const uint8_t *whole;
		uint32_t len;

		n = n < size - 4 ? n : size - 4;
		packet.p = in + 4;
		packet.n = (uint32_t)n;
		/* Some were cut by the snapshot length. */
		packet.len = packet.n + ((in[1] & 1) != 0 ? (in[1] & 0xfeu) * 8u : 0);
		now += (in[1] & 2) != 0 ? 20000 : 1;
		v = layers_read(&ip, &packet);
		hold(&ip, packet.p, n, v);
		if (v == LAYERS_FRAGMENT && ip.n == ip.len && fragments_add(f, &ip, now, &whole, &len) > 0) {
			MUST(len > 0 && len < 65536);
			hold(&ip, whole, len, layers_reassembled(&ip, whole, len));
		}
		MUST(fragments_bytes(f) <= FRAGMENTS_BYTES);
		in += 4 + n;
		size -= 4 + n;
	}
	fragments_free(f);
	return 0;
}
