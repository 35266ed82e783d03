/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams of the DHT as text for people and programs: each input is one, whole. */
#ifndef KANSOKU_NODE_MAINLINE_DECODER_H
#define KANSOKU_NODE_MAINLINE_DECODER_H

#include "node/overlay.h"

struct decoder	*mainline_decoder_open(const struct decoder_sink *, bool keep_going);
bool		 mainline_decoder_input(struct decoder *, const uint8_t *, size_t);
void		 mainline_decoder_close(struct decoder *, bool at_end);

#endif
