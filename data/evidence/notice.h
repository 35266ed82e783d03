/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One report to whoever runs the network of a delivering host: a mail in
 * English and Japanese, and the same facts as XARF v4.
 *
 * A notice is about one address that handed us records over TCP.  It is never
 * made for an address that was only named, and never sent from here.
 */
#ifndef KANSOKU_DATA_EVIDENCE_NOTICE_H
#define KANSOKU_DATA_EVIDENCE_NOTICE_H

#include <stdio.h>

#include "data/evidence/incident_rows.h"

#define NOTICE_LINES	10	/* log lines quoted */

/* Who reports, and what goes with every notice of an incident. */
struct reporter {
	const char	*org, *contact, *domain;
	const char	*sensor_address;	/* ours, as the peer saw it; NULL: not told */
	const char	*listen_port;		/* where peers called us; NULL: not known */
	const char	*sensor, *overlay;
	const char	*bundle;		/* name of the bundle, or NULL */
	uint8_t		 bundle_sha256[32];
	int64_t		 retention_ms;
	int64_t		 clock_us, jump_ms;	/* bounds; UNKNOWN */
	bool		 clock_known;		/* in every round */
	double		 confidence;		/* mean probability that the sources are bogus */
	int64_t		 incident;
	const char	*kind;
};

struct notice {
	uint32_t	 ip;
	const struct found_peer *peer[16];	/* of this address; more are counted, not listed */
	size_t		 npeers;
	int64_t		 records, sources, rounds;	/* sums; rounds: of its busiest peer */
	int64_t		 first_ms, last_ms;
	char		*line[NOTICE_LINES];	/* log lines, without their ends */
	size_t		 nlines;
};

/* The one of n notices that is about this address, or NULL. */
struct notice *notice_find(struct notice *, size_t n, uint32_t ip);

/* Each writes to f: 0, or -1 with errno.  Errors stay in the stream, too. */
int	 notice_mail(FILE *f, const struct reporter *, const struct notice *);
int	 notice_xarf(FILE *f, const struct reporter *, const struct notice *);

#endif
