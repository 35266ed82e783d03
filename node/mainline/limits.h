/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bounds of the DHT's wire and of a visit to one of its nodes.  Measured on
 * libtorrent 2.0.8, aria2 1.36, rtorrent 0.9.8, Transmission 3.00 and bittorrent-dht 11.
 */
#ifndef KANSOKU_NODE_MAINLINE_LIMITS_H
#define KANSOKU_NODE_MAINLINE_LIMITS_H

#define NODE_ID		20	/* bytes of a node's id and of an info hash */
#define NODE_ID_BITS	(8 * NODE_ID)

/* Containers inside each other, the datagram's own dictionary counted.  KRPC uses three. */
#define LIMIT_DEPTH	32
/* A query of ours: the longest is 141 bytes. */
#define LIMIT_QUERY	192
/* Tables change their sample after so many seconds at the latest (BEP 51). */
#define LIMIT_INTERVAL	21600

/* ---- a visit ---------------------------------------------------------------------- */

/*
 * libtorrent ignores an address for five minutes after 50 datagrams within ten
 * seconds, so one address gets one in 250 ms at most, and a node eight a visit: two
 * searches, a sample, four questions for peers, and one repetition among them.
 */
#define LIMIT_DATAGRAMS	8
#define LIMIT_SPACING_MS	250
/* Nearly all who answer at all do so within a second.  Asked twice, then given up. */
#define LIMIT_ANSWER_MS	1500
#define LIMIT_TRIES	2
/* The first two of the questions always follow; this is the most that all of it takes. */
#define LIMIT_VISIT_MS	(LIMIT_DATAGRAMS * (LIMIT_ANSWER_MS + LIMIT_SPACING_MS))
/* No wait for a node is shorter, however fast a lab's clock runs. */
#define LIMIT_SCALED_MS	500
/* Datagrams that a node may send in answer: each question twice, and late ones. */
#define LIMIT_ANSWERS	32

/* Info hashes whose holders one node is asked for in a visit. */
#define LIMIT_ASKED	4
/* Of a sample so many hashes are kept, 640 bytes a node; libtorrent gives 20 at most. */
#define LIMIT_SAMPLES	32
/* An answer that is kept as evidence, whole; the longest seen has 2,167 bytes. */
#define LIMIT_EVIDENCE	4096
/* Contacts that a visit tells apart; who names more is believed no more. */
#define LIMIT_CONTACTS	256

#endif
