/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a sensor saw: the one contract between the folders (version 2).
 *
 * A dialog (node/) makes observations out of bytes, a round (crawler/) gives
 * them their number, the store (data/) keeps them, JSON lines carry them in
 * and out, and analysis/ counts them.  Nothing else crosses a folder's border.
 *
 * A claim is not a fact.  `peer` is the endpoint that we dialled, or the address
 * that dialled us with port 0, and is all that is known; `source`, `node` and
 * `via` inside a record are what that peer claimed, and so is the port by which
 * a caller says that it can be dialled.
 *
 * What only one overlay has (a file's size, a client's version) is no member
 * here: the overlay describes it in a table of fields, and every record brings
 * the values of its overlay's fields along.  Whoever stores, prints, hides or
 * reads a field does it by that table.
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

#include "values.h"

/* ---- endpoints ------------------------------------------------------------- */

/* The networks that an address can be of; their lengths and BIP 155 numbers are in observation.c. */
enum network { NET_IPV4, NET_IPV6, NET_TORV3, NET_I2P, NET_CJDNS, NET_YGGDRASIL, NET_N };

extern const char *const network_name[NET_N];	/* "ipv4", "ipv6", "torv3", "i2p", "cjdns", "yggdrasil" */

#define ADDRESS_MAX	32	/* bytes of the longest address */

/*
 * An address of some network and a port; all zero is nobody.  The address is in
 * network byte order, but for IPv4, whose `ip` is a number in host byte order:
 * the sensor reckons with blocks of it.  Bytes past the address's length are
 * zero.  Compared, hashed, printed and parsed by the functions below alone.
 */
struct endpoint {
	union {
		uint32_t	ip;		/* of NET_IPV4 only */
		uint8_t		addr[ADDRESS_MAX];
	};
	uint16_t	port;
	uint8_t		net;			/* enum network */
};

static inline struct endpoint
endpoint_ipv4(uint32_t ip, uint16_t port)
{
	return (struct endpoint){ .ip = ip, .port = port, .net = NET_IPV4 };
}

/* The longest printed form and its NUL: 56 characters, ".onion", ":65535". */
#define ENDPOINT_TEXT	72

/* Bytes of an address of this network: 4 to 32; 0 for a number that is no network. */
size_t	 network_length(int net);
/* The number that BIP 155 gave the network (1, 2, 4, 5, 6, 7), and back; -1 if there is none. */
int	 network_number(int net);
int	 network_of_number(int number);

bool	 endpoint_is_nobody(struct endpoint);
/*
 * Address, colon, decimal port 0..65535, no blanks, nothing after: dotted IPv4,
 * "[2001:db8::1]:80" (fc00::/8 is CJDNS, 200::/7 is Yggdrasil), "….onion:80" of
 * version 3 with a right checksum, "….b32.i2p:80".  NULL, or what is wrong; then *e is untouched.
 */
const char *endpoint_read(struct endpoint *e, const char *text);
bool	 endpoint_parse(struct endpoint *, const char *text);
/* An address without a port, an IPv6 one with or without brackets; the port becomes 0.  As above. */
const char *address_read(struct endpoint *e, const char *text);
/* Writes the same form into buf and returns it. */
char	*endpoint_format(char buf[ENDPOINT_TEXT], struct endpoint);
/* The address alone, in the same form without brackets. */
char	*address_format(char buf[ENDPOINT_TEXT], struct endpoint);
/* <0, 0, >0 by network, then by address, then by port. */
int	 endpoint_compare(struct endpoint, struct endpoint);
/* The address as network_length() bytes in network byte order; returns how many. */
size_t	 address_bytes(struct endpoint, uint8_t out[ADDRESS_MAX]);
/*
 * The whole endpoint in few bytes: the network's BIP 155 number, the address, the
 * port in network byte order.  Returns how many (7 for IPv4).  unpack returns
 * how many it took of len, or 0 when these bytes begin no endpoint.
 */
#define ENDPOINT_PACKED	(1 + ADDRESS_MAX + 2)
size_t	 endpoint_pack(uint8_t out[ENDPOINT_PACKED], struct endpoint);
size_t	 endpoint_unpack(struct endpoint *, const uint8_t *, size_t len);
/* From such bytes.  False if the network has no such address: by its length, or by its prefix. */
bool	 endpoint_of_bytes(struct endpoint *, int net, const uint8_t *, size_t len, uint16_t port);

/* ---- contents ---------------------------------------------------------------- */

#define CONTENT_MAX	32

/* Names what is advertised: as many bytes as the overlay's hash has, 0 where it has none. */
struct content_id {
	uint8_t	len;
	uint8_t	id[CONTENT_MAX];
};

