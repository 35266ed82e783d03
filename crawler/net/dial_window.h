/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many links may be open at once: found out by trying.
 *
 * Starts low and doubles every 100 ms, as long as answers come, until a local
 * error (no port, no descriptor, no buffer) or an unexpected fall of the answers
 * says that we, not the peers, are the bottleneck; then it shrinks, waits a
 * moment, and grows with care.  It grows by the time and not by the answer, so
 * that a list of many silent nodes is worked off as widely as one of few.
 *
 * The visiting list is shuffled, so that a fall of the answers within a round is
 * our own doing.  Answers are judged by cohorts of dials that began together:
 * an answer comes at once and silence takes seconds, so whoever counts by the
 * time of the end sees waves.  Pure arithmetic: monotonic ms are passed in.
 */
#ifndef KANSOKU_CRAWLER_NET_DIAL_WINDOW_H
#define KANSOKU_CRAWLER_NET_DIAL_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define DIAL_WINDOW_COHORTS	64

struct cohort {
	uint32_t	dialled, ended, answered;
};

struct dial_window {
	double		window;		/* links that may be open now */
	double		min, max;
	int64_t		hold_ms;	/* no dial before; INT64_MIN: none */
	int64_t		backoff_ms;	/* length of the next hold */
	int64_t		grown_ms;	/* when the window last grew */
	double		doubling_ms;	/* how long it takes to double */
	struct cohort	cohort[DIAL_WINDOW_COHORTS];	/* a ring, by number */
	uint32_t	oldest, newest;	/* numbers of those under way; newest still takes dials */
	uint32_t	judge_from;	/* the first cohort dialled since the last cut */
	double		share;		/* smoothed share of answers; < 0: not known yet */
	uint64_t	cuts;		/* how often it shrank */
};

void	 dial_window_init(struct dial_window *, uint32_t max, int64_t now_ms);
/* Another round, another list: what share answers is open again, the window stays. */
void	 dial_window_new_round(struct dial_window *);
/* A dial left; the number of its cohort goes into dial_window_ended. */
uint32_t dial_window_dialled(struct dial_window *);
/* It came to something: a handshake or a refusal is an answer, all else is none. */
void	 dial_window_ended(struct dial_window *, uint32_t cohort, bool answered, int64_t now_ms);
/* The system, not the peer, failed. */
void	 dial_window_local_error(struct dial_window *, int64_t now_ms);
/* How many more may be opened, with so many open. */
uint32_t dial_window_room(const struct dial_window *, uint32_t open, int64_t now_ms);

#endif
