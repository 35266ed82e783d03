/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contents of a world file of the address gossip; kansoku-lab(1) describes each setting. */
#ifndef KANSOKU_TESTS_LAB_GOSSIP_WORLDFILE_H
#define KANSOKU_TESTS_LAB_GOSSIP_WORLDFILE_H

#include "tests/lab/ini_table.h"

#define GOSSIP_FLOODS	6
#define GOSSIP_EVENTS	4
#define GOSSIP_FOREVER	1e15

/*
 * What is laid over the honest gossip: addresses in bursts at visited nodes, one hop far; single
 * ones that spread by second hops; many ports of one address; times that no relay passes on;
 * names that cost nothing; an address that no relay passes on.
 */
enum gossip_flood_kind {
	GOSSIP_BURST, GOSSIP_TRICKLE, GOSSIP_VICTIM, GOSSIP_CLOCK, GOSSIP_NAMES, GOSSIP_SPECIAL, GOSSIP_NFLOOD
};
extern const char *const gossip_flood_name[GOSSIP_NFLOOD + 1];

/*
 * What is no flood: a large network of new hosts; all Tor names gone; a release that relays to
 * more peers; a list of seeds that everybody learns; another crawler, which swallows copies.
 */
enum gossip_event_kind {
	GOSSIP_HOSTING, GOSSIP_OUTAGE, GOSSIP_RELEASE, GOSSIP_SEEDS, GOSSIP_CENSUS, GOSSIP_NEVENT
};
extern const char *const gossip_event_name[GOSSIP_NEVENT + 1];

struct gossip_world_settings { int line; struct moment start; double round; uint32_t nodes, seed; };
struct gossip_population_settings {
	int		line;
	double		reachable, ipv6, tor, i2p, cjdns, default_port;
	double		session;	/* seconds: mean life of an address */
	uint32_t	networks;	/* /16s of IPv4 in which nodes live */
};
struct gossip_relay_settings {
	int		line;
	double		seen;		/* chance that a held link shows an announcement: 2/d */
	double		table;		/* share of a table that an answer gives */
	double		kept;		/* share of a flood's addresses that stay in tables */
	uint32_t	announcements;	/* of a node, a day, over all its peers */
};
struct gossip_sensor_settings { int line; char name[SETTING_NAME]; uint32_t links; };
struct gossip_flood_settings {
	int		line, kind, ports;
	struct moment	start, end;
	struct rate	rate;
	double		from, until;
};
enum { GOSSIP_PORT_DEFAULT, GOSSIP_PORT_ANY };
struct gossip_event_settings { int line, kind; struct moment start, end; double from, until, size; };

struct gossip_world_file {
	struct gossip_world_settings world;
	struct gossip_population_settings population;
	struct gossip_relay_settings relay;
	struct gossip_sensor_settings sensor;
	struct gossip_flood_settings flood[GOSSIP_FLOODS];
	struct gossip_event_settings event[GOSSIP_EVENTS];
};

/* False with *why set (free it).  nodes 0 keeps the file's own number. */
bool	 gossip_worldfile_read(const char *path, uint32_t nodes, struct gossip_world_file *, char **why);

#endif
