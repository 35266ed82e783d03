/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes what a simulated node says and the sensor never does: other nodes, keys,
 * searches, and the close family.  Only kansoku-lab is linked with this.
 *
 * The seven blocks of node/winny/outgoing.h are a node's too and are not repeated.
 * Blocks are framed and not encrypted: apply the link afterwards.  A block
 * that does not fit its writer sets the writer's bad flag.
 */
#ifndef KANSOKU_TESTS_LAB_ANSWER_H
#define KANSOKU_TESTS_LAB_ANSWER_H

#include "node/winny/key.h"
#include "node/winny/message.h"

void	answer_node(struct wire_out *, const struct other_node *);	/* 4 */
void	answer_bbs_port(struct wire_out *, int32_t port);		/* 5 */
void	answer_conditional(struct wire_out *, const struct conditional *); /* 12 */
/* A block without payload: 16, 32 to 37, or anything hostile. */
void	answer_bare(struct wire_out *, uint8_t code);
/* Any code, any payload. */
void	answer_block(struct wire_out *, uint8_t code, struct text payload);

/*
 * Command 13, key by key: begin, any number of keys, end.  The counts and the
 * length field are filled in at the end; query.nkeys and query.keys are not
 * read.  via is nvia endpoints.
 */
struct answer_query {
	struct wire_out	*w;
	uint8_t		*block;		/* its length field */
	uint8_t		*count;		/* its number of keys */
	uint16_t	 n;
};

void	answer_query_begin(struct answer_query *, struct wire_out *, const struct query *,
    const struct endpoint *via);
/* The key as it stands: name already encrypted, name_sum its plain sum. */
void	answer_query_key(struct answer_query *, const struct key *);
void	answer_query_end(struct answer_query *);

/* Encrypts a plain name into out and sets name and name_sum of the key. */
void	answer_name(struct key *, uint8_t out[KEY_NAME_MAX], struct text plain);

#endif
