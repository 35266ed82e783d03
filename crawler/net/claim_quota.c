/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/net/claim_quota.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "crawler/net/block.h"

#define SLOTS	65536

_Static_assert(crypto_shorthash_KEYBYTES == 16, "the key is handed in as 16 bytes");

/* Tokens that were spent and have not come back yet, as of at_ms; zeros: a full bucket. */
struct spent {
	float		tokens;
	uint32_t	at_ms;		/* of the 2^32 ms that wrap in 49 days */
};

enum side { BY_PEER, BY_SOURCE, NSIDES };

struct claim_quota {
	uint8_t		key[crypto_shorthash_KEYBYTES];
	double		scale;
	struct spent	slot[NSIDES][SLOTS];
};

static const struct { double burst, per_minute; } rule[NSIDES] = {
	[BY_PEER] = { LIMIT_NET_CLAIMS, LIMIT_NET_CLAIMS_MINUTE },
	[BY_SOURCE] = { LIMIT_NET_CLAIMED, LIMIT_NET_CLAIMED_MINUTE },
};

struct claim_quota *
claim_quota_new(const uint8_t key[16], double scale)
{
	struct claim_quota *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	memcpy(c->key, key, sizeof(c->key));
	c->scale = scale;
	return c;
}

void
claim_quota_free(struct claim_quota *c)
{
	free(c);
}

static size_t
slot_of(const struct claim_quota *c, enum side side, struct endpoint e)
{
	uint8_t in[1 + BLOCK_BYTES] = { (uint8_t)side };
	uint8_t out[crypto_shorthash_BYTES];
	uint16_t at;

	crypto_shorthash(out, in, 1 + address_block(e, in + 1), c->key);
	memcpy(&at, out, sizeof(at));
	return at;
}

static double
still_spent(const struct claim_quota *c, enum side side, const struct spent *s, int64_t now_ms)
{
	uint32_t passed = (uint32_t)now_ms - s->at_ms;

	return fmax(0, s->tokens - passed * rule[side].per_minute * c->scale / 60000);
}

static bool
has_left(const struct claim_quota *c, enum side side, struct endpoint e, int64_t now_ms)
{
	const struct spent *s = &c->slot[side][slot_of(c, side, e)];

	/* All of loopback is one host, and a lab without a map is at home there. */
	return address_is_loopback(e) ||
	    still_spent(c, side, s, now_ms) + 1 <= rule[side].burst;
}

static void
spend_token(struct claim_quota *c, enum side side, struct endpoint e, int64_t now_ms)
{
	struct spent *s = &c->slot[side][slot_of(c, side, e)];

	s->tokens = (float)(still_spent(c, side, s, now_ms) + 1);
	s->at_ms = (uint32_t)now_ms;
}

bool
claim_quota_left(const struct claim_quota *c, struct endpoint peer, struct endpoint source,
    int64_t now_ms)
{
	return has_left(c, BY_PEER, peer, now_ms) && has_left(c, BY_SOURCE, source, now_ms);
}

void
claim_quota_spend(struct claim_quota *c, struct endpoint peer, struct endpoint source,
    int64_t now_ms)
{
	spend_token(c, BY_PEER, peer, now_ms);
	spend_token(c, BY_SOURCE, source, now_ms);
}
