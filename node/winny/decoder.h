/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One captured direction of a Winny link, block by block (protocol 2) and field by
 * field (3).
 *
 * Nothing is judged but what would make a genuine node hang up; a key that a
 * node would drop is told with the reason.  It is no dialog: it sees one side.
 */
#ifndef KANSOKU_NODE_WINNY_DECODER_H
#define KANSOKU_NODE_WINNY_DECODER_H

#include "node/overlay.h"

/* The functions that overlay.h wants of a decoder. */
struct decoder	*winny_decoder_open(const struct decoder_sink *, bool keep_going);
bool		 winny_decoder_input(struct decoder *, const uint8_t *, size_t);
void		 winny_decoder_close(struct decoder *, bool at_end);

#endif
