/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What this machine bounds, each with its reason.  What a peer can push against
 * is in node/limits.h; what the operator may set is in crawler/settings.c, with
 * limits of its own.
 */
#ifndef KANSOKU_CRAWLER_LIMITS_H
#define KANSOKU_CRAWLER_LIMITS_H

#include "node/limits.h"

/* Adaptive concurrency: never fewer than, and at first. */
#define PACE_MIN		8
#define PACE_START		512

/* Sessions that are opened by default where descriptors allow: Linux has some
 * 28,000 local ports, and a session costs about 6 KiB. */
#define LIMIT_SESSIONS		20000
/* Descriptors that are not sessions: 3 standard ones, 4 of the database, 4 of the
 * loop, the listener; and as many again for what SQLite and libc open for a while. */
#define LIMIT_SPARE_FDS		24

/* Links served before deadlines and dials have their turn: logging a window of
 * keys takes some 0.2 ms, and epoll hands over up to 4096 links at once. */
#define LIMIT_SERVED		256

/* No dial has left this machine for so long: the round is given up. */
#define LIMIT_STALL_MS		60000

/* Bad lines of a peers file, and failures of a kind, that are named; the rest is only counted. */
#define LIMIT_BAD_LINES		10

#endif