/* ---- records ----------------------------------------------------------------- */

enum observation_type {
	OBS_ROUND,	/* a round was run: its times and totals */
	OBS_KEY,	/* a peer advertised that a source holds a content */
	OBS_NEIGHBOUR,	/* a peer told us of a node */
	OBS_QUERY,	/* a peer sent a search or passed one on */
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
	OUT_DROPPED,		/* told to leave by the peer */
	OUT_EXCLUDED,		/* never dialled: scope, opt-out, special range */
	OUT_N
};

/* By what way a round's observations came into the database. */
enum origin { ORIGIN_CRAWLED, ORIGIN_LISTENED, ORIGIN_CAPTURED, ORIGIN_IMPORTED, ORIGIN_N };

/* Limits that can keep a round from seeing all that there was to see. */
enum round_cut {
	CUT_TIME,	/* it was given no more time to dial */
	CUT_DIALS,	/* nor more dials */
	CUT_PEER,	/* a peer had stored what one may in a round, and the rest was left out */
	CUT_NET,	/* so had a /24 */
	CUT_INBOUND,	/* so had those who called us */
	CUT_ROUND,	/* so had all together: nobody else was dialled */
	CUT_DATABASE,	/* the database was as large as it may be */
	CUT_DISK,	/* its disk was nearly full */
	CUT_TEXT,	/* a name was longer than what is stored of one */
	CUT_N
};

/* Those by which records were left out, of somebody or of all. */
#define CUT_RECORDS	(1u << CUT_PEER | 1u << CUT_NET | 1u << CUT_INBOUND | CUT_SHORT_RECORDS)
#define CUT_SHORT_RECORDS	(1u << CUT_ROUND | 1u << CUT_DATABASE | 1u << CUT_DISK)
/* Those by which the round as a whole saw less than there was: its counts are too low. */
#define CUT_SHORT	(1u << CUT_TIME | 1u << CUT_DIALS | CUT_SHORT_RECORDS)

struct obs_round {
	struct text	sensor;		/* name of the observer; it may stand for a vantage point */
	struct text	overlay;	/* name of the driver, "winny" */
	int64_t		start_ms;	/* UTC */
	int64_t		end_ms;		/* UNKNOWN while it runs */
	int64_t		tried;		/* nodes dialled */
	int64_t		reached;	/* of these, handshakes completed */
	uint32_t	cut;		/* 1 << enum round_cut: what cut it */
	int64_t		not_dialled;	/* nodes of its list that a limit left out; UNKNOWN */
	int64_t		not_stored;	/* records that a budget left out; UNKNOWN */
};

struct obs_key {
	struct endpoint	source;		/* advertised holder: a claim */
	struct content_id	content;
	struct text	raw;		/* record as decrypted off the wire; may be empty */
};

struct obs_neighbour {
	struct endpoint	node;		/* a claim */
};

struct obs_query {
	const struct endpoint *via;	/* claims, originator first */
	size_t		nvia;
};

struct obs_contact {
	struct endpoint	node;		/* dialled; inbound: the address seen, the port it claims */
	bool		inbound;	/* the node dialled us */
	enum outcome	outcome;
};

/* ---- fields ------------------------------------------------------------------- */

enum field_type {
	FIELD_INTEGER,		/* number, within min..max; UNKNOWN is not said */
	FIELD_FLAG,		/* number: 0 or 1; UNKNOWN is not said */
	FIELD_TEXT,		/* text, UTF-8; empty is not said */
	FIELD_BYTES,		/* text, any bytes, in hex where it is read or written */
	FIELD_ENDPOINT,		/* endpoint, a claim; NULL is not said */
};

/* Of what a field says something: the store keeps once what lasts. */
enum field_level {
	LEVEL_CONTENT,		/* the content, whoever holds it */
	LEVEL_ADVERT,		/* a source and its content, as long as it advertises it */
	LEVEL_DELIVERY,		/* one answer that brought many keys */
	LEVEL_SIGHTING,		/* one key, each time that it is handed over */
	LEVEL_CLAIM,		/* a neighbour, whoever tells of it */
	LEVEL_TELLING,		/* a neighbour, each time that a peer tells of it */
	LEVEL_QUERY,
	LEVEL_CONTACT,
	LEVEL_N
};

/* Whom a field tells about. */
enum field_privacy {
	PRIVACY_NONE,		/* nobody: numbers of the protocol */
	PRIVACY_NAME,		/* a person chose it: hidden where names are */
};

