/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bounds of the Bitcoin family's wire (PROTOCOL.md): what nodes send and bear, and how
 * long they take.  What a visit may bring whatever the overlay is in bounds.h.
 */
#ifndef KANSOKU_NODE_BITCOIN_LIMITS_H
#define KANSOKU_NODE_BITCOIN_LIMITS_H

/* A node ends the link when a header promises more (MAX_PROTOCOL_MESSAGE_LENGTH). */
#define LIMIT_MESSAGE		4000000
/* Kept of a message that is read: 1,000 entries of the longest known network are 47,003
 * bytes.  Unknown networks could take 531,003; what is over this is refused. */
#define LIMIT_READ_MESSAGE	65536
/* Entries of one addr or addrv2; a node punishes more. */
#define LIMIT_ENTRIES		1000
/* Bytes of an address in addrv2 (BIP 155). */
#define LIMIT_ADDRESS		512
/* Bytes of a user agent. */
#define LIMIT_AGENT		256
/* Protocol versions below this are hung up on, as nodes do. */
#define LIMIT_OLDEST_VERSION	31800

/* Entries that a visit may bring.  A Core node's answer is one message; bcoin hands over
 * its whole table. */
#define LIMIT_VISIT_ENTRIES	16384
/* Messages that a visit may bring: a busy node announces a block every ten minutes and
 * addresses every half minute. */
#define LIMIT_VISIT_MESSAGES	4096

/* An entry is news if its time is no older than this by its deliverer's clock: a node passes
 * on what is ten minutes old, and may hold it back for some more... */
#define LIMIT_FRESH_S		780
/* ... and not further ahead: a node replaces such a time before it passes the entry on. */
#define LIMIT_AHEAD_S		600

/* Nodes give the same answer for 21 to 27 hours: who was dialled is left alone for a day. */
#define LIMIT_REVISIT_S		86400

/* ---- the time of a visit, before --time-scale ----------------------------------- */

/* From TCP to verack: a node gives us 60 s, and answers within a round trip. */
#define LIMIT_HANDSHAKE_MS	30000
/* From getaddr to its answer: sent after an exponential wait of 30 s on average, so 99 of
 * 100 have come by then. */
#define LIMIT_ANSWER_MS		150000
/* Silence after an answer that ends a visit: a whole table comes in several messages. */
#define LIMIT_SETTLE_MS		10000
/* A node's own address comes by itself so soon after getaddr. */
#define LIMIT_OWN_MS		2000
/* A node that has not sent a byte for so long is gone (both sides end such a link). */
#define LIMIT_SILENCE_MS	1200000
/* Round trips and writes that the plan of a visit leaves out. */
#define LIMIT_SLACK_MS		5000
/* No wait for a peer is shorter, however fast a lab's clock runs. */
#define LIMIT_SCALED_MS		2000

#endif
