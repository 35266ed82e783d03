/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a packet to the IP packet that two hosts exchanged: link layers, tags, labels
 * and tunnels are taken off, by tables.
 *
 * Pure: bytes in, one verdict out, and each packet has exactly one.  The innermost
 * IP header counts, whoever carries it.  What cannot be read is named, so that
 * nobody takes silence for absence.  It verifies no checksum and keeps nothing.
 */
#ifndef KANSOKU_CRAWLER_CAPTURE_LAYERS_H
#define KANSOKU_CRAWLER_CAPTURE_LAYERS_H

#include <stdbool.h>

#include "crawler/capture/packet.h"

enum layers_verdict {
	LAYERS_IP,		/* transport bytes of an IP packet that is whole */
	LAYERS_FRAGMENT,	/* a part of one */
	LAYERS_NOT_IP,		/* ARP, spanning tree, session control, ... */
	LAYERS_UNKNOWN,		/* something that is not in the tables: see `unknown` */
	LAYERS_CUT,		/* the capture ends inside a header */
	LAYERS_DEEP,		/* more layers than are followed */
	LAYERS_DAMAGED,		/* a header that contradicts itself */
};

/* What kind of number was not in the tables. */
enum layers_unknown { UNKNOWN_LINK, UNKNOWN_ETHERTYPE, UNKNOWN_PPP, UNKNOWN_PROTOCOL, UNKNOWN_KINDS };

struct ip_packet {
	bool		 has_ip;	/* an IP header was read, so the addresses are set */
	uint8_t		 version;	/* 4 or 6 */
	uint8_t		 src[16], dst[16];	/* IPv4 as ::ffff:a.b.c.d */
	uint8_t		 protocol;
	uint16_t	 vlan;		/* innermost 802.1Q tag, or 0 */
	const uint8_t	*p;		/* behind the IP headers */
	uint32_t	 n;		/* bytes that are here */
	uint32_t	 len;		/* bytes that were sent */
	/* of a fragment */
	uint32_t	 id;
	uint32_t	 offset;	/* bytes */
	bool		 more;
	/* of what is unknown */
	enum layers_unknown unknown;
	uint32_t	 number;
	uint8_t		 tunnels;	/* IP headers that were taken off before this one */
};

enum layers_verdict layers_read(struct ip_packet *, const struct packet *);
/* Goes on behind the IP header of a packet that was put together of fragments. */
enum layers_verdict layers_reassembled(struct ip_packet *, const uint8_t *p, uint32_t len);

#endif
