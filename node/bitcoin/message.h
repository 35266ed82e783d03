/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The payloads that a sensor reads: version, addr, addrv2 (BIP 155).
 *
 * A payload is bad, and nothing of it is used, or good; a good one is sloppy when something
 * in it was passed over.  Times, services, ports and special addresses are taken as the
 * claims that they are.
 */
#ifndef KANSOKU_NODE_BITCOIN_MESSAGE_H
#define KANSOKU_NODE_BITCOIN_MESSAGE_H

#include "observation.h"

/* Why a good payload is sloppy. */
enum btc_sloppy {
	BTC_TRAILING = 1,		/* bytes after its end */
	BTC_UNKNOWN_NETWORK = 2,	/* an entry of a network that BIP 155 does not name */
	BTC_IGNORED_NETWORK = 4,	/* an entry of a dead network, or one in a false guise */
};
/* "trailing", "unknown-network" or "ignored-network"; NULL: there is no such bit. */
const char *btc_sloppy_name(int bit);

struct btc_version {
	int32_t		protocol;
	uint64_t	services;
	int64_t		time;		/* Unix seconds by the sender's clock */
	uint64_t	you_services;
	struct endpoint	you;		/* the address that the sender sees */
	const uint8_t	*nonce;		/* 8 bytes */
	struct text	agent;		/* any bytes, at most LIMIT_AGENT */
	int32_t		height;
	int		relay;		/* 0 or 1; UNKNOWN: the byte is absent (BIP 37) */
	int		sloppy;
};
/* NULL, or why it is bad.  What is read is borrowed from the payload. */
const char *btc_version_read(struct btc_version *, const uint8_t *, size_t);

struct btc_entry {
	uint32_t	time;		/* Unix seconds, of the last sight as claimed */
	uint64_t	services;
	const char	*network;	/* its name, as BIP 155's numbers have it */
	struct endpoint	node;
};

/* Entries of a payload that is good, one after the other. */
struct btc_entries {
	const uint8_t	*p, *end;
	bool		 v2;
	uint32_t	 count;		/* in the message, those that are passed over too */
	uint32_t	 left;
	int		 sloppy;
};
/* Looks through the whole payload; NULL, or why it is bad: then there are no entries. */
const char *btc_entries_open(struct btc_entries *, bool v2, const uint8_t *, size_t);
/* The next one that is kept; false at the end. */
bool	 btc_entries_next(struct btc_entries *, struct btc_entry *);

#endif
