/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TCP streams of a capture: finds those that an overlay's driver recognises by their
 * first bytes, and hands these to it in order, once, with the holes named.
 *
 * Of a stream that is not recognised nothing is kept but its key and its place
 * (96 bytes), and after the first bytes of both directions not even these.  Table,
 * waiting segments, links and what their taps hold are bounded (bounds.h); what is
 * evicted is counted.  The only clock is the capture's, and it may run backwards: the
 * latest time that was seen is now.  It answers nobody: what the kernel of a host
 * would do about a segment is not asked.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_STREAMS_H
#define KANSOKU_CRAWLER_CAPTURE_STREAMS_H

#include "crawler/capture/layers.h"
#include "node/overlay.h"

/* A TCP connection of which at least one direction was recognised. */
struct link {
	const struct overlay *overlay;
	struct endpoint	end[2];		/* if opened, the client and the server */
	bool		opened;		/* its beginning was seen */
	int64_t		first_ms, last_ms;	/* of its packets */
	struct tap	*tap[2];	/* of what that end sent; NULL: not recognised */
	uint64_t	 user;		/* the sink's; 0 to begin with */
	uint64_t	 bytes[2];	/* of the directions that were not recognised, when it is closed */
};

/* side: 0 or 1, the end that sent it.  The link lives until closed returns. */
struct stream_sink {
	void	(*found)(void *arg, struct link *, int side, const struct observation *, bool in_passing);
	void	(*closed)(void *arg, struct link *);
	/* A direction could not be recognised, for its first bytes are missing; it may have been any. */
	void	(*blind)(void *arg, struct endpoint from, struct endpoint to, int64_t first_ms,
		    uint64_t bytes);
	void	*arg;
};

struct stream_counts {
	uint64_t	connections;	/* that had a SYN or bytes */
	uint64_t	unopened;	/* of these that are over: no SYN was seen */
	uint64_t	evicted;	/* forgotten before their time: a table was full */
	uint64_t	bytes, lost;	/* of all streams: seen; missing, as an estimate by holes */
};

struct streams;

/* drivers: ends with NULL, borrowed.  most: streams at once.  NULL without memory. */
struct streams *streams_new(const struct overlay *const *drivers, size_t most,
	    const uint8_t key[16], const struct stream_sink *);
/* Streams with unlike tags (802.1Q) are apart. */
void	 streams_tell_tags(struct streams *);
/* A TCP segment; false if its header is not all there or contradicts itself. */
bool	 streams_take(struct streams *, const struct ip_packet *, int64_t t_ms);
/* Time passes without a packet. */
void	 streams_tick(struct streams *, int64_t now_ms);
/* The capture ends: all that wait are given what there is, all links are closed. */
void	 streams_end(struct streams *);
void	 streams_free(struct streams *);
const struct stream_counts *streams_counts(const struct streams *);
size_t	 streams_bytes(const struct streams *);		/* of memory that is in use */

#endif
