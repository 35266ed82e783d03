/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a sensor saw: the one contract between the folders.
 *
 * A dialog (node/) makes observations out of bytes, a round (crawler/) gives
 * them their number, the store (data/) keeps them, JSON lines carry them in
 * and out, and analysis/ counts them.  Nothing else crosses a folder's border.
 *
 * A claim is not a fact.  `peer` is the TCP peer that handed the record over
 * and is the only address that is known; `source`, `node` and `via` inside a
 * record are what that peer claimed.
 *
 * All texts and arrays are borrowed: they live until the call that passed the
 * observation returns.  Text is UTF-8; bytes that the overlay's own character
 * set could not convert are kept as U+10FF00 + byte, so nothing is lost.
 */
#ifndef KANSOKU_OBSERVATION_H
#define KANSOKU_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Not said, not measured.  Every measured number here is >= 0. */
#define UNKNOWN	(-1)

/* An IPv4 address and a port, both in host byte order; {0, 0} is nobody. */
struct endpoint {
	uint32_t	ip;
	uint16_t	port;
};

/* "255.255.255.255:65535" and the terminating NUL. */
#define ENDPOINT_TEXT	22

/* Dotted IPv4, colon, decimal port 0..65535, no blanks, nothing after. */
bool	 endpoint_parse(struct endpoint *, const char *text);
/* Writes the same form into buf and returns it. */
char	*endpoint_format(char buf[ENDPOINT_TEXT], struct endpoint);
/* <0, 0, >0 by address, then by port. */
int	 endpoint_compare(struct endpoint, struct endpoint);

/* A borrowed run of bytes, not NUL-terminated. */
struct text {
	const uint8_t	*p;
	size_t		 len;
};

enum observation_type {
	OBS_ROUND,	/* a round was run: its times and totals */
	OBS_KEY,	/* a peer handed us a key advertisement */
	OBS_NEIGHBOUR,	/* a peer told us of a node (Winny command 4) */
	OBS_QUERY,	/* a peer sent a search or a conditional spread request */
	OBS_CONTACT,	/* we tried a node, or a node tried us */
	OBS_NTYPE
};

/* How a contact ended. */
enum outcome {
	OUT_OK,			/* handshake completed */
	OUT_REFUSED,		/* RST to our SYN, or unreachable by ICMP */
	OUT_TIMEOUT,		/* no answer, or silence past the visit limit */
	OUT_RESET,		/* closed or reset before the handshake ended */
	OUT_BAD_HANDSHAKE,	/* bytes that break the protocol */
	OUT_DROPPED,		/* told to leave by a close command */
	OUT_EXCLUDED,		/* never dialled: scope, opt-out, special range */
	OUT_N
};

struct obs_round {
	struct text	sensor;		/* name of the observer */
	struct text	overlay;	/* driver name, "winny" */
	int64_t		start_ms;	/* UTC */
	int64_t		end_ms;		/* UNKNOWN while it runs */
	int64_t		tried;		/* nodes dialled */
	int64_t		reached;	/* of these, handshakes completed */
};

struct obs_key {
	struct endpoint	source;		/* advertised holder: a claim */
	uint8_t		hash[16];
	int64_t		size;		/* bytes */
	struct text	name;		/* UTF-8 */
	struct text	trip;
	int32_t		ttl;		/* remaining lifetime, seconds */
	int64_t		blocks;		/* reference amount, blocks uploaded */
	int64_t		mtime;		/* Unix seconds, as claimed */
	int8_t		ignore;		/* holder's warning mark: 0, 1 */
	int16_t		version;	/* key version 4, 5, 6 */
	int8_t		downstream;	/* came in a downstream spread: 0, 1 */
	struct endpoint	bbs;		/* thread owner; {0, 0} for files */
	struct text	bbs_trip;	/* thread signature */
	struct text	raw;		/* record as decrypted off the wire; may be empty */
};

struct obs_neighbour {
	struct endpoint	node;		/* a claim */
	int32_t		speed;		/* KB/s as claimed */
	int8_t		bbs;		/* 0, 1 */
	struct text	words[3];	/* cluster words, UTF-8 */
};

struct obs_query {
	const struct endpoint *via;	/* claims, originator first */
	size_t		nvia;
	struct text	words;		/* UTF-8 */
	struct text	trip;
	int64_t		id;		/* counter of the originator */
};

struct obs_contact {
	struct endpoint	node;		/* dialled; or seen address, announced port */
	bool		inbound;	/* the node dialled us */
	enum outcome	outcome;
	int16_t		command;	/* for OUT_DROPPED, the close command */
	int32_t		version;	/* protocol version announced */
	int32_t		speed;		/* KB/s announced */
	int8_t		port0;		/* says that it cannot be dialled: 0, 1 */
};

struct observation {
	enum observation_type type;
	uint32_t	round;		/* >= 1 */
	int64_t		t_ms;		/* UTC, ms since 1970; a round: its start */
	struct endpoint	peer;		/* who delivered it: known */
	union {
		struct obs_round	run;
		struct obs_key		key;
		struct obs_neighbour	neighbour;
		struct obs_query	query;
		struct obs_contact	contact;
	};
};

/* Names as in JSON lines; each array has a static length check in the .c. */
extern const char *const observation_type_name[OBS_NTYPE];
extern const char *const outcome_name[OUT_N];

#endif
