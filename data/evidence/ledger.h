/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What left the house: bundles made, notices written, and the dialogue about
 * each incident.  Calls return 0, or -1 after a complaint.
 */
#ifndef KANSOKU_DATA_EVIDENCE_LEDGER_H
#define KANSOKU_DATA_EVIDENCE_LEDGER_H

#include "data/store/results.h"

#define DIGEST	64	/* BLAKE2b-512 of a bundle */

/* ---- bundles ------------------------------------------------------------------- */

struct ledger_bundle {
	int64_t	seq, made_ms;
	bool	first;			/* there is none before */
	uint8_t	before[DIGEST];		/* hash of the bundle before */
};
/* Finds the bundle of this hash, or gives it the next number. */
int	 ledger_bundle(struct store *, int64_t incident, const uint8_t hash[DIGEST],
	    struct ledger_bundle *);

/* Which incident the bundle of this hash is of: 0, 1 if this database made none such, -1. */
int	 ledger_bundle_find(struct store *, const uint8_t hash[DIGEST], int64_t *incident);
/* How many bundles of an incident were made. */
int	 ledger_bundles_of(struct store *, int64_t incident, int64_t *n);

/* From here on it was said outside (form: bundle, notice) that the incident is as it is now. */
int	 ledger_state(struct store *, const struct incident_row *, const char *form, int64_t t_ms);

/* ---- notices -------------------------------------------------------------------- */

/* When this address was written about last, whatever the port; UNKNOWN if never. */
int	 ledger_last_notice(struct store *, struct endpoint host, int64_t *t_ms);
int	 ledger_notice(struct store *, int64_t incident, struct endpoint host, int64_t t_ms);

/* ---- cases ------------------------------------------------------------------------ */

enum case_kind {
	CASE_REPORTED,		/* told; due: when to ask again */
	CASE_ACKNOWLEDGED,	/* they answered */
	CASE_SCHEDULE,		/* they said when it will be mended: due */
	CASE_FIXED,
	CASE_DISCLOSURE,	/* a day agreed on for publishing: due */
	CASE_PUBLISHED,
	CASE_RECONTACT,		/* asked again; due: when to ask once more */
	CASE_GRADE_SPEED, CASE_GRADE_CONTACT, CASE_GRADE_FOLLOWUP,	/* 1 to 5 */
	CASE_NOTE,
	CASE_NKIND
};
extern const char *const case_kind_name[CASE_NKIND + 1];	/* ends with NULL */

struct case_event {
	int64_t		id, incident, t_ms;
	enum case_kind	kind;
	const char	*party, *note;	/* borrowed */
	int64_t		due_ms;		/* UNKNOWN: none */
	int64_t		grade;		/* UNKNOWN: none */
};
int	 ledger_add(struct store *, const struct case_event *);
/* Of one incident, or of all with 0, in the order in which things happened. */
int	 ledger_events(struct store *, int64_t incident,
	    int (*fn)(const struct case_event *, void *), void *);

#endif
