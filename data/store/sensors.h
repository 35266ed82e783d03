/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sensors of a database.
 *
 * A database may hold the rounds of several sensors, each of which has a name
 * and for its whole life one overlay.  A store handle works for one of them at
 * a time: all round numbers that are given to it or come from it, counts of
 * rounds, results and the observation log are that sensor's.  Nodes, files and
 * what was said of them are shared by all.  A store is opened for sensor 0, the
 * first; rounds that came without a name are sensor 0's, too.
 *
 * This is not where a sensor's settings are: a crawl brings its own each time.
 */
#ifndef KANSOKU_DATA_STORE_SENSORS_H
#define KANSOKU_DATA_STORE_SENSORS_H

#include "data/store/store.h"

#define SENSORS_MAX	2000	/* of one database, so that incidents have numbers people can type */
#define SENSORS_TEXT	512	/* bytes of a list of them in a complaint */

/* Which sensors: NULL is any. */
struct sensor_filter {
	const char	*name, *overlay;
	bool		 no_taps;	/* whoever counts a population: not those of captures */
};

/*
 * A sensor whose name begins so is a vantage point of captures.  What it saw was not asked
 * for and is a matter of its users and hours, so it never enters counts, verdicts or
 * incidents.
 */
#define SENSOR_TAP	"tap:"

/* The two options with which a verb is told, for its table; with data/lib/cli.h. */
#define SENSOR_OPTION_NAME(filter) \
	{ .name = "sensor", .kind = OPT_TEXT, .into = &(filter)->name, .value = "NAME", \
	    .help = "only what this sensor observed (all)" }
#define SENSOR_OPTION_OVERLAY(filter) \
	{ .name = "overlay", .kind = OPT_TEXT, .into = &(filter)->overlay, .value = "NAME", \
	    .help = "only the sensors of this overlay (all)" }
#define SENSOR_OPTIONS(filter)	SENSOR_OPTION_NAME(filter), SENSOR_OPTION_OVERLAY(filter)

/* Texts are borrowed until the callback returns, and may hold what is not fit to print. */
struct sensor_row {
	int64_t		 id;
	const char	*name, *overlay;	/* "" if not told */
	int64_t		 rounds;
	size_t		 place, of;		/* 0, 1, ... of so many that are gone through, */
	size_t		 all;			/* and so many there are */
};

/* "NAME (OVERLAY)", fit to print. */
#define SENSOR_LABEL	160
char	*sensors_label(char out[SENSOR_LABEL], const struct sensor_row *);

/* All sensors by id, as long as fn returns 0; what it returned, or -1. */
int	 sensors_list(struct store *, int (*fn)(const struct sensor_row *, void *), void *);

/*
 * Works for each sensor that the filter lets through, by id, and calls fn, whose
 * answer is an exit status; in a database that names no sensor, for sensor 0.
 * Ends at the first that is neither EXIT_DONE nor EXIT_NOTHING and returns it;
 * else EXIT_DONE if any was, else EXIT_NOTHING.  If the filter lets nobody
 * through, EXIT_MISUSED after a complaint that names who is there.  In the end
 * the store works for the sensor that it worked for before.
 */
int	 sensors_each(struct store *, const struct sensor_filter *,
	    int (*fn)(struct store *, const struct sensor_row *, void *), void *);
/*
 * For a verb that answers for one sensor only: works for the one that the filter
 * lets through.  EXIT_DONE, or EXIT_MISUSED after a complaint if it is none or
 * several, or EXIT_FAILED.
 */
int	 sensors_one(struct store *, const struct sensor_filter *);

/*
 * From here on the store works for the sensor of that name, which is made if it
 * is not there (the store is open for writing).  Who is there without a name
 * gets it; with the name "" it is the sensor that it works for already.  overlay and
 * port may be "" and UNKNOWN for what is not known; what is known stays for good:
 * -1 if the sensor was begun with another.
 */
int	 sensors_enter(struct store *, const char *name, const char *overlay, int64_t port);
/* Only the first half: 0, 1 if there is none of that name, -1. */
int	 sensors_select(struct store *, const char *name);
/* The same by its id, which the caller has from here; what waits to be written is written first. */
int	 sensors_switch(struct store *, int64_t id);
int64_t	 sensors_current(const struct store *);

#endif
