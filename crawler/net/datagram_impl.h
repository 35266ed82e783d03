/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of visits by datagrams: datagram.c (a visit), datagram_pool.c (what all share),
 * datagram_socket.c (the sockets). */
#ifndef KANSOKU_CRAWLER_NET_DATAGRAM_IMPL_H
#define KANSOKU_CRAWLER_NET_DATAGRAM_IMPL_H

#include <netinet/in.h>

#include "crawler/net/datagram.h"
#include "crawler/net/rate.h"
#include "crawler/net/session_impl.h"
#include "data/lib/hash_table.h"

/* Slots of visits, and how often one can be used again before a tag comes back: TAG_BITS. */
#define SLOT_BITS	18
#define GENERATION_BITS	(TAG_BITS - SLOT_BITS)

struct outgoing_datagram {
	struct sockaddr_storage	to;
	socklen_t		to_len;
	struct endpoint		at;		/* the same */
	int			family;		/* 0 IPv4, 1 IPv6 */
	size_t			len;
	uint8_t			bytes[DATAGRAM_OUT];
};

struct slot {
	struct session	*session;	/* NULL: free */
	uint32_t	 generation;
	uint32_t	 next;		/* free one, or NO_SLOT */
};

struct datagrams {
	struct sessions	*of;
	struct datagram_limits limits;
	struct datagram_counts counts;
	int		 fd[2];		/* IPv4, IPv6; -1: this system has none */
	struct event	 event[2];
	uint32_t	 lost[2];	/* as the kernel counted last */
	uint16_t	 port;
	struct bucket	 rate;
	struct quota	*nets;		/* NULL without a limit per /24 */
	struct hash_table spaced[2];	/* addresses and when each had its last datagram; newer, older */
	struct hash_table memory;	/* what the last visit to a node left */
	int64_t		 spaced_ms;	/* when the newer table was begun */
	struct slot	*slot;
	uint32_t	 nslots, free;
	uint8_t		 key[16];	/* permutes tags */
	struct session	*first, **last;	/* those that wait for the rate of all, in order */
	size_t		 nout;
	struct outgoing_datagram out[DATAGRAM_BATCH];
};

#define NO_SLOT	UINT32_MAX

/* ---- datagram.c ---- */
void		 datagram_taken(struct session *, const uint8_t *, size_t);	/* an answer for it */

/* ---- datagram_pool.c ---- */
bool		 slot_take(struct datagrams *, struct session *);	/* false: none is free */
uint32_t	 slot_tag(const struct datagrams *, const struct session *);
/* The session of a tag that is under way, or NULL. */
struct session	*slot_session(const struct datagrams *, uint32_t tag);
/* May one leave for the session's peer now?  Else when to ask again; 0: it waits in line. */
bool		 datagram_may_leave(struct datagrams *, const struct session *, int64_t *again_ms);
/* What the last visit to the session's node left, or NULL; and what this one leaves. */
const uint8_t	*datagram_memory(const struct datagrams *, const struct session *);
void		 datagram_remember(struct datagrams *, const struct session *);
/* One leaves, or left, for this endpoint: now. */
void		 datagram_note_sent(struct datagrams *, struct endpoint, int64_t now_ms);
void		 datagram_wait_in_line(struct datagrams *, struct session *);
void		 datagrams_spacing_init(struct datagrams *);
void		 datagrams_memory_init(struct datagrams *);

/* ---- datagram_socket.c ---- */
/* Asks the scope, and queues it for the socket; false: the scope says no, or there is no room. */
bool		 datagram_send(struct session *, const uint8_t *, size_t);
void		 datagram_flush(struct datagrams *);

#endif
