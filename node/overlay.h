/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the rest of kansoku may know of an overlay: one row of function pointers,
 * its traits, its fields, and what it may say.
 *
 * A dialog is one side of one link, or one visit to a node by datagrams, sans
 * I/O: bytes and time go in; bytes, observations and the next deadline come
 * out.  It holds no socket, no clock, no random source and no log.  Times are
 * monotonic milliseconds from any origin; the crawler stamps observations with
 * UTC and the round itself.
 *
 * The crawler knows how bytes are carried and these calls, and no protocol by
 * name.  A new overlay is a new folder below node/ and a row in overlays.c.
 */
#ifndef KANSOKU_NODE_OVERLAY_H
#define KANSOKU_NODE_OVERLAY_H

#include "observation.h"

struct dialog;

/* How an overlay's bytes travel. */
enum carrier {
	CARRIER_STREAM,		/* TCP: input gets bytes, cut up in any way */
	CARRIER_DATAGRAM,	/* UDP: input gets one whole datagram; each send is one */
};

/*
 * The waits and amounts of a visit, before --time-scale: what the wire demands
 * and what politeness adds.  The settings and the session's budget follow them.
 */
struct visit_plan {
	int64_t		handshake_ms;	/* the peer's handshake must be over by then */
	int64_t		age_ms;		/* age of the link before the first request */
	int64_t		window_ms;	/* least time between two requests */
	int64_t		answer_ms;	/* how long to wait for the answer to the last one */
	int64_t		slack_ms;	/* round trips and writes that the plan leaves out */
	int64_t		shortest_ms;	/* no wait is shorter, however fast a lab's clock runs */
	int64_t		silence_ms;	/* a link without a byte for so long is dead; 0: never */
	uint32_t	blocks, window_blocks;	/* messages that a peer may send: at all, and a request */
	uint32_t	nodes;		/* neighbour records that it may bring; 0: as bounds.h has it */
};

/* The crawler and the analysis must know these of an overlay, whatever its name. */
struct overlay_traits {
	uint32_t	nets;		/* 1 << enum network: what an address may be */
	uint32_t	leads;		/* 1 << observation type: whose nodes are visited */
	bool		leads_at_once;	/* in the round under way; else on the next list */
	bool		listens;	/* an announced port and callers belong to the protocol */
	bool		stays;		/* peers tell news by themselves: a link may be held over many rounds */
	uint32_t	revisit_s;	/* a node is dialled once in so long; 0: once a round */
	uint8_t		zone_bits;	/* a round measures one part in 2^so many of the id space; 0: all */
	uint8_t		datagrams;	/* at most to one node in a visit; 0 for streams */
	uint16_t	memory;		/* bytes that a dialog leaves for the next visit to its node */
	uint16_t	spacing_ms;	/* between two datagrams to one address, before --time-scale */
	const uint16_t	*low_ports;	/* below 1024, where its nodes live all the same; ends with 0, or NULL */
	struct visit_plan visit;
};

#define NODE_ID_MAX	32

/* The part of the id space that a round measures: the ids that begin with these bits. */
struct zone {
	uint8_t		prefix[NODE_ID_MAX];
	uint8_t		bits;		/* 0: all of it */
};

/* One thing that the sensor may say on this wire, for the manual and the test of passivity. */
struct utterance {
	const char	*name;
	const char	*why;
};

