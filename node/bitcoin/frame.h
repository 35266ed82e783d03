/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stream cut into messages (v1 transport): a header of 24 bytes, a payload.  Payloads that
 * we read are kept whole, and given out once their checksum agrees; all others are counted
 * off by their length and never kept, hashed or looked at.
 *
 * This is not the encrypted transport of BIP 324: a stream in it has no header that a
 * network's magic begins, and is refused at its first four bytes.
 */
#ifndef KANSOKU_NODE_BITCOIN_FRAME_H
#define KANSOKU_NODE_BITCOIN_FRAME_H

#include "node/bitcoin/networks.h"

#define BTC_HEADER	24
#define BTC_COMMAND	12	/* letters of the longest command */

/* The messages that are read; every other one is BTC_OTHER. */
enum btc_command { BTC_OTHER, BTC_VERSION, BTC_VERACK, BTC_PING, BTC_ADDR, BTC_ADDRV2, BTC_COMMANDS };

enum btc_frame_result {
	BTC_FRAME_MORE,		/* all bytes are taken */
	BTC_FRAME_MESSAGE,	/* one that is read; payload is there until the next call */
	BTC_FRAME_SKIPPED,	/* another one */
	/* The message is dropped, the link stays: */
	BTC_FRAME_BAD_COMMAND,	/* empty, or bytes after its first NUL */
	BTC_FRAME_BAD_CHECKSUM,
	BTC_FRAME_OVERSIZE,	/* longer than any that is read */
	/* The link ends: */
	BTC_FRAME_BAD_MAGIC,
	BTC_FRAME_TOO_LONG,
	BTC_FRAME_NO_MEMORY,
};

struct btc_message {
	uint64_t	 offset;	/* of its header in the stream */
	enum btc_command is;
	char		 command[BTC_COMMAND + 1];
	uint32_t	 length;
	const uint8_t	*payload;	/* of BTC_FRAME_MESSAGE only */
};

/* One direction of a link. */
struct btc_frame {
	const struct btc_network *network;	/* NULL: that of the first magic which is known */
	struct btc_message message;	/* the one under way */
	uint8_t		 header[BTC_HEADER];
	uint8_t		 has;		/* bytes of it that are here */
	bool		 in_payload;
	enum btc_frame_result verdict;	/* on the header: what the message will be */
	uint8_t		*kept;		/* bytes of its payload, if it is read and came in pieces */
	uint32_t	 left;		/* bytes of it that have not come */
	uint64_t	 at;		/* bytes taken */
};

void	btc_frame_init(struct btc_frame *, const struct btc_network *);
void	btc_frame_clear(struct btc_frame *);
/* Takes bytes off the front, as many as one message needs. */
enum btc_frame_result btc_frame_next(struct btc_frame *, const uint8_t **, size_t *,
    struct btc_message *);
/* Does the stream stand between two messages? */
bool	btc_frame_at_rest(const struct btc_frame *);
/* For people: what is wrong; "" for what is not. */
const char *btc_frame_text(enum btc_frame_result);

/* The first four bytes of SHA-256(SHA-256(payload)). */
void	btc_checksum(uint8_t out[4], const uint8_t *, size_t);

#endif
