/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One TCP link that carries a dialog, from dial or accept to its one outcome, or
 * one visit by datagrams (datagram.h), by the overlay's carrier; and the pool that
 * all of a process share.
 *
 * The pool owns sockets, time limits and budgets; what is said is the dialog's
 * business (node/overlay.h), what is learnt and what it means the owner's.
 * News go out through four doors, up, greeted, found and done.  After done the
 * session is gone.  No door may end a session.
 */
#ifndef KANSOKU_CRAWLER_NET_SESSION_H
#define KANSOKU_CRAWLER_NET_SESSION_H

#include "crawler/net/dial.h"
#include "node/overlay.h"

struct event_base;
struct session;
struct sessions;

/* Notes of the owner about a link. */
struct session_notes {
	uint32_t	claims;		/* unheard-of sources it put on the next list */
	uint32_t	cohort;		/* of dials, for the dial window */
	bool		standing;	/* the link is held: it ends by itself or by sessions_leave */
};

/*
 * The most that one peer may bring in a visit.  A standing link may bring as much each hour:
 * records past that are counted and passed over, more bytes end it.
 */
struct session_budget {
	uint64_t	bytes;
	uint32_t	records[OBS_NTYPE];	/* findings of each type */
};

struct session_result {
	enum outcome	 outcome;
	int		 local_error;	/* errno of our own system: no outcome at all; 0: none */
	bool		 connected;	/* TCP was up; or a datagram left */
	bool		 cut_short;	/* ended by sessions_leave, not by itself */
	bool		 over_budget;	/* sent more than a visit may bring */
	struct dialog_peer peer;	/* what the dialog knows; texts live until done returns */
	const char	*why;		/* "" when there is nothing to explain */
	/* monotonic; UNKNOWN: never */
	int64_t		 begun_ms, connected_ms, handshaken_ms, ended_ms;
	uint64_t	 bytes_in, bytes_out;
	uint64_t	 passed_over;	/* records of a standing link past its budget */
};

struct sessions_config {
	struct event_base *base;
	const struct scope *scope;
	const struct overlay *overlay;
	struct dialog_config dialog;	/* all but self.ip, peer, inbound, utc_ms and random */
	uint32_t	 own_ip;	/* as peers see us; 0: ask each socket */
	int64_t		 visit_limit_ms; /* whole link, once TCP is up */
	struct session_budget budget;
	int64_t		(*utc)(void *arg);	/* UTC now, as a lab has it; NULL: the system's clock */
	/* TCP is up on a link that we dialled. */
	void		(*up)(void *arg, struct session *);
	/* A handshake is done. */
	void		(*greeted)(void *arg, struct session *, const struct dialog_peer *);
	void		(*found)(void *arg, struct session *, const struct observation *);
	void		(*done)(void *arg, struct session *, const struct session_result *);
	void		*arg;
};

/* Reports what the peer told beside the fields of a contact, before done returns. */
void	 session_describe(const struct session *, describe_line *, void *arg);

/* Is the node that this finding names to be visited, by the overlay's traits and its dialog? */
bool	 session_follows(const struct session *, const struct observation *);

/* What a visit of so many windows may bring, by bounds.h and the overlay's plan. */
struct session_budget session_budget(const struct visit_plan *, int64_t windows);
/* NULL without memory. */
struct sessions	*sessions_new(const struct sessions_config *);
/* Closes what is still open, without a word and without done.  NULL is fine. */
void		 sessions_free(struct sessions *);

/*
 * Dials.  SCOPE_DIAL and error 0: under way, done will follow.  Else nothing
 * was begun and the answer says why.  tag is the owner's.
 */
struct dialled	 session_dial(struct sessions *, struct endpoint public, int64_t connect_limit_ms,
		    uint32_t tag, const struct session_notes *);
/* Takes over an accepted, nonblocking socket.  -1 without memory: closed. */
int		 session_accept(struct sessions *, int fd, uint32_t public_ip, uint32_t tag);

/* Serves all deadlines that have come. */
void		 sessions_tick(struct sessions *, int64_t now_ms);
/* Says goodbye on every link and ends it; unless everyone, only on those of visits. */
void		 sessions_leave(struct sessions *, bool everyone);

size_t		 sessions_open(const struct sessions *);	/* all links */
size_t		 sessions_inbound(const struct sessions *);
size_t		 sessions_standing(const struct sessions *);
/* Is there a link that we dialled to this endpoint? */
bool		 sessions_has(const struct sessions *, struct endpoint);
size_t		 sessions_peak(const struct sessions *);

uint32_t	 session_tag(const struct session *);
struct session_notes *session_notes(struct session *);
int64_t		 session_now(const struct session *);	/* monotonic ms of the event under way */
bool		 session_inbound(const struct session *);
bool		 session_standing(const struct session *);
/* What the dialog knows of its peer by now; false before TCP is up. */
bool		 session_peer(const struct session *, struct dialog_peer *);
/* Calls fn with each standing link whose handshake is done. */
void		 sessions_each_standing(struct sessions *, void (*fn)(void *arg, struct session *), void *arg);
struct endpoint	 session_endpoint(const struct session *);	/* as dialled; inbound: its address, port 0 */

#endif
