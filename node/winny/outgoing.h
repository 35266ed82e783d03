/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything that the sensor can say (protocol 3.12).
 *
 * This is the only module that writes to peers, and these seven blocks are all
 * that it can write: filler (97), header (0), speed (1), link type (2), self
 * (3), spread request (10), farewell (31).  There is no call that takes a
 * command code.  What only a simulated node says is in tests/lab/answer.h,
 * which the sensor is not linked with.
 */
#ifndef KANSOKU_NODE_WINNY_OUTGOING_H
#define KANSOKU_NODE_WINNY_OUTGOING_H

#include "node/winny/link_cipher.h"
#include "node/winny/message.h"

#define OUTGOING_VERSION	12710
#define OUTGOING_TEXT		"Winny Ver2.0b1  "

/* ---- blocks, framed and not encrypted -------------------------------------- */

void	outgoing_filler(struct wire_out *);
void	outgoing_header(struct wire_out *, int32_t version, struct text);
void	outgoing_speed(struct wire_out *, float kb_per_s);
void	outgoing_link_type(struct wire_out *, const struct link_type *);
/* Words and name are cut to what a node sends: 100 bytes each, 255 the name. */
void	outgoing_self(struct wire_out *, const struct self_info *);
void	outgoing_request(struct wire_out *);
void	outgoing_farewell(struct wire_out *);

/* ---- one direction of a link ------------------------------------------------ */

struct outgoing {
	struct link_cipher	link;
	void		(*send)(void *arg, const uint8_t *bytes, size_t len);
	void		*arg;
};

struct introduction {
	float			speed;
	struct link_type	type;
	struct self_info	self;
};

void	outgoing_init(struct outgoing *, void (*send)(void *, const uint8_t *, size_t), void *arg);
/*
 * Each block is a send of its own, as a genuine node does it: preamble and filler,
 * which nodes insist on getting at once, header; with an introduction also that, else
 * outgoing_introduce must follow.
 */
void	outgoing_greet(struct outgoing *, const uint8_t preamble[PREAMBLE_LEN],
    const struct introduction *);
void	outgoing_introduce(struct outgoing *, const struct introduction *);
void	outgoing_ask(struct outgoing *);
void	outgoing_leave(struct outgoing *);

#endif
