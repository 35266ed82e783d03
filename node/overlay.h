/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the crawler may know of an overlay: one row of function pointers.
 *
 * A dialog is one side of one link, sans I/O: bytes and time go in; bytes,
 * observations and the next deadline come out.  It holds no socket, no clock,
 * no random source and no log.  Times are monotonic milliseconds from any
 * origin; the crawler stamps observations with UTC and the round itself.
 *
 * The crawler knows "stream" and these calls, and no protocol by name.  A new
 * overlay is a new file and a new row in overlays[].
 */
#ifndef KANSOKU_NODE_OVERLAY_H
#define KANSOKU_NODE_OVERLAY_H

#include "observation.h"

struct dialog;

/* What a dialog needs to know about itself and its peer, all passed in. */
struct dialog_config {
	struct endpoint	self;		/* address the peer sees (0 if unknown), announced port;
					 * 0 with port0: a fixed one that is never dialled */
	struct endpoint	peer;		/* remote end; port = dialled port, or 0 if it dialled us */
	bool		inbound;	/* the peer dialled us */
	bool		port0;		/* announce that we cannot be dialled */
	int32_t		speed;		/* KB/s to announce; 0 = fit it to the peer's (protocol 4.3) */
	int32_t		windows;	/* answers to ask for before leaving; 0 = handshake only */
	int64_t		window_ms;	/* time between two requests */
	int64_t		age_ms;		/* age of the link before the first request */
	int64_t		handshake_ms;	/* the peer's handshake must be over by then */
	int64_t		patience_ms;	/* how long to wait for the answer to the last request */
	uint32_t	blocks_max;	/* from the peer, empty ones too; 0 = no limit */
	struct text	words[3];	/* cluster words to announce, wire bytes */
	uint8_t		preamble[6];	/* this side's random bytes and seed */
};

/*
 * Where findings go.  send's bytes must be queued at once (they are borrowed).
 * found's observation has type and body set, round and t_ms zero, peer as the
 * peer's identity so far; it is borrowed.  Neither may free the dialog.
 */
struct dialog_sink {
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

/* What the dialog knows of its peer; for the contact row and for probe. */
struct dialog_peer {
	bool		handshaken;	/* the peer's handshake is complete */
	struct endpoint	node;		/* observed address, announced port */
	struct endpoint	self_reported;	/* what it says of itself */
	int32_t		version, speed;	/* UNKNOWN until told */
	int8_t		port0;
	int8_t		test_link;	/* it only tests whether we can be reached */
	int8_t		nat;		/* self-reported address differs from the observed one */
	struct text	words[3];	/* UTF-8 cluster words, owned by the dialog */
	struct text	ddns;
	int16_t		command;	/* close command received, or UNKNOWN */
	uint32_t	windows;	/* answers that arrived */
	uint64_t	keys, bad_keys;	/* records kept, records refused */
	uint64_t	neighbours, queries;
};

struct overlay {
	const char	*name;		/* as stored and as on the command line */

	/* NULL only without memory.  Copies what it needs of the config. */
	struct dialog	*(*open)(const struct dialog_config *, const struct dialog_sink *,
			    int64_t now_ms);
	/* Takes all of the bytes; how they are cut up makes no difference. */
	enum dialog_state (*input)(struct dialog *, int64_t now_ms,
			    const uint8_t *, size_t);
	/* When to call tick next; INT64_MAX for never. */
	int64_t		 (*due)(const struct dialog *);
	enum dialog_state (*tick)(struct dialog *, int64_t now_ms);
	/* Say goodbye early (the operator stops): sends the farewell. */
	void		 (*leave)(struct dialog *);
	void		 (*peer)(const struct dialog *, struct dialog_peer *);
	/* Why it ended; static text, "" while it goes on. */
	const char	*(*why)(const struct dialog *);
	void		 (*close)(struct dialog *);	/* NULL is fine */

	/*
	 * One entry of a peers file (Winny: noderef), "@hex" or "host:port",
	 * without its line end.  False: not an entry; *why says what is wrong,
	 * or is NULL for a blank line.  A host name that is no dotted address
	 * is refused here: the sensor asks no name server.
	 */
	bool		 (*peer_entry)(struct endpoint *, const char *line,
			    const char **why);

	/*
	 * Makes the tables that all dialogs share, which may read system files:
	 * call it before the process confines itself (open would do it too).
	 * NULL, or what is missing on this system and what that costs.
	 */
	const char	*(*prepare)(void);
};

extern const struct overlay *const overlays[];	/* ends with NULL */
/* NULL if there is none of that name. */
const struct overlay *overlay_find(const char *name);

#endif
