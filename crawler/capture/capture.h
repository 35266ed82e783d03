/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run over captures: packets go in; links, hosts and observations come out.
 *
 * A packet without an end in the own network is dropped behind its IP header and
 * totalled, as is one of who opted out; of others only what an overlay's driver
 * recognises is looked into.  No payload is stored.  Every packet is in exactly one
 * of the counts.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_CAPTURE_H
#define KANSOKU_CRAWLER_CAPTURE_CAPTURE_H

#include <stdio.h>

#include "crawler/capture/fragments.h"
#include "crawler/capture/hosts.h"
#include "crawler/capture/outsiders.h"
#include "crawler/capture/streams.h"
#include "data/lib/cidr.h"
#include "data/store/store.h"

#define UNKNOWN_NUMBERS	32	/* unlike things that are named; more are counted together */

struct capture_counts {
	uint64_t	packets, read, foreign, not_ip, cut, fragments, too_deep, damaged, unknown;
	uint64_t	bad_sums;	/* of read; counted if asked for */
	struct unknown_number {
		enum layers_unknown what;
		uint32_t	number;
		uint64_t	n;
	} numbers[UNKNOWN_NUMBERS];
	size_t		nnumbers;
};

/* How links are written, each when it is over. */
enum link_form { LINKS_NONE, LINKS_JSON, LINKS_TSV };
#define LINKS_TSV_HEAD	"#separator \\x09\n"

struct capture {
	/* set by the caller */
	struct cidr_set	 own, opt_out;
	const struct overlay *drivers[16];	/* ends with NULL */
	struct outsiders outsiders;
	const char	*vantage;
	FILE		*links;
	enum link_form	 link_form;
	struct store	*store;			/* NULL: nothing is stored */
	int64_t		 slice_ms;
	bool		 check_sums;

	struct capture_counts counts;
	struct fragments *fragments;
	struct streams	*streams;
	struct hosts	*hosts;
	uint64_t	 links_closed, links_begun;
	int64_t		 first_ms, last_ms;	/* of packets: UNKNOWN before the first */
	int64_t		 now_ms;		/* of the packet in hand */
	uint8_t		 key[32];		/* of this run's hashes */
	/* the slices that are stored, one list an overlay */
	struct slice {
		const struct overlay *overlay;
		int64_t		 sensor, start_ms, end_ms;
		uint32_t	 round;		/* 0: none is open */
		uint64_t	 lost_before;
	} slice[16];
	bool		 failed;		/* the store, or a stream */
};

/* What is set stays; the rest is made.  -1 without memory. */
int	 capture_begin(struct capture *, size_t memory_mib, bool tell_tags);
void	 capture_packet(struct capture *, const struct packet *);
/* Time passes without packets, by the clock of the capture. */
void	 capture_tick(struct capture *, int64_t now_ms);
/* The last packet was taken: links are closed, the last slice is completed. */
void	 capture_end(struct capture *);
void	 capture_free(struct capture *);
bool	 capture_is_own(const struct capture *, struct endpoint);
/* Share of all bytes of TCP streams that is missing, by holes in them. */
double	 capture_lost(const struct capture *);

/* ---- slices.c: observations into the store ---- */

void	 slices_add(struct capture *, const struct link *, int side, const struct observation *);
void	 slices_end(struct capture *);

/* ---- records.c: what is written ---- */

extern const char *const tap_level_name[];
void	 records_head(struct capture *);	/* of a table of links */
void	 records_link(struct capture *, const struct link *);
/* "ethertype 0x88cc" */
#define UNKNOWN_TEXT	40
char	*records_unknown(char out[UNKNOWN_TEXT], const struct unknown_number *);
/* The last line of a run; dropped -1: nobody says. */
void	 records_capture(struct capture *, FILE *, const char *file, int64_t dropped, bool complete);
void	 records_hosts(struct capture *, FILE *, bool json);

#endif