/* A dialog needs to know this about itself and its peer; all is passed in. */
struct dialog_config {
	struct endpoint	self;		/* address the peer sees (nobody's if unknown), announced port;
					 * 0 with port0: a fixed one that is never dialled */
	struct endpoint	peer;		/* remote end; port = dialled port, or 0 if it dialled us */
	bool		inbound;	/* the peer dialled us */
	bool		port0;		/* announce that we cannot be dialled */
	int32_t		speed;		/* KB/s to announce, where that is done; 0: fit it to the peer's */
	int32_t		windows;	/* answers to ask for before leaving; 0 = handshake only */
	int64_t		window_ms;	/* time between two requests */
	int64_t		age_ms;		/* age of the link before the first request */
	int64_t		handshake_ms;	/* the peer's handshake must be over by then */
	int64_t		patience_ms;	/* how long to wait for the answer to the last request */
	uint32_t	blocks_max;	/* messages from the peer, empty ones too; 0 = no limit */
	struct text	words[3];	/* cluster words to announce, wire bytes */
	int64_t		silence_ms;	/* a link without a byte for so long is dead; 0: never */
	bool		standing;	/* the link is held: never leave by yourself */
	int64_t		utc_ms;		/* UTC when it is opened, and how much faster than now_ms that */
	double		time_scale;	/* runs: the lab's clock; 0 is 1 */
	struct text	page;		/* where people read what this sensor is; empty: nowhere */
	const void	*params;	/* of the overlay */
	uint8_t		random[32];	/* this side's random bytes: preambles, nonces, targets */

	/* ---- visits by datagrams alone ---- */
	uint32_t	tag;		/* what its answers must bring back: TAG_BITS that nobody can guess */
	uint8_t		self_id[NODE_ID_MAX];	/* of this sensor, for the life of its database */
	uint8_t		secret[16];	/* for choices that are alike in all visits, and nobody's to foresee */
	struct zone	zone;
	const uint8_t	*memory;	/* what the last visit to this node left; NULL: nothing */
	uint32_t	panel;		/* holders are asked for of one content in so many; 0: of none */
};

/* A dialog has the rest of 32 bits to tell its questions apart. */
#define TAG_BITS	29

/*
 * Where findings go.  send's bytes must be queued at once (they are borrowed).
 * found's observation has type, body, fields and values set, round and t_ms zero,
 * peer as config.peer, whatever the peer says of itself; it is borrowed.  Neither may
 * free the dialog.
 */
struct dialog_sink {
	/* Once for what a genuine node writes at once: how a stream is cut up may tell who it is. */
	void	(*send)(void *arg, const uint8_t *bytes, size_t len);
	void	(*found)(void *arg, const struct observation *);
	void	*arg;
};

/* Where a dialog stands. */
enum dialog_state {
	DIALOG_OPEN,		/* carry on */
	DIALOG_DONE,		/* we said goodbye: flush and close */
	DIALOG_DROPPED,		/* the peer told us to leave: close */
	DIALOG_BROKEN,		/* the peer broke the protocol, or was too slow: close */
};

/* The dialog knows this of its peer, for the contact row. */
struct dialog_peer {
	bool		dialog;		/* there was a dialog: what follows is what it knows */
	bool		handshaken;	/* the peer's handshake is complete */
	bool		undialable;	/* it says that nobody can dial it */
	bool		test_link;	/* it only tests whether we can be reached */
	bool		outside;	/* its id lies outside the zone: it only shows the way there */
	/*
	 * Where it says that it can be dialled: the address that we see, the port that
	 * it announces.  A claim; nobody: it announced nothing.
	 */
	struct endpoint	announced;
	union value	contact[FIELDS_MAX];	/* the overlay's fields of a contact */
	int		farewell;	/* the number of the message that told us to leave, or UNKNOWN */
	uint32_t	windows;	/* answers that arrived */
	uint32_t	tries;		/* datagrams that the first answer took */
	uint64_t	keys, bad_keys;	/* records kept, records refused */
	uint64_t	neighbours, queries;
};

/* Takes one line of what a dialog has to say to people. */
typedef void describe_line(void *arg, const char *label, struct text);

/* ---- what a tap tells of one direction of a link that others made ---- */

/* A driver decides from so many first bytes of a direction, or fewer. */
#define RECOGNISE_MAX	11
enum recognised { NOT_YET, NOT_OURS, OURS };

/* Whose bytes a tap gets. */
struct tap_config {
	struct endpoint	from, to;
	bool		client;		/* `from` opened the link: its port is no node's */
};

/*
 * How much of a direction proves that the overlay is spoken, one step on the other.
 * Anybody can choose the first bytes; nobody sends a header by accident.
 */
