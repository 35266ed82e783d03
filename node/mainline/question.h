/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All that the sensor can say on the DHT: three questions, each marked read-only
 * (BEP 43), so that nobody need list us.  There is no ping, no announcement, no
 * vote, no item, and no answer to anybody.
 */
#ifndef KANSOKU_NODE_MAINLINE_QUESTION_H
#define KANSOKU_NODE_MAINLINE_QUESTION_H

#include "node/mainline/limits.h"
#include "node/wire.h"

enum question { ASK_NODES, ASK_SAMPLE, ASK_PEERS, ASK_N };
extern const char *const question_name[ASK_N];

/* Its bytes into out, of LIMIT_QUERY bytes at least; t is what the answer must bring back. */
size_t	 question_write(uint8_t *out, enum question, const uint8_t self[NODE_ID],
	    struct text t, const uint8_t target[NODE_ID]);

#endif
