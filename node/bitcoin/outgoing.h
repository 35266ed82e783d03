/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything that the sensor can say: this is the only module of the driver that writes to
 * peers, and version, sendaddrv2, verack, getaddr and pong are all that it can write.  There
 * is no call that takes a command.  What only a node says is not in here: no address, no
 * inventory, no transaction, header or block.
 */
#ifndef KANSOKU_NODE_BITCOIN_OUTGOING_H
#define KANSOKU_NODE_BITCOIN_OUTGOING_H

#include "node/bitcoin/networks.h"

/* 70016 understands addrv2; one higher would promise more. */
#define BTC_PROTOCOL	70016
#define BTC_NONCE	8
/* The longest thing that we ever write: a version with the longest agent. */
#define BTC_OUTGOING	(24 + 80 + 3 + 256 + 5)

struct btc_outgoing {
	const struct btc_network *network;
	void	(*send)(void *arg, const uint8_t *bytes, size_t len);
	void	*arg;
};

/*
 * No services, so that nobody asks us for anything; relay 0, so that nobody sends us
 * transactions; no address of our own.  The agent is cut to LIMIT_AGENT bytes.
 */
void	btc_send_version(const struct btc_outgoing *, int64_t time_s, struct endpoint you,
    const uint8_t nonce[BTC_NONCE], struct text agent);
void	btc_send_sendaddrv2(const struct btc_outgoing *);
void	btc_send_verack(const struct btc_outgoing *);
void	btc_send_getaddr(const struct btc_outgoing *);
void	btc_send_pong(const struct btc_outgoing *, const uint8_t nonce[BTC_NONCE]);

#endif
