/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds the next block in a decrypted stream after a hole that took a length field.
 *
 * A place is believed when three blocks follow one another from it, each of a legal
 * length and with fields that can be read, or when blocks from it end exactly where
 * the stream ends.  Three times four bytes of length, three codes: by accident once
 * in 2^54 places.  It holds what it was given until then, bounded by four blocks.
 */
#ifndef KANSOKU_NODE_WINNY_RESYNC_H
#define KANSOKU_NODE_WINNY_RESYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct resync {
	uint8_t	*p;
	size_t	 n, room;
	size_t	 at;		/* no block begins before */
	size_t	 looked;	/* bytes that there were when it last looked */
};

/* Room for n more bytes, to be filled at once; NULL without memory. */
uint8_t	*resync_add(struct resync *, size_t n);
/* More bytes will come; a hole comes next; the stream ends here. */
enum resync_when { RESYNC_MORE, RESYNC_HOLE, RESYNC_END };
/* True: a block begins at `at`. */
bool	 resync_find(struct resync *, enum resync_when);
void	 resync_clear(struct resync *);	/* gives back its memory; may be done twice */

#endif
