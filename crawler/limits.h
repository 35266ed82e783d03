/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every bound of the crawler, in one place, with its reason.  What a peer can
 * push against inside the wire format is in node/limits.h; what the operator
 * may set is in crawler/settings.c, with limits of its own.
 */
#ifndef KANSOKU_CRAWLER_LIMITS_H
#define KANSOKU_CRAWLER_LIMITS_H

/* Read at once, into one buffer that all links share: half of the largest
 * block, so a peer that floods gives way to the others after each. */
#define LIMIT_READ		65536

/* Waiting to be sent to a peer that does not read.  All that we ever say in a
 * visit is under 1 KiB. */
#define LIMIT_SEND_QUEUE	16384

/* Taken from one peer in a visit: a fixed part, and a part for each window
 * asked for.  A window is at most 8001 keys (80 x 100 + 1) of up to 336 bytes,
 * 2.6 MB in blocks of 128 KiB at most; siblings' windows come on top. */
#define LIMIT_VISIT_BYTES	(4 << 20)
#define LIMIT_WINDOW_BYTES	(4 << 20)

/* Records of one visit that may be stored, keys and the rest together. */
#define LIMIT_VISIT_RECORDS	32768
#define LIMIT_WINDOW_RECORDS	16384

/* Never heard-of sources that one peer may put on the next round's list in one
 * visit.  A genuine window names at most 600 for an ordinary node (protocol 5.2);
 * what is past this is stored and counted, but not dialled. */
#define LIMIT_VISIT_CLAIMS	2048
#define LIMIT_WINDOW_CLAIMS	1024

/* The visiting list of a round, per /24: ten minutes at the permitted rate, so
 * that one crowded network cannot keep a round open. */
#define LIMIT_NET_MINUTES	10
/* /24s watched at once, of 14.5 million; past it those without a link are forgotten. */
#define LIMIT_NETS		(256 << 10)

/* Inbound: a genuine node dials us once, and once more to test our port. */
#define LIMIT_CALLS_OPEN	4	/* per address */
#define LIMIT_CALLS_MINUTE	12	/* per address */
#define LIMIT_CALLERS		65536	/* addresses watched at once */
#define LIMIT_CALLS_SHARE	8	/* one in eight of all sessions may be inbound */
#define LIMIT_CALLS_BATCH	64	/* accepted before the others get their turn */

/* Adaptive concurrency: never fewer than, and at first. */
#define PACE_MIN		8
#define PACE_START		128

/* Sessions that are opened by default where descriptors allow: Linux has some
 * 28,000 local ports, and a session costs about 6 KiB. */
#define LIMIT_SESSIONS		20000
/* Descriptors that are not sessions: database, log, lock, loop, listener, std*. */
#define LIMIT_SPARE_FDS		64

/* No dial has left this machine for so long: the round is given up. */
#define LIMIT_STALL_MS		60000

/* Bad lines of a peers file, and failures of a kind, that are named; the rest is only counted. */
#define LIMIT_BAD_LINES		10

#endif
