/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/outsiders.h"

#include <sodium.h>
#include <string.h>

int
outsiders_begin(struct outsiders *o, enum outsiders_form form, const uint8_t key[32])
{
	o->form = form;
	memcpy(o->key, key, sizeof(o->key));
	return form == OUTSIDERS_TOKENS ? pseudonym_hide(&o->names, key, "capture", 7) : 0;
}

void
outsiders_end(struct outsiders *o)
{
	pseudonym_forget(&o->names);
}

/* Each bit turned by a keyed hash of those before it, as in Crypto-PAn (Xu, Fan, Ammar, Moon, ICNP 2002). */
static struct endpoint
keep_prefix(const struct outsiders *o, struct endpoint e)
{
	uint8_t from[ADDRESS_MAX] = { 0 }, to[ADDRESS_MAX], before[ADDRESS_MAX + 2] = { 0 };
	size_t n = address_bytes(e, from);
	struct endpoint out = { .ip = 0 };

	memcpy(to, from, sizeof(to));
	before[ADDRESS_MAX] = e.net;
	for (size_t bit = 0; bit < 8 * n; bit++) {
		uint8_t hash[crypto_shorthash_BYTES], mask = (uint8_t)(0x80u >> bit % 8);

		before[ADDRESS_MAX + 1] = (uint8_t)bit;
		crypto_shorthash(hash, before, sizeof(before), o->key);
		if ((hash[0] & 1) != 0)
			to[bit / 8] ^= mask;
		before[bit / 8] |= from[bit / 8] & mask;
	}
	if (!endpoint_of_bytes(&out, e.net, to, n, e.port))
		out = (struct endpoint){ .ip = 0 };
	return out;
}

char *
outsider_text(const struct outsiders *o, struct endpoint e, char buf[NAME_TEXT])
{
	switch (o->form) {
	case OUTSIDERS_TOKENS:
		return pseudonym_node(&o->names, e, buf);
	case OUTSIDERS_PREFIX:
		return endpoint_format(buf, keep_prefix(o, e));
	default:
		return endpoint_format(buf, e);
	}
}

char *
outsider_address(const struct outsiders *o, struct endpoint e, char buf[NAME_TEXT])
{
	switch (o->form) {
	case OUTSIDERS_TOKENS:
		return pseudonym_address(&o->names, e, buf);
	case OUTSIDERS_PREFIX:
		return address_format(buf, keep_prefix(o, e));
	default:
		return address_format(buf, e);
	}
}

struct endpoint
outsider_stored(const struct outsiders *o, struct endpoint e)
{
	struct endpoint out = { .net = NET_IPV6 };
	uint8_t packed[ENDPOINT_PACKED], token[TOKEN_BYTES];

	if (endpoint_is_nobody(e) || o->form == OUTSIDERS_PLAIN)
		return e;
	if (o->form == OUTSIDERS_PREFIX)
		return keep_prefix(o, e);
	pseudonym_token(&o->names, 'n', packed, endpoint_pack(packed, e), token);
	out.addr[0] = 1;
	memcpy(out.addr + 8, token, 8);
	return out;
}
