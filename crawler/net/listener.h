/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The port that we announce: takes links in and hands them to the sessions.
 *
 * Callers outside the scope, opted out or unknown to a lab map are closed
 * without a word, and so is who calls too often; all are counted.
 */
#ifndef KANSOKU_CRAWLER_NET_LISTENER_H
#define KANSOKU_CRAWLER_NET_LISTENER_H

#include "crawler/net/session.h"

struct listener;

struct calls {		/* since the listener was opened */
	uint64_t	taken, unwanted, too_many, failed;
};

/*
 * Listens on ip:port (0: any address).  At most max inbound links at once.  A
 * minute is `scale` times shorter, as everything is in a lab (--time-scale).
 * NULL after a complaint.
 */
struct listener	*listener_open(struct event_base *, struct sessions *, const struct scope *,
		    struct endpoint at, size_t max, double scale);
void		 listener_close(struct listener *);	/* NULL is fine; links stay */
/* A link that was taken in has ended; ip is its tag, public its address above the socket. */
void		 listener_done(struct listener *, uint32_t ip, uint32_t public);
struct calls	 listener_calls(const struct listener *);

#endif
