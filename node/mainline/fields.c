/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/mainline/fields.h"

#include "node/mainline/limits.h"

static const struct field key_fields[] = {
	[MAINLINE_KEY_VERSION] = { .name = "version", .column = "peer_version",
	    .about = "v of the node that delivered it, four bytes as a number: one client (6c74…) exchanges the bytes of ports",
	    .max = UINT32_MAX, .level = LEVEL_DELIVERY },
};
static const struct field neighbour_fields[] = {
	[MAINLINE_NEIGHBOUR_ID] = { .name = "id", .column = "node_id", .about = "id that it is said to have",
	    .type = FIELD_BYTES, .level = LEVEL_CLAIM, .role = ROLE_NODE_ID },
	[MAINLINE_NEIGHBOUR_TARGET_BITS] = { .name = "target_bits", .unit = "bits",
	    .about = "first bits that its id shares with what was asked for", .max = NODE_ID_BITS,
	    .level = LEVEL_CLAIM, .role = ROLE_TARGET_BITS },
	[MAINLINE_NEIGHBOUR_FITS] = { .name = "id_fits", .about = "its id fits its address (BEP 42)",
	    .type = FIELD_FLAG, .level = LEVEL_CLAIM, .quiet = true, .role = ROLE_ID_FITS },
};
static const struct field contact_fields[] = {
	[MAINLINE_CONTACT_ID] = { .name = "id", .column = "node_id", .about = "id that it answered with",
	    .type = FIELD_BYTES, .level = LEVEL_CONTACT, .role = ROLE_NODE_ID },
	[MAINLINE_CONTACT_FITS] = { .name = "id_fits", .about = "its id fits its address (BEP 42)",
	    .type = FIELD_FLAG, .level = LEVEL_CONTACT, .role = ROLE_ID_FITS },
	[MAINLINE_CONTACT_VERSION] = { .name = "version", .about = "v, two letters of the client and its version, as a number",
	    .max = UINT32_MAX, .level = LEVEL_CONTACT, .role = ROLE_CLIENT },
	[MAINLINE_CONTACT_RTT] = { .name = "rtt", .unit = "ms", .about = "from the first question to its answer",
	    .max = INT32_MAX, .level = LEVEL_CONTACT },
	[MAINLINE_CONTACT_SECOND_ID] = { .name = "second_id", .about = "another id, from a later answer of the visit",
	    .type = FIELD_BYTES, .level = LEVEL_CONTACT, .quiet = true, .role = ROLE_SECOND_ID },
	[MAINLINE_CONTACT_INDEXES] = { .name = "indexes", .about = "it gave a sample of what it stores when asked (BEP 51)",
	    .type = FIELD_FLAG, .level = LEVEL_CONTACT },
	[MAINLINE_CONTACT_NUM] = { .name = "num", .unit = "hashes", .about = "hashes that it says it stores",
	    .max = INT64_MAX, .level = LEVEL_CONTACT, .role = ROLE_STORED },
	[MAINLINE_CONTACT_INTERVAL] = { .name = "interval", .unit = "s", .about = "until its sample changes",
	    .max = LIMIT_INTERVAL, .level = LEVEL_CONTACT, .role = ROLE_REFRESH },
	[MAINLINE_CONTACT_SAMPLES] = { .name = "samples", .about = "info hashes of its sample, 20 bytes each: whose holders it knows, no holder itself",
	    .type = FIELD_BYTES, .level = LEVEL_CONTACT, .quiet = true, .role = ROLE_SAMPLES },
	[MAINLINE_CONTACT_ERROR] = { .name = "command", .about = "code of the error that it answered with",
	    .max = INT32_MAX, .level = LEVEL_CONTACT, .quiet = true },
};

#define TABLE(a)	{ a, sizeof(a) / sizeof((a)[0]) }

const struct overlay_fields mainline_fields = {
	.overlay = "mainline",
	.content_length = NODE_ID,
	.judged = 0,	/* holders are never visited, and half of all contacts are dead: who names them is judged */
	.of = {
		[OBS_KEY] = TABLE(key_fields),
		[OBS_NEIGHBOUR] = TABLE(neighbour_fields),
		[OBS_CONTACT] = TABLE(contact_fields),
	},
};
_Static_assert(sizeof(key_fields) / sizeof(key_fields[0]) == MAINLINE_KEY_FIELDS &&
    sizeof(neighbour_fields) / sizeof(neighbour_fields[0]) == MAINLINE_NEIGHBOUR_FIELDS &&
    sizeof(contact_fields) / sizeof(contact_fields[0]) == MAINLINE_CONTACT_FIELDS, "a row for each");
