/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a peer's messages say, as observations (protocol 6.5, 7.1, 7.5).
 *
 * Here wire text becomes UTF-8, addresses behind a NAT become those that we
 * see, and a key that a genuine node would drop is counted and dropped.  It
 * decides nothing about the link.
 */
#ifndef KANSOKU_NODE_WINNY_OBSERVE_H
#define KANSOKU_NODE_WINNY_OBSERVE_H

#include "node/winny/message.h"
#include "node/overlay.h"

/* The peer told this of itself; texts are UTF-8. */
struct winny_peer {
	bool		handshaken;
	struct endpoint	node;		/* as dialled; or the address that dialled us, port 0 */
	struct endpoint	announced;	/* that address, and the port that it says is its own */
	struct endpoint	self_reported;	/* what it says of itself */
	int32_t		version, speed;	/* UNKNOWN until told */
	int8_t		port0;
	int8_t		test_link;	/* it only tests whether we can be reached */
	int8_t		nat;		/* self-reported address differs from the observed one */
	struct text	words[3];	/* cluster words */
	struct text	ddns;
	int16_t		command;	/* close command received, or UNKNOWN */
	uint32_t	windows;
	uint64_t	keys, bad_keys, neighbours, queries;
};

struct report {
	struct dialog_sink	sink;
	struct endpoint		self;	/* our address, to tell records about ourselves */
	struct winny_peer	peer;	/* its texts are in strings */
	uint8_t			*strings;
	bool			captured;	/* of others' links: the one who dialled is known by no other port */
};

void	observe_clear(struct report *);		/* gives back its memory */

void	observe_init(struct report *, const struct dialog_sink *, struct endpoint peer);
/* Commands 1 and 2; what a later one says can add a property and take none away. */
void	observe_speed(struct report *, float);
void	observe_link_type(struct report *, const struct link_type *);
/* What is known of the peer, as overlay.h has it. */
void	observe_peer(const struct report *, struct dialog_peer *);
/* Command 3; false without memory, or when the port is none (then *why says so). */
bool	observe_self(struct report *, const struct self_info *, const char **why);
void	observe_node(struct report *, const struct other_node *);
void	observe_search(struct report *, const struct query *);
void	observe_conditional(struct report *, const struct conditional *);
void	observe_keys(struct report *, const struct query *);

#endif
