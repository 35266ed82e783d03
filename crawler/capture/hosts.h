/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a capture says of each host of one's own network, and the test whether it
 * invents keys.
 *
 * A genuine node can only send keys of its own address, and keys that came in over
 * one of its links; their lifetimes are at most 1600 s and only fall.  So, once
 * all links of a host have been watched for 1600 s, a key with another source that no
 * link brought within that time was not handed to it ("unhanded"), and one that has more
 * lifetime left than any that came in was renewed by somebody who may not ("refreshed").
 * Before, neither is known.  Bytes that could not be read may have brought such keys, so
 * the host's unread share bounds what innocence explains.  Another uplink, a VPN or
 * a neighbour on the same side of the tap explain it as well: no person is named.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_HOSTS_H
#define KANSOKU_CRAWLER_CAPTURE_HOSTS_H

#include "node/overlay.h"

enum finding {
	FINDING_NONE,		/* nothing speaks against it */
	FINDING_NOT_YET,	/* not watched for a key's lifetime */
	FINDING_UNDETERMINED,	/* something does, but too little, or too much was not read */
	FINDING_INVENTS,	/* more keys than unread bytes explain were handed to it by nobody */
	FINDINGS
};
extern const char *const finding_name[FINDINGS];

struct host {
	uint32_t	links;		/* with its own half recognised */
	struct endpoint	address;	/* port 0 */
	const struct overlay *overlay;
	int64_t		first_ms, last_ms;
	int64_t		since_ms;	/* its first link, of either half */
	enum tap_level	level;
	uint64_t	peers;
	uint64_t	keys_sent, keys_received;
	uint64_t	traffic;	/* keys, searches, nodes and transfers that it sent */
	uint64_t	bytes_in, unread_in;
	uint64_t	blind_in;	/* in connections that may have been links: not seen to begin */
	/* the test: keys with a foreign source, of those that it sent in time */
	uint64_t	tested, unhanded, refreshed;
	uint64_t	own_tested;
	uint32_t	tested_links, tested_answers;
	uint64_t	last_link;	/* of a key that was tested, and its moment */
	int64_t		last_answer_ms;
	uint32_t	number;
};

struct hosts;

struct hosts *hosts_new(const uint8_t key[16]);		/* NULL without memory */
void	 hosts_free(struct hosts *);
/* The host of an own address on an overlay, made if it is new; NULL when there are too many. */
struct host *hosts_find(struct hosts *, const struct overlay *, struct endpoint, int64_t t_ms);
/* It had a link with this peer. */
void	 hosts_met(struct hosts *, struct host *, struct endpoint peer);
/* A key came in, in whatever message. */
void	 hosts_handed(struct hosts *, struct host *, const struct observation *, int64_t t_ms);
/* It offered a key; link tells its links apart. */
void	 hosts_sent(struct hosts *, struct host *, const struct observation *, int64_t t_ms, uint64_t link);
/* Of what was sent in time; low and high are the 95 % interval of the share that is unhanded. */
enum finding hosts_finding(const struct hosts *, const struct host *, double *low, double *high);
/* Share of the bytes that came in, over links and what may have been some, which could not be read. */
double	 host_unread(const struct host *);
bool	 host_is_tested(const struct host *);
/* Each host in the order of its first packet; fn's answer other than 0 ends it. */
int	 hosts_each(struct hosts *, int (*fn)(const struct host *, void *), void *);

#endif