/* Questions that the analysis and the crawler ask of any overlay: "does it have X?" */
enum field_role {
	ROLE_NONE,
	ROLE_LIFETIME,		/* seconds that an advertisement still has to live */
	ROLE_SIZE,		/* of the content, in bytes */
	ROLE_NAME,		/* of the content */
	ROLE_UNDIALABLE,	/* a contact says that nobody can dial it */
	ROLE_NODE_ID,		/* of the node that the record is about */
	ROLE_HELD,		/* how long a contact's link was held in this round, in ms */
	ROLE_FRESH,		/* what a neighbour record claims is news, not a table's memory */
	ROLE_TARGET_BITS,	/* first bits that a named node's id shares with what was asked for */
	ROLE_SECOND_ID,		/* another id, that a node answered with in the same contact */
	ROLE_ID_FITS,		/* its id fits its address */
	ROLE_CLIENT,		/* the program that a node says it is, and its version */
	ROLE_SAMPLES,		/* ids of contents that a node says it knows holders of */
	ROLE_STORED,		/* how many it says it knows */
	ROLE_REFRESH,		/* seconds until it would give other samples */
	ROLE_N
};

struct field {
	const char	*name;		/* in JSON lines; neighbours in the table that share it form an array */
	const char	*column;	/* of the database; NULL: as the name */
	const char	*unit;		/* "s", "bytes", "KB/s"; "" for none */
	const char	*about;		/* one line for people */
	int64_t		 min, max;	/* FIELD_INTEGER */
	uint8_t		 level;		/* enum field_level; it tells the type of the record, too */
	uint8_t		 type;		/* enum field_type */
	uint8_t		 privacy;	/* enum field_privacy */
	uint8_t		 role;		/* enum field_role */
	bool		 quiet;		/* left out of JSON lines when it says nothing */
};

#define FIELDS_MAX	16	/* of one record */

union value {
	int64_t			 number;
	struct text		 text;
	const struct endpoint	*endpoint;
};

/* Says what an overlay's records hold: constant, made by its driver. */
struct overlay_fields {
	const char	*overlay;
	uint8_t		 content_length;	/* bytes of a content's id */
	uint8_t		 judged;		/* 1 << type of record: whose claimed nodes get verdicts */
	/* What lifetimes of this overlay tell, after "remaining lifetime; ..."; NULL: it has none. */
	const char	*lifetime_note;
	/*
	 * Blocks that no genuine node passes on: whoever hands over many sources in
	 * them has not got them from another node.  CSV, "CIDR,reason" with a
	 * header; NULL if there are none.
	 */
	const char	*unrelayed;
	/* The fields of each type of record, in the order of JSON lines and canonical bytes. */
	struct {
		const struct field	*field;
		uint8_t			 n;
	}		 of[OBS_NTYPE];
};

/* The fields of the overlay that this program knows by this name, or NULL (overlays.c); those
 * of the first overlay for NULL. */
const struct overlay_fields *overlay_fields(const char *overlay);
/* Which field of this type of record plays a role, or -1: the overlay has none. */
int	 field_of_role(const struct overlay_fields *, enum observation_type, enum field_role);
/* How many of n fields from the i-th on share its name, and so form an array. */
int	 field_run(const struct field *, int i, int n);
/* Does a value say anything? */
bool	 value_is_said(const struct field *, union value);

struct observation {
	enum observation_type type;
	uint32_t	round;		/* >= 1; a sensor counts its own */
	int64_t		t_ms;		/* UTC, ms since 1970; a round: its start */
	struct endpoint	peer;		/* who delivered it: known */
	uint32_t	copy;		/* of records alike in everything: 1, 2, ... behind the first */
	struct endpoint	to;		/* to whom, in a capture; nobody: to the sensor itself */
	union {
		struct obs_round	run;
		struct obs_key		key;
		struct obs_neighbour	neighbour;
		struct obs_query	query;
		struct obs_contact	contact;
	};
	const struct overlay_fields *fields;	/* what `value` means; NULL for a round */
	union value	value[FIELDS_MAX];	/* by position in fields->of[type] */
};

/* Sets every value to "not said". */
void	 observation_clear_values(struct observation *);
/* The number that plays a role, or UNKNOWN. */
int64_t	 observation_number(const struct observation *, enum field_role);

/* Names as in JSON lines; each array has a static length check in the .c. */
extern const char *const observation_type_name[OBS_NTYPE];
extern const char *const outcome_name[OUT_N];
extern const char *const origin_name[ORIGIN_N];
extern const char *const round_cut_name[CUT_N];

/* The names of what cut a round, as "time,peer-store", and back; read is -1 if one is none. */
#define ROUND_CUT_TEXT	128
const char *round_cut_format(char buf[ROUND_CUT_TEXT], uint32_t cut);
int	 round_cut_read(uint32_t *cut, struct text);

#endif
