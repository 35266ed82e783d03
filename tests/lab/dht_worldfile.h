/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contents of a world file of the DHT; kansoku-lab(1) describes each setting. */
#ifndef KANSOKU_TESTS_LAB_DHT_WORLDFILE_H
#define KANSOKU_TESTS_LAB_DHT_WORLDFILE_H

#include "tests/lab/ini_table.h"

#define MAX_ANOMALIES	12
#define DHT_EVENTS	4
#define DHT_FOREVER	1e15

enum anomaly_kind {
	ANOMALY_CONTACTS, ANOMALY_VALUES, ANOMALY_VICTIM, ANOMALY_CLUSTER, ANOMALY_FLEET,
	ANOMALY_HOP, ANOMALY_FAMILY, ANOMALY_JUNK, ANOMALY_PHANTOMS, ANOMALY_NKIND
};
extern const char *const anomaly_name[ANOMALY_NKIND + 1];	/* "made-up-contacts", ... */
extern const char *const anomaly_variant[ANOMALY_NKIND];	/* "N1", ... */

struct set_world { int line; struct moment start; double round; uint32_t nodes, seed; };
struct set_population {
	int		line;
	double		stale, nat, fitting, loss;
	uint32_t	per_nat;
	double		libtorrent, webtorrent, aria2, rtorrent, transmission;	/* weights */
	double		swapped;	/* of those that give samples: exchange the bytes of ports */
};
struct set_churn { int line; double session, duty; };
struct set_contents { int line; uint32_t hashes, largest, stored; double zipf, stay; };
struct set_sensor { int line; char name[SETTING_NAME]; uint32_t zone, panel; };
struct set_lab { int line; uint32_t port; };
enum dht_event_kind { W_POPULAR, W_RENUMBER };
struct set_event { int line; int kind; struct moment start, end; double from, until, size; };
struct set_anomaly {
	int		line;
	int		kind, addresses_of;
	struct moment	start, end;
	double		from, until, share;
	uint32_t	nodes, addresses, bits, distinct;
};
enum { MADE_UP_UNIFORM, MADE_UP_PUBLIC };

struct dht_world_file {
	struct set_world world;
	struct set_population population;
	struct set_churn churn;
	struct set_contents contents;
	struct set_sensor sensor;
	struct set_lab lab;
	struct set_event event[DHT_EVENTS];
	struct set_anomaly anomaly[MAX_ANOMALIES];
};

/* False with *why set (free it).  nodes 0 keeps the file's own number. */
bool	 dht_worldfile_read(const char *path, uint32_t nodes, struct dht_world_file *, char **why);

#endif
