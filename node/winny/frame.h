/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cuts one received direction into blocks (protocol 1.1, 2): preamble, cipher, framing.
 *
 * Bytes come in chunks of any size.  They are decrypted block by block and
 * never further, because the block in hand may change the key.  Memory is
 * taken as a block's bytes arrive, never on the word of its length field, and
 * given back when no block is under way: an idle link holds none.
 */
#ifndef KANSOKU_NODE_WINNY_FRAME_H
#define KANSOKU_NODE_WINNY_FRAME_H

#include "node/winny/link_cipher.h"
#include "node/wire.h"

struct frame {
	struct link_cipher	 link;
	uint8_t		 head[PREAMBLE_LEN];	/* preamble, then length fields */
	uint8_t		 head_has;
	uint8_t		 started;	/* the preamble is complete */
	uint8_t		 in_body;	/* the length field is complete */
	uint8_t		 holed;		/* of the block under way a part is missing */
	uint8_t		 adrift;	/* nobody knows where the next block begins */
	uint32_t	 len;		/* of the block under way */
	uint32_t	 has;		/* bytes of it that arrived */
	uint32_t	 room;		/* bytes that body can hold */
	uint8_t		*body;
	uint64_t	 at;		/* stream offset of the next byte */
};

/* A whole block, decrypted; borrowed until the next call on the frame. */
struct block {
	uint64_t	 offset;	/* of its length field, in the stream */
	uint32_t	 len;		/* as sent: code byte and payload */
	uint8_t		 code;
	struct text	 payload;	/* len - 1 bytes */
};

enum frame_result {
	FRAME_MORE,		/* every byte was taken; no whole block yet */
	FRAME_BLOCK,		/* a block; call again for what is left */
	FRAME_EMPTY,		/* a block of length 0, to be ignored; call again */
	FRAME_HOLED,		/* a block of which a part is missing: offset and len alone; call again */
	FRAME_TOO_LONG,		/* beyond what a node accepts, or negative */
	FRAME_NO_MEMORY,
	FRAME_NRESULT
};

void	frame_init(struct frame *);
void	frame_clear(struct frame *);	/* gives back its memory; may be done twice */

/*
 * Takes bytes from *bytes, moving *bytes and *n past those it used.  After
 * FRAME_TOO_LONG and FRAME_NO_MEMORY the frame must not be used again; the
 * block then has its offset and its len as sent.
 */
enum frame_result frame_next(struct frame *, const uint8_t **bytes, size_t *n,
    struct block *);
/* The block just given was an accepted command 0: what follows has the new key. */
void	frame_rekey(struct frame *);

/* ---- for who reads a capture, which may have holes ---- */

/*
 * The next n bytes of the stream are missing, behind the preamble.  The cipher's
 * place is known all the same.  A hole that ends inside a block's body or at its
 * end costs the block; any other sets the frame adrift.
 */
void	frame_gap(struct frame *, uint64_t n);
/* Decrypts n bytes of a stream that is adrift; out may be in. */
void	frame_drift(struct frame *, uint8_t *out, const uint8_t *in, size_t n);
/*
 * It is adrift no more: the n bytes decrypted last begin a block and are not all of
 * it.  False without memory, or if no block begins so.
 */
bool	frame_resume(struct frame *, const uint8_t *plain, size_t n);

/* Is the stream between two blocks, with its preamble complete? */
bool	frame_at_rest(const struct frame *);
const char *frame_result_text(enum frame_result);

#endif
