/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segments of one direction that wait for bytes before them, in the order of their
 * sequence numbers, without overlap: of bytes that come twice the first copy stays.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_SEGMENTS_H
#define KANSOKU_CRAWLER_CAPTURE_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment {
	struct segment	*next;
	uint32_t	 seq;
	uint32_t	 n, len;	/* bytes that are here, and that were sent */
	uint8_t		 bytes[];
};

struct segments {
	struct segment	*first, *last;
	size_t		 bytes;		/* of memory */
	unsigned	 count;
};

/* Sequence numbers wrap: how far b is behind a, negative if before it. */
static inline int32_t
sequence_distance(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a);
}

/* Keeps what of these bytes is not there yet.  False without memory. */
bool	 segments_add(struct segments *, uint32_t seq, const uint8_t *, uint32_t n, uint32_t len);
/* Takes the first one out, to be freed; there is one. */
struct segment *segments_take(struct segments *);
void	 segments_clear(struct segments *);

#endif
