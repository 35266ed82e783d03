/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of sessions: shared by session.c (one link), stream_out.c (its sending) and
 * sessions.c (the pool). */
#ifndef KANSOKU_CRAWLER_NET_SESSION_IMPL_H
#define KANSOKU_CRAWLER_NET_SESSION_IMPL_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "bounds.h"
#include "crawler/net/session.h"
#include "data/lib/timer_wheel.h"

#define RANDOM_BYTES	(sizeof(((struct dialog_config *)0)->random) * 512)

struct datagrams;

struct session {
	struct timer	 timer;		/* first, so that a timer is its session */
	struct event	 event;
	struct sessions	*of;
	struct session	*prev, *next;	/* of all that are open; next also of the spare ones */
	struct dialog	*dialog;	/* NULL until TCP is up */
	uint8_t		*queue;		/* bytes that the socket did not take yet */
	size_t		 queued;
	struct endpoint	 peer;
	uint32_t	 tag;
	uint32_t	 records[OBS_NTYPE];
	struct session_notes notes;	/* the owner's */
	int		 fd;
	int		 error;		/* of the last send or receive; 0: none */
	bool		 inbound;
	bool		 unread;	/* the last read filled the buffer */
	bool		 leaving;	/* said goodbye, the socket has not taken it all */
	bool		 mute;		/* the socket takes nothing any more */
	bool		 over_budget;
	int64_t		 limit_ms;	/* this stage must be over by then */
	int64_t		 begun_ms, connected_ms, handshaken_ms;

	/* ---- of a visit by datagrams, which has no socket: fd is -1 ---- */
	struct endpoint	 at;		/* where its datagrams go, and must come from */
	uint32_t	 slot;
	bool		 has_slot, in_line;
	uint8_t		 datagrams;	/* sent */
	struct session	*line_next, **line_prev;
	uint64_t	 bytes_in, bytes_out;
	int64_t		 budget_ms;	/* of a standing link: its hour began */
	uint64_t	 hour_bytes;	/* that came in it */
	uint64_t	 passed_over;
};

struct sessions {
	struct sessions_config config;
	struct timer_wheel	 timers;
	struct datagrams *udp;		/* NULL for streams */
	struct session	*open;		/* newest first */
	struct session	*spare;
	size_t		 n, inbound, standing, peak;
	int64_t		 now_ms;	/* as of the callback under way */
	uint32_t	 served;	/* callbacks since the last tick */
	uint32_t	 own_ip;
	int64_t		 own_ip_ms;
	size_t		 random_left;
	size_t		 out_len;	/* said in the dialog call under way, */
	size_t		 first_len;	/* and of that in its first send */
	uint8_t		 out[LIMIT_SEND_QUEUE];
	uint8_t		 in[LIMIT_READ];
	uint8_t		 random[RANDOM_BYTES];
};

/* Why a link ends, apart from what its dialog says. */
enum ending { END_ERROR, END_EOF, END_LIMIT, END_STATE, END_LEFT };

/* ---- sessions.c ---- */
struct session	*session_make(struct sessions *);	/* NULL without memory */
void		 session_destroy(struct session *);	/* closes, says nothing to anybody */
void		 sessions_random(struct sessions *, uint8_t *, size_t);
/* Our address as the peer sees it; 0 if that is not known. */
uint32_t	 session_own_ip(struct session *);

/* ---- stream_out.c ---- */
void		 session_say(void *session, const uint8_t *, size_t);	/* the dialog's send */
/*
 * Says what one call to the dialog said, its first piece in a write of its own: what a
 * genuine node writes piece by piece leaves its machine like that, for TCP (RFC 896) holds
 * the others together until the first is acknowledged.  What the socket does not take is
 * kept.  last: a close follows, and its FIN leaves in the same segment.
 */
void		 session_flush(struct session *, bool last);
void		 session_drain(struct session *);		/* the socket is writable again */

/* ---- visits by datagrams (datagram_impl.h has the rest) ---- */
/* As session_dial. */
struct dialled	 datagram_visit(struct sessions *, struct endpoint public, uint32_t tag,
		    const struct session_notes *);
void		 datagram_due(struct session *);
void		 datagram_leave_line(struct datagrams *, struct session *);
void		 slot_give_back(struct datagrams *, struct session *);
void		 datagrams_tick(struct datagrams *);
void		 datagrams_free(struct datagrams *);	/* NULL is fine */

/* ---- session.c ---- */
void		 session_event(evutil_socket_t, short, void *session);
void		 session_due(struct timer *, void *sessions);
void		 session_goodbye(struct session *);
void		 session_on_found(void *session, const struct observation *);	/* the dialog's found */
/* Tells the owner when the handshake is done. */
void		 session_note_handshake(struct session *);
/* The single door out: reports to the owner, then the session is gone. */
void		 session_finish(struct session *, enum ending, enum dialog_state, bool by_time);

#endif
