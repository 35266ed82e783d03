/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/bitcoin/networks.h"

#include <string.h>

const struct btc_network btc_networks[BTC_MEMBERS] = {
	[BITCOIN_MAIN] = { "bitcoin-main", { 0xf9, 0xbe, 0xb4, 0xd9 }, 8333 },
	[BITCOIN_TESTNET3] = { "bitcoin-testnet3", { 0x0b, 0x11, 0x09, 0x07 }, 18333 },
	[BITCOIN_TESTNET4] = { "bitcoin-testnet4", { 0x1c, 0x16, 0x3f, 0x28 }, 48333 },
	[BITCOIN_SIGNET] = { "bitcoin-signet", { 0x0a, 0x03, 0xcf, 0x40 }, 38333 },
	[BITCOIN_REGTEST] = { "bitcoin-regtest", { 0xfa, 0xbf, 0xb5, 0xda }, 18444 },
	[LITECOIN_MAIN] = { "litecoin-main", { 0xfb, 0xc0, 0xb6, 0xdb }, 9333 },
	[LITECOIN_TESTNET] = { "litecoin-testnet", { 0xfd, 0xd2, 0xc8, 0xf1 }, 19335 },
	[LITECOIN_REGTEST] = { "litecoin-regtest", { 0xfa, 0xbf, 0xb5, 0xda }, 19444 },
	[DOGECOIN_MAIN] = { "dogecoin-main", { 0xc0, 0xc0, 0xc0, 0xc0 }, 22556 },
	[DOGECOIN_TESTNET] = { "dogecoin-testnet", { 0xfc, 0xc1, 0xb7, 0xdc }, 44556 },
	[DOGECOIN_REGTEST] = { "dogecoin-regtest", { 0xfa, 0xbf, 0xb5, 0xda }, 18444 },
};

const struct btc_network *
btc_network_of_magic(const uint8_t magic[4])
{
	for (int i = 0; i < BTC_MEMBERS; i++) {
		if (memcmp(btc_networks[i].magic, magic, 4) == 0)
			return &btc_networks[i];
	}
	return NULL;
}
