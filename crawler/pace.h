/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many links may be open at once: found out by trying.
 *
 * Starts low and grows with each answered dial until a local error (no port,
 * no descriptor, no buffer) or an unexpected fall of the answers says that we,
 * not the peers, are the bottleneck; then it shrinks and waits a moment.  The
 * visiting list is shuffled, so that a fall of the answers within a round is
 * our own doing.  Pure arithmetic: time in monotonic ms is passed in.
 */
#ifndef KANSOKU_CRAWLER_PACE_H
#define KANSOKU_CRAWLER_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	double		window;		/* links that may be open now */
	double		min, max;
	int64_t		hold_ms;	/* no dial before; INT64_MIN: none */
	int64_t		backoff_ms;	/* length of the next hold */
	uint32_t	epoch_n, epoch_ok;	/* dials answered in the epoch under way */
	uint32_t	since_cut;	/* epochs since the last cut */
	double		share;		/* smoothed share of answers; < 0: not known yet */
	uint64_t	cuts;		/* how often it shrank */
};

void	 pace_init(struct pace *, uint32_t max);
/* A dial came to something: a handshake or a refusal is an answer, all else is none. */
void	 pace_ended(struct pace *, bool answered);
/* The system, not the peer, failed. */
void	 pace_local_error(struct pace *, int64_t now_ms);
/* How many more may be opened, with so many open. */
uint32_t pace_room(const struct pace *, uint32_t open, int64_t now_ms);

#endif
