/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The members of the family, a row each: what differs between them is data.  All regtest
 * networks of one magic are one overlay on the wire; a row says what the operator calls it.
 */
#ifndef KANSOKU_NODE_BITCOIN_NETWORKS_H
#define KANSOKU_NODE_BITCOIN_NETWORKS_H

#include "observation.h"

struct btc_network {
	const char	*name;		/* "bitcoin-testnet4", as overlays and messages name it */
	uint8_t		 magic[4];	/* the first bytes of every message */
	uint16_t	 port;		/* that nodes listen on by default */
};

enum btc_member {
	BITCOIN_MAIN, BITCOIN_TESTNET3, BITCOIN_TESTNET4, BITCOIN_SIGNET, BITCOIN_REGTEST,
	LITECOIN_MAIN, LITECOIN_TESTNET, LITECOIN_REGTEST,
	DOGECOIN_MAIN, DOGECOIN_TESTNET, DOGECOIN_REGTEST,
	BTC_MEMBERS
};

extern const struct btc_network btc_networks[BTC_MEMBERS];

/* The first member whose messages begin so, or NULL. */
const struct btc_network *btc_network_of_magic(const uint8_t magic[4]);

#endif
