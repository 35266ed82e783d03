/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One link of a lab node, played as a genuine node would: protocol sections 4
 * and 5.  Sans I/O: bytes and time go in, bytes and the next deadline come out.
 *
 * Whoever holds the socket (links.c; a test) embeds a struct peer, feeds it, and
 * closes it once `leave` is no longer STAY.  All times are world milliseconds;
 * the stage says what time it is.
 */
#ifndef KANSOKU_TESTS_LAB_PEER_H
#define KANSOKU_TESTS_LAB_PEER_H

#include "node/winny/frame.h"
#include "tests/lab/lab_stats.h"
#include "tests/lab/cluster_words.h"
#include "node/winny/limits.h"
#include "node/winny/outgoing.h"

#define PEER_NEVER	INT64_MAX
#define PEER_SPREAD_AGE	5000	/* a link must be older to get spreads */

enum peer_kind {
	PEER_ACCEPTED,		/* somebody called this node */
	PEER_DIALLED,		/* this node called somebody, to stay */
	PEER_TEST,		/* this node called back to see whether it can */
};

/* Things that happen by themselves, each at its own time; link_timers.c has the functions. */
enum peer_rule {
	RULE_SLOW, RULE_PORT0, RULE_DUPLICATE, RULE_BAD_PORT, RULE_TESTED, RULE_BUDGET,
	RULE_ASK, RULE_SEARCH, RULE_IDLE, RULE_HOURLY, RULE_CLOSE, RULE_TRICK,
	RULE_N
};

struct lab_node;
struct peer;

/*
 * How the links of a node behave.  role_genuine is what a genuine node does;
 * hostile.c has others.  open says the first bytes; input gets what comes; answer
 * takes the place of the answer to a request for keys, and trick is RULE_TRICK's
 * function: NULL where a role has none.
 */
struct role {
	void		(*open)(struct peer *);
	void		(*input)(struct peer *, const uint8_t *, size_t);
	void		(*answer)(struct peer *);
	int64_t		(*trick)(struct peer *);
};
extern const struct role role_genuine;
/* The role of a kind of world_hostile; -1 is a genuine node. */
const struct role *role_of(int kind);

struct peer {
	struct lab_node	*host;		/* the node whose link this is */
	struct peer	*next, **at_host;	/* its other links */
	struct peer	*partner;	/* a test and the link it tests know each other */
	enum peer_kind	 kind;
	enum leave	 leave;		/* STAY, or why the owner must close */

	struct frame	 in;
	struct outgoing	 out;
	int64_t		 born, last;	/* link made; last byte either way */
	int64_t		 due[RULE_N];
	int64_t		 swallow;	/* bytes left of a block that is too long; 0: none */

	struct endpoint	 seen;		/* public address of the other side, announced port */
	struct endpoint	 real;		/* where it is on loopback */
	int32_t		 speed;		/* announced, -1 before */
	bool		 heard;		/* some bytes came */
	bool		 complete;	/* its handshake is done */
	bool		 search;	/* a search link, not a test or a transfer */
	bool		 upstream;	/* it is faster than we are */
	bool		 port0, test, nat;	/* as it announced; nat: address differs */
	bool		 reachable;	/* its port was tried with success, or need not be */
	bool		 rst;		/* to be closed with a RST */
	uint32_t	 step;		/* hostile: how far it is */
	uint8_t		*stash;		/* hostile: bytes to send by and by */
	size_t		 nstash;
	bool		 parting;	/* it was told to leave for good */
	char		 words[WORDS_N][LIMIT_CLUSTER_WORD + 1];
};

/*
 * Makes p a link of the host from now on: it takes a place.  real: the other
 * end on loopback, port as dialled or 0.  send queues bytes to it and must not
 * free it.  p may be anything before.
 */
void	peer_attach(struct peer *p, struct lab_node *, enum peer_kind, struct endpoint real,
    void (*send)(void *arg, const uint8_t *, size_t), void *arg);
/* Connected, and the first bytes may go out: preamble and handshake. */
void	peer_open(struct peer *);
void	peer_input(struct peer *, const uint8_t *, size_t);
/* The time at which to call peer_tick; PEER_NEVER for never. */
int64_t	peer_due(const struct peer *);
void	peer_tick(struct peer *);
/* The owner closes: p leaves its host and gives back its memory. */
void	peer_detach(struct peer *);

/* For the rest of the node. */
int64_t	peer_now(const struct peer *);
bool	peer_takes_spreads(const struct peer *, bool upward);
/* Encrypts framed blocks and sends them; one block without payload. */
void	peer_say(struct peer *, const uint8_t *blocks, size_t len);
void	peer_say_bare(struct peer *, uint8_t code);
/* Asks its owner to close it, and wakes the owner. */
void	peer_drop(struct peer *, enum leave);
uint32_t peer_alike(const struct peer *);

/* receive.c: a block came. */
void	receive_block(struct peer *, const struct block *);
/* link_timers.c: what is due from the greeting on, and from the handshake on. */
void	link_timers_begin(struct peer *);
void	link_timers_arm(struct peer *);

#endif
