/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All that the database holds on one incident, for bundles and reports.
 *
 * The analysis says which sources are bogus and how the peers rank; what was
 * delivered by whom and when is read from the observations themselves.
 */
#ifndef KANSOKU_DATA_EVIDENCE_INCIDENT_ROWS_H
#define KANSOKU_DATA_EVIDENCE_INCIDENT_ROWS_H

#include "data/lib/id_table.h"
#include "data/store/results.h"
#include "data/store/rows.h"

/* A record of the incident: leaf `index` of the tree of its type in its round. */
struct found_record {
	uint32_t	round;
	enum observation_type type;	/* OBS_KEY or OBS_NEIGHBOUR */
	uint64_t	index;
	size_t		source, peer;	/* in incident_rows.source and incident_rows.peer */
};

/* A peer that delivered records of the incident to us: known, not claimed. */
struct found_peer {
	int64_t		node;
	struct endpoint	endpoint;
	int64_t		records, sources, rounds;	/* of the incident */
	int64_t		imported;	/* of these records, how many are in rounds that were imported */
	int64_t		first_ms, last_ms;
	int64_t		dialled, answered, inbound;	/* contacts; handshakes we and it began */
	uint32_t	last_round;
	struct delivering_row rank;		/* rank 0: the analysis does not rank it */
};

/* What a round of the incident holds of it. */
struct found_round {
	struct round_row row;
	int64_t		records, sources;
};

/* A run that rounds of the incident came by. */
struct found_run {
	int64_t		id, start_ms;
	enum origin	origin;
	char		*version, *parameters;	/* of the program; as the log commits to them */
	char		sha256[65];		/* of the file that was imported; "" if not told */
	uint32_t	first_round;
	int64_t		rounds;
};

struct found_test {
	char		*name, *family;
	double		 statistic, threshold;
};

struct incident_rows {
	struct incident_row incident;
	char		*summary;
	struct found_test *test;
	size_t		 ntests;
	struct verdict_row *source;		/* bogus, of this incident, by node id */
	size_t		 nsources;
	struct found_peer *peer;		/* by first delivery */
	size_t		 npeers;
	struct found_round *round;		/* by number */
	size_t		 nrounds;
	int64_t		 origin[ORIGIN_N];	/* of these rounds, how many came so */
	struct found_run *run;
	size_t		 nruns;
	int64_t		 unsealed;		/* rounds left out: not in the log's chain yet */
	int64_t		 pruned;		/* rounds whose records are gone, or hold tokens */
	struct found_record *record;		/* in the order of the log */
	size_t		 nrecords;
	int64_t		 all_records, all_sources;	/* of the incident; record may hold fewer */
};

/*
 * Loads incident id.  At most `most` records are listed: all if they are so
 * few, else the first of each source and of each peer, as far as there is room.
 * Rounds that the log's chain does not cover yet are left out.  0; 1 if there is
 * no such incident; -1 after a complaint.
 */
int	 incident_rows_load(struct store *, int64_t id, size_t most, struct incident_rows *);
/* Complains that there is no such incident in the database called db, or that nobody looked. */
void	 incident_rows_absent(struct store *, int64_t incident, const char *db);
void	 incident_rows_free(struct incident_rows *);

#endif
