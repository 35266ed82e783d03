/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/format/jsonl_impl.h"

#define MEMBER(name, kind, member, flags) { ",\"" name "\":", sizeof(",\"" name "\":") - 1, \
	kind, flags, offsetof(struct observation, member) }
#define COMMON(t) MEMBER("type", K_TYPE, type, MUST), MEMBER("round", K_ROUND, round, MUST), \
	MEMBER(t, K_TIME, t_ms, MUST)
#define OVERLAY	{ "", 0, K_FIELDS, 0, 0 }
#define END	{ NULL, 0, 0, 0, 0 }

static const struct member round_members[] = {
	MEMBER("type", K_TYPE, type, MUST),
	MEMBER("round", K_ROUND, round, MUST),
	MEMBER("sensor", K_TEXT, run.sensor, 0),
	MEMBER("overlay", K_TEXT, run.overlay, 0),
	MEMBER("start", K_TIME, run.start_ms, MUST),
	MEMBER("end", K_TIME, run.end_ms, 0),
	MEMBER("tried", K_INT64, run.tried, 0),
	MEMBER("reached", K_INT64, run.reached, 0),
	MEMBER("cut", K_CUT, run.cut, QUIET),
	MEMBER("not_dialled", K_INT64, run.not_dialled, QUIET),
	MEMBER("not_stored", K_INT64, run.not_stored, QUIET),
	END
};
static const struct member key_members[] = {
	COMMON("t"),
	MEMBER("peer", K_ENDPOINT, peer, MUST),
	MEMBER("to", K_ENDPOINT, to, QUIET),
	MEMBER("source", K_ENDPOINT, key.source, MUST),
	MEMBER("hash", K_CONTENT, key.content, MUST),
	OVERLAY,
	MEMBER("raw", K_HEX, key.raw, QUIET),
	END
};
static const struct member neighbour_members[] = {
	COMMON("t"),
	MEMBER("peer", K_ENDPOINT, peer, MUST),
	MEMBER("to", K_ENDPOINT, to, QUIET),
	MEMBER("node", K_ENDPOINT, neighbour.node, MUST),
	OVERLAY,
	END
};
static const struct member query_members[] = {
	COMMON("t"),
	MEMBER("peer", K_ENDPOINT, peer, MUST),
	MEMBER("to", K_ENDPOINT, to, QUIET),
	MEMBER("via", K_VIA, query, 0),
	OVERLAY,
	END
};
static const struct member contact_members[] = {
	COMMON("t"),
	MEMBER("node", K_ENDPOINT, contact.node, MUST),
	MEMBER("direction", K_DIRECTION, contact.inbound, MUST),
	MEMBER("outcome", K_OUTCOME, contact.outcome, MUST),
	OVERLAY,
	END
};
const struct member *const jsonl_members[] = {
	[OBS_ROUND] = round_members,
	[OBS_KEY] = key_members,
	[OBS_NEIGHBOUR] = neighbour_members,
	[OBS_QUERY] = query_members,
	[OBS_CONTACT] = contact_members,
};
_Static_assert(sizeof(jsonl_members) / sizeof(jsonl_members[0]) == OBS_NTYPE, "members for each type");

const char *const jsonl_direction[2] = { "out", "in" };
