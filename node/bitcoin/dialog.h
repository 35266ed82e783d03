/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The address gossip of the Bitcoin family, as a listener: an overlay for each of its
 * networks, which one driver serves (PROTOCOL.md; see node/overlay.h).
 */
#ifndef KANSOKU_NODE_BITCOIN_DIALOG_H
#define KANSOKU_NODE_BITCOIN_DIALOG_H

#include "node/bitcoin/networks.h"
#include "node/overlay.h"

extern const struct overlay bitcoin[BTC_MEMBERS];

/* All of them, as the rows of a table of overlays. */
#define BITCOIN_FAMILY	&bitcoin[BITCOIN_MAIN], &bitcoin[BITCOIN_TESTNET3], &bitcoin[BITCOIN_TESTNET4], \
	&bitcoin[BITCOIN_SIGNET], &bitcoin[BITCOIN_REGTEST], &bitcoin[LITECOIN_MAIN], \
	&bitcoin[LITECOIN_TESTNET], &bitcoin[LITECOIN_REGTEST], &bitcoin[DOGECOIN_MAIN], \
	&bitcoin[DOGECOIN_TESTNET], &bitcoin[DOGECOIN_REGTEST]

#endif
