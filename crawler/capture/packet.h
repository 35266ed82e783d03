/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A packet as a capture holds it: bytes of some link layer, and when they passed. */
#ifndef KANSOKU_CRAWLER_CAPTURE_PACKET_H
#define KANSOKU_CRAWLER_CAPTURE_PACKET_H

#include <stdint.h>

/* Its bytes are borrowed until the next packet is asked for. */
struct packet {
	int64_t		 t_ns;		/* UTC, nanoseconds since 1970, by the capture's clock */
	int		 link;		/* number of the link type, as savefiles have it */
	const uint8_t	*p;
	uint32_t	 n;		/* bytes that are here */
	uint32_t	 len;		/* bytes that it had, at least n */
};

#endif