enum tap_level { TAP_NONE, TAP_FIRST_BLOCK, TAP_HEADER, TAP_HANDSHAKE };

struct tap_state {
	enum tap_level	level;
	struct dialog_peer peer;	/* who sends: what it told of itself, and counts */
	struct endpoint	claims;		/* what it calls itself, once its handshake is complete */
	uint64_t	bytes;		/* of the stream, missing ones too */
	uint64_t	unread;		/* of these: missing, or not to be read without what is missing */
	uint64_t	lost_blocks;	/* messages that a hole took, one a hole at least */
	uint64_t	transfers;	/* messages that carry contents: counted, never looked into */
};

/*
 * Where findings go; round, time and `to` of the observation are left to who gets it.
 * in_passing: the record was no advertisement, but came along in some other message.
 */
struct tap_sink {
	void	(*found)(void *arg, const struct observation *, bool in_passing);
	void	*arg;
};
struct tap;

/* ---- what a decoder tells of one captured direction ---- */

/* A message, or what stands where one should be; its parts follow unless it has an error. */
struct decoded {
	uint64_t	offset;		/* of its first byte in the stream */
	const char	*name;		/* NULL: it was not read as far as that */
	int64_t		code, len;	/* as sent; UNKNOWN likewise */
	const char	*error;		/* why a node would refuse it, or NULL */
};

enum part_type {
	PART_INTEGER,		/* number */
	PART_FLAG,		/* number, 0 or 1 */
	PART_FLOAT,		/* real */
	PART_TEXT,		/* text, UTF-8 */
	PART_BYTES,		/* text, any bytes */
	PART_ADDRESS,		/* endpoint, its port apart or none */
	PART_ENDPOINT,		/* endpoint */
	PART_LIST,		/* values without a name follow, then PART_END */
	PART_RECORDS,		/* as sent number of them; those that a node would keep follow, then PART_END */
	PART_RECORD,		/* one: its parts follow, then PART_END */
	PART_REFUSALS,		/* number of total records were refused: those follow, then PART_END */
	PART_REFUSAL,		/* one: its place among all, from 0, is number; and why */
	PART_END,
};

/* One part of a message; borrowed. */
struct part {
	const char	*name;		/* NULL in a list */
	enum part_type	 type;
	int64_t		 number, total;
	float		 real;
	struct text	 text;
	struct endpoint	 endpoint;
	const char	*why;
};

/* Who writes it down. */
struct decoder_sink {
	void	(*message)(void *arg, const struct decoded *);
	void	(*part)(void *arg, const struct part *);
	void	(*message_end)(void *arg);
	void	*arg;
};
struct decoder;

/* A node's name in the overlay's own form, or as host:port, with its NUL. */
#define NODE_NAME_TEXT	600

struct overlay {
	const char	*name;		/* as stored and as on the command line */
	/*
	 * Of a driver that serves several networks, a row each: whose this one is and what
	 * it is called there, "litecoin" and "regtest".  NULL: there is but one.
	 */
	const char	*family, *network;
	const void	*params;	/* what its row differs in, handed to open; NULL: nothing */
	enum carrier	 carrier;
	const struct overlay_traits *traits;
	const struct overlay_fields *fields;
	const struct utterance *repertoire;	/* ends with name NULL */

	/* NULL only without memory.  Copies what it needs of the config. */
	struct dialog	*(*open)(const struct dialog_config *, const struct dialog_sink *,
			    int64_t now_ms);
	/* Takes all of the bytes; for a stream, how they are cut up makes no difference. */
	enum dialog_state (*input)(struct dialog *, int64_t now_ms,
			    const uint8_t *, size_t);
	/* When to call tick next; INT64_MAX for never. */
	int64_t		 (*due)(const struct dialog *);
	enum dialog_state (*tick)(struct dialog *, int64_t now_ms);
	/* Say goodbye early (the operator stops): sends the farewell. */
	void		 (*leave)(struct dialog *);
	void		 (*peer)(const struct dialog *, struct dialog_peer *);
	/* What the peer told of itself beside the fields of a contact, and the quiet ones of these. */
	void		 (*describe)(const struct dialog *, describe_line *, void *arg);
	/* What dialog_peer.farewell is called on this wire; NULL: no such message. */
	const char	*(*farewell_name)(int number);
	/* Why it ended; static text, "" while it goes on. */
	const char	*(*why)(const struct dialog *);
	void		 (*close)(struct dialog *);	/* NULL is fine */

