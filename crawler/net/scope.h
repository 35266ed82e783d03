/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decides whom the sensor may dial.  It is asked at the one dial(), and nothing else decides.
 *
 * An IPv4 or IPv6 address is dialled only if a --scope block holds it and nothing
 * speaks against it: special-purpose ranges, the opt-out file, ourselves; other
 * networks (Tor, I2P, CJDNS) never are.  Ports where no node of the overlay is
 * expected, the well-known ones, are left alone: whoever is named there is somebody
 * else's service.  Loopback is dialled only when a scope
 * block lies inside 127.0.0.0/8 or is ::1.  With a lab map all
 * of that is asked of the public address, and what is dialled is its lab
 * address, which is loopback or nothing.
 */
#ifndef KANSOKU_CRAWLER_NET_SCOPE_H
#define KANSOKU_CRAWLER_NET_SCOPE_H

#include "data/lib/cidr.h"
#include "crawler/net/lab_map.h"
#include "crawler/net/special.h"
#include "observation.h"

enum scope_verdict {
	SCOPE_DIAL,		/* go on */
	SCOPE_OUTSIDE,		/* no --scope block holds it */
	SCOPE_SPECIAL,		/* a special-purpose range */
	SCOPE_OPT_OUT,		/* asked to be left alone */
	SCOPE_OWN,		/* this sensor */
	SCOPE_NO_PORT,		/* port 0: says that it cannot be dialled */
	SCOPE_PORT,		/* no node of the overlay is expected on that port */
	SCOPE_FORBIDDEN,	/* this system refuses to dial it (broadcast, firewall) */
	SCOPE_NOWHERE,		/* a lab knows nobody there: a timeout, without a packet */
	SCOPE_NVERDICT
};
extern const char *const scope_verdict_name[SCOPE_NVERDICT];

struct scope {
	struct cidr_set	 allow, opt_out;
	struct special	 special;
	struct cidr_set	 own;		/* addresses of this host that are not loopback */
	struct lab_map	*map;		/* NULL outside a lab; owned */
	struct endpoint	 listener;	/* our own; port 0: none */
	uint8_t		 ports[65536 / 8];	/* a bit for each that may be dialled */
	bool		 loopback;	/* some block is loopback */
	bool		 only_loopback;	/* all of them do */
	size_t		 blocks;
};

/* 0, or -1 after a complaint. */
int	 scope_init(struct scope *);
void	 scope_free(struct scope *);
/* Adds a --scope block.  NULL, or what is wrong with it (text lives until the next call). */
const char *scope_add(struct scope *, const char *block);
/*
 * Which ports may be dialled: at first 1024 and above.  A list as "80,1024-65535"
 * takes the place of that; NULL, or what is wrong with it.
 */
const char *scope_set_ports(struct scope *, const char *list);
void	 scope_allow_port(struct scope *, uint16_t);
/* Addresses of this host are never dialled; 0, or -1 after a complaint. */
int	 scope_add_own(struct scope *, struct ip);
int	 scope_add_interfaces(struct scope *);
/* Pins the scope to 127.0.0.0/8 and dials through the map; 0, or -1 after a complaint. */
int	 scope_use_map(struct scope *, const char *path);
/* No more changes.  Call before the first question. */
void	 scope_seal(struct scope *);

/*
 * Address i of this host that others may know it by, ascending: neither loopback nor
 * special-purpose.  False: no more.  After scope_seal.
 */
bool	 scope_own_address(const struct scope *, size_t i, struct ip *);

/* May this (public) endpoint be dialled, and where?  *target is set for SCOPE_DIAL. */
enum scope_verdict scope_judge(const struct scope *, struct endpoint, struct endpoint *target);
/* An inbound link: may we talk to this caller?  *public is its address above the socket. */
enum scope_verdict scope_judge_caller(const struct scope *, uint32_t ip, uint32_t *public);

#endif
