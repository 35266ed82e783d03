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

#include <stdbool.h>
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
	int64_t		 incident;
	const char	*kind;
	const char	*state;			/* of the incident, in words */
	const char	*import;		/* which file was imported, when and by what; NULL: none */
	int64_t		 now_ms;
};

#define NOTICE_ID	37	/* a UUID as text */

struct notice {
	struct endpoint	 host;			/* IPv4 or IPv6; port 0 */
	char		 id[NOTICE_ID];		/* of the report, in the mail and in XARF */
	const struct found_peer *peer[16];	/* of this address; more are counted, not listed */
	size_t		 npeers;
	int64_t		 records, sources, rounds;	/* sums; rounds: of its busiest peer */
	int64_t		 imported;	/* of the records */
	int64_t		 first_ms, last_ms;
	char		*line[NOTICE_LINES];	/* log lines, without their ends */
	size_t		 nlines;
};

/* The one of n notices that is about the address of this endpoint, or NULL. */
struct notice *notice_find(struct notice *, size_t n, struct endpoint);
/* A random UUID (RFC 4122, 4.4). */
void	 notice_identify(struct notice *);

/* ---- what mail and XARF both say, in the same words ---- */

/* Its peer that the analysis ranks first, or NULL. */
const struct delivering_row *notice_rank(const struct notice *);
/* Who opened a link, and what the port is that goes with the host's address. */
enum link { LINK_CALLED, LINK_CALLS, LINK_UNKNOWN, LINK_N };
extern const char *const link_text[LINK_N];
/* Was the handshake recorded with all of its ports that are listed? */
bool	 notice_is_shaken(const struct notice *);
extern const char notice_not_claimed[];
/* How the records came to the sensor's database, in one or two sentences. */
#define NOTICE_ORIGIN	512
char	*notice_origin(const struct reporter *, const struct notice *, char buf[NOTICE_ORIGIN]);

/* Each writes to f: 0, or -1 with errno.  Errors stay in the stream, too. */
int	 notice_mail(FILE *f, const struct reporter *, const struct notice *);
int	 notice_xarf(FILE *f, const struct reporter *, const struct notice *);

#endif
