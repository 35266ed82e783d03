/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One block: a code, then its payload.  What is refused leaves nothing; what
 * is decoded, encoded again and decoded again is the same, and as long as the
 * fields that were read.
 */
#include <string.h>

#include "tests/unit/node/winny/encode.h"

#include "node/winny/limits.h"
#include "tests/fuzz/fuzz.h"

#define ROOM	(LIMIT_BLOCK + 8)

/* Is there an encoder, and does it write these fields whole? */
static bool
can_encode(const struct message *m)
{
	switch (m->code) {
	case CMD_HEADER:
	case CMD_SPEED:
	case CMD_LINK_TYPE:
	case CMD_NODE:
	case CMD_BBS_PORT:
	case CMD_CONDITIONAL:
	case CMD_QUERY:
	case CMD_REQUEST:
		return true;
	case CMD_SELF:
		for (size_t i = 0; i < 3; i++)
			if (m->self.words[i].len > LIMIT_CLUSTER_WORD)
				return false;
		return true;
	default:
		return false;
	}
}

/* Bytes that the fields of the message took of its payload. */
static size_t
bytes_used(const struct message *m, const uint8_t *payload)
{
	switch (m->code) {
	case CMD_HEADER:
		return m->header.plain_len;
	case CMD_SPEED:
	case CMD_LINK_TYPE:
	case CMD_BBS_PORT:
		return 4;
	case CMD_SELF:
		return 12u + payload[8] + payload[9] + payload[10] + payload[11];
	case CMD_NODE:
		return 20u + payload[17] + payload[18] + payload[19];
	case CMD_CONDITIONAL:
		return 276;
	case CMD_QUERY:
		return (size_t)(m->query.keys.end - payload);
	default:
		return 0;
	}
}

/* Every key is inside the block, and says the same length in two ways. */
static void
walk_keys(const struct query *q)
{
	uint8_t name[KEY_NAME_MAX];
	struct wire keys = q->keys;
	size_t n = 0, bytes = 0;
	struct key k;

	for (; key_next(&k, &keys); n++) {
		MUST(k.raw.len == KEY_FIXED + k.name.len + k.signature.len);
		MUST(k.signature.len <= KEY_TRIP && k.trip.len <= KEY_TRIP);
		bytes += k.raw.len;
		if (key_open(&k, name) == KEY_OK)
			MUST(name_sum(name, k.name.len) == k.name_sum);
	}
	MUST(!keys.bad && n == q->nkeys);
	MUST(bytes == (size_t)(q->keys.end - q->keys.p));
}

static void
round_trip(const struct message *m, const uint8_t *payload)
{
	static uint8_t once[ROOM], twice[ROOM];
	struct wire_out w = wire_out_of(once, sizeof(once));
	struct wire_out w2 = wire_out_of(twice, sizeof(twice));
	struct message again;
	size_t len;

	encode(&w, m);
	MUST(!w.bad);
	len = (size_t)(w.p - once);
	MUST(len == 5 + bytes_used(m, payload));
	MUST(message_decode(&again, once[4], (struct text){ once + 5, len - 5 }) == MESSAGE_OK);
	encode(&w2, &again);
	MUST((size_t)(w2.p - twice) == len);
	MUST(memcmp(once, twice, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct message zero;
	struct message m;

	if (n < 1 || n > LIMIT_BLOCK)
		return 0;
	if (message_decode(&m, data[0], (struct text){ data + 1, n - 1 }) != MESSAGE_OK) {
		m.code = 0;
		MUST(memcmp(&m, &zero, sizeof(m)) == 0);
		return 0;
	}
	MUST(m.code == data[0] && m.command == command_find(data[0]));
	if (m.code == CMD_QUERY)
		walk_keys(&m.query);
	if (can_encode(&m))
		round_trip(&m, data + 1);
	return 0;
}
