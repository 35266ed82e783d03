/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/format/jsonl_impl.h"

#define FIELD(name, kind, member, flags) { ",\"" name "\":", sizeof(",\"" name "\":") - 1, \
	kind, flags, offsetof(struct observation, member) }
#define COMMON(t) FIELD("type", K_TYPE, type, MUST), FIELD("round", K_ROUND, round, MUST), \
	FIELD(t, K_TIME, t_ms, MUST)
#define END	{ NULL, 0, 0, 0, 0 }

static const struct field round_fields[] = {
	FIELD("type", K_TYPE, type, MUST),
	FIELD("round", K_ROUND, round, MUST),
	FIELD("sensor", K_TEXT, run.sensor, 0),
	FIELD("overlay", K_TEXT, run.overlay, 0),
	FIELD("start", K_TIME, run.start_ms, MUST),
	FIELD("end", K_TIME, run.end_ms, 0),
	FIELD("tried", K_INT64, run.tried, 0),
	FIELD("reached", K_INT64, run.reached, 0),
	END
};
static const struct field key_fields[] = {
	COMMON("t"),
	FIELD("peer", K_ENDPOINT, peer, MUST),
	FIELD("source", K_ENDPOINT, key.source, MUST),
	FIELD("hash", K_HASH, key.hash, MUST),
	FIELD("size", K_INT64, key.size, 0),
	FIELD("name", K_TEXT, key.name, 0),
	FIELD("trip", K_TEXT, key.trip, 0),
	FIELD("ttl", K_INT32, key.ttl, 0),
	FIELD("blocks", K_INT64, key.blocks, 0),
	FIELD("mtime", K_INT64, key.mtime, 0),
	FIELD("ignore", K_BOOL, key.ignore, 0),
	FIELD("version", K_INT16, key.version, 0),
	FIELD("bbs", K_ENDPOINT, key.bbs, 0),
	FIELD("downstream", K_BOOL, key.downstream, 0),
	FIELD("bbs_trip", K_TEXT, key.bbs_trip, QUIET),
	FIELD("raw", K_HEX, key.raw, QUIET),
	END
};
static const struct field neighbour_fields[] = {
	COMMON("t"),
	FIELD("peer", K_ENDPOINT, peer, MUST),
	FIELD("node", K_ENDPOINT, neighbour.node, MUST),
	FIELD("speed", K_INT32, neighbour.speed, 0),
	FIELD("bbs", K_BOOL, neighbour.bbs, 0),
	FIELD("words", K_WORDS, neighbour.words, 0),
	END
};
static const struct field query_fields[] = {
	COMMON("t"),
	FIELD("peer", K_ENDPOINT, peer, MUST),
	FIELD("via", K_VIA, query, 0),
	FIELD("words", K_TEXT, query.words, 0),
	FIELD("id", K_INT64, query.id, 0),
	FIELD("trip", K_TEXT, query.trip, QUIET),
	END
};
static const struct field contact_fields[] = {
	COMMON("t"),
	FIELD("node", K_ENDPOINT, contact.node, MUST),
	FIELD("direction", K_DIRECTION, contact.inbound, MUST),
	FIELD("outcome", K_OUTCOME, contact.outcome, MUST),
	FIELD("version", K_INT32, contact.version, 0),
	FIELD("speed", K_INT32, contact.speed, 0),
	FIELD("port0", K_BOOL, contact.port0, 0),
	FIELD("command", K_INT16, contact.command, QUIET),
	END
};
const struct field *const jsonl_fields[] = {
	[OBS_ROUND] = round_fields,
	[OBS_KEY] = key_fields,
	[OBS_NEIGHBOUR] = neighbour_fields,
	[OBS_QUERY] = query_fields,
	[OBS_CONTACT] = contact_fields,
};
_Static_assert(sizeof(jsonl_fields) / sizeof(jsonl_fields[0]) == OBS_NTYPE, "fields for each type");

const char *const jsonl_direction[2] = { "out", "in" };
