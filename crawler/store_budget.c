/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/store_budget.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bounds.h"
#include "crawler/net/block.h"
#include "data/lib/hash_table.h"

struct account {
	uint32_t	in_use;		/* 1 */
	uint32_t	rows;
	uint8_t		key[8];		/* a keyed hash of whose it is */
	int64_t		bytes;
};

struct store_budget {
	struct store_limits limits;
	uint8_t		 secret[crypto_shorthash_KEYBYTES];
	struct hash_table table;	/* accounts of peers and networks */
	struct account	 shared[ACCOUNT_N];	/* those that there is one of */
	atomic_uint	 cut;
	atomic_uint_fast64_t refused;
};

/* What a round says of itself when the account was spent. */
static const uint8_t cut_of[ACCOUNT_N] = {
	[ACCOUNT_PEER] = CUT_PEER, [ACCOUNT_NET] = CUT_NET,
	[ACCOUNT_CALLER] = CUT_INBOUND, [ACCOUNT_CALLER_NET] = CUT_INBOUND,
	[ACCOUNT_INBOUND] = CUT_INBOUND,
	[ACCOUNT_ROUND] = CUT_ROUND, [ACCOUNT_DATABASE] = CUT_DATABASE,
};

_Static_assert(crypto_shorthash_BYTES == sizeof(((struct account *)0)->key), "a key is a hash");

struct store_budget *
store_budget_new(const struct store_limits *limits)
{
	struct store_budget *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->limits = *limits;
	randombytes_buf(b->secret, sizeof(b->secret));
	hash_table_init_hashes(&b->table, sizeof(struct account), offsetof(struct account, key),
	    sizeof(((struct account *)0)->key));
	return b;
}

void
store_budget_free(struct store_budget *b)
{
	if (b != NULL)
		hash_table_free(&b->table);
	free(b);
}

void
store_budget_begin(struct store_budget *b, int64_t room)
{
	hash_table_clear(&b->table);
	for (int a = 0; a < ACCOUNT_N; a++)
		b->shared[a] = (struct account){ .in_use = 1 };
	b->limits.of[ACCOUNT_DATABASE].bytes = room;
	atomic_store(&b->cut, 0);
	atomic_store(&b->refused, 0);
}

/* Is it something that a caller brought?  His port is only a claim: he has none. */
static bool
is_inbound(const struct observation *o)
{
	return o->type == OBS_CONTACT ? o->contact.inbound : o->peer.port == 0;
}

static bool
is_ours(const struct observation *o)
{
	return o->type == OBS_ROUND || (o->type == OBS_CONTACT && !o->contact.inbound);
}

/* The accounts that pay for a record, as bits. */
static unsigned
payers(const struct observation *o)
{
	unsigned all = 1u << ACCOUNT_ROUND | 1u << ACCOUNT_DATABASE;

	if (is_ours(o))
		return all;
	return all | (is_inbound(o) ? 1u << ACCOUNT_CALLER | 1u << ACCOUNT_CALLER_NET | 1u << ACCOUNT_INBOUND
	    : 1u << ACCOUNT_PEER | 1u << ACCOUNT_NET);
}

/*
 * NULL when there are too many accounts already, or no memory: then the round's alone
 * holds.  Of IPv6 a caller is a /48, as he may have any address of it.
 */
static struct account *
account_of(struct store_budget *b, enum store_account a, struct endpoint who)
{
	uint8_t bytes[1 + BLOCK_BYTES + ENDPOINT_PACKED] = { (uint8_t)a }, key[crypto_shorthash_BYTES];
	struct account *account;
	size_t n = 1;

	if (a == ACCOUNT_INBOUND || a == ACCOUNT_ROUND || a == ACCOUNT_DATABASE)
		return &b->shared[a];
	if (a == ACCOUNT_CALLER)
		who.port = 0;
	if (a == ACCOUNT_PEER || (a == ACCOUNT_CALLER && who.net == NET_IPV4))
		n += endpoint_pack(bytes + n, who);
	else
		n += address_block(who, bytes + n);
	crypto_shorthash(key, bytes, n, b->secret);
	if ((account = hash_table_find(&b->table, key)) != NULL)
		return account;
	if (b->table.n >= LIMIT_STORE_ACCOUNTS || (account = hash_table_add(&b->table, key)) == NULL)
		return NULL;
	account->in_use = 1;
	return account;
}

static struct endpoint
who_pays(const struct observation *o)
{
	return o->type == OBS_CONTACT ? o->contact.node : o->peer;
}

static bool
is_spent(const struct account *a, const struct store_allowance *may)
{
	return a != NULL && ((may->bytes > 0 && a->bytes >= may->bytes) ||
	    (may->rows > 0 && a->rows >= (uint64_t)may->rows));
}

bool
store_budget_refuses(struct store_budget *b, const struct observation *o)
{
	unsigned pay = is_ours(o) ? 0 : payers(o);

	for (int a = 0; a < ACCOUNT_N; a++) {
		const struct store_allowance *may = &b->limits.of[a];

		if (!(pay >> a & 1) || (may->bytes == 0 && may->rows == 0) ||
		    !is_spent(account_of(b, (enum store_account)a, who_pays(o)), may))
			continue;
		atomic_fetch_or(&b->cut, 1u << cut_of[a]);
		atomic_fetch_add(&b->refused, 1);
		return true;
	}
	return false;
}

void
store_budget_spend(struct store_budget *b, const struct observation *o, uint64_t bytes)
{
	unsigned pay = payers(o);

	for (int a = 0; a < ACCOUNT_N; a++) {
		struct account *account;

		if (!(pay >> a & 1) || (b->limits.of[a].bytes == 0 && b->limits.of[a].rows == 0) ||
		    (account = account_of(b, (enum store_account)a, who_pays(o))) == NULL)
			continue;
		account->bytes += (int64_t)bytes;
		account->rows += account->rows < UINT32_MAX;
	}
}

uint32_t
store_budget_cut(const struct store_budget *b)
{
	return atomic_load(&b->cut);
}

uint64_t
store_budget_refused(const struct store_budget *b)
{
	return atomic_load(&b->refused);
}
