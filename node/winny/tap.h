/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One direction of a Winny link that others made, as captured: it may have holes.
 *
 * Known first bytes tell it (protocol 2): whoever begins as a genuine node
 * does is read on.  A hole costs the blocks that it touches, for the cipher's place
 * follows from the stream's (protocol 1.1); behind one that took a length field the
 * next block is searched for (resync.h).  The seed is never guessed.
 */
#ifndef KANSOKU_NODE_WINNY_TAP_H
#define KANSOKU_NODE_WINNY_TAP_H

#include "node/overlay.h"

/* As overlay.h has them. */
enum recognised	 winny_recognise(const uint8_t *first, size_t len);
struct tap	*winny_tap_open(const struct tap_config *, const struct tap_sink *);
void		 winny_tap_input(struct tap *, const uint8_t *, size_t);
void		 winny_tap_gap(struct tap *, uint64_t bytes);
void		 winny_tap_state(const struct tap *, struct tap_state *);
size_t		 winny_tap_bytes(const struct tap *);
void		 winny_tap_give_up(struct tap *);
void		 winny_tap_end(struct tap *);
void		 winny_tap_close(struct tap *);

#endif
