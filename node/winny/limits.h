/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bounds of the Winny wire (protocol 2, 10): what a genuine node sends and bears, and how
 * long it takes.  The bytes and records that a visit may bring, whatever the
 * overlay, are in bounds.h.
 */
#ifndef KANSOKU_NODE_WINNY_LIMITS_H
#define KANSOKU_NODE_WINNY_LIMITS_H

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
/* Blocks that a visit may bring, and a window more, empty ones too: five are the
 * handshake, a window is 21 at most, and between two windows a busy node forwards
 * some hundred searches. */
#define LIMIT_VISIT_BLOCKS	1024
#define LIMIT_WINDOW_BLOCKS	1024
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
/* The plan of a visit leaves this out: the round trips, the last write. */
#define LIMIT_SLACK_MS		1000
/* No wait for a peer is shorter, however fast a lab's clock runs: its machine
 * is no faster for that. */
#define LIMIT_SCALED_MS		2000
/* A link that only tests our port is held this long at most; nodes need 2 s. */
#define LIMIT_TEST_LINK_MS	10000

#endif
