/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands of the Winny overlay (protocol 3): one table, one decoder each.
 *
 * A decoder turns the payload of one block into a value, wholly or not at all.
 * It reads nothing past the payload and allocates nothing; texts are views
 * into the payload, in wire bytes (CP932), not NUL-terminated.  Bytes after
 * the known fields are tolerated, as genuine nodes do.  Fields are as sent: a
 * claim, unchecked; what to believe is decided by who asks.
 */
#ifndef KANSOKU_NODE_WINNY_MESSAGE_H
#define KANSOKU_NODE_WINNY_MESSAGE_H

#include "node/wire.h"

enum {
	CMD_HEADER = 0,
	CMD_SPEED = 1,
	CMD_LINK_TYPE = 2,
	CMD_SELF = 3,
	CMD_NODE = 4,
	CMD_BBS_PORT = 5,
	CMD_REQUEST = 10,
	CMD_FILE_REQUEST = 11,
	CMD_CONDITIONAL = 12,
	CMD_QUERY = 13,
	CMD_BBS_CONDITIONAL = 15,
	CMD_BBS_REQUEST = 16,
	CMD_BBS_LIST = 17,
	CMD_FILE_BLOCK = 21,
	CMD_RELAY_DIAL = 22,
	CMD_RELAY_EXPECT = 23,
	CMD_POST = 24,
	CMD_POST_RELAYED = 25,
	CMD_POST_RESULT = 26,
	CMD_POST_RESULT_RELAYED = 27,
	CMD_CLOSE = 31,
	CMD_CLOSE_LIMIT = 32,
	CMD_CLOSE_PORT = 33,
	CMD_CLOSE_IGNORED = 34,
	CMD_CLOSE_SLOW = 35,
	CMD_CLOSE_FORGED = 37,
	CMD_FILLER = 97,
	CMD_N = 100		/* no known code is this or above */
};

/* ---- what each command says --------------------------------------------- */

#define HEADER_PLAIN_MAX	64	/* bytes of the header that are kept */
#define HEADER_LEN		20	/* bytes of it that count */

struct header {
	int32_t		version;
	uint8_t		plain[HEADER_PLAIN_MAX];	/* version and text, fixed key removed */
	size_t		plain_len;
};
struct text	 header_text(const struct header *);
/* Does its text name a Winny, of whatever version? */
bool		 header_is_winny(const struct header *);
/* Would a genuine 2.0b7.1 go on?  Its text and its range of versions. */
bool		 header_accepted(const struct header *);
/* The header's own cipher, of one fixed key, either way: n at most HEADER_PLAIN_MAX. */
void		 header_crypt(uint8_t *out, const uint8_t *in, size_t n);

struct link_type {
	uint8_t	type;		/* 0 search, 1 transfer, 2 BBS transfer */
	uint8_t	port0, test, bbs;	/* as sent; not 0 counts as set */
};

struct self_info {
	uint32_t	ip;		/* as the sender believes */
	int32_t		port;		/* listening; unchecked */
	struct text	ddns;
	struct text	words[3];	/* cluster words */
};

struct other_node {
	uint32_t	ip;
	int32_t		port;		/* unchecked */
	int32_t		bbs_port;
	uint8_t		bbs;
	int32_t		speed;		/* KB/s, -1 unknown */
	struct text	words[3];
};
/* A genuine node ignores the record unless the port can be announced. */
bool		 other_node_accepted(const struct other_node *);

struct conditional {
	struct text	words, trip;	/* before their NUL */
	int32_t		id;
};

struct query {
	uint8_t		reply, spread, downstream, bbs;	/* not 0 counts as set */
	int32_t		id;
	struct text	words;
	struct text	trip;		/* before its NUL */
	uint8_t		nvia;
	uint16_t	nkeys;
	struct wire	via, keys;	/* the two lists, checked to be whole */
};
/* The next via node; false at the end.  Work on a copy of query.via. */
bool		 query_via(struct endpoint *, struct wire *via);

struct address {		/* relay arrangement */
	uint32_t	ip;
	int32_t		port;
};

struct file_request {
	int32_t		task, first, count;
	const uint8_t	*hash;		/* 16 */
	uint32_t	size;
};

struct file_block {
	int32_t		task, number;
	const uint8_t	*md5;		/* 16, of the plain block */
	struct text	data;		/* encrypted */
};

struct post {
	struct address	to;		/* only when relayed */
	const uint8_t	*hash;		/* 16 */
	struct text	text;
};

struct post_result {
	const uint8_t	*hash;		/* 16 */
	int32_t		ok;
};

/* ---- the table ------------------------------------------------------------ */

enum message_error {
	MESSAGE_OK,
	MESSAGE_UNKNOWN,	/* no such command */
	MESSAGE_LENGTH,		/* must be sent bare, and was not */
	MESSAGE_SHORT,		/* a field runs past the block */
	MESSAGE_SIGNATURE,	/* a key's BBS signature is longer than its place */
	MESSAGE_NERR
};

struct message;

struct command {
	const char	*name;
	uint32_t	 min;		/* shortest len that a genuine node hands on */
	bool		 bare;		/* any payload breaks the link */
	bool		 closes;	/* the sender wants the link to end */
	bool		 ours;		/* the sensor may send it */
	enum message_error (*decode)(struct message *, struct wire *);	/* NULL: no fields */
};

struct message {
	const struct command *command;	/* NULL unless decoded */
	uint8_t		 code;
	union {
		struct header		header;
		float			speed;
		struct link_type	link_type;
		struct self_info	self;
		struct other_node	node;
		int32_t			bbs_port;
		struct conditional	conditional;
		struct query		query;
		struct file_request	file_request;
		struct file_block	file_block;
		struct address		relay;
		struct text		board;
		struct post		post;
		struct post_result	post_result;
	};
};

/* The row of a code, or NULL for an unknown one. */
const struct command	*command_find(uint8_t code);
/* On failure the message is all zero but for its code. */
enum message_error	 message_decode(struct message *, uint8_t code, struct text payload);
const char		*message_error_text(enum message_error);

#endif