	/* ---- datagrams alone; NULL for streams ---- */

	/*
	 * For which visit is this datagram?  False: for none (a query, rubbish).  Of our own
	 * ones, which the network hands back: of which visit was it?
	 */
	bool		 (*address)(const uint8_t *, size_t, bool own, uint32_t *tag);
	/* What one is that is for no visit, for the counts: static text, one of a few. */
	const char	*(*stray)(const uint8_t *, size_t);
	/*
	 * What the next visit to the node should know, traits->memory bytes; times in it are of
	 * this process.  False: nothing.  NULL where there is no such thing.
	 */
	bool		 (*remember)(const struct dialog *, uint8_t *memory);
	/* Is the node that this finding of the dialog's names to be visited? */
	bool		 (*follow)(const struct dialog *, const struct observation *);

	/* ---- captures; NULL where the driver cannot read them ---- */

	/* Are these the first bytes of one direction, or is one datagram, of this overlay? */
	enum recognised	 (*recognise)(const uint8_t *first, size_t len);
	/* NULL without memory.  It gets the direction from its first byte on. */
	struct tap	*(*tap_open)(const struct tap_config *, const struct tap_sink *);
	void		 (*tap_input)(struct tap *, const uint8_t *, size_t);
	void		 (*tap_gap)(struct tap *, uint64_t bytes);	/* so many were not captured */
	void		 (*tap_state)(const struct tap *, struct tap_state *);
	size_t		 (*tap_bytes)(const struct tap *);	/* of memory that it holds */
	void		 (*tap_give_up)(struct tap *);		/* gives it back: nothing more is read */
	/* The direction ended here: it may tell what could not be told sooner. */
	void		 (*tap_end)(struct tap *);
	void		 (*tap_close)(struct tap *);	/* NULL is fine */

	/*
	 * The messages of one direction from its first byte on, for people.  NULL: no
	 * memory.  After what a node would refuse it goes on only if keep_going, and
	 * where that can be.
	 */
	struct decoder	*(*decoder_open)(const struct decoder_sink *, bool keep_going);
	/* Takes all of the bytes, cut up in any way; false when nothing more can be read. */
	bool		 (*decoder_input)(struct decoder *, const uint8_t *, size_t);
	/* at_end: the direction ended here, which may be in the middle of something. */
	void		 (*decoder_close)(struct decoder *, bool at_end);

	/* ---- texts ---- */

	const char	*node_form;	/* of its own way to write a node, "@HEX"; NULL: none */
	/*
	 * Turns a node's name in that form into host:port, and host:port into that form.
	 * NULL when done, else what is wrong: static text, and out is empty.
	 */
	const char	*(*node_name)(char out[NODE_NAME_TEXT], const char *name);

	/*
	 * One entry of a peers file in the overlay's own form, or "host:port", without
	 * its line end.  False: not an entry; *why says what is wrong, or is NULL
	 * for a blank line.  A host name that is no address is refused here: the
	 * sensor asks no name server.
	 */
	bool		 (*peer_entry)(struct endpoint *, const char *line,
			    const char **why);

	/*
	 * Makes the tables that all dialogs share, which may read system files:
	 * call it before the process confines itself (open would do it too).  May be NULL.
	 * NULL, or what is missing on this system and what that costs.
	 */
	const char	*(*prepare)(void);
};

extern const struct overlay *const overlays[];	/* ends with NULL */
/* prepare, if the overlay has any. */
const char *overlay_prepare(const struct overlay *);
/* NULL if there is none of that name. */
const struct overlay *overlay_find(const char *name);

#endif
