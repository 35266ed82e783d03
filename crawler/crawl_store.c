/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database of a crawl: opened, locked, and this sensor's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crawler/crawl.h"
#include "data/lib/log.h"

/* Facts that hold for the whole life of a database: set once, then every run agrees. */
enum lasting { OVERLAY, PORT, SENSOR, NFACTS };

static const struct {
	const char	*key, *option, *reason;
} lasting[NFACTS] = {
	[OVERLAY] = { "overlay", "--overlay", "other nodes remember what we announce" },
	[PORT] = { "listen_port", "--listen", "other nodes remember what we announce" },
	[SENSOR] = { "sensor", "--sensor", "its observations are that sensor's" },
};

static int
store_failed(const struct crawl *c)
{
	log_error("%s: %s", c->set.db, store_error(c->store));
	return EXIT_FAILED;
}

/* The value of this run; port is room for the number. */
static const char *
fact_of_run(const struct crawl *c, enum lasting f, char port[16])
{
	switch (f) {
	case OVERLAY:
		return c->overlay->name;
	case PORT:
		snprintf(port, 16, "%lld", (long long)c->set.listen);
		return port;
	default:
		return c->set.sensor;
	}
}

static int
fact_agrees(const struct crawl *c, enum lasting f)
{
	char port[16], *stored;
	const char *value = fact_of_run(c, f, port);
	int absent = store_meta_find(c->store, lasting[f].key, &stored);
	bool same = absent == 1 || (absent == 0 && strcmp(stored, value) == 0);

	if (absent == -1)
		return store_failed(c);
	if (!same)
		log_error("%s %s: %s was begun with %s and keeps it for good: %s", lasting[f].option,
		    value, c->set.db, stored, lasting[f].reason);
	free(stored);
	return same ? EXIT_DONE : EXIT_MISUSED;
}

/* The sensor is named by the option, else by the database. */
static int
name_sensor(struct crawl *c)
{
	if (c->set.sensor != NULL)
		return EXIT_DONE;
	if (store_meta_find(c->store, "sensor", &c->sensor) == -1)
		return store_failed(c);
	c->set.sensor = c->sensor != NULL ? c->sensor : "kansoku";
	return EXIT_DONE;
}

int
crawl_start_lasting(struct crawl *c)
{
	char port[16];

	for (enum lasting f = 0; f < NFACTS; f++)
		if (store_meta_set(c->store, lasting[f].key, fact_of_run(c, f, port)) != 0)
			return store_failed(c);
	if (c->set.no_names && store_hide_names(c->store) != 0)
		return store_failed(c);
	return EXIT_DONE;
}

int
crawl_start_store(struct crawl *c)
{
	int status;

	/* A dry run reads what there is and makes nothing. */
	if (c->set.dry_run && access(c->set.db, F_OK) != 0)
		return EXIT_DONE;
	if (c->set.dry_run)
		return (c->store = store_open(c->set.db, STORE_READ)) != NULL ?
		    EXIT_DONE : EXIT_FAILED;
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
	status = name_sensor(c);
	for (enum lasting f = 0; f < NFACTS && status == EXIT_DONE; f++)
		status = fact_agrees(c, f);
	return status;
}
