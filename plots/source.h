/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What there is to draw, taken out of the database once and then only read.
 *
 * The rounds' series, the incidents and a few bytes for each source come in
 * here; times outside the years 1971 to 9998, negative counts, shares above one and
 * infinities, which only a damaged or hostile file can hold, are taken as not measured.
 * Tests fill a source by hand and need no database.
 */
#ifndef KANSOKU_PLOTS_SOURCE_H
#define KANSOKU_PLOTS_SOURCE_H

#include "data/store/results.h"
#include "data/store/rows.h"
#include "data/store/store.h"
#include "plots/arena.h"

/* A chart must know this of one source; the index is the node's id. */
struct known_source {
	uint32_t	first_round, last_round;	/* 0, 0: no verdict on it */
	uint8_t		verdict;			/* enum verdict */
	uint8_t		keys;		/* files advertised: 0 none, n 2^(n-1) to 2^n - 1 */
};

struct source {
	struct arena	arena;		/* incidents' texts and the like */
	const char	*overlay, *sensor;	/* printable and short; the overlay with a capital */
	const char	*overlay_name;	/* as on the command line */
	int64_t		 sensor_id;	/* data/store/sensors.h */
	const char	*lifetime_note;		/* of the overlay's driver, or NULL */
	struct series_row *row;		/* ascending by end_ms, none later than until_ms */
	size_t		 n, room;
	struct incident_row *incident;	/* by id; begun not later than until_ms */
	size_t		 nincidents, incident_room;
	struct known_source *known;
	size_t		 nknown;
	int64_t		 origin[ORIGIN_N];	/* rounds begun before until_ms, by how they came here */
	int64_t		 until_ms;	/* the pictures' present */
	bool		 until_given;	/* if not, it is the last round's end */
	int64_t		 made_ms;	/* by the clock, to the hour; 0: not told */
	int64_t		 judged_ms;	/* end of the last round analysed, maybe later */
};

/*
 * Reads everything up to until_ms (UNKNOWN: to the end).  0, 1 when there is
 * no finished round, -1 after a complaint.  source_free in every case.
 *
 * Verdicts, and the cleaned counts that follow from them, are the newest: the
 * database keeps no older ones.  Of an incident that went on after until_ms what
 * is not yet known then is left out: its end, its size, its rounds.
 */
int	source_load(struct source *, struct store *, int64_t until_ms);
void	source_free(struct source *);

/*
 * For source_load and tests: adds a copy, and leaves out what has times out of range.
 * 0; -1, complained of, without memory.
 */
int	source_add_row(struct source *, const struct series_row *);
int	source_add_incident(struct source *, const struct incident_row *);
/* Puts rows in order and fixes until_ms; after the last add. */
void	source_settle(struct source *);

/* Whether rounds after the pictures' present have had a say in the verdicts. */
bool	source_in_hindsight(const struct source *);

/* The last complete round; NULL if there is none. */
const struct series_row *source_last_complete(const struct source *);

/* Kinds that are floods of bogus advertisements, and not an outage, a step or a drop. */
bool	incident_is_flood(const struct incident_row *);
/* "flood of advertisements that name random addresses", and "random addresses" where room is short. */
const char *incident_in_words(enum incident_kind);
const char *incident_in_brief(enum incident_kind);

#endif
