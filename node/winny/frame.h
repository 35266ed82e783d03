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
/* Is the stream between two blocks, with its preamble complete? */
bool	frame_at_rest(const struct frame *);
const char *frame_result_text(enum frame_result);

#endif
