/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lab's sockets: one event loop, a link for each connection, a timer wheel.
 *
 * A link carries bytes between a socket and its peer.c, and makes distance: what
 * arrives is read, and what is said first is said, one round-trip time late.
 * What a node does with the bytes is not decided here.
 *
 * links.c moves bytes, listen.c takes connections, dial.c makes them;
 * the three share what is below.
 */
#ifndef KANSOKU_TESTS_LAB_LINKS_H
#define KANSOKU_TESTS_LAB_LINKS_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "data/lib/timer_wheel.h"
#include "tests/lab/node.h"
#include "tests/lab/world_clock.h"

/* Bytes that may wait for the other side to read; past it the link is dropped. */
#define LINK_BACKLOG	(4 * 1024 * 1024)
#define LINK_CHUNK	65536

enum link_state {
	LINK_CONNECTING,	/* our connect is under way */
	LINK_DISTANT,		/* connected; our greeting has not arrived yet */
	LINK_OPEN,
};

struct links;

struct lab_link {
	struct peer	 peer;		/* first: an owner is found from its peer */
	struct links	*links;
	struct lab_link	*next, **at;	/* all links */
	struct timer	 timer;		/* on the wheel, real ms */
	struct event	 event;
	enum link_state	 state;
	int		 fd;
	int64_t		 lag;		/* round-trip time, real ms */
	int64_t		 wake_at;	/* when to greet, or to read what came; INT64_MAX */
	uint64_t	 number;
	uint8_t		*out;		/* what the socket would not take yet */
	size_t		 nout, room;
};

struct links {
	struct stage	*stage;
	struct event_base *base;
	struct timer_wheel wheel;
	struct world_clock clock;
	struct lab_link	*first;
	uint64_t	 numbered;
	uint32_t	 open, most;	/* sockets now; sockets we allow ourselves */
	uint32_t	 testing;	/* of those open: tests of ports */
	const char	*capture;	/* directory, or NULL */
	bool		 stop;
	struct event	*tick;		/* wakes the loop for the wheel */
	struct event	*listener[64];
	size_t		 nlisteners;
	struct silent	 cut_off;	/* by the filters they have */
	int		 port_shift;	/* real port - lab port of listening sockets */
	double		 redial;	/* probability that a node calls a known peer again */
	struct plan	*plans;		/* dial.c: such calls to come */
	uint32_t	 nplans;
	bool		 deaf;		/* listeners are off for want of descriptors */
	uint8_t		 chunk[LINK_CHUNK];
};

/* NULL with errno.  The stage's ops must be links_ops. */
struct links	*links_new(struct stage *, double scale);
/* Closes all sockets. */
void		 links_free(struct links *);
extern const struct stage_ops links_ops;

/* Runs until links_stop, or for so many real ms (INT64_MAX: for ever). */
void		 links_run(struct links *, int64_t for_ms);
void		 links_stop(struct links *);

/* Brings the stage's time up to the clock; returns real ms. */
int64_t		 links_now(struct links *);
/* A link over fd, which it then owns; NULL without memory, fd closed. */
struct lab_link	*link_new(struct links *, int fd, struct lab_node *, enum peer_kind,
		    struct endpoint real);
/* Waits for its first event; then link_settle decides. */
void		 link_watch(struct lab_link *, short what);
/* Greets, from now on or when the bytes would have arrived. */
void		 link_begin(struct lab_link *);
/* Closes the link if it is over, else sets its timer.  It may be gone after. */
void		 link_settle(struct lab_link *);

/* listen.c: a socket for each lab port.  False with errno; *failed is the port. */
bool		 listen_all(struct links *, const uint16_t *ports, size_t n, uint16_t *failed);
void		 listen_free(struct links *);
/* Gives the listeners another filter when an event changes who can be reached. */
void		 listen_refresh(struct links *);
/* Listens again if it had to stop and there are descriptors now. */
void		 listen_resume(struct links *);

/* dial.c: the ops call_back and call. */
void		 dial_test(struct peer *, uint16_t port);
void		 dial_call(struct lab_node *, struct endpoint to);
/* The link ends: will its node call the other side again, some time? */
void		 dial_again(struct lab_link *);
void		 dial_forget(struct links *);

#endif
