/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/winny/fields.h"

#include "node/winny/unrelayed.csv.h"

static const struct field key_fields[] = {
	[WINNY_KEY_SIZE] = { .name = "size", .unit = "bytes", .about = "size of the file",
	    .max = INT64_MAX, .level = LEVEL_CONTENT, .role = ROLE_SIZE },
	[WINNY_KEY_NAME] = { .name = "name", .about = "name of the file", .type = FIELD_TEXT,
	    .level = LEVEL_CONTENT, .privacy = PRIVACY_NAME, .role = ROLE_NAME },
	[WINNY_KEY_TRIP] = { .name = "trip", .about = "signature of who published the file",
	    .type = FIELD_TEXT, .level = LEVEL_CONTENT, .privacy = PRIVACY_NAME },
	[WINNY_KEY_TTL] = { .name = "ttl", .unit = "s", .about = "lifetime that the key has left",
	    .max = INT32_MAX, .level = LEVEL_SIGHTING, .role = ROLE_LIFETIME },
	[WINNY_KEY_BLOCKS] = { .name = "blocks", .unit = "blocks", .about = "amount uploaded, as claimed",
	    .max = INT64_MAX, .level = LEVEL_SIGHTING },
	[WINNY_KEY_MTIME] = { .name = "mtime", .unit = "s", .about = "last change of the file, Unix time",
	    .max = INT64_MAX, .level = LEVEL_ADVERT },
	[WINNY_KEY_IGNORE] = { .name = "ignore", .about = "the holder's warning mark", .type = FIELD_FLAG,
	    .level = LEVEL_ADVERT },
	[WINNY_KEY_VERSION] = { .name = "version", .about = "version of the key", .max = INT16_MAX,
	    .level = LEVEL_ADVERT },
	[WINNY_KEY_BBS] = { .name = "bbs", .about = "owner of the thread that the file belongs to",
	    .type = FIELD_ENDPOINT, .level = LEVEL_ADVERT },
	[WINNY_KEY_DOWNSTREAM] = { .name = "downstream", .about = "came from an upper node",
	    .type = FIELD_FLAG, .level = LEVEL_DELIVERY },
	[WINNY_KEY_BBS_TRIP] = { .name = "bbs_trip", .about = "signature of the thread", .type = FIELD_TEXT,
	    .level = LEVEL_ADVERT, .privacy = PRIVACY_NAME, .quiet = true },
};
static const struct field neighbour_fields[] = {
	[WINNY_NEIGHBOUR_SPEED] = { .name = "speed", .unit = "KB/s", .about = "speed of its line, as claimed",
	    .max = INT32_MAX, .level = LEVEL_CLAIM },
	[WINNY_NEIGHBOUR_BBS] = { .name = "bbs", .about = "it is a node of the bulletin board",
	    .type = FIELD_FLAG, .level = LEVEL_CLAIM },
#define WORD(n)	[WINNY_NEIGHBOUR_WORDS + (n) - 1] = { .name = "words", .column = "word" #n, \
	.about = "a word that it gathers by", .type = FIELD_TEXT, .level = LEVEL_CLAIM, \
	.privacy = PRIVACY_NAME }
	WORD(1), WORD(2), WORD(3),
};
static const struct field query_fields[] = {
	[WINNY_QUERY_WORDS] = { .name = "words", .about = "what is searched for", .type = FIELD_TEXT,
	    .level = LEVEL_QUERY, .privacy = PRIVACY_NAME },
	[WINNY_QUERY_ID] = { .name = "id", .column = "query_id", .about = "the originator's own number of it",
	    .min = INT32_MIN, .max = UINT32_MAX, .level = LEVEL_QUERY },
	[WINNY_QUERY_TRIP] = { .name = "trip", .about = "signature that is searched for", .type = FIELD_TEXT,
	    .level = LEVEL_QUERY, .privacy = PRIVACY_NAME, .quiet = true },
};
static const struct field contact_fields[] = {
	[WINNY_CONTACT_VERSION] = { .name = "version", .about = "protocol version that it announced",
	    .min = INT32_MIN, .max = INT32_MAX, .level = LEVEL_CONTACT },
	[WINNY_CONTACT_SPEED] = { .name = "speed", .unit = "KB/s", .about = "speed that it announced",
	    .min = INT32_MIN, .max = INT32_MAX, .level = LEVEL_CONTACT },
	[WINNY_CONTACT_PORT0] = { .name = "port0", .about = "it says that nobody can dial it",
	    .type = FIELD_FLAG, .level = LEVEL_CONTACT, .role = ROLE_UNDIALABLE },
	[WINNY_CONTACT_COMMAND] = { .name = "command", .about = "the close command that it sent",
	    .max = INT16_MAX, .level = LEVEL_CONTACT, .quiet = true },
	[WINNY_CONTACT_ANNOUNCED] = { .name = "announced",
	    .about = "where it says that it can be dialled: the address seen, the port announced",
	    .type = FIELD_ENDPOINT, .level = LEVEL_CONTACT, .quiet = true },
};

#define TABLE(a)	{ a, sizeof(a) / sizeof((a)[0]) }

const struct overlay_fields winny_fields = {
	.overlay = "winny",
	.content_length = 16,
	.judged = 1u << OBS_KEY,
	.lifetime_note = "a holder's own copy begins at 1500 to 1599 seconds and only holders renew it",
	.unrelayed = unrelayed_csv,
	.of = {
		[OBS_KEY] = TABLE(key_fields),
		[OBS_NEIGHBOUR] = TABLE(neighbour_fields),
		[OBS_QUERY] = TABLE(query_fields),
		[OBS_CONTACT] = TABLE(contact_fields),
	},
};
_Static_assert(sizeof(key_fields) / sizeof(key_fields[0]) == WINNY_KEY_FIELDS, "a row for each");
_Static_assert(sizeof(neighbour_fields) / sizeof(neighbour_fields[0]) == WINNY_NEIGHBOUR_FIELDS, "likewise");
