/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every bound that a peer can push against, in one place, with its reason.
 * What the crawler limits (sessions, rates, budgets) is in crawler/limits.h.
 */
#ifndef KANSOKU_NODE_LIMITS_H
#define KANSOKU_NODE_LIMITS_H

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
/* A link that only tests our port is held this long at most; nodes need 2 s. */
#define LIMIT_TEST_LINK_MS	10000

#endif
