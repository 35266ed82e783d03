/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a reading verb is asked for: which database, sensors, times, rounds, node and
 * how many rows, in which form.  The options, their checks and the opening of the
 * store are the same for all; which of them a verb understands is for it to say.
 */
#ifndef KANSOKU_DATA_STORE_REQUEST_H
#define KANSOKU_DATA_STORE_REQUEST_H

#include "data/lib/cli.h"
#include "data/lib/listing.h"
#include "data/store/sensors.h"

enum {
	ASKS_FORMAT = 1,	/* --format, --wide */
	ASKS_TIME = 2,		/* --from, --to, --last */
	ASKS_ROUND = 4,		/* --round */
	ASKS_NODE = 8,		/* --node */
	ASKS_STATE = 16,	/* --state; states are set before */
	ASKS_LIMIT = 32,	/* --limit */
};

#define STATE_ANY	(-1)

struct request {
	const char	*db;
	int		 format;		/* enum listing_format; the default is set before */
	bool		 wide;
	struct sensor_filter sensors;
	int64_t		 from_ms, to_ms;	/* from <= t < to; INT64_MIN and INT64_MAX: no end */
	int64_t		 last_ms;		/* of the data, before to; 0: not asked */
	const char	*round_text;
	uint32_t	 first_round, last_round;	/* 1 to UINT32_MAX: all */
	const char	*node_text;		/* NULL: any */
	struct endpoint	 node;
	bool		 any_port;		/* of that address */
	int		 state;			/* index of states, or STATE_ANY */
	const char	*const *states;
	int64_t		 limit, shown;		/* rows; limit 0: no end */
	bool		 cut;			/* the limit was reached */
};

/* All sensors, times and rounds, as a table. */
#define REQUEST_ALL	{ .format = LISTING_TABLE, .sensors = { .no_taps = true }, \
	.from_ms = INT64_MIN, .to_ms = INT64_MAX, \
	.first_round = 1, .last_round = UINT32_MAX, .state = STATE_ANY }

/*
 * Reads the verb's own options, which may be NULL, and those that it asks for; the
 * usage's options are not looked at.  As cli_options; the database is there then.
 */
int	 request_parse(struct request *, unsigned asks, const struct option_spec *own,
	    const struct usage *, int argc, char **argv, int *status);

/*
 * Opens the database, and calls fn for each sensor asked for, all as it was at one
 * moment.  As sensors_each; EXIT_FAILED after a complaint if it cannot be read.
 */
int	 request_each(struct request *, int (*fn)(struct store *, const struct sensor_row *,
	    void *), void *arg);
/* Takes --last as the span to the end of the newest round.  0 or -1; for who opens it himself. */
int	 request_settle(struct request *, struct store *);

/* Whether something from start to end (UNKNOWN: open, or at no known time) lies in it. */
bool	 request_in_time(const struct request *, int64_t start_ms, int64_t end_ms);
bool	 request_in_rounds(const struct request *, uint32_t first, uint32_t last);
bool	 request_is_node(const struct request *, struct endpoint);
/* A node as people name it: an endpoint, or an address for all its ports.  NULL, or what is wrong. */
const char *request_node(struct endpoint *, bool *any_port, const char *text);
/* Whether anything but the form narrows what is listed. */
bool	 request_is_narrow(const struct request *);
/* Counts a row; false when the limit is reached. */
bool	 request_take(struct request *);
/*
 * Ends the listing of what was asked for, tells of a limit that cut, and returns the
 * verb's status: EXIT_FAILED after a complaint when stdout did not take everything.
 */
int	 request_finish(struct request *, struct listing *, int status);

#define REQUEST_OPTIONS	48	/* of a verb, all told */

#endif
