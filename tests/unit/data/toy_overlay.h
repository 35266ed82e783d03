/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of a made-up overlay, for tests of what reads such tables: a field of
 * each type on every level, contents of 20 bytes; and one endpoint of each
 * network.  No program knows the overlay by its name.
 */
#ifndef KANSOKU_TESTS_TOY_OVERLAY_H
#define KANSOKU_TESTS_TOY_OVERLAY_H

#include "observation.h"

#define TOY_FIELD(n, t, l, ...)	{ .name = n, .about = "a field", .type = t, .level = l, __VA_ARGS__ }
/* The five types on one level; columns of one table must differ by their names. */
#define TOY_FIVE(p, l) \
	TOY_FIELD(p "number", FIELD_INTEGER, l, .min = -5, .max = INT64_MAX, .unit = "s"), \
	TOY_FIELD(p "flag", FIELD_FLAG, l, .quiet = true), \
	TOY_FIELD(p "word", FIELD_TEXT, l, .privacy = PRIVACY_NAME), \
	TOY_FIELD(p "bytes", FIELD_BYTES, l, .quiet = true), \
	TOY_FIELD(p "node", FIELD_ENDPOINT, l)

static const struct field toy_key[] = { TOY_FIVE("c_", LEVEL_CONTENT), TOY_FIVE("a_", LEVEL_ADVERT),
	TOY_FIVE("d_", LEVEL_DELIVERY) };
static const struct field toy_sighting[] = { TOY_FIVE("s_", LEVEL_SIGHTING) };
static const struct field toy_neighbour[] = { TOY_FIVE("n_", LEVEL_CLAIM) };
static const struct field toy_query[] = { TOY_FIVE("q_", LEVEL_QUERY) };
static const struct field toy_contact[] = { TOY_FIVE("k_", LEVEL_CONTACT) };

#define TOY_TABLE(a)	{ a, sizeof(a) / sizeof((a)[0]) }

/* Two tables, as one record has room for FIELDS_MAX fields. */
static const struct overlay_fields toy_fields = {
	.overlay = "toy", .content_length = 20,
	.of = { [OBS_KEY] = TOY_TABLE(toy_key), [OBS_NEIGHBOUR] = TOY_TABLE(toy_neighbour),
		[OBS_QUERY] = TOY_TABLE(toy_query), [OBS_CONTACT] = TOY_TABLE(toy_contact) },
};
static const struct overlay_fields toy_sightings = {
	.overlay = "toy sightings", .content_length = 0,
	.of = { [OBS_KEY] = TOY_TABLE(toy_sighting) },
};
_Static_assert(sizeof(toy_key) / sizeof(toy_key[0]) <= FIELDS_MAX, "they fit into a record");

/* One endpoint of each network, the n-th of it. */
static inline struct endpoint
toy_endpoint(int net, uint8_t n)
{
	uint8_t bytes[ADDRESS_MAX] = { net == NET_CJDNS ? 0xfc : net == NET_YGGDRASIL ? 0x02 : 0x20, n };
	struct endpoint e = { .port = 0 };

	bytes[network_length(net) - 1] = 0xee;
	endpoint_of_bytes(&e, net, bytes, network_length(net), (uint16_t)(0xfff0 + n % 16));
	return e;
}

/*
 * A record of a type in which every endpoint is of another network, turned by
 * `turn`; an odd turn says nothing in its fields.  Its endpoints live in e.
 */
static inline struct observation
toy_record(const struct overlay_fields *f, enum observation_type type, uint8_t turn,
    struct endpoint e[FIELDS_MAX + 8])
{
	struct observation o = { .type = type, .round = 1, .t_ms = 1274400000123, .fields = f };

	for (int i = 0; i < FIELDS_MAX + 8; i++)
		e[i] = toy_endpoint((i + turn) % NET_N, (uint8_t)(i + turn));
	if (type == OBS_CONTACT) {
		o.contact = (struct obs_contact){ e[0], turn % 2, (enum outcome)(turn % OUT_N) };
	} else {
		o.peer = e[0];
		o.to = turn % 3 == 0 ? (struct endpoint){ .port = 0 } : e[1];
	}
	if (type == OBS_KEY) {
		o.key.source = e[2];
		o.key.content.len = f->content_length;
		for (int i = 0; i < f->content_length; i++)
			o.key.content.id[i] = (uint8_t)(0xf0 + i + turn);
	} else if (type == OBS_NEIGHBOUR) {
		o.neighbour.node = e[2];
	} else if (type == OBS_QUERY) {
		o.query = (struct obs_query){ e, NET_N };
	}
	observation_clear_values(&o);
	for (int i = 0; turn % 2 == 0 && i < f->of[type].n; i++) {
		switch ((enum field_type)f->of[type].field[i].type) {
		case FIELD_INTEGER: o.value[i].number = i == 0 ? INT64_MAX : -5 + turn; break;
		case FIELD_FLAG: o.value[i].number = i / 5 % 2; break;
		case FIELD_TEXT: o.value[i].text = (struct text){ (const uint8_t *)"\xe8\xaa\x9e", 3 }; break;
		case FIELD_BYTES: o.value[i].text = (struct text){ (const uint8_t *)"\0\xff\n", 3 }; break;
		case FIELD_ENDPOINT: o.value[i].endpoint = &e[3 + i]; break;
		}
	}
	return o;
}

#endif
