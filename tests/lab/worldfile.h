/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The contents of a world file, with the defaults of what it leaves out.
 *
 * Only values live here, checked one by one and against each other; population.c,
 * flood.c and relay.c give them their meaning.  kansoku-lab(1) describes each.
 * All times are seconds of world time, once the file is read.
 */
#ifndef KANSOKU_TESTS_LAB_WORLDFILE_H
#define KANSOKU_TESTS_LAB_WORLDFILE_H

#include "tests/lab/ini_table.h"

#define MAX_POOLS	48
#define MAX_FLOODS	16
#define MAX_EVENTS	16
#define MAX_HOSTILE	40
#define FOREVER		1e15	/* seconds; the end of what does not end */

struct world_settings {
	int		line;
	struct moment	start;
	double		round;			/* length of a round */
	uint32_t	nodes, seed;
};

struct population_settings {
	int		line;
	double		holders, files, zipf, port0, silent, foreign, shared;
	uint32_t	files_max, catalogue, speed_min, speed_max;
};

struct churn_settings {
	int		line;
	double		session;		/* mean; 0: everybody is always online */
	double		sigma;			/* of the logarithm of its length; 0: within a factor of its mean */
	double		duty, brief, always_on, new_address, decline, day_wave, week_wave;
	uint32_t	addresses;		/* that one node can ever have */
};

struct keys_settings {
	int		line;
	uint32_t	table;
	double		rewrite;		/* probability, each key of a downward answer */
};

struct sensor_settings {
	int		line;
	char		name[SETTING_NAME];
	double		coverage, busy, farewells, queries, refused;
	uint32_t	keys, neighbours;
};

struct lab_settings {
	int		line;
	uint32_t	port, ports;
};

struct pool_settings {
	int		line;
	double		weight;
	int		foreign;
	struct block_list blocks;
};

enum flood_variant { V1, V2, V3, V4, V5, V6, V7, V8, EVASIVE, NVARIANTS };
enum flood_addresses { ADDR_UNIFORM, ADDR_PUBLIC, ADDR_JAPAN, ADDR_NODES, ADDR_FEW };
enum flood_ports { PORTS_ANY, PORTS_GENUINE, PORTS_EPHEMERAL, PORTS_OWN };
enum flood_hash { HASH_FRESH, HASH_WRONG, HASH_TARGET, HASH_GENUINE };
enum flood_ttl { TTL_FULL, TTL_RANDOM, TTL_EQUAL, TTL_LOW };
enum flood_injector { INJ_FIXED, INJ_ROVING, INJ_UNREACHABLE, INJ_FRAMING };
enum flood_channel { CHANNEL_KEYS, CHANNEL_NEIGHBOURS };

struct flood_settings {
	int		line;
	int		variant;
	struct moment	start, end;
	double		from, until;		/* of the above */
	struct rate	rate;
	struct span_range on, off;		/* off 0: without a pause */
	int		addresses, ports, hash, ttl, injector, channel;	/* -1: the variant's */
	uint32_t	ips, hashes, repeat, entries, injector_files;
	double		copies, life;
};

enum event_kind {
	EV_HOLIDAY, EV_OUTAGE, EV_STEP, EV_RENUMBER, EV_POPULAR, EV_NEW_ISP, EV_NEWCOMERS,
	EV_COVERAGE, EV_REACH, NEVENTS
};

struct event_settings {
	int		line;
	int		kind;
	struct moment	start, end;
	double		from, until;
	double		size, ramp;
	uint32_t	pool;
	struct block_list blocks;
};

/* The kinds of hostile nodes; hostile.c has the behaviour of each. */
enum hostile_kind {
	HOSTILE_MUTE, HOSTILE_DRIP, HOSTILE_GARBAGE, HOSTILE_TRUNCATED, HOSTILE_ZEROS,
	HOSTILE_LONGEST, HOSTILE_TOO_LONG, HOSTILE_NEGATIVE, HOSTILE_ENDLESS, HOSTILE_MISCOUNT,
	HOSTILE_SECOND_HEADER, HOSTILE_NODES, HOSTILE_UNKNOWN, HOSTILE_RESET, HOSTILE_HALF_CLOSE,
	HOSTILE_STAYS, HOSTILE_ECHO, HOSTILE_IMPOSTOR, HOSTILE_SPECIAL, HOSTILE_NAMES,
	HOSTILE_CALLS, HOSTILE_TRICKLE, HOSTILE_CUT, HOSTILE_FRAMING,
	HOSTILE_PORT_LIAR, HOSTILE_PUSHER, HOSTILE_SEEPING, HOSTILE_OWN_LIST, HOSTILE_CROWDING,
	HOSTILE_BYSTANDER, HOSTILE_NETS, HOSTILE_LOW_PORTS, HOSTILE_ONE_HASH, HOSTILE_MANY_HASHES,
	HOSTILE_BORROWED, NHOSTILE
};

struct hostile_settings {
	int		line;
	int		kind;
	double		share;			/* of all nodes */
};

struct world_file {
	struct world_settings world;
	struct population_settings population;
	struct churn_settings churn;
	struct keys_settings keys;
	struct sensor_settings sensor;
	struct lab_settings lab;
	struct pool_settings pool[MAX_POOLS];
	struct flood_settings flood[MAX_FLOODS];
	struct event_settings event[MAX_EVENTS];
	struct hostile_settings hostile[MAX_HOSTILE];
};

extern const char *const variant_name[NVARIANTS + 1];	/* "V1" .., as in truth files */
extern const char *const event_name[NEVENTS + 1];
extern const char *const hostile_name[NHOSTILE + 1];

/* All that may stand in a world file; the manual is tested against it. */
extern const struct section worldfile_sections[];

/*
 * False with *why set (free it).  nodes 0 keeps the file's own number.  Pools are left
 * empty where the file names none.
 */
bool	 worldfile_read(const char *path, uint32_t nodes, struct world_file *, char **why);

#endif
