/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every quantity that a peer can push against, in one place, with its reason;
 * tests/unit/crawler/test_bounds.c pushes.  What only this machine sets a bound
 * to (sessions, descriptors, the pace) is in crawler/limits.h.
 */
#ifndef KANSOKU_NODE_LIMITS_H
#define KANSOKU_NODE_LIMITS_H

/* ---- the wire ---------------------------------------------------------------- */

/* A genuine node disconnects above this block length (code byte included). */
#define LIMIT_BLOCK		131071
/* Cluster words: the sender caps each at 100 bytes. */
#define LIMIT_CLUSTER_WORD	100
/* A receiver keeps a cluster word in 128 bytes with its NUL. */
#define LIMIT_WORD_KEPT		127
/* A file name's length is one byte on the wire. */
#define LIMIT_FILE_NAME		255
/* Announced ports above this are never re-announced by genuine nodes. */
#define LIMIT_PORT		32767
/* Speeds above this, in KB/s, are absurd; ours is never fitted beyond. */
#define LIMIT_SPEED		100000

/* ---- the time of a visit, before --time-scale ----------------------------------- */

/* From TCP to the end of the peer's handshake.  A node sends its own within a
 * second, unasked; a segment that is lost three times is back after seven.
 * At half of it we speak first, should the peer be waiting for us. */
#define LIMIT_HANDSHAKE_MS	10000
/* From our last request to its answer.  A node answers at once; the largest
 * block takes 3.3 s at 40 KB/s, and slower ones send a tenth of that.  With the
 * 6 s that a link must be old, who never answers costs less than twice an
 * ordinary visit. */
#define LIMIT_ANSWER_MS		5000
/* What the plan of a visit leaves out: the round trips, the last write. */
#define LIMIT_SLACK_MS		1000
/* No wait for a peer is shorter, however fast a lab's clock runs: its machine
 * is no faster for that. */
#define LIMIT_SCALED_MS		2000
/* A link that only tests our port is held this long at most; nodes need 2 s. */
#define LIMIT_TEST_LINK_MS	10000

/* ---- what a visit may bring: a fixed part, and a part for each window asked for --- */

/* Read at once, into one buffer that all links share: half of the largest
 * block, so a peer that floods gives way to the others after each. */
#define LIMIT_READ		65536
/* Waiting to be sent to a peer that does not read.  All that we ever say in a
 * visit is under 1 KiB. */
#define LIMIT_SEND_QUEUE	16384

/* Bytes.  A window is at most 8001 keys (80 x 100 + 1) of up to 336 bytes,
 * 2.6 MB in blocks of 128 KiB at most; siblings' windows come on top. */
#define LIMIT_VISIT_BYTES	(4 << 20)
#define LIMIT_WINDOW_BYTES	(4 << 20)

/* Blocks, empty ones too: five are the handshake, a window is 21 at most, and
 * between two windows a busy node forwards some hundred searches. */
#define LIMIT_VISIT_BLOCKS	1024
#define LIMIT_WINDOW_BLOCKS	1024

/* Keys. */
#define LIMIT_VISIT_KEYS	16384
#define LIMIT_WINDOW_KEYS	16384
/* Other nodes (command 4): a node names 31 when it sends us away, and again
 * each second while we stay; we do not stay. */
#define LIMIT_VISIT_NODES	256
/* Searches: as blocks. */
#define LIMIT_VISIT_QUERIES	1024
#define LIMIT_WINDOW_QUERIES	1024

/* ---- claimed addresses: what is past these is stored and counted, not dialled ------ */

/* Never heard-of sources that one peer may put on the next round's list in one
 * visit.  A genuine window names at most 600 for an ordinary node (protocol 5.2). */
#define LIMIT_VISIT_CLAIMS	2048
#define LIMIT_WINDOW_CLAIMS	1024
/* The same for all peers of a /24 together, so that many ports or hosts in one
 * hand count as few: eight first visits at once, then one a minute. */
#define LIMIT_NET_CLAIMS	16384
#define LIMIT_NET_CLAIMS_MINUTE	2048
/* Never heard-of sources inside one /24.  It has 254 hosts; a list that names
 * it more often names ports, and we would knock on all of them. */
#define LIMIT_NET_CLAIMED	1024
#define LIMIT_NET_CLAIMED_MINUTE 64

/* ---- dials ------------------------------------------------------------------- */

/* The visiting list of a round, per /24: ten minutes at the permitted rate, so
 * that one crowded network cannot keep a round open. */
#define LIMIT_NET_MINUTES	10
/* /24s watched at once, of 14.5 million; past it those without a link are forgotten. */
#define LIMIT_NETS		(256 << 10)

/* ---- calls: a genuine node dials us once, and once more to test our port --------- */

#define LIMIT_CALLS_OPEN	4	/* per address */
#define LIMIT_CALLS_MINUTE	12	/* per address */
#define LIMIT_NET_CALLS_OPEN	64	/* per /24: sixteen such addresses */
#define LIMIT_NET_CALLS_MINUTE	192	/* per /24 */
#define LIMIT_CALLERS		65536	/* addresses, and /24s, watched at once */
#define LIMIT_CALLS_SHARE	8	/* one in eight of all sessions may be inbound */
#define LIMIT_CALLS_BATCH	64	/* accepted before the others get their turn */

#endif
