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
/* A file name's length is one byte on the wire. */
#define LIMIT_FILE_NAME		255
/* Announced ports above this are never re-announced by genuine nodes. */
#define LIMIT_PORT		32767

#endif
