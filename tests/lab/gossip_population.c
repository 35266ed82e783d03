/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who lives in a gossip world: addresses of five networks, their lives, and those that nobody has. */
#include <math.h>
#include <string.h>

#include "tests/lab/gossip_sensor_impl.h"

#define BURN_IN		64	/* draws until an address is one that nodes pass on, at most */

/* ---- addresses -------------------------------------------------------------------------- */

/* What no node passes on (IsRoutable of Bitcoin Core); multicast and 240/4 are not among it. */
static bool
is_passed_on(uint32_t ip)
{
	static const struct { uint32_t base; unsigned bits; } not_routable[] = {
		{ 0x00000000, 8 }, { 0x0a000000, 8 }, { 0x64400000, 10 }, { 0x7f000000, 8 },
		{ 0xa9fe0000, 16 }, { 0xac100000, 12 }, { 0xc0000200, 24 }, { 0xc0a80000, 16 },
		{ 0xc6120000, 15 }, { 0xc6336400, 24 }, { 0xcb007100, 24 }, { 0xffffffff, 32 },
	};

	for (size_t i = 0; i < sizeof(not_routable) / sizeof(not_routable[0]); i++)
		if ((ip ^ not_routable[i].base) >> (32 - not_routable[i].bits) == 0)
			return false;
	return true;
}

static void
draw_bytes(struct gossip_sensor *s, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(prng_next(&s->prng) >> 56);
}

/* One of the /16s where nodes live: few have many. */
static uint32_t
hosting_address(struct gossip_sensor *s, uint64_t salt, uint32_t networks)
{
	for (int i = 0; i < BURN_IN; i++) {
		double u = gossip_unit(s);
		uint64_t k = (uint64_t)(networks * u * u);
		uint32_t ip = (uint32_t)(prng_keyed(s->seed, salt, k, (uint64_t)i / 8) >> 48) << 16 |
		    (uint32_t)(prng_next(&s->prng) >> 48);

		if (ip >> 24 < 224 && is_passed_on(ip))
			return ip;
	}
	return UINT32_C(0x08080000) + gossip_below(s, 65536);
}

static struct endpoint
drawn_name(struct gossip_sensor *s, enum network net, uint16_t port)
{
	uint8_t addr[ADDRESS_MAX];
	struct endpoint e = { .net = 0 };

	draw_bytes(s, addr, sizeof(addr));
	if (net == NET_IPV6)
		memcpy(addr, "\x2a\x01\x04", 3);
	if (net == NET_CJDNS)
		addr[0] = 0xfc;
	(void)endpoint_of_bytes(&e, net, addr, network_length(net), port);
	return e;
}

static struct endpoint
honest_address(struct gossip_sensor *s, int8_t event)
{
	const struct gossip_population_settings *p = &s->file->population;
	double u = gossip_unit(s);
	uint16_t port = gossip_unit(s) < p->default_port ? btc_networks[BITCOIN_MAIN].port
	    : (uint16_t)(1024 + gossip_below(s, 64000));

	if (event >= 0 && s->file->event[event].kind == GOSSIP_HOSTING)
		return endpoint_ipv4(hosting_address(s, 1000 + (uint64_t)event, 4), port);
	if ((u -= p->ipv6) < 0)
		return drawn_name(s, NET_IPV6, port);
	if ((u -= p->tor) < 0)
		return drawn_name(s, NET_TORV3, port);
	if ((u -= p->i2p) < 0)
		return drawn_name(s, NET_I2P, 0);
	if (u < p->cjdns)
		return drawn_name(s, NET_CJDNS, port);
	return endpoint_ipv4(hosting_address(s, 1, p->networks), port);
}

