/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database of a crawl: opened, locked, and this sensor's. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crawler/crawl.h"
#include "data/lib/log.h"
#include "data/store/sensor_facts.h"
#include "data/store/sensors.h"

/* What holds for the whole life of a sensor: set once, then it must agree. */
static const struct {
	enum sensor_fact fact;
	const char	*option;
} lasting[] = {
	{ SENSOR_OVERLAY, "--overlay" }, { SENSOR_PORT, "--listen" },
};
#define SECRET	"crawl_secret"
#define NFACTS	(sizeof(lasting) / sizeof(lasting[0]))

static int
store_failed(const struct crawl *c)
{
	log_error("%s: %s", c->set.db, store_error(c->store));
	return EXIT_FAILED;
}

static int
agrees(const struct crawl *c, size_t f)
{
	char port[24], *stored;
	const char *value = c->overlay->name;
	int absent = sensor_fact_find(c->store, lasting[f].fact, &stored);
	bool same;

	if (lasting[f].fact == SENSOR_PORT) {
		snprintf(port, sizeof(port), "%lld", (long long)c->set.listen);
		value = port;
	}
	same = absent == 1 || (absent == 0 && strcmp(stored, value) == 0);
	if (absent == -1)
		return store_failed(c);
	if (!same)
		log_error("%s %s: %s was begun with %s and keeps it for good: other nodes remember what"
		    " we announce; --sensor NAME begins another sensor in this database",
		    lasting[f].option, value, c->set.db, stored);
	free(stored);
	return same ? EXIT_DONE : EXIT_MISUSED;
}

/* The sensor is named by the option, else by the database if it has only one. */
static int
name_sensor(struct crawl *c)
{
	int status = sensors_one(c->store, &(struct sensor_filter){ .no_taps = true });

	if (status != EXIT_DONE)
		return status;
	if (sensor_fact_find(c->store, SENSOR_NAME, &c->sensor) == -1)
		return store_failed(c);
	c->set.sensor = c->sensor != NULL ? c->sensor : "kansoku";
	return EXIT_DONE;
}

/*
 * Nodes remember the address that asks: the port that the system gave a sensor
 * that names none is kept like one that was named.
 */
static int
find_port(struct crawl *c)
{
	char *stored;
	int absent;

	if (c->overlay->carrier != CARRIER_DATAGRAM || c->set.listen != 0)
		return EXIT_DONE;
	if ((absent = sensor_fact_find(c->store, SENSOR_PORT, &stored)) == -1)
		return store_failed(c);
	if (absent == 0)
		c->set.listen = atoll(stored);
	free(stored);
	return EXIT_DONE;
}

/* Works for the sensor, if it is there: what is known of it must agree. */
static int
select_sensor(struct crawl *c)
{
	int status = EXIT_DONE, absent;

	if (c->set.sensor == NULL && (status = name_sensor(c)) != EXIT_DONE)
		return status;
	if (strncmp(c->set.sensor, SENSOR_TAP, strlen(SENSOR_TAP)) == 0) {
		log_error("--sensor %s: names that begin with " SENSOR_TAP " are those of captures",
		    c->set.sensor);
		return EXIT_MISUSED;
	}
	if ((absent = sensors_select(c->store, c->set.sensor)) == 1)
		absent = sensors_select(c->store, "");	/* who gets the name */
	if (absent == -1)
		return store_failed(c);
	if (absent == 0)
		status = find_port(c);
	for (size_t f = 0; absent == 0 && f < NFACTS && status == EXIT_DONE; f++)
		status = agrees(c, f);
	return status;
}

/* A database's first crawl draws its secret, which is kept with the first round. */
static int
find_secret(struct crawl *c)
{
	char *stored;
	size_t n;
	int absent = store_meta_find(c->store, SECRET, &stored);

	if (absent == -1)
		return store_failed(c);
	if (absent == 1) {
		randombytes_buf(c->secret, sizeof(c->secret));
		return EXIT_DONE;
	}
	if (sodium_hex2bin(c->secret, sizeof(c->secret), stored, strlen(stored), NULL, &n, NULL) != 0 ||
	    n != sizeof(c->secret)) {
		log_error("%s: its secret is damaged", c->set.db);
		free(stored);
		return EXIT_FAILED;
	}
	free(stored);
	return EXIT_DONE;
}

int
crawl_start_lasting(struct crawl *c)
{
	char hex[2 * sizeof(c->secret) + 1];

	sodium_bin2hex(hex, sizeof(hex), c->secret, sizeof(c->secret));
	if (store_meta_set(c->store, SECRET, hex) != 0)
		return store_failed(c);
	if (sensors_enter(c->store, c->set.sensor, c->overlay->name, c->set.listen) != 0)
		return store_failed(c);
	if (c->set.no_names && store_hide_names(c->store) != 0)
		return store_failed(c);
	return EXIT_DONE;
}

/* A dry run reads what there is and makes nothing. */
static int
open_to_look(struct crawl *c)
{
	if (access(c->set.db, F_OK) != 0)
		return EXIT_DONE;
	if ((c->store = store_open(c->set.db, STORE_READ)) == NULL)
		return EXIT_FAILED;
	switch (c->set.sensor == NULL ? 0 : sensors_select(c->store, c->set.sensor)) {
	case 0:
		return EXIT_DONE;
	case -1:
		return store_failed(c);
	default:	/* it knows nobody yet */
		store_close(c->store);
		c->store = NULL;
		return EXIT_DONE;
	}
}

int
crawl_start_store(struct crawl *c)
{
	int status;

	if (c->set.dry_run)
		return open_to_look(c);
	/* SQLite sorts on disk where it may still write when confined. */
	if (c->folder != NULL && setenv("SQLITE_TMPDIR", c->folder, 1) != 0) {
		log_error("%s", os_error());
		return EXIT_FAILED;
	}
	if ((c->store = store_open(c->set.db, STORE_CREATE)) == NULL)
		return EXIT_FAILED;
	switch (store_lock(c->store)) {
	case 0:
		break;
	case 1:
		log_error("%s: another crawl or import is at work on it", c->set.db);
		return EXIT_LOCKED;
	default:
		return store_failed(c);
	}
	status = select_sensor(c);
	return status == EXIT_DONE ? find_secret(c) : status;
}
