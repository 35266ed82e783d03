/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of a captured direction, for people: the decoder of node/overlay.h.  The network is
 * that of the first magic. */
#ifndef KANSOKU_NODE_BITCOIN_DECODER_H
#define KANSOKU_NODE_BITCOIN_DECODER_H

#include "node/overlay.h"

/* Text of the wire as UTF-8: bytes that are not printable ASCII become U+10FF00 + byte.  Returns
 * how many of out it took; 4 for each byte are enough. */
size_t	btc_text(uint8_t *out, struct text);

struct decoder *btc_decoder_open(const struct decoder_sink *, bool keep_going);
bool	btc_decoder_input(struct decoder *, const uint8_t *, size_t);
void	btc_decoder_close(struct decoder *, bool at_end);

#endif