struct endpoint
gossip_made_up(struct gossip_sensor *s, unsigned f)
{
	const struct gossip_flood_settings *set = &s->file->flood[f];
	uint16_t port = set->ports == GOSSIP_PORT_ANY ? (uint16_t)(1 + gossip_below(s, 65535))
	    : btc_networks[BITCOIN_MAIN].port;
	uint32_t ip = 0;

	if (set->kind == GOSSIP_NAMES)
		return drawn_name(s, NET_TORV3, port);
	if (set->kind == GOSSIP_SPECIAL)
		return endpoint_ipv4(UINT32_C(0x0a010147), (uint16_t)(port + s->announced[f]));
	if (set->kind == GOSSIP_VICTIM) {
		if (endpoint_is_nobody(s->victim[f]))
			s->victim[f] = endpoint_ipv4(hosting_address(s, 1, s->file->population.networks), 1);
		return endpoint_ipv4(s->victim[f].ip, (uint16_t)(1024 + s->announced[f] % 64000));
	}
	for (int i = 0; i < BURN_IN && (ip == 0 || !is_passed_on(ip)); i++)
		ip = (uint32_t)(prng_next(&s->prng) >> 32);
	return endpoint_ipv4(ip, port);
}

/* ---- lives ---------------------------------------------------------------------------------- */

double
gossip_event_on(const struct gossip_sensor *s, enum gossip_event_kind kind)
{
	const struct gossip_event_settings *event = s->file->event;

	for (const struct gossip_event_settings *e = event; e < event + GOSSIP_EVENTS; e++) {
		if (e->line > 0 && e->kind == (int)kind && s->from >= e->from && s->from < e->until)
			return e->size;
	}
	return 0;
}

bool
gossip_is_there(const struct gossip_sensor *s, const struct gossip_node *n)
{
	const struct gossip_event_settings *e = n->event < 0 ? NULL : &s->file->event[n->event];

	if (e != NULL && (s->from < e->from || s->from >= e->until))
		return false;
	return n->at.net != NET_TORV3 || gossip_event_on(s, GOSSIP_OUTAGE) == 0;
}

static void
move_in(struct gossip_sensor *s, struct gossip_node *n, double now)
{
	static const char *const services[] = { "409", "409", "409", "40d", "c09", "408", "449" };

	n->before = n->at;
	n->at = honest_address(s, n->event);
	n->services = services[gossip_below(s, sizeof(services) / sizeof(services[0]))];
	/* Only what the sensor can dial is ever linked or visited. */
	n->reachable = gossip_unit(s) < s->file->population.reachable && n->at.net <= NET_IPV6;
	n->popular = gossip_unit(s) < 0.01;
	n->until = now - s->file->population.session * log(1 - gossip_unit(s));
	n->gone = true;
}

uint32_t
gossip_reachable(struct gossip_sensor *s)
{
	for (uint32_t i = 0;; i++) {
		uint32_t k = gossip_below(s, (uint32_t)s->node.n);

		if ((s->node.p[k].reachable && gossip_is_there(s, &s->node.p[k])) || i > 100000)
			return k;
	}
}

static int
settle(struct gossip_sensor *s, uint32_t n, int8_t event)
{
	for (uint32_t i = 0; i < n; i++) {
		struct gossip_node *node = array_add(&s->node);

		if (node == NULL)
			return -1;
		node->event = event;
		move_in(s, node, 0);
	}
	return 0;
}

int
gossip_population_make(struct gossip_sensor *s)
{
	uint32_t links = s->file->sensor.links;

	if (settle(s, s->file->world.nodes, -1) != 0)
		return -1;
	for (unsigned i = 0; i < GOSSIP_EVENTS; i++) {
		const struct gossip_event_settings *e = &s->file->event[i];

		if (e->line > 0 && e->kind == GOSSIP_HOSTING &&
		    settle(s, (uint32_t)(e->size * s->file->world.nodes), (int8_t)i) != 0)
			return -1;
	}
	for (uint32_t i = 0; i < links; i++) {
		uint32_t *k = array_add(&s->link);

		if (k == NULL)
			return -1;
		*k = gossip_reachable(s);
	}
	return 0;
}

int
gossip_population_advance(struct gossip_sensor *s)
{
	array_each(n, &s->node) {
		n->gone = false;
		if (n->until <= s->from)
			move_in(s, n, s->from);
	}
	return 0;
}
