/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A datagram of the DHT (KRPC: BEP 5, 32, 33, 42, 43, 51): one dictionary, read into
 * slices of the datagram.  Bad ones are refused whole, sloppy ones are read and
 * flagged; what is what stands in PROTOCOL.md 2.
 *
 * Reading alone: what the sensor says is written by question.h.
 */
#ifndef KANSOKU_NODE_MAINLINE_KRPC_H
#define KANSOKU_NODE_MAINLINE_KRPC_H

#include "node/mainline/bencode.h"

/* The sloppy things that are KRPC's, beside bencode's. */
enum {
	SLOPPY_TRAILING = 8,		/* bytes after the end */
	SLOPPY_NODES = 16,		/* nodes or nodes6: no whole number of contacts */
	SLOPPY_VALUE = 32,		/* an entry of values that is no endpoint */
	SLOPPY_VALUES = 64,		/* values is no list */
	SLOPPY_SAMPLES = 128,		/* samples: no whole number of hashes */
	SLOPPY_KINDS = 8,
};
/* What bit i is called: "key order". */
extern const char *const sloppy_name[SLOPPY_KINDS];

struct krpc_contact {
	const uint8_t	*id;
	struct endpoint	 at;		/* a claim; port 0 and special ranges too */
};

/* The arguments of a query, or what an answer brings.  p NULL: it is not there. */
struct krpc_body {
	struct text	id, target, info_hash, token;
	struct text	nodes[2];	/* whole contacts of IPv4, of IPv6 */
	struct text	values;		/* the list, its brackets included */
	struct text	samples;	/* whole hashes */
	struct text	bloom[2];	/* of seeds, of peers: 256 bytes each (BEP 33) */
	int64_t		num, interval, port, implied_port;
	bool		has_num, has_interval, has_port, has_implied_port;
};

struct krpc {
	char		 y;		/* 'q', 'r', 'e' */
	struct text	 t, q, v;
	struct endpoint	 ip;		/* our own, as the sender sees it; nobody: not told */
	bool		 ro;		/* the sender answers nobody (BEP 43) */
	struct krpc_body body;
	int64_t		 code;		/* of an error; UNKNOWN */
	struct text	 message;
	unsigned	 sloppy;	/* bits; see sloppy_name */
};

/* NULL, or why the datagram is thrown away: static text. */
const char *krpc_read(struct krpc *, const uint8_t *, size_t len);

/* The contacts of one family, and the endpoints of values: *at begins with 0; false after the last. */
bool	 krpc_contact(const struct krpc_body *, bool ipv6, size_t *at, struct krpc_contact *);
bool	 krpc_value(const struct krpc_body *, size_t *at, struct endpoint *);

/*
 * The number of addresses that a filter of BEP 33 holds, by its zero bits: half of one
 * when it is empty.
 */
double	 krpc_bloom_estimate(const uint8_t filter[256]);

/* The four bytes of v as a number, or UNKNOWN if it has not four. */
int64_t	 krpc_version(struct text v);

#endif
