/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Says again what was decoded, through the encoder of whoever may say it. */
#ifndef KANSOKU_TESTS_ENCODE_H
#define KANSOKU_TESTS_ENCODE_H

#include "node/winny/key.h"
#include "node/winny/message.h"
#include "tests/lab/answer.h"
#include "node/winny/outgoing.h"

static inline void
encode_query(struct wire_out *w, const struct query *q)
{
	struct wire via = q->via, keys = q->keys;
	struct endpoint list[256];
	struct answer_query a;
	struct key k;

	for (size_t i = 0; query_via(&list[i], &via); i++)
		;
	answer_query_begin(&a, w, q, list);
	while (key_next(&k, &keys))
		answer_query_key(&a, &k);
	answer_query_end(&a);
}

/* Commands that nobody of ours says are written bare. */
static inline void
encode(struct wire_out *w, const struct message *m)
{
	switch (m->code) {
	case CMD_FILLER:
		outgoing_filler(w);
		break;
	case CMD_HEADER:
		outgoing_header(w, m->header.version, header_text(&m->header));
		break;
	case CMD_SPEED:
		outgoing_speed(w, m->speed);
		break;
	case CMD_LINK_TYPE:
		outgoing_link_type(w, &m->link_type);
		break;
	case CMD_SELF:
		outgoing_self(w, &m->self);
		break;
	case CMD_REQUEST:
		outgoing_request(w);
		break;
	case CMD_CLOSE:
		outgoing_farewell(w);
		break;
	case CMD_NODE:
		answer_node(w, &m->node);
		break;
	case CMD_BBS_PORT:
		answer_bbs_port(w, m->bbs_port);
		break;
	case CMD_CONDITIONAL:
		answer_conditional(w, &m->conditional);
		break;
	case CMD_QUERY:
		encode_query(w, &m->query);
		break;
	default:
		answer_bare(w, m->code);
		break;
	}
}

#endif
