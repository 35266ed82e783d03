/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Winny's records as plain structs, for tests: a test that is about the store, the
 * formats or the analysis fills one by name and need not know the positions of
 * the overlay's fields.  It is not for tests of the positions themselves.
 *
 * A member that is left out is zero or empty, not UNKNOWN, except an endpoint,
 * where nobody is "not said".  Texts are borrowed, as everywhere.
 */
#ifndef KANSOKU_TESTS_WINNY_RECORDS_H
#define KANSOKU_TESTS_WINNY_RECORDS_H

#include <string.h>

#include "node/winny/fields.h"

struct winny_key {
	struct endpoint	source;
	uint8_t		hash[16];
	int64_t		size;
	struct text	name, trip;
	int64_t		ttl, blocks, mtime;
	int64_t		ignore, version, downstream;
	struct endpoint	bbs;		/* nobody: not said */
	struct text	bbs_trip, raw;
};

struct winny_neighbour {
	struct endpoint	node;
	int64_t		speed, bbs;
	struct text	words[3];
};

struct winny_query {
	const struct endpoint *via;
	size_t		nvia;
	struct text	words, trip;
	int64_t		id;
};

struct winny_contact {
	struct endpoint	node;
	bool		inbound;
	enum outcome	outcome;
	int64_t		command, version, speed, port0;
};

/* A copy that lives until 256 more were made: a value only points to its endpoint. */
static inline const struct endpoint *
winny_kept_endpoint(struct endpoint e)
{
	static struct endpoint kept[256];
	static unsigned at;
	struct endpoint *p = &kept[at++ % 256];

	*p = e;
	return endpoint_is_nobody(e) ? NULL : p;
}

/* ---- what is said, into an observation; round, time, peer and `to` stay ---------- */

static inline void
set_winny_key(struct observation *o, struct winny_key k)
{
	o->type = OBS_KEY;
	o->fields = &winny_fields;
	o->key = (struct obs_key){ .source = k.source, .content.len = sizeof(k.hash), .raw = k.raw };
	memcpy(o->key.content.id, k.hash, sizeof(k.hash));
	o->value[WINNY_KEY_SIZE].number = k.size;
	o->value[WINNY_KEY_NAME].text = k.name;
	o->value[WINNY_KEY_TRIP].text = k.trip;
	o->value[WINNY_KEY_TTL].number = k.ttl;
	o->value[WINNY_KEY_BLOCKS].number = k.blocks;
	o->value[WINNY_KEY_MTIME].number = k.mtime;
	o->value[WINNY_KEY_IGNORE].number = k.ignore;
	o->value[WINNY_KEY_VERSION].number = k.version;
	o->value[WINNY_KEY_BBS].endpoint = winny_kept_endpoint(k.bbs);
	o->value[WINNY_KEY_DOWNSTREAM].number = k.downstream;
	o->value[WINNY_KEY_BBS_TRIP].text = k.bbs_trip;
}

static inline void
set_winny_neighbour(struct observation *o, struct winny_neighbour n)
{
	o->type = OBS_NEIGHBOUR;
	o->fields = &winny_fields;
	o->neighbour = (struct obs_neighbour){ .node = n.node };
	o->value[WINNY_NEIGHBOUR_SPEED].number = n.speed;
	o->value[WINNY_NEIGHBOUR_BBS].number = n.bbs;
	for (int i = 0; i < 3; i++)
		o->value[WINNY_NEIGHBOUR_WORDS + i].text = n.words[i];
}

static inline void
set_winny_query(struct observation *o, struct winny_query q)
{
	o->type = OBS_QUERY;
	o->fields = &winny_fields;
	o->query = (struct obs_query){ .via = q.via, .nvia = q.nvia };
	o->value[WINNY_QUERY_WORDS].text = q.words;
	o->value[WINNY_QUERY_ID].number = q.id;
	o->value[WINNY_QUERY_TRIP].text = q.trip;
}

static inline void
set_winny_contact(struct observation *o, struct winny_contact c)
{
	o->type = OBS_CONTACT;
	o->fields = &winny_fields;
	o->contact = (struct obs_contact){ .node = c.node, .inbound = c.inbound,
		.outcome = c.outcome };
	o->value[WINNY_CONTACT_VERSION].number = c.version;
	o->value[WINNY_CONTACT_SPEED].number = c.speed;
	o->value[WINNY_CONTACT_PORT0].number = c.port0;
	o->value[WINNY_CONTACT_COMMAND].number = c.command;
}

/* ---- and out of it; the observation must be one of Winny's, of this type --------- */

static inline struct winny_key
winny_key_of(const struct observation *o)
{
	const union value *v = o->value;
	struct winny_key k = { .source = o->key.source, .raw = o->key.raw,
		.size = v[WINNY_KEY_SIZE].number, .name = v[WINNY_KEY_NAME].text,
		.trip = v[WINNY_KEY_TRIP].text, .ttl = v[WINNY_KEY_TTL].number,
		.blocks = v[WINNY_KEY_BLOCKS].number, .mtime = v[WINNY_KEY_MTIME].number,
		.ignore = v[WINNY_KEY_IGNORE].number, .version = v[WINNY_KEY_VERSION].number,
		.downstream = v[WINNY_KEY_DOWNSTREAM].number,
		.bbs_trip = v[WINNY_KEY_BBS_TRIP].text };

	if (v[WINNY_KEY_BBS].endpoint != NULL)
		k.bbs = *v[WINNY_KEY_BBS].endpoint;
	memcpy(k.hash, o->key.content.id, sizeof(k.hash));
	return k;
}

static inline struct winny_neighbour
winny_neighbour_of(const struct observation *o)
{
	const union value *v = o->value;

	return (struct winny_neighbour){ .node = o->neighbour.node,
		.speed = v[WINNY_NEIGHBOUR_SPEED].number, .bbs = v[WINNY_NEIGHBOUR_BBS].number,
		.words = { v[WINNY_NEIGHBOUR_WORDS].text, v[WINNY_NEIGHBOUR_WORDS + 1].text,
		v[WINNY_NEIGHBOUR_WORDS + 2].text } };
}

static inline struct winny_query
winny_query_of(const struct observation *o)
{
	const union value *v = o->value;

	return (struct winny_query){ .via = o->query.via, .nvia = o->query.nvia,
		.words = v[WINNY_QUERY_WORDS].text, .trip = v[WINNY_QUERY_TRIP].text,
		.id = v[WINNY_QUERY_ID].number };
}

static inline struct winny_contact
winny_contact_of(const struct observation *o)
{
	const union value *v = o->value;

	return (struct winny_contact){ .node = o->contact.node, .inbound = o->contact.inbound,
		.outcome = o->contact.outcome, .command = v[WINNY_CONTACT_COMMAND].number,
		.version = v[WINNY_CONTACT_VERSION].number, .speed = v[WINNY_CONTACT_SPEED].number,
		.port0 = v[WINNY_CONTACT_PORT0].number };
}

#endif
