/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Winny's records hold beside what every overlay's do: the table that the
 * store, the formats and the pages read, and the positions in it.
 */
#ifndef KANSOKU_NODE_WINNY_FIELDS_H
#define KANSOKU_NODE_WINNY_FIELDS_H

#include "observation.h"

/* Positions in observation.value, by type of record. */
enum winny_key_field {
	WINNY_KEY_SIZE, WINNY_KEY_NAME, WINNY_KEY_TRIP, WINNY_KEY_TTL, WINNY_KEY_BLOCKS, WINNY_KEY_MTIME, WINNY_KEY_IGNORE, WINNY_KEY_VERSION,
	WINNY_KEY_BBS, WINNY_KEY_DOWNSTREAM, WINNY_KEY_BBS_TRIP, WINNY_KEY_FIELDS
};
enum winny_neighbour_field {
	WINNY_NEIGHBOUR_SPEED, WINNY_NEIGHBOUR_BBS, WINNY_NEIGHBOUR_WORDS, WINNY_NEIGHBOUR_FIELDS = WINNY_NEIGHBOUR_WORDS + 3
};
enum winny_query_field { WINNY_QUERY_WORDS, WINNY_QUERY_ID, WINNY_QUERY_TRIP, WINNY_QUERY_FIELDS };
enum winny_contact_field {
	WINNY_CONTACT_VERSION, WINNY_CONTACT_SPEED, WINNY_CONTACT_PORT0, WINNY_CONTACT_COMMAND, WINNY_CONTACT_ANNOUNCED,
	WINNY_CONTACT_FIELDS
};

extern const struct overlay_fields winny_fields;

#endif
